"""What lies below the soil column: objects that give the flux through its bottom and the slope of that flux.

`flux(psi, K, K_psi, K_fixed, thickness)` takes the lowest layer's matric head (m), conductivity (m s-1) and its slope
(s-1), the conductivity at the boundary's own head where there is one, and the thicknesses [layer, column] (m). It
returns the flux, m s-1, positive downward, and d(flux)/d(psi), s-1, both [column].
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree


@pytree
class FreeDrainage:
    """Gravity drainage q = slope K: no gradient of the matric head at the bottom; slope 0 to 1, [column] or number."""

    slope: Array = 1.0

    def flux(self, psi: Array, K: Array, K_psi: Array, K_fixed: Array, thickness: Array) -> tuple[Array, Array]:
        """q = slope K."""
        return self.slope * K, self.slope * K_psi

    def head(self) -> Array | None:
        """No head is prescribed."""
        return None


@pytree
class ZeroFlux:
    """An impermeable bottom."""

    def flux(self, psi: Array, K: Array, K_psi: Array, K_fixed: Array, thickness: Array) -> tuple[Array, Array]:
        """q = 0."""
        return jnp.zeros_like(psi), jnp.zeros_like(psi)

    def head(self) -> Array | None:
        """No head is prescribed."""
        return None


@pytree
class FixedFlux:
    """A given flux q, m s-1, positive downward, [column] or a number; outflow ends where the lowest layer is dry.

    q           m s-1
    psi_dry     m       head at which outflow ends; it is whole at half of it
    """

    q: Array
    psi_dry: Array = -1.0e4

    def flux(self, psi: Array, K: Array, K_psi: Array, K_fixed: Array, thickness: Array) -> tuple[Array, Array]:
        """q, times a factor that falls from 1 at psi_dry / 2 to 0 at psi_dry where q leaves the column."""
        share = 2.0 - 2.0 * psi / self.psi_dry
        inside = (share > 0.0) & (share < 1.0) & (self.q > 0.0)
        held = jnp.where(self.q > 0.0, jnp.clip(share, 0.0, 1.0), 1.0)
        return self.q * held, jnp.where(inside, -2.0 * self.q / self.psi_dry, 0.0)

    def head(self) -> Array | None:
        """No head is prescribed."""
        return None


@pytree
class FixedHead:
    """A given matric head psi, m, at the lower face of the lowest layer, [column] or a number."""

    psi: Array

    def flux(self, psi: Array, K: Array, K_psi: Array, K_fixed: Array, thickness: Array) -> tuple[Array, Array]:
        """q = (K + K(psi_b)) / 2 [(psi - psi_b) / (dz / 2) + 1]."""
        half = 0.5 * thickness[-1]
        between, gradient = 0.5 * (K + K_fixed), (psi - self.psi) / half + 1.0
        return between * gradient, 0.5 * K_psi * gradient + between / half

    def head(self) -> Array | None:
        """The prescribed head."""
        return self.psi


@pytree
class WaterTable:
    """Saturation at a given depth below the surface, m, [column] or a number, inside the column or below it.

    Below it, the head at the table is 0; inside, the lower face has the hydrostatic head of the table. The lowest
    layer's conductivity serves the whole way, as in Zeng & Decker (2009) eq. 9 without its equilibrium head.
    """

    depth: Array

    def flux(self, psi: Array, K: Array, K_psi: Array, K_fixed: Array, thickness: Array) -> tuple[Array, Array]:
        """q = K [(psi - psi_b) / distance + 1]."""
        bottom = jnp.sum(thickness, axis=0)
        psi_b = jnp.maximum(bottom - self.depth, 0.0)
        distance = jnp.maximum(self.depth, bottom) - bottom + 0.5 * thickness[-1]
        gradient = (psi - psi_b) / distance + 1.0
        return K * gradient, K_psi * gradient + K / distance

    def head(self) -> Array | None:
        """No conductivity is needed at the table."""
        return None
