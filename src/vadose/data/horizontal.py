"""Where the cells of a file lie: grids and sites in canonical order, and how a block of the file gets there."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.axes import SITE_NAMES, Roles
from vadose.errors import GridMismatch
from vadose.grid.ease2 import ease2, km_of_shape
from vadose.grid.latlon import LatLonGrid, Sites, bounds_from_centres
from vadose.grid.regrid import like_resolution, nearest

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable


@dataclass(frozen=True, eq=False)
class Horizontal:
    """Where the cells of a file lie, and how they are reordered to the canonical order.

    dims     file dimensions in the order that `arrange` expects: (lat, lon), (site,) or (y, x)
    flip     latitudes of the file descend
    columns  [lon] column of the file for each canonical column; None where they agree
    gather   [lat * lon] index into the flattened cells of a curvilinear or unstructured file, -1 for none
    """

    grid: LatLonGrid | Sites
    dims: tuple[str, ...]
    flip: bool = False
    columns: np.ndarray | None = None
    gather: np.ndarray | None = None
    shape: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def splits(self) -> bool:
        """True where canonical rows can be read separately."""
        return self.gather is None and isinstance(self.grid, LatLonGrid)

    def file_rows(self, rows: slice) -> slice:
        """Rows of the file that hold the canonical `rows`."""
        if not self.splits:
            return slice(None)
        start, stop, _ = rows.indices(self.shape[0])
        return slice(self.shape[0] - stop, self.shape[0] - start) if self.flip else slice(start, stop)

    def arrange(self, x: np.ndarray) -> np.ndarray:
        """[..., *dims] in file order -> [..., lat, lon] (or [..., site]) in canonical order."""
        if self.gather is not None:
            flat = x.reshape(*x.shape[: x.ndim - len(self.dims)], -1)
            y = np.where(self.gather >= 0, flat[..., self.gather], np.nan)
            return y.reshape(*flat.shape[:-1], *self.grid.shape)
        if self.flip:
            x = x[..., ::-1, :]
        return x if self.columns is None else x[..., self.columns]

    def same_as(self, other: Horizontal) -> bool:
        return self.flip == other.flip and self.shape == other.shape and self.grid.same_as(other.grid)


def read_horizontal(dataset: Dataset, variable: Variable, roles: Roles, where: str) -> Horizontal:
    """Grid or sites of a variable in canonical order.

    Raises GridMismatch where the positions cannot be used.
    """
    lat, lon = (_positions(dataset[roles.coordinates[r]], where) for r in ("lat", "lon"))
    if not {"site", "y", "lat"} & set(roles.dims):
        site = dataset[roles.coordinates["lat"]].dimensions[0]
        return Horizontal(Sites(lat, wrap(lon), site_names(dataset, site, lat.size)), (), shape=lat.shape)
    if "site" in roles.dims:
        dims: tuple[str, ...] = (roles.dims["site"],)
        if _is_site(dataset, dims[0]):
            return Horizontal(Sites(lat, wrap(lon), site_names(dataset, dims[0], lat.size)), dims, shape=lat.shape)
        return _remapped(lat, lon, dims, "unstructured", where)
    if "y" in roles.dims:
        dims = (roles.dims["y"], roles.dims["x"])
        axes = ease2_axes(lat.shape) or _separate(lat, lon)
        if axes is None:
            return _remapped(lat, lon, dims, "curvilinear", where)
        lat, lon, swap = axes
        dims = dims[::-1] if swap else dims
        return _rectilinear(lat, lon, None, None, dims, where)
    if not {"lat", "lon"} <= set(roles.dims):
        raise GridMismatch(f"{where}: the variable does not vary with both latitude and longitude; it cannot be used")
    dims = (roles.dims["lat"], roles.dims["lon"])
    bounds = [_bounds(dataset, roles.coordinates[r], size) for r, size in (("lat", lat.size), ("lon", lon.size))]
    return _rectilinear(lat, lon, bounds[0], bounds[1], dims, where)


def wrap(lon: np.ndarray) -> np.ndarray:
    """Longitudes within [-180, 180)."""
    x = (np.asarray(lon, dtype=float) + 180.0) % 360.0 - 180.0
    return np.where(x >= 180.0, -180.0, x)


def site_names(dataset: Dataset, dim: str, size: int) -> tuple[str, ...]:
    """Names of sites: an identifier variable along the site dimension, or their number."""
    for name in ("site_name", "station_name", "name", "station", "site", "location_description", "location_id"):
        variable = dataset.variables.get(name)
        if variable is None or variable.dimensions[:1] != (dim,) or variable.ndim > 2:
            continue
        texts = _texts(variable)
        if len(set(texts)) == size and all(texts):
            return texts
    return tuple(str(i + 1) for i in range(size))


def _texts(variable: Variable) -> tuple[str, ...]:
    if "_Encoding" in variable.ncattrs():
        variable.set_auto_chartostring(False)
    values = (
        np.ma.filled(np.ma.asarray(variable[...]), b"" if variable.dtype == "S1" else 0)
        if variable.dtype != str
        else variable[...]
    )
    if variable.ndim == 2:
        rows = [b"".join(np.asarray(r, dtype="S1").tolist()) for r in values]
    else:
        rows = list(values)
    return tuple((r.decode("utf-8", "replace") if isinstance(r, bytes) else str(r)).strip("\x00 ") for r in rows)


def _is_site(dataset: Dataset, dim: str) -> bool:
    kind = str(getattr(dataset, "featureType", "")).lower()
    return kind in ("timeseries", "point", "station") or dim.lower() in SITE_NAMES


def _positions(variable: Variable, where: str) -> np.ndarray:
    x: np.ndarray = np.ma.filled(np.ma.asarray(variable[...], dtype=float), np.nan)
    x = np.where(np.abs(x) > 1000, np.nan, x)
    if not np.isfinite(x).any():
        raise GridMismatch(
            f"{where}: coordinate {variable.name!r} holds no values; correct the file or remap it before"
        )
    return x


def _bounds(dataset: Dataset, name: str, size: int) -> np.ndarray | None:
    coordinate = dataset.variables[name]
    for candidate in (getattr(coordinate, "bounds", None), f"{name}_bnds", f"{name}_bounds"):
        limits = dataset.variables.get(candidate) if candidate else None
        if limits is not None and limits.shape == (size, 2):
            b: np.ndarray = np.ma.filled(np.ma.asarray(limits[...], dtype=float), np.nan)
            return b if np.isfinite(b).all() else None
    return None


def _separate(lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool] | None:
    """Axes of a rectilinear grid that is written as 2-D; the flag tells that longitude runs along the first axis."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for swap in (False, True):
            y, x = (lat.T, lon.T) if swap else (lat, lon)
            rows, columns = np.nanmean(y, axis=1), np.nanmean(x, axis=0)
            complete = np.isfinite(rows).all() and np.isfinite(columns).all()
            if complete and np.nanmax(np.abs(y - rows[:, None])) < 1e-3 and np.nanmax(np.abs(x - columns)) < 1e-3:
                return rows, columns, swap
    return None


