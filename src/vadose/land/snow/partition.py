"""Rain or snow: the share of the precipitation that falls as snow, from the air near the ground."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import (
    FREEZING_POINT,
    HEAT_DRY_AIR,
    LATENT_HEAT_SUBLIMATION,
    LATENT_HEAT_VAPORISATION,
    VAPOUR_RATIO,
)
from vadose.land.air import Air

WARMEST, COLDEST = 8.0, -50.0  # degrees C, air above or below which the wet bulb says only rain or only snow
NEWTON_STEPS = 4  # the equation is convex: from the air temperature it converges from above, to 1e-10 K


@pytree
class Jordan:
    """1 up to 0.5 C, 1 - 0.2 t up to 2 C, 0.6 up to 2.5 C, 0 above. Source: Jordan (1991); He et al. (2023)"""

    def snow_fraction(self, air: Air) -> Array:
        """Share of snow in the precipitation, [column] 1."""
        t = air.temperature - FREEZING_POINT
        between = jnp.maximum(1.0 - 0.2 * t, 0.6)
        return jnp.where(t <= 0.5, 1.0, jnp.where(t <= 2.5, between, 0.0))


@pytree
class WetBulb:
    """f = 1 / (1 + 6.99e-5 e^(2 (Tw + 3.97))), Tw the wet-bulb temperature in degrees C; 0 in air above 8 C.

    Tw + e_s(Tw) / gamma = T + e / gamma, gamma = c_p p / (0.622 L), solved by Newton. Noah-MP 5 iterates
    Tw <- Tw - (e_s(Tw) - e) / gamma instead, which ends at the dew point and makes too much snow in dry air.
    Source: Wang et al. (2019) eqs. 1 and 2
    """

    def snow_fraction(self, air: Air) -> Array:
        """Share of snow in the precipitation, [column] 1."""
        return 1.0 / (1.0 + 6.99e-5 * jnp.exp(2.0 * (wet_bulb(air) + 3.97))) * jnp.where(_warm(air), 0.0, 1.0)


def _warm(air: Air) -> Array:
    return air.temperature >= FREEZING_POINT + WARMEST


def wet_bulb(air: Air) -> Array:
    """Wet-bulb temperature of air from -50 C to 8 C (else of air at that bound), [column] degrees C."""
    t = jnp.clip(air.temperature - FREEZING_POINT, COLDEST, WARMEST)
    heat = jnp.where(t > 0.0, LATENT_HEAT_VAPORISATION, LATENT_HEAT_SUBLIMATION)
    gamma = HEAT_DRY_AIR * air.pressure / (VAPOUR_RATIO * heat)
    tw = t
    for _ in range(NEWTON_STEPS):
        saturation = 610.8 * jnp.exp(17.27 * tw / (237.3 + tw))
        slope = saturation * 17.27 * 237.3 / ((237.3 + tw) * (237.3 + tw))
        tw = tw - (gamma * (tw - t) + saturation - air.vapour_pressure) / (gamma + slope)
    return tw


@pytree
class Threshold:
    """Snow where the air is colder than T0 + offset; offset 2.2 K is the BATS rule, 0 the plain one.

    Source: Yang et al. (1997); Dickinson et al. (1993)
    """

    offset: Array = 0.0  # K

    def snow_fraction(self, air: Air) -> Array:
        """Share of snow in the precipitation, [column] 1."""
        return jnp.where(air.temperature < FREEZING_POINT + self.offset, 1.0, 0.0)


@pytree
class Ramp:
    """From 1 at T0 + snow to 0 at T0 + rain, linear between. Source: Lawrence et al. (2018), CLM5 eq. 6.3 (0 to 2 K)"""

    snow: Array = 0.0  # K
    rain: Array = 2.0  # K

    def snow_fraction(self, air: Air) -> Array:
        """Share of snow in the precipitation, [column] 1."""
        warm = air.temperature - FREEZING_POINT - self.snow
        return jnp.clip(1.0 - warm / (self.rain - self.snow), 0.0, 1.0)
