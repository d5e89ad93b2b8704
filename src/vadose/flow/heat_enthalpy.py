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
from typing import NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION, RHO_WATER
from vadose.flow.heat import HeatLayers, divergence, matrix
from vadose.flow.heat_boundary import Exchange
from vadose.flow.heat_freezing import Curve, FreezingLayers, Point, first_point, freezing_curve, move, sensible
from vadose.numerics.tridiagonal import solve


@pytree
class EnthalpySettings:
    """How the enthalpy step iterates.

    tolerance   W m-2   largest heat by which a layer's balance may miss; heat closes exactly all the same
    limit       1       most iterations
    inner       1       steps along the freezing curve in each iteration
    """

    tolerance: Array = 1e-4
    limit: int = static(60)
    inner: int = static(2)


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
    system: _System, curve: Curve, point: Point, allowed: Array, settings: EnthalpySettings
) -> tuple[Point, Array]:
    """The point whose residual is at most `allowed`, J m-2, and the iterations each column took."""

    def open_columns(residual: Array) -> Array:
        return jnp.max(jnp.abs(residual), axis=0) > allowed

    def body(carry: tuple[Point, Array, Array, Array]) -> tuple[Point, Array, Array, Array]:
        point, residual, secant, count = carry
        active = open_columns(residual)
        # The last change of a layer went too far where its balance now pulls back: between the two points T(H)
        # is as steep as their secant, and the slope here, where it is flat, would send it too far again.
        # Very few columns still go round in circles: always the steeper of the two, and shorter steps, end that.
        late = count >= 10
        slope = jnp.where(late | (residual * secant > 0.0), jnp.maximum(point.slope, jnp.abs(secant)), point.slope)
        damping = jnp.where(late, 0.7, 1.0)
        moved = move(curve, point, damping * system.correction(slope, residual), settings.inner)
        moved = jax.tree.map(lambda new, old: jnp.where(active, new, old), moved, point)
        gained, cooled = moved.enthalpy - point.enthalpy, moved.depression - point.depression
        # Slope of the secant with the sign of the change.
        secant = -jnp.where(gained != 0.0, cooled / jnp.where(gained != 0.0, jnp.abs(gained), 1.0), 0.0)
        residual = system.residual(moved.enthalpy, moved.depression)
        return moved, residual, secant, count + active

    residual = system.residual(point.enthalpy, point.depression)
    count = jnp.zeros(residual.shape[1:], dtype=int)
    carry = (point, residual, jnp.zeros_like(residual), count)
    carry = jax.lax.while_loop(lambda carry: jnp.any(open_columns(carry[1]) & (carry[3] < settings.limit)), body, carry)
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
    curve, system = freezing_curve(fixed[0], fixed[1]), _system(fixed[0], *fixed[2:])
    point, iterations = _iterate(system, curve, first_point(curve, fixed[0], fixed[2]), allowed, settings)

    curve, system = freezing_curve(layers, water), _system(layers, *given[2:])
    frozen, slope = point.frozen, point.slope
    on_curve, _ = curve.curve(jnp.where(frozen, point.depression, 1.0))
    depression = jnp.where(frozen, point.depression, sensible(curve, point.enthalpy)[0])
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
