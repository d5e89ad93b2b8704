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
    follow,
    place_rain,
    rain_edges,
    rain_scores,
    seasons,
    slopes,
)

BLOCK = 30  # days of a block of scores
# Levels of the table of normal densities, per standard deviation of the noise.
_LEVELS = 8.0
_TABLE = 1024
_YEAR = 365.25
# Products and sums may be fused. They must not be reordered: the order then depends on where arrays lie in memory, and
# the last digits of a cell on what was computed before it.
_FUSED = {"contract"}


@njit(cache=True, nogil=True, error_model="numpy")
def season_of(t: int) -> int:
    """Twelfth of the year of the block of day t."""
    middle = (t // BLOCK) * BLOCK + 0.5 * BLOCK
    return int(middle % _YEAR / _YEAR * SEASONS)


@njit(cache=True, nogil=True, error_model="numpy")
def densities(theta: np.ndarray, n: int, sd: float, low: float, high: float) -> np.ndarray:
    """Normal densities, 1 at their peak, of levels of y in each state: [level, state]."""
    levels = int(min((high - low) / sd * _LEVELS + 2.0, _TABLE))
    table = np.empty((levels, n))
    for i in range(levels):
        for k in range(n):
            r = (low + i * (high - low) / (levels - 1) - theta[k]) / sd
            table[i, k] = np.exp(-0.5 * r * r)
    return table


@njit(cache=True, nogil=True, fastmath=_FUSED, error_model="numpy")
def forward(
    y: np.ndarray,
    chance: np.ndarray,
    table: np.ndarray,
    low: float,
    per: float,
    anywhere: float,
    rain: np.ndarray,
    after: np.ndarray,
    weight: np.ndarray,
    into: np.ndarray,
    out: np.ndarray,
    before: np.ndarray,
    scale: np.ndarray,
    level: np.ndarray,
) -> float:
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


@njit(cache=True, nogil=True, fastmath=_FUSED, error_model="numpy")
def back(
    p: float,
    into: np.ndarray,
    out: np.ndarray,
    a: np.ndarray,
    u: np.ndarray,
    ahead: np.ndarray,
    b: np.ndarray,
    sums: np.ndarray,
) -> tuple[float, float]:
    """One day backwards: fills b [state], what the future says of the day before, and adds to the expected jumps.

    a, u, ahead  [state] filtered state of the day before; what the future says of it after its rain; gain of one state
    sums   [5, state] weight and weighted values of what is seen, jumps into, jumps out of, gain by going further
    Returns the chance of a jump and that of the wettest state, which takes rain without a trace.
    """
    n = into.size
    arrived, left, moved = sums[2], sums[3], sums[4]
    b[0], below, fell = u[0], into[0] * u[0], 0.0
    for k in range(1, n):
        future = out[k] * p * below
        b[k] = (1.0 - p) * u[k] + future
        left[k] += a[k] * future
        fell += a[k] * future
        below += into[k] * u[k]
    above = 0.0
    for k in range(n - 1, 0, -1):
        fallen = into[k] * above
        arrived[k] += u[k] * fallen
        moved[k] += (a[k] * (1.0 - p) + fallen) * ahead[k]
        above += a[k] * (out[k] * p)
    arrived[0] += u[0] * into[0] * above
    moved[0] += (a[0] + into[0] * above) * ahead[0]
    return fell, a[0] * u[0]


@njit(cache=True, nogil=True, error_model="numpy")
def close(
    sd: float,
    season: int,
    theta: np.ndarray,
    edges: np.ndarray,
    slope: np.ndarray,
    sway: np.ndarray,
    by_demand: np.ndarray,
    sums: np.ndarray,
    tallies: np.ndarray,
    score: np.ndarray,
) -> None:
    """Score [PARAMETERS] of a block from its sums [5, state] and tallies: squares of what is seen, surplus of rain."""
    g, m, moved, n = sums[0], sums[1], sums[4], theta.size
    by_theta = np.empty(n)
    misfit, observed, pull = tallies[0], 0.0, 0.0
    for k in range(n):
        misfit += g[k] * theta[k] * theta[k] - 2.0 * m[k] * theta[k]
        observed += g[k]
        by_theta[k] = (m[k] - g[k] * theta[k]) / (sd * sd)
    score[LOG_JUMP] = rain_scores(edges, n, sums[2], sums[3], by_theta)
    for k in range(n):
        pull += moved[k] * by_demand[k]
        for j in range(CURVE):
            score[j] += by_theta[k] * slope[j, k] + moved[k] * sway[j, k]
    angle = 2.0 * np.pi * (season + 0.5) / SEASONS
    score[LOG_NOISE], score[LOGIT_RAIN] = misfit / (sd * sd) - observed, tallies[1]
    score[RAIN_COS], score[RAIN_SIN] = (
        tallies[1] * np.cos(angle),
        tallies[1] * np.sin(angle),
    )
    score[DEMAND_COS], score[DEMAND_SIN] = pull * np.cos(angle), pull * np.sin(angle)


@njit(cache=True, nogil=True, fastmath=_FUSED, error_model="numpy")
def forward_backward(
    y: np.ndarray,
    x: np.ndarray,
    low: float,
    high: float,
    outliers: float,
    offsets: np.ndarray,
    rain: np.ndarray,
    before: np.ndarray,
    scores: np.ndarray,
    rained: np.ndarray,
) -> float:
    """Log likelihood of y [time] (NaN where missing) and its scores [block, PARAMETERS] by blocks of BLOCK days.

    x          [PARAMETERS] as in robust_states; low, high  range of y
    outliers   share of observations that may lie anywhere in it; offsets [state] as `place_states` has them
    rain       [time] known chance of rain, NaN where unknown
    before     [time, STATES] float32 scratch; rained  [time] out: chance that rain fell on the day
    """
    z, after = np.empty(STATES), np.empty((SEASONS, STATES), np.int64)
    chance, demand = np.empty(SEASONS), np.empty(SEASONS)
    seasons(x, chance, demand)
    sd, s = np.exp(x[LOG_NOISE]), np.exp(x[LOG_JUMP])
    n = offsets.size + 1
    # Without a season of demand all are alike, and what is dear is made once.
    kinds = SEASONS if x[DEMAND_COS] != 0.0 or x[DEMAND_SIN] != 0.0 else 1
    follow(x, offsets, n, demand[:kinds], z, after)
    theta, weight, into, out = (
        np.empty(n),
        np.empty((SEASONS, n)),
        np.empty(n),
        np.empty(n),
    )
    fill_states(x, z, n, demand[:kinds], after, 0.0, theta, weight)
    slope, sway, by_demand = (
        np.empty((CURVE, n)),
        np.empty((CURVE, SEASONS, n)),
        np.empty((SEASONS, n)),
    )
    slopes(x, z, n, demand[:kinds], after, slope, sway, by_demand)
    for m in range(kinds, SEASONS):
        after[m], weight[m], sway[:, m], by_demand[m] = (
            after[0],
            weight[0],
            sway[:, 0],
            by_demand[0],
        )
    place_rain(theta, n, s, into, out)
    edges = np.empty((4, n + 1))
    rain_edges(theta, n, s, edges)
    table = densities(theta, n, sd, low, high)
    per = (table.shape[0] - 1) / (high - low)
    anywhere = outliers * np.sqrt(2.0 * np.pi) * sd / (high - low)
    T = y.size
    scale, level = np.empty(T), np.empty(T, np.int64)
    total = forward(
        y,
        chance,
        table,
        low,
        per,
        anywhere,
        rain,
        after,
        weight,
        into,
        out,
        before,
        scale,
        level,
    )

    sums, tallies = np.zeros((5, n)), np.zeros(2)
    a, u, b, v, ahead = np.empty(n), np.empty(n), np.ones(n), np.empty(n), np.empty(n)
    g, m = sums[0], sums[1]
    scores[:] = 0.0
    for t in range(T - 1, -1, -1):
        # v: what day t and the future say of its state; b: the future alone.
        if level[t] >= 0:
            row = table[level[t]]
            squares = 0.0
            for k in range(n):
                inside = b[k] * row[k] * scale[t]
                v[k] = inside + b[k] * anywhere * scale[t]
                q = before[t, k] * inside
                g[k] += q
                m[k] += q * y[t]
                squares += q * y[t] * y[t]
            tallies[0] += squares
            total -= x[LOG_NOISE]
        else:
            for k in range(n):
                v[k] = b[k]
        season = season_of(t)
        if t > 0:
            p = chance[season] if rain[t] != rain[t] else rain[t]
            seen, prior, row = (
                level[t - 1] >= 0,
                scale[t - 1],
                table[max(level[t - 1], 0)],
            )
            to, share = after[season], weight[season]
            for k in range(n):
                a[k] = before[t - 1, k] * ((row[k] + anywhere) * prior if seen else 1.0)
                ahead[k] = v[to[k] + 1] - v[to[k]]
                u[k] = v[to[k]] + share[k] * ahead[k]
            fell, unseen = back(p, into, out, a, u, ahead, b, sums)
            rained[t] = fell + p * unseen
            if rain[t] != rain[t]:
                tallies[1] += fell - p * (1.0 - unseen)
        if t % BLOCK == 0:
            i = t // BLOCK
            close(
                sd,
                season,
                theta,
                edges,
                slope,
                sway[:, season],
                by_demand[season],
                sums,
                tallies,
                scores[i],
            )
            sums[:, :] = 0.0
            tallies[:] = 0.0
    return total
