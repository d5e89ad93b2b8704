"""Synthetic series: the loss function against its formulas, and cells that do not depend on their company."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.calibrate.drydown.loss import age, dried, recession
from vadose.calibrate.drydown.synthetic import Climate, synthetic_series
from vadose.errors import ConfigError

SOIL = (0.08, 0.20, 0.24, 10.0, 1.4)


def test_below_the_critical_point_the_recession_is_exponential() -> None:
    w, c, _, tau, _ = SOIL
    for t in (0.0, 1.0, 17.5):
        assert recession(t, *SOIL) == pytest.approx(w + (c - w) * np.exp(-t / tau), abs=1e-15)
        assert dried(0.15, t, *SOIL) == pytest.approx(w + (0.15 - w) * np.exp(-t / tau), abs=1e-15)


def test_between_critical_point_and_field_capacity_the_loss_is_constant() -> None:
    assert 0.23 - dried(0.23, 1.0, *SOIL) == pytest.approx(0.012, abs=1e-15)
    assert 0.23 - dried(0.23, 2.0, *SOIL) == pytest.approx(0.024, abs=1e-15)


def test_drainage_adds_to_the_loss_in_proportion() -> None:
    _, _, f, _, k = SOIL
    step = 1e-6
    loss = (0.27 - dried(0.27, step, *SOIL)) / step
    assert loss == pytest.approx(0.012 + k * (0.27 - f), rel=1e-4)


@pytest.mark.parametrize("theta", [0.0801, 0.15, 0.2, 0.21, 0.24, 0.28, 0.35])
def test_age_is_the_inverse_of_the_recession(theta: float) -> None:
    assert recession(age(theta, *SOIL), *SOIL) == pytest.approx(theta, abs=1e-12)


def test_at_or_below_the_wilting_point_nothing_is_lost() -> None:
    assert dried(0.08, 5.0, *SOIL) == 0.08
    assert dried(0.05, 5.0, *SOIL) == 0.05
    assert age(0.05, *SOIL) == np.inf


def test_dry_days_of_a_series_without_noise_follow_the_loss_function() -> None:
    made = synthetic_series(2, noise=0.0, years=2)
    for i in range(2):
        soil = (made.wilting_point[i], made.critical_point[i], made.field_capacity[i], made.memory[i], 1.4)
        theta, rain = made.values[:, i].astype(float), made.rain[:, i]
        dry = np.flatnonzero(rain[1:] == 0) + 1
        expected = [dried(theta[t - 1], 1.0, *soil) for t in dry]
        np.testing.assert_allclose(theta[dry], expected, atol=2e-7)
        assert dry.size > 400


def test_a_cell_has_the_same_numbers_in_any_company() -> None:
    every = synthetic_series(9, Climate(demand=0.2), noise=0.02, revisit=2.5, years=3, seed=4)
    some = synthetic_series([7, 2], Climate(demand=0.2), noise=0.02, revisit=2.5, years=3, seed=4)
    np.testing.assert_array_equal(some.values, every.values[:, [7, 2]])
    np.testing.assert_array_equal(some.critical_point, every.critical_point[[7, 2]])
    other = synthetic_series([7, 2], Climate(demand=0.2), noise=0.02, revisit=2.5, years=3, seed=5)
    assert np.nanmax(np.abs(other.values - some.values)) > 0.05


def test_noise_does_not_change_the_rain_and_has_its_standard_deviation() -> None:
    clean, noisy = synthetic_series(5, noise=0.0, years=10), synthetic_series(5, noise=0.02, years=10)
    np.testing.assert_array_equal(clean.rain, noisy.rain)
    assert np.std(noisy.values - clean.values) == pytest.approx(0.02, rel=0.02)


def test_revisit_is_the_mean_distance_of_observations() -> None:
    made = synthetic_series(3, revisit=[1.0, 1.5, 3.0], years=10)
    np.testing.assert_allclose(np.isfinite(made.values).mean(axis=0), [1.0, 1 / 1.5, 1 / 3], atol=1e-3)


def test_climate_sets_frequency_depth_and_season() -> None:
    made = synthetic_series(40, Climate(frequency=0.3, depth=6.0, seasonality=0.8), years=10)
    assert (made.rain > 0).mean() == pytest.approx(0.3, rel=0.03)
    assert made.rain[made.rain > 0].mean() == pytest.approx(6.0, rel=0.03)
    day = np.arange(made.rain.shape[0]) / 365.25
    harmonic = [abs(np.mean((made.rain[:, i] > 0) * np.exp(2j * np.pi * day))) for i in range(40)]
    assert np.mean(harmonic) == pytest.approx(0.3 * 0.8 / 2, rel=0.1)


def test_a_demanding_season_dries_faster() -> None:
    made = synthetic_series(1, Climate(frequency=0.05, demand=0.5), noise=0.0, years=10)
    theta, rain = made.values[:, 0].astype(float), made.rain[:, 0]
    w, c = made.wilting_point[0], made.critical_point[0]
    use = (rain[1:] == 0) & (theta[:-1] < c) & (theta[:-1] > w + 0.02)
    rate = -np.log((theta[1:] - w) / (theta[:-1] - w))[use] * made.memory[0]
    assert rate.min() == pytest.approx(0.5, abs=0.03)
    assert rate.max() == pytest.approx(1.5, abs=0.03)


def test_wrong_settings_are_named() -> None:
    with pytest.raises(ConfigError, match="frequency"):
        Climate(frequency=1.5)
    with pytest.raises(ConfigError, match="wilting_point < critical_point"):
        synthetic_series(1, soil={"wilting_point": 0.3, "critical_point": 0.2})
    with pytest.raises(ConfigError, match="soil"):
        synthetic_series(1, soil={"porosity": 0.4})
    with pytest.raises(ConfigError, match="noise"):
        synthetic_series(3, noise=[0.1, 0.2])
