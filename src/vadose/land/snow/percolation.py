"""Liquid water through the layers of a snowpack."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import RHO_ICE, RHO_WATER
from vadose.land.snow.heat import WATER_HEAT, heat_capacity


@pytree
class Percolation:
    """Water above what a layer holds against gravity goes to the next within the step; the lowest layer is slower.

    out = rho_w (w / rho_w - S (dz - i / rho_i))+    lowest: share `release` dt of it, at least what fills the pores
    and no layer keeps more than the share `wettest` of its water as liquid.
    Source: Jordan (1991) section 4; release and wettest He et al. (2023)
    """

    holding: Array = 0.03  # 1, S, irreducible share of the pore space
    release: Array = 5.0e-5  # s-1, of the water above it in the lowest layer
    wettest: Array = 0.4  # 1

    def outflow(self, thickness: Array, ice: Array, liquid: Array, *, lowest: bool, dt: Array) -> Array:
        """Liquid that leaves a layer in dt seconds, [column] kg m-2; thickness m, ice and liquid kg m-2."""
        pores = jnp.maximum(thickness - ice / RHO_ICE, 0.0)
        out = jnp.maximum(liquid - RHO_WATER * self.holding * pores, 0.0)
        if lowest:
            out = jnp.maximum(jnp.minimum(self.release * dt, 1.0) * out, liquid - RHO_WATER * pores)
        return jnp.maximum(out, liquid - self.wettest / (1.0 - self.wettest) * ice)

    def drain(
        self, thickness: list[Array], ice: list[Array], liquid: list[Array], warmth: list[Array], dt: Array
    ) -> tuple[list[Array], list[Array], list[Array], Array]:
        """Percolate from the top; water mixes by heat with the layer it enters, so that heat is kept.

        thickness m, ice, liquid kg m-2, warmth = T - T0 K of each layer from the top, all [column]
        Returns thickness (at least that of its water), liquid, warmth, and the outflow of the lowest, kg m-2
        """
        flow = from_above = jnp.zeros_like(ice[0])
        last = len(ice) - 1
        deeper, wetter, warmer = [], [], []
        for k in range(last + 1):
            full = liquid[k] + flow
            capacity = heat_capacity(ice[k], full)
            share = WATER_HEAT * flow / jnp.where(capacity > 0.0, capacity, 1.0)
            from_above = warmth[k] + share * (from_above - warmth[k])
            flow = self.outflow(thickness[k], ice[k], full, lowest=k == last, dt=dt)
            # where all of it leaves, nothing of rounding must stay
            left = jnp.maximum(full - flow, 0.0)
            deep = jnp.maximum(thickness[k], left / RHO_WATER + ice[k] / RHO_ICE)
            deeper.append(jnp.where(ice[k] + left > 0.0, deep, 0.0))
            wetter.append(left)
            warmer.append(from_above)
        return deeper, wetter, warmer, flow
