"""Wilting point and critical point of a closure, by matric head or as Noah defines them.

Below the critical point water limits evapotranspiration; at the wilting point transpiration ends. `potential` takes
-1500 and -33 kPa: field capacity and critical point count as one. `noah` follows Chen & Dudhia (2001), Mon. Weather
Rev. 129, 569-585, Table 2: the critical point hangs on a drainage of 0.5 mm d-1, the wilting point on -200 m.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax

from vadose.arrays import Array, namespace
from vadose.constants import HEAD_CRITICAL, HEAD_WILTING
from vadose.errors import ConfigError
from vadose.soil.retention.contract import Retention
from vadose.soil.retention.invert import bisect
from vadose.soil.retention.power_law import PowerConductivity

DEFINITIONS = ("potential", "noah")
NOAH_DRAINAGE = 5.79e-9  # m s-1, conductivity at Noah's field capacity: 0.5 mm d-1
NOAH_WILTING_HEAD = -200.0  # m
HALVINGS = 60  # of a bracket of 32 in ln h: down to the last digit
WETTEST, DRIEST = math.log(1e-8), math.log(1e6)  # ln m, between which the head of a conductivity is sought


class Thresholds(NamedTuple):
    """Water contents, m3 m-3, with the shape of the closure's leaves.

    wilting_point    theta_w, where transpiration ends
    critical_point   theta_c, below which water limits evapotranspiration
    """

    wilting_point: Array
    critical_point: Array


def thresholds(retention: Retention, definition: str = "potential") -> Thresholds:
    """Wilting point and critical point of a closure.

    potential   theta(-1500 kPa) and theta(-33 kPa)
    noah        0.5 theta(-200 m) and r1 + (theta_s - r1) / 3, where K(r1) = 5.79e-9 m s-1;
                for Campbell's closure r1 = theta_s (5.79e-9 / K_s)^(1 / (2 b + 3)); r1 = theta_s where K_s is less

    retention   any closure; its gradients pass
    Raises ConfigError where the definition is not one of these.
    Source: Massoud et al. (2026) (potential); Chen & Dudhia (2001) Table 2 (noah)
    """
    if definition not in DEFINITIONS:
        raise ConfigError(f"definition must be one of {', '.join(DEFINITIONS)}, got {definition!r}")
    if definition == "potential":
        return Thresholds(retention.water_content(HEAD_WILTING), retention.water_content(HEAD_CRITICAL))
    r1 = water_content_at_conductivity(retention, NOAH_DRAINAGE)
    critical = r1 + (retention.theta_s - r1) / 3.0
    return Thresholds(0.5 * retention.water_content(NOAH_WILTING_HEAD), critical)


def water_content_at_conductivity(retention: Retention, conductivity: float) -> Array:
    """The water content, m3 m-3, at which the closure conducts `conductivity`, m s-1; theta_s where K_s is less.

    In closed form where K is a power of the effective saturation; else by bisection in ln h between 1e-8 and 1e6 m,
    with the gradient of the implicit function and first derivatives only.
    """
    if isinstance(retention, PowerConductivity):
        xp = namespace(retention.theta_s, retention.exponent, retention.K_s)
        K_s = xp.where(retention.K_s < conductivity, conductivity, retention.K_s)
        Se = xp.exp(xp.log(conductivity / K_s) / retention.exponent)
        return retention.theta_r + (retention.theta_s - retention.theta_r) * Se
    theta = retention.water_content(_head_at_conductivity(retention, conductivity))
    xp = namespace(theta, retention.K_s)
    return xp.where(retention.K_s < conductivity, retention.theta_s, theta)


def _head_at_conductivity(retention: Retention, conductivity: float) -> Array:
    leaves = jax.tree_util.tree_leaves(retention)
    xp = namespace(*leaves)
    zero: Array = sum(0.0 * leaf for leaf in leaves)
    fixed = jax.tree_util.tree_map(jax.lax.stop_gradient, retention) if xp is jax.numpy else retention

    bracket: Any = (WETTEST + zero, DRIEST + zero)
    if xp is jax.numpy:
        bracket = jax.lax.stop_gradient(bracket)
    psi = -xp.exp(bisect(lambda psi: fixed.conductivity(psi) > conductivity, bracket, HALVINGS)[0])
    if xp is not jax.numpy:
        return psi
    # The residual is 0 within rounding: this term changes no value and carries the derivative -(dK/dp) / (dK/dpsi).
    slope = fixed.conductivity_derivative(psi)
    K, K_fixed = retention.conductivity(psi), fixed.conductivity(psi)
    return psi - xp.where(slope > 0.0, (K - K_fixed) / xp.where(slope > 0.0, slope, 1.0), 0.0)
