"""Simple groundwater model: TOPMODEL runoff over an unconfined aquifer, as in Noah-MP."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.land.runoff.aquifer import TOPOGRAPHIC_INDEX, Aquifer, at, exchange, last_unsaturated, rate_of_recharge
from vadose.land.runoff.column import Baseflow, SoilColumn
from vadose.land.runoff.saturated_area import SaturatedArea, running_off
from vadose.land.state import Groundwater

DRIEST = 0.01  # 1, least theta / theta_s of the layer over the water table; He et al. (2023)
DRIEST_HEAD = -120.0  # m, driest head that draws water up; He et al. (2023)


@pytree
class Simgm(SaturatedArea):
    """Saturated area f_max e^(-f z / 2), f = b / 3 of the top layer, over an aquifer with water table at depth z.

    discharge = (1 - F) amplification K e^(3 - lambda - f z) and the head that draws water up, micropores psi, are those
    of the layer over the water table; K to the water table is its harmonic mean with K_s. The lower face is closed.

    largest_area, topographic_index   1       f_max, lambda
    micropores                        1       share of the head that draws water up; 0 is nearly free drainage
    amplification                     1       of the baseflow over K
    aquifer                           Aquifer
    Source: Niu et al. (2007); f, K and micropores as updated in Noah-MP 5 (He et al. 2023)
    """

    largest_area: Array = 0.38
    topographic_index: Array = TOPOGRAPHIC_INDEX
    micropores: Array = 0.8
    amplification: Array = 1000.0
    aquifer: Aquifer = Aquifer()

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """Share of the area from which water runs off, [column]."""
        saturated = self.largest_area * jnp.exp(-column.b[0] / 6.0 * groundwater.water_table)
        return running_off(saturated, column)

    def drainage_factor(self, column: SoilColumn) -> Array:
        """0: recharge is found after the soil's step."""
        return jnp.zeros_like(column.slope)

    def baseflow(
        self,
        prepared: Any,
        column: SoilColumn,
        liquid: Array,
        groundwater: Groundwater,
        *,
        conductivity: Array,
        head: Array | None,
        drainage: Array,
        dt: Array,
    ) -> Baseflow:
        """Recharge, discharge and the water table."""
        z = groundwater.water_table
        layer = last_unsaturated(column, z)
        K, K_s, b = at(layer, conductivity), at(layer, column.K_s), at(layer, column.b)
        if head is None:
            wetness = jnp.clip((liquid + column.ice) / column.theta_s, DRIEST, 1.0)
            head = column.psi_s * jnp.exp(-column.b * jnp.log(wetness))
        above = at(layer, head)
        drawing = jnp.maximum(self.micropores * jnp.minimum(above, 0.0) + jnp.maximum(above, 0.0), DRIEST_HEAD)
        recharge = rate_of_recharge(
            column,
            layer,
            z,
            conductivity=2.0 * K * K_s / jnp.maximum(K + K_s, 1e-30),
            head=drawing,
            head_at_table=jnp.zeros_like(drawing),
        )
        open_area = 1.0 - jnp.max(column.impermeable, axis=0)
        strength = self.amplification * jnp.exp(3.0 - self.topographic_index - b / 3.0 * z)
        return exchange(
            self.aquifer,
            column,
            liquid,
            groundwater,
            weights=conductivity,
            recharge=recharge,
            discharge=open_area * K * strength,
            drainage=drainage,
            dt=dt,
        )
