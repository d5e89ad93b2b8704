"""Simple TOPMODEL runoff with a water table in equilibrium with the soil's water."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import RHO_WATER
from vadose.land.runoff.aquifer import TOPOGRAPHIC_INDEX, take_by_conductivity
from vadose.land.runoff.column import Baseflow, SoilColumn
from vadose.land.runoff.saturated_area import SaturatedArea, running_off
from vadose.land.state import Groundwater

ITERATIONS = 8  # Newton steps for the water table, quadratic from the third on
REACH = 3.0  # the water table is looked for down to this times the depth of the soil; He et al. (2023)


@pytree
class Simtop(SaturatedArea):
    """Saturated area f_max e^(-f z / 2) and baseflow e^-lambda R e^(-f z) (1 - F) of a water table at depth z.

    z is where the profile that hangs over it (equilibrium, Campbell's curve) lacks as much water as the soil does.
    The soil's lower face is closed; baseflow leaves its layers in proportion to K dz, as far as they have water.

    largest_area, decay, baseflow_maximum, topographic_index   f_max 1, f m-1, R kg m-2 s-1, lambda 1
    deep_profile    the water table as Noah-MP has it: the depth down to which the profile that hangs over the deepest
                    water table lacks as much water. It is nearer to the surface, and no equilibrium
    Source: Niu et al. (2005) eqs 1-7; numbers of He et al. (2023)
    """

    largest_area: Array = 0.38
    decay: Array = 2.0
    baseflow_maximum: Array = 4.0
    topographic_index: Array = TOPOGRAPHIC_INDEX
    deep_profile: bool = static(False)

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """(share of the area from which water runs off, depth of the water table m), [column]."""
        z = self.water_table(column, liquid)
        saturated = self.largest_area * jnp.exp(-0.5 * self.decay * z)
        return running_off(saturated, column), z

    def drainage_factor(self, column: SoilColumn) -> Array:
        """0: the lower face is closed."""
        return jnp.zeros_like(column.slope)

    def water_table(self, column: SoilColumn, liquid: Array) -> Array:
        """Depth of the water table, [column] m, 0 to three times the soil's depth; of the top layer's soil."""
        lacking = jnp.sum((column.theta_s[0] - liquid) * column.thickness, axis=0)
        deepest = REACH * column.bottom[-1]
        most = _deficit(column, deepest)[0]
        if self.deep_profile:
            return deepest - _height(column, jnp.clip(most - lacking, 0.0, most), deepest)
        return _height(column, jnp.clip(lacking, 0.0, most), deepest)

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
        """Discharge out of the layers; the aquifer stays as it is."""
        _, z = prepared
        open_area = 1.0 - jnp.max(column.impermeable, axis=0)
        asked = open_area * self.baseflow_maximum * jnp.exp(-self.topographic_index - self.decay * z) / RHO_WATER
        water, taken = take_by_conductivity(column, liquid, conductivity, asked * dt)
        below = replace(groundwater, water_table=z)
        return Baseflow(water, below, drainage + taken / dt, jnp.zeros_like(z))


def _deficit(column: SoilColumn, s: Array) -> tuple[Array, Array]:
    """Water that Campbell's profile lacks from its water table up to height s m, in m, and its derivative.

    theta_s {s - b h / (b - 1) [(1 + s/h)^(1 - 1/b) - 1]} with h = |psi_s|; theta_s [1 - (1 + s/h)^(-1/b)]
    """
    theta_s, h, b = column.theta_s[0], -column.psi_s[0], jnp.maximum(column.b[0], 1.01)
    log = jnp.log1p(s / h)
    lacks = theta_s * (s - h * b / (b - 1.0) * jnp.expm1((1.0 - 1.0 / b) * log))
    return lacks, -theta_s * jnp.expm1(-log / b)


def _height(column: SoilColumn, lacking: Array, deepest: Array) -> Array:
    """Height over the water table up to which the profile lacks `lacking` m of water, [column] m.

    Newton on the square root of the deficit, which is nearly linear; the last step carries the derivative.
    """
    # Where nothing is lacking the root has no derivative.
    target = jnp.maximum(lacking, 1e-8)

    def newton(s: Array) -> Array:
        lacks, slope = jax.lax.stop_gradient(_deficit(column, s))
        root = jnp.sqrt(jnp.maximum(lacks, 1e-30))
        step = (root - jnp.sqrt(jax.lax.stop_gradient(target))) * 2.0 * root / jnp.maximum(slope, 1e-30)
        return jnp.clip(s - step, 1e-6, deepest)

    s = jax.lax.stop_gradient(deepest) + jnp.zeros_like(target)
    s = jax.lax.fori_loop(0, ITERATIONS, lambda _, x: newton(x), s)
    s = jax.lax.stop_gradient(s)
    lacks, slope = _deficit(column, s)
    return jnp.clip(s - (lacks - target) / jnp.maximum(jax.lax.stop_gradient(slope), 1e-9), 0.0, deepest)
