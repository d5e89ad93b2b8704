"""Every setting of the robust estimator does what it says, and 200 series of many climates are met."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.calibrate.drydown.robust import Robust, estimate_robust
from vadose.calibrate.drydown.synthetic import Climate, Synthetic, mixed_climates, synthetic_series
from vadose.calibrate.reason import Reason

SOIL = {"wilting_point": 0.08, "critical_point": 0.22, "memory": 8.0}


@pytest.fixture(scope="module")
def series() -> Synthetic:
    return synthetic_series(1, Climate(0.15), soil=SOIL, noise=0.02, years=4, seed=3)


def test_limits_on_observations_and_events_mask_cells(series: Synthetic) -> None:
    few = estimate_robust(series.values, Robust(minimum_observations=2000))
    assert few.reason[0] == Reason.TOO_FEW_OBSERVATIONS
    rare = estimate_robust(series.values, Robust(minimum_events=5000))
    assert rare.reason[0] == Reason.NO_DRYDOWN
    short, long = (estimate_robust(series.values, Robust(event_observations=n)).events[0] for n in (2, 8))
    assert long < short


def test_thresholds_closer_than_asked_are_not_distinct(series: Synthetic) -> None:
    assert estimate_robust(series.values, Robust(distinct=500.0)).reason[0] == Reason.NOT_DISTINCT


def test_model_error_is_a_floor_of_the_standard_errors(series: Synthetic) -> None:
    without, with_it = (estimate_robust(series.values, Robust(model_error=e)) for e in (0.0, 0.01))
    for name in ("wilting_point_error", "critical_point_error"):
        expected = np.hypot(getattr(without, name), 0.01)
        np.testing.assert_allclose(getattr(with_it, name), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "setting", [Robust(outliers=0.05), Robust(seasonal=False), Robust(resolution=0.025), Robust(years=1)]
)
def test_a_choice_of_method_moves_the_result_within_its_error(series: Synthetic, setting: Robust) -> None:
    usual, other = estimate_robust(series.values), estimate_robust(series.values, setting)
    assert other.wilting_point[0] != usual.wilting_point[0]
    for name in ("wilting_point", "critical_point"):
        allowed = 3.0 * np.hypot(getattr(usual, f"{name}_error")[0], getattr(other, f"{name}_error")[0])
        assert abs(getattr(other, name)[0] - getattr(usual, name)[0]) < allowed


def test_fewer_steps_and_a_loose_tolerance_stop_earlier(series: Synthetic) -> None:
    usual = estimate_robust(series.values).critical_point[0]
    assert estimate_robust(series.values, Robust(steps=1)).critical_point[0] != usual
    assert estimate_robust(series.values, Robust(tolerance=1e6)).critical_point[0] != usual


def test_rain_settings_change_what_rain_says(series: Synthetic) -> None:
    def found(**options: float) -> float:
        return float(estimate_robust(series.values, Robust(**options), series.rain).wilting_point[0])

    assert found(rain_threshold=1.0) != found(rain_threshold=8.0)
    assert found(rain_missed=0.02) != found(rain_missed=0.2)


def test_a_season_of_demand_is_found_only_where_it_is_looked_for() -> None:
    made = synthetic_series(2, Climate(0.2, demand=0.4, seasonality=0.5), soil=SOIL, noise=0.01, years=8)
    looked = np.abs(estimate_robust(made.values).critical_point - 0.22)
    blind = np.abs(estimate_robust(made.values, Robust(seasonal=False)).critical_point - 0.22)
    assert looked.mean() < 0.015
    assert looked.mean() < blind.mean()


@pytest.mark.slow
def test_two_hundred_series_of_many_climates() -> None:
    made, _ = mixed_climates(200, seed=2026)
    found = estimate_robust(made.values)
    done = found.done
    assert done.mean() > 0.85
    assert set(found.reason[~done]) <= {int(Reason.NOT_DISTINCT), int(Reason.NOT_CONVERGED), int(Reason.NO_DRYDOWN)}
    for name in ("wilting_point", "critical_point"):
        error = (getattr(found, name) - getattr(made, name))[done]
        inside = np.abs(error) <= 1.96 * getattr(found, f"{name}_error")[done]
        assert np.abs(error).mean() <= 0.015
        assert 0.80 <= inside.mean() <= 0.98
