"""Elementary formulas and metrics of labelled arrays against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vadose.metrics import formulas
from vadose.metrics.bias import bias, bias_score
from vadose.metrics.interannual import interannual_score, interannual_variability
from vadose.metrics.quantile import quantile_bias_score, quantile_rmse_score
from vadose.metrics.rmse import crmse, rmse, rmse_score
from vadose.metrics.seasonal import annual_cycle, phase, phase_shift, seasonal_cycle_score
from vadose.metrics.spatial import spatial_score
from vadose.metrics.taylor import correlation, std_ratio, taylor_skill_score
from vadose.metrics.timeseries import correlation_significance, lag1_autocorrelation

MONTHS = np.arange(12 * 2000, 12 * 2003)


def line(values: list[float]) -> xr.DataArray:
    return xr.DataArray(values, dims="time", coords={"time": np.arange(len(values))})


def monthly(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims="time", coords={"time": MONTHS[: len(values)]})


def test_bias_and_its_score() -> None:
    r, c = line([1.0, 2.0, 3.0, 4.0]), line([2.0, 3.0, 4.0, 5.0])
    sigma = np.sqrt(1.25)
    assert float(bias(r, c, over="time")) == 1.0
    assert float(bias_score(r, c, over="time")) == pytest.approx(np.exp(-1 / sigma))
    assert float(bias_score(r, c, over="time", uncertainty=0.4)) == pytest.approx(np.exp(-0.6 / sigma))
    assert float(bias_score(r, c, over="time", uncertainty=2.0)) == 1.0


def test_gaps_of_either_side_leave_both() -> None:
    r, c = line([1.0, np.nan, 3.0, 4.0]), line([2.0, 100.0, np.nan, 5.0])
    assert float(bias(r, c, over="time")) == 1.0
    assert float(rmse(r, c, over="time")) == 1.0
    assert float(crmse(r, c, over="time")) == pytest.approx(0.0, abs=1e-12)


def test_weights_are_those_of_the_mean() -> None:
    r, c = line([0.0, 0.0]), line([1.0, 4.0])
    assert float(bias(r, c, over="time", weights=line([3.0, 1.0]))) == pytest.approx(7 / 4)
    assert float(rmse(r, c, over="time", weights=line([3.0, 1.0]))) == pytest.approx(np.sqrt(19 / 4))


def test_centred_rmse_is_the_side_of_the_taylor_triangle() -> None:
    rng = np.random.default_rng(0)
    r, c = line(list(rng.normal(size=50))), line(list(rng.normal(3, 2, size=50)))
    expected = formulas.centred_rms(float(r.std()), float(c.std()), np.corrcoef(r, c)[0, 1])
    assert float(crmse(r, c, over="time")) == pytest.approx(expected)
    assert float(rmse(r, c, over="time")) ** 2 == pytest.approx(expected**2 + float(bias(r, c, over="time")) ** 2)


def test_scores_have_no_value_where_the_reference_does_not_vary() -> None:
    flat, c = line([2.0] * 4), line([1.0, 2.0, 3.0, 4.0])
    for score in (bias_score, rmse_score, taylor_skill_score):
        assert np.isnan(float(score(flat, c, over="time")))


def test_phase_is_the_middle_of_the_month_of_the_largest_mean() -> None:
    wave = monthly(np.cos(2 * np.pi * (MONTHS % 12 - 6) / 12))
    assert float(phase(wave, over="time")) == 196.5
    assert list(annual_cycle(wave, over="time").values) == pytest.approx(list(wave.values[:12]))


@pytest.mark.parametrize(("first", "second", "days"), [(0, 1, 29.5), (0, 11, -31.0), (11, 0, 31.0), (3, 9, -181.5)])
def test_phase_shift_wraps_around_the_year(first: int, second: int, days: float) -> None:
    r, c = (monthly(np.cos(2 * np.pi * (MONTHS % 12 - k) / 12)) for k in (first, second))
    assert float(phase_shift(r, c, over="time")) == days
    assert float(seasonal_cycle_score(r, c, over="time")) == pytest.approx((1 + np.cos(2 * np.pi * days / 365)) / 2)


def test_dates_and_month_numbers_give_the_same_cycle() -> None:
    values = np.random.default_rng(1).normal(size=36)
    dates = xr.DataArray(values, dims="time", coords={"time": np.arange("2000-01", "2003-01", dtype="datetime64[M]")})
    dates["time"] = dates["time"].astype("datetime64[ns]")
    np.testing.assert_array_equal(annual_cycle(dates, over="time"), annual_cycle(monthly(values), over="time"))


def test_interannual_variability_leaves_the_cycle_out() -> None:
    cycle, year = np.cos(2 * np.pi * (MONTHS % 12) / 12), MONTHS // 12 - 2001
    r, c = monthly(cycle + 0.1 * year), monthly(cycle + 0.3 * year)
    assert float(interannual_variability(r, over="time")) == pytest.approx(0.1 * np.sqrt(2 / 3))
    assert float(interannual_score(r, c, over="time")) == pytest.approx(np.exp(-2.0))


def test_taylor_statistics() -> None:
    r, c = line([1.0, 2.0, 3.0]), line([2.0, 4.0, 6.0])
    assert float(correlation(r, c, over="time")) == pytest.approx(1.0)
    assert float(std_ratio(r, c, over="time")) == pytest.approx(2.0)
    assert float(taylor_skill_score(r, c, over="time")) == pytest.approx(4 * 2 / (2.5**2 * 2))
    assert float(taylor_skill_score(r, -c, over="time")) == pytest.approx(0.0, abs=1e-12)
    assert float(spatial_score(r, r + 5, over="time")) == pytest.approx(1.0)


def test_quantile_scores_fall_linearly_and_are_clipped() -> None:
    r, c = line([0.0, 1.0, 2.0]), line([0.5, 1.5, 2.5])
    assert float(quantile_bias_score(r, c, over="time", quantile=2.0)) == pytest.approx(0.75)
    assert float(quantile_bias_score(r, c, over="time", quantile=0.25)) == 0.0
    assert float(quantile_rmse_score(r, c, over="time", quantile=1.0)) == pytest.approx(1.0)


def test_significance_counts_memory() -> None:
    rng = np.random.default_rng(3)
    noise = [line(list(rng.normal(size=200))) for _ in range(2)]
    slow = [line(list(np.cumsum(rng.normal(size=200)))) for _ in range(2)]
    assert abs(float(lag1_autocorrelation(noise[0], over="time"))) < 0.2
    assert float(lag1_autocorrelation(slow[0], over="time")) > 0.9
    assert float(correlation_significance(noise[0], noise[0] + 0.1 * noise[1], over="time")) < 1e-6
    assert float(correlation_significance(*slow, over="time")) > 0.01


SERIES = arrays(float, 36, elements=st.floats(-100, 100).map(lambda x: round(x, 3)))


@settings(max_examples=10)
@given(SERIES, SERIES)
def test_scores_lie_in_their_range_and_a_copy_is_perfect(a: np.ndarray, b: np.ndarray) -> None:
    r, c = monthly(a), monthly(b)
    for score in (bias_score, rmse_score, seasonal_cycle_score, interannual_score, taylor_skill_score):
        value = float(score(r, c, over="time"))
        assert np.isnan(value) or -1e-9 <= value <= 1 + 1e-9
        same = float(score(r, r, over="time"))
        assert np.isnan(same) or same == pytest.approx(1.0)


@settings(max_examples=15)
@given(SERIES, SERIES, st.floats(0.01, 100), st.floats(-50, 50))
def test_scores_do_not_depend_on_the_unit(a: np.ndarray, b: np.ndarray, scale: float, shift: float) -> None:
    if a.std() < 1e-3 or b.std() < 1e-3:
        return
    for score in (bias_score, rmse_score, taylor_skill_score):
        one = float(score(monthly(a), monthly(b), over="time"))
        other = float(score(monthly(scale * a + shift), monthly(scale * b + shift), over="time"))
        assert other == pytest.approx(one, abs=1e-6)
