"""Roots of small systems, one a column: all columns at once, gradient by the implicit function theorem."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static

Unknowns = tuple[Array, ...]
Rows = tuple[Unknowns, ...]
Update = Callable[[Any, Unknowns], Unknowns]
LEAST_RESPONSE = 0.02  # a diagonal element of the inverse Jacobian below it, or above its inverse, is forgotten
LEAST_SHARE = 0.1  # Broyden's update is damped so that the inverse Jacobian keeps that much along the last step
FEW, FEWEST = 16, 8  # the last 1/16 of the columns is finished apart, where that are 8 or more
BRACKETED_FROM = 4  # iteration: most columns are done before it, and the bracket of the others is then narrow
SHORT = 0.02  # step of a bracketed unknown that may leave its bracket, which the others move
STALE = 0.02  # a bracket narrower than that share of the distance left was drawn at other values of the others


@pytree
class Search:
    """How a root is sought: one number an unknown.

    tolerance      error at which an unknown has converged
    longest        longest step
    lower, upper   bounds
    limit          most iterations
    followers      the first unknowns, on whose old values the update hardly depends: they take its values
    bracketed      place of the unknown kept between the points where its update led up and down, -1 for none
    """

    tolerance: tuple[float, ...] = static()
    longest: tuple[float, ...] = static()
    lower: tuple[float, ...] = static()
    upper: tuple[float, ...] = static()
    limit: int = static(60)
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
    """x of x = update(parameters, x), k unknowns a column, by Broyden's method: one evaluation an iteration.

    The first step is the plain one; the inverse Jacobian of x - update(x) is learnt from the steps taken. One unknown
    may be bracketed. Reverse mode solves the transposed k x k system once a column; the start has no gradient.
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
    state = _first(search, start)
    state = _iterate(update, search, parameters, state, few)
    if few:
        state = _finish_few(update, search, parameters, state, few)
    return state.x, state.count, state.done


class _State(NamedTuple):
    """An iteration on its way, [column] each but the count.

    x          unknowns
    residual   x - update(x) of the unknowns that do not follow, before the last step
    step       the last step of these
    inverse    the inverse Jacobian of their residual, rows
    low, high  bracket
    length     of the last step in units of the tolerance
    done       columns that have converged
    count      iterations
    """

    x: Unknowns
    residual: Unknowns
    step: Unknowns
    inverse: Rows
    low: Array
    high: Array
    length: Array
    done: Array
    count: Array


def _first(search: Search, start: Unknowns) -> _State:
    one = jnp.ones_like(start[0])
    lead = range(len(start) - search.followers)
    none = tuple(0.0 * one for _ in lead)
    identity = tuple(tuple(one if i == j else 0.0 * one for j in lead) for i in lead)
    low, high = (bound * one for bound in _open(search))
    return _State(start, none, none, identity, low, high, 1e30 * one, one < 0.0, jnp.asarray(0))


def _open(search: Search) -> tuple[float, float]:
    """A bracket that holds all there is."""
    return search.lower[search.bracketed] - 1e-9, search.upper[search.bracketed] + 1e-9


def _iterate(update: Update, search: Search, parameters: Any, state: _State, few: int) -> _State:
    """Iterate until at most `few` columns have not converged, or to the limit."""

    def unfinished(s: _State) -> Array:
        return (s.count < search.limit) & (jnp.sum(~s.done) > few)

    return jax.lax.while_loop(unfinished, partial(_step, update, search, parameters), state)


