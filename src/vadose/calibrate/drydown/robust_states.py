"""States of the recession: where a dry day leads from each, and how rain lifts them.

A day in a season of demand f moves a state f days along the recession, less while drainage adds to it. Seasons are
twelfths of a year; in each of them demand and the chance of rain are constant, and over the year both follow one
harmonic.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.calibrate.drydown.loss import age, recession

STATES = 200
SEASONS = 12
# Places of a cell's parameters; logarithms where a number must be positive, a logit for the chance of rain.
# The first CURVE shape the recession; its memory tau stands as the loss rate (c - w) / tau above the critical point,
# because a series that stays wet tells that rate, not tau. TOP is the wettest moisture that is seen.
(W, C, LOG_LOSS, LOG_RANGE, LOG_DRAINAGE, TOP, LOG_NOISE, LOGIT_RAIN, LOG_JUMP,
 RAIN_COS, RAIN_SIN, DEMAND_COS, DEMAND_SIN) = range(13)  # fmt: skip
CURVE, PARAMETERS = 6, 13
_STEP = 1e-5


@njit(cache=True, nogil=True, error_model="numpy")
def memory(x: np.ndarray) -> float:
    """Memory tau in days of parameters x [PARAMETERS]."""
    return (x[C] - x[W]) * np.exp(-x[LOG_LOSS])


@njit(cache=True, nogil=True, error_model="numpy")
def moisture(z: float, x: np.ndarray) -> float:
    """Soil moisture at position z of the recession of parameters x [PARAMETERS]."""
    return recession(z, x[W], x[C], x[C] + np.exp(x[LOG_RANGE]), memory(x), np.exp(x[LOG_DRAINAGE]))


@njit(cache=True, nogil=True, error_model="numpy")
def highest(x: np.ndarray) -> float:
    """Position of the wettest state: what is seen has had its dry day after the rain, so a day above x[TOP]."""
    f, tau, k = x[C] + np.exp(x[LOG_RANGE]), memory(x), np.exp(x[LOG_DRAINAGE])
    return age(max(x[TOP], x[C]), x[W], x[C], f, tau, k) - 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def seasons(x: np.ndarray, chance: np.ndarray, demand: np.ndarray) -> None:
    """Chance of rain on a day and demand, both [season], from the harmonics of x."""
    for m in range(SEASONS):
        angle = 2.0 * np.pi * (m + 0.5) / SEASONS
        logit = x[LOGIT_RAIN] + x[RAIN_COS] * np.cos(angle) + x[RAIN_SIN] * np.sin(angle)
        chance[m] = 1.0 / (1.0 + np.exp(-logit))
        demand[m] = max(1.0 + x[DEMAND_COS] * np.cos(angle) + x[DEMAND_SIN] * np.sin(angle), 0.1)


@njit(cache=True, nogil=True, error_model="numpy")
def pace(z: float, f: float, x: np.ndarray) -> float:
    """How far a day of demand f leads from position z: demand does not hasten drainage, which adds to it while wet."""
    wet = -z - np.exp(x[LOG_RANGE] - x[LOG_LOSS])
    return f if wet <= 0.0 else 1.0 + (f - 1.0) * np.exp(-np.exp(x[LOG_DRAINAGE]) * wet)


@njit(cache=True, nogil=True, error_model="numpy")
def place_states(x: np.ndarray, fine: float, offsets: np.ndarray) -> int:
    """Offsets [state] of states on the recession from the wettest one, days; returns how many.

    fine   m3 m-3, step of soil moisture that is small against the noise
    While a day's loss is larger than `fine`, states stand a whole fraction of a day apart, so that at demand 1 the
    recession is exact; then a day apart; near the wilting point, where a day changes next to nothing, further. The
    wilting point itself is one more state, the last one. A climb keeps its offsets: states that were placed anew at
    every step would make the likelihood jump.
    """
    amplitude, tau = x[C] - x[W], memory(x)
    first = z = highest(x)
    offsets[0] = 0.0
    most = 1.0 / np.ceil(min(amplitude / tau / fine, 6.0))
    n = 1
    while n < STATES - 1:
        rate = amplitude / tau * np.exp(-max(z, 0.0) / tau)
        if z > 0.0 and rate * tau < 0.4 * fine:
            break
        step = most if rate > fine else 1.0
        if rate < 0.4 * fine:
            step = 0.4 * fine / rate
        z += step
        offsets[n] = z - first
        n += 1
    return n + 1


@njit(cache=True, nogil=True, error_model="numpy")
def follow(
    x: np.ndarray,
    offsets: np.ndarray,
    n: int,
    demand: np.ndarray,
    z: np.ndarray,
    after: np.ndarray,
) -> None:
    """Positions z [state] and the state `after` [season, state] that a dry day reaches, or the last that it passes."""
    first = highest(x)
    for k in range(n - 1):
        z[k] = first + offsets[k]
    z[n - 1] = z[n - 2] + 50.0 * memory(x)
    for m in range(demand.size):
        j = 0
        for k in range(n):
            while j < n - 2 and z[j + 1] <= z[k] + pace(z[k], demand[m], x) + 1e-9:
                j += 1
            after[m, k] = j


@njit(cache=True, nogil=True, error_model="numpy")
def fill_states(
    x: np.ndarray,
    z: np.ndarray,
    n: int,
    demand: np.ndarray,
    after: np.ndarray,
    shift: float,
    theta: np.ndarray,
    weight: np.ndarray,
) -> None:
    """Soil moisture theta [state] and the share `weight` [season, state] led one state beyond `after` by a dry day.

    The share keeps the mean of soil moisture, so that a coarse spacing does not bend the recession.
    """
    for k in range(n):
        theta[k] = moisture(z[k] + shift, x)
    for m in range(demand.size):
        for k in range(n):
            j = after[m, k]
            reached = moisture(z[k] + shift + pace(z[k] + shift, demand[m], x), x)
            weight[m, k] = min(max((theta[j] - reached) / (theta[j] - theta[j + 1]), 0.0), 1.0)
            if weight[m, k] < 1e-9:
                weight[m, k] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def slopes(
    x: np.ndarray,
    z: np.ndarray,
    n: int,
    demand: np.ndarray,
    after: np.ndarray,
    theta: np.ndarray,
    weight: np.ndarray,
    by_demand: np.ndarray,
) -> None:
    """Derivatives of theta [CURVE, state] and weight [CURVE, season, state] by the parameters of the curve.

    by_demand  [season, state] derivative of weight by the demand
    """
    trial, some_theta, some_weight = x.copy(), np.empty(n), np.empty((demand.size, n))
    half = 0.5 / _STEP
    theta[:] = 0.0
    weight[:] = 0.0
    by_demand[:] = 0.0
    # Central differences, the last pair by the demand; one loop keeps what has to be compiled short.
    for i in range(2 * CURVE + 2):
        sign = 1.0 if i % 2 else -1.0
        trial[:] = x
        if i < 2 * CURVE:
            trial[i // 2] += sign * _STEP
            fill_states(
                trial,
                z,
                n,
                demand,
                after,
                highest(trial) - z[0],
                some_theta,
                some_weight,
            )
            theta[i // 2] += sign * half * some_theta
            for m in range(demand.size):
                weight[i // 2, m] += sign * half * some_weight[m]
        else:
            fill_states(x, z, n, demand + sign * _STEP, after, 0.0, some_theta, some_weight)
            for m in range(demand.size):
                by_demand[m] += sign * half * some_weight[m]


@njit(cache=True, nogil=True, error_model="numpy")
def place_rain(theta: np.ndarray, n: int, s: float, into: np.ndarray, out: np.ndarray) -> None:
    """Chance of a jump from state k to a wetter state i on a day of rain: out[k] * into[i].

    Jumps are exponential of mean s, m3 m-3, and end at the wettest state. A state reaches half way to its neighbours;
    a jump starts at its upper edge.
    """
    for k in range(n):
        upper = 0.5 * (theta[k] + theta[k - 1]) if k else 0.0
        lower = 0.5 * (theta[k] + theta[k + 1]) if k + 1 < n else theta[k]
        into[k] = np.exp((theta[n - 1] - lower) / s) - (np.exp((theta[n - 1] - upper) / s) if k else 0.0)
        out[k] = np.exp((upper - theta[n - 1]) / s) if k else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def rain_edges(theta: np.ndarray, n: int, s: float, edges: np.ndarray) -> None:
    """Edges of states and how the logarithms of jumps change as they move: edges [4, edge].

    Rows: the edge; by jumps out of the state below it; into the state above it; into the state below it. Above edge e
    is state e - 1, below it state e.
    """
    edges[:] = 0.0
    for e in range(1, n + 1):
        edges[0, e] = 0.5 * (theta[e - 1] + theta[e]) if e < n else theta[n - 1]
    for e in range(1, n + 1):
        edges[1, e] = 1.0 / s if e < n else 0.0
        edges[2, e] = -1.0 / s / (1.0 - np.exp((edges[0, e] - edges[0, e - 1]) / s)) if e > 1 else -1.0 / s
        edges[3, e] = 1.0 / s / np.expm1((edges[0, e] - edges[0, e + 1]) / s) if e < n else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def rain_scores(
    edges: np.ndarray,
    n: int,
    arrived: np.ndarray,
    left: np.ndarray,
    by_theta: np.ndarray,
) -> float:
    """Score of the jumps by soil moisture of the states, by_theta [state] added to, and by log s, returned.

    arrived, left  [state] expected jumps into and out of each state
    """
    by_s = 0.0
    for e in range(1, n + 1):
        pull = arrived[e - 1] * edges[2, e]
        if e < n:
            pull += left[e] * edges[1, e] + arrived[e] * edges[3, e]
            by_theta[e - 1] += 0.5 * pull
            by_theta[e] += 0.5 * pull
        else:
            by_theta[n - 1] += pull
        by_s -= pull * edges[0, e]
    return by_s
