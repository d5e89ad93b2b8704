"""The state that a column begins with."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT
from vadose.land.state import Canopy, Groundwater, Snow, Soil
from vadose.model.state import Parameters, State

NEW_SNOW = 100.0  # kg m-3, of the snow that a run begins with
VAPOUR = 2000.0  # Pa, of the canopy air at the first step, at most saturation; it is forgotten within a step
AQUIFER = 4900.0  # kg m-2, of the aquifer whose water table lies at its usual depth; Niu et al. (2007)
YOUNG_ALBEDO = 0.65  # of the snow of the CLASS scheme at the start; He et al. (2023)


def initial_state(
    model: Any,
    parameters: Parameters,
    *,
    moisture: Array,
    temperature: Array,
    snow_water: Array = 0.0,
    water_table: Array = None,
) -> State:
    """A state at rest: soil as stated, leaves and ground as warm as the top layer, thin snow without layers.

    moisture      [layer, column] m3 m-3   all liquid: the first step freezes what is cold enough
    temperature   [layer, column] K
    snow_water    [column] kg m-2
    water_table   [column] m below the ground; default: 0.5 m below the soil's bottom
    """
    temperature = jnp.asarray(temperature, float)
    moisture = jnp.asarray(moisture, float) + 0.0 * temperature
    top, zero = temperature[0], jnp.zeros_like(temperature[0])
    layers = jnp.zeros((model.snowpack.layers, *zero.shape))
    water = zero + snow_water
    bottom = float(jnp.sum(jnp.asarray(model.thickness)))
    table = zero + (bottom + 0.5 if water_table is None else water_table)
    porosity = parameters.soil.retention.theta_s
    return State(
        canopy=Canopy(top, top, jnp.minimum(VAPOUR, _saturation(top)), zero, zero),
        snow=Snow(layers, layers, layers, layers + FREEZING_POINT, water / NEW_SNOW, water, zero, zero + YOUNG_ALBEDO),
        soil=Soil(temperature, jnp.minimum(moisture, porosity), jnp.zeros_like(temperature)),
        groundwater=Groundwater(zero + AQUIFER, zero + AQUIFER, table),
        ground_temperature=top,
        pond=zero,
    )


def _saturation(temperature: Array) -> Array:
    return 611.2 * jnp.exp(17.67 * (temperature - FREEZING_POINT) / (temperature - 29.65))
