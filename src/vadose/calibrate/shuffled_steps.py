"""The steps of the shuffled complex evolution for one cell, compiled; both engines are made of these and nothing else.

Duan, Sorooshian & Gupta (1992), Water Resour. Res. 28, 1015-1031; Duan, Gupta & Sorooshian (1993), J. Optim. Theory
Appl. 76, 501-521; Duan, Sorooshian & Gupta (1994), J. Hydrol. 158, 265-284. Their letters: n parameters, p complexes
of m points, q parents, s = p m points; u_q the worst parent, g the centroid of the others.

Points stay in their rows; `order` holds the rows from best to worst, `member` those of the complex at work. A complex
is kept sorted, so that parents in the order of their places are sorted too. Infeasible points have the value inf.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from vadose.numerics.splitmix import GAMMA, MIX_1, S11, mix

UNIT = 2.0**-53


class Design(NamedTuple):
    """What both engines need of the settings; numbers only."""

    complexes: int  # p
    members: int  # m
    parents: int  # q
    offspring: int  # alpha
    steps: int  # beta
    evaluations: int
    loops: int  # k, over which the change of the best value counts
    change: float
    range: float


class Room(NamedTuple):
    """What one cell works on; with a leading [cell] on each, what many work on."""

    low: Any  # [parameter]
    high: Any  # [parameter]
    points: Any  # [s, parameter + 1], the value last
    order: Any  # [s] rows from best to worst
    member: Any  # [m] rows of the complex, from best to worst
    parent: Any  # [q + 1] places in the complex, ascending; the last is room for `choose`
    weight: Any  # [m] of each place, 0 where it is a parent
    centroid: Any  # [parameter]
    trial: Any  # [parameter] the point to be evaluated next
    best: Any  # [loops + 1] best values, one a loop, over and over
    random: Any  # [1] uint64, state of the generator


def rooms(lower: np.ndarray, upper: np.ndarray, state: np.ndarray, design: Design) -> Room:
    """Room for the cells of lower, upper [cell, parameter] and state [cell] uint64."""
    cells, n = lower.shape
    p, m, q = design.complexes, design.members, design.parents
    return Room(
        low=np.array(lower, float, order="C"),
        high=np.array(upper, float, order="C"),
        points=np.full((cells, p * m, n + 1), np.inf),
        order=np.tile(np.arange(p * m), (cells, 1)),
        member=np.zeros((cells, m), np.int64),
        parent=np.zeros((cells, q + 1), np.int64),
        weight=np.zeros((cells, m), np.int64),
        centroid=np.zeros((cells, n)),
        trial=np.zeros((cells, n)),
        best=np.full((cells, design.loops + 1), np.inf),
        random=np.array(state, np.uint64).reshape(cells, 1),
    )


@njit(cache=True, nogil=True)
def at(all_rooms: Any, c: Any) -> Any:
    """The room of cell c."""
    r = all_rooms
    return Room(
        r.low[c], r.high[c], r.points[c], r.order[c], r.member[c], r.parent[c], r.weight[c], r.centroid[c], r.trial[c],
        r.best[c], r.random[c],
    )  # fmt: skip


@njit(cache=True, nogil=True)
def uniform(state: Any) -> Any:
    """The next number in [0, 1), 53 bits."""
    state[0] += GAMMA
    return np.float64(mix(state[0]) >> S11) * UNIT


@njit(cache=True, nogil=True)
def first_states(seed: Any, streams: Any) -> Any:
    """State of the generator of each cell, [cell] uint64, from the seed and the identity of the cell alone."""
    out = np.empty(streams.size, np.uint64)
    key = mix(seed + GAMMA)
    for i in range(streams.size):
        out[i] = mix(key ^ mix(streams[i] + MIX_1))
    return out


@njit(cache=True, nogil=True)
def anywhere(low: Any, high: Any, trial: Any, random: Any) -> Any:
    """Trial: a point drawn from the whole of the bounds."""
    for j in range(trial.size):
        trial[j] = min(low[j] + uniform(random) * (high[j] - low[j]), high[j])


@njit(cache=True, nogil=True)
def keep(points: Any, trial: Any, row: Any, value: Any) -> Any:
    """The trial and its value become the point of a row."""
    n = trial.size
    for j in range(n):
        points[row, j] = trial[j]
    points[row, n] = value


@njit(cache=True, nogil=True)
def sort(points: Any, order: Any) -> Any:
    """Rows from best to worst; equals stay in the order they had (insertion: the complexes come sorted)."""
    n = points.shape[1] - 1
    for i in range(1, order.size):
        row = order[i]
        value = points[row, n]
        k = i
        while k > 0 and value < points[order[k - 1], n]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = row


@njit(cache=True, nogil=True)
def take_complex(order: Any, member: Any, k: Any, complexes: Any) -> Any:
    """Complex k gets every p-th of the sorted points, from the k-th on; 1992, step 3."""
    for i in range(member.size):
        member[i] = order[k + i * complexes]


@njit(cache=True, nogil=True)
def return_complex(order: Any, member: Any, k: Any, complexes: Any) -> Any:
    """The points of complex k go back; 1992, step 5."""
    for i in range(member.size):
        order[k + i * complexes] = member[i]


@njit(cache=True, nogil=True)
def choose(member: Any, parent: Any, weight: Any, random: Any) -> Any:
    """Parents without repetition, place i = 1..m with weight m + 1 - i: 1992, CCE steps 1 and 2."""
    m, q = member.size, parent.size - 1
    total = m * (m + 1) // 2
    for i in range(m):
        weight[i] = m - i
    for _ in range(q):
        t = np.int64(uniform(random) * total)
        place = 0
        while t >= weight[place]:
            t -= weight[place]
            place += 1
        total -= weight[place]
        weight[place] = 0
    k = 0
    for i in range(m):
        parent[k] = i  # written over unless i is a parent
        k += weight[i] == 0


@njit(cache=True, nogil=True)
def worst(points: Any, member: Any, parent: Any) -> Any:
    """Value of the worst parent."""
    return points[member[parent[parent.size - 2]], points.shape[1] - 1]


@njit(cache=True, nogil=True)
def reflect(low: Any, high: Any, points: Any, member: Any, parent: Any, centroid: Any, trial: Any) -> Any:
    """Trial: 2 g - u_q. Returns whether it lies within the bounds; CCE step 4 b."""
    others, n, g = parent.size - 2, trial.size, centroid
    for j in range(n):
        g[j] = 0.0
    for i in range(others):
        row = member[parent[i]]
        for j in range(n):
            g[j] += points[row, j]
    row = member[parent[others]]
    inside = True
    for j in range(n):
        g[j] /= others
        r = 2.0 * g[j] - points[row, j]
        trial[j] = r
        inside &= (low[j] <= r) & (r <= high[j])
    return inside


@njit(cache=True, nogil=True)
def contract(points: Any, member: Any, parent: Any, centroid: Any, trial: Any) -> Any:
    """Trial: (g + u_q) / 2; CCE step 4 d."""
    w = member[parent[parent.size - 2]]
    for j in range(trial.size):
        trial[j] = 0.5 * (centroid[j] + points[w, j])


@njit(cache=True, nogil=True)
def mutate(points: Any, member: Any, trial: Any, random: Any) -> Any:
    """Trial: a point drawn from the smallest box that holds the complex; CCE steps 4 c and 4 e."""
    for j in range(trial.size):
        low = high = points[member[0], j]
        for i in range(1, member.size):
            v = points[member[i], j]
            low = v if v < low else low
            high = v if v > high else high
        trial[j] = min(low + uniform(random) * (high - low), high)


@njit(cache=True, nogil=True)
def replace_worst(points: Any, member: Any, parent: Any, trial: Any, value: Any) -> Any:
    """The trial takes the place of the worst parent; complex and parents stay sorted; CCE steps 4 f and 5."""
    n, q = trial.size, parent.size - 1
    i = parent[q - 1]
    row = member[i]
    keep(points, trial, row, value)
    while i > 0 and value < points[member[i - 1], n]:
        member[i] = member[i - 1]
        i -= 1
    while i < member.size - 1 and points[member[i + 1], n] < value:
        member[i] = member[i + 1]
        i += 1
    member[i] = row
    old = parent[q - 1]
    if i <= old:
        # Parents between the new place and the old one have each moved one place down.
        k = q - 1
        while k > 0 and parent[k - 1] >= i:
            parent[k] = parent[k - 1] + 1
            k -= 1
        parent[k] = i
    else:
        parent[q - 1] = i


@njit(cache=True, nogil=True)
def geometric_range(low: Any, high: Any, points: Any) -> Any:
    """Geometric mean over the parameters of (max - min of the points) / (width of the bounds).

    Parameters without width are left out; 0 where all are.
    """
    total, number = 0.0, 0
    for j in range(low.size):
        width = high[j] - low[j]
        if width > 0.0:
            least = most = points[0, j]
            for i in range(1, points.shape[0]):
                v = points[i, j]
                least = v if v < least else least
                most = v if v > most else most
            if most <= least:
                return 0.0
            total += np.log((most - least) / width)
            number += 1
    return np.exp(total / number) if number else 0.0


@njit(cache=True, nogil=True)
def settled(low: Any, high: Any, points: Any, order: Any, best: Any, loop: Any, design: Any) -> Any:
    """After loop 1, 2, ...: 0 to go on, 1 where the best value no longer changes, 2 where the points have met."""
    size = best.size
    now = points[order[0], low.size]
    best[loop % size] = now
    if geometric_range(low, high, points) <= design.range:
        return 2
    if loop < size - 1 or design.change == 0.0:
        return 0
    mean = 0.0
    for i in range(size):
        mean += abs(best[i])
    return 1 if best[(loop + 1) % size] - now <= design.change * mean / size else 0
