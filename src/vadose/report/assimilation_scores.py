"""Scores of the experiments at independent sensors, and the consistency of their ensembles, from the run's tables."""

from __future__ import annotations

from typing import Any

from vadose.report.assimilation_analysis import Analyses
from vadose.report.assimilation_consistency import consistency
from vadose.report.assimilation_data import AssimilationRun
from vadose.report.simulation_data import Variable
from vadose.report.simulation_observed import as_text
from vadose.report.simulation_series import SHORT, Shown, shown

MEASURED, DOMAIN, ALL = "measured", "domain", "all"  # as the tables of a run name them
UNITLESS = ("1", "%")


def judged(run: AssimilationRun) -> list[dict[str, Any]]:
    """A row an experiment and sensor: {"experiment" (number), "sensor", "variable", "title", "units", "n", "metrics"}.

    metrics  name -> {"value", "low", "high"} in display units; `measured` is what the sensor summed up to, if it did
    """
    number = {name: k for k, name in enumerate(run.names)}
    several = _repeated(run.tables["evaluation"])
    found: dict[tuple[int, str], dict[str, Any]] = {}
    totals: dict[str, float] = {}
    for row in run.tables["evaluation"]:
        sensor, place = as_text(row.get("observation")), as_text(row.get("place"))
        if sensor == DOMAIN or not isinstance(row.get("value"), float):
            continue
        name = f"{sensor}, {place}" if sensor in several and place else sensor
        experiment = as_text(row.get("experiment"))
        if experiment == MEASURED:
            totals[name] = row["value"]
        if experiment not in number:
            continue
        variable, how = as_text(row.get("variable")), _display(row)
        entry = found.setdefault((number[experiment], name), {
            "experiment": number[experiment], "sensor": name, "variable": variable, "n": row.get("n"), "units": "",
            "title": SHORT.get(variable, variable.replace("_", " ").capitalize()), "metrics": {},
        })  # fmt: skip
        if row.get("metric") == "rmse":
            entry["units"], entry["n"] = how.units, row.get("n")
        entry["metrics"][as_text(row.get("metric"))] = {
            k: row[k] * how.factor if isinstance(row.get(k), float) else None for k in ("value", "low", "high")
        }
    for (_, name), entry in found.items():
        entry["measured"] = totals.get(name)
    # Soil moisture first: it is what was assimilated.
    order = sorted(found, key=lambda k: (found[k]["variable"] != "soil_moisture", found[k]["variable"], k[1], k[0]))
    return [found[key] for key in order]


def _repeated(rows: list[dict[str, Any]]) -> set[str]:
    """Names of observations that stand at more than one place."""
    held: dict[str, set[str]] = {}
    for row in rows:
        held.setdefault(as_text(row.get("observation")), set()).add(as_text(row.get("place")))
    return {name for name, places in held.items() if len(places - {""}) > 1}


def _display(row: dict[str, Any]) -> Shown:
    units = as_text(row.get("units"))
    if units in UNITLESS or row.get("metric") == "total":
        return Shown("", "")
    return shown(Variable(as_text(row.get("variable")), "", units, ("member", "time"), None))


def consistency_rows(run: AssimilationRun, analyses: list[Analyses | None]) -> list[dict[str, Any] | None]:
    """Of each experiment the numbers of `consistency` with its ranks and what the tables test; None without analyses.

    table  {"chi_square", "chi_square_low", "chi_square_high", "lag_1", "ratio", "p_value"}, where they are there
    """
    found: list[dict[str, Any] | None] = []
    for e, a in zip(run.experiments, analyses, strict=True):
        entry = None if a is None else consistency(a)
        if entry is not None:
            mine = [r for r in run.tables["ranks"] if as_text(r.get("experiment")) == e.name]
            entry["ranks"] = _ranks(mine)
            entry["table"] = _tested(run, e.name, mine)
        found.append(entry)
    return found


def _ranks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rank histograms of an experiment, one a set, "all" first: {"title", "counts", "p_value"}."""
    sets = list(dict.fromkeys(as_text(r.get("set")) for r in rows if r.get("what") == "rank"))
    found = []
    for name in sorted(sets, key=lambda s: s != ALL):
        here = [r for r in rows if as_text(r.get("set")) == name]
        bins = {int(r["bin"]): r["count"] for r in here if r.get("what") == "rank" and isinstance(r.get("bin"), float)}
        flat = next((r.get("p_value") for r in here if r.get("what") == "flatness"), None)
        found.append({"title": name, "counts": [bins[k] for k in sorted(bins)],
                      "p_value": flat if isinstance(flat, float) else None})  # fmt: skip
    return found


def _tested(run: AssimilationRun, name: str, ranked: list[dict[str, Any]]) -> dict[str, float]:
    """Numbers of the tables over all sets of an experiment."""
    found: dict[str, float] = {}
    innovations = [r for r in run.tables["innovations"] if as_text(r.get("experiment")) == name]
    for rows, columns in (
        (innovations, ("used", "chi_square", "chi_square_low", "chi_square_high", "lag_1")),
        ([r for r in ranked if r.get("what") == "spread-skill"], ("ratio",)),
        ([r for r in ranked if r.get("what") == "flatness"], ("p_value",)),
    ):
        row = next((r for r in rows if as_text(r.get("set")) == ALL), rows[0] if rows else {})
        found |= {c: row[c] for c in columns if isinstance(row.get(c), float)}
    return found
