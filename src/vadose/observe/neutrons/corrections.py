"""Counts as they would be at reference pressure, in dry air, under reference cosmic rays and without plants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.constants import FREEZING_POINT
from vadose.errors import DataError, RangeError
from vadose.observe.neutrons.weights import STANDARD_PRESSURE

BETA = 7.6e-5  # Pa-1, barometric coefficient in mid-latitudes; Zreda et al. (2012), Bogena et al. (2022)
OMEGA = 5.4  # m3 kg-1, counts lost to water vapour; Rosolem et al. (2013)
PER_RIGIDITY = 0.075  # GV-1, change of the response to cosmic rays; Hawdon et al. (2014)
PER_BIOMASS = 0.005  # m2 kg-1, counts lost to a kg of water in plants; Baatz et al. (2015)
JUNGFRAUJOCH_RIGIDITY = 4.49  # GV, cutoff of the monitor JUNG; Hawdon et al. (2014)
_GAS_VAPOUR = 461.5  # J kg-1 K-1


def absolute_humidity(temperature: np.ndarray, relative_humidity: np.ndarray) -> np.ndarray:
    """Water vapour kg m-3 of air at a temperature K and a relative humidity 0..1.

    e_s = 611.2 Pa exp(17.67 t / (t + 243.5)), t in degrees C
    Source: Bolton (1980) eq. 10
    """
    t = np.asarray(temperature, float) - FREEZING_POINT
    pressure = 611.2 * np.exp(17.67 * t / (t + 243.5)) * np.asarray(relative_humidity, float)
    return pressure / (_GAS_VAPOUR * np.asarray(temperature, float))


def pressure_factor(pressure: np.ndarray, reference: float = STANDARD_PRESSURE, beta: float = BETA) -> np.ndarray:
    """f_p = exp(beta (p - p_ref)); Pa and Pa-1. Source: Zreda et al. (2012) eq. 5"""
    return np.exp(beta * (np.asarray(pressure, float) - reference))


def humidity_factor(humidity: np.ndarray, reference: float = 0.0) -> np.ndarray:
    """f_h = 1 + 0.0054 m3 g-1 (h - h_ref); kg m-3. Source: Rosolem et al. (2013)"""
    return 1.0 + OMEGA * (np.asarray(humidity, float) - reference)


def incoming_factor(
    monitor: np.ndarray, reference: float, rigidity: float | None = None,
    monitor_rigidity: float = JUNGFRAUJOCH_RIGIDITY,
) -> np.ndarray:  # fmt: skip
    """Factor for the cosmic rays of the time, from a neutron monitor in any unit.

    f_i = 1 + tau (I_ref / I - 1);  tau = 1, or 1 - 0.075 GV-1 (Rc_site - Rc_monitor) where `rigidity` is given

    monitor    [record];  reference  what the monitor counted at the reference time
    rigidity   cutoff rigidity of the site GV; None for the monitor as it is
    Source: Zreda et al. (2012) without, Hawdon et al. (2014) with the rigidity
    """
    if not reference > 0:
        raise RangeError(f"`reference` of the neutron monitor must be > 0, got {reference:g}")
    tau = 1.0 if rigidity is None else 1.0 - PER_RIGIDITY * (rigidity - monitor_rigidity)
    monitor = np.asarray(monitor, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(monitor > 0, 1.0 + tau * (reference / monitor - 1.0), np.nan)


def biomass_factor(water: np.ndarray) -> np.ndarray:
    """f_v = 1 / (1 - 0.005 m2 kg-1 B), B the water of plants and their cellulose kg m-2. Source: Baatz et al. (2015)

    Raises RangeError for 100 kg m-2 and more, beyond any forest.
    """
    water = np.asarray(water, float)
    if np.any(water < 0) or np.any(water >= 100):
        raise RangeError("the water of plants must lie within 0..100 kg m-2")
    return 1.0 / (1.0 - PER_BIOMASS * water)


@dataclass(frozen=True, eq=False)
class Corrected:
    """Counts and the factor that corrected them.

    counts  [record] h-1;  factor  [record], corrected over raw;  raw  [record] h-1
    """

    counts: np.ndarray
    factor: np.ndarray
    raw: np.ndarray

    def averaged(self, window: int, least: float = 0.5) -> Corrected:
        """Centred means over `window` records, where at least the part `least` of them is there.

        `raw` becomes the mean count of a record, and `counting_deviation` knows of the window by its own argument.
        """
        if window < 1 or not 0 < least <= 1:
            raise RangeError(f"`window` must be >= 1 record and `least` within 0..1, got {window} and {least:g}")
        there = np.isfinite(self.counts)
        number = _window_sum(there.astype(float), window)
        enough = number >= max(least * window, 1.0) - 1e-9
        parts = [_window_sum(np.where(there, x, 0.0), window) for x in (self.counts, self.factor, self.raw)]
        means = [np.where(enough, p / np.maximum(number, 1.0), np.nan) for p in parts]
        return Corrected(*means)

    def number(self, window: int) -> np.ndarray:
        """[record] how many records of a centred window are there."""
        return _window_sum(np.isfinite(self.counts).astype(float), window)


def correct(raw: np.ndarray, *factors: np.ndarray) -> Corrected:
    """Raw counts h-1 times their factors, NaN where any is missing. Raises DataError for negative counts."""
    raw = np.asarray(raw, float)
    if np.any(raw < 0):
        raise DataError(f"{int(np.sum(raw < 0))} neutron counts are negative; expected counts, empty where missing")
    factor = np.ones(raw.shape)
    for one in factors:
        factor = factor * one
    counts = raw * factor
    return Corrected(counts, np.where(np.isfinite(counts), factor, np.nan), np.where(np.isfinite(counts), raw, np.nan))


def counting_deviation(corrected: Corrected, hours: np.ndarray | float = 1.0) -> np.ndarray:
    """Standard deviation h-1 of corrected counts: f sqrt(N / hours), since counts are a Poisson process.

    hours  that were counted for each value: of one record, or as many as were averaged
    Source: Zreda et al. (2012)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return corrected.factor * np.sqrt(corrected.raw / np.asarray(hours, float))


def _window_sum(values: np.ndarray, window: int) -> np.ndarray:
    """Sums over a centred window, cut at both ends of the series."""
    before = window // 2
    total = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(values.size) - before
    return total[np.clip(place + window, 0, values.size)] - total[np.clip(place, 0, values.size)]
