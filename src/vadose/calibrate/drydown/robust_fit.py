"""Climb to the most likely parameters of one cell and read the errors off the scores, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.calibrate.drydown.robust_filter import BLOCK, forward_backward
from vadose.calibrate.drydown.robust_states import (
    DEMAND_COS,
    DEMAND_SIN,
    LOG_DRAINAGE,
    LOG_JUMP,
    LOG_LOSS,
    LOG_NOISE,
    LOG_RANGE,
    LOGIT_RAIN,
    PARAMETERS,
    RAIN_COS,
    RAIN_SIN,
    STATES,
    TOP,
    C,
    W,
)

# Prior: mean, then standard deviation; the thresholds have theirs around where a climb starts. Field capacity is
# about 0.04 above the critical point and drainage takes about a day, both within a factor of 1.6 or so.
_MEAN = np.array([0.1, 0.0, np.log(0.015), np.log(0.04), 0.2, 0.0, 0.0, -1.5, np.log(0.1), 0.0, 0.0, 0.0, 0.0])
_SPREAD = np.array([0.08, 0.2, 1.0, 0.5, 0.5, 0.2, 1e6, 3.0, 1.5, 1.0, 1.0, 0.25, 0.25])
# Longest step of each parameter at a time.
_LONGEST = np.array([0.03, 0.02, 0.4, 0.5, 0.5, 0.02, 0.4, 1.0, 0.7, 0.6, 0.6, 0.15, 0.15])
_GAP = 0.012
_HALT = 1.0  # log likelihood left to gain at which a climb has not arrived
_SEASON = 30.0  # squared signal to noise at which demand has a season
_LOG_MEMORY = np.log(9.0)


@njit(cache=True, nogil=True)
def _confine(x: np.ndarray, high: float) -> None:
    """Keep parameters where the recession exists: wilting point, critical point and wettest state in this order."""
    x[W] = min(max(x[W], -0.02), 0.6)
    x[TOP] = min(max(x[TOP], x[W] + 0.03), high + 0.05)
    x[C] = min(max(x[C], x[W] + 0.01), x[TOP] - _GAP)
    gap = np.log(x[C] - x[W])
    x[LOG_LOSS] = min(max(x[LOG_LOSS], gap - 5.0), gap + 0.5)
    x[LOG_RANGE] = min(max(x[LOG_RANGE], -4.6), -2.0)
    x[LOG_DRAINAGE] = min(max(x[LOG_DRAINAGE], -0.9), 1.0)
    x[LOG_NOISE] = min(max(x[LOG_NOISE], -5.3), -1.9)
    x[LOGIT_RAIN] = min(max(x[LOGIT_RAIN], -6.0), 2.0)
    x[LOG_JUMP] = min(max(x[LOG_JUMP], -4.6), 0.0)
    for j in (RAIN_COS, RAIN_SIN):
        x[j] = min(max(x[j], -3.0), 3.0)
    for j in (DEMAND_COS, DEMAND_SIN):
        x[j] = min(max(x[j], -0.6), 0.6)


@njit(cache=True, nogil=True)
def _posterior(
    y: np.ndarray,
    x: np.ndarray,
    low: float,
    high: float,
    outliers: float,
    rain: np.ndarray,
    mean: np.ndarray,
    free: np.ndarray,
    before: np.ndarray,
    scores: np.ndarray,
    rained: np.ndarray,
    gradient: np.ndarray,
    information: np.ndarray,
) -> float:
    """Log likelihood and prior; fills gradient [PARAMETERS] and information [PARAMETERS, PARAMETERS].

    Information is the covariance of the scores of blocks: scores of blocks are nearly independent, and taken around
    their mean it holds far from the optimum too. Parameters that are not free get none of it and stand still.
    """
    total = forward_backward(y, x, low, high, outliers, rain, before, scores, rained)
    n = scores.shape[0]
    for i in range(PARAMETERS):
        gradient[i] = 0.0
        for b in range(n):
            gradient[i] += scores[b, i]
    for i in range(PARAMETERS):
        for j in range(i + 1):
            s = 0.0
            for b in range(n):
                s += scores[b, i] * scores[b, j]
            information[i, j] = information[j, i] = s - gradient[i] * gradient[j] / n
    for i in range(PARAMETERS):
        precision = 1.0 / (_SPREAD[i] * _SPREAD[i])
        total -= 0.5 * precision * (x[i] - mean[i]) ** 2
        gradient[i] -= precision * (x[i] - mean[i])
        information[i, i] += precision
        if not free[i]:
            information[i, :] = 0.0
            information[:, i] = 0.0
            information[i, i], gradient[i] = 1.0, 0.0
    # Memory: 9 days within a factor of 2.7; its logarithm is log(c - w) less the logarithm of the loss.
    gap = x[C] - x[W]
    excess = np.log(gap) - x[LOG_LOSS] - _LOG_MEMORY
    total -= 0.5 * excess * excess
    pull = (-1.0 / gap, 1.0 / gap, -1.0)
    for i in range(3):
        gradient[i] -= excess * pull[i]
        for j in range(3):
            information[i, j] += pull[i] * pull[j]
    return total


@njit(cache=True, nogil=True)
def _longer(last: np.ndarray, step: np.ndarray, information: np.ndarray, length: float) -> float:
    """Factor on the next step: longer while steps follow one another, shorter where they turn back."""
    along = before = now = 0.0
    for i in range(PARAMETERS):
        along += last[i] * step[i] * information[i, i]
        before += last[i] * last[i] * information[i, i]
        now += step[i] * step[i] * information[i, i]
    if before <= 0.0 or now <= 0.0:
        return 1.0
    cosine = along / np.sqrt(before * now)
    if cosine > 0.7:
        return min(2.0 * length, 8.0)
    if cosine > 0.0:
        return max(1.0, 0.5 * length)
    return 1.0 if cosine > -0.5 else 0.6


@njit(cache=True, nogil=True)
def climb(
    y: np.ndarray,
    x: np.ndarray,
    low: float,
    high: float,
    outliers: float,
    rain: np.ndarray,
    free: np.ndarray,
    steps: int,
    enough: float,
    before: np.ndarray,
    scores: np.ndarray,
    rained: np.ndarray,
    information: np.ndarray,
) -> tuple[float, int, float]:
    """Move x [PARAMETERS] up the posterior by scoring steps; returns log posterior, evaluations and what is left.

    free   [PARAMETERS] whether a parameter may move; enough  stop where a step promises less log likelihood
    information [PARAMETERS, PARAMETERS], scores, rained  filled at the final x
    Left over: the log likelihood that one more step promises.
    """
    mean = _MEAN.copy()
    mean[C], mean[TOP] = x[C], x[TOP]
    gradient, trial_gradient = np.empty(PARAMETERS), np.empty(PARAMETERS)
    trial_information, last = np.empty((PARAMETERS, PARAMETERS)), np.zeros(PARAMETERS)
    trial, trial_scores = x.copy(), np.empty_like(scores)
    best, damping, shrink, length, gain = -np.inf, 1e-2, 1.0, 1.0, 0.0
    n = 0
    while True:
        value = _posterior(
            y, trial, low, high, outliers, rain, mean, free, before, trial_scores, rained, trial_gradient,
            trial_information,
        )  # fmt: skip
        n += 1
        # States are placed anew at every step, which moves the likelihood a little: a small loss is none.
        if n == 1 or value > best - 2.0 - 0.05 * gain:
            last[:] = trial - x
            x[:], gradient[:], information[:], scores[:] = trial, trial_gradient, trial_information, trial_scores
            best, damping, shrink = value, max(0.1 * damping, 1e-4), 1.0
        else:
            damping, length, shrink = min(max(4.0 * damping, 0.03), 1.0), 1.0, 0.3 * shrink
            last[:] = 0.0
        damped = information.copy()
        for i in range(PARAMETERS):
            damped[i, i] *= 1.0 + damping
        # A parameter at its bound stands still while the slope points beyond it.
        edge, slope = x + 1e-6 * np.sign(gradient), gradient.copy()
        _confine(edge, high)
        for i in range(PARAMETERS):
            if abs(edge[i] - x[i]) < 1e-9:
                damped[i, :] = 0.0
                damped[:, i] = 0.0
                damped[i, i], slope[i] = 1.0, 0.0
        step = np.linalg.solve(damped, slope)
        gain = 0.5 * np.sum(step * slope)
        if n >= steps or shrink < 1e-3 or not gain >= enough:
            break
        length = _longer(last, step, information, length)
        most = 1.0
        for i in range(PARAMETERS):
            step[i] *= length
            most = max(most, abs(step[i]) / _LONGEST[i])
        trial[:] = x
        for i in range(PARAMETERS):
            limit = _LONGEST[i]
            trial[i] += shrink * (step[i] / most if i <= LOG_LOSS else min(max(step[i], -limit), limit))
        _confine(trial, high)
    return best, n, gain


@njit(cache=True, nogil=True)
def start(y: np.ndarray, noise: float, dry: float, tau: float, x: np.ndarray) -> None:
    """Where to begin: x [PARAMETERS] from quantiles of y, with the wilting point `dry` above the second percentile."""
    x[:] = _MEAN
    q = np.nanpercentile(y, np.array([2.0, 98.0]))
    x[TOP] = max(q[1], q[0] + 0.05)
    x[W] = max(q[0] + dry, 0.0)
    x[C] = max(min(x[W] + 0.5 * (q[1] - x[W]), q[1] - 0.03), x[W] + 0.015)
    x[LOG_LOSS], x[LOG_NOISE] = np.log((x[C] - x[W]) / tau), np.log(max(1.5 * noise, 0.02))
    _confine(x, q[1] + 0.1)


@njit(cache=True, nogil=True)
def first_noise(y: np.ndarray) -> float:
    """Standard deviation of the noise, m3 m-3, from second differences of neighbouring observations."""
    seen = y[~np.isnan(y)]
    d = np.abs(seen[:-2] - 2.0 * seen[1:-1] + seen[2:])
    return min(1.4826 * np.median(d) / np.sqrt(6.0), 0.04)


@njit(cache=True, nogil=True)
def fit_cell(
    y: np.ndarray,
    rain: np.ndarray,
    outliers: float,
    seasonal: bool,
    years: int,
    steps: int,
    enough: float,
    x: np.ndarray,
    scores: np.ndarray,
    rained: np.ndarray,
    information: np.ndarray,
) -> float:
    """Fit one cell: x [PARAMETERS], scores [block, PARAMETERS], rained [time] and information at the optimum.

    y [time] m3 m-3, rain [time] known chance or NaN; years  how many of the record a first climb uses
    Returns the log likelihood that is left to gain.
    """
    T = y.size
    free = np.ones(PARAMETERS, np.bool_)
    for j in (RAIN_COS, RAIN_SIN, DEMAND_COS, DEMAND_SIN):
        free[j] = seasonal
    low, high = np.nanmin(y) - 1e-6, np.nanmax(y) + 1e-6
    noise = first_noise(y)
    whole = max(int(T / 365.25), 1)
    part, part_rain = y, rain
    if whole > years:
        part, part_rain = np.full(years * 365, np.nan), np.full(years * 365, np.nan)
        for i in range(years):
            first = int(round(365.25 * (i * (whole - 1) // max(years - 1, 1))))
            part[i * 365 : (i + 1) * 365] = y[first : first + 365]
            part_rain[i * 365 : (i + 1) * 365] = rain[first : first + 365]
    before, few = np.empty((T, STATES), np.float32), np.empty(((part.size + BLOCK - 1) // BLOCK, PARAMETERS))
    free[DEMAND_COS] = free[DEMAND_SIN] = False
    rough = free.copy()
    for j in (LOG_NOISE, LOG_RANGE, LOG_DRAINAGE, RAIN_COS, RAIN_SIN):
        rough[j] = False
    trial, best, left = np.empty(PARAMETERS), -np.inf, np.inf
    # Twice a rough climb and a free one on a part, the better of them with a season of demand, then the whole record,
    # and once more where that climb came to a halt: steps begin long again.
    for stage in range(7):
        rising, moves, most, least = part, free, 8, 0.5
        if stage == 0 or stage == 2:
            start(y, noise, 0.5 * noise if stage == 0 else -0.04, 6.0 if stage == 0 else 18.0, trial)
            moves, most = rough, 6
        elif stage == 4:
            if not seasonal:
                continue
            free[DEMAND_COS] = free[DEMAND_SIN] = True
            least = 0.3
        elif stage >= 5:
            if stage == 6 and left < _HALT:
                continue
            rising, most, least = y, steps, enough
        if stage < 4:
            at = trial
        else:
            at = x
        if stage == 1 or stage == 3:
            trial[LOG_NOISE] = np.log(max(noise, 0.005))
        told = rain if stage >= 5 else part_rain
        kept = scores if stage >= 5 else few
        value, _, left = climb(
            rising, at, low, high, outliers, told, moves, most, least, before, kept, rained, information
        )
        if (stage == 1 or stage == 3) and (stage == 1 or value > best):
            best, x[:] = value, trial
        if stage == 4:
            # Without a season of demand the recession is exact on its states: a season must show to be kept.
            shown = x[DEMAND_COS] ** 2 * information[DEMAND_COS, DEMAND_COS]
            shown += x[DEMAND_SIN] ** 2 * information[DEMAND_SIN, DEMAND_SIN]
            if shown * T / part.size < _SEASON:
                free[DEMAND_COS] = free[DEMAND_SIN] = False
                x[DEMAND_COS] = x[DEMAND_SIN] = 0.0
    return left
