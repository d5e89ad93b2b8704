"""Inflation and rotation: their definitions, and the factor that an adaptive one must find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.assimilate.problems import small

from vadose import assimilate as a
from vadose.assimilate.keyed import mean_preserving_rotation, normals, orthogonal_to_mean

P = small(members=7, places=15)


def anomalies(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=0)


@pytest.mark.parametrize("run", [a.enkf, a.denkf, a.etkf, a.estkf, a.ensrf])
@pytest.mark.parametrize("local", [False, True])
def test_a_prior_factor_is_an_inflated_ensemble(run: Callable[..., a.Analysis], local: bool) -> None:
    extra: dict[str, Any] = {"key": 1} if run is a.enkf else {}
    extra |= {"localization": P.localization} if local else {}
    inside = run(**P.given, inflation=a.Multiplicative(1.3), **extra)
    inflated = P.ensemble.mean(axis=0) + 1.3 * anomalies(P.ensemble)
    before = run(inflated, P.observed, inflated[:, P.at, 0], P.error, **extra)
    np.testing.assert_allclose(inside.ensemble, before.ensemble, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(inside.innovations.expected, before.innovations.expected, rtol=1e-12)


def test_factors_and_relaxations_after_the_analysis() -> None:
    plain = a.letkf(**P.given, localization=P.localization).ensemble
    mean, x, prior = plain.mean(axis=0), anomalies(plain), anomalies(P.ensemble)
    sd, sd_prior = plain.std(axis=0), P.ensemble.std(axis=0)
    expected = {
        a.Multiplicative(1.2, when="posterior"): 1.2 * x,
        a.RTPP(0.4): 0.6 * x + 0.4 * prior,
        a.RTPS(0.7): x * (0.7 * (sd_prior - sd) / sd + 1.0),
    }
    for inflation, wanted in expected.items():
        found = a.letkf(**P.given, localization=P.localization, inflation=inflation).ensemble
        np.testing.assert_allclose(found, mean + wanted, rtol=1e-11, atol=1e-12)
    whole = a.letkf(**P.given, localization=P.localization, inflation=[a.RTPS(1.0)]).ensemble
    np.testing.assert_allclose(whole.std(axis=0), sd_prior, rtol=1e-12)


def test_several_inflations_work_together() -> None:
    found = a.etkf(**P.given, inflation=[a.Multiplicative(1.1), a.Multiplicative(1.2, "posterior"), a.RTPP(0.5)])
    inner = a.etkf(**P.given, inflation=a.Multiplicative(1.1)).ensemble
    mixed = 0.5 * anomalies(inner) + 0.5 * 1.1 * anomalies(P.ensemble)
    np.testing.assert_allclose(anomalies(found.ensemble), 1.2 * mixed, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("local", [False, True])
def test_an_adaptive_factor_finds_the_missing_variance(local: bool) -> None:
    """Members drawn with half the spread that errors have need the factor 4 on the variance."""
    places, members, cycles = 100, 40, 80
    where = {"localization": a.Localization(np.arange(places), np.arange(places), 12.0)} if local else {}
    variance: Any = 1.0
    means = []
    for cycle in range(cycles):
        x = 0.5 * normals((cycle, 0), "x", np.arange(members), np.arange(places))
        truth = normals((cycle, 1), "truth", np.arange(1), np.arange(places))[0]
        y = truth + 0.5 * normals((cycle, 2), "y", np.arange(1), np.arange(places))[0]
        inflation = a.Adaptive(variance, sd=0.6)
        found = a.etkf(x, y, x, 0.5, inflation=inflation, **where)
        variance = found.inflation
        means.append(np.mean(variance))
    assert np.shape(variance) == ((places,) if local else ())
    assert np.mean(means[cycles // 2 :]) == pytest.approx(4.0, rel=0.1)
    # The factor in force is that of the prior, not the one just learnt.
    before = a.etkf(x, y, x, 0.5, inflation=a.Multiplicative(2.0), **where).ensemble
    same = a.etkf(x, y, x, 0.5, inflation=a.Adaptive(4.0), **where).ensemble
    np.testing.assert_allclose(same, before, rtol=1e-10, atol=1e-12)


def test_places_that_hear_nothing_keep_their_factor() -> None:
    where = a.Localization(P.positions, P.positions[P.at], 1.0)
    found = a.letkf(**P.given, localization=where, inflation=a.Adaptive(1.5))
    silent = np.abs(P.positions[:, None] - P.positions[P.at]).min(axis=1) >= 1.0
    assert np.all(found.inflation[silent] == 1.5) and np.any(found.inflation[~silent] != 1.5)


def test_the_factor_of_the_finite_size_filter_minimises_its_cost() -> None:
    r = np.random.default_rng(2)
    s, d = anomalies(r.standard_normal((6, 9))).T, 3.0 * r.standard_normal(9)
    n = 6
    found = a.FiniteSize().factor(s, d)

    def cost(factor: float) -> float:
        total = np.eye(9) + factor**2 * s @ s.T / (n - 1)
        fit = d @ np.linalg.solve(total, d) / (n - 1)
        return float(fit + (n + 1) / n / factor**2 + n / (n - 1) * np.log(factor**2))

    assert all(cost(found) <= cost(f) + 1e-12 for f in found * np.array([0.5, 0.99, 0.999, 1.001, 1.01, 2.0]))
    # Innovations beyond what spread and errors explain ask for more.
    assert a.FiniteSize().factor(s, 4.0 * d) > found > a.FiniteSize(certainty=100.0).factor(s, d) > 0.99
    with_it = a.etkf(**P.given, inflation=a.FiniteSize())
    sd = P.error
    value = a.FiniteSize().factor(anomalies(P.simulated).T / sd[:, None], (P.observed - P.simulated.mean(axis=0)) / sd)
    np.testing.assert_allclose(
        with_it.ensemble, a.etkf(**P.given, inflation=a.Multiplicative(value)).ensemble, rtol=1e-12
    )


@pytest.mark.parametrize("n", [2, 3, 8, 33])
def test_a_rotation_keeps_mean_and_covariance(n: int) -> None:
    q = mean_preserving_rotation((1, n), n)
    np.testing.assert_allclose(q @ q.T, np.eye(n), atol=1e-13)
    np.testing.assert_allclose(q.sum(axis=0), 1.0, atol=1e-13)
    np.testing.assert_allclose(q.sum(axis=1), 1.0, atol=1e-13)
    basis = orthogonal_to_mean(n)
    np.testing.assert_allclose(basis.T @ basis, np.eye(n - 1), atol=1e-13)
    np.testing.assert_allclose(basis.sum(axis=0), 0.0, atol=1e-13)


def test_rotated_members_differ_and_their_moments_do_not() -> None:
    plain = a.letkf(**P.given, localization=P.localization).ensemble
    turned = a.letkf(**P.given, localization=P.localization, rotation=(4, 1)).ensemble
    assert np.abs(turned - plain).max() > 0.1
    np.testing.assert_allclose(turned.mean(axis=0), plain.mean(axis=0), rtol=0, atol=1e-12)
    flat = [e.reshape(7, -1) for e in (plain, turned)]
    np.testing.assert_allclose(np.cov(flat[1].T), np.cov(flat[0].T), rtol=0, atol=1e-11)
    np.testing.assert_array_equal(turned, a.letkf(**P.given, localization=P.localization, rotation=(4, 1)).ensemble)
