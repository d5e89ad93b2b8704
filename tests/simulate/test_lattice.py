"""Fields on the sphere: the covariance that is stated, at every distance and place, whatever the tiling."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.simulate.lattice import RADIUS, Lattice
from vadose.simulate.noise import normals, streams

FIELDS = 4000


def covariance(lattice: Lattice) -> np.ndarray:
    """[place, place], exactly: of weights on independent numbers."""
    W = np.zeros((lattice.start.size - 1, lattice.nodes.size))
    for i, (a, b) in enumerate(zip(lattice.start[:-1], lattice.start[1:], strict=True)):
        np.add.at(W[i], lattice.which[a:b], lattice.weight[a:b])
    return W @ W.T


def chords(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """km, through the Earth."""
    phi, east = np.radians(lat), np.radians(lon)
    p = RADIUS * np.stack([np.cos(phi) * np.cos(east), np.cos(phi) * np.sin(east), np.sin(phi)], axis=-1)
    return np.linalg.norm(p[:, None] - p[None], axis=-1)


@pytest.mark.parametrize(
    ("lat", "lon", "length"),
    [(50.0, 6.0, 10.0), (0.2, 359.9, 10.0), (-35.0, 180.0, 300.0), (89.0, 0.0, 100.0), (45.0, 10.0, 2000.0)],
)
def test_the_covariance_over_distance_is_the_stated_one(lat: float, lon: float, length: float) -> None:
    """Also across Greenwich, and around the pole: exp(-(d / length)^2), the variance exactly 1."""
    rng = np.random.default_rng(3)
    north = np.clip(lat + np.degrees(rng.uniform(-1.5, 1.5, 120) * length / RADIUS), -90.0, 90.0)
    east = lon + np.degrees(rng.uniform(-1.5, 1.5, 120) * length / RADIUS) / np.cos(np.radians(lat))
    C = covariance(Lattice.of(north, east, length))
    assert np.diag(C) == pytest.approx(np.ones(120), abs=1e-12)
    assert np.abs(C - np.exp(-np.square(chords(north, east) / length))).max() < 0.015


def test_fields_of_members_have_that_covariance() -> None:
    """What is drawn, not what the weights say: 4000 fields, standard error of a correlation 0.016."""
    lat, lon = np.array([50.0, 50.0, 50.0, 50.2]), np.array([6.0, 6.07, 6.14, 6.0])
    lattice = Lattice.of(lat, lon, 10.0)
    z = np.stack([normals(streams(1, member, "x", lattice.nodes)) for member in range(FIELDS)], axis=1)
    x = lattice.spread(z)
    assert x.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.06)
    expected = np.exp(-np.square(chords(lat, lon) / 10.0))
    assert np.abs(np.cov(x.T) - expected).max() < 0.07


def test_some_of_the_places_have_the_same_numbers_bit_for_bit() -> None:
    lat, lon = np.repeat(np.linspace(50.0, 50.3, 12), 12), np.tile(np.linspace(6.0, 6.5, 12), 12)

    def field(which: slice | np.ndarray) -> np.ndarray:
        lattice = Lattice.of(lat[which], lon[which], 8.0)
        z = np.stack([normals(streams(7, member, "x", lattice.nodes)) for member in range(5)], axis=1)
        return lattice.spread(z)

    whole = field(slice(None))
    assert np.array_equal(field(slice(30, 61)), whole[:, 30:61])
    some = np.array([140, 3, 77])
    assert np.array_equal(field(some), whole[:, some])


def test_a_longitude_counts_from_either_side() -> None:
    lat = np.full(3, 10.0)
    a, b = (Lattice.of(lat, np.array(lon), 50.0) for lon in ([-0.1, 0.0, 0.1], [359.9, 360.0, 360.1]))
    assert np.array_equal(a.nodes, b.nodes) and np.allclose(a.weight, b.weight, atol=1e-12)


def test_a_place_takes_a_few_dozen_nodes() -> None:
    lattice = Lattice.kept(np.linspace(40.0, 60.0, 500), np.zeros(500), 100.0)
    count = np.diff(lattice.start)
    assert count.min() > 25 and count.max() < 40
    assert Lattice.kept(np.linspace(40.0, 60.0, 500), np.zeros(500), 100.0) is lattice
