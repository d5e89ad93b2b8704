"""Area means of large maps over the cells of a study: the map is read in strips and is never held whole.

y_ij = sum_ab S_ia W_jb x_ab / sum_ab S_ia W_jb [x_ab is there],  S = shared sin(lat), W = shared lon

A rectilinear grid makes the weights of `vadose.grid.regrid.conservative` a product, so that each axis is done alone.
Source: Jones (1999), first order
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.regrid import conservative

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Produce = Callable[[slice, slice], list[np.ndarray]]
_VALUES = 4_000_000  # values of a strip: 32 MB as float64
_SMALL = 4_000_000  # cells of a map that is read whole for sites


def area_sums(grid: LatLonGrid, cells: Cells, produce: Produce) -> tuple[list[np.ndarray], np.ndarray]:
    """Areas times values of a map within the cells, and the part of each cell that the map reaches.

    produce  gives, for rows and columns of the map, arrays without NaN
    Returns ([cell] m2 times each array, [cell] between 0 and 1). At sites: the values themselves, and 1 or 0.
    """
    if isinstance(cells.grid, Sites):
        return _at_sites(grid, cells, produce)
    target = cells.grid
    south_north, west_east = _axis_weights(grid, target)
    shape = target.shape
    rows, columns = _touched(south_north), _touched(west_east)
    scale = 1.0 / (4 * np.pi * EARTH_RADIUS**2)  # the product of both counts the sphere twice
    reached = np.outer(np.asarray(south_north.sum(axis=1)).ravel(), np.asarray(west_east.sum(axis=1)).ravel()) * scale
    part = np.minimum(reached.ravel()[cells.index] / target.area.ravel()[cells.index], 1.0)
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return [], part
    east = west_east[:, columns].T.tocsr()
    sums: list[np.ndarray] = []
    step = max(1, _VALUES // (columns.stop - columns.start))
    for start in range(rows.start, rows.stop, step):
        strip = slice(start, min(start + step, rows.stop))
        block = south_north[:, strip]
        into = np.flatnonzero(np.diff(block.indptr))
        arrays = produce(strip, columns)
        sums = sums or [np.zeros(shape) for _ in arrays]
        for total, x in zip(sums, arrays, strict=True):
            total[into] += block[into] @ (np.asarray(x, float) @ east) * scale
    return [total.ravel()[cells.index] for total in sums], part


def _axis_weights(grid: LatLonGrid, target: LatLonGrid) -> tuple[csr_matrix, csr_matrix]:
    """Weights of latitudes and of longitudes, each as areas of bands around, and of slices of, the whole sphere."""

    def bands(g: LatLonGrid) -> LatLonGrid:
        return LatLonGrid(g.lat, np.zeros(1), g.lat_bnds, np.array([[-180.0, 180.0]]))

    def slices(g: LatLonGrid) -> LatLonGrid:
        return LatLonGrid(np.zeros(1), g.lon, np.array([[-90.0, 90.0]]), g.lon_bnds)

    return conservative(bands(grid), bands(target)), conservative(slices(grid), slices(target))


def _touched(weights: csr_matrix) -> slice:
    """The range of source rows or columns that any target shares."""
    used = np.unique(weights.indices)
    return slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 0)


def _at_sites(grid: LatLonGrid, cells: Cells, produce: Produce) -> tuple[list[np.ndarray], np.ndarray]:
    row = _interval(grid.lat_bnds, cells.lat)
    column = np.full(cells.size, -1)
    for turn in (0.0, 360.0, -360.0):
        column = np.where(column >= 0, column, _interval(grid.lon_bnds, cells.lon + turn))
    inside = (row >= 0) & (column >= 0)
    sums: list[np.ndarray] = []
    if not inside.any():
        return sums, inside.astype(float)
    whole = produce(slice(0, grid.shape[0]), slice(0, grid.shape[1])) if grid.size <= _SMALL else None
    for i in np.flatnonzero(inside):
        r, c = int(row[i]), int(column[i])
        if whole is None:
            found = [float(x[0, 0]) for x in produce(slice(r, r + 1), slice(c, c + 1))]
        else:
            found = [float(x[r, c]) for x in whole]
        sums = sums or [np.zeros(cells.size) for _ in found]
        for total, value in zip(sums, found, strict=True):
            total[i] = value
    return sums, inside.astype(float)


def _interval(bounds: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The interval that holds each number, -1 for none."""
    known = np.isfinite(x)
    place = np.searchsorted(bounds[:, 0], np.where(known, x, 0.0), side="right") - 1
    safe = place.clip(0)
    return np.where(known & (place >= 0) & (x <= bounds[safe, 1]), safe, -1)
