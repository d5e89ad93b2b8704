"""Depth integration conserves water, adds up over depth, and leaves a uniform column uniform."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vadose.constants import RHO_WATER
from vadose.grid.layers import SoilLayers, covered, depth_weights, overlap


@st.composite
def columns(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Layer bounds [layer, 2] m and water contents [layer]."""
    thickness = draw(st.lists(st.floats(0.005, 2.0), min_size=1, max_size=12))
    edges = np.concatenate([[0.0], np.cumsum(thickness)])
    theta = draw(st.lists(st.floats(0.0, 0.9), min_size=len(thickness), max_size=len(thickness)))
    return np.stack([edges[:-1], edges[1:]], axis=1), np.array(theta)


cuts = (
    st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
    .map(sorted)
    .filter(lambda x: x[1] - x[0] > 1e-3 and x[2] - x[1] > 1e-3)
)


@given(columns(), cuts)
def test_water_of_adjacent_depths_adds_up(column: tuple[np.ndarray, np.ndarray], parts: list[float]) -> None:
    bounds, theta = column
    mass = theta * RHO_WATER * (bounds[:, 1] - bounds[:, 0])
    top, middle, bottom = (p * bounds[-1, 1] for p in parts)

    def water(a: float, b: float) -> float:
        return float(RHO_WATER * covered(bounds, a, b) * (depth_weights(bounds, a, b, "mass") @ mass))

    assert np.isclose(water(top, middle) + water(middle, bottom), water(top, bottom), rtol=1e-11, atol=1e-12)


@given(columns(), cuts, st.floats(0.0, 0.9))
def test_uniform_column_gives_itself(column: tuple[np.ndarray, np.ndarray], parts: list[float], value: float) -> None:
    bounds, _ = column
    top, bottom = parts[0] * bounds[-1, 1], parts[2] * bounds[-1, 1]
    mass = value * RHO_WATER * (bounds[:, 1] - bounds[:, 0])
    assert np.isclose(depth_weights(bounds, top, bottom, "mass") @ mass, value, rtol=1e-12, atol=1e-15)
    assert np.isclose(depth_weights(bounds, top, bottom, "volumetric").sum() * value, value, rtol=1e-12)


@given(columns())
def test_whole_column_conserves_mass(column: tuple[np.ndarray, np.ndarray]) -> None:
    bounds, theta = column
    mass = theta * RHO_WATER * (bounds[:, 1] - bounds[:, 0])
    mean = depth_weights(bounds, 0.0, bounds[-1, 1] + 1.0, "mass") @ mass
    assert np.isclose(mean * RHO_WATER * bounds[-1, 1], mass.sum(), rtol=1e-12, atol=1e-12)


@given(columns(), st.randoms(use_true_random=False))
def test_any_order_of_layers_is_the_same_column(column: tuple[np.ndarray, np.ndarray], random: object) -> None:
    bounds, _ = column
    order = list(range(len(bounds)))
    random.shuffle(order)  # type: ignore[attr-defined]
    layers = SoilLayers.from_bounds(bounds[order] * 100, "cm")
    assert np.allclose(layers.bounds, bounds, rtol=1e-12)
    assert np.allclose(bounds[order][layers.order], bounds)
    assert np.isclose(overlap(layers.bounds, 0.0, bounds[-1, 1]).sum(), bounds[-1, 1])
