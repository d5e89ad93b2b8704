"""The surface of a Richards column: rain, ponding and evaporation, each a flux until the soil limits it by its head."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.flow.richards_column import Column


class Surface(NamedTuple):
    """What passes the surface, m s-1: the net flux into the soil, its slope to the first head (s-1), evaporation.

    most is the largest net flux that the water on the surface allows.
    """

    flux: Array
    flux_psi: Array
    evaporation: Array
    evaporation_psi: Array
    direct: Array
    most: Array


def surface(column: Column, psi: Array, K: Array, K_psi: Array, pond: Array, dt: Array) -> Surface:
    """Net flux into the first layer, which is a flux boundary or a head boundary by what the soil can pass.

    q = min(available, K_s [(h_0 - psi) / (dz / 2) + 1]),  h_0 = dt (available - q): the water left standing
    e = min(demand, K(psi) [(psi - psi_dry) / (dz / 2) - 1]),  at least 0

    psi, K, K_psi   [column] of the first layer (m, m s-1, s-1)
    pond            [column] m;  dt [column] s
    Evaporation takes water on the surface first. Where psi > h_0 water leaves the soil upward and stands on it.
    """
    half = 0.5 * column.thickness[0]
    if column.surface_head is not None:
        between, gradient = 0.5 * (K + column.surface_K), (column.surface_head - psi) / half + 1.0
        q, zero = between * gradient, jnp.zeros_like(psi)
        return Surface(q, 0.5 * K_psi * gradient - between / half, zero, zero, zero, jnp.full_like(psi, jnp.inf))
    offered = pond / dt + column.supply
    direct = jnp.minimum(column.demand, offered)
    available, asked = offered - direct, column.demand - direct
    K_s = column.K_sat[0]
    reach = 1.0 + K_s * dt / half
    limit = K_s * ((dt * available - psi) / half + 1.0) / reach
    limited = limit < available
    gradient = (psi - column.settings.psi_dry) / half - 1.0
    driest = jnp.maximum(K * gradient, 0.0)
    dry = driest < asked
    evaporation = jnp.minimum(asked, driest)
    evaporation_psi = jnp.where(dry & (gradient > 0.0), K_psi * gradient + K / half, 0.0)
    q = jnp.minimum(available, limit)
    q_psi = jnp.where(limited, -K_s / half / reach, 0.0)
    return Surface(q - evaporation, q_psi - evaporation_psi, evaporation, evaporation_psi, direct, available)
