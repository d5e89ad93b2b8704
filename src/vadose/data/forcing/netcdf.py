"""Weather in netCDF files: ALMA, PLUMBER2, CF, ERA5, GLDAS, NLDAS, CMFD, VIC, SUMMA, NextGen; sites or grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.axes import role_of
from vadose.data.forcing.held import Field, Held
from vadose.data.forcing.netcdf_times import read_times, time_dimension
from vadose.data.forcing.quantities import QUANTITIES
from vadose.data.forcing.source import ForcingSource
from vadose.data.netcdf import data_variables, describe_variables, opened
from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites

if TYPE_CHECKING:
    from netCDF4 import Dataset

_MISSING_BELOW = -6998.0
_HEIGHTS = ("elevation", "elev", "orog", "orography", "altitude", "surface_altitude")
# Where time stamps lie and what states are, by the documentation of the products: (stamp, states).
_CLOCKS = {"era5": ("end", "instant"), "gldas": ("end", "instant"), "summa": ("end", "interval")}
_NEXTGEN = {
    "air_temperature": "K", "specific_humidity": "kg kg-1", "pressure": "Pa", "wind_east": "m s-1",
    "wind_north": "m s-1", "shortwave": "W m-2", "longwave": "W m-2",
}  # fmt: skip


def read_netcdf(path: str, source: ForcingSource, like: Held | None = None) -> Held:
    """The header of a netCDF file: times, quantities, columns.

    like  a file read before, whose places are shared where they are the same: thousands of files keep one copy
    Raises DataError where the file has no quantity of the weather along time, or its columns have no place.
    """
    with opened(path) as dataset:
        found = _find(dataset, source, path)
        if not found:
            raise DataError(
                f"{path}: no quantity of the weather along time; the file has {describe_variables(dataset)}; "
                'state names = {air_temperature = "...", ...} for the forcing'
            )
        first = next(iter(found.values()))
        dimension = time_dimension(dataset, first)
        assert dimension is not None
        times, clock = read_times(dataset, dimension, path)
        places = _place(dataset, first, dimension, source)
        heights = places.heights(dataset, source)
        if like is not None and isinstance(like.read, _Reader) and places.same_as(like.read.places):
            places = like.read.places
            same = heights is not None and like.elevation is not None and np.array_equal(heights, like.elevation)
            heights = like.elevation if same else heights
        form = source.format if source.format != "auto" else _sniff(found)
        stamp, states = _CLOCKS.get(form, ("start", "interval"))
        notes = (f"the file calls its times {clock!r}",) if "local" in clock.lower() else ()
        for quantity, variable in found.items():
            if set(variable.dimensions) - {dimension} != set(places.dims):
                raise DataError(
                    f"{path}: {variable.name!r} [{', '.join(variable.dimensions)}] ({quantity}) lies on other columns "
                    f"than {first.name!r} [{', '.join(first.dimensions)}]; select one level or name another variable"
                )
        return Held(
            path=path, format=form, times=times, steps=len(dataset.dimensions[dimension]),
            fields={q: Field(q, v.name, _units(q, v, form)) for q, v in found.items()},
            read=_Reader(path, dimension, places, {q: v.name for q, v in found.items()}), grid=places.grid,
            elevation=heights, stamp=stamp, states=states, notes=notes,
            listed=describe_variables(dataset),
        )  # fmt: skip


def _find(dataset: Dataset, source: ForcingSource, path: str) -> dict[str, Any]:
    """quantity -> variable along time, by stated names, then usual names, then CF standard names."""
    along = {n: v for n, v in data_variables(dataset).items() if time_dimension(dataset, v) and v.dtype.kind in "fiu"}
    lower = {n.lower(): v for n, v in reversed(list(along.items()))}
    standard = {str(getattr(v, "standard_name", "")).lower(): v for v in reversed(list(along.values()))}
    found = {}
    for quantity, known in QUANTITIES.items():
        stated = source.names.get(quantity)
        if stated is not None:
            if stated not in along:
                if len(source.paths) == 1 and "*" not in source.paths[0]:
                    raise DataError(
                        f"{path}: no variable {stated!r} (names.{quantity}); it has {describe_variables(dataset)}"
                    )
                continue
            found[quantity] = along[stated]
            continue
        match = next((lower[n] for n in known.names if n in lower), None)
        match = match or next((standard[n] for n in known.names if n in standard), None)
        if match is not None:
            found[quantity] = match
    return found


def _sniff(found: dict[str, Any]) -> str:
    names = {v.name.lower() for v in found.values()}
    if names & {"t2m", "2t", "d2m"} or {"ssrd", "strd"} & names:
        return "era5"
    if any(n.endswith(("_f_tavg", "_f_inst")) for n in names):
        return "gldas"
    if "tmp_2maboveground" in names:
        return "nextgen"
    if {"shum", "srad", "lrad"} <= names:
        return "cmfd"
    if {"pptrate", "spechum"} <= names:
        return "summa"
    return "cf"


def _units(quantity: str, variable: Any, form: str) -> str | None:
    stated = getattr(variable, "units", None)
    if stated is None and form == "nextgen":
        if quantity == "precipitation":
            return "kg m-2" if variable.name.lower().startswith("apcp") else "kg m-2 s-1"
        return _NEXTGEN.get(quantity)
    return None if stated is None else str(stated)


class _Places:
    """Where the columns of a file are: its dimensions other than time, and how the grid's order maps to the file's.

    dims   names of the dimensions, in the order of `shape`;  index [column of the grid] position in the flattened file
    """

    def __init__(
        self, dims: tuple[str, ...], shape: tuple[int, ...], grid: LatLonGrid | Sites | None, index: np.ndarray
    ):
        self.dims, self.shape, self.grid, self.index = dims, shape, grid, index

    def same_as(self, other: _Places) -> bool:
        """True where the columns are the same in the same order."""
        if self.dims != other.dims or self.shape != other.shape or not np.array_equal(self.index, other.index):
            return False
        if self.grid is None or other.grid is None:
            return self.grid is other.grid
        return np.array_equal(self.grid.lat, other.grid.lat) and np.array_equal(self.grid.lon, other.grid.lon)

    def heights(self, dataset: Dataset, source: ForcingSource) -> np.ndarray | None:
        """Elevation [column of the grid] m, as stated or in a static variable of the file."""
        if source.elevation is not None:
            return np.full(self.index.size, source.elevation)
        lower = {n.lower(): v for n, v in dataset.variables.items()}
        variable = next((lower[n] for n in _HEIGHTS if n in lower), None)
        if variable is None or not set(variable.dimensions) <= set(self.dims):
            return None
        return _spread(variable, self.dims, self.shape)[self.index]


def _place(dataset: Dataset, variable: Any, time: str, source: ForcingSource) -> _Places:
    """The columns of a file: a grid, or sites at the coordinates of the file or of the study."""
    dims = tuple(d for d in variable.dimensions if d != time)
    shape = tuple(len(dataset.dimensions[d]) for d in dims)
    size = int(np.prod(shape, dtype=np.int64))
    axes: dict[str, Any] = {}
    for name, other in dataset.variables.items():
        role = role_of(name.rpartition("/")[2], other)
        if role in ("lat", "lon") and role not in axes and set(other.dimensions) <= set(dims):
            axes[role] = other
    if set(axes) != {"lat", "lon"}:
        if source.lat is None or source.lon is None:
            return _Places(dims, shape, None, np.arange(size))
        meridian = (source.lon + 180.0) % 360.0 - 180.0
        names = _site_names(dataset, dims, size, source)
        return _Places(dims, shape, Sites(np.full(size, source.lat), np.full(size, meridian), names), np.arange(size))
    lat, lon = axes["lat"], axes["lon"]
    if (
        lat.ndim == lon.ndim == 1
        and lat.dimensions != lon.dimensions
        and min(lat.size, lon.size) > 1
        and len(dims) == 2
    ):
        north, east = (_spread(v, v.dimensions, v.shape) for v in (lat, lon))
        east = (east + 180.0) % 360.0 - 180.0
        rows, columns = np.argsort(north), np.argsort(east)
        grid = LatLonGrid.from_centres(north[rows], east[columns])
        order = (lat.dimensions[0], lon.dimensions[0])
        position = (rows[:, None] * int(lon.size) + columns[None, :]).ravel()
        return _Places(order, (lat.size, lon.size), grid, position)
    north, east = (_spread(v, dims, shape) for v in (lat, lon))
    east = (east + 180.0) % 360.0 - 180.0
    return _Places(dims, shape, Sites(north, east, _site_names(dataset, dims, size, source)), np.arange(size))


def _spread(variable: Any, dims: tuple[str, ...], shape: tuple[int, ...]) -> np.ndarray:
    """A variable on some of the dimensions as a flat array over all of them."""
    values: np.ndarray = np.ma.asarray(variable[...], dtype=float).filled(np.nan)
    order = [d for d in dims if d in variable.dimensions]
    values = np.transpose(values, [variable.dimensions.index(d) for d in order])
    full = values.reshape([shape[i] if d in order else 1 for i, d in enumerate(dims)])
    return np.broadcast_to(full, shape).ravel()


def _site_names(dataset: Dataset, dims: tuple[str, ...], size: int, source: ForcingSource) -> tuple[str, ...]:
    for variable in dataset.variables.values():
        if len(dims) == 1 and variable.dimensions == dims and variable.dtype is str:
            return tuple(str(n) for n in variable[...])
    base = source.label or "column"
    return (base,) if size == 1 else tuple(f"{base} {i + 1}" for i in range(size))


class _Reader:
    """Reads a quantity of some columns; it holds no open file, so that it travels to workers."""

    def __init__(self, path: str, time: str, places: _Places, names: dict[str, str]) -> None:
        self.path, self.time, self.places, self.names = path, time, places, names

    def __call__(self, quantity: str, rows: slice, columns: np.ndarray) -> np.ndarray:
        places = self.places
        position = np.unravel_index(places.index[columns], places.shape) if places.shape else ()
        spans = [slice(int(p.min()), int(p.max()) + 1) for p in position]
        with opened(self.path) as dataset:
            variable = dataset.variables[self.names[quantity]]
            where = dict(zip(places.dims, spans, strict=True)) | {self.time: rows}
            block: np.ndarray = np.ma.asarray(
                variable[tuple(where[d] for d in variable.dimensions)], dtype=float
            ).filled(np.nan)
            order = [variable.dimensions.index(d) for d in (self.time, *places.dims)]
        block = np.transpose(block, order)
        inside = tuple(p - s.start for p, s in zip(position, spans, strict=True))
        values = block[(slice(None), *inside)] if inside else block[:, None]
        return np.where(values <= _MISSING_BELOW, np.nan, values)
