"""The score table in two other forms: a labelled array (scores.nc) and the CMEC metrics layout (scores.json)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vadose.benchmark.score import ALL, GROUP, SCORES

if TYPE_CHECKING:
    import xarray as xr

_DIMS = ("row", "model", "region", "mode", "score")


def to_dataset(scores: pd.DataFrame) -> xr.Dataset:
    """The table as value, low and high [row, model, region, mode, score], NaN where there is no number.

    Coordinates in the order of their first appearance; reference, variable, depth_top and depth_bottom belong to a
    row, `units` [row, score] to a number.
    """
    import xarray as xr

    index, labels = zip(*(pd.factorize(scores[d].astype(str)) for d in _DIMS), strict=True)
    shape = tuple(len(x) for x in labels)
    data: dict[str, Any] = {}
    for name in ("value", "low", "high"):
        full = np.full(shape, np.nan)
        full[index] = scores[name].to_numpy(float)
        data[name] = (_DIMS, full)
    units = np.full((shape[0], shape[4]), "", dtype=object)
    units[index[0], index[4]] = scores["units"].fillna("").astype(str)
    first = scores.groupby(index[0]).first().reindex(range(shape[0]))
    coords: dict[str, Any] = {d: np.array(x, dtype=str) for d, x in zip(_DIMS, labels, strict=True)}
    for name in ("reference", "variable"):
        coords[name] = ("row", first[name].fillna("").to_numpy(str))
    for name in ("depth_top", "depth_bottom"):
        coords[name] = ("row", first[name].to_numpy(float), {"units": "m", "positive": "down"})
    coords["units"] = (("row", "score"), units.astype(str))
    attrs = {"Conventions": "CF-1.11", "title": "Benchmark scores", "interval": "low and high bound 95 %"}
    return xr.Dataset(data, coords, attrs)


def cmec(scores: pd.DataFrame, run: Mapping[str, Any]) -> dict[str, Any]:
    """The scores in the layout of the Coordinated Model Evaluation Capabilities (CMEC) metrics file.

    RESULTS[region][model][metric][statistic], a metric named "GROUP::VARIABLE!!ROW" ("::" for a level below, "!!"
    for one of several references), groups "GROUP", everything "Overall". Statistics of the headline mode bear the
    names of the table, those of another mode "NAME!!MODE". A missing number is None.

    run : run.json
    Source: Earth System Metrics and Diagnostics Standards, "Common Metric Output Format"
    """
    metrics = _metrics(run)
    headline = run.get("headline", "exact")
    results: dict[str, Any] = {}
    table = scores[scores["row"].isin(metrics)]
    names = (table[c].astype(str) for c in ("region", "model", "row", "mode", "score"))
    for region, model, row, mode, score, value in zip(*names, table["value"].to_numpy(float), strict=True):
        statistic = score if mode == headline else f"{score}!!{mode}"
        found = results.setdefault(region, {}).setdefault(model, {}).setdefault(metrics[row][0], {})
        found[statistic] = float(value) if np.isfinite(value) else None
    statistics = {s for r in results.values() for m in r.values() for x in m.values() for s in x}
    titles = {r["name"]: r.get("title", r["name"]) for r in run.get("regions", ())}
    models = {m["name"]: {"Description": f"land model: {m.get('family') or 'unknown'}"} for m in run.get("models", ())}
    used = {m for r in results.values() for x in r.values() for m in x}
    return {
        "SCHEMA": {"name": "CMEC", "version": "v1", "package": "vadose"},
        "DIMENSIONS": {
            "json_structure": ["region", "model", "metric", "statistic"],
            "region": {r: {"LongName": titles.get(r, r)} for r in results},
            "model": {m: models.get(m, {}) for m in dict.fromkeys(m for r in results.values() for m in r)},
            "metric": {name: about for name, about in metrics.values() if name in used},
            "statistic": {s: _about(s) for s in sorted(statistics)},
        },
        "RESULTS": results,
        "PROVENANCE": {
            "title": run.get("title", ""),
            "created": run.get("created", ""),
            "period": run.get("period"),
            "versions": run.get("versions", {}),
        },
        "NOTES": f"Scores lie in [0, 1], 1 is best. Statistics without a mode are those of mode {headline!r}.",
    }


def _metrics(run: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """CMEC name and description of every row of the table."""
    found: dict[str, tuple[str, dict[str, Any]]] = {ALL: ("Overall", {"Name": "Mean of all groups"})}
    groups: dict[str, None] = {}
    for c in run.get("comparisons", ()):
        variable = c.get("variable_title") or c["variable"]
        about = {"Name": c.get("title", c["id"]), "Abstract": c.get("citation", ""), "URI": _uri(c.get("doi"))}
        found[c["id"]] = f"{c['group']}::{variable}!!{c['id']}", about
        groups[c["group"]] = None
    for r in run.get("relationships", ()):
        pair = f"{r['independent']['variable']}|{r['dependent']['variable']}"
        found[r["id"]] = f"{r['group']}::{pair}!!{r['id']}", {"Name": r.get("title", r["id"])}
        groups[r["group"]] = None
    return found | {GROUP + g: (g, {"Name": g}) for g in groups}


def _uri(doi: str | None) -> str:
    return f"https://doi.org/{doi}" if doi else ""


def _about(statistic: str) -> dict[str, str]:
    name, _, mode = statistic.partition("!!")
    title = name.replace("_", " ").capitalize() + (f" ({mode})" if mode else "")
    return {"Name": title, "Range": "0 to 1, 1 is best"} if name in SCORES else {"Name": title}
