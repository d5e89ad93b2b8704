"""Water and energy of the whole column close in every step, whatever fills the slots and whatever the weather does.

Choices of most slots run side by side in the columns of one model (see `mixed`), so that few models are compiled.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.budget.mixed import mixed_model
from tests.budget.weather import DT, Watch, endure, next_weather, random_columns, weather_of

from vadose.constants import HEAT_AIR, HEAT_ICE, HEAT_WATER, LATENT_HEAT_FUSION, RHO_ICE, RHO_WATER
from vadose.land.parameters import SoilParameters
from vadose.land.state import Snow, Soil
from vadose.model import presets
from vadose.model.above import come_down, shine
from vadose.model.column import ColumnModel
from vadose.model.state import Parameters, State
from vadose.model.surface import balance

STEPS = 3 * 48
COLUMNS = 200
ENERGY = 1e-8  # W m-2
ALONE = ("turbulence", "energy", "snowpack")  # slots whose choices differ in what they solve for or how much they hold
STRUCTURES = (  # the preset's own stand in the test of every choice
    pytest.param({"turbulence": "chen97", "energy": "coupled", "snowpack": "five-layers"}, marks=pytest.mark.long),
    {"turbulence": "zilitinkevich", "energy": "consistent", "snowpack": "twelve-layers"},
)


def one_at_a_time(preset: str, columns: int) -> list[dict[str, str]]:
    """The preset with one slot chosen otherwise, every choice in turn, over so many columns."""
    form = presets.PRESETS[preset]["soil_water"].startswith("richards")
    changed: list[dict[str, str]] = [{}]
    for slot, choices in presets.SLOTS.items():
        if slot not in ALONE:
            known = [name for name in choices if slot != "soil_water" or name.startswith("richards") == form]
            changed += [{slot: name} for name in known if name != presets.PRESETS[preset][slot]]
    return [changed[column % len(changed)] for column in range(columns)]


def check(seen: Watch, steps: int, unconverged: float) -> None:
    assert np.all(np.asarray(seen.lost) == 0)
    assert np.all(np.asarray(seen.broken) == 0)
    assert np.max(np.asarray(seen.water)) <= 1.0
    assert np.max(np.asarray(seen.energy)) <= ENERGY
    assert np.sum(np.asarray(seen.failed)) <= unconverged * steps * seen.failed.shape[0]


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["noahmp", "vadose", pytest.param("clm", marks=pytest.mark.long)])
def test_water_and_energy_close_with_every_choice_of_every_slot(preset: str) -> None:
    model = mixed_model(preset, one_at_a_time(preset, COLUMNS))
    state, parameters = random_columns(model, COLUMNS, 11)
    key = jax.random.key(11)
    _, _, seen = endure(model, state, parameters, weather_of(COLUMNS, 11), key, jnp.asarray(0), jnp.asarray(STEPS))
    check(seen, STEPS, 5e-3)


@pytest.mark.slow
@pytest.mark.parametrize("options", STRUCTURES, ids=lambda options: options["turbulence"])
def test_water_and_energy_close_with_what_cannot_stand_side_by_side(options: dict[str, str]) -> None:
    model = presets.build("noahmp", options=options)
    state, parameters = random_columns(model, COLUMNS, 12)
    key = jax.random.key(12)
    _, _, seen = endure(model, state, parameters, weather_of(COLUMNS, 12), key, jnp.asarray(0), jnp.asarray(STEPS))
    check(seen, STEPS, 2e-2)


def heat_capacity(snow: Snow, soil: Soil, parameters: SoilParameters, dz: Any) -> tuple[Any, Any]:
    """J m-2 K-1 of snow and soil layers, written again from the volumes."""
    ice = soil.ice * (RHO_WATER / RHO_ICE)
    theta_s = parameters.retention.theta_s
    air = jnp.maximum(theta_s - soil.liquid - ice, 0.0)
    solid = (1.0 - theta_s) * parameters.solids_heat
    in_soil = dz * (solid + HEAT_WATER * soil.liquid + HEAT_ICE * ice + HEAT_AIR * air)
    return HEAT_WATER / RHO_WATER * snow.liquid + HEAT_ICE / RHO_ICE * snow.ice, in_soil


@jax.jit
def gained(model: ColumnModel, state: State, parameters: Parameters, forcing: Any) -> tuple[Any, Any, Any]:
    """Heat in snow and soil from their states, what entered less what left, and the whole surface's balance, W m-2."""
    dt = jnp.asarray(DT)
    above = come_down(model, state, parameters, forcing, dt)
    light = shine(model, above, parameters, forcing, dt)
    energy = balance(model, above, light, parameters, dt)
    before, after, dz = above.state, energy.state, model.depths
    in_snow, in_soil = heat_capacity(before.snow, before.soil, parameters.soil, dz)
    warmer = jnp.sum(in_snow * (after.snow.temperature - before.snow.temperature), axis=0)
    warmer += jnp.sum(in_soil * (after.soil.temperature - before.soil.temperature), axis=0)
    frozen = jnp.sum(after.snow.ice - before.snow.ice, axis=0) - energy.heat.melt * dt
    frozen += RHO_WATER * jnp.sum((after.soil.ice - before.soil.ice) * dz, axis=0)
    stored = (warmer - LATENT_HEAT_FUSION * frozen) / dt
    s, light_in, heat, f = energy.surface, light.radiation, above.heat, above.fraction
    falls = heat.canopy + f * heat.ground_vegetated + (1.0 - f) * heat.ground_bare
    surface = light_in.absorbed_canopy + light_in.absorbed_ground + falls - s.net_longwave - s.sensible
    surface -= s.latent_canopy + s.latent_transpiration + s.latent_ground + s.ground_heat + s.canopy_heat_storage
    return stored, s.ground_heat - energy.heat.bottom_heat, surface


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["noahmp", "vadose"])
def test_the_heat_of_snow_and_soil_is_what_the_surface_hands_down_counted_from_the_states(preset: str) -> None:
    model = presets.build(preset)
    state, parameters = random_columns(model, COLUMNS, 13)
    _, forcing = next_weather(weather_of(COLUMNS, 13), jax.random.key(13), jnp.asarray(20))
    stored, handed, surface = gained(model, state, parameters, forcing)
    assert np.max(np.abs(surface)) < ENERGY
    # Heat flows of kilowatts are known to 1e-12 of the heat that layers hold above 0 K.
    assert np.max(np.abs(stored - handed)) < 1e-6
