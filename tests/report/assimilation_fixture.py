"""Folders of `vadose assimilate` for the report: the sample of the evaluation, with its tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from tests.assimilate.sample_run import Sample, write_run
from tests.report.simulation_fixture import write_simulation

from vadose.assimilate.evaluate import evaluate

NASTY = '</script><img src=x onerror=alert(1)> & "state"'
KINDS = {
    "grid": Sample(days=62, members=8, shape=(3, 4)),
    "sites": Sample(days=40, members=6, shape=None, twin=False),
    "bare": Sample(days=20, members=4, shape=(2, 2), twin=False, judges=False),
}


def write_assimilation(run: Path, kind: str = "grid") -> Path:
    """Write a folder with its evaluation."""
    write_run(run, KINDS[kind])
    done = evaluate(run)
    assert done.failures == []
    return alter(run, summary=done.summary, notes={"evaluation": done.notes})


def alter(run: Path, **changes: Any) -> Path:
    """Change run.json."""
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, **changes}))
    return run


def experiments(run: Path) -> list[dict[str, Any]]:
    """The experiments of run.json."""
    found: list[dict[str, Any]] = json.loads((run / "run.json").read_text())["experiments"]
    return found


def more_sensors(run: Path, count: int) -> None:
    """Judge by `count` sensors of soil moisture: copies of the probe whose numbers differ."""
    path = run / "evaluation.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    probe = [r for r in rows if r["observation"] == "probe 5 cm"]
    for k in range(count - 2):
        rows += [{**r, "observation": f"probe {k}", "value": float(r["value"]) * (1 + 0.1 * k)} for r in probe]
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


def write_hourly(run: Path) -> Path:
    """Two experiments at two sites with outputs every three hours, without analyses, sensors or parameters."""
    run.mkdir(parents=True, exist_ok=True)
    named: dict[str, list[str]] = {"open loop": [], "state": ["state"]}
    for name in named:
        folder = run / name.replace(" ", "-")
        write_simulation(folder, sites=2, members=3, days=70, hours=3, observations=False, scores=False, failures=0)
    entries = [{"name": n, "slug": n.replace(" ", "-"), "updates": u, "analyses": 0} for n, u in named.items()]
    info = {"kind": "assimilation", "title": "Three hours", "members": 3, "experiments": entries, "period": []}
    (run / "run.json").write_text(json.dumps(info))
    return run
