"""The door between arrays of the column model and labelled files: outputs by CF, states by name and back.

What a file calls an output, on which axes and with which attributes, is said here for all that write one. Columns are
members one after another, each with all cells; files have a dimension for each.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import jax
import numpy as np
import xarray as xr

from vadose.arrays import Array
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.model.outputs import OUTPUTS, Output, levels
from vadose.model.state import State

TIME_UNITS = "seconds since 1970-01-01 00:00:00"
ALL_DEPTHS = "subsurface_depth"  # the vertical axis of outputs of all layers of a subsurface
LEVELS = {
    "snow": "snow_layer",
    "soil": "layer",
    "groundwater.head": "all_layer",
    "groundwater.deep": "deep_layer",
}  # vertical dimension
Names = Literal["cmip", "alma"]
Axis = tuple[tuple[str, ...], np.ndarray, dict[str, Any]]  # dimensions, values, attributes

# Standard names of the CF conventions, table 85, of the outputs that have one.
STANDARD_NAMES = {
    "soil_moisture": "mass_content_of_water_in_soil_layer",
    "soil_ice": "frozen_water_content_of_soil_layer",
    "soil_temperature": "soil_temperature",
    "evapotranspiration": "water_evapotranspiration_flux",
    "canopy_evaporation": "water_evaporation_flux_from_canopy",
    "transpiration": "transpiration_flux",
    "ground_evaporation": "water_evaporation_flux_from_soil",
    "snow_sublimation": "surface_snow_and_ice_sublimation_flux",
    "precipitation": "precipitation_flux",
    "snowfall": "snowfall_flux",
    "surface_runoff": "surface_runoff_flux",
    "subsurface_runoff": "subsurface_runoff_flux",
    "runoff": "runoff_flux",
    "latent_heat": "surface_upward_latent_heat_flux",
    "sensible_heat": "surface_upward_sensible_heat_flux",
    "ground_heat": "downward_heat_flux_at_ground_level_in_soil",
    "shortwave": "surface_downwelling_shortwave_flux_in_air",
    "reflected": "surface_upwelling_shortwave_flux_in_air",
    "net_longwave": "surface_net_upward_longwave_flux",
    "net_radiation": "surface_net_downward_radiative_flux",
    "radiative_temperature": "surface_temperature",
    "temperature_2m": "air_temperature",
    "humidity_2m": "specific_humidity",
    "leaf_temperature": "canopy_temperature",
    "snow_water": "surface_snow_amount",
    "snow_depth": "surface_snow_thickness",
    "snow_cover": "surface_snow_area_fraction",
    "canopy_water": "canopy_water_amount",
    "water_table_depth": "water_table_depth",
    "discharge": "outgoing_water_volume_transport_along_river_channel",
    "lai": "leaf_area_index",
    "gpp": "gross_primary_productivity_of_biomass_expressed_as_carbon",
}


def axes(
    layers: Sequence[float], cells: Cells, bounds: np.ndarray, members: Sequence[str], whole: Sequence[float] = ()
) -> dict[str, Axis]:
    """The coordinates of outputs by name, with their bounds; times as float64 in `TIME_UNITS`, names as objects.

    layers   m, thickness of the soil layers;  whole  m, of all layers of a subsurface, where there is one
    bounds   [row, 2] datetime64, start and end of the interval whose mean a row is
    """
    seconds = np.asarray(bounds).astype("datetime64[s]").astype(np.float64)
    time = {
        "units": TIME_UNITS, "calendar": "standard", "standard_name": "time", "axis": "T", "bounds": "time_bnds",
        "long_name": "start of the interval, UTC; the interval is given by the bounds",
    }  # fmt: skip
    made: dict[str, Axis] = {
        "member": (("member",), np.array(list(members), dtype=object), {"standard_name": "realization"}),
        "time": (("time",), seconds[:, 0], time),
        "time_bnds": (("time", "bnds"), seconds, {}),
    }
    return made | _depths("depth", layers) | (_depths(ALL_DEPTHS, whole) if whole else {}) | _places(cells.grid)


def _depths(name: str, layers: Sequence[float]) -> dict[str, Axis]:
    """A vertical axis and its bounds from the thickness of layers, m."""
    edges = np.round(np.concatenate([[0.0], np.cumsum(np.asarray(layers, float))]), 9)  # 0.12 and not 0.1200..01
    depth = np.stack([edges[:-1], edges[1:]], axis=1)
    down = {"units": "m", "standard_name": "depth", "positive": "down", "axis": "Z", "bounds": f"{name}_bnds"}
    return {name: ((name,), depth.mean(axis=1), down), f"{name}_bnds": ((name, "bnds"), depth, {})}


def dimensions(output: Output, cells: Cells) -> tuple[str, ...]:
    """Dimensions of an output."""
    place = ("site",) if isinstance(cells.grid, Sites) else ("lat", "lon")
    down = ((ALL_DEPTHS if output.whole else "depth"),) if output.layered else ()
    return ("member", "time", *down, *place)


def attributes(output: Output, cells: Cells) -> dict[str, Any]:
    """CF attributes of an output."""
    found = {"long_name": output.title, "units": output.units, "cell_methods": "time: mean"}
    found["vadose_name"] = output.name
    if output.name in STANDARD_NAMES:
        found["standard_name"] = STANDARD_NAMES[output.name]
    if isinstance(cells.grid, Sites):
        found["coordinates"] = "lat lon"
    return found


def on_grid(values: np.ndarray, cells: Cells) -> np.ndarray:
    """[.., cell] as [.., lat, lon] or [.., site] of the whole grid, NaN where no column is."""
    if cells.size != cells.grid.size:
        whole = np.full((*values.shape[:-1], cells.grid.size), np.nan, dtype=values.dtype)
        whole[..., cells.index] = values
        values = whole
    return values.reshape(*values.shape[:-1], *cells.grid.shape)


def named(output: Output, names: Names) -> str:
    """What a file calls an output."""
    return output.cmip if names == "cmip" else output.alma


def known(name: str, where: str = "") -> Output:
    """The output of a name. Raises ConfigError for one that is none, with the nearest; `where` begins the message."""
    if name not in OUTPUTS:
        near = difflib.get_close_matches(name, OUTPUTS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected among {', '.join(OUTPUTS)}"
        raise ConfigError(f"{where}unknown output {name!r}; {hint}")
    return OUTPUTS[name]


def to_dataset(
    means: Mapping[str, Array],
    *,
    layers: Sequence[float],
    cells: Cells,
    bounds: np.ndarray,
    members: Sequence[str] = ("member",),
    names: Names = "cmip",
    attrs: Mapping[str, Any] | None = None,
    whole: Sequence[float] = (),
) -> xr.Dataset:
    """The outputs of `vadose.model.run` as a CF dataset (member, time, depth, lat, lon) or (member, time, depth, site).

    means    name of `OUTPUTS` -> [row, column] or [row, layer, column]
    layers   m, thickness of the soil layers;  whole  m, of all layers of a subsurface, where there is one
    cells    where the columns of one member are
    bounds   [row, 2] datetime64, start and end of the interval whose mean a row is
    members  names, in the order of the columns
    names    of the variables, as CMIP or as ALMA call them
    Raises ConfigError for a name that is no output, DataError where shapes do not fit.
    """
    found: dict[str, Any] = {}
    for name, values in means.items():
        output = known(name)
        array = np.asarray(values)
        expected = (len(bounds), *levels(output, len(layers), len(whole)), len(members) * cells.size)
        if array.shape != expected:
            raise DataError(
                f"{name}: expected the shape {list(expected)}, got {list(array.shape)}; check `bounds` and `cells`"
            )
        split = np.moveaxis(array.reshape(*array.shape[:-1], len(members), cells.size), -2, 0)
        about = {k: v for k, v in attributes(output, cells).items() if k != "coordinates"}  # xarray writes them
        found[named(output, names)] = (dimensions(output, cells), on_grid(split, cells), about)
    coords = axes(layers, cells, bounds, members, whole)
    made = xr.Dataset(found, coords=coords, attrs={"Conventions": "CF-1.11"} | dict(attrs or {}))
    made["time_bnds"].attrs = {k: made["time"].attrs[k] for k in ("units", "calendar")}
    made = xr.decode_cf(made)
    made["time_bnds"].encoding.clear()
    return made


def arrays_of(state: State) -> dict[str, np.ndarray]:
    """The arrays of a state by name, "soil.liquid"; float64."""
    leaves = jax.tree_util.tree_flatten_with_path(state)[0]
    return {_name(path): np.asarray(leaf, dtype=np.float64) for path, leaf in leaves}


def state_of(arrays: Mapping[str, np.ndarray], like: State) -> State:
    """The state of arrays that `arrays_of` gave; `like` has its structure."""
    paths, structure = jax.tree_util.tree_flatten_with_path(like)
    leaves = [np.asarray(arrays[_name(path)]) for path, _ in paths]
    state: State = jax.tree_util.tree_unflatten(structure, leaves)
    return state


def states_to_dataset(
    states: Sequence[Mapping[str, np.ndarray]], *, members: Sequence[str], attrs: Mapping[str, Any] | None = None
) -> xr.Dataset:
    """States of members as a dataset (member, snow_layer or layer, cell), float64, every bit of it.

    states   of each member as `arrays_of` gives them, [cell] or [layer, cell]
    attrs    what a restart must know, such as preset and layers
    """
    found: dict[str, Any] = {}
    for name, first in states[0].items():
        level = (LEVELS.get(name) or LEVELS[name.split(".")[0]],) if first.ndim == 2 else ()
        values = np.stack([np.asarray(state[name], np.float64) for state in states])
        found[name.replace(".", "_")] = (("member", *level, "cell"), values, {"state": name})
    return xr.Dataset(found, coords={"member": list(members)}, attrs=dict(attrs or {}))


def state_from_dataset(dataset: xr.Dataset, like: State, cells: Cells) -> State:
    """The state of one member of `states_to_dataset`, whose dimension it no longer has.

    like    a state of the model that goes on, for its structure and its layers
    cells   of the dataset, for messages
    Raises DataError where a variable lacks, has another number of layers or is not finite, with its name and place.
    """
    held = {v.attrs["state"]: v for v in dataset.data_vars.values() if "state" in v.attrs}
    found = {}
    for name, example in arrays_of(like).items():
        if name not in held:
            raise DataError(f"the state lacks {name}; it was written by another version or model, start without it")
        values = np.asarray(held[name].values, dtype=np.float64)
        if values.shape[:-1] != example.shape[:-1]:
            raise DataError(f"{name} has {values.shape[0]} layers, expected {example.shape[0]}; take the same options")
        bad = np.argwhere(~np.isfinite(values))
        if bad.size:
            at = bad[0][-1]
            raise DataError(
                f"{name} is not finite at {cells.lat[at]:.3f} N, {cells.lon[at]:.3f} E ({len(bad)} values); "
                "restart from a run without failed columns"
            )
        found[name] = values
    return state_of(found, like)


def _name(path: Sequence[Any]) -> str:
    return ".".join(str(part.name) for part in path)


def _places(grid: LatLonGrid | Sites) -> dict[str, Axis]:
    """Coordinates of a grid, with bounds, or of sites."""
    lat = {"units": "degrees_north", "standard_name": "latitude"}
    lon = {"units": "degrees_east", "standard_name": "longitude"}
    if isinstance(grid, Sites):
        names = np.array(list(grid.names), dtype=object)
        return {"lat": (("site",), grid.lat, lat), "lon": (("site",), grid.lon, lon), "site": (("site",), names, {})}
    return {
        "lat": (("lat",), grid.lat, lat | {"axis": "Y", "bounds": "lat_bnds"}),
        "lon": (("lon",), grid.lon, lon | {"axis": "X", "bounds": "lon_bnds"}),
        "lat_bnds": (("lat", "bnds"), grid.lat_bnds, {}),
        "lon_bnds": (("lon", "bnds"), grid.lon_bnds, {}),
    }
