"""Folders of flow studies for the report: a storm over a small valley, from the solver itself or from formulas."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

NASTY = '</script><img src=x onerror=alert(1)> & "flow"'
NY, NX, HOURS, EVERY, RAINY = 20, 15, 48, 2, 8
SIZE = 100.0  # m
THICKNESS = np.array([0.1, 0.2, 0.4, 0.7, 1.0, 1.6, 2.5, 3.5])
RAIN, EVAPORATION, PUMPED = 15e-3 / 3600, 0.1e-3 / 3600, 2e-3  # m s-1, m s-1, m3 s-1
WELL = (6, 14, 3)
SHAPE = (THICKNESS.size, NY, NX)


def valley() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Elevation, m, of a valley that falls southward, and the slopes to the next cell east and north, 1; [y, x]."""
    y, x = np.mgrid[:NY, :NX].astype(float)
    elevation = 212.0 + 1.0 * y + 3.0 * np.abs(x - 7) + 1.5 * np.sin(0.9 * y) * (np.abs(x - 7) > 3)
    slope_x, slope_y = np.empty_like(elevation), np.empty_like(elevation)
    slope_x[:, :-1], slope_x[:, -1] = np.diff(elevation, axis=1) / SIZE, 0.03
    slope_y[:-1], slope_y[-1] = np.diff(elevation, axis=0) / SIZE, 0.01
    slope_x[:, 0] = np.where(slope_x[:, 0] > 0, -0.03, slope_x[:, 0])
    slope_y[0] = 0.01
    return elevation, slope_x, slope_y


def write_flow(run: Path, solved: bool = False) -> Path:
    """48 h with eight of rain, evaporation after it and one pumped well: the folder without its report.

    Solved, or from formulas: a water table that rises and falls, rivers from the area above them, a closed budget.
    """
    run.mkdir(parents=True, exist_ok=True)
    elevation, slope_x, slope_y = valley()
    with quick_compiler():
        out = _solve(slope_x, slope_y, elevation) if solved else _from_formulas(elevation)
    inside = {"z": np.cumsum(THICKNESS) - THICKNESS / 2, **out, "elevation": elevation}
    _outputs(run / "outputs.nc", inside, slope_x, slope_y)
    _table(run / "budget.csv", out["budget"])
    _table(run / "hydrographs.csv", _hydrographs(out))
    _run_json(run, out["budget"])
    return run


@contextmanager
def quick_compiler() -> Iterator[None]:
    """Compile without most optimisations: here that costs more than what is solved."""
    import jax

    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", before)


def _solve(slope_x: np.ndarray, slope_y: np.ndarray, elevation: np.ndarray) -> dict[str, Any]:
    import jax.numpy as jnp

    from vadose.flow.overland import KinematicWave
    from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, state_at
    from vadose.flow.subsurface_grid import SubsurfaceGrid
    from vadose.flow.subsurface_step import step
    from vadose.flow.subsurface_terms import FaceFlux
    from vadose.soil import VanGenuchten

    grid = SubsurfaceGrid(THICKNESS[:, None, None], slope_x, slope_y, SIZE, SIZE)
    soil = VanGenuchten(theta_r=0.06, theta_s=0.42, alpha=3.0, n=1.6, K_s=2e-6)
    settings = SubsurfaceSettings()

    def problem(surface: float) -> Any:
        flux, pumped = np.zeros(SHAPE), np.zeros(SHAPE)
        flux[0] = surface
        pumped[WELL] = -PUMPED / SIZE**2
        terms = (FaceFlux(jnp.asarray(flux)), FaceFlux(jnp.asarray(pumped)))
        return Subsurface(grid, soil, specific_storage=1e-4, stretch_x=20.0, stretch_y=20.0,
                          overland=KinematicWave(0.03), terms=terms)  # fmt: skip

    depth = (np.cumsum(THICKNESS) - THICKNESS / 2)[:, None, None]
    table = 0.4 + 0.14 * (elevation - elevation.min())
    state = state_at(problem(0.0), jnp.asarray(depth - table))
    kept: dict[str, list[np.ndarray]] = {"head": [np.asarray(state.head)], "discharge": [np.zeros((NY, NX))]}
    rows, area = [], SIZE**2
    water = float(np.sum(state.water)) * area
    rows.append(_row(0, water, float(np.sum(state.pond)) * area, {}))
    for hour in range(HOURS):
        surface = RAIN if hour < RAINY else -EVAPORATION
        done = step(problem(surface), state, 3600.0, settings)
        assert bool(done.converged)
        state = done.state
        x, y = np.asarray(done.x), np.asarray(done.y)
        border = -SIZE * 3600 * float((x[:, -1] - x[:, 0]).sum() + (y[-1] - y[0]).sum())
        moved = {
            "rain": 3600 * area * NY * NX * max(surface, 0.0),
            "evaporation": 3600 * area * NY * NX * min(surface, 0.0),
            "border": border,
            "pumping": float(np.sum(done.rates[1])) * 3600 * area,
            "unbalanced": float(done.unbalanced), "newton": int(done.iterations), "products": int(done.products),
            "substeps": int(done.substeps),
        }  # fmt: skip
        water, pond = float(np.sum(state.water)) * area, float(np.sum(state.pond)) * area
        rows.append(_row(3600 * (hour + 1), water, pond, moved))
        if (hour + 1) % EVERY == 0:
            kept["head"].append(np.asarray(state.head))
            out = np.maximum(x[:, 1:], 0) - np.minimum(x[:, :-1], 0) + np.maximum(y[1:], 0) - np.minimum(y[:-1], 0)
            kept["discharge"].append(SIZE * out)
    head = np.stack(kept["head"])
    saturation = np.asarray(soil.water_content(jnp.asarray(head))) / 0.42
    return {"head": head, "saturation": saturation, "discharge": np.stack(kept["discharge"]), "budget": rows}


