"""Gaps between crowns, through which light reaches the ground without meeting a leaf."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.land.parameters import Vegetation

GAPS = ("vegetation fraction", "none", "sun")
LOWEST_SUN = 0.001  # cosine of the zenith angle of direct light, at least
LOWEST_CROWN_SUN = 0.01  # the same for the shadows of crowns
LEAST_BARE = 0.01  # of the cell, for the density of crowns
LEAST_DIFFUSE_GAP = 0.05  # gap for diffuse light; Niu & Yang (2004)
SMALLEST = 1.0e-6


def gap_fractions(gap: str, vegetation: Vegetation, fraction: Array, area: Array, mu: Array) -> tuple[Array, Array]:
    """Shares of direct and of diffuse light that pass between crowns, each [column].

    gap       one of GAPS
    fraction  [column] 1, of the cell with vegetation
    area      [column] m2 m-2, of leaves and stems in the vegetated part
    mu        [column] 1, cosine of the zenith angle, > 0
    """
    bare = 1.0 - fraction
    if gap == "vegetation fraction":
        return bare, bare
    if gap == "none":
        none = jnp.where(fraction > 0.0, 0.0, 1.0) + 0.0 * area
        return none, none
    return crown_gap(vegetation, bare, area, mu), jnp.maximum(LEAST_DIFFUSE_GAP, bare)


def crown_gap(vegetation: Vegetation, bare: Array, area: Array, mu: Array) -> Array:
    """Gap for direct light between and within crowns that are ellipsoids, at most the bare part of the cell.

    between = bare^(1 / cos theta'), tan theta' = (b / r) tan theta, b and r vertical and horizontal crown radius;
    within = (1 - between) exp(-0.5 d / mu), d = 1.5 area / -ln(bare) leaf and stem area through a crown's middle

    bare  [column] 1, of the cell without vegetation. For diffuse light Noah-MP has 0.05 where the cell is bare, too.
    Source: Niu & Yang (2004) eqs. 4 to 8
    """
    mu_crown = jnp.maximum(mu, LOWEST_CROWN_SUN)
    crown = 0.5 * (vegetation.height_top - vegetation.height_bottom) / jnp.maximum(vegetation.crown_radius, SMALLEST)
    secant = jnp.sqrt(1.0 + crown * crown * (1.0 - mu_crown * mu_crown) / (mu_crown * mu_crown))
    crowded = -jnp.log(jnp.maximum(bare, LEAST_BARE))  # area of crowns over area of the cell
    between = jnp.exp(-crowded * secant)
    through = 1.5 * area / jnp.maximum(crowded, SMALLEST)
    return jnp.minimum(bare, between + (1.0 - between) * jnp.exp(-0.5 * through / mu))
