"""Thermal conductivity of snow from its density; each scheme has `conductivity(density)`, kg m-3 to W m-1 K-1."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree


@pytree
class Stieglitz:
    """k = 3.2217e-6 rho^2. Source: Yen (1965), as in Stieglitz et al. (2001)"""

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        return 3.2217e-6 * density * density


@pytree
class AndersonConductivity:
    """k = 0.02 + 2.5e-6 rho^2. Source: Anderson (1976)"""

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        return 0.02 + 2.5e-6 * density * density


@pytree
class ConstantConductivity:
    """k = value, 0.35 W m-1 K-1 where nothing else is given."""

    value: Array = 0.35

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        return self.value + 0.0 * density


@pytree
class Verseghy:
    """k = 0.074 + 2.576e-6 rho^2. Source: Verseghy (1991)"""

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        return 0.074 + 2.576e-6 * density * density


@pytree
class Douville:
    """k = 2.22 (rho / 1000)^1.88. Source: Yen (1981), as in Douville et al. (1995)"""

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        here = density > 0.0
        k = 2.22 * jnp.exp(1.88 * jnp.log(jnp.where(here, density, 1.0) / 1000.0))
        return jnp.where(here, k, 0.0)


@pytree
class Sturm:
    """k = 0.138 - 1.01 r + 3.233 r^2 from r = 0.156 up, 0.023 + 0.234 r below; r = rho / 1000.

    Source: Sturm et al. (1997) eq. 4
    """

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        r = density / 1000.0
        return jnp.where(r < 0.156, 0.023 + 0.234 * r, 0.138 - 1.01 * r + 3.233 * r * r)


@pytree
class Calonne:
    """k = 0.024 - 1.23e-4 rho + 2.5e-6 rho^2. Source: Calonne et al. (2011) eq. 12"""

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        return 0.024 - 1.23e-4 * density + 2.5e-6 * density * density


@pytree
class JordanConductivity:
    """k = k_air + (7.75e-5 rho + 1.105e-6 rho^2) (k_ice - k_air). Source: Jordan (1991), as in CLM"""

    def conductivity(self, density: Array) -> Array:
        """W m-1 K-1."""
        return 0.023 + (7.75e-5 * density + 1.105e-6 * density * density) * (2.29 - 0.023)
