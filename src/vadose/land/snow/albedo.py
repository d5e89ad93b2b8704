"""Albedo of snow as it ages: BATS by the age of the grains, CLASS by a decay with time."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import FREEZING_POINT
from vadose.land.state import Snow


@pytree
class Bats:
    """Snow age of BATS and the albedo in two bands that follows from it.

    d(age)/dt = (e^g + e^min(0, 10 g) + 0.3) / tau,  g = 5000 (1/T0 - 1/T);  fresh snow takes age (1 - P dt / P_full)+
    alpha_dif = alpha_0 (1 - c age / (1 + age)),  alpha_dir = alpha_dif + 0.4 f(mu) (1 - alpha_dif),
    f(mu) = [(1 + 1/b) / (1 + 2 b mu) - 1/b]+
    Source: Yang et al. (1997) eqs. 10, 15-18; Dickinson et al. (1993); parameters He et al. (2023)
    """

    full_cover: Array = 1.0  # kg m-2 of fresh snow that hides the old
    ageing_time: Array = 1.0e6  # s, tau
    vapour_growth: Array = 5000.0  # K
    melt_growth: Array = 10.0  # 1
    dirt: Array = 0.3  # 1
    zenith: Array = 2.0  # 1, b
    fresh_visible: Array = 0.95
    fresh_infrared: Array = 0.65
    aged_visible: Array = 0.2  # 1, c
    aged_infrared: Array = 0.5
    low_sun_visible: Array = 0.4
    low_sun_infrared: Array = 0.4

    def step(
        self, snow: Snow, *, snowfall: Array, ground_temperature: Array, cos_zenith: Array, dt: Array
    ) -> tuple[Snow, Array, Array]:
        """The snow with its age after dt seconds, and its albedo for direct and diffuse light, [band, column].

        snowfall [column] kg m-2 s-1 on the ground, ground_temperature [column] K, cos_zenith [column] 1
        """
        growth = self.vapour_growth * (1.0 / FREEZING_POINT - 1.0 / ground_temperature)
        rate = jnp.exp(growth) + jnp.exp(jnp.minimum(self.melt_growth * growth, 0.0)) + self.dirt
        old = jnp.maximum(1.0 - snowfall * dt / self.full_cover, 0.0)
        age = jnp.where(snow.water_equivalent > 0.0, (snow.age + dt / self.ageing_time * rate) * old, 0.0)
        share = age / (1.0 + age)
        low = (1.0 + 1.0 / self.zenith) / (1.0 + 2.0 * self.zenith * jnp.maximum(cos_zenith, 0.0)) - 1.0 / self.zenith
        low = jnp.maximum(low, 0.0)
        visible = self.fresh_visible * (1.0 - self.aged_visible * share)
        infrared = self.fresh_infrared * (1.0 - self.aged_infrared * share)
        direct_visible = visible + self.low_sun_visible * low * (1.0 - visible)
        direct_infrared = infrared + self.low_sun_infrared * low * (1.0 - infrared)
        return replace(snow, age=age), jnp.stack([direct_visible, direct_infrared]), jnp.stack([visible, infrared])


@pytree
class Class:
    """Broadband snow albedo of CLASS: it decays to the aged value, and fresh snow brings it back.

    alpha <- 0.55 + (alpha - 0.55) e^(-0.01 dt / 3600), then + min(1, P dt / P_full) (0.84 - alpha); direct = diffuse
    Source: Verseghy (1991); He et al. (2023)

    daylight_only  no decay at night, as in Noah-MP 5
    """

    full_cover: Array = 1.0  # kg m-2 of fresh snow that hides the old
    aged: Array = 0.55
    fresh: Array = 0.84
    ageing_time: Array = 3.6e5  # s
    daylight_only: bool = static(False)

    def step(
        self, snow: Snow, *, snowfall: Array, ground_temperature: Array, cos_zenith: Array, dt: Array
    ) -> tuple[Snow, Array, Array]:
        """The snow with its albedo after dt seconds, and that albedo for direct and diffuse light, [band, column].

        snowfall [column] kg m-2 s-1 on the ground, cos_zenith [column] 1; ground_temperature has no part in it
        """
        albedo = self.aged + (snow.albedo - self.aged) * jnp.exp(-dt / self.ageing_time)
        albedo = albedo + jnp.minimum(snowfall * dt / self.full_cover, 1.0) * (self.fresh - albedo)
        if self.daylight_only:
            albedo = jnp.where(cos_zenith > 0.0, albedo, snow.albedo)
        bands = jnp.stack([albedo, albedo])
        return replace(snow, albedo=albedo), bands, bands
