"""The invented climate and land behind the embedded sample: a water balance that any grid can ask for.

Nothing here is a result about a real place or model: two buckets and a delay stand for the soil, plane waves on
the sphere for everything that varies in space. What matters is that soil moisture, fluxes and vegetation hang
together, so that scores and relationships computed from the sample mean something.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vadose.constants import MONTH_DAYS, SECONDS_PER_DAY
from vadose.grid.latlon import LatLonGrid

SPIN_UP = 36  # months before the first one that is kept
SUBSTEPS = 6  # explicit steps a month, short against the drainage time
PATTERNS = 6  # interannual modes
TOP_DEPTH, ROOT_DEPTH = 0.12, 1.5  # m, e-folding depths of the influence of the top and of the deep store


def sphere_field(lat: np.ndarray, lon: np.ndarray, seed: int, scale: float) -> np.ndarray:
    """A smooth random field of unit variance on the sphere: 24 plane waves exp(i k.x), |k| about `scale`.

    lat, lon : [cell] degrees
    scale    : radians-1, so that features are about 180 / scale degrees wide
    Returns [cell]
    """
    rng = np.random.default_rng(seed)
    wave = scale * rng.normal(size=(24, 3)) / np.sqrt(3.0)
    phase = rng.uniform(0, 2 * np.pi, 24)
    y, x = np.radians(lat), np.radians(lon)
    position = np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
    return np.sqrt(2.0 / 24.0) * np.cos(wave @ position + phase[:, None]).sum(0)


def modes(months: int, seed: int) -> np.ndarray:
    """Amplitudes of the interannual modes, AR(1) with a memory of about four months: [month, pattern]."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(months, PATTERNS))
    series = np.zeros((months, PATTERNS))
    series[0] = noise[0]
    for t in range(1, months):
        series[t] = 0.78 * series[t - 1] + 0.626 * noise[t]
    return series


@dataclass(frozen=True)
class Land:
    """How one land model behaves; the defaults are the truth that all references see.

    capacity   kg m-2, water that the root zone can hold
    stress     saturation below which plants and evaporation slow down
    rainfall   factor of precipitation
    delay      months that the wet season comes late
    offset     m3 m-3 added to the porosity
    drainage   fraction of the capacity a month at saturation
    growth     factor of productivity
    demand     factor of potential evaporation
    own        size of the spatial bias of this model, with its seed; members of a family share the seed
    """

    capacity: float = 160.0
    stress: float = 0.55
    rainfall: float = 1.0
    delay: float = 0.0
    offset: float = 0.0
    drainage: float = 0.9
    growth: float = 1.0
    demand: float = 1.0
    own: float = 0.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class History:
    """What the land did: all [month, cell]; saturations 1, fluxes kg m-2 s-1, leaf area 1."""

    top: np.ndarray
    root: np.ndarray
    deep: np.ndarray
    porosity: np.ndarray
    precipitation: np.ndarray
    evapotranspiration: np.ndarray
    surface_runoff: np.ndarray
    gpp: np.ndarray
    lai: np.ndarray

    def soil_moisture(self, bounds: np.ndarray) -> np.ndarray:
        """Volumetric soil moisture of layers.

        theta(z) = 0.03 + (phi - 0.03) [s_top f1 + s_deep (1 - f2) + s_root (f2 - f1)],  f_i = exp(-z / d_i)

        bounds : [layer, 2] m
        Returns [month, layer, cell] m3 m-3, each the mean over its layer
        """
        fast, slow = _mean_decay(bounds, TOP_DEPTH), _mean_decay(bounds, ROOT_DEPTH)
        share = [x[None, :, None] for x in (fast, 1.0 - slow, slow - fast)]
        stores = [x[:, None, :] for x in (self.top, self.deep, self.root)]
        saturation = sum(f * s for f, s in zip(share, stores, strict=True))
        return 0.03 + (self.porosity - 0.03) * saturation


def _mean_decay(bounds: np.ndarray, depth: float) -> np.ndarray:
    """Mean of exp(-z / depth) over each layer [layer, 2] m."""
    return -depth * np.diff(np.exp(-bounds / depth), axis=1)[:, 0] / np.diff(bounds, axis=1)[:, 0]


