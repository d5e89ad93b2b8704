"""The benchmarks of PLUMBER under the weather of a run: two kinds of physics, and regressions on the weather.

"bucket", "penman-monteith" know no measurement; "1lin", "2lin" and "3km27" are regressions on sunlight, and on
temperature and humidity too, fitted on other years (or other ten days) than those they predict.
Source: Best et al. (2015); Abramowitz (2012)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.observed.series import interval_means
from vadose.simulate.baselines_bucket import Bucket, penman_monteith
from vadose.simulate.baselines_regression import clustered, folds, linear
from vadose.simulate.baselines_weather import Weather, grouped, weather_of
from vadose.simulate.observations import Observed, Target

NAMES = ("bucket", "penman-monteith", "1lin", "2lin", "3km27")
MANABE = Bucket()
DRIVERS = {"1lin": 1, "2lin": 2, "3km27": 3}  # of shortwave, air temperature, relative humidity


@dataclass(frozen=True, eq=False)
class Benchmarks:
    """Series of the benchmarks on the time axis of the observations: name -> observation -> [time]."""

    series: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def baselines(
    observed: Observed,
    read: Callable[[np.ndarray, np.datetime64, np.datetime64], object],
    bucket: Bucket = MANABE,
    seed: int = 0,
) -> Benchmarks:
    """All benchmarks at the places of the observations.

    read  of (cells [place] of the run, first, last moment): a ForcingSeries of the steps between them, such as
          `lambda columns, a, b: files.read(step, cells[columns], a, b)`
    """
    if not observed.targets:
        return Benchmarks()
    places = np.unique([target.cell for target in observed.targets])
    fine = fine_bounds(observed.bounds)
    weather = weather_of(lambda a, b: read(places, a, b), fine)
    return baselines_of(observed, weather, places, bucket, seed)


def baselines_of(
    observed: Observed, weather: Weather, places: np.ndarray, bucket: Bucket = MANABE, seed: int = 0
) -> Benchmarks:
    """As `baselines`, from the weather [time, place] on intervals of `fine_bounds`; places [place] are cells."""
    same = weather.bounds.shape == observed.bounds.shape
    coarse = weather if same else grouped(weather, observed.bounds)
    filled = bucket.settled(weather)
    reference = penman_monteith(weather)
    series: dict[str, dict[str, np.ndarray]] = {name: {} for name in NAMES}
    notes = []
    for target in observed.targets:
        if not (target.groups >= 0).any():
            continue
        place = int(np.searchsorted(places, target.cell))
        for name, made in (
            ("bucket", filled.series(target.variable)),
            ("penman-monteith", reference.get(target.variable)),
        ):
            if made is not None:
                series[name][target.name] = made[:, place] if same else _means(weather, made[:, place], observed.bounds)
        found, how = regressions(target, coarse, place, observed.bounds, seed)
        for name, values in found.items():
            series[name][target.name] = values
        notes.append(f"{target.name}: regressions on the weather were trained with {how}")
    return Benchmarks({name: made for name, made in series.items() if made}, tuple(notes))


def regressions(
    target: Target, weather: Weather, place: int, bounds: np.ndarray, seed: int = 0
) -> tuple[dict[str, np.ndarray], str]:
    """Regressions of one observation on the weather, name -> [time], and how they were trained."""
    drivers = np.stack(
        [weather.shortwave[:, place], weather.air_temperature[:, place], weather.relative_humidity[:, place]]
    )
    measured, drivers = target.paired(target.values), target.paired(drivers)
    starts = bounds[np.unique(target.groups, return_index=True)[1][-measured.size :], 0]
    held = folds(starts, measured)
    group = target.groups
    out = {}
    for name, count in DRIVERS.items():
        x = drivers[:count]
        predicted = clustered(x, measured, held.part, seed) if name == "3km27" else linear(x, measured, held.part)
        out[name] = np.where(group >= 0, predicted[np.maximum(group, 0)], np.nan)
    return out, held.how


def fine_bounds(bounds: np.ndarray) -> np.ndarray:
    """The intervals themselves, or days where they are longer: a bucket must not see mean weather of a month."""
    day = np.timedelta64(1, "D")
    if not (np.diff(bounds, axis=1) > day).any():
        return bounds
    edges = np.arange(bounds[0, 0], bounds[-1, 1] + day, day)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _means(weather: Weather, values: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    return interval_means(weather.bounds[:, 0], SECONDS_PER_DAY, values, bounds, 1.0)


__all__ = ["NAMES", "Benchmarks", "Bucket", "Weather", "baselines", "baselines_of", "fine_bounds", "regressions"]
