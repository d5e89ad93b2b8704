"""The balance of every cell of a subsurface at given heads, with its Jacobian: storage, Darcy's fluxes, what enters.

F = w(psi) - w(t) + dt [div q - sources],  q = K_s k_r (grad psi + gravity) with k_r of the cell upstream or a mean of
both, w the water of a cell in m over its horizontal area, elastic storage and, in the first layer, the pond included.
Source: Maxwell (2013) eqs. 1-7; Kollet & Maxwell (2006) for the pond in the first layer's head
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.flow.curve import Curve, Hydraulics, hydraulics
from vadose.flow.overland import Overland
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_terms import Cells
from vadose.numerics.sharing import computed_once
from vadose.numerics.stencil import Stencil, after, before, divergence, sides


@pytree
class Prepared:
    """What does not change during a step.

    curve            the soil's curves [z, y, x];  K_x, K_y, K_z [z, y, x] m s-1
    thickness        [z, y, x] m
    across_x         [z, y, x-1] s-1, conductance of inner faces over the cells' area: K_s dz / dx2; across_y alike
    pull_x, pull_y   [1, y, x-1], [1, y-1, x] m, what gravity adds to the difference of heads toward +x, +y, negated
    turn_x, turn_y   cosine of the angle at those faces
    series           [z-1, y, x] m s-1 of two half layers, 0 at faces of inactive cells
    distance, share  [z-1, y, x] m between centres, and the upper layer's part of it
    angles           sines and cosines of the surface along x and y, [y, x], see `angles`
    wet              [z, y, x] bool, cells that take part
    mean             relative conductivity between two cells, an option of richards_conductivity
    """

    curve: Curve
    K_x: Array
    K_y: Array
    K_z: Array
    thickness: Array
    across_x: Array
    across_y: Array
    pull_x: Array
    pull_y: Array
    turn_x: Array
    turn_y: Array
    series: Array
    distance: Array
    share: Array
    angles: tuple[Array, Array, Array, Array]
    wet: Array
    mean: Any
    grid: SubsurfaceGrid
    overland: Any
    terms: tuple[Any, ...]


class Balance(NamedTuple):
    """One evaluation: F (m), its Jacobian, the soil's curves, flows over edges, what each term gives (m s-1, s-1).

    water, slope   [z, y, x] m of water at these heads and its slope to them
    """

    F: Array
    matrix: Stencil
    soil: Hydraulics
    water: Array
    slope: Array
    overland: Overland | None
    rates: tuple[tuple[Array, Array], ...]


def balance(given: Prepared, head: Array, water: Array, depth: Array, dt: Array) -> Balance:
    """F and its Jacobian at `head` [z, y, x] m, from `water` m and the pond `depth` [y, x] m at the start of dt s."""
    soil = Hydraulics(*computed_once(hydraulics)(given.curve, head))
    stored, slope = given.thickness * soil.water, given.thickness * soil.capacity
    ponded = (head[0] > 0.0) & given.wet[0]
    pond = jnp.where(ponded, head[0], 0.0)
    stored = jnp.concatenate([stored[:1] + pond, stored[1:]])
    slope = jnp.concatenate([slope[:1] + jnp.where(head[0] >= 0.0, 1.0, 0.0), slope[1:]])

    down, down_above, down_below = _vertical(given, head, soil)
    x, east, west = _across(given.mean, head, soil, (given.across_x, given.turn_x, given.pull_x), -1)
    y, north, south = _across(given.mean, head, soil, (given.across_y, given.turn_y, given.pull_y), -2)
    none = jnp.zeros_like(head[:1])
    leaving = jnp.concatenate([down, none]) - jnp.concatenate([none, down]) + divergence(x, y)
    # west and north hold what the cell before a face feels of itself: the slopes of its outflow to its own head.
    own = jnp.concatenate([down_above, none]) - jnp.concatenate([none, down_below])
    own = own + before(west, -1) - after(east, -1) + before(south, -2) - after(north, -2)

    overland = None
    if given.overland is not None:
        overland = given.overland.edges(given.grid, pond, depth)
        over, over_own, (o_east, o_west), (o_north, o_south) = _overland(given, overland, ponded)
        leaving, own = _at_top(leaving, over), _at_top(own, over_own)
        east, west, north, south = (
            _at_top(a, b) for a, b in ((east, o_east), (west, o_west), (north, o_north), (south, o_south))
        )
    cells = _cells(given, head, soil)
    given_rates = (term.rate(cells) for term in given.terms)
    rates = tuple((jnp.where(given.wet, q, 0.0), jnp.where(given.wet, q_psi, 0.0)) for q, q_psi in given_rates)
    for rate, rate_slope in rates:
        leaving, own = leaving - rate, own - rate_slope

    F = jnp.where(given.wet, stored - water + dt * leaving, 0.0)
    matrix = Stencil(
        diagonal=jnp.where(given.wet, slope + dt * own, 1.0),
        above=-dt * jnp.concatenate([none, down_above]),
        below=dt * jnp.concatenate([down_below, none]),
        east=dt * east,
        west=-dt * west,
        north=dt * north,
        south=-dt * south,
    )
    return Balance(F, matrix, soil, stored, slope, overland, rates)


def _vertical(given: Prepared, head: Array, soil: Hydraulics) -> tuple[Array, Array, Array]:
    """Flux down through inner faces [z-1, y, x] m s-1, with slopes to the heads above and below."""
    gradient = (head[:-1] - head[1:]) / given.distance + 1.0
    between, above, below = given.mean.between(soil.K, soil.K_psi, given.share, given.series, gradient >= 0.0)
    conductance = between / given.distance
    return between * gradient, above * gradient + conductance, below * gradient - conductance


def _across(
    mean: Any, head: Array, soil: Hydraulics, face: tuple[Array, Array, Array], axis: int
) -> tuple[Array, Array, Array]:
    """Flux through inner lateral faces over the cells' area, m s-1, with slopes to the heads after and before.

    face   conductance, turn and pull of the direction, as in `Prepared`
    """
    conductance, turn, pull = face
    first, second = sides(head, axis)
    difference = turn * (first - second) - pull
    # The two cells of a face stand where a column has two layers.
    K, K_psi = jnp.stack(sides(soil.K, axis)), jnp.stack(sides(soil.K_psi, axis))
    between = mean.between(K, K_psi, 0.5, conductance[None], (difference >= 0.0)[None])
    K_face, to_first, to_second = (v[0] for v in between)
    return K_face * difference, to_second * difference - K_face * turn, to_first * difference + K_face * turn


def _overland(
    given: Prepared, flow: Overland, ponded: Array
) -> tuple[Array, Array, tuple[Array, Array], tuple[Array, Array]]:
    """What overland flow takes from surface cells, its slope to their own heads, and those of inner edges; s-1.

    A head below 0 is no depth: flow over the edges of such a cell does not feel it.
    """
    dx, dy = given.grid.dx, given.grid.dy
    over = (flow.x[:, 1:] - flow.x[:, :-1]) / dx + (flow.y[1:] - flow.y[:-1]) / dy
    own = (flow.x_before[:, 1:] - flow.x_after[:, :-1]) / dx + (flow.y_before[1:] - flow.y_after[:-1]) / dy
    wet = jnp.where(ponded, 1.0, 0.0)
    x = flow.x_after[:, 1:-1] * wet[:, 1:] / dx, flow.x_before[:, 1:-1] * wet[:, :-1] / dx
    y = flow.y_after[1:-1] * wet[1:] / dy, flow.y_before[1:-1] * wet[:-1] / dy
    return over, own * wet, x, y


def _at_top(field: Array, surface: Array) -> Array:
    """`field` with `surface` added to its first layer."""
    return jnp.concatenate([field[:1] + surface, field[1:]])


def _cells(given: Prepared, head: Array, soil: Hydraulics) -> Cells:
    return Cells(
        head, soil.K, soil.K_psi, given.K_x, given.K_y, given.K_z, given.thickness, given.grid.dx, given.grid.dy,
        *given.angles,
    )  # fmt: skip


def angles(grid: SubsurfaceGrid) -> tuple[Array, Array, Array, Array]:
    """Sines and cosines of the surface's angles along x and y as the layers follow it: [y, x]; 0 and 1 where level."""
    if not grid.terrain_following:
        zero = jnp.zeros(jnp.shape(grid.slope_x))
        return zero, zero, zero + 1.0, zero + 1.0
    if grid.gravity == "upwind":
        one = jnp.ones(jnp.shape(grid.slope_x))
        return grid.slope_x * one, grid.slope_y * one, one, one
    x, y = jnp.arctan(grid.slope_x), jnp.arctan(grid.slope_y)
    return jnp.sin(x), jnp.sin(y), jnp.cos(x), jnp.cos(y)
