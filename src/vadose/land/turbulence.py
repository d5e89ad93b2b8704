"""Turbulent exchange between a surface and the reference height by Monin-Obukhov similarity.

A scheme is an object that the surface energy solve drives; its unknowns are solved together with the temperature:

    profile(wind, height, roughness, air_temperature, virtual_temperature) -> constants of the solve
    unknowns                                                               -> how many unknowns it has, 1 or 2
    start(profile)                                                         -> unknowns of neutral air
    exchange(profile, unknowns)                                            -> Exchange
    update(profile, unknowns, exchange, warmth)                            -> unknowns for a surface that much warmer
    search                                                                 -> tolerance, longest step, bounds of each

The first unknown is the stability zeta = z / L, as it is where stable, as zeta / (1 - zeta) where unstable, so that it
stays within (-1, 2].
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Protocol

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import GRAVITY, VON_KARMAN

MOLECULAR = VON_KARMAN * 258.2  # k / sqrt(nu) s0.5 m-1 with nu = 1.5e-5 m2 s-1; Chen et al. (1997)
LEAST_RESISTANCE = 1.0  # s m-1, He et al. (2023)
SHARE = 0.9  # most of log(z / z0) that the correction of unstable air may take; He et al. (2023)
MOST_UNSTABLE = -1000.0
LOWER = MOST_UNSTABLE / (1.0 - MOST_UNSTABLE)


@pytree
class Exchange:
    """Exchange at the stability given: friction_velocity m s-1, resistance s m-1 of heat and vapour, all [column].

    screen   m s-1, conductance between the surface and the air 2 m above it
    """

    friction_velocity: Array
    resistance: Array
    screen: Array


class Turbulence(Protocol):
    """What the surface energy solve asks of a scheme; see the module's text."""

    @property
    def unknowns(self) -> int: ...

    @property
    def search(self) -> tuple[tuple[float, float, float, float], ...]: ...

    def profile(self, wind: Array, height: Array, roughness: Array, temperature: Array, virtual: Array) -> Any: ...

    def start(self, profile: Any) -> tuple[Array, ...]: ...

    def exchange(self, profile: Any, unknowns: tuple[Array, ...]) -> Exchange: ...

    def update(
        self, profile: Any, unknowns: tuple[Array, ...], exchange: Exchange, warmth: Array
    ) -> tuple[Array, ...]: ...


@pytree
class Profile:
    """Constants of a logarithmic profile, all [column].

    wind m s-1, height m above the displacement, roughness m, log_momentum = log(z / z0), log_screen, buoyancy
    = g z / (T_v U^2) in K-1
    """

    wind: Array
    height: Array
    roughness: Array
    log_momentum: Array
    log_screen: Array
    buoyancy: Array


@pytree
class EqualRoughness:
    """Heat has the roughness length of momentum."""

    def excess(self, friction_velocity: Array, roughness: Array) -> Array:
        """log(z0m / z0h), [column]."""
        return 0.0 * friction_velocity


@pytree
class Zilitinkevich:
    """Roughness length of heat after Zilitinkevich: z0h = z0m exp(-k C sqrt(u* z0m / nu)).

    coefficient   C, 0.1 by default
    Source: Zilitinkevich (1995); Chen et al. (1997) eq. 12
    """

    coefficient: Array = 0.1

    def excess(self, friction_velocity: Array, roughness: Array) -> Array:
        """log(z0m / z0h), [column]."""
        return self.coefficient * MOLECULAR * jnp.sqrt(friction_velocity * roughness)


class _Similarity:
    """What the schemes with one unknown share."""

    unknowns: ClassVar[int] = 1
    most_stable: float
    heat_roughness: Any

    @property
    def search(self) -> tuple[tuple[float, float, float, float], ...]:
        """Tolerance, longest step, lower and upper bound of the stability."""
        return ((1e-6, 1.0, LOWER, self.most_stable),)

    @abstractmethod
    def correction(self, zeta: Array) -> tuple[Array, Array]:
        """psi of momentum and of heat at zeta = z / L."""

    def profile(self, wind: Array, height: Array, roughness: Array, temperature: Array, virtual: Array) -> Profile:
        """Constants of the solve; wind m s-1, height m above displacement, roughness m, temperatures K."""
        return Profile(
            wind=wind,
            height=height,
            roughness=roughness,
            log_momentum=jnp.log(height / roughness),
            log_screen=jnp.log((2.0 + roughness) / roughness),
            buoyancy=GRAVITY * height / (virtual * wind * wind),
        )

    def start(self, profile: Profile) -> tuple[Array, ...]:
        """Neutral air."""
        return (0.0 * profile.wind,)

    def exchange(self, profile: Profile, unknowns: tuple[Array, ...]) -> Exchange:
        """u* = k U / (log(z/z0m) - psi_m), r = (log(z/z0h) - psi_h) / (k u*)."""
        zeta = stability(unknowns[0])
        momentum, heat = self._integrals(profile, zeta)
        speed = VON_KARMAN * profile.wind / momentum
        excess = self.heat_roughness.excess(speed, profile.roughness)
        _, screen = self.correction(zeta * ((2.0 + profile.roughness) / profile.height))
        log_screen = profile.log_screen + excess
        return Exchange(
            friction_velocity=speed,
            resistance=jnp.maximum(LEAST_RESISTANCE, (heat + excess) / (VON_KARMAN * speed)),
            screen=VON_KARMAN * speed / (log_screen - jnp.minimum(screen, SHARE * log_screen)),
        )

    def update(
        self, profile: Profile, unknowns: tuple[Array, ...], exchange: Exchange, warmth: Array
    ) -> tuple[Array, ...]:
        """zeta = -k g z H / (rho cp T_v u*^3) with H = rho cp warmth / r."""
        ratio = profile.wind / exchange.friction_velocity
        flux = warmth / exchange.resistance
        zeta = -VON_KARMAN * profile.buoyancy * ratio * ratio / exchange.friction_velocity * flux
        return (bounded(zeta, self.most_stable),)

    def _integrals(self, profile: Profile, zeta: Array) -> tuple[Array, Array]:
        momentum, heat = self.correction(zeta)
        log = profile.log_momentum
        least = (1.0 - SHARE) * log
        return jnp.maximum(log - momentum, least), jnp.maximum(log - heat, least)


