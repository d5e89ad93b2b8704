"""A cosmic-ray neutron sensor as an operator: the mean over a depth that depends on the water itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import DataError
from vadose.observe.columns import Columns, arc, directions, normalised, tree_of
from vadose.observe.error import ConstantError, ErrorModel
from vadose.observe.neutrons.conversion import SensorSoil
from vadose.observe.neutrons.weights import (
    FARTHEST,
    STANDARD_PRESSURE,
    Koehli2015,
    Weighting,
    layer_weights,
    scaled_distance,
)  # fmt: skip
from vadose.observe.operator import Support, check_layers

_RINGS, _SECTORS = 40, 24  # samples of the footprint, each a thousandth of the signal
_TOLERANCE, _MOST = 1e-13, 100


@dataclass(frozen=True, eq=False)
class CosmicRay:
    """Soil moisture m3 m-3 as a cosmic-ray neutron sensor reports it; not linear in the state.

    columns    a sensor sees, of `nearest_columns` or `ring_columns`;  layers  [layer, 2] m
    soils      one for all sensors or one for each: lattice and organic water make the sensor see less deep
    weighting  Franz2012, or Koehli2015 with the revision of 2017
    near       m, distance at which Koehli2015 takes the depth; 1 m is what the depths of COSMOS-Europe agree with

    The state is all water, ice included: neutrons see its hydrogen.
    Source: Franz et al. (2012), Koehli et al. (2015), Schroen et al. (2017)
    """

    columns: Columns
    layers: np.ndarray
    soils: SensorSoil | tuple[SensorSoil, ...]
    weighting: Weighting = field(default_factory=Koehli2015)
    error: ErrorModel = field(default_factory=lambda: ConstantError(0.03))
    near: float = 1.0
    variable: str = "soil_moisture"
    support: Support = Support((0.0, 0.7), 2 * 200.0)

    def __post_init__(self) -> None:
        if isinstance(self.soils, tuple) and len(self.soils) != self.columns.size:
            raise DataError(f"`soils` must be one or {self.columns.size}, got {len(self.soils)}")

    @property
    def inside(self) -> np.ndarray:
        """[observation] True where the model has columns for it."""
        return self.columns.inside

    def simulate(self, values: np.ndarray) -> np.ndarray:
        """Soil moisture [..., layer, column] m3 m-3 -> [..., observation] m3 m-3."""
        profile = self._profiles(values)
        return np.einsum("...ol,...ol->...o", profile, self._weights(profile))

    def reach(self, values: np.ndarray) -> np.ndarray:
        """Depth m to which the sensors see in a state, [..., observation]."""
        profile = self._profiles(values)
        return self._reach(np.einsum("...ol,...ol->...o", profile, self._weights(profile)))

    def vertical(self, values: np.ndarray) -> np.ndarray:
        """Weights of layers in a state, [..., observation, layer]: the operator linearised with its depth held."""
        return self._weights(self._profiles(values))

    def _profiles(self, values: np.ndarray) -> np.ndarray:
        """[..., observation, layer] means over the columns."""
        values = np.asarray(values, float)
        check_layers(values, self.layers.shape[0])
        return np.swapaxes(self.columns.mean(values), -1, -2)

    def _reach(self, theta: np.ndarray) -> np.ndarray:
        soils = self.soils if isinstance(self.soils, tuple) else (self.soils,)
        hidden, density = (np.array([getattr(s, name) for s in soils]) for name in ("hidden", "bulk_density"))
        return self.weighting.reach(theta + hidden, density, np.array(self.near))

    def _weights(self, profile: np.ndarray) -> np.ndarray:
        """Weights at the mean theta that reproduces itself: the root of m(theta) - theta.

        The mean lies between the driest and the wettest layer, where the difference changes its sign: regula falsi
        (Illinois), since the plain iteration swings for ever in a soil that is much wetter below.
        """
        low, high = profile.min(axis=-1), profile.max(axis=-1)

        def excess(theta: np.ndarray) -> np.ndarray:
            weights = layer_weights(self.weighting, self.layers, self._reach(theta))
            return np.einsum("...l,...l->...", weights, profile) - theta

        f_low, f_high = excess(low), excess(high)
        theta, side = low, np.zeros(low.shape, np.int8)
        for _ in range(_MOST):
            gap = np.where(f_low - f_high > 0, f_low - f_high, 1.0)
            theta = np.clip(low + (high - low) * np.where(f_low > f_high, f_low / gap, 0.5), low, high)
            f = excess(theta)
            if not np.any(np.abs(f) > _TOLERANCE):
                break
            above = f > 0
            # The end that stays twice counts half, or it would stay for ever.
            f_high = np.where(above, np.where(side > 0, 0.5, 1.0) * f_high, f)
            f_low = np.where(above, f, np.where(side < 0, 0.5, 1.0) * f_low)
            low, high = np.where(above, theta, low), np.where(above, high, theta)
            side = np.where(above, 1, -1)
        return layer_weights(self.weighting, self.layers, self._reach(theta))


@dataclass(frozen=True)
class Surroundings:
    """What the size of the footprint of neutrons depends on: humidity kg m-3, pressure Pa, water m3 m-3, plants m."""

    humidity: float = 0.008
    pressure: float = STANDARD_PRESSURE
    water: float = 0.2
    vegetation: float = 0.0


def ring_columns(
    lat: np.ndarray, lon: np.ndarray, cell_lat: np.ndarray, cell_lon: np.ndarray, limit: float,
    surroundings: Surroundings | None = None,
) -> Columns:  # fmt: skip
    """Columns around sensors with the horizontal weights of Koehli2015, for models finer than the footprint.

    The footprint is sampled at 40 rings of equal signal and 24 directions; each sample is seen in the nearest column.
    limit  m, beyond which a sample has no column
    Raises DataError for coordinates that are no degrees.
    """
    radii = ring_radii(surroundings or Surroundings())
    tree = tree_of(cell_lat, cell_lon)
    centre = directions(lat, lon)
    angle = np.radians(360.0 / _SECTORS * (np.arange(_SECTORS) + 0.5))
    north = np.radians(np.atleast_1d(np.asarray(lat, float)))[:, None, None]
    east = np.radians(np.atleast_1d(np.asarray(lon, float)))[:, None, None]
    scale = radii[None, :, None] / EARTH_RADIUS
    sample_north = north + scale * np.cos(angle)
    sample_east = east + scale * np.sin(angle) / np.cos(north)
    points = directions(np.degrees(sample_north).ravel(), np.degrees(sample_east).ravel())
    away, cell = tree.query(points)
    each = _RINGS * _SECTORS
    observation = np.repeat(np.arange(len(centre)), each)
    found = arc(away) <= limit
    shape = (len(centre), np.size(cell_lat))
    place, count = np.unique(observation[found] * shape[1] + cell[found], return_counts=True)
    entries = normalised(place // shape[1], place % shape[1], count.astype(float), shape)
    covered = np.bincount(observation[found], minlength=shape[0]) / each
    return Columns(*entries, shape, arc(tree.query(centre)[0]), covered)


def ring_radii(around: Surroundings) -> np.ndarray:
    """[40] m, radii that part the signal of a sensor into equal shares: quantiles of the horizontal weights."""
    # Steps that grow: the first metres hold a fifth of the signal.
    edges = np.concatenate([np.linspace(0.0, 10.0, 2001), np.linspace(10.0, FARTHEST, 5901)[1:]])
    middle = 0.5 * (edges[1:] + edges[:-1])
    signal = np.cumsum(Koehli2015().radial(middle, around.humidity, around.water) * np.diff(edges))
    shares = (np.arange(_RINGS) + 0.5) / _RINGS
    scaled = np.interp(shares, np.concatenate([[0.0], signal / signal[-1]]), edges)
    one = float(scaled_distance(np.ones(()), around.pressure, around.vegetation, around.water))
    return scaled / one
