"""Treatments of bias: pytesmo's numbers, what mathematics demands, and few or equal values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import ConfigError, DataError, GridMismatch, RangeError
from vadose.observe import AugmentedBias, CdfMatching, MeanDeviation, NoTreatment


@pytest.mark.parametrize(("name", "treatment"), [("scaled_mean_std", MeanDeviation), ("scaled_cdf_match", CdfMatching)])
def test_the_numbers_of_pytesmo(
    vadose_data: Path, name: str, treatment: type[MeanDeviation] | type[CdfMatching]
) -> None:
    folder = vadose_data / "golden" / "metrics"
    golden = json.loads((folder / "metrics.json").read_text())[name]
    with np.load(folder / "series.npz") as series:
        scaled = treatment.fit(series["x"], series["y"]).apply(series["x"])
    assert scaled[:5] == pytest.approx(golden["first5"], abs=1e-14)
    assert scaled.mean() == pytest.approx(golden["mean"], abs=1e-14)
    assert scaled.std() == pytest.approx(golden["std"], abs=1e-14)


def pair(rng: np.random.Generator, size: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """A skewed model and an observation of it with a bias that depends on the value."""
    model = 0.1 + 0.3 * rng.beta(2.0, 4.0, size)
    return 0.5 * model**1.4 + 0.05 + rng.normal(0, 0.002, size), model


def test_mean_and_deviation_are_those_of_the_model() -> None:
    observed, model = pair(np.random.default_rng(3))
    both = np.stack([observed, 2 * observed], axis=1)
    fitted = MeanDeviation.fit(both, np.stack([model, model], axis=1))
    out = fitted.apply(both)
    assert out.mean(axis=0) == pytest.approx([model.mean()] * 2)
    assert out.std(axis=0) == pytest.approx([model.std()] * 2)
    # Twice the signal has half the ratio, so that the error that belongs to it counts half as much.
    scaled = fitted.error(both[:1], np.array([[0.04, 0.04]]))[0]
    assert scaled[1] == pytest.approx(0.5 * scaled[0])


@pytest.mark.parametrize("tails", ["empirical", "regression", "normal"])
def test_distributions_match(tails: str) -> None:
    observed, model = pair(np.random.default_rng(4))
    fitted = CdfMatching.fit(observed, model, tails=tails)
    out = fitted.apply(observed)
    at = np.linspace(0.02, 0.98, 25)
    assert np.quantile(out, at) == pytest.approx(np.quantile(model, at), abs=1.5e-3)
    assert (np.diff(fitted.apply(np.sort(observed))) >= 0).all()  # order stays
    slope = fitted.error(observed, np.ones(observed.size))
    step = 1e-7
    inside = np.abs(fitted.observed[0][:, None] - observed).min(axis=0) > 2 * step
    numeric = (fitted.apply(observed + step) - fitted.apply(observed - step)) / (2 * step)
    assert slope[inside] == pytest.approx(numeric[inside], rel=1e-5)


def test_tails_follow_the_rest_where_an_extreme_is_wild() -> None:
    """One outlier of the model moves the empirical tail onto itself; the others rest on all values of the tail."""
    observed, model = pair(np.random.default_rng(5))
    model = model.copy()
    model[np.argmax(observed)] = 0.9
    top = {}
    for tails in ("empirical", "regression"):
        top[tails] = float(CdfMatching.fit(observed, model, tails=tails).apply(observed).max())
    assert top["empirical"] == pytest.approx(0.9)
    assert top["regression"] < 0.75


def test_a_perfect_pair_stays() -> None:
    _, model = pair(np.random.default_rng(6))
    for tails in ("empirical", "regression", "normal"):
        assert CdfMatching.fit(model, model, tails=tails).apply(model) == pytest.approx(model, abs=1e-12)
    assert MeanDeviation.fit(model, model).apply(model) == pytest.approx(model)
    assert (NoTreatment().apply(model) == model).all()


def test_packed_values_and_short_series() -> None:
    rng = np.random.default_rng(7)
    observed, model = pair(rng, 1000)
    packed = np.round(observed, 2)
    out = CdfMatching.fit(packed, model).apply(packed)
    assert np.isfinite(out).all() and abs(out.mean() - model.mean()) < 0.01
    few = CdfMatching.fit(observed[:45], model[:45])
    assert len(few.observed[0]) == 2
    assert few.apply(observed[:45]).std() == pytest.approx(model[:45].std())


def test_places_with_too_few_values_are_missing() -> None:
    observed, model = pair(np.random.default_rng(8), 200)
    both = np.stack([observed, np.where(np.arange(200) < 10, observed, np.nan)], axis=1)
    for treatment in (MeanDeviation, CdfMatching):
        out = treatment.fit(both, np.stack([model, model], axis=1)).apply(both)
        assert np.isfinite(out[:, 0]).all() and np.isnan(out[:, 1]).all()
        with pytest.raises(DataError, match="the best place has 10"):
            treatment.fit(both[:10, 0], model[:10])
        with pytest.raises(DataError, match="of one shape"):
            treatment.fit(observed, model[:-1])
    with pytest.raises(ConfigError, match="`tails` must be one of"):
        CdfMatching.fit(observed, model, tails="gamma")


def test_an_augmented_bias_is_found_by_a_kalman_update() -> None:
    """Linear regression of the joint ensemble on the innovation: a bias of 0.05 that the state does not have."""
    bias = AugmentedBias(0.06, group=(0, 0, 1), seed=3)
    members = 4000
    state = np.random.default_rng(9).normal(0.25, 0.01, (members, 3))
    joined = bias.join(state, bias.initial(members))
    truth = np.array([0.25, 0.25, 0.25])
    observed = truth + np.array([0.05, 0.05, 0.0])
    error = 0.005
    x, b = bias.split(joined)
    simulated = bias.simulate(x, b)
    anomalies, departures = joined - joined.mean(axis=0), simulated - simulated.mean(axis=0)
    gain = anomalies.T @ departures @ np.linalg.inv(departures.T @ departures + (members - 1) * error**2 * np.eye(3))
    updated = joined.mean(axis=0) + gain @ (observed - simulated.mean(axis=0))
    found = bias.split(updated[None])[1][0]
    assert found == pytest.approx([0.05, 0.0], abs=0.004)


@settings(max_examples=10)
@given(st.floats(1e3, 1e7))
def test_a_forecast_of_bias_keeps_its_variance(timescale: float) -> None:
    bias = AugmentedBias(0.05, group=(0,), timescale=timescale, seed=1)
    drawn = bias.initial(400)
    assert drawn.mean() == pytest.approx(0.0, abs=1e-15)
    later = bias.forecast(drawn, 86400.0, 1)
    assert later.std() == pytest.approx(0.05, rel=0.2)
    # Keyed by member: a smaller ensemble has the same noise.
    assert (bias.forecast(drawn[:7], 86400.0, 1) == later[:7]).all()
    assert (AugmentedBias(0.05, (0,)).forecast(drawn, 86400.0, 1) == drawn).all()


def test_bad_biases() -> None:
    with pytest.raises(RangeError, match="`deviation`"):
        AugmentedBias(0.0, (0,))
    with pytest.raises(RangeError, match="without gaps"):
        AugmentedBias(0.1, (0, 2))
    with pytest.raises(RangeError, match="`timescale`"):
        AugmentedBias(0.1, (0,), timescale=0.0)
    with pytest.raises(GridMismatch, match="1 biases of each member"):
        AugmentedBias(0.1, (0,)).join(np.zeros((3, 4)), np.zeros((3, 2)))