@pytree
class MoninObukhov(_Similarity):
    """Paulson's profiles where unstable, linear ones where stable, zeta at most 1: the reference's drag option 1.

    stable:    psi_m = psi_h = -5 zeta
    unstable:  x = (1 - 16 zeta)^(1/4);  psi_h = 2 log((1 + x^2)/2)
               psi_m = 2 log((1 + x)/2) + log((1 + x^2)/2) - 2 atan x + pi/2
    Source: Paulson (1970); Dyer (1974); He et al. (2023)
    """

    heat_roughness: Any = EqualRoughness()
    slope: Array = 5.0
    most_stable: float = static(1.0)

    def correction(self, zeta: Array) -> tuple[Array, Array]:
        """psi of momentum and of heat at zeta = z / L."""
        momentum, heat = paulson(zeta)
        stable = -self.slope * zeta
        return jnp.where(zeta < 0.0, momentum, stable), jnp.where(zeta < 0.0, heat, stable)


@pytree
class ClmStability(_Similarity):
    """The four regimes of the Community Land Model: free convection below, and a weaker slope above zeta = 1.

    zeta > 1:              psi = -(4 log zeta + zeta + 4)
    0 to 1:                psi = -5 zeta
    unstable:              Paulson's, until zeta = -1.574 (momentum) or -0.465 (heat); below these, with zeta_c,
                           psi_m = psi_m(zeta_c) + log(zeta/zeta_c) - 1.14 [(-zeta)^(1/3) - (-zeta_c)^(1/3)]
                           psi_h = psi_h(zeta_c) + log(zeta/zeta_c) - 0.8 [(-zeta_c)^(-1/3) - (-zeta)^(-1/3)]
    zeta is at most 2. Gustiness of convection is not added to the wind.
    Source: Zeng, Zhao and Dickinson (1998) eqs. 5-11; CLM5 technical note, section 2.5.1
    """

    heat_roughness: Any = EqualRoughness()
    most_stable: float = static(2.0)

    def correction(self, zeta: Array) -> tuple[Array, Array]:
        """psi of momentum and of heat at zeta = z / L."""
        momentum, _ = paulson(jnp.maximum(zeta, MOMENTUM_CONVECTION))
        _, heat = paulson(jnp.maximum(zeta, HEAT_CONVECTION))
        free = jnp.minimum(zeta, HEAT_CONVECTION)
        root = jnp.cbrt(-free)
        log = jnp.log(-free)
        momentum_free = jnp.where(
            zeta < MOMENTUM_CONVECTION,
            log - jnp.log(-MOMENTUM_CONVECTION) - 1.14 * (root - (-MOMENTUM_CONVECTION) ** (1.0 / 3.0)),
            0.0,
        )
        heat_free = log - jnp.log(-HEAT_CONVECTION) - 0.8 * ((-HEAT_CONVECTION) ** (-1.0 / 3.0) - 1.0 / root)
        above = jnp.maximum(zeta, 1.0)
        stable = jnp.where(zeta > 1.0, -(4.0 * jnp.log(above) + above + 4.0), -5.0 * zeta)
        return (
            jnp.where(zeta < 0.0, momentum + momentum_free, stable),
            jnp.where(zeta < 0.0, heat + heat_free, stable),
        )


MOMENTUM_CONVECTION = -1.574
HEAT_CONVECTION = -0.465


def paulson(zeta: Array) -> tuple[Array, Array]:
    """psi of momentum and of heat in unstable air; 0 where zeta >= 0. Source: Paulson (1970) eqs. 1, 2."""
    square = jnp.sqrt(1.0 - 16.0 * jnp.minimum(zeta, 0.0))
    x = jnp.sqrt(square)
    half = 0.5 * (1.0 + square)
    first = 0.5 * (1.0 + x)
    return jnp.log(first * first * half) + 2.0 * _arctan((1.0 - x) / (1.0 + x)), 2.0 * jnp.log(half)


def stability(unknown: Array) -> Array:
    """zeta = z / L of the bounded unknown."""
    unstable = jnp.minimum(unknown, 0.0)
    return jnp.where(unknown < 0.0, unstable / (1.0 + unstable), unknown)


def bounded(zeta: Array, most_stable: float) -> Array:
    """The bounded unknown of zeta = z / L."""
    unstable = jnp.clip(zeta, MOST_UNSTABLE, 0.0)
    return jnp.where(zeta < 0.0, unstable / (1.0 - unstable), jnp.minimum(zeta, most_stable))


def _arctan(x: Array) -> Array:
    """atan x for |x| <= 1 to 2e-8, many times cheaper than the exact one. Abramowitz and Stegun (1964) 4.4.49."""
    s = x * x
    tail = -0.0752896400 + s * (0.0429096138 + s * (-0.0161657367 + s * 0.0028662257))
    return x * (1.0 + s * (-0.3333314528 + s * (0.1999355085 + s * (-0.1420889944 + s * (0.1065626393 + s * tail)))))
