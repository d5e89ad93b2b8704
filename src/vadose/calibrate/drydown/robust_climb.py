"""Climb to the most likely parameters of a record: scoring steps within a radius, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.calibrate.drydown.robust_filter import forward_backward
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
    place_states,
)

# Prior: mean, then standard deviation; the thresholds have theirs around where a climb starts. Field capacity is
# about 0.04 above the critical point and drainage takes about a day, both within a factor of 1.6 or so.
PRIOR = np.array([0.1, 0.0, np.log(0.015), np.log(0.04), 0.2, 0.0, 0.0, -1.5, np.log(0.1), 0.0, 0.0, 0.0, 0.0])
_SPREAD = np.array([0.08, 0.2, 1.0, 0.5, 0.5, 0.2, 1e6, 3.0, 1.5, 1.0, 1.0, 0.25, 0.25])
# Longest step of each parameter at a time.
_LONGEST = np.array([0.03, 0.02, 0.4, 0.5, 0.5, 0.02, 0.4, 1.0, 0.7, 0.6, 0.6, 0.15, 0.15])
_GAP = 0.012
_PAIRS = 3  # steps whose slopes correct the curvature
_LEAST_BEND = 0.5  # of the curvature along a step, what a correction must leave
_SLACK = 0.01  # log likelihood that a step may lose
_LOG_MEMORY = np.log(9.0)


@njit(cache=True, nogil=True, error_model="numpy")
def confine(x: np.ndarray, high: float) -> None:
    """Keep parameters where the recession exists: wilting point, critical point and wettest state in this order."""
    x[W] = min(max(x[W], 0.0), 0.6)
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


@njit(cache=True, nogil=True, error_model="numpy")
def _posterior(
    y: np.ndarray,
    x: np.ndarray,
    low: float,
    high: float,
    outliers: float,
    offsets: np.ndarray,
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
    total = forward_backward(y, x, low, high, outliers, offsets, rain, before, scores, rained)
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


@njit(cache=True, nogil=True, error_model="numpy")
def _bend(B: np.ndarray, moves: np.ndarray, falls: np.ndarray, n: int) -> None:
    """Correct a curvature B [PARAMETERS, PARAMETERS] so that it explains how slopes changed over moves, in place.

    moves, falls  [pair, PARAMETERS] of which the last n, oldest first: change of x, and by how much the slope fell
    Source: BFGS update with Powell's damping (Nocedal and Wright 2006, procedure 18.2)
    """
    for q in range(max(n - moves.shape[0], 0), n):
        s, y = moves[q % moves.shape[0]], falls[q % moves.shape[0]]
        Bs, sBs, sy = np.zeros(PARAMETERS), 0.0, 0.0
        for i in range(PARAMETERS):
            for j in range(PARAMETERS):
                Bs[i] += B[i, j] * s[j]
            sBs += s[i] * Bs[i]
            sy += s[i] * y[i]
        if sBs <= 1e-9:
            continue
        share = 1.0 if sy >= _LEAST_BEND * sBs else (1.0 - _LEAST_BEND) * sBs / (sBs - sy)
        sy = share * sy + (1.0 - share) * sBs
        for i in range(PARAMETERS):
            for j in range(PARAMETERS):
                yi, yj = (
                    share * y[i] + (1.0 - share) * Bs[i],
                    share * y[j] + (1.0 - share) * Bs[j],
                )
                B[i, j] += yi * yj / sy - Bs[i] * Bs[j] / sBs


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(A: np.ndarray, b: np.ndarray) -> None:
    """Solve A x = b into b by elimination, A [PARAMETERS, PARAMETERS] positive definite and overwritten."""
    for k in range(PARAMETERS):
        for i in range(k + 1, PARAMETERS):
            share = A[i, k] / A[k, k]
            for j in range(k + 1, PARAMETERS):
                A[i, j] -= share * A[k, j]
            b[i] -= share * b[k]
    for k in range(PARAMETERS - 1, -1, -1):
        for j in range(k + 1, PARAMETERS):
            b[k] -= A[k, j] * b[j]
        b[k] /= A[k, k]


@njit(cache=True, nogil=True, error_model="numpy")
def _step(B: np.ndarray, x: np.ndarray, gradient: np.ndarray, high: float, radius: float) -> tuple[np.ndarray, float]:
    """Step to the optimum of a quadratic of curvature B within a radius, and the log likelihood the free one promises.

    The step is in field capacity instead of the critical point: wet series know the one, and the other only from it.
    """
    damped = B.copy()
    # A parameter at its bound stands still while the slope points beyond it.
    edge, slope = x + 1e-6 * np.sign(gradient), gradient.copy()
    confine(edge, high)
    for i in range(PARAMETERS):
        if abs(edge[i] - x[i]) < 1e-9:
            damped[i, :] = 0.0
            damped[:, i] = 0.0
            damped[i, i], slope[i] = 1.0, 0.0
    width = np.exp(x[LOG_RANGE])
    slope[LOG_RANGE] -= width * slope[C]
    damped[:, LOG_RANGE] -= width * damped[:, C]
    damped[LOG_RANGE, :] -= width * damped[C, :]
    gain, ridge = -1.0, 1e-4
    held, step, trial = (
        np.full(PARAMETERS, np.nan),
        np.empty(PARAMETERS),
        np.empty(PARAMETERS),
    )
    for _ in range(40):
        for i in range(PARAMETERS):
            damped[i, i] += ridge / (_LONGEST[i] * _LONGEST[i])
        A, b = damped.copy(), slope.copy()
        for i in range(PARAMETERS):
            if held[i] == held[i]:
                b -= A[:, i] * held[i]
                A[i, :] = 0.0
                A[:, i] = 0.0
                A[i, i], b[i] = 1.0, held[i]
        _solve(A, b)
        step[:] = b
        if gain < 0.0:
            gain = 0.5 * np.sum(step * slope)
        if np.max(np.abs(step) / _LONGEST) > 1.5 * radius:
            ridge *= 8.0
            continue
        # What would pass its bound is held there, and the others step as fits that.
        trial[:] = x + step
        trial[C] += width - np.exp(min(trial[LOG_RANGE], 0.0))
        step[:] = trial
        confine(trial, high)
        more = False
        for i in range(PARAMETERS):
            if i != C and i != W and held[i] != held[i] and abs(step[i] - trial[i]) > 1e-9:
                held[i] = trial[i] - x[i]
                more = True
        if not more:
            break
    step[:] = trial - x
    return step, gain


@njit(cache=True, nogil=True, error_model="numpy")
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
    coarse: float,
    before: np.ndarray,
    scores: np.ndarray,
    rained: np.ndarray,
    information: np.ndarray,
) -> tuple[float, int, float]:
    """Move x [PARAMETERS] up the posterior by scoring steps; returns log posterior, evaluations and what is left.

    free   [PARAMETERS] whether a parameter may move; enough  stop where a step promises less log likelihood
    coarse step between states in standard deviations of the noise
    information [PARAMETERS, PARAMETERS], scores, rained  filled at the final x
    Left over: the log likelihood that one more step promises.
    """
    mean = PRIOR.copy()
    mean[C], mean[TOP] = x[C], x[TOP]
    gradient, trial_gradient = np.empty(PARAMETERS), np.empty(PARAMETERS)
    trial_information = np.empty((PARAMETERS, PARAMETERS))
    moves, falls, pairs = np.empty((_PAIRS, PARAMETERS)), np.empty((_PAIRS, PARAMETERS)), 0
    trial, trial_scores = x.copy(), np.empty_like(scores)
    best, radius, gain = -np.inf, 1.0, 0.0
    step = np.zeros(PARAMETERS)
    offsets = np.empty(STATES)
    states = place_states(x, coarse * np.exp(x[LOG_NOISE]), offsets)
    n = 0
    while True:
        value = _posterior(
            y, trial, low, high, outliers, offsets[: states - 1], rain, mean, free, before, trial_scores, rained,
            trial_gradient, trial_information,
        )  # fmt: skip
        n += 1
        if n > 1 and np.isfinite(value + np.sum(trial_gradient)):
            # What was tried tells the curvature, whether it is kept or not.
            moves[pairs % _PAIRS] = trial - x
            falls[pairs % _PAIRS] = gradient - trial_gradient
            pairs += 1
        if n == 1 or value > best - _SLACK:
            radius = min(2.0 * radius, 1.0)
            x[:], gradient[:], information[:], scores[:] = trial, trial_gradient, trial_information, trial_scores
            best = value
        else:
            radius = 0.3 * np.max(np.abs(step) / _LONGEST)
        step, gain = _step(information, x, gradient, high, radius)
        if n >= steps or not gain >= enough or (radius < 1e-3 and pairs == 0):
            break
        if radius < 1e-3:
            # Slopes that were met on the way mislead here: begin again without them.
            pairs, radius = 0, 0.3
        elif pairs > 0:
            B = information.copy()
            _bend(B, moves, falls, pairs)
            step, _ = _step(B, x, gradient, high, radius)
        trial[:] = x + step
    return best, n, gain
