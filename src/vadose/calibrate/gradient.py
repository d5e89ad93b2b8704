"""Bounded least squares with exact gradients, all cells at once: Levenberg-Marquardt on compiled residuals.

Where there are more parameters than residuals, damping makes each step the shortest one. See `gradient_steps`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from vadose.arrays import Array
from vadose.calibrate.gradient_steps import solver
from vadose.errors import ConfigError

STEPS = 60  # most trial steps
TOLERANCE = 1e-9  # of the distance between the bounds
# Cells that are solved together, the last ones filled up: one shape is compiled, so that a cell has the same numbers
# whatever cells stand beside it, and what a chunk needs stays in the cache.
CHUNK = 512


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
    solve = solver(residual, data is not None, a)
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
