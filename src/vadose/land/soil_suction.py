"""What vegetation and evaporation ask of a closure of `vadose.soil`: head at any wetness, air entry, exponent."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array
from vadose.soil.retention.contract import Retention

DRIEST_SATURATION = 0.01  # theta / theta_s below which a power law's head is that of the driest soil
DRIEST_HEAD = -5e4  # m, about pF 6.7, the same for other closures, which may have a finite dry end
ROUNDING = 1e-9  # m3 m-3, keeps the driest water content inside the range of its closure
REFERENCE_HEAD = -3.3  # m, about field capacity, where the slope of a curve that is no power law is taken


def matric_head(retention: Retention, liquid: Array) -> Array:
    """Matric head, m, at any water content: what is drier than the driest or wetter than theta_s counts as that.

    liquid   [layer, column] m3 m-3
    """
    if hasattr(retention, "psi_s"):
        driest = DRIEST_SATURATION * retention.theta_s
    else:
        driest = retention.water_content(DRIEST_HEAD * jnp.ones_like(liquid)) + ROUNDING
    return retention.matric_head(jnp.clip(liquid, driest, retention.theta_s))


def air_entry(retention: Retention) -> Array:
    """Head at which pores begin to drain, m: psi_s or psi_b of a power law, 0 for closures without an entry."""
    for name in ("psi_s", "psi_b"):
        if hasattr(retention, name):
            return getattr(retention, name)
    return 0.0


def campbell_exponent(retention: Retention) -> Array:
    """Clapp and Hornberger's b: the closure's own, or the slope d ln|psi| / d ln(theta) at about field capacity."""
    if hasattr(retention, "b") and hasattr(retention, "psi_s"):
        return retention.b
    psi = REFERENCE_HEAD * jnp.ones_like(retention.theta_s)
    return retention.water_content(psi) / (-psi * jnp.maximum(retention.capacity(psi), 1e-6))


def top_layer(tree: Any) -> Any:
    """The first layer, [1, column], of every leaf that has layers; numbers stay as they are."""
    return jax.tree.map(lambda leaf: leaf[:1] if jnp.ndim(leaf) == 2 else leaf, tree)
