"""Which observations a place hears and how loud: lists made batch by batch, so that memory is linear in the grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix
from scipy.spatial import cKDTree

from vadose.assimilate.tapers import Taper, taper_of
from vadose.constants import EARTH_RADIUS
from vadose.errors import ConfigError, DataError, GridMismatch

SUPPORTS, METRICS, PLACES = (
    ("radius", "half-width"),
    ("euclidean", "great-circle", "periodic"),
    ("auto", "first", "last"),
)


@dataclass(frozen=True)
class Lists:
    """Observations near each place of a batch: which[first[p]:first[p + 1]], ascending, with their taper."""

    first: np.ndarray
    which: np.ndarray
    taper: np.ndarray


@dataclass(frozen=True, eq=False)
class Localization:
    """Limits the influence of an observation to its surroundings.

    positions_state         [place, dimension] or [y, x, dimension]; the axes of places come first or last in the
                            state ([member, y, x, layer] or [member, layer, column]): elements at a place share a list
    positions_observations  [observation, dimension]
    radius                  in the unit of the positions; m for "great-circle", whose positions are latitude and
                            longitude in degrees
    support                 "radius": the taper is zero from the radius on, as PDAF reads it; "half-width": from twice
                            the radius on
    taper                   "gaspari-cohn", "step" or a function of distance / support, within 0 to 1
    metric                  "euclidean", "great-circle" or "periodic" with the length of each dimension in `period`
    places                  "first", "last" or "auto", where the shape of the state leaves no doubt
    Raises ConfigError for an impossible setting, DataError for positions that are missing or not finite.
    """

    positions_state: Any
    positions_observations: Any
    radius: float
    support: str = "radius"
    taper: str | Taper = "gaspari-cohn"
    metric: str = "euclidean"
    period: Any = None
    places: str = "auto"
    reach: float = field(init=False)
    _state: np.ndarray = field(init=False, repr=False)
    _observations: np.ndarray = field(init=False, repr=False)
    _function: Taper = field(init=False, repr=False)

    def __post_init__(self) -> None:
        options = (("support", SUPPORTS), ("metric", METRICS), ("places", PLACES))
        for name, allowed in options:
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        function = taper_of(self.taper)
        radius = float(self.radius)
        if not (math.isfinite(radius) and radius >= 0.0):
            raise ConfigError(f"radius must be a finite number >= 0, got {self.radius!r}")
        if radius == 0.0 and self.taper != "step":
            raise ConfigError(
                "radius is 0, which leaves no distance to taper over; give a radius > 0, or taper='step' for "
                "observations that act on their own place only"
            )
        if (self.metric == "periodic") != (self.period is not None):
            raise ConfigError("metric 'periodic' needs `period`, the length of each dimension; other metrics have none")
        state = _positions("positions_state", self.positions_state)
        observations = _positions("positions_observations", self.positions_observations)
        if observations.ndim != 2 or state.shape[-1] != observations.shape[-1]:
            raise GridMismatch(
                f"positions_observations must be [observation, {state.shape[-1]}], got the shape {observations.shape}"
            )
        reach = radius * (2.0 if self.support == "half-width" else 1.0)
        if self.metric == "great-circle":
            state, observations = _on_sphere(state), _on_sphere(observations)
        if self.metric == "periodic":
            state, observations = self._wrapped(state), self._wrapped(observations)
        for name, value in (("reach", reach), ("_state", state), ("_observations", observations)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_function", function)

    def _wrapped(self, positions: np.ndarray) -> np.ndarray:
        period = np.asarray(self.period, float).reshape(-1)
        if period.size != positions.shape[-1] or not np.all(np.isfinite(period) & (period > 0.0)):
            raise ConfigError(f"period must be {positions.shape[-1]} lengths > 0, got {self.period!r}")
        return np.asarray(np.mod(positions, period))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the places, as they lie in the state."""
        return self._state.shape[:-1]

    @property
    def size(self) -> int:
        """Number of places."""
        return math.prod(self.shape)

    @property
    def observations(self) -> int:
        """Number of observations that have a position."""
        return self._observations.shape[0]

    def tree(self, used: np.ndarray) -> cKDTree:
        """Search tree of the observations `used`."""
        return self._tree(self._observations[used])

    def _tree(self, positions: np.ndarray) -> cKDTree:
        box = np.asarray(self.period, float).reshape(-1) if self.metric == "periodic" else None
        return cKDTree(positions, boxsize=box)

    def _pairs(self, one: cKDTree, other: cKDTree) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(i, j, taper) of all pairs within reach; not sorted."""
        chord, across = self.metric == "great-circle", 2.0 * EARTH_RADIUS
        limit = across * math.sin(min(self.reach / across, 0.5 * math.pi)) if chord else self.reach
        # A hair more, so that rounding of the distance leaves the verdict to the taper.
        found = one.sparse_distance_matrix(other, limit * (1.0 + 1e-12), output_type="ndarray")
        d = found["v"]
        if chord:
            d = across * np.arcsin(np.minimum(d / across, 1.0))
        if self.reach == 0.0:
            return found["i"], found["j"], np.ones(d.size)
        r = d / self.reach
        taper = np.where(r <= 1.0 + 1e-12, self._function(np.minimum(r, 1.0)), 0.0)
        return found["i"], found["j"], taper

    def lists(self, tree: cKDTree, start: int, stop: int) -> Lists:
        """Observations of `tree` near the places start to stop, in the flat order of the places."""
        i, j, taper = self._pairs(self._tree(self._state.reshape(self.size, -1)[start:stop]), tree)
        heard = taper != 0.0
        i, j, taper = i[heard], j[heard], taper[heard]
        order = np.argsort(i * np.int64(tree.n) + j)
        first = np.zeros(stop - start + 1, np.int64)
        np.cumsum(np.bincount(i, minlength=stop - start), out=first[1:])
        return Lists(first, j[order].astype(np.int64), np.ascontiguousarray(taper[order], dtype=float))

    def typical(self, tree: cKDTree) -> float:
        """Mean number of observations in the list of a place, from a sample of the places."""
        sample = self._state.reshape(self.size, -1)[:: max(1, self.size // 1000)]
        return self._pairs(self._tree(sample), tree)[0].size / sample.shape[0]

    def among(self, tree: cKDTree) -> csc_matrix:
        """rho_yy, [observation, observation]: the taper between observations."""
        i, j, taper = self._pairs(tree, tree)
        return csc_matrix((taper, (i, j)), shape=(tree.n, tree.n))

    def nearest(self, used: np.ndarray) -> np.ndarray:
        """[observation] flat number of the place next to each observation used."""
        return np.asarray(self._tree(self._state.reshape(self.size, -1)).query(self._observations[used])[1])


def _positions(name: str, given: Any) -> np.ndarray:
    if given is None:
        raise DataError(f"{name} is missing: localization needs coordinates of the state and of the observations")
    values = np.asarray(given, float)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim < 2 or values.size == 0:
        raise DataError(f"{name} must be [place, dimension], got the shape {np.shape(given)}")
    if not np.all(np.isfinite(values)):
        raise DataError(f"{name} has {int((~np.isfinite(values)).sum())} numbers that are not finite")
    return values


def _on_sphere(degrees: np.ndarray) -> np.ndarray:
    """Points in m from the centre of the Earth; chords between them give arcs."""
    if degrees.shape[-1] != 2 or np.abs(degrees[..., 0]).max() > 90.0:
        raise DataError("positions of 'great-circle' must be latitude (-90 to 90) and longitude in degrees")
    lat, lon = np.radians(degrees[..., 0]), np.radians(degrees[..., 1])
    return EARTH_RADIUS * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
