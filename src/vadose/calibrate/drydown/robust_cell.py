"""One cell from its series to thresholds, errors, spreads and counts, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.calibrate.drydown.robust_filter import BLOCK
from vadose.calibrate.drydown.robust_fit import first_noise, fit_cell
from vadose.calibrate.drydown.robust_states import LOG_LOSS, LOG_NOISE, PARAMETERS, C, W, memory
from vadose.calibrate.drydown.synthetic import normal
from vadose.calibrate.reason import Reason

_NO_DATA, _TOO_FEW, _CONSTANT = int(Reason.NO_DATA), int(Reason.TOO_FEW_OBSERVATIONS), int(Reason.CONSTANT)
_NO_DRYDOWN, _NOT_CONVERGED = int(Reason.NO_DRYDOWN), int(Reason.NOT_CONVERGED)
_NOT_DISTINCT, _DONE = int(Reason.NOT_DISTINCT), int(Reason.DONE)
_YEAR_BLOCKS = 12
_MORE = 1.6  # a variance between years that is larger by this is taken for real
# Places in the result of a cell.
COLUMNS = 13
(WILTING, CRITICAL, MEMORY, WILTING_ERROR, CRITICAL_ERROR, MEMORY_ERROR, WILTING_SPREAD, CRITICAL_SPREAD,
 MEMORY_SPREAD, NOISE, OBSERVATIONS, CANDIDATES, EVENTS) = range(COLUMNS)  # fmt: skip


@njit(cache=True, nogil=True)
def prepare(series: np.ndarray, resolution: float, y: np.ndarray) -> tuple[int, float]:
    """Fill y [time] from a series: far outliers are dropped and noise below `resolution` is raised to it.

    A recession on states needs a noise that is not small against their distance. Where the series has less, seeded
    noise is added, the same on a day in every cell. Returns the number of observations and the added variance.
    """
    y[:] = series
    seen = y[~np.isnan(y)]
    if seen.size < 3:
        return seen.size, 0.0
    q = np.percentile(seen, np.array([1.0, 99.0]))
    for t in range(y.size):
        if not (q[0] - 0.10 <= y[t] <= q[1] + 0.15):
            y[t] = np.nan
    added = 0.0
    noise = first_noise(y)
    if noise < 2.0 * resolution:
        added = max(resolution**2 - noise**2, 0.45 * resolution**2)
        for t in range(y.size):
            y[t] += np.sqrt(added) * normal(np.uint64(t))
    return seen.size, added


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


@njit(cache=True, nogil=True)
def errors(x: np.ndarray, scores: np.ndarray, information: np.ndarray, model_error: float, out: np.ndarray) -> float:
    """Standard errors and spreads of thresholds and memory into out [COLUMNS]; returns the error of c - w.

    The covariance is the inverse of the information or, where that is clearly larger, the sandwich with years as
    units, which holds when years differ more than the model says. What another step would still move is added.
    """
    V = np.linalg.inv(information)
    years = max((scores.shape[0] + _YEAR_BLOCKS // 2) // _YEAR_BLOCKS, 1)
    total = np.zeros(PARAMETERS)
    each = np.zeros((years, PARAMETERS))
    for b in range(scores.shape[0]):
        each[min(b // _YEAR_BLOCKS, years - 1)] += scores[b]
    for i in range(years):
        total += each[i] / years
    tau = memory(x)
    gap = x[C] - x[W]
    # Rows: wilting point, critical point, memory, critical less wilting point.
    to = np.zeros((4, PARAMETERS))
    to[0, W], to[1, C], to[3, C], to[3, W] = 1.0, 1.0, 1.0, -1.0
    to[2, C], to[2, W], to[2, LOG_LOSS] = tau / gap, -tau / gap, -tau
    influence = to @ V
    distance = 0.0
    for i in range(4):
        one = years * (each - total) @ influence[i]
        between = np.sum(one * one) / (years * max(years - 1, 1)) if years > 4 else 0.0
        moved = np.sum(influence[i] * total) * years
        variance = np.sum(influence[i] * to[i])
        if between > _MORE * variance:
            variance = between
        variance += min(moved * moved, 0.01 if i != 2 else tau * tau)
        if i == 3:
            distance = np.sqrt(variance)
        else:
            out[WILTING_ERROR + i] = np.sqrt(variance + (model_error**2 if i != 2 else 0.0))
            if years > 1:
                out[WILTING_SPREAD + i] = 1.4826 * np.median(np.abs(one - np.median(one)))
    return distance


@njit(cache=True, nogil=True)
def one_cell(series: np.ndarray, rain: np.ndarray, options: np.ndarray, seasonal: bool, out: np.ndarray) -> int:
    """Estimate one cell: out [COLUMNS]; returns a `Reason`.

    series [time] m3 m-3; rain [time] chance of rain where it is known, else NaN
    options  outliers, resolution, model_error, enough, distinct, years, steps, observations, events, days of an event
    """
    outliers, resolution, model_error, enough, distinct = options[:5]
    out[:] = np.nan
    out[CANDIDATES] = out[EVENTS] = 0.0
    y = np.empty(series.size)
    n, added = prepare(series, resolution, y)
    out[OBSERVATIONS] = n
    if n == 0:
        return _NO_DATA
    if n < options[7]:
        return _TOO_FEW
    if np.nanmax(series) - np.nanmin(series) < 1e-5:
        return _CONSTANT
    x, rained = np.empty(PARAMETERS), np.zeros(y.size)
    scores = np.empty(((y.size + BLOCK - 1) // BLOCK, PARAMETERS))
    information = np.empty((PARAMETERS, PARAMETERS))
    left = fit_cell(
        y, rain, outliers, seasonal, int(options[5]), int(options[6]), enough, x, scores, rained, information
    )
    out[CANDIDATES], out[EVENTS] = count_events(y, rained, options[9])
    if out[EVENTS] < options[8]:
        return _NO_DRYDOWN
    if not (left < 10.0 and np.isfinite(np.sum(information))):
        return _NOT_CONVERGED
    distance = errors(x, scores, information, model_error, out)
    out[WILTING], out[CRITICAL], out[MEMORY] = x[W], x[C], memory(x)
    out[NOISE] = np.sqrt(max(np.exp(2.0 * x[LOG_NOISE]) - added, 0.0))
    if not out[CRITICAL] - out[WILTING] > distinct * distance:
        out[:OBSERVATIONS] = np.nan
        return _NOT_DISTINCT
    return _DONE
