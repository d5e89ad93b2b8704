"""Runoff of VIC with an infiltration capacity that varies over the area too (dynamic VIC)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.land.runoff.column import RunoffScheme, SoilColumn
from vadose.land.runoff.infiltration_capacity import Philip
from vadose.land.runoff.saturated_area import power
from vadose.land.runoff.tables import table_or_loam
from vadose.land.runoff.vic import LEAST_SHAPE, storage, upper_weights
from vadose.land.state import Groundwater

BISECTIONS = 30  # of the step's rain, to 1e-9 of it


@pytree
class DynamicVic(RunoffScheme):
    """Saturation excess R_1 of VIC's storage distribution and infiltration excess R_2 of the rest of the rain P.

    R_1(y) = y - i_m / (1 + b) {(1 - i_0/i_m)^(1 + b) - (1 - [i_0 + y]/i_m)^(1 + b)}
    R_2 = P - R_1 - f dt {1 - [1 - (P - R_1) / ((1 + B) f dt)]^(1 + B)},  braces 1 where P - R_1 >= (1 + B) f dt
    y = P - R_2(R_1(y)),  runoff R_1 + R_2 = P - y + R_1(y)

    with f the mean capacity of the area. y - P + R_2 grows with y, so that there is one root; it is bisected. Noah-MP
    iterates to half a millimetre an hour and has its parentheses elsewhere: see `misplaced`.
    capacity     Philip(), GreenAmpt() or SmithParlange() of land.runoff.infiltration_capacity
    depth, by_bottom   see `Vic`
    misplaced    x^(1 + B) for 1 - (1 - x)^(1 + B) and W / W_m for 1 - W / W_m in their powers, and f at most the rain,
                 as in Noah-MP, where three quarters of even the lightest rain run off; for comparison only
    Source: Liang & Xie (2001) eqs 1-12, (2003); b, B and capillary drive with the soil class from He et al. (2023)
    """

    capacity: Any = Philip()
    depth: Array = 0.4
    by_bottom: bool = static(False)
    misplaced: bool = static(False)

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """Weight of each layer in the upper soil, [layer, column] m."""
        return upper_weights(column, self.depth, self.by_bottom)

    def infiltration(
        self, prepared: Any, column: SoilColumn, liquid: Array, *, inflow: Array, infiltrated: Array, dt: Array
    ) -> Array:
        """Inflow less both excesses, [column] m s-1."""
        table = table_or_loam(column.table)
        b = jnp.maximum(table.dynamic_vic_shape, LEAST_SHAPE)
        rain = inflow * dt
        W, W_m = storage(column, liquid, prepared)
        f = self.capacity.capacity(column, liquid, table.capillary_drive, infiltrated, dt) * dt
        i_m = (1.0 + b) * W_m
        drier = power(1.0 - W / W_m, 1.0 / (1.0 + b))
        wet = rain > 0.0
        if self.misplaced:
            f = jnp.where(column.K_s[0] < inflow, jnp.minimum(f, rain), rain)
            drier = 1.0 - power(W / W_m, 1.0 / (1.0 + b))
        given = (rain, jnp.where(wet, f, 1.0), table.heterogeneity, b, i_m, drier)
        y = _partition(given, self.misplaced)
        takes = jnp.clip(y - _saturation_excess(y, b, i_m, drier), 0.0, rain)
        return jnp.where(wet, takes / jnp.where(dt > 0.0, dt, 1.0), 0.0)


def _saturation_excess(y: Array, b: Array, i_m: Array, drier: Array) -> Array:
    """R_1(y), m; drier is 1 - i_0 / i_m."""
    rest = jnp.maximum(drier - y / i_m, 0.0)
    return jnp.maximum(y - i_m / (1.0 + b) * (power(drier, 1.0 + b) - power(rest, 1.0 + b)), 0.0)


def _residual(y: Array, given: tuple[Array, ...], misplaced: bool) -> Array:
    """y - P + R_2(R_1(y)), m, which grows with y."""
    rain, f, B, b, i_m, drier = given
    left = jnp.maximum(rain - _saturation_excess(y, b, i_m, drier), 0.0)
    x = jnp.clip(1.0 - left / ((1.0 + B) * f), 0.0, 1.0)
    taken = power(1.0 - x, 1.0 + B) if misplaced else 1.0 - power(x, 1.0 + B)
    return y - rain + left - f * taken


def _partition(given: tuple[Array, ...], misplaced: bool) -> Array:
    """The y of `DynamicVic`, m: bisected, with the derivative of the equation that it solves."""
    fixed = jax.lax.stop_gradient(given)

    def halve(_: int, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds
        middle = 0.5 * (low + high)
        over = _residual(middle, fixed, misplaced) > 0.0
        return jnp.where(over, low, middle), jnp.where(over, middle, high)

    low, high = jax.lax.fori_loop(0, BISECTIONS, halve, (jnp.zeros_like(fixed[0]), fixed[0]))
    y = jax.lax.stop_gradient(0.5 * (low + high))
    _, slope = jax.jvp(lambda v: _residual(v, fixed, misplaced), (y,), (jnp.ones_like(y),))
    step = _residual(y, given, misplaced) / jnp.maximum(jax.lax.stop_gradient(slope), 1e-3)
    return jnp.clip(y - step, 0.0, given[0])
