"""Which columns of a model an observation sees, and with what weights: the horizontal half of an operator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import DataError, GridMismatch
from vadose.observe.error import check_positive

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Columns:
    """Sparse weights [observation, column]; those of one observation sum to 1, or there are none.

    observation, column, weight  [entry], by observation
    shape     (observations, columns of the model)
    distance  [observation] m, great circle from the observation to the nearest centre of a column
    covered   [observation] part of the footprint that columns cover; 0 or 1 for a point
    """

    observation: np.ndarray
    column: np.ndarray
    weight: np.ndarray
    shape: tuple[int, int]
    distance: np.ndarray
    covered: np.ndarray

    @property
    def size(self) -> int:
        """Number of observations."""
        return self.shape[0]

    @cached_property
    def inside(self) -> np.ndarray:
        """[observation] True where there is any column for it."""
        return np.bincount(self.observation, minlength=self.size) > 0

    @cached_property
    def _packed(self) -> tuple[np.ndarray, csr_array]:
        """The columns that are used, and the weights [observation, used column]."""
        from scipy.sparse import csr_array

        used, place = np.unique(self.column, return_inverse=True)
        return used, csr_array((self.weight, (self.observation, place)), shape=(self.size, used.size))

    def mean(self, values: np.ndarray) -> np.ndarray:
        """[..., column] -> [..., observation], NaN where an observation has no column.

        Raises GridMismatch where the model has another number of columns.
        """
        values = np.asarray(values, float)
        if not values.ndim or values.shape[-1] != self.shape[1]:
            raise GridMismatch(f"the state must end in {self.shape[1]} columns, got {values.shape}")
        used, matrix = self._packed
        seen = values[..., used].reshape(-1, used.size)
        out = (matrix @ seen.T).T.reshape(*values.shape[:-1], self.size)
        return np.where(self.inside, out, np.nan)

    def part(self, which: np.ndarray) -> Columns:
        """Some of the observations: a mask or positions."""
        chosen = np.arange(self.size)[which]
        if chosen.size and np.any(np.diff(chosen) <= 0):
            raise GridMismatch("positions of observations must ascend strictly")
        place = np.full(self.size, -1)
        place[chosen] = np.arange(chosen.size)
        kept = place[self.observation] >= 0
        return Columns(
            place[self.observation[kept]], self.column[kept], self.weight[kept], (chosen.size, self.shape[1]),
            self.distance[chosen], self.covered[chosen],
        )  # fmt: skip


def nearest_columns(
    lat: np.ndarray, lon: np.ndarray, cell_lat: np.ndarray, cell_lon: np.ndarray, limit: float
) -> Columns:
    """The column whose centre is nearest to each observation on a great circle.

    lat, lon            [observation] degrees;  cell_lat, cell_lon  [column] degrees
    limit               m; observations farther from any centre have no column
    Raises DataError for coordinates that are missing or no degrees.
    """
    check_positive("limit", limit)
    distance, place = tree_of(cell_lat, cell_lon).query(directions(lat, lon))
    distance = arc(distance)
    found = np.flatnonzero(distance <= limit)
    return Columns(
        found, place[found], np.ones(found.size), (distance.size, np.size(cell_lat)), distance,
        (distance <= limit).astype(float),
    )  # fmt: skip


def normalised(
    observation: np.ndarray, column: np.ndarray, part: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entries with part > 0, ordered by observation, whose weights sum to 1 in each: (observation, column, weight)."""
    kept = part > 0
    observation, column, part = observation[kept], column[kept], part[kept]
    order = np.lexsort((column, observation))
    observation, column, part = observation[order], column[order], part[order]
    total = np.bincount(observation, part, minlength=shape[0])
    return observation, column, part / total[observation]


def directions(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Unit vectors [point, 3] of points in degrees. Raises DataError for what are no degrees."""
    lat, lon = np.atleast_1d(np.asarray(lat, float)).ravel(), np.atleast_1d(np.asarray(lon, float)).ravel()
    if lat.shape != lon.shape:
        raise DataError(f"latitudes and longitudes differ in number: {lat.size} and {lon.size}")
    bad = ~(np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90) & (np.abs(lon) <= 360))
    if bad.any():
        first = int(np.argmax(bad))
        raise DataError(
            f"{int(bad.sum())} of {lat.size} coordinates are no degrees, the first is latitude {lat[first]:g}, "
            f"longitude {lon[first]:g}; give degrees north and east"
        )
    north, east = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


def tree_of(lat: np.ndarray, lon: np.ndarray) -> Any:
    """A search tree of points in degrees on the unit sphere."""
    from scipy.spatial import cKDTree

    points = directions(lat, lon)
    if not points.size:
        raise DataError("the model has no columns: nothing can be observed")
    return cKDTree(points)


def arc(chord: np.ndarray) -> np.ndarray:
    """Great-circle distance m of a chord between unit vectors."""
    return 2 * EARTH_RADIUS * np.arcsin(np.clip(np.asarray(chord) / 2, 0.0, 1.0))


def chord(distance: float) -> float:
    """Chord between unit vectors of a great-circle distance m."""
    return float(2 * np.sin(min(distance / (2 * EARTH_RADIUS), np.pi / 2)))
