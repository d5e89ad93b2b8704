"""Times of a netCDF file as datetime64, in any CF calendar and as seconds since the epoch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.axes import role_of
from vadose.errors import DataError

if TYPE_CHECKING:
    from netCDF4 import Dataset

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LONG = {
    "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h", "day": "d", "millisecond": "ms",
    "microsecond": "us", "nanosecond": "ns",
}  # fmt: skip
_SINCE = re.compile(
    r"^\s*([a-zA-Z]+?)s?\s+since\s+(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?"
)
_REAL = ("standard", "gregorian", "proleptic_gregorian", "none", "")


def time_dimension(dataset: Dataset, variable: Any) -> str | None:
    """The dimension of a variable along which time runs."""
    return next((d for d in variable.dimensions if role_of(d, dataset.variables.get(d)) == "time"), None)


def read_times(dataset: Dataset, dimension: str, path: str) -> tuple[np.ndarray | None, str]:
    """([time] datetime64[s] or None where the file holds no times, clock that their attributes name or "").

    Raises DataError for a calendar without real dates, or columns that have different times.
    """
    coordinate = dataset.variables.get(dimension)
    if coordinate is None or " since " not in str(getattr(coordinate, "units", "")):
        candidates = [v for v in dataset.variables.values() if dimension in v.dimensions]
        coordinate = next((v for v in candidates if " since " in str(getattr(v, "units", "")) and v.ndim == 1), None)
        if coordinate is None:
            return _epoch(candidates, dimension, path), ""
    where = f"{path}: times {coordinate.name!r}"
    values: np.ndarray = np.ma.asarray(coordinate[...], dtype=float).filled(np.nan)
    units, calendar = str(coordinate.units), str(getattr(coordinate, "calendar", "")).lower()
    if np.isnan(values).any():
        raise DataError(f"{where} have {np.count_nonzero(np.isnan(values))} missing values; correct the file")
    if calendar in ("360_day",):
        raise DataError(
            f"{where} are in a calendar of 360 days; convert them to real days before (for example with xarray)"
        )
    clock = str(getattr(coordinate, "long_name", ""))
    found = _SINCE.match(units)
    if found is None or calendar not in _REAL:
        return _by_cftime(values, units, calendar, where), clock
    name = found[1].lower()
    factor = _SECONDS.get(_LONG.get(name, name))
    if factor is None:
        raise DataError(f"{where} have units {units!r}; expected seconds, minutes, hours or days since a date")
    year, month, day, hour, minute, second = (int(g or 0) for g in found.groups()[1:])
    base = np.datetime64(f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}", "s")
    return _rounded(base, values * factor), clock


def _rounded(base: np.datetime64, seconds: np.ndarray) -> np.ndarray:
    """Whole seconds, and whole minutes where single-precision days or hours miss them by little."""
    minutes = np.round(seconds / 60.0) * 60.0
    near = np.where(np.abs(seconds - minutes) <= 10.0, minutes, np.round(seconds))
    return base + near.astype(np.int64).astype("timedelta64[s]")


def _by_cftime(values: np.ndarray, units: str, calendar: str, where: str) -> np.ndarray:
    import cftime

    try:
        dates = cftime.num2date(values, units, calendar or "standard")
    except ValueError as error:
        raise DataError(
            f"{where} have units {units!r} that cannot be read ({error}); expected 'hours since ...'"
        ) from error
    return np.array([np.datetime64(d.strftime("%Y-%m-%dT%H:%M:%S"), "s") for d in dates])


def _epoch(candidates: list[Any], dimension: str, path: str) -> np.ndarray | None:
    """Times as numbers since 1970 in a variable called time, alike for all columns."""
    variable = next((v for v in candidates if v.name.lower() == "time" and v.dtype.kind in "fiu"), None)
    units = str(getattr(variable, "units", "")).strip().lower()
    factor = _SECONDS.get(_LONG.get(units.rstrip("s"), units))
    if variable is None or factor is None:
        return None
    values: np.ndarray = np.ma.asarray(variable[...], dtype=float).filled(np.nan)
    values = np.moveaxis(values, variable.dimensions.index(dimension), 0).reshape(
        values.shape[variable.dimensions.index(dimension)], -1
    )
    if not (values == values[:, :1]).all():
        raise DataError(f"{path}: {variable.name!r}: its columns have different times; split the file before")
    return _rounded(np.datetime64("1970-01-01T00:00:00", "s"), values[:, 0] * factor)