def _from_formulas(elevation: np.ndarray) -> dict[str, Any]:
    rate = np.concatenate([np.linspace(0.0, 2.0, RAINY), 2.0 * np.exp(-np.arange(HOURS - RAINY) / 5.0)])  # m3 s-1
    area = SIZE**2 * NY * NX
    rows = [_row(0, 3e6, 0.0, {})]
    for hour in range(HOURS):
        wet = hour < RAINY
        moved = {
            "rain": 3600 * area * RAIN * wet, "evaporation": -3600 * area * EVAPORATION * (not wet),
            "border": -3600 * rate[hour], "pumping": -3600 * PUMPED,
        }  # fmt: skip
        pond = 200.0 * rate[hour]
        stored = rows[-1]["storage"] + rows[-1]["pond"] + sum(moved.values()) - pond
        rows.append(
            _row(3600 * (hour + 1), stored + pond, pond, {**moved, "newton": 5 + wet, "products": 20, "substeps": 1})
        )
    y, x = np.mgrid[:NY, :NX]
    above = np.where(x == 7, (NY - y) * NX, 8 - np.abs(x - 7)) / (NX * NY)
    times = np.append(0.0, rate[EVERY - 1 :: EVERY])
    table = 0.3 + 0.15 * (elevation - elevation.min()) - 0.4 * times[:, None, None]
    head = (np.cumsum(THICKNESS) - THICKNESS / 2)[:, None, None] - table[:, None]
    saturation = np.where(head < 0, 0.2 + 0.8 / (1 + (3 * np.abs(head)) ** 1.6) ** 0.375, 1.0)
    return {"head": head, "saturation": saturation, "discharge": times[:, None, None] * above, "budget": rows}


def _row(time: float, water: float, pond: float, moved: dict[str, float]) -> dict[str, float]:
    names = ("rain", "evaporation", "border", "pumping", "unbalanced", "newton", "products", "substeps")
    return {"time": time, "storage": water - pond, "pond": pond, **{n: moved.get(n, 0) for n in names}}


