"""Runoff of the Xinanjiang model."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.land.runoff.column import RunoffScheme, SoilColumn
from vadose.land.runoff.saturated_area import power
from vadose.land.runoff.tables import table_or_loam
from vadose.land.runoff.vic import upper_weights
from vadose.land.state import Groundwater


@pytree
class Xinanjiang(RunoffScheme):
    """Runoff from the distributions of tension water (below field capacity) and of free water (above it).

    Share of the area whose tension water is full, with w of the upper soil's tension water over its capacity:
    f_t = (1/2 - a)^(1 - b) w^b where w <= 1/2 - a, else 1 - (1/2 + a)^(1 - b) (1 - w)^b
    runoff = P {(1 - F) f_t [1 - (1 - s)^c] + F},  s free water over its capacity, F the frozen share of the top layer

    depth        m   of the upper soil, whose layers the distributions describe
    by_bottom    weigh layers as Noah-MP does, see `Vic`
    Source: Jayawardena & Zhou (2000) eqs 6-9; Knoben et al. (2019); a, b, c with the soil class from He et al. (2023)
    """

    depth: Array = 0.4
    by_bottom: bool = static(False)

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """Weight of each layer in the upper soil, [layer, column] m."""
        return upper_weights(column, self.depth, self.by_bottom)

    def infiltration(
        self, prepared: Any, column: SoilColumn, liquid: Array, *, inflow: Array, infiltrated: Array, dt: Array
    ) -> Array:
        """Inflow less the runoff of both distributions, [column] m s-1."""
        weights, table = prepared, table_or_loam(column.table)
        a, b, c = table.tension_inflection, table.tension_shape, table.free_shape
        total, capacity = liquid + column.ice, column.field_capacity
        tension = jnp.sum(jnp.minimum(total, capacity) * weights, axis=0)
        free = jnp.sum(jnp.maximum(total - capacity, 0.0) * weights, axis=0)
        room = jnp.sum((column.theta_s - capacity) * weights, axis=0)
        w = jnp.clip(tension / jnp.sum(capacity * weights, axis=0), 0.0, 1.0)
        s = jnp.clip(free / jnp.maximum(room, 1e-6), 0.0, 1.0)
        dry = power(0.5 - a, 1.0 - b) * power(w, b)
        wet = 1.0 - power(0.5 + a, 1.0 - b) * power(1.0 - w, b)
        full = jnp.where(w <= 0.5 - a, dry, wet)
        frozen = column.impermeable[0]
        return inflow * (1.0 - frozen) * jnp.clip(1.0 - full * (1.0 - power(1.0 - s, c)), 0.0, 1.0)
