"""The parts of a Richards column that do not change during a step: soil, geometry, what the boundaries ask for."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.flow.curve import Curve


@pytree
class Column:
    """What a step keeps fixed; heads in m, conductivities in m s-1.

    curve            the soil's curves, leaves [layer, column]
    K_sat            [layer, column] saturated conductivity, ice included
    offset           [layer, column] m3 m-3, what the driest water content that is solved for exceeds the liquid by
    thickness        [layer, 1 | column] m;  distance, share, series [layer-1, 1 | column] between centres
    surface_K, bottom_K   [column] at the prescribed heads of surface and bottom; 0 where there is none
    """

    curve: Curve
    K_sat: Array
    offset: Array
    thickness: Array
    distance: Array
    share: Array
    series: Array
    surface_K: Array
    bottom_K: Array
    surface_head: Array | None
    supply: Array
    demand: Array
    uptake: Array
    bottom: Any
    dt: Array
    settings: Any


def part(retention: Any, rows: slice) -> Any:
    """A closure of some layers only; leaves without layers stay as they are."""
    return jax.tree_util.tree_map(lambda leaf: leaf[rows] if jnp.ndim(leaf) > 1 else leaf, retention)


def initial_head(retention: Any, column: Column, liquid: Array, lowest: Array) -> Array:
    """A first guess of the head of a liquid water content, between the driest head that is solved for and 100 m."""
    theta = liquid / column.curve.scale
    theta_s = retention.theta_s
    unsaturated = jnp.minimum(jnp.maximum(theta, lowest), theta_s * (1.0 - 1e-12))
    psi = retention.matric_head(unsaturated)
    psi = jnp.maximum(jnp.where(jnp.isfinite(psi), psi, column.settings.psi_min), column.settings.psi_min)
    excess = (liquid - column.curve.porosity) / column.settings.specific_storage
    return jnp.where(theta < theta_s, psi, jnp.minimum(column.curve.entry + jnp.maximum(excess, 0.0), HIGHEST_GUESS))


HIGHEST_GUESS = 100.0  # m
