"""Log-ratio coordinates of textures and conversions between systems of particle sizes."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import ConfigError, RangeError
from vadose.soil.simplex import SMALLEST, convert, from_simplex, to_simplex

rng = np.random.default_rng(3)
SAND, _, CLAY = 100.0 * rng.dirichlet([1.0, 1.0, 1.0], 500).T


def test_there_and_back_gives_the_texture() -> None:
    sand, clay = from_simplex(*to_simplex(SAND, CLAY))
    np.testing.assert_allclose(sand, SAND, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(clay, CLAY, rtol=1e-12, atol=1e-10)


@given(st.floats(-700, 700), st.floats(-700, 700))
def test_any_two_numbers_are_a_soil(y1: float, y2: float) -> None:
    sand, clay = from_simplex(y1, y2)
    assert 0.0 <= sand and 0.0 <= clay and sand + clay <= 100.0 * (1 + 1e-15)


def test_equal_parts_are_the_origin_and_distances_are_aitchisons() -> None:
    assert to_simplex(100 / 3, 100 / 3) == pytest.approx((0.0, 0.0), abs=1e-14)
    (a1, a2), (b1, b2) = to_simplex(20.0, 30.0), to_simplex(60.0, 10.0)
    x, y = np.log([20.0, 50.0, 30.0]), np.log([60.0, 30.0, 10.0])
    aitchison = np.linalg.norm((x - x.mean()) - (y - y.mean()))
    assert np.hypot(a1 - b1, a2 - b2) == pytest.approx(aitchison, rel=1e-13)


def test_corners_and_edges_are_finite() -> None:
    sand, clay = np.array([100.0, 0.0, 0.0, 50.0, 0.0]), np.array([0.0, 100.0, 0.0, 50.0, 30.0])
    y = to_simplex(sand, clay)
    assert np.all(np.isfinite(y))
    back = from_simplex(*y)
    np.testing.assert_allclose(back[0], sand, atol=2 * SMALLEST)
    np.testing.assert_allclose(back[1], clay, atol=2 * SMALLEST)


def test_gradients_are_finite_everywhere_and_equal_central_differences() -> None:
    def clay_of(y1, y2):
        return from_simplex(y1, y2)[1]

    for y1, y2 in ((0.3, -0.7), (2.0, 1.0), (0.0, 0.0)):
        slope = jax.grad(clay_of, argnums=(0, 1))(y1, y2)
        step = 1e-5
        assert slope[0] == pytest.approx((clay_of(y1 + step, y2) - clay_of(y1 - step, y2)) / (2 * step), rel=1e-6)
        assert slope[1] == pytest.approx((clay_of(y1, y2 + step) - clay_of(y1, y2 - step)) / (2 * step), rel=1e-6)
    for corner in ((500.0, 0.0), (-500.0, 300.0), (0.0, 900.0)):
        assert np.all(np.isfinite(jax.jacobian(from_simplex, argnums=(0, 1))(*corner)))
    for sand, clay in ((100.0, 0.0), (0.0, 0.0), (50.0, 50.0), (30.0, 20.0)):
        assert np.all(np.isfinite(jax.jacobian(to_simplex, argnums=(0, 1))(sand, clay)))


def test_bad_numbers_raise_and_bad_elements_are_nan() -> None:
    with pytest.raises(RangeError, match="at most 100 %"):
        to_simplex(80, 30)
    y1, y2 = to_simplex(np.array([80.0, 40.0]), np.array([30.0, 20.0]))
    assert np.isnan(y1[0]) and np.isnan(y2[0]) and np.isfinite(y1[1])


def test_international_silt_grows_by_the_logarithm_of_its_limit() -> None:
    sand, clay = convert(60.0, 15.0, "isss", "usda")
    assert sand == pytest.approx(60.0 * np.log(2000 / 50) / np.log(2000 / 20), rel=1e-14)
    assert clay == 15.0
    sand, _ = convert(40.0, 20.0, "usda", "isss")
    assert sand == pytest.approx(40.0 + 40.0 * np.log(50 / 20) / np.log(50 / 2), rel=1e-14)


@pytest.mark.parametrize("source", ["usda", "isss", "din"])
@pytest.mark.parametrize("target", ["usda", "isss", "din"])
def test_conversion_keeps_the_triangle_and_the_order_of_limits(source: str, target: str) -> None:
    limits = {"isss": 20, "usda": 50, "din": 63}
    sand, clay = convert(SAND, CLAY, source, target)
    assert np.all((sand >= 0.0) & (sand + clay <= 100.0 + 1e-9))
    assert np.array_equal(clay, CLAY)
    assert np.all((sand - SAND) * (limits[source] - limits[target]) >= -1e-9)
    traced, _ = jax.jit(lambda s, c: convert(s, c, source, target))(SAND, CLAY)
    np.testing.assert_allclose(traced, sand, rtol=1e-14)


def test_unknown_systems_are_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'fao'; expected one of usda, isss, din"):
        convert(40, 20, "fao")
