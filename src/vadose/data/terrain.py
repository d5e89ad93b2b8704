"""Elevation maps from GeoTIFF and netCDF files: metres on a metric grid, rows from south to north."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.data.netcdf import describe_variables, opened
from vadose.errors import ConfigError, DataError, GridMismatch, UnitError

GEOTIFF = (".tif", ".tiff", ".vrt", ".geotiff")
NAMES = ("elevation", "surface_altitude", "dem", "topo", "orog", "z", "height", "hgt", "h", "altitude", "band1")
_METRES = {"m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "km": 1000.0, "cm": 0.01}
_METRES |= {"kilometre": 1000.0, "kilometer": 1000.0, "ft": 0.3048, "foot": 0.3048, "feet": 0.3048}
_UNEVEN = 1e-3  # of a cell, that the spacing of coordinates may be off
_REMEDY = "warp it to a metric projection, as with `gdalwarp -t_srs EPSG:25832 -tr 500 500 -r average`"


@dataclass(frozen=True, eq=False)
class ElevationMap:
    """An elevation map [y, x] m, NaN where missing; x [x] eastward and y [y] northward, cell centres, m.

    crs  of the coordinates as the file states it, "" where it does not
    """

    elevation: np.ndarray
    x: np.ndarray
    y: np.ndarray
    crs: str = ""
    path: str = ""

    @property
    def dx(self) -> float:
        """Width of a cell, m."""
        return float((self.x[-1] - self.x[0]) / (self.x.size - 1))

    @property
    def dy(self) -> float:
        """Height of a cell, m."""
        return float((self.y[-1] - self.y[0]) / (self.y.size - 1))


def read_elevation(path: str, *, variable: str | None = None, units: str | None = None) -> ElevationMap:
    """The elevation map of a file, turned so that rows run from south to north and columns eastward.

    variable  of a netCDF file; by its standard name surface_altitude or a usual name where none is given
    units     of the elevation, where the file states none or another one: m, km, cm or ft; m by default
    Raises DataError for a file that cannot be read, GridMismatch for degrees, turned, uneven or too few cells,
    UnitError for another unit, ConfigError where rasterio is needed and absent.
    """
    raw = _geotiff(path) if Path(path).suffix.lower() in GEOTIFF else _netcdf(path, variable)
    stated = (units or raw.units or "m").strip().lower()
    if stated not in _METRES:
        raise UnitError(f"{path}: elevation in {stated!r}; expected m, km, cm or ft: state `units`")
    values = raw.values * _METRES[stated]
    if not np.isfinite(values).any():
        raise DataError(f"{path}: no elevation, all {values.size} cells are missing")
    x, y = (_even(c, axis, path) for c, axis in ((raw.x, "x"), (raw.y, "y")))
    if x[0] > x[-1]:
        x, values = x[::-1], values[:, ::-1]
    if y[0] > y[-1]:
        y, values = y[::-1], values[::-1]
    return ElevationMap(np.ascontiguousarray(values), x, y, raw.crs, path)


@dataclass(frozen=True, eq=False)
class _Raw:
    """A map as a file holds it: values [y, x], x and y in m in the file's order."""

    values: np.ndarray
    x: np.ndarray
    y: np.ndarray
    units: str | None
    crs: str


def _even(centres: np.ndarray, axis: str, path: str) -> np.ndarray:
    """The coordinates of cell centres, after they were found to be evenly spaced."""
    step = np.diff(centres)
    if step.size < 1:
        raise GridMismatch(f"{path}: {centres.size} cell along {axis}; slopes need at least 2")
    mean = (centres[-1] - centres[0]) / step.size
    if not (np.isfinite(mean) and mean != 0.0 and np.all(np.abs(step - mean) <= _UNEVEN * abs(mean))):
        raise GridMismatch(
            f"{path}: {axis} is spaced by {step.min():g} to {step.max():g} m; expected even cells: {_REMEDY}"
        )
    return centres


