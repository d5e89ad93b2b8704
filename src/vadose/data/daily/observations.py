"""Observations at points, in any order and at any time of day, and the daily series they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.data.daily.images import REACH
from vadose.data.daily.quality import RANGE, SPIKE, find_spikes, within
from vadose.data.daily.source import DailySource
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class PointSource(DailySource):
    """A source at points, with what their files cannot say themselves; all fields may be left out.

    location       (latitude, longitude) of a table that does not hold it; NaN in the results without it
    time           column of dates of a table, where its name is unusual
    rain           column of rain in the same table (mm in each time step); it is summed to mm d-1
    minimum_count  least number of observations in a day; half of those that a day usually has where None
    """

    location: tuple[float, float] | None = None
    time: str | None = None
    rain: str | None = None
    minimum_count: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.location is not None and not (-90 <= self.location[0] <= 90 and -180 <= self.location[1] <= 360):
            raise ConfigError(f"`location` must be [latitude, longitude] in degrees, got {list(self.location)}")
        if self.minimum_count is not None and self.minimum_count < 1:
            raise ConfigError(f"`minimum_count` must be at least 1, got {self.minimum_count}")


@dataclass(frozen=True, eq=False)
class Observations:
    """Values at sites, in any order.

    site     [observation] place in `sites`;  time [observation] datetime64[s];  value [observation] m3 m-3, NaN missing
    refused  reason -> [observation] True where a value was there but its quality refuses it
    rain     [observation] mm since the observation before, NaN missing; None where the files have none
    depth    (top, bottom) m, or None
    """

    sites: Sites
    site: np.ndarray
    time: np.ndarray
    value: np.ndarray
    refused: Mapping[str, np.ndarray] = field(default_factory=dict)
    rain: np.ndarray | None = None
    depth: tuple[float, float] | None = None
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PointReader:
    """Daily series at sites, held in memory: a `DailyReader`.

    values  [time, cell] float32 m3 m-3;  rain [time, cell] float32 mm d-1, or None
    lost    reason -> (day, cell) positions of the values that were refused
    """

    days: np.ndarray
    cells: Cells
    values: np.ndarray
    lost: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    rain: np.ndarray | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def blocks(self, size: int) -> Iterator[tuple[int, np.ndarray, Mapping[str, np.ndarray]]]:
        """Successive blocks of `size` days, as `DailyReader` has them."""
        for start in range(0, self.days.size, size):
            stop = min(start + size, self.days.size)
            refused = {
                reason: np.bincount(cell[(day >= start) & (day < stop)], minlength=self.cells.size).astype(np.int32)
                for reason, (day, cell) in self.lost.items()
            }
            yield start, self.values[start:stop], refused


def daily_reader(parts: Sequence[Observations], source: PointSource) -> PointReader:
    """Daily means of observations: range, duplicates, minimum count of a day, spikes, period and box applied.

    Raises DataError where no observation lies in the period and the box.
    """
    sites, site, seen = _joined(parts)
    first, last = source.days_wanted
    day = seen.time.astype("datetime64[D]")
    inside = (day >= first) & (day <= last) & _within(sites, source.box)[site] & ~np.isnat(seen.time)
    if not inside.any():
        found = f"{day[~np.isnat(day)].min()} to {day[~np.isnat(day)].max()}" if (~np.isnat(day)).any() else "no times"
        raise DataError(f"{source.name}: no observation lies in the period and the box; the files hold {found}")
    origin, end = day[inside].min(), day[inside].max()
    days = np.arange(origin, end + _DAY)
    row = (day - origin).astype(np.int64)
    value, refused = _refuse(seen, source, inside)
    kept, order = _sites_with_values(sites, site, inside, np.isfinite(seen.value))
    cell = order[site]
    taken = inside & (cell >= 0)
    shape = (days.size, kept.size)
    lost = {reason: (row[mask & taken], cell[mask & taken]) for reason, mask in refused.items()}
    there = np.isfinite(seen.value[taken])
    values, thin = _means(row[taken][there], cell[taken][there], value[taken][there], shape, source.minimum_count)
    lost["too few in the day"] = thin
    if source.spikes is not None:
        peaks = find_spikes(values, source.spikes, REACH)
        lost[SPIKE] = _places(peaks)
        values[peaks] = np.nan
    grid = Sites(sites.lat[kept], sites.lon[kept], tuple(sites.names[i] for i in kept))
    rain = None
    if seen.rain is not None:
        once = taken & np.isfinite(seen.rain) & (seen.rain >= 0)
        once &= ~_repeated(site, seen.time, once)
        rain = _sums(row[once], cell[once], seen.rain[once], shape)
    lost = {reason: where for reason, where in lost.items() if where[0].size}
    return PointReader(days, Cells.whole(grid), values, lost, rain, _attrs(parts, source, values, sites.size))


def _joined(parts: Sequence[Observations]) -> tuple[Sites, np.ndarray, Observations]:
    """Observations of several files one after the other; files of one site (same name and place) are one site."""
    place: dict[tuple[str, float, float], int] = {}
    index = []
    for part in parts:
        s = part.sites
        keys = [(n, round(float(a), 5), round(float(o), 5)) for n, a, o in zip(s.names, s.lat, s.lon, strict=True)]
        at = np.array([place.setdefault(tuple(map(_comparable, k)), len(place)) for k in keys], dtype=np.int64)
        index.append(at[part.site])
    names = [str(k[0]) for k in place]
    if len(set(names)) < len(names):
        names = [f"{n} ({k[1]}, {k[2]})" if names.count(n) > 1 else n for n, k in zip(names, place, strict=True)]
    lat, lon = (np.array([np.nan if k[i] == "" else float(k[i]) for k in place]) for i in (1, 2))
    reasons = dict.fromkeys(r for p in parts for r in p.refused)
    blank = [np.zeros(p.value.size, bool) for p in parts]
    refused = {r: np.concatenate([p.refused.get(r, b) for p, b in zip(parts, blank, strict=True)]) for r in reasons}
    rain = None
    if any(p.rain is not None for p in parts):
        rain = np.concatenate([np.full(p.value.size, np.nan) if p.rain is None else p.rain for p in parts])
    time, value = np.concatenate([p.time for p in parts]), np.concatenate([p.value for p in parts])
    site = np.concatenate(index)
    return Sites(lat, lon, tuple(names)), site, Observations(parts[0].sites, site, time, value, refused, rain)


def _comparable(key: Any) -> Any:
    """A part of a key; NaN, which never equals itself, as empty text."""
    return "" if isinstance(key, float) and np.isnan(key) else key


def _within(sites: Sites, box: tuple[float, float, float, float] | None) -> np.ndarray:
    if box is None:
        return np.ones(sites.size, bool)
    south, north, west, east = box
    width = (east - west) % 360 or 360.0
    return ((sites.lon - west) % 360 <= width) & (sites.lat >= south) & (sites.lat <= north)


def _refuse(seen: Observations, source: PointSource, inside: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Values with NaN where quality, range or a repeated time refuse them, and the first reason of each."""
    there = np.isfinite(seen.value)
    reasons = {**seen.refused, RANGE: ~within(seen.value, source.valid_range)}
    reasons["duplicate time"] = _repeated(seen.site, seen.time, inside & there)
    value, out = seen.value.copy(), {}
    for reason, mask in reasons.items():
        out[reason] = mask & np.isfinite(value)
        value[mask] = np.nan
    return value, out


