"""Runoff and groundwater of CLM 3.5: SIMTOP's saturated area with an infiltration capacity, over SIMGM's aquifer."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import RHO_WATER
from vadose.land.runoff.aquifer import Aquifer, at, exchange, last_unsaturated, rate_of_recharge
from vadose.land.runoff.column import Baseflow, RunoffScheme, SoilColumn
from vadose.land.state import Groundwater
from vadose.soil.freezing import frozen_area

DRIEST = 0.01  # 1, least wetness; Oleson et al. (2008)
DRIEST_HEAD = -80.0  # m, driest head that draws water up; Oleson et al. (2008)
LEAST_PORES = 0.05  # m3 m-3, less is impermeable; Oleson et al. (2008)
FROZEN_SHAPE = 3.0  # of the frozen area's share of a layer; Niu & Yang (2006)


@pytree
class Clm35(RunoffScheme):
    """Runoff P f + (1 - f) max(0, P - q_max) over a water table at depth z.

    f = (1 - F) f_max e^(-z f_d / 2) + F with F the frozen share of the top layer; the rest of the area takes at most
    q_max = K_s [1 + v (S - 1)],  v = b psi_s / (dz / 2) of the top layer, S its wetness outside of the area f.
    discharge = (1 - F_below) R e^(-f_d z) out of the layers under the water table or the aquifer; K between soil and
    aquifer falls by e^(-f_d depth), as the mean over the way. F is of ice in all water of a layer.

    largest_area 1, decay m-1, baseflow_maximum kg m-2 s-1   f_max, f_d, R
    Source: Oleson et al. (2008), CLM 3.5; Niu et al. (2005) eqs 1-3, (2007) eqs 1-9
    """

    largest_area: Array = 0.38
    decay: Array = 2.5
    baseflow_maximum: Array = 4.5e-4
    aquifer: Aquifer = Aquifer(shallowest=0.05)

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """(share of the area from which water runs off, infiltration capacity m s-1, frozen shares [layer, column])."""
        frozen = frozen_area(column.ice / jnp.maximum(column.ice + liquid, 1e-9), FROZEN_SHAPE)
        saturated = self.largest_area * jnp.exp(-0.5 * self.decay * groundwater.water_table)
        area = (1.0 - frozen[0]) * saturated + frozen[0]
        pores = jnp.maximum(column.theta_s[0] - column.ice[0], LEAST_PORES)
        wetness = jnp.clip(liquid[0] / pores, DRIEST, 1.0)
        outside = jnp.maximum(wetness - area, 0.0) / jnp.maximum(1.0 - area, 1e-3)
        v = column.b[0] * column.psi_s[0] / (0.5 * column.thickness[0])
        capacity = column.K_s[0] * (1.0 + v * (jnp.minimum(outside, 1.0) - 1.0))
        return jnp.minimum(area, 1.0), capacity, frozen

    def infiltration(
        self, prepared: Any, column: SoilColumn, liquid: Array, *, inflow: Array, infiltrated: Array, dt: Array
    ) -> Array:
        """Inflow outside of the saturated area, at most its capacity, [column] m s-1."""
        area, capacity, _ = prepared
        return (1.0 - area) * jnp.minimum(inflow, capacity)

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
        deep = layer[-1] > 0.0
        if head is None:
            wetness = jnp.clip(liquid / jnp.maximum(column.theta_s - column.ice, LEAST_PORES), DRIEST, 1.0)
            head = column.psi_s * jnp.exp(-column.b * jnp.log(wetness))
        under = jnp.concatenate([layer[:1] * 0.0, jnp.cumsum(layer, axis=0)[:-1]])
        below = jnp.concatenate([layer[:1] * 0.0, layer[:-1]])
        way = self.decay * jnp.maximum(z - at(layer, column.bottom - 0.5 * column.thickness), 0.01)
        fading = jnp.where(deep, -jnp.expm1(-way) / way, 1.0)
        recharge = rate_of_recharge(
            column,
            layer,
            z,
            conductivity=at(layer, conductivity) * fading,
            head=jnp.maximum(at(layer, head), DRIEST_HEAD),
            head_at_table=at(below, column.psi_s),
        )
        from_layer = (layer + under) * column.thickness
        ice = column.ice / jnp.maximum(column.ice + liquid, 1e-9)
        closed = frozen_area(jnp.sum(ice * from_layer, axis=0) / jnp.sum(from_layer, axis=0), FROZEN_SHAPE)
        discharge = jnp.maximum(1.0 - closed, 0.0) * self.baseflow_maximum / RHO_WATER * jnp.exp(-self.decay * z)
        return exchange(
            self.aquifer,
            column,
            liquid,
            groundwater,
            weights=conductivity * under,
            recharge=recharge,
            discharge=discharge,
            drainage=drainage,
            dt=dt,
        )
