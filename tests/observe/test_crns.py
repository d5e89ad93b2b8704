"""The operator of a cosmic-ray sensor: Zhao et al. (2025) eqs. 1-3, the depth that reproduces itself, hidden water."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vadose.errors import DataError
from vadose.observe import CosmicRay, nearest_columns
from vadose.observe.neutrons import Franz2012, Koehli2015, SensorSoil, layer_weights

EDGES = np.concatenate([[0.0], np.cumsum([0.02, 0.03, 0.05, 0.07, 0.13, 0.2, 0.3, 0.5, 0.7, 1.0])])
LAYERS = np.stack([EDGES[:-1], EDGES[1:]], axis=1)
ONE = nearest_columns([0.0], [0.0], [0.0], [0.0], 1.0)
PROFILES = arrays(float, 10, elements=st.floats(0.01, 0.6))


@pytest.mark.parametrize("weighting", [Franz2012(), Koehli2015()])
@given(PROFILES)
def test_the_mean_reproduces_its_own_depth(weighting: Franz2012 | Koehli2015, profile: np.ndarray) -> None:
    """theta = sum w(reach(theta)) theta_i to rounding, for any profile: also where plain iteration swings."""
    operator = CosmicRay(ONE, LAYERS, SensorSoil(1400.0, 0.01, 0.005), weighting)
    theta = operator.simulate(profile[:, None])
    again = (
        layer_weights(weighting, LAYERS, weighting.reach(theta + operator.soils.hidden, 1400.0, operator.near))
        @ profile
    )
    assert theta == pytest.approx(again, abs=1e-11)
    assert profile.min() - 1e-12 <= theta[0] <= profile.max() + 1e-12


def test_the_reference_case(vadose_data: Path) -> None:
    golden = json.loads((vadose_data / "golden" / "metrics" / "metrics.json").read_text())["franz2012"]
    assert np.diff(LAYERS, axis=1)[:, 0] == pytest.approx(golden["dz"])
    operator = CosmicRay(ONE, LAYERS, SensorSoil(1400.0), Franz2012())
    profile = np.array(golden["profile"])[:, None]
    assert operator.simulate(profile)[0] == pytest.approx(golden["theta_cosmic"], abs=1e-12)
    assert operator.reach(profile)[0] == pytest.approx(golden["zstar_m"], abs=1e-12)
    assert operator.vertical(profile)[0] == pytest.approx(golden["weights"], abs=1e-11)


@settings(max_examples=30)
@given(st.floats(0.02, 0.5), st.sampled_from([Franz2012(), Koehli2015()]))
def test_a_uniform_soil_is_itself(theta: float, weighting: Franz2012 | Koehli2015) -> None:
    operator = CosmicRay(ONE, LAYERS, SensorSoil(1300.0), weighting)
    assert operator.simulate(np.full((3, 10, 1), theta)) == pytest.approx(np.full((3, 1), theta), abs=1e-12)


def test_published_depths() -> None:
    """Franz et al. (2012): 0.7 m in dry and 0.12 m in saturated soil; Koehli et al. (2015): 0.83 and 0.15 m near 0."""
    franz = CosmicRay(ONE, LAYERS, SensorSoil(1400.0), Franz2012())
    assert franz.reach(np.zeros((10, 1)))[0] == pytest.approx(0.70, abs=0.005)
    assert franz.reach(np.full((10, 1), 0.40))[0] == pytest.approx(0.12, abs=0.005)
    near = Koehli2015()
    assert near.reach(0.01, 1430.0, 0.5) == pytest.approx(0.83, abs=0.04)
    assert near.reach(0.50, 1430.0, 0.5) == pytest.approx(0.15, abs=0.02)


@pytest.mark.parametrize("weighting", [Franz2012(), Koehli2015()])
def test_hidden_water_makes_it_see_less_deep(weighting: Franz2012 | Koehli2015) -> None:
    """So that a soil that is wetter below looks drier, though hidden water itself is not reported."""
    profile = np.linspace(0.1, 0.4, 10)[:, None]
    plain, hidden = (CosmicRay(ONE, LAYERS, SensorSoil(1300.0, w, w / 2), weighting) for w in (0.0, 0.05))
    assert hidden.reach(profile)[0] < 0.9 * plain.reach(profile)[0]
    assert hidden.simulate(profile)[0] < plain.simulate(profile)[0] - 0.005


def test_sensors_have_soils_of_their_own_and_members_pass() -> None:
    two = nearest_columns([0.0, 0.0], [0.0, 1.0], np.zeros(2), np.arange(2.0), 1.0)
    soils = (SensorSoil(1100.0, 0.03), SensorSoil(1600.0))
    theta = np.random.default_rng(1).uniform(0.05, 0.45, (3, 4, 10, 2))
    both = CosmicRay(two, LAYERS, soils).simulate(theta)
    assert both.shape == (3, 4, 2)
    for i, soil in enumerate(soils):
        alone = CosmicRay(ONE, LAYERS, soil).simulate(theta[..., i : i + 1])
        assert both[..., i] == pytest.approx(alone[..., 0], abs=1e-12)
    with pytest.raises(DataError, match="`soils` must be one or 2, got 1"):
        CosmicRay(two, LAYERS, soils[:1])


def test_where_the_model_has_nothing_there_is_nothing() -> None:
    away = nearest_columns([0.0, 40.0], [0.0, 0.0], [0.0], [0.0], 1e3)
    out = CosmicRay(away, LAYERS, SensorSoil(1300.0)).simulate(np.full((10, 1), 0.2))
    assert out[0] == pytest.approx(0.2) and np.isnan(out[1])
