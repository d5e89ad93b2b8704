"""The part of a grid that is read: the cells of a box, and how they are cut out of the rows of a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Window:
    """Cells of a grid and where they lie in its rows.

    rows  canonical rows that hold the cells
    take  [cell] positions within the flattened rows; None where all of them are taken
    """

    cells: Cells
    rows: slice
    take: np.ndarray | None

    def cut(self, block: np.ndarray) -> np.ndarray:
        """[step, row, lon] of the rows -> [step, cell]."""
        flat = block.reshape(block.shape[0], -1)
        return flat if self.take is None else flat[:, self.take]


def cells_in_box(grid: LatLonGrid, box: Box | None) -> Cells:
    """Cells whose centres lie in a box (south, north, west, east) of degrees; all cells without one.

    Raises DataError where there is none.
    """
    if box is None:
        return Cells.whole(grid)
    south, north, west, east = box
    rows = (grid.lat >= south) & (grid.lat <= north)
    width = 360.0 if east - west >= 360 else (east - west) % 360
    columns = (grid.lon - west) % 360 <= width
    index = np.flatnonzero(rows[:, None] & columns)
    if not index.size:
        raise DataError(
            f"`box` {list(box)} holds no cell centre of the grid ({grid.lat[0]:.3f}..{grid.lat[-1]:.3f} north, "
            f"{grid.lon[0]:.3f}..{grid.lon[-1]:.3f} east); widen it"
        )
    return Cells(grid, index)


def window_of(cells: Cells) -> Window:
    """The rows that hold `cells` and the positions of the cells in them."""
    columns = cells.grid.shape[-1]
    first, last = int(cells.index[0]) // columns, int(cells.index[-1]) // columns + 1
    take = cells.index - first * columns
    return Window(cells, slice(first, last), None if take.size == (last - first) * columns else take)
