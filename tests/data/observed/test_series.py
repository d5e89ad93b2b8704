"""Means of records over other intervals: by overlap, with gaps, at least half covered."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vadose.data.observed.series import interval_means

START = np.datetime64("2001-01-01T00:00:00", "s")


def hours(first: float, count: int, length: float) -> np.ndarray:
    edges = START + np.round(3600 * (first + length * np.arange(count + 1))).astype("timedelta64[s]")
    return np.stack([edges[:-1], edges[1:]], axis=1)


def test_daily_means_of_hours_need_half_of_them() -> None:
    values = np.arange(72.0)
    values[24:35] = np.nan  # 11 of 24: 13 are left
    values[48:61] = np.nan  # 13 of 24: 11 are left
    starts = START + np.arange(72) * np.timedelta64(1, "h")
    found = interval_means(starts, 3600.0, values, hours(0, 3, 24.0))
    np.testing.assert_allclose(found, [11.5, np.arange(35, 48).mean(), np.nan], rtol=1e-13)


def test_days_that_begin_at_another_hour_are_mixed_by_overlap() -> None:
    starts = START + np.arange(3) * np.timedelta64(1, "D")
    found = interval_means(starts, 86400.0, np.array([1.0, 5.0, 9.0]), hours(6, 3, 24.0))
    np.testing.assert_allclose(found, [0.75 * 1 + 0.25 * 5, 0.75 * 5 + 0.25 * 9, 9.0], rtol=1e-13)


def test_nothing_measured_gives_nothing() -> None:
    starts = START + np.arange(3) * np.timedelta64(1, "D")
    assert np.isnan(interval_means(starts, 86400.0, np.full(3, np.nan), hours(0, 2, 24.0))).all()
    assert np.isnan(interval_means(starts, 86400.0, np.ones(3), hours(1000, 2, 24.0))).all()


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e3, 1e3)), min_size=2, max_size=60), st.integers(1, 12), st.floats(-9, 9)
)
def test_means_equal_those_of_a_minute_by_minute_sum(values: list[float | None], length: int, first: float) -> None:
    x = np.array([np.nan if v is None else v for v in values])
    first = round(first * 60) / 60
    bounds = hours(first, 8, float(length))
    found = interval_means(START + np.arange(x.size) * np.timedelta64(1, "h"), 3600.0, x, bounds)
    minutes = np.repeat(x, 60)
    for (begin, end), mean in zip(bounds, found, strict=True):
        a, b = (int((t - START) / np.timedelta64(1, "m")) for t in (begin, end))
        part = minutes[max(a, 0) : max(b, 0)]
        part = part[np.isfinite(part)]
        if part.size >= 0.5 * (b - a) and part.size:
            assert abs(mean - part.mean()) <= 1e-9 * 1e3
        else:
            assert np.isnan(mean)
