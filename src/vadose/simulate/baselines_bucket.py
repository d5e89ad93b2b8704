"""The bucket of Manabe (1969) and the equation of Penman and Monteith: physics that a land model must beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.constants import FREEZING_POINT, LATENT_HEAT_SUBLIMATION, RHO_WATER, SECONDS_PER_DAY
from vadose.simulate.baselines_weather import MEANS, Weather


@dataclass(frozen=True)
class Bucket:
    """One store of water with snow on it.

    E = beta E_p, beta = min(1, W / (critical capacity)), 1 while snow lies; what exceeds `capacity` runs off

    capacity    kg m-2;  critical  part of it above which evaporation is potential
    alpha       of Priestley and Taylor;  degree_day  kg m-2 K-1 d-1, melt above 0 C
    threshold   K, below which precipitation falls as snow where the forcing does not say
    dry, depth  m3 m-3 of the empty bucket and m of soil that holds it: W = 0.15 m in 1 m of soil
    Source: Manabe (1969) eq. 2-7; Priestley and Taylor (1972) eq. 12; Hock (2003) table 1
    """

    capacity: float = 150.0
    critical: float = 0.75
    alpha: float = 1.26
    degree_day: float = 3.0
    threshold: float = FREEZING_POINT + 1.0
    dry: float = 0.10
    depth: float = 1.0

    def potential(self, weather: Weather) -> np.ndarray:
        """alpha s / (s + gamma) max(R_n, 0) / L, kg m-2 s-1. Source: Priestley and Taylor (1972) eq. 12"""
        share = weather.slope / (weather.slope + weather.psychrometric)
        return self.alpha * share * np.maximum(weather.net_radiation, 0.0) / weather.latent_heat

    def run(self, weather: Weather, water: np.ndarray | None = None, snow: np.ndarray | None = None) -> Filled:
        """The bucket under some weather [time, column]; water, snow [column] kg m-2 at the start (half full, none).

        Every step closes: precipitation = evaporation + runoff + change of water and snow.
        """
        steps, columns = weather.shortwave.shape
        water = np.full(columns, 0.5 * self.capacity) if water is None else water.astype(float)
        snow = np.zeros(columns) if snow is None else snow.astype(float)
        fraction = np.where(
            np.isfinite(weather.snow_fraction), weather.snow_fraction, weather.air_temperature < self.threshold
        )
        demand = self.potential(weather) * weather.seconds
        fallen = np.maximum(weather.precipitation, 0.0) * weather.seconds
        warmth = np.maximum(weather.air_temperature - FREEZING_POINT, 0.0) * weather.seconds / SECONDS_PER_DAY
        names = ("evaporation", "sublimation", "runoff", "water", "snow")
        out = {name: np.empty((steps, columns)) for name in names}
        for t in range(steps):
            snow = snow + fraction[t] * fallen[t]
            sublimation = np.minimum(snow, demand[t])
            snow = snow - sublimation
            melt = np.minimum(snow, self.degree_day * warmth[t])
            snow = snow - melt
            water = water + (fallen[t] - fraction[t] * fallen[t]) + melt
            beta = np.minimum(water / (self.critical * self.capacity), 1.0)
            evaporation = np.minimum(beta * (demand[t] - sublimation), water)
            water = water - evaporation
            runoff = np.maximum(water - self.capacity, 0.0)
            water = water - runoff
            for name, value in zip(names, (evaporation, sublimation, runoff, water, snow), strict=True):
                out[name][t] = value
        for name in names[:3]:
            out[name] = out[name] / weather.seconds
        return Filled(weather, self, **out)

    def settled(self, weather: Weather, cycles: int = 20, drift: float = 0.1) -> Filled:
        """As `run`, after the first year again and again until the water at its end changes by less than `drift`."""
        if weather.bounds[-1, 1] - weather.bounds[0, 0] < np.timedelta64(365, "D"):
            return self.run(weather)
        year = int(np.searchsorted(weather.bounds[:, 1], weather.bounds[0, 0] + np.timedelta64(365, "D"), side="right"))
        parts = {n: getattr(weather, n)[:year] for n in MEANS}
        first = Weather(weather.bounds[:year], **parts, reference_height=weather.reference_height)
        filled = self.run(first)
        for _ in range(cycles):
            before, filled = filled, self.run(first, filled.water[-1])
            if np.all(np.abs(filled.water[-1] - before.water[-1]) < drift):
                break
        # Each cycle begins without snow: where some outlasts the summer it would grow without bound.
        return self.run(weather, filled.water[-1], filled.snow[-1])


@dataclass(frozen=True, eq=False)
class Filled:
    """What a bucket did, [time, column]: fluxes kg m-2 s-1 over the intervals, stores kg m-2 at their ends."""

    weather: Weather
    bucket: Bucket
    evaporation: np.ndarray
    sublimation: np.ndarray
    runoff: np.ndarray
    water: np.ndarray
    snow: np.ndarray

    def series(self, variable: str) -> np.ndarray | None:
        """A compared variable [time, column], None where a bucket has none."""
        heat = self.weather.latent_heat * self.evaporation + LATENT_HEAT_SUBLIMATION * self.sublimation
        made = {
            "evapotranspiration": self.evaporation + self.sublimation,
            "latent_heat": heat,
            "sensible_heat": self.weather.net_radiation - heat,
            "net_radiation": self.weather.net_radiation,
            "runoff": self.runoff,
            "snow_water": self.snow,
            "soil_moisture": self.bucket.dry + self.water / (RHO_WATER * self.bucket.depth),
        }
        return made.get(variable)


def penman_monteith(weather: Weather) -> dict[str, np.ndarray]:
    """Evapotranspiration of the well watered reference crop: variable -> [time, column].

    ET = (0.408 s (R_n - G) + gamma C_n / T u2 e_d) / (s + gamma (1 + C_d u2)), of intervals of a day and longer with
    C_n = 900, C_d = 0.34, G = 0, of shorter ones with C_d = 0.24 by day and 0.96 at night, G = 0.1 and 0.5 of R_n

    Source: Allen et al. (1998) eq. 6, 45-47, 53; Allen et al. (2006) of the hourly resistances
    """
    daily = weather.seconds >= SECONDS_PER_DAY
    light = weather.net_radiation > 0.0
    Rn = weather.net_radiation
    G = np.where(daily, 0.0, np.where(light, 0.1, 0.5) * Rn)
    C_d = np.where(daily, 0.34, np.where(light, 0.24, 0.96))
    u2 = weather.wind * 4.87 / np.log(67.8 * weather.reference_height - 5.42)
    # In SI: 0.408 mm per MJ m-2 is 1 / L, and C_n of a day in mm kg K kJ-1 d-1 becomes 900 / 86400 s kg K J-1 ...
    s, gamma = weather.slope, weather.psychrometric
    deficit = np.maximum(weather.saturation - weather.vapour, 0.0)
    aerodynamic = gamma * (900.0 / (1e3 * SECONDS_PER_DAY)) / weather.air_temperature * u2 * deficit
    rate = (s * (Rn - G) / weather.latent_heat + aerodynamic) / (s + gamma * (1.0 + C_d * u2))
    heat = weather.latent_heat * rate
    return {
        "evapotranspiration": rate, "latent_heat": heat, "sensible_heat": Rn - G - heat, "net_radiation": Rn,
        "ground_heat": G,
    }  # fmt: skip
