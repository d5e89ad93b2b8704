"""Shapes from files: netCDF masks, shapefiles, climatologies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.constants import MONTH_DAYS, SECONDS_PER_DAY
from vadose.errors import DataError
from vadose.grid.koppen import GROUPS, groups, koppen
from vadose.grid.shapes import Polygons, Raster

if TYPE_CHECKING:
    import xarray

_LAT, _LON = ("lat", "latitude", "y"), ("lon", "longitude", "x")
_TEMPERATURE = ("tas", "t2m", "temperature", "air_temperature", "tmp")
_ABOVE_KELVIN = {"K": 0.0, "kelvin": 0.0, "degC": 273.15, "C": 273.15, "celsius": 273.15}
_PER = {
    "kg m-2 s-1": "s", "mm s-1": "s", "mm d-1": "day", "mm day-1": "day", "mm/day": "day", "kg m-2 d-1": "day",
    "mm": "month", "mm month-1": "month", "mm/month": "month", "kg m-2": "month",
}  # fmt: skip
_PRECIPITATION = ("pr", "tp", "precipitation", "precip", "pre")


def mask_shapes(path: str) -> list[tuple[str, str, Raster]]:
    """Label, title and shape of each region of a netCDF mask; see `vadose.grid.regions.mask_region`."""
    with _open(path) as data:
        found = []
        for key in data.data_vars:
            field = data[key]
            where = _axes(field)
            if where is None or field.ndim != 2 or field.dtype.kind not in "biuf":
                continue
            values = _canonical(field, where)
            if "labels" in field.attrs:
                found += _labelled(path, data, field, values)
            elif _is_mask(values[2]):
                title = str(field.attrs.get("long_name", key))
                found.append((str(key), title, Raster(values[0], values[1], np.nan_to_num(values[2]) >= 0.5)))
    if not found:
        raise DataError(
            f"{path}: no mask in it; expected a variable [lat, lon] of 0 and 1, or one of indices with an attribute "
            f"`labels` that names the variable of their labels; found {', '.join(map(str, data.data_vars)) or 'none'}"
        )
    return found


def shapefile_shapes(path: str, labels: str | None) -> list[tuple[str, Polygons]]:
    """Label and shape of each region of a shapefile; see `vadose.grid.regions.shapefile_region`."""
    import geopandas

    _must_exist(path)
    try:
        table = geopandas.read_file(path)
    except Exception as error:
        raise DataError(f"{path}: not a shapefile that can be read ({error})") from error
    if table.crs is not None:
        table = table.to_crs(epsg=4326)
    table = table[table.geometry.notna()]
    if labels is not None and labels not in table.columns:
        raise DataError(
            f"{path}: no column {labels!r}; it has {', '.join(c for c in table.columns if c != 'geometry')}"
        )
    parts = (
        [(Path(path).stem, table)] if labels is None else [(str(v), t) for v, t in table.groupby(labels, sort=False)]
    )
    found = [(label, polygon_shapes(list(part.geometry))) for label, part in parts]
    if not any(shape.rings for _, shape in found):
        raise DataError(f"{path}: no polygons in it; lines and points bound no region")
    return found


def polygon_shapes(geometries: Sequence[Any]) -> Polygons:
    """The union of shapely polygons, in longitudes within [-180, 180]."""
    import shapely

    united = shapely.union_all([shapely.make_valid(g) for g in geometries])
    rings = []
    for part in getattr(united, "geoms", [united]):
        if part.geom_type == "Polygon" and not part.is_empty:
            rings += [shapely.get_coordinates(ring)[:-1] for ring in (part.exterior, *part.interiors)]
    # A ring beyond the date line is needed on either side of it; what lies outside holds no point.
    moved = [ring + (shift, 0.0) for ring in rings for shift in _shifts(ring)]
    return Polygons(tuple(moved))


def koppen_shapes(path: str) -> dict[str, Raster]:
    """Main Koppen groups of a climatology file; see `vadose.grid.regions.koppen_regions`."""
    with _open(path) as data:
        lat, lon, t = _climatology(path, data, _TEMPERATURE, "temperature")
        _, _, p = _climatology(path, data, _PRECIPITATION, "precipitation")
    group = groups(koppen(t, p))
    return {name: Raster(lat, lon, group == i) for i, name in enumerate(GROUPS, start=1)}


def _climatology(path: str, data: xarray.Dataset, names: tuple[str, ...], what: str) -> tuple[np.ndarray, ...]:
    """lat, lon and values [12, lat, lon] in K or kg m-2 s-1."""
    found = [data[k] for k in data.data_vars if str(k).lower() in names or data[k].attrs.get("standard_name") in names]
    where = _axes(found[0]) if found else None
    if where is None or found[0].ndim != 3 or found[0].size != 12 * data[where[0]].size * data[where[1]].size:
        raise DataError(f"{path}: no {what} [12, lat, lon] in it; expected a variable called {', '.join(names)}")
    lat, lon, values = _canonical(found[0], where)
    units = str(found[0].attrs.get("units", "")).strip()
    known: dict[str, float] | dict[str, str] = _ABOVE_KELVIN if what == "temperature" else _PER
    if units not in known:
        raise DataError(f"{path}: {what} is in {units!r}; expected one of {', '.join(known)}")
    if what == "temperature":
        return lat, lon, values + _ABOVE_KELVIN[units]
    seconds = {"s": 1.0, "day": SECONDS_PER_DAY, "month": np.reshape(MONTH_DAYS, (12, 1, 1)) * SECONDS_PER_DAY}
    # Packed files leave traces below zero.
    return lat, lon, np.maximum(values, 0.0) / seconds[_PER[units]]


def _open(path: str) -> xarray.Dataset:
    import xarray

    _must_exist(path)
    try:
        return xarray.open_dataset(path)
    except Exception as error:
        raise DataError(f"{path}: not a netCDF file that can be read ({error})") from error


def _must_exist(path: str) -> None:
    if not Path(path).is_file():
        raise DataError(f"{path}: no such file; correct the path of the region")


def _axes(field: xarray.DataArray) -> tuple[str, str] | None:
    """The dimensions of latitude and longitude, where both have one-dimensional coordinates."""
    dims = {str(d).lower(): str(d) for d in field.dims}
    lat = next((dims[n] for n in _LAT if n in dims), None)
    lon = next((dims[n] for n in _LON if n in dims), None)
    if lat is None or lon is None or lat not in field.coords or lon not in field.coords:
        return None
    return lat, lon


def _canonical(field: xarray.DataArray, axes: tuple[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """lat ascending, lon ascending within [-180, 180), values float [..., lat, lon]."""
    values = field.transpose(..., *axes).values.astype(float)
    lat, lon = (field[a].values.astype(float) for a in axes)
    lon = (lon + 180) % 360 - 180
    rows, cols = np.argsort(lat), np.argsort(lon)
    return lat[rows], lon[cols], values[..., rows, :][..., cols]


def _labelled(
    path: str, data: xarray.Dataset, field: xarray.DataArray, values: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> list[tuple[str, str, Raster]]:
    lat, lon, index = values
    key = field.attrs["labels"]
    if key not in data:
        raise DataError(f"{path}: {field.name} says that its labels are in {key!r}, which is not in the file")
    labels = [str(x) for x in data[key].values]
    titles = [str(x) for x in data[field.attrs["names"]].values] if field.attrs.get("names") in data else labels
    present = np.unique(index[np.isfinite(index)]).astype(int)
    present = present[present >= 0]
    if present.size and present.max() >= len(labels):
        raise DataError(f"{path}: {field.name} has index {present.max()}, but {key} only {len(labels)} labels")
    return [(labels[i].lower(), titles[i], Raster(lat, lon, index == i)) for i in present]


def _is_mask(values: np.ndarray) -> bool:
    valid = values[np.isfinite(values)]
    return bool(valid.size) and bool(valid.min() >= 0) and bool(valid.max() <= 1)


def _shifts(ring: np.ndarray) -> list[float]:
    return [s for s in (0.0, -360.0, 360.0) if ring[:, 0].max() + s > -180 and ring[:, 0].min() + s < 180]
