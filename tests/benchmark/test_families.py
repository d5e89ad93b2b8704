"""Similarity of score signatures: distances, dendrogram and the permutation test with known p."""

from __future__ import annotations

import numpy as np
import pytest
from tests.benchmark.scoretable import frame, line, run

from vadose.benchmark.families import families, family_test, signature_distance


def on_a_line(positions: list[float]) -> np.ndarray:
    x = np.array(positions, float)
    return np.abs(x[:, None] - x)


def test_p_of_two_tight_pairs_is_one_in_three() -> None:
    """Four models, two families of two: of the 6 labellings (3 pairings) only the true pairing is as extreme."""
    test = family_test(on_a_line([0, 1, 10, 11]), ["a", "a", "b", "b"])
    assert test["p_value"] == pytest.approx(1 / 3)
    assert test["value"] == pytest.approx(1 - 10)
    assert test["method"] == "exact, all 6 labellings"


def test_p_of_a_pair_among_five_singles() -> None:
    """One family of two among five models: 10 pairs, the closest one observed."""
    test = family_test(on_a_line([0, 0.1, 3, 7, 12]), ["a", "a", "", "b", ""])
    assert test["p_value"] == pytest.approx(0.1)
    assert test["method"] == "exact, all 10 labellings"


def test_p_of_the_most_distant_pair_is_one() -> None:
    assert family_test(on_a_line([0, 3, 7, 12, 30]), ["a", "", "", "", "a"])["p_value"] == 1.0


def test_three_families_of_three_exactly() -> None:
    """9! / 3!^3 = 1680 labellings, of which 3! name the same partition."""
    test = family_test(on_a_line([0, 1, 2, 50, 51, 52, 100, 101, 102]), list("aaabbbccc"))
    assert test["method"] == "exact, all 1680 labellings"
    assert test["p_value"] == pytest.approx(6 / 1680)


def test_random_permutations_agree_with_enumeration_and_repeat() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(12, 3))
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    labels = list("aaaabbbbcccc")
    test = family_test(distance, labels, permutations=4999)
    assert test["method"] == "4999 random permutations"
    assert test == family_test(distance, labels, permutations=4999)
    other = family_test(distance, labels, permutations=4999, seed=5)
    assert other["p_value"] == pytest.approx(test["p_value"], abs=0.03)


def test_p_is_uniform_without_families() -> None:
    rng = np.random.default_rng(7)
    p = []
    for _ in range(200):
        points = rng.normal(size=(7, 4))
        p.append(family_test(np.linalg.norm(points[:, None] - points, axis=2), list("aabbccd"))["p_value"])
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.06)
    assert np.mean(p) == pytest.approx(0.5, abs=0.08)


def test_no_test_without_relatives_or_without_others() -> None:
    assert family_test(on_a_line([0, 1, 2]), ["a", "b", ""])["p_value"] is None
    assert family_test(on_a_line([0, 1, 2]), ["a", "a", "a"])["p_value"] is None


def test_distance_uses_what_both_have() -> None:
    nan = np.nan
    d = signature_distance(np.array([[0.0, 0.0, nan], [3.0, nan, 1.0], [nan, 4.0, nan]]))
    assert d[0, 1] == 3.0
    assert d[0, 2] == 4.0
    assert np.isnan(d[1, 2])
    assert np.array_equal(np.diag(d), np.zeros(3))


def table(values: dict[str, list[float]]) -> object:
    scores = ("bias_score", "rmse_score", "spatial_score")
    return frame([line(m, "a", s, v) for m, x in values.items() for s, v in zip(scores, x, strict=True)])


def test_families_of_a_study() -> None:
    values = {
        "A1": [0.1, 0.1, 0.2],
        "B1": [0.9, 0.8, 0.9],
        "A2": [0.1, 0.2, 0.2],
        "B2": [0.9, 0.9, 0.8],
        "C": [0.5] * 3,
    }
    models = {"A1": "CLM", "B1": "JULES", "A2": "CLM", "B2": "JULES", "lost": "CLM", "C": ""}
    found = families(table(values), run([], models)["models"])
    assert found is not None
    assert found["models"] == ["A1", "B1", "A2", "B2", "C"]
    assert found["members"] == {"CLM": ["A1", "A2"], "JULES": ["B1", "B2"]}
    assert sorted(found["order"]) == sorted(found["models"])
    assert abs(found["order"].index("A1") - found["order"].index("A2")) == 1
    assert len(found["linkage"]) == 4
    assert found["linkage"][-1][3] == 5
    assert np.allclose(found["distance"], np.transpose(found["distance"]))
    # 5! / (2! 2! 1!) labellings; exchanging the names of the families gives the same partition.
    assert found["p_value"] == pytest.approx(2 / 30)
    assert found["signature"] == 3


def test_too_few_models() -> None:
    assert families(table({"A": [0.1] * 3, "B": [0.2] * 3}), run([], {"A": "x", "B": "x"})["models"]) is None
    assert families(frame([]), run([], {"A": "x"})["models"]) is None


def test_a_model_that_shares_nothing_is_left_out() -> None:
    scores = table({"A": [0.1, 0.2, 0.3], "B": [0.2, 0.2, 0.5], "C": [0.9, 0.2, 0.3]})
    scores.loc[len(scores)] = line("D", "b", "bias_score", 0.5)
    found = families(scores, run([], dict.fromkeys("ABCD", ""))["models"])
    assert found is not None
    assert found["models"] == ["A", "B", "C"]
    assert found["p_value"] is None
