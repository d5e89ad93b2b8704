"""The score table from comparisons upwards: groups, the whole study, and models relative to one another.

The table is tidy: one number a line with the columns model, reference, variable, depth_top, depth_bottom, region,
mode, score, value, low, high, units and row (the id of the comparison or relationship).
Source: Collier et al. (2018) section 2.2; Massoud et al. (2026) Figs. 3 and A2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vadose.benchmark.pair import COMPONENTS, ILAMB_WEIGHTS
from vadose.metrics.overall import weighted_score

SIGNATURE = (*COMPONENTS, "relationship_score")
SCORES = (*SIGNATURE, "overall_score", "taylor_skill_score")
ALL = "ALL"
GROUP = "group:"

_KEYS = ["model", "region", "mode", "score"]


def overall(components: Mapping[str, Any], weights: Mapping[str, float] = ILAMB_WEIGHTS) -> Any:
    """The overall score of a comparison from its components, with ILAMB's weights unless others are given.

    components  by name, numbers or arrays of one shape, NaN where missing; names without a weight do not count
    Source: Collier et al. (2018); Massoud et al. (2026) Fig. A1
    """
    return weighted_score(components, weights)


def tree(scores: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    """Scores of every group and of the whole study, as further rows of the table.

    variable = sum(w s) / sum(w) over its references;  group = mean of its variables;  ALL = mean of the groups

    scores  the tidy table; only rows of comparisons and relationships count, and a relationship's score is its overall
    run     run.json: "comparisons" and "relationships" with id, group, variable and weight (0 leaves one out)
    Returns rows whose reference and row are "group:NAME" or "ALL", one for each score that its parts have, and
    `comparisons`, the number of comparisons in the overall score: it is smaller for a model that lacks some.
    Half widths of intervals combine in quadrature, as if parts were independent; parts that share a model are not
    quite, so the interval is a lower bound. It is missing where a part has none.
    """
    leaves = _leaves(run)
    known = scores["row"].isin(leaves.index) & scores["score"].isin(SCORES) & scores["value"].notna()
    table = _with_overall(scores.loc[known, [*_KEYS, "row", "value", "low", "high"]])
    table = table.join(leaves, on="row")
    table = table[table["weight"] > 0]
    table["below"] = (table["value"] - table["low"]) ** 2
    table["above"] = (table["high"] - table["value"]) ** 2
    table["comparisons"] = 1.0
    variables = _mean(table, [*_KEYS, "group", "variable"])
    groups = _mean(variables, [*_KEYS, "group"])
    whole = _mean(groups, _KEYS)
    whole["group"] = ""
    return _rows(pd.concat([groups, whole], ignore_index=True))


def relative_scale(scores: pd.DataFrame, floor: float = 0.02) -> pd.DataFrame:
    """Each score relative to the models of the study, per row, region and mode, as the column `relative`.

    z = (s - mean) / max(std, floor), population standard deviation over the models that have the score; a score
    on which models hardly differ stays near 0

    Returns a copy of the table; `relative` is missing for what is not a score.
    Source: ILAMB 2.7.3; Massoud et al. (2026) Fig. A2
    """
    out = scores.copy()
    grouped = out.groupby(["row", "region", "mode", "score"], dropna=False, sort=False)["value"]
    deviation = grouped.transform("std", ddof=0)
    relative: pd.Series = (out["value"] - grouped.transform("mean")) / np.maximum(deviation, floor)
    out["relative"] = relative.where(out["score"].isin(SCORES))
    return out


def _leaves(run: Mapping[str, Any]) -> pd.DataFrame:
    """Group, variable and weight of every comparison and relationship, by its id."""
    found = [(c["id"], c["group"], c["variable"], c.get("weight", 1.0)) for c in run.get("comparisons", ())]
    for r in run.get("relationships", ()):
        pair = f"{r['independent']['variable']}|{r['dependent']['variable']}"
        found.append((r["id"], r["group"], pair, r.get("weight", 1.0)))
    return pd.DataFrame(found, columns=["row", "group", "variable", "weight"]).set_index("row")


def _with_overall(table: pd.DataFrame) -> pd.DataFrame:
    """Relationships have one score: it is their overall score too."""
    has = table.loc[table["score"] == "overall_score", "row"].unique()
    extra = table[(table["score"] == "relationship_score") & ~table["row"].isin(has)]
    return pd.concat([table, extra.assign(score="overall_score")], ignore_index=True)


def _mean(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Weighted mean of `value` over all that share `keys`; squared half widths combine with squared weights."""
    weight = table["weight"]
    parts = table[keys].assign(
        total=weight,
        value=weight * table["value"],
        below=weight**2 * table["below"],
        above=weight**2 * table["above"],
        comparisons=table["comparisons"],
    )
    # A missing half width must stay missing: an interval without it would claim too much.
    out = parts.groupby(keys, sort=False, as_index=False).sum(min_count=1)
    lost = parts.assign(below=parts["below"].isna(), above=parts["above"].isna())
    lost = lost.groupby(keys, sort=False, as_index=False)[["below", "above"]].any()
    total = out.pop("total")
    out["value"] /= total
    for side in ("below", "above"):
        out[side] = (out[side] / total**2).mask(lost[side].astype(bool))
    return out.assign(weight=1.0)


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """The combined scores in the columns of the tidy table."""
    name = np.where(table["group"] == "", ALL, GROUP + table["group"])
    out = table[_KEYS].assign(
        reference=name,
        variable="",
        depth_top=np.nan,
        depth_bottom=np.nan,
        value=table["value"],
        low=table["value"] - np.sqrt(table["below"]),
        high=table["value"] + np.sqrt(table["above"]),
        units="1",
        row=name,
    )
    overall = out["score"] == "overall_score"
    count = out[overall].assign(score="comparisons", value=table.loc[overall, "comparisons"], low=np.nan, high=np.nan)
    order = ["model", "reference", "variable", "depth_top", "depth_bottom", "region", "mode", "score"]
    return pd.concat([out, count], ignore_index=True)[[*order, "value", "low", "high", "units", "row"]]
