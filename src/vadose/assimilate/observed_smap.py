"""SMAP granules as images with the time of each retrieval: L3 composites and L2 half orbits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vadose.assimilate.observed_pixels import Period, Seen, local_to_utc
from vadose.assimilate.study_observations import Observation
from vadose.data.daily.smap import GROUP, Field, day_of, find_fields, member, one_grid, stored
from vadose.data.daily.smap_orbits import direction_of, km_of_orbit
from vadose.data.daily.source import DailySource
from vadose.data.daily.window import Box, Window, cells_in_box, window_of
from vadose.data.netcdf import fill_values, has_variable, opened, packing
from vadose.errors import DataError
from vadose.grid.ease2 import SHAPES, cell_index, ease2

HOURS = {"AM": 6.0, "PM": 18.0}  # of local solar time, at which SMAP crosses the equator
_ORBITS = {"AM": "D", "PM": "A", "both": "AD"}
_NOON_2000 = np.datetime64("2000-01-01T12:00:00", "s")


def read_composites(
    one: Observation, source: DailySource, files: Sequence[str], box: Box, period: Period
) -> tuple[int, list[Seen], list[str]]:  # fmt: skip
    """km of the grid, retrievals of L3 files in a box and a period, and notes. Raises DataError for unfit files."""
    shapes: dict[tuple[int, ...], str] = {}
    found, days, left = [], [], 0
    for path in sorted(files):
        with opened(path) as dataset:
            day = day_of(dataset, path)
            days.append(day)
            if not period.holds(day):
                left += 1
                continue
            try:
                fields = find_fields(dataset, source, path)
            except DataError:
                # A day may lack one of its overpasses, with the group.
                if not any(f"{GROUP}_{p}" in dataset.groups for p in HOURS):
                    raise
                continue
            shapes.setdefault(member(dataset, fields[0].group, fields[0].name, path).shape, path)
            window = window_of(cells_in_box(ease2(one_grid(shapes)), box))
            for each in fields:
                found.append(_composite(one, dataset, path, each, window, day))
    _demand(one, found, left, days, period)
    return one_grid(shapes), found, _left_over(one, left, len(files))


def _composite(one: Observation, dataset: Any, path: str, part: Field, window: Window, day: np.datetime64) -> Seen:
    """The retrievals of one overpass of a day."""
    last = window.cells.grid.shape[0]
    key = (slice(last - window.rows.stop, last - window.rows.start), slice(None))

    def cut(block: np.ndarray) -> np.ndarray:
        return window.cut(block[None, ::-1])[0]

    values, flagged, outside = (cut(x) for x in part.read(dataset, path, key))
    known = np.isfinite(values)
    afternoon = part.group.endswith("_PM")
    end = "_pm" if afternoon else ""
    hour = one.local_time if one.local_time is not None else HOURS["PM" if afternoon else "AM"]
    times = local_to_utc(np.full(known.sum(), day), hour, window.cells.lon[known])
    if has_variable(dataset, f"{part.group}/tb_time_seconds{end}"):
        stated = cut(stored(member(dataset, part.group, f"tb_time_seconds{end}", path), key, path))[known]
        times = np.where(stated > 0, _utc(stated), times)
    errors = None
    if one.error == "file":
        name = (one.error_variable or f"{part.name.removesuffix('_pm')}_error").removesuffix("_pm") + end
        errors = cut(_numbers(member(dataset, part.group, name, path), key, path))[known]
    index = window.cells.index
    return Seen(index[known], times, values[known].astype(float), errors, index[flagged], index[outside])


def read_half_orbits(
    one: Observation, source: DailySource, files: Sequence[str], box: Box, period: Period
) -> tuple[int, list[Seen], list[str]]:  # fmt: skip
    """km of the grid, retrievals of L2 files in a box, and notes. Raises DataError where none is of the overpass."""
    shapes: dict[tuple[int, ...], str] = {}
    found, days, left, other = [], [], 0, 0
    for path in sorted(files):
        with opened(path) as dataset:
            if direction_of(dataset, path) not in _ORBITS[one.passes]:
                other += 1
                continue
            days.append(day_of(dataset, path))
            # A half orbit that begins before midnight ends on the next day.
            if not (period.holds(days[-1]) or period.holds(days[-1] + 1)):
                left += 1
                continue
            (part,) = find_fields(dataset, source, path)
            km = km_of_orbit(dataset, path)
            shapes.setdefault(SHAPES[km], path)
            one_grid(shapes)
            found.append(_half_orbit(one, dataset, path, part, km, box))
    if other == len(files):
        raise DataError(
            f"{one.name!r}: none of {other} half orbits is of the overpass {one.passes!r} (descending is AM, ascending "
            'is PM): set `passes` = "both", or give the other files'
        )
    _demand(one, found, left, days, period)
    return one_grid(shapes), found, _left_over(one, left, len(files) - other)


def _half_orbit(one: Observation, dataset: Any, path: str, part: Field, km: int, box: Box) -> Seen:
    row, column = (
        stored(member(dataset, GROUP, f"EASE_{n}_index", path), slice(None), path) for n in ("row", "column")
    )
    values, flagged, outside = part.read(dataset, path, slice(None))
    rows, columns = SHAPES[km]
    on_grid = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    index = cell_index(km, np.where(on_grid, row, 0), np.where(on_grid, column, 0))
    inside = on_grid & np.isin(index, cells_in_box(ease2(km), box).index)
    known = np.isfinite(values) & inside
    times = _utc(stored(member(dataset, GROUP, "tb_time_seconds", path), slice(None), path))[known]
    errors = None
    if one.error == "file":
        name = one.error_variable or f"{part.name}_error"
        errors = _numbers(member(dataset, GROUP, name, path), slice(None), path)[known]
    return Seen(
        index[known], times, values[known].astype(float), errors, index[flagged & inside], index[outside & inside]
    )  # fmt: skip


def _utc(seconds: np.ndarray) -> np.ndarray:
    """Times of SMAP, s since noon of 2000-01-01, as datetime64[s]; leap seconds do not matter to an hour."""
    return _NOON_2000 + np.round(np.maximum(seconds, 0.0)).astype("timedelta64[s]")


def _numbers(variable: Any, key: Any, path: str) -> np.ndarray:
    """Values of a variable, NaN where missing."""
    raw = stored(variable, key, path)
    scale, offset = packing(variable)
    missing = ~np.isfinite(raw) | (raw == -9999.0) | np.isin(raw, fill_values(variable))
    return np.where(missing, np.nan, raw * scale + offset)


def _demand(one: Observation, found: list[Seen], left: int, days: list[np.datetime64], period: Period) -> None:
    if found:
        return
    why = f"none of {left} granules, of {min(days)} to {max(days)}, is of the period" if left else "no granule has maps"
    raise DataError(
        f"{one.name!r}: {one.paths[0]}: nothing to assimilate: {why}, {period.text}: correct [period], `passes` or "
        "`path`"
    )


def _left_over(one: Observation, left: int, files: int) -> list[str]:
    return [f"{one.name}: {left} of {files} granules are out of the period and were not read"] if left else []
