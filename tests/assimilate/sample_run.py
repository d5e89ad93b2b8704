"""A whole folder of `vadose assimilate` with known statistics: members and truth are draws of one distribution.

Hence ranks are even, spread is as large as the error and the mean chi-square is 1, in every experiment; the open loop
errs with memory and the experiments with analyses without, with `SPREAD` as standard deviation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.model.bridge import to_dataset
from vadose.simulate import tables
from vadose.simulate.observations import Observed, Target
from vadose.simulate.scores import COLUMNS, scores
from vadose.workflow.cache import write_text
from vadose.workflow.output import write_dataset, write_json

START = np.datetime64("2015-04-01", "s")
DAY = np.timedelta64(86400, "s")
EDGES = np.array([0.0, 0.02, 0.05, 0.12, 0.2, 0.4, 0.8, 1.2])  # m
DECAY = np.exp(-EDGES[:-1] / 0.8)  # of errors with depth
ERROR = 0.04  # m3 m-3 of the observations
EXPERIMENTS = {
    "open loop": ("open-loop", []), "state": ("state", ["state"]),
    "state and parameters": ("state-and-parameters", ["state", "texture", "K_s"]),
}  # fmt: skip
SPREAD = {"open loop": 0.05, "state": 0.025, "state and parameters": 0.02}  # m3 m-3 of the top, of error and members
MEMORY = {"open loop": 0.95, "state": 0.0, "state and parameters": 0.0}  # lag-1 autocorrelation of the errors
TEXTURE = ("sand", "clay", "K_s")


@dataclass(frozen=True)
class Sample:
    """What the sample holds.

    shape     rows and columns of a grid of 0.005 degrees, or None for `sites` sites
    twin      with a truth and the parameters of it;  judges  with independent sensors
    overconfident   factor of the spread of the members that the errors do not have
    """

    days: int = 90
    members: int = 16
    shape: tuple[int, int] | None = (4, 5)
    sites: int = 3
    twin: bool = True
    judges: bool = True
    overconfident: float = 1.0
    seed: int = 5

    @property
    def cells(self) -> Cells:
        if self.shape is None:
            lat, lon = 50.5 + 0.3 * np.arange(self.sites), 6.0 + 0.4 * np.arange(self.sites)
            return Cells.whole(Sites(lat, lon, tuple(f"Site {chr(65 + k)}" for k in range(self.sites))))
        lat, lon = (start + 0.005 * np.arange(n) for start, n in zip((50.5, 6.0), self.shape, strict=True))
        return Cells.whole(LatLonGrid.from_centres(lat, lon))

    @property
    def bounds(self) -> np.ndarray:
        edges = START + np.arange(self.days + 1) * DAY
        return np.stack([edges[:-1], edges[1:]], axis=1)

    @property
    def thickness(self) -> np.ndarray:
        return np.diff(EDGES)


def memory(draw: np.random.Generator, shape: tuple[int, ...], phi: float) -> np.ndarray:
    """AR(1) series of unit variance along the last but one axis: [..., time, cell]."""
    out = draw.standard_normal(shape)
    for t in range(1, shape[-2]):
        out[..., t, :] = phi * out[..., t - 1, :] + np.sqrt(1.0 - phi * phi) * out[..., t, :]
    return out


def write_run(run: Path, sample: Sample | None = None) -> Path:
    """Write the folder; the path of it."""
    s = sample or Sample()
    draw = np.random.default_rng(s.seed)
    run.mkdir(parents=True, exist_ok=True)
    cells = s.cells
    signal = 0.03 * np.cos(2 * np.pi * np.arange(s.days) / 45.0)[:, None] + 0.02 * memory(
        draw, (s.days, cells.size), 0.9
    )
    truth = 0.28 + signal[:, None] * DECAY[:, None]  # [time, layer, cell]
    truth += 0.03 * draw.standard_normal(cells.size)
    surface = np.tensordot(s.thickness[:2] / 0.05, truth[:, :2], axes=(0, 1))
    seen = _observations(s, surface, draw)
    if s.twin:
        _write_simulation(run / "truth", s, truth[None], ["truth"], None)
        _write_truth_parameters(run / "truth-parameters.nc", s, draw)
    entries = []
    for name, (slug, updates) in EXPERIMENTS.items():
        shape = (s.days, cells.size)
        centre = -SPREAD[name] * memory(draw, shape, MEMORY[name])
        around = SPREAD[name] * s.overconfident * memory(draw, (s.members, *shape), MEMORY[name])
        fields = truth + (centre + around)[:, :, None] * DECAY[:, None]  # [member, time, layer, cell]
        judged = _judges(s, surface, truth, np.random.default_rng(s.seed + 1)) if s.judges else None
        _write_simulation(run / slug, s, fields, [f"member {k + 1}" for k in range(s.members)], judged)
        used = _write_analysis(run / slug / "analysis.nc", s, fields, seen, updates, draw)
        _write_parameters(run / slug / "parameters.nc", run, s, updates, draw)
        entries.append(
            {
                "name": name, "slug": slug, "updates": updates, "analyses": len(seen["time"]) if updates else 0,
                "lost_members": [], "counts": {"used": used, "frozen soil": 3}, "warnings": [],
                "water_added": 1.5 if updates else 0.0, "seconds": 12.0,
            }
        )  # fmt: skip
    _write_manifest(run, s, entries, seen)
    return run


def _observations(s: Sample, surface: np.ndarray, draw: np.random.Generator) -> dict[str, Any]:
    """Two sets: a satellite whose footprints are halves of the domain, every third day, and a probe, daily."""
    size = surface.shape[1]
    half = np.arange(size) < (size + 1) // 2
    weights = np.stack([half / half.sum(), ~half / (~half).sum(), np.arange(size) == size - 1]).astype(float)
    truth = surface @ weights.T
    raw = truth + ERROR * draw.standard_normal(truth.shape)
    raw[np.arange(s.days) % 3 != 0, :2] = np.nan
    return {"time": START + np.arange(s.days) * DAY, "raw": raw, "weights": weights, "set": np.array([0, 0, 1])}


def _write_analysis(
    path: Path, s: Sample, fields: np.ndarray, seen: dict[str, Any], updates: list[str], draw: np.random.Generator
) -> int:
    """analysis.nc with an update of each place alone; the number of observations used."""
    cells, weights, observed = s.cells, seen["weights"], seen["raw"]
    surface = np.tensordot(fields[:, :, :2], s.thickness[:2] / 0.05, axes=(2, 0))
    forecast = np.einsum("mtc,pc->tmp", surface, weights)
    status = np.where(np.isfinite(observed), 1, 0).astype(np.int8)
    first = np.flatnonzero(status[:, 0])[1:4]
    status[first, 0] = 2  # refused
    variance = forecast.var(axis=1, ddof=1)
    gain = np.where(status == 1, variance / (variance + ERROR**2), 0.0)
    eps = ERROR * draw.standard_normal(forecast.shape)
    step = gain[:, None] * (np.nan_to_num(observed)[:, None] + eps - forecast)
    if not updates:
        step = np.zeros_like(step)
    cover = weights > 0
    by_cell = np.einsum("tp,pc->tc", step.mean(axis=1), cover / np.maximum(cover.sum(axis=0), 1))
    increment = by_cell[:, None] * DECAY[:, None]
    sd = fields.std(axis=0, ddof=1)
    shrunk = sd * np.sqrt(1.0 - np.einsum("tp,pc->tc", gain, cover / cover.sum(axis=0)))[:, None]
    at = {"units": "m3 m-3"}
    held: dict[str, Any] = {
        "raw": (("time", "place"), observed, at), "observed": (("time", "place"), observed, at),
        "error": (("time", "place"), np.where(np.isfinite(observed), ERROR, np.nan), at),
        "forecast": (("time", "member", "place"), forecast, at),
        "analysis": (("time", "member", "place"), forecast + step, at),
        "status": (("time", "place"), status, {"flag_meanings": "none used refused", "flag_values": [0, 1, 2]}),
        "increment": (("time", "layer", "cell"), increment, at),
        "spread_forecast": (("time", "layer", "cell"), sd, at),
        "spread_analysis": (("time", "layer", "cell"), shrunk if updates else sd, at),
        "added": (("time", "cell"), 1000.0 * np.tensordot(increment, s.thickness, axes=(1, 0)), {"units": "kg m-2"}),
    }  # fmt: skip
    for name, (unit, value) in {"sand": ("%", 40.0), "clay": ("%", 20.0), "K_s": ("1", 1.0)}.items():
        if len(updates) > 1:
            walk = np.cumsum(0.01 * value * draw.standard_normal((s.days, cells.size)), axis=0)
            held[name] = (("time", "cell"), value + walk, {"units": unit})
            held[f"{name}_sd"] = (("time", "cell"), 0.1 * value * np.exp(-np.arange(s.days) / 60.0)[:, None]
                                  * np.ones(cells.size), {"units": unit})  # fmt: skip
    coords: dict[str, Any] = {
        "time": seen["time"].astype("datetime64[ns]"),
        "place_lat": ("place", weights @ cells.lat), "place_lon": ("place", weights @ cells.lon),
        "place_set": ("place", seen["set"]), "lat": ("cell", cells.lat), "lon": ("cell", cells.lon),
        "index": ("cell", cells.index),
    }  # fmt: skip
    if isinstance(cells.grid, Sites):
        coords["name"] = ("cell", np.array(cells.grid.names, dtype=str))
    attrs = {"Conventions": "CF-1.11", "sets": json.dumps(["satellite", "probe"])}
    made = xr.Dataset(held, coords, attrs)
    made["time"].encoding = {"units": "seconds since 1970-01-01 00:00:00", "calendar": "standard", "dtype": "f8"}
    write_dataset(made, path)
    return int((status == 1).sum())


def _write_truth_parameters(path: Path, s: Sample, draw: np.random.Generator) -> None:
    size = s.cells.size
    held = {
        "sand": ("cell", draw.uniform(30.0, 50.0, size), {"units": "%"}),
        "clay": ("cell", draw.uniform(12.0, 28.0, size), {"units": "%"}),
        "K_s": ("cell", 10.0 ** draw.normal(-5.5, 0.3, size), {"units": "m s-1"}),
    }
    write_dataset(xr.Dataset(held), path)


def _write_parameters(path: Path, run: Path, s: Sample, updates: list[str], draw: np.random.Generator) -> None:
    """Priors around the truth, or around 40, 20 and 3e-6; posterior means half as far from it where updated."""
    size, held = s.cells.size, {}
    prior_of = np.random.default_rng(s.seed + 2)  # the same in all experiments
    usual = {"sand": np.full(size, 40.0), "clay": np.full(size, 20.0), "K_s": np.full(size, 3e-6)}
    if s.twin:
        with xr.open_dataset(run / "truth-parameters.nc") as file:
            usual = {name: file[name].values for name in TEXTURE}
    for name in TEXTURE:
        log = name == "K_s"
        centre = np.log10(usual[name]) if log else usual[name]
        scale = 0.4 if log else 3.0
        off = scale * prior_of.standard_normal(size)
        around = scale * prior_of.standard_normal((s.members, size))
        around -= around.mean(axis=0)
        later = (centre + 0.5 * off + 0.5 * around) if len(updates) > 1 else (centre + off + around)
        for suffix, x in (("prior", centre + off + around), ("posterior", later)):
            held[f"{name}_{suffix}"] = (("member", "cell"), 10.0**x if log else x, {"units": "m s-1" if log else "%"})
    write_dataset(xr.Dataset(held), path)


def _judges(s: Sample, surface: np.ndarray, truth: np.ndarray, draw: np.random.Generator) -> Observed:
    """A probe of the top 5 cm in the first cell, one at 20-40 cm in the last, with gaps, and a tower's fluxes."""
    size, days = surface.shape[1], s.days
    top = surface[:, 0] + 0.02 * draw.standard_normal(days) + 0.01
    top[5:9] = np.nan
    deep = truth[:, 4, size - 1] + 0.01 * draw.standard_normal(days)
    flux = _evapotranspiration(surface)[:, 0]
    places = [s.cells.grid.names[i] if isinstance(s.cells.grid, Sites) else f"{s.cells.lat[i]:.4f}, "
              f"{s.cells.lon[i]:.4f}" for i in range(size)]  # fmt: skip

    def target(name: str, variable: str, units: str, x: np.ndarray, cell: int, depth: Any = None) -> Target:
        return Target(name, variable, units, x, cell, cell, places[cell], depth, liquid=variable == "soil_moisture")

    return Observed(
        s.bounds,
        (
            target("probe 5 cm", "soil_moisture", "m3 m-3", top, 0, (0.0, 0.05)),
            target("probe 30 cm", "soil_moisture", "m3 m-3", deep, size - 1, (0.2, 0.4)),
            target("tower", "evapotranspiration", "kg m-2 s-1", flux * (1 + 0.1 * draw.standard_normal(days)), 0),
            target("well", "water_table_depth", "m", 3.0 - 2.0 * (surface[:, -1] - 0.28), size - 1),
        ),
    )


