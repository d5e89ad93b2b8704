"""How snow layers settle: destructive metamorphism, weight of the snow above, melt."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import RHO_ICE, RHO_WATER

LEAST_VOID = 0.001  # pore space below which a layer does not settle
LEAST_ICE = 0.1  # kg m-2, a layer with less does not settle
MOST = 0.5  # of the thickness, lost in one step
LIGHTEST, HEAVIEST = 50.0, 500.0  # kg m-3, bounds of the density of a layer that settles
DENSITY_RATE = 0.046  # m3 kg-1, slowing of metamorphism with density; Anderson (1976)
BURDEN_COLD = 0.08  # K-1, stiffening with cold; Anderson (1976)
WET = 10.0  # kg m-3 of liquid, above which snow metamorphoses as wet snow


@pytree
class Anderson:
    """Compaction of Anderson (1976) with the parameters of Noah-MP.

    dz/dt / z = - c3 w e^(-c4 dT - 0.046 (rho - rho_m)+) - P e^(-0.08 dT - c2 rho) / eta0 - melt

    dT = T0 - T of the layer, rho its ice over its thickness, P the weight above its middle, w = c5 in wet snow; melt is
    the share of the layer's ice that melted in the step.
    Source: Anderson (1976); Jordan (1991); parameters He et al. (2021, 2023)
    """

    burden: Array = 0.021  # m3 kg-1, c2
    ageing: Array = 2.5e-6  # s-1, c3
    ageing_cold: Array = 0.04  # K-1, c4
    ageing_wet: Array = 2.0  # 1, c5
    ageing_density: Array = 100.0  # kg m-3, rho_m
    viscosity: Array = 1.33e6  # kg s m-2, eta0

    def burden_factor(self, air_temperature: Array, pressure: Array) -> Array:
        """The parameter c2 of a step, m3 kg-1."""
        return self.burden

    def settled(
        self,
        thickness: Array,
        ice: Array,
        liquid: Array,
        *,
        cold: Array,
        above: Array,
        melted: Array,
        factor: Array,
        dt: Array,
    ) -> Array:
        """Thickness of one layer after dt seconds, [column] m.

        thickness m, ice and liquid kg m-2, cold = T0 - T >= 0 K, above kg m-2 of water in the layers above,
        melted share of the ice that melted in this step, factor m3 kg-1 of `burden_factor`
        """
        water, solid = ice + liquid, ice / RHO_ICE + liquid / RHO_WATER
        settles = ((1.0 - LEAST_VOID) * thickness > solid) & (ice > LEAST_ICE)
        density = ice / jnp.where(settles, thickness, 1.0)
        wet = jnp.where(liquid > WET * thickness, self.ageing_wet, 1.0)
        slow = DENSITY_RATE * jnp.maximum(density - self.ageing_density, 0.0)
        age = self.ageing * wet * jnp.exp(-self.ageing_cold * cold - slow)
        weight = (above + 0.5 * water) / self.viscosity * jnp.exp(-BURDEN_COLD * cold - factor * density)
        loss = jnp.minimum((age + weight) * dt + melted, MOST)
        new = jnp.maximum(thickness * (1.0 - loss), solid)
        return jnp.where(settles, jnp.clip(new, water / HEAVIEST, water / LIGHTEST), thickness)


@pytree
class AbolafiaRosenzweig(Anderson):
    """Anderson's compaction whose c2 follows the air: c2 = slope T + offset, between bounds that follow the pressure.

    Source: Abolafia-Rosenzweig et al. (2024)
    """

    slope: Array = -0.000695  # m3 kg-1 K-1
    offset: Array = 0.206067  # m3 kg-1
    lowest_high_pressure: Array = 0.017  # from 850 hPa up
    lowest_middle: Array = 0.018  # 800 to 850 hPa
    lowest_low_pressure: Array = 0.019  # below 800 hPa
    highest: Array = 0.0315

    def burden_factor(self, air_temperature: Array, pressure: Array) -> Array:
        """The parameter c2 of a step, m3 kg-1, from air temperature K and pressure Pa."""
        below = jnp.where(pressure >= 80000.0, self.lowest_middle, self.lowest_low_pressure)
        lowest = jnp.where(pressure >= 85000.0, self.lowest_high_pressure, below)
        return jnp.minimum(jnp.maximum(self.slope * air_temperature + self.offset, lowest), self.highest)
