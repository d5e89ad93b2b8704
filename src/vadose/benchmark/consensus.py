"""Several references of one quantity at once: their own spread, and whether a model lies within it.

Source: Massoud et al. (2026) section 4.3 asks for it
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

Curves = Mapping[str, np.ndarray]
_COLUMNS = [
    "model", "reference", "variable", "depth_top", "depth_bottom", "region", "mode", "score",
    "value", "low", "high", "units", "row",
]  # fmt: skip


def consensus(
    scores: pd.DataFrame, run: Mapping[str, Any], curves_of: Callable[[str, str], Curves | None] | None = None
) -> pd.DataFrame:
    """Rows for scores.csv about every quantity that two or more references describe.

    scores     the tidy table
    run        run.json: comparisons, regions, headline
    curves_of  (model, comparison id) -> cycle_reference and cycle_model [region, 12] in the order of the run's
               regions, or None; without it the annual cycle is not judged
    Rows have reference "consensus" and row "consensus:ID" with the id of the first comparison; comparisons belong
    together when variable, depth and model variable are the same. Scores, by model, region and mode:
    `consensus_overall_score` weighted mean over the references; `overall_score_spread` greatest minus least;
    `reference_spread` sample standard deviation between the references' period means. In the headline mode:
    `mean_inside_reference_spread` 0 or 1; `months_inside_reference_spread` of 12; `inside_reference_spread` 1 when
    the period mean and all months that could be judged lie inside (the mean alone without curves).
    """
    names = [r["name"] for r in run.get("regions", ())]
    headline = run.get("headline", "exact")
    needed = scores[scores["score"].isin(("period_mean", "reference_period_mean", "overall_score"))]
    opened = functools.lru_cache(maxsize=None)(curves_of) if curves_of else lambda model, row: None
    out: list[dict[str, Any]] = []
    for comparisons in sets_of_references(run):
        ids = [c["id"] for c in comparisons]
        weights = np.array([float(c.get("weight", 1.0)) for c in comparisons])
        about = _about(comparisons[0])
        for (model, region, mode), part in needed[needed["row"].isin(ids)].groupby(
            ["model", "region", "mode"], sort=False
        ):
            numbers = _numbers(part, ids)
            if np.isfinite(numbers["period_mean"] - numbers["reference_period_mean"]).sum() < 2:
                continue
            found = _of_scores(numbers, weights)
            if mode == headline:
                curves = [opened(str(model), i) for i in ids] if curves_of else []
                found += _inside(numbers, curves, names.index(region) if region in names else -1)
            where = about | {"model": model, "region": region, "mode": mode}
            out += [where | _scalar(*item, units=about["units"]) for item in found]
    return pd.DataFrame(out, columns=_COLUMNS)


def sets_of_references(run: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    """Comparisons of one variable, depth and model variable with two or more different references."""
    sets: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for c in run.get("comparisons", ()):
        depth = tuple(np.round(c["depth"], 6).tolist()) if c.get("depth") else None
        sets.setdefault((c["variable"], depth, c.get("model_variable")), []).append(c)
    return [found for found in sets.values() if len({c["reference"] for c in found}) > 1]


def inside_range(differences: Iterable[np.ndarray]) -> np.ndarray:
    """Whether a model lies between the least and the greatest of the references, from its differences to them.

    min_k (m - r_k) <= 0 <= max_k (m - r_k)

    Each difference m_k - r_k is taken over the cells that reference k has. Where all have the same cells this is
    min r <= m <= max r; where they do not, it does not mistake other cells for another climate.
    Returns float, 1 inside, 0 outside, NaN where fewer than two differences are known.
    """
    d = np.stack([np.asarray(x, float) for x in differences])
    known = np.isfinite(d).sum(axis=0)
    inside = (np.where(np.isfinite(d), d, np.inf).min(axis=0) <= 0) & (
        np.where(np.isfinite(d), d, -np.inf).max(axis=0) >= 0
    )
    return np.where(known > 1, inside.astype(float), np.nan)


def _numbers(part: pd.DataFrame, ids: Sequence[str]) -> dict[str, np.ndarray]:
    """Values [reference] of the scores needed, and the interval of the overall score, NaN where missing."""
    place = part["row"].map({i: k for k, i in enumerate(ids)}).to_numpy(int)
    out = {}
    for name, score, column in (
        ("period_mean", "period_mean", "value"),
        ("reference_period_mean", "reference_period_mean", "value"),
        ("overall", "overall_score", "value"),
        ("low", "overall_score", "low"),
        ("high", "overall_score", "high"),
    ):
        out[name] = np.full(len(ids), np.nan)
        here = (part["score"] == score).to_numpy()
        out[name][place[here]] = part[column].to_numpy(float)[here]
    return out


def _of_scores(numbers: Mapping[str, np.ndarray], weights: np.ndarray) -> list[tuple[str, float, float, float]]:
    """(score, value, low, high) of the spread between references, the consensus and the spread of scores."""
    means = numbers["reference_period_mean"]
    spread = float(np.std(means[np.isfinite(means)], ddof=1))
    found = [("reference_spread", spread, np.nan, np.nan)]
    known = np.isfinite(numbers["overall"]) & (weights > 0)
    if not known.any():
        return found
    s, low, high = (numbers[n][known] for n in ("overall", "low", "high"))
    w = weights[known] / weights[known].sum()
    mean = float(w @ s)
    # Independent half widths in quadrature, as up the tree of scores.
    below, above = (float(np.sqrt(np.sum((w * side) ** 2))) for side in (s - low, high - s))
    found.append(("consensus_overall_score", mean, mean - below, mean + above))
    if s.size > 1:
        found.append(("overall_score_spread", float(np.ptp(s)), np.nan, np.nan))
    return found


def _inside(
    numbers: Mapping[str, np.ndarray], curves: Sequence[Curves | None], region: int
) -> list[tuple[str, float, float, float]]:
    """(score, value, low, high) of the statements whether the model lies inside the range of the references."""
    mean = float(inside_range(numbers["period_mean"] - numbers["reference_period_mean"]))
    cycles = [c["cycle_model"][region] - c["cycle_reference"][region] for c in curves if c is not None]
    months = inside_range(cycles) if len(cycles) > 1 and region >= 0 else np.full(12, np.nan)
    known = np.isfinite(months)
    whole = float(mean == 1 and bool((months[known] == 1).all()))
    found = [("inside_reference_spread", whole, np.nan, np.nan), ("mean_inside_reference_spread", mean, np.nan, np.nan)]
    if known.any():
        found.append(("months_inside_reference_spread", float(months[known].sum()), np.nan, np.nan))
    return found


def _about(comparison: Mapping[str, Any]) -> dict[str, Any]:
    depth = comparison.get("depth") or (np.nan, np.nan)
    return {
        "reference": "consensus",
        "variable": comparison["variable"],
        "depth_top": depth[0],
        "depth_bottom": depth[1],
        "units": comparison.get("units", "1"),
        "row": f"consensus:{comparison['id']}",
    }


def _scalar(score: str, value: float, low: float, high: float, units: str) -> dict[str, Any]:
    own = units if score == "reference_spread" else "1"
    return {"score": score, "value": value, "low": low, "high": high, "units": own}
