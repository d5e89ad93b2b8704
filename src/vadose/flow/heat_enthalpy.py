"""Heat with melting and freezing in one implicit step, in enthalpy: exact energy whatever the phase change.

H(T) = C (T - T_0) - L_f (ice in the pores + snow), J m-2; C is the heat capacity at the start of the step.
Pore water follows the retention curve at the freezing head, liquid = min(total, theta(psi(T))), and so has a slope
everywhere; snow melts at T_0 sharply, a plateau of width L_f `snow`. Backward Euler in flux form,

H' = H + dt [flux from above - flux below](T(H')),

is solved by Newton's method in H, whose T(H) is single-valued on the plateau too. Crossing from where T(H) is flat to
where it is steep, an iterate stops at the kink: that ends the cycles that Newton's method has on such functions.
Source: enthalpy form, Voller & Cross (1981); freezing curve, Dall'Amico et al. (2011)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import FREEZING_POINT, GRAVITY, LATENT_HEAT_FUSION, RHO_WATER
from vadose.flow.heat import HeatLayers, divergence, matrix
from vadose.flow.heat_boundary import Exchange
from vadose.numerics.tridiagonal import solve

HEAD_PER_LOG = LATENT_HEAT_FUSION / GRAVITY  # m, d(psi) / d(ln T)
NEVER = 1e3  # K below T_0 at which layers without pores begin to freeze
NEARLY_FULL = 1.0 - 1e-9  # of theta_s: the head of its first ice is the air entry and not 0


@pytree
class EnthalpySettings:
    """How the enthalpy step iterates.

    tolerance   W m-2   largest heat by which a layer's balance may miss; heat closes exactly all the same
    limit       1       most iterations
    inner       1       steps along the freezing curve in each iteration
    """

    tolerance: Array = 1e-4
    limit: int = static(40)
    inner: int = static(2)


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


class _Point(NamedTuple):
    """An iterate: enthalpy J m-2, depression T_0 - T K, slope dT/dH K m2 J-1, and whether pore water freezes."""

    enthalpy: Array
    depression: Array
    slope: Array
    frozen: Array


class _Curve(NamedTuple):
    """T(H) of every layer, [layer, column]: capacity, plateau J m-2, the kink of the first ice, the freezing curve."""

    capacity: Array
    plateau: Array
    kink: _Point
    curve: Callable[[Array], tuple[Array, Array]]


def _curve(layers: HeatLayers, water: FreezingLayers) -> _Curve:
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
    kink = _Point(-C * start - plateau, start, jnp.where(never, 1.0 / C, 1.0 / slope), never)
    return _Curve(C, plateau, kink, frozen_part)


def _on(curve: _Curve, enthalpy: Array) -> tuple[Array, Array]:
    """Depression T_0 - T and slope dT/dH where the pores hold no ice: sensible heat around the plateau."""
    above, below = enthalpy >= 0.0, enthalpy + curve.plateau
    x = -(jnp.where(above, enthalpy, 0.0) + jnp.where(below < 0.0, below, 0.0)) / curve.capacity
    return x, jnp.where(above | (below <= 0.0), 1.0 / curve.capacity, 0.0)


def _move(curve: _Curve, point: _Point, change: Array, inner: int) -> _Point:
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
    bare, bare_slope = _on(curve, target)
    return _Point(
        jnp.where(frozen, enthalpy, target),
        jnp.where(frozen, x, bare),
        jnp.where(frozen, slope, bare_slope),
        frozen,
    )


class _System(NamedTuple):
    """The balance of every layer: right-hand side H + dt divergence(T), and the matrix -dt d(divergence)/dT."""

    start: Array
    gain: Callable[[Array], Array]
    lower: Array
    middle: Array
    upper: Array

    def residual(self, enthalpy: Array, depression: Array) -> Array:
        """J m-2 by which each layer holds more than it had and got."""
        return enthalpy - self.start - self.gain(depression)

    def correction(self, slope: Array, residual: Array) -> Array:
        """Change of enthalpy that removes the residual, J m-2, to first order."""
        above = jnp.concatenate([jnp.zeros_like(slope[:1]), slope[:-1]])
        below = jnp.concatenate([slope[1:], jnp.zeros_like(slope[:1])])
        return solve(self.lower * above, 1.0 + self.middle * slope, self.upper * below, -residual)


def _system(
    layers: HeatLayers, start: Array, conductance: Array, ground_heat: Array, exchange: Exchange, dt: Array
) -> _System:
    def gain(depression: Array) -> Array:
        return dt * divergence(conductance, FREEZING_POINT - depression, layers.top, ground_heat, exchange)

    return _System(start, gain, *matrix(conductance, exchange, dt))


def _iterate(
    system: _System, curve: _Curve, point: _Point, allowed: Array, settings: EnthalpySettings
) -> tuple[_Point, Array]:
    """The point whose residual is at most `allowed`, J m-2, and the iterations each column took."""

    def open_columns(residual: Array) -> Array:
        return jnp.max(jnp.abs(residual), axis=0) > allowed

    def body(carry: tuple[_Point, Array, Array, Array]) -> tuple[_Point, Array, Array, Array]:
        point, residual, secant, count = carry
        active = open_columns(residual)
        # The last change of a layer went too far where its balance now pulls back: between the two points T(H)
        # is as steep as their secant, and the slope here, where it is flat, would send it too far again.
        slope = jnp.where(residual * secant > 0.0, jnp.maximum(point.slope, jnp.abs(secant)), point.slope)
        moved = _move(curve, point, system.correction(slope, residual), settings.inner)
        moved = jax.tree.map(lambda new, old: jnp.where(active, new, old), moved, point)
        gained, cooled = moved.enthalpy - point.enthalpy, moved.depression - point.depression
        # Slope of the secant with the sign of the change.
        secant = -jnp.where(gained != 0.0, cooled / jnp.where(gained != 0.0, jnp.abs(gained), 1.0), 0.0)
        residual = system.residual(moved.enthalpy, moved.depression)
        return moved, residual, secant, count + active

    residual = system.residual(point.enthalpy, point.depression)
    count = jnp.zeros(residual.shape[1:], dtype=int)
    carry = (point, residual, jnp.zeros_like(residual), count)
    carry = jax.lax.while_loop(
        lambda carry: jnp.any(open_columns(carry[1]) & (carry[3] < settings.limit)), body, carry
    )
    return carry[0], carry[3]


@pytree
class EnthalpyStep:
    """What the enthalpy step gives.

    temperature   [layer, column] K
    snow_ice      [layer, column] kg m-2          ice of what was given as `snow`
    ice           [soil layer, column] m3 m-3     as the water that it holds
    bottom_heat   [column] W m-2                  left through the bottom
    iterations, converged, residual   [column]    residual W m-2, largest of the layers before heat was closed
    """

    temperature: Array
    snow_ice: Array
    ice: Array
    bottom_heat: Array
    iterations: Array
    converged: Array
    residual: Array


def enthalpy_step(
    layers: HeatLayers,
    water: FreezingLayers,
    ice: Array,
    conductance: Array,
    ground_heat: Array,
    exchange: Exchange,
    dt: Array,
    settings: EnthalpySettings,
) -> EnthalpyStep:
    """One backward Euler step of enthalpy, with the gradient of the implicit function.

    ice           [layer, column] kg m-2   at the start, of snow and pores together
    conductance   [layer - 1, column] W m-2 K-1
    ground_heat   [column] W m-2
    The iteration sees no derivatives; a last Newton step from its result carries them, and the fluxes of that step
    update the enthalpy, so that heat closes exactly even where the iteration ended early.
    """
    start = layers.capacity * (layers.temperature - FREEZING_POINT) - LATENT_HEAT_FUSION * ice
    allowed = settings.tolerance * dt
    given = (layers, water, start, conductance, ground_heat, exchange, dt)
    fixed = jax.tree.map(jax.lax.stop_gradient, given)
    curve, system = _curve(fixed[0], fixed[1]), _system(fixed[0], *fixed[2:])
    point, iterations = _iterate(system, curve, _first(curve, fixed[0], fixed[2], settings), allowed, settings)

    curve, system = _curve(layers, water), _system(layers, *given[2:])
    frozen, slope = point.frozen, point.slope
    on_curve, _ = curve.curve(jnp.where(frozen, point.depression, 1.0))
    depression = jnp.where(frozen, point.depression, _on(curve, point.enthalpy)[0])
    residual = system.residual(jnp.where(frozen, on_curve, point.enthalpy), depression)
    depression = depression - slope * system.correction(slope, residual)
    enthalpy = start + system.gain(depression)
    largest = jnp.max(jnp.abs(residual), axis=0)
    temperature, snow_ice, pore_ice = _phases(layers, water, enthalpy, depression, curve.kink.enthalpy)
    return EnthalpyStep(
        temperature=temperature,
        snow_ice=snow_ice,
        ice=pore_ice,
        bottom_heat=exchange.heat(FREEZING_POINT - depression[-1]),
        iterations=iterations,
        converged=largest <= allowed,
        residual=largest / dt,
    )


def _first(curve: _Curve, layers: HeatLayers, start: Array, settings: EnthalpySettings) -> _Point:
    """Where the iteration begins: on the freezing curve at the layer's temperature, else at its enthalpy."""
    x, kink = FREEZING_POINT - layers.temperature, curve.kink
    frozen = x > kink.depression
    on_curve, D = curve.curve(jnp.where(frozen, x, 1.0))
    # A layer with more ice than the curve allows, though warm, begins where its first ice forms.
    stuck = ~frozen & (start < kink.enthalpy)
    bare, slope = _on(curve, start)
    return _Point(
        jnp.where(frozen, on_curve, jnp.where(stuck, kink.enthalpy, start)),
        jnp.where(frozen, x, jnp.where(stuck, kink.depression, bare)),
        jnp.where(frozen, 1.0 / D, jnp.where(stuck, kink.slope, slope)),
        frozen,
    )


