"""What the page of an assimilation tells its script and its tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.assimilation_data import AssimilationRun
from vadose.report.assimilation_series import DRAWN, Ensemble
from vadose.report.assimilation_twin import parameter_table, twin_table
from vadose.report.assimilation_water import TITLES, budgets, fates
from vadose.report.pack import pack_values
from vadose.report.simulation_series import texts

_SHOWN_HASHES, _SHOWN_ROWS = 300, 60
_FILES = (".csv", ".toml", ".json", ".nc")
UNITS = {"soil_moisture": "m3 m-3", "water_table_depth": "m", "ponded_water": "kg m-2"}
_MONTHLY = ("evapotranspiration", "runoff", "latent_heat")


def head(run: AssimilationRun, ensembles: list[Ensemble]) -> dict[str, Any]:
    """What the script needs first: experiments, time axis, places, layers and variables."""
    first = ensembles[0].members
    gap = first.weights
    regular = bool(np.allclose(gap, gap[0], rtol=1e-6))
    time = {"first": float(first.starts[0]), "step": float(gap[0]), "n": int(gap.size)} if regular else {
        "edges": [*first.starts, float(first.ends[-1])]
    }  # fmt: skip
    return {
        "kind": "assimilation", "title": run.title, "points": bool(run.experiments[0].run.sites), "time": time,
        "experiments": [{"name": e.name, "slug": e.slug, "updates": e.updates} for e in run.experiments],
        "reference": run.reference, "members": max(len(e.run.members) for e in run.experiments),
        "places": [{"name": p.name, "lat": p.lat, "lon": p.lon} for p in first.places],
        "layers": first.layers, "variables": texts(first.about), "observed_units": _units(run),
        "series": [n for n in DRAWN if all(n in e.mean for e in ensembles)],
    }  # fmt: skip


def _units(run: AssimilationRun) -> str:
    """Units of what was assimilated, where all of it has the same."""
    units = {UNITS.get(str(o.get("variable")), "") for o in run.sets}
    return units.pop() if len(units) == 1 else ""


def place_data(ensembles: list[Ensemble], place: int) -> dict[str, Any]:
    """Series of all experiments at a place: [mean, sd] of each variable, months, the course of a day, rain, totals."""
    first = ensembles[0]
    names = [n for n in DRAWN if all(n in e.mean for e in ensembles)]
    kept = [n for n in names if any(np.isfinite(e.mean[n][:, place]).any() for e in ensembles)]
    found: dict[str, Any] = {
        "series": {n: [[pack_values(v[n][:, place]) for v in (e.mean, e.sd)] for e in ensembles] for n in kept},
        "months": first.months(names[0])[0] if names else [],
        "monthly": {n: [np.round(e.months(n)[1][:, place], 5) for e in ensembles] for n in _MONTHLY if n in kept},
        "totals": {
            n: [float(e.total(n)[place]) for e in ensembles] for n in ("evapotranspiration", "runoff") if n in kept
        },
    }
    if "precipitation" in first.mean:
        found["rain"] = pack_values(first.mean["precipitation"][:, place])
        found["totals"]["precipitation"] = [float(e.total("precipitation")[place]) for e in ensembles]
    if first.hours.size and all(e.diurnal.shape == first.diurnal.shape for e in ensembles):
        found["hours"] = first.hours
        found["diurnal"] = [np.round(e.diurnal[:, place], 5) for e in ensembles]
    return found


def tables(run: AssimilationRun, judged: list[dict[str, Any]], consistent: list[Any]) -> dict[str, Any]:
    """What the template writes as text and tables."""
    budget = budgets(run)
    terms = [t for t in (*TITLES,) if any(row.get(t) is not None for row in budget)]
    pages = {e.slug: (e.run.path / "index.html").is_file() for e in run.experiments}
    return {
        "experiments": run.experiments,
        "pages": pages,
        "filter_name": run.filter_name,
        "sets": run.sets,
        "twin": twin_table(run),
        "twin_parameters": parameter_table(run),
        "judged": judged,
        "shown_rows": _SHOWN_ROWS,
        "budget": budget[:_SHOWN_ROWS],
        "budget_terms": [(t, TITLES[t]) for t in terms],
        "fates": fates(run),
        "warnings": [(e.name, str(w)) for e in run.experiments for w in e.info.get("warnings") or []],
        "lost": [(e.name, [str(m) for m in e.info.get("lost_members") or []]) for e in run.experiments if e.lost],
        "failures": run.info.get("failures") or [],
        "has_consistency": any(c is not None for c in consistent),
        "hashes": (run.info.get("hashes") or [])[:_SHOWN_HASHES],
        "shown_hashes": _SHOWN_HASHES,
        "files": sorted(p.name for p in run.path.iterdir() if p.suffix in _FILES),
    }
