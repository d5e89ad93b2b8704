"""The tables of a run: closure of water and energy, the spin-up, and columns that failed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.simulate.loop import HEAT
from vadose.workflow.failures import Failed

if TYPE_CHECKING:
    from vadose.simulate.collate import Ends
    from vadose.simulate.run import Outcome, Plan

SPINUP = ("member", "column", "lat", "lon", "cycles", "drift_mm_per_year", "settled", "failed_steps")
FAILED = ("member", "column", "lat", "lon", "time", "reason", "steps", "state_time", "state")
MOST = 20000  # columns that tables list one by one; beyond that only totals
Arrays = dict[str, np.ndarray]
WATER = ("precipitation", "evaporation", "runoff")
ADDED = "added"  # kg m-2 that came into the columns from outside of the model, as by analyses; where anything did


def csv(rows: Sequence[dict[str, Any]], columns: Sequence[str] = ()) -> str:
    """Rows as a CSV text; `columns` stand even where there are no rows."""
    import csv as writer

    text = io.StringIO()
    out = writer.DictWriter(text, list(columns or rows[0]), lineterminator="\n")
    out.writeheader()
    for row in rows:
        out.writerow({k: repr(v) if isinstance(v, float) else v for k, v in row.items()})
    return text.getvalue()


def column_name(cells: Cells, place: int) -> str:
    """How tables call a column: the site, or the number of the cell in its grid."""
    grid = cells.grid
    return grid.names[cells.index[place]] if isinstance(grid, Sites) else str(int(cells.index[place]))


def budget(plan: Plan, ends: Ends) -> list[dict[str, Any]]:
    """Closure of each member: a row "total" (means by area; residuals as sum and maximum), then a row a column.

    water kg m-2 over the period; heat W m-2, means. The residuals are those of the steps: the sum of the magnitudes of
    water's, the largest magnitude of energy's.
    """
    single = plan.columns <= MOST
    rows = []
    for number, member in enumerate(plan.members):
        if f"{member.preset}:storage" not in ends.arrays:
            continue
        names = (*WATER, "water", "energy", "storage", "storage_start")
        held = {name: ends.of_member(member, number, name) for name in names}
        days = plan.schedule.days
        heat = ends.of_member(member, number, "heat") / days
        terms = {name: held[name] for name in WATER} | {"storage_change": held["storage"] - held["storage_start"]}
        if f"{member.preset}:{ADDED}" in ends.arrays:
            terms[ADDED] = ends.of_member(member, number, ADDED)
        terms |= {name: heat[place] for place, name in enumerate(HEAT)}
        known = np.isfinite(held["storage"])
        total = _total(plan, terms, held, known)
        rows.append({"member": member.name, "column": "total", "lat": "", "lon": "", **total})
        if single:
            rows += [_row(plan, member.name, place, terms, held) for place in range(plan.cells.size)]
    return rows


def _total(plan: Plan, terms: Arrays, held: Arrays, known: np.ndarray) -> dict[str, float]:
    """Means by area, and the residuals of all columns."""
    if not known.any():
        return dict.fromkeys((*terms, "water_residual_sum", "water_residual_max", "energy_residual_max"), float("nan"))
    area = plan.cells.area[known]
    found = {name: float(np.average(values[known], weights=area)) for name, values in terms.items()}
    return found | {
        "water_residual_sum": float(held["water"][known].sum()),
        "water_residual_max": float(held["water"][known].max()),
        "energy_residual_max": float(held["energy"][known].max()),
    }


def _row(plan: Plan, member: str, place: int, terms: Arrays, held: Arrays) -> dict[str, Any]:
    water = float(held["water"][place])
    return {
        "member": member,
        "column": column_name(plan.cells, place),
        "lat": float(plan.cells.lat[place]),
        "lon": float(plan.cells.lon[place]),
        **{name: float(values[place]) for name, values in terms.items()},
        "water_residual_sum": water,
        "water_residual_max": water,
        "energy_residual_max": float(held["energy"][place]),
    }


def failed(plan: Plan, ends: Ends) -> list[dict[str, Any]]:
    """Columns in which a step did not converge or whose state is not finite: place, first time, state before.

    `state` is a JSON text of all that the column held at `state_time`, the beginning of the day of the failure.
    """
    rows = []
    step = np.timedelta64(round(plan.schedule.step), "s")
    for number, member in enumerate(plan.members):
        if f"{member.preset}:failed" not in ends.arrays:
            continue
        first = ends.of_member(member, number, "first_failed")
        count = ends.of_member(member, number, "failed")
        storage = ends.of_member(member, number, "storage")
        lost = np.isfinite(first) & ~np.isfinite(storage)
        for place in np.flatnonzero((first >= 0) | lost):
            known = first[place] >= 0
            at = plan.schedule.start + int(first[place]) * step if known else plan.schedule.end
            day = plan.schedule.day(int(first[place]) // plan.schedule.per_day) if known else ""
            state = ends.before.get((number, int(place)), {})
            rows.append(
                {
                    "member": member.name,
                    "column": column_name(plan.cells, int(place)),
                    "lat": float(plan.cells.lat[place]),
                    "lon": float(plan.cells.lon[place]),
                    "time": str(at),
                    "reason": "the state is not finite" if lost[place] else "a solver did not converge",
                    "steps": int(count[place]),
                    "state_time": str(day),
                    "state": json.dumps({n: np.asarray(v).tolist() for n, v in state.items()}),
                }
            )
    return rows


def spinup(outcome: Outcome) -> list[dict[str, Any]]:
    """Drift of every column in the last cycle, mm of stored water a year."""
    plan, spun = outcome.plan, outcome.spun
    cycles, bound = len(spun.cycles), plan.study.spinup.drift
    rows = []
    for tile in plan.tiles:
        if tile.name not in spun.drift or isinstance(spun.failed.get(tile.name), Failed):
            continue
        drift, unsteady, wide = spun.drift[tile.name], spun.unsteady[tile.name], tile.stop - tile.start
        for column in range(tile.columns):
            place = tile.start + column % wide
            row = (
                tile.members[column // wide].name, column_name(plan.cells, place), float(plan.cells.lat[place]),
                float(plan.cells.lon[place]), cycles, float(drift[column]), int(abs(drift[column]) <= bound),
                int(unsteady[column]),
            )  # fmt: skip
            rows.append(dict(zip(SPINUP, row, strict=True)))
    return rows
