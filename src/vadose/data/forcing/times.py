"""The time axis of the records: ascending, regular, on UTC, with holes where records are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.forcing.held import Held
from vadose.data.forcing.source import ForcingSource
from vadose.errors import DataError


@dataclass(frozen=True, eq=False)
class Axis:
    """A regular time axis: record k covers [first + k interval, first + (k + 1) interval) in UTC.

    state_at  where in its interval the states hold: 0.5 of their mean, 0 of the instant of its start, 1 of its end
    """

    first: np.datetime64
    interval: float
    steps: int
    state_at: float

    def starts(self, begin: int = 0, end: int | None = None) -> np.ndarray:
        """Starts of the records begin .. end - 1, datetime64[s] UTC."""
        count = np.arange(begin, self.steps if end is None else end)
        return self.first + (count * round(self.interval)).astype("timedelta64[s]")

    @property
    def daily(self) -> bool:
        return self.interval >= SECONDS_PER_DAY

    @property
    def span(self) -> str:
        """First and last moment for messages."""
        return f"{self.first} to {self.starts(self.steps, self.steps + 1)[0]} UTC"


def stamps_of(held: Held, source: ForcingSource) -> np.ndarray:
    """The stamps of a file [time], as it holds them or as the study states start and interval.

    Raises DataError where they do not ascend, or where neither states them.
    """
    if held.times is None:
        if source.start is None or source.interval is None:
            raise DataError(
                f"{held.path}: the file holds no times; state `start` (such as 1998-10-01T05:00) and `interval` (s) "
                "for the forcing"
            )
        count = np.arange(held.steps) * round(source.interval)
        return np.datetime64(source.start, "s") + count.astype("timedelta64[s]")
    times = held.times.astype("datetime64[s]")
    if np.isnat(times).any():
        raise DataError(
            f"{held.path}: {np.count_nonzero(np.isnat(times))} records have no time; correct or remove them"
        )
    late = np.flatnonzero(np.diff(times) <= np.timedelta64(0, "s"))
    if late.size:
        at = int(late[0])
        what = "twice" if times[at] == times[at + 1] else "after " + str(times[at])
        raise DataError(
            f"{held.path}: times must ascend; {times[at + 1]} comes {what} (record {at + 2}, {late.size} such places); "
            "sort the records and keep one of each time"
        )
    return times


def interval_of(stamps: np.ndarray, source: ForcingSource, path: str) -> float:
    """Seconds between records: the most frequent difference. Raises DataError for times off that raster."""
    if source.interval is not None:
        interval = float(round(source.interval))
    elif stamps.size < 2:
        raise DataError(
            f"{path}: one record alone does not say what time it covers; state `interval` (s) for the forcing"
        )
    else:
        lengths, counts = np.unique(np.diff(stamps) / np.timedelta64(1, "s"), return_counts=True)
        interval = float(lengths[np.argmax(counts)])
    if not 1.0 <= interval <= SECONDS_PER_DAY:
        raise DataError(f"{path}: records lie {interval / SECONDS_PER_DAY:g} days apart; expected a day or less")
    off = (stamps - stamps[0]) / np.timedelta64(1, "s") % interval
    wrong = np.flatnonzero(off != 0) if interval < SECONDS_PER_DAY else np.array([], int)
    if wrong.size:
        raise DataError(
            f"{path}: times must be a whole number of intervals of {interval:g} s apart; {stamps[wrong[0]]} is not "
            f"({wrong.size} records); resample the file to one interval"
        )
    return interval


def starts_of(stamps: np.ndarray, interval: float, stamp: str) -> np.ndarray:
    """Starts of the intervals of stamps, still on the clock of the file; days begin at midnight of that clock."""
    if interval >= SECONDS_PER_DAY:
        days = stamps.astype("datetime64[D]")
        at_midnight = (stamps == days).all()
        return (days - np.timedelta64(int(stamp == "end" and bool(at_midnight)), "D")).astype("datetime64[s]")
    back = {"start": 0.0, "middle": 0.5, "end": 1.0}[stamp]
    return stamps - np.timedelta64(round(back * interval), "s")


def check_step(step: float, interval: float, where: str) -> None:
    """Raise DataError where neither of step and interval is a whole multiple of the other."""
    if step < 1 or step != round(step) or SECONDS_PER_DAY % step:
        raise DataError(
            f"{where}: the step must be whole seconds that divide a day, got {step:g} s; take 1800 or 3600 s"
        )
    longer, shorter = max(step, interval), min(step, interval)
    if longer % shorter:
        fitting = [s for s in (900, 1200, 1800, 3600, 7200, 10800) if interval % s == 0 or s % interval == 0]
        raise DataError(
            f"{where}: a step of {step:g} s does not divide the interval of the records, {interval:g} s; "
            f"take a step of {', '.join(map(str, fitting)) or f'{interval:g}'} s"
        )
