"""How much water stays liquid below 0 degrees C: the options that Noah's correction of temperature asks.

Each has `liquid(retention, total, ice, temperature)`: the most liquid water, m3 m-3, [layer, column], that can be
in a layer with `total` water (ice counted as water), m3 m-3, at `temperature`, K. `needs_power_law` says whether it
computes with psi_s and b of the retention, or takes any closure.
"""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import FREEZING_POINT, GRAVITY, LATENT_HEAT_FUSION
from vadose.soil.freezing import freezing_head, supercooled_water

ICE_FACTOR = 8.0  # 1, growth of the soil's suction with ice; Koren et al. (1999)
LARGEST_B = 5.5  # 1, of Clapp and Hornberger's exponent in the iteration; Koren et al. (1999)
LEAST_LIQUID = 0.02  # m3 m-3, that never freezes; Koren et al. (1999)
KOREN_STEPS = 10  # Newton steps; Koren et al. (1999)
NEAREST = 1e-3  # K below the freezing point from which ice forms; Noah-MP v5


@pytree
class NiuYang:
    """Campbell's curve at the freezing head, `vadose.soil.freezing.supercooled_water`.

    Source: Niu & Yang (2006)
    """

    needs_power_law: ClassVar[bool] = True

    def liquid(self, retention: Any, total: Array, ice: Array, temperature: Array) -> Array:
        """Most liquid water, m3 m-3; arguments as the module says."""
        return supercooled_water(retention.theta_s, retention.psi_s, retention.b, temperature)


@pytree
class RetentionCurve:
    """The retention curve at the freezing head, any closure."""

    needs_power_law: ClassVar[bool] = False

    def liquid(self, retention: Any, total: Array, ice: Array, temperature: Array) -> Array:
        """Most liquid water, m3 m-3; arguments as the module says."""
        return retention.water_content(freezing_head(temperature))


@pytree
class Koren:
    """Ice that binds water further: psi_s (theta_s / theta_l)^b (1 + 8 ice)^2 = (L_f / g) (T - T_0) / T.

    Newton's iteration on the ice, ten steps from the ice that is there; at least 0.02 m3 m-3 stays liquid, b at most
    5.5. The reference stops at changes of 0.005 m3 m-3; here the steps are always taken, so that the result does not
    depend on where it began. Source: Koren et al. (1999)
    """

    needs_power_law: ClassVar[bool] = True

    def liquid(self, retention: Any, total: Array, ice: Array, temperature: Array) -> Array:
        """Most liquid water, m3 m-3; arguments as the module says."""
        cold = (temperature < FREEZING_POINT - NEAREST) & (total > LEAST_LIQUID)
        T = jnp.where(cold, temperature, FREEZING_POINT - 1.0)
        water = jnp.where(cold, total, 0.5)
        b = jnp.where(retention.b > LARGEST_B, LARGEST_B, retention.b)
        head = jnp.log(LATENT_HEAT_FUSION * (T - FREEZING_POINT) / (GRAVITY * T * retention.psi_s))
        most = water - LEAST_LIQUID

        def excess(x: Array) -> tuple[Array, Array]:
            liquid = water - x
            value = 2.0 * jnp.log1p(ICE_FACTOR * x) + b * jnp.log(retention.theta_s / liquid) - head
            return value, 2.0 * ICE_FACTOR / (1.0 + ICE_FACTOR * x) + b / liquid

        def newton(_: Any, x: Array) -> Array:
            value, slope = excess(x)
            return jnp.clip(x - value / slope, 0.0, most)

        found = jax.lax.fori_loop(0, KOREN_STEPS, newton, jnp.clip(ice + 0.0 * head, 0.0, most))
        return jnp.where(cold, water - found, total)
