"""Rectilinear latitude-longitude grids and sets of sites: where a value is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import GridMismatch


def bounds_from_centres(centres: np.ndarray) -> np.ndarray:
    """Cell bounds half way between centres: [n] -> [n, 2], extrapolated at both ends."""
    x = np.asarray(centres, dtype=float)
    if x.size < 2:
        raise GridMismatch(f"a coordinate without bounds needs at least 2 values, got {x.size}: add bounds to the file")
    middle = 0.5 * (x[1:] + x[:-1])
    edges = np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])
    return np.stack([edges[:-1], edges[1:]], axis=1)


@dataclass(frozen=True, eq=False)
class LatLonGrid:
    """A rectilinear grid in canonical order.

    lat      [lat] degrees north, ascending
    lon      [lon] degrees east, ascending within [-180, 180)
    lat_bnds [lat, 2] degrees, ascending, within [-90, 90]
    lon_bnds [lon, 2] degrees, ascending; the first or last cell may reach over the date line
    """

    lat: np.ndarray
    lon: np.ndarray
    lat_bnds: np.ndarray
    lon_bnds: np.ndarray

    def __post_init__(self) -> None:
        for name in ("lat", "lon"):
            x, b = getattr(self, name), getattr(self, f"{name}_bnds")
            if x.ndim != 1 or b.shape != (x.size, 2):
                raise GridMismatch(f"`{name}` must be [n] with bounds [n, 2], got {x.shape} and {b.shape}")
            if np.any(np.diff(x) <= 0):
                raise GridMismatch(f"`{name}` must ascend strictly")

    @classmethod
    def from_centres(cls, lat: np.ndarray, lon: np.ndarray) -> LatLonGrid:
        lat, lon = np.asarray(lat, float), np.asarray(lon, float)
        return cls(lat, lon, bounds_from_centres(lat).clip(-90, 90), bounds_from_centres(lon))

    @classmethod
    def regular(cls, step: float) -> LatLonGrid:
        """A global grid of square cells of `step` degrees, with edges on the poles and the date line."""
        lat_edges = np.linspace(-90, 90, round(180 / step) + 1)
        lon_edges = np.linspace(-180, 180, round(360 / step) + 1)
        return cls(
            0.5 * (lat_edges[1:] + lat_edges[:-1]),
            0.5 * (lon_edges[1:] + lon_edges[:-1]),
            np.stack([lat_edges[:-1], lat_edges[1:]], axis=1),
            np.stack([lon_edges[:-1], lon_edges[1:]], axis=1),
        )

    @property
    def shape(self) -> tuple[int, int]:
        return self.lat.size, self.lon.size

    @property
    def size(self) -> int:
        return self.lat.size * self.lon.size

    @cached_property
    def area(self) -> np.ndarray:
        """True cell areas [lat, lon] m2: R^2 (sin lat_n - sin lat_s) (lon_e - lon_w)."""
        band = np.diff(np.sin(np.radians(self.lat_bnds)), axis=1)
        width = np.diff(np.radians(self.lon_bnds), axis=1)
        return EARTH_RADIUS**2 * np.outer(band, width)

    @property
    def spacing(self) -> tuple[float, float]:
        """Mean cell size (latitude, longitude) in degrees."""
        return float(np.diff(self.lat_bnds).mean()), float(np.diff(self.lon_bnds).mean())

    def same_as(self, other: object) -> bool:
        return (
            isinstance(other, LatLonGrid)
            and self.shape == other.shape
            and np.allclose(self.lat_bnds, other.lat_bnds, atol=1e-6)
            and np.allclose(self.lon_bnds, other.lon_bnds, atol=1e-6)
        )


@dataclass(frozen=True, eq=False)
class Sites:
    """Points on the ground: flux towers, probes, wells.

    lat, lon [site] degrees, lon within [-180, 180); names [site]
    """

    lat: np.ndarray
    lon: np.ndarray
    names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int]:
        return (self.lat.size,)

    @property
    def size(self) -> int:
        return self.lat.size

    def same_as(self, other: object) -> bool:
        return isinstance(other, Sites) and self.names == other.names and np.allclose(self.lat, other.lat)
