"""Layers of soil maps in GeoTIFF files: read by windows, warped to latitude and longitude where they are projected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vadose.data.soilmaps.fields import layer_of_name
from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid

SUFFIXES = (".tif", ".tiff", ".vrt", ".geotiff")
_FINER = 8  # a projected map is averaged to at least this part of a target cell before the cells are averaged
_METRES_PER_DEGREE = 111_320.0
_LATLON = "EPSG:4326"


@dataclass(frozen=True, eq=False)
class GeotiffLayer:
    """One band of one file: a `Layer`.

    warp  (west, south, east, north) degrees and the columns and rows to warp to; None for a map in degrees
    """

    path: str
    name: str
    bounds: tuple[float, float] | None
    crs: str | None
    warp: tuple[float, float, float, float, int, int] | None
    average: bool
    units: str | None
    long_name: str = ""

    @cached_property
    def grid(self) -> LatLonGrid:
        """The grid in canonical order."""
        with self._opened() as dataset:
            t, rows, columns = dataset.transform, dataset.height, dataset.width
        lat = np.sort(t.f + t.e * np.arange(rows + 1)).clip(-90, 90)
        lon = t.c + t.a * np.arange(columns + 1)
        centre = (lon[1:] + lon[:-1]) / 2
        turn = np.floor((centre + 180) / 360) * 360
        centre, west, east = centre - turn, lon[:-1] - turn, lon[1:] - turn
        order = self._columns(centre)
        return LatLonGrid(
            (lat[1:] + lat[:-1]) / 2, centre[order], np.stack([lat[:-1], lat[1:]], axis=1),
            np.stack([west[order], east[order]], axis=1),
        )  # fmt: skip

    @staticmethod
    def _columns(centre: np.ndarray) -> np.ndarray:
        order = np.argsort(centre, kind="stable")
        return order[np.concatenate([[True], np.diff(centre[order]) > 1e-9])]

    def read(self, rows: slice, columns: slice) -> np.ndarray:
        """[row, column] float64 in the unit of the file."""
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        with self._opened() as dataset:
            first, last, _ = rows.indices(dataset.height)
            t = dataset.transform
            centre = t.c + t.a * (np.arange(dataset.width) + 0.5)
            wanted = self._columns(centre - np.floor((centre + 180) / 360) * 360)[columns]
            north = dataset.height - last if t.e < 0 else first
            west, east = int(wanted.min()), int(wanted.max()) + 1
            try:
                block = dataset.read(1, window=Window(west, north, east - west, last - first), masked=True)
            except (RasterioError, OSError) as error:
                raise DataError(f"{self.path}: the file is truncated or corrupt ({error}); get it again") from error
            values = np.ma.filled(block.astype(float), np.nan)
            values = values * (dataset.scales[0] or 1.0) + dataset.offsets[0]
            if t.e < 0:
                values = values[::-1]
        return np.asarray(values[:, wanted - west])

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        with _open(self.path) as dataset:
            if self.warp is None:
                yield dataset
                return
            from rasterio.enums import Resampling
            from rasterio.transform import from_bounds
            from rasterio.vrt import WarpedVRT

            west, south, east, north, columns, rows = self.warp
            method = Resampling.average if self.average else Resampling.nearest
            how = {"transform": from_bounds(west, south, east, north, columns, rows), "width": columns, "height": rows}
            with WarpedVRT(dataset, src_crs=self.crs, crs=_LATLON, resampling=method, **how) as warped:
                yield warped


def geotiff_layer(path: str, cells: Cells, crs: str | None) -> GeotiffLayer:
    """The first band of a file, warped around the cells where it is projected.

    crs  of a file that states none
    Raises GridMismatch for a file without a coordinate reference system, ConfigError without rasterio.
    """
    with _open(path) as dataset:
        system = dataset.crs or crs
        if system is None:
            raise GridMismatch(
                f'{path}: no coordinate reference system; state it (crs = "EPSG:4326" for degrees) in the study'
            )
        units = dataset.units[0] or dataset.tags().get("units") or None
        text = " ".join(filter(None, [dataset.descriptions[0], dataset.tags(1).get("long_name")]))
        warp = _warp(dataset, system, cells, path)
    average = isinstance(cells.grid, LatLonGrid)
    return GeotiffLayer(path, Path(path).name, layer_of_name(path), str(system), warp, average, units, text)


def _warp(dataset: Any, system: Any, cells: Cells, path: str) -> tuple[float, float, float, float, int, int] | None:
    from rasterio.crs import CRS
    from rasterio.errors import CRSError
    from rasterio.warp import transform_bounds

    try:
        system = CRS.from_user_input(system)
    except (CRSError, ValueError) as error:
        raise ConfigError(
            f"{path}: `crs` {system!r} is not understood ({error}); expected such as EPSG:4326"
        ) from error
    t = dataset.transform
    if system.is_geographic and t.b == 0 and t.d == 0:
        if max(abs(dataset.bounds.left), abs(dataset.bounds.right)) > 541 or abs(dataset.bounds.top) > 91:
            raise GridMismatch(
                f"{path}: its extent {tuple(round(x) for x in dataset.bounds)} is not in degrees; state the right `crs`"
            )
        return None
    west, south, east, north = transform_bounds(system, _LATLON, *dataset.bounds, densify_pts=101)
    west, east = (-180.0, 180.0) if west > east else (west, east)
    native = abs(t.a) / (_METRES_PER_DEGREE if system.is_projected else 1.0)
    step = native
    if isinstance(cells.grid, LatLonGrid):
        step = max(native, min(cells.grid.spacing) / _FINER)
        bounds = cells.grid.lat_bnds, cells.grid.lon_bnds
        south, north = max(south, float(bounds[0].min())), min(north, float(bounds[0].max()))
        if bounds[1].min() >= -180 and bounds[1].max() <= 180:
            west, east = max(west, float(bounds[1].min())), min(east, float(bounds[1].max()))
    if not (south < north and west < east):
        raise GridMismatch(f"{path}: the map does not reach any cell of the study")
    west, east, south, north = max(west, -180.0), min(east, 180.0), max(south, -90.0), min(north, 90.0)
    return west, south, east, north, max(1, round((east - west) / step)), max(1, round((north - south) / step))


@contextmanager
def _open(path: str) -> Iterator[Any]:
    try:
        import rasterio
        from rasterio.errors import RasterioIOError
    except ImportError as error:
        raise ConfigError(f"{path}: GeoTIFF needs rasterio; pip install 'vadose[geotiff]'") from error
    if not Path(path).is_file():
        raise DataError(f"{path}: no such file")
    try:
        dataset = rasterio.open(path)
    except RasterioIOError as error:
        raise DataError(f"{path}: the file is truncated or no GeoTIFF ({error}); get it again") from error
    with dataset:
        yield dataset
