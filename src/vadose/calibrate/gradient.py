"""Bounded least squares with exact gradients, all cells at once: Levenberg-Marquardt on compiled residuals.

A step solves (J'J + damping) s = -J'e among the parameters that their bounds leave free, in units of the distance
between the bounds; what leads outside is projected back, and a step that does not lower the cost is taken back and
damped more. Where there are more parameters than residuals, damping makes the step the shortest one.
Sources: Marquardt (1963), J. SIAM 11, 431-441; Bertsekas (1982), SIAM J. Control Optim. 20, 221-246 (free parameters).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array
from vadose.errors import ConfigError

STEPS = 60  # most trial steps
TOLERANCE = 1e-9  # of the distance between the bounds
# Cells that are solved together, the last ones filled up: one shape is compiled, so that a cell has the same numbers
# whatever cells stand beside it, and what a chunk needs stays in the cache.
CHUNK = 512
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-12, 1e12  # of the trace of J'J
EASED, TIGHTENED = 0.1, 8.0  # factors of the damping after a good and a bad step
TINY = 1e-300
UNKNOWN = 1e150  # a residual before the first evaluation


@dataclass(frozen=True, eq=False)
class Fit:
    """What `bounded_least_squares` found.

    x          [cell, parameter]   NaN where the start, the bounds or the data are not finite
    cost       [cell]              half the sum of squares of the weighted residuals
    jacobian   [cell, residual, parameter] of the weighted residuals at x
    at_bound   [cell, parameter]   True where a bound holds x
    converged  [cell]              False where the steps ran out first; x is then the best point met
    steps      [cell] int          trial steps taken
    """

    x: np.ndarray
    cost: np.ndarray
    jacobian: np.ndarray
    at_bound: np.ndarray
    converged: np.ndarray
    steps: np.ndarray

    @functools.cached_property
    def covariance(self) -> np.ndarray:
        """[cell, parameter, parameter] (J'J)^+ of the parameters off their bounds, 0 for the others.

        The covariance of x where the weights are one over the standard deviations of what is fitted. The
        pseudoinverse leaves out combinations of parameters that the residuals do not tell.
        """
        free = ~self.at_bound & np.isfinite(self.x)
        J = np.where(free[:, None, :], np.nan_to_num(self.jacobian), 0.0)
        made = np.linalg.pinv(np.swapaxes(J, 1, 2) @ J, rcond=1e-12, hermitian=True)
        return np.where(np.isfinite(self.x)[:, :, None], made, np.nan)


def bounded_least_squares(
    residual: Callable[..., Array],
    lower: Array,
    upper: Array,
    start: Array,
    *,
    data: Array = None,
    weights: Array = None,
    ceiling: tuple[Sequence[float], float] | None = None,
    steps: int = STEPS,
    tolerance: float = TOLERANCE,
) -> Fit:
    """Least sum of squares of weighted residuals between bounds, for all cells at once.

    residual      residual(x), or residual(x, data) where data are given: [cell, parameter] to [cell, residual],
                  written with what JAX can trace and each cell by itself; the same function object is compiled once
    lower, upper  [parameter] or [cell, parameter]; equal ones hold a parameter
    start         [cell, parameter]; a start outside is moved to the nearest bound
    data          [cell, k] what the residuals of a cell are made of besides x
    weights       [residual] or [cell, residual], factors of the residuals
    ceiling       (coefficients, limit): coefficients . x <= limit as well, with coefficients of 0 or 1
    steps         most trial steps
    tolerance     size of the last step, in units of the distance between the bounds
    Returns a `Fit`; a cell that does not converge is told there and raises nothing.
    Raises ConfigError where shapes do not fit, bounds are the wrong way round or a ceiling has other coefficients.
    """
    x, low, high = _checked(start, lower, upper)
    a, limit = _ceiling(ceiling, x.shape[1])
    given = np.zeros((len(x), 0)) if data is None else np.asarray(data, float)
    if given.ndim != 2 or len(given) != len(x):
        raise ConfigError(f"data must be [cell, k] with the {len(x)} cells of start, got shape {given.shape}")
    residuals = _residuals(residual, x.shape[1], None if data is None else given.shape[1])
    weight = np.broadcast_to(np.asarray(1.0 if weights is None else weights, float), (len(x), residuals))
    parts = []
    solve = _compiled(residual, data is not None, a)
    for first in range(0, len(x), CHUNK):
        made = [v[first : first + CHUNK] for v in (x, low, high, given, weight)]
        n = len(made[0])
        filled = (np.concatenate([v, np.repeat(v[-1:], CHUNK - n, axis=0)]) for v in made)
        found = solve(*filled, limit, tolerance, steps)
        parts.append([np.asarray(v)[:n] for v in found])
    if not parts:
        parts = [_nothing(x.shape[1], residuals)]
    return Fit(*(np.concatenate(v) for v in zip(*parts, strict=True)))


@functools.lru_cache(maxsize=64)
def _residuals(residual: Any, parameters: int, columns: int | None) -> int:
    """How many residuals a cell has."""
    shapes = [(CHUNK, n) for n in (parameters, columns) if n is not None]
    shape = jax.eval_shape(residual, *(jax.ShapeDtypeStruct(s, float) for s in shapes)).shape
    if len(shape) != 2:
        raise ConfigError(f"residual must return [cell, residual], got {len(shape)} dimensions")
    return int(shape[1])


def _nothing(parameters: int, residuals: int) -> list[np.ndarray]:
    none = np.zeros(0)
    whole = np.zeros((0, parameters))
    return [whole, none, np.zeros((0, residuals, parameters)), whole.astype(bool), none.astype(bool), none.astype(int)]


def _checked(start: Array, lower: Array, upper: Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.asarray(start, float)
    if x.ndim != 2:
        raise ConfigError(f"start must be [cell, parameter], got shape {x.shape}")
    try:
        low, high = (np.array(np.broadcast_to(np.asarray(v, float), x.shape)) for v in (lower, upper))
    except ValueError:
        shapes = f"{np.shape(lower)} and {np.shape(upper)}"
        raise ConfigError(
            f"lower and upper must be [parameter] or [cell, parameter] as start {x.shape}, got {shapes}"
        ) from None
    wrong = np.argwhere(low > high)
    if len(wrong):
        cell, k = wrong[0]
        raise ConfigError(
            f"lower must not exceed upper; parameter {k} of cell {cell} has {low[cell, k]:g} and {high[cell, k]:g}"
        )
    return x, low, high


def _ceiling(ceiling: tuple[Sequence[float], float] | None, parameters: int) -> tuple[tuple[float, ...] | None, float]:
    if ceiling is None:
        return None, 0.0
    a = tuple(float(v) for v in ceiling[0])
    if len(a) != parameters or any(v not in (0.0, 1.0) for v in a):
        raise ConfigError(f"the coefficients of ceiling must be {parameters} numbers, 0 or 1, got {a}")
    return a, float(ceiling[1])


class _State(NamedTuple):
    """One pass of the loop; lists of columns [cell], so that each operation runs along the cells."""

    x: Array  # [parameter, cell] in units of the distance between the bounds, from the lower one
    e: Array  # [residual, cell]
    J: Array  # [parameter, residual, cell]
    damping: Array
    done: Array
    converged: Array
    steps: Array
    passes: Array


class _Region(NamedTuple):
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
def _compiled(residual: Any, with_data: bool, a: tuple[float, ...] | None) -> Any:
    """The solver for one residual, compiled: arrays of one chunk to the fields of a `Fit`."""

    def solve(start, lower, upper, data, weight, limit, tolerance, steps):  # type: ignore[no-untyped-def]
        low, width, w = lower.T, (upper - lower).T, weight.T
        box = jnp.where(width > 0.0, width, 1.0)
        # In scaled units the ceiling is slope . x <= rest.
        slope = None if a is None else jnp.asarray(a)[:, None] * box
        rest = None if a is None else limit - jnp.asarray(a) @ low
        region = _Region(jnp.where(width > 0.0, 1.0, 0.0), slope, rest)

        def errors(x):  # type: ignore[no-untyped-def]
            real = (low + x * box).T
            return (residual(real, data) if with_data else residual(real)).T * w

        def evaluate(x):  # type: ignore[no-untyped-def]
            units = jnp.eye(x.shape[0])[:, :, None] * jnp.ones_like(x)
            return jax.vmap(lambda u: jax.jvp(errors, (x,), (u,)), out_axes=(None, 0))(units)

        def body(s: _State) -> _State:
            return _advance(s, evaluate, region, tolerance)

        P, n = low.shape
        R = w.shape[0]
        # The first pass stands still: it replaces these errors by those of the start. So what computes the residuals
        # is compiled once.
        first = _State(
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


def _advance(s: _State, evaluate: Any, region: _Region, tolerance: Array) -> _State:
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
    return _State(
        x=jnp.where(better, x, s.x),
        e=jnp.where(better, e, s.e),
        J=jnp.where(better, J, s.J),
        damping=damping,
        done=s.done | converged | (damping > MOST_DAMPING) | ~(known | better),
        converged=s.converged | converged,
        steps=s.steps + ~s.done,
        passes=s.passes + 1,
    )


def _step(A: Array, g: Array, damping: Array, bounds: Array, x: Array, region: _Region) -> Array:
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
