"""Conductivity between two layers from those at their centres, with its slopes: options of the Richards solver.

`between(K, K_psi, share, series, downward)`: K, K_psi [layer, column] are the conductivity over its saturated value
(1) and its slope (m-1); share [layer-1, column] the upper layer's part of the distance between two centres; series
[layer-1, column] the saturated conductivity of the two half layers in series (m s-1); downward whether the total head
falls downward. Returns the conductivity of each inner face and its slopes to the heads above and below.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree


@pytree
class ArithmeticMean:
    """Saturated conductivity in series, times the mean of both relative conductivities.

    Second order in the thickness for smooth profiles; a wetting front is not held back by the dry layer below it.
    Source: Haverkamp & Vauclin (1979); Szymkiewicz (2009)
    """

    def between(self, K: Array, K_psi: Array, share: Array, series: Array, downward: Array) -> tuple[Array, ...]:
        """K_sat (K_r above + K_r below) / 2."""
        half = 0.5 * series
        return half * (K[:-1] + K[1:]), half * K_psi[:-1], half * K_psi[1:]


@pytree
class Upwind:
    """Saturated conductivity in series, times the relative conductivity of the layer that the water comes from.

    First order, never oscillates. Source: Forsyth & Kropinski (1997); Maxwell & Miller (2005)
    """

    def between(self, K: Array, K_psi: Array, share: Array, series: Array, downward: Array) -> tuple[Array, ...]:
        """K_sat K_r of the upstream layer."""
        above = jnp.where(downward, series, 0.0)
        below = series - above
        return above * K[:-1] + below * K[1:], above * K_psi[:-1], below * K_psi[1:]


@pytree
class GeometricMean:
    """Saturated conductivity in series, times the geometric mean of both relative conductivities.

    Follows evaporation from a drying surface well, holds infiltration into dry soil back where layers are thick,
    and converges less surely than the others in extreme contrasts.
    Source: Haverkamp & Vauclin (1979)
    """

    def between(self, K: Array, K_psi: Array, share: Array, series: Array, downward: Array) -> tuple[Array, ...]:
        """K_sat sqrt(K_r above K_r below)."""
        above, below = jnp.maximum(K[:-1], SMALLEST), jnp.maximum(K[1:], SMALLEST)
        mean = series * jnp.sqrt(above) * jnp.sqrt(below)
        return mean, 0.5 * mean * K_psi[:-1] / above, 0.5 * mean * K_psi[1:] / below


SMALLEST = 1e-100  # relative conductivity, so that the slope of the root stays finite
