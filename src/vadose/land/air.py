"""The air at the reference height, from the forcing, with what follows from it."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import GAS_DRY_AIR, VAPOUR_RATIO

CALMEST = 1.0  # m s-1, least wind that turbulence schemes are given; Noah-MP (He et al. 2023)


@pytree
class Forcing:
    """The weather of one step (or of many, with a leading time axis), all [column].

    air_temperature     K               at the reference height
    specific_humidity   kg kg-1         at the reference height
    pressure            Pa              at the reference height
    wind                m s-1           speed at the reference height
    shortwave           W m-2           downward
    longwave            W m-2           downward
    precipitation       kg m-2 s-1      rain and snow
    cos_zenith          1               cosine of the sun's zenith angle, mean of the step; < 0 at night
    year_fraction       1               0 on 1 January to 1, shifted by half a year in the southern hemisphere
    snow_fraction       1               of the precipitation, NaN where the model is to say
    lai                 m2 m-2          leaf area index, NaN where the vegetation's own months hold
    """

    air_temperature: Array
    specific_humidity: Array
    pressure: Array
    wind: Array
    shortwave: Array
    longwave: Array
    precipitation: Array
    cos_zenith: Array
    year_fraction: Array
    snow_fraction: Array
    lai: Array


@pytree
class Air:
    """Air at the reference height, all [column].

    temperature K, specific_humidity kg kg-1, vapour_pressure Pa, pressure Pa, density kg m-3, wind m s-1 (at least 1),
    longwave W m-2 (downward), height m (of the reference above the ground or the displacement of the forcing)
    """

    temperature: Array
    specific_humidity: Array
    vapour_pressure: Array
    pressure: Array
    density: Array
    wind: Array
    longwave: Array
    height: Array


def air_of(forcing: Forcing, height: Array) -> Air:
    """The air of a step: e = q p / (0.622 + 0.378 q), rho = (p - 0.378 e) / (R T); wind at least 1 m s-1.

    height  [column] m, of the reference level
    Source: He et al. (2023), Noah-MP 5 technical note
    """
    q, p, T = forcing.specific_humidity, forcing.pressure, forcing.air_temperature
    e = q * p / (VAPOUR_RATIO + (1.0 - VAPOUR_RATIO) * q)
    return Air(
        temperature=T,
        specific_humidity=q,
        vapour_pressure=e,
        pressure=p,
        density=(p - (1.0 - VAPOUR_RATIO) * e) / (GAS_DRY_AIR * T),
        wind=jnp.maximum(forcing.wind, CALMEST),
        longwave=forcing.longwave,
        height=height + 0.0 * T,
    )