def _phases(
    layers: HeatLayers, water: FreezingLayers, enthalpy: Array, depression: Array, kink: Array
) -> tuple[Array, Array, Array]:
    """Temperature K, ice of snow kg m-2 and of pores m3 m-3 that hold the enthalpy exactly, J m-2.

    Snow layers do not get warmer than T_0: what they cannot keep goes down, to the top soil layer at last.
    """
    rows = layers.capacity.shape[0] - water.total.shape[0]
    excess = jnp.zeros_like(enthalpy[0])
    kept = []
    for H, there in zip(enthalpy[:rows], layers.present[:rows], strict=True):
        H = jnp.where(there, H + excess, 0.0)
        kept.append(jnp.minimum(H, 0.0))
        excess = jnp.where(H > 0.0, H, 0.0)
    soil = jnp.concatenate([(enthalpy[rows] + excess)[None], enthalpy[rows + 1 :]])
    H = jnp.concatenate([*(k[None] for k in kept), soil])
    plateau = LATENT_HEAT_FUSION * water.snow
    snow_ice = jnp.minimum(jnp.maximum(-H / LATENT_HEAT_FUSION, 0.0), water.snow)
    C, x = layers.capacity[rows:], depression[rows:]
    cold = H[rows:] + plateau[rows:]
    mass = RHO_WATER * layers.thickness[rows:]
    ice = (-C * x - cold) / (LATENT_HEAT_FUSION * mass)
    most = water.freezable()
    ice = jnp.where(H[rows:] < kink[rows:], jnp.where(ice > most, most, jnp.where(ice < 0.0, 0.0, ice)), 0.0)
    pores = jnp.concatenate([jnp.zeros_like(enthalpy[:rows]), mass * ice])
    temperature = FREEZING_POINT + (H + LATENT_HEAT_FUSION * (snow_ice + pores)) / layers.capacity
    return jnp.where(layers.present, temperature, layers.temperature), snow_ice, ice
