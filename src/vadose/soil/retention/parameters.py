"""Parameters of closures are checked once, when a closure is made: numbers raise, elements of arrays become NaN."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from vadose.arrays import Array, as_float, namespace, traced
from vadose.errors import RangeError


def check_parameters(closure: Any, rules: Mapping[str, tuple[Array, str]] | None = None, **above: float) -> None:
    """Make the leaves of a new closure float64 and check them.

    above    strict lower bounds by name, as in n=1.0, alpha=0.0
    rules    further conditions: name -> (bool, what was expected in words)
    Always   0 <= theta_r < theta_s <= 1 and K_s > 0, where the closure has them
    Raises RangeError where a single number breaks a rule. Where elements of arrays do, every leaf is NaN there.
    """
    leaves = {f.name: getattr(closure, f.name) for f in dataclasses.fields(closure) if not f.metadata.get("static")}
    if traced(*leaves.values()):
        return
    for name, value in leaves.items():
        leaves[name] = as_float(value)
        object.__setattr__(closure, name, leaves[name])
    conditions = {**_usual(leaves), **{k: (leaves[k] > v, f"> {v:g}") for k, v in above.items()}, **(rules or {})}
    valid: Array = True
    for name, (holds, expected) in conditions.items():
        if np.ndim(holds) == 0 and not holds:
            raise RangeError(f"{type(closure).__name__}: {name} must be {expected}, got {_shown(leaves[name])}")
        valid = valid & holds
    for value in leaves.values():
        valid = valid & namespace(value).isfinite(value)
    if np.ndim(valid) == 0 and not valid:
        wrong = ", ".join(k for k, v in leaves.items() if not np.all(np.isfinite(v)))
        raise RangeError(f"{type(closure).__name__}: {wrong} must be finite")
    if not np.all(valid):
        for name, value in leaves.items():
            object.__setattr__(closure, name, namespace(valid, value).where(valid, value, np.nan))


def _usual(leaves: dict[str, Array]) -> dict[str, tuple[Array, str]]:
    found: dict[str, tuple[Array, str]] = {}
    if "theta_s" in leaves:
        theta_s, theta_r = leaves["theta_s"], leaves.get("theta_r", 0.0)
        found["theta_s"] = ((theta_s <= 1.0) & (theta_s > theta_r), "in m3 m-3, > theta_r and <= 1")
    if "theta_r" in leaves:
        found["theta_r"] = (leaves["theta_r"] >= 0.0, "in m3 m-3, >= 0")
    if "K_s" in leaves:
        found["K_s"] = (leaves["K_s"] > 0.0, "> 0 m s-1")
    return found


def _shown(value: Array) -> str:
    return f"{float(value):g}" if np.ndim(value) == 0 else "an array"


def suction(psi: Array) -> tuple[Array, Array]:
    """(saturated, h): where psi >= 0, and the suction head h = -psi, 1 m there so that its logarithm is safe.

    h is at least 1e-150 m: a smaller one has no meaning, and 1/h^2 would overflow in second derivatives.
    Raises RangeError where psi is a single number that is not finite; in arrays such elements give NaN.
    """
    if not traced(psi) and np.ndim(psi) == 0 and not np.isfinite(psi):
        raise RangeError(f"matric head psi must be finite, in m, got {psi}")
    saturated = psi >= 0.0
    xp = namespace(psi)
    return saturated, xp.where(saturated, 1.0, xp.maximum(-psi, SMALLEST_SUCTION))


def effective_saturation(theta: Array, theta_r: Array, theta_s: Array) -> tuple[Array, Array, Array]:
    """(inside, saturated, Se) of a water content: Se = (theta - theta_r) / (theta_s - theta_r), 0.5 where unusable.

    Rounding above theta_s counts as saturated. Raises RangeError where theta is a single number outside
    (theta_r, theta_s]; in arrays `inside` is False there.
    """
    xp = namespace(theta, theta_r, theta_s)
    saturated = (theta >= theta_s) & (theta <= theta_s + ROUNDING)
    inside = saturated | ((theta > theta_r) & (theta < theta_s))
    if not traced(inside) and np.ndim(inside) == 0 and not inside:
        raise RangeError(
            f"water content theta must lie in ({float(theta_r):g}, {float(theta_s):g}] m3 m-3, got {float(theta):g}"
        )
    usable = inside & ~saturated
    safe = xp.where(usable, theta, 0.5 * (theta_r + theta_s))
    Se = xp.maximum((safe - theta_r) / (theta_s - theta_r), SMALLEST_SATURATION)
    # Just below theta_s the quotient may round to 1, whose logarithm no inverse can use.
    return inside, saturated, xp.minimum(Se, LARGEST_SATURATION)


ROUNDING = 1e-12  # m3 m-3, a water content this little above theta_s is saturation
SMALLEST_SUCTION = 1e-150  # m
LARGEST_SATURATION = 1.0 - 2.0**-53  # the float below 1
SMALLEST_SATURATION = 1e-100  # below it the slopes of inverses overflow
