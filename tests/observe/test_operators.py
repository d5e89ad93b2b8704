"""Operators on layers: depth means, probes, fluxes, water tables, and the sparse weights of the linear ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vadose.errors import ConfigError, DataError, GridMismatch, RangeError
from vadose.observe import (
    Columns,
    ConstantError,
    ErrorMap,
    LinearOperator,
    ObservationOperator,
    RelativeError,
    WaterTableFromHeads,
    depth_from_heads,
    depth_mean,
    flux,
    nearest_columns,
    probes,
    water_table,
)  # fmt: skip

EDGES = np.array([0.0, 0.02, 0.06, 0.12, 0.30, 1.0])
LAYERS = np.stack([EDGES[:-1], EDGES[1:]], axis=1)


def columns(observations: int = 2) -> Columns:
    """Observations at the first columns of three."""
    lon = np.arange(3.0)
    return nearest_columns(np.zeros(observations), lon[:observations], np.zeros(3), lon, 1e4)


def state(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(0.05, 0.45, (*shape, 5, 3))


def test_a_depth_mean_is_the_overlap() -> None:
    operator = depth_mean(columns(), LAYERS)
    theta = state(4)
    by_hand = (0.02 * theta[:, 0, :2] + 0.03 * theta[:, 1, :2]) / 0.05
    assert operator.simulate(theta) == pytest.approx(by_hand, rel=1e-14)
    assert operator.support.depth == (0.0, 0.05)
    assert operator.error.standard_deviation(np.zeros(2)).tolist() == [0.04, 0.04]
    with pytest.raises(DataError, match="too shallow for 0-2.5 m"):
        depth_mean(columns(), LAYERS, (0.0, 2.5))


@pytest.mark.parametrize("lead", [(), (4,), (2, 3)])
def test_weights_are_the_operator(lead: tuple[int, ...]) -> None:
    """H as a matrix times the flattened state is what `simulate` gives, whatever leads."""
    across = Columns(
        np.array([0, 0, 1, 1, 1]), np.array([0, 2, 0, 1, 2]), np.array([0.25, 0.75, 0.2, 0.3, 0.5]), (2, 3),
        np.zeros(2), np.ones(2),
    )  # fmt: skip
    operator = depth_mean(across, LAYERS, (0.01, 0.2))
    theta = state(*lead)
    flat = theta.reshape(-1, 15)
    expected = (operator.weights().matrix() @ flat.T).T.reshape(*lead, 2)
    assert operator.simulate(theta) == pytest.approx(expected, rel=1e-13)
    weights = operator.weights()
    assert np.bincount(weights.observation, weights.value) == pytest.approx([1.0, 1.0])
    assert weights.shape == (2, 5, 3)


def test_an_operator_of_the_protocol() -> None:
    seen: list[ObservationOperator] = [depth_mean(columns(), LAYERS), flux(columns()), water_table(columns())]
    assert [o.variable for o in seen] == ["soil_moisture", "evapotranspiration", "water_table_depth"]
    assert all(o.inside.all() for o in seen)


def test_probes_lie_in_layers_or_between_their_centres() -> None:
    theta = state()
    at = probes(columns(), LAYERS, np.array([0.06, 0.35]), "layer").simulate(theta)
    assert at == pytest.approx([theta[1, 0], theta[4, 1]])  # an interface belongs to the layer above it
    between = probes(columns(), LAYERS, np.array([0.065, 0.005])).simulate(theta)
    assert between == pytest.approx([0.5 * (theta[1, 0] + theta[2, 0]), theta[0, 1]])
    with pytest.raises(DataError, match="a probe at 1.2 m lies outside"):
        probes(columns(), LAYERS, np.array([0.1, 1.2]))
    with pytest.raises(ConfigError, match='"layer" or "interpolated"'):
        probes(columns(), LAYERS, np.array([0.1, 0.2]), "nearest")


@given(arrays(float, 5, elements=st.floats(0.02, 0.5)), st.floats(0.0, 1.0))
def test_a_probe_stays_within_its_profile(profile: np.ndarray, depth: float) -> None:
    value = probes(columns(1), LAYERS, np.array([depth])).simulate(np.tile(profile[:, None], 3))
    assert profile.min() - 1e-12 <= value[0] <= profile.max() + 1e-12


def test_fluxes_and_levels_have_no_layers() -> None:
    values = np.arange(6.0).reshape(2, 3)
    assert flux(columns()).simulate(values).tolist() == [[0.0, 1.0], [3.0, 4.0]]
    assert water_table(columns()).weights().shape == (2, 1, 3)


@given(st.floats(-0.5, 0.99), st.floats(0.0, 0.3))
def test_the_water_table_of_equilibrium(depth: float, perched: float) -> None:
    """Hydrostatic heads h = z - z_wt give back z_wt, even above ground, and a wet layer above does not hide it."""
    z = LAYERS.mean(axis=1)
    head = np.tile((z - depth)[:, None], 3)
    assert depth_from_heads(head, LAYERS) == pytest.approx(np.full(3, depth), abs=1e-12)
    if depth > z[2]:
        head[0] = perched
        assert depth_from_heads(head, LAYERS) == pytest.approx(np.full(3, depth), abs=1e-12)


def test_the_water_table_below_the_soil_and_its_operator() -> None:
    z = LAYERS.mean(axis=1)
    head = np.stack([np.tile((z - d)[:, None], 3) for d in (0.4, 1.8)])
    operator = WaterTableFromHeads(columns(), LAYERS)
    assert operator.simulate(head) == pytest.approx(np.array([[0.4, 0.4], [1.8, 1.8]]))
    with pytest.raises(GridMismatch, match="with 5 layers"):
        operator.simulate(head[:, :3])


def test_shapes_are_checked() -> None:
    with pytest.raises(GridMismatch, match=r"\[\.\.\., layer, column\] with 5 layers, got \(3, 4, 3\)"):
        depth_mean(columns(), LAYERS).simulate(np.zeros((3, 4, 3)))
    with pytest.raises(GridMismatch, match="`vertical` must be"):
        LinearOperator("soil_moisture", columns(), np.ones((3, 5)))


def test_errors() -> None:
    assert RelativeError(0.1, 0.02).standard_deviation(np.array([0.1, 0.4])).tolist() == pytest.approx([0.02, 0.04])
    field = ErrorMap(np.array([0.05, np.nan, 0.0, 0.002]))
    assert field.replaced == 2
    assert field.standard_deviation(np.zeros(4)).tolist() == [0.05, 0.04, 0.04, 0.01]
    with pytest.raises(DataError, match="2 of 4 errors are missing, zero or negative"):
        ErrorMap(field.values, default=None)
    with pytest.raises(DataError, match="the map of errors"):
        field.standard_deviation(np.zeros(3))
    for bad in (0.0, -0.04, np.nan):
        with pytest.raises(RangeError, match="`deviation` must be > 0"):
            ConstantError(bad)
