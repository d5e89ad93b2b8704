"""What a benchmark run leaves behind: tables, maps, curves and the manifest that the report reads."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from vadose.benchmark.cache import write_text
from vadose.errors import VadoseError
from vadose.grid.latlon import LatLonGrid, Sites

if TYPE_CHECKING:
    from vadose.benchmark.compare import PairResult
    from vadose.benchmark.response import ResponseResult

COLUMNS = (
    "model", "reference", "variable", "depth_top", "depth_bottom", "region", "mode", "score",
    "value", "low", "high", "units", "row",
)  # fmt: skip


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write netCDF-4, compressed, under a temporary name that becomes `path` when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    encoding = {
        str(name): {"zlib": True, "complevel": 1, "shuffle": True}
        for name, v in dataset.data_vars.items()
        if v.ndim and v.dtype.kind in "fiub"
    }
    try:
        dataset.to_netcdf(partial, engine="netcdf4", encoding=encoding)
        partial.replace(path)
    except OSError as error:
        raise VadoseError(
            f"{path}: cannot be written: {error.strerror or error}; free space or choose --out"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def maps_dataset(result: PairResult, units: Mapping[str, str]) -> xr.Dataset:
    """The maps of a pair: [lat, lon] float32 with bounds, or [site]. units : unit of each map."""
    grid = result.map_grid
    if isinstance(grid, Sites):
        dims: tuple[str, ...] = ("site",)
        coords: dict[str, Any] = {
            "lat": ("site", grid.lat, {"units": "degrees_north"}),
            "lon": ("site", grid.lon, {"units": "degrees_east"}),
            "site": ("site", np.array(grid.names, dtype=str)),
        }
    else:
        dims = ("lat", "lon")
        coords = grid_coordinates(grid)
    variables = {name: (dims, field, {"units": units.get(name, "1")}) for name, field in result.maps.items()}
    return xr.Dataset(variables, coords, {"Conventions": "CF-1.11"})


def grid_coordinates(grid: LatLonGrid) -> dict[str, Any]:
    """CF coordinates with bounds of a grid, for an xarray.Dataset."""
    return {
        "lat": ("lat", grid.lat, {"units": "degrees_north", "standard_name": "latitude", "bounds": "lat_bnds"}),
        "lon": ("lon", grid.lon, {"units": "degrees_east", "standard_name": "longitude", "bounds": "lon_bnds"}),
        "lat_bnds": (("lat", "bnds"), grid.lat_bnds),
        "lon_bnds": (("lon", "bnds"), grid.lon_bnds),
    }


_CURVE_DIMS = {
    "cycle_reference": ("region", "month"),
    "cycle_model": ("region", "month"),
    "series_reference": ("region", "time"),
    "series_model": ("region", "time"),
    "months": ("time",),
    "scatter": ("region", "x", "y"),
    "scatter_edges": ("edge",),
}


def curves_dataset(result: PairResult, regions: list[str], units: str) -> xr.Dataset:
    """The regional curves of a pair: annual cycles, monthly series and the binned scatter of cell means."""
    variables = {}
    for name, values in result.curves.items():
        shown = units if name.startswith(("cycle", "series")) else "1"
        variables[name] = (_CURVE_DIMS[name], values, {"units": shown})
    return xr.Dataset(variables, {"region": np.array(regions, dtype=str)})


def response_dataset(result: ResponseResult, regions: list[str]) -> xr.Dataset:
    """The response curves and histograms of a relationship pair, by region and bin."""
    return xr.Dataset(result.arrays, {"region": np.array(regions, dtype=str)})


def score_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The tidy table of scores, in the order of models, rows, regions and modes in which they were computed."""
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write_scores(frame: pd.DataFrame, run: Path, dataset: xr.Dataset, cmec: Mapping[str, Any]) -> None:
    """Write scores.csv, scores.nc and scores.json of a run."""
    write_text(run / "scores.csv", frame.to_csv(index=False, float_format="%.10g"))
    write_dataset(dataset, run / "scores.nc")
    write_json(run / "scores.json", cmec)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write strict JSON: missing numbers become null."""
    write_text(path, json.dumps(_strict(content), indent=1, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [_strict(v) for v in value]
    if isinstance(value, np.ndarray):
        return _strict(value.tolist())
    if isinstance(value, np.generic):
        return _strict(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _strict(dataclasses.asdict(value))
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def study_toml(study: Any) -> str:
    """A study as a TOML text that reads back to the same study."""
    import tomli_w

    return tomli_w.dumps(_without_none(dataclasses.asdict(study)))


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value
