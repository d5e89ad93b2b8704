"""Neutron counts with the air around the sensor: COSMOS-Europe raw and corrected, Finapp, loggers (TOA5), any table.

Files of COSMOS-Europe and loggers sum counts up to the time stamp. Source: Bogena et al. (2022), Zreda et al. (2012)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vadose.data.daily.columns import Table, dates, numbers, parse_table
from vadose.errors import DataError, UnitError

_COUNTS = (
    "neutroncount_epithermal_cum1h", "neutroncount_epithermal_cum1h_corrected", "neutrons", "counts", "n1et_tot", "mod",
)  # fmt: skip
_USUAL = {
    "pressure": ("airpressure", "pressure", "barometric_pressure_avg", "air_pressure", "press", "p1_mb"),
    "temperature": (
        "airtemperature", "air_temperature_avg", "temperature_ext", "airtemperature_sensor2", "air_temperature",
    ),
    "relative_humidity": ("airhumidity_relative", "relative_humidity_avg", "ur", "airhumidity_relative_sensor2", "rh"),
    "vapour": ("airhumidity_gapfilled", "absolute_humidity"),
    "rain": ("precipitation", "precipitation_tot", "rain", "rainfall"),
    "lasted": ("integration_time", "integration_time_s"),
}  # fmt: skip
# Canonical from what networks write; each with the range of medians that tells it: low, high, scale, offset.
_SCALES: dict[str, tuple[str, tuple[tuple[float, float, float, float], ...]]] = {
    "pressure": ("Pa", ((4e4, 1.1e5, 1.0, 0.0), (400.0, 1100.0, 100.0, 0.0), (40.0, 110.0, 1000.0, 0.0))),
    "temperature": ("K", ((200.0, 330.0, 1.0, 0.0), (-60.0, 60.0, 1.0, 273.15))),
    "relative_humidity": ("1", ((0.0, 1.05, 1.0, 0.0), (1.05, 105.0, 0.01, 0.0))),
    "vapour": ("kg m-3", ((0.0, 0.05, 1.0, 0.0), (0.05, 50.0, 1e-3, 0.0))),
}  # fmt: skip
_POSSIBLE = {
    "pressure": (4e4, 1.1e5),
    "temperature": (200.0, 330.0),
    "relative_humidity": (0.0, 1.05),
    "vapour": (0, 0.05),
}
_COMMON = 0.05  # part of the records that an interval must have to be one that the logger uses


@dataclass(frozen=True, eq=False)
class NeutronRecord:
    """Counts of one sensor, ascending in time, missing values NaN.

    times              [record] datetime64[s] UTC, ends of the intervals;  seconds [record] that were counted
    counts             [record] in the interval; a rate per hour is `rate`
    pressure           [record] Pa;  temperature [record] K;  relative_humidity [record] 0..1
    vapour             [record] kg m-3 where the file states it, else NaN
    rain               [record] mm in the interval
    corrected          True where the network has corrected the counts (level 2)
    """

    times: np.ndarray
    seconds: np.ndarray
    counts: np.ndarray
    pressure: np.ndarray
    temperature: np.ndarray
    relative_humidity: np.ndarray
    vapour: np.ndarray
    rain: np.ndarray
    corrected: bool = False
    path: str = ""
    notes: tuple[str, ...] = ()

    @property
    def rate(self) -> np.ndarray:
        """[record] counts h-1."""
        return self.counts * 3600.0 / self.seconds

    def hourly(self) -> NeutronRecord:
        """On an axis without gaps, an hour a record: counts, seconds and rain summed, the air averaged.

        A record goes to the hour in which it ends; an hour without records is NaN with 0 seconds.
        """
        hour = -(-self.times.astype("datetime64[s]").astype(np.int64) // 3600)
        place = hour - hour[0]
        size = int(place[-1]) + 1

        def total(values: np.ndarray, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
            there = np.isfinite(values)
            w = np.ones(values.size) if weight is None else weight
            return (
                np.bincount(place[there], (values * w)[there], minlength=size),
                np.bincount(place[there], w[there], minlength=size),
            )

        def mean(values: np.ndarray) -> np.ndarray:
            sums, number = total(values)
            return np.where(number > 0, sums / np.maximum(number, 1.0), np.nan)

        def summed(values: np.ndarray) -> np.ndarray:
            sums, number = total(values)
            return np.where(number > 0, sums, np.nan)

        seconds = total(np.where(np.isfinite(self.counts), self.seconds, np.nan))[0]
        times = ((hour[0] + np.arange(size)) * 3600).astype("datetime64[s]")
        air: dict[str, Any] = {
            name: mean(getattr(self, name)) for name in ("pressure", "temperature", "relative_humidity", "vapour")
        }
        return replace(
            self, times=times, seconds=seconds, counts=summed(self.counts), rain=summed(self.rain), **air
        )  # fmt: skip


def read_neutrons(
    path: str, counts: str | Sequence[str] | None = None, time: str | None = None, utc_offset: float = 0.0
) -> NeutronRecord:
    """Counts and air of a table (.csv .txt .dat, plain or .gz).

    counts      column of counts, or several of one sensor, which are summed; by its usual names where None
    time        column of dates;  utc_offset  hours that the time stamps are ahead of UTC
    Where a quantity has several columns, the gaps of the first are filled from the next; units are told by the range.
    Raises DataError for columns that are not there or times that come twice, UnitError for values in no known unit.
    """
    table = parse_table(path)
    lower = {n.lower(): n for n in reversed(table.names)}
    columns = _count_columns(table, lower, counts)
    stamp = dates(table, time) - np.timedelta64(round(utc_offset * 3600), "s")
    notes: list[str] = []
    held = {name: _filled(table, lower, name, notes) for name in _USUAL}
    raw = np.sum([numbers(table, c) for c in columns], axis=0)
    idle = raw <= 0
    if idle.any():
        # Cosmic rays never pause for an interval: the counter did not run.
        notes.append(f"{path}: {int(idle.sum())} counts of zero or less are left out")
        raw = np.where(idle, np.nan, raw)
    order = np.argsort(stamp, kind="stable")
    order = order[~np.isnat(stamp[order])]
    if order.size < 2:
        raise DataError(f"{path}: fewer than 2 records with a time; expected a series of counts")
    order = _once(order, stamp, raw, path, notes)
    stamp = stamp[order]
    seconds = _intervals(stamp)
    lasted = held.pop("lasted")[order]
    seconds = np.where(lasted > 0, lasted, seconds)
    return NeutronRecord(
        stamp, seconds, raw[order], **{n: v[order] for n, v in held.items()},
        corrected=any("corrected" in c.lower() for c in columns), path=path, notes=tuple(notes),
    )  # fmt: skip


def _once(order: np.ndarray, stamp: np.ndarray, raw: np.ndarray, path: str, notes: list[str]) -> np.ndarray:
    """The records in time, without repeats of the same count. Raises DataError where two counts share a time."""
    kept = order[np.lexsort((np.isnan(raw[order]), stamp[order]))]
    same = np.diff(stamp[kept]) == np.timedelta64(0, "s")
    first, second = raw[kept[:-1]], raw[kept[1:]]
    differ = np.flatnonzero(same & np.isfinite(second) & (first != second))
    if differ.size:
        raise DataError(
            f"{path}: {differ.size} times have two counts, the first {stamp[kept[differ[0]]]}; keep one record of each"
        )
    if same.any():
        notes.append(f"{path}: {int(same.sum())} repeated records are left out")
    return kept[np.concatenate([[True], ~same])]


def _count_columns(table: Table, lower: dict[str, str], counts: str | Sequence[str] | None) -> list[str]:
    if counts is not None:
        wanted = [counts] if isinstance(counts, str) else list(counts)
        return [table.column(c, "counts") for c in wanted]
    for name in _COUNTS:
        if name in lower:
            return [lower[name]]
    several = [n for n in table.names if n.lower().startswith("counts_")]
    if several:
        return several
    raise DataError(f"{table.path}: no column of neutron counts; it has {table.described}; name it with `counts`")


def _filled(table: Table, lower: dict[str, str], quantity: str, notes: list[str]) -> np.ndarray:
    """A quantity in canonical units from its columns, the first filled from the next; NaN where there is none."""
    found = [lower[n] for n in _USUAL[quantity] if n in lower]
    out = np.full(len(table.frame), np.nan)
    for column in found:
        values = _canonical(numbers(table, column), quantity, f"{table.path}: {column!r}", notes)
        gaps = np.isnan(out)
        out[gaps] = values[gaps]
    return out


def _canonical(values: np.ndarray, quantity: str, where: str, notes: list[str]) -> np.ndarray:
    """Values in canonical units, impossible ones NaN with a note. Raises UnitError where no unit fits."""
    if quantity not in _SCALES or not np.isfinite(values).any():
        return values
    units, ways = _SCALES[quantity]
    middle = float(np.nanmedian(values))
    way = next((w for w in ways if w[0] <= middle <= w[1]), None)
    if way is None:
        raise UnitError(f"{where}: {quantity} with a median of {middle:g} is in no known unit; expected {units}")
    values = values * way[2] + way[3]
    low, high = _POSSIBLE[quantity]
    wrong = np.isfinite(values) & ((values < low) | (values > high))
    if wrong.any():
        notes.append(f"{where}: {int(wrong.sum())} impossible values are left out")
    return np.where(wrong, np.nan, values)


def _intervals(times: np.ndarray) -> np.ndarray:
    """[record] s that each was counted: since the record before, where that is an interval the logger often has.

    The first record, and one after a gap, has the interval to the record that follows.
    """
    step = np.diff(times) / np.timedelta64(1, "s")
    lengths, count = np.unique(step, return_counts=True)
    often = lengths[count >= _COMMON * step.size]
    before, after = np.concatenate([[np.nan], step]), np.concatenate([step, [np.nan]])
    usual = np.where(np.isin(after, often), after, lengths[np.argmax(count)])
    return np.where(np.isin(before, often), before, usual)
