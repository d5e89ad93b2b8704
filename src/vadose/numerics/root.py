"""Roots of small systems, one a column: all columns at once, gradient by the implicit function theorem."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.numerics.root_step import (
    NEARLY,
    Rows,
    Search,
    SearchState,
    Unknowns,
    Update,
    ended,
    first_state,
    search_step,
)

__all__ = ["Root", "Search", "Unknowns", "Update", "eliminate", "fixed_point"]

LEAST_PIVOT = 1e-3  # of x - update(x) in the adjoint's elimination
FEW, FEWEST = 16, 8  # the last 1/16 of the columns is finished apart, where that are 8 or more


@pytree
class Root:
    """The unknowns, each [column], the iterations taken by the slowest column, and which columns converged."""

    value: Unknowns
    iterations: Array
    converged: Array


def fixed_point(update: Update, parameters: Any, start: Unknowns, search: Search) -> Root:
    """x of x = update(parameters, x), k unknowns a column, by Broyden's method: one evaluation an iteration.

    The first step is the plain one; the inverse Jacobian of x - update(x) is learnt from the steps taken. One unknown
    may be bracketed: where a search does not end, that one is found by halving. Reverse mode solves the transposed
    k x k system once a column; the start has no gradient.
    A column's iterates depend on itself only, so that they are the same however the columns are cut.

    update      module-level function of (parameters, x) that treats every column alike
    parameters  pytree of floating arrays
    start       k arrays [column]
    Never raises: `converged` says where the root is good.
    Source: Broyden (1965), damped after More and Trangenstein (1976)
    """
    start = jax.tree.map(jax.lax.stop_gradient, start)
    value, iterations, converged = _solve(update, search.key(), parameters, start)
    return Root(value, iterations, converged)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _solve(update: Update, key: tuple[Any, ...], parameters: Any, start: Unknowns) -> tuple[Unknowns, Array, Array]:
    search = Search(*key)
    columns = start[0].shape[0]
    few = columns // FEW if columns >= FEW * FEWEST else 0
    state = _iterate(update, search, parameters, first_state(search, start), few)
    if few:
        state = _finish_few(update, search, parameters, state, few)
    done = ended(search, state)
    x = tuple(jnp.where(done, last, best) for last, best in zip(state.x, state.best, strict=True))
    return x, state.count, done | (state.least <= NEARLY)


def _iterate(update: Update, search: Search, parameters: Any, state: SearchState, few: int) -> SearchState:
    """Iterate until at most `few` searches have not ended, or to their limit."""

    def unfinished(s: SearchState) -> Array:
        return (s.count < search.most) & (jnp.sum(~ended(search, s)) > few)

    return jax.lax.while_loop(unfinished, partial(search_step, update, search, parameters), state)


def _finish_few(update: Update, search: Search, parameters: Any, state: SearchState, few: int) -> SearchState:
    """The columns that have not converged, gathered and brought to the end alone, so that the others do not pay."""
    columns = state.done.shape[0]
    (place,) = jnp.nonzero(~ended(search, state), size=few, fill_value=columns)
    held = jnp.minimum(place, columns - 1)

    def gather(x: Array) -> Array:
        return x[..., held] if jnp.ndim(x) and x.shape[-1] == columns else x

    part = jax.tree.map(gather, state)
    part = part._replace(done=part.done | (place == columns))
    part = _iterate(update, search, jax.tree.map(gather, parameters), part, 0)

    def scatter(whole: Array, some: Array) -> Array:
        return whole.at[place].set(some, mode="drop")

    done = scatter(ended(search, state), ended(search, part))
    x, best, least = jax.tree.map(scatter, (state.x, state.best, state.least), (part.x, part.best, part.least))
    return state._replace(x=x, best=best, least=least, done=done, length=jnp.abs(state.length), count=part.count)


def _forward(update: Update, key: tuple[Any, ...], parameters: Any, start: Unknowns) -> tuple[Any, Any]:
    out = _solve(update, key, parameters, start)
    return out, (parameters, out[0])


def _backward(update: Update, key: tuple[Any, ...], kept: Any, cotangent: Any) -> tuple[Any, Any]:
    parameters, x = kept
    rows = _jacobian(update, parameters, x)
    transposed = tuple(zip(*rows, strict=True))
    adjoint = eliminate(transposed, cotangent[0])
    adjoint = tuple(jnp.where(jnp.isfinite(a), a, 0.0) for a in adjoint)
    _, pull = jax.vjp(lambda p: update(p, x), parameters)
    return pull(adjoint)[0], jax.tree.map(jnp.zeros_like, x)


_solve.defvjp(_forward, _backward)


def _jacobian(update: Update, parameters: Any, x: Unknowns) -> Rows:
    """Rows of the Jacobian of x - update(x)."""
    _, push = jax.linearize(lambda u: update(parameters, u), x)
    one, zero = jnp.ones_like(x[0]), jnp.zeros_like(x[0])
    size = range(len(x))
    columns = [push(tuple(one if i == j else zero for i in size)) for j in size]
    return tuple(tuple((1.0 if i == j else 0.0) - columns[j][i] for j in size) for i in size)


def eliminate(rows: Rows, right: Unknowns) -> Unknowns:
    """x of A x = right, k x k a column, by elimination without exchanging rows.

    rows   k tuples of k arrays [column]
    Pivots are kept from 0, so that gradients stay bounded where two roots all but meet.
    """
    size = len(right)
    a = [list(row) for row in rows]
    b = list(right)
    for i in range(size):
        pivot = a[i][i]
        inverse = 1.0 / jnp.where(jnp.abs(pivot) < LEAST_PIVOT, jnp.where(pivot < 0.0, -1.0, 1.0) * LEAST_PIVOT, pivot)
        a[i] = [v * inverse if j > i else v for j, v in enumerate(a[i])]
        b[i] = b[i] * inverse
        for k in range(i + 1, size):
            factor = a[k][i]
            a[k] = [v - factor * a[i][j] if j > i else v for j, v in enumerate(a[k])]
            b[k] = b[k] - factor * b[i]
    for i in range(size - 2, -1, -1):
        for j in range(i + 1, size):
            b[i] = b[i] - a[i][j] * b[j]
    return tuple(b)
