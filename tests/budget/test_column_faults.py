"""States in which a whole column once lost water, heat or its numbers, each in the smallest piece that did it."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from vadose.constants import LATENT_HEAT_SUBLIMATION
from vadose.land.snow.pack import Snowpack
from vadose.land.state import Snow, Soil
from vadose.model import presets
from vadose.model.ground import withdraw


@pytest.mark.parametrize("slot", presets.SLOTS)
def test_every_choice_of_a_slot_can_be_made(slot: str) -> None:
    for choice in presets.SLOTS[slot].values():
        assert choice.title
        choice.make()


def test_snow_that_melted_as_a_whole_leaves_no_layer_over_nothing() -> None:
    # Two layers of water only become one, which is divided again; frost on the upper one used to keep it alone.
    def layers(*values: float) -> jnp.ndarray:
        return jnp.asarray(values)[:, None]

    one = jnp.ones(1)
    snow = Snow(
        thickness=layers(0.0, 0.052, 0.068),
        ice=layers(0.0, 0.0, 0.0),
        liquid=layers(0.0, 3.6657, 4.4689),
        temperature=layers(273.15, 273.15, 273.15),
        depth=0.12 * one,
        water_equivalent=8.1346 * one,
        age=0.1 * one,
        albedo=0.65 * one,
    )
    new, fluxes = Snowpack(layers=3).step(
        snow, snowfall=0.0 * one, density=100.0 * one, rain=4e-5 * one, sublimation=0.0 * one, frost=4e-4 * one,
        air_temperature=290.0 * one, dt=jnp.asarray(1800.0), ice_fraction=layers(0.0, 0.6, 0.6), pressure=1e5 * one,
    )  # fmt: skip
    there = np.asarray(new.thickness[:, 0]) > 0.0
    assert np.all(np.diff(there.astype(int)) >= 0)
    out = float((fluxes.outflow + fluxes.excess)[0]) * 1800.0
    assert abs(float(new.water_equivalent[0]) + out - 8.1346 - (4e-4 + 4e-5) * 1800.0) < 1e-12


def test_ice_of_the_ground_that_sublimates_to_the_last_is_never_below_zero() -> None:
    held = np.random.default_rng(0).uniform(1e-9, 1e-3, 4000)
    none = jnp.zeros(held.size)
    snow = Snow(*(none[None] for _ in range(4)), none, none, none, none)
    soil = Soil(*(jnp.asarray(x)[None] for x in (270.0 + 0.0 * held, 0.2 + 0.0 * held, held)))
    dt, depth = jnp.asarray(1800.0), jnp.asarray(0.0175)
    after, taken = withdraw(snow, soil, depth, none + 1.0, none + LATENT_HEAT_SUBLIMATION, dt)
    assert np.min(np.asarray(after.ice)) >= 0.0
    lost = 1000.0 * 0.0175 * (held - np.asarray(after.ice[0]))
    np.testing.assert_allclose(lost + np.asarray(taken.evaporation) * 1800.0, 1800.0, rtol=1e-13)
