"""Read one measured series: file, column, units and clock, as a study states them or the file tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.observed.columns import Columns, choose
from vadose.data.observed.quantities import QUANTITIES
from vadose.data.observed.series import Measured
from vadose.data.observed.tables import is_table, read_columns
from vadose.data.observed.units import canonical
from vadose.errors import ConfigError, DataError


@dataclass(frozen=True)
class Wanted:
    """Which series of which file; an [[observations]] table of a study has the same fields.

    variable    of `quantities.QUANTITIES`
    column      of a table, or variable of a netCDF file; by its usual names where ""
    units       where the file states none or wrong ones
    depth       (top, bottom) m of soil moisture or temperature
    utc_offset  hours that the time stamps are ahead of UTC
    time        name of the time column, where it is not found
    """

    name: str
    path: str
    variable: str
    column: str = ""
    units: str = ""
    depth: tuple[float, float] | None = None
    utc_offset: float = 0.0
    time: str = ""


def read_observed(wanted: Wanted) -> Measured:
    """A measured series in canonical units and UTC, sorted, one record a time.

    Read are text tables (.csv .txt .tsv .dat, plain or .gz) and netCDF files with one series a variable.
    Raises DataError, UnitError or ConfigError that name the file, what was expected and the remedy.
    """
    if wanted.variable not in QUANTITIES:
        raise ConfigError(f"`variable` must be one of {', '.join(QUANTITIES)}, got {wanted.variable!r}")
    if not abs(wanted.utc_offset) <= 14.0:
        raise ConfigError(f"`utc_offset` must lie within -14..14 hours, got {wanted.utc_offset:g}")
    if not Path(wanted.path).is_file():
        raise DataError(f"{wanted.path}: no such file (observation {wanted.name!r})")
    if is_table(wanted.path):
        held = read_columns(wanted.path, wanted.time)
    else:
        from vadose.data.observed.netcdf import read_variables

        held = read_variables(wanted.path)
    return series_of(_sorted(held), wanted)


def series_of(held: Columns, wanted: Wanted) -> Measured:
    """The wanted series of what a file holds."""
    column = choose(held, wanted.variable, wanted.column, wanted.depth)
    where = f"{held.path}: {column!r}"
    interval = held.interval
    notes: list[str] = []
    values = held.values[column]
    if column in held.quality:
        bad = held.quality[column] & np.isfinite(values)
        values = np.where(bad, np.nan, values)
        notes.append(f"{where}: {int(bad.sum())} values of poor quality are left out")
    units = wanted.units or held.units.get(column, "")
    values, more = canonical(values, wanted.variable, units, interval, wanted.depth, where)
    if not np.isfinite(values).any():
        raise DataError(f"{where}: all values are missing; name another `column`; it has {', '.join(held.values)}")
    back = {"start": 0.0, "middle": 0.5, "end": 1.0}[held.stamp] if interval < SECONDS_PER_DAY else 0.0
    ahead = np.timedelta64(round(wanted.utc_offset * 3600 + back * interval), "s")
    return Measured(
        wanted.name, wanted.variable, QUANTITIES[wanted.variable].units, held.times - ahead, interval, values,
        held.reach.get(column), tuple(notes + more), held.path,
    )  # fmt: skip


def _sorted(held: Columns) -> Columns:
    """Records in time, those without a time left out. Raises DataError where two have the same time."""
    times = held.times
    order = np.argsort(times, kind="stable")
    order = order[~np.isnat(times[order])]
    if (order.size == times.size) and (np.diff(times) > np.timedelta64(0, "s")).all():
        return held
    same = np.flatnonzero(np.diff(times[order]) == np.timedelta64(0, "s"))
    if same.size:
        raise DataError(
            f"{held.path}: {same.size} times come twice, the first {times[order][same[0]]}; keep one record of each"
        )

    def taken(part: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: values[order] for name, values in part.items()}

    return replace(
        held, times=times[order], values=taken(held.values), reach=taken(held.reach), quality=taken(held.quality)
    )
