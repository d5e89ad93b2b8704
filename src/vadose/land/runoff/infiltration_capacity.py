"""Point infiltration capacity of the top layer: Philip, Green-Ampt and Smith-Parlange.

Each is the mean over a step of dt s after `infiltrated` m have entered in the same storm, [column] m s-1; that is all
that they know of the past.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.land.runoff.column import SoilColumn
from vadose.land.runoff.free_drainage import top_conductivity

SHORTEST = 1e-3  # s, steps of no length have a capacity too
LEAST_DEPTH = 1e-6  # m, infiltrated before the first step; He et al. (2023)
ALPHA = 0.82  # 1, between Green-Ampt (0) and Smith-Parlange's exponential form (1); Smith et al. (1993)


@pytree
class Philip:
    """f = S / (2 sqrt(t)) + A, S^2 = 2 (theta_s - theta) (D_s - D), A = K, 1/3 to 2/3 of K_s.

    The first dt seconds of every step, as in Noah-MP: `infiltrated` is not used.
    Source: Philip (1957); He et al. (2023)
    """

    def capacity(self, column: SoilColumn, liquid: Array, drive: Array, infiltrated: Array, dt: Array) -> Array:
        """Infiltration capacity at dt, [column] m s-1."""
        theta_s, b, K_s = column.theta_s[0], column.b[0], column.K_s[0]
        W = jnp.clip((liquid[0] + column.ice[0]) / theta_s, 0.01, 1.0)
        D_s = -b * K_s * column.psi_s[0] / theta_s
        D = D_s * jnp.exp((b + 2.0) * jnp.log(W))
        # The floor keeps the root's derivative finite where the soil is full.
        S = jnp.sqrt(jnp.maximum(2.0 * theta_s * (1.0 - W) * (D_s - D), 1e-16))
        A = jnp.clip(top_conductivity(column, liquid), K_s / 3.0, 2.0 * K_s / 3.0)
        return 0.5 * S / jnp.sqrt(jnp.maximum(dt, SHORTEST)) + A


@pytree
class GreenAmpt:
    """f = K_s + (F_1 - F) / dt,  F_1^2 = F^2 + 2 G (theta_s - theta) (K_s - K) dt: the front's suction, then gravity.

    F is what has infiltrated, G the mean capillary drive; Noah-MP multiplies G by the layer's thickness too and adds up
    rates for F, which has not the unit of a depth.
    Source: Green & Ampt (1911); Smith et al. (2002) eq. 5.23
    """

    def capacity(self, column: SoilColumn, liquid: Array, drive: Array, infiltrated: Array, dt: Array) -> Array:
        """Mean infiltration capacity of the step, [column] m s-1."""
        return column.K_s[0] + _by_suction(column, liquid, drive, infiltrated, dt)


@pytree
class SmithParlange:
    """f = K_s + alpha (K_s - K) / (e^(alpha F / [G (theta_s - theta)]) - 1), with the mean F of Green & Ampt's step.

    alpha   1   weight between Green-Ampt (0) and Smith-Parlange (1)
    Source: Smith et al. (1993) eq. 10; Smith et al. (2002) eq. 5.27
    """

    alpha: Array = ALPHA

    def capacity(self, column: SoilColumn, liquid: Array, drive: Array, infiltrated: Array, dt: Array) -> Array:
        """Infiltration capacity of the step, [column] m s-1."""
        by_suction = _by_suction(column, liquid, drive, infiltrated, dt)
        spread = column.K_s[0] - top_conductivity(column, liquid)
        x = self.alpha * spread / jnp.maximum(by_suction, 1e-30)
        small = x < 1e-6
        x = jnp.clip(x, 1e-6, 500.0)
        return column.K_s[0] + jnp.where(small, by_suction, self.alpha * spread / jnp.expm1(x))


def _by_suction(column: SoilColumn, liquid: Array, drive: Array, infiltrated: Array, dt: Array) -> Array:
    """What suction at the wetting front adds to gravity's K_s in a step, [column] m s-1."""
    pores = jnp.maximum(column.theta_s[0] - liquid[0] - column.ice[0], 1e-6)
    spread = jnp.maximum(column.K_s[0] - top_conductivity(column, liquid), 0.0)
    F = infiltrated + LEAST_DEPTH
    dt = jnp.maximum(dt, SHORTEST)
    gained = 2.0 * drive * pores * spread * dt
    # (F_1 - F) / dt without the difference of near numbers.
    return gained / (jnp.sqrt(F * F + gained) + F) / dt