def ease2_axes(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, bool] | None:
    """Latitudes and longitudes of the global EASE-Grid 2.0 with these rows and columns; None for any other shape.

    SMAP files leave coordinates out where nothing was retrieved.
    """
    km = km_of_shape((shape[0], shape[-1]))
    if km is None:
        return None
    grid = ease2(km)
    return grid.lat[::-1], grid.lon, False


def _rectilinear(
    lat: np.ndarray, lon: np.ndarray, lat_bnds: Any, lon_bnds: Any, dims: tuple[str, ...], where: str
) -> Horizontal:
    if not (np.isfinite(lat).all() and np.isfinite(lon).all()) or np.abs(lat).max() > 90.001:
        raise GridMismatch(f"{where}: latitudes or longitudes are missing or out of range; correct the file")
    flip = lat.size > 1 and lat[0] > lat[-1]
    step = np.diff(lat)
    if np.any(step * (-1 if flip else 1) <= 0):
        raise GridMismatch(f"{where}: latitudes are not in order; sort the file along latitude")
    centre = wrap(lon)
    columns = np.argsort(centre, kind="stable")
    columns = columns[np.concatenate([[True], np.diff(centre[columns]) > 1e-6])]
    notes = (f"{where}: repeated longitudes dropped ({lon.size - columns.size})",) if columns.size < lon.size else ()
    lat_bnds = _lat_bounds(lat, lat_bnds)
    lon_bnds = _lon_bounds(centre[columns], None if lon_bnds is None else lon_bnds[columns], lon[columns])
    if flip:
        lat, lat_bnds = lat[::-1], lat_bnds[::-1]
    try:
        grid = LatLonGrid(lat.clip(-90, 90), centre[columns], lat_bnds, lon_bnds)
    except GridMismatch as error:
        raise GridMismatch(f"{where}: {error}") from error
    in_order = columns.size == lon.size and np.array_equal(columns, np.arange(lon.size))
    return Horizontal(grid, dims, flip, None if in_order else columns, None, (lat.size, lon.size), notes)


