"""Intervals of series with memory: against scipy where there is none, and by how often they cover where there is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from vadose.metrics.memory import (
    autocorrelation,
    block_length,
    correlation_interval,
    deviation_interval,
    effective_for_mean,
    effective_for_variance,
    ljung_box,
    mean_interval,
    memory,
    rms_interval,
)

SERIES = 400
COUNT = 250


def ar1(draw: np.random.Generator, phi: float, shape: tuple[int, ...]) -> np.ndarray:
    """[..., time] of unit variance."""
    out = draw.standard_normal(shape)
    for t in range(1, shape[-1]):
        out[..., t] = phi * out[..., t - 1] + np.sqrt(1 - phi**2) * out[..., t]
    return out


def test_autocorrelations_by_hand() -> None:
    # About the mean 2: -1, 0, 1; sums of products 0 and -1 over a sum of squares of 2.
    np.testing.assert_allclose(autocorrelation(np.array([1.0, np.nan, 2.0, 3.0]), 3), [0.0, -0.5, np.nan])
    assert np.isnan(autocorrelation(np.full(5, 2.0), 1)).all()


def test_effective_numbers_of_known_memory() -> None:
    assert effective_for_mean(100, 0.5) == pytest.approx(100 / 3)
    assert effective_for_variance(100, 0.5) == pytest.approx(100 * 0.75 / 1.25)
    assert effective_for_mean(100, 0.0) == 100
    assert effective_for_mean(100, 0.9999) == 2
    assert memory(np.tile([1.0, -1.0], 50)) == 0  # alternating series gain nothing


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.8])
def test_memory_is_found_without_the_bias_of_short_series(phi: float) -> None:
    found = [memory(x) for x in ar1(np.random.default_rng(1), phi, (400, 60))]
    # Of white noise negative estimates count as 0, which leaves a positive mean.
    assert np.mean(found) == pytest.approx(phi, abs=0.03 if phi else 0.08)


def test_independent_values_have_the_intervals_of_the_textbook() -> None:
    x = np.tile([1.0, -1.0], 20) * np.arange(1.0, 41.0)  # alternates: no positive memory
    mean, low, high = mean_interval(x)
    expected = stats.t.interval(0.95, x.size - 1, x.mean(), stats.sem(x))
    assert (mean, low, high) == pytest.approx((x.mean(), *expected))
    value, low, high = deviation_interval(x)
    bounds = np.sqrt(x.size * x.var() / stats.chi2.ppf([0.975, 0.025], x.size - 1))
    assert (value, low, high) == pytest.approx((x.std(), *bounds))
    y = x + 3.0 * np.sin(np.arange(x.size))
    fit = stats.pearsonr(x, y)
    assert correlation_interval(x, y) == pytest.approx((fit.statistic, *fit.confidence_interval(0.95)), abs=1e-12)


@pytest.mark.parametrize("phi", [0.0, 0.6, 0.85])
@pytest.mark.parametrize(
    ("interval", "truth"), [(mean_interval, 0.4), (deviation_interval, 1.0), (rms_interval, np.sqrt(1.16))]
)
def test_intervals_of_ar1_series_cover_the_truth(
    interval: Callable[[np.ndarray], tuple[float, float, float]], truth: float, phi: float
) -> None:
    series = 0.4 + ar1(np.random.default_rng(3), phi, (SERIES, COUNT + 100))[:, 100:]
    bounds = np.array([interval(x)[1:] for x in series])
    share = np.mean((bounds[:, 0] <= truth) & (truth <= bounds[:, 1]))
    # Three standard errors of 400 trials are 0.033.
    assert 0.91 <= share <= 0.985


def test_an_interval_that_ignores_memory_would_not_cover() -> None:
    series = ar1(np.random.default_rng(3), 0.85, (SERIES, COUNT))
    half = 1.96 * series.std(axis=1) / np.sqrt(COUNT)
    assert np.mean(np.abs(series.mean(axis=1)) <= half) < 0.6


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_intervals_of_the_correlation_cover_it(phi: float) -> None:
    a, b = ar1(np.random.default_rng(4), phi, (2, SERIES, COUNT))
    pairs = zip(a, 0.6 * a + 0.8 * b, strict=True)
    bounds = np.array([correlation_interval(x, y)[1:] for x, y in pairs])
    assert 0.91 <= np.mean((bounds[:, 0] <= 0.6) & (0.6 <= bounds[:, 1])) <= 0.99


def test_white_series_give_even_p_values_and_others_small_ones() -> None:
    draw = np.random.default_rng(5)
    p = [ljung_box(x, 5)[1] for x in draw.standard_normal((600, 120))]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert max(ljung_box(x, 5)[1] for x in ar1(draw, 0.7, (50, 120))) < 1e-3


def test_ljung_box_by_its_formula() -> None:
    x = np.random.default_rng(6).standard_normal(30)
    d = x - x.mean()
    r1, r2 = (d[:-1] @ d[1:] / (d @ d), d[:-2] @ d[2:] / (d @ d))
    q = 30 * 32 * (r1**2 / 29 + r2**2 / 28)
    assert ljung_box(x, 2) == pytest.approx((q, stats.chi2.sf(q, 2)))
    assert np.isnan(ljung_box(x, 8)).all()  # too short


def test_weights_are_those_of_repeated_values() -> None:
    x, w = np.array([1.0, 4.0, 2.0, np.nan, 5.0]), np.array([2.0, 1.0, 3.0, 7.0, 1.0])
    assert mean_interval(x, w)[0] == pytest.approx((2 + 4 + 6 + 5) / 7)
    assert np.isnan(mean_interval(np.full(4, np.nan))).all()
    assert mean_interval(np.array([1.0, 3.0]))[0] == 2 and np.isnan(mean_interval(np.array([1.0, 3.0]))[1])


def test_blocks_grow_with_memory_and_stay_within_a_quarter() -> None:
    lengths = [block_length(200, r) for r in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert lengths[0] == 1 and lengths == sorted(lengths) and lengths[-1] == 50
    # (1.5 * 200 * (2 * 0.6 / 0.64)^2)^(1/3) = 10.2
    assert lengths[2] == 11
