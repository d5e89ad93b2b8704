"""What falls on the land in a flow run: rates over hours, or a file with its own times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vadose.errors import ConfigError, DataError, GridMismatch, UnitError
from vadose.simulate.flow.fields import hint
from vadose.simulate.flow.study import PER_SECOND

if TYPE_CHECKING:
    import xarray as xr

    from vadose.simulate.flow.study import Rain

MM_PER_HOUR = 1e-3 / 3600.0
UNITS = {
    **PER_SECOND, "kg m-2 s-1": 1e-3, "kg m-2 h-1": MM_PER_HOUR, "mm s-1": 1e-3, "mm d-1": 1e-3 / 86400.0,
    "mm/h": MM_PER_HOUR, "mm/s": 1e-3, "mm/d": 1e-3 / 86400.0, "m/s": 1.0, "m/h": 1.0 / 3600.0,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Intervals:
    """Values [interval, y, x] between edges [interval+1] (s from the start of the run); times `factor` m s-1."""

    edges: np.ndarray
    values: np.ndarray
    factor: float

    def mean(self, start: float, end: float) -> np.ndarray:
        """The flux [y, x] m s-1 over a step, each interval by its part of it."""
        first = max(int(np.searchsorted(self.edges, start, side="right")) - 1, 0)
        last = int(np.searchsorted(self.edges, end, side="left"))
        inside = np.minimum(self.edges[first + 1 : last + 1], end) - np.maximum(self.edges[first:last], start)
        share = inside / (end - start)
        return np.asarray(np.einsum("i,iyx->yx", share, self.values[first:last]) * self.factor)


def rainfall(
    rows: Sequence[Rain], shape: tuple[int, int], start: np.datetime64 | None, end: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Edges of steps [step+1] s -> mean flux into the ground over each, [step or 1, y, x] m s-1; all rows add up.

    end    s, of the run: a file must reach from 0 to it
    Raises ConfigError, DataError, UnitError or GridMismatch for a file that does not fit, with its remedy.
    """
    files = [_intervals(r, shape, start, end) for r in rows if r.file]
    rates = [r for r in rows if not r.file]

    def over(edges: np.ndarray) -> np.ndarray:
        lengths = np.diff(edges)
        flux = np.zeros((lengths.size, *shape))
        for r in rates:
            last = np.inf if r.last is None else 3600.0 * r.last
            inside = np.minimum(edges[1:], last) - np.maximum(edges[:-1], 3600.0 * r.first)
            flux += (r.rate * MM_PER_HOUR * np.maximum(inside, 0.0) / lengths)[:, None, None]
        for held in files:
            flux += np.array([held.mean(*pair) for pair in zip(edges[:-1], edges[1:], strict=True)])
        return flux[:1] if (flux == flux[:1]).all() else flux

    return over


def _intervals(row: Rain, shape: tuple[int, int], start: np.datetime64 | None, end: float) -> Intervals:
    import xarray as xr

    where = f"[[rain]] {row.file}"
    try:
        with xr.open_dataset(row.file) as dataset:
            name = row.variable or (str(next(iter(dataset.data_vars))) if len(dataset.data_vars) == 1 else "")
            if name not in dataset:
                raise ConfigError(
                    f"{where}: name one of its variables with `variable`: {', '.join(map(str, dataset.data_vars))}"
                )
            field = dataset[name].load()
    except (OSError, ValueError) as error:
        raise DataError(f"{where}: cannot be read ({error})") from error
    where = f"{where}, variable {name}"
    units = str(field.attrs.get("units", ""))
    if units not in UNITS:
        raise UnitError(f"{where}: units {units!r}; expected one of {', '.join(map(repr, UNITS))}")
    values = _values(field, shape, where)
    times = _seconds(field, start, where)
    steps = np.diff(times)
    if times.size < 2 or not (steps > 0.0).all():
        raise DataError(f"{where}: needs two times or more, each later than the one before; sort them")
    edges = np.append(times, times[-1] + steps[-1])
    if edges[0] > 0.0 or edges[-1] < end:
        raise DataError(
            f"{where}: reaches from {edges[0] / 3600.0:g} h to {edges[-1] / 3600.0:g} h of the run, which takes "
            f"{end / 3600.0:g} h; shorten [period], or complete the file (times are starts of intervals)"
        )
    return Intervals(edges, values, UNITS[units])


def _values(field: xr.DataArray, shape: tuple[int, int], where: str) -> np.ndarray:
    """[time, y, x], rows northward."""
    if "time" not in field.dims:
        raise DataError(f"{where}: has no dimension `time`, only {', '.join(map(str, field.dims))}")
    values = field.transpose("time", ...).values
    if values.ndim == 1:
        values = np.broadcast_to(values[:, None, None], (values.size, *shape))
    if values.shape[1:] != shape:
        raise GridMismatch(f"{where}: is {values.shape[1:]}, expected {shape} [y, x]{hint(values.shape[1:], shape)}")
    row = [d for d in field.dims if d != "time"][:1]
    if row and row[0] in field.coords and field[row[0]].size > 1 and field[row[0]][1] < field[row[0]][0]:
        values = values[:, ::-1]
    if not np.isfinite(values).all():
        raise DataError(f"{where}: has {int((~np.isfinite(values)).sum())} missing values; fill them")
    return values


def _seconds(field: xr.DataArray, start: np.datetime64 | None, where: str) -> np.ndarray:
    times = field["time"].values
    if np.issubdtype(times.dtype, np.datetime64):
        if start is None:
            raise ConfigError(f"{where}: has dates; say [period] `start`")
        return np.asarray((times - start) / np.timedelta64(1, "s"), float)
    unit = str(field["time"].attrs.get("units", ""))
    if np.issubdtype(times.dtype, np.timedelta64):  # what xarray makes of plain units of time
        return np.asarray(times / np.timedelta64(1, "s"), float)
    if unit not in ("s", "h"):
        raise DataError(f"{where}: `time` must hold dates, or numbers with units s or h, got units {unit!r}")
    return np.asarray(times, float) * (3600.0 if unit == "h" else 1.0)
