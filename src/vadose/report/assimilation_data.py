"""The folder of an assimilation in memory: run.json, its tables, and one simulation an experiment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.run_files import read_run_json, read_table
from vadose.report.simulation_data import SimulationRun, read_simulation

KIND = "assimilation"
TABLES = ("evaluation", "innovations", "ranks", "twin")
FILTERS = {
    "enkf": "EnKF", "lenkf": "LEnKF", "etkf": "ETKF", "letkf": "LETKF", "estkf": "ESTKF", "lestkf": "LESTKF",
    "denkf": "DEnKF", "ensrf": "EnSRF",
}  # fmt: skip
# Among the counts, but no observations.
OTHER_COUNTS = ("water contents set to a bound", "heads set to a bound", "members lost")
_REMEDY = "write the run again with `vadose assimilate`"


@dataclass(frozen=True)
class Experiment:
    """One experiment: its entry of run.json and the simulation that it wrote."""

    info: dict[str, Any]
    slug: str
    run: SimulationRun

    @property
    def name(self) -> str:
        return str(self.info.get("name") or self.slug)

    @property
    def updates(self) -> list[str]:
        """What its analyses update; nothing for the open loop."""
        return [str(u) for u in self.info.get("updates") or []]

    @property
    def updates_text(self) -> str:
        """What its analyses update, in words."""
        return ", ".join({"K_s": "saturated conductivity"}.get(u, u.replace("_", " ")) for u in self.updates)

    @property
    def lost(self) -> int:
        """Members that are missing at its end."""
        return len(self.info.get("lost_members") or [])

    @property
    def counts(self) -> dict[str, int]:
        """Observations by what became of them: "used", or the reason for which they were not."""
        held = self.info.get("counts") or {}
        return {str(k): int(v) for k, v in held.items() if isinstance(v, int | float) and k not in OTHER_COUNTS}

    @property
    def other_counts(self) -> dict[str, int]:
        """What else its analyses counted, where it happened."""
        held = self.info.get("counts") or {}
        return {str(k): int(held[k]) for k in OTHER_COUNTS if isinstance(held.get(k), int | float) and held[k]}


@dataclass(frozen=True)
class AssimilationRun:
    """An assimilation as the report reads it; `tables` are the CSV files by name, rows as dictionaries."""

    path: Path
    info: dict[str, Any]
    experiments: list[Experiment]
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.info.get("title") or "Assimilation")

    @property
    def filter_name(self) -> str:
        """The filter as it is written; nothing where run.json names none."""
        name = str((self.info.get("filter") or {}).get("name") or "")
        return FILTERS.get(name.lower(), name)

    @property
    def where(self) -> LatLonGrid | Sites:
        return self.experiments[0].run.where

    @property
    def names(self) -> list[str]:
        return [e.name for e in self.experiments]

    @property
    def reference(self) -> int | None:
        """Number of the open loop; None where the study has none."""
        return next((k for k, e in enumerate(self.experiments) if not e.updates), None)

    @property
    def updated(self) -> list[int]:
        """Numbers of the experiments that have analyses."""
        return [k for k, e in enumerate(self.experiments) if e.updates]

    @property
    def sets(self) -> list[dict[str, Any]]:
        """What was assimilated, as run.json tells it."""
        return [o for o in self.info.get("observations") or [] if isinstance(o, dict)]

    def weights(self, index: np.ndarray) -> np.ndarray:
        """Area weights of cells by their positions in the flattened grid; 1 for sites."""
        if isinstance(self.where, Sites):
            return np.ones(len(index))
        return np.asarray(self.where.area.ravel()[index])


def read_assimilation(path: Path) -> AssimilationRun:
    """Read the folder of an assimilation.

    Raises DataError where run.json or the outputs of an experiment are missing or malformed, or no experiment is there.
    """
    info = read_run_json(path, KIND, _REMEDY)
    experiments = []
    for entry in info.get("experiments") or []:
        slug = str(entry.get("slug") or "") if isinstance(entry, dict) else ""
        if not re.fullmatch(r"[\w.-]+", slug, re.ASCII) or slug.strip(".") == "":
            raise DataError(
                f"{path / 'run.json'}: expected the name of a folder as an experiment's slug, got {slug!r}; {_REMEDY}"
            )
        if (path / slug).is_dir():  # one that failed as a whole has none, and run.json says why
            experiments.append(Experiment(entry, slug, read_simulation(path / slug)))
    if not experiments:
        raise DataError(f"{path}: no experiment of run.json has a folder here; {_REMEDY}")
    first = experiments[0].run.where
    for e in experiments[1:]:
        if e.run.where.shape != first.shape:
            raise DataError(
                f"{path / e.slug}: expected the {first.shape} cells of {experiments[0].slug}, got {e.run.where.shape}; "
                f"{_REMEDY}"
            )
    return AssimilationRun(
        path, info, experiments, {name: read_table(path / f"{name}.csv", _REMEDY) for name in TABLES}
    )


def number(row: Mapping[str, Any], *names: str) -> float | None:
    """The first of the columns that holds a number."""
    return next((row[n] for n in names if isinstance(row.get(n), float)), None)
