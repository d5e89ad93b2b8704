"""Every filter beside its formula with dense matrices, and all of them beside the Kalman filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.assimilate.problems import Small, covariances, dense_gain, dense_serial, dense_transform, small

from vadose import assimilate as a
from vadose.assimilate.keyed import normals
from vadose.errors import ConfigError

# Fewer and more observations than members; the second goes through LAPACK in the space of the members.
PROBLEMS = [small(), small(members=4, places=14, every=1, seed=1), small(members=12, places=30, every=2, seed=2)]
LOCAL = [False, True]


def options(p: Small, local: bool) -> dict[str, Any]:
    return {"localization": p.localization} if local else {}


@pytest.mark.parametrize("local", LOCAL)
@pytest.mark.parametrize("p", PROBLEMS)
def test_the_enkf_is_its_gain_times_perturbed_innovations(p: Small, local: bool) -> None:
    eps = np.random.default_rng(3).standard_normal(p.simulated.shape)
    for centred in (True, False):
        used = eps - eps.mean(axis=0) if centred else eps
        expected = p.flat + (p.observed + used - p.simulated) @ dense_gain(p, local).T
        found = a.enkf(**p.given, perturbations=eps, centred=centred, **options(p, local))
        np.testing.assert_allclose(found.ensemble, expected.reshape(p.ensemble.shape), rtol=1e-11, atol=1e-12)
        change = found.ensemble.mean(axis=0) - p.ensemble.mean(axis=0)
        np.testing.assert_allclose(found.increments, change, rtol=0, atol=1e-13)


@pytest.mark.parametrize("local", LOCAL)
@pytest.mark.parametrize("p", PROBLEMS)
def test_the_denkf_gives_anomalies_half_the_gain(p: Small, local: bool) -> None:
    gain = dense_gain(p, local)
    _, _, s = covariances(p, local)
    mean = p.flat.mean(axis=0)
    expected = mean + gain @ (p.observed - p.simulated.mean(axis=0)) + p.flat - mean - 0.5 * s @ gain.T
    found = a.denkf(**p.given, **options(p, local)).ensemble
    np.testing.assert_allclose(found, expected.reshape(p.ensemble.shape), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("run", [a.etkf, a.estkf])
@pytest.mark.parametrize("local", LOCAL)
@pytest.mark.parametrize("p", PROBLEMS)
def test_the_transform_filters_take_the_symmetric_root(p: Small, local: bool, run: Callable[..., a.Analysis]) -> None:
    found = run(**p.given, **options(p, local)).ensemble
    np.testing.assert_allclose(found, dense_transform(p, local), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("local", LOCAL)
@pytest.mark.parametrize("p", PROBLEMS)
def test_the_serial_filter_updates_what_later_observations_see(p: Small, local: bool) -> None:
    found = a.ensrf(**p.given, **options(p, local)).ensemble
    np.testing.assert_allclose(found, dense_serial(p, local), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("run", [a.etkf, a.estkf, a.ensrf])
@pytest.mark.parametrize("p", PROBLEMS)
def test_square_roots_have_the_covariance_of_the_kalman_filter(p: Small, run: Callable[..., a.Analysis]) -> None:
    """(I - K H) C with the sample covariance C; Tippett et al. (2003)."""
    ch, total, _ = covariances(p, False)
    n = p.flat.shape[0] - 1
    expected = np.cov(p.flat.T) - ch @ np.linalg.solve(total, ch.T)
    after = run(**p.given).ensemble.reshape(n + 1, -1)
    np.testing.assert_allclose(np.cov(after.T), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("run", [a.enkf, a.denkf, a.etkf, a.estkf, a.ensrf])
def test_correlated_errors_count_as_their_covariance(run: Callable[..., a.Analysis]) -> None:
    """The mean of every filter is that of the gain with the full R."""
    p = PROBLEMS[0]
    m = p.at.size
    r = np.outer(p.error, p.error) * 0.6 ** np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    ch, total, _ = covariances(p, False)
    gain = ch @ np.linalg.inv(total - np.diag(p.error**2) + r)
    expected = p.flat.mean(axis=0) + gain @ (p.observed - p.simulated.mean(axis=0))
    extra: dict[str, Any] = {"key": 1} if run is a.enkf else {}
    found = run(**(p.given | {"error": r}), **extra)
    np.testing.assert_allclose(found.ensemble.mean(axis=0).ravel(), expected, rtol=1e-10, atol=1e-11)
    diagonal = run(**(p.given | {"error": np.diag(p.error**2)}), **extra).ensemble
    np.testing.assert_allclose(diagonal, run(**p.given, **extra).ensemble, rtol=1e-9, atol=1e-10)


def test_drawn_perturbations_have_the_covariance_of_the_errors() -> None:
    """The analysis of a state without influence on H x is none; the EnKF of a perfect prior shows eps itself."""
    n = 20_000
    r = np.array([[1.0, 0.7], [0.7, 2.0]])
    x = normals(5, "prior", np.arange(n), np.arange(2)) * 1e3
    found = a.enkf(x, [0.0, 0.0], x, r, key=(7, 1)).ensemble
    # With a prior this wide the analysis is y + eps.
    np.testing.assert_allclose(np.cov(found.T), r, atol=0.06)
    np.testing.assert_allclose(found.mean(axis=0), 0.0, atol=1e-3)


@pytest.mark.parametrize("run", [a.enkf, a.etkf])
def test_mean_and_covariance_approach_the_kalman_filter_at_the_monte_carlo_rate(run: Callable[..., a.Analysis]) -> None:
    """Errors fall by 10 for 100 times the members, within what 24 repetitions leave open."""
    c = np.array([[2.0, 0.8, 0.3], [0.8, 1.0, 0.4], [0.3, 0.4, 1.5]])
    h = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    r, mean, y = np.array([0.5, 0.8]), np.array([1.0, -1.0, 0.5]), np.array([2.0, 0.3])
    gain = c @ h.T @ np.linalg.inv(h @ c @ h.T + np.diag(r**2))
    exact_mean, exact_cov = mean + gain @ (y - h @ mean), c - gain @ h @ c
    root = np.linalg.cholesky(c)
    errors = []
    for n in (50, 5000):
        wrong = []
        for repetition in range(24):
            x = mean + normals(repetition, "x", np.arange(n), np.arange(3)) @ root.T
            extra: dict[str, Any] = {"key": (repetition, n)} if run is a.enkf else {}
            after = run(x, y, x @ h.T, r, **extra).ensemble
            cov = np.cov(after.T)
            wrong.append([np.sum((after.mean(axis=0) - exact_mean) ** 2), np.sum((cov - exact_cov) ** 2)])
        errors.append(np.sqrt(np.mean(wrong, axis=0)))
    ratio = errors[0] / errors[1]
    assert np.all((ratio > 6.0) & (ratio < 16.0)), ratio
    assert errors[1][0] < 0.04 and errors[1][1] < 0.06


def test_local_names_refuse_to_run_without_localization() -> None:
    p = PROBLEMS[0]
    for run, extra in ((a.lenkf, {"key": 1}), (a.letkf, {}), (a.lestkf, {})):
        with pytest.raises(ConfigError, match="needs a localization"):
            run(**p.given, localization=None, **extra)
        whole = run(**p.given, localization=p.localization, **extra).ensemble
        same = {a.lenkf: a.enkf, a.letkf: a.etkf, a.lestkf: a.estkf}[run]
        np.testing.assert_array_equal(whole, same(**p.given, localization=p.localization, **extra).ensemble)


def test_many_observations_give_the_same_through_members_and_through_sparse_matrices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vadose.assimilate import gain

    p = small(members=5, places=300, every=1, seed=9)
    for local in LOCAL:
        dense = a.denkf(**p.given, **options(p, local)).ensemble
        with monkeypatch.context() as patched:
            patched.setattr(gain, "DENSE", 10)
            patched.setattr(gain, "PAIRS", 999)
            other = a.denkf(**p.given, **options(p, local)).ensemble
        np.testing.assert_allclose(other, dense, rtol=1e-9, atol=1e-10)


def test_innovations_and_counts_tell_what_happened() -> None:
    p = PROBLEMS[0]
    y = p.observed.copy()
    y[1] = np.nan
    found = a.etkf(**(p.given | {"observed": y}))
    d = y - p.simulated.mean(axis=0)
    expected = np.sqrt(p.simulated.var(axis=0, ddof=1) + p.error**2)
    keep = np.isfinite(y)
    np.testing.assert_allclose(found.innovations.value[keep], d[keep], rtol=1e-12)
    np.testing.assert_allclose(found.innovations.expected[keep], expected[keep], rtol=1e-12)
    assert found.innovations.chi_square == pytest.approx(np.mean((d / expected)[keep] ** 2))
    assert found.innovations.mean == pytest.approx(d[keep].mean())
    assert found.innovations.sd == pytest.approx(d[keep].std())
    assert np.array_equal(found.used, keep) and np.isnan(found.innovations.value[1])
    assert found.counts["observations"] == y.size and found.counts["missing"] == 1
    assert found.counts["used"] == y.size - 1 and found.members.all()
    without = a.etkf(p.ensemble, y[keep], p.simulated[:, keep], p.error[keep])
    np.testing.assert_array_equal(found.ensemble, without.ensemble)


def test_the_operator_may_be_a_function_of_the_ensemble() -> None:
    p = PROBLEMS[0]
    found = a.etkf(p.ensemble, p.observed, lambda e: e[:, p.at, 0], p.error).ensemble
    np.testing.assert_array_equal(found, a.etkf(**p.given).ensemble)


def test_arrays_that_cannot_be_written_are_left_alone() -> None:
    """As they come from JAX and from memory maps; single precision is analysed in double."""
    p = PROBLEMS[0]
    frozen = {name: np.array(value) for name, value in p.given.items()}
    for array in frozen.values():
        array.flags.writeable = False
    np.testing.assert_array_equal(a.etkf(**frozen).ensemble, a.etkf(**p.given).ensemble)
    single = a.etkf(**(p.given | {"ensemble": p.ensemble.astype(np.float32)})).ensemble
    assert single.dtype == np.float64
    np.testing.assert_allclose(single, a.etkf(**p.given).ensemble, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 9, 20])
@pytest.mark.parametrize("rank", [0, 1, 20])
def test_eigenvalues_and_vectors_of_small_matrices(size: int, rank: int) -> None:
    """Rotations up to order 8 and LAPACK beyond, singular matrices and equal eigenvalues included."""
    from vadose.assimilate.local_weights import eigen

    half = np.random.default_rng(size).standard_normal((size, min(rank, size)))
    for matrix in (half @ half.T, np.eye(size) + half @ half.T):
        work, vectors = np.full((size + 2, size + 2), np.nan), np.zeros((size + 2, size + 2))
        work[:size, :size] = matrix
        eigen(work, vectors, size)
        values, v = np.diag(work)[:size], vectors[:size, :size]
        np.testing.assert_allclose((v * values) @ v.T, matrix, rtol=0, atol=1e-13 * max(1.0, np.abs(matrix).max()))
        np.testing.assert_allclose(v.T @ v, np.eye(size), rtol=0, atol=1e-13)
