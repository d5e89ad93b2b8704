"""Three sentences that say what a study found, with its numbers and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vadose.benchmark.rank import ranking
from vadose.benchmark.score import ALL, GROUP, tree


def summary(scores: pd.DataFrame, run: Mapping[str, Any]) -> list[str]:
    """Who leads, what is hardest, and whether families score alike: one sentence each, in the headline mode.

    scores  the tidy table; groups and "ALL" are added where it lacks them
    run     run.json with models, regions, comparisons, relationships, pairs, headline and families
    """
    if not (scores["row"] == ALL).any():
        scores = pd.concat([scores, tree(scores, run)], ignore_index=True)
    scores = scores[scores["mode"] == run.get("headline", "exact")]
    return [_leader(scores, run), _hardest(scores, run), _families(run)]


def _leader(scores: pd.DataFrame, run: Mapping[str, Any]) -> str:
    mode = run.get("headline", "exact")
    tables = {r: t for r in _regions(scores, run) if len(t := ranking(scores, region=r, mode=mode))}
    failed = [p for p in run.get("pairs", ()) if p["status"] == "failed"]
    lost = f" ({len(failed)} of {len(run['pairs'])} comparisons failed)" if failed else ""
    if not tables:
        return f"No model could be scored{lost or ': nothing was compared'}."
    main, table = next(iter(tables.items()))
    first = table.iloc[0]
    if scores["model"].nunique() == 1:
        return (
            f"{first['model']}, the only model, has an overall score of {_number(first)} ({_title(main, run)}){lost}."
        )
    leaders = pd.Series([t["model"].iloc[0] for t in tables.values()]).value_counts(sort=False)
    best = str(leaders.idxmax())
    won = [r for r, t in tables.items() if t["model"].iloc[0] == best]
    shown = main if main in won else won[0]
    table = tables[shown]
    text = f"{best} leads in {len(won)} of {_count(len(tables), 'region')}: overall score {_number(table.iloc[0])}"
    text += f" ({_title(shown, run)})"
    if len(table) < 2:
        return f"{text}; no other model was scored there{lost}."
    second = table.iloc[1]
    text += f", followed by {second['model']} with {_number(second)}"
    if not pd.notna(table.iloc[0]["low"]) or not pd.notna(second["low"]):
        return f"{text}; without intervals, whether they differ is not known{lost}."
    shared = sum(len(tables[r]) > 1 and int(tables[r]["rank"].iloc[1]) == 1 for r in won)
    if not shared:
        return f"{text}; its 95 % interval lies above the runner-up's in {_every(len(won))}{lost}."
    return f"{text}; its 95 % interval overlaps the runner-up's in {shared} of the {len(won)}{lost}."


def _hardest(scores: pd.DataFrame, run: Mapping[str, Any]) -> str:
    overall = scores[(scores["score"] == "overall_score") & scores["row"].astype(str).str.startswith(GROUP)]
    regions = [r for r in _regions(scores, run) if (overall["region"] == r).any()]
    overall = overall[overall["value"].notna() & (overall["region"] == (regions[0] if regions else ""))]
    if overall.empty:
        return "What is hardest cannot be said: there is no overall score."
    groups = overall.groupby("row", sort=False)["value"].describe().sort_values("50%", kind="stable")
    region = _title(regions[0], run)

    def told(row: pd.Series) -> str:
        middle = "median " if row["count"] > 1 else ""
        among = f", models {row['min']:.2f} to {row['max']:.2f}" if row["count"] > 1 else ""
        return f"{str(row.name).removeprefix(GROUP)} ({middle}overall score {row['50%']:.2f}{among})"

    if len(groups) == 1:
        return f"The one group compared is {told(groups.iloc[0])}, {region}."
    return f"Hardest is {told(groups.iloc[0])}, easiest {told(groups.iloc[-1])}, {region}."


def _families(run: Mapping[str, Any]) -> str:
    found = run.get("families")
    if not found:
        return "Whether models of one family score alike cannot be tested: fewer than three models were scored."
    if found.get("p_value") is None:
        return (
            "Whether models of one family score alike cannot be tested: "
            "it needs a family with two scored models and a model outside it."
        )
    p = found["p_value"]
    chance = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    difference = found.get("value")
    far = f" (mean distance {difference:+.2f} against that between families)" if difference is not None else ""
    if p < 0.05:
        return f"Models of one land-model family score more alike than chance would have it, {chance}{far}."
    return f"Models of one land-model family do not score detectably more alike than others, {chance}{far}."


def _regions(scores: pd.DataFrame, run: Mapping[str, Any]) -> list[str]:
    """The regions of the study in its order, or those of the table."""
    return [r["name"] for r in run.get("regions", ())] or list(dict.fromkeys(scores["region"]))


def _title(region: str, run: Mapping[str, Any]) -> str:
    return next((r.get("title") or region for r in run.get("regions", ()) if r["name"] == region), region)


def _number(row: pd.Series) -> str:
    """A score with its 95 % interval where it has one."""
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _every(n: int) -> str:
    return {1: "that region", 2: "both"}.get(n, f"all {n}")
