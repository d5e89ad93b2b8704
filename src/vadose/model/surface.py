"""The second part of a step: temperatures of leaves, ground, snow and soil, and what crosses the surface."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION, RHO_WATER
from vadose.land.energy import surface_energy
from vadose.land.energy_state import CanopySurface, GroundSurface, SurfaceFluxes
from vadose.land.radiation import canopy_emissivity, ground_emissivity
from vadose.land.roughness import SurfaceRoughness, surface_roughness
from vadose.land.snow.heat import ice_fraction
from vadose.model.above import Above, Light, leaf_heat
from vadose.model.ground import latent_heat
from vadose.model.heat_layers import HeatFluxes
from vadose.model.state import Parameters, State

if TYPE_CHECKING:
    from vadose.model.column import ColumnModel

DEEP_SNOW = 0.05  # m, above which the ground's surface stays at 0 degrees C while it melts; He et al. (2023)
HEAVY_SNOW = 5.0  # kg m-2, of snow that can take the heat of a step by melting; 9 mm melt in an hour of 800 W m-2
LEFT = 1e-6  # of the top layer's water, which evaporation leaves there


class Energy(NamedTuple):
    """The state after the heat step, the fluxes, and what the water steps must know of them."""

    state: State
    surface: SurfaceFluxes
    heat: HeatFluxes
    latent_heat: Array
    stress: Array
    share: Array
    ice_fraction: Array


def balance(model: ColumnModel, above: Above, light: Light, parameters: Parameters, dt: Array) -> Energy:
    """Leaf and ground temperatures, the turbulent fluxes, and the heat of snow and soil."""
    state, soil, plants = replace(above.state, snow=light.snow), parameters.soil, parameters.vegetation
    rough = surface_roughness(plants, soil, snow_depth=state.snow.depth, snow_cover=light.cover)
    stress, share = model.stress.uptake(state.soil, soil, model.roots.weights(plants, model.depths), model.depths)
    resistance, humidity = model.soil_resistance.resistance(
        state.soil, soil, model.depths, snow_cover=light.cover, air=above.air,
        ground_temperature=state.ground_temperature,
    )  # fmt: skip
    conductance, contact = model.heat.coupling(state.snow, state.soil, soil, model.depths, dt)
    paid = latent_heat(state.ground_temperature)
    held = RHO_WATER * model.thickness[0] * (state.soil.liquid[0] + state.soil.ice[0]) * (1.0 - LEFT)
    heavy = (state.snow.depth > DEEP_SNOW) & (state.snow.water_equivalent > HEAVY_SNOW)
    ground = GroundSurface(
        temperature=state.ground_temperature,
        conductance=conductance,
        contact_temperature=contact,
        humidity=humidity,
        evaporation_resistance=resistance,
        emissivity=ground_emissivity(light.cover),
        roughness=rough.ground,
        displacement=rough.ground_displacement,
        latent_heat=paid,
        evaporation_limit=(held + state.snow.water_equivalent) / dt,
        melt_heat=jnp.where(heavy, LATENT_HEAT_FUSION / dt * state.snow.water_equivalent, 0.0),
        absorbed=light.radiation.absorbed_ground,
        precipitation_heat=jnp.stack([above.heat.ground_vegetated, above.heat.ground_bare]),
    )
    surface = surface_energy(
        above.air, state.canopy, plants, canopy_surface=_canopy_surface(above, light, rough, plants, dt),
        ground_surface=ground, turbulence=model.turbulence, stomata=model.stomata, stress=stress, dt=dt,
        options=model.energy,
    )  # fmt: skip
    shares = ice_fraction(state.snow)
    snow, ground_soil, heat = model.heat.step(
        state.snow, state.soil, soil, model.depths, surface.ground_heat, light.cover, dt
    )
    state = replace(state, snow=snow, soil=ground_soil, ground_temperature=surface.ground_temperature)
    return Energy(state, surface, heat, paid, stress, share, shares)


def _canopy_surface(above: Above, light: Light, rough: SurfaceRoughness, plants: Any, dt: Array) -> CanopySurface:
    """The canopy as the energy balance sees it."""
    canopy = above.state.canopy
    frozen = canopy.temperature <= FREEZING_POINT
    return CanopySurface(
        fraction=above.fraction,
        lai=above.lai,
        sai=above.sai,
        sunlit_lai=light.radiation.sunlit_lai,
        shaded_lai=light.radiation.shaded_lai,
        roughness=rough.canopy,
        displacement=rough.canopy_displacement,
        height=plants.height_top,
        wet_fraction=above.fall.wet_fraction,
        heat_capacity=leaf_heat(above, plants.canopy_heat),
        emissivity=canopy_emissivity(above.lai, above.sai),
        absorbed=light.radiation.absorbed_canopy,
        par=light.radiation.par,
        precipitation_heat=above.heat.canopy,
        liquid_limit=jnp.where(frozen, canopy.ice, canopy.liquid) / dt,
    )
