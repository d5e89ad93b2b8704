"""From one grid to another: composite grids, first-order conservative weights, nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import GridMismatch
from vadose.grid.composite import Composite, IlambComposite, composite, composite_ilamb, recompose_ilamb
from vadose.grid.latlon import LatLonGrid

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = [
    "Composite",
    "IlambComposite",
    "Regridded",
    "apply_conservative",
    "composite",
    "composite_ilamb",
    "conservative",
    "like_resolution",
    "nearest",
    "recompose_ilamb",
]

_BLOCK = 48  # months at once, so that the float64 copies stay small
_METRES_PER_DEGREE = np.pi / 180.0 * EARTH_RADIUS


def conservative(source: LatLonGrid, target: LatLonGrid) -> csr_matrix:
    """Areas that the cells of two grids share on the sphere.

    A_ij = R^2 |[sin lat]_i and [sin lat]_j| |[lon]_i and [lon]_j|, longitude periodic

    Returns [target.size, source.size] m2, cells row-major. Rows sum to the target areas where the source covers
    them, columns to the source areas where the target does.
    Source: Jones (1999), first order
    """
    from scipy.sparse import csr_matrix, kron

    south_north = _shared(np.sin(np.radians(target.lat_bnds)), np.sin(np.radians(source.lat_bnds)), None)
    west_east = _shared(np.radians(target.lon_bnds), np.radians(source.lon_bnds), 2 * np.pi)
    return csr_matrix(kron(EARTH_RADIUS**2 * south_north, west_east, format="csr"))


@dataclass(frozen=True, eq=False)
class Regridded:
    """Values on the target cells that ever hold one.

    values   [cell, time] float32, NaN where missing
    cells    [cell] int32, row-major in the target grid
    fraction [cell] float32, part of the target cell that source cells (times their fraction) cover
    """

    values: np.ndarray
    cells: np.ndarray
    fraction: np.ndarray


def apply_conservative(
    weights: csr_matrix,
    values: np.ndarray,
    cells: np.ndarray,
    target: LatLonGrid,
    source_fraction: np.ndarray | None = None,
    minimum: float = 0.5,
) -> Regridded:
    """Area means of packed source values over the cells of the target grid.

    y_i(t) = sum_j A_ij f_j x_j(t) / sum_j A_ij f_j, over the j that hold a value at t

    weights         [target.size, source.size] m2 of `conservative`
    values          [cell, time], NaN where missing; cells [cell] row-major in the source grid
    source_fraction [cell] part of each source cell that the value stands for (land fraction); 1 without it
    minimum         a target cell has a value where at least this part of its usual overlap holds one
    """
    from scipy.sparse import diags

    packed = weights[:, cells]
    if source_fraction is not None:
        packed = packed @ diags(np.asarray(source_fraction, float))
    packed = packed.tocsr()
    usual = np.asarray(packed.sum(axis=1)).ravel()
    reached = np.flatnonzero(usual > 0)
    packed, usual = packed[reached], usual[reached]
    out = np.full((reached.size, values.shape[1]), np.nan, np.float32)
    for start in range(0, values.shape[1], _BLOCK):
        block = np.asarray(values[:, start : start + _BLOCK], dtype=float)
        valid = np.isfinite(block)
        if valid.all():
            out[:, start : start + _BLOCK] = (packed @ block) / usual[:, None]
            continue
        covered = packed @ valid.astype(float)
        enough = (covered > 0) & (covered >= (minimum - 1e-9) * usual[:, None])
        total = packed @ np.where(valid, block, 0.0)
        out[:, start : start + _BLOCK] = np.where(enough, total / np.where(enough, covered, 1.0), np.nan)
    ever = np.isfinite(out).any(axis=1)
    fraction = np.minimum(usual / target.area.ravel()[reached], 1.0)
    return Regridded(out[ever], reached[ever].astype(np.int32), fraction[ever].astype(np.float32))


def nearest(lat: np.ndarray, lon: np.ndarray, target: LatLonGrid, maximum: float | None = None) -> np.ndarray:
    """The source point nearest to each cell centre of the target, along the sphere.

    lat, lon  degrees, any shape (curvilinear [y, x] or unstructured [cell]); NaN where there is no point
    maximum   m; without it, the distance from that source point to its fourth neighbour
    Returns [target.size] index into the flattened source, -1 where no point is near enough.
    """
    from scipy.spatial import cKDTree

    lat, lon = np.ravel(lat), np.ravel(lon)
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    if known.size < 2:
        raise GridMismatch(f"a grid needs at least 2 points with latitude and longitude, got {known.size}")
    points = _on_sphere(lat[known], lon[known])
    tree = cKDTree(points)
    target_lat, target_lon = np.meshgrid(target.lat, target.lon, indexing="ij")
    distance, index = tree.query(_on_sphere(target_lat.ravel(), target_lon.ravel()))
    if maximum is None:
        around = tree.query(points, k=min(5, known.size))[0][:, -1]
        near = distance <= around[index] * (1 + 1e-9)
    else:
        near = distance <= 2 * np.sin(min(maximum / EARTH_RADIUS, np.pi) / 2)
    return np.where(near, known[index], -1)


def like_resolution(lat: np.ndarray, lon: np.ndarray) -> LatLonGrid:
    """A regular grid over the extent of a curvilinear or unstructured one, with cells of its median size.

    lat, lon  degrees, [y, x] or [cell]
    The cells are those of a global grid of 360/n degrees, so that fields of one model share them.
    """
    from scipy.spatial import cKDTree

    lat, lon = np.ravel(lat), np.ravel(lon)
    known = np.isfinite(lat) & np.isfinite(lon)
    if known.sum() < 2:
        raise GridMismatch(f"a grid needs at least 2 points with latitude and longitude, got {known.sum()}")
    lat, lon = lat[known], (lon[known] + 180) % 360 - 180
    points = _on_sphere(lat, lon)
    # Of the four nearest, the mean distance: cells need not be square.
    near = cKDTree(points).query(points, k=min(5, lat.size))[0][:, 1:]
    step = float(np.degrees(np.median(near.mean(axis=1))))
    if not step > 0:
        raise GridMismatch(
            "most points of the grid lie upon one another: check the latitudes and longitudes of the file"
        )
    whole = LatLonGrid.regular(180.0 / max(1, round(180.0 / step)))
    size = whole.spacing[0]
    row = (whole.lat > lat.min() - size / 2) & (whole.lat < lat.max() + size / 2)
    columns = np.unique(_column(lon, size))
    ring = np.sort(lon)
    gaps = np.diff(np.append(ring, ring[0] + 360))
    widest = int(np.argmax(gaps))
    if gaps[widest] <= 3 * size or columns.size > 0.9 * whole.lon.size:
        col = np.ones(whole.lon.size, bool)
    else:
        west, east = ring[(widest + 1) % ring.size] - size / 2, ring[widest] + size / 2
        col = (whole.lon - west) % 360 <= (east - west) % 360
    return LatLonGrid(whole.lat[row], whole.lon[col], whole.lat_bnds[row], whole.lon_bnds[col])


def _column(lon: np.ndarray, size: float) -> np.ndarray:
    """Column of each longitude within [-180, 180) in a global grid of `size` degrees."""
    return np.floor((np.asarray(lon) + 180) / size).astype(int)


def _shared(target: np.ndarray, source: np.ndarray, period: float | None) -> csr_matrix:
    """Lengths [target, source] that two sets of ascending intervals share."""
    from scipy.sparse import coo_matrix

    rows, cols, data = [], [], []
    for shift in (0.0,) if period is None else (0.0, period, -period):
        low, high = source[:, 0] + shift, source[:, 1] + shift
        first = np.searchsorted(high, target[:, 0], side="right")
        last = np.searchsorted(low, target[:, 1], side="left")
        count = np.maximum(last - first, 0)
        row = np.repeat(np.arange(len(target)), count)
        col = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        rows.append(row)
        cols.append(col)
        data.append(np.minimum(target[row, 1], high[col]) - np.maximum(target[row, 0], low[col]))
    length = np.concatenate(data)
    keep = length > 0
    where = np.concatenate(rows)[keep], np.concatenate(cols)[keep]
    return coo_matrix((length[keep], where), shape=(len(target), len(source))).tocsr()


def _on_sphere(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Unit vectors [point, 3] of latitudes and longitudes in degrees."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)
