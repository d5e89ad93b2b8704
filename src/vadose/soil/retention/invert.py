"""The matric head of a closure whose water content has no closed inverse.

theta(h) falls monotonically in the suction head h, which spans seventeen decades: bisection of ln h closes in on the
root from any closure, a few Newton steps inside the bracket bring the last digits. The gradient is that of the
implicit function, d(psi) = (d(theta) - d(theta)/d(p) dp) / C, and never passes through the iteration.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from vadose.arrays import Array, as_float, namespace, traced
from vadose.errors import RangeError
from vadose.soil.retention.parameters import ROUNDING

HALVINGS = 30  # of a bracket of 39 in ln h: leaves 4e-8
NEWTON_STEPS = 3  # of quadratic convergence from there


def invert(closure: Any, theta: Array, h_low: float = 1e-8, h_high: float = 1e9) -> Array:
    """Matric head psi, m, at which `closure` holds the water content theta, m3 m-3; 0 at theta_s.

    closure         a pytree with water_content, capacity and theta_s
    theta           number or array that broadcasts with the leaves
    h_low, h_high   m, suction heads between which psi is sought; wetter than theta(-h_low) gives -h_low
    Returns psi with the right gradient with respect to theta and every leaf; NaN for elements outside
    (theta(-h_high), theta_s]. Raises RangeError where theta is a single number outside.
    """
    xp = namespace(theta, *jax.tree_util.tree_leaves(closure))
    theta, driest = as_float(theta), closure.water_content(-h_high)
    saturated = (theta >= closure.theta_s) & (theta <= closure.theta_s + ROUNDING)
    inside = saturated | ((theta > driest) & (theta < closure.theta_s))
    if not traced(inside) and np.ndim(inside) == 0 and not inside:
        raise RangeError(
            f"water content theta must lie in ({float(driest):g}, {float(closure.theta_s):g}] m3 m-3, "
            f"got {float(theta):g}"
        )
    usable = inside & ~saturated
    # A water content within the range of each element, so that nothing unusable enters the iteration.
    wanted = xp.where(usable, theta, 0.5 * (driest + closure.theta_s))
    bracket = (math.log(h_low), math.log(h_high))
    psi = -_compiled(closure, wanted, *bracket) if xp is jax.numpy else -_suction(closure, wanted, *bracket)
    if xp is jax.numpy:
        psi = _with_gradient(closure, wanted, psi)
    return xp.where(inside, xp.where(saturated, 0.0, psi), np.nan)


def bisect(wetter: Callable[[Array], Array], bracket: tuple[Array, Array], halvings: int) -> tuple[Array, Array]:
    """The bracket (low, high) of ln h after `halvings`; `wetter(psi)` is True where psi is wetter than the root."""
    xp = namespace(*bracket)

    def halve(_: Any, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = 0.5 * (bracket[0] + bracket[1])
        wet = wetter(-xp.exp(middle))
        return xp.where(wet, middle, bracket[0]), xp.where(wet, bracket[1], middle)

    if xp is jax.numpy:
        return jax.lax.fori_loop(0, halvings, halve, bracket)
    for step in range(halvings):
        bracket = halve(step, bracket)
    return bracket


def _suction(closure: Any, theta: Array, low: Array, high: Array) -> Array:
    """h by bisection of ln h in [low, high] and Newton steps that may not leave the last bracket."""
    xp = namespace(theta)
    bracket = bisect(lambda psi: closure.water_content(psi) > theta, (low + 0.0 * theta, high + 0.0 * theta), HALVINGS)
    x = 0.5 * (bracket[0] + bracket[1])
    for _ in range(NEWTON_STEPS):
        psi = -xp.exp(x)
        slope = closure.capacity(psi) * psi  # d(theta) / d(ln h)
        step = xp.where(slope == 0.0, 0.0, closure.water_content(psi) - theta) / xp.where(slope == 0.0, 1.0, slope)
        x = xp.minimum(xp.maximum(x - step, bracket[0]), bracket[1])
    return xp.exp(x)


@jax.jit
def _compiled(closure: Any, theta: Array, low: Array, high: Array) -> Array:
    fixed, theta = jax.tree_util.tree_map(jax.lax.stop_gradient, (closure, theta))
    return _suction(fixed, theta, low, high)


def _with_gradient(closure: Any, theta: Array, psi: Array) -> Array:
    """psi unchanged, with the derivatives of the root of theta(psi; closure) = theta."""
    stop = jax.lax.stop_gradient
    residual = theta - closure.water_content(stop(psi))
    C = stop(closure.capacity(stop(psi)))
    slope = jax.numpy.where(C == 0.0, 1.0, C)
    return stop(psi) + jax.numpy.where(C == 0.0, 0.0, residual - stop(residual)) / slope
