"""What a flow study found, in sentences written from its numbers."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from vadose.report.flow_balance import peak, totals
from vadose.report.flow_data import FlowRun
from vadose.report.flow_drawn import table_at_the_end
from vadose.report.flow_fields import Surface
from vadose.report.flow_wells import Gauge

TIGHT = 1e-10  # unbalanced over the throughput that counts as closed


def findings(run: FlowRun, surface: Surface, relation: list[dict[str, Any]], places: list[Gauge]) -> list[str]:
    """At most four sentences: where the water went, the water table, the river, and the gauges."""
    return [s for s in (_balance(run), _table(run, surface, relation), _river(run), _judged(places)) if s]


def _balance(run: FlowRun) -> str:
    moved = [r for r in totals(run) if r["kind"] == "exchange"]
    came = [r for r in moved if r["m3"] > 0]
    gone = [r for r in moved if r["m3"] < 0]
    into = sum(r["mm"] for r in totals(run) if r["kind"] == "storage")
    if not moved:
        return f"Nothing entered or left; the water in and on the ground changed by {signed(into)} mm."
    entered = _listed([f"{_mm(r['mm'])} mm of {_lower(r['title'])}" for r in came]) if came else "Nothing"
    left = [f"{_mm(-r['mm'])} mm {_way(r['title'])}" for r in gone]
    stored = f"{_mm(into)} mm stayed in store" if into >= 0 else f"{_mm(-into)} mm came out of store"
    return f"{entered} came in: {_listed([*left, stored])}."


def _way(title: str) -> str:
    return {"Outflow over the border": "ran off over the border", "Evaporation": "evaporated"}.get(
        title, f"left by {_lower(title)}"
    )


def _table(run: FlowRun, surface: Surface, relation: list[dict[str, Any]]) -> str:
    if not np.isfinite(surface.middle[-1]):
        return "In more than half of the columns no cell is saturated at the end."
    told = table_at_the_end(surface)
    best = max((p for p in relation if p["r"] is not None), key=lambda p: abs(p["r"]), default=None)
    if best is None:
        return f"{told}."
    what = "elevation" if best["title"].startswith("Elevation") else "topographic position"
    return f"{told}; its depth goes with {what} at r = {signed(best['r'])}."


def _river(run: FlowRun) -> str:
    found = peak(run)
    if found is None:
        return "No water leaves over the land." if run.info.get("overland") else ""
    rate, time = found
    told = f"The outflow over the border peaks at {rate:.3g} m\u00b3 s\u207b\u00b9, {when(run, time)}"
    rain = run.budget["rain"][1:] / np.diff(run.budget["time"])
    if np.nanmax(rain, initial=0.0) > 0:
        ends = run.budget["time"][1:][rain >= 0.999 * np.nanmax(rain)]
        lag = (time - ends[ends <= time][-1]) / 3600.0 if (ends <= time).any() else np.nan
        if np.isfinite(lag):
            told += ", as the heaviest rain ends" if lag == 0 else f", {lag:.3g} h after the heaviest rain"
    return f"{told}."


def _judged(places: list[Gauge]) -> str:
    scored = [g for g in places if g.pairs and g.scores()["r"] is not None]
    if not scored:
        return ""
    r = [float(g.scores()["r"] or 0.0) for g in scored]
    if len(scored) == 1:
        return f"At {scored[0].name} simulated and observed agree at r = {signed(r[0])}."
    low, middle, high = (signed(float(v)) for v in np.quantile(r, (0.0, 0.5, 1.0)))
    told = low if low == high else f"{low} to {high}, median {middle}"
    return f"At {len(scored)} wells and gauges simulated and observed agree at r = {told}."


def closed(run: FlowRun) -> bool | None:
    """Whether the budget closes to TIGHT of what passed; None where run.json does not say."""
    relative = (run.info.get("budget") or {}).get("relative")
    return bool(abs(relative) <= TIGHT) if isinstance(relative, int | float) else None


def begin(run: FlowRun) -> datetime.datetime | None:
    """The date at which the study starts; None where it has none."""
    try:
        return datetime.datetime.fromisoformat(str(run.info.get("start"))).replace(tzinfo=datetime.UTC)
    except ValueError:
        return None


def when(run: FlowRun, seconds: float) -> str:
    """A time as hours or days since the start, or as a date of studies of more than two days that have one."""
    first = begin(run)
    if first is not None and run.time[-1] > 2 * 86400:
        return f"on {(first + datetime.timedelta(seconds=seconds)):%Y-%m-%d %H:%M}"
    if seconds > 10 * 86400:
        return f"on day {seconds / 86400:.3g}"
    return f"{seconds / 3600:.3g} h after the start"


def signed(value: float) -> str:
    """Two digits, with a true minus."""
    return f"{value:.2f}".replace("-", "\u2212")


def _mm(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
