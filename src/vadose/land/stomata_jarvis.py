"""Jarvis (1976) stomata as Noah has them: a least resistance, divided by factors for light, heat, dry air and soil."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import VAPOUR_RATIO
from vadose.land.air import Air
from vadose.land.parameters import Vegetation

HEAT_CURVATURE = 0.0016  # K-2; Noilhan & Planton (1989)
LEAST_FACTOR = 1e-4  # of light and of heat
LEAST_HUMIDITY_FACTOR = 0.01
LEAST_STRESS = 1e-6


@pytree
class Jarvis:
    """r = r_min / (F_light F_heat F_humidity stress), without photosynthesis.

    F_light = (f + r_min / r_max) / (1 + f), f = 2 PAR / PAR_limit;  F_heat = 1 - 0.0016 (T_opt - T)^2
    F_humidity = 1 / [1 + h_s (w_sat - w)], w the mixing ratio of vapour
    Source: Jarvis (1976); Noilhan & Planton (1989); Chen et al. (1996) eqs. 12-14
    """

    def resistance(
        self,
        vegetation: Vegetation,
        *,
        par: Array,
        leaf_temperature: Array,
        vapour_pressure: Array,
        saturation: Array,
        boundary_resistance: Array,
        air: Air,
        co2_pressure: Array,
        o2_pressure: Array,
        stress: Array,
        growing: Array,
    ) -> tuple[Array, Array]:
        """Resistance, s m-1, of a m2 of leaf, and a photosynthesis of 0, both [2, column].

        par                            [2, column] W m-2   absorbed by a m2 of sunlit and of shaded leaves
        leaf_temperature               [column] K
        vapour_pressure, saturation    [column] Pa         of the canopy air, and saturated at the leaf's temperature
        stress                         [column] 1          1 where soil water does not limit
        growing                        [column] 1          True or 1 where it is warm enough
        The others are not used.
        """
        plant = vegetation.jarvis
        f = 2.0 * jnp.maximum(par, 0.0) / plant.radiation[None]
        ratio = (plant.minimum_resistance / plant.maximum_resistance)[None]
        light = jnp.maximum((f + ratio) / (1.0 + f), LEAST_FACTOR)
        off = plant.optimum_temperature - leaf_temperature
        heat = jnp.maximum((1.0 - HEAT_CURVATURE * off * off) * growing, LEAST_FACTOR)
        deficit = _mixing_ratio(saturation, air.pressure) - _mixing_ratio(vapour_pressure, air.pressure)
        humid = jnp.maximum(1.0 / (1.0 + plant.humidity * jnp.maximum(deficit, 0.0)), LEAST_HUMIDITY_FACTOR)
        resistance = plant.minimum_resistance / (heat * humid * jnp.maximum(stress, LEAST_STRESS))
        return resistance[None] / light, 0.0 * par


def _mixing_ratio(vapour_pressure: Array, pressure: Array) -> Array:
    # Hot leaves in thin air may boil on the way of an iteration: dry air keeps at least a tenth of the pressure.
    return VAPOUR_RATIO * vapour_pressure / jnp.maximum(pressure - vapour_pressure, 0.1 * pressure)
