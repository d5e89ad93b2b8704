"""Elevation maps that drain: depressions cut or filled, a least slope, and the network of the flow over four faces.

Source: Wang & Liu (2006) and drainage networks through pyflwdir (Eilander, Deltares); Metz et al. (2011);
Barnes et al. (2014)
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from vadose.errors import ConfigError
from vadose.grid.terrain_slopes import STEPS

_CODES = np.array([1, 16, 4, 64], np.uint8)  # of the library for +x, -x, the next row and the one before
_NOISE = 1e-3  # m
_HERE, _NOWHERE = np.uint8(0), np.uint8(247)  # codes of an outlet and of a cell outside


def library() -> Any:
    """pyflwdir, imported when it is needed; ConfigError where it is not installed."""
    try:
        import pyflwdir  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError("drainage of an elevation map needs pyflwdir; pip install 'vadose[terrain]'") from error
    return pyflwdir


@dataclass(frozen=True, eq=False)
class Ends:
    """Where water may leave an elevation map, [y, x] bool.

    outlets         cells by which it leaves
    shut_x, shut_y  cells that their eastern, northern neighbour may not drain into
    """

    outlets: np.ndarray
    shut_x: np.ndarray
    shut_y: np.ndarray


def fill(elevation: np.ndarray, ends: Ends) -> np.ndarray:
    """Elevation [y, x] m with every depression filled to its lowest pass; NaN outside.

    Source: Wang & Liu (2006)
    """
    outlets = np.flatnonzero(ends.outlets)
    filled = library().fill_depressions(elevation, idxs_pit=outlets, nodata=np.nan, connectivity=4)[0]
    # The library orders cells by float32; what it changes by less than that can hold is no depression.
    return np.where(filled - elevation > _NOISE, filled, elevation)


def carve(elevation: np.ndarray, ends: Ends) -> np.ndarray:
    """Elevation [y, x] m changed so little that it nowhere rises along the way of the water; NaN outside.

    The way descends to the bottom of each depression and leaves over its lowest pass; of all surfaces that descend
    along it this one has the least sum of squared changes.
    Source: Metz et al. (2011) for the way; Pardalos & Xue (1999) for the change
    """
    _, downstream, order = flood(elevation, ends.outlets, ends.shut_x, ends.shut_y, -np.inf, -np.inf)
    return np.asarray(descending(elevation.ravel(), downstream, order[::-1])).reshape(elevation.shape)


def with_least_slope(elevation: np.ndarray, ends: Ends, rise_x: float, rise_y: float) -> np.ndarray:
    """The lowest surface [y, x] m nowhere below the map that descends from every cell to an outlet; NaN outside.

    rise_x, rise_y  m, least descent from a cell to the next along x and y
    """
    level, _, _ = flood(elevation, ends.outlets, ends.shut_x, ends.shut_y, rise_x, rise_y)
    return np.where(np.isnan(elevation), np.nan, level)


@njit(cache=True)
def flood(
    z: np.ndarray, outlets: np.ndarray, shut_x: np.ndarray, shut_y: np.ndarray, rise_x: float, rise_y: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reach all cells from the outlets, the lowest first, each at least a rise above the cell it drains to.

    z [y, x] m, NaN outside;  outlets, shut_x, shut_y as of `Ends`;  rise_x, rise_y m, -inf leaves z as it is
    Returns level [y, x] m, inf where no way leads; downstream [cell], the flat index drained to, its own at outlets;
    and the cells reached, in order. Source: Barnes et al. (2014), the least rise given by the distance
    """
    ny, nx = z.shape
    level = np.full((ny, nx), np.inf)
    downstream = np.arange(ny * nx)
    order, reached = np.empty(ny * nx, np.int64), 0
    done = np.zeros((ny, nx), np.bool_)
    queue = [(0.0, 0, 0) for _ in range(0)]
    for y in range(ny):
        for x in range(nx):
            if outlets[y, x]:
                level[y, x] = z[y, x]
                heapq.heappush(queue, (z[y, x], y, x))
    while len(queue) > 0:
        z0, y, x = heapq.heappop(queue)
        if done[y, x]:
            continue
        done[y, x] = True
        order[reached] = y * nx + x
        reached += 1
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            if (dx == 1 and shut_x[y, x]) or (dy == 1 and shut_y[y, x]):
                continue
            j, i = y + dy, x + dx
            if j < 0 or i < 0 or j == ny or i == nx or done[j, i] or np.isnan(z[j, i]):
                continue
            lifted = max(z[j, i], z0 + (rise_x if dx != 0 else rise_y))
            if lifted < level[j, i]:
                level[j, i] = lifted
                downstream[j * nx + i] = y * nx + x
                heapq.heappush(queue, (lifted, j, i))
    return level, downstream, order[:reached]


