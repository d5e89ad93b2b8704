"""Runoff of the Biosphere-Atmosphere Transfer Scheme."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.land.runoff.column import SoilColumn
from vadose.land.runoff.saturated_area import SaturatedArea, running_off
from vadose.land.state import Groundwater

DRIEST = 0.01  # 1, least wetness; He et al. (2023)


@pytree
class Bats(SaturatedArea):
    """Saturated area W^4 of the wetness of the upper soil; drainage at the conductivity of the last layer.

    W = mean of theta / theta_s (ice too) of the layers that reach down to `depth`; the last layer drains with
    K (1 - F), F the largest frozen share of the column, whatever its slope.

    depth   m   of soil whose wetness counts
    Source: Yang & Dickinson (1996) eq. 6; He et al. (2023) section 3.9
    """

    depth: Array = 2.0

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """Share of the area from which water runs off, [column]."""
        # Layers count whole down to the one that reaches `depth`; the tolerance is for summed thicknesses.
        counts = jnp.where(column.bottom - column.thickness < self.depth - 1e-9, column.thickness, 0.0)
        wetness = (liquid + column.ice) / column.theta_s
        W = jnp.clip(jnp.sum(wetness * counts, axis=0) / jnp.sum(counts, axis=0), DRIEST, 1.0)
        W2 = W * W
        return running_off(W2 * W2, column)

    def drainage_factor(self, column: SoilColumn) -> Array:
        """1 - the largest frozen share of the column, [column]."""
        return 1.0 - jnp.max(column.impermeable, axis=0)