def _lat_bounds(lat: np.ndarray, bounds: np.ndarray | None) -> np.ndarray:
    if bounds is not None:
        bounds = np.sort(bounds, axis=1).clip(-90, 90)
        if np.all((lat >= bounds[:, 0] - 1e-3) & (lat <= bounds[:, 1] + 1e-3) & (bounds[:, 1] > bounds[:, 0])):
            return bounds
    bounds = np.sort(bounds_from_centres(lat), axis=1)
    # A cell that ends less than half its width from a pole reaches it: Gaussian grids have no row on the pole.
    width = bounds[:, 1] - bounds[:, 0]
    bounds[:, 1] = np.where(bounds[:, 1] > 90 - width / 2, 90.0, bounds[:, 1])
    bounds[:, 0] = np.where(bounds[:, 0] < -90 + width / 2, -90.0, bounds[:, 0])
    return bounds


def _lon_bounds(centre: np.ndarray, bounds: np.ndarray | None, original: np.ndarray) -> np.ndarray:
    if bounds is not None:
        moved = np.sort(bounds, axis=1) + (centre - original)[:, None]
        inside = (centre >= moved[:, 0] - 1e-3) & (centre <= moved[:, 1] + 1e-3)
        if np.all(inside & (moved[:, 1] > moved[:, 0]) & (moved[:, 1] - moved[:, 0] < 180)):
            return moved
    if centre.size > 2 and np.ptp(centre) > 180:
        ring = np.concatenate([[centre[-1] - 360], centre, [centre[0] + 360]])
        middle = 0.5 * (ring[1:] + ring[:-1])
        # A regional grid across the date line leaves a wide gap; its outer cells keep the width of the others.
        usual = np.median(np.diff(centre))
        west = np.where(centre - middle[:-1] > usual, centre - usual / 2, middle[:-1])
        east = np.where(middle[1:] - centre > usual, centre + usual / 2, middle[1:])
        return np.stack([west, east], axis=1)
    return bounds_from_centres(centre)


def _remapped(lat: np.ndarray, lon: np.ndarray, dims: tuple[str, ...], kind: str, where: str) -> Horizontal:
    grid = like_resolution(lat, lon)
    note = (
        f"{where}: {kind} grid {'x'.join(map(str, lat.shape))} sampled by nearest neighbour on a regular grid of "
        f"{grid.spacing[0]:.3g} degrees"
    )
    return Horizontal(grid, dims, gather=nearest(lat, lon, grid), shape=lat.shape, warnings=(note,))