def _depth_to_water(head: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Depth of the uppermost saturated cell's water level, m, [time, y, x]; 0 where that is the top, NaN where none."""
    wet = head >= 0
    first = wet.argmax(axis=1)
    at_first = np.take_along_axis(head, first[:, None], axis=1)[:, 0]
    level = np.where(wet[:, 0], 0.0, np.maximum(middles[first] - at_first, 0.0))
    return np.where(wet.any(axis=1), level, np.nan)


def _outputs(path: Path, fields: dict[str, Any], slope_x: np.ndarray, slope_y: np.ndarray) -> None:
    times = np.arange(fields["head"].shape[0]) * EVERY * 3600.0
    edges = np.concatenate([[0.0], np.cumsum(THICKNESS)])
    middles = (edges[1:] + edges[:-1]) / 2
    held = {
        "time": (("time",), times, "s"), "y": (("y",), (np.arange(NY) + 0.5) * SIZE, "m"),
        "x": (("x",), (np.arange(NX) + 0.5) * SIZE, "m"), "depth": (("layer",), middles, "m"),
        "thickness": (("layer",), THICKNESS, "m"),
        "head": (("time", "layer", "y", "x"), fields["head"], "m"),
        "saturation": (("time", "layer", "y", "x"), fields["saturation"], "1"),
        "pond": (("time", "y", "x"), np.maximum(fields["head"][:, 0], 0.0), "m"),
        "water_table_depth": (("time", "y", "x"), _depth_to_water(fields["head"], middles), "m"),
        "discharge": (("time", "y", "x"), fields["discharge"], "m3 s-1"),
        "porosity": (("layer", "y", "x"), np.full(SHAPE, 0.42), "1"),
        "K_s": (("layer", "y", "x"), np.full(SHAPE, 2e-6), "m s-1"),
        "slope_x": (("y", "x"), slope_x, "1"), "slope_y": (("y", "x"), slope_y, "1"),
        "active": (("y", "x"), np.ones((NY, NX), "i1"), "1"), "elevation": (("y", "x"), fields["elevation"], "m"),
        "manning": (("y", "x"), np.full((NY, NX), 0.03), "s m-1/3"),
    }  # fmt: skip
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", None), ("layer", SHAPE[0]), ("y", NY), ("x", NX)):
            file.createDimension(name, size)
        for name, (dims, values, units) in held.items():
            kind = "i1" if name == "active" else "f8"
            variable = file.createVariable(name, kind, dims, fill_value=None if kind == "i1" else np.nan)
            variable.units = units
            variable[:] = values


def _hydrographs(out: dict[str, Any]) -> list[dict[str, Any]]:
    rng = np.random.default_rng(7)
    depths = _depth_to_water(out["head"], np.cumsum(THICKNESS) - THICKNESS / 2)
    hours = np.arange(depths.shape[0]) * EVERY
    rows: list[dict[str, Any]] = []
    for name, (y, x) in {"well A, valley": (8, 8), f"well B {NASTY}": (14, 2)}.items():
        for k, hour in enumerate(hours):
            value = depths[k, y, x]
            seen = value + 0.05 * rng.standard_normal() + 0.03 if k % 2 else ""
            rows.append(
                {"name": name, "kind": "water table", "time": 3600 * hour, "simulated": value, "observed": seen}
            )
    for row in out["budget"][1:]:
        flow = -row["border"] / 3600
        rows.append({"name": "outlet", "kind": "discharge", "time": row["time"], "simulated": flow,
                     "observed": max(0.0, flow * (1 + 0.1 * rng.standard_normal()))})  # fmt: skip
    return rows


def _table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


def _run_json(run: Path, rows: list[dict[str, float]]) -> None:
    moved = ("rain", "evaporation", "border", "pumping")
    change = rows[-1]["storage"] + rows[-1]["pond"] - rows[0]["storage"] - rows[0]["pond"]
    through = sum(abs(r[n]) for r in rows for n in moved)
    unbalanced = change - sum(r[n] for r in rows for n in moved)
    steps = rows[1:]
    edges = [0.0, *np.cumsum(THICKNESS).tolist()]
    info = {
        "kind": "flow", "title": "Storm over a small valley", "version": "0.7", "versions": {"numpy": np.__version__},
        "created": "2026-01-01T00:00:00Z", "seconds": 14.2, "cells": list(SHAPE), "columns": NY * NX, "dx": SIZE,
        "dy": SIZE, "layers": [list(b) for b in zip(edges, edges[1:], strict=False)], "start": "2001-06-01T00:00:00",
        "hours": HOURS, "dt": 3600.0, "steps": HOURS, "origin": "a valley made for tests",
        "soil": "van Genuchten, one loam", "overland": "kinematic wave",
        "solver": {"newton_per_step": sum(r["newton"] for r in steps) / HOURS,
                   "products_per_step": sum(r["products"] for r in steps) / HOURS,
                   "substeps": sum(r["substeps"] for r in steps), "multigrid": False},
        "failures": [],
        "budget": {"storage_change_m3": change, "throughput_m3": through, "unbalanced_m3": unbalanced,
                   "relative": abs(unbalanced) / through},
        "spinup": None, "notes": {"setup": ["Slopes from the elevation by differences."]},
        "summary": [f"A storm of {RAIN * 3.6e6 * RAINY:.0f} mm in {RAINY} h over {NY * NX} columns."], "files": [],
    }  # fmt: skip
    (run / "run.json").write_text(json.dumps(info), encoding="utf-8")


def alter(run: Path, **changes: Any) -> Path:
    """Change run.json."""
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps({**info, **changes}), encoding="utf-8")
    return run


def rewrite(run: Path, change: Any) -> Path:
    """Rewrite outputs.nc after `change`(variables of an xarray Dataset) -> Dataset."""
    import xarray as xr

    with xr.open_dataset(run / "outputs.nc", decode_times=False) as held:
        changed = change(held.load())
    (run / "outputs.nc").unlink()
    changed.to_netcdf(run / "outputs.nc")
    return run
