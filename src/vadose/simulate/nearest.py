"""Values of a map in a netCDF file at columns: those of the nearest cell, for classes and masks that have no mean."""

from __future__ import annotations

import numpy as np

from vadose.data.soilmaps.netcdf import netcdf_layers
from vadose.data.soilmaps.products import PRODUCTS
from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid


def nearest_values(path: str, variable: str, cells: Cells, where: str) -> np.ndarray:
    """[cell] float64, NaN where the map has nothing or does not reach; arguments as of `nearest_field`."""
    return nearest_field(path, variable, cells, where)[0]


def nearest_field(path: str, variable: str, cells: Cells, where: str) -> tuple[np.ndarray, str]:
    """[cell] float64, NaN where the map has nothing or does not reach, and the units that the file states or "".

    variable  name, or "" for the only one of the file;  where  the key of the study, for messages
    Raises DataError for a file without such a variable.
    """
    layers = netcdf_layers(path, (variable,) if variable else (), PRODUCTS["generic"], "class", not variable)
    if not layers:
        hint = f"no variable {variable!r}" if variable else "it holds several variables or none on a grid"
        raise DataError(f"{path}: {hint}; name the one that is meant by `variable` beside {where}")
    layer = layers[0]
    row, column = nearest_places(layer.grid, cells)
    rows, columns = (slice(int(x.min()), int(x.max()) + 1) for x in (row, column))
    values = layer.read(rows, columns)[row - rows.start, column - columns.start]
    return np.where(reached(layer.grid, cells), values, np.nan), layer.units or ""


def nearest_places(grid: LatLonGrid, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Row and column [cell] of the grid's cell nearest to each of the cells."""
    return _nearest(grid.lat, cells.lat, False), _nearest(grid.lon, cells.lon, True)


def _nearest(centres: np.ndarray, x: np.ndarray, around: bool) -> np.ndarray:
    """Position of the centre nearest to each x; longitudes go around."""
    if not around:
        place = np.searchsorted(0.5 * (centres[1:] + centres[:-1]), x)
        return np.asarray(place)
    order = np.concatenate([centres[-1:] - 360.0, centres, centres[:1] + 360.0])
    place = np.searchsorted(0.5 * (order[1:] + order[:-1]), (x + 180.0) % 360.0 - 180.0)
    return np.asarray((place - 1) % centres.size)


def reached(grid: LatLonGrid, cells: Cells) -> np.ndarray:
    """[cell] whether the map reaches a column."""
    south, north = grid.lat_bnds.min(), grid.lat_bnds.max()
    west, width = grid.lon_bnds.min(), np.ptp(grid.lon_bnds)
    reached: np.ndarray = (cells.lat >= south) & (cells.lat <= north) & ((cells.lon - west) % 360.0 <= width)
    return reached
