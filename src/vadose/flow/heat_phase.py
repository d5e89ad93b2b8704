"""Melting and freezing by correction of temperature: heat above or below 0 degrees C turns into a change of ice.

A layer whose temperature passed the freezing point goes back to it, and the heat C (T - T_0) melts ice or freezes
water; what is left over changes the temperature again. C is that of the start, so that heat closes exactly.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION


def snow_phase(
    temperature: Array, ice: Array, liquid: Array, capacity: Array, present: Array
) -> tuple[Array, Array, Array]:
    """Temperature, K, and melt, kg m-2 (negative: frozen), of snow layers, and the heat they cannot keep, J m-2.

    temperature, capacity   [snow, column] K, J m-2 K-1
    ice, liquid             [snow, column] kg m-2
    Snow does not get warmer than 0 degrees C: heat beyond what its ice can take goes to the next layer, and out of
    the last one to the soil ([column], returned).
    """
    excess = jnp.zeros_like(temperature[0])
    temperatures, melts = [], []
    for T, frozen, water, C, there in zip(temperature, ice, liquid, capacity, present, strict=True):
        heat = jnp.where(there, C * (T - FREEZING_POINT) + excess, 0.0)
        melt = jnp.minimum(jnp.maximum(heat / LATENT_HEAT_FUSION, -water), frozen)
        melt = jnp.where(there, melt, 0.0)
        left = heat - LATENT_HEAT_FUSION * melt
        warm = left > 0.0
        temperatures.append(FREEZING_POINT + jnp.where(warm, 0.0, left) / C)
        melts.append(melt)
        excess = jnp.where(warm, left, 0.0)
    return jnp.stack(temperatures), jnp.stack(melts), excess


def thin_snow_phase(temperature: Array, capacity: Array, water_equivalent: Array) -> tuple[Array, Array]:
    """Temperature of the top soil layer, K, and melt, kg m-2, of snow without layers that lies on it; all [column].

    The snow takes the soil's heat above 0 degrees C. water_equivalent kg m-2 is 0 where there is no such snow.
    """
    heat = capacity * (temperature - FREEZING_POINT)
    melt = jnp.minimum(jnp.maximum(heat / LATENT_HEAT_FUSION, 0.0), water_equivalent)
    return temperature - LATENT_HEAT_FUSION * melt / capacity, melt


def soil_phase(temperature: Array, ice: Array, freezable: Array, capacity: Array) -> tuple[Array, Array]:
    """Temperature, K, and melt, kg m-2 (negative: frozen), of soil layers, [layer, column].

    ice         kg m-2      in the layer
    freezable   kg m-2      liquid water above the most that stays liquid at `temperature`, >= 0
    capacity    J m-2 K-1
    """
    heat = capacity * (temperature - FREEZING_POINT)
    melt = heat / LATENT_HEAT_FUSION
    melt = jnp.where(heat > 0.0, jnp.minimum(melt, ice), -jnp.minimum(-melt, freezable))
    return temperature - LATENT_HEAT_FUSION * melt / capacity, melt
