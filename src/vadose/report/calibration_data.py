"""The folder of a calibration run in memory: run.json, thresholds and one texture file an experiment."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.maps import read_maps
from vadose.report.run_files import read_run_json

KIND = "calibrate"
THRESHOLDS = ("wilting_point", "critical_point")
COMPONENTS = ("sand", "clay", "organic_carbon")
TITLES = {
    "wilting_point": "Wilting point",
    "critical_point": "Critical point",
    "sand": "Sand",
    "clay": "Clay",
    "organic_carbon": "Organic carbon",
}
_COUNTS = {"observations", "candidates", "events", "evaluations"}
_REMEDY = "write the run again with `vadose calibrate`"


def run_kind(run: Path) -> str | None:
    """The "kind" of run.json; None where the file is missing, malformed or says nothing (a benchmark run)."""
    try:
        info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    kind = info.get("kind") if isinstance(info, dict) else None
    return None if kind is None else str(kind)


@dataclass(frozen=True)
class Experiment:
    """One optimised soil map: its settings from run.json and its fields over the cells of the run."""

    info: dict[str, Any]
    slug: str
    fields: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        return str(self.info.get("name") or self.slug)

    @property
    def title(self) -> str:
        return str(self.info.get("title") or self.name)

    @property
    def limits(self) -> list[tuple[str, Any, Any]]:
        """(title, range, bounds) of the components that were optimised, %."""
        named = {k: self.info.get(k) or {} for k in ("ranges", "bounds")}
        used = COMPONENTS if self.info.get("carbon", True) else COMPONENTS[:2]
        return [
            (TITLES[c], self.info.get(f"{c}_range", named["ranges"].get(c)),
             self.info.get(f"{c}_bounds", named["bounds"].get(c)))
            for c in used
        ]  # fmt: skip

    @property
    def settings(self) -> dict[str, Any]:
        """What run.json says beyond names, limits and the search."""
        known = {
            "name",
            "title",
            "soil",
            "ptf",
            "carbon",
            "method",
            "evaluations",
            "file",
            "ranges",
            "bounds",
            "soil_attrs",
        }
        return {k: v for k, v in self.info.items() if k not in known and not k.endswith(("_range", "_bounds"))}

    @property
    def components(self) -> list[str]:
        """What was optimised and written: sand and clay, and organic carbon where the experiment has it."""
        return [c for c in COMPONENTS if c in self.fields and f"{c}_baseline" in self.fields]


@dataclass(frozen=True)
class CalibrationRun:
    """A calibration run as the report reads it; fields are [lat, lon] or [site], float, NaN where missing."""

    path: Path
    info: dict[str, Any]
    where: LatLonGrid | Sites
    fields: dict[str, np.ndarray]
    reasons: dict[int, str]
    experiments: list[Experiment]
    cells: list[dict[str, Any]]

    @property
    def title(self) -> str:
        return str(self.info.get("title") or "Soil calibration")

    @property
    def weights(self) -> np.ndarray:
        """Areas of the cells, m2; 1 for sites."""
        return np.ones(self.where.shape) if isinstance(self.where, Sites) else self.where.area


def read_calibration(run: Path) -> CalibrationRun:
    """Read the folder of a calibration run.

    Raises DataError where run.json or a file that it names is missing, malformed, or on other cells.
    """
    info = read_run_json(run, KIND, _REMEDY)
    where, fields, reasons = _read_fields(run / "thresholds.nc")
    _blank_counts(fields, fields.get("observations"))
    missing = [n for n in THRESHOLDS if n not in fields]
    if missing:
        raise DataError(f"{run / 'thresholds.nc'}: has no variable `{missing[0]}` over the cells; {_REMEDY}")
    experiments = []
    for entry in info.get("experiments") or []:
        if isinstance(entry, dict) and entry.get("file") is None:  # it failed, and run.json says why
            continue
        path = run / _file_of(entry, run)
        other, values, _ = _read_fields(path)
        if other.shape != where.shape:
            raise DataError(f"{path}: expected the {where.shape} cells of thresholds.nc, got {other.shape}; {_REMEDY}")
        absent = [n for n in ("sand", "clay") if n not in values]
        if absent:
            raise DataError(f"{path}: has no variable `{absent[0]}` over the cells; {_REMEDY}")
        _blank_counts(values, values.get("evaluations"))
        if entry.get("carbon") is False:  # held at the map's value: no result of this experiment
            values = {n: v for n, v in values.items() if not n.startswith("organic_carbon")}
        experiments.append(Experiment(entry, path.stem.removeprefix("texture-"), values))
    return CalibrationRun(run, info, where, fields, reasons, experiments, _cells(run, where, fields))


def _file_of(entry: Any, run: Path) -> str:
    """The file name of an experiment: a plain name, since it becomes part of addresses."""
    name = str(entry.get("file") or "") if isinstance(entry, dict) else ""
    if not re.fullmatch(r"texture-[\w.-]+\.nc", name, re.ASCII):
        raise DataError(
            f"{run / 'run.json'}: expected an experiment's file as texture-<slug>.nc, got {name!r}; {_REMEDY}"
        )
    return name


def _read_fields(path: Path) -> tuple[LatLonGrid | Sites, dict[str, np.ndarray], dict[int, str]]:
    """Cells, fields with NaN for missing, and the meanings of `reason`."""
    import netCDF4

    if not path.is_file():
        raise DataError(f"{path}: there is no such file; {_REMEDY}")
    try:
        where, _ = read_maps(path, ("lat",))
        with netCDF4.Dataset(path) as file:
            dims = ("site",) if isinstance(where, Sites) else ("lat", "lon")
            fields: dict[str, np.ndarray] = {
                name: np.ma.filled(np.ma.asarray(held[:], dtype=float), np.nan)
                for name, held in file.variables.items()
                if held.dimensions == dims and held.dtype is not str and held.dtype.kind in "fiu" and name not in dims
            }
            reasons = _meanings(file.variables.get("reason"))
    except (OSError, KeyError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be read as a map file: {error}; {_REMEDY}") from error
    return where, {n: v for n, v in fields.items() if n not in ("lat", "lon")}, reasons


def _blank_counts(fields: dict[str, np.ndarray], seen: np.ndarray | None) -> None:
    """Counts are whole numbers without a missing value: they are missing where nothing was `seen`."""
    for name in _COUNTS & fields.keys():
        fields[name] = np.where(fields[name] > 0 if seen is None else seen > 0, fields[name], np.nan)


def _meanings(variable: Any) -> dict[int, str]:
    values = getattr(variable, "flag_values", None)
    names = str(getattr(variable, "flag_meanings", "")).split()
    if values is None:
        return {}
    return {int(v): n.replace("_", " ") for v, n in zip(np.atleast_1d(values), names, strict=False)}


def _cells(run: Path, where: LatLonGrid | Sites, fields: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """The example cells with the estimates of the cell that each lies in; none where cells.json is missing."""
    path = run / "cells.json"
    if not path.is_file():
        return []
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        cells = [_cell(c) for c in (held["cells"] if isinstance(held, dict) else held)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is not a list of cells with lat, lon, days and values: {error}; {_REMEDY}") from error
    for cell in cells:
        index = _index(where, cell["lat"], cell["lon"])
        known = {n: v[index] for n, v in fields.items() if np.isfinite(v[index])}
        cell["estimate"] = {n: float(v) for n, v in known.items() if n.startswith((*THRESHOLDS, "memory", "noise"))}
    return cells


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell with its days as numbers since 1970-01-01; `days` holds every day, or the first and the last."""
    values, rain = list(cell["values"]), cell.get("rain")
    days = np.array(cell["days"], "datetime64[D]").astype(int)
    if days.size == 2 and days[1] - days[0] + 1 == len(values):
        days = np.arange(days[0], days[1] + 1)
    if days.size != len(values) or (rain is not None and len(rain) != days.size):
        raise ValueError("days, values and rain differ in length")
    daily = bool(days.size) and bool(np.all(np.diff(days) == 1))
    events = [dict(e) for e in cell.get("events") or []]
    return {
        "lat": float(cell["lat"]), "lon": float(cell["lon"]), "name": str(cell.get("name") or ""), "values": values,
        "rain": rain, "events": events, **({"first": int(days[0])} if daily else {"days": days.tolist()}),
    }  # fmt: skip


def _index(where: LatLonGrid | Sites, lat: float, lon: float) -> tuple[int, ...]:
    """The nearest cell or site."""
    apart = np.abs((where.lon - lon + 180.0) % 360.0 - 180.0)
    if isinstance(where, Sites):
        return (int(np.argmin(np.hypot(where.lat - lat, apart * np.cos(np.radians(lat))))),)
    return int(np.argmin(np.abs(where.lat - lat))), int(np.argmin(apart))
