"""Quality control: each refusal is counted once, under the first check that refuses."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.errors import DataError, UnitError
from vadose.observe import (
    duplicates,
    far_from_forecast,
    frozen,
    nearest_columns,
    out_of_domain,
    out_of_period,
    outside_range,
    quality,
    screen,
    snow_covered,
    without_error,
)  # fmt: skip


def test_reasons_add_up() -> None:
    values = np.array([0.2, np.nan, 0.3, 1.4, 0.25, 0.1, 0.15])
    times = np.array([f"2018-03-0{d}" for d in (1, 1, 9, 2, 2, 3, 4)], "datetime64[s]")
    days = np.datetime64("2018-03-01"), np.datetime64("2018-03-05")
    found = screen(
        values,
        {
            quality.PERIOD: out_of_period(times, *days),
            quality.RANGE: outside_range(values),
            quality.FROZEN: frozen(np.array([280.0, 270.0, 270.0, 290.0, 273.9, 280.0, np.nan])),
        },
    )
    assert found.keep.tolist() == [True, False, False, False, False, True, True]
    assert dict(found.counts) == {"missing": 1, "out of period": 1, "outside physical range": 1, "frozen soil": 1}
    assert found.used + sum(found.counts.values()) == values.size
    assert found.text == (
        "3 of 7 observations used; refused: 1 missing, 1 out of period, 1 outside physical range, 1 frozen soil"
    )
    more = found.also(quality.FLAGGED, np.ones(7, bool))
    assert more.used == 0 and more.counts[quality.FLAGGED] == 3
    with pytest.raises(DataError, match="0 of 7 observations used; refused: .*3 flagged; expected at least 1"):
        more.demand()
    assert found.demand(3) is found


def test_percent_is_seen() -> None:
    percent = np.random.default_rng(1).uniform(5, 45, 50)
    with pytest.raises(UnitError, match="are in percent, expected m3 m-3"):
        outside_range(percent)
    one = np.append(percent / 100, 31.0)
    assert outside_range(one).sum() == 1  # a single wild value is refused, not a unit
    assert outside_range(np.array([0.5, 0.62]), high=0.6).tolist() == [False, True]


def test_of_duplicates_the_best_stays() -> None:
    times = np.array(["2018-03-01T06:00", "2018-03-01T06:00", "2018-03-01T18:00", "2018-03-01T06:00"], "datetime64[s]")
    place = np.array([[50.0, 6.0], [50.0, 6.0], [50.0, 6.0], [50.0, 6.1]])
    assert duplicates(times, place).tolist() == [False, True, False, False]
    assert duplicates(times, place, np.array([0.05, 0.03, 0.04, 0.04])).tolist() == [True, False, False, False]
    assert duplicates(times, place, np.array([0.05, np.nan, 0.04, 0.04])).tolist() == [False, True, False, False]


def test_snow_errors_and_domain() -> None:
    assert snow_covered(np.array([0.0, 5.0, np.nan])).tolist() == [False, True, False]
    assert without_error(np.array([0.04, 0.0, -1.0, np.nan])).tolist() == [False, True, True, True]
    columns = nearest_columns([0.0, 40.0], [0.0, 0.0], [0.0], [0.0], 1e4)
    assert out_of_domain(columns).tolist() == [False, True]
    with pytest.raises(DataError, match="the check 'flagged' is"):
        screen(np.zeros(3), {"flagged": np.zeros(2, bool)})


def test_innovations_that_cannot_be() -> None:
    """Refused beyond n standard deviations of forecast and error together, of which few are beyond by chance."""
    rng = np.random.default_rng(2)
    simulated = 0.2 + 0.03 * rng.standard_normal((200, 5000))
    observed = 0.2 + 0.05 * rng.standard_normal(5000)
    error = np.full(5000, 0.04)  # 0.03^2 + 0.04^2 = 0.05^2
    part = [float(far_from_forecast(observed, simulated, error, n).mean()) for n in (1.0, 2.0, 3.0)]
    assert np.abs(np.array(part) - [0.3173, 0.0455, 0.0027]).max() < 0.01
    assert far_from_forecast(observed + 0.5, simulated, error).all()
    with pytest.raises(DataError, match="needs an ensemble"):
        far_from_forecast(observed, simulated[:1], error)
