"""Vapour that leaves or reaches the ground: which water it is, and the heat of fusion that the choice leaves over."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, LATENT_HEAT_SUBLIMATION, LATENT_HEAT_VAPORISATION, RHO_WATER
from vadose.land.state import Snow, Soil
from vadose.model.heat_layers import positive


class Withdrawn(NamedTuple):
    """Where the vapour of the ground comes from or goes to, kg m-2 s-1 [column], all >= 0.

    sublimation, frost   of the snow
    evaporation, dew     of the liquid water of the soil
    heat                 W m-2   what the surface paid beyond what these phases cost; it stays in the ground
    """

    sublimation: Array
    frost: Array
    evaporation: Array
    dew: Array
    heat: Array


def latent_heat(ground_temperature: Array) -> Array:
    """Heat that the surface gives for a kg of vapour, J kg-1: of sublimation where the ground is frozen.

    Where the water turns out to come from the other phase, `withdraw` says what heat is left over.
    """
    return jnp.where(ground_temperature <= FREEZING_POINT, LATENT_HEAT_SUBLIMATION, LATENT_HEAT_VAPORISATION)


def withdraw(snow: Snow, soil: Soil, depth: Array, vapour: Array, paid: Array, dt: Array) -> tuple[Soil, Withdrawn]:
    """Take vapour from snow, then ice, then liquid water of the ground, or put dew there.

    depth    [column] m             thickness of the first soil layer
    vapour   [column] kg m-2 s-1    leaves the ground; negative where it condenses
    paid     [column] J kg-1        heat that the surface gave for a kg
    Ice of the soil changes here; snow and liquid water are changed by those who own them, by the amounts returned.
    """
    solid = paid > 0.5 * (LATENT_HEAT_SUBLIMATION + LATENT_HEAT_VAPORISATION)
    out, back = jnp.maximum(vapour, 0.0), jnp.maximum(-vapour, 0.0)
    sublimation = jnp.minimum(out, snow.water_equivalent / dt)
    rest = out - sublimation
    held = RHO_WATER * depth * soil.ice[0] / dt
    from_ice = jnp.where(solid, jnp.minimum(rest, held), 0.0)
    frost = jnp.where(snow.water_equivalent > 0.0, back, 0.0)
    dew = back - frost
    cost = LATENT_HEAT_SUBLIMATION * (sublimation + from_ice - frost) + LATENT_HEAT_VAPORISATION * (
        rest - from_ice - dew
    )
    # All of it taken can miss 0 by rounding.
    top = positive(soil.ice[0] - from_ice * dt / (RHO_WATER * depth))
    ice = jnp.concatenate([top[None], soil.ice[1:]])
    left = Withdrawn(sublimation, frost, rest - from_ice, dew, paid * vapour - cost)
    return replace(soil, ice=ice), left
