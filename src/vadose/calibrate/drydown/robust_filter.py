"""Likelihood of a daily series under the recession with hidden rain, and its scores, by a forward-backward pass."""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.calibrate.drydown.robust_states import (
    CURVE,
    DEMAND_COS,
    DEMAND_SIN,
    LOG_JUMP,
    LOG_NOISE,
    LOGIT_RAIN,
    RAIN_COS,
    RAIN_SIN,
    SEASONS,
    STATES,
    fill_states,
    place_rain,
    place_states,
    rain_scores,
    seasons,
    slopes,
)

BLOCK = 30  # days of a block of scores
# Levels of the table of normal densities, per standard deviation of the noise.
_LEVELS = 8.0
_TABLE = 1024
_YEAR = 365.25
# Sums may be taken in another order, which lets them use vector instructions; missing values stay what they are.
_LOOSE = {"reassoc", "contract"}


@njit(cache=True, nogil=True)
def season_of(t):
    """Twelfth of the year of the block of day t."""
    middle = (t // BLOCK) * BLOCK + 0.5 * BLOCK
    return int(middle % _YEAR / _YEAR * SEASONS)


@njit(cache=True, nogil=True)
def densities(theta, n, sd, low, high):
    """Normal densities, 1 at their peak, of levels of y in each state: [level, state]."""
    levels = int(min((high - low) / sd * _LEVELS + 2.0, _TABLE))
    table = np.empty((levels, n))
    for i in range(levels):
        for k in range(n):
            r = (low + i * (high - low) / (levels - 1) - theta[k]) / sd
            table[i, k] = np.exp(-0.5 * r * r)
    return table


@njit(cache=True, nogil=True, fastmath=_LOOSE)
def forward(y, chance, table, low, per, anywhere, rain, after, weight, into, out, before, scale, level):
    """Filter y [time]: before [time, state] what the past says of a day before it is seen; returns the log likelihood.

    chance [season] of rain; rain [time] known chance or NaN; after, weight [season, state]; scale, level [time] out
    """
    n = into.size
    a, u = np.full(n, 1.0 / n), np.empty(n)
    total = 0.0
    for t in range(y.size):
        if t > 0:
            m = season_of(t)
            p = chance[m] if rain[t] != rain[t] else rain[t]
            above = 0.0
            for k in range(n - 1, 0, -1):
                u[k] = a[k] * (1.0 - p) + into[k] * above
                above += out[k] * (a[k] * p)
            u[0] = a[0] + into[0] * above
            a[:] = 0.0
            # Sums stay in registers while several states lead to the same one.
            to, share = after[m], weight[m]
            j, here, behind = 0, 0.0, 0.0
            for k in range(n):
                if to[k] != j:
                    a[j] += here
                    if to[k] == j + 1:
                        here, behind = behind, 0.0
                    else:
                        a[j + 1] += behind
                        here = behind = 0.0
                    j = to[k]
                further = share[k] * u[k]
                here += u[k] - further
                behind += further
            a[j] += here
            a[j + 1] += behind
        for k in range(n):
            before[t, k] = a[k]
        scale[t], level[t] = 1.0, -1
        if y[t] == y[t]:
            level[t] = int((y[t] - low) * per + 0.5)
            row = table[level[t]]
            c = 0.0
            for k in range(n):
                a[k] *= row[k] + anywhere
                c += a[k]
            scale[t] = 1.0 / c
            for k in range(n):
                a[k] *= scale[t]
            total += np.log(c)
    return total


@njit(cache=True, nogil=True, fastmath=_LOOSE)
def forward_backward(y, x, low, high, outliers, rain, before, scores, rained):
    """Log likelihood of y [time] (NaN where missing) and its scores [block, PARAMETERS] by blocks of BLOCK days.

    x          [PARAMETERS] as in robust_states; low, high  range of y
    outliers   share of observations that may lie anywhere in it
    rain       [time] known chance of rain, NaN where unknown
    before     [time, STATES] float32 scratch; rained  [time] out: chance that rain fell on the day
    """
    z, after = np.empty(STATES), np.empty((SEASONS, STATES), np.int64)
    chance, demand = np.empty(SEASONS), np.empty(SEASONS)
    seasons(x, chance, demand)
    sd, s = np.exp(x[LOG_NOISE]), np.exp(x[LOG_JUMP])
    n = place_states(x, 0.7 * sd, demand, z, after)
    theta, weight, into, out = np.empty(n), np.empty((SEASONS, n)), np.empty(n), np.empty(n)
    fill_states(x, z, n, demand, after, 0.0, theta, weight)
    slope, sway, by_demand = np.empty((CURVE, n)), np.empty((CURVE, SEASONS, n)), np.empty((SEASONS, n))
    slopes(x, z, n, demand, after, slope, sway, by_demand)
    place_rain(theta, n, s, into, out)
    table = densities(theta, n, sd, low, high)
    per = (table.shape[0] - 1) / (high - low)
    anywhere = outliers * np.sqrt(2.0 * np.pi) * sd / (high - low)
    T = y.size
    scale, level = np.empty(T), np.empty(T, np.int64)
    total = forward(y, chance, table, low, per, anywhere, rain, after, weight, into, out, before, scale, level)

    a, u, b, v, g, m = np.empty(n), np.empty(n), np.ones(n), np.empty(n), np.zeros(n), np.zeros(n)
    arrived, left, moved, by_theta = np.zeros(n), np.zeros(n), np.zeros(n), np.empty(n)
    ahead, surplus, squares = np.empty(n), 0.0, 0.0
    scores[:] = 0.0
    for t in range(T - 1, -1, -1):
        # v: what day t and the future say of its state; b: the future alone.
        if level[t] >= 0:
            row = table[level[t]]
            for k in range(n):
                inside = b[k] * row[k] * scale[t]
                v[k] = inside + b[k] * anywhere * scale[t]
                q = before[t, k] * inside
                g[k] += q
                m[k] += q * y[t]
                squares += q * y[t] * y[t]
            total -= x[LOG_NOISE]
        else:
            for k in range(n):
                v[k] = b[k]
        season = season_of(t)
        if t > 0:
            # The dry day and the jump before it, backwards.
            p = chance[season] if rain[t] != rain[t] else rain[t]
            seen, prior = level[t - 1] >= 0, scale[t - 1]
            row, state, to, share = table[max(level[t - 1], 0)], before[t - 1], after[season], weight[season]
            for k in range(n):
                a[k] = state[k] * ((row[k] + anywhere) * prior if seen else 1.0)
                ahead[k] = v[to[k] + 1] - v[to[k]]
                u[k] = v[to[k]] + share[k] * ahead[k]
            first = a[0] * u[0]
            b[0], below, fell = u[0], into[0] * u[0], 0.0
            for k in range(1, n):
                future = out[k] * p * below
                b[k] = (1.0 - p) * u[k] + future
                left[k] += a[k] * future
                fell += a[k] * future
                below += into[k] * u[k]
            # The wettest state takes rain without a trace.
            rained[t] = fell + p * first
            if rain[t] != rain[t]:
                surplus += fell - p * (1.0 - first)
            above = 0.0
            for k in range(n - 1, 0, -1):
                fallen = into[k] * above
                arrived[k] += u[k] * fallen
                moved[k] += (a[k] * (1.0 - p) + fallen) * ahead[k]
                above += a[k] * (out[k] * p)
            arrived[0] += u[0] * into[0] * above
            moved[0] += (a[0] + into[0] * above) * ahead[0]
        if t % BLOCK == 0:
            i = t // BLOCK
            misfit = squares
            observed = 0.0
            for k in range(n):
                misfit += g[k] * theta[k] * theta[k] - 2.0 * m[k] * theta[k]
                observed += g[k]
                by_theta[k] = (m[k] - g[k] * theta[k]) / (sd * sd)
            scores[i, LOG_JUMP] = rain_scores(theta, n, s, arrived, left, by_theta)
            pace = 0.0
            for k in range(n):
                pace += moved[k] * by_demand[season, k]
                for j in range(CURVE):
                    scores[i, j] += by_theta[k] * slope[j, k] + moved[k] * sway[j, season, k]
                g[k], m[k], arrived[k], left[k], moved[k] = 0.0, 0.0, 0.0, 0.0, 0.0
            angle = 2.0 * np.pi * (season + 0.5) / SEASONS
            scores[i, LOG_NOISE] = misfit / (sd * sd) - observed
            scores[i, LOGIT_RAIN] = surplus
            scores[i, RAIN_COS], scores[i, RAIN_SIN] = surplus * np.cos(angle), surplus * np.sin(angle)
            scores[i, DEMAND_COS], scores[i, DEMAND_SIN] = pace * np.cos(angle), pace * np.sin(angle)
            surplus = squares = 0.0
    return total