def _geotiff(path: str) -> _Raw:
    try:
        import rasterio
        from rasterio.errors import RasterioError
    except ImportError as error:
        raise ConfigError(f"{path}: GeoTIFF needs rasterio; pip install 'vadose[geotiff]'") from error
    if not Path(path).is_file():
        raise DataError(f"{path}: no such file")
    try:
        with rasterio.open(path) as dataset:
            block = dataset.read(1, masked=True)
            t, crs = dataset.transform, dataset.crs
            scale, offset, units = dataset.scales[0] or 1.0, dataset.offsets[0] or 0.0, dataset.units[0]
    except (RasterioError, OSError) as error:
        raise DataError(f"{path}: the file is truncated or no GeoTIFF ({error}); get it again") from error
    if crs is not None and crs.is_geographic:
        raise GridMismatch(f"{path}: cells are in degrees ({crs}), slopes need metres: {_REMEDY}")
    if t.b or t.d:
        raise GridMismatch(f"{path}: the map is turned against its axes (transform {tuple(t)[:6]}): {_REMEDY}")
    to_metres = float(crs.linear_units_factor[1]) if crs is not None and crs.is_projected else 1.0
    values = np.ma.filled(block.astype(float), np.nan) * scale + offset
    x = (t.c + t.a * (np.arange(values.shape[1]) + 0.5)) * to_metres
    y = (t.f + t.e * (np.arange(values.shape[0]) + 0.5)) * to_metres
    return _Raw(values, x, y, units, "" if crs is None else str(crs))


def _netcdf(path: str, name: str | None) -> _Raw:
    with opened(path) as dataset:
        variable = _variable(dataset, path, name)
        keep = tuple(0 if n == 1 and len(variable.shape) > 2 else slice(None) for n in variable.shape)
        dims = [d for d, k in zip(variable.dimensions, keep, strict=True) if isinstance(k, slice)]
        if len(dims) != 2:
            raise GridMismatch(
                f"{path}: {variable.name} is [{', '.join(variable.dimensions)}]; expected [y, x] and axes of 1"
            )
        values: np.ndarray = np.ma.filled(np.ma.asarray(variable[keep], dtype=float), np.nan)
        axes = [_coordinate(dataset, d, path) for d in dims]
        if axes[0][1] == "x" or axes[1][1] == "y":
            axes, values = axes[::-1], values.T
        mapping = dataset.variables.get(getattr(variable, "grid_mapping", ""))
        crs = str(getattr(mapping, "crs_wkt", getattr(mapping, "grid_mapping_name", "")))
        return _Raw(values, axes[1][0], axes[0][0], getattr(variable, "units", None), crs)


def _variable(dataset: Any, path: str, name: str | None) -> Any:
    """The variable of that name; else the one that is called like an elevation."""
    if name is not None:
        if name not in dataset.variables:
            raise DataError(f"{path}: no variable {name!r}; it has {describe_variables(dataset)}")
        return dataset.variables[name]
    flat = [v for v in dataset.variables.values() if len(v.dimensions) >= 2]
    found = [v for v in flat if getattr(v, "standard_name", "") == "surface_altitude"]
    found = found or [v for v in flat if v.name.lower() in NAMES]
    if len(found) != 1:
        raise DataError(
            f"{path}: {len(found)} variables are called like an elevation; name one with `variable`: "
            f"{describe_variables(dataset)}"
        )
    return found[0]


def _coordinate(dataset: Any, dim: str, path: str) -> tuple[np.ndarray, str]:
    """Coordinates in m along a dimension, and "x", "y" or "" for the axis they state."""
    if dim not in dataset.variables:
        raise GridMismatch(f"{path}: no coordinate variable for the dimension {dim!r}; add x and y in m")
    variable = dataset.variables[dim]
    units = str(getattr(variable, "units", "m")).strip().lower()
    if units not in _METRES:
        raise GridMismatch(f"{path}: {dim} is in {units!r}, slopes need metres: {_REMEDY}")
    values: np.ndarray = np.ma.filled(np.ma.asarray(variable[:], dtype=float), np.nan)
    if not np.all(np.isfinite(values)):
        raise DataError(f"{path}: {dim} has missing values; write the coordinates of all cells")
    axis = str(getattr(variable, "axis", "")).lower()
    if axis not in ("x", "y"):
        stated = str(getattr(variable, "standard_name", dim)).lower()
        axis = next((a for a in "xy" if stated.startswith((f"projection_{a}", f"grid_{a}")) or stated == a), "")
    return values * _METRES[units], axis
