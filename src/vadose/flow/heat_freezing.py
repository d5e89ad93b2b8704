"""Temperature as a function of enthalpy where snow melts and pore water freezes, T(H), and steps along it.

H(T) = C (T - T_0) - L_f (ice in the pores + snow), J m-2. Temperatures are kept as depressions T_0 - T: the first ice
forms so close below T_0 that the temperature itself would lose its digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import FREEZING_POINT, GRAVITY, LATENT_HEAT_FUSION, RHO_WATER
from vadose.flow.heat import HeatLayers

HEAD_PER_LOG = LATENT_HEAT_FUSION / GRAVITY  # m, d(psi) / d(ln T)
NEVER = 1e3  # K below T_0 at which layers without pores begin to freeze
NEARLY_FULL = 1.0 - 1e-9  # of theta_s: the head of its first ice is the air entry and not 0


@pytree
class FreezingLayers:
    """What can freeze in the layers of a column; snow layers come first, [layer, column].

    snow        [layer, column] kg m-2        water and ice of snow, melting at T_0 (thin snow: on the top soil layer)
    total       [soil layer, column] m3 m-3   liquid water and ice of the soil
    retention   closure of the soil layers
    """

    snow: Array
    total: Array
    retention: Any

    def freezable(self) -> Array:
        """Pore water that takes part, m3 m-3: what the curve can hold; water beyond theta_s does not freeze."""
        theta_s = self.retention.theta_s
        return jnp.where(self.total < theta_s, self.total, theta_s)

    def held(self, depression: Array) -> tuple[Array, Array]:
        """Liquid water that the curve holds at T_0 - depression, m3 m-3, and its slope over T, K-1; depression > 0."""
        found = self.retention.evaluate(HEAD_PER_LOG * jnp.log1p(-depression / FREEZING_POINT))
        return found.water_content, found.capacity * (HEAD_PER_LOG / (FREEZING_POINT - depression))

    def depression(self) -> Array:
        """T_0 minus the temperature of the first ice, K, [soil layer, column], at most NEVER."""
        full = self.retention.theta_s * NEARLY_FULL
        psi = self.retention.matric_head(jnp.where(self.total < full, self.total, full))
        some = jnp.isfinite(psi)
        x = -FREEZING_POINT * jnp.expm1(jnp.where(some, psi, 0.0) / HEAD_PER_LOG)
        return jnp.where(some & (x < 0.5 * FREEZING_POINT), x, NEVER)


class Point(NamedTuple):
    """An iterate: enthalpy J m-2, depression T_0 - T K, slope dT/dH K m2 J-1, and whether pore water freezes."""

    enthalpy: Array
    depression: Array
    slope: Array
    frozen: Array


class Curve(NamedTuple):
    """T(H) of every layer, [layer, column]: capacity, plateau J m-2, the kink of the first ice, the freezing curve."""

    capacity: Array
    plateau: Array
    kink: Point
    curve: Callable[[Array], tuple[Array, Array]]


def freezing_curve(layers: HeatLayers, water: FreezingLayers) -> Curve:
    """The function T(H) of the layers."""
    rows = layers.capacity.shape[0] - water.total.shape[0]
    C, plateau = layers.capacity, LATENT_HEAT_FUSION * water.snow
    latent = LATENT_HEAT_FUSION * RHO_WATER * layers.thickness[rows:]
    most, empty = water.freezable(), jnp.zeros_like(C[:rows])

    def frozen_part(x: Array) -> tuple[Array, Array]:
        """Enthalpy and its slope over T on the freezing curve, at a depression x of [layer, column]."""
        theta, slope = water.held(x[rows:])
        # The slope at the first ice is that of the frozen side, whatever the rounding of theta there.
        ice = jnp.where(theta < most, most - theta, 0.0)
        enthalpy = -C * x - plateau - jnp.concatenate([empty, latent * ice])
        return enthalpy, C + jnp.concatenate([empty, latent * slope])

    start = jnp.concatenate([empty + NEVER, water.depression()])
    # Snow and soil that never freezes have no curve: a depression that any closure can take stands in.
    enthalpy, slope = frozen_part(jnp.where(start < NEVER, start, 1.0))
    never = start >= NEVER
    kink = Point(-C * start - plateau, start, jnp.where(never, 1.0 / C, 1.0 / slope), never)
    return Curve(C, plateau, kink, frozen_part)


def sensible(curve: Curve, enthalpy: Array) -> tuple[Array, Array]:
    """Depression T_0 - T and slope dT/dH where the pores hold no ice: sensible heat around the plateau."""
    above, below = enthalpy >= 0.0, enthalpy + curve.plateau
    x = -(jnp.where(above, enthalpy, 0.0) + jnp.where(below < 0.0, below, 0.0)) / curve.capacity
    return x, jnp.where(above | (below <= 0.0), 1.0 / curve.capacity, 0.0)


def move(curve: Curve, point: Point, change: Array, inner: int) -> Point:
    """The point at enthalpy + change, or at the first kink from a flat to a steep part; near it on the curve."""
    kink, target = curve.kink, point.enthalpy + change
    plateau = (point.enthalpy < 0.0) & (point.enthalpy > -curve.plateau)
    target = jnp.where(plateau & (target > 0.0), 0.0, target)
    target = jnp.where(plateau & (target < -curve.plateau), -curve.plateau, target)
    target = jnp.where(point.frozen & (target > kink.enthalpy), kink.enthalpy, target)
    frozen = target < kink.enthalpy
    x = jnp.where(point.frozen, point.depression, kink.depression)
    enthalpy = jnp.where(point.frozen, point.enthalpy, kink.enthalpy)
    slope = jnp.where(point.frozen, point.slope, kink.slope)
    least = jnp.where(frozen, kink.depression, 1.0)
    x = jnp.where(frozen, x, 1.0)
    for _ in range(inner):
        # Relative change of the depression: Newton's towards the cold, bounded by a fraction of it towards T_0.
        step = (enthalpy - target) * slope / x
        x = x * jnp.where(step > 0.0, 1.0 + step, 1.0 / (1.0 - jnp.where(step > 0.0, 0.0, step)))
        x = jnp.where(frozen, jnp.clip(x, least, 0.6 * FREEZING_POINT), 1.0)
        enthalpy, D = curve.curve(x)
        slope = 1.0 / D
    bare, bare_slope = sensible(curve, target)
    return Point(
        jnp.where(frozen, enthalpy, target),
        jnp.where(frozen, x, bare),
        jnp.where(frozen, slope, bare_slope),
        frozen,
    )


def first_point(curve: Curve, layers: HeatLayers, start: Array) -> Point:
    """Where the iteration begins: on the freezing curve at the layer's temperature, else at its enthalpy."""
    x, kink = FREEZING_POINT - layers.temperature, curve.kink
    frozen = x > kink.depression
    on_curve, D = curve.curve(jnp.where(frozen, x, 1.0))
    # A layer with more ice than the curve allows, though warm, begins where its first ice forms.
    stuck = ~frozen & (start < kink.enthalpy)
    bare, slope = sensible(curve, start)
    return Point(
        jnp.where(frozen, on_curve, jnp.where(stuck, kink.enthalpy, start)),
        jnp.where(frozen, x, jnp.where(stuck, kink.depression, bare)),
        jnp.where(frozen, 1.0 / D, jnp.where(stuck, kink.slope, slope)),
        frozen,
    )
