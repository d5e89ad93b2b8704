"""The water of a flow study through time: rows of its budget, joined where they are many, and their totals."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.flow_data import COUNTED, FlowRun

MOST_ROWS = 2000
TITLES = {"rain": "Rain", "evaporation": "Evaporation", "border": "Outflow over the border"}


def title_of(term: str) -> str:
    """A column of the budget in words."""
    text = TITLES.get(term, term.replace("_", " "))
    return text[:1].upper() + text[1:]


def exchanged(run: FlowRun) -> list[str]:
    """Columns of what entered and left, in the order in which they are shown; those of zeros are left out."""
    names = ["rain", "evaporation", "border", *run.terms]
    return [n for n in names if np.nanmax(np.abs(_steps(run, n)), initial=0.0) > 0]


def _steps(run: FlowRun, name: str) -> np.ndarray:
    """What passed after the first row; that row is the state at the start and moved nothing."""
    return run.budget[name][1:]


def totals(run: FlowRun) -> list[dict[str, Any]]:
    """Rows of the table: title, m3, mm over the active area, and whether it is storage, exchange or closure."""
    budget = run.budget
    per_mm = 1000.0 / run.area
    found = [("exchange", title_of(n), float(np.nansum(_steps(run, n)))) for n in exchanged(run)]
    found += [
        ("storage", f"Change of the water {where}", float(budget[n][-1] - budget[n][0]))
        for n, where in (("storage", "in the ground"), ("pond", "on the ground"))
    ]
    found.append(("closure", "Unbalanced", float(np.nansum(_steps(run, "unbalanced")))))
    return [{"kind": kind, "title": title, "m3": v, "mm": v * per_mm} for kind, title, v in found]


def joined(run: FlowRun) -> dict[str, Any]:
    """Series for the script, at most MOST_ROWS intervals.

    edges [row + 1] s; storage and pond [row + 1] mm since the start and mm; `moved` term -> [row] mm; outflow
    [row] m3 s-1, rain [row] mm h-1; newton, products and substeps [row] of a step, means over the joined rows, with the
    largest of a row
    """
    budget = run.budget
    time = budget["time"]
    count = time.size - 1
    every = max(1, -(-count // MOST_ROWS))
    first = np.arange(0, count, every)
    ends = np.append(first[1:], count)
    per_mm = 1000.0 / run.area
    edges = time[np.append(first, count)] if count else time
    seconds = np.diff(edges)

    def sums(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(np.nan_to_num(values), first) if count else np.zeros(0)

    taken = _taken(run)
    at = np.append(0, ends) if count else np.zeros(1, int)
    moved = {n: sums(_steps(run, n)) for n in exchanged(run)}
    outflow = -sums(_steps(run, "border")) / seconds
    rain = sums(_steps(run, "rain")) * per_mm * 3600.0 / seconds
    solver = {
        n: {"mean": sums(_steps(run, n)) / sums(taken), "most": np.maximum.reduceat(_steps(run, n) / taken, first)}
        for n in COUNTED
        if n in budget and count
    }
    return {
        "edges": edges, "every": every, "storage": (budget["storage"][at] - budget["storage"][0]) * per_mm,
        "pond": budget["pond"][at] * per_mm, "moved": {n: v * per_mm for n, v in moved.items()},
        "titles": {n: title_of(n) for n in moved}, "outflow": outflow, "rain": rain, "solver": solver,
        "unbalanced": sums(_steps(run, "unbalanced")),
    }  # fmt: skip


def _taken(run: FlowRun) -> np.ndarray:
    """Steps that each row of the budget sums, [row]: a run writes a row at each output."""
    between, dt = np.diff(run.budget["time"]), run.info.get("dt")
    known = isinstance(dt, int | float) and dt > 0
    return np.maximum(np.rint(between / dt), 1.0) if known else np.ones(between.size)


def peak(run: FlowRun) -> tuple[float, float] | None:
    """Largest outflow over the border, m3 s-1, and the end of its step, s; None where nothing leaves."""
    time = run.budget["time"]
    if time.size < 2:
        return None
    rate = -_steps(run, "border") / np.diff(time)
    k = int(np.nanargmax(rate)) if np.isfinite(rate).any() else 0
    return (float(rate[k]), float(time[k + 1])) if rate[k] > 0 else None
