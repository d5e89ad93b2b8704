"""Turbulent exchange after Chen et al. (1997), with gustiness of convection and Zilitinkevich's roughness for heat."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import GRAVITY, VON_KARMAN
from vadose.land.turbulence import (
    LEAST_RESISTANCE,
    LOWER,
    MOLECULAR,
    Exchange,
    bounded,
    paulson,
    stability,
)

EXPANSION = 1.0 / 270.0  # K-1
BOUNDARY_LAYER = 1000.0  # m
GUSTINESS = 1.2 * 1.2
LEAST_SPEED = 0.07  # m s-1, of friction
LEAST_EXCHANGE = 0.001  # m2 s-1 over the height
MOST_UNSTABLE = -5.0
LEAST_ROUGHNESS = 1e-6  # m, of heat


@pytree
class ChenProfile:
    """Constants of the profile, all [column]: wind m s-1, height, roughness m, log_momentum, log_screen."""

    wind: Array
    height: Array
    roughness: Array
    log_momentum: Array
    log_screen: Array


@pytree
class Chen97:
    """Paulson's profiles between roughness length and reference height, as in the NCEP models: drag option 2.

    u*^2 = C_m sqrt(U^2 + w2);  C_m = k u* / S_m;  w2 = 1.44 (g h C_h |dT| / 270)^(2/3)
    C_h = k u* / S_h;  S = log((z + z0)/z0) - psi(zeta) + psi(zeta z0/z);  z0h = z0 exp(-C k 258.2 sqrt(u* z0))
    zeta = -k g z C_h dT / (270 u*^3), between -5 and 1

    coefficient   Zilitinkevich's C, 0.1 by default
    divided       False by default; True: u* is divided by U. The reference does so: it keeps C_m / U between its
                  iterations and takes it for C_m. u* = k sqrt(1 + w2 / U^2) / S_m then hardly knows the wind.
    The reference bounds the exchange over snow besides, and counts z from the ground; ours does neither.
    Source: Chen, Janjic and Mitchell (1997); He et al. (2023)
    """

    coefficient: Array = 0.1
    divided: bool = static(False)
    unknowns: ClassVar[int] = 2

    @property
    def search(self) -> tuple[tuple[float, float, float, float], ...]:
        """Tolerance, longest step, lower and upper bound of stability and friction velocity."""
        return ((1e-6, 1.0, LOWER, 1.0), (1e-6, 0.5, 0.01, 10.0))

    def profile(self, wind: Array, height: Array, roughness: Array, temperature: Array, virtual: Array) -> ChenProfile:
        """Constants of the solve; wind m s-1, height m above displacement, roughness m, temperatures K."""
        log = jnp.log((height + roughness) / roughness)
        return ChenProfile(wind, height, roughness, log, jnp.log((2.0 + roughness) / roughness))

    def start(self, profile: ChenProfile) -> tuple[Array, ...]:
        """Neutral air."""
        wind = jnp.ones_like(profile.wind) if self.divided else profile.wind
        return 0.0 * profile.wind, jnp.maximum(VON_KARMAN * wind / profile.log_momentum, LEAST_SPEED)

    def exchange(self, profile: ChenProfile, unknowns: tuple[Array, ...]) -> Exchange:
        """r = S_h / (k u*)."""
        zeta, speed = stability(unknowns[0]), unknowns[1]
        excess = self.coefficient * MOLECULAR * jnp.sqrt(speed * profile.roughness)
        roughness = jnp.maximum(profile.roughness * jnp.exp(-excess), LEAST_ROUGHNESS)
        log = jnp.log((profile.height + roughness) / roughness)
        integral = _integral(log, zeta, roughness / profile.height, heat=True)
        conductance = jnp.maximum(VON_KARMAN * speed / integral, LEAST_EXCHANGE / profile.height)
        return Exchange(
            friction_velocity=speed,
            resistance=jnp.maximum(LEAST_RESISTANCE, 1.0 / conductance),
            screen=VON_KARMAN * speed / (profile.log_screen + excess),
        )

    def update(
        self, profile: ChenProfile, unknowns: tuple[Array, ...], exchange: Exchange, warmth: Array
    ) -> tuple[Array, ...]:
        """Stability and friction velocity of a surface that much warmer than the air."""
        flux = EXPANSION * GRAVITY * warmth / exchange.resistance
        speed = exchange.friction_velocity
        zeta = -VON_KARMAN * profile.height * flux / (speed * speed * speed)
        convection = jnp.abs(BOUNDARY_LAYER * flux) + 1e-9  # a cube root has no slope at 0
        gusts = GUSTINESS * jnp.exp(jnp.log(convection) * (2.0 / 3.0))
        at = stability(unknowns[0])
        integral = _integral(profile.log_momentum, at, profile.roughness / profile.height, heat=False)
        found = VON_KARMAN * jnp.sqrt(profile.wind * profile.wind + gusts) / integral
        if self.divided:
            found = found / profile.wind
        return bounded(jnp.maximum(zeta, MOST_UNSTABLE), 1.0), jnp.clip(found, LEAST_SPEED, 10.0)


def _integral(log: Array, zeta: Array, ratio: Array, *, heat: bool) -> Array:
    """log - psi(zeta (1 + z0/z)) + psi(zeta z0/z), linear where stable, at least 0.01 of the logarithm."""
    part = 1 if heat else 0
    unstable = -paulson(zeta * (1.0 + ratio))[part] + paulson(zeta * ratio)[part]
    stable = 5.0 * zeta
    return jnp.maximum(log + jnp.where(zeta < 0.0, unstable, stable), 0.01 * log)
