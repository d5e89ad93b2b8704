"""Shapes on the sphere: which points of a grid lie in a box, a polygon or a raster mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vadose.grid.composite import locate
from vadose.grid.latlon import bounds_from_centres

_BLOCK = 1 << 22  # edge-point pairs looked at together


class Shape(Protocol):
    """Where a region is. Longitudes are within [-180, 180), latitudes within [-90, 90], in degrees."""

    def on_grid(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """True where the point (lat[i], lon[j]) lies inside: bool [lat, lon]."""

    def at(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """True where the point (lat[i], lon[i]) lies inside: bool [point]."""

    def outline(self) -> list[np.ndarray]:
        """Lines [n, 2] lon, lat in degrees that bound the shape."""


@dataclass(frozen=True)
class Everywhere:
    """The whole globe."""

    def on_grid(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return np.ones((lat.size, lon.size), bool)

    def at(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return np.ones(lat.size, bool)

    def outline(self) -> list[np.ndarray]:
        return []


@dataclass(frozen=True)
class Box:
    """Latitudes south to north and longitudes west to east, edges inclusive; west > east crosses the date line."""

    south: float
    north: float
    west: float
    east: float

    def _lat(self, lat: np.ndarray) -> np.ndarray:
        return (lat >= self.south) & (lat <= self.north)

    def _lon(self, lon: np.ndarray) -> np.ndarray:
        if self.east - self.west >= 360:
            return np.ones(lon.size, bool)
        return (lon - self.west) % 360 <= (self.east - self.west) % 360

    def on_grid(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return self._lat(lat)[:, None] & self._lon(lon)[None, :]

    def at(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return self._lat(lat) & self._lon(lon)

    def outline(self) -> list[np.ndarray]:
        west, east = self.west, self.east
        if east - west >= 360:
            return [np.array([[-180.0, y], [180.0, y]]) for y in (self.south, self.north) if abs(y) < 90]
        if west <= east:
            return [_rectangle(self.south, self.north, west, east)]
        return [_rectangle(self.south, self.north, west, 180.0), _rectangle(self.south, self.north, -180.0, east)]


@dataclass(frozen=True, eq=False)
class Polygons:
    """Rings [n, 2] of lon, lat with straight edges in lon and lat, by the even-odd rule, so that holes are holes.

    South and west edges belong to a polygon, north and east ones do not: neighbours share no point.
    """

    rings: tuple[np.ndarray, ...]

    def _edges(self) -> np.ndarray:
        """Edges [edge, 4] lon0, lat0, lon1, lat1 with lat0 < lat1, level ones left out."""
        closed = [np.vstack([r, r[:1]]) for r in self.rings]
        edges = np.concatenate([np.hstack([r[:-1], r[1:]]) for r in closed])
        edges = edges[edges[:, 1] != edges[:, 3]]
        down = edges[:, 1] > edges[:, 3]
        edges[down] = edges[down][:, [2, 3, 0, 1]]
        return edges

    def on_grid(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        # Each crossing of a row with an edge flips all that lies east of it.
        lat = _below_pole(lat)
        edges = self._edges()
        first, last = np.searchsorted(lat, edges[:, 1]), np.searchsorted(lat, edges[:, 3])
        count = last - first
        edge = np.repeat(np.arange(len(edges)), count)
        row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        column = np.searchsorted(lon, _crossing(edges[edge], lat[row]))
        flips = np.bincount(row * (lon.size + 1) + column, minlength=lat.size * (lon.size + 1))
        odd = (flips & 1).astype(bool).reshape(lat.size, lon.size + 1)[:, :-1]
        return np.logical_xor.accumulate(odd, axis=1)

    def at(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        lat = _below_pole(lat)
        edges = self._edges()
        flips = np.zeros(lat.size, np.int64)
        step = max(1, _BLOCK // max(lat.size, 1))
        for start in range(0, len(edges), step):
            block = edges[start : start + step, :, None]
            spans = (block[:, 1] <= lat) & (lat < block[:, 3])
            flips += (spans & (_crossing(block.transpose(1, 0, 2), lat, axis=0) <= lon)).sum(axis=0)
        return (flips & 1).astype(bool)

    def outline(self) -> list[np.ndarray]:
        return [np.vstack([r, r[:1]]) for r in self.rings]


@dataclass(frozen=True, eq=False)
class Raster:
    """True cells of a regular map; a point belongs to the cell that holds it.

    lat [lat], lon [lon] cell centres, ascending, lon within [-180, 180); inside [lat, lon] bool
    """

    lat: np.ndarray
    lon: np.ndarray
    inside: np.ndarray

    def _cells(self, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # The last cell takes in its upper edge: a row of points may lie on the pole.
        bounds = bounds_from_centres(self.lat)
        rows = locate(np.where(lat == bounds[-1, 1], self.lat[-1], lat), bounds)
        return rows, locate(lon, bounds_from_centres(self.lon), 360.0)

    def on_grid(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        rows, cols = self._cells(lat, lon)
        return self.inside[np.ix_(rows, cols)] & (rows >= 0)[:, None] & (cols >= 0)

    def at(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        rows, cols = self._cells(lat, lon)
        return self.inside[rows, cols] & (rows >= 0) & (cols >= 0)

    def outline(self) -> list[np.ndarray]:
        """Cell edges between inside and outside, on a grid of 1 degree."""
        lat, lon = np.arange(-89.5, 90), np.arange(-179.5, 180)
        return [ring + (-180.0, -90.0) for ring in trace(self.on_grid(lat, lon))]


@dataclass(frozen=True, eq=False)
class Without:
    """One shape less others."""

    shape: Shape
    holes: tuple[Shape, ...]

    def on_grid(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        inside = self.shape.on_grid(lat, lon)
        for hole in self.holes:
            inside &= ~hole.on_grid(lat, lon)
        return inside

    def at(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        inside = self.shape.at(lat, lon)
        for hole in self.holes:
            inside &= ~hole.at(lat, lon)
        return inside

    def outline(self) -> list[np.ndarray]:
        return self.shape.outline()


def trace(inside: np.ndarray) -> list[np.ndarray]:
    """Rings [n, 2] of (column, row) corners around the True cells of a mask [row, column], corners only."""
    padded = np.pad(inside, 1)
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def link(cells: np.ndarray, start: tuple[int, int], end: tuple[int, int]) -> None:
        for row, col in np.argwhere(cells):
            following.setdefault((col + start[0], row + start[1]), []).append((col + end[0], row + end[1]))

    # Directed so that the inside lies to the left.
    link(inside & ~padded[:-2, 1:-1], (0, 0), (1, 0))
    link(inside & ~padded[1:-1, 2:], (1, 0), (1, 1))
    link(inside & ~padded[2:, 1:-1], (1, 1), (0, 1))
    link(inside & ~padded[1:-1, :-2], (0, 1), (0, 0))
    rings = []
    while following:
        start = next(iter(following))
        ring = [start]
        while True:
            ends = following[ring[-1]]
            ring.append(ends.pop())
            if not ends:
                del following[ring[-2]]
            if ring[-1] == start:
                break
        rings.append(_corners(np.array(ring, dtype=float)))
    return rings


def _corners(ring: np.ndarray) -> np.ndarray:
    step = np.diff(ring, axis=0)
    turn = np.any(step[1:] != step[:-1], axis=1)
    return ring[np.concatenate([[True], turn, [True]])]


def _crossing(edges: np.ndarray, lat: np.ndarray, axis: int = -1) -> np.ndarray:
    """Longitude at which edges that are not level cross a latitude."""
    x0, y0, x1, y1 = np.moveaxis(edges, axis, 0)
    return x0 + (lat - y0) / (y1 - y0) * (x1 - x0)


def _below_pole(lat: np.ndarray) -> np.ndarray:
    """Latitudes a hair below 90, so that a polygon that ends at the pole holds it."""
    return np.minimum(lat, 90.0 - 1e-9)


def _rectangle(south: float, north: float, west: float, east: float) -> np.ndarray:
    return np.array([[west, south], [east, south], [east, north], [west, north], [west, south]], dtype=float)
