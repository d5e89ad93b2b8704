"""Slopes of faces from an elevation map that drains: at its borders, at its outlets, along its drainage network.

Source: Condon & Maxwell (2019)
"""

from __future__ import annotations

import numpy as np

from vadose.grid.terrain_slopes import EAST, NORTH, SOUTH, STEPS, WEST, edge, neighbour, outflow


def face_slopes(z: np.ndarray, dx: float, dy: float, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the faces toward x + 1 and y + 1; borders as `terrain` says."""
    active = ~np.isnan(z)
    slopes = []
    for size, after, before in ((dx, EAST, WEST), (dy, NORTH, SOUTH)):
        slope = (neighbour(z, after, np.nan) - z) / size
        behind = (z - neighbour(z, before, np.nan)) / size
        last = active & ~neighbour(active, after, False)
        slope[last] = np.where(ends & (behind < 0.0), behind, 0.0)[last]
        # A border without a slope of its own would let water out wherever its first cell's slope is positive.
        first = active & ~neighbour(active, before, False)
        slope[first & ~ends] = np.minimum(slope[first & ~ends], 0.0)
        slope[~active] = 0.0
        slopes.append(_beyond(slope, active, before))
    return slopes[0], slopes[1]


def _beyond(slope: np.ndarray, active: np.ndarray, before: int) -> np.ndarray:
    """Slopes with that of each first cell, where it lets water out, also on the inactive side of the border."""
    dy, dx = STEPS[before]
    after = EAST if dx else NORTH
    over = np.maximum(neighbour(slope, after, 0.0), 0.0)
    return np.where(~active & neighbour(active, after, False), over, slope)


def drainage_ways(
    slope_x: np.ndarray, slope_y: np.ndarray, active: np.ndarray, ends: np.ndarray, least: float
) -> np.ndarray:
    """Direction of the steepest descent inside the active cells, -1 where it leads out; opens outlets in place."""
    out = outflow(slope_x, slope_y, active)
    way = out.argmax(axis=0)
    steepest = out.max(axis=0)
    rim, near = edge(active), 0.999 * least  # the difference of two elevations is rounded
    for y, x in np.argwhere(ends & rim & (steepest < near)):
        _open(slope_x, slope_y, active, (y, x), least)
    inside = np.stack([neighbour(active, w, False) for w in range(4)])
    leads_out = ~np.take_along_axis(inside, way[None], axis=0)[0]
    return np.where(~active | leads_out | (steepest < near) | (ends & ~rim), -1, way)


def _open(slope_x: np.ndarray, slope_y: np.ndarray, active: np.ndarray, cell: tuple[int, int], least: float) -> None:
    """Let water out of a cell of the edge that is lower than all around, by the least slope over one border."""
    y, x = cell
    ny, nx = active.shape
    if x + 1 == nx or not active[y, x + 1]:
        slope_x[y, x] = -least
    elif y + 1 == ny or not active[y + 1, x]:
        slope_y[y, x] = -least
    elif x == 0 or not active[y, x - 1]:
        slope_x[y, x] = max(slope_x[y, x], least)
        if x:
            slope_x[y, x - 1] = slope_x[y, x]
    else:
        slope_y[y, x] = max(slope_y[y, x], least)
        if y:
            slope_y[y - 1, x] = slope_y[y, x]


def limit_secondary(slope_x: np.ndarray, slope_y: np.ndarray, active: np.ndarray, way: np.ndarray, most: float) -> None:
    """Limit the slopes of faces other than that of the drainage to a part of it, in place.

    Slopes that also let water out over a western or southern border stay.
    """
    limit = most * outflow(slope_x, slope_y, active).max(axis=0)
    for slope, after, before in ((slope_x, EAST, WEST), (slope_y, NORTH, SOUTH)):
        toward = slope < 0.0
        inside = active & neighbour(active, after, False) & (toward | neighbour(active, before, False))
        main = np.where(toward, way == after, neighbour(way, after, -1) == before)
        cap = np.where(toward, limit, neighbour(limit, after, 0.0))
        slope[:] = np.where(inside & ~main, np.sign(slope) * np.minimum(np.abs(slope), cap), slope)
