"""Roots of small systems, one a column: all columns at once, gradient by the implicit function theorem."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static

Unknowns = tuple[Array, ...]
Update = Callable[[Any, Unknowns], Unknowns]
LEAST_PIVOT = 0.05  # Newton steps are at most 20 plain steps long, and never against them
FEW, FEWEST = 16, 8  # the last 1/16 of the columns is finished apart, where that are 8 or more
SHORT = 0.05  # step of a bracketed unknown that may leave its bracket, which the others move


@pytree
class Search:
    """How a root is sought: one number an unknown.

    tolerance      error at which an unknown has converged
    longest        longest step
    lower, upper   bounds
    limit          most iterations
    followers      the first unknowns, on whose old values the update hardly depends: no Newton directions of theirs
    bracketed      place of the unknown kept between the points where its update led up and down, -1 for none
    """

    tolerance: tuple[float, ...] = static()
    longest: tuple[float, ...] = static()
    lower: tuple[float, ...] = static()
    upper: tuple[float, ...] = static()
    limit: int = static(30)
    followers: int = static(0)
    bracketed: int = static(-1)

    def key(self) -> tuple[Any, ...]:
        """What makes two searches the same."""
        return self.tolerance, self.longest, self.lower, self.upper, self.limit, self.followers, self.bracketed


@pytree
class Root:
    """The unknowns, each [column], the iterations taken by the slowest column, and which columns converged."""

    value: Unknowns
    iterations: Array
    converged: Array


def fixed_point(update: Update, parameters: Any, start: Unknowns, search: Search) -> Root:
    """x of x = update(parameters, x), k unknowns a column, by Newton's method with exact Jacobian.

    Newton on x - update(x), every column until its step is within the tolerance. Where a pivot of the Jacobian is
    small or negative the plain iteration's direction is kept, so that the root is the one that it would lead to.
    Reverse mode solves the transposed k x k system once a column; the start has no gradient.

    update      module-level function of (parameters, x) that treats every column alike
    parameters  pytree of floating arrays
    start       k arrays [column]
    Never raises: `converged` says where the root is good.
    """
    start = jax.tree.map(jax.lax.stop_gradient, start)
    value, iterations, converged = _solve(update, search.key(), parameters, start)
    return Root(value, iterations, converged)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _solve(update: Update, key: tuple[Any, ...], parameters: Any, start: Unknowns) -> tuple[Unknowns, Array, Array]:
    search = Search(*key)
    columns = start[0].shape[0]
    few = columns // FEW if columns >= FEW * FEWEST else 0
    state = _first(search, start)
    state = _iterate(update, search, parameters, state, few)
    if few:
        state = _finish_few(update, search, parameters, state, few)
    return state.x, state.count, state.done


class _State(NamedTuple):
    """An iteration on its way: unknowns, bracket, length of the last step, converged columns, iterations."""

    x: Unknowns
    low: Array
    high: Array
    last: Array
    done: Array
    count: Array


def _first(search: Search, start: Unknowns) -> _State:
    one, at = jnp.ones_like(start[0]), search.bracketed
    low, high = (search.lower[at] - 1e-9) * one, (search.upper[at] + 1e-9) * one
    return _State(start, low, high, 1e30 * one, one < 0.0, jnp.asarray(0))


def _iterate(update: Update, search: Search, parameters: Any, state: _State, few: int) -> _State:
    """Iterate until at most `few` columns have not converged, or to the limit."""

    def unfinished(s: _State) -> Array:
        return (s.count < search.limit) & (jnp.sum(~s.done) > few)

    return jax.lax.while_loop(unfinished, partial(_step, update, search, parameters), state)


def _finish_few(update: Update, search: Search, parameters: Any, state: _State, few: int) -> _State:
    """The columns that have not converged, gathered and brought to the end alone, so that the others do not pay.

    A column's iterates depend on itself only, so that they are the same however the columns are cut.
    """
    columns = state.done.shape[0]
    (place,) = jnp.nonzero(~state.done, size=few, fill_value=columns)
    held = jnp.minimum(place, columns - 1)

    def gather(x: Array) -> Array:
        return x[..., held] if jnp.ndim(x) and x.shape[-1] == columns else x

    part = _State(*jax.tree.map(gather, tuple(state[:-1])), state.count)
    part = part._replace(done=part.done | (place == columns))
    part = _iterate(update, search, jax.tree.map(gather, parameters), part, 0)

    def scatter(whole: Array, some: Array) -> Array:
        return whole.at[place].set(some, mode="drop")

    x = tuple(scatter(w, s) for w, s in zip(state.x, part.x, strict=True))
    return state._replace(x=x, done=scatter(state.done, part.done), count=part.count)


def _step(update: Update, search: Search, parameters: Any, state: _State) -> _State:
    """One step of Newton in every column that has not converged."""
    x, low, high, last, done, count = state
    at = search.bracketed
    new, rows = _newton_rows(update, parameters, x, search.followers)
    plain = tuple(n - o for n, o in zip(new, x, strict=True))
    step = eliminate(rows, plain, least_pivot=LEAST_PIVOT)
    moved = []
    for i, (old, full) in enumerate(zip(x, step, strict=True)):
        safe = jnp.clip(jnp.where(jnp.isfinite(full), full, 0.0), -search.longest[i], search.longest[i])
        # at most half way to the lower bound, near which unknowns change by orders of magnitude
        least = search.lower[i] if i == at else 0.5 * (old + search.lower[i])
        moved.append(jnp.clip(old + safe, least, search.upper[i]))
    if at >= 0:
        moved[at], low, high = _between(x[at], plain[at], moved[at], low, high, search, count)
    length = jnp.zeros_like(x[0])
    for i in range(len(x)):
        length = jnp.maximum(length, jnp.abs(moved[i] - x[i]) * (1.0 / search.tolerance[i]))
    # the error left is the step times what is left of the geometric series of steps
    rate = length / last
    small = (length <= 1.0) | ((length * rate <= 1.0 - rate) & (rate < 0.1) & (count > 1))
    finite = jnp.isfinite(length) & jnp.isfinite(plain[0])
    moved = [jnp.where(done, old, m) for old, m in zip(x, moved, strict=True)]
    return _State(tuple(moved), low, high, jnp.maximum(length, 1e-30), done | (small & finite), count + 1)


def _between(
    old: Array, plain: Array, moved: Array, low: Array, high: Array, search: Search, count: Array
) -> tuple[Array, Array, Array]:
    """The step taken if it stays where the root must be, else half the bracket; the bracket narrowed.

    The other unknowns may move the root out of the bracket, which is opened again when it has closed.
    """
    at = search.bracketed
    low = jnp.where(plain >= 0.0, old, low)
    high = jnp.where(plain <= 0.0, old, high)
    short = jnp.abs(moved - old) < SHORT
    inside = ((moved > low) & (moved < high)) | short
    closed = (high - low < search.tolerance[at]) & (jnp.abs(plain) > search.tolerance[at])
    low, high = jnp.where(closed, search.lower[at], low), jnp.where(closed, search.upper[at], high)
    stale = (count > 5) & (count % 2 == 0) & ~(short & (count < 9)) & (jnp.abs(moved - old) > 1e-3)
    return jnp.where(inside & ~stale, moved, 0.5 * (low + high)), low, high


def _forward(update: Update, key: tuple[Any, ...], parameters: Any, start: Unknowns) -> tuple[Any, Any]:
    out = _solve(update, key, parameters, start)
    return out, (parameters, out[0])


def _backward(update: Update, key: tuple[Any, ...], kept: Any, cotangent: Any) -> tuple[Any, Any]:
    parameters, x = kept
    _, rows = _newton_rows(update, parameters, x, 0)
    transposed = tuple(zip(*rows, strict=True))
    adjoint = eliminate(transposed, cotangent[0], least_pivot=None)
    adjoint = tuple(jnp.where(jnp.isfinite(a), a, 0.0) for a in adjoint)
    _, pull = jax.vjp(lambda p: update(p, x), parameters)
    return pull(adjoint)[0], jax.tree.map(jnp.zeros_like, x)


_solve.defvjp(_forward, _backward)


def _newton_rows(update: Update, parameters: Any, x: Unknowns, followers: int) -> tuple[Unknowns, tuple[Unknowns, ...]]:
    """update(x), and the rows of the Jacobian of x - update(x)."""
    new, push = jax.linearize(lambda u: update(parameters, u), x)
    one, zero = jnp.ones_like(x[0]), jnp.zeros_like(x[0])
    size = range(len(x))
    none = tuple(zero for _ in size)
    columns = [push(tuple(one if i == j else zero for i in size)) if j >= followers else none for j in size]
    rows = tuple(tuple((1.0 if i == j else 0.0) - columns[j][i] for j in size) for i in size)
    return new, rows


def eliminate(rows: tuple[Unknowns, ...], right: Unknowns, *, least_pivot: float | None) -> Unknowns:
    """x of A x = right, k x k a column, by elimination without exchanging rows.

    rows          k tuples of k arrays [column]
    least_pivot   pivots are raised to it; None leaves their sign and keeps them from 0 only
    """
    size = len(right)
    a = [list(row) for row in rows]
    b = list(right)
    for i in range(size):
        pivot = a[i][i]
        if least_pivot is None:
            pivot = jnp.where(jnp.abs(pivot) < 1e-12, 1e-12, pivot)
        else:
            pivot = jnp.maximum(pivot, least_pivot)
        inverse = 1.0 / pivot
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
