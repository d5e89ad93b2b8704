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
    shape = jax.eval_shape(residual, *_few(x, given, data is not None)).shape
    if len(shape) != 2:
        raise ConfigError(f"residual must return [cell, residual], got {len(shape)} dimensions")
    weight = np.broadcast_to(np.asarray(1.0 if weights is None else weights, float), (len(x), shape[1]))
    parts = []
    solve = _compiled(residual, data is not None, a)
    for first in range(0, len(x), CHUNK):
        made = [v[first : first + CHUNK] for v in (x, low, high, given, weight)]
        n = len(made[0])
        filled = (np.concatenate([v, np.repeat(v[-1:], CHUNK - n, axis=0)]) for v in made)
        found = solve(*filled, limit, tolerance, steps)
        parts.append([np.asarray(v)[:n] for v in found])
    if not parts:
        parts = [_nothing(x.shape[1], shape[1])]
    return Fit(*(np.concatenate(v) for v in zip(*parts, strict=True)))


def _few(x: np.ndarray, data: np.ndarray, use: bool) -> list[Any]:
    rows = max(len(x), 1)
    return [jax.ShapeDtypeStruct((rows, v.shape[1]), float) for v in ((x, data) if use else (x,))]


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


@functools.lru_cache(maxsize=64)
def _compiled(residual: Any, with_data: bool, a: tuple[float, ...] | None) -> Any:
    """The solver for one residual, compiled: arrays of one chunk to the fields of a `Fit`."""

    def solve(start, lower, upper, data, weight, limit, tolerance, steps):  # type: ignore[no-untyped-def]
        low, width, w = lower.T, (upper - lower).T, weight.T
        box = jnp.where(width > 0.0, width, 1.0)
        top = jnp.where(width > 0.0, 1.0, 0.0)
        # In scaled units the ceiling is slope . x <= rest.
        slope = None if a is None else jnp.asarray(a)[:, None] * box
        rest = None if a is None else limit - jnp.asarray(a) @ low

        def evaluate(x):  # type: ignore[no-untyped-def]
            def errors(z):  # type: ignore[no-untyped-def]
                real = (low + z * box).T
                return (residual(real, data) if with_data else residual(real)).T * w

            units = jnp.eye(x.shape[0])[:, :, None] * jnp.ones_like(x)
            e, push = jax.linearize(errors, x)
            return e, jnp.stack([push(u) for u in units])

        def body(s: _State) -> _State:
            return _advance(s, evaluate, top, slope, rest, tolerance)

        x = _project((start.T - low) / box, top, slope, rest)
        e, J = evaluate(x)
        n = x.shape[1]
        broken = ~jnp.isfinite(jnp.sum(e, axis=0) + jnp.sum(J, axis=(0, 1)))
        first = _State(x, e, J, jnp.full(n, FIRST_DAMPING), broken, jnp.zeros(n, bool), jnp.zeros(n, int), 0)
        s = jax.lax.while_loop(lambda s: (s.passes < steps) & ~jnp.all(s.done), body, first)
        cost = jnp.where(broken, jnp.nan, 0.5 * jnp.sum(s.e**2, axis=0))
        real = jnp.where(broken, jnp.nan, jnp.clip(low + s.x * box, low, lower.T + width))
        held = (s.x <= 0.0) | (s.x >= top)
        return real.T, cost, jnp.moveaxis(s.J / box[:, None], -1, 0).swapaxes(1, 2), held.T, s.converged, s.steps

    return jax.jit(solve)