@dataclass(frozen=True, eq=False)
class World:
    """The climate on a set of cells, lat and lon [cell] degrees; `seed` decides every field."""

    lat: np.ndarray
    lon: np.ndarray
    seed: int

    @classmethod
    def of_cells(cls, grid: LatLonGrid, cells: np.ndarray, seed: int) -> World:
        row, column = np.divmod(cells, grid.lon.size)
        return cls(grid.lat[row], grid.lon[column], seed)

    def field(self, number: int, scale: float = 5.0) -> np.ndarray:
        return sphere_field(self.lat, self.lon, 1000 * self.seed + number, scale)

    @cached_property
    def wetness(self) -> np.ndarray:
        return self.field(1, 4.0)

    @cached_property
    def patterns(self) -> np.ndarray:
        return np.stack([self.field(20 + k, 3.0) for k in range(PATTERNS)])

    def rain(self, month: float, delay: float) -> np.ndarray:
        """Climatological precipitation mm d-1 at a time of year in months: a moving tropical belt and storm tracks."""
        summer = np.sin(2 * np.pi * (month - 3.5 - delay) / 12.0)
        belt = 7.5 * np.exp(-(((self.lat - 11.0 * summer) / 10.0) ** 2))
        storms = 2.4 * np.exp(-(((np.abs(self.lat) - 50.0) / 17.0) ** 2))
        return (0.25 + belt + storms * (1.0 + 0.3 * summer * np.sign(self.lat))) * np.exp(0.5 * self.wetness)

    def temperature(self, month: float) -> np.ndarray:
        """Climatological temperature in degrees C."""
        summer = np.sin(2 * np.pi * (month - 3.8) / 12.0) * np.sign(self.lat)
        return 27.0 - 44.0 * np.sin(np.radians(self.lat)) ** 2 + 0.27 * np.abs(self.lat) * summer

    def run(self, land: Land, months: int, weather: int) -> History:
        """The history of `months` months, the first a January, with the weather of the seed `weather`."""
        own = land.own * sphere_field(self.lat, self.lon, land.seed, 5.0) if land.own else np.zeros_like(self.lat)
        vegetation = np.clip(0.75 + 0.25 * self.field(2), 0.1, 1.4)
        capacity = land.capacity * np.exp(0.25 * self.field(3) + own)
        anomalies = modes(SPIN_UP + months, weather) @ self.patterns
        state = {"top": 0.4, "root": 0.5, "deep": 0.5, "snow": 0.0, "lai": 1.0}
        store = {k: np.full_like(self.lat, v) for k, v in state.items()}
        kept = []
        for t in range(SPIN_UP + months):
            month = t % 12 + 0.5
            warm = self.temperature(month)
            rain = land.rainfall * self.rain(month, land.delay) * np.exp(0.11 * anomalies[t] + 0.5 * own)
            fluxes = _step(store, land, capacity, vegetation, rain, warm, MONTH_DAYS[t % 12])
            if t >= SPIN_UP:
                kept.append([store["top"].copy(), store["root"].copy(), store["deep"].copy(), *fluxes])
        top, root, deep, precipitation, evaporation, runoff, gpp, lai = (np.stack(x) for x in zip(*kept, strict=True))
        porosity = np.clip(0.42 + land.offset + 0.03 * self.field(4) + 0.06 * own, 0.25, 0.6)
        return History(top, root, deep, porosity, precipitation, evaporation, runoff, gpp, lai)


def _step(
    store: dict[str, np.ndarray],
    land: Land,
    capacity: np.ndarray,
    vegetation: np.ndarray,
    rain: np.ndarray,
    warm: np.ndarray,
    days: int,
) -> tuple[np.ndarray, ...]:
    """Advance the stores by one month; fluxes of precipitation, evaporation, surface runoff, productivity, leaf area.

    rain : mm d-1; warm : degrees C; capacity : kg m-2
    """
    melt = np.where(warm > 0, np.minimum(store["snow"], 3.0 * warm * days), 0.0) / days
    snowfall = np.where(warm > 0, 0.0, rain)
    store["snow"] += (snowfall - melt) * days
    water = rain - snowfall + melt
    demand = land.demand * np.clip(0.17 * (warm + 4.0), 0.1, 6.5)
    step = days / SUBSTEPS
    evaporated, ran_off = np.zeros_like(rain), np.zeros_like(rain)
    for _ in range(SUBSTEPS):
        top, root = store["top"], store["root"]
        bare = 0.35 * demand * top
        transpired = 0.65 * demand * vegetation * np.clip(root / land.stress, 0.0, 1.0)
        runoff = water * np.clip(0.3 * top + 0.7 * root, 0, 1) ** 3
        drained = land.drainage * capacity * root**6 / 30.0
        store["root"] = np.clip(root + step * (water - runoff - bare - transpired - drained) / capacity, 0.04, 1.0)
        wanted = store["root"] + 0.05 * (water - bare)
        store["top"] = np.clip(top + (1.0 - np.exp(-step / 8.0)) * (wanted - top), 0.03, 1.0)
        evaporated += (bare + transpired) / SUBSTEPS
        ran_off += runoff / SUBSTEPS
    store["deep"] += (store["root"] - store["deep"]) / 7.0
    light = np.clip((warm + 2.0) / 26.0, 0.0, 1.0)
    thrift = light * vegetation * np.clip(store["root"] / land.stress, 0.0, 1.0)
    store["lai"] += 0.45 * (6.0 * thrift - store["lai"])
    per_second = 1.0 / SECONDS_PER_DAY
    gpp = 1.1e-7 * land.growth * thrift
    return rain * per_second, evaporated * per_second, ran_off * per_second, gpp, land.growth**0.5 * store["lai"]
