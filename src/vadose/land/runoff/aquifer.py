"""An unconfined aquifer under the soil, after Niu et al. (2007): recharge, discharge and the water table.

The aquifer holds `aquifer` kg m-2 below the soil. While the water table lies below the soil, recharge leaves the last
layer for the aquifer; where it lies in the soil, discharge leaves the soil's layers and `saturated`, water of aquifer
and saturated soil, says where it stands. Only `aquifer` is part of the water budget: `saturated` is no store.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import RHO_WATER
from vadose.land.runoff.column import Baseflow, SoilColumn
from vadose.land.state import Groundwater

TOPOGRAPHIC_INDEX = 10.5  # 1, mean of the land; Niu et al. (2005)
FLOOR = 1e-5  # m, water that discharge leaves in a layer; He et al. (2023)
LEAST_POROSITY = 0.01  # m3 m-3, of frozen soil for the rise of the water table; He et al. (2023)


@pytree
class Aquifer:
    """Storage of the aquifer.

    specific_yield   1         water that the aquifer gives with its water table
    depth            m         of the aquifer below the soil when it is full
    shallowest       m         least depth of the water table
    largest_rate     kg m-2    most recharge in a step, either way
    """

    specific_yield: Array = 0.2
    depth: Array = 25.0
    shallowest: Array = 1.5
    largest_rate: Array = 10.0

    @property
    def capacity(self) -> Array:
        """Water of the full aquifer, kg m-2."""
        return RHO_WATER * self.specific_yield * self.depth


def last_unsaturated(column: SoilColumn, water_table: Array) -> Array:
    """1.0 in the layer above the water table and 0.0 elsewhere, [layer, column].

    It is the layer over the one that holds the water table, or the last one where none does.
    """
    below = water_table <= column.bottom[1:]
    yes, no = jnp.ones_like(below[:1]), jnp.zeros_like(below[:1])
    return (jnp.concatenate([below, yes]) & ~jnp.concatenate([no, below])).astype(float)


def rate_of_recharge(
    column: SoilColumn,
    unsaturated: Array,
    water_table: Array,
    *,
    conductivity: Array,
    head: Array,
    head_at_table: Array,
) -> Array:
    """Darcy flow from the unsaturated layer to the water table, [column] m s-1, negative upward.

    K (psi - psi_table + z_table - z) / (z_table - z)
    water_table m; conductivity m s-1, head and head_at_table m of the layer and of the water table, [column]
    Source: Niu et al. (2007) eq. 5
    """
    z = at(unsaturated, column.bottom - 0.5 * column.thickness)
    distance = jnp.maximum(water_table - z, 0.01)
    return conductivity * (head - head_at_table + distance) / distance


def at(layer: Array, values: Array) -> Array:
    """The value of the layer that holds 1.0, [column], of values [layer, column]."""
    return jnp.sum(layer * values, axis=0)


def take_by_conductivity(column: SoilColumn, liquid: Array, conductivity: Array, asked: Array) -> tuple[Array, Array]:
    """Liquid m3 m-3 after `asked` m left the layers in proportion to K dz, and what really left, [column] m."""
    weights = conductivity * column.thickness
    total = jnp.sum(weights, axis=0)
    share = weights / jnp.where(total > 0.0, total, 1.0)
    water = liquid * column.thickness
    taken = jnp.minimum(asked * share, jnp.maximum(water - FLOOR, 0.0))
    return (water - taken) / column.thickness, jnp.sum(taken, axis=0)


def exchange(
    aquifer: Aquifer,
    column: SoilColumn,
    liquid: Array,
    groundwater: Groundwater,
    *,
    weights: Array,
    recharge: Array,
    discharge: Array,
    drainage: Array,
    dt: Array,
) -> Baseflow:
    """Soil and groundwater after recharge and discharge, [column] m s-1, limited by what there is and what fits.

    weights [layer, column] share discharge over the layers, with their thickness, while the water table is in the soil;
    drainage [column] m s-1 already left the soil through its lower face, and goes into the aquifer.
    Source: Niu et al. (2007) eqs 3-12; the limits are ours: no store falls below empty or rises above full
    """
    unsaturated = last_unsaturated(column, groundwater.water_table)
    deep = unsaturated[-1] > 0.0
    stored = groundwater.aquifer / RHO_WATER
    most = aquifer.largest_rate / RHO_WATER
    water = liquid[-1] * column.thickness[-1]
    room = jnp.maximum((column.theta_s[-1] - column.ice[-1]) * column.thickness[-1] - water, 0.0)
    moved = jnp.clip(recharge * dt, -most, most)
    rises = jnp.minimum(jnp.minimum(-moved, room), jnp.maximum(stored, 0.0))
    moved = jnp.where(moved > 0.0, jnp.minimum(moved, jnp.maximum(water - FLOOR, 0.0)), -rises)
    moved = jnp.where(deep, moved, 0.0)
    drained = drainage * dt
    from_soil, from_layers = take_by_conductivity(column, liquid, weights, jnp.where(deep, 0.0, discharge * dt))
    from_aquifer = jnp.where(deep, jnp.minimum(discharge * dt, jnp.maximum(stored + moved + drained, 0.0)), 0.0)
    full = stored + moved + drained - from_aquifer
    # What a full aquifer does not hold goes back into the pores of the last layer, then out as baseflow.
    over = jnp.maximum(full - aquifer.capacity / RHO_WATER, 0.0)
    back = jnp.where(deep, jnp.minimum(over, jnp.maximum(room + moved, 0.0)), 0.0)
    spill = over - back
    last = from_soil[-1] + (back - moved) / column.thickness[-1]
    after = jnp.concatenate([from_soil[:-1], last[None]])
    held = RHO_WATER * (full - over)
    # While the water table is in the soil, recharge moves it though no water changes place by it.
    inside = groundwater.saturated + jnp.clip(recharge * dt, -most, most) * RHO_WATER - RHO_WATER * from_layers
    saturated = jnp.where(deep, held, inside)
    table = _water_table(aquifer, column, unsaturated, saturated)
    below = Groundwater(aquifer=held, saturated=saturated, water_table=table)
    return Baseflow(after, below, (from_layers + from_aquifer + spill) / dt, (moved + drained - back) / dt)


def _water_table(aquifer: Aquifer, column: SoilColumn, unsaturated: Array, saturated: Array) -> Array:
    """Depth of the water table, [column] m, from the water above it in soil layers and aquifer.

    Below the soil: bottom + (capacity - water) / specific yield. In the soil: the water that the aquifer does not hold
    fills the layers from the last one up to the one under the unsaturated one.
    """
    porosity = jnp.maximum(column.theta_s - column.ice, LEAST_POROSITY)
    pores = porosity * column.thickness
    deeper = jnp.concatenate([unsaturated[:1] * 0.0, unsaturated[:-1]])
    in_layer = jnp.sum(deeper * porosity, axis=0)
    under = jnp.sum(deeper * (jnp.sum(pores, axis=0) - jnp.cumsum(pores, axis=0)), axis=0)
    face = jnp.sum(deeper * column.bottom, axis=0)
    excess = (saturated - aquifer.capacity) / RHO_WATER
    deep = unsaturated[-1] > 0.0
    inside = face - (excess - under) / jnp.where(deep, 1.0, in_layer)
    # From the full aquifer's side, so that its water table stands at the soil's bottom and no rounding below it.
    missing = jnp.maximum(aquifer.capacity - saturated, 0.0) / (RHO_WATER * aquifer.specific_yield)
    below = column.bottom[-1] + missing
    return jnp.maximum(jnp.where(deep, below, inside), aquifer.shallowest)
