"""Heat that rain and snow bring to the leaves and to the ground when they take their temperatures."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import HEAT_ICE, HEAT_WATER, RHO_ICE, RHO_WATER
from vadose.land.air import Air
from vadose.land.interception import Throughfall
from vadose.land.state import Canopy

WATER = HEAT_WATER / RHO_WATER  # J kg-1 K-1
ICE = HEAT_ICE / RHO_ICE  # J kg-1 K-1


@pytree
class AdvectedHeat:
    """Heat that precipitation brings, W m-2, all [column].

    canopy              to the leaves, of a m2 of the cell
    ground_vegetated    to the ground below the canopy, of a m2 of it
    ground_bare         to bare ground, of a m2 of it
    """

    canopy: Array
    ground_vegetated: Array
    ground_bare: Array


def precipitation_heat(
    air: Air,
    canopy: Canopy,
    ground_temperature: Array,
    throughfall: Throughfall,
    *,
    fraction: Array,
    rain: Array,
    snowfall: Array,
    limit: Array = 20.0,
) -> AdvectedHeat:
    """Heat of precipitation that falls at air temperature, leaves the canopy at its own and reaches the ground's.

    canopy    c f P (T_air - T_leaf)
    ground    c drip (T_leaf - T_ground) / f below the canopy,  c direct (T_air - T_ground) / (1 - f) beside it
    Noah-MP also takes from the leaves what the drip brings to the ground, though the rain has brought it.

    ground_temperature   [column] K
    fraction             [column] 1            f, of the cell that vegetation covers
    rain, snowfall       [column] kg m-2 s-1   P above the canopy
    limit                W m-2                 on each flux; the balance takes them as constant in the step, so that a
                                               cloudburst could drive leaves beyond its own temperature; inf: none
    Source: He et al. (2023), Noah-MP 5 technical note, which has the same limit
    """
    leaf, ground = canopy.temperature, ground_temperature
    falling, drip = WATER * rain + ICE * snowfall, WATER * throughfall.rain_drip + ICE * throughfall.snow_drip
    direct = WATER * throughfall.rain_direct + ICE * throughfall.snow_direct
    below, beside = drip * (leaf - ground), direct * (air.temperature - ground)
    covered, open_ground = fraction > 0.0, fraction < 1.0
    to_canopy = jnp.where(covered, fraction * falling * (air.temperature - leaf), 0.0)
    to_vegetated = jnp.where(covered, below / jnp.where(covered, fraction, 1.0), 0.0)
    # Water that fell off with the last leaves lands on what is now bare ground.
    to_bare = jnp.where(open_ground, beside + jnp.where(covered, 0.0, below), 0.0)
    to_bare = to_bare / jnp.where(open_ground, 1.0 - fraction, 1.0)
    return AdvectedHeat(*(jnp.clip(heat, -limit, limit) for heat in (to_canopy, to_vegetated, to_bare)))
