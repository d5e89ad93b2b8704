"""Global cylindrical EASE-Grid 2.0: the equal-area grids of SMAP, SMOS and merged soil moisture.

x = a k0 (lambda - lambda0),  y = a q(phi) / (2 k0),  k0 = cos(phi1) / sqrt(1 - e^2 sin^2 phi1),  phi1 = 30 degrees
q = (1 - e^2) [sin phi / (1 - e^2 sin^2 phi) - ln((1 - e sin phi) / (1 + e sin phi)) / (2 e)]

The circle of 360 degrees is divided into a whole number of columns, so the cell is 2 pi a k0 / columns wide and high.
Source: Brodzik et al. (2012) section 3.1, with the cell sizes of the 2014 correction; WGS84
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vadose.errors import GridMismatch
from vadose.grid.latlon import LatLonGrid

SHAPES = {36: (406, 964), 25: (584, 1388), 9: (1624, 3856), 3: (4872, 11568)}  # rows, columns by nominal km
_A = 6378137.0  # m
_E = 0.081819190843  # first eccentricity, as the definition of the grid states it
_K0 = np.cos(np.radians(30.0)) / np.sqrt(1 - (_E * np.sin(np.radians(30.0))) ** 2)


def grid_shape(km: int) -> tuple[int, int]:
    """Rows and columns of the grid of `km`. Raises GridMismatch for a resolution that is not in SHAPES."""
    if km not in SHAPES:
        raise GridMismatch(f"no global EASE-Grid 2.0 of {km} km; expected one of {', '.join(map(str, SHAPES))}")
    return SHAPES[km]


def cell_size(km: int) -> float:
    """Width and height of a cell of the grid of `km`, m on the map."""
    return float(2 * np.pi * _A * _K0 / grid_shape(km)[1])


def forward(lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Map coordinates (x, y) m of points in degrees."""
    east = (np.asarray(lon, float) + 180) % 360 - 180
    return _A * _K0 * np.radians(east), _A * _q(np.radians(np.asarray(lat, float))) / (2 * _K0)


def inverse(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (lat, lon) in degrees of map coordinates in m; Newton's method on q, from the authalic latitude."""
    q = 2 * _K0 * np.asarray(y, float) / _A
    phi = np.arcsin(np.clip(q / _q(np.pi / 2), -1, 1))
    for _ in range(6):
        s = np.sin(phi)
        slope = 2 * (1 - _E**2) * np.cos(phi) / (1 - (_E * s) ** 2) ** 2
        # At the poles q is flat and the authalic latitude is exact.
        phi = np.where(slope > 1e-9, phi - (_q(phi) - q) / np.maximum(slope, 1e-9), phi)
    return np.degrees(phi), np.degrees(np.asarray(x, float) / (_A * _K0))


def row_column(km: int, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row (0 in the north) and column (0 at 180 W) of the cells that hold points; rows of points outside are -1."""
    rows, columns = grid_shape(km)
    x, y = forward(lat, lon)
    size = cell_size(km)
    row = np.floor(rows / 2 - y / size).astype(np.int64)
    column = np.floor(columns / 2 + x / size).astype(np.int64)
    return np.where((row >= 0) & (row < rows), row, -1), column.clip(0, columns - 1)


def centre(km: int, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude, in degrees, of cell centres; halves of a cell are allowed."""
    rows, columns = grid_shape(km)
    size = cell_size(km)
    return inverse((np.asarray(column) + 0.5 - columns / 2) * size, (rows / 2 - 0.5 - np.asarray(row)) * size)


def cell_index(km: int, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Position in the flattened `ease2(km)`, whose latitudes ascend, of rows that count from the north."""
    rows, columns = grid_shape(km)
    return (rows - 1 - np.asarray(row, np.int64)) * columns + np.asarray(column, np.int64)


@lru_cache(maxsize=4)
def ease2(km: int) -> LatLonGrid:
    """The grid of `km`, one of SHAPES, in canonical order: latitudes ascend, longitudes from 180 W."""
    rows, columns = grid_shape(km)
    lat = centre(km, np.arange(rows)[::-1], np.zeros(1))[0]
    edges = centre(km, np.arange(rows, -1, -1) - 0.5, np.zeros(1))[0]
    lon = -180 + 360 / columns * (np.arange(columns) + 0.5)
    sides = -180 + 360 / columns * np.arange(columns + 1)
    return LatLonGrid(lat, lon, np.stack([edges[:-1], edges[1:]], axis=1), np.stack([sides[:-1], sides[1:]], axis=1))


def km_of_shape(shape: tuple[int, ...]) -> int | None:
    """Nominal km of the grid with these rows and columns; None where there is none."""
    return next((km for km, known in SHAPES.items() if known == tuple(shape)), None)


def km_of_axes(lat: np.ndarray, lon: np.ndarray) -> int | None:
    """Nominal km of the grid whose centres these latitudes and longitudes are, in any order; None where there is none.

    lat, lon  [lat], [lon] degrees; NaN is passed over, as SMAP files leave coordinates out
    """
    km = km_of_shape((np.size(lat), np.size(lon)))
    if km is None:
        return None
    grid = ease2(km)
    east = (np.asarray(lon, float) + 180) % 360 - 180
    for values, known in ((np.asarray(lat, float), grid.lat), (east, grid.lon)):
        ordered = known if values[-1] > values[0] or np.isnan(values[[0, -1]]).any() else known[::-1]
        off = np.abs(values - ordered)
        if not np.isfinite(off).any() or np.nanmax(off) > 0.01:
            return None
    return km


def _q(phi: np.ndarray | float) -> np.ndarray:
    s = np.sin(phi)
    return np.asarray(
        (1 - _E**2) * (s / (1 - (_E * s) ** 2) - np.log((1 - _E * s) / (1 + _E * s)) / (2 * _E)), dtype=float
    )
