"""The soil that SMAP retrieves with: fractions of sand and clay per pixel of its half orbits, on EASE-Grid 2.0."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.data.netcdf import fill_values, get_variable, opened
from vadose.errors import DataError
from vadose.grid.ease2 import cell_index, ease2, grid_shape
from vadose.grid.latlon import LatLonGrid

GROUP = "Soil_Moisture_Retrieval_Data"
SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True, eq=False)
class PixelLayer:
    """Pixels of half orbits as a map: a `Layer`; pixels that are seen more than once are averaged."""

    path: str
    name: str
    grid: LatLonGrid
    values: np.ndarray
    bounds: tuple[float, float] | None = None
    units: str | None = None
    long_name: str = field(default="")

    def read(self, rows: slice, columns: slice) -> np.ndarray:
        """[row, column] float64 in the unit of the file."""
        return self.values[rows, columns]


def smap_layer(paths: tuple[str, ...], names: tuple[str, ...]) -> PixelLayer | None:
    """The map of one quantity; None where the files hold none of the names.

    Raises DataError for files without rows and columns of the grid.
    """
    name, km = "", 36
    total = count = np.zeros(0)
    units = None
    for path in paths:
        with opened(path) as dataset:
            group = dataset.groups.get(GROUP)
            found = None if group is None else next((n for n in names if n in group.variables), None)
            if group is None or found is None:
                continue
            if "EASE_row_index" not in group.variables:
                raise DataError(f"{path}: no EASE_row_index in {GROUP}; expected a SMAP L2 half orbit")
            name, variable = found, get_variable(dataset, f"{GROUP}/{found}", path)
            variable.set_auto_maskandscale(False)
            value = np.asarray(variable[...], dtype=float).ravel()
            row, column = (_index(group.variables[f"EASE_{k}_index"]) for k in ("row", "column"))
            units = str(getattr(variable, "units", "")).strip() or units
            known = np.isfinite(value) & (row >= 0) & (column >= 0)
            for fill in fill_values(variable):
                known &= value != float(fill)
            if not total.size:
                km = next(k for k in (36, 9, 3) if row.max(initial=0) < grid_shape(k)[0])
                total, count = np.zeros(ease2(km).size), np.zeros(ease2(km).size)
            place = cell_index(km, row[known], column[known])
            total += np.bincount(place, value[known], minlength=total.size)
            count += np.bincount(place, minlength=total.size)
    if not name:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(count > 0, total / count, np.nan).reshape(ease2(km).shape)
    return PixelLayer("\n".join(paths), f"{GROUP}/{name}", ease2(km), values, units=units)


def _index(variable: Any) -> np.ndarray:
    """Rows or columns, -1 where missing."""
    filled = np.ma.filled(np.ma.asarray(variable[...]).astype(np.int64), -1)
    return np.where(filled >= 65534, -1, filled)