def _finish_few(update: Update, search: Search, parameters: Any, state: _State, few: int) -> _State:
    """The columns that have not converged, gathered and brought to the end alone, so that the others do not pay."""
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
    """One evaluation of the update and one step in every column that has not converged."""
    x, follow = state.x, search.followers
    # the barrier keeps the compiler from computing the update again for everything that is made of it
    new = jax.lax.optimization_barrier(update(parameters, x))
    residual = tuple(o - n for o, n in zip(x[follow:], new[follow:], strict=True))
    inverse = _learn(state, residual, search.tolerance[follow:])
    moved = list(new[:follow])
    for i, row in enumerate(inverse, start=follow):
        full = -sum((h * r for h, r in zip(row, residual, strict=True)), start=jnp.zeros_like(x[0]))
        safe = jnp.clip(jnp.where(jnp.isfinite(full), full, 0.0), -search.longest[i], search.longest[i])
        # at most half way to the lower bound, near which unknowns change by orders of magnitude
        least = search.lower[i] if i == search.bracketed else 0.5 * (x[i] + search.lower[i])
        moved.append(jnp.clip(x[i] + safe, least, search.upper[i]))
    low, high = state.low, state.high
    if search.bracketed >= 0:
        at = search.bracketed
        moved[at], low, high = _between(x[at], residual[at - follow], moved[at], state, search)
    length = jnp.zeros_like(x[0])
    for i in range(len(x)):
        length = jnp.maximum(length, jnp.abs(moved[i] - x[i]) * (1.0 / search.tolerance[i]))
    for r, tolerance in zip(residual, search.tolerance[follow:], strict=True):
        length = jnp.maximum(length, jnp.abs(r) * (0.1 / tolerance))
    # the error left is the step times what is left of the geometric series of steps
    rate = length / state.length
    small = (length <= 1.0) | ((length * rate <= 1.0 - rate) & (rate < 0.1))
    done = state.done | (small & jnp.isfinite(new[0]) & (state.count > 0))
    moved = [jnp.where(state.done, old, m) for old, m in zip(x, moved, strict=True)]
    step = tuple(m - o for m, o in zip(moved[follow:], x[follow:], strict=True))
    return _State(
        tuple(moved), residual, step, inverse, low, high, jnp.maximum(length, 1e-30), done, state.count + 1
    )  # fmt: skip


def _learn(state: _State, residual: Unknowns, tolerance: tuple[float, ...]) -> Rows:
    """The inverse Jacobian that explains the last step s, which changed the residual by y: H y = s.

    H + theta (s - H y) s'H / [(1 - theta) s's + theta s'H y], theta = 1 unless s'H y / s's is below LEAST_SHARE
    """
    H, s = state.inverse, state.step
    lead = range(len(s))
    y = tuple(r - old for r, old in zip(residual, state.residual, strict=True))
    weighted = tuple(s[i] * (tolerance[0] / tolerance[i]) ** 2 for i in lead)
    zero = jnp.zeros_like(state.length)
    error = tuple(s[i] - sum((H[i][j] * y[j] for j in lead), start=zero) for i in lead)
    against = tuple(sum((weighted[i] * H[i][j] for i in lead), start=zero) for j in lead)
    square = sum((s[i] * weighted[i] for i in lead), start=zero)
    moves = square > 1e-30
    share = 1.0 - sum((error[i] * weighted[i] for i in lead), start=zero) / jnp.where(moves, square, 1.0)
    lost = jnp.abs(share) < LEAST_SHARE
    damped = (1.0 - jnp.where(share < 0.0, -LEAST_SHARE, LEAST_SHARE)) / jnp.where(lost, 1.0 - share, 1.0)
    theta = jnp.where(lost, damped, 1.0)
    factor = jnp.where(moves, theta / jnp.where(moves, square * (1.0 - theta + theta * share), 1.0), 0.0)
    H = tuple(tuple(H[i][j] + (factor * error[i]) * against[j] for j in lead) for i in lead)
    good = jnp.ones_like(state.done)
    for i in lead:
        good = good & (H[i][i] > LEAST_RESPONSE) & (H[i][i] < 1.0 / LEAST_RESPONSE)
    return tuple(tuple(jnp.where(good, H[i][j], 1.0 if i == j else 0.0) for j in lead) for i in lead)


def _between(old: Array, residual: Array, moved: Array, state: _State, search: Search) -> tuple[Array, Array, Array]:
    """The step taken if it is short or stays where the root must be, else half the bracket; the bracket narrowed.

    The other unknowns move the root: a bracket that a short step leaves, or that has closed at no root, opens again.
    """
    late = state.count >= BRACKETED_FROM
    lowest, highest = _open(search)
    low = jnp.where(late & (residual <= 0.0), old, state.low)
    high = jnp.where(late & (residual >= 0.0), old, state.high)
    stale = late & (high - low < STALE * jnp.abs(residual))
    short = (jnp.abs(moved - old) < SHORT) | stale
    low = jnp.where(stale | (short & (moved <= low)), lowest, low)
    high = jnp.where(stale | (short & (moved >= high)), highest, high)
    inside = (moved > low) & (moved < high)
    return jnp.where(inside | short, moved, 0.5 * (low + high)), low, high


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
    """x of A x = right, k x k a column, by elimination without exchanging rows; pivots are kept from 0.

    rows   k tuples of k arrays [column]
    """
    size = len(right)
    a = [list(row) for row in rows]
    b = list(right)
    for i in range(size):
        pivot = a[i][i]
        inverse = 1.0 / jnp.where(jnp.abs(pivot) < 1e-12, 1e-12, pivot)
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
