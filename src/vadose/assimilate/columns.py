"""The update of the ensemble, place after place: increments from local rows, inflation, rotation; compiled.

Every filter here ends in the same product. With the covariance of an element with row k of the observation space
    c_k = sum_m x'_m S_km / (N - 1)
member n becomes x_n + sum_k c_k W_kn, where filters differ only in the weights W (docs/science/filters.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import f8, i8, njit, types

BLOCK = 8  # places gathered together: eight doubles are a cache line
# Sums may be taken in any order, so that they are vectorised; NaN and infinity keep their meaning.
FAST = {"reassoc", "contract", "nsz"}


def _given(dimensions: int, layout: Any) -> Any:
    """Type of an array that is only read: what comes from JAX or from a memory map cannot be written."""
    return types.Array(f8, dimensions, layout, readonly=True)


# Of the vector `after`: what is done to the analysis of a field.
DAMPING, RTPS, RTPP, POSTERIOR = range(4)


@njit(cache=True, nogil=True, fastmath=FAST)
def _finish(x: Any, mean: float, new: Any, turned: Any, after: Any, rotation: Any) -> float:
    """From anomalies x [N] and increments new [N] to the members of the analysis in new; returns the mean increment."""
    n = x.size
    shift = 0.0
    for i in range(n):
        new[i] *= after[DAMPING]
        shift += new[i]
    shift /= n
    for i in range(n):  # anomalies of the analysis
        new[i] += x[i] - shift
    if after[RTPP] > 0.0:
        for i in range(n):
            new[i] += after[RTPP] * (x[i] - new[i])
    if after[RTPS] > 0.0:
        before, now = 0.0, 0.0
        for i in range(n):
            before += x[i] * x[i]
            now += new[i] * new[i]
        if now > 0.0:
            factor = 1.0 + after[RTPS] * (np.sqrt(before / now) - 1.0)
            for i in range(n):
                new[i] *= factor
    if rotation.size:
        for j in range(n):
            turned[j] = 0.0
        for i in range(n):
            for j in range(n):
                turned[j] += new[i] * rotation[i, j]
        for i in range(n):
            new[i] = turned[i]
    for i in range(n):
        new[i] = new[i] * after[POSTERIOR] + (mean + shift)
    return shift


@njit(cache=True, nogil=True, fastmath=FAST)
def _element(x: Any, rows: Any, weights: Any, which: Any, begin: int, end: int, factor: float, new: Any) -> float:
    """Centre and inflate x [N] in place, and put its increments into new [N]; returns the mean."""
    n = x.size
    mean = 0.0
    for i in range(n):
        mean += x[i]
    mean /= n
    rest = 0.0
    for i in range(n):
        x[i] -= mean
        rest += x[i]
    rest /= n  # rounding of the mean, which matters where the spread is small
    for i in range(n):
        x[i] = (x[i] - rest) * factor
        new[i] = 0.0
    mean += rest
    for k in range(begin, end):
        row = rows[which[k]]
        c = 0.0
        for i in range(n):
            c += x[i] * row[i]
        for i in range(n):
            new[i] += c * weights[k, i]
    return mean


@njit(
    types.void(
        _given(3, "A"),
        f8[:, :, :],
        i8[::1],
        i8,
        i8[::1],
        i8[::1],
        i8[::1],
        f8[:, ::1],
        f8[:, ::1],
        _given(1, "C"),
        f8[::1],
        f8[:, ::1],
        f8[:, :],
    ),
    cache=True,
    nogil=True,
    fastmath=FAST,
)
def update(
    prior: Any,
    posterior: Any,
    members: Any,
    start: int,
    begin: Any,
    end: Any,
    which: Any,
    weights: Any,
    rows: Any,
    factor: Any,
    after: Any,
    rotation: Any,
    increments: Any,
) -> None:
    """Members of the analysis at the places start, start + 1, ...; one call a batch and field.

    prior, posterior [place, element, member]; members those that live; begin, end [batch] rows of each place in
    which [row] and weights [row, member]; rows [all, member] S / (N - 1); factor [batch] of prior inflation;
    after: damping and relaxation; rotation [member, member] or empty; increments [place, element] of the mean
    """
    elements, n = prior.shape[1], members.size
    # The order in which memory lies decides which index runs fastest.
    by_place = abs(prior.strides[0]) < abs(prior.strides[1])
    x = np.empty((BLOCK, elements, n))
    new, turned = np.empty(n), np.empty(n)
    for first in range(0, begin.size, BLOCK):
        count = min(BLOCK, begin.size - first)
        at = start + first
        for i in range(n):
            m = members[i]
            if by_place:
                for e in range(elements):
                    for p in range(count):
                        x[p, e, i] = prior[at + p, e, m]
            else:
                for p in range(count):
                    for e in range(elements):
                        x[p, e, i] = prior[at + p, e, m]
        for p in range(count):
            b, e1 = begin[first + p], end[first + p]
            for e in range(elements):
                mean = _element(x[p, e], rows, weights, which, b, e1, factor[first + p], new)
                increments[at + p, e] = _finish(x[p, e], mean, new, turned, after, rotation)
                for i in range(n):
                    x[p, e, i] = new[i]
        for i in range(n):
            m = members[i]
            if by_place:
                for e in range(elements):
                    for p in range(count):
                        posterior[at + p, e, m] = x[p, e, i]
            else:
                for p in range(count):
                    for e in range(elements):
                        posterior[at + p, e, m] = x[p, e, i]
