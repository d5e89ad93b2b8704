"""The weather of one place as the benchmarks take it: means over intervals, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vadose.constants import (
    FREEZING_POINT,
    HEAT_DRY_AIR,
    LATENT_HEAT_VAPORISATION,
    STEFAN_BOLTZMANN,
    VAPOUR_RATIO,
)
from vadose.data.forcing.air import saturation_pressure, vapour_pressure

MEANS = (
    "shortwave", "longwave", "air_temperature", "specific_humidity", "pressure", "wind", "precipitation",
    "snow_fraction",
)  # fmt: skip
ALBEDO = 0.23  # of the reference crop; Allen et al. (1998) eq. 38
EMISSIVITY = 0.97  # of land with plants


@dataclass(frozen=True, eq=False)
class Weather:
    """Means over intervals, arrays [time, column] in the units of the forcing.

    bounds            [time, 2] datetime64[s] UTC
    snow_fraction     of the precipitation, NaN where unknown
    reference_height  m, of the wind
    """

    bounds: np.ndarray
    shortwave: np.ndarray
    longwave: np.ndarray
    air_temperature: np.ndarray
    specific_humidity: np.ndarray
    pressure: np.ndarray
    wind: np.ndarray
    precipitation: np.ndarray
    snow_fraction: np.ndarray
    reference_height: float = 10.0

    @property
    def seconds(self) -> np.ndarray:
        """[time, 1] s, length of the intervals."""
        return np.diff(self.bounds, axis=1) / np.timedelta64(1, "s")

    @cached_property
    def vapour(self) -> np.ndarray:
        """Vapour pressure, Pa."""
        return vapour_pressure(self.specific_humidity, self.pressure)

    @cached_property
    def saturation(self) -> np.ndarray:
        """Saturation vapour pressure, Pa."""
        return saturation_pressure(self.air_temperature)

    @property
    def relative_humidity(self) -> np.ndarray:
        """Relative humidity, 0..1."""
        return np.clip(self.vapour / self.saturation, 0.0, 1.0)

    @cached_property
    def latent_heat(self) -> np.ndarray:
        """Latent heat of vaporisation, J kg-1: L0 - 2361 (T - T0). Source: Allen et al. (1998) annex 3, eq. 3-1"""
        return LATENT_HEAT_VAPORISATION - 2361.0 * (self.air_temperature - FREEZING_POINT)

    @cached_property
    def slope(self) -> np.ndarray:
        """Slope of the saturation vapour pressure, Pa K-1, of Bolton's (1980) formula."""
        return self.saturation * 17.67 * 243.5 / (self.air_temperature - 29.65) ** 2

    @cached_property
    def psychrometric(self) -> np.ndarray:
        """c_p p / (0.622 L), Pa K-1. Source: Allen et al. (1998) eq. 8"""
        return HEAT_DRY_AIR * self.pressure / (VAPOUR_RATIO * self.latent_heat)

    @cached_property
    def net_radiation(self) -> np.ndarray:
        """(1 - albedo) S + emissivity (L - sigma T^4), W m-2, of a surface as warm as the air."""
        return (1.0 - ALBEDO) * self.shortwave + EMISSIVITY * (
            self.longwave - STEFAN_BOLTZMANN * self.air_temperature**4
        )


def weather_of(read: Callable[[np.datetime64, np.datetime64], object], bounds: np.ndarray, block: int = 366) -> Weather:
    """Means of the forcing over intervals, read in blocks of days.

    read    of (first, last moment): a ForcingSeries of the steps between them, such as
            `lambda a, b: files.read(step, columns, a, b)`
    bounds  [time, 2] datetime64[s] UTC, ascending without gaps, edges on the forcing's steps
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for name in MEANS}
    height = 10.0
    begin = 0
    while begin < bounds.shape[0]:
        until = bounds[begin, 0] + np.timedelta64(block, "D")
        end = max(begin + 1, int(np.searchsorted(bounds[:, 1], until, side="right")))
        series = read(bounds[begin, 0], bounds[end - 1, 1])
        times = series.times  # type: ignore[attr-defined]
        starts = np.searchsorted(times, bounds[begin:end, 0])
        counts = np.diff([*starts, times.size])[:, None]
        for name in MEANS:
            parts[name].append(np.add.reduceat(getattr(series, name), starts, axis=0) / counts)
        height = float(series.reference_height)  # type: ignore[attr-defined]
        begin = end
    return Weather(bounds, **{name: np.concatenate(parts[name]) for name in MEANS}, reference_height=height)


def grouped(weather: Weather, bounds: np.ndarray) -> Weather:
    """Means of the weather over longer intervals that begin and end with its own."""
    starts = np.searchsorted(weather.bounds[:, 0], bounds[:, 0])
    lengths = weather.seconds
    total = np.add.reduceat(lengths, starts, axis=0)
    parts = {n: np.add.reduceat(getattr(weather, n) * lengths, starts, axis=0) / total for n in MEANS}
    return Weather(bounds, **parts, reference_height=weather.reference_height)
