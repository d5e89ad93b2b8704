"""Volumetric heat capacity of soil: the sum over its parts, each by its volume (de Vries 1963)."""

from __future__ import annotations

from vadose import constants as c
from vadose.arrays import Array, as_float, keep, namespace
from vadose.soil.thermal.mixing import pore_space


def heat_capacity(theta: Array, theta_ice: Array, theta_s: Array, organic_fraction: Array = 0.0) -> Array:
    """Heat capacity of a volume of soil.

    C = (1 - theta_s) [(1 - f) C_mineral + f C_organic] + theta C_water + theta_ice C_ice + air C_air
    with air = theta_s - theta - theta_ice, 0 where ice has expanded beyond the pores

    theta, theta_ice    m3 m-3   volume of liquid water and of ice (not of the water it holds)
    theta_s             m3 m-3   porosity
    organic_fraction    1        f, volume of organic matter per volume of solids
    Returns J m-3 K-1. Raises RangeError where a single number is impossible; NaN where elements of arrays are.
    Source: de Vries (1963)
    """
    theta, theta_ice, theta_s = as_float(theta), as_float(theta_ice), as_float(theta_s)
    f = as_float(organic_fraction)
    f = keep((f >= 0.0) & (f <= 1.0), f, "organic_fraction", "a fraction of the solids, 0 to 1")
    theta, theta_ice = pore_space(theta, theta_ice, theta_s)
    solids = (1.0 - theta_s) * ((1.0 - f) * c.HEAT_MINERAL + f * c.HEAT_ORGANIC)
    air = namespace(theta, theta_ice, theta_s).maximum(theta_s - theta - theta_ice, 0.0)
    return solids + theta * c.HEAT_WATER + theta_ice * c.HEAT_ICE + air * c.HEAT_AIR
