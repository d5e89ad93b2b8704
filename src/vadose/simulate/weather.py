"""The weather of a tile: blocks of days as the compiled loop takes them, each member with its own errors."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.forcing import ForcingFiles, ForcingSource, open_forcing
from vadose.data.forcing.block import load
from vadose.data.forcing.open import files_of
from vadose.data.forcing.read import nearest_columns
from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.land.air import Forcing
from vadose.simulate.schedule import LONGEST, Chunk, Schedule, schedule_of
from vadose.simulate.study import Study

BYTES = 256 * 2**20  # of a block of weather in memory
NAMES = tuple(f.name for f in fields(Forcing))  # type: ignore[arg-type]
CLIMATE = ("air_temperature", "air_temperature_minimum", "air_temperature_maximum")

_OPENED: dict[str, ForcingFiles] = {}


@dataclass(frozen=True)
class Wanted:
    """Whose weather: columns of the files, and for each member how it is disturbed.

    columns    [cell] positions in the columns of the files
    disturb    a function a member (values {name: [time, cell]}, number of the first step since 1970) -> values, or None
    size       columns of the tile: members one after another, each with all cells, and copies of the last column
    """

    columns: np.ndarray
    disturb: tuple[Any, ...]
    size: int


def weather(study: Study) -> ForcingFiles:
    """The opened forcing of a study with the days of [period]; kept, so that a process reads its headers once."""
    files = _opened(replace(study.forcing, period=None))
    begin, end = study.period.start, study.period.end
    if not begin and not end:
        return replace(files, source=study.forcing)
    ahead = np.timedelta64(round(files.offset * 3600), "s")
    first, last = (files.axis.starts(n, n + 1)[0] + ahead for n in (0, files.axis.steps))
    whole = (-(-first.astype(np.int64) // 86400), last.astype(np.int64) // 86400 - 1)
    days = [str(np.datetime64(int(day), "D")) for day in whole]
    period = (begin or days[0], end or days[1])
    return replace(files, source=replace(study.forcing, period=period))


def _opened(source: ForcingSource) -> ForcingFiles:
    stamps = [(path, os.stat(path).st_mtime_ns, os.stat(path).st_size) for path in files_of(source)]
    key = f"{source} {stamps}"
    if key not in _OPENED:
        _OPENED.clear()
        _OPENED[key] = open_forcing(source)
    return _OPENED[key]


def schedule(study: Study, files: ForcingFiles) -> Schedule:
    """The time axis of a study."""
    times = files.times(study.model.step)
    return schedule_of(times, study.model.step, study.study.months, study.output.every, files.source.name)


def block_days(size: int, per_day: int) -> int:
    """Days of weather that the compiled loop takes at once, of `size` columns."""
    return int(np.clip(BYTES // (8 * len(NAMES) * per_day * size), 1, LONGEST))


def blocks(
    files: ForcingFiles, plan: Schedule, chunk: Chunk, wanted: Wanted, notes: list[str]
) -> Iterator[tuple[int, Forcing]]:
    """Blocks of a chunk as (days, [day, step, column] arrays); the last block is filled up with its first day.

    notes  takes what the reader says, once
    """
    longest = min(block_days(wanted.size, plan.per_day), plan.longest)
    cells = max(1, wanted.columns.size)
    at_once = longest * max(1, BYTES // (8 * len(NAMES) * plan.per_day * cells * longest))
    for first in range(chunk.first, chunk.last, at_once):
        last = min(first + at_once, chunk.last)
        whole = _read(files, plan, first, last, wanted, notes)
        for begin in range(0, last - first, longest):
            days = min(longest, last - first - begin)
            rows = slice(begin * plan.per_day, (begin + days) * plan.per_day)
            parts = {name: _columns([m[name][rows] for m in whole], wanted.size) for name in NAMES}
            shape = (days, plan.per_day, wanted.size)
            yield days, Forcing(**{name: _filled(v.reshape(shape), longest) for name, v in parts.items()})


def _read(
    files: ForcingFiles, plan: Schedule, first: int, last: int, wanted: Wanted, notes: list[str]
) -> Sequence[dict[str, np.ndarray]]:
    """Weather of some days for each member, {name: [step, cell]}; members without errors share it."""
    series = files.read(plan.step, wanted.columns, plan.day(first), plan.day(last))
    expected = (last - first) * plan.per_day
    if series.times.size != expected:
        raise DataError(f"{files.source.name}: {series.times.size} steps from {plan.day(first)}, expected {expected}")
    notes += [note for note in series.notes if note not in notes]
    values = {name: getattr(series, name) for name in NAMES}
    index = plan.step_index(first)
    return [values if disturb is None else disturb(values, index) for disturb in wanted.disturb]


def _columns(members: Sequence[np.ndarray], size: int) -> np.ndarray:
    """[step, column] of all members side by side, the last column repeated up to `size`."""
    whole = members[0] if len(members) == 1 else np.concatenate(members, axis=1)
    lacking = size - whole.shape[1]
    return whole if not lacking else np.concatenate([whole, np.repeat(whole[:, -1:], lacking, axis=1)], axis=1)


def _filled(values: np.ndarray, longest: int) -> np.ndarray:
    lacking = longest - values.shape[0]
    return values if not lacking else np.concatenate([values, np.repeat(values[:1], lacking, axis=0)])


def columns_of(files: ForcingFiles, cells: Cells) -> np.ndarray:
    """Positions in the columns of the files of the cells of a run: the same cell of a grid, or the nearest column."""
    grid = files.cells.grid
    if isinstance(grid, LatLonGrid) and grid.same_as(cells.grid):
        found = np.searchsorted(files.cells.index, cells.index).clip(0, files.cells.size - 1)
        if np.array_equal(files.cells.index[found], cells.index):
            return found
    return nearest_columns(files, cells)


def mean_temperature(study: Study, columns: np.ndarray) -> np.ndarray:
    """[cell] K, mean air temperature of the first year of the files, whatever the period of the study."""
    files = _opened(replace(study.forcing, period=None))
    kept = {name: files.parts[name] for name in CLIMATE if name in files.parts}
    steps = min(files.axis.steps, int(365 * SECONDS_PER_DAY / files.axis.interval))
    total, count = np.zeros(columns.size), np.zeros(columns.size)
    only = replace(files, parts=kept)
    at_once = max(1, BYTES // (8 * max(1, columns.size)))
    for begin in range(0, steps, at_once):
        values = load(only, begin, min(begin + at_once, steps), columns).values
        mean = values.get("air_temperature")
        if mean is None:
            mean = 0.5 * (values["air_temperature_minimum"] + values["air_temperature_maximum"])
        total += np.nansum(mean, axis=0)
        count += np.count_nonzero(np.isfinite(mean), axis=0)
    lost = int(np.count_nonzero(count == 0))
    if lost:
        raise DataError(f"{files.source.name}: no air temperature in the first year at {lost} columns")
    return total / count
