"""Tapers, distances, lists, and that batches, threads and layout leave no trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.assimilate.problems import small

from vadose import assimilate as a
from vadose.assimilate import problem
from vadose.assimilate.tapers import gaspari_cohn, step
from vadose.constants import EARTH_RADIUS


def test_gaspari_and_cohns_function() -> None:
    """Values of eq. 4.10 at z/c = 0, 1/2, 1, 3/2, 2, worked out as fractions."""
    expected = [1.0, 263.0 / 384.0, 5.0 / 24.0, 19.0 / 1152.0, 0.0]
    np.testing.assert_allclose(gaspari_cohn(np.array([0.0, 0.25, 0.5, 0.75, 1.0])), expected, rtol=1e-13, atol=1e-15)
    assert gaspari_cohn(np.array([1.5])) == 0.0


@given(st.floats(0, 2), st.floats(0, 2))
def test_gaspari_and_cohns_function_falls(one: float, other: float) -> None:
    near, far = gaspari_cohn(np.array([min(one, other), max(one, other)]))
    assert 0.0 <= far <= near + 1e-15 <= 1.0 + 1e-14


@given(st.integers(0, 1000), st.integers(1, 3))
def test_gaspari_and_cohns_function_is_positive_definite(seed: int, dimensions: int) -> None:
    x = np.random.default_rng(seed).uniform(0.0, 3.0, (30, dimensions))
    d = np.linalg.norm(x[:, None] - x, axis=-1)
    assert np.linalg.eigvalsh(gaspari_cohn(d))[0] > -1e-12


def dense(where: a.Localization) -> np.ndarray:
    """[place, observation] the taper from the lists."""
    tree = where.tree(np.ones(where.observations, bool))
    out = np.zeros((where.size, where.observations))
    for start in range(0, where.size, 7):
        lists = where.lists(tree, start, min(start + 7, where.size))
        for p in range(lists.first.size - 1):
            part = slice(lists.first[p], lists.first[p + 1])
            assert np.all(np.diff(lists.which[part]) > 0)
            out[start + p, lists.which[part]] = lists.taper[part]
    return out


@pytest.mark.parametrize("support", ["radius", "half-width"])
@pytest.mark.parametrize("taper", ["gaspari-cohn", "step"])
def test_lists_hold_what_is_near(support: str, taper: str) -> None:
    r = np.random.default_rng(0)
    state, observations = r.uniform(0, 10, (60, 2)), r.uniform(0, 10, (25, 2))
    where = a.Localization(state, observations, 2.0, support, taper)
    d = np.linalg.norm(state[:, None] - observations, axis=-1)
    reach = 2.0 if support == "radius" else 4.0
    expected = {"gaspari-cohn": gaspari_cohn, "step": step}[taper](d / reach)
    np.testing.assert_allclose(dense(where), expected, rtol=1e-12, atol=1e-15)


def test_distances_on_the_sphere_are_arcs() -> None:
    """A quarter of the equator, a degree of a meridian, and the way over the pole."""
    state = [[0.0, 0.0], [0.0, 0.0], [80.0, 0.0]]
    observations = [[0.0, 90.0], [1.0, 0.0], [80.0, 180.0]]
    where = a.Localization(state, observations, EARTH_RADIUS * 3.0, metric="great-circle", taper=lambda r: 1.0 - r)
    arcs = 3.0 * (1.0 - dense(where)[[0, 1, 2], [0, 1, 2]])
    np.testing.assert_allclose(arcs, [0.5 * np.pi, np.pi / 180.0, np.pi / 9.0], rtol=1e-12)


def test_distances_on_a_ring_take_the_shorter_way() -> None:
    where = a.Localization([0.0, 9.0], [1.0, 8.0], 4.0, metric="periodic", period=10.0, taper=lambda r: 1.0 - r)
    np.testing.assert_allclose(4.0 * (1.0 - dense(where)), [[1.0, 2.0], [2.0, 1.0]], rtol=1e-12)


@pytest.mark.parametrize("run", [a.letkf, a.lenkf])
def test_batches_and_threads_leave_no_trace(run: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from vadose.assimilate import apply

    p = small(members=5, places=400, every=5, seed=3)
    extra = {"key": 2} if run is a.lenkf else {}
    whole = run(**p.given, localization=p.localization, **extra).ensemble  # type: ignore[operator]
    monkeypatch.setattr(problem, "BATCH", 1)
    monkeypatch.setattr(apply.numba, "get_num_threads", lambda: 4)
    assert problem.batch_of(p.localization, p.localization.tree(np.ones(p.at.size, bool)), 5) == 64
    parts = run(**p.given, localization=p.localization, **extra).ensemble  # type: ignore[operator]
    np.testing.assert_array_equal(parts, whole)


def test_places_may_lead_or_end_the_state() -> None:
    r = np.random.default_rng(1)
    leading = r.standard_normal((6, 5, 7, 3))  # [member, y, x, layer]
    grid = np.stack(np.mgrid[:5, :7], axis=-1)
    at = np.array([[1, 1], [3, 5], [2, 2]])
    where = a.Localization(grid, at, 4.0)
    simulated = leading[:, at[:, 0], at[:, 1], 0]
    first = a.letkf(leading, [0.3, -0.2, 1.0], simulated, 0.5, localization=where)
    ending = np.moveaxis(leading, -1, 1)
    last = a.letkf(ending, [0.3, -0.2, 1.0], simulated, 0.5, localization=where)
    np.testing.assert_array_equal(np.moveaxis(last.ensemble, 1, -1), first.ensemble)
    flat = a.Localization(grid.reshape(-1, 2), at, 4.0, places="last")
    columns = a.letkf(ending.reshape(6, 3, 35), [0.3, -0.2, 1.0], simulated, 0.5, localization=flat)
    np.testing.assert_array_equal(columns.ensemble.reshape(ending.shape), last.ensemble)


def test_elements_at_a_place_share_its_list() -> None:
    """Analysed alone, a layer and a parameter come out as they do together with the others."""
    p = small(members=6, places=20, layers=3)
    together = a.letkf(**p.given, localization=p.localization).ensemble
    for layer in range(3):
        alone = a.letkf(p.ensemble[:, :, layer], p.observed, p.simulated, p.error, localization=p.localization).ensemble
        np.testing.assert_array_equal(alone, together[:, :, layer])
