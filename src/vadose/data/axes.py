"""Axes of a variable: which dimension is time, depth, latitude, longitude or site, and which coordinate says so."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vadose.errors import DataError, GridMismatch
from vadose.grid.layers import SoilLayers

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

SITE_NAMES = {"site", "sites", "station", "stations", "location", "locations", "loc", "name", "points"}
_NAMES = {
    "time": {"time", "t", "month", "months", "date", "time_counter", "valid_time", "record"},
    "lat": {"lat", "latitude", "nav_lat", "lats", "latitudes", "g0_lat_1", "latc"},
    "lon": {"lon", "longitude", "nav_lon", "lons", "longitudes", "g0_lon_2", "lonc"},
    "depth": {
        "depth", "sdepth", "depthl", "soil_depth", "soil", "solth", "levsoi", "levgrnd", "soil_layer", "soil_layers",
        "layer", "layers", "lev", "level", "soillev", "soil_level", "z", "soilmoist_profiles", "ngrnd", "solay",
    },
    "site": SITE_NAMES,
}  # fmt: skip
_INDEX = {"y": "lat", "nlat": "lat", "north_south": "lat", "x": "lon", "nlon": "lon", "east_west": "lon"}
_STANDARD = {"time": "time", "latitude": "lat", "longitude": "lon", "depth": "depth"}
_LETTERS = {"T": "time", "Y": "lat", "X": "lon", "Z": "depth"}
_NORTH = ("degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn")
_EAST = ("degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese")


@dataclass(frozen=True, eq=False)
class Roles:
    """The part each dimension of a variable plays, and the coordinate that says so.

    dims         role -> dimension; roles "time", "depth", "lat", "lon", "site", or "y", "x" of a curvilinear grid
    coordinates  role -> name of the coordinate variable
    """

    dims: dict[str, str] = field(default_factory=dict)
    coordinates: dict[str, str] = field(default_factory=dict)


def role_of(name: str, variable: Variable | None) -> str | None:
    """The part that the coordinate called `name` plays, by its attributes and then its name."""
    if variable is not None:
        units = str(getattr(variable, "units", "")).strip().lower()
        standard = _STANDARD.get(str(getattr(variable, "standard_name", "")).strip().lower())
        if standard:
            return standard
        if " since " in units or units.startswith("day as %y"):
            return "time"
        if units in _NORTH or units in _EAST:
            return "lat" if units in _NORTH else "lon"
        letter = _LETTERS.get(str(getattr(variable, "axis", "")).strip().upper())
        if letter in ("time", "depth"):
            return letter
    lower = name.lower()
    return next((role for role, names in _NAMES.items() if lower in names), None)


def find_roles(dataset: Dataset, variable: Variable, where: str) -> Roles:
    """Which dimension of `variable` is what.

    Raises DataError for a dimension that is neither, GridMismatch where latitude or longitude are missing.
    """
    roles = Roles()
    for dim in variable.dimensions:
        coordinate = _variable(dataset, variable, dim)
        role = role_of(dim, coordinate)
        if role is None and coordinate is not None and "positive" in coordinate.ncattrs():
            role = "depth"
        if role is not None and role not in roles.dims:
            roles.dims[role] = dim
            if coordinate is not None and coordinate.ndim == 1:
                roles.coordinates[role] = dim
    _find_positions(dataset, variable, roles)
    _find_plain_axes(dataset, variable, roles)
    _find_missing_coordinates(dataset, variable, roles)
    _check_roles(variable, roles, where)
    return roles


def find_ragged(dataset: Dataset, variable: Variable) -> str:
    """Name of the variable that assigns the observations of a CF ragged array to sites; "" for other files."""
    for name, other in dataset.variables.items():
        by_index = "instance_dimension" in other.ncattrs() and other.dimensions == variable.dimensions
        by_count = "sample_dimension" in other.ncattrs() and (other.sample_dimension,) == variable.dimensions
        if by_index or by_count:
            return name
    return ""


def ragged_roles(dataset: Dataset, variable: Variable, where: str) -> Roles:
    """Roles of a ragged array: its one dimension is time; positions lie along the dimension of the sites."""
    roles = Roles({"time": variable.dimensions[0]})
    for name, other in dataset.variables.items():
        role = role_of(name, other)
        if role in ("lat", "lon", "time") and role not in roles.coordinates and other.ndim == 1:
            roles.coordinates[role] = name
    if {"lat", "lon", "time"} - set(roles.coordinates):
        raise GridMismatch(f"{where}: a ragged array needs time, lat and lon coordinates; add them to the file")
    return roles


def _variable(dataset: Dataset, variable: Variable, name: str) -> Variable | None:
    group = variable.group()
    found = group.variables.get(name)
    return found if found is not None else dataset.variables.get(name)


def _find_positions(dataset: Dataset, variable: Variable, roles: Roles) -> None:
    """Latitudes and longitudes that are no dimension coordinates: of sites, curvilinear or unstructured cells."""
    if "lat" in roles.coordinates and "lon" in roles.coordinates:
        return
    named = str(getattr(variable, "coordinates", "")).split()
    group = variable.group()
    inside = {} if group.parent is None else {f"{group.name}/{n}": v for n, v in group.variables.items()}
    found = {**{n: dataset.variables[n] for n in named if n in dataset.variables}, **dataset.variables, **inside}
    for name, auxiliary in found.items():
        if auxiliary is variable or not auxiliary.dimensions:
            continue
        role = role_of(name.rpartition("/")[2], auxiliary)
        if role not in ("lat", "lon") or role in roles.coordinates:
            continue
        if set(auxiliary.dimensions) <= set(variable.dimensions) and "time" not in auxiliary.dimensions:
            roles.coordinates[role] = name
    if not ("lat" in roles.coordinates and "lon" in roles.coordinates):
        return
    lat, lon = (dataset[roles.coordinates[r]] for r in ("lat", "lon"))
    if lat.dimensions == lon.dimensions:
        for role in ("lat", "lon", "site", "y", "x"):
            roles.dims.pop(role, None)
        for role in [r for r, d in roles.dims.items() if d in lat.dimensions]:
            del roles.dims[role]
        roles.dims.update(zip(("site",) if lat.ndim == 1 else ("y", "x"), lat.dimensions, strict=False))
    elif lat.ndim == 1 and lon.ndim == 1:
        roles.dims.update(lat=lat.dimensions[0], lon=lon.dimensions[0])


def _find_plain_axes(dataset: Dataset, variable: Variable, roles: Roles) -> None:
    """Axes called x and y that hold degrees, where nothing better was found."""
    for dim in variable.dimensions:
        role, coordinate = _INDEX.get(dim.lower()), _variable(dataset, variable, dim)
        if role is None or role in roles.coordinates or coordinate is None or dim in roles.dims.values():
            continue
        values: np.ndarray = np.ma.asarray(coordinate[...], dtype=float)
        if str(getattr(coordinate, "units", "degrees")).startswith("deg") and np.abs(values).max() <= 360:
            roles.dims[role] = roles.coordinates[role] = dim


def _find_missing_coordinates(dataset: Dataset, variable: Variable, roles: Roles) -> None:
    """A scalar time or depth, or a time coordinate whose name is not that of its dimension."""
    for role in ("time", "depth"):
        if role in roles.coordinates:
            continue
        dims = {(), (roles.dims[role],)} if role in roles.dims else {()}
        for name, other in dataset.variables.items():
            fits = other.dimensions in dims or (role == "time" and role not in roles.dims and other.size == 1)
            attributes_only = role_of("", other)
            if fits and attributes_only == role and not name.endswith(("_bnds", "_bounds")):
                roles.coordinates[role] = name
                break


def _check_roles(variable: Variable, roles: Roles, where: str) -> None:
    known = set(roles.dims.values())
    extra = [d for d, n in zip(variable.dimensions, variable.shape, strict=True) if d not in known and n > 1]
    dims = ", ".join(f"{d}={n}" for d, n in zip(variable.dimensions, variable.shape, strict=True))
    if not ({"lat", "lon"} <= set(roles.coordinates)) and not extra:
        missing = [r for r in ("lat", "lon") if r not in roles.coordinates]
        names = " and ".join({"lat": "latitude", "lon": "longitude"}[r] for r in missing)
        raise GridMismatch(
            f"{where} [{dims}]: no {names} coordinate; add lat and lon (degrees_north, degrees_east) to the file, "
            "or remap it to a regular grid (for example: cdo remapcon,r360x180 in.nc out.nc)"
        )
    if extra:
        raise DataError(
            f"{where} [{dims}]: dimension {', '.join(extra)} is neither time, depth, latitude nor longitude; "
            "select one level of it before (for example: ncks -d NAME,0 in.nc out.nc)"
        )


def read_layers(
    dataset: Dataset, roles: Roles, where: str, usual: Sequence[Sequence[float]] | None = None
) -> tuple[SoilLayers | None, list[str]]:
    """Soil layers of a depth coordinate, with a warning where their bounds were guessed.

    usual  bounds in m of the product, taken where the file has none
    """
    name = roles.coordinates.get("depth")
    size = len(dataset.dimensions[roles.dims["depth"]]) if "depth" in roles.dims else 0
    assumed = SoilLayers.from_bounds(np.array(usual, float)) if usual is not None and len(usual) == size else None
    if name is None:
        if assumed is not None:
            return assumed, [f"{where}: no depth coordinate; the layers of the product are taken"]
        if "depth" in roles.dims:
            raise DataError(
                f"{where}: dimension {roles.dims['depth']!r} has no depth coordinate; "
                "state the layers of the source (`layers = [[0.0, 0.1], ...]`, m)"
            )
        return None, []
    coordinate = dataset.variables[name]
    units = getattr(coordinate, "units", None)
    candidates = (getattr(coordinate, "bounds", None), f"{name}_bnds", f"{name}_bounds", f"{name}_bnd")
    limits = next((dataset.variables[c] for c in candidates if c in dataset.variables), None)
    try:
        if limits is not None:
            bounds: np.ndarray = np.ma.asarray(limits[...], dtype=float).reshape(-1, 2)
            return SoilLayers.from_bounds(bounds, getattr(limits, "units", units), surface=bounds.shape[0] > 1), []
        if "depth" not in roles.dims or assumed is not None:
            return assumed, []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            layers = SoilLayers.from_centres(np.ma.asarray(coordinate[...], dtype=float), units)
        return layers, [f"{where}: {w.message}" for w in caught]
    except DataError as error:
        raise type(error)(f"{where}: {error}") from error
