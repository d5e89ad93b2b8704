"""The descending surface nearest to a map, and the ways over which it is reached."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from vadose.errors import ConfigError
from vadose.grid.terrain_flow import descending, flood, library


def tree(n: int, rng: np.random.Generator) -> np.ndarray:
    """Each cell drains to one with a smaller index, cell 0 is the outlet."""
    return np.array([0, *(int(rng.integers(0, i)) for i in range(1, n))])


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40))
def test_a_single_path_is_isotonic_regression(seed: int, n: int) -> None:
    z = np.random.default_rng(seed).normal(size=n)
    done = descending(z, np.maximum(np.arange(n) - 1, 0), np.arange(n)[::-1])
    assert done == pytest.approx(isotonic_regression(z).x, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 30))
def test_a_network_gets_the_nearest_surface_that_descends(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    z, below = rng.normal(size=n), tree(n, rng)
    done = descending(z, below, np.arange(n)[::-1])
    assert (done >= done[below] - 1e-12).all()
    # Surfaces that descend are a cone: any level, and a rise >= 0 of all cells upstream of each. What is nearest is
    # known by z - done: at right angles to the surface itself and to the level, at no acute angle to any rise.
    rest = z - done
    assert rest.sum() == pytest.approx(0.0, abs=1e-9)
    assert rest @ done == pytest.approx(0.0, abs=1e-9)
    upstream = np.eye(n)
    for cell in range(n - 1, 0, -1):
        upstream[below[cell]] += upstream[cell]
    assert (upstream @ rest <= 1e-9).all()


def test_the_way_out_of_a_depression_passes_its_bottom() -> None:
    z = np.array([[9.0] * 5, [9.0, 3.0, 2.0, 5.0, 1.0], [9.0] * 5])
    outlets, none = np.zeros(z.shape, bool), np.zeros(z.shape, bool)
    outlets[1, 4] = True
    level, below, order = flood(z, outlets, none, none, -np.inf, -np.inf)
    assert np.array_equal(level, z)
    assert below.reshape(z.shape)[1].tolist() == [6, 7, 8, 9, 9]
    assert order[:4].tolist() == [9, 8, 7, 6]
    place = np.argsort(order)
    assert (place[below] <= place).all()


def test_no_way_leads_through_shut_faces_or_missing_cells() -> None:
    z = np.array([[3.0, 2.0, 1.0, np.nan, 5.0]])
    outlets = np.array([[True, False, False, False, False]])
    none = np.zeros(z.shape, bool)
    assert flood(z, outlets, none, none, 0.5, 0.5)[0].tolist() == [[3.0, 3.5, 4.0, np.inf, np.inf]]
    assert flood(z, outlets, outlets, none, 0.5, 0.5)[0].tolist() == [[3.0, np.inf, np.inf, np.inf, np.inf]]
    assert flood(z.T, outlets.T, none.T, outlets.T, 0.5, 0.5)[0][1, 0] == np.inf


def test_the_least_rise_takes_the_shorter_way() -> None:
    # Two cells of 10 m along x rise less than one of 30 m along y.
    z = np.zeros((2, 3))
    outlets, none = np.zeros(z.shape, bool), np.zeros(z.shape, bool)
    outlets[0, 0] = outlets[1, 2] = True
    level = flood(z, outlets, none, none, 0.1, 0.3)[0]
    assert level == pytest.approx(np.array([[0.0, 0.1, 0.2], [0.2, 0.1, 0.0]]))


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyflwdir", None)
    with pytest.raises(ConfigError, match=r"pip install 'vadose\[terrain\]'"):
        library()
