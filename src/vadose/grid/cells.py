"""Some cells of a grid, or sites: where the columns of a packed array are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vadose.errors import GridMismatch
from vadose.grid.latlon import LatLonGrid, Sites


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a grid in ascending order.

    grid   LatLonGrid (EASE-2 grids are rectilinear too: `vadose.grid.ease2`) or Sites
    index  [cell] int64, position in the flattened, row-major grid
    """

    grid: LatLonGrid | Sites
    index: np.ndarray

    def __post_init__(self) -> None:
        index = np.asarray(self.index, dtype=np.int64)
        object.__setattr__(self, "index", index)
        if index.ndim != 1 or np.any(np.diff(index) <= 0):
            raise GridMismatch("`index` must be one-dimensional and ascend strictly")
        if index.size and not 0 <= index[0] <= index[-1] < self.grid.size:
            raise GridMismatch(f"`index` must lie within the {self.grid.size} cells of the grid")

    @classmethod
    def whole(cls, grid: LatLonGrid | Sites) -> Cells:
        """All cells of a grid."""
        return cls(grid, np.arange(grid.size))

    @property
    def size(self) -> int:
        return self.index.size

    @cached_property
    def lat(self) -> np.ndarray:
        """[cell] degrees north, of the centres."""
        return self.grid.lat[self._place[0]]

    @cached_property
    def lon(self) -> np.ndarray:
        """[cell] degrees east, of the centres."""
        return self.grid.lon[self._place[-1]]

    @property
    def _place(self) -> tuple[np.ndarray, ...]:
        return np.unravel_index(self.index, self.grid.shape)

    @cached_property
    def area(self) -> np.ndarray:
        """[cell] m2; 1 for each site."""
        return self.grid.area.ravel()[self.index] if isinstance(self.grid, LatLonGrid) else np.ones(self.size)

    def part(self, which: slice | np.ndarray) -> Cells:
        """Some of these cells: a slice, ascending positions or a mask."""
        return Cells(self.grid, self.index[which])

    def unpack(self, values: np.ndarray, fill: float = np.nan) -> np.ndarray:
        """Values [cell] on the whole grid, `fill` elsewhere: [lat, lon] or [site]."""
        whole = np.full(self.grid.size, fill, dtype=np.asarray(values).dtype)
        whole[self.index] = values
        return whole.reshape(self.grid.shape)

    def nearest(self, lat: float, lon: float) -> int:
        """The cell, by its position here, whose centre is nearest to a point."""
        east = np.radians((self.lon - lon + 180) % 360 - 180)
        north, south = np.radians(self.lat), np.radians(lat)
        half = np.sin((north - south) / 2) ** 2 + np.cos(north) * np.cos(south) * np.sin(east / 2) ** 2
        return int(np.argmin(half))
