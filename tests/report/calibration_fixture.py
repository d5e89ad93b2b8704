"""A synthetic folder of a calibration run: a plausible world on 2 degrees, or a dozen sites, with awkward names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from vadose.grid.coastlines import land_polygons

NASTY = '</script><img src=x onerror=alert(1)> & "GSDE"'
REASONS = (
    "done", "no_data", "too_few_observations", "constant", "no_drydown", "not_converged", "not_distinct", "no_soil",
    "impossible_soil", "out_of_bounds", "outside_domain",
)  # fmt: skip
CLASSES = {
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
EXPERIMENTS = (("GSDE with SR06", "gsde-sr06", "saxton_rawls_2006", NASTY, True),
               ("GSDE with CH78", "gsde-ch78", "clapp_hornberger_1978", "GSDE", False),
               ("HWSD with CH78", "hwsd-ch78", "clapp_hornberger_1978", "HWSD", False))  # fmt: skip


def write_calibration(
    run: Path, *, sites: int = 0, step: float = 2.0, cells: bool = True, experiments: int = 3, title: str = "",
    ternary: bool = True, box: tuple[float, float, float, float] | None = None,
) -> Path:  # fmt: skip
    """Write the folder; `sites` > 0 puts it on so many points instead of a grid, `box` cuts (s, n, w, e) from it."""
    run.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(11)
    where, lat, lon, land = _places(sites, step, box)
    shape = lat.shape
    truth = _soil(lat, lon, random)
    dry = np.clip(0.5 + 0.5 * np.cos(np.radians(6 * (np.abs(lat) - 25))), 0, 1) * (np.abs(lat) < 55)
    reason = np.where(land, 0, 10).astype(np.uint8)
    reason[land & (random.random(shape) < 0.04)] = 4
    reason[land & (np.abs(lat) > 66)] = 1
    reason[land & (np.abs(lat) < 4) & (random.random(shape) < 0.4)] = 6
    good = reason == 0
    wilting, critical = _thresholds(truth["sand"], truth["clay"], truth["organic_carbon"])
    threshold: dict[str, np.ndarray] = {"wilting_point": wilting, "critical_point": critical}
    threshold["memory"] = 4 + 14 * (1 - dry) + random.gamma(2, 0.6, shape)
    threshold = {k: np.where(good, v, np.nan) for k, v in threshold.items()}
    for name, size in (("wilting_point", 0.006), ("critical_point", 0.009), ("memory", 0.9)):
        threshold[f"{name}_error"] = np.where(good, size * random.gamma(4, 0.25, shape), np.nan)
        threshold[f"{name}_spread"] = np.where(good, 3 * size * random.gamma(4, 0.25, shape), np.nan)
    threshold["noise"] = np.where(good, 0.01 + 0.02 * (1 - dry), np.nan)
    counts = {"observations": 2200, "candidates": 160, "events": 110}
    for name, most in counts.items():
        threshold[name] = np.where(land, random.poisson(most * (0.3 + 0.7 * dry)), 0)
    _write(run / "thresholds.nc", where, {**threshold, "reason": reason}, shape)
    entries, by_name = [], {}
    for name, slug, ptf, soil, carbon in EXPERIMENTS[:experiments]:
        fields, outcome = _experiment(truth, threshold, reason, carbon, random)
        _write(run / f"texture-{slug}.nc", where, fields, shape)
        entries.append({
            "name": slug, "title": name, "ptf": ptf, "soil": soil, "carbon": carbon, "method": "sceua",
            "evaluations": 3000, "file": f"texture-{slug}.nc",
            "ranges": {"sand": 20, "clay": 10, "organic_carbon": 5},
            "bounds": {"sand": [6, 98], "clay": [3, 58], "organic_carbon": [0, 15]},
        })  # fmt: skip
        by_name[slug] = outcome
    examples = _examples(lat, lon, threshold, good, random) if cells else []
    if cells:
        (run / "cells.json").write_text(json.dumps(examples))
    info = _info(title, entries, by_name, reason, ternary)
    (run / "run.json").write_text(json.dumps(info))
    return run


def _places(sites: int, step: float, box: Any) -> tuple[dict[str, Any], np.ndarray, np.ndarray, np.ndarray]:
    if sites:
        lat = np.array([21.35, 19.9, 19.6, 20.8, 21.0, 22.1, 20.2, 19.3, 21.5, 20.9, 22.0, 19.7])[:sites]
        lon = np.array([-157.9, -155.6, -155.1, -156.3, -157.0, -159.5, -155.8, -155.5, -158.1, -156.6, -159.3, -155.9])
        names = [NASTY if k == 0 else f"Station {k}" for k in range(sites)]
        return {"names": names}, lat, lon[:sites], np.ones(sites, bool)
    south, north, west, east = box or (-90, 90, -180, 180)
    edges = [np.arange(south, north + step / 2, step), np.arange(west, east + step / 2, step)]
    bounds = [np.stack([e[:-1], e[1:]], axis=1) for e in edges]
    lat, lon = np.meshgrid(*(b.mean(axis=1) for b in bounds), indexing="ij")
    return {"bounds": bounds}, lat, lon, _land(lat, lon) & (lat > -60)


def _land(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Whether cell centres lie on land, by ray casting."""
    inside = np.zeros(lat.shape, bool)
    for ring in land_polygons("c", 20_000.0):
        x, y = ring[:, 0], ring[:, 1]
        for shift in (0.0, 360.0, -360.0):
            if x.max() + shift < -180 or x.min() + shift > 180:
                continue
            for x0, y0, x1, y1 in zip(x[:-1] + shift, y[:-1], x[1:] + shift, y[1:], strict=True):
                if y0 != y1:
                    crosses = (y0 > lat) != (y1 > lat)
                    inside ^= crosses & (lon < (x1 - x0) * (lat - y0) / (y1 - y0) + x0)
    return inside


