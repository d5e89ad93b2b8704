"""Files that a run leaves behind: written whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import VadoseError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.workflow.cache import write_text

if TYPE_CHECKING:
    import xarray as xr


_COMPRESSION = {"zlib": True, "complevel": 1, "shuffle": True}
_PACKING = ("dtype", "scale_factor", "add_offset", "_FillValue")


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write netCDF-4, compressed, under a temporary name that becomes `path` when it is complete.

    Packing and fill values are those of the variables' own encoding.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    encoding = {
        str(name): {k: v.encoding[k] for k in _PACKING if k in v.encoding} | _COMPRESSION
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


def dimensions(grid: LatLonGrid | Sites) -> tuple[str, ...]:
    """Names of the dimensions of fields on a grid."""
    return ("site",) if isinstance(grid, Sites) else ("lat", "lon")


def coordinates(grid: LatLonGrid | Sites) -> dict[str, Any]:
    """CF coordinates of a grid, with bounds, or of sites, for an xarray.Dataset."""
    lat = {"units": "degrees_north", "standard_name": "latitude"}
    lon = {"units": "degrees_east", "standard_name": "longitude"}
    if isinstance(grid, Sites):
        names = np.array(grid.names, dtype=str)
        return {"lat": ("site", grid.lat, lat), "lon": ("site", grid.lon, lon), "site": ("site", names)}
    return {
        "lat": ("lat", grid.lat, lat | {"bounds": "lat_bnds"}),
        "lon": ("lon", grid.lon, lon | {"bounds": "lon_bnds"}),
        "lat_bnds": (("lat", "bnds"), grid.lat_bnds),
        "lon_bnds": (("lon", "bnds"), grid.lon_bnds),
    }
