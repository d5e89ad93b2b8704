"""The water of an assimilation: what analyses added by month and layer, budgets by experiment, observations by fate."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.assimilation_analysis import Analyses
from vadose.report.assimilation_data import AssimilationRun, Experiment

TERMS = ("precipitation", "evaporation", "runoff", "added", "storage_change")
TITLES = {
    "precipitation": "Precipitation", "evaporation": "Evapotranspiration", "runoff": "Runoff",
    "added": "Added by analyses", "storage_change": "Storage change", "residual": "Residual",
}  # fmt: skip


def added(run: AssimilationRun, analyses: list[Analyses | None]) -> list[dict[str, Any]]:
    """Of each experiment with analyses its number, the months, and [month, layer] mm."""
    found = []
    for k in run.updated:
        a = analyses[k]
        if a is None:
            continue
        found.append({"experiment": k, "months": a.months, "monthly": np.round(a.monthly, 6)})
    return found


def budgets(run: AssimilationRun) -> list[dict[str, Any]]:
    """A row an experiment and place of budget.csv, mm over the period: the mean over the members of each term.

    Places are the totals of a grid, or the sites.
    """
    rows = []
    for k, experiment in enumerate(run.experiments):
        for column in _columns(experiment):
            here = [r for r in experiment.run.tables["budget"] if _name(r.get("column")) == column]
            terms = {t: _mean(here, t) for t in TERMS}
            residual = _mean(here, "water_residual_sum")
            if terms["precipitation"] is None and terms["added"] is None:
                continue
            rows.append({"experiment": experiment.name, "number": k, "members": len(here),
                         "place": "" if column == "total" else column, **terms, "residual": residual})  # fmt: skip
    return rows


def _columns(experiment: Experiment) -> list[str]:
    names = list(dict.fromkeys(_name(r.get("column")) for r in experiment.run.tables["budget"]))
    sites = [n for n in names if n in experiment.run.sites]
    return (sites if 0 < len(sites) <= 40 else []) or [n for n in names if n == "total"]


def _name(column: Any) -> str:
    return f"{column:g}" if isinstance(column, float) else str(column)


def _mean(rows: list[dict[str, Any]], name: str) -> float | None:
    values = [r[name] for r in rows if isinstance(r.get(name), float)]
    return float(np.mean(values)) if values else None


def fates(run: AssimilationRun) -> dict[str, Any] | None:
    """Observations by what became of them, a column an experiment with analyses: reasons, most frequent first."""
    counted = [(k, run.experiments[k].counts) for k in run.updated if run.experiments[k].counts]
    if not counted:
        return None
    total: dict[str, int] = {}
    for _, counts in counted:
        for reason, n in counts.items():
            total[reason] = total.get(reason, 0) + n
    reasons = sorted((r for r in total if total[r]), key=lambda r: (r != "used", -total[r], r))
    return {
        "experiments": [run.experiments[k].name for k, _ in counted],
        "rows": [{"reason": r.replace("_", " "), "used": r == "used", "counts": [c.get(r, 0) for _, c in counted],
                  "share": max(c.get(r, 0) / max(1, sum(c.values())) for _, c in counted)} for r in reasons],
    }  # fmt: skip
