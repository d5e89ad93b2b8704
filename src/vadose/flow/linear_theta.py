"""Soil water in the linearised theta form of Noah: the flow of land models that share one soil down the column.

dz_i dtheta_i/dt = q_(i-1) - q_i - s_i,   q_i = D_i (theta_i - theta_(i+1)) 2 / (dz_i + dz_(i+1)) + K_i

with D and K of the upper layer, taken at the start of a substep, and the change of theta implicit. The gradient of
theta drives the flow, so that soils that differ between layers are not in equilibrium as they should: use
`flow.richards` for those. Water is neither made nor lost: what a layer cannot hold moves up, then down, then off the
surface; a layer that would fall below its floor is filled from below, then from the drainage, then from above.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree

SUBSTEPS = 3  # of a step; He et al. (2023)
FLOOR = 1e-5  # m, water that flow and uptake leave in a layer; He et al. (2023)
DRIEST = 0.01  # 1, least theta / theta_s in D and K; He et al. (2023)


@pytree
class LinearIce:
    """Ice closes its share of the area to flow: D and K of all water, times 1 - impermeable.

    Source: Niu & Yang (2006) eq. 13
    """

    def properties(self, soil: ThetaSoil, liquid: Array) -> tuple[Array, Array, Array]:
        """(D m2 s-1, K m s-1, the water content whose gradient drives the flow), [layer, column]."""
        theta = liquid + soil.ice
        D, K = _diffusivity(soil, theta)
        open_area = 1.0 - soil.impermeable
        return D * open_area, K * open_area, theta


@pytree
class NonlinearIce:
    """Ice fills the large pores: D and K of the liquid; D falls to that of nearly dry soil (Koren et al. 1999).

    D = w D(theta) + (1 - w) D_s W_dry^(b + 2),  w = 1 / (1 + (500 ice)^3),  W_dry = min(0.05 / theta_s, W);
    ice is that of the column's iciest layer.
    """

    def properties(self, soil: ThetaSoil, liquid: Array) -> tuple[Array, Array, Array]:
        """(D m2 s-1, K m s-1, the water content whose gradient drives the flow), [layer, column]."""
        D, K = _diffusivity(soil, liquid)
        D_dry, _ = _diffusivity(soil, jnp.minimum(0.05, liquid))
        x = 500.0 * jnp.max(soil.ice, axis=0, keepdims=True)
        w = 1.0 / (1.0 + x * x * x)
        return w * D + (1.0 - w) * D_dry, K, liquid


@pytree
class ThetaSoil:
    """What the flow needs of the soil, [layer, column]: Campbell's curve (psi_s < 0 m), ice as liquid in m3 m-3.

    impermeable is the share of the area that ice closes, 0 to 1.
    """

    thickness: Array
    ice: Array
    impermeable: Array
    theta_s: Array
    psi_s: Array
    b: Array
    K_s: Array


@pytree
class ThetaStep:
    """Result of a step: liquid [layer, column] m3 m-3; conductivity [layer, column] m s-1 of the last substep.

    infiltration, drainage, evaporation [column] m s-1 and uptake [layer, column] m s-1 are what really flowed;
    excess [column] m s-1 came back out of the surface of the full soil; substeps [column].
    """

    liquid: Array
    conductivity: Array
    infiltration: Array
    excess: Array
    drainage: Array
    evaporation: Array
    uptake: Array
    substeps: Array


def linear_theta(
    soil: ThetaSoil,
    liquid: Array,
    *,
    dt: Array,
    inflow: Array,
    evaporation: Array,
    uptake: Array,
    drainage_factor: Array,
    infiltration: Callable[[Array, Array, Array], Array],
    ice: LinearIce | NonlinearIce,
) -> ThetaStep:
    """One step of soil water: 3 substeps, 6 where the inflow is more than the top layer's pores hold.

    liquid            [layer, column] m3 m-3   at the start
    dt                s
    inflow            [column] m s-1           water on the surface, for the number of substeps
    evaporation       [column] m s-1           asked of the top layer, >= 0
    uptake            [layer, column] m s-1    asked by roots
    drainage_factor   [column] 1               flux through the lower face over K of the last layer
    infiltration      (liquid [layer, column], infiltrated so far [column] m, dt [column] s) -> [column] m s-1
    ice               how ice hinders the flow
    Evaporation and uptake share what a layer holds at the start, and are returned reduced where that is not enough.
    Source: Mahrt & Pan (1984); Chen & Dudhia (2001); He et al. (2023) section 3.9
    """
    water = liquid * soil.thickness
    floor = jnp.minimum(FLOOR, water)
    asked = jnp.concatenate([(uptake[0] + evaporation)[None], uptake[1:]])
    enough = asked * dt <= water - floor
    share = jnp.where(enough, 1.0, (water - floor) / jnp.where(enough, 1.0, asked * dt))
    taken = asked * share

    twice = inflow * dt > soil.thickness[0] * soil.theta_s[0]
    substeps = jnp.where(twice, 2 * SUBSTEPS, SUBSTEPS)
    h = dt / substeps

    # On the way back a substep is computed again: what all of them would keep is more than a processor's cache holds.
    @partial(jax.checkpoint, prevent_cse=False)
    def substep(carry: tuple[Array, ...], active: Array | float) -> tuple[tuple[Array, ...], None]:
        return _substep(soil, carry, h * active, taken, drainage_factor, infiltration, ice), None

    def second_half(carry: tuple[Array, ...]) -> tuple[Array, ...]:
        return jax.lax.scan(lambda c, _: substep(c, twice * 1.0), carry, None, length=SUBSTEPS)[0]

    nothing = jnp.zeros_like(inflow)
    carry = (water, nothing, nothing, nothing, jnp.zeros_like(water))
    carry, _ = jax.lax.scan(lambda c, _: substep(c, 1.0), carry, None, length=SUBSTEPS)
    water, infiltrated, drained, excess, K = jax.lax.cond(jnp.any(twice), second_half, lambda c: c, carry)
    water, drained = fill_deficits(water, floor, drained)
    return ThetaStep(
        liquid=jnp.maximum(water, 0.0) / soil.thickness,
        conductivity=K,
        infiltration=infiltrated / dt,
        excess=excess / dt,
        drainage=drained / dt,
        evaporation=evaporation * share[0],
        uptake=uptake * share,
        substeps=substeps,
    )


def _substep(
    soil: ThetaSoil,
    carry: tuple[Array, ...],
    h: Array,
    taken: Array,
    drainage_factor: Array,
    infiltration: Callable[[Array, Array, Array], Array],
    ice: Any,
) -> tuple[Array, ...]:
    """Water [layer, column] m, infiltrated, drained and excess [column] m after a substep of h s, and its K."""
    water, infiltrated, drained, excess, K_before = carry
    dz = soil.thickness
    liquid = water / dz
    D, K, theta = ice.properties(soil, liquid)
    enters = infiltration(liquid, infiltrated, h) * h
    leaves = drainage_factor * K[-1] * h
    g = D[:-1] * (2.0 * h) / (dz[:-1] + dz[1:])
    moved = g * (theta[:-1] - theta[1:]) + K[:-1] * h
    gain = jnp.concatenate([enters[None], moved]) - jnp.concatenate([moved, leaves[None]]) - taken * h
    capacity = jnp.maximum(soil.theta_s - soil.ice, 0.0) * dz
    water, over = _implicit_change(water, gain, dz, g, capacity)
    # A substep that is not taken leaves the conductivity of the one before it.
    K = jnp.where(h > 0.0, K, K_before)
    return water, infiltrated + enters, drained + leaves, excess + over, K


def _implicit_change(water: Array, gain: Array, dz: Array, g: Array, capacity: Array) -> tuple[Array, Array]:
    """Water after the implicit diffusion of its change, none above capacity; and what no layer holds, [column] m.

    dz_i x_i = gain_i - g_i (x_i - x_(i+1)) + g_(i-1) (x_(i-1) - x_i), by elimination from above; the layers' excess
    rises with the substitution from below.
    """
    layers = water.shape[0]
    # A pivot is dz_i + g_i and what the elimination leaves, `own`: kept apart, no near numbers are subtracted.
    own, side = dz[0], gain[0]
    pivots, sides = [], [side]
    for i in range(layers - 1):
        pivots.append(1.0 / (own + g[i]))
        factor = g[i] * pivots[i]
        own, side = dz[i + 1] + factor * own, gain[i + 1] + factor * side
        sides.append(side)
    pivots.append(1.0 / own)
    rows: list[Array] = [None] * layers
    x = over = jnp.zeros_like(side)
    for i in reversed(range(layers)):
        x = (sides[i] + (g[i] * x if i < layers - 1 else 0.0)) * pivots[i]
        full = water[i] + dz[i] * x + over
        over = jnp.maximum(full - capacity[i], 0.0)
        rows[i] = full - over
    for i in range(1, layers):
        full = rows[i] + over
        over = jnp.maximum(full - capacity[i], 0.0)
        rows[i] = full - over
    return jnp.stack(rows), over


def fill_deficits(water: Array, floor: Array, drained: Array) -> tuple[Array, Array]:
    """Water at its floor or above, and the drainage after it gave back what the last layer lacked.

    water, floor   [layer, column] m   drained   [column] m
    A layer takes from the one below it, the last from the drainage, then from the layers above.
    """
    rows = list(water)
    lack = jnp.zeros_like(drained)
    for i, row in enumerate(rows):
        row = row - lack
        lack = jnp.maximum(floor[i] - row, 0.0)
        rows[i] = row + lack
    given = jnp.minimum(lack, jnp.maximum(drained, 0.0))
    lack = lack - given
    for i in reversed(range(len(rows))):
        taken = jnp.minimum(lack, jnp.maximum(rows[i] - floor[i], 0.0))
        rows[i] = rows[i] - taken
        lack = lack - taken
    # A column with less water than all floors together stays that much below its last one: none is made.
    rows[-1] = rows[-1] - lack
    return jnp.stack(rows), drained - given


def _diffusivity(soil: ThetaSoil, theta: Array) -> tuple[Array, Array]:
    """D = b K_s |psi_s| / theta_s W^(b + 2) m2 s-1 and K = K_s W^(2b + 3) m s-1 by one power, W = theta / theta_s."""
    W = jnp.clip(theta / soil.theta_s, DRIEST, 1.0)
    power = jnp.exp((soil.b + 1.0) * jnp.log(W))
    D_s = -soil.b * soil.K_s * soil.psi_s / soil.theta_s
    return D_s * power * W, soil.K_s * power * power * W
