"""Random surfaces, ordinary and extreme, that the tests of the surface energy share."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array, pytree
from vadose.land.air import Forcing, air_of
from vadose.land.energy_state import CanopySurface, GroundSurface
from vadose.land.humidity import saturation
from vadose.land.state import Canopy
from vadose.land.tables import modis_vegetation


@pytree
class ConstantStomata:
    """Stomata of a constant resistance, s m-1."""

    value: Array = 150.0

    def resistance(self, vegetation: Any, *, leaf_temperature: Array, stress: Array, **_: Any) -> tuple[Array, Array]:
        r = self.value / jnp.maximum(stress, 0.01) + 0.0 * leaf_temperature
        return jnp.stack([r, 2.0 * r]), jnp.stack([0.0 * r + 5.0, 0.0 * r + 1.0])


def surfaces(n: int, seed: int, *, extreme: bool) -> tuple[Any, ...]:
    """Air, canopy, vegetation, canopy surface, ground surface, stress of n columns.

    Extreme: -60 to 60 degrees C, calm and stable, ground 25 K from the air, deep snow, hardly conducting to perfectly
    conducting ground, nothing to evaporate, no vegetation.
    """
    random = np.random.default_rng(seed)

    def u(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, n)

    T = u(213.0, 333.0) if extreme else u(283.0, 305.0)
    p = u(7e4, 1.03e5)
    q = np.minimum(0.622 * u(0.02, 1.0) * np.asarray(saturation(T)[0]) / p, 0.05)
    wind = np.where(random.random(n) < 0.4, u(0.0, 1.5), u(0.0, 20.0)) if extreme else u(2.0, 8.0)
    longwave = 5.67e-8 * T**4 * (u(0.55, 1.0) if extreme else u(0.7, 0.9))
    none = 0.0 * T
    forcing = Forcing(T, q, p, wind, none, longwave, none, none, none, none, none)
    sun = np.where(random.random(n) < 0.5, 0.0, u(0.0, 900.0)) if extreme else u(200.0, 700.0)
    lai = np.where(random.random(n) < 0.15, 0.0, u(0.0, 8.0)) if extreme else u(1.0, 4.0)
    sai = np.where((lai == 0) & (random.random(n) < 0.5), 0.0, 0.3)
    fraction = np.where(random.random(n) < 0.2, 0.0, u(0.0, 1.0)) if extreme else u(0.3, 0.9)
    height = u(0.3, 25.0) if extreme else u(0.5, 3.0)
    snow = np.where((T < 273.0) & (random.random(n) < 0.6), u(0.0, 0.5), 0.0)
    deep = snow > 0.05
    ground = T + (u(-25.0, 25.0) if extreme else u(1.0, 6.0))
    ground = np.where(deep, np.minimum(ground, 273.15), ground)
    sunlit = lai * u(0.2, 0.8)
    canopy = Canopy(T + (u(-15.0, 15.0) if extreme else u(0.0, 3.0)), T, q * p / 0.622, none, none)
    leaves = CanopySurface(
        fraction, lai, sai, sunlit, lai - sunlit, 0.075 * height, np.maximum(0.65 * height, snow), height,
        u(0.0, 1.0) ** 3 if extreme else u(0.0, 0.2), 4188.0 * (lai + sai) + 100.0, 1.0 - np.exp(-lai - sai),
        fraction * sun * 0.6 * (1.0 - np.exp(-0.5 * (lai + sai))), np.stack([0.2 * sun, 0.1 * sun]), none,
        np.where(random.random(n) < 0.5, u(0.0, 1e-4), 0.0) if extreme else none + 1.0,
    )  # fmt: skip
    soil = GroundSurface(
        ground, np.where(random.random(n) < 0.1, 1e4, u(1.0, 60.0)) if extreme else u(5.0, 30.0), ground - u(0.5, 3.0),
        np.where(deep, 1.0, u(0.01, 1.0)) if extreme else u(0.8, 1.0), u(20.0, 5000.0) if extreme else u(50.0, 500.0),
        u(0.93, 0.98), np.where(deep, 0.002, u(0.002, 0.05)), snow, np.where(ground > 273.15, 2.501e6, 2.8347e6),
        np.where(random.random(n) < 0.2, 0.0, u(0.0, 5e-4)) if extreme else none + 1.0, np.where(deep, 1e9, 0.0),
        0.3 * sun, np.stack([none, none]),
    )  # fmt: skip
    parts = (air_of(jax.tree.map(jnp.asarray, forcing), 10.0), canopy, modis_vegetation(np.full(n, 12)), leaves, soil)
    return jax.tree.map(jnp.asarray, (*parts, u(0.0 if extreme else 0.5, 1.0)))
