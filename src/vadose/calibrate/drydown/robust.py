"""Robust estimator: wilting point, critical point and memory from a noisy series, by the likelihood of its drydowns.

Soil moisture falls along one recession (see `loss`) and jumps up when it rains; neither rain nor noise need be known.
The states of the recession and the hidden jumps form a hidden Markov model. Its likelihood, and the derivatives of it
by the thresholds, come from one forward and one backward pass over the days; scoring steps climb to the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from vadose.calibrate.drydown import robust_cell as cell
from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.reason import Reason
from vadose.errors import ConfigError, DataError


@dataclass(frozen=True)
class Robust:
    """Settings of the robust estimator.

    minimum_observations  valid days below which a cell is TOO_FEW_OBSERVATIONS
    minimum_events        dry spells below which a cell is NO_DRYDOWN
    event_observations    valid days that make a dry spell an event
    outliers              share of observations that may lie anywhere
    seasonal              whether rain and demand follow the season (one harmonic each)
    resolution            m3 m-3; a series with less noise is given as much, which bounds the cost
    distinct              standard errors between wilting and critical point below which a cell is NOT_DISTINCT
    model_error           m3 m-3, added to the standard errors of both thresholds in quadrature
    years                 of the record that the first climbs use
    steps, tolerance      most evaluations of one climb on the whole record; log likelihood a step must promise
    rain_threshold        mm d-1 from which given rain counts as rain; less, but not none, counts as unknown
    rain_missed           chance that given rain is wrong about a day
    """

    minimum_observations: int = 100
    minimum_events: int = 5
    event_observations: int = 3
    outliers: float = 1e-3
    seasonal: bool = True
    resolution: float = 0.012
    distinct: float = 2.0
    model_error: float = 0.001
    years: int = 4
    steps: int = 25
    tolerance: float = 0.05
    rain_threshold: float = 1.0
    rain_missed: float = 0.02

    def __post_init__(self) -> None:
        limits = {
            "minimum_observations": (3, np.inf), "minimum_events": (1, np.inf), "event_observations": (1, np.inf),
            "outliers": (1e-9, 0.5), "resolution": (0.004, 0.1), "distinct": (0, np.inf), "model_error": (0, 1),
            "years": (1, 100), "steps": (1, 1000), "tolerance": (0, np.inf), "rain_threshold": (1e-6, 1e3),
            "rain_missed": (1e-6, 0.5),
        }  # fmt: skip
        for f in fields(self):
            value = getattr(self, f.name)
            low, high = limits.get(f.name, (0, 1))
            if not low <= value <= high:
                raise ConfigError(f"`{f.name}` of the robust estimator must lie in [{low}, {high}], got {value}")


def estimate_robust(values: np.ndarray, settings: Robust | None = None, rain: np.ndarray | None = None) -> Estimates:
    """Thresholds and memory of cells by maximum likelihood of the whole series.

    values  [time, cell] m3 m-3, daily, NaN where missing
    rain    [time, cell] mm d-1 or None; it only says on which days rain fell, and NaN says nothing
    Returns `Estimates`: candidates and events are the dry spells between days on which rain is likely, spreads are
    among years; standard errors are those of the likelihood or, where larger, of years as independent units.
    Source: loss function of McColl et al. (2017); hidden Markov models as in Cappe, Moulines and Ryden (2005)
    """
    chosen = settings or Robust()
    values = np.asarray(values)
    if values.ndim != 2:
        raise DataError(f"`values` must be [time, cell], got {values.ndim} dimensions")
    if rain is not None and np.shape(rain) != values.shape:
        raise DataError(f"`rain` must have the shape of `values` {values.shape}, got {np.shape(rain)}")
    found = Estimates.empty(values.shape[1])
    numbers = np.empty((values.shape[1], cell.COLUMNS))
    unknown, normals = (
        np.full(values.shape[0], np.nan),
        cell.seeded_noise(values.shape[0]),
    )
    for i in range(values.shape[1]):
        series = np.ascontiguousarray(values[:, i], np.float64)
        series[~np.isfinite(series)] = np.nan
        chance = unknown if rain is None else _chance(np.asarray(rain[:, i], np.float64), chosen)
        found.reason[i] = cell.one_cell(series, chance, normals, chosen, numbers[i])
    done = found.reason == Reason.DONE
    for name, place in _PLACES.items():
        getattr(found, name)[:] = np.where(done, numbers[:, place], np.nan)
    for name, place in _COUNTS.items():
        getattr(found, name)[:] = numbers[:, place]
    return found


_PLACES = {
    "wilting_point": cell.WILTING,
    "critical_point": cell.CRITICAL,
    "memory": cell.MEMORY,
    "wilting_point_error": cell.WILTING_ERROR,
    "critical_point_error": cell.CRITICAL_ERROR,
    "memory_error": cell.MEMORY_ERROR,
    "wilting_point_spread": cell.WILTING_SPREAD,
    "critical_point_spread": cell.CRITICAL_SPREAD,
    "memory_spread": cell.MEMORY_SPREAD,
    "noise": cell.NOISE,
}
_COUNTS = {
    "observations": cell.OBSERVATIONS,
    "candidates": cell.CANDIDATES,
    "events": cell.EVENTS,
}


def _chance(rain: np.ndarray, settings: Robust) -> np.ndarray:
    """Chance of rain on each day, NaN where the given rain does not say."""
    chance = np.full(rain.size, np.nan)
    chance[rain >= settings.rain_threshold] = 1.0 - settings.rain_missed
    chance[rain <= 0.0] = settings.rain_missed
    return chance
