"""Keyed random numbers: fixed by what they stand for, in any order and chunk, and normal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.assimilate.problems import small

from vadose import assimilate as a
from vadose.assimilate.keyed import normals


def test_order_and_chunks_change_nothing() -> None:
    whole = normals((5, 2), "observation", np.arange(20), np.arange(50))
    members, others = np.array([7, 3, 11]), np.array([40, 1])
    np.testing.assert_array_equal(normals((5, 2), "observation", members, others), whole[np.ix_(members, others)])


def test_key_and_purpose_give_other_numbers() -> None:
    here = np.arange(30)
    kinds = [(1,), (2,), (1, 0), (0, 1), (1, 1)]
    made = [normals(k, "observation", here, here) for k in kinds] + [normals(1, "rotation", here, here)]
    for i, one in enumerate(made):
        for other in made[:i]:
            assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.12
    np.testing.assert_array_equal(normals(1, "observation", here, here), made[0])


def test_they_are_normal_and_independent() -> None:
    z = normals(3, "observation", np.arange(300), np.arange(300))
    assert stats.kstest(z.ravel(), "norm").pvalue > 1e-3
    assert abs(z.mean()) < 4.0 / 300.0 and abs(z.var() - 1.0) < 4.0 * np.sqrt(2.0) / 300.0
    for neighbour in (z[1:].ravel() @ z[:-1].ravel(), z[:, 1:].ravel() @ z[:, :-1].ravel()):
        assert abs(neighbour) / z.size < 4.0 / 300.0


def test_a_refused_observation_or_member_shifts_no_number() -> None:
    """The perturbations of the others are as they were, but for the mean over the members."""
    p = small(members=6)
    y = p.observed.copy()
    y[0] = np.nan
    some = a.enkf(**(p.given | {"observed": y}), key=(3, 1)).ensemble
    eps = normals((3, 1), "observation", np.arange(6), np.arange(p.at.size)) * p.error
    given = a.enkf(p.ensemble, y[1:], p.simulated[:, 1:], p.error[1:], perturbations=eps[:, 1:]).ensemble
    np.testing.assert_allclose(some, given, rtol=1e-12, atol=1e-13)
    lost = p.ensemble.copy()
    lost[2] = np.nan
    rest = np.arange(6) != 2
    left = a.enkf(lost, p.observed, p.simulated, p.error, key=(3, 1), screening=a.Screening(members="drop")).ensemble
    given = a.enkf(p.ensemble[rest], p.observed, p.simulated[rest], p.error, perturbations=eps[rest]).ensemble
    np.testing.assert_allclose(left[rest], given, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("centred", [True, False])
def test_the_mean_of_the_perturbations_moves_the_analysis_only_where_kept(centred: bool) -> None:
    p = small(members=6)
    plain = a.etkf(**p.given).ensemble.mean(axis=0)
    mean = a.enkf(**p.given, key=9, centred=centred).ensemble.mean(axis=0)
    assert np.allclose(mean, plain, atol=1e-10) == centred