def _repeated(site: np.ndarray, time: np.ndarray, there: np.ndarray) -> np.ndarray:
    """True for the second and further values of one site at one time."""
    which = np.flatnonzero(there)
    order = which[np.lexsort((which, time[which].astype(np.int64), site[which]))]
    same = (np.diff(site[order]) == 0) & (np.diff(time[order].astype(np.int64)) == 0)
    out = np.zeros(site.size, bool)
    out[order[1:][same]] = True
    return out


def _sites_with_values(
    sites: Sites, site: np.ndarray, inside: np.ndarray, there: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sites that hold any value (all those of the box where none does), and the new place of each or -1."""
    holds = np.zeros(sites.size, bool)
    holds[site[inside & there]] = True
    if not holds.any():
        holds[site[inside]] = True
    kept = np.flatnonzero(holds)
    order = np.full(sites.size, -1, np.int64)
    order[kept] = np.arange(kept.size)
    return kept, order


def _means(
    row: np.ndarray, cell: np.ndarray, value: np.ndarray, shape: tuple[int, int], minimum: int | None
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Daily means [time, cell], and the (day, cell) of those left out for want of observations."""
    place, size = row * shape[1] + cell, shape[0] * shape[1]
    good = np.isfinite(value)
    present = np.bincount(place, minlength=size).reshape(shape)
    count = np.bincount(place[good], minlength=size).reshape(shape)
    total = np.bincount(place[good], value[good], minlength=size).reshape(shape)
    if minimum is None:
        usual = [np.median(p[p > 0]) if (p > 0).any() else 1.0 for p in present.T]
        least = np.ceil(0.5 * np.array(usual))
    else:
        least = np.full(shape[1], float(minimum))
    thin = (count > 0) & (count < least)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where((count > 0) & ~thin, total / count, np.nan).astype(np.float32)
    return values, _places(thin)


def _places(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(day, cell) of what is True."""
    day, cell = np.nonzero(mask)
    return day, cell


def _sums(row: np.ndarray, cell: np.ndarray, rain: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Daily sums [time, cell] of rain, NaN on days without a record."""
    place, size = row * shape[1] + cell, shape[0] * shape[1]
    count = np.bincount(place, minlength=size).reshape(shape)
    total = np.bincount(place, rain, minlength=size).reshape(shape)
    return np.where(count > 0, total, np.nan).astype(np.float32)


def _attrs(parts: Sequence[Observations], source: PointSource, values: np.ndarray, sites: int) -> dict[str, Any]:
    notes = list(dict.fromkeys(n for p in parts for n in p.notes))
    if values.shape[1] < sites:
        notes.append(f"{source.name}: {sites - values.shape[1]} of {sites} sites hold no value and are left out")
    if not np.isfinite(values).any():
        notes.append(f"{source.name}: every value is missing or refused; check `variable`, `units` and `quality`")
    depths = {p.depth for p in parts if p.depth is not None}
    depth = source.depth or (depths.pop() if len(depths) == 1 else None)
    return {
        "files": [f for p in parts for f in p.files],
        "product": "points",
        "depth": None if depth is None else [float(d) for d in depth],
        "warnings": notes,
    }
