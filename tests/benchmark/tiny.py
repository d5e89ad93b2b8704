"""A tiny archive for whole runs: two models and two references on 15-degree grids, three years, a few kB a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

YEARS = (2001, 2003)
LAYERS = np.array([[0.0, 0.05], [0.05, 0.2], [0.2, 1.0]])


def field(
    years: tuple[int, int] = YEARS, nlat: int = 12, nlon: int = 24, phase: float = 0.0, noise: int = 1
) -> np.ndarray:
    """A volumetric moisture [time, lat, lon] with a seasonal cycle, years that differ, and sea in the west."""
    months = 12 * (years[1] - years[0] + 1)
    rng = np.random.default_rng(noise)
    lat = np.linspace(-82.5, 82.5, nlat)[None, :, None]
    t = np.arange(months)[:, None, None]
    x = 0.25 + 0.05 * np.cos(np.radians(2 * lat)) + 0.06 * np.sign(lat) * np.cos(2 * np.pi * (t - 1 - phase) / 12)
    x = x + 0.01 * rng.standard_normal((months, 1, 1)) + 0.01 * rng.standard_normal((1, nlat, nlon))
    x = np.broadcast_to(x, (months, nlat, nlon)).copy()
    x[:, :, : nlon // 3] = np.nan
    return x


def write(
    path: Path, name: str, values: np.ndarray, units: str, years: tuple[int, int] = YEARS, **changes: Any
) -> Path:
    """A CF file of `values` [time, (depth), lat, lon]; changes: `depth` bounds or None, `attrs`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nlat, nlon = values.shape[-2:]
    edges = np.concatenate([[0], np.cumsum(np.tile([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], 60))])
    start = 365 * (years[0] - 1990)
    bounds = start + np.stack([edges[:-1], edges[1:]], axis=1)[: values.shape[0]]
    dims = ("time", "depth", "lat", "lon") if values.ndim == 4 else ("time", "lat", "lon")
    coords: dict[str, Any] = {
        "time": (
            "time",
            bounds.mean(axis=1),
            {"units": "days since 1990-01-01", "calendar": "noleap", "bounds": "time_bnds"},
        ),
        "time_bnds": (("time", "bnds"), bounds),
        "lat": ("lat", -90 + 180 / nlat * (np.arange(nlat) + 0.5), {"units": "degrees_north"}),
        "lon": ("lon", -180 + 360 / nlon * (np.arange(nlon) + 0.5), {"units": "degrees_east"}),
    }
    depth = changes.get("depth", LAYERS)
    if values.ndim == 4 and depth is not None:
        coords["depth"] = ("depth", np.mean(depth, axis=1), {"units": "m", "positive": "down", "bounds": "depth_bnds"})
        coords["depth_bnds"] = (("depth", "bnds"), np.asarray(depth))
    variables = {name: (dims, values.astype(np.float32), {"units": units, **changes.get("attrs", {})})}
    dataset = xr.Dataset(variables, coords)
    dataset.to_netcdf(path, encoding={name: {"_FillValue": np.float32(1e20)}})
    return path


def cmip_name(variable: str, model: str, years: tuple[int, int] = YEARS) -> str:
    table = "Emon" if variable == "mrsol" else "Lmon"
    return f"{variable}_{table}_{model}_historical_r1i1p1f1_gn_{years[0]}01-{years[1]}12.nc"


def write_model(folder: Path, model: str, phase: float = 0.5, noise: int = 2) -> None:
    """mrsol and gpp of one model."""
    moisture = field(phase=phase, noise=noise)
    layered = moisture[:, None] * np.diff(LAYERS, axis=1)[None, :, :, None] * 1000.0
    write(folder / model / cmip_name("mrsol", model), "mrsol", layered, "kg m-2")
    write(folder / model / cmip_name("gpp", model), "gpp", 4e-7 * moisture, "kg m-2 s-1")


def write_archive(folder: Path) -> dict[str, Any]:
    """Two models, two references; returns the tables of a study of them."""
    write_model(folder / "models", "Ash")
    write_model(folder / "models", "Yew", phase=2.0, noise=3)
    truth = field(nlat=18, nlon=36)
    write(folder / "refs" / "sm.nc", "sm", truth, "m3 m-3")
    write(folder / "refs" / "gpp.nc", "gpp", 35.0 * truth, "g m-2 d-1")
    models = [{"name": m, "family": "F", "path": f"models/{m}/*.nc"} for m in ("Ash", "Yew")]
    references = [
        {"name": "Truth", "variable": "soil_moisture", "path": "refs/sm.nc", "depth": [0.0, 0.1], "group": "Soil"},
        {"name": "Green", "variable": "gpp", "path": "refs/gpp.nc", "group": "Plants"},
    ]
    sides = {
        "independent": {"variable": "soil_moisture", "reference": "Truth"},
        "dependent": {"variable": "gpp", "reference": "Green"},
    }
    return {
        "study": {"title": "Tiny", "period": list(YEARS), "root": str(folder), "regions": ["global"]},
        "models": models,
        "references": references,
        "relationships": [sides],
        "bootstrap": {"replicates": 20},
        "multimodel": {"grid": 15.0},
    }
