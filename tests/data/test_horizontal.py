"""Grids: whatever the order, names and longitudes of a file, the same value comes out at the same place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.files import LAT, LON, write_netcdf

from vadose.constants import EARTH_RADIUS
from vadose.data.horizontal import ease2_axes, wrap
from vadose.data.pack import pack_series
from vadose.data.source import Source
from vadose.errors import DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid

Write = Callable[..., str]
PERIOD = (24000, 24023)


def pack(path: str, **options: object):
    return pack_series(Source("soil_moisture", [path], file_variable="mrsos", **options), PERIOD)


def field(series) -> np.ndarray:
    """[lat, lon] of the first month."""
    out = np.full(series.grid.size, np.nan)
    out[series.cells] = series.values[:, 0]
    return out.reshape(series.grid.shape)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("first", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("turn", [0.0, 360.0])
def test_any_start_of_longitude_and_order_of_latitude(
    write: Write, mass: np.ndarray, flip: bool, first: int, turn: float
) -> None:
    lon = np.concatenate([LON[first:], LON[:first] + 360]) + turn
    values = np.roll(mass, -first, axis=2)
    path = write("a.nc", values[:, ::-1] if flip else values, lat=LAT[::-1] if flip else LAT, lon=lon)
    series = pack(path)
    np.testing.assert_allclose(series.grid.lat, LAT)
    np.testing.assert_allclose(series.grid.lon, LON)
    np.testing.assert_allclose(series.grid.lon_bnds, np.stack([LON - 30, LON + 30], axis=1))
    np.testing.assert_allclose(field(series), mass[0] / 100, rtol=1e-6)


@pytest.mark.parametrize(
    "dims", [("time", "lat", "lon"), ("lat", "lon", "time"), ("lon", "lat", "time"), ("lat", "time", "lon")]
)
@pytest.mark.parametrize("flip", [False, True])
def test_any_order_of_dimensions(write: Write, mass: np.ndarray, dims: tuple[str, ...], flip: bool) -> None:
    values = mass[:, ::-1] if flip else mass
    series = pack(write("a.nc", values, dims=dims, lat=LAT[::-1] if flip else LAT))
    np.testing.assert_allclose(series.values, (mass / 100).reshape(24, -1).T, rtol=1e-6)


@pytest.mark.parametrize("names", [("latitude", "longitude"), ("nav_lat", "nav_lon"), ("LAT", "LON"), ("y", "x")])
@pytest.mark.parametrize("attributes", [True, False])
def test_names_of_coordinates(write: Write, mass: np.ndarray, names: tuple[str, str], attributes: bool) -> None:
    series = pack(write("a.nc", mass, names=names, coordinate_attributes=attributes))
    np.testing.assert_allclose(field(series), mass[0] / 100, rtol=1e-6)


def test_gaussian_latitudes_without_bounds_cover_the_sphere(write: Write) -> None:
    lat = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(32)[0]))[::-1]
    lon = np.arange(64) * 5.625
    series = pack(write("a.nc", np.ones((24, 32, 64)), lat=lat, lon=lon, bounds=False))
    assert isinstance(series.grid, LatLonGrid)
    assert series.grid.area.sum() == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-12)
    assert np.all(np.diff(series.grid.lat) > 0)


def test_a_repeated_meridian_is_dropped(write: Write, mass: np.ndarray) -> None:
    lon = np.append(LON, LON[0] + 360)
    series = pack(write("a.nc", np.concatenate([mass, mass[:, :, :1]], axis=2), lon=lon, bounds=False))
    assert series.grid.shape == (4, 6)
    assert any("repeated longitudes" in w for w in series.attrs["warnings"])


def test_a_region_across_the_date_line_keeps_its_width(write: Write) -> None:
    lon = np.array([170.0, 175.0, 180.0, 185.0, 190.0])
    values = np.broadcast_to(np.arange(1.0, 6.0), (24, 4, 5))
    series = pack(write("a.nc", values, lon=lon, bounds=False))
    assert isinstance(series.grid, LatLonGrid)
    np.testing.assert_allclose(series.grid.lon, [-180, -175, -170, 170, 175])
    np.testing.assert_allclose(np.diff(series.grid.lon_bnds), 5.0)
    np.testing.assert_allclose(field(series)[0] * 100, [3, 4, 5, 1, 2], rtol=1e-6)


@given(st.floats(-1000, 1000))
def test_wrap_keeps_the_place(lon: float) -> None:
    x = float(wrap(np.array(lon)))
    assert -180 <= x < 180
    assert (x - lon) % 360 == pytest.approx(0, abs=1e-6) or (x - lon) % 360 == pytest.approx(360, abs=1e-6)


def _two_dimensional(path: Path, lat: np.ndarray, lon: np.ndarray, values: np.ndarray) -> str:
    """Values [time, y, x] with lat and lon [y, x]."""
    write_netcdf(path, values, lat=np.arange(float(lat.shape[0])), lon=np.arange(float(lat.shape[1])), names=("y", "x"),
                 coordinate_attributes=False, bounds=False)  # fmt: skip
    with netCDF4.Dataset(path, "a") as d:
        d["y"].units = d["x"].units = "1"
        d["mrsos"].coordinates = "nav_lat nav_lon"
        for name, x in (("nav_lat", lat), ("nav_lon", lon)):
            d.createVariable(name, "f8", ("y", "x"))[:] = x
    return str(path)


def test_rectilinear_grid_written_in_two_dimensions(tmp_path: Path, mass: np.ndarray) -> None:
    lat, lon = np.meshgrid(LAT, LON, indexing="ij")
    series = pack(_two_dimensional(tmp_path / "a.nc", lat, lon, mass))
    assert not series.attrs["warnings"]
    np.testing.assert_allclose(field(series), mass[0] / 100, rtol=1e-6)


def test_curvilinear_grid_is_sampled_by_the_nearest_cell(tmp_path: Path) -> None:
    y, x = np.meshgrid(np.linspace(-60, 60, 61), np.linspace(-90, 90, 91), indexing="ij")
    lat, lon = y + 0.2 * np.sin(np.radians(4 * x)), x + 0.3 * np.cos(np.radians(3 * y))
    values = np.broadcast_to(30 + lat / 3, (24, *lat.shape))
    series = pack(_two_dimensional(tmp_path / "a.nc", lat, lon, values))
    assert any("curvilinear" in w and "nearest" in w for w in series.attrs["warnings"])
    assert series.grid.spacing[0] == pytest.approx(2.0, rel=0.2)
    rows = np.repeat(series.grid.lat, series.grid.shape[1])[series.cells]
    # The nearest cell is at most about one cell away.
    np.testing.assert_allclose(series.values[:, 0] * 100, 30 + rows / 3, atol=1.0)


def test_unstructured_grid_is_sampled_by_the_nearest_cell(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    z, lon = rng.uniform(-1, 1, 4000), rng.uniform(0, 360, 4000)
    lat = np.degrees(np.arcsin(z))
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as d:
        d.createDimension("ncells", 4000)
        d.createDimension("time", 24)
        t = d.createVariable("time", "f8", ("time",))
        t.units = "months since 2000-01-01"
        t[:] = np.arange(24)
        for name, x, units in (("clat", lat, "degrees_north"), ("clon", lon, "degrees_east")):
            v = d.createVariable(name, "f8", ("ncells",))
            v.units = units
            v[:] = x
        v = d.createVariable("mrsos", "f4", ("time", "ncells"))
        v.setncatts({"units": "kg m-2", "coordinates": "clat clon"})
        v[:] = np.broadcast_to(30 + lat / 3, (24, 4000))
    series = pack(str(path))
    assert any("unstructured" in w for w in series.attrs["warnings"])
    rows = np.repeat(series.grid.lat, series.grid.shape[1])[series.cells]
    assert np.abs(series.values[:, 0] * 100 - 30 - rows / 3).mean() < 1.0


def test_missing_coordinates_are_refused_by_name(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as d:
        for dim, size in (("time", 24), ("rows", 4), ("columns", 6)):
            d.createDimension(dim, size)
        t = d.createVariable("time", "f8", ("time",))
        t.units = "months since 2000-01-01"
        t[:] = np.arange(24)
        d.createVariable("mrsos", "f4", ("time", "rows", "columns")).units = "kg m-2"
    with pytest.raises(DataError, match=r"a\.nc: variable 'mrsos' .*rows.*columns"):
        pack(str(tmp_path / "a.nc"))


def test_files_of_different_grids_are_named(write: Write, mass: np.ndarray) -> None:
    paths = [write("a.nc", mass), write("b.nc", mass[:, :2], lat=LAT[:2], start=(2002, 1))]
    with pytest.raises(GridMismatch, match=r"a\.nc and .*b\.nc have different grids \(4x6 and 2x6\)"):
        pack_series(Source("soil_moisture", paths, file_variable="mrsos"), (24000, 24040))


def test_ease_grid_agrees_with_the_published_corner() -> None:
    axes = ease2_axes((406, 964))
    assert axes is not None
    lat, lon, _ = axes
    # NSIDC states the grid to reach 85.0445664 N at its edge: the row centre is half a 36 km row inside.
    assert lat[0] == pytest.approx(83.63, abs=0.01)
    np.testing.assert_allclose(lat, -lat[::-1], atol=1e-7)
    assert lon[0] == pytest.approx(-180 + 360 / 964 / 2)