def _soil(lat: np.ndarray, lon: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    wave = np.cos(np.radians(5 * (np.abs(lat) - 24))) + 0.5 * np.sin(np.radians(3 * lon + 2 * lat))
    sand = np.clip(48 + 18 * wave + random.normal(0, 3, lat.shape), 8, 92)
    clay = np.clip(0.55 * (92 - sand) * (0.75 + 0.25 * np.cos(np.radians(4 * lon))), 4, 55)
    carbon = np.clip(2.0 - 1.2 * wave + random.gamma(2, 0.4, lat.shape), 0.1, 14)
    return {"sand": sand, "clay": clay, "organic_carbon": carbon}


def _thresholds(sand: np.ndarray, clay: np.ndarray, carbon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wilting = 0.02 + 0.0042 * clay + 0.004 * carbon
    return wilting, wilting + 0.06 + 0.0016 * (100 - sand) + 0.004 * carbon


def _experiment(
    truth: dict[str, np.ndarray], threshold: dict[str, np.ndarray], reason: np.ndarray, carbon: bool,
    random: np.random.Generator,
) -> tuple[dict[str, np.ndarray], dict[str, int]]:  # fmt: skip
    shape = reason.shape
    why = reason.copy()
    why[(reason == 0) & (random.random(shape) < 0.03)] = 9
    why[(reason == 0) & (random.random(shape) < 0.02)] = 7
    good, soil = why == 0, why != 7
    parts = ("sand", "clay", "organic_carbon") if carbon else ("sand", "clay")
    size = {"sand": 8.0, "clay": 4.0, "organic_carbon": 1.2}
    fields: dict[str, np.ndarray] = {}
    for name in parts:
        shift = {"sand": -6.0, "clay": 3.0, "organic_carbon": -1.0}[name]
        before = np.clip(truth[name] + shift + random.normal(0, 0.5 * size[name], shape), 0.1, 95)
        after = truth[name] + random.normal(0, 0.25 * size[name], shape)
        fields[f"{name}_baseline"] = np.where(soil & (reason != 10), before, np.nan)
        fields[name] = np.where(good, np.clip(after, 0.1, 95), np.nan)
        half = size[name] * random.gamma(6, 0.15, shape)
        fields[f"{name}_uncertainty"] = np.where(good, half, np.nan)
        fields[f"{name}_low"] = np.where(good, np.clip(after - 0.8 * half, 0, 100), np.nan)
        fields[f"{name}_high"] = np.where(good, np.clip(after + 0.8 * half, 0, 100), np.nan)
    zero = np.full(shape, 1.0)
    for kind in ("_baseline", ""):
        held = [fields.get(f"{n}{kind}", zero) for n in ("sand", "clay", "organic_carbon")]
        fields[f"wilting_point{kind}"], fields[f"critical_point{kind}"] = _thresholds(*held)
        miss = [fields[f"{n}{kind}"] - threshold[n] for n in ("wilting_point", "critical_point")]
        fields[f"misfit{kind}"] = np.sqrt((miss[0] ** 2 + miss[1] ** 2) / 2)
    fields["evaluations"] = np.where(good, 3000, 0)
    fields["reason"] = why
    return fields, _count(why)


def _count(reason: np.ndarray) -> dict[str, int]:
    return {name: int((reason == k).sum()) for k, name in enumerate(REASONS) if (reason == k).any()}


def _write(path: Path, where: dict[str, Any], fields: dict[str, np.ndarray], shape: tuple[int, ...]) -> None:
    whole = ("observations", "candidates", "events", "evaluations")
    data: dict[str, Any] = {}
    for name, values in fields.items():
        kind = "u1" if name == "reason" else "i4" if name in whole else "f4"
        dims = ("site",) if "names" in where else ("lat", "lon")
        data[name] = (dims, np.asarray(values).astype(kind))
    made = xr.Dataset(data)
    made["reason"].attrs = {"flag_values": np.arange(11, dtype="u1"), "flag_meanings": " ".join(REASONS)}
    if "names" in where:
        lat, lon = _places(shape[0], 2.0, None)[1:3]
        made = made.assign_coords(site=where["names"], lat=("site", lat), lon=("site", lon))
    else:
        south, west = where["bounds"]
        made = made.assign_coords(lat=south.mean(axis=1), lon=west.mean(axis=1))
        made["lat_bnds"], made["lon_bnds"] = (("lat", "nv"), south), (("lon", "nv"), west)
    made.to_netcdf(path)


def _examples(
    lat: np.ndarray, lon: np.ndarray, threshold: dict[str, np.ndarray], good: np.ndarray, random: np.random.Generator
) -> list[dict[str, Any]]:
    cells = np.flatnonzero(good.ravel())
    made = []
    for k in cells[:: max(1, cells.size // 3)][:3]:
        of = {n: float(v.ravel()[k]) for n, v in threshold.items()}
        where = (float(lat.ravel()[k]), float(lon.ravel()[k]))
        made.append(_series(of, where, len(made), random))
    return made


def _series(
    of: dict[str, float], place: tuple[float, float], number: int, random: np.random.Generator
) -> dict[str, Any]:
    """Three years of exponential drydowns between storms, seen with noise on two days of three."""
    days = np.arange("2016-01-01", "2019-01-01", dtype="datetime64[D]")
    low, high = of["wilting_point"], of["critical_point"]
    rain = np.where(random.random(days.size) < 0.07, random.gamma(1.5, 9, days.size), 0.0)
    theta, state = np.empty(days.size), high
    for k, p in enumerate(rain):
        state = min(high + 0.08, state + 0.006 * p) if p else low + (state - low) * np.exp(-1 / of["memory"])
        theta[k] = state
    seen = np.where(np.arange(days.size) % 3 != 2, theta + random.normal(0, 0.004, days.size), np.nan)
    events = []
    wet = [*np.flatnonzero(rain), days.size]
    for a, b in zip(wet[:-1], wet[1:], strict=True):
        inside = np.flatnonzero(np.isfinite(seen[a:b])) + a
        if inside.size >= 6:
            first = int(inside[0])
            events.append({"start": first, "length": int(inside.size), "theta_c": float(seen[first]), "theta_w": low,
                           "amplitude": float(seen[first] - low), "tau": of["memory"], "r2": 0.95})  # fmt: skip
    values = [None if np.isnan(v) else round(float(v), 4) for v in seen]
    return {"lat": place[0], "lon": place[1], "name": NASTY if number == 0 else f"Cell {number}",
            "days": [str(d) for d in days], "values": values, "rain": [round(float(v), 1) for v in rain] if number != 1
            else None, "events": events}  # fmt: skip


def _info(
    title: str, entries: list[dict[str, Any]], by_name: dict[str, Any], reason: np.ndarray, ternary: bool
) -> dict[str, Any]:
    info = {
        "kind": "calibrate", "title": title or "Soil maps from satellite drydowns", "version": "0.2.0",
        "versions": {"vadose": "0.2.0", "numpy": np.__version__}, "created": "2026-01-02T03:04:05Z",
        "method": "robust", "period": ["2002-06-19", "2020-12-31"], "product": "NNSM daily",
        "source_attrs": {"title": NASTY, "references": "Yao et al. (2021)"}, "experiments": entries,
        "counts": {"cells": int(reason.size), "by_reason": _count(reason)}, "experiment_counts": by_name,
        "hashes": [{"path": "data/nnsm.nc", "sha256": "0" * 64, "bytes": 123456}],
        "summary": ["Drydowns give both thresholds in 94 % of the land cells.",
                    "The optimised soils are sandier in the drylands, by 6 % on average.",
                    "The misfit to the satellite falls from 0.031 to 0.006 m3 m-3."],
        "events": {"file": "events.parquet", "count": 412345}, "seconds": 812.4,
    }  # fmt: skip
    if ternary:
        corners = {n: tuple(zip(*p, strict=True)) for n, p in CLASSES.items()}
        info["ternary"] = {"classes": [{"name": n, "sand": c[0], "clay": c[1]} for n, c in corners.items()]}
    return info
