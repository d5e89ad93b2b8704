"""The three sentences, also with one model, without intervals, with failures and with nothing."""

from __future__ import annotations

from tests.benchmark.scoretable import comparison, frame, line, run

from vadose.benchmark.summary import summary

MODELS = {"A": "CLM", "B": "CLM", "C": ""}


def study(**more: object) -> dict:
    return run([comparison("a"), comparison("b", group="Carbon", variable="gpp")], MODELS, **more)


def scores(half: float, models: str = "ABC") -> list[dict]:
    values = {"A": (0.80, 0.6), "B": (0.70, 0.5), "C": (0.60, 0.4)}
    return [line(m, r, "overall_score", v, half) for m in models for r, v in zip("ab", values[m], strict=True)]


def test_the_leader_beyond_doubt() -> None:
    first, second, third = summary(frame(scores(0.01)), study(families={"p_value": 0.0004, "value": -0.5}))
    assert first.startswith("A leads in 1 of 1 region: overall score 0.700 [0.693, 0.707] (Global), followed by B with")
    assert "lies above the runner-up's in that region" in first
    assert second == (
        "Hardest is Carbon (median overall score 0.50, models 0.40 to 0.60), "
        "easiest Water (median overall score 0.70, models 0.60 to 0.80), Global."
    )
    assert third.startswith("Models of one land-model family score more alike than chance would have it, p < 0.001")


def test_overlap_is_said() -> None:
    first = summary(frame(scores(0.2)), study())[0]
    assert "its 95 % interval overlaps the runner-up's in 1 of the 1" in first


def test_no_interval_no_claim() -> None:
    assert "whether they differ is not known" in summary(frame(scores(float("nan"))), study())[0]


def test_one_model_and_failures() -> None:
    pairs = [{"status": "ok"}, {"status": "failed"}, {"status": "missing"}]
    text = summary(frame(scores(0.02, "A")), study(pairs=pairs))
    assert text[0].startswith("A, the only model, has an overall score of 0.700 [0.686, 0.714] (Global)")
    assert text[0].endswith("(1 of 3 comparisons failed).")
    assert "models" not in text[1]
    assert "fewer than three models" in text[2]


def test_nothing_scored() -> None:
    text = summary(frame([]), study(pairs=[{"status": "failed"}] * 2))
    assert text[0] == "No model could be scored (2 of 2 comparisons failed)."
    assert text[1] == "What is hardest cannot be said: there is no overall score."
    assert len(summary(frame([]), study())) == 3


def test_no_evidence_for_families() -> None:
    third = summary(frame(scores(0.02)), study(families={"p_value": 0.4, "value": 0.1}))[2]
    assert "do not score detectably more alike than others, p = 0.40" in third
    third = summary(frame(scores(0.02)), study(families={"p_value": None, "value": None}))[2]
    assert "cannot be tested" in third


def test_leader_by_regions() -> None:
    lines = [
        line(m, "a", "overall_score", v, 0.01, region=r)
        for r, values in (("global", (0.5, 0.6)), ("x", (0.9, 0.6)), ("y", (0.8, 0.6)))
        for m, v in zip("AB", values, strict=True)
    ]
    regions = [{"name": r, "title": r.upper(), "kind": "box"} for r in ("global", "x", "y")]
    first = summary(frame(lines), study(regions=regions))[0]
    assert first.startswith("A leads in 2 of 3 regions: overall score 0.900")
    assert "(X)" in first
    assert "in both" in first
