"""Water and energy of the snowpack close in every step of a random winter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION
from vadose.land.snow.heat import ICE_HEAT, WATER_HEAT, enthalpy, heat_capacity, ice_fraction
from vadose.land.snow.pack import Snowpack
from vadose.land.snow.percolation import Percolation
from vadose.land.state import Snow

DT = 1800.0


def empty(layers: int, columns: int) -> Snow:
    none, zero = jnp.zeros((layers, columns)), jnp.zeros(columns)
    return Snow(none, none, none, none + FREEZING_POINT, zero, zero, zero, zero + 0.84)


def _weathered(snow: Snow, air_temperature: Array) -> Snow:
    """A stand-in of the heat step: layers follow the air, what is above T0 melts, what is wet and cold freezes."""
    here = snow.thickness > 0.0
    capacity = heat_capacity(snow.ice, snow.liquid)
    warmth = jnp.where(here, 0.9 * (snow.temperature - FREEZING_POINT) + 0.1 * (air_temperature - FREEZING_POINT), 0.0)
    melt = jnp.clip(capacity * warmth / LATENT_HEAT_FUSION, -snow.liquid, snow.ice)
    ice, liquid = snow.ice - melt, snow.liquid + melt
    capacity = heat_capacity(ice, liquid)
    warmth = (heat_capacity(snow.ice, snow.liquid) * warmth - LATENT_HEAT_FUSION * melt) / jnp.where(
        here, capacity, 1.0
    )
    bare = ~here[-1]
    left = jnp.where(bare & (air_temperature > FREEZING_POINT), 0.7, 1.0)
    return replace(
        snow,
        ice=ice,
        liquid=liquid,
        temperature=FREEZING_POINT + jnp.minimum(warmth, 0.0),
        depth=snow.depth * left,
        water_equivalent=jnp.where(bare, snow.water_equivalent * left, snow.water_equivalent),
    )


def _weather(key: Array, season: Array, columns: int) -> dict[str, Array]:
    k = jax.random.split(key, 6)
    air = FREEZING_POINT - 6.0 * season + 5.0 * jax.random.normal(k[0], (columns,))
    storm = jax.random.uniform(k[1], (columns,)) < 0.15
    rate = jnp.where(storm, jax.random.exponential(k[2], (columns,)) * 4e-4, 0.0)
    snows = jax.random.uniform(k[3], (columns,)) < jnp.clip(0.5 - 0.2 * (air - FREEZING_POINT - 1.0), 0.0, 1.0)
    vapour = 3e-5 * jax.random.normal(k[4], (columns,)) * (1.0 + 100.0 * (jax.random.uniform(k[5], (columns,)) < 0.01))
    return {
        "snowfall": jnp.where(snows, rate, 0.0),
        "rain": jnp.where(snows, 0.0, rate),
        "density": jnp.full(columns, 90.0),
        "sublimation": jnp.maximum(vapour, 0.0),
        "frost": jnp.maximum(-vapour, 0.0),
        "air_temperature": air,
    }


def _checks(old: Snow, new: Snow, fluxes: Any, weather: dict[str, Array]) -> Array:
    came = weather["snowfall"] + weather["rain"] + weather["frost"]
    water = old.water_equivalent + DT * (came - fluxes.outflow - fluxes.sublimation - fluxes.excess)
    ice = weather["snowfall"] + weather["frost"] - fluxes.sublimation - fluxes.excess
    heat = enthalpy(new) - enthalpy(old) - fluxes.energy + LATENT_HEAT_FUSION * DT * ice
    here = new.thickness > 0.0
    layered = here[-1]
    density = (new.ice + new.liquid) / jnp.where(here, new.thickness, 1.0)
    return jnp.stack(
        [
            jnp.max(jnp.abs(new.water_equivalent - water) / (1.0 + old.water_equivalent + DT * came)),
            jnp.max(jnp.abs(heat)) / DT,
            jnp.max(jnp.where(layered, jnp.abs(new.depth - new.thickness.sum(axis=0)), 0.0)),
            jnp.max(jnp.where(layered, jnp.abs(new.water_equivalent - (new.ice + new.liquid).sum(axis=0)), 0.0)),
            jnp.max(jnp.where(here[:-1] & ~here[1:], 1.0, 0.0), initial=0.0),
            -jnp.minimum(jnp.min(new.liquid), jnp.minimum(jnp.min(new.ice), jnp.min(fluxes.outflow))),
            jnp.max(jnp.where(here, density, 0.0)) - 1000.0,
            jnp.max(fluxes.sublimation - weather["sublimation"]) - 1e-15,
            jnp.max(jnp.abs(new.temperature - FREEZING_POINT)) - 60.0,
        ]
    )


def _winter(pack: Snowpack, steps: int, columns: int, seed: int = 0) -> tuple[Snow, np.ndarray, np.ndarray]:
    def body(carry: tuple[Snow, Array], i: Array) -> tuple[tuple[Snow, Array], tuple[Array, Array]]:
        snow, key = carry
        key, now = jax.random.split(key)
        weather = _weather(now, jnp.cos(2.0 * jnp.pi * i / 2500.0), columns)
        share = ice_fraction(snow)
        old = _weathered(snow, weather["air_temperature"])
        new, fluxes = pack.step(old, **weather, ice_fraction=share, dt=DT)
        count = jnp.max((new.thickness > 0.0).sum(axis=0))
        return (new, key), (_checks(old, new, fluxes, weather), count)

    start = (empty(pack.layers, columns), jax.random.key(seed))
    (snow, _), (checks, counts) = jax.jit(lambda s: jax.lax.scan(body, s, jnp.arange(steps)))(start)
    return snow, np.asarray(checks), np.asarray(counts)


@pytest.mark.slow
def test_a_random_winter_closes_water_and_energy_in_every_step() -> None:
    _, checks, counts = _winter(Snowpack(3), 5000, 1000)
    worst = checks.max(axis=0)
    assert np.all(np.isfinite(checks))
    assert worst[0] < 1e-13
    assert worst[1] < 1e-8
    assert np.all(worst[2:6] < 1e-11)
    assert np.all(worst[6:] <= 0.0)
    assert counts.max() == 3


@pytest.mark.parametrize("layers", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_other_numbers_of_layers_close_too(layers: int) -> None:
    _, checks, counts = _winter(Snowpack(layers), 1500, 100, seed=layers)
    worst = checks.max(axis=0)
    assert worst[0] < 1e-13
    assert worst[1] < 1e-8
    assert np.all(worst[2:6] < 1e-11)
    assert counts.max() == layers


def test_energy_is_what_the_water_brings_at_the_temperature_of_the_snow() -> None:
    pack, warmth = Snowpack(3), -3.0
    thickness = jnp.array([[0.0, 0.04], [0.0, 0.1], [0.04, 0.3]])
    ice, liquid = 250.0 * thickness, 60.0 * thickness
    snow = Snow(
        thickness,
        ice,
        liquid,
        FREEZING_POINT + jnp.where(thickness > 0.0, warmth, 0.0),
        thickness.sum(axis=0),
        (ice + liquid).sum(axis=0),
        jnp.zeros(2),
        jnp.zeros(2),
    )
    flux = {k: jnp.full(2, v) for k, v in {"snowfall": 3e-4, "rain": 2e-4, "sublimation": 4e-5, "frost": 1e-5}.items()}
    density, air = jnp.full(2, 100.0), jnp.full(2, 260.0)
    _, out = pack.step(snow, **flux, density=density, air_temperature=air, dt=DT)
    solid = flux["snowfall"] + flux["frost"] - out.sublimation
    assert np.all(np.asarray(out.percolation) > 0.0)
    expected = warmth * DT * (ICE_HEAT * solid + WATER_HEAT * (flux["rain"] - out.percolation))
    np.testing.assert_allclose(out.energy, expected, rtol=1e-9)


def test_percolation_keeps_water_and_heat() -> None:
    rng = np.random.default_rng(1)
    thickness = [jnp.asarray(rng.uniform(0.03, 0.3, 500)) for _ in range(3)]
    ice = [h * 300.0 for h in thickness]
    liquid = [h * jnp.asarray(rng.uniform(0.0, 200.0, 500)) for h in thickness]
    warmth = [jnp.asarray(-rng.uniform(0.0, 10.0, 500)) for _ in range(3)]
    _, wet, warm, out = Percolation().drain(thickness, ice, liquid, warmth, DT)
    before = sum(heat_capacity(i, w) * t for i, w, t in zip(ice, liquid, warmth, strict=True))
    after = sum(heat_capacity(i, w) * t for i, w, t in zip(ice, wet, warm, strict=True)) + WATER_HEAT * out * warm[-1]
    np.testing.assert_allclose(after, before, rtol=1e-12)
    np.testing.assert_allclose(sum(wet) + out, sum(liquid), rtol=1e-14)