@njit(cache=True)
def descending(z: np.ndarray, downstream: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Of all elevations that never rise along `downstream` the nearest to z by least squares, [cell] m.

    downstream [cell] index, its own at outlets;  cells  indices, each before the cell it drains to
    Cells pool with the lowest pool above them as long as that lies lower than they do.
    Source: Pardalos & Xue (1999), isotonic regression on a tree
    """
    mean, count, pool = z.copy(), np.ones(z.size, np.int64), np.arange(z.size)
    # The pools above each pool, the lowest first: pairing heaps of first child and next sibling.
    above, child, sibling = np.full(z.size, -1), np.full(z.size, -1), np.full(z.size, -1)
    for cell in cells:
        while above[cell] >= 0 and mean[above[cell]] < mean[cell]:
            low = above[cell]
            rest = _without_first(low, mean, child, sibling)
            count[cell] += count[low]
            mean[cell] += (mean[low] - mean[cell]) * count[low] / count[cell]
            pool[low] = cell
            above[cell] = _joined(rest, above[low], mean, child, sibling)
        below = downstream[cell]
        if below != cell:
            above[below] = _joined(above[below], cell, mean, child, sibling)
    for cell in cells[::-1]:
        mean[cell] = mean[pool[cell]]
    return mean


@njit(cache=True)
def _joined(a: int, b: int, key: np.ndarray, child: np.ndarray, sibling: np.ndarray) -> int:
    """The first of two pairing heaps made one; -1 is an empty heap."""
    if a < 0 or b < 0:
        return max(a, b)
    if key[b] < key[a]:
        a, b = b, a
    sibling[b] = child[a]
    child[a] = b
    return a


@njit(cache=True)
def _without_first(first: int, key: np.ndarray, child: np.ndarray, sibling: np.ndarray) -> int:
    """The first of a pairing heap after its first was taken out."""
    rest, pairs = child[first], -1
    child[first] = -1
    while rest >= 0:
        a, b = rest, sibling[rest]
        rest = -1 if b < 0 else sibling[b]
        sibling[a] = -1
        if b >= 0:
            sibling[b] = -1
        pair = _joined(a, b, key, child, sibling)
        sibling[pair] = pairs
        pairs = pair
    heap = -1
    while pairs >= 0:
        following = sibling[pairs]
        sibling[pairs] = -1
        heap = _joined(heap, pairs, key, child, sibling)
        pairs = following
    return heap


def network(way: np.ndarray, active: np.ndarray) -> Any:
    """The library's network of cells that drain in direction `way` [y, x], -1 at outlets."""
    codes = np.where(way >= 0, _CODES[way], _HERE)
    codes[~active] = _NOWHERE
    return library().from_array(codes, ftype="d8", check_ftype=False)


def drainage_area(network: Any, active: np.ndarray, cell: float) -> np.ndarray:
    """Area that drains through each cell, its own included: [y, x] m2, 0 outside; `cell` m2."""
    cells = np.asarray(network.upstream_area(unit="cell"))
    return np.where(active, cells * cell, 0.0)


def stream_order(network: Any, river: np.ndarray) -> np.ndarray:
    """Strahler order of river cells [y, x], 0 elsewhere."""
    order = np.asarray(network.stream_order(type="strahler", mask=river))
    return np.where(river, order, 0).astype(int)


def downstream(way: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Flat index of the cell that each cell drains to, its own at outlets, -1 outside: [y, x] int64."""
    ny, nx = way.shape
    shift = np.array([dy * nx + dx for dy, dx in STEPS])
    own = np.arange(ny * nx).reshape(ny, nx)
    return np.where(active, np.where(way >= 0, own + shift[way], own), -1)
