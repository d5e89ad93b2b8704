"""What plants and air take from the cells of a subsurface: demands that the soil meets as far as it can.

Terms as in `subsurface_terms`; they are those of a Richards column, see `richards_surface` and `richards_newton`.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.flow.subsurface_terms import Cells


@pytree
class Evaporation:
    """Evaporation from water on the ground, and from the first layer as far as that conducts water to its surface.

    e = direct + min(asked, K_z k_r [(psi - psi_dry) / (dz / 2) - 1]), the second at least 0

    direct    [y, x] m s-1   of water that stands or falls on the ground
    asked     [y, x] m s-1   of the soil
    psi_dry   m              head of a dry surface
    """

    direct: Array
    asked: Array
    psi_dry: Array = -1e4

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """What enters, <= 0, and its slope."""
        half = 0.5 * cells.thickness[0]
        gradient = (cells.head[0] - self.psi_dry) / half - 1.0
        driest = jnp.maximum(cells.K_z[0] * cells.K[0] * gradient, 0.0)
        slope = cells.K_z[0] * (cells.K_psi[0] * gradient + cells.K[0] / half)
        limited = (driest < self.asked) & (gradient > 0.0)
        out = self.direct + jnp.minimum(self.asked, driest)
        rest = jnp.zeros_like(cells.head[1:])
        out_psi = jnp.where(limited, slope, 0.0)
        return jnp.concatenate([-out[None], rest]), jnp.concatenate([-out_psi[None], rest])


@pytree
class RootUptake:
    """Water that roots take: all that is asked until half of psi_dry, nothing at psi_dry.

    asked     [layer, y, x] m s-1   of the first layers, as many as there are here
    psi_dry   m
    """

    asked: Array
    psi_dry: Array = -1e4

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """What enters, <= 0, and its slope."""
        count = self.asked.shape[0]
        share = 2.0 - 2.0 * cells.head[:count] / self.psi_dry
        falling = (share > 0.0) & (share < 1.0)
        taken = self.asked * jnp.clip(share, 0.0, 1.0)
        slope = jnp.where(falling, -2.0 / self.psi_dry * self.asked, 0.0)
        rest = jnp.zeros_like(cells.head[count:])
        return jnp.concatenate([-taken, rest]), jnp.concatenate([-slope, rest])
