"""One step of the search for a root by Broyden's method: the inverse Jacobian, the bracket, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static

Unknowns = tuple[Array, ...]
Rows = tuple[Unknowns, ...]
Update = Callable[[Any, Unknowns], Unknowns]
LEAST_RESPONSE = 0.02  # a diagonal element of the inverse Jacobian below it, or above its inverse, is forgotten
LEAST_SHARE = 0.1  # Broyden's update is damped so that the inverse Jacobian keeps that much along the last step
BRACKETED_FROM = 4  # iteration: most columns are done before it, and the bracket of the others is then narrow
HALVED_FROM = 10  # iteration from which steps that hardly lessen the residual give way to halving the bracket
SHORT = 0.02  # step of a bracketed unknown that may leave its bracket, which the others move
STALE = 0.02  # a bracket narrower than that share of the distance left was drawn at other values of the others
NEARLY = 100.0  # tolerances up to which a residual is taken for that of a root
HALVING = 400  # most iterations beyond the limit, in which the range of the bracketed unknown is halved


@pytree
class Search:
    """How a root is sought: one number an unknown.

    tolerance      error at which an unknown has converged
    longest        longest step
    lower, upper   bounds
    limit          iterations after which a search ends, or goes on by halving
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

    @property
    def most(self) -> int:
        """Iterations after which a search ends in any case; with an unknown bracketed it goes on by halving."""
        return self.limit + (HALVING if self.bracketed >= 0 else 0)

    def key(self) -> tuple[Any, ...]:
        """What makes two searches the same."""
        return self.tolerance, self.longest, self.lower, self.upper, self.limit, self.followers, self.bracketed


class SearchState(NamedTuple):
    """An iteration on its way, [column] each but the count.

    x          unknowns
    residual   x - update(x) of the unknowns that do not follow, before the last step
    step       the last step of these
    inverse    the inverse Jacobian of their residual, rows
    low, high  bracket
    length     of the last step in units of the tolerance; below 0 where it was small enough to be the last
    gap        what the update of the bracketed unknown lies above it
    best       the unknowns whose residual was the least, which stands in `least`, in units of the tolerance
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
    gap: Array
    best: Unknowns
    least: Array
    done: Array
    count: Array


def first_state(search: Search, start: Unknowns) -> SearchState:
    """The search before its first step."""
    one = jnp.ones_like(start[0])
    lead = range(len(start) - search.followers)
    none = tuple(0.0 * one for _ in lead)
    identity = tuple(tuple(one if i == j else 0.0 * one for j in lead) for i in lead)
    low, high = (bound * one for bound in _open(search))
    return SearchState(
        start, none, none, identity, low, high, 1e30 * one, 0.0 * one, start, 1e30 * one, one < 0.0,
        jnp.asarray(0),
    )  # fmt: skip


def _open(search: Search) -> tuple[float, float]:
    """A bracket that holds all there is."""
    return search.lower[search.bracketed] - 1e-9, search.upper[search.bracketed] + 1e-9


def search_step(update: Update, search: Search, parameters: Any, state: SearchState) -> SearchState:
    """One evaluation of the update and one step in every column that has not converged.

    What depends on the length of the step waits for the next call (`_settled`): the compiler would compute all that
    leads to the length again for every result that asks for it.
    """
    state = _settled(search, state)
    x, follow, at = state.x, search.followers, search.bracketed
    new = update(parameters, x)
    residual = tuple(o - n for o, n in zip(x[follow:], new[follow:], strict=True))
    left = _largest([o - n for o, n in zip(x, new, strict=True)], search.tolerance)
    better = left < state.least
    best = tuple(jnp.where(better, n, b) for n, b in zip((*new[:follow], *x[follow:]), state.best, strict=True))
    pinned = state.count >= search.limit
    gap = new[at] - x[at]
    if at >= 0:
        residual = tuple(jnp.where(pinned, 0.0, r) if i + follow == at else r for i, r in enumerate(residual))
    inverse = _learn(state, residual, search.tolerance[follow:], state.count != search.limit)
    moved = list(new[:follow])
    for i, row in enumerate(inverse, start=follow):
        full = -sum((h * r for h, r in zip(row, residual, strict=True)), start=jnp.zeros_like(x[0]))
        safe = jnp.clip(jnp.where(jnp.isfinite(full), full, 0.0), -search.longest[i], search.longest[i])
        # at most half way to the lower bound, near which unknowns change by orders of magnitude
        least = search.lower[i] if i == at else 0.5 * (x[i] + search.lower[i])
        moved.append(jnp.clip(x[i] + safe, least, search.upper[i]))
    low, high = state.low, state.high
    if at >= 0:
        between = _between(x[at], residual[at - follow], moved[at], state, search)
        moved[at], low, high = (
            jnp.where(pinned, now, then) for now, then in zip((x[at], low, high), between, strict=True)
        )
    length = _largest([m - o for m, o in zip(moved, x, strict=True)], search.tolerance)
    if residual:
        length = jnp.maximum(length, 0.1 * _largest(residual, search.tolerance[follow:]))
    length = jnp.maximum(length, 1e-30)
    # the error left is the step times what is left of the geometric series of steps
    rate = length / state.length
    small = (length <= 1.0) | ((length * rate <= 0.1) & (rate < 0.1))
    small = small & jnp.isfinite(new[0]) & (state.count > 0)
    moved = [jnp.where(state.done, old, m) for old, m in zip(x, moved, strict=True)]
    step = tuple(m - o for m, o in zip(moved[follow:], x[follow:], strict=True))
    return SearchState(
        tuple(moved), residual, step, inverse, low, high, jnp.where(small, -length, length), gap, best,
        jnp.minimum(left, state.least), state.done, state.count + 1,
    )  # fmt: skip


def ended(search: Search, state: SearchState) -> Array:
    """Columns whose search has converged, before they are settled."""
    return state.done | ((state.length < 0.0) & (state.count <= search.limit))


def _settled(search: Search, state: SearchState) -> SearchState:
    """What the last step decided: which columns are done, and where the range of a bracketed unknown is halved.

    Two unknowns that contradict each other can lead a search in circles. Beyond the limit the bracketed one stays where
    it is until the others are solved there; its update then says which half of its range has the root, and it goes to
    the middle of that: an end at a root wherever there is one.
    """
    length, done = jnp.abs(state.length), ended(search, state)
    if search.bracketed < 0:
        return state._replace(done=done, length=length)
    at, x = search.bracketed, list(state.x)
    lowest, highest, tolerance = search.lower[at], search.upper[at], search.tolerance[at]
    enter, solved = state.count == search.limit, (state.length < 0.0) & (state.count > search.limit)
    low = jnp.where(enter, lowest, jnp.where(solved & (state.gap > 0.0), x[at], state.low))
    high = jnp.where(enter, highest, jnp.where(solved & (state.gap <= 0.0), x[at], state.high))
    closed = (high - low <= tolerance) & (jnp.abs(state.gap) <= NEARLY * tolerance)
    done = done | (solved & ((jnp.abs(state.gap) <= tolerance) | closed))
    anew = (enter | solved) & ~done
    x[at] = jnp.where(anew, 0.5 * (low + high), x[at])
    step = tuple(jnp.where(anew, 0.0, s) for s in state.step)
    length = jnp.where(anew, 1e-30, length)
    return state._replace(x=tuple(x), step=step, low=low, high=high, length=length, done=done)


def _largest(values: Sequence[Array], tolerance: Sequence[float]) -> Array:
    """The largest of some unknowns' values in units of their tolerance."""
    largest = jnp.zeros_like(values[0])
    for value, one in zip(values, tolerance, strict=True):
        largest = jnp.maximum(largest, jnp.abs(value) * (1.0 / one))
    return largest


