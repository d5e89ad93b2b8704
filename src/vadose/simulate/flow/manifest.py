"""run.json of a flow run: what was run, how the solver did, whether the budget closes; it marks the run as finished."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import vadose
from vadose.flow.overland import CellKinematicWave, DiffusiveWave, KinematicWave
from vadose.simulate.flow.restart import FILE
from vadose.simulate.flow.shores import Shores
from vadose.workflow.output import write_json
from vadose.workflow.versions import versions

if TYPE_CHECKING:
    from vadose.simulate.flow.run import Counts, SpunUp
    from vadose.simulate.flow.setup import FlowSetup
    from vadose.simulate.flow.study import FlowStudy

OVERLAND = {
    KinematicWave: "kinematic wave", DiffusiveWave: "diffusive wave", CellKinematicWave: "cell kinematic wave",
    type(None): None,
}  # fmt: skip


def overland_of(setup: FlowSetup) -> str | None:
    """The scheme by which water runs over the land, in words; None where it stays."""
    overland = setup.problem.overland
    return OVERLAND[type(overland.overland if isinstance(overland, Shores) else overland)]


def write_manifest(
    study: FlowStudy,
    setup: FlowSetup,
    counts: Counts,
    spun: SpunUp | None,
    run: Path,
    seconds: float,
) -> None:
    """Write run.json.

    The budget's closure is relative to what passed, or to a millionth of what is stored where less passed.
    """
    grid = setup.problem.grid
    thickness = np.asarray(grid.thickness)
    flat = thickness.reshape(thickness.shape[0], -1)[:, 0]
    bottoms = np.cumsum(flat)
    relative = counts.unbalanced / max(counts.throughput, abs(counts.gained), 1e-6 * counts.stored, 1e-300)
    total = _total(run / "budget.csv")
    columns = int(setup.active[0].sum())
    write_json(
        run / "run.json",
        {
            "kind": "flow",
            "title": study.study.title,
            "version": vadose.__version__,
            "versions": versions(),
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "seconds": seconds,
            "cells": list(grid.shape),
            "columns": columns,
            "dx": float(grid.dx),
            "dy": float(grid.dy),
            "layers": [[float(b - t), float(b)] for b, t in zip(bottoms, flat, strict=True)],
            "start": study.period.start or None,
            "hours": float(setup.edges[-1] - setup.edges[0]) / 3600.0,
            "dt": float(np.median(np.diff(setup.edges))),
            "steps": counts.steps,
            "origin": setup.origin,
            "soil": setup.soil,
            "overland": overland_of(setup),
            "solver": {
                "newton_per_step": counts.newton / max(counts.steps, 1),
                "products_per_step": counts.products / max(counts.steps, 1),
                "multigrid": counts.multigrid,
                "substeps": counts.substeps,
            },
            "failures": counts.failures,
            "budget": {
                "storage_change_m3": counts.gained,
                "throughput_m3": counts.throughput,
                "unbalanced_m3": counts.unbalanced,
                "relative": relative,
            },
            "spinup": None
            if spun is None
            else {"cycles": spun.cycles, "change_m": spun.change, "reached": spun.reached},
            "notes": setup.notes,
            "hashes": counts.hashes,
            "summary": _summary(setup, counts, total, relative),
            "files": counts.files | {"restart": str(FILE), "study": "study.toml", "log": "log.txt"},
        },
    )


def _total(path: Path) -> dict[str, float]:
    """Sums of the budget's columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: sum(float(r[name]) for r in rows) for name in rows[0]}


def _summary(setup: FlowSetup, counts: Counts, total: dict[str, float], relative: float) -> list[str]:
    """Sentences that say what happened, in mm over the active columns."""
    columns = int(setup.active[0].sum())
    to_mm = 1e3 / (columns * float(setup.problem.grid.area))
    names = ("rain", "evaporation", "border", *setup.names)
    parts = [f"{name} {total[name] * to_mm:+.2f} mm" for name in names if total[name]]
    split = f" of {counts.substeps} substeps" if counts.substeps > counts.steps else ""
    stopped = [f"Stopped at {f['time'] / 3600.0:g} h: that step does not converge." for f in counts.failures]
    return stopped + [
        f"{counts.steps} steps{split} on {columns} columns of {setup.problem.grid.shape[0]} layers.",
        f"Storage changed by {counts.gained * to_mm:+.2f} mm: {', '.join(parts) or 'nothing came in or left'}.",
        f"The budget closes to {relative:.1e} of what passed.",
    ]
