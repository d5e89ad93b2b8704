"""The block bootstrap: what is drawn, and that its spread is the one statistics promises."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.metrics.bootstrap import block_counts, interval


@pytest.mark.parametrize(("size", "block"), [(10, 1), (10, 3), (7, 2), (5, 20)])
def test_every_replicate_has_as_many_items_as_there_are(size: int, block: int) -> None:
    counts = block_counts(size, block, 50, seed=1)
    assert counts.shape == (50, size)
    assert (counts.sum(axis=1) == size).all()


def test_the_draw_depends_on_its_arguments_only() -> None:
    np.testing.assert_array_equal(block_counts(9, 1, 20, 3), block_counts(9, 1, 20, 3))
    assert not np.array_equal(block_counts(9, 1, 20, 3), block_counts(9, 1, 20, 4))


def test_blocks_are_runs_of_neighbours() -> None:
    counts = block_counts(12, 12, 40, seed=0)
    assert (counts == 1).all(), "a block of the whole circle holds every item once"


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    x = np.random.default_rng(0).normal(size=400)
    means = block_counts(400, 1, 4000, seed=2) @ x / 400
    assert means.std() == pytest.approx(x.std() / 20, rel=0.05)
    low, high = interval(means)
    assert high - low == pytest.approx(2 * 1.96 * x.std() / 20, rel=0.08)


def test_too_few_replicates_give_no_interval() -> None:
    assert np.isnan(interval([1.0, 2.0, np.nan])).all()
