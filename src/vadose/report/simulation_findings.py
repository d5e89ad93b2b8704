"""What a simulation found, in sentences with its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from vadose.report.simulation_data import SimulationRun
from vadose.report.simulation_series import Reduced

# Metrics by which skill is told, the first that is there; True where more is better.
SKILL = (("kge", True), ("nse", True), ("r", True), ("correlation", True), ("ubrmse", False), ("rmse", False))
_RAISED = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
METRIC_NAMES = {
    "kge": "KGE", "nse": "NSE", "r": "R", "correlation": "R", "ubrmse": "ubRMSE", "rmse": "RMSE", "bias": "Bias",
    "nme": "NME", "sd_difference": "SD difference", "overlap": "Overlap",
}  # fmt: skip


def findings(
    run: SimulationRun, reduced: Reduced, balances: dict[str, list[dict[str, Any]]], scores: list[dict[str, Any]],
    analysis: list[dict[str, Any]], below: Sequence[str] = (),
) -> list[str]:  # fmt: skip
    """Closure, failures, spin-up, the largest term of the water budget, skill and what the spread comes from.

    below  sentences about groundwater and rivers
    """
    said = [
        _closure(run), _failures(run), _spinup(run), _largest(run, reduced, balances["water"]), *below,
        *_skill(run, scores), _spread(analysis),
    ]  # fmt: skip
    return [s for s in said if s]


def metric_name(metric: str) -> str:
    """How tables call a metric."""
    return METRIC_NAMES.get(metric.lower(), metric.replace("_", " "))


def _closure(run: SimulationRun) -> str:
    totals = [r for r in run.tables["budget"] if r.get("column") == "total"]
    worst = {
        k: [r[k] for r in totals if isinstance(r.get(k), float)] for k in ("water_residual_max", "energy_residual_max")
    }
    parts = []
    if worst["water_residual_max"]:
        parts.append(f"water closes to {power(max(worst['water_residual_max']))} mm over the period")
    if worst["energy_residual_max"]:
        parts.append(f"energy to {power(max(worst['energy_residual_max']))} W m\u207b\u00b2 in every step")
    return f"In the worst column {' and '.join(parts)}." if parts else ""


def power(value: float) -> str:
    """2.3 x 10^-9 as text, with the exponent only where a number is tiny; zero as 0."""
    if not value or abs(value) >= 1e-3:
        return plain(value)
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits} \u00d7 10{str(int(exponent)).translate(_RAISED)}"


def plain(value: float) -> str:
    """Three significant digits and never an exponent: 120, 12,300, 0.0123; a dash where there is no number."""
    if not math.isfinite(value):
        return "\u2013"
    return f"{Decimal(f'{value:.3g}'):,f}".replace("-", "\u2212")


def percent(share: float) -> str:
    """A share as a text."""
    return f"{100 * share:.0f} %"


def _failures(run: SimulationRun) -> str:
    rows = run.tables["failed"]
    count = run.info.get("failed_columns", len(rows))
    lost = [f for f in run.info.get("failures") or [] if str(f.get("part", "")).startswith("columns ")]
    more = f" {len(lost)} tile{'s' if len(lost) > 1 else ''} of columns could not be computed at all." if lost else ""
    if not count:
        return more.strip() or "Every step of every column converged."
    first = min(rows, key=lambda r: str(r.get("time")), default=None)
    where = f", first in {place_name(first.get('column'))} on {str(first.get('time'))[:10]}" if first else ""
    columns = run.info.get("columns")
    of = f" of {columns:,}" if isinstance(columns, int) else ""
    return f"In {count}{of} columns a step did not converge{where}.{more}"


def place_name(column: Any) -> str:
    """A site by its name, a cell by its number."""
    return f"cell {column:.0f}" if isinstance(column, float) else str(column)


def _spinup(run: SimulationRun) -> str:
    cycles = (run.info.get("spinup") or {}).get("cycles")
    if not isinstance(cycles, list):
        return ""
    if not cycles:
        return "No spin-up: the run starts from its stated initial state."
    last = cycles[-1]
    settled = (
        f"; {percent(last['share'])} of the columns have settled" if isinstance(last.get("share"), int | float) else ""
    )
    return (
        f"After {len(cycles)} cycle{'s' if len(cycles) > 1 else ''} of spin-up stored water drifts by "
        f"{plain(_number(last.get('median')))} mm a year in the middle of the columns{settled}."
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _largest(run: SimulationRun, reduced: Reduced, rows: list[dict[str, Any]]) -> str:
    """The largest way out of the water budget: of one row, or in how many of several."""
    told = []
    for row in rows:
        rain = next((t["value"] for t in row["terms"] if t["name"] == "precipitation"), 0.0)
        out = [t for t in row["terms"] if t["side"] == "out" and t["name"] != "storage_change"]
        if out and rain > 0:
            told.append((max(out, key=lambda t: t["value"]), rain, row))
    if not told:
        return ""
    term, rain, row = told[0]
    amount = f"{plain(term['value'])} of {plain(rain)} {run.water_unit[2]}"
    share = f"{term['title'].lower()} takes {amount} ({percent(term['value'] / rain)})"
    if len(told) == 1:
        return f"Of the precipitation {share}."
    same = sum(t[0]["name"] == term["name"] for t in told)
    name = reduced.places[row["place"]].name if len({r["place"] for r in rows}) > 1 else run.members[row["member"]]
    return f"{term['title']} is the largest loss of water in {same} of {len(told)} balances; at {name} {share}."


def _skill(run: SimulationRun, scores: list[dict[str, Any]]) -> list[str]:
    known = {str(r["metric"]).lower() for r in scores}
    chosen = next(((m, up) for m, up in SKILL if m in known), None)
    if chosen is None:
        return []
    metric, up = chosen
    rows = [r for r in scores if str(r["metric"]).lower() == metric and isinstance(r.get("value"), float)]
    own = sorted((r for r in rows if r["member"] in run.members), key=lambda r: r["value"], reverse=up)
    if not own:
        return []
    name = metric_name(metric)
    said = [f"Closest to the observations: {_score(own[0], name, len(run.members) > 1)}."]
    if own[-1]["observation"] != own[0]["observation"]:
        said[0] += f" Furthest: {_score(own[-1], name, len(run.members) > 1)}."
    beaten, among = 0, 0
    for observation in dict.fromkeys(r["observation"] for r in own):
        here = [r for r in rows if r["observation"] == observation]
        rivals = [r["value"] for r in here if r["member"] not in run.members]
        best = [r["value"] for r in here if r["member"] in run.members]
        if rivals and best:
            among += 1
            beaten += (max(best) < max(rivals)) if up else (min(best) > min(rivals))
    if among:
        names = ", ".join(dict.fromkeys(r["member"] for r in rows if r["member"] not in run.members))
        said.append(f"The best benchmark ({names}) has the better {name} for {beaten} of {among} observed series.")
    return said


def _score(row: dict[str, Any], metric: str, member: bool) -> str:
    known = isinstance(row.get("low"), float) and isinstance(row.get("high"), float)
    between = f" ({row['low']:.2f} to {row['high']:.2f})" if known else ""
    numbers = f"{row['value']:.2f}{between}".replace("-", "\u2212")
    return f"{row['observation']}{' by ' + str(row['member']) if member else ''}, {metric} {numbers}"


# What the spread is told of: the flux of water that differs most, soil moisture where there is none.
WATER = ("evapotranspiration", "transpiration", "runoff", "surface_runoff", "subsurface_runoff")


def _spread(analysis: list[dict[str, Any]]) -> str:
    single = [
        r for r in analysis
        if r["statistic"] == "mean" and " x " not in r["choice"] and r["choice"] != "higher interactions"
        and r["share"] > 0
    ]  # fmt: skip
    told = [r for r in single if r["variable"] in WATER] or [r for r in single if r["variable"] == "soil_moisture"]
    if not told:
        return ""
    widest = max(told, key=lambda r: r.get("sd") or 0.0)
    best = max((r for r in told if r["title"] == widest["title"]), key=lambda r: r["share"])
    of = f"{percent(best['share'])} of the variance between the members"
    missing, present = best.get("missing") or 0.0, best.get("members") or 0.0
    there = f", from {present:.0f} of {present + missing:.0f} combinations" if missing else ""
    if not best.get("sd"):
        return f"{best['title']}: the {best['choice']} alone explains {of}{there}."
    spread = f"{plain(best['sd'])} {best['units']} around {plain(best['mean'])}"
    return f"{best['title']} differs by {spread} (standard deviation); the {best['choice']} alone explains {of}{there}."