def _learn(state: SearchState, residual: Unknowns, tolerance: tuple[float, ...], known: Array) -> Rows:
    """The inverse Jacobian that explains the last step s, which changed the residual by y: H y = s; 1 unless `known`.

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
    good = known | state.done
    for i in lead:
        good = good & (H[i][i] > LEAST_RESPONSE) & (H[i][i] < 1.0 / LEAST_RESPONSE)
    return tuple(tuple(jnp.where(good, H[i][j], 1.0 if i == j else 0.0) for j in lead) for i in lead)


def _between(
    old: Array, residual: Array, moved: Array, state: SearchState, search: Search
) -> tuple[Array, Array, Array]:
    """The step taken if it is short or stays where the root must be, else half the bracket; the bracket narrowed.

    The other unknowns move the root: a bracket that a short step leaves, or that has closed at no root, opens again.
    """
    late = state.count >= BRACKETED_FROM
    lowest, highest = _open(search)
    before = state.residual[search.bracketed - search.followers]
    low = jnp.where(late & (residual <= 0.0), old, state.low)
    high = jnp.where(late & (residual >= 0.0), old, state.high)
    stale = late & (high - low < STALE * jnp.abs(residual))
    short = (jnp.abs(moved - old) < SHORT) | stale
    # two roots all but one make the function flat: steps along its slope would never end
    distant = jnp.abs(residual) > 10.0 * search.tolerance[search.bracketed]
    slow = (state.count >= HALVED_FROM) & distant & (jnp.abs(residual) > 0.9 * jnp.abs(before)) & ~stale
    low = jnp.where(stale | (short & (moved <= low)), lowest, low)
    high = jnp.where(stale | (short & (moved >= high)), highest, high)
    inside = (moved > low) & (moved < high)
    return jnp.where((inside | short) & ~slow, moved, 0.5 * (low + high)), low, high
