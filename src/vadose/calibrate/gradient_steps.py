"""The steps of `bounded_least_squares`: Levenberg-Marquardt within bounds and below a ceiling, along the cells.

A step solves (J'J + damping) s = -J'e among the parameters that their bounds leave free, in units of the distance
between the bounds. Where it leads outside, the nearest point inside is taken; a step that does not lower the cost is
taken back and damped more, which turns it downhill. A minimum is where the nearest point inside to a step straight
downhill is the point itself.
Sources: Marquardt (1963), J. SIAM 11, 431-441; Bertsekas (1982), SIAM J. Control Optim. 20, 221-246 (free parameters).
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-12, 1e12  # of the trace of J'J
EASED, TIGHTENED = 0.1, 8.0  # factors of the damping after a good and a bad step
TINY = 1e-300
UNKNOWN = 1e150  # a residual before the first evaluation


class State(NamedTuple):
    """One pass of the loop; lists of columns [cell], so that each operation runs along the cells."""

    x: Array  # [parameter, cell] in units of the distance between the bounds, from the lower one
    e: Array  # [residual, cell]
    J: Array  # [parameter, residual, cell]
    damping: Array
    done: Array
    converged: Array
    steps: Array
    passes: Array


class Region(NamedTuple):
    """What x must keep to: 0 <= x <= top [parameter, cell] and slope . x <= rest [cell], None without a ceiling."""

    top: Array
    slope: Array
    rest: Array

    def nearest(self, x: Array) -> Array:
        """The point of the region nearest to x.

        It is x - t slope cut at the bounds, with the t >= 0 at which the ceiling holds. Its height is linear in t
        between the values of t at which a parameter meets a bound.
        """
        cut = jnp.clip(x, 0.0, self.top)
        if self.slope is None:
            return cut
        slope = jnp.where(self.slope > 0.0, self.slope, 1.0)
        meets = jnp.concatenate([(x - self.top) / slope, x / slope])
        t = jnp.where(jnp.concatenate([self.slope, self.slope]) > 0.0, jnp.maximum(meets, 0.0), 0.0)
        height = jnp.sum(self.slope * jnp.clip(x - t[:, None] * self.slope, 0.0, self.top), axis=1)
        above = height > self.rest
        top_height = jnp.sum(self.slope * cut, axis=0)
        # The last known t that leaves x above the ceiling, and the first that does not.
        before = jnp.max(jnp.where(above, t, 0.0), axis=0)
        over = jnp.min(jnp.where(above, height, top_height), axis=0) - self.rest
        after = jnp.min(jnp.where(above, jnp.inf, t), axis=0)
        under = self.rest - jnp.max(jnp.where(above, -jnp.inf, height), axis=0)
        after, under = (jnp.where(jnp.isfinite(v), v, w) for v, w in ((after, before), (under, 1.0)))
        found = before + (after - before) * over / jnp.where(over + under > 0.0, over + under, 1.0)
        return jnp.where(top_height > self.rest, jnp.clip(x - found * self.slope, 0.0, self.top), cut)


@functools.lru_cache(maxsize=64)
def solver(residual: Any, with_data: bool, a: tuple[float, ...] | None) -> Any:
    """The solver for one residual, compiled: arrays of one chunk to the fields of a `Fit`."""

    def solve(start, lower, upper, data, weight, limit, tolerance, steps):  # type: ignore[no-untyped-def]
        low, width, w = lower.T, (upper - lower).T, weight.T
        box = jnp.where(width > 0.0, width, 1.0)
        # In scaled units the ceiling is slope . x <= rest.
        slope = None if a is None else jnp.asarray(a)[:, None] * box
        rest = None if a is None else limit - jnp.asarray(a) @ low
        region = Region(jnp.where(width > 0.0, 1.0, 0.0), slope, rest)

        def errors(x):  # type: ignore[no-untyped-def]
            real = (low + x * box).T
            return (residual(real, data) if with_data else residual(real)).T * w

        def evaluate(x):  # type: ignore[no-untyped-def]
            units = jnp.eye(x.shape[0])[:, :, None] * jnp.ones_like(x)
            return jax.vmap(lambda u: jax.jvp(errors, (x,), (u,)), out_axes=(None, 0))(units)

        def body(s: State) -> State:
            return _advance(s, evaluate, region, tolerance)

        P, n = low.shape
        R = w.shape[0]
        # The first pass stands still: it replaces these errors by those of the start. So what computes the residuals
        # is compiled once.
        first = State(
            x=region.nearest((start.T - low) / box),
            e=jnp.full((R, n), UNKNOWN),
            J=jnp.zeros((P, R, n)),
            damping=jnp.full(n, FIRST_DAMPING / EASED),
            done=jnp.zeros(n, bool),
            converged=jnp.zeros(n, bool),
            steps=jnp.full(n, -1),
            passes=0,
        )
        s = jax.lax.while_loop(lambda s: (s.passes <= steps) & ~jnp.all(s.done), body, first)
        broken = s.e[0] == UNKNOWN
        cost = jnp.where(broken, jnp.nan, 0.5 * jnp.sum(s.e**2, axis=0))
        real = jnp.where(broken, jnp.nan, jnp.clip(low + s.x * box, low, lower.T + width))
        held = (s.x <= 0.0) | (s.x >= region.top)
        return real.T, cost, jnp.moveaxis(s.J / box[:, None], -1, 0).swapaxes(1, 2), held.T, s.converged, s.steps

    return jax.jit(solve)


def _advance(s: State, evaluate: Any, region: Region, tolerance: Array) -> State:
    """One trial step of all cells that are not done."""
    g = jnp.sum(s.J * s.e, axis=1)
    A = jnp.sum(s.J[:, None] * s.J[None], axis=2)
    size = jnp.trace(A) + TINY
    # Where the way downhill leads, and which bounds it does not leave: where it leads nowhere, this is a minimum.
    target = region.nearest(s.x - g / size)
    downhill = (target - s.x) * size
    held = ((s.x <= 0.0) & (target <= 0.0)) | ((s.x >= region.top) & (target >= region.top))
    step = _step(A, g, s.damping * size, held, s.x, region)
    x = region.nearest(s.x + step)
    move = x - s.x
    predicted = -jnp.sum(move * (g + 0.5 * jnp.sum(A * move, axis=1)), axis=0)
    e, J = evaluate(x)
    before, after = 0.5 * jnp.sum(s.e**2, axis=0), 0.5 * jnp.sum(e**2, axis=0)
    known = s.e[0] != UNKNOWN
    finite = jnp.isfinite(after + jnp.sum(J, axis=(0, 1)))
    better = finite & (after < before) & ~s.done
    good = better & (before - after > 0.25 * predicted)
    small = jnp.max(jnp.abs(move), axis=0) <= tolerance
    # A short step says something only where neither damping nor a bound shortens it, or where downhill is nowhere.
    whole = jnp.all(jnp.abs(move - step) <= 1e-3 * tolerance, axis=0) & (s.damping <= FIRST_DAMPING)
    nowhere = jnp.sum(downhill**2, axis=0) <= 1e-13 * size * before
    settled = (small & (whole | nowhere)) | ((jnp.abs(predicted) <= 1e-15 * before) & nowhere)
    converged = known & ~s.done & (settled | (better & (after <= TINY)))
    damping = jnp.where(good, s.damping * EASED, jnp.where(better, s.damping, s.damping * TIGHTENED))
    damping = jnp.maximum(damping, LEAST_DAMPING)
    return State(
        x=jnp.where(better, x, s.x),
        e=jnp.where(better, e, s.e),
        J=jnp.where(better, J, s.J),
        damping=damping,
        done=s.done | converged | (damping > MOST_DAMPING) | ~(known | better),
        converged=s.converged | converged,
        steps=s.steps + ~s.done,
        passes=s.passes + 1,
    )


def _step(A: Array, g: Array, damping: Array, bounds: Array, x: Array, region: Region) -> Array:
    """The damped Gauss-Newton step [parameter, cell] of the free parameters, along the ceiling where it holds."""
    slope, rest = region.slope, region.rest
    P = len(g)
    M = [[jnp.where(bounds[i] | bounds[j], 0.0, A[i, j]) for j in range(P)] for i in range(P)]
    for i in range(P):
        M[i][i] = jnp.where(bounds[i], 1.0, A[i, i] + damping)
    L = _cholesky(M)
    step = _substitute(L, [jnp.where(bounds[i], 0.0, -g[i]) for i in range(P)])
    if slope is None:
        return step
    normal = _substitute(L, [jnp.where(bounds[i], 0.0, slope[i]) for i in range(P)])
    reached = jnp.sum(slope * x, axis=0) >= rest - 1e-9 * jnp.abs(rest)
    along = jnp.sum(slope * step, axis=0)
    push = jnp.where(reached & (along > 0.0), along / (jnp.sum(slope * normal, axis=0) + TINY), 0.0)
    return step - push * normal


def _cholesky(M: list[list[Array]]) -> list[list[Array]]:
    """Lower factor of small matrices, element by element, so that it runs along the cells."""
    L: list[list[Array]] = [[0.0] * len(M) for _ in M]
    for i in range(len(M)):
        for j in range(i + 1):
            rest = M[i][j] - sum(L[i][k] * L[j][k] for k in range(j))
            # Rounding may leave a pivot of a matrix without full rank at 0 or below.
            L[i][j] = jnp.sqrt(jnp.maximum(rest, 1e-16 * M[i][i] + TINY)) if i == j else rest / L[j][j]
    return L


def _substitute(L: list[list[Array]], b: list[Array]) -> Array:
    y: list[Array] = []
    for i in range(len(b)):
        y.append((b[i] - sum(L[i][k] * y[k] for k in range(i))) / L[i][i])
    for i in reversed(range(len(b))):
        y[i] = (y[i] - sum(L[k][i] * y[k] for k in range(i + 1, len(b)))) / L[i][i]
    return jnp.stack(y)