def _advance(s: _State, evaluate: Any, top: Array, slope: Array, rest: Array, tolerance: Array) -> _State:
    """One trial step of all cells that are not done."""
    g = jnp.sum(s.J * s.e, axis=1)
    A = jnp.sum(s.J[:, None] * s.J[None], axis=2)
    size = jnp.trace(A) + TINY
    held, reached, downhill = _held(s.x, g, top, slope, rest)
    step = _step(A, g, s.damping * size, held, reached, slope)
    move = _inside(s.x, step, top, slope, rest)
    x = s.x + move
    predicted = -jnp.sum(move * (g + 0.5 * jnp.sum(A * move, axis=1)), axis=0)
    e, J = evaluate(x)
    before, after = 0.5 * jnp.sum(s.e**2, axis=0), 0.5 * jnp.sum(e**2, axis=0)
    finite = jnp.isfinite(after + jnp.sum(J, axis=(0, 1)))
    better = finite & (after < before) & ~s.done
    good = better & (before - after > 0.25 * predicted)
    small = jnp.max(jnp.abs(move), axis=0) <= tolerance
    # A short step says something only where neither damping nor a bound shortens it, or where downhill is nowhere.
    whole = jnp.all(jnp.abs(move - step) <= 1e-3 * tolerance, axis=0) & (s.damping <= FIRST_DAMPING)
    nowhere = jnp.sum(downhill**2, axis=0) <= 1e-13 * size * before
    settled = (small & (whole | nowhere)) | ((jnp.abs(predicted) <= 1e-15 * before) & nowhere)
    converged = ~s.done & (settled | (better & (after <= TINY)))
    damping = jnp.where(good, s.damping * EASED, jnp.where(better, s.damping, s.damping * TIGHTENED))
    damping = jnp.maximum(damping, LEAST_DAMPING)
    return _State(
        x=jnp.where(better, x, s.x),
        e=jnp.where(better, e, s.e),
        J=jnp.where(better, J, s.J),
        damping=damping,
        done=s.done | converged | (damping > MOST_DAMPING),
        converged=s.converged | converged,
        steps=s.steps + ~s.done,
        passes=s.passes + 1,
    )


def _inside(x: Array, step: Array, top: Array, slope: Array, rest: Array) -> Array:
    """The step cut at each bound by itself, then shortened as a whole to where it meets the ceiling."""
    move = jnp.clip(x + step, 0.0, top) - x
    if slope is None:
        return move
    room, rise = jnp.maximum(rest - jnp.sum(slope * x, axis=0), 0.0), jnp.sum(slope * move, axis=0)
    return move * jnp.where(rise > room, room / jnp.where(rise > 0.0, rise, 1.0), 1.0)


def _held(x: Array, g: Array, top: Array, slope: Array, rest: Array) -> tuple[Array, Array, Array]:
    """What stops the way downhill: [parameter, cell] a bound, [cell] the ceiling reached; and the way that is left."""

    def by_bounds(g: Array) -> Array:
        return ((x <= 0.0) & (g >= 0.0)) | ((x >= top) & (g <= 0.0)) | (top == 0.0)

    held = by_bounds(g)
    if slope is None:
        return held, jnp.zeros(x.shape[1], bool), jnp.where(held, 0.0, -g)
    reached = jnp.sum(slope * x, axis=0) >= rest - 1e-9 * jnp.abs(rest)

    def pressed(held: Array) -> Array:
        free = jnp.where(held, 0.0, slope)
        force = -jnp.sum(free * g, axis=0) / (jnp.sum(free * slope, axis=0) + TINY)
        return g + jnp.where(reached & (force > 0.0), force, 0.0) * slope

    # The pressure of the ceiling may push a parameter off the bound that seemed to hold it.
    held = by_bounds(pressed(held))
    return held, reached, jnp.where(held, 0.0, -pressed(held))


def _step(A: Array, g: Array, damping: Array, bounds: Array, reached: Array, slope: Array) -> Array:
    """The damped Gauss-Newton step [parameter, cell] of the free parameters, along the ceiling where it holds."""
    P = len(g)
    M = [[jnp.where(bounds[i] | bounds[j], 0.0, A[i, j]) for j in range(P)] for i in range(P)]
    for i in range(P):
        M[i][i] = jnp.where(bounds[i], 1.0, A[i, i] + damping)
    L = _cholesky(M)
    step = _substitute(L, [jnp.where(bounds[i], 0.0, -g[i]) for i in range(P)])
    if slope is None:
        return step
    normal = _substitute(L, [jnp.where(bounds[i], 0.0, slope[i]) for i in range(P)])
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


def _project(x: Array, top: Array, slope: Array, rest: Array) -> Array:
    """The point moved inside: onto the bounds, straight down from the ceiling, and what is left in proportion."""
    x = jnp.clip(x, 0.0, top)
    if slope is None:
        return x
    above = jnp.maximum(jnp.sum(slope * x, axis=0) - rest, 0.0)
    x = jnp.maximum(x - slope * above / (jnp.sum(slope * slope, axis=0) + TINY), 0.0)
    room = jnp.sum(slope * x, axis=0)
    keep = jnp.clip(rest / jnp.where(room > 0.0, room, 1.0), 0.0, 1.0)
    return jnp.where((slope > 0.0) & (room > rest), x * keep, x)
