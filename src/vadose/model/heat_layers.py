"""Snow and soil as one column of layers that conduct heat, and the heat they hold."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import (
    HEAT_AIR,
    HEAT_ICE,
    HEAT_WATER,
    LATENT_HEAT_FUSION,
    RHO_ICE,
    RHO_WATER,
)
from vadose.flow.heat import HeatLayers
from vadose.land.parameters import SoilParameters
from vadose.land.snow.heat import heat_capacity
from vadose.land.state import Snow, Soil

ICE_VOLUME = RHO_WATER / RHO_ICE  # of ice per volume of the water that it holds


@pytree
class HeatFluxes:
    """What a step of snow and soil heat gives back, all [column].

    bottom_heat   W m-2        leaves through the bottom of the soil, positive downward
    melt          kg m-2 s-1   of snow without layers: it has left the snow and goes to the soil
    storage       W m-2        gained by the layers: sum of capacity dT - L_f d(ice), over dt
    residual      W m-2        storage - (ground heat - bottom heat), from the states before and after
    iterations    number of iterations, 0 where the step needs none
    converged     bool
    """

    bottom_heat: Array
    melt: Array
    storage: Array
    residual: Array
    iterations: Array
    converged: Array


def soil_capacity(soil: Soil, parameters: SoilParameters, thickness: Array) -> Array:
    """Heat capacity of the soil layers, J m-2 K-1, [layer, column]: of solids, water, ice and air by volume."""
    theta_s, ice = parameters.retention.theta_s, soil.ice * ICE_VOLUME
    air = theta_s - soil.liquid - ice
    volume = (1.0 - theta_s) * parameters.solids_heat + soil.liquid * HEAT_WATER + ice * HEAT_ICE
    return thickness * (volume + HEAT_AIR * jnp.where(air > 0.0, air, 0.0))


def soil_conductivity(soil: Soil, parameters: SoilParameters) -> Array:
    """Conductivity of the soil layers, W m-1 K-1, [layer, column]; water beyond the pores counts as saturation."""
    porosity = parameters.thermal.porosity
    liquid = jnp.where(soil.liquid > porosity, porosity, soil.liquid)
    ice = jnp.where(soil.ice > porosity, porosity, soil.ice) * ICE_VOLUME
    return parameters.thermal.conductivity(liquid, ice)


def snow_conductivity(snow: Snow, scheme: Any) -> Array:
    """Conductivity of the snow layers, W m-1 K-1, [snow, column], of their bulk density."""
    there = snow.thickness > 0.0
    density = (snow.ice + snow.liquid) / jnp.where(there, snow.thickness, 1.0)
    return scheme.conductivity(jnp.where(there, density, 100.0))


def heat_layers(snow: Snow, soil: Soil, parameters: SoilParameters, thickness: Array, scheme: Any) -> HeatLayers:
    """Snow and soil as one column, [snow + layer, column].

    thickness   [layer, 1 or column] m   of the soil layers
    scheme      conductivity of snow as a function of its density
    """
    there = (snow.thickness > 0.0) & (snow.ice + snow.liquid > 0.0)
    dz = thickness + 0.0 * soil.temperature
    in_snow = heat_capacity(snow.ice, snow.liquid)
    return HeatLayers(
        temperature=jnp.concatenate([snow.temperature, soil.temperature]),
        thickness=jnp.concatenate([jnp.where(there, snow.thickness, 0.0), dz]),
        capacity=jnp.concatenate([jnp.where(there, in_snow, 1.0), soil_capacity(soil, parameters, dz)]),
        conductivity=jnp.concatenate(
            [jnp.where(there, snow_conductivity(snow, scheme), 1.0), soil_conductivity(soil, parameters)]
        ),
        present=jnp.concatenate([there, jnp.ones_like(dz, dtype=bool)]),
    )


def thin_snow(snow: Snow) -> Array:
    """Water of snow that lies without layers, kg m-2, [column]; 0 where there are layers."""
    if snow.thickness.shape[0] == 0:
        return snow.water_equivalent
    return jnp.where(snow.thickness[-1] > 0.0, 0.0, snow.water_equivalent)


LEAST_DENSITY, MOST_DENSITY = 50.0, 500.0  # kg m-3, of snow without layers after melt; Noah-MP v5


def updated(
    snow: Snow, soil: Soil, thickness: Array, temperature: Array, melted: tuple[Array, Array, Array]
) -> tuple[Snow, Soil]:
    """Snow and soil with new temperatures, [snow + layer, column] K, and what has melted.

    melted   kg m-2, negative where it froze: of snow layers [snow, column], thin snow [column], soil [layer, column]
    """
    from_layers, from_thin, from_soil = melted
    count = snow.thickness.shape[0]
    left = snow.water_equivalent - from_thin
    some = snow.water_equivalent > 0.0
    depth = snow.depth * left / jnp.where(some, snow.water_equivalent, 1.0)
    bounded = jnp.minimum(jnp.maximum(depth, left / MOST_DENSITY), left / LEAST_DENSITY)
    water = from_soil / (RHO_WATER * thickness)
    # Differences of the same masses can miss 0 by their rounding.
    made = Snow(
        thickness=snow.thickness,
        ice=positive(snow.ice - from_layers),
        liquid=positive(snow.liquid + from_layers),
        temperature=temperature[:count],
        depth=jnp.where(from_thin > 0.0, bounded, snow.depth),
        water_equivalent=left,
        age=snow.age,
        albedo=snow.albedo,
    )
    return made, Soil(temperature[count:], positive(soil.liquid + water), positive(soil.ice - water))


def positive(x: Array) -> Array:
    """x, 0 where it is negative; with the slope 1 at 0, where a maximum has half of it."""
    return jnp.where(x < 0.0, 0.0, x)


def heat_fluxes(
    layers: HeatLayers,
    before: tuple[Snow, Soil],
    after: tuple[Snow, Soil],
    thickness: Array,
    *,
    ground_heat: Array,
    bottom_heat: Array,
    melted: Array,
    dt: Array,
    solver: tuple[Array, Array] | None = None,
) -> HeatFluxes:
    """The fluxes of a step and its residual, recomputed from the states before and after.

    melted   [column] kg m-2 of thin snow;  solver   iterations and converged, [column]
    """
    (snow, soil), (snow_after, soil_after) = before, after
    warmer = jnp.concatenate([snow_after.temperature, soil_after.temperature]) - layers.temperature
    ice = jnp.sum(snow_after.ice - snow.ice, axis=0) - melted
    ice = ice + RHO_WATER * jnp.sum(thickness * (soil_after.ice - soil.ice), axis=0)
    storage = (jnp.sum(layers.capacity * warmer, axis=0) - LATENT_HEAT_FUSION * ice) / dt
    iterations, converged = solver or (jnp.zeros(ice.shape, dtype=int), jnp.ones(ice.shape, dtype=bool))
    return HeatFluxes(
        bottom_heat=bottom_heat,
        melt=melted / dt,
        storage=storage,
        residual=storage - (ground_heat - bottom_heat),
        iterations=iterations,
        converged=converged,
    )
