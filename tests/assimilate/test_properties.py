"""What holds for any analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.assimilate.problems import Small, small

from vadose import assimilate as a

Run = Callable[..., a.Analysis]
FILTERS: list[Run] = [a.enkf, a.denkf, a.etkf, a.estkf, a.ensrf]
each_filter = pytest.mark.parametrize("run", FILTERS)

problems = st.builds(
    small,
    members=st.integers(2, 9),
    places=st.integers(6, 20),
    layers=st.integers(1, 3),
    seed=st.integers(0, 10_000),
    every=st.integers(1, 4),
)
few = settings(max_examples=20)


def analyse(run: Run, p: Small, **changes: Any) -> a.Analysis:
    extra: dict[str, Any] = {"key": 3} if run is a.enkf and "perturbations" not in changes else {}
    return run(**(p.given | extra | changes))


@each_filter
@given(p=problems)
@few
def test_nothing_changes_outside_the_support(run: Run, p: Small) -> None:
    near = np.abs(p.positions[:, None] - p.positions[p.at]).min(axis=1)
    where = a.Localization(p.positions, p.positions[p.at], 1.5)
    found = analyse(run, p, localization=where)
    outside = near >= 1.5
    np.testing.assert_allclose(found.ensemble[:, outside], p.ensemble[:, outside], rtol=0, atol=1e-13)
    assert np.all(found.increments[outside] == 0.0)


@each_filter
@given(p=problems, local=st.booleans(), order=st.randoms(use_true_random=False))
@few
def test_members_may_come_in_any_order(run: Run, p: Small, local: bool, order: Any) -> None:
    n = p.ensemble.shape[0]
    new = list(range(n))
    order.shuffle(new)
    options: dict[str, Any] = {"localization": p.localization} if local else {}
    turned = dict(options)
    if run is a.enkf:
        eps = np.random.default_rng(1).standard_normal(p.simulated.shape)
        options["perturbations"], turned["perturbations"] = eps, eps[new]
    one = analyse(run, p, **options).ensemble
    other = analyse(run, p, ensemble=p.ensemble[new], simulated=p.simulated[new], **turned).ensemble
    # The basis of the ESTKF is not symmetric in the members, its transform is.
    np.testing.assert_allclose(other, one[new], rtol=1e-8, atol=1e-9)


@each_filter
@given(p=problems, local=st.booleans())
@few
def test_worthless_observations_change_nothing(run: Run, p: Small, local: bool) -> None:
    options: dict[str, Any] = {"localization": p.localization} if local else {}
    if run is a.enkf:
        options["perturbations"] = np.zeros_like(p.simulated)
    found = analyse(run, p, error=1e12, **options).ensemble
    np.testing.assert_allclose(found, p.ensemble, rtol=0, atol=1e-12)


@each_filter
@given(p=problems, local=st.booleans(), shift=st.floats(-5, 5), scale=st.floats(0.1, 10))
@few
def test_units_do_not_matter(run: Run, p: Small, local: bool, shift: float, scale: float) -> None:
    options: dict[str, Any] = {"localization": p.localization} if local else {}
    if run is a.enkf:
        eps = np.random.default_rng(1).standard_normal(p.simulated.shape)
        options["perturbations"] = eps
    one = analyse(run, p, **options).ensemble
    if run is a.enkf:
        options["perturbations"] = eps * scale
    other = analyse(
        run,
        p,
        ensemble=p.ensemble * scale + shift,
        simulated=p.simulated * scale + shift,
        observed=p.observed * scale + shift,
        error=p.error * scale,
        **options,
    ).ensemble
    np.testing.assert_allclose(other, one * scale + shift, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("run", [a.denkf, a.etkf, a.estkf])
@given(p=problems, local=st.booleans())
@few
def test_observations_may_come_in_any_order(run: Run, p: Small, local: bool) -> None:
    back = np.arange(p.at.size)[::-1]
    one = analyse(run, p, **({"localization": p.localization} if local else {})).ensemble
    turned = Small(p.ensemble, p.at[back], p.observed[back], p.error[back], p.reach)
    other = analyse(run, turned, **({"localization": turned.localization} if local else {})).ensemble
    np.testing.assert_allclose(other, one, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("run", [a.etkf, a.estkf, a.ensrf, a.denkf])
@given(p=problems)
@few
def test_spread_never_grows(run: Run, p: Small) -> None:
    found = analyse(run, p, localization=p.localization)
    assert np.all(found.ensemble.std(axis=0) <= p.ensemble.std(axis=0) * (1 + 1e-10) + 1e-12)


@given(p=problems)
@few
def test_a_mean_that_agrees_with_the_observations_stays(p: Small) -> None:
    for run in (a.denkf, a.etkf, a.estkf):
        found = analyse(run, p, observed=p.simulated.mean(axis=0), localization=p.localization)
        np.testing.assert_allclose(found.increments, 0.0, atol=1e-12)


@pytest.mark.parametrize("run", [a.etkf, a.estkf, a.denkf])
@given(p=problems, local=st.booleans(), times=st.integers(2, 4))
@few
def test_an_observation_given_twice_with_twice_the_variance_counts_once(
    run: Run, p: Small, local: bool, times: int
) -> None:
    """The local eigenproblem is then singular, and for DEnKF the taper between equal places is one."""
    again = np.repeat(p.at, times)
    many = Small(p.ensemble, again, np.repeat(p.observed, times), np.repeat(p.error, times) * np.sqrt(times), p.reach)
    one = analyse(run, p, **({"localization": p.localization} if local else {})).ensemble
    other = analyse(run, many, **({"localization": many.localization} if local else {})).ensemble
    np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-8)
