"""A twin experiment beside its truth: maps of twin.nc and rows of twin.csv."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.report.assimilation_data import AssimilationRun, Experiment
from vadose.report.assimilation_parameters import TITLES
from vadose.report.simulation_observed import as_text

ZONES = ("surface", "root_zone", "water_table")
PARAMETER = "parameter"
_SHOWN = ("rmse", "ubrmse", "correlation", "spread_skill")
_LESS = {"less": "rmse", "ner": "ubrmse"}  # map of a reduction -> its error


def twin_fields(run: AssimilationRun, experiment: Experiment) -> dict[str, np.ndarray]:
    """Fields [cell] of an experiment with analyses against the truth, beside the open loop; none without twin.nc.

    twin_less_<zone>     %, 100 (1 - RMSE / RMSE of the open loop);  twin_ner_<zone>  the same of the ubRMSE
    twin_delta_r_<zone>  change of correlation
    twin_<name>_nearer   by how much the posterior mean of a parameter is nearer to the truth than the prior mean
    Raises DataError where the file is malformed.
    """
    path = run.path / "twin.nc"
    if not path.is_file() or run.reference is None or not experiment.updates:
        return {}
    import netCDF4

    found: dict[str, np.ndarray] = {}
    try:
        with netCDF4.Dataset(path) as file:
            names = [str(n) for n in file.variables["experiment"][:]]
            if experiment.name not in names:
                return {}
            mine, base = names.index(experiment.name), names.index(run.experiments[run.reference].name)
            held = {n: v for n, v in file.variables.items() if v.dimensions[:1] == ("experiment",) and v.ndim > 1}
            for zone in ZONES:
                _zone(held, zone, mine, base, found)
            for name in [n.removesuffix("_error_prior") for n in held if n.endswith("_error_prior")]:
                change = _row(held[f"{name}_error_prior"], mine) - _row(held[f"{name}_error_posterior"], mine)
                if np.nanmax(np.abs(change), initial=0.0) > 0:
                    found[f"twin_{name}_nearer"] = change
    except (OSError, RuntimeError, KeyError, ValueError, IndexError) as error:
        raise DataError(f"{path}: cannot be read as maps of a twin experiment: {error}; write the run again") from error
    return {n: v for n, v in found.items() if np.isfinite(v).any()}


def _zone(held: dict[str, Any], zone: str, mine: int, base: int, found: dict[str, np.ndarray]) -> None:
    for name, error in _LESS.items():
        if f"{zone}_{error}" in held:
            here, there = (_row(held[f"{zone}_{error}"], k) for k in (mine, base))
            with np.errstate(invalid="ignore", divide="ignore"):
                found[f"twin_{name}_{zone}"] = np.where(there > 0, 100.0 * (1.0 - here / there), np.nan)
    if f"{zone}_correlation" in held:
        found[f"twin_delta_r_{zone}"] = np.subtract(*(_row(held[f"{zone}_correlation"], k) for k in (mine, base)))


def _row(variable: Any, number: int) -> np.ndarray:
    return np.asarray(np.ma.filled(np.ma.asarray(variable[number], dtype=float), np.nan)).ravel()


def twin_table(run: AssimilationRun) -> list[dict[str, Any]]:
    """A row an experiment and zone: {"experiment", "what", "depth", metric: row of twin.csv}; "units" where other."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in run.tables["twin"]:
        what, metric = as_text(row.get("what")), as_text(row.get("metric"))
        if what == PARAMETER or metric not in _SHOWN or not isinstance(row.get("mean"), float):
            continue
        key = as_text(row.get("experiment")), what
        depth = [row[k] for k in ("top", "bottom") if isinstance(row.get(k), float)]
        entry = found.setdefault(key, {"experiment": key[0], "what": what, "depth": depth})
        entry[metric] = row
        if metric == "ubrmse" and row.get("units") not in ("m3 m-3", None):
            entry["units"] = as_text(row["units"])  # other than those in the head of the table
    return list(found.values())


def parameter_table(run: AssimilationRun) -> list[dict[str, Any]]:
    """Rows of twin.csv on parameters that an experiment changed, with their titles."""
    return [
        {**r, "title": TITLES.get(as_text(r.get("metric")), as_text(r.get("metric"))), "units": as_text(r.get("units"))}
        for r in run.tables["twin"]
        if as_text(r.get("what")) == PARAMETER and isinstance(r.get("mean"), float) and r.get("change")
    ]  # fmt: skip
