"""Share of the ground that snow covers, from its depth and density."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.land.parameters import Vegetation
from vadose.land.state import Snow

REFERENCE_DENSITY = 100.0  # kg m-3, of fresh snow


@pytree
class NiuYang:
    """f = tanh(h / (s (rho / 100)^m)), scale s and melt factor m of the vegetation.

    Source: Niu & Yang (2007) eq. 4; s and m by vegetation He et al. (2019, 2021)
    """

    def cover(self, snow: Snow, vegetation: Vegetation) -> Array:
        """Covered share of the ground, [column] 1."""
        return _cover(snow, vegetation.snow_cover_scale, vegetation.snow_melt_factor)


@pytree
class AbolafiaRosenzweig:
    """Niu & Yang's curve whose scale and melt factor follow the grid's mesh L in km, between 0.5 and 36 km.

    m = 0.9713 + tanh(0.7436 L),  s = 0.0062 sinh(0.0555 L) + 0.0555
    Source: Abolafia-Rosenzweig et al. (2025)

    mesh  [column] or number, m; a cell of 1 km where nothing is said
    """

    mesh: Array = 1000.0

    def cover(self, snow: Snow, vegetation: Vegetation) -> Array:
        """Covered share of the ground, [column] 1; the vegetation has no part in it."""
        km = jnp.clip(jnp.asarray(self.mesh) / 1000.0, 0.5, 36.0)
        return _cover(snow, 0.0062 * jnp.sinh(0.0555 * km) + 0.0555, 0.9713 + jnp.tanh(0.7436 * km))


def _cover(snow: Snow, scale: Array, melt_factor: Array) -> Array:
    here = (snow.depth > 0.0) & (snow.water_equivalent > 0.0)
    density = jnp.where(here, snow.water_equivalent, REFERENCE_DENSITY) / jnp.where(here, snow.depth, 1.0)
    curve = jnp.exp(melt_factor * jnp.log(density / REFERENCE_DENSITY))
    return jnp.where(here, jnp.tanh(snow.depth / (scale * curve)), 0.0)
