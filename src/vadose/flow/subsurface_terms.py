"""What cells of the subsurface exchange with the outside: prescribed heads and fluxes, wells, drains, lakes.

`rate(cells)` takes a `Cells` and returns what enters each cell (m s-1 over its horizontal area, [z, y, x]) and the
slope of that to the cell's head (s-1). Fields that hold one number a cell are NaN where the term does not act.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static

SIDES = ("west", "east", "south", "north", "top", "bottom")


class Cells(NamedTuple):
    """What a term may know: heads (m), relative conductivity with its slope (m-1), and the soil, [z, y, x].

    K_x, K_y, K_z   m s-1 saturated;  thickness m;  dx, dy m
    gravity_x, gravity_y   1, sine of the surface's angle, and cosine_x, cosine_y, all [y, x]; 0 and 1 on a level grid
    """

    head: Array
    K: Array
    K_psi: Array
    K_x: Array
    K_y: Array
    K_z: Array
    thickness: Array
    dx: Array
    dy: Array
    sine_x: Array
    sine_y: Array
    cosine_x: Array
    cosine_y: Array


@pytree
class FaceHead:
    """A head prescribed on one side of cells, upwind: q = K k_r [(head_face - psi) / (d / 2) + gravity].

    head   [z, y, x] m on the face, NaN where nothing is prescribed
    K      [z, y, x] 1, relative conductivity at that head; of `prescribed`
    side   west, east, south, north, top or bottom
    """

    head: Array
    K: Array
    side: str = static()

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """What enters through the face, and its slope."""
        given = jnp.isfinite(self.head)
        head = jnp.where(given, self.head, 0.0)
        if self.side in ("top", "bottom"):
            half, area, K_s, cosine = 0.5 * cells.thickness, 1.0, cells.K_z, 1.0
            pull = 1.0 if self.side == "top" else -1.0
        elif self.side in ("west", "east"):
            half, area, K_s, cosine = 0.5 * cells.dx, cells.thickness / cells.dx, cells.K_x, cells.cosine_x
            pull = -cells.sine_x if self.side == "west" else cells.sine_x
        else:
            half, area, K_s, cosine = 0.5 * cells.dy, cells.thickness / cells.dy, cells.K_y, cells.cosine_y
            pull = -cells.sine_y if self.side == "south" else cells.sine_y
        gradient = cosine * (head - cells.head) / half + pull
        entering = gradient >= 0.0
        K = jnp.where(entering, self.K, cells.K)
        K_psi = jnp.where(entering, 0.0, cells.K_psi)
        q, q_psi = area * K_s * K * gradient, area * K_s * (K_psi * gradient - K * cosine / half)
        return jnp.where(given, q, 0.0), jnp.where(given, q_psi, 0.0)


def prescribed(retention: Any, head: Array, side: str) -> FaceHead:
    """A FaceHead with the relative conductivity of the soil at that head."""
    safe = jnp.where(jnp.isfinite(head), head, 0.0)
    return FaceHead(head, retention.conductivity(safe) / (retention.K_s * jnp.ones_like(safe)), side)


@pytree
class FaceFlux:
    """A flux into cells, [z, y, x] m s-1 over their horizontal area, that does not depend on the head.

    Rain and evaporation of the surface, recharge, flow through a side (times the face's area over the horizontal one).
    """

    flux: Array

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """The flux."""
        return self.flux * jnp.ones_like(cells.head), jnp.zeros_like(cells.head)


@pytree
class Drain:
    """Water that leaves where its head is above the drain's: q = -conductance max(psi - level, 0).

    conductance   [z, y, x] s-1, 0 where there is no drain;  level m above the cell's centre
    """

    conductance: Array
    level: Array = 0.0

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """What enters, <= 0."""
        above = cells.head - self.level
        wet = above > 0.0
        return -self.conductance * jnp.where(wet, above, 0.0), -self.conductance * jnp.where(wet, 1.0, 0.0)


@pytree
class Well:
    """A pumping (< 0) or recharging well: its flow shared over its cells by K dz, ending where a cell runs dry.

    flow       m3 s-1, into the soil where positive
    share      [z, y, x] 1, sums to 1 over the cells of the screen
    psi_dry    m, head at which a cell gives no more; it gives all that is asked at half of it
    """

    flow: Array
    share: Array
    psi_dry: Array = -10.0

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """What enters, and how pumping falls in dry soil."""
        full = self.flow * self.share / (cells.dx * cells.dy)
        part = 2.0 - 2.0 * cells.head / self.psi_dry
        pumping = full < 0.0
        held = jnp.where(pumping, jnp.clip(part, 0.0, 1.0), 1.0)
        inside = pumping & (part > 0.0) & (part < 1.0)
        return full * held, jnp.where(inside, -2.0 / self.psi_dry * full, 0.0)


@pytree
class Lake:
    """Standing water of a given level over surface cells: their first layer exchanges with it through its upper half.

    stage   [y, x] m of water above the ground, NaN where there is no lake
    """

    stage: Array

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """q = K_z [(stage - psi) / (dz / 2) + 1] with the conductivity of saturated soil, into the first layer."""
        given = jnp.isfinite(self.stage)
        half = 0.5 * cells.thickness[0]
        conductance = jnp.where(given, cells.K_z[0] / half, 0.0) * jnp.ones_like(cells.head[0])
        q = conductance * (jnp.where(given, self.stage, 0.0) - cells.head[0] + half)
        rest = jnp.zeros_like(cells.head[1:])
        return jnp.concatenate([q[None], rest]), jnp.concatenate([-conductance[None], rest])


@pytree
class HeldHead:
    """A head held in cells, as in a well whose level is kept: q = conductance (head - psi).

    head   [z, y, x] m, NaN where nothing is held;  conductance s-1, so large that the cell follows
    """

    head: Array
    conductance: Array = 1.0

    def rate(self, cells: Cells) -> tuple[Array, Array]:
        """What enters."""
        given = jnp.isfinite(self.head)
        q = self.conductance * (jnp.where(given, self.head, 0.0) - cells.head)
        return jnp.where(given, q, 0.0), jnp.where(given, -self.conductance, 0.0)
