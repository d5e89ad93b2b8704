"""What every part of a case is read with: its keys, grid and regions, and fields put together from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vadose.data.parflow.geometry import Geometries, described
from vadose.data.parflow.grid import CaseGrid, read_cells
from vadose.data.parflow.keys import CaseKeys
from vadose.errors import DataError, RangeError

Test = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Limits:
    """What values are allowed: `text` in words, `allows` values -> bool."""

    text: str
    allows: Test


POSITIVE = Limits("> 0", lambda v: v > 0)
NOT_NEGATIVE = Limits(">= 0", lambda v: v >= 0)
FRACTION = Limits("> 0 and <= 1", lambda v: (v > 0) & (v <= 1))
RESIDUAL = Limits(">= 0 and < 1", lambda v: (v >= 0) & (v < 1))
ABOVE_ONE = Limits("> 1", lambda v: v > 1)
ANY = Limits("a number", np.isfinite)


@dataclass(frozen=True, eq=False)
class Reading:
    """The keys, grid and geometries of a run, with the thickness of its layers.

    seconds    in the run's unit of time;  thickness  [z] m, from the top
    """

    keys: CaseKeys
    grid: CaseGrid
    geometry: Geometries
    thickness: np.ndarray
    seconds: float

    @property
    def active(self) -> np.ndarray:
        """Cells [z, y, x] of the domain."""
        return self.geometry.active

    @property
    def z(self) -> np.ndarray:
        """Elevation of the cells' centres [z] m in ParFlow's coordinates, from the top."""
        upward = self.thickness[::-1]
        return (self.grid.lower[2] + np.cumsum(upward) - 0.5 * upward)[::-1]

    def region(self, name: str, key: str) -> np.ndarray:
        """Cells [z, y, x] of a region that `key` names; DataError where there is no such geometry."""
        if name not in self.geometry.regions:
            known = ", ".join(self.geometry.regions)
            raise DataError(f"{self.keys.path}: `{key}` names {name!r}, which is no geometry of the run ({known})")
        return self.geometry.regions[name]

    def number(self, key: str, limits: Limits) -> float:
        """The number of a key within limits; RangeError with the key otherwise."""
        value = self.keys.number(key)
        if not limits.allows(np.asarray(value)):
            raise RangeError(f"{self.keys.path}: `{key}` must be {limits.text}, got {value:g}")
        return value

    def file(self, key: str, limits: Limits, where: np.ndarray | None = None) -> np.ndarray:
        """The field [z, y, x] of a pfb file, within limits in the active cells (of `where`).

        Raises RangeError with the first cell that is outside of them, DataError for cells without a value.
        """
        values = read_cells(self.keys, key, self.grid.shape)
        asked = self.active if where is None else self.active & where
        wrong = asked & ~(np.isfinite(values) & limits.allows(np.where(np.isfinite(values), values, 1.0)))
        if wrong.any():
            raise RangeError(
                f"{self.keys.file(key)} (`{key}`): must be {limits.text} in every active cell, got "
                f"{values[wrong][0]:g} in {place(wrong)}"
            )
        return values

    def by_region(self, names_key: str, value: Callable[[str, np.ndarray], np.ndarray | float]) -> np.ndarray:
        """A field [z, y, x] from the regions in a list of names, those later in the list over those before.

        value  (name, cells) -> number or [z, y, x]
        Raises DataError where an active cell lies in none of them, with its values in the indicator fields.
        """
        out = np.full(self.grid.shape, np.nan)
        names = self.keys.names(names_key)
        for name in names:
            cells = self.region(name, names_key)
            out = np.where(cells, value(name, cells), out)
        bare = self.active & np.isnan(out)
        if bare.any():
            values = "".join(
                f"; their values in {source} are {described(field[bare])}"
                for source, field in self.geometry.indicators.items()
            )
            raise DataError(
                f"{self.keys.path}: no region of `{names_key}` ({' '.join(names)}) holds {place(bare)}{values}; "
                "give these cells a geometry with values, or begin the list with one that holds all cells"
            )
        return out

    def filled(self, values: np.ndarray) -> np.ndarray:
        """The field with the first active cell's value where no water flows, so that no arithmetic fails there."""
        return np.where(self.active, values, values[self.active][0])


def place(cells: np.ndarray) -> str:
    """How many cells [z, y, x] are meant, and the first of them in words."""
    z, y, x = (int(i) for i in np.argwhere(cells)[0])
    return f"{int(cells.sum())} cells, the first in layer {z} from the top, row y {y}, column x {x}"
