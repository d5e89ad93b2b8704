"""The parts of a Richards column that do not change during a step: soil, geometry, what the boundaries ask for."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.soil.retention.power_law import BrooksCorey, Campbell
from vadose.soil.retention.saxton_rawls import SaxtonRawls


@pytree
class Column:
    """What a step keeps fixed; heads in m, conductivities in m s-1.

    retention        closure
    scale            [layer, column] porosity / theta_s
    porosity         [layer, column] m3 m-3
    entry            [layer, column] | number: head from which on elastic storage counts
    K_sat            [layer, column] saturated conductivity, ice included
    to_relative      [layer, column] 1 / K_s of the closure
    wet_water, wet_K [layer, column] theta and K / K_s at the head -smooth, from where both go straight to saturation
    offset           [layer, column] m3 m-3, what the driest water content that is solved for exceeds the liquid by
    thickness        [layer, 1 | column] m;  distance, share, series [layer-1, 1 | column] between centres
    surface_K, bottom_K   [column] at the prescribed heads of surface and bottom; 0 where there is none
    """

    retention: Any
    scale: Array
    porosity: Array
    entry: Array
    K_sat: Array
    to_relative: Array
    wet_water: Array
    wet_K: Array
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


def entry_head(retention: Any) -> Array:
    """Lowest matric head at which a closure is saturated, m: its air entry where that is sharp, else 0."""
    if isinstance(retention, Campbell):
        return retention.psi_s
    if isinstance(retention, BrooksCorey):
        return retention.psi_b
    return retention.psi_e if isinstance(retention, SaxtonRawls) else 0.0


def part(retention: Any, rows: slice) -> Any:
    """A closure of some layers only; leaves without layers stay as they are."""
    return jax.tree_util.tree_map(lambda leaf: leaf[rows] if jnp.ndim(leaf) > 1 else leaf, retention)


def initial_head(retention: Any, column: Column, liquid: Array, lowest: Array) -> Array:
    """A first guess of the head of a liquid water content, between the driest head that is solved for and 100 m."""
    theta = liquid / column.scale
    theta_s = retention.theta_s
    unsaturated = jnp.minimum(jnp.maximum(theta, lowest), theta_s * (1.0 - 1e-12))
    psi = retention.matric_head(unsaturated)
    psi = jnp.maximum(jnp.where(jnp.isfinite(psi), psi, column.settings.psi_min), column.settings.psi_min)
    excess = (liquid - column.porosity) / column.settings.specific_storage
    return jnp.where(theta < theta_s, psi, jnp.minimum(column.entry + jnp.maximum(excess, 0.0), HIGHEST_GUESS))


def hydraulics(column: Column, psi: Array) -> tuple[Array, Array, Array, Array]:
    """Liquid water (m3 m-3), capacity (m-1), K / K_s and its slope (m-1) at head psi.

    Between -smooth and 0 water and conductivity are straight lines: the slope of a conductivity whose pore sizes have
    no upper end (van Genuchten, n < 2) has no bound there, and no solver can follow it (Vogel et al. 2001).
    Above the entry head water gains S_s for each m, so that pressure follows from the liquid alone.
    """
    settings = column.settings
    smooth = settings.smooth_head
    wet = psi > -smooth
    safe = jnp.where(wet, -smooth, psi)
    retention = column.retention
    water, capacity, K = retention.evaluate(safe)
    K_psi = retention.conductivity_derivative(safe)
    pressed = psi >= column.entry
    line = jnp.clip(1.0 + psi / smooth, 0.0, 1.0)
    slope = jnp.where(psi < 0.0, 1.0 / smooth, 0.0)
    theta = jnp.where(wet, column.wet_water + (column.porosity - column.wet_water) * line, column.scale * water)
    C = jnp.where(wet, (column.porosity - column.wet_water) * slope, column.scale * capacity)
    stored = jnp.where(pressed, settings.specific_storage, 0.0)
    theta = theta + stored * (psi - column.entry)
    return (
        theta,
        C + stored,
        jnp.where(wet, column.wet_K + (1.0 - column.wet_K) * line, K * column.to_relative),
        jnp.where(wet, (1.0 - column.wet_K) * slope, K_psi * column.to_relative),
    )


HIGHEST_GUESS = 100.0  # m
