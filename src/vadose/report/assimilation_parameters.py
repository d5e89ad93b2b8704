"""Parameters before and after an experiment: textures in the triangle and densities over all cells and members."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.report.calibration_figures import MANY, MOST_POINTS, TERNARY_STEP, density

KINDS = ("prior", "posterior")
TITLES = {
    "sand": "Sand", "clay": "Clay", "K_s": "Saturated conductivity", "theta_s": "Saturated water content",
    "porosity": "Porosity",
}  # fmt: skip
POINTS = 121
MOST_MEMBERS = 200  # dots of a place
_LOG_SPAN = 8.0  # of the largest to the smallest value, from which an axis is logarithmic
_SAMPLE = 200_000

# Corners (sand %, clay %) of the USDA texture classes.
# Source: Soil Science Division Staff (2017), Soil Survey Manual, USDA Handbook 18, chapter 3
USDA = {
    "sand": ((100, 0), (90, 10), (85, 0)),
    "loamy sand": ((85, 0), (90, 10), (85, 15), (70, 0)),
    "sandy loam": ((70, 0), (85, 15), (80, 20), (52, 20), (52, 7), (43, 7), (50, 0)),
    "silt loam": ((50, 0), (43, 7), (23, 27), (0, 27), (0, 12), (8, 12), (20, 0)),
    "silt": ((20, 0), (8, 12), (0, 12), (0, 0)),
    "loam": ((52, 7), (52, 20), (45, 27), (23, 27), (43, 7)),
    "sandy clay loam": ((80, 20), (65, 35), (45, 35), (45, 27), (52, 20)),
    "silty clay loam": ((20, 27), (20, 40), (0, 40), (0, 27)),
    "clay loam": ((45, 27), (45, 40), (20, 40), (20, 27)),
    "sandy clay": ((65, 35), (45, 55), (45, 35)),
    "silty clay": ((20, 40), (0, 60), (0, 40)),
    "clay": ((45, 40), (45, 55), (0, 100), (0, 60), (20, 40)),
}


@dataclass(frozen=True)
class Parameters:
    """Parameters of an experiment: name -> {"prior", "posterior"} [member, cell], with units."""

    values: dict[str, dict[str, np.ndarray]]
    units: dict[str, str]

    def moved(self, name: str) -> bool:
        """Whether a parameter was updated."""
        before, after = (self.values[name][k] for k in KINDS)
        return not np.allclose(before, after, rtol=1e-9, equal_nan=True)


def read_parameters(path: Path) -> Parameters | None:
    """Read parameters.nc; None where there is no such file or it holds no pair of prior and posterior.

    Raises DataError where the file is malformed.
    """
    if not path.is_file():
        return None
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            held = file.variables
            named = [n.removesuffix("_prior") for n, v in held.items() if v.dimensions == ("member", "cell")]
            both = [n for n in named if all(f"{n}_{k}" in held for k in KINDS)]
            values: dict[str, dict[str, np.ndarray]] = {n: {k: _read(held[f"{n}_{k}"]) for k in KINDS} for n in both}
            units = {n: str(getattr(held[f"{n}_prior"], "units", "")) for n in both}
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as parameters: {error}; write the run again") from error
    return Parameters(values, units) if values else None


def read_truth(path: Path) -> dict[str, np.ndarray]:
    """Parameters [cell] of the truth of a twin; none where there is no such file.

    Raises DataError where the file is malformed.
    """
    if not path.is_file():
        return {}
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            named = {n: v for n, v in file.variables.items() if v.dimensions == ("cell",) and v.dtype is not str}
            return {n: _read(v) for n, v in named.items() if n not in ("lat", "lon", "index")}
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as parameters: {error}; write the run again") from error


def _read(variable: Any) -> np.ndarray:
    return np.asarray(np.ma.filled(np.ma.asarray(variable[:], dtype=float), np.nan))


def classes() -> list[dict[str, Any]]:
    """Borders of the texture classes: name, sand and clay of the corners, %."""
    return [{"name": n, "sand": [p[0] for p in c], "clay": [p[1] for p in c]} for n, c in USDA.items()]


def triangle(p: Parameters, names: list[str]) -> dict[str, Any] | None:
    """Textures before and after: means of the members in each cell, as points of few cells or as shares on bins.

    names  of the cells, as the points are told
    Returns {"points": {"names", "prior", "posterior"}} or {"step", "bins", "cells"}; None without sand and clay
    """
    if not {"sand", "clay"} <= p.values.keys():
        return None
    pairs = {k: [np.nanmean(p.values[n][k], axis=0) for n in ("sand", "clay")] for k in KINDS}
    known = np.logical_and.reduce([np.isfinite(v) for pair in pairs.values() for v in pair])
    if not known.any():
        return None
    if known.sum() <= MOST_POINTS:
        kept = [n for n, k in zip(names, known, strict=True) if k]
        return {"points": {"names": kept, **{k: [v[known] for v in pair] for k, pair in pairs.items()}}}
    step = TERNARY_STEP[0 if known.sum() >= MANY else 1]
    edges = np.arange(0.0, 100.0 + step, step)
    bins = {}
    for kind, (sand, clay) in pairs.items():
        share = np.histogram2d(sand[known], clay[known], bins=(edges, edges))[0]
        i, j = np.nonzero(share)
        bins[kind] = {"sand": i, "clay": j, "share": share[i, j] / share.sum()}
    return {"step": step, "bins": bins, "cells": int(known.sum())}


def members_at(p: Parameters, cell: int) -> dict[str, Any] | None:
    """[sand, clay] of each member in a cell, before and after; None where it has none."""
    if not {"sand", "clay"} <= p.values.keys():
        return None
    found = {k: [p.values[n][k][:MOST_MEMBERS, cell] for n in ("sand", "clay")] for k in KINDS}
    return found if all(np.isfinite(v).any() for pair in found.values() for v in pair) else None


def densities(named: dict[str, Parameters], truth: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Densities of each parameter over all cells and members: {name, title, units, log, x, sets, truth}.

    A parameter that spans more than a factor of 8 has its density along its logarithm to the base 10.
    `sets` holds curves by the slug of an experiment, `truth` the mean and curve of its cells, if there is one.
    """
    found = []
    for name in dict.fromkeys(n for p in named.values() for n in p.values):
        held = {s: {k: _flat(p.values[name][k]) for k in KINDS} for s, p in named.items() if name in p.values}
        every = np.concatenate([v for kinds in held.values() for v in kinds.values()])
        if every.size < 5 or not np.ptp(every) > 0:
            continue
        right = _flat(truth[name]) if name in truth else np.empty(0)
        every = np.append(every, right)
        log = bool(every.min() > 0 and np.subtract(*np.log(np.percentile(every, [99.5, 0.5]))) > np.log(_LOG_SPAN))
        low, high = np.percentile(_scaled(every, log), [0.2, 99.8])
        room = 0.15 * (high - low)
        x = np.linspace(low - room, high + room, POINTS)
        sets = {s: _curves({k: _scaled(v, log) for k, v in kinds.items()}, x) for s, kinds in held.items()}
        right = _scaled(right, log)
        units = next(p.units[name] for p in named.values() if name in p.units)
        found.append({"name": name, "title": TITLES.get(name, name.replace("_", " ").capitalize()),
                      "units": "" if units == "1" else units, "log": log, "x": x, "sets": sets,
                      "truth": _truth(right, x)})  # fmt: skip
    return found


def _truth(values: np.ndarray, x: np.ndarray) -> dict[str, Any] | None:
    """Mean of the cells of the truth and their density, which few or equal ones do not have."""
    if not values.size:
        return None
    return {"mean": float(values.mean()), "density": density(values, np.ones(values.size), x)}


def _scaled(values: np.ndarray, log: bool) -> np.ndarray:
    """Numbers along the axis of their density; what has no logarithm is left out."""
    return np.log10(values[values > 0]) if log else values


def _flat(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    return known[:: max(1, -(-known.size // _SAMPLE))]


def _curves(kinds: dict[str, np.ndarray], x: np.ndarray) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for kind, values in kinds.items():
        out[kind] = density(values, np.ones(values.size), x)
        out[f"{kind}_mean"], out[f"{kind}_sd"] = float(values.mean()), float(values.std(ddof=1))
    return out
