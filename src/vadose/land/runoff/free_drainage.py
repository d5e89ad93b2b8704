"""Infiltration after Schaake et al. (1996) over a freely draining column, the default of Noah-MP."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import SECONDS_PER_DAY
from vadose.land.runoff.column import RunoffScheme, SoilColumn
from vadose.land.state import Groundwater

ICE_SHAPE = 3.0  # shape of the gamma distribution of frozen depth over the area; Koren et al. (1999)
LEAST_ICE = 0.01  # m, ice depth from which frozen ground hinders infiltration; Koren et al. (1999)
DRIEST = 0.01  # 1, least theta / theta_s in conductivities; He et al. (2023)
CLAY_LIGHT = 0.412 / 0.468  # field capacity over porosity of the soil for which frozen_coefficient stands


@pytree
class FreeDrainage(RunoffScheme):
    """Schaake's infiltration capacity, gravity drainage below.

    I = P S r / (P + S r),  r = 1 - e^(-refkdt K_s / refdk dt / day),  S = free pore space of the column

    With ice deeper than 1 cm, I is multiplied by 1 - e^-x (1 + x + x^2 / 2), the share of the area whose frozen depth
    (gamma distributed) lets water through; x = 3 frozen_coefficient (theta_s / field capacity) 0.880 / ice depth.
    I is at least the conductivity of the top layer and at most the inflow.

    refkdt               1       scale of the infiltration capacity
    refdk                m s-1   conductivity for which refkdt stands
    frozen_coefficient   m       ice depth scale
    Source: Schaake et al. (1996) eqs 11-15; Koren et al. (1999) eq. 28
    """

    refkdt: Array = 3.0
    refdk: Array = 2e-6
    frozen_coefficient: Array = 0.15

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """(rate of r in s-1, share of the area that ice leaves open), [column] both."""
        ice = jnp.sum(column.ice * column.thickness, axis=0)
        frozen = ice > LEAST_ICE
        scale = self.frozen_coefficient * column.theta_s[0] / column.field_capacity[0] * CLAY_LIGHT
        x = ICE_SHAPE * scale / jnp.where(frozen, ice, 1.0)
        open_area = jnp.where(frozen, 1.0 - jnp.exp(-x) * (1.0 + x + 0.5 * x * x), 1.0)
        return self.refkdt * column.K_s[0] / self.refdk / SECONDS_PER_DAY, open_area

    def infiltration(
        self, prepared: Any, column: SoilColumn, liquid: Array, *, inflow: Array, infiltrated: Array, dt: Array
    ) -> Array:
        """Schaake's capacity of this step, at least the top layer's conductivity; [column] m s-1."""
        rate, open_area = prepared
        free = jnp.maximum(column.theta_s - liquid - column.ice, 0.0) * column.thickness
        space = jnp.sum(free, axis=0) * -jnp.expm1(-rate * dt)
        rain = inflow * dt
        wet = rain > 0.0
        capacity = inflow * space / jnp.where(wet, rain + space, 1.0) * open_area
        return jnp.where(wet, jnp.minimum(jnp.maximum(capacity, top_conductivity(column, liquid)), inflow), 0.0)


def top_conductivity(column: SoilColumn, liquid: Array) -> Array:
    """K_s W^(2b + 3) of the top layer with W of its liquid water, [column] m s-1."""
    W = jnp.clip(liquid[0] / column.theta_s[0], DRIEST, 1.0)
    return column.K_s[0] * jnp.exp((2.0 * column.b[0] + 3.0) * jnp.log(W))
