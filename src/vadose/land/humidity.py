"""Saturation vapour pressure over water and ice."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, VAPOUR_RATIO

# Pa K-i; Flatau, Walko and Cotton (1992), table 4, relative error norm, -85 (ice: -90) to 70 degrees C
WATER = (
    611.239921,
    44.3987641,
    1.42986287,
    2.64847430e-2,
    3.02950461e-4,
    2.06739458e-6,
    6.40689451e-9,
    -9.52447341e-12,
    -9.76195544e-14,
)
ICE = (
    611.147274,
    50.3160820,
    1.88439774,
    4.20895665e-2,
    6.15021634e-4,
    6.02588177e-6,
    3.85852041e-8,
    1.46898966e-10,
    2.52751365e-13,
)
COLDEST, HOTTEST = -85.0, 85.0  # degrees C, beyond which the pressure stays as it is


def saturation(temperature: Array) -> tuple[Array, Array]:
    """Saturation vapour pressure and its derivative with temperature, over ice below 0 degrees C, else over water.

    e_s = sum a_i t^i; the ice polynomial is raised by 0.15 per mille to meet that of water at 0 degrees C, since a
    step there would leave an energy balance near melting without a root.

    temperature   [column] K
    Returns Pa, Pa K-1
    Source: Flatau, Walko and Cotton (1992) table 4
    """
    t = temperature - FREEZING_POINT
    bounded = jnp.clip(t, COLDEST, HOTTEST)
    frozen = bounded < 0.0
    raised = WATER[0] / ICE[0]
    value = jnp.where(frozen, raised * ICE[-1], WATER[-1])
    slope = jnp.zeros_like(value)
    for water, ice in zip(WATER[-2::-1], ICE[-2::-1], strict=True):
        slope = slope * bounded + value
        value = value * bounded + jnp.where(frozen, raised * ice, water)
    return value, jnp.where(bounded == t, slope, 0.0)


def specific_humidity(vapour_pressure: Array, pressure: Array) -> Array:
    """q = 0.622 e / (p - 0.378 e), kg kg-1, of pressures in Pa."""
    return VAPOUR_RATIO * vapour_pressure / (pressure - (1.0 - VAPOUR_RATIO) * vapour_pressure)
