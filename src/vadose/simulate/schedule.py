"""The time axis of a run: whole days from its first step, cut into chunks of months, averaged into rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.errors import ConfigError, DataError

EVERY = {"hour": 3600.0, "day": SECONDS_PER_DAY, "month": SECONDS_PER_DAY}
LONGEST = 32  # days of a block of weather
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Chunk:
    """Days `first` .. `last` - 1 of a schedule."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first


@dataclass(frozen=True)
class Schedule:
    """Whole days of 24 h from the first step of the period; where it begins at 07:00 UTC, so do the days.

    start    datetime64[s] UTC of the first step;  step  s;  days  of the period
    months   in a chunk, after which states are kept;  every  "step", "hour", "day" or "month" of a row of outputs
    unused   steps behind the last whole day, which are not simulated
    stops    numbers of days before which a chunk ends too, so that a state is kept there
    """

    start: np.datetime64
    step: float
    days: int
    months: int
    every: str
    unused: int = 0
    stops: tuple[int, ...] = ()

    @property
    def per_day(self) -> int:
        """Steps of a day."""
        return round(SECONDS_PER_DAY / self.step)

    @property
    def steps(self) -> int:
        """Steps of the period."""
        return self.days * self.per_day

    @property
    def steps_a_row(self) -> int:
        """Steps of which the compiled loop makes one mean; months are put together from days."""
        return 1 if self.every == "step" else round(EVERY[self.every] / self.step)

    def day(self, number: int) -> np.datetime64:
        """The moment at which a day begins, datetime64[s] UTC."""
        return self.start + number * _DAY

    @property
    def end(self) -> np.datetime64:
        """The moment after the last step."""
        return self.day(self.days)

    def step_index(self, day: int) -> int:
        """Steps from 1970-01-01 to the beginning of a day: the same wherever the period begins."""
        return round(float(self.day(day).astype("datetime64[s]").astype(np.int64)) / self.step)

    @property
    def _month(self) -> np.ndarray:
        """[day] month since 1970-01 in which the middle of the day lies."""
        middle = self.start + np.timedelta64(12, "h") + np.arange(self.days) * _DAY
        return middle.astype("datetime64[M]").astype(np.int64)

    def chunks(self) -> tuple[Chunk, ...]:
        """The parts of the period, each of `months` calendar months counted from the first, or shorter by a stop."""
        month = self._month
        part = (month - month[0]) // self.months
        inner = {int(day) for day in (*(np.flatnonzero(np.diff(part)) + 1), *self.stops) if 0 < day < self.days}
        edges = [0, *sorted(inner), self.days]
        return tuple(Chunk(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True))

    @property
    def longest(self) -> int:
        """Days beyond which a block of weather gains nothing; a schedule without stops has no bound of its own.

        The bound is part of the shape of a program: periods of all lengths share one, those that stop another.
        """
        return max(chunk.days for chunk in self.chunks()) if self.stops else LONGEST

    def from_hour(self, hour: int) -> Schedule:
        """The schedule whose days begin at an hour of UTC, at most a day later than this one."""
        of_day = self.start.astype("datetime64[s]").astype(np.int64) % 86400
        seconds = (hour * 3600 - of_day) % 86400
        if seconds % self.step:
            raise ConfigError(f"steps of {self.step:g} s from {self.start} do not meet {hour}:00 UTC; change `hour`")
        left = self.steps + self.unused - round(seconds / self.step)
        days, unused = divmod(left, self.per_day)
        return replace(self, start=self.start + np.timedelta64(int(seconds), "s"), days=days, unused=unused)

    def first_years(self, years: int) -> Schedule:
        """The part of the period that a cycle of the spin-up repeats."""
        first = self.start.astype("datetime64[D]")
        month = first.astype("datetime64[M]")
        back = (month + 12 * years).astype("datetime64[D]") + (first - month.astype("datetime64[D]"))
        return replace(self, days=min(self.days, int((back - first) / _DAY)))

    def bounds(self, chunk: Chunk) -> np.ndarray:
        """[row, 2] datetime64[s] UTC: where each row of a chunk begins and ends."""
        if self.every == "month":
            month = self._month[chunk.first : chunk.last]
            edges = chunk.first + np.concatenate([[0], np.flatnonzero(np.diff(month)) + 1, [chunk.days]])
            moments = self.start + edges * _DAY
        else:
            rows = chunk.days * (self.per_day // self.steps_a_row)
            length = np.timedelta64(round(self.steps_a_row * self.step), "s")
            moments = self.day(chunk.first) + np.arange(rows + 1) * length
        return np.stack([moments[:-1], moments[1:]], axis=1)

    def to_rows(self, values: np.ndarray, chunk: Chunk) -> np.ndarray:
        """Means [day, row of the day, ...] of a chunk as rows of the output [row, ...]."""
        if self.every != "month":
            return values.reshape(-1, *values.shape[2:])
        month = self._month[chunk.first : chunk.last]
        starts = np.concatenate([[0], np.flatnonzero(np.diff(month)) + 1])
        lengths = np.diff([*starts, chunk.days]).reshape(-1, *[1] * (values.ndim - 2))
        return np.add.reduceat(values[:, 0], starts, axis=0) / lengths


def schedule_of(times: np.ndarray, step: float, months: int, every: str, where: str) -> Schedule:
    """The schedule of steps that begin at `times` [step] datetime64[s] UTC; `where` names the forcing in messages.

    Raises ConfigError where an hour is no whole number of steps, DataError where there is not one whole day.
    """
    if every == "hour" and (step > 3600.0 or 3600.0 % step):
        raise ConfigError(f'[output] `every` = "hour" needs a `step` that divides 3600 s, got {step:g}; take "step"')
    made = Schedule(times[0], step, 1, months, every)
    days, unused = divmod(times.size, made.per_day)
    if not days:
        raise DataError(f"{where}: the period holds {times.size} steps of {step:g} s; at least one whole day is needed")
    return replace(made, days=days, unused=unused)
