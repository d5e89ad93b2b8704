"""Newton's method for the balance of a subsurface: inexact, held at kinks, with a line search where it does not help.

One loop whose passes evaluate the balance once and solve at most one linear system, so that each is compiled once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array
from vadose.flow.guard import guarded, held_at_kinks
from vadose.flow.subsurface import SubsurfaceSettings
from vadose.flow.subsurface_balance import Balance, Prepared
from vadose.numerics.krylov import Solved, bicgstab
from vadose.numerics.multigrid import preconditioner
from vadose.numerics.stencil import Stencil, multiply, transposed


class Newton(NamedTuple):
    """Where the iteration stands: heads that are tried next, those they came from, and the step between (m).

    before, change   heads of the last evaluation that was taken, and the whole Newton step from there
    part             of that step that is tried;  size, size2  largest and Euclidean residual there, m
    at               the last evaluation;  iterations  Newton steps;  products  with the Jacobian
    done             `at` is good enough, and `change` its last correction, which leaves `residual` m
    """

    head: Array
    before: Array
    change: Array
    part: Array
    size: Array
    size2: Array
    residual: Array
    at: Balance
    iterations: Array
    products: Array
    coarse: Array
    done: Array
    stuck: Array


def newton(
    given: Prepared, settings: SubsurfaceSettings, evaluate: Callable[[Array], Balance], head: Array, coarse: Array
) -> Newton:
    """Iterate from `head` until the largest residual is within the tolerance, and solve for the last correction.

    evaluate   heads [z, y, x] m -> Balance;  coarse  whether coarser grids serve the linear systems from the start
    """

    def more(now: Newton) -> Array:
        return ~now.done & ~now.stuck & (now.iterations <= settings.newton)

    def once(now: Newton) -> Newton:
        at = evaluate(now.head)
        size, size2 = jnp.max(jnp.abs(at.F)), norm(at.F)
        searching = now.iterations > settings.search_after
        worse = searching & ~(size2 < now.size2) & (now.part > SHORTEST)
        return jax.lax.cond(worse, shorter, partial(further, at, size, size2), now)

    def shorter(now: Newton) -> Newton:
        """Half the step that was tried."""
        return now._replace(head=_moved(given, settings, now, 0.5 * now.part), part=0.5 * now.part)

    def further(at: Balance, size: Array, size2: Array, now: Newton) -> Newton:
        """Solve for the next step, or for the last correction."""
        done = size <= settings.tolerance
        goal = jnp.where(done, settings.last, settings.linear) * size2
        solved = solve(at.matrix, -at.F, goal, now.coarse, settings.krylov)
        taken = now._replace(
            before=now.head,
            change=jnp.where(given.wet, solved.x, 0.0),
            part=jnp.ones(()),
            size=size,
            size2=size2,
            residual=solved.residual,
            at=at,
            iterations=now.iterations + 1,
            products=now.products + solved.iterations,
            coarse=now.coarse | (solved.iterations > settings.coarse),
            done=done,
            stuck=~jnp.isfinite(size2 + jnp.sum(solved.x)),
        )
        return taken._replace(head=_moved(given, settings, taken, taken.part))

    nothing, zero = jnp.zeros_like(head), jnp.zeros((), int)
    shapes = jax.eval_shape(evaluate, head)
    empty = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    start = Newton(
        head, head, nothing, jnp.ones(()), jnp.full((), jnp.inf), jnp.full((), jnp.inf), nothing, empty, zero, zero,
        coarse, jnp.zeros((), bool), jnp.zeros((), bool),
    )  # fmt: skip
    return jax.lax.while_loop(more, once, start)


def _moved(given: Prepared, settings: SubsurfaceSettings, now: Newton, part: Array) -> Array:
    """Heads after a part of the step, kept from going where its slopes say nothing."""
    at, before = now.at, now.before
    diagonal = at.matrix.diagonal / given.thickness
    following = guarded(given.curve, before, at.soil, diagonal, part * now.change, 1.0, settings.psi_min)
    return jnp.where(given.wet, held_at_kinks(before, following, given.distance), before)


def solve(a: Stencil, right: Array, tolerance: Array, coarse: Array, limit: int) -> Solved:
    """A Newton system by BiCGSTAB, with lines or with the whole multigrid cycle."""
    return bicgstab(partial(multiply, a), preconditioner(a, coarse), right, tolerance=tolerance, limit=limit)


def corrected(a: Stencil, right: Array, coarse: Array, settings: SubsurfaceSettings) -> Solved:
    """`solve` whose gradient solves the transposed system."""

    def forward(_: object, b: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        solved = solve(a, b, settings.last * norm(b), coarse, settings.krylov)
        return solved.x, (solved.residual, solved.iterations, solved.converged)

    def backward(_: object, b: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        solved = solve(transposed(a), b, BACKWARD * norm(b), coarse, settings.krylov)
        return solved.x, (solved.residual, solved.iterations, solved.converged)

    x, rest = jax.lax.custom_linear_solve(partial(multiply, a), right, forward, backward, has_aux=True)
    return Solved(x, *rest)


def norm(F: Array) -> Array:
    """Euclidean norm."""
    return jnp.sqrt(jnp.sum(jnp.square(F)))


SHORTEST = 0.05  # part of a Newton step below which it is taken as it is
BACKWARD = 1e-10  # residual of the transposed system over its right side
