"""Numbers behind the figures of a calibration report: densities, key numbers and counts by reason."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.grid.latlon import Sites
from vadose.report.calibration_data import COMPONENTS, THRESHOLDS, TITLES, CalibrationRun, Experiment

POINTS = 161
TERNARY_STEP = (2.0, 4.0)  # %, of the bins of many and of few cells
MANY = 1000
MOST_POINTS = 60
_FEWEST = 5
_OUTSIDE = "outside_domain"
_TOP = {"sand": 100.0, "clay": 100.0, "organic_carbon": 100.0}


def common(run: CalibrationRun, experiment: Experiment, name: str) -> np.ndarray:
    """Cells on which `name` is compared: satellite (for thresholds), baseline and optimised soil all have it."""
    parts = [experiment.fields.get(f"{name}_baseline"), experiment.fields.get(name)]
    parts += [run.fields[name]] if name in THRESHOLDS else []
    known = [np.isfinite(p) for p in parts if p is not None]
    return np.logical_and.reduce(known) if len(known) == len(parts) else np.zeros(run.where.shape, bool)


def bandwidth(values: np.ndarray, weights: np.ndarray) -> float:
    """Width of a Gaussian kernel for weighted values.

    h = 0.9 min(s, IQR / 1.349) n^(-1/5),  n = (sum w)^2 / sum w^2

    Source: Silverman (1986) eq. 3.31; the effective sample size of Kish (1965)
    """
    mean = np.average(values, weights=weights)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    quarters = weighted_quantile(values, weights, (0.25, 0.75))
    middle = (quarters[1] - quarters[0]) / 1.349
    spread = min(deviation, middle) if middle > 0 else deviation
    count = weights.sum() ** 2 / (weights**2).sum()
    return float(0.9 * spread * count**-0.2)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, at: tuple[float, ...]) -> np.ndarray:
    """Quantiles of weighted values, each at the middle of its weight."""
    order = np.argsort(values)
    held = np.cumsum(weights[order])
    return np.interp(at, (held - 0.5 * weights[order]) / held[-1], values[order])


def density(values: np.ndarray, weights: np.ndarray, x: np.ndarray, walls: tuple[float, ...] = ()) -> np.ndarray | None:
    """Weighted Gaussian kernel density at `x`; None for fewer than five values.

    Mass beyond the physical limits in `walls` is reflected there (Silverman 1986, section 2.10). Values are first
    counted on bins of a tenth of the bandwidth, so that the cost does not grow with the cells.
    """
    width = bandwidth(values, weights) if values.size >= _FEWEST else 0.0
    if width <= 0:
        return None
    edges = np.arange(values.min(), values.max() + 0.2 * width, 0.1 * width)
    if edges.size > 20_000 or edges.size < 2:
        edges = np.linspace(values.min(), values.max(), 20_001)
    held, edges = np.histogram(values, edges, weights=weights)
    middle = 0.5 * (edges[1:] + edges[:-1])[held > 0]
    share = held[held > 0] / held.sum()
    total = np.zeros(x.size)
    for centre in (middle, *(2 * wall - middle for wall in walls)):
        for part in range(0, centre.size, 2000):
            z = (x[:, None] - centre[part : part + 2000]) / width
            total += np.exp(-0.5 * z * z) @ share[part : part + 2000]
    return total / (width * np.sqrt(2 * np.pi))


def densities(run: CalibrationRun) -> dict[str, Any]:
    """{variable: {x, sets: {slug: {before, after, satellite, ...}}}}: what Figures 3 to 6 and 9 draw.

    Each set has the densities over its common cells, their number, the mean and the bandwidth of each; the set "" has
    the satellite over all its cells, and NAME_difference the change of a component as its "after".
    """
    found: dict[str, Any] = {}
    for name in (*THRESHOLDS, *COMPONENTS):
        held = {e.slug: _samples(run, e, name) for e in run.experiments}
        if name in THRESHOLDS:
            known = np.isfinite(run.fields[name])
            held[""] = ({"satellite": run.fields[name][known]}, run.weights[known])
        top = _TOP.get(name, 1.0)
        _add(found, name, held, (0.0, top))
        if name in COMPONENTS:
            change = {k: ({"after": s["after"] - s["before"]}, w) for k, (s, w) in held.items() if s}
            _add(found, f"{name}_difference", change, None)
    return found


def _add(found: dict[str, Any], name: str, held: dict[str, Any], walls: tuple[float, float] | None) -> None:
    every = [v for samples, _ in held.values() for v in samples.values() if v.size]
    if not every:
        return
    low, high = np.percentile(np.concatenate(every), [0.2, 99.8])
    widths = [bandwidth(v, w) for samples, w in held.values() for v in samples.values() if v.size >= _FEWEST]
    room = max(0.12 * (high - low), 3.0 * max(widths, default=0.0)) or 0.5
    ends = (low - room, high + room) if walls is None else (max(walls[0], low - room), min(walls[1], high + room))
    x = np.linspace(*ends, POINTS)
    found[name] = {"x": x, "sets": {k: _curves(s, w, x, walls or ()) for k, (s, w) in held.items() if w.size}}


def _samples(run: CalibrationRun, experiment: Experiment, name: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    cells = common(run, experiment, name)
    samples = {}
    if name in THRESHOLDS:
        samples["satellite"] = run.fields[name][cells]
    if cells.any():
        samples |= {"before": experiment.fields[f"{name}_baseline"][cells], "after": experiment.fields[name][cells]}
    return samples, run.weights[cells]


def _curves(samples: dict[str, np.ndarray], weights: np.ndarray, x: np.ndarray, walls: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cells": int(weights.size), "mean": {}, "bandwidth": {}}
    for kind, values in samples.items():
        if values.size:
            made[kind] = density(values, weights, x, walls)
            made["mean"][kind] = float(np.average(values, weights=weights))
            made["bandwidth"][kind] = bandwidth(values, weights) if values.size >= _FEWEST else None
    return made


def key_numbers(run: CalibrationRun, experiment: Experiment) -> list[dict[str, Any]]:
    """A row for each quantity of an experiment: area means, the typical error of a cell and the mean change."""
    rows = []
    for name in (*THRESHOLDS, *COMPONENTS):
        samples, weights = _samples(run, experiment, name)
        if not weights.size:
            continue
        cells = common(run, experiment, name)
        is_threshold = name in THRESHOLDS
        error = run.fields.get(f"{name}_error") if is_threshold else experiment.fields.get(f"{name}_uncertainty")
        row: dict[str, Any] = {
            "name": name,
            "title": TITLES[name],
            "units": "m3 m-3" if is_threshold else "%",
            "cells": weights.size,
        }
        row["digits"] = 3 if is_threshold else 1
        for kind, values in samples.items():
            row[kind] = float(np.average(values, weights=weights))
        row["change"] = row["after"] - row["before"]
        row["error"] = _middle(error, cells, weights)
        if not is_threshold and error is not None:
            beyond = np.abs(samples["after"] - samples["before"]) > error[cells]
            row["beyond"] = float(np.average(beyond, weights=weights))
        rows.append(row)
    return rows


def misfits(run: CalibrationRun, experiment: Experiment) -> dict[str, float] | None:
    """Area means of the misfit before and after, m3 m-3."""
    parts = [experiment.fields.get(n) for n in ("misfit_baseline", "misfit")]
    if parts[0] is None or parts[1] is None:
        return None
    known = np.isfinite(parts[0]) & np.isfinite(parts[1])
    if not known.any():
        return None
    mean = [float(np.average(p[known], weights=run.weights[known])) for p in parts if p is not None]
    return {"before": mean[0], "after": mean[1], "cells": int(known.sum())}


def _middle(values: np.ndarray | None, cells: np.ndarray, weights: np.ndarray) -> float | None:
    if values is None:
        return None
    known = np.isfinite(values[cells])
    return float(weighted_quantile(values[cells][known], weights[known], (0.5,))[0]) if known.any() else None


def ternary(run: CalibrationRun, experiment: Experiment) -> dict[str, Any] | None:
    """Textures before and after: points with names for few cells, else area shares [i, j, share] on bins."""
    cells = common(run, experiment, "sand") & common(run, experiment, "clay")
    if not cells.any():
        return None
    pairs = {k: [experiment.fields[f"{n}{s}"][cells] for n in ("sand", "clay")] for k, s in
             (("before", "_baseline"), ("after", ""))}  # fmt: skip
    if cells.sum() <= MOST_POINTS:
        names = list(np.asarray(run.where.names)[cells]) if isinstance(run.where, Sites) else _places(run, cells)
        return {"points": {"names": names, **pairs}}
    step = TERNARY_STEP[0 if cells.sum() >= MANY else 1]
    edges = np.arange(0.0, 100.0 + step, step)
    bins = {}
    for kind, (sand, clay) in pairs.items():
        share = np.histogram2d(sand, clay, bins=(edges, edges), weights=run.weights[cells])[0]
        i, j = np.nonzero(share)
        bins[kind] = {"sand": i, "clay": j, "share": share[i, j] / share.sum()}
    return {"step": step, "bins": bins, "cells": int(cells.sum())}


def _places(run: CalibrationRun, cells: np.ndarray) -> list[str]:
    assert not isinstance(run.where, Sites)
    rows, columns = np.nonzero(cells)
    return [f"{run.where.lat[i]:.2f}, {run.where.lon[j]:.2f}" for i, j in zip(rows, columns, strict=True)]


def by_reason(counts: Any) -> dict[str, Any]:
    """Reasons with their numbers of cells, largest first, "done" ahead of all; shares of the cells of the domain."""
    held = {str(k): int(v) for k, v in (counts or {}).items() if isinstance(v, int | float)}
    outside = held.pop(_OUTSIDE, 0)
    total = sum(held.values())
    order = sorted((k for k in held if held[k]), key=lambda k: (k != "done", -held[k], k))
    rows = [
        {"name": k.replace("_", " "), "done": k == "done", "cells": held[k], "share": held[k] / total} for k in order
    ]
    return {"rows": rows, "total": total, "outside": outside}
