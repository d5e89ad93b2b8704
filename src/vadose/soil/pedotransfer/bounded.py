"""What the European and tropical regressions share: their units, the topsoil, and parameters kept physical."""

from __future__ import annotations

from typing import Any

from vadose.arrays import Array, namespace
from vadose.constants import SECONDS_PER_DAY
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.texture import Soil

PER_CM = 100.0  # m-1 in 1 cm-1
CM_PER_DAY = 0.01 / SECONDS_PER_DAY  # m s-1 in 1 cm d-1
TOPSOIL_DEPTH = 0.3  # m, samples above it are topsoil

LEAST_SPAN = 0.01  # m3 m-3, between theta_r and theta_s
LEAST_N = 1.001
LEAST_ALPHA = 1e-4  # m-1
LEAST_K_S = 1e-14  # m s-1


def topsoil(soil: Soil) -> Array:
    """1 where the middle of the sample lies above 0.3 m or its depth is not known, else 0."""
    if soil.depth is None:
        return 1.0
    return namespace(soil.depth).where(soil.depth < TOPSOIL_DEPTH, 1.0, 0.0)


def at_least(value: Array, low: float) -> tuple[Array, Array]:
    """`value` but not below `low`, and where it was below: for logarithms and inverses of contents that may be 0."""
    return namespace(value).maximum(value, low), value < low


def within(value: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """`value` between `low` and `high`, and where it was outside."""
    xp = namespace(value, low, high)
    return xp.minimum(xp.maximum(value, low), high), (value < low) | (value > high)


def bounded_water_contents(theta_r: Array, theta_s: Array) -> tuple[Array, Array, Array]:
    """theta_r and theta_s, m3 m-3, with 0 <= theta_r < theta_s <= 1, and where one of them was changed."""
    theta_s, high = within(theta_s, 2.0 * LEAST_SPAN, 1.0)
    theta_r, low = within(theta_r, 0.0, theta_s - LEAST_SPAN)
    return theta_r, theta_s, high | low


def same_shape(*values: Array) -> tuple[Array, ...]:
    """The values broadcast against each other; an element that is NaN in one is NaN in all."""
    nothing: Any = 0.0
    for value in values:
        nothing = nothing + 0.0 * value
    return tuple(value + nothing for value in values)


def bounded_van_genuchten(
    theta_r: Array, theta_s: Array, alpha: Array, n: Array, K_s: Array, tau: Array
) -> tuple[VanGenuchten, Array]:
    """A van Genuchten closure from predicted parameters in SI units, kept physical, and where one was changed."""
    theta_r, theta_s, limited = bounded_water_contents(theta_r, theta_s)
    alpha, low_alpha = at_least(alpha, LEAST_ALPHA)
    n, low_n = at_least(n, LEAST_N)
    K_s, low_K = at_least(K_s, LEAST_K_S)
    closure = VanGenuchten(*same_shape(theta_r, theta_s, alpha, n, K_s, tau))
    return closure, limited | low_alpha | low_n | low_K
