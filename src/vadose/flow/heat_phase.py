"""Melting and freezing by correction of temperature: heat above or below 0 degrees C turns into a change of ice.

A layer whose temperature passed the freezing point goes back to it, and the heat C (T - T_0) melts ice or freezes
water; what is left over changes the temperature again. C is that of the start, so that heat closes exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION

FREEZING_STEPS = 4  # of Newton's method: to 1e-10 m3 m-3 where a step cools by less than 5 K, to 1e-6 up to 40 K


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


def soil_phase(
    temperature: Array,
    ice: Array,
    liquid: Array,
    capacity: Array,
    most_liquid: Callable[[Array], Array],
    overshoot: bool = False,
) -> tuple[Array, Array]:
    """Temperature of soil layers, K, and melt, kg m-2 (negative: frozen), [layer, column].

    ice, liquid   kg m-2      in the layer
    capacity      J m-2 K-1
    most_liquid   liquid water, kg m-2, that can be at a temperature, K; water freezes down to it
    overshoot     take the limit at the temperature before freezing
    Ice melts above 0 degrees C only. The limit is that of the temperature after freezing, which the latent heat raises:
    with that before, as in Noah-MP, too much freezes, and small differences grow from step to step.
    """
    heat = capacity * (temperature - FREEZING_POINT)
    melt = jnp.minimum(jnp.maximum(heat / LATENT_HEAT_FUSION, 0.0), ice)
    if overshoot:
        frozen = jnp.minimum(-heat / LATENT_HEAT_FUSION, jnp.maximum(liquid - most_liquid(temperature), 0.0))
    else:
        frozen = _freezing(temperature, liquid, capacity / LATENT_HEAT_FUSION, most_liquid)
    melt = jnp.where(heat > 0.0, melt, -frozen)
    return temperature - LATENT_HEAT_FUSION * melt / capacity, melt


def _freezing(temperature: Array, liquid: Array, c: Array, most_liquid: Callable[[Array], Array]) -> Array:
    """Water that freezes, kg m-2, so that what stays is the most that can: c (x_0 - x) = liquid - most_liquid(T_0 - x).

    x_0, x are the degrees below the freezing point before and after, c the water that one degree freezes, kg m-2 K-1.
    Newton's method in y = ln x for ln most_liquid(x) = ln (liquid - c (x_0 - x)): retention curves are near power laws.
    """
    most = most_liquid(temperature)
    freezes = (temperature < FREEZING_POINT) & (most < liquid)
    x_0 = jnp.where(freezes, FREEZING_POINT - temperature, 1.0)
    # where all it can freezes, so that what stays is `most` at least
    x_1 = jnp.maximum(x_0 - (liquid - most) / c, 1e-9)
    lowest, highest = jnp.log(x_1), jnp.log(x_0)

    def step(y: Array) -> Array:
        x = jnp.exp(y)
        held, slope = jax.jvp(most_liquid, (FREEZING_POINT - x,), (-x,))
        stays = liquid - c * (x_0 - x)
        holds = freezes & (held > 0.0) & (stays > 0.0)
        held, stays = jnp.where(holds, held, 1.0), jnp.where(holds, stays, 1.0)
        slope = jax.lax.stop_gradient(slope / held - c * x / stays)
        change = (jnp.log(held) - jnp.log(stays)) / jnp.where(holds & (slope < 0.0), slope, -1.0)
        return jnp.clip(y - jnp.where(holds, change, 0.0), lowest, highest)

    y = jnp.log(0.5 * (x_1 + x_0))
    for _ in range(FREEZING_STEPS):
        y = step(jax.lax.stop_gradient(y))  # the last step alone has the gradient of the root
    return jnp.where(freezes, jnp.clip(c * (x_0 - jnp.exp(y)), 0.0, liquid), 0.0)
