"""Binned responses, their score and the distance of distributions against hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.metrics.relationship import distribution_distance, place, relationship_score, response


def test_bins_hold_their_lower_edge_and_the_last_one_both() -> None:
    edges = np.array([0.0, 1.0, 2.0])
    np.testing.assert_array_equal(place(np.array([-0.1, 0.0, 0.99, 1.0, 2.0, 2.1]), edges), [-1, 0, 0, 1, 1, -1])
    np.testing.assert_array_equal(place(np.array([-0.1, 2.1]), edges, clip=True), [0, 1])


def test_the_response_is_the_weighted_mean_in_each_bin() -> None:
    x, y = np.array([0.5, 0.5, 1.5]), np.array([1.0, 3.0, 10.0])
    found = response(x, y, np.array([0.0, 1.0, 2.0]), np.array([0.0, 5.0, 20.0]), np.array([3.0, 1.0, 4.0]))
    np.testing.assert_allclose(found.mean, [1.5, 10.0])
    np.testing.assert_allclose(found.std, [np.sqrt(0.75), 0.0])
    np.testing.assert_allclose(found.histogram, [[0.5, 0.0], [0.0, 0.5]])
    np.testing.assert_array_equal(found.count, [2, 1])


def test_a_bin_needs_its_share_of_the_points() -> None:
    x = np.concatenate([np.full(998, 0.5), np.full(2, 1.5)])
    found = response(x, x, np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(found.valid, [True, False])


def test_the_score_is_of_the_relative_distance() -> None:
    r, m = np.array([3.0, 4.0, 100.0]), np.array([3.0, 7.0, -1.0])
    valid = np.array([True, True, False])
    assert relationship_score(r, m, valid) == pytest.approx(np.exp(-3 / 5))
    assert relationship_score(r, r, valid) == 1.0
    assert np.isnan(relationship_score(r, m, np.zeros(3, bool)))


def test_the_distance_of_distributions_runs_from_none_to_one() -> None:
    edges = np.linspace(0, 1, 3)
    a, b = (response(np.full(4, v), np.full(4, v), edges, edges) for v in (0.2, 0.8))
    assert distribution_distance(a, a) == 0.0
    assert distribution_distance(a, b) == pytest.approx(1.0)
