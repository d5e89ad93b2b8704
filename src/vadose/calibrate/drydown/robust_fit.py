"""From quantiles to the most likely parameters of one cell: climbs on parts of the record, then on the whole."""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.calibrate.drydown.robust_climb import PRIOR, climb, confine
from vadose.calibrate.drydown.robust_filter import BLOCK
from vadose.calibrate.drydown.robust_states import (
    DEMAND_COS,
    DEMAND_SIN,
    LOG_DRAINAGE,
    LOG_LOSS,
    LOG_NOISE,
    LOG_RANGE,
    PARAMETERS,
    RAIN_COS,
    RAIN_SIN,
    STATES,
    TOP,
    C,
    W,
)

_FEW = 4  # evaluations of the whole record before a look at what is left
_HALT = 3.0  # log likelihood left to gain at which a climb has not arrived
_LOST = 10.0  # and at which it is far away
_LOOK = 3.0  # squared slope towards a season of demand, in standard deviations, that makes it worth a look
_SEASON = 30.0  # squared signal to noise at which demand has a season


@njit(cache=True, nogil=True, error_model="numpy")
def start(q: np.ndarray, noise: float, dry: float, tau: float, x: np.ndarray) -> None:
    """Where to begin: x [PARAMETERS] from percentiles q (2, 98), with the wilting point `dry` above the first."""
    x[:] = PRIOR
    x[TOP] = max(q[1], q[0] + 0.05)
    x[W] = max(q[0] + dry, 0.0)
    x[C] = max(min(x[W] + 0.5 * (q[1] - x[W]), q[1] - 0.03), x[W] + 0.015)
    x[LOG_LOSS], x[LOG_NOISE] = (
        np.log((x[C] - x[W]) / tau),
        np.log(max(1.5 * noise, 0.02)),
    )
    confine(x, q[1] + 0.1)


@njit(cache=True, nogil=True, error_model="numpy")
def _worth(scores: np.ndarray, i: int) -> float:
    """Squared slope by a parameter in units of its standard deviation."""
    return np.sum(scores[:, i]) ** 2 / np.sum(scores[:, i] ** 2 + 1e-12)


@njit(cache=True, nogil=True, error_model="numpy")
def fit_cell(
    y: np.ndarray,
    quantiles: np.ndarray,
    noise: float,
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

    y [time] m3 m-3; quantiles (lowest, 2 %, 98 %, highest) and first noise of it; rain [time] known chance or NaN
    years  how many of the record a first climb uses
    Returns the log likelihood that is left to gain.
    """
    T = y.size
    free = np.ones(PARAMETERS, np.bool_)
    for j in (RAIN_COS, RAIN_SIN, DEMAND_COS, DEMAND_SIN):
        free[j] = seasonal
    low, high = quantiles[0] - 1e-6, quantiles[3] + 1e-6
    whole = max(int(T / 365.25), 1)
    part, part_rain = y, rain
    if whole > years:
        part, part_rain = np.full(years * 365, np.nan), np.full(years * 365, np.nan)
        for i in range(years):
            first = int(round(365.25 * (i * (whole - 1) // max(years - 1, 1))))
            part[i * 365 : (i + 1) * 365] = y[first : first + 365]
            part_rain[i * 365 : (i + 1) * 365] = rain[first : first + 365]
    before = np.empty((T, STATES), np.float32)
    few = np.empty(((part.size + BLOCK - 1) // BLOCK, PARAMETERS))
    free[DEMAND_COS] = free[DEMAND_SIN] = False
    rough = free.copy()
    for j in (LOG_NOISE, LOG_RANGE, LOG_DRAINAGE, RAIN_COS, RAIN_SIN):
        rough[j] = False
    trial, best, left = np.empty(PARAMETERS), -np.inf, np.inf
    # Two rough climbs on half of a part, the better of them on the part with all parameters, then with a season of
    # demand, then few steps on the whole record, and more only where much is left: errors count what is left.
    for stage in range(7):
        rising, moves, most, least, coarse = part, free, 10, 0.5, 1.0
        if stage < 2:
            start(quantiles[1:3], noise, 0.5 * noise if stage == 0 else -0.04, 6.0 if stage == 0 else 18.0, trial)
            rising, moves, most = part[: max(part.size // 2, 365)], rough, 8
        elif stage == 2:
            x[LOG_NOISE] = np.log(max(noise, 0.005))
        elif stage == 3:
            # A season of demand is looked for where the slope towards one is worth a look.
            if not seasonal or _worth(few, DEMAND_COS) + _worth(few, DEMAND_SIN) < _LOOK:
                continue
            free[DEMAND_COS] = free[DEMAND_SIN] = True
            most = 6
        else:
            if (stage == 5 and left < _HALT) or (stage == 6 and left < _LOST):
                continue
            rising, least, coarse = y, enough, 0.8
            most = min(steps, _FEW * (stage - 3)) if stage < 6 else steps
        told = rain if stage >= 4 else part_rain
        kept = scores if stage >= 4 else few[: (rising.size + BLOCK - 1) // BLOCK]
        value, _, left = climb(
            rising, trial if stage < 2 else x, low, high, outliers, told, moves, most, least, coarse, before, kept,
            rained, information,
        )  # fmt: skip
        if stage < 2 and (stage == 0 or value > best):
            best, x[:] = value, trial
        if stage == 3:
            # Without a season of demand the recession is exact on its states: a season must show to be kept.
            shown = x[DEMAND_COS] ** 2 * information[DEMAND_COS, DEMAND_COS]
            shown += x[DEMAND_SIN] ** 2 * information[DEMAND_SIN, DEMAND_SIN]
            if shown * T / part.size < _SEASON:
                free[DEMAND_COS] = free[DEMAND_SIN] = False
                x[DEMAND_COS] = x[DEMAND_SIN] = 0.0
    return left
