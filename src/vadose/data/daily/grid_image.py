"""One variable of one gridded file, and how its stored values become daily soil moisture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.daily.images import Counts
from vadose.data.daily.quality import FLAG, RANGE, Rule, within
from vadose.data.daily.window import Window
from vadose.data.horizontal import Horizontal
from vadose.data.netcdf import fill_values, get_variable, opened, packing, stored_type
from vadose.errors import DataError, UnitError

if TYPE_CHECKING:
    from netCDF4 import Variable

HUGE = 1e19  # beyond any value: an undeclared fill value


@dataclass(frozen=True, eq=False)
class GridImage:
    """One variable of one gridded file.

    days        [step] datetime64[D]
    dims        dimensions of time and place, in the order [time, row, column]; "" where there is no time
    level       index along every other dimension
    scale, offset   from stored to m3 m-3
    limits      range of the stored values that the file calls valid, or None
    plain       True where the file itself says that its values are fractions
    depth       (top, bottom) m, where it is known
    """

    path: str
    name: str
    days: np.ndarray
    dims: tuple[str, ...]
    level: int
    horizontal: Horizontal
    scale: float
    offset: float
    fills: tuple[Any, ...]
    limits: tuple[float, float] | None
    rules: tuple[Rule, ...]
    valid_range: tuple[float, float]
    plain: bool
    depth: tuple[float, float] | None

    @property
    def where(self) -> str:
        return f"{self.path}: variable {self.name!r}"

    def read(self, steps: np.ndarray, window: Window) -> tuple[np.ndarray, Counts]:
        """Values [step, cell] m3 m-3, NaN where missing or refused, and counts [cell] of what was refused."""
        with opened(self.path) as dataset:
            raw = self._raw(get_variable(dataset, self.name, self.path), steps, window)
            known = np.isfinite(raw) & (np.abs(raw) < HUGE) & ~np.isin(raw, self.fills)
            good = known.copy()
            for rule in self.rules:
                variable = get_variable(dataset, rule.variable, self.path)
                good &= rule.passes(_decoded(self._raw(variable, steps, window), variable))
        values = np.where(known, raw * self.scale + self.offset, np.nan).astype(np.float32)
        self._check_percent(values, known)
        inside = within(values, self.valid_range)
        if self.limits is not None:
            inside &= within(raw, self.limits)
        counts = {FLAG: (known & ~good).sum(axis=0, dtype=np.int32)} if self.rules else {}
        counts[RANGE] = (good & ~inside).sum(axis=0, dtype=np.int32)
        values[~(good & inside)] = np.nan
        return values, counts

    def _raw(self, variable: Variable, steps: np.ndarray, window: Window) -> np.ndarray:
        """Stored values [step, cell] as numbers."""
        variable.set_auto_maskandscale(False)
        lacking = [d for d in self.dims if d and d not in variable.dimensions]
        if lacking:
            raise DataError(
                f"{self.path}: variable {variable.name!r} has no dimension {', '.join(lacking)}; expected "
                f"{', '.join(d for d in self.dims if d)}; choose another variable in `quality`"
            )
        runs = np.split(steps, np.flatnonzero(np.diff(steps) != 1) + 1)
        raw = np.concatenate([self._slab(variable, slice(int(r[0]), int(r[-1]) + 1), window) for r in runs])
        raw = raw.astype(np.float64 if raw.dtype.itemsize > 2 and raw.dtype != np.float32 else np.float32)
        block = self.horizontal.arrange(raw)
        return window.cut(block if self.horizontal.splits else block[:, window.rows])

    def _slab(self, variable: Variable, steps: slice, window: Window) -> np.ndarray:
        """A run of steps as stored, in the order [time, row, column]."""
        rows = self.horizontal.file_rows(window.rows)
        keys: dict[str, Any] = dict(zip(self.dims, (steps, rows, slice(None)), strict=False))
        try:
            raw = np.asarray(variable[tuple(keys.get(d, self.level) for d in variable.dimensions)])
        except (OSError, RuntimeError, IndexError) as error:
            raise DataError(f"{self.where}: the file is truncated or corrupt ({error}); get it again") from error
        left = [d for d in variable.dimensions if d in keys]
        raw = raw.view(stored_type(variable)).transpose([left.index(d) for d in self.dims if d])
        return raw if self.dims[0] else raw[None]

    def _check_percent(self, values: np.ndarray, known: np.ndarray) -> None:
        """Values up to 100 under a unit that says fraction are percent: refusing them all would hide it."""
        if not self.plain or not known.any():
            return
        top = float(np.nanmax(values))
        if 1.0 < top <= 101.0 and np.median(values[known]) > 1.0:
            raise UnitError(
                f"{self.where}: values up to {top:.3g}; expected m3 m-3 (0 to 1) as its units say; "
                'set units = "%" for this source in the study if they are percent'
            )


def _decoded(raw: np.ndarray, variable: Variable) -> np.ndarray:
    """Flags as numbers, NaN where missing."""
    scale, offset = packing(variable)
    return np.where(np.isin(raw, fill_values(variable)), np.nan, raw * scale + offset)