def _evapotranspiration(surface: np.ndarray) -> np.ndarray:
    return np.asarray(1e-4 * np.clip(surface - 0.05, 0.0, None))  # kg m-2 s-1


def _write_simulation(run: Path, s: Sample, fields: np.ndarray, names: list[str], judged: Observed | None) -> None:
    """A run folder of `vadose simulate` from soil moisture [member, time, layer, cell] m3 m-3."""
    run.mkdir(parents=True, exist_ok=True)
    cells, members = s.cells, len(names)
    packed = np.moveaxis(fields, 0, -2).reshape(s.days, s.thickness.size, -1)  # [time, layer, column]
    surface = np.tensordot(packed[:, :2], s.thickness[:2] / 0.05, axes=(1, 0))
    means = {
        "soil_moisture": 1000.0 * s.thickness[:, None] * packed, "soil_ice": np.zeros_like(packed),
        "evapotranspiration": _evapotranspiration(surface), "latent_heat": 2.5e6 * _evapotranspiration(surface),
        "precipitation": np.full_like(surface, 2e-5), "water_table_depth": 3.0 - 2.0 * (surface - 0.28),
    }  # fmt: skip
    made = to_dataset(means, layers=tuple(s.thickness), cells=cells, bounds=s.bounds, members=names)
    for value in made.data_vars.values():
        if value.dtype == np.float64:
            value.encoding = {"dtype": "f4", "_FillValue": np.float32(np.nan)}
    made["member"] = np.array(names, dtype=str)
    write_dataset(made, run / "outputs.nc")
    with xr.open_dataset(run / "outputs.nc") as opened:
        if judged is not None:
            judged.write(run / "observations.nc")
            write_text(run / "scores.csv", tables.csv(scores(opened, judged), COLUMNS))
    water = 86400 * means["evapotranspiration"].reshape(s.days, members, -1).mean(axis=2).sum(axis=0)
    rows = [
        {"member": name, "column": "total", "lat": "", "lon": "", "precipitation": 2e-5 * 86400 * s.days,
         "evaporation": float(water[k]),
         "runoff": 10.0, "water_residual_sum": 1e-11, "water_residual_max": 1e-12, "energy_residual_max": 1e-9,
         "added": 1.5 if judged is not None else 0.0}
        for k, name in enumerate(names)
    ]  # fmt: skip
    write_text(run / "budget.csv", tables.csv(rows))
    write_json(
        run / "run.json",
        {
            "kind": "simulation", "title": "Sample", "version": "0", "created": "2026-01-01T00:00:00+00:00",
            "preset": "vadose", "options": {}, "members": [{"name": n, "preset": "vadose"} for n in names],
            **_places(cells), **_period(s), "step": 3600.0,
            "outputs": {"file": "outputs.nc", "names": "cmip", "variables": list(means)}, "failures": [],
            "notes": {}, "summary": [], "files": ["outputs.nc"],
        },
    )  # fmt: skip


