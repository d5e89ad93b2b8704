"""The weather as a land model takes it: complete arrays at the model's step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ForcingSeries:
    """Weather at the model's step; all arrays [time, column] float64 where not said.

    times              [time] datetime64[s] UTC, start of each step;  step  s
    air_temperature K, specific_humidity kg kg-1, pressure Pa and wind m s-1 at `reference_height` m
    shortwave, longwave W m-2 downward;  precipitation kg m-2 s-1 of rain and snow
    snow_fraction      of the precipitation, NaN where unknown;  lai  NaN where not given
    cos_zenith         mean over the step of its positive part, or with `instant` that of Noah-MP's driver, < 0 at night
    year_fraction      0..1, shifted by half a year south of the equator
    lat, lon, elevation   [column] degrees, m (NaN where unknown)
    notes              what was derived, converted, filled, with counts
    sources            files that were read
    """

    times: np.ndarray
    step: float
    air_temperature: np.ndarray
    specific_humidity: np.ndarray
    pressure: np.ndarray
    wind: np.ndarray
    shortwave: np.ndarray
    longwave: np.ndarray
    precipitation: np.ndarray
    snow_fraction: np.ndarray
    lai: np.ndarray
    cos_zenith: np.ndarray
    year_fraction: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    elevation: np.ndarray
    reference_height: float
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(steps, columns)."""
        return self.times.size, self.lat.size

    def __len__(self) -> int:
        return self.times.size
