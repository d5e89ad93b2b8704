"""Wilting point and critical point of closures."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from vadose.arrays import Array
from vadose.constants import HEAD_CRITICAL, HEAD_WILTING
from vadose.errors import ConfigError
from vadose.soil.retention.clm_campbell import ClmCampbell
from vadose.soil.retention.power_law import BrooksCorey, Campbell
from vadose.soil.retention.saxton_rawls import SaxtonRawls
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.threshold import NOAH_DRAINAGE, _head_at_conductivity, thresholds, water_content_at_conductivity

LOAM = VanGenuchten(0.078, 0.43, 3.6, 1.56, 2.9e-6)
POWER_LAWS = (
    Campbell(0.44, -0.3, 5.0, 3e-6),
    ClmCampbell(0.44, -0.3, 5.0, 3e-6),
    BrooksCorey(0.05, 0.44, -0.3, 0.3, 3e-6),
    SaxtonRawls(0.28, 0.14, 0.46, -0.4, 4e-6),
)


def test_potential_is_the_curve_at_two_heads() -> None:
    found = thresholds(LOAM)
    assert found.wilting_point == LOAM.water_content(HEAD_WILTING)
    assert found.critical_point == LOAM.water_content(HEAD_CRITICAL)


def test_noah_of_campbell_is_the_closed_form() -> None:
    found = thresholds(Campbell(0.439, -0.355, 5.25, 3.38e-6), "noah")
    r1 = 0.439 * (5.79e-9 / 3.38e-6) ** (1 / 13.5)
    assert_allclose(found.critical_point, r1 + (0.439 - r1) / 3, rtol=1e-14)
    assert_allclose(found.wilting_point, 0.5 * 0.439 * (200 / 0.355) ** (-1 / 5.25), rtol=1e-14)


@pytest.mark.parametrize("closure", POWER_LAWS, ids=lambda c: type(c).__name__)
def test_bisection_agrees_with_the_closed_form(closure: Any) -> None:
    theta = closure.water_content(_head_at_conductivity(closure, NOAH_DRAINAGE))
    assert_allclose(water_content_at_conductivity(closure, NOAH_DRAINAGE), theta, rtol=1e-12)


def test_brooks_corey_with_the_same_curve_has_the_same_thresholds() -> None:
    b = np.array([3.0, 5.25, 11.0])
    campbell = Campbell(0.44 + 0 * b, -0.3 + 0 * b, b, 3e-6 + 0 * b)
    same_curve = BrooksCorey(0.0 * b, 0.44 + 0 * b, -0.3 + 0 * b, 1 / b, 3e-6 + 0 * b)
    assert_allclose(thresholds(same_curve, "noah"), thresholds(campbell, "noah"), rtol=1e-12)


def test_bisection_finds_the_conductivity() -> None:
    theta = water_content_at_conductivity(LOAM, NOAH_DRAINAGE)
    assert_allclose(LOAM.conductivity(LOAM.matric_head(theta)), NOAH_DRAINAGE, rtol=1e-10)


@pytest.mark.parametrize(
    "make", [lambda K: Campbell(0.44, -0.3, 5.0, K), lambda K: LOAM.__class__(0.1, 0.4, 1, 1.5, K)]
)
def test_a_soil_less_permeable_than_noahs_drainage_stays_saturated(make: Any) -> None:
    closure = make(1e-9)
    assert thresholds(closure, "noah").critical_point == closure.theta_s


@pytest.mark.parametrize("definition", ["potential", "noah"])
@pytest.mark.parametrize("closure", [LOAM, *POWER_LAWS], ids=lambda c: type(c).__name__)
def test_jax_equals_numpy_and_gradients_equal_differences(closure: Any, definition: str) -> None:
    leaves, tree = jax.tree_util.tree_flatten(closure)
    x = np.array(leaves)

    def value(x: Array) -> Array:
        found = thresholds(jax.tree_util.tree_unflatten(tree, list(x)), definition)
        return found.critical_point + 2.0 * found.wilting_point

    assert_allclose(float(jax.jit(value)(jax.numpy.asarray(x))), value(x), rtol=1e-13)
    gradient = np.asarray(jax.jit(jax.grad(value))(jax.numpy.asarray(x)))
    steps = 1e-5 * np.diag(x)
    differences = np.array([(value(x + s) - value(x - s)) / (2 * s.sum()) for s in steps])
    assert_allclose(gradient * x, differences * x, rtol=1e-7, atol=1e-9)


def test_missing_elements_stay_missing() -> None:
    closure = VanGenuchten(np.array([0.05, np.nan]), np.array([0.4, 0.4]), 2.0, 1.5, np.array([1e-6, 1e-6]))
    for definition in ("potential", "noah"):
        for value in thresholds(closure, definition):
            np.testing.assert_array_equal(np.isnan(value), [False, True])


def test_an_unknown_definition_is_told() -> None:
    with pytest.raises(ConfigError, match="potential, noah, got 'field'"):
        thresholds(LOAM, "field")
