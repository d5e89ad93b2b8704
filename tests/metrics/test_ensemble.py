"""CRPS and rank histograms of ensembles with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from vadose.metrics.ensemble import crps, rank_histogram

numbers = st.floats(-10, 10)


def test_one_member_is_the_absolute_error() -> None:
    assert crps(np.array([1.0, 3.0]), np.array([[2.0, 0.0]]), over=0).tolist() == [1.0, 3.0]


def test_two_members_by_hand() -> None:
    """Step function 0, 1/2, 1 with steps at 0 and 2 against y = 0: integral of (1/2)^2 over 2."""
    assert crps(0.0, np.array([0.0, 2.0]), over=0) == pytest.approx(0.5)


def test_large_normal_ensemble() -> None:
    """Gneiting and Raftery (2007) eq. 21 for a standard normal at y = 0.5."""
    members = norm.ppf((np.arange(20000) + 0.5) / 20000)
    y = 0.5
    exact = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert crps(y, members, over=0) == pytest.approx(exact, abs=1e-3)


@given(st.lists(numbers, min_size=1, max_size=8), numbers, numbers)
def test_shifts_change_nothing_and_pairs_agree(members: list[float], y: float, shift: float) -> None:
    x = np.array(members)
    pairs = np.abs(x - y).mean() - 0.5 * np.abs(x[:, None] - x).mean()
    assert crps(y, x, over=0) == pytest.approx(pairs, abs=1e-9)
    assert crps(y + shift, x + shift, over=0) == pytest.approx(pairs, abs=1e-9)
    assert pairs >= -1e-12


def test_missing_members_are_not_guessed() -> None:
    assert np.isnan(crps(0.0, np.array([1.0, np.nan]), over=0))


def test_places_of_the_reference() -> None:
    members = np.array([[0.0, 0.0, 0.0, 0.0, np.nan], [1.0, 1.0, 1.0, 1.0, 1.0]])
    assert rank_histogram(np.array([-1.0, 0.5, 2.0, 3.0, 0.5]), members, over=0).tolist() == [1, 1, 2]


def test_a_member_among_members_has_a_flat_histogram() -> None:
    draws = np.random.default_rng(5).normal(size=(5, 20000))
    counts = rank_histogram(draws[0], draws[1:], over=0)
    assert counts / 20000 == pytest.approx(0.2, abs=0.01)
