"""Soil maps in GeoTIFF files: in degrees and projected, with no-data codes, without a reference system."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.soilmaps.files import write_geotiff

from vadose.data.soilmaps import SoilSource, read_soil_map
from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites

rasterio = pytest.importorskip("rasterio")
HOMOLOSINE = "+proj=igh +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"  # of SoilGrids; Poggio et al. (2021)
CELLS = Cells.whole(LatLonGrid.from_centres(np.arange(40.5, 44), np.arange(10.5, 14)))


def write_soilgrids(folder: Path, crs: str, transform: Any, shape: tuple[int, int], missing: int = 0) -> None:
    """Layers 0-5 and 5-15 cm of sand, clay (g kg-1), soc (dg kg-1) and bdod (cg cm-3); the first columns missing."""
    for name, top, deep in (("sand", 400, 460), ("clay", 200, 230), ("soc", 300, 150), ("bdod", 120, 135)):
        for layer, value in (("0-5cm", top), ("5-15cm", deep)):
            values = np.full(shape, value)
            values[:, :missing] = -32768
            write_geotiff(folder / f"{name}_{layer}_mean.tif", values, transform, crs)


def test_soilgrids_in_degrees_gives_percent_and_density(tmp_path: Path) -> None:
    write_soilgrids(tmp_path, "EPSG:4326", rasterio.transform.from_origin(10, 44, 0.25, 0.25), (16, 16), missing=4)
    found = read_soil_map(SoilSource(path=str(tmp_path), depth=(0.0, 0.15)), CELLS)
    assert found.attrs["product"] == "soilgrids" and found.attrs["layers"]["sand"] == [[0.0, 0.05], [0.05, 0.15]]
    known = np.isfinite(found.sand)
    assert np.flatnonzero(~known).tolist() == [0, 4, 8, 12]
    assert found.organic_carbon is not None and found.bulk_density is not None
    np.testing.assert_allclose(found.sand[known], 44.0, rtol=1e-6)
    np.testing.assert_allclose(found.organic_carbon[known], 2.0, rtol=1e-6)
    np.testing.assert_allclose(found.bulk_density[known], 1300.0, rtol=1e-6)
    surface = read_soil_map(SoilSource(path=str(tmp_path), depth=(0.0, 0.05)), CELLS)
    np.testing.assert_allclose(surface.sand[known], 40.0, rtol=1e-6)


def test_soilgrids_in_homolosine_is_warped_to_the_cells(tmp_path: Path) -> None:
    from rasterio.warp import transform_bounds

    west, south, east, north = transform_bounds("EPSG:4326", HOMOLOSINE, 9, 39, 15, 45, densify_pts=51)
    size = 5000.0
    shape = (int((north - south) / size), int((east - west) / size))
    write_soilgrids(tmp_path, HOMOLOSINE, rasterio.transform.from_origin(west, north, size, size), shape)
    found = read_soil_map(SoilSource(path=str(tmp_path), depth=(0.0, 0.05)), CELLS)
    np.testing.assert_allclose(found.sand, 40.0, rtol=1e-6)
    np.testing.assert_allclose(found.coverage, 1.0, atol=1e-6)
    sites = Cells.whole(Sites(np.array([42.0, 10.0]), np.array([12.0, 12.0]), ("in", "out")))
    at = read_soil_map(SoilSource(path=str(tmp_path), depth=(0.0, 0.05)), sites)
    np.testing.assert_allclose(at.clay, [20.0, np.nan])


def test_a_gradient_survives_the_warp(tmp_path: Path) -> None:
    """A map whose sand is a function of latitude comes back as the mean of it over each band."""
    transform = rasterio.transform.from_origin(1_000_000, 5_600_000, 2000, 2000)
    y = 5_600_000 - 2000 * (np.arange(500) + 0.5)
    mercator = "EPSG:3857"
    lat = np.degrees(2 * np.arctan(np.exp(y / 6378137.0)) - np.pi / 2)
    sand = np.broadcast_to(np.round(10 * (lat - 20))[:, None], (500, 300))
    write_geotiff(tmp_path / "sand_0-5cm_mean.tif", sand, transform, mercator)
    write_geotiff(tmp_path / "clay_0-5cm_mean.tif", sand * 0 + 100, transform, mercator)
    cells = Cells.whole(LatLonGrid.from_centres(np.array([40.5, 41.5]), np.array([9.5, 10.5])))
    found = read_soil_map(SoilSource(path=str(tmp_path)), cells)
    np.testing.assert_allclose(found.sand, [20.5, 20.5, 21.5, 21.5], atol=0.06)


def test_rows_from_the_south_and_longitudes_from_zero_are_turned(tmp_path: Path) -> None:
    from rasterio.transform import Affine

    sand = np.arange(18 * 36).reshape(18, 36) % 500 + 100
    upside = Affine(10.0, 0.0, 0.0, 0.0, 10.0, -90.0)
    for name, values in (("sand", sand), ("clay", sand * 0 + 200)):
        write_geotiff(tmp_path / f"{name}_0-5cm_mean.tif", values, upside)
    found = read_soil_map(SoilSource(path=str(tmp_path)), Cells.whole(LatLonGrid.regular(10.0)))
    np.testing.assert_allclose(found.sand.reshape(18, 36), np.roll(sand, 18, axis=1) / 10, rtol=1e-6)


def test_a_file_without_a_reference_system_needs_one_from_the_study(tmp_path: Path) -> None:
    transform = rasterio.transform.from_origin(10, 44, 0.25, 0.25)
    paths = {q: write_geotiff(tmp_path / f"{q}.tif", np.full((16, 16), 30), transform, None) for q in ("sand", "clay")}
    stated: dict[str, Any] = {**paths, "units": {"sand": "%", "clay": "%"}}
    with pytest.raises(GridMismatch, match="no coordinate reference system"):
        read_soil_map(SoilSource(**stated), CELLS)
    np.testing.assert_allclose(read_soil_map(SoilSource(**stated, crs="EPSG:4326"), CELLS).sand, 30.0)
    with pytest.raises(ConfigError, match="not understood"):
        read_soil_map(SoilSource(**stated, crs="EPSG:nothing"), CELLS)


def test_metres_that_are_called_degrees_are_seen(tmp_path: Path) -> None:
    transform = rasterio.transform.from_origin(1_000_000, 5_000_000, 1000, 1000)
    paths = {q: write_geotiff(tmp_path / f"{q}.tif", np.full((16, 16), 30), transform) for q in ("sand", "clay")}
    with pytest.raises(GridMismatch, match="not in degrees"):
        read_soil_map(SoilSource(**paths, units={"sand": "%", "clay": "%"}), CELLS)


def test_layers_of_unknown_depth_and_truncated_files_are_named(tmp_path: Path) -> None:
    transform = rasterio.transform.from_origin(10, 44, 0.25, 0.25)
    a, b = (write_geotiff(tmp_path / f"{n}.tif", np.full((16, 16), 30), transform) for n in ("sand_a", "sand_b"))
    units = {"sand": "%", "clay": "%"}
    with pytest.raises(DataError, match="2 files of unknown depth"):
        read_soil_map(SoilSource(sand=(a, b), clay=a, units=units), CELLS)
    Path(a).write_bytes(Path(a).read_bytes()[:60])
    with pytest.raises(DataError, match="truncated or no GeoTIFF"):
        read_soil_map(SoilSource(sand=a, clay=b, units=units), CELLS)


def test_without_rasterio_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name.startswith("rasterio"):
            raise ImportError(name)
        return whole(name, *rest, **options)

    (tmp_path / "a.tif").write_bytes(b"II*")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'vadose\[geotiff\]'"):
        read_soil_map(SoilSource(sand=str(tmp_path / "a.tif"), clay=str(tmp_path / "a.tif")), CELLS)


def test_a_real_raster_is_averaged_over_cells(vadose_data: Path) -> None:
    path = vadose_data / "data/static/igbp_dis_field_capacity/field_capacity.tif"
    if not path.is_file():
        pytest.skip("the raster is not here")
    # Field capacity in mm, of which a thousandth stands in for both fractions: below 100 % everywhere.
    units = {"sand": "0.1 %", "clay": "0.1 %"}
    cells = Cells.whole(LatLonGrid.from_centres(np.arange(40.25, 45, 0.5), np.arange(0.25, 10, 0.5)))
    found = read_soil_map(SoilSource(sand=str(path), clay=str(path), units=units), cells)
    with rasterio.open(path) as d:
        block = d.read(1, window=d.window(3.0, 44.0, 3.5, 44.5), masked=True).astype(float)
    rows = np.cos(np.radians(44.5 - (np.arange(6) + 0.5) / 12))
    weights = np.where(np.ma.getmaskarray(block), 0.0, rows[:, None])
    expected = float((block.filled(0.0) * weights).sum() / weights.sum()) / 10
    np.testing.assert_allclose(found.sand[8 * 20 + 6], expected, rtol=1e-4)
