"""Density of falling snow."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT
from vadose.land.air import Air

DENSEST = 120.0  # kg m-3; He et al. (2023)


def fresh_density(air: Air, densest: Array = DENSEST) -> Array:
    """Density of fresh snow, rho = 67.92 + 51.25 e^((T - T0) / 2.59), at most `densest`; [column] kg m-3.

    Source: Hedstrom & Pomeroy (1998) eq. 5; the bound He et al. (2023)
    """
    warm = jnp.minimum(air.temperature - FREEZING_POINT, 10.0)
    return jnp.minimum(67.92 + 51.25 * jnp.exp(warm / 2.59), densest)
