"""One cell from its series to thresholds, errors, spreads and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from vadose.calibrate.drydown.robust_filter import BLOCK
from vadose.calibrate.drydown.robust_fit import fit_cell
from vadose.calibrate.drydown.robust_states import (
    LOG_LOSS,
    LOG_NOISE,
    PARAMETERS,
    C,
    W,
    memory,
)
from vadose.calibrate.drydown.synthetic import normal
from vadose.calibrate.reason import Reason

if TYPE_CHECKING:
    from vadose.calibrate.drydown.robust import Robust


_YEAR_BLOCKS = 12
_MORE = 1.6  # a variance between years that is larger by this is taken for real
# Places in the result of a cell.
COLUMNS = 13
(WILTING, CRITICAL, MEMORY, WILTING_ERROR, CRITICAL_ERROR, MEMORY_ERROR, WILTING_SPREAD, CRITICAL_SPREAD,
 MEMORY_SPREAD, NOISE, OBSERVATIONS, CANDIDATES, EVENTS) = range(COLUMNS)  # fmt: skip


@njit(cache=True, nogil=True)
def seeded_noise(days: int) -> np.ndarray:
    """Standard normal numbers [time], the same on a day in every cell."""
    out = np.empty(days)
    for t in range(days):
        out[t] = normal(np.uint64(t))
    return out


def first_noise(seen: np.ndarray) -> float:
    """Standard deviation of the noise, m3 m-3, from second differences of neighbouring observations."""
    second = np.abs(seen[:-2] - 2.0 * seen[1:-1] + seen[2:])
    return float(min(1.4826 * np.median(second) / np.sqrt(6.0), 0.04))


def prepare(series: np.ndarray, resolution: float, normals: np.ndarray) -> tuple[np.ndarray, float]:
    """A series [time] without far outliers, whose noise is `resolution` or more, and the variance that was added.

    A recession on states needs a noise that is not small against their distance. Where the series has less, seeded
    noise is added.
    """
    y = series.copy()
    low, high = np.percentile(series[~np.isnan(series)], [1.0, 99.0])
    with np.errstate(invalid="ignore"):
        y[~((y >= low - 0.10) & (y <= high + 0.15))] = np.nan
    noise = first_noise(y[~np.isnan(y)])
    if noise >= 2.0 * resolution:
        return y, 0.0
    added = max(resolution**2 - noise**2, 0.45 * resolution**2)
    return y + np.sqrt(added) * normals, added


@njit(cache=True, nogil=True)
def count_events(y: np.ndarray, rained: np.ndarray, least: int) -> tuple[int, int]:
    """Dry spells between days on which rain is likely: all that are seen, and those with at least `least` days."""
    spells = events = seen = 0
    for t in range(y.size):
        if rained[t] > 0.5:
            spells += seen > 0
            events += seen >= least
            seen = 0
        if y[t] == y[t]:
            seen += 1
    return spells + (seen > 0), events + (seen >= least)


def errors(
    x: np.ndarray,
    scores: np.ndarray,
    information: np.ndarray,
    model_error: float,
    out: np.ndarray,
) -> float:
    """Standard errors and spreads of thresholds and memory into out [COLUMNS]; returns the error of c - w.

    The covariance is the inverse of the information or, where that is clearly larger, the sandwich with years as
    units, which holds when years differ more than the model says. What another step would still move is added.
    """
    years = max((scores.shape[0] + _YEAR_BLOCKS // 2) // _YEAR_BLOCKS, 1)
    first = np.arange(years) * _YEAR_BLOCKS
    each = np.add.reduceat(scores, first, axis=0)
    total = each.mean(axis=0)
    tau, gap = memory(x), x[C] - x[W]
    # Rows: wilting point, critical point, memory, critical less wilting point.
    to = np.zeros((4, PARAMETERS))
    to[0, W], to[1, C], to[3, C], to[3, W] = 1.0, 1.0, 1.0, -1.0
    to[2, C], to[2, W], to[2, LOG_LOSS] = tau / gap, -tau / gap, -tau
    influence = to @ np.linalg.inv(information)
    variance = np.sum(influence * to, axis=1)
    one = years * (each - total) @ influence.T
    if years > 4:
        between = np.sum(one * one, axis=0) / (years * (years - 1))
        variance = np.where(between > _MORE * variance, between, variance)
    moved = influence @ total * years
    variance += np.minimum(moved**2, np.array([0.01, 0.01, tau * tau, 0.01]))
    out[WILTING_ERROR : MEMORY_ERROR + 1] = np.sqrt(variance[:3] + np.array([model_error**2, model_error**2, 0.0]))
    if years > 1:
        away = np.abs(one[:, :3] - np.median(one[:, :3], axis=0))
        out[WILTING_SPREAD : MEMORY_SPREAD + 1] = 1.4826 * np.median(away, axis=0)
    return float(np.sqrt(variance[3]))


def one_cell(
    series: np.ndarray,
    rain: np.ndarray,
    normals: np.ndarray,
    settings: Robust,
    out: np.ndarray,
) -> int:
    """Estimate one cell: out [COLUMNS]; returns a `Reason`.

    series [time] m3 m-3; rain [time] chance of rain where it is known, else NaN; normals [time] of `seeded_noise`
    """
    out[:] = np.nan
    out[CANDIDATES] = out[EVENTS] = 0.0
    out[OBSERVATIONS] = n = int(np.count_nonzero(~np.isnan(series)))
    if n == 0:
        return Reason.NO_DATA
    if n < settings.minimum_observations:
        return Reason.TOO_FEW_OBSERVATIONS
    if np.nanmax(series) - np.nanmin(series) < 1e-5:
        return Reason.CONSTANT
    y, added = prepare(series, settings.resolution, normals)
    # Climbs on a part of the record are quick; where they lead nowhere, those on all of it decide.
    reason = _answer(y, rain, added, settings, settings.years, out)
    if reason == Reason.DONE or y.size <= 365.25 * settings.years:
        return reason
    return _answer(y, rain, added, settings, y.size, out)


def _answer(y: np.ndarray, rain: np.ndarray, added: float, settings: Robust, years: int, out: np.ndarray) -> int:
    """What a prepared series tells after climbs on so many years: out [COLUMNS]; returns a `Reason`.

    y, added  as of `prepare`
    """
    out[:OBSERVATIONS] = np.nan
    seen = y[~np.isnan(y)]
    x, rained = np.empty(PARAMETERS), np.zeros(y.size)
    scores = np.empty(((y.size + BLOCK - 1) // BLOCK, PARAMETERS))
    information = np.empty((PARAMETERS, PARAMETERS))
    left = fit_cell(
        y, np.percentile(seen, [0.0, 2.0, 98.0, 100.0]), first_noise(seen), rain, settings.outliers, settings.seasonal,
        years, settings.steps, settings.tolerance, x, scores, rained, information,
    )  # fmt: skip
    out[CANDIDATES], out[EVENTS] = count_events(y, rained, settings.event_observations)
    if out[EVENTS] < settings.minimum_events:
        return Reason.NO_DRYDOWN
    if not (left < 10.0 and np.all(np.isfinite(information))):
        return Reason.NOT_CONVERGED
    distance = errors(x, scores, information, settings.model_error, out)
    out[WILTING], out[CRITICAL], out[MEMORY] = x[W], x[C], memory(x)
    out[NOISE] = np.sqrt(max(np.exp(2.0 * x[LOG_NOISE]) - added, 0.0))
    if not out[CRITICAL] - out[WILTING] > settings.distinct * distance:
        out[:OBSERVATIONS] = np.nan
        return Reason.NOT_DISTINCT
    return Reason.DONE
