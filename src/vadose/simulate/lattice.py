"""Random fields on the sphere with a stated correlation, as functions of place: numbers at nodes, and a smooth kernel.

x(p) = sum_k w_k z_k / sqrt(sum_k w_k^2),  w_k = sqrt(a_k) exp(-2 |p - k|^2 / length^2),  z_k normal and independent

Its variance is 1 and its correlation exp(-(d / length)^2), with d the chord between two places; a_k is the area around
a node. Nodes stand on both poles and on circles of latitude, `SPACING` lengths apart; a place takes those within
`REACH` lengths of it. Which numbers a place takes depends on where it lies alone: tiles and the other places of a run
change nothing. The sum over nodes stands for the integral of the kernel: by Poisson's formula it is off by
2 exp(-pi^2 / (4 SPACING^2)), 1e-3 at 0.57 lengths.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

RADIUS = 6371.0  # km, of the Earth
SPACING = 0.57  # lengths, between nodes
# Of the area of a square of nodes, at a pole: what the circles around it leave of the integral of exp(-4 r^2), at 0.57.
POLE = 0.635
REACH = 1.8  # lengths, beyond which the kernel, 0.0015, is left out


@dataclass(frozen=True)
class Lattice:
    """The nodes that some places take, and how.

    nodes    [node] whole numbers, of the rows of all the sphere counted from the south
    start    [place + 1]; member `start[i]` .. `start[i + 1]` of the next two belong to place i
    which    [pair] positions in `nodes`;  weight  [pair], whose squares sum to 1 over a place
    """

    nodes: np.ndarray
    start: np.ndarray
    which: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, lat: np.ndarray, lon: np.ndarray, length: float) -> Lattice:
        """The nodes around places, degrees north and east, for a correlation that falls to 1/e over `length` km."""
        rows = max(2, round(math.pi * RADIUS / (SPACING * length)))
        # From pole to pole; around the equator there are twice as many nodes.
        circles = 2.0 * rows * np.cos(_latitude(np.arange(rows + 1), rows))
        columns = np.maximum(1, np.rint(circles)).astype(np.int64)
        before = np.concatenate([[0], np.cumsum(columns)])
        phi, lambda_ = np.radians(np.asarray(lat, float)), np.radians(np.asarray(lon, float) % 360.0)
        reach = REACH * length / RADIUS
        start, nodes, weight = _near(phi, lambda_, rows, columns, before, reach, length / RADIUS)
        known, which = np.unique(nodes, return_inverse=True)
        return cls(known, start, which.astype(np.int64).ravel(), weight)

    @classmethod
    def kept(cls, lat: np.ndarray, lon: np.ndarray, length: float) -> Lattice:
        """The same, kept for the next call with these places: members and days of a tile share them."""
        return _kept(np.asarray(lat, float).tobytes(), np.asarray(lon, float).tobytes(), length)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Numbers [node, step] of the nodes on the places, [step, place]; each sum in an order of its own place."""
        found: np.ndarray = _spread(self.start, self.which, self.weight, np.ascontiguousarray(values))
        return found


@functools.lru_cache(maxsize=16)
def _kept(lat: bytes, lon: bytes, length: float) -> Lattice:
    return Lattice.of(np.frombuffer(lat), np.frombuffer(lon), length)


@njit(cache=True, nogil=True)
def _latitude(row: Any, rows: int) -> Any:
    return math.pi * (row / rows - 0.5)


@njit(cache=True, nogil=True)
def _near(phi: Any, lambda_: Any, rows: int, columns: Any, before: Any, reach: float, length: float) -> Any:
    """Nodes within a chord of `reach` radii of each place, and their weights."""
    start = np.zeros(phi.size + 1, np.int64)
    nodes, weights = [np.int64(0) for _ in range(0)], [0.0 for _ in range(0)]
    arc = 2.0 * math.asin(min(1.0, 0.5 * reach))
    for i in range(phi.size):
        total = 0.0
        low = max(0, int(math.floor((phi[i] - arc + 0.5 * math.pi) / math.pi * rows)))
        high = min(rows, int(math.ceil((phi[i] + arc + 0.5 * math.pi) / math.pi * rows)))
        for row in range(low, high + 1):
            count = columns[row]
            north = _latitude(row, rows)
            flat = math.cos(phi[i]) * math.cos(north)
            rest = 0.25 * reach * reach - math.sin(0.5 * (north - phi[i])) ** 2
            if rest < 0.0:
                continue
            share = 1.0 if rest >= flat else math.asin(math.sqrt(rest / flat)) / math.pi
            area = POLE if row in (0, rows) else 2.0 * rows * math.cos(north) / count
            middle = lambda_[i] / (2.0 * math.pi) * count
            first = int(math.ceil(middle - share * count))
            last = min(int(math.floor(middle + share * count)), first + count - 1)
            for column in range(first, last + 1):
                east = math.sin(math.pi * column / count - 0.5 * lambda_[i])
                square = 4.0 * (math.sin(0.5 * (north - phi[i])) ** 2 + flat * east * east)
                w = math.sqrt(area) * math.exp(-2.0 * square / (length * length))
                nodes.append(before[row] + column % count)
                weights.append(w)
                total += w * w
        start[i + 1] = len(nodes)
        for k in range(start[i], start[i + 1]):
            weights[k] /= math.sqrt(total)
    return start, np.array(nodes), np.array(weights)


@njit(cache=True, nogil=True)
def _spread(start: Any, which: Any, weight: Any, values: Any) -> Any:
    places, steps = start.size - 1, values.shape[1]
    out = np.empty((steps, places))
    row = np.empty(steps)
    for i in range(places):
        row[:] = 0.0
        for k in range(start[i], start[i + 1]):
            w = weight[k]
            node = values[which[k]]
            for t in range(steps):
                row[t] += w * node[t]
        for t in range(steps):
            out[t, i] = row[t]
    return out
