"""A soil's curves as a flow solver follows them: straight to saturation near it, and storing water under pressure."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.soil.retention.power_law import BrooksCorey, Campbell
from vadose.soil.retention.saxton_rawls import SaxtonRawls


@pytree
class Curve:
    """Water content and relative conductivity of any closure, made fit for Newton's method.

    retention        closure, leaves with layers first, or numbers
    scale            porosity / theta_s of the closure (ice takes the rest)
    porosity         m3 m-3
    entry            m, head from which on elastic storage counts
    to_relative      1 / K_s of the closure
    wet_water, wet_K theta and K / K_s at the head -smooth_head, from where both go straight to saturation
    smooth_head      m
    specific_storage m-1
    everywhere       elastic storage S_s S psi at all heads, as in ParFlow, or S_s (psi - entry) of saturated soil only
    """

    retention: Any
    scale: Array
    porosity: Array
    entry: Array
    to_relative: Array
    wet_water: Array
    wet_K: Array
    smooth_head: Array
    specific_storage: Array
    everywhere: bool = static(False)


class Hydraulics(NamedTuple):
    """Water (m3 m-3, elastic storage included), its slope (m-1), K / K_s (1) and its slope (m-1)."""

    water: Array
    capacity: Array
    K: Array
    K_psi: Array


def make_curve(
    retention: Any, shape: tuple[int, ...], *, porosity: Array | None, smooth_head: Array, specific_storage: Array,
    everywhere: bool = False,
) -> Curve:  # fmt: skip
    """The curve of a closure on cells of `shape`; porosity m3 m-3 is what ice leaves free, by default theta_s."""
    one = jnp.ones(shape)
    theta_s, K_s = retention.theta_s * one, retention.K_s * one
    free = theta_s if porosity is None else jnp.maximum(porosity, SMALLEST_PORE)
    at_smooth = retention.evaluate(-smooth_head * one)
    return Curve(
        retention=retention,
        scale=free / theta_s,
        porosity=free,
        entry=entry_head(retention) * one,
        to_relative=1.0 / K_s,
        wet_water=free / theta_s * at_smooth.water_content,
        wet_K=at_smooth.conductivity / K_s,
        smooth_head=smooth_head,
        specific_storage=specific_storage,
        everywhere=everywhere,
    )


def entry_head(retention: Any) -> Array:
    """Lowest matric head at which a closure is saturated, m: its air entry where that is sharp, else 0."""
    if isinstance(retention, Campbell):
        return retention.psi_s
    if isinstance(retention, BrooksCorey):
        return retention.psi_b
    return retention.psi_e if isinstance(retention, SaxtonRawls) else 0.0


def hydraulics(curve: Curve, psi: Array) -> Hydraulics:
    """Liquid water, capacity, K / K_s and its slope at head psi, m.

    Between -smooth_head and 0 water and conductivity are straight lines: the slope of a conductivity whose pore sizes
    have no upper end (van Genuchten, n < 2) has no bound there, and no solver can follow it (Vogel et al. 2001).
    Above the entry head water gains S_s for each m, so that pressure follows from the liquid alone.
    """
    smooth = curve.smooth_head
    wet = psi > -smooth
    safe = jnp.where(wet, -smooth, psi)
    water, capacity, K = curve.retention.evaluate(safe)
    K_psi = curve.retention.conductivity_derivative(safe)
    line = jnp.clip(1.0 + psi / smooth, 0.0, 1.0)
    slope = jnp.where(psi < 0.0, 1.0 / smooth, 0.0)
    theta = jnp.where(wet, curve.wet_water + (curve.porosity - curve.wet_water) * line, curve.scale * water)
    C = jnp.where(wet, (curve.porosity - curve.wet_water) * slope, curve.scale * capacity)
    if curve.everywhere:
        elastic = curve.specific_storage / curve.porosity
        theta, C = theta + elastic * theta * psi, C + elastic * (theta + psi * C)
    else:
        stored = jnp.where(psi >= curve.entry, curve.specific_storage, 0.0)
        theta, C = theta + stored * (psi - curve.entry), C + stored
    return Hydraulics(
        theta,
        C,
        jnp.where(wet, curve.wet_K + (1.0 - curve.wet_K) * line, K * curve.to_relative),
        jnp.where(wet, (1.0 - curve.wet_K) * slope, K_psi * curve.to_relative),
    )


SMALLEST_PORE = 1e-6  # m3 m-3
