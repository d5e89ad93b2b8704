"""Heat that snow holds, relative to liquid water at the freezing point."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, HEAT_ICE, HEAT_WATER, LATENT_HEAT_FUSION, RHO_ICE, RHO_WATER
from vadose.land.state import Snow

ICE_HEAT = HEAT_ICE / RHO_ICE  # J kg-1 K-1
WATER_HEAT = HEAT_WATER / RHO_WATER  # J kg-1 K-1


def heat_capacity(ice: Array, liquid: Array) -> Array:
    """Heat capacity of snow, J m-2 K-1, from its ice and liquid water, kg m-2."""
    return ICE_HEAT * ice + WATER_HEAT * liquid


def enthalpy(snow: Snow) -> Array:
    """Enthalpy of the whole snow, H = sum C (T - T0) - L_f ice, [column] J m-2; 0 for liquid water at T0.

    A thin cover without layers counts as ice at T0: it has no temperature of its own.
    """
    warmth = heat_capacity(snow.ice, snow.liquid) * (snow.temperature - FREEZING_POINT)
    ice = snow.water_equivalent - jnp.sum(snow.liquid, axis=0)
    return jnp.sum(warmth, axis=0) - LATENT_HEAT_FUSION * ice


def ice_fraction(snow: Snow) -> Array:
    """Ice over all water of each layer, [snow, column]; 1 where there is no layer."""
    water = snow.ice + snow.liquid
    return jnp.where(water > 0.0, snow.ice / jnp.where(water > 0.0, water, 1.0), 1.0)
