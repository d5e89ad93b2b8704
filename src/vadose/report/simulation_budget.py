"""Balances of water and energy as bars: what comes in, what goes out, what stays, and what does not close."""

from __future__ import annotations

import math
from typing import Any

from vadose.report.simulation_data import SimulationRun
from vadose.report.simulation_series import Reduced

DAYS = 365.25
# name, title, side on which a positive value stands, name of the total that parts replace
WATER = (
    ("precipitation", "Precipitation", "in"),
    ("transpiration", "Transpiration", "out"),
    ("ground_evaporation", "Ground evaporation", "out"),
    ("canopy_evaporation", "Canopy evaporation", "out"),
    ("evaporation", "Evapotranspiration", "out"),
    ("surface_runoff", "Surface runoff", "out"),
    ("subsurface_runoff", "Subsurface runoff", "out"),
    ("runoff", "Runoff", "out"),
    ("storage_change", "Storage change", "out"),
)
ENERGY = (
    ("net_radiation", "Net radiation", "in"),
    ("precipitation_heat", "Heat of precipitation", "in"),
    ("latent_heat", "Latent heat", "out"),
    ("sensible_heat", "Sensible heat", "out"),
    ("ground_heat", "Ground heat", "out"),
    ("canopy_heat", "Canopy storage", "out"),
)
PARTS = {
    "evaporation": ("transpiration", "ground_evaporation", "canopy_evaporation"),
    "runoff": ("surface_runoff", "subsurface_runoff"),
}
EVAPORATION = PARTS["evaporation"]
_AGREE = 0.02


def balances(run: SimulationRun, reduced: Reduced) -> dict[str, list[dict[str, Any]]]:
    """{"water": rows, "energy": rows}: a row a member and place, mm in `run.water_unit` and W m-2.

    water   P = transpiration + ground and canopy evaporation + surface and subsurface runoff + storage + residual
    energy  Rn + heat of rain = LE + H + G + canopy storage + residual
    Totals and storage are those of budget.csv; a total is split where the outputs hold its parts and agree with it.
    """
    found: dict[str, list[dict[str, Any]]] = {"water": [], "energy": []}
    span = run.water_unit[0]
    days = run.years * DAYS / span
    for row, member, place in _rows(run, reduced):
        water = {k: row.get(k) for k in ("precipitation", "evaporation", "runoff", "storage_change")}
        if all(isinstance(v, float) for v in water.values()) and span > 0:
            sums = {k: float(v) / span for k, v in water.items() if v is not None}
            residual = sums["precipitation"] - sums["evaporation"] - sums["runoff"] - sums["storage_change"]
            terms = _split(sums, reduced, member, place, days)
            found["water"].append(_bar(run, reduced, member, place, WATER, terms, residual))
        energy = {name: row.get(name) for name, _, _ in ENERGY}
        if isinstance(energy["net_radiation"], float):
            held = {k: float(v) for k, v in energy.items() if isinstance(v, float)}
            side = {name: 1.0 if where == "in" else -1.0 for name, _, where in ENERGY}
            residual = sum(side[k] * v for k, v in held.items())
            found["energy"].append(_bar(run, reduced, member, place, ENERGY, held, residual))
    return found


def _rows(run: SimulationRun, reduced: Reduced) -> list[tuple[dict[str, Any], int, int]]:
    """Rows of budget.csv with their member and place: the sites, or the totals of a grid."""
    members = {name: k for k, name in enumerate(run.members)}
    if run.sites:
        places = {p.name: k for k, p in enumerate(reduced.places)}
    else:
        places = {"total": 0}
    found = []
    for row in run.tables["budget"]:
        column = _name(row.get("column"))
        if str(row.get("member")) in members and column in places:
            found.append((row, members[str(row["member"])], places[column]))
    return found


def _name(column: Any) -> str:
    return f"{column:g}" if isinstance(column, float) else str(column)


def _split(sums: dict[str, float], reduced: Reduced, member: int, place: int, days: float) -> dict[str, float]:
    terms = dict(sums)
    for total, parts in PARTS.items():
        if not all(p in reduced.series for p in parts):
            continue
        held = {p: float(reduced.mean(p)[member, place]) * days for p in parts}
        whole = sum(held.values())
        if math.isfinite(whole) and abs(whole - sums[total]) <= _AGREE * max(abs(sums[total]), 10.0):
            scale = sums[total] / whole if abs(whole) > 1e-9 else 1.0  # float32 means against float64 sums
            terms.pop(total)
            terms |= {k: v * (scale if 0.9 < scale < 1.1 else 1.0) for k, v in held.items()}
    return terms


def _bar(
    run: SimulationRun, reduced: Reduced, member: int, place: int, table: tuple[tuple[str, str, str], ...],
    terms: dict[str, float], residual: float,
) -> dict[str, Any]:  # fmt: skip
    listed = [
        {"name": name, "title": title, "side": side, "value": terms[name]}
        for name, title, side in table
        if name in terms
    ]
    return {"member": member, "place": place, "terms": listed, "residual": residual}


def partition(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Evapotranspiration by its parts, where all rows have them: {"member", "place", "total", parts}."""
    found = []
    for row in rows:
        held = {t["name"]: t["value"] for t in row["terms"]}
        if all(p in held for p in EVAPORATION):
            parts = {p: held[p] for p in EVAPORATION}
            found.append({"member": row["member"], "place": row["place"], "total": sum(parts.values()), **parts})
    return found
