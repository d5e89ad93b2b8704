"""Ranks with ties, probabilities of being best, and counts of skilful regions and models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from tests.benchmark.scoretable import frame, line

from vadose.benchmark.rank import (
    models_above,
    probability_best,
    rank_families,
    rank_models,
    rank_with_ties,
    ranking,
    regions_above,
)


def test_overlapping_intervals_share_a_rank() -> None:
    value = np.array([0.9, 0.88, 0.5])
    best, worst = rank_with_ties(value, value - 0.05, value + 0.05)
    assert best.tolist() == [1, 1, 3]
    assert worst.tolist() == [2, 2, 3]


def test_ranks_without_intervals_are_those_of_the_values() -> None:
    value, none = np.array([0.2, 0.9, 0.5]), np.full(3, np.nan)
    best, worst = rank_with_ties(value, none, none)
    assert best.tolist() == worst.tolist() == [3, 1, 2]


def test_a_chain_of_overlaps_does_not_tie_its_ends() -> None:
    value = np.array([0.9, 0.8, 0.7])
    best, worst = rank_with_ties(value, value - 0.06, value + 0.06)
    assert best.tolist() == [1, 1, 2]
    assert worst.tolist() == [2, 3, 3]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3)), min_size=1, max_size=12))
def test_places_contain_the_place_of_the_value(items: list[tuple[float, float]]) -> None:
    value, half = (np.array(x) for x in zip(*items, strict=True))
    best, worst = rank_with_ties(value, value - half, value + half)
    own = 1 + (value[None, :] > value[:, None]).sum(axis=1)
    assert (best <= own).all()
    assert (own <= worst).all()


def test_probability_of_two_normal_scores() -> None:
    """P(A > B) = Phi((a - b) / sqrt(sa^2 + sb^2))."""
    half = 1.959963984540054 * np.array([0.03, 0.04])
    value = np.array([0.60, 0.55])
    p = probability_best(value, value - half, value + half)
    assert p == pytest.approx([norm.cdf(1.0), norm.cdf(-1.0)], abs=2e-4)


def test_probability_of_equal_models_is_shared() -> None:
    value = np.full(4, 0.5)
    assert probability_best(value, value - 0.1, value + 0.1) == pytest.approx(0.25)
    nan = np.full(4, np.nan)
    assert probability_best(value, nan, nan) == pytest.approx(0.25)
    assert probability_best(np.array([0.5, 0.6]), nan[:2], nan[:2]) == pytest.approx([0.0, 1.0])
    assert probability_best(np.array([]), np.array([]), np.array([])).size == 0


def test_ranking_of_a_table() -> None:
    lines = [line(m, "ALL", "overall_score", v, 0.05) for m, v in (("A", 0.5), ("B", 0.7), ("C", np.nan), ("D", 0.68))]
    table = ranking(frame(lines))
    assert table["model"].tolist() == ["B", "D", "A"]
    assert table["rank"].tolist() == [1, 1, 3]
    assert table["probability_best"].sum() == pytest.approx(1)
    assert table["probability_best"].iloc[2] < 1e-3
    assert ranking(frame(lines), region="nowhere").empty


def tss() -> xr.DataArray:
    values = [[[0.7, 0.8], [0.61, 0.59], [0.6, np.nan], [np.nan, np.nan]]]
    coords = {"row": ["sm"], "source": ["A", "B", "C", "D"], "region": ["r", "s"]}
    return xr.DataArray(values, coords, ("row", "source", "region"))


def test_counts_above_the_threshold() -> None:
    assert models_above(tss(), ["A", "B", "C"]).values.tolist() == [[2, 1]]
    assert regions_above(tss(), ["r", "s"]).values.tolist() == [[2, 1, 0, 0]]


def test_ranking_of_models_and_land_models() -> None:
    table = rank_models(tss(), ["A", "B", "C", "D"], ["r", "s"])
    assert table["model"].tolist() == ["A", "B", "C"]
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["possible"].tolist() == [2, 2, 1]
    land = rank_families(table, {"A": "CLM", "B": "JULES", "C": "CLM", "D": "CLM"})
    expected = pd.DataFrame({"family": ["CLM", "JULES"], "regions_above": [1.0, 1.0], "best": ["A", "B"]})
    pd.testing.assert_frame_equal(land[["family", "regions_above", "best"]], expected)
    assert land["rank"].tolist() == [1, 1]
