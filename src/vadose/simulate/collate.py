"""Bring the results of all tiles together: outputs, restart, tables of budgets, spin-up and failures, manifest."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import vadose
from vadose.grid.latlon import Sites
from vadose.simulate import tables
from vadose.simulate.depths import common_layers, note_of
from vadose.simulate.output import output_file, write_outputs
from vadose.simulate.restart import FILE, Part, write_restart
from vadose.simulate.scores_write import write_scores
from vadose.simulate.subsurface_file import write_ground
from vadose.simulate.summary import summary
from vadose.simulate.tasks import Worked, load_state, notes_of
from vadose.workflow.cache import write_text
from vadose.workflow.failures import Failed, guarded
from vadose.workflow.folder import log
from vadose.workflow.output import write_json
from vadose.workflow.versions import versions

if TYPE_CHECKING:
    from vadose.simulate.members import Member
    from vadose.simulate.run import Outcome, Plan
    from vadose.simulate.study import Study
    from vadose.simulate.tasks import Tile

NOTES = 40  # of a kind that run.json keeps


@dataclass(frozen=True)
class Ends:
    """Arrays at the end of the run for all members and cells: [member, ..., cell], NaN of tiles that failed."""

    arrays: dict[str, np.ndarray]
    before: dict[tuple[int, int], dict[str, np.ndarray]]

    @classmethod
    def of(cls, outcome: Outcome) -> Ends:
        """Gather the last states of all tiles. Members of different presets have arrays of their own shapes."""
        plan = outcome.plan
        arrays: dict[str, np.ndarray] = {}
        before: dict[tuple[int, int], dict[str, np.ndarray]] = {}
        for tile, worked in zip(plan.tiles, outcome.worked, strict=True):
            if not isinstance(worked, Worked):
                continue
            held = load_state(worked.states[-1])
            numbers, wide = [plan.members.index(m) for m in tile.members], tile.stop - tile.start
            for name, values in held.items():
                if ":" in name or not values.ndim:
                    continue  # "before:" and the like are not by column
                key = f"{tile.members[0].preset}:{name}"
                if key not in arrays:
                    shape = (len(plan.members), *values.shape[:-1], plan.cells.size)
                    arrays[key] = np.full(shape, np.nan)
                for place, number in enumerate(numbers):
                    part = values[..., place * wide : (place + 1) * wide]
                    arrays[key][number, ..., tile.start : tile.stop] = part
            for place, column in enumerate(np.flatnonzero(held["first_failed"] >= 0)):
                profile = {n[7:]: v[..., place] for n, v in held.items() if n.startswith("before:")}
                before[numbers[int(column) // wide], tile.start + int(column) % wide] = profile
        return cls(arrays, before)

    def of_member(self, member: Member, number: int, name: str) -> np.ndarray:
        """An array of one member, [..., cell]."""
        return self.arrays[f"{member.preset}:{name}"][number]

    def states(self, member: Member, number: int) -> dict[str, np.ndarray]:
        """The state of one member."""
        names = (key.split(":", 1)[1] for key in self.arrays if key.startswith(f"{member.preset}:"))
        return {name: self.of_member(member, number, name) for name in names if "." in name or name in _SINGLE}


_SINGLE = ("ground_temperature", "pond")


def write_run(outcome: Outcome, run: Path, seconds: float) -> None:
    """Write everything but the report to the run folder; run.json comes last and marks the run as finished."""
    plan = outcome.plan
    (run / "run.json").unlink(missing_ok=True)
    layers = common_layers(plan.study, plan.members)
    outputs = write_outputs(outcome, run, layers, attributes(plan))
    write_ground(plan, run)
    ends = Ends.of(outcome)
    _write_restart(plan, ends, run)
    budget = tables.budget(plan, ends)
    failed = tables.failed(plan, ends)
    write_text(run / "budget.csv", tables.csv(budget))
    write_text(run / "failed.csv", tables.csv(failed, tables.FAILED))
    if outcome.spun.cycles:
        write_text(run / "spinup.csv", tables.csv(tables.spinup(outcome), tables.SPINUP))
    else:
        (run / "spinup.csv").unlink(missing_ok=True)
    compared = guarded(write_scores)(plan, outputs, run)
    manifest = _manifest(outcome, run, outputs, layers, budget, failed, seconds)
    if isinstance(compared, Failed):
        log.error("scores: %s\n%s", compared.why, compared.trace)
        manifest["failures"].append({"what": "scores", "part": "observations", "why": compared.why})
    else:
        manifest["notes"]["observations"] = compared
    write_json(run / "run.json", manifest)


def attributes(plan: Plan) -> dict[str, Any]:
    """Global attributes of the outputs: where they come from."""
    study = plan.study
    presets = ", ".join(dict.fromkeys(m.preset for m in plan.members))
    hashes = "; ".join(f"{Path(d.path).name} {d.sha256}" for d in plan.digests[:200])
    more = f"; and {len(plan.digests) - 200} more, see run.json" if len(plan.digests) > 200 else ""
    return {
        "Conventions": "CF-1.11",
        "title": study.study.title,
        "source": f"vadose {vadose.__version__}, column land surface model, preset {presets}",
        "history": f"{datetime.datetime.now(datetime.UTC).isoformat(timespec='seconds')} vadose simulate",
        "comment": "Means over the intervals of time_bnds, UTC; computed in float64, written as float32",
        "options": json.dumps(study.model.options),
        "forcing": plan.files.source.name,
        "vadose_version": vadose.__version__,
        "input_sha256": hashes + more,
    }


def _write_restart(plan: Plan, ends: Ends, run: Path) -> None:
    from vadose.simulate.tile import origin_of

    parts = []
    for preset in dict.fromkeys(m.preset for m in plan.members):
        if not any(key.startswith(f"{preset}:") for key in ends.arrays):
            continue
        some = [(n, m) for n, m in enumerate(plan.members) if m.preset == preset]
        states = tuple(ends.states(m, n) for n, m in some)
        parts.append(Part(origin_of(plan.study, some[0][1]), tuple(m.name for _, m in some), states))
    write_restart(run / FILE, parts, plan.cells, plan.schedule.end)


def _manifest(
    outcome: Outcome,
    run: Path,
    outputs: Path,
    layers: Sequence[float],
    budget: list[dict[str, Any]],
    failed: list[dict[str, Any]],
    seconds: float,
) -> dict[str, Any]:
    from vadose.simulate.tile import origin_of

    plan = outcome.plan
    study, time = plan.study, plan.schedule
    edges = np.round(np.concatenate([[0.0], np.cumsum(np.asarray(layers, float))]), 9)
    notes = [notes_of(w.notes) for w in outcome.worked if isinstance(w, Worked)]
    steps = plan.columns * time.steps
    return {
        "kind": "simulation",
        "title": study.study.title,
        "version": vadose.__version__,
        "versions": versions(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "preset": study.model.preset,
        "options": {m.preset: dict(origin_of(study, m).choices) for m in plan.members},
        "members": [dataclasses.asdict(m) for m in plan.members],
        **places(plan),
        "period": [str(time.start), str(time.end)],
        "step": time.step,
        "every": time.every,
        "unused_steps": time.unused,
        "layers": [[float(a), float(b)] for a, b in zip(edges[:-1], edges[1:], strict=True)],
        "subsurface": subsurface(study, float(edges[-1])),
        "outputs": {"file": outputs.name, "names": study.output.names, "variables": list(plan.tiles[0].outputs)},
        "restart": str(FILE),
        "columns": plan.columns,
        "column_steps": steps,
        "tiles": len(plan.tiles),
        "device": study.study.device,
        "seconds": round(seconds, 1),
        "spinup": {
            "asked": dataclasses.asdict(study.spinup),
            "cycles": [dataclasses.asdict(c) for c in outcome.spun.cycles],
        },
        "budget": [row for row in budget if row["column"] == "total"],
        "failed_columns": len(failed),
        "failures": failures(outcome, failed),
        "notes": {
            "setup": _unique([note_of(study, plan.members), *(n["setup"] for n in notes)]),
            "forcing": _unique(n["forcing"] for n in notes),
        },
        "hashes": [dataclasses.asdict(d) for d in plan.digests],
        "summary": summary(outcome, budget, failed),
        "files": sorted(p.name for p in run.iterdir() if p.suffix in (".nc", ".zarr", ".csv")),
    }


def subsurface(study: Study, bottom: float) -> dict[str, Any] | None:
    """What run.json says of the subsurface: its layers below `bottom`, m, and how water moves; None without one."""
    table = study.subsurface
    if not table.on:
        return None
    edges = np.round(bottom + np.concatenate([[0.0], np.cumsum(table.layers)]), 9)
    layers = [[float(a), float(b)] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return {"layers": layers, "lateral": table.lateral, "scheme": table.scheme, "iterations": table.iterations}


def places(plan: Plan) -> dict[str, Any]:
    """What run.json says of where the columns are."""
    grid = plan.cells.grid
    if isinstance(grid, Sites):
        names = [grid.names[i] for i in plan.cells.index]
        rows = zip(names, plan.cells.lat, plan.cells.lon, strict=True)
        return {"sites": [{"name": n, "lat": float(a), "lon": float(o)} for n, a, o in rows], "grid": None}
    span = [float(b) for b in (grid.lon_bnds[0, 0], grid.lon_bnds[-1, 1], grid.lat_bnds[0, 0], grid.lat_bnds[-1, 1])]
    return {"sites": None, "grid": {"shape": list(grid.shape), "cells": plan.cells.size, "box": span}}


def failures(outcome: Outcome, failed: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Tiles that failed, and for each member how many columns did."""
    found = []
    for tile, worked in zip(outcome.plan.tiles, outcome.worked, strict=True):
        if isinstance(worked, Failed):
            found.append({"what": _who(tile), "part": f"columns {tile.start} to {tile.stop - 1}", "why": worked.why})
    for member in outcome.plan.members:
        rows = [row for row in failed if row["member"] == member.name]
        if rows:
            first = rows[0]
            why = f"{first['reason']}, first at {first['time']} in {first['column']}; see failed.csv"
            found.append({"what": member.name, "part": f"{len(rows)} of {outcome.plan.cells.size} columns", "why": why})
    return found


def _who(tile: Tile) -> str:
    more = f" and {len(tile.members) - 1} more" if len(tile.members) > 1 else ""
    return tile.members[0].name + more


def _unique(lists: Any) -> list[str]:
    return list(dict.fromkeys(note for some in lists for note in some))[:NOTES]


__all__ = ["Ends", "attributes", "output_file", "write_run"]
