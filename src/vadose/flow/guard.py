"""Newton's step of a Richards problem, kept from going where its slopes say nothing."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from vadose.arrays import Array
from vadose.flow.curve import Curve, Hydraulics


def guarded(
    curve: Curve, psi: Array, at: Hydraulics, diagonal: Array, change: Array, damping: Array, psi_min: Array
) -> Array:
    """The next iterate: psi + damping change, except where a dry layer gets wetter, and not below psi_min.

    There theta grows with a power of the suction head, theta - theta_r ~ h^-w with w = C h / (theta - theta_r), and
    fluxes with psi itself. Were storage alone to take the correction, psi would go by a = h - h (1 + w d / h)^(-1 / w)
    with d = change diagonal / C; were it fluxes alone, by b = change diagonal / (diagonal - C). The step
    a b / (a + b) is Newton's; both are bounds, and where they are far the smaller one is nearer to the solution.
    diagonal m-1 of the Jacobian of the water content; psi, change, psi_min m
    Source: after the switch of variables of Brenner & Cances (2017), without evaluating the inverse
    """
    C, smooth = at.capacity, curve.smooth_head
    h = jnp.maximum(-psi, smooth)
    dry = (psi < -smooth) & (change > 0.0)
    residual_water = getattr(curve.retention, "theta_r", 0.0)
    held = jnp.maximum(at.water - curve.scale * residual_water, 1e-12)
    w = jnp.clip(C * h / held, 1e-3, 10.0)
    # A mean conductivity that the layer below raises may make a diagonal negative; storage alone never does.
    asked = jnp.maximum(diagonal, C) * jnp.where(dry, change, 0.0)
    stored = -h * jnp.expm1(-jnp.log1p(w * asked / (jnp.maximum(C, SMALLEST_CAPACITY) * h)) / w)
    flows = jnp.maximum(diagonal - C, 0.0)
    both = stored * asked / jnp.maximum(asked + stored * flows, SMALLEST_CAPACITY)
    least = jnp.minimum(stored, asked / jnp.maximum(flows, SMALLEST_CAPACITY))
    wetter = psi + jnp.where(least > 0.3 * h, least, both)
    # Out of saturation, whose capacity says nothing of the pores that will drain, only to where they begin to.
    edge = jnp.minimum(curve.entry, 0.0) - 0.01 * smooth
    lowest = jnp.where(psi >= curve.entry, edge, 4.0 * psi - 1.0)
    falls = jnp.maximum(psi + damping * change, lowest)
    return jnp.clip(jnp.where(dry, wetter, falls), psi_min, HIGHEST_HEAD)


def held_at_kinks(head: Array, following: Array, distance: Array) -> Array:
    """The next iterate of a column whose first layer holds the pond, stopped where its slopes change at once.

    A saturated layer that rises against drier soil is held where the flow between them turns upward: until then the
    upstream conductivity is that of the dry layer, and the linear system raises the head by metres to move what the
    wet one moves at a millimetre. A first layer that begins to pond is held at the ground, from where the pond stores
    what comes. The layers below move with the one that is held, as long as they are saturated.

    head, following   [z, ...] m now and asked for;  distance [z-1, ...] m between centres
    """
    rises = (head[0] < JUST) & (following[0] > JUST)
    first = jnp.where(rises, JUST, following[0])

    def down(carry: tuple[Array, Array], row: tuple[Array, ...]) -> tuple[tuple[Array, Array], Array]:
        above, held = carry
        old_above, old, asked, d = row
        least = jnp.minimum(asked, old)
        psi = jnp.where(asked > 0.0, jnp.maximum(asked - held, least), asked)
        turns = above + d + JUST
        stopped = (old_above + d >= old) & (psi > turns) & (psi > 0.0)
        psi = jnp.where(stopped, jnp.maximum(turns, least), psi)
        return (psi, asked - psi), psi

    rows = (head[:-1], head[1:], following[1:], distance * jnp.ones_like(head[1:]))
    _, rest = jax.lax.scan(down, (first, following[0] - first), rows)
    return jnp.concatenate([first[None], rest])


JUST = 1e-6  # m beyond a kink
HIGHEST_HEAD = 1e5  # m
SMALLEST_CAPACITY = 1e-30  # m-1, so that nothing is divided by zero
