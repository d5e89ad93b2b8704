"""Runoff of the Variable Infiltration Capacity model."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.land.runoff.column import RunoffScheme, SoilColumn
from vadose.land.runoff.saturated_area import power
from vadose.land.runoff.tables import table_or_loam
from vadose.land.state import Groundwater

LEAST_SHAPE = 1e-3  # 1, exponents below this divide by 0


@pytree
class Vic(RunoffScheme):
    """Saturation excess of a soil whose storage capacity varies over the area as i = i_m [1 - (1 - A)^(1/b)].

    With W and W_m of the upper soil, i_m = (1 + b) W_m and i_0 = i_m [1 - (1 - W / W_m)^(1 / (1 + b))], the rain P
    of a step infiltrates W_m - W - W_m [1 - (i_0 + P) / i_m]^(1 + b), or all of W_m - W where i_0 + P >= i_m.

    depth        m   of the upper soil, whose layers the distribution describes
    by_bottom    weigh layers by the depth of their lower face, as Noah-MP does, and not by their thickness: two layers
                 of 0.1 and 0.3 m then count 0.1 and 0.4 m, so that W and W_m are 25 % too large
    Source: Liang et al. (1994) eqs 13-18; shape parameters with the soil class from He et al. (2023)
    """

    depth: Array = 0.4
    by_bottom: bool = static(False)

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """(weight of each layer in the upper soil [layer, column] m, shape [column])."""
        shape = jnp.maximum(table_or_loam(column.table).vic_shape, LEAST_SHAPE)
        return upper_weights(column, self.depth, self.by_bottom), shape + jnp.zeros_like(liquid[0])

    def infiltration(
        self, prepared: Any, column: SoilColumn, liquid: Array, *, inflow: Array, infiltrated: Array, dt: Array
    ) -> Array:
        """What the distribution of capacities takes of the step's rain, [column] m s-1."""
        weights, b = prepared
        rain = inflow * dt
        W, W_m = storage(column, liquid, weights)
        i_m = (1.0 + b) * W_m
        i_0 = i_m * (1.0 - power(1.0 - W / W_m, 1.0 / (1.0 + b)))
        rest = jnp.maximum(1.0 - (i_0 + rain) / i_m, 0.0)
        takes = jnp.clip(W_m - W - W_m * power(rest, 1.0 + b), 0.0, rain)
        return jnp.where(rain > 0.0, takes / jnp.where(dt > 0.0, dt, 1.0), 0.0)


def upper_weights(column: SoilColumn, depth: Array, by_bottom: bool) -> Array:
    """Metres of each layer that lie above `depth`, [layer, column]; its bottom's depth with `by_bottom`."""
    inside = jnp.clip(depth - (column.bottom - column.thickness), 0.0, column.thickness)
    return inside * column.bottom / column.thickness if by_bottom else inside


def storage(column: SoilColumn, liquid: Array, weights: Array) -> tuple[Array, Array]:
    """Water and ice in the upper soil, at most its capacity, and the capacity; [column] m."""
    most = jnp.sum(column.theta_s * weights, axis=0)
    held = jnp.sum((liquid + column.ice) * weights, axis=0)
    return jnp.clip(held, 0.0, most), most
