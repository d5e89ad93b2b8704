"""The first part of a step: weather, plants, what falls through them, and who absorbs the sun."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import HEAT_ICE, HEAT_WATER, RHO_ICE, RHO_WATER
from vadose.land.air import Air, Forcing, air_of
from vadose.land.interception import Throughfall
from vadose.land.precipitation_heat import AdvectedHeat, precipitation_heat
from vadose.land.radiation import Radiation, ground_albedo, split
from vadose.land.snow.fresh import fresh_density
from vadose.land.state import Snow
from vadose.model.state import Parameters, State

if TYPE_CHECKING:
    from vadose.model.column import ColumnModel


class Above(NamedTuple):
    """What comes from above: weather, plants, and precipitation on its way through them."""

    state: State
    air: Air
    rain: Array
    snowfall: Array
    density: Array
    lai: Array
    sai: Array
    fraction: Array
    fall: Throughfall
    heat: AdvectedHeat


class Light(NamedTuple):
    """Snow with its new albedo, its cover, the sun and who absorbs it."""

    snow: Snow
    cover: Array
    sun: Array
    radiation: Radiation


def come_down(model: ColumnModel, state: State, parameters: Parameters, forcing: Forcing, dt: Array) -> Above:
    """Weather, plants and what falls through them."""
    air = air_of(forcing, parameters.reference_height)
    scheme = model.rain_snow.snow_fraction(air)
    given = jnp.isfinite(forcing.snow_fraction)
    frozen = jnp.where(given, jnp.where(given, forcing.snow_fraction, 0.0), scheme)
    snowfall = frozen * forcing.precipitation
    rain = forcing.precipitation - snowfall
    density = fresh_density(air)
    lai, sai, fraction = model.leaves.leaves(parameters.vegetation, forcing, state.snow.depth)
    canopy, fall = model.interception.intercept(
        state.canopy, parameters.vegetation, fraction=fraction, lai=lai, sai=sai, rain=rain, snowfall=snowfall,
        air=air, snow_density=density, dt=dt,
    )  # fmt: skip
    heat = precipitation_heat(
        air, canopy, state.ground_temperature, fall, fraction=fraction, rain=rain, snowfall=snowfall
    )
    return Above(replace(state, canopy=canopy), air, rain, snowfall, density, lai, sai, fraction, fall, heat)


def shine(model: ColumnModel, above: Above, parameters: Parameters, forcing: Forcing, dt: Array) -> Light:
    """Snow cover, albedo and who absorbs the sun."""
    state, soil = above.state, parameters.soil
    cover = model.snow_cover.cover(state.snow, parameters.vegetation)
    snow, direct, diffuse = model.snow_albedo.step(
        state.snow, snowfall=above.fall.snowfall, ground_temperature=state.ground_temperature,
        cos_zenith=forcing.cos_zenith, dt=dt,
    )  # fmt: skip
    moisture = state.soil.liquid[0] + state.soil.ice[0]
    ground_direct, ground_diffuse = ground_albedo(soil, moisture, cover, direct, diffuse)
    sun = jnp.where(forcing.cos_zenith > 0.0, forcing.shortwave, 0.0)
    radiation = model.two_stream.absorb(
        split(sun), cos_zenith=forcing.cos_zenith, vegetation=parameters.vegetation, fraction=above.fraction,
        lai=above.lai, sai=above.sai, wet_fraction=above.fall.wet_fraction,
        canopy_temperature=state.canopy.temperature, ground_direct=ground_direct, ground_diffuse=ground_diffuse,
    )  # fmt: skip
    return Light(snow, cover, sun, radiation)


def leaf_heat(above: Above, canopy_heat: Array) -> Array:
    """Heat capacity of leaves and of the water on them, J m-2 K-1 of vegetated ground."""
    f = above.fraction
    share = jnp.where(f > 0.0, f, 1.0)
    canopy = above.state.canopy
    water = canopy.liquid * (HEAT_WATER / RHO_WATER) + canopy.ice * (HEAT_ICE / RHO_ICE)
    return canopy_heat * HEAT_WATER * (above.lai + above.sai) + jnp.where(f > 0.0, water / share, 0.0)


def mean_heat(above: Above) -> Array:
    """Heat of precipitation of the whole cell, W m-2."""
    f, heat = above.fraction, above.heat
    return heat.canopy + f * heat.ground_vegetated + (1.0 - f) * heat.ground_bare
