"""Several references at once: their spread and whether a model lies inside it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.benchmark.scoretable import comparison, frame, line, run

from vadose.benchmark.consensus import consensus, inside_range, sets_of_references

STUDY = run(
    [
        comparison("a", reference="ESACCI", weight=1.0),
        comparison("b", reference="ERA5", weight=3.0),
        comparison("deep", reference="ERA5", depth=[0.0, 1.0]),
        comparison("mrsos", reference="ERA5", model_variable="mrsos"),
    ],
    {"M": ""},
)


def table(model: float, reference: tuple[float, float], **more: object) -> list[dict]:
    lines = []
    for row, r, s in zip("ab", reference, (0.4, 0.8), strict=True):
        lines.append(line("M", row, "period_mean", model, **more))
        lines.append(line("M", row, "reference_period_mean", r, **more))
        lines.append(line("M", row, "overall_score", s, 0.04, **more))
    return lines


def cycles(model: np.ndarray, references: dict[str, np.ndarray]) -> object:
    return lambda name, row: {"cycle_model": model[None], "cycle_reference": references[row][None]}


def numbers(frame_: object) -> dict[str, float]:
    return dict(zip(frame_["score"], frame_["value"], strict=True))


def test_same_quantity_from_different_references() -> None:
    assert [[c["id"] for c in s] for s in sets_of_references(STUDY)] == [["a", "b"]]


def test_spread_and_consensus() -> None:
    out = consensus(frame(table(0.25, (0.2, 0.3))), STUDY)
    found = numbers(out)
    assert found["reference_spread"] == pytest.approx(0.1 / np.sqrt(2))
    assert found["consensus_overall_score"] == pytest.approx((0.4 + 3 * 0.8) / 4)
    assert found["overall_score_spread"] == pytest.approx(0.4)
    assert found["inside_reference_spread"] == found["mean_inside_reference_spread"] == 1
    score = out[out["score"] == "consensus_overall_score"].iloc[0]
    assert score["high"] - score["value"] == pytest.approx(0.04 * np.hypot(1, 3) / 4)
    assert set(out["row"]) == {"consensus:a"}
    assert set(out["reference"]) == {"consensus"}
    assert out.loc[out["score"] == "reference_spread", "units"].item() == "m3 m-3"


@pytest.mark.parametrize(("model", "inside"), [(0.19, 0), (0.2, 1), (0.3, 1), (0.31, 0)])
def test_a_mean_on_the_edge_is_inside(model: float, inside: int) -> None:
    assert numbers(consensus(frame(table(model, (0.2, 0.3))), STUDY))["mean_inside_reference_spread"] == inside


def test_months_outside_are_counted() -> None:
    cycle = np.full(12, 0.25)
    cycle[[3, 7]] = 0.5
    references = {"a": np.full(12, 0.2), "b": np.full(12, 0.3)}
    found = numbers(consensus(frame(table(0.25, (0.2, 0.3))), STUDY, cycles(cycle, references)))
    assert found["months_inside_reference_spread"] == 10
    assert found["mean_inside_reference_spread"] == 1
    assert found["inside_reference_spread"] == 0


def test_other_cells_are_not_another_climate() -> None:
    """The model is above both references by 0.01, each over its own cells, though 0.3 > 0.26 > 0.2."""
    lines = [line("M", r, "period_mean", v + 0.01) for r, v in (("a", 0.2), ("b", 0.3))]
    lines += [line("M", r, "reference_period_mean", v) for r, v in (("a", 0.2), ("b", 0.3))]
    assert numbers(consensus(frame(lines), STUDY))["inside_reference_spread"] == 0


def test_inside_is_said_for_the_headline_mode_only() -> None:
    out = consensus(frame(table(0.25, (0.2, 0.3), mode="ilamb2")), STUDY)
    assert set(out["score"]) == {"reference_spread", "consensus_overall_score", "overall_score_spread"}


def test_one_reference_left_gives_nothing() -> None:
    assert consensus(frame(table(0.25, (0.2, np.nan))), STUDY).empty
    assert consensus(frame([]), STUDY).empty


def test_unknown_differences_do_not_count() -> None:
    nan = np.nan
    got = inside_range([np.array([1.0, 1.0, nan]), np.array([-1.0, nan, nan]), np.array([2.0, -3.0, 1.0])])
    assert np.array_equal(got, [1, 1, nan], equal_nan=True)
