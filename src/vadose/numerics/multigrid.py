"""A preconditioner for thin wide cells: exact vertical lines, and corrections on grids coarsened in the horizontal.

Cells of a soil are metres to kilometres wide and centimetres thick, so that vertical neighbours are coupled 10^4 to
10^8 times more strongly than horizontal ones: each column is solved as a whole, and only what columns exchange is left
to a multigrid cycle that halves both horizontal directions and keeps all layers (semi-coarsening, Schaffer 1998, SIAM
J. Sci. Comput. 20, 228-242).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp

from vadose.arrays import Array
from vadose.numerics.stencil import Stencil, after, before, multiply
from vadose.numerics.tridiagonal import Eliminated, eliminated, substituted

DAMPING = 0.8  # of the line solves before and after a coarse correction
COARSEST = 2  # columns along the longer side of the last grid


def lines(a: Stencil) -> Callable[[Array], Array]:
    """v -> x of the vertical part of the matrix, all columns exactly, nothing exchanged between them."""
    system = _eliminated(a)
    return lambda v: substituted(system, v)


def cycle(a: Stencil) -> Callable[[Array], Array]:
    """v -> one V-cycle of damped line solves on horizontally coarsened grids; linear, a few sweeps of work."""
    return preconditioner(a, jnp.ones((), bool))


def preconditioner(a: Stencil, coarse: Array) -> Callable[[Array], Array]:
    """`cycle` where `coarse` is true, else `lines`, decided as it runs; coarser grids are made where they serve."""
    shapes = jax.eval_shape(_levels, a)
    none = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    levels = jax.lax.cond(coarse, _levels, lambda _: none, a)
    system = _eliminated(a)

    def apply(v: Array) -> Array:
        return jax.lax.cond(coarse, lambda v: _cycled([(a, system), *levels], v), partial(substituted, system), v)

    return apply


def _eliminated(a: Stencil) -> Eliminated:
    return eliminated(a.above, a.diagonal, a.below)


def _levels(a: Stencil) -> list[tuple[Stencil, Eliminated]]:
    """Coarser and coarser matrices below `a`, each with the elimination of its lines."""
    made = []
    while max(a.diagonal.shape[-2:]) > COARSEST:
        a = coarsened(a)
        made.append((a, _eliminated(a)))
    return made


def _cycled(levels: Sequence[tuple[Stencil, Eliminated]], v: Array) -> Array:
    """A V-cycle from the first of these matrices downward."""
    (a, system), below = levels[0], levels[1:]
    if not below:
        return substituted(system, v)
    x = DAMPING * substituted(system, v)
    x = x + spread(_cycled(below, gathered(v - multiply(a, x))), a.diagonal.shape[-2:])
    return x + DAMPING * substituted(system, v - multiply(a, x))


def gathered(v: Array) -> Array:
    """Sums of v [z, y, x] over 2 x 2 columns; the last row or column stands alone where the number is odd."""
    padded = jnp.pad(v, [(0, 0), (0, v.shape[1] % 2), (0, v.shape[2] % 2)])
    return (padded[:, 0::2, 0::2] + padded[:, 1::2, 0::2]) + (padded[:, 0::2, 1::2] + padded[:, 1::2, 1::2])


def spread(v: Array, shape: tuple[int, int]) -> Array:
    """Each value of the coarse grid at its fine columns, [z, *shape]."""
    return jnp.repeat(jnp.repeat(v, 2, axis=1)[:, : shape[0]], 2, axis=2)[:, :, : shape[1]]


def coarsened(a: Stencil) -> Stencil:
    """The matrix on 2 x 2 columns: sums of what is stored and moves vertically; lateral exchange over twice the way.

    The lateral slopes are split into conductance, which falls with the distance of the centres, and what the water
    carries with it, which does not.
    """
    own = a.diagonal + before(a.west, -1) + after(a.east, -1) + before(a.south, -2) + after(a.north, -2)
    # A cell without neighbours is no cell of the flow (inactive): its unit row must not enter a sum.
    alone = (a.diagonal == 1.0) & (a.above == 0.0) & (a.below == 0.0)
    own = gathered(jnp.where(alone, 0.0, own))
    own = jnp.where(own == 0.0, 1.0, own)
    east, west = _across(a.east, a.west, -1)
    north, south = _across(a.north, a.south, -2)
    diagonal = own - before(west, -1) - after(east, -1) - before(south, -2) - after(north, -2)
    return Stencil(diagonal, gathered(a.above), gathered(a.below), east, west, north, south)


def _across(toward: Array, back: Array, axis: int) -> tuple[Array, Array]:
    """Coefficients of the faces between coarse columns, from those of the fine faces that lie on them."""
    conductance = jnp.maximum(jnp.minimum(-toward, -back), 0.0)
    made = []
    for face in (toward, back):
        halved = face + 0.5 * conductance
        if axis == -1:
            halved = halved[..., 1::2]
            halved = jnp.pad(halved, [(0, 0), (0, halved.shape[1] % 2), (0, 0)])
            made.append(halved[:, 0::2] + halved[:, 1::2])
        else:
            halved = halved[:, 1::2]
            halved = jnp.pad(halved, [(0, 0), (0, 0), (0, halved.shape[2] % 2)])
            made.append(halved[..., 0::2] + halved[..., 1::2])
    return made[0], made[1]
