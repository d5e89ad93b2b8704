"""Reverse-mode gradients of the snow pieces against central differences, and finite where there is no snow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT
from vadose.land.snow.albedo import Bats
from vadose.land.snow.cover import NiuYang
from vadose.land.snow.heat import enthalpy
from vadose.land.snow.pack import Snowpack
from vadose.land.snow.partition import WetBulb
from vadose.land.state import Snow

PACK = Snowpack(3)


def _state() -> Snow:
    """Bare ground, thin cover, a cover about to be a layer, one wet layer, three layers, a flooded pack, a trace."""
    h = jnp.array(
        [
            [0.0, 0.0, 0.0, 0.0, 0.045, 0.05, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.15, 0.19, 0.0],
            [0.0, 0.0, 0.0, 0.04, 0.5, 0.6, 0.0],
        ]
    )
    ice, liquid = 200.0 * h, jnp.array([0.0, 0.0, 0.0, 30.0, 2.0, 150.0, 0.0]) * h
    cover = jnp.array([0.0, 1.0, 2.6, 0.0, 0.0, 0.0, 1e-9])
    depth = jnp.array([0.0, 0.01, 0.024, 0.0, 0.0, 0.0, 1e-11])
    warmth = jnp.where(h > 0.0, jnp.array([[-6.0], [-4.0], [-1.0]]), 0.0)
    one = jnp.ones(7)
    return Snow(
        h, ice, liquid, FREEZING_POINT + warmth, depth + h.sum(0), cover + (ice + liquid).sum(0), 0.4 * one, 0.8 * one
    )


def _weather() -> dict[str, Array]:
    one = jnp.ones(7)
    return {
        "snowfall": 2e-4 * one,
        "rain": 1e-4 * one,
        "density": 95.0 * one,
        "sublimation": 2e-5 * one,
        "frost": 1e-5 * one,
        "air_temperature": 268.0 * one,
    }


def _everything(snow: Snow, weather: dict[str, Array]) -> Array:
    """A smooth number that every output has a part in."""
    snow, direct, diffuse = Bats().step(
        snow,
        snowfall=weather["snowfall"],
        ground_temperature=weather["air_temperature"],
        cos_zenith=0.3 * jnp.ones(7),
        dt=1800.0,
    )
    new, fluxes = PACK.step(snow, **weather, dt=1800.0)
    cover = NiuYang().cover(new, SimpleNamespace(snow_cover_scale=0.014, snow_melt_factor=3.0))
    parts: list[Any] = [direct.sum(0), diffuse.sum(0), cover, new.depth, new.water_equivalent, 1e-6 * enthalpy(new)]
    parts += [1e3 * x for x in (fluxes.outflow, fluxes.sublimation, fluxes.excess)] + [1e-5 * fluxes.energy]
    weights = jnp.linspace(0.3, 1.7, 7)
    return sum(jnp.sum(weights * part) for part in parts)


VALUED = jax.jit(jax.value_and_grad(_everything, argnums=(0, 1)))


def test_gradients_are_finite_with_and_without_snow() -> None:
    gradient = VALUED(_state(), _weather())[1]
    assert all(np.all(np.isfinite(np.asarray(leaf))) for leaf in jax.tree.leaves(gradient))
    calm = jax.tree.map(jnp.zeros_like, _weather()) | {k: _weather()[k] for k in ("density", "air_temperature")}
    bare = jax.tree.map(jnp.zeros_like, _state())
    bare = Snow(**{**vars(bare), "temperature": bare.temperature + FREEZING_POINT})
    for snow in (bare, _state()):
        leaves = jax.tree.leaves(VALUED(snow, calm)[1])
        assert all(np.all(np.isfinite(np.asarray(leaf))) for leaf in leaves)


@pytest.mark.parametrize("name", ["snowfall", "rain", "sublimation", "air_temperature", "density"])
def test_gradients_by_the_weather_are_central_differences(name: str) -> None:
    snow, weather = _state(), _weather()
    step = 1e-5 * weather[name][1:6].mean()
    gradient = np.asarray(VALUED(snow, weather)[1][1][name])
    for column in range(1, 6):
        d = jnp.zeros(7).at[column].set(step)
        up, down = (VALUED(snow, weather | {name: weather[name] + s * d})[0] for s in (1.0, -1.0))
        assert float((up - down) / (2 * step)) == pytest.approx(gradient[column], rel=2e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["ice", "liquid", "temperature", "thickness"])
def test_gradients_by_the_layers_are_central_differences(name: str) -> None:
    snow, weather = _state(), _weather()
    gradient = np.asarray(getattr(VALUED(snow, weather)[1][0], name))
    for layer, column in [(2, 3), (0, 4), (1, 4), (2, 4), (0, 5), (2, 5)]:
        value = getattr(snow, name)
        step = 1e-6 * value[layer, column]
        ends = []
        for sign in (1.0, -1.0):
            moved = Snow(**{**vars(snow), name: value.at[layer, column].add(sign * step)})
            ends.append(float(VALUED(moved, weather)[0]))
        assert (ends[0] - ends[1]) / (2 * float(step)) == pytest.approx(gradient[layer, column], rel=1e-3, abs=1e-5)


def test_wet_bulb_fraction_has_the_gradient_of_its_curve() -> None:
    def fraction(t: Array, e: Array) -> Array:
        air = SimpleNamespace(temperature=t, vapour_pressure=e, pressure=9e4)
        return WetBulb().snow_fraction(air)

    for t, e in ((FREEZING_POINT + 1.3, 500.0), (FREEZING_POINT + 3.0, 300.0)):
        by_t, by_e = jax.grad(fraction, argnums=(0, 1))(t, e)
        assert float((fraction(t + 1e-5, e) - fraction(t - 1e-5, e)) / 2e-5) == pytest.approx(float(by_t), rel=1e-6)
        assert float((fraction(t, e + 1e-3) - fraction(t, e - 1e-3)) / 2e-3) == pytest.approx(float(by_e), rel=1e-6)
    assert np.isfinite(jax.grad(fraction)(330.0, 500.0))
