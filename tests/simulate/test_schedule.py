"""Stops of a schedule, and the hour at which its days begin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.simulate.schedule import Schedule, schedule_of

YEAR = Schedule(np.datetime64("2001-01-01T00:00:00"), 3600.0, 365, 1, "day")


def edges(plan: Schedule) -> list[int]:
    chunks = plan.chunks()
    assert all(a.last == b.first for a, b in zip(chunks[:-1], chunks[1:], strict=True))
    return [chunks[0].first, *(c.last for c in chunks)]


def test_chunks_end_at_stops_too() -> None:
    months = edges(YEAR)
    assert edges(replace(YEAR, stops=(5, 40, 31))) == sorted({*months, 5, 40})
    one = replace(YEAR, months=12)
    assert edges(replace(one, stops=(3, 6, 364))) == [0, 3, 6, 364, 365]


def test_stops_outside_of_the_period_are_no_chunks() -> None:
    one = replace(YEAR, months=12, days=10)
    assert edges(replace(one, stops=(0, 4, 10, 12))) == [0, 4, 10]


def test_stops_leave_the_rows() -> None:
    for every in ("hour", "day"):
        plain = replace(YEAR, every=every, days=60)
        stopping = replace(plain, stops=tuple(range(1, 60, 3)))
        found, expected = (np.concatenate([p.bounds(c) for c in p.chunks()]) for p in (stopping, plain))
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("hour", [0, 1, 6, 23])
@pytest.mark.parametrize("start", ["2001-01-01T00:00:00", "2001-01-01T07:00:00", "2000-02-28T18:00:00"])
def test_days_begin_at_an_hour(start: str, hour: int) -> None:
    """As soon as possible after the first step; all whole days that are left, and no step is lost or counted twice."""
    times = np.datetime64(start) + np.arange(24 * 9 + 5) * np.timedelta64(3600, "s")
    plan = schedule_of(times, 3600.0, 12, "day", "file")
    moved = plan.from_hour(hour)
    assert str(moved.start)[11:] == f"{hour:02d}:00:00"
    skipped = (moved.start - plan.start) // np.timedelta64(3600, "s")
    assert 0 <= skipped < 24
    assert skipped + moved.steps + moved.unused == times.size
    assert 0 <= moved.unused < 24
    assert (moved == plan) == (skipped == 0)
    assert moved.step_index(0) == plan.step_index(0) + skipped


def test_days_cannot_begin_between_steps() -> None:
    plan = replace(YEAR, step=10800.0)
    assert plan.from_hour(6).days == 364
    with pytest.raises(
        ConfigError, match="steps of 10800 s from 2001-01-01T00:00:00 do not meet 7:00 UTC; change `hour`"
    ):
        plan.from_hour(7)