def _places(cells: Cells) -> dict[str, Any]:
    if isinstance(cells.grid, Sites):
        rows = zip(cells.grid.names, cells.lat, cells.lon, strict=True)
        return {"sites": [{"name": n, "lat": float(a), "lon": float(o)} for n, a, o in rows], "grid": None}
    grid = cells.grid
    box = [float(b) for b in (grid.lon_bnds[0, 0], grid.lon_bnds[-1, 1], grid.lat_bnds[0, 0], grid.lat_bnds[-1, 1])]
    return {"sites": None, "grid": {"shape": list(grid.shape), "cells": cells.size, "box": box}}


def _period(s: Sample) -> dict[str, Any]:
    layers = [[float(a), float(b)] for a, b in zip(EDGES[:-1], EDGES[1:], strict=True)]
    return {"period": [str(START), str(s.bounds[-1, 1])], "every": "day", "layers": layers}


def _write_manifest(run: Path, s: Sample, entries: list[dict[str, Any]], seen: dict[str, Any]) -> None:
    counts = [int(np.isfinite(seen["raw"][:, seen["set"] == k]).sum()) for k in (0, 1)]
    sets = [
        {"name": name, "variable": "soil_moisture", "places": places, "path": f"{name}.nc", "error": ERROR,
         "bias": "none", "values": count, "counts": {}}
        for name, places, count in zip(("satellite", "probe"), (2, 1), counts, strict=True)
    ]  # fmt: skip
    content = {
        "kind": "assimilation", "title": "A sample of an assimilation", "version": "0", "versions": {},
        "created": "2026-01-01T00:00:00+00:00", "seconds": 60.0, "members": s.members, **_period(s),
        **_places(s.cells),
        "filter": {"name": "lenkf", "radius_km": 10.0, "taper": "gaspari-cohn", "inflation": {"kind": "none"},
                   "damping": 0.1, "parameters": ["texture", "K_s"]},
        "experiments": entries, "observations": sets, "failures": [], "notes": {}, "hashes": [], "summary": [],
        "files": [],
    }  # fmt: skip
    if s.twin:
        content["truth"] = str(run / "truth")
    write_json(run / "run.json", content)
