"""Formulas of the air that derive what files lack: humidity, pressure, longwave radiation, wind at another height."""

from __future__ import annotations

import numpy as np

from vadose.constants import STEFAN_BOLTZMANN, VAPOUR_RATIO


def saturation_pressure(temperature: np.ndarray) -> np.ndarray:
    """Saturation vapour pressure over liquid water, Pa; temperature K.

    e_s = 611.2 exp(17.67 (T - 273.15) / (T - 29.65)), to which relative humidity refers also below 0 C (WMO No. 8)
    Source: Bolton (1980) eq. 10
    """
    T = np.maximum(temperature, 100.0)
    return 611.2 * np.exp(17.67 * (T - 273.15) / (T - 29.65))


def specific_humidity(vapour_pressure: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """q = 0.622 e / (p - 0.378 e), kg kg-1; e and p in Pa."""
    return VAPOUR_RATIO * vapour_pressure / (pressure - (1.0 - VAPOUR_RATIO) * vapour_pressure)


def vapour_pressure(specific: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """e = q p / (0.622 + 0.378 q), Pa; q in kg kg-1, p in Pa."""
    return specific * pressure / (VAPOUR_RATIO + (1.0 - VAPOUR_RATIO) * specific)


def standard_pressure(elevation: np.ndarray) -> np.ndarray:
    """Air pressure at an elevation in m, Pa.

    101300 ((293 - 0.0065 z) / 293)^5.26
    Source: Allen et al. (1998) eq. 7
    """
    return 101300.0 * ((293.0 - 0.0065 * elevation) / 293.0) ** 5.26


def wind_at(wind: np.ndarray, measured: float, wanted: float, roughness: float) -> np.ndarray:
    """Wind at `wanted` m from that at `measured` m: u ln(z / z0) / ln(z_m / z0). Source: Prandtl's logarithmic law."""
    return wind * (np.log(wanted / roughness) / np.log(measured / roughness))


def clear_sky_emissivity(temperature: np.ndarray, vapour: np.ndarray) -> np.ndarray:
    """Emissivity of the clear sky: 1 - (1 + xi) exp(-sqrt(1.2 + 3 xi)), xi = 46.5 e / T with e in hPa, T in K.

    Source: Prata (1996) eq. 19
    """
    xi = 46.5 * (vapour / 100.0) / temperature
    return 1.0 - (1.0 + xi) * np.exp(-np.sqrt(1.2 + 3.0 * xi))


def longwave(temperature: np.ndarray, vapour: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    """Downward longwave radiation, W m-2: (c + (1 - c) emissivity) sigma T^4, c the part of sky under cloud.

    Source: Prata (1996); Crawford and Duchon (1999) eq. 20
    """
    emissivity = cloud + (1.0 - cloud) * clear_sky_emissivity(temperature, vapour)
    return emissivity * STEFAN_BOLTZMANN * temperature**4


def cloud_cover(shortwave: np.ndarray, extraterrestrial: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Part of the sky under cloud from the day's sunlight: 1 - S / ((0.75 + 2e-5 z) S_0), within 0..1; NaN without sun.

    Source: Crawford and Duchon (1999); clear sky of Allen et al. (1998) eq. 37
    """
    clear = (0.75 + 2e-5 * elevation) * extraterrestrial
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(clear > 5.0, np.clip(1.0 - shortwave / clear, 0.0, 1.0), np.nan)


def range_from_sunshine(shortwave: np.ndarray, extraterrestrial: np.ndarray) -> np.ndarray:
    """Daily range of temperature, K, from the day's sunlight: (S / (0.17 S_0))^2 with S / S_0 within 0.25..0.75.

    Source: Hargreaves and Samani (1982), turned round
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(extraterrestrial > 5.0, shortwave / extraterrestrial, 0.4)
    return (np.clip(ratio, 0.25, 0.75) / 0.17) ** 2
