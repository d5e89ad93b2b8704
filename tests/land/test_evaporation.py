"""Soil evaporation resistance against each scheme's published formula and its limits."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.land.plants import THICKNESS, air_at, loam_of_van_genuchten, silty_clay_loam, soil_with

from vadose.arrays import Array
from vadose.land.evaporation import Clm35, SakaguchiZeng, Sellers, SwensonLawrence
from vadose.land.soil_suction import campbell_exponent

THETA = np.linspace(0.03, 0.46, 12)
RESISTANCE = jax.jit(lambda scheme, *a, **k: scheme.resistance(*a, **k))
SCHEMES: list[Any] = [SakaguchiZeng(), SakaguchiZeng(snow_resistance=50.0), Sellers(), Clm35(), SwensonLawrence()]


def evaluate(
    scheme: Any, snow_cover: float = 0.0, theta: Array = THETA, retention: Any = None, T: float = 288.0
) -> tuple[Array, Array]:
    """Resistance and humidity over soil with equally wet layers."""
    n = len(theta)
    return RESISTANCE(
        scheme, soil_with(np.tile(theta, (4, 1))), silty_clay_loam(n, retention), THICKNESS,
        snow_cover=jnp.full(n, snow_cover), air=air_at(np.full(n, 290.0)), ground_temperature=jnp.full(n, T),
    )  # fmt: skip


def test_sakaguchi_zeng() -> None:
    layer = 0.1 * (np.exp((1.0 - THETA / 0.464) ** 5) - 1.0) / (np.e - 1.0)
    diffusivity = 2.2e-5 * 0.464**2 * (1.0 - 0.12 / 0.464) ** (2.0 + 3.0 / 8.72)
    np.testing.assert_allclose(evaluate(SakaguchiZeng())[0], layer / diffusivity, rtol=1e-12)


@pytest.mark.parametrize(("scheme", "a", "b"), [(Sellers(), 8.25, 4.225), (Sellers(slope=6.0), 8.25, 6.0)])
def test_sellers(scheme: Any, a: float, b: float) -> None:
    r = np.exp(a - b * THETA / 0.464)
    np.testing.assert_allclose(evaluate(scheme)[0], r, rtol=1e-12)
    np.testing.assert_allclose(evaluate(scheme, snow_cover=0.3)[0], 0.3 + 0.7 * r, rtol=1e-12)


def test_clm35_vanishes_under_snow() -> None:
    r = np.exp(8.206 - 4.255 * THETA / 0.464)
    np.testing.assert_allclose(evaluate(Clm35())[0], r, rtol=1e-12)
    np.testing.assert_allclose(evaluate(Clm35(), snow_cover=1.0)[0], 0.0, atol=1e-12)


def test_swenson_lawrence() -> None:
    air_dry = 0.464 * (1e4 / 0.617) ** (-1.0 / 8.72)
    begin = 0.8 * 0.464
    layer = 0.015 * np.clip((begin - THETA) / (begin - air_dry), 0.0, 1.0)
    pores = 0.464 - air_dry
    tau = pores**2 * (pores / 0.464) ** (3.0 / 8.72)
    diffusivity = 2.12e-5 * (288.0 / 273.15) ** 1.75
    np.testing.assert_allclose(evaluate(SwensonLawrence())[0], layer / (diffusivity * tau), rtol=1e-12, atol=1e-3)
    wet = evaluate(SwensonLawrence(snow_resistance=None))[0][THETA > begin]
    np.testing.assert_array_equal(wet, 0.0)


@pytest.mark.parametrize("scheme", [SakaguchiZeng(snow_resistance=50.0), SwensonLawrence()])
def test_soil_and_snow_evaporate_side_by_side(scheme: Any) -> None:
    bare = np.maximum(evaluate(scheme)[0], 1e-3)
    np.testing.assert_allclose(evaluate(scheme, snow_cover=0.4)[0], 1.0 / (0.4 / 50.0 + 0.6 / bare), rtol=1e-12)
    np.testing.assert_allclose(evaluate(scheme, snow_cover=1.0)[0], 50.0, rtol=1e-12)


def test_pores_are_as_humid_as_kelvins_equation_says() -> None:
    _, humidity = evaluate(SakaguchiZeng(), T=295.0)
    psi = -0.617 * (THETA / 0.464) ** -8.72
    np.testing.assert_allclose(humidity, np.exp(psi * 9.80665 / (461.5 * 295.0)), rtol=1e-12, atol=1e-300)
    _, mixed = evaluate(SakaguchiZeng(), snow_cover=0.25, T=295.0)
    np.testing.assert_allclose(mixed, 0.25 + 0.75 * humidity, rtol=1e-12)


@pytest.mark.parametrize("scheme", [SakaguchiZeng(), Sellers()])
def test_soil_without_liquid_water_does_not_evaporate_unless_there_is_snow(scheme: Any) -> None:
    theta = np.array([0.005, 0.011])
    assert evaluate(scheme, theta=theta)[0][0] == 1e6
    assert evaluate(scheme, theta=theta)[0][1] < 1e5
    assert evaluate(scheme, snow_cover=0.5, theta=theta)[0][0] < 1e5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_any_closure_gives_numbers_from_dry_to_saturated(scheme: Any) -> None:
    theta = np.array([0.0, 1e-9, 0.05, 0.078, 0.0781, 0.2, 0.43, 0.464])
    for retention in (None, loam_of_van_genuchten(len(theta))):
        r, humidity = evaluate(scheme, theta=theta, retention=retention)
        assert np.all(np.isfinite(r)) and np.all(r >= 0.0)
        assert np.all((humidity >= 0.0) & (humidity <= 1.0))
        assert np.all(np.diff(r) <= 0.0) and np.all(np.diff(humidity) >= 0.0)


def test_exponent_of_another_closure_is_the_slope_of_its_curve() -> None:
    loam = loam_of_van_genuchten(1)
    low, high = (float(loam.water_content(np.full((4, 1), psi))[0, 0]) for psi in (-3.3 * 1.001, -3.3 / 1.001))
    slope = 2.0 * np.log(1.001) / (np.log(high) - np.log(low))
    np.testing.assert_allclose(campbell_exponent(loam)[0, 0], slope, rtol=1e-4)
