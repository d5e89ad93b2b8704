"""Freezing of soil water: the Clapeyron slope, the liquid that stays, the factors of ice, gradients, bad input."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.constants import FREEZING_POINT, GRAVITY, LATENT_HEAT_FUSION
from vadose.errors import RangeError
from vadose.soil.freezing import (
    freezing_head,
    freezing_temperature,
    frozen_area,
    ice_content,
    ice_impedance,
    liquid_water,
    liquid_water_derivative,
    supercooled_water,
)
from vadose.soil.retention.power_law import Campbell
from vadose.soil.retention.van_genuchten import VanGenuchten

LOAM = VanGenuchten(0.078, 0.43, 3.6, 1.56, 2.9e-6)
CAMPBELL = Campbell(0.45, -0.3, 5.5, 1e-6)
each_closure = pytest.mark.parametrize("retention", [LOAM, CAMPBELL], ids=["van Genuchten", "Campbell"])


def test_one_kelvin_is_about_125_metres() -> None:
    # 1.22 MPa per K of Clapeyron's equation with ice at atmospheric pressure
    assert freezing_head(FREEZING_POINT - 1.0) == pytest.approx(-124.8, abs=0.1)
    slope = jax.grad(freezing_head)(jnp.asarray(FREEZING_POINT - 1e-9))
    assert slope == pytest.approx(LATENT_HEAT_FUSION / (GRAVITY * FREEZING_POINT), rel=1e-9)
    assert 1e-6 * 1000.0 * GRAVITY * slope == pytest.approx(1.22, abs=0.003)


def test_above_zero_degrees_nothing_is_frozen() -> None:
    T = np.array([FREEZING_POINT, 280.0, 310.0])
    np.testing.assert_array_equal(freezing_head(T), 0.0)
    np.testing.assert_array_equal(liquid_water(LOAM, 0.43, T), 0.43)
    np.testing.assert_array_equal(liquid_water(LOAM, 0.2, T), 0.2)
    np.testing.assert_array_equal(liquid_water(LOAM, 0.0, T), 0.0)
    np.testing.assert_array_equal(ice_content(LOAM, 0.2, T), 0.0)
    np.testing.assert_array_equal(liquid_water_derivative(LOAM, 0.2, T), 0.0)


@each_closure
def test_the_first_ice_forms_at_the_freezing_temperature(retention: Any) -> None:
    T = freezing_temperature(retention, 0.25)
    assert liquid_water(retention, 0.25, T + 1e-6) == 0.25
    assert liquid_water(retention, 0.25, T - 1e-6) < 0.25
    assert liquid_water(retention, 0.43, T) == pytest.approx(0.25, rel=1e-8)
    assert freezing_temperature(retention, retention.theta_s) == FREEZING_POINT


@each_closure
def test_dry_soil_freezes_at_lower_temperature(retention: Any) -> None:
    assert np.all(np.diff(freezing_temperature(retention, np.linspace(0.0, 0.43, 200))) >= 0.0)


def test_water_that_the_closure_cannot_hold_never_freezes() -> None:
    assert freezing_temperature(LOAM, 0.0) == 0.0
    assert freezing_temperature(LOAM, 0.078) == 0.0
    np.testing.assert_array_equal(freezing_temperature(LOAM, np.array([0.0, 0.05])), 0.0)


def test_campbell_freezing_is_the_power_law() -> None:
    psi = LATENT_HEAT_FUSION / GRAVITY * np.log(268.15 / FREEZING_POINT)
    assert liquid_water(CAMPBELL, 0.45, 268.15) == pytest.approx(0.45 * (psi / -0.3) ** (-1.0 / 5.5))


def test_supercooled_water_is_the_power_law_of_niu_and_yang() -> None:
    psi_in_mm = 1e3 * LATENT_HEAT_FUSION * (268.15 - FREEZING_POINT) / (GRAVITY * 268.15)
    found = supercooled_water(0.45, -0.3, 5.5, 268.15)
    assert found == pytest.approx(0.45 * (psi_in_mm / -300.0) ** (-1.0 / 5.5))
    # The two forms of Clapeyron's equation differ by 1 % of the head 5 K below, so little in water.
    assert found == pytest.approx(liquid_water(CAMPBELL, 0.45, 268.15), rel=3e-3)
    np.testing.assert_array_equal(supercooled_water(0.45, -0.3, 5.5, np.array([FREEZING_POINT, 290.0])), 0.45)


@given(theta=st.floats(0.0, 0.43), T=st.floats(230.0, 290.0))
def test_water_and_ice_are_what_there_was(theta: float, T: float) -> None:
    liquid, ice = liquid_water(LOAM, theta, T), ice_content(LOAM, theta, T)
    assert 0.0 <= liquid <= theta
    assert liquid + 0.917 * ice == pytest.approx(theta, rel=1e-14)
    assert liquid >= liquid_water(LOAM, theta, T - 1.0)


@each_closure
@pytest.mark.parametrize("T", [255.0, 270.0, 272.5])
def test_derivative_is_that_of_the_liquid_water(retention: Any, T: float) -> None:
    found = liquid_water_derivative(retention, 0.35, T)
    assert found == pytest.approx(float(jax.grad(lambda t: liquid_water(retention, 0.35, t))(T)), rel=1e-12)
    step = 1e-4
    slope = (liquid_water(retention, 0.35, T + step) - liquid_water(retention, 0.35, T - step)) / (2.0 * step)
    assert found == pytest.approx(slope, rel=1e-6)


@each_closure
@pytest.mark.parametrize("theta", [0.0, 0.078, 0.2, "theta_s"])
@pytest.mark.parametrize("T", [230.0, 273.0, FREEZING_POINT - 1e-12, FREEZING_POINT, 290.0])
def test_values_and_gradients_are_finite_at_the_corners(retention: Any, theta: Any, T: float) -> None:
    total = jnp.asarray(retention.theta_s if theta == "theta_s" else theta)
    soil = jax.tree.map(jnp.asarray, retention)
    for function in (liquid_water, ice_content):
        found = jax.value_and_grad(function, argnums=(0, 1, 2))(soil, total, jnp.asarray(T))
        assert all(np.all(np.isfinite(g)) for g in jax.tree.leaves(found))
    found = jax.value_and_grad(freezing_temperature, argnums=(0, 1))(soil, total)
    assert all(np.all(np.isfinite(g)) for g in jax.tree.leaves(found))
    assert np.isfinite(liquid_water_derivative(soil, total, jnp.asarray(T)))
    found = jax.grad(supercooled_water, argnums=(0, 1, 2, 3))(0.45, -0.3, 5.5, T)
    assert all(np.isfinite(g) for g in found)


def test_gradients_of_liquid_water_equal_central_differences() -> None:
    leaves, tree = jax.tree.flatten(LOAM)

    def value(x: Any) -> Any:
        return liquid_water(jax.tree.unflatten(tree, list(x[1:])), 0.4, x[0])

    x = np.array([271.0, *leaves])
    found = jax.grad(value)(jnp.asarray(x))
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = 1e-6 * x[i]
        assert found[i] == pytest.approx((value(x + step) - value(x - step)) / (2.0 * step[i]), rel=1e-6, abs=1e-9)


def test_jax_and_numpy_agree_on_maps() -> None:
    soil = VanGenuchten(np.full((2, 3), 0.05), np.array([[0.4, 0.45, 0.5]] * 2), 2.0, 1.4, 1e-6)
    total = np.array([[0.4, 0.2, 0.1], [0.0, 0.3, 0.5]])
    T = np.array([[250.0, 272.0, 273.1], [273.15, 280.0, 265.0]])
    for function in (liquid_water, ice_content, liquid_water_derivative):
        expected = function(soil, total, T)
        np.testing.assert_allclose(jax.jit(function)(soil, jnp.asarray(total), jnp.asarray(T)), expected, rtol=1e-12)
    np.testing.assert_allclose(
        freezing_temperature(soil, jnp.asarray(total)), freezing_temperature(soil, total), rtol=1e-14
    )
    assert freezing_temperature(soil, 0.2).shape == (2, 3)


def test_impedance_of_ice() -> None:
    np.testing.assert_allclose(ice_impedance(np.array([0.0, 0.5, 1.0, 1.05])), [1.0, 10**-3.5, 1e-7, 1e-7])
    assert ice_impedance(0.5, omega=6.0) == pytest.approx(1e-3)
    assert np.isfinite(jax.grad(ice_impedance)(1.0))
    assert jax.grad(ice_impedance)(0.3) == pytest.approx(-7.0 * np.log(10.0) * 10**-2.1)


def test_frozen_area_of_noah_mp() -> None:
    F = np.array([0.0, 0.25, 1.0])
    expected = (np.exp(-4.0 * (1.0 - F)) - np.exp(-4.0)) / (1.0 - np.exp(-4.0))
    np.testing.assert_allclose(frozen_area(F), expected, rtol=1e-13, atol=1e-16)


def test_impossible_numbers_are_told_and_masked() -> None:
    with pytest.raises(RangeError, match="add 273.15"):
        liquid_water(LOAM, 0.2, -5.0)
    with pytest.raises(RangeError, match="water content"):
        liquid_water(LOAM, 0.5, 270.0)
    with pytest.raises(RangeError, match="water content"):
        freezing_temperature(LOAM, -0.1)
    with pytest.raises(RangeError, match="ice_fraction"):
        ice_impedance(1.2)
    np.testing.assert_array_equal(
        np.isnan(liquid_water(LOAM, np.array([0.2, 0.5, 0.2, np.nan]), np.array([270.0, 270.0, -5.0, 270.0]))),
        [False, True, True, True],
    )
    np.testing.assert_array_equal(np.isnan(freezing_temperature(LOAM, np.array([0.2, 0.5, np.nan]))), [0, 1, 1])
    some = VanGenuchten(0.05, np.array([0.4, np.nan]), 2.0, 1.4, 1e-6)
    np.testing.assert_array_equal(np.isnan(liquid_water(some, 0.2, 270.0)), [False, True])
    np.testing.assert_array_equal(np.isnan(freezing_temperature(some, 0.2)), [False, True])
    np.testing.assert_array_equal(np.isnan(ice_impedance(np.array([0.2, -0.1]))), [False, True])
