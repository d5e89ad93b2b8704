"""From corrected neutron counts to soil moisture and back.

Both functions take the total water per mass of dry soil, kg kg-1: of pores, lattice and organic matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vadose.constants import RHO_WATER
from vadose.errors import RangeError
from vadose.observe.neutrons.weights import Numbers

CELLULOSE = 0.556  # kg of water that kg of organic matter counts for; Franz et al. (2013)
CARBON_TO_ORGANIC = 1.724  # kg organic matter per kg organic carbon, van Bemmelen factor
_WETTEST = 10.0  # kg kg-1, wet peat


class Conversion(Protocol):
    """Counts relative to a parameter N0 of the sensor, of total water, and the inverse; humidity kg m-3."""

    def ratio(self, water: Numbers, humidity: Numbers) -> np.ndarray: ...

    def water(self, ratio: Numbers, humidity: Numbers) -> np.ndarray: ...


@dataclass(frozen=True)
class Desilets2010:
    """N / N0 = a0 / (water + a2) + a1; counts are corrected for humidity before, which has no part here.

    Source: Desilets et al. (2010) eq. A1
    """

    a0: float = 0.0808
    a1: float = 0.372
    a2: float = 0.115

    def ratio(self, water: Numbers, humidity: Numbers) -> np.ndarray:
        """N / N0 of total water kg kg-1."""
        return self.a0 / (np.asarray(water, float) + self.a2) + self.a1

    def water(self, ratio: Numbers, humidity: Numbers) -> np.ndarray:
        """kg kg-1, negative of counts beyond those of dry soil; NaN of fewer than any soil gives."""
        above = np.asarray(ratio, float) - self.a1
        return np.where(above > 0, self.a0 / np.where(above > 0, above, 1.0), np.nan) - self.a2


@dataclass(frozen=True)
class Koehli2021:
    """N / N_D = (p1 + p2 y) / (p1 + y) (p0 + p6 x + p7 x^2) + exp(-p3 y) (p4 + p5 x).

    y is volumetric water of a soil of 1.43 g cm-3, x air humidity g m-3: counts are not corrected for humidity before.
    Constants of the Monte-Carlo code MCNP with the response of the detector ("drf").
    Source: Koehli et al. (2021) eq. 15
    """

    p: tuple[float, ...] = (1.0940, 0.0280, 0.254, 3.537, 0.139, -0.00140, -0.0088, 0.0001150)
    density: float = 1430.0  # kg m-3

    def ratio(self, water: Numbers, humidity: Numbers) -> np.ndarray:
        """N / N_D of total water kg kg-1."""
        p0, p1, p2, p3, p4, p5, p6, p7 = self.p
        y = np.asarray(water, float) * self.density / RHO_WATER
        x = 1000.0 * np.asarray(humidity, float)
        return (p1 + p2 * y) / (p1 + y) * (p0 + p6 * x + p7 * x * x) + np.exp(-p3 * y) * (p4 + p5 * x)

    def water(self, ratio: Numbers, humidity: Numbers) -> np.ndarray:
        """kg kg-1 by bisection to 1e-12; 0 of counts beyond those of dry soil, NaN of fewer than wet peat gives."""
        ratio, humidity = np.broadcast_arrays(np.asarray(ratio, float), np.asarray(humidity, float))
        low, high = np.zeros(ratio.shape), np.full(ratio.shape, _WETTEST)
        for _ in range(44):
            middle = 0.5 * (low + high)
            wetter = self.ratio(middle, humidity) > ratio
            low, high = np.where(wetter, middle, low), np.where(wetter, high, middle)
        known = np.isfinite(ratio) & np.isfinite(humidity) & (ratio > self.ratio(_WETTEST, humidity))
        return np.where(known, 0.5 * (low + high), np.nan)


@dataclass(frozen=True)
class SensorSoil:
    """The soil around a sensor, as a mean over what it sees.

    bulk_density    kg m-3 of dry soil
    lattice_water   kg kg-1;  organic_water  kg kg-1, water that organic matter counts for (`water_of_carbon`)
    """

    bulk_density: float
    lattice_water: float = 0.0
    organic_water: float = 0.0

    def __post_init__(self) -> None:
        if not 50.0 <= self.bulk_density <= 2700.0:
            raise RangeError(
                f"`bulk_density` must lie within 50..2700 kg m-3, got {self.bulk_density:g}; g cm-3 times 1000"
            )
        for name in ("lattice_water", "organic_water"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise RangeError(f"`{name}` must lie within 0..1 kg kg-1, got {getattr(self, name):g}")

    @property
    def hidden(self) -> float:
        """Water of lattice and organic matter, m3 m-3."""
        return (self.lattice_water + self.organic_water) * self.bulk_density / RHO_WATER


def water_of_carbon(organic_carbon: np.ndarray) -> np.ndarray:
    """Water kg kg-1 that organic carbon kg kg-1 counts for, as cellulose: 0.556 x 1.724. Source: Franz et al. (2013)"""
    return CELLULOSE * CARBON_TO_ORGANIC * np.asarray(organic_carbon)


def soil_moisture(
    counts: np.ndarray, n0: float, soil: SensorSoil, conversion: Conversion, humidity: Numbers = 0.0
) -> np.ndarray:
    """Water of the pores m3 m-3 of corrected counts h-1; as it comes, negative ones too, NaN where there is none.

    humidity  kg m-3 of the air, for a conversion that uses it
    """
    total = conversion.water(np.asarray(counts, float) / n0, humidity)
    return total * soil.bulk_density / RHO_WATER - soil.hidden


def counts_of(
    theta: Numbers, n0: float, soil: SensorSoil, conversion: Conversion, humidity: Numbers = 0.0
) -> np.ndarray:
    """Corrected counts h-1 of water of the pores m3 m-3: the inverse of `soil_moisture`."""
    total = (np.asarray(theta, float) + soil.hidden) * RHO_WATER / soil.bulk_density
    return n0 * conversion.ratio(total, humidity)


def deviation(
    counts: np.ndarray, counts_deviation: np.ndarray, n0: float, soil: SensorSoil, conversion: Conversion,
    humidity: Numbers = 0.0,
) -> np.ndarray:  # fmt: skip
    """Standard deviation m3 m-3 that the statistics of counting leave: half of what one deviation to either side makes.

    sigma = |theta(N - s) - theta(N + s)| / 2, which knows that a wet soil makes counts tell less than their slope says

    counts_deviation  h-1, of `counting_deviation`
    """
    low = soil_moisture(counts - counts_deviation, n0, soil, conversion, humidity)
    high = soil_moisture(counts + counts_deviation, n0, soil, conversion, humidity)
    return 0.5 * np.abs(low - high)
