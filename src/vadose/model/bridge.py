"""The door between arrays of the column model and xarray: outputs as a CF dataset, states as a dataset and back.

Columns are members one after another, each with all cells; datasets have a dimension for each.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from vadose.arrays import Array
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.model.outputs import OUTPUTS, Output
from vadose.model.state import State

TIME_UNITS = "seconds since 1970-01-01 00:00:00"
LEVELS = {"snow": "snow_layer", "soil": "soil_layer"}  # part of the state -> name of its vertical dimension


def to_dataset(
    means: Mapping[str, Array],
    *,
    layers: Sequence[float],
    cells: Cells,
    bounds: np.ndarray,
    members: Sequence[str] = ("member",),
    names: Literal["cmip", "alma"] = "cmip",
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """The outputs of `vadose.model.run` as a CF dataset (member, time, depth, lat, lon) or (member, time, depth, site).

    means    name of `OUTPUTS` -> [row, column] or [row, layer, column]
    layers   m, thickness of the soil layers
    cells    where the columns of one member are
    bounds   [row, 2] datetime64, start and end of the interval whose mean a row is
    members  names, in the order of the columns
    names    of the variables, as CMIP or as ALMA call them
    Raises ConfigError for a name that is no output, DataError where shapes do not fit.
    """
    found: dict[str, Any] = {}
    for name, values in means.items():
        output = _known(name)
        array = np.asarray(values)
        expected = (len(bounds), *((len(layers),) if output.layered else ()), len(members) * cells.size)
        if array.shape != expected:
            raise DataError(
                f"{name}: expected the shape {list(expected)}, got {list(array.shape)}; check `bounds` and `cells`"
            )
        dims = ("member", "time", *(("depth",) if output.layered else ()), *_place(cells))
        found[output.cmip if names == "cmip" else output.alma] = (
            dims,
            _unpacked(array, members, cells),
            _about(output),
        )
    made = xr.Dataset(
        found, coords=_axes(layers, cells, bounds, members), attrs={"Conventions": "CF-1.11"} | dict(attrs or {})
    )
    for name in ("time", "time_bnds"):
        made[name].encoding = {"units": TIME_UNITS, "dtype": "float64"}
    return made


def state_to_dataset(
    state: State,
    *,
    layers: Sequence[float],
    cells: Cells,
    members: Sequence[str] = ("member",),
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """A state as a dataset (member, snow_layer or soil_layer, cell), float64, every bit of it.

    attrs   what a restart must know, such as preset and time; the layers are added
    """
    found: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_flatten_with_path(state)[0]:
        name, array = _name(path), np.asarray(leaf, dtype=np.float64)
        level = (LEVELS[name.split(".")[0]],) if array.ndim == 2 else ()
        shaped = array.reshape(*array.shape[:-1], len(members), cells.size)
        found[name] = (("member", *level, "cell"), np.moveaxis(shaped, -2, 0))
    places = {"lat": ("cell", cells.lat, _LAT), "lon": ("cell", cells.lon, _LON), "index": ("cell", cells.index)}
    about = {"layers": np.asarray(layers, dtype=float)} | dict(attrs or {})
    return xr.Dataset(found, coords={"member": list(members), **places}, attrs=about)


def state_from_dataset(dataset: xr.Dataset, like: State) -> State:
    """The state that `state_to_dataset` gave, columns as they were.

    like   a state of the model that goes on, for its structure and its layers
    Raises DataError where a variable lacks, has another number of layers or is not finite, with its name.
    """
    paths = jax.tree_util.tree_flatten_with_path(like)[0]
    leaves = []
    for path, leaf in paths:
        name = _name(path)
        if name not in dataset:
            raise DataError(f"the state lacks {name!r}; it belongs to another model, start without it")
        array = np.moveaxis(np.asarray(dataset[name].values, dtype=np.float64), 0, -2)
        array = array.reshape(*array.shape[:-2], -1)
        if array.shape[:-1] != np.shape(leaf)[:-1]:
            raise DataError(
                f"{name}: expected {list(np.shape(leaf)[:-1])} layers, got {list(array.shape[:-1])}; take the preset, "
                "layers and options of that run"
            )
        if not np.isfinite(array).all():
            count = int((~np.isfinite(array)).reshape(-1, array.shape[-1]).any(axis=0).sum())
            raise DataError(f"{name} is not finite in {count} columns; leave them out")
        leaves.append(jnp.asarray(array))
    found: State = jax.tree.unflatten(jax.tree.structure(like), leaves)
    return found


_LAT = {"units": "degrees_north", "standard_name": "latitude"}
_LON = {"units": "degrees_east", "standard_name": "longitude"}


def _known(name: str) -> Output:
    if name not in OUTPUTS:
        near = difflib.get_close_matches(name, OUTPUTS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected among {', '.join(OUTPUTS)}"
        raise ConfigError(f"unknown output {name!r}; {hint}")
    return OUTPUTS[name]


def _name(path: Sequence[Any]) -> str:
    return ".".join(str(part.name) for part in path)


def _place(cells: Cells) -> tuple[str, ...]:
    return ("site",) if isinstance(cells.grid, Sites) else ("lat", "lon")


def _unpacked(array: np.ndarray, members: Sequence[str], cells: Cells) -> np.ndarray:
    """[row, .., column] as [member, row, .., lat, lon] or [member, row, .., site], NaN where no column is."""
    split = np.moveaxis(array.reshape(*array.shape[:-1], len(members), cells.size), -2, 0)
    whole = np.full((*split.shape[:-1], cells.grid.size), np.nan, dtype=array.dtype)
    whole[..., cells.index] = split
    return whole.reshape(*split.shape[:-1], *cells.grid.shape)


def _about(output: Output) -> dict[str, Any]:
    return {"long_name": output.title, "units": output.units, "cell_methods": "time: mean", "vadose_name": output.name}


def _axes(layers: Sequence[float], cells: Cells, bounds: np.ndarray, members: Sequence[str]) -> dict[str, Any]:
    """Coordinates with their bounds."""
    edges = np.concatenate([[0.0], np.cumsum(np.asarray(layers, dtype=float))])
    depth = np.stack([edges[:-1], edges[1:]], axis=1)
    times = np.asarray(bounds).astype("datetime64[ns]")
    down = {"units": "m", "standard_name": "depth", "positive": "down", "axis": "Z", "bounds": "depth_bnds"}
    made: dict[str, Any] = {
        "member": ("member", list(members), {"standard_name": "realization"}),
        "time": ("time", times[:, 0], {"standard_name": "time", "axis": "T", "bounds": "time_bnds"}),
        "time_bnds": (("time", "bnds"), times),
        "depth": ("depth", depth.mean(axis=1), down),
        "depth_bnds": (("depth", "bnds"), depth),
    }
    grid = cells.grid
    if isinstance(grid, Sites):
        return made | {
            "site": ("site", list(grid.names)),
            "lat": ("site", grid.lat, _LAT),
            "lon": ("site", grid.lon, _LON),
        }
    return made | {
        "lat": ("lat", grid.lat, _LAT | {"axis": "Y", "bounds": "lat_bnds"}),
        "lon": ("lon", grid.lon, _LON | {"axis": "X", "bounds": "lon_bnds"}),
        "lat_bnds": (("lat", "bnds"), grid.lat_bnds),
        "lon_bnds": (("lon", "bnds"), grid.lon_bnds),
    }
