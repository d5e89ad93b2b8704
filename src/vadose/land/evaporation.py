"""Resistance of the soil to evaporation, and relative humidity of the air in its pores.

A scheme has `resistance(soil, parameters, thickness, *, snow_cover, air, ground_temperature)`, which gives the
resistance, s m-1, and the humidity, both [column]. The humidity is that of air beside water at the top layer's matric
head, h = exp[psi g / (R_v T)] (Philip 1957), and 1 over snow; the head is that of the closure of `vadose.soil`.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import FREEZING_POINT, GAS_WATER_VAPOUR, GRAVITY
from vadose.land.air import Air
from vadose.land.parameters import SoilParameters
from vadose.land.soil_suction import campbell_exponent, matric_head, top_layer
from vadose.land.state import Soil

SNOW_RESISTANCE = 1.0  # s m-1, over snow in Sellers' form as Noah-MP has it
DRY_RESISTANCE = 1e6  # s m-1, of soil without liquid water
DRY_WATER = 0.01  # m3 m-3, liquid water below which soil without snow does not evaporate in Noah-MP
VAPOUR_DIFFUSIVITY = 2.2e-5  # m2 s-1, of vapour in air; Sakaguchi & Zeng (2009)
VAPOUR_DIFFUSIVITY_FREEZING = 2.12e-5  # m2 s-1, at 0 degrees C; Swenson & Lawrence (2014)
AIR_DRY_HEAD = -1e4  # m, head of air-dry soil; Swenson & Lawrence (2014)


@pytree
class SakaguchiZeng:
    """A dry layer that grows as the top layer dries, with the diffusivity of its pores.

    L = z_1 [e^((1 - S)^w) - 1] / (e - 1),  D = 2.2e-5 theta_s^2 (1 - theta_w / theta_s)^(2 + 3/b),  r = L / D

    exponent          w, 5 in the source
    snow_resistance   s m-1   of the part under snow, in parallel with the bare one; None: the soil's own holds for the
                              whole, as in Noah-MP's first option; its fourth has 50 s m-1
    S is liquid water over theta_s. Source: Sakaguchi & Zeng (2009), as Noah-MP has them
    """

    exponent: int = static(5)
    snow_resistance: Array | None = None

    def resistance(
        self,
        soil: Soil,
        parameters: SoilParameters,
        thickness: Array,
        *,
        snow_cover: Array,
        air: Air,
        ground_temperature: Array,
    ) -> tuple[Array, Array]:
        """Resistance, s m-1, and relative humidity of the pores, both [column]; snow_cover [column] 1."""
        retention, liquid = top_layer(parameters.retention), soil.liquid[:1]
        S = jnp.clip(liquid / retention.theta_s, 0.0, 1.0)
        layer = thickness[:1] * (jnp.exp((1.0 - S) ** self.exponent) - 1.0) / (math.e - 1.0)
        dry = jnp.clip(1.0 - parameters.wilting_point[:1] / retention.theta_s, 1e-3, 1.0)
        shape = jnp.exp((2.0 + 3.0 / campbell_exponent(retention)) * jnp.log(dry))
        r = (layer / (VAPOUR_DIFFUSIVITY * retention.theta_s * retention.theta_s * shape))[0]
        if self.snow_resistance is not None:
            r = _beside_snow(r, snow_cover, self.snow_resistance)
        r = jnp.where((liquid[0] < DRY_WATER) & (snow_cover <= 0.0), DRY_RESISTANCE, r)
        return r, _humidity(retention, liquid, snow_cover, ground_temperature)


@pytree
class Sellers:
    """Exponential in the wetness of the top layer: r = f_snow + (1 - f_snow) exp(intercept - slope S).

    intercept, slope   1   8.25 and 4.225 (Noah-MP's second option); its third, adjusted for less resistance in wet
                           soil, is slope 6
    S is liquid water over theta_s. Source: Sellers et al. (1992) eq. 19; Niu et al. (2011)
    """

    intercept: Array = 8.25
    slope: Array = 4.225

    def resistance(
        self,
        soil: Soil,
        parameters: SoilParameters,
        thickness: Array,
        *,
        snow_cover: Array,
        air: Air,
        ground_temperature: Array,
    ) -> tuple[Array, Array]:
        """Resistance, s m-1, and relative humidity of the pores, both [column]; snow_cover [column] 1."""
        retention, liquid = top_layer(parameters.retention), soil.liquid[:1]
        r = _exponential(liquid, retention.theta_s, self.intercept, self.slope)
        r = snow_cover * SNOW_RESISTANCE + (1.0 - snow_cover) * r
        r = jnp.where((liquid[0] < DRY_WATER) & (snow_cover <= 0.0), DRY_RESISTANCE, r)
        return r, _humidity(retention, liquid, snow_cover, ground_temperature)


@pytree
class Clm35:
    """CLM 3.5's form of Sellers et al. (1992): r = (1 - f_snow) exp(8.206 - 4.255 S), S of liquid water and ice.

    Source: CLM 3.5 (Oleson et al. 2008); Sellers et al. (1992) eq. 19
    """

    intercept: Array = 8.206
    slope: Array = 4.255

    def resistance(
        self,
        soil: Soil,
        parameters: SoilParameters,
        thickness: Array,
        *,
        snow_cover: Array,
        air: Air,
        ground_temperature: Array,
    ) -> tuple[Array, Array]:
        """Resistance, s m-1, and relative humidity of the pores, both [column]; snow_cover [column] 1."""
        retention, liquid = top_layer(parameters.retention), soil.liquid[:1]
        r = _exponential(liquid + soil.ice[:1], retention.theta_s, self.intercept, self.slope)
        return (1.0 - snow_cover) * r, _humidity(retention, liquid, snow_cover, ground_temperature)


@pytree
class SwensonLawrence:
    """A dry surface layer that starts below a water content, as in CLM 5: r = DSL / (D_v tau).

    DSL = D_max (start theta_s - theta) / (start theta_s - theta_air) where theta is below it, else 0
    tau = a^2 (a / theta_s)^(3/b), a = theta_s - theta_air,  D_v = 2.12e-5 (T / 273.15)^1.75
    theta_air is the water content of the closure at -10^4 m, theta that of liquid and ice in the top layer.

    maximum           m       D_max, 15 mm
    start             1       0.8
    snow_resistance   s m-1   of the part under snow, in parallel; CLM 5 keeps the soil's, here None
    Source: Swenson & Lawrence (2014); CLM5 technical note (Lawrence et al. 2019), chapter 5
    """

    maximum: Array = 0.015
    start: Array = 0.8
    snow_resistance: Array | None = 50.0

    def resistance(
        self,
        soil: Soil,
        parameters: SoilParameters,
        thickness: Array,
        *,
        snow_cover: Array,
        air: Air,
        ground_temperature: Array,
    ) -> tuple[Array, Array]:
        """Resistance, s m-1, and relative humidity of the pores, both [column]; snow_cover [column] 1."""
        retention, liquid = top_layer(parameters.retention), soil.liquid[:1]
        theta_s = retention.theta_s
        air_dry = retention.water_content(AIR_DRY_HEAD * jnp.ones_like(liquid))
        begin = self.start * theta_s
        deficit = (begin - liquid - soil.ice[:1]) / jnp.maximum(begin - air_dry, 1e-3)
        layer = self.maximum * jnp.clip(deficit, 0.0, 1.0)
        pores = jnp.maximum(theta_s - air_dry, 1e-3)
        tau = pores * pores * jnp.exp(3.0 / campbell_exponent(retention) * jnp.log(pores / theta_s))
        # (T / T_0)^1.75 without a power: fourth root of the seventh.
        T = ground_temperature / FREEZING_POINT
        warmth = T * T / jnp.sqrt(jnp.sqrt(T))
        r = (layer / tau)[0] / (VAPOUR_DIFFUSIVITY_FREEZING * warmth)
        if self.snow_resistance is not None:
            r = _beside_snow(r, snow_cover, self.snow_resistance)
        return r, _humidity(retention, liquid, snow_cover, ground_temperature)


def _exponential(water: Array, theta_s: Array, intercept: Array, slope: Array) -> Array:
    return jnp.exp(intercept - slope * jnp.clip(water / theta_s, 0.0, 1.0))[0]


def _beside_snow(r: Array, snow_cover: Array, snow_resistance: Array) -> Array:
    """Soil and snow side by side, each with its own resistance."""
    return 1.0 / (snow_cover / snow_resistance + (1.0 - snow_cover) / jnp.maximum(r, 1e-3))


def _humidity(retention: Any, liquid: Array, snow_cover: Array, temperature: Array) -> Array:
    """Relative humidity of the pores beside water at the top layer's head, 1 under snow."""
    psi = matric_head(retention, liquid)[0]
    return snow_cover + (1.0 - snow_cover) * jnp.exp(psi * GRAVITY / (GAS_WATER_VAPOUR * temperature))
