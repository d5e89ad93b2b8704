"""Canopy water: closed balances of water and heat, capacities, catch, unloading and the wet fraction."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.land.plants import air_at, canopy_with, crop

from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION
from vadose.land.interception import ClmInterception, Interception, update_canopy, wet_fraction
from vadose.land.state import Canopy

N, DT = 400, 1800.0
INTERCEPT = jax.jit(lambda scheme, *a, **k: scheme.intercept(*a, **k))
UPDATE = jax.jit(update_canopy)
SCHEMES: list[Any] = [Interception(), Interception(overflow=1.0), ClmInterception()]


def weather(seed: int = 3) -> tuple[Canopy, dict[str, Any]]:
    """Canopies with and without leaves, water and ice, under rain and snow."""
    rng = np.random.default_rng(seed)

    def some(high: float) -> Any:
        return jnp.asarray(rng.uniform(0.0, high, N) * (rng.uniform(size=N) > 0.3))

    canopy = canopy_with(some(0.5), some(2.0), rng.uniform(220.0, 310.0, N))
    leafy = rng.uniform(size=N) > 0.2
    return canopy, {
        "fraction": jnp.asarray(rng.uniform(0.05, 1.0, N) * leafy),
        "lai": jnp.asarray(rng.uniform(0.0, 6.0, N) * leafy),
        "sai": jnp.asarray(rng.uniform(0.05, 1.0, N) * leafy),
        "rain": some(0.02),
        "snowfall": some(0.005),
        "air": air_at(rng.uniform(240.0, 305.0, N)),
        "snow_density": jnp.asarray(rng.uniform(50.0, 300.0, N)),
        "dt": DT,
    }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_water_closes_to_rounding(scheme: Any) -> None:
    canopy, w = weather()
    after, fall = INTERCEPT(scheme, canopy, crop(N), **w)
    for before, now, came, left, drip, direct in (
        (canopy.liquid, after.liquid, w["rain"], fall.rain, fall.rain_drip, fall.rain_direct),
        (canopy.ice, after.ice, w["snowfall"], fall.snowfall, fall.snow_drip, fall.snow_direct),
    ):
        throughput = came * DT + before + 1e-3
        assert np.max(np.abs(before + (came - left) * DT - now) / throughput) < 1e-13
        np.testing.assert_allclose(left, drip + direct, rtol=1e-13)
        assert np.all(now >= 0.0) and np.all(drip >= -1e-18) and np.all(direct >= 0.0)
    assert np.all((fall.wet_fraction >= 0.0) & (fall.wet_fraction <= 1.0))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_falls_where_leaves_are_gone(scheme: Any) -> None:
    canopy, w = weather()
    after, fall = INTERCEPT(scheme, canopy, crop(N), **w)
    bare = np.asarray(w["fraction"] * (w["lai"] + w["sai"]) == 0.0)
    assert bare.sum() > 20
    np.testing.assert_array_equal(np.asarray(after.liquid + after.ice)[bare], 0.0)
    expected = np.asarray(w["rain"] + canopy.liquid / DT)[bare]
    np.testing.assert_allclose(np.asarray(fall.rain)[bare], expected, rtol=1e-14)


def test_noah_mp_catches_the_lesser_of_wetted_area_and_room() -> None:
    w = {"fraction": 0.8, "lai": 3.0, "sai": 0.5, "snowfall": 0.0, "snow_density": 100.0}
    given = {k: jnp.array([v, v]) for k, v in w.items()}
    rain = np.array([1e-5, 5e-3])
    after, fall = INTERCEPT(
        Interception(), canopy_with([0.0, 0.1], [0.0, 0.0], [290.0, 290.0]), crop(2), rain=jnp.asarray(rain),
        air=air_at([290.0, 290.0]), dt=DT, **given,
    )  # fmt: skip
    capacity = 0.8 * 0.1 * 3.5
    room = (capacity - 0.1) * (1.0 - np.exp(-5e-3 * DT / capacity))
    np.testing.assert_allclose(after.liquid, [0.8 * 1e-5 * DT / 1.9, 0.1 + room], rtol=1e-12)
    np.testing.assert_allclose(fall.liquid_capacity, capacity, rtol=1e-14)
    np.testing.assert_allclose(fall.ice_capacity, 0.8 * 6.6 * (0.27 + 46.0 / 100.0) * 3.5, rtol=1e-14)
    np.testing.assert_allclose(fall.wet_fraction, (after.liquid / capacity) ** (2.0 / 3.0), rtol=1e-12)


def test_wind_and_warmth_unload_snow() -> None:
    w = {"fraction": 0.8, "lai": 3.0, "sai": 0.5, "rain": 0.0, "snowfall": 0.0, "snow_density": 100.0}
    given = {k: jnp.array([v, v]) for k, v in w.items()}
    canopy = canopy_with([0.0, 0.0], [2.0, 2.0], [250.0, 275.15])
    after, fall = INTERCEPT(Interception(), canopy, crop(2), air=air_at([250.0, 275.0], wind=5.0), dt=DT, **given)
    rate = 2.0 * (5.0 / 1.56e5 + np.array([0.0, 5.0 / 1.87e5]))
    np.testing.assert_allclose(fall.snowfall, rate, rtol=1e-12)
    np.testing.assert_allclose(after.ice, 2.0 - rate * DT, rtol=1e-12)


def test_clm_catches_by_leaf_area_and_drips_above_capacity() -> None:
    w = {"fraction": 1.0, "lai": 3.0, "sai": 0.5, "snowfall": 0.0, "snow_density": 100.0}
    given = {k: jnp.array([v, v]) for k, v in w.items()}
    rain = np.array([1e-4, 5e-3])
    after, fall = INTERCEPT(
        ClmInterception(), canopy_with([0.0, 0.0], [0.0, 0.0], [290.0, 290.0]), crop(2), rain=jnp.asarray(rain),
        air=air_at([290.0, 290.0]), dt=DT, **given,
    )  # fmt: skip
    caught = 0.25 * (1.0 - np.exp(-1.75)) * rain * DT
    np.testing.assert_allclose(after.liquid, np.minimum(caught, 0.35), rtol=1e-12)
    np.testing.assert_allclose(fall.rain * DT, rain * DT - np.minimum(caught, 0.35), rtol=1e-12)


def test_update_closes_water_and_heat() -> None:
    canopy, w = weather()
    rng = np.random.default_rng(4)
    evaporation = jnp.asarray(rng.uniform(-2e-4, 1e-3, N))
    capacity = jnp.asarray(rng.uniform(500.0, 3e4, N) * np.asarray(w["fraction"] > 0.0))
    frozen = jnp.asarray(rng.uniform(size=N) > 0.5)
    after, change = UPDATE(canopy, evaporation=evaporation, heat_capacity=capacity, dt=DT, frozen=frozen)
    water = canopy.liquid + canopy.ice - (evaporation - change.unmet) * DT - after.liquid - after.ice
    assert np.max(np.abs(water)) < 1e-14
    assert np.all(after.liquid >= 0.0) and np.all(after.ice >= 0.0) and np.all(change.unmet >= 0.0)
    # What was paid: sublimation (frozen) or evaporation; what left: liquid as vapour, ice as ice.
    stored = capacity * (after.temperature - canopy.temperature) / DT
    np.testing.assert_allclose(stored, -LATENT_HEAT_FUSION * change.melt - change.heat, atol=1e-8)
    ice_gone = (canopy.ice - after.ice) / DT - change.melt
    paid = np.where(frozen, evaporation - change.unmet, 0.0)
    np.testing.assert_allclose(LATENT_HEAT_FUSION * (ice_gone - paid), change.heat, atol=1e-9)


def test_ice_melts_and_water_freezes_as_far_as_heat_goes() -> None:
    T = FREEZING_POINT + np.array([10.0, 2.0, -10.0, -1.0])
    canopy = canopy_with([0.0, 0.0, 0.05, 0.5], [0.01, 0.5, 0.0, 0.0], T)
    C = jnp.full(4, 1e4)
    after, change = UPDATE(canopy, evaporation=jnp.zeros(4), heat_capacity=C, dt=DT)
    melted = np.array([0.01, 2e4 / LATENT_HEAT_FUSION, -0.05, -1e4 / LATENT_HEAT_FUSION])
    np.testing.assert_allclose(change.melt * DT, melted, rtol=1e-12)
    np.testing.assert_allclose(after.temperature, T - LATENT_HEAT_FUSION * melted / 1e4, rtol=1e-12)
    np.testing.assert_allclose(after.temperature[jnp.array([1, 3])], FREEZING_POINT, rtol=1e-14)


def test_evaporation_beyond_what_is_there_is_given_back() -> None:
    canopy = canopy_with([0.1, 0.1], [0.0, 0.2], [290.0, 290.0])
    after, change = UPDATE(canopy, evaporation=jnp.full(2, 1e-3), heat_capacity=jnp.full(2, 1e6), dt=DT)
    np.testing.assert_allclose(change.unmet * DT, [1.7, 1.5], rtol=1e-12)
    np.testing.assert_array_equal(after.liquid + after.ice, 0.0)


def test_wet_fraction_is_the_two_thirds_power_with_a_finite_slope_when_dry() -> None:
    x = jnp.array([0.0, 1e-9, 1e-6, 0.1, 1.0, 3.0])
    canopy = canopy_with(0.5 * x, 0.5 * x, jnp.full(6, 280.0))
    wet = wet_fraction(canopy, jnp.ones(6), jnp.ones(6))
    np.testing.assert_allclose(wet, [0.0, 1e-7, 1e-4, 0.1 ** (2.0 / 3.0), 1.0, 1.0], rtol=1e-12)
    slope = jax.grad(lambda y: wet_fraction(canopy_with([y], [0.0], [280.0]), jnp.ones(1), jnp.ones(1))[0])(0.0)
    np.testing.assert_allclose(slope, 100.0, rtol=1e-9)
