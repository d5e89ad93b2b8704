"""Synthetic daily soil moisture of cells whose wilting point, critical point and memory are known."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from vadose.calibrate.drydown.loss import dried
from vadose.errors import ConfigError
from vadose.numerics.splitmix import GAMMA, S11, mix

_DAYS_A_YEAR = 365.25
# Frequency, depth, seasonality and demand of climates on which estimators are tried.
CLIMATES = {
    "usual": (0.20, 9.0, 0.0, 0.0),
    "dry": (0.08, 9.0, 0.0, 0.0),
    "wet": (0.35, 9.0, 0.0, 0.0),
    "wet season": (0.20, 9.0, 0.9, 0.0),
    "few large rains": (0.05, 15.0, 0.3, 0.0),
    "many small rains": (0.40, 4.0, 0.0, 0.0),
    "season of demand": (0.20, 9.0, 0.5, 0.4),
    "monsoon": (0.15, 6.0, 0.9, 0.3),
}


@dataclass(frozen=True, eq=False)
class Climate:
    """Rain and seasons of cells; each number for all cells or [cell].

    frequency     share of the days with rain, yearly mean
    depth         mean rain of a rainy day, mm (exponential)
    seasonality   relative amplitude of the frequency over the year, 0-1
    demand        relative amplitude of the loss rate over the year, opposite to the rain, 0-1
    layer         thickness of the soil layer that is seen, mm
    """

    frequency: ArrayLike = 0.2
    depth: ArrayLike = 9.0
    seasonality: ArrayLike = 0.0
    demand: ArrayLike = 0.0
    layer: ArrayLike = 50.0

    def __post_init__(self) -> None:
        limits = {"frequency": (0, 1), "seasonality": (0, 1), "demand": (0, 0.95), "depth": (0, 1e3), "layer": (1, 1e4)}
        for name, (low, high) in limits.items():
            value = np.asarray(getattr(self, name), np.float64)
            if not np.all((value >= low) & (value <= high)):
                raise ConfigError(f"`{name}` of a climate must lie in [{low}, {high}], got {value}")


@dataclass(frozen=True, eq=False)
class Synthetic:
    """Series and their truth.

    values  [time, cell] float32 m3 m-3, NaN where not seen; rain  [time, cell] float32 mm d-1
    wilting_point, critical_point, field_capacity, noise  [cell] m3 m-3; memory, revisit  [cell] days
    """

    values: np.ndarray
    rain: np.ndarray
    wilting_point: np.ndarray
    critical_point: np.ndarray
    field_capacity: np.ndarray
    memory: np.ndarray
    noise: np.ndarray
    revisit: np.ndarray


def synthetic_series(
    cells: int | ArrayLike,
    climate: Climate | None = None,
    *,
    soil: dict[str, ArrayLike] | None = None,
    noise: ArrayLike = 0.02,
    revisit: ArrayLike = 1.0,
    years: float = 19,
    seed: int = 0,
) -> Synthetic:
    """Daily soil moisture of a layer that rain fills and the loss function of `loss` empties, seen with noise.

    cells    how many, or their identities [cell]: with the seed they fix a cell's numbers, whatever else is made
    soil     any of wilting_point, critical_point, field_capacity (m3 m-3), memory (days), for all cells or [cell];
             the others are drawn: 0.04-0.14, 0.10-0.20 above it, 0.04 above that, 4-20 days
    noise    standard deviation of the observations, m3 m-3; revisit: mean days between observations, 1 or more
    Returns `Synthetic`; rain stops at 0.05 m3 m-3 above field capacity, drainage is fast (1.4 d-1)
    """
    streams = np.arange(int(np.asarray(cells))) if np.ndim(cells) == 0 else np.asarray(cells)
    streams = streams.astype(np.int64)
    known = {"wilting_point", "critical_point", "field_capacity", "memory"}
    given = {k: _each(v, streams.size, k) for k, v in (soil or {}).items()}
    if set(given) - known:
        raise ConfigError(f"`soil` must name {sorted(known)}, got {sorted(given)}")
    drawn = np.empty((streams.size, 3))
    _draw(streams, int(seed), drawn)
    w = given.get("wilting_point", 0.04 + 0.10 * drawn[:, 0])
    c = given.get("critical_point", w + 0.10 + 0.10 * drawn[:, 1])
    f = given.get("field_capacity", c + 0.04)
    tau = given.get("memory", 4.0 + 16.0 * drawn[:, 2])
    sd, step = _each(noise, streams.size, "noise"), _each(revisit, streams.size, "revisit")
    if not (np.all(w < c) and np.all(c <= f) and np.all(tau > 0) and np.all(sd >= 0) and np.all(step >= 1)):
        raise ConfigError(
            "expected wilting_point < critical_point <= field_capacity, memory > 0, noise >= 0, revisit >= 1"
        )
    wet = climate or Climate()
    weather = np.stack([_each(getattr(wet, n.name), streams.size, n.name) for n in fields(wet)], axis=1)
    days = round(years * _DAYS_A_YEAR)
    values, rain = np.empty((streams.size, days), np.float32), np.empty((streams.size, days), np.float32)
    _series(streams, int(seed), np.stack([w, c, f, tau, sd, step], axis=1), weather, values, rain)
    return Synthetic(values.T, rain.T, w, c, f, tau, sd, step)


def mixed_climates(cells: int = 200, *, years: float = 19, seed: int = 0) -> tuple[Synthetic, np.ndarray]:
    """Series of many kinds to try an estimator on, and the position in CLIMATES of each cell's climate.

    Noise 0-0.04 m3 m-3, revisit 1-3 days, thresholds and memory as `synthetic_series` draws them.
    """
    kind = np.arange(cells) % len(CLIMATES)
    weather = np.array(list(CLIMATES.values()))[kind].T
    draw = np.random.default_rng(seed)
    noise, revisit = draw.choice([0.0, 0.005, 0.01, 0.02, 0.03, 0.04], cells), draw.choice([1, 1.5, 2, 2.5, 3], cells)
    made = synthetic_series(cells, Climate(*weather), noise=noise, revisit=revisit, years=years, seed=seed)
    return made, kind


def _each(value: ArrayLike, cells: int, name: str) -> np.ndarray:
    """One number a cell."""
    array = np.asarray(value, np.float64)
    if array.shape not in ((), (1,), (cells,)):
        raise ConfigError(f"`{name}` must be one number or [cell] = {(cells,)}, got {array.shape}")
    return np.ascontiguousarray(np.broadcast_to(array, cells))


@njit(cache=True, nogil=True)
def _mixed(state: np.uint64) -> tuple[np.uint64, float]:
    """Next state and a uniform number in (0, 1)."""
    state = state + GAMMA
    return state, (np.float64(mix(state) >> S11) + 0.5) / 9007199254740992.0


@njit(cache=True, nogil=True)
def normal(state: np.uint64) -> float:
    """A standard normal number from a state."""
    state, u = _mixed(state * np.uint64(0x9FB21C651E98DF25))
    state, v = _mixed(state)
    return np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)


@njit(cache=True, nogil=True)
def _begin(stream: int, seed: int, purpose: int) -> np.uint64:
    """State from which the numbers of a cell come; one for each purpose, so that noise does not change the rain."""
    state = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(purpose)
    for part in (np.uint64(stream), np.uint64(purpose)):
        state = (state ^ part) * np.uint64(0xFF51AFD7ED558CCD)
        state = state ^ (state >> np.uint64(29))
        state = state * np.uint64(0xC4CEB9FE1A85EC53)
        state = state ^ (state >> np.uint64(32))
    return state


@njit(cache=True, nogil=True)
def _draw(streams: np.ndarray, seed: int, out: np.ndarray) -> None:
    """Uniform numbers of each cell, out [cell, number]."""
    for i in range(streams.size):
        state = _begin(streams[i], seed, 1)
        for j in range(out.shape[1]):
            state, out[i, j] = _mixed(state)


@njit(cache=True, nogil=True)
def _series(
    streams: np.ndarray, seed: int, soil: np.ndarray, weather: np.ndarray, values: np.ndarray, rain: np.ndarray
) -> None:
    """Fill values and rain [cell, time]; soil [cell, 6] w c f tau sd revisit, weather [cell, 5] as in Climate."""
    days = values.shape[1]
    for i in range(streams.size):
        w, c, f, tau, sd, revisit = soil[i]
        frequency, depth, seasonality, demand, layer = weather[i]
        s_rain, s_noise, s_seen = (
            _begin(streams[i], seed, 2),
            _begin(streams[i], seed, 3),
            _begin(streams[i], seed, 4),
        )
        s_seen, u = _mixed(s_seen)
        theta, top, due, phase = 0.5 * (w + c), f + 0.05, u * revisit - 1.0, 0.0
        s_rain, phase = _mixed(s_rain)
        for t in range(days):
            season = np.cos(2.0 * np.pi * (t / 365.25 + phase))
            fall = 0.0
            s_rain, u = _mixed(s_rain)
            s_rain, v = _mixed(s_rain)
            if u < frequency * (1.0 + seasonality * season):
                fall = -depth * np.log(v)
            theta = dried(min(theta + fall / layer, top), 1.0, w, c, f, tau / (1.0 - demand * season), 1.4)
            rain[i, t] = fall
            s_noise, u = _mixed(s_noise)
            s_noise, v = _mixed(s_noise)
            if t >= due:
                due += revisit
                normal = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
                values[i, t] = max(theta + sd * normal, 0.0)
            else:
                values[i, t] = np.nan
