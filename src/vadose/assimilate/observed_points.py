"""Series that were cut out of images, at points: the pixel of each, and the time of each retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from vadose.assimilate.observed_pixels import Images, Period, Pixels, local_to_utc, path_text
from vadose.assimilate.observed_records import Records
from vadose.assimilate.observed_smap import HOURS
from vadose.assimilate.study_observations import Observation
from vadose.data.daily.cf_points import read_cf_points
from vadose.data.daily.observations import Observations, PointSource
from vadose.data.daily.quality import FLAG
from vadose.data.daily.source import DailySource
from vadose.errors import ConfigError
from vadose.grid import ease2
from vadose.observe.quality import FLAGGED

_FAR = 10**12  # s, more than any time: keys of site and time


def of_points(one: Observation, wanted: DailySource, files: Sequence[str], period: Period) -> Images:
    """Series cut out of images, as their own files hold them: a pixel each, with the time of each retrieval."""
    source = PointSource(**{f.name: getattr(wanted, f.name) for f in fields(wanted)})
    parts = [read_cf_points(path, source) for path in files]
    lat, lon = (np.concatenate([getattr(p.sites, axis) for p in parts]) for axis in ("lat", "lon"))
    first = np.cumsum([0, *(p.sites.size for p in parts)])[:-1]
    place = np.concatenate([p.site + n for p, n in zip(parts, first, strict=True)])
    errors = None
    if one.error == "file":
        errors = np.concatenate([_errors_of(one, path, source, p) for path, p in zip(files, parts, strict=True)])
    times = np.concatenate([p.time for p in parts]).astype("datetime64[s]")
    if not (times != times.astype("datetime64[D]")).any():
        times = _day_alone(one, times.astype("datetime64[D]"), lon[place])
    bad = np.concatenate([p.refused.get(FLAG, np.zeros(p.value.size, bool)) for p in parts])
    # Outside of the period it does not matter what a flag says: it is the period that refuses them.
    days = times.astype("datetime64[D]")
    bad &= (days >= period.first) & (days <= period.last)
    kept = ~bad & ~np.isnat(times)
    notes = tuple(f"{one.name}: {note}" for p in parts for note in p.notes)
    records = Records(
        place[kept], times[kept], np.concatenate([p.value for p in parts])[kept],
        None if errors is None else errors[kept], path=path_text(one), notes=notes,
    )  # fmt: skip
    return Images(
        Pixels(lat, lon, _km_of_points(lat, lon)), records, {FLAGGED: np.bincount(place[bad], minlength=lat.size)}
    )  # fmt: skip


def _errors_of(one: Observation, path: str, source: PointSource, values: Observations) -> np.ndarray:
    """[record] the error field of the records of a file, NaN where it has none."""
    name = one.error_variable or f"{one.column or 'soil_moisture'}_error"
    found = read_cf_points(path, replace(source, variable=name, quality="all"))
    wanted, keys = (p.site * _FAR + p.time.astype("datetime64[s]").astype(np.int64) for p in (values, found))
    if not keys.size:
        return np.full(wanted.size, np.nan)
    order = np.argsort(keys, kind="stable")
    at = order[np.searchsorted(keys, wanted, sorter=order).clip(max=keys.size - 1)]
    return np.where(keys[at] == wanted, found.value[at], np.nan)


def _day_alone(one: Observation, days: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Times of records whose file states the day alone."""
    if one.local_time is not None:
        return local_to_utc(days, one.local_time, lon)
    if one.kind == "smap":
        if one.passes == "both":
            raise ConfigError(
                f"{one.name!r}: {one.paths[0]} states days without times, and AM and PM are not told apart; set "
                "`passes` to one of them"
            )
        return local_to_utc(days, HOURS[one.passes], lon)
    return days.astype("datetime64[s]") + np.timedelta64(12, "h")


def _km_of_points(lat: np.ndarray, lon: np.ndarray) -> int | None:
    """The EASE-Grid 2.0 of which these are centres; None of others."""
    for km in (36, 25, 9, 3):
        row, column = ease2.row_column(km, lat, lon)
        if (row >= 0).all():
            north, east = ease2.centre(km, row, column)
            if np.abs(north - lat).max() < 0.005 and np.abs((east - lon + 180.0) % 360.0 - 180.0).max() < 0.005:
                return km
    return None
