"""Elevation maps from files: GeoTIFF and netCDF, whichever way their axes run, and what they can have wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from vadose.data.terrain import read_elevation
from vadose.errors import ConfigError, DataError, GridMismatch, UnitError

Y, X = np.indices((4, 5))
Z = 100.0 + 10.0 * Y + X  # rises northward
XS, YS = 1000.0 + 500.0 * np.arange(5), 5000.0 + 250.0 * np.arange(4)


def tif(path: Path, values: np.ndarray, crs: str | None = "EPSG:25832", **more: object) -> str:
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import Affine

    transform = more.pop("transform", Affine(500.0, 0, 750.0, 0, -250.0, 5875.0))
    how = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype}
    with rasterio.open(path, "w", crs=crs, transform=transform, **how, **more) as dataset:
        dataset.write(values, 1)
    return str(path)


def nc(
    path: Path, values: np.ndarray = Z, *, name: str = "dem", dims: tuple[str, ...] = ("y", "x"), **more: object
) -> str:
    """A netCDF file; `more` are coordinates by name, and `units` of the values."""
    coordinates = {"y": YS, "x": XS} | {k: v for k, v in more.items() if k not in ("units", "axis_units")}
    with netCDF4.Dataset(path, "w") as dataset:
        for dim, size in zip(dims, values.shape, strict=True):
            dataset.createDimension(dim, size)
            if dim in coordinates:
                variable = dataset.createVariable(dim, "f8", (dim,))
                variable[:] = coordinates[dim]
                variable.units = str(more.get("axis_units", "m"))
        variable = dataset.createVariable(name, "f8", dims, fill_value=-9999.0)
        variable[:] = values
        if "units" in more:
            variable.units = str(more["units"])
    return str(path)


def test_a_geotiff_is_turned_northward(tmp_path: Path) -> None:
    held = Z[::-1].astype(np.float32)
    held[0, 2] = -9999.0
    done = read_elevation(tif(tmp_path / "dem.tif", held, nodata=-9999.0))
    expected = Z.copy()
    expected[3, 2] = np.nan
    assert np.array_equal(done.elevation, expected, equal_nan=True)
    assert np.array_equal(done.x, XS) and np.array_equal(done.y, YS)
    assert (done.dx, done.dy, done.crs) == (500.0, 250.0, "EPSG:25832")


def test_feet_of_a_projection_become_metres(tmp_path: Path) -> None:
    done = read_elevation(tif(tmp_path / "dem.tif", Z[::-1], "EPSG:2263"))  # US survey feet
    assert done.dx == pytest.approx(500.0 * 1200 / 3937)


@pytest.mark.parametrize("suffix", [".tif", ".nc"])
def test_the_unit_of_the_elevation_may_be_stated(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"dem{suffix}"
    file = tif(path, Z[::-1]) if suffix == ".tif" else nc(path)
    assert read_elevation(file, units="ft").elevation == pytest.approx(Z * 0.3048)
    with pytest.raises(UnitError, match="'furlong'; expected m, km, cm or ft"):
        read_elevation(file, units="furlong")


def test_netcdf_in_any_order(tmp_path: Path) -> None:
    for turn, extra in (
        (nc(tmp_path / "a.nc"), {}),
        (nc(tmp_path / "b.nc", Z[::-1], y=YS[::-1]), {}),
        (nc(tmp_path / "c.nc", Z[:, ::-1], x=XS[::-1]), {}),
        (nc(tmp_path / "d.nc", Z.T, dims=("x", "y")), {}),
        (nc(tmp_path / "e.nc", Z[None], dims=("time", "y", "x")), {}),
        (nc(tmp_path / "f.nc", Z / 1000.0, units="km"), {}),
        (nc(tmp_path / "g.nc", name="relief"), {"variable": "relief"}),
        (nc(tmp_path / "h.nc", x=XS / 1000.0, y=YS / 1000.0, axis_units="km"), {}),
    ):
        done = read_elevation(turn, **extra)
        assert done.elevation == pytest.approx(Z), turn
        assert done.x == pytest.approx(XS) and done.y == pytest.approx(YS)


def test_missing_values_become_nan(tmp_path: Path) -> None:
    held = Z.copy()
    held[1, 1] = -9999.0
    done = read_elevation(nc(tmp_path / "a.nc", held))
    assert np.argwhere(np.isnan(done.elevation)).tolist() == [[1, 1]]


def test_what_a_geotiff_has_wrong_is_named(tmp_path: Path) -> None:
    pytest.importorskip("rasterio")
    from rasterio.transform import Affine

    degrees = tif(tmp_path / "deg.tif", Z, "EPSG:4326", transform=Affine(0.1, 0, 6.0, 0, -0.1, 51.0))
    with pytest.raises(GridMismatch, match=r"deg\.tif: cells are in degrees .*gdalwarp"):
        read_elevation(degrees)
    turned = tif(tmp_path / "turned.tif", Z, transform=Affine(400.0, 300.0, 0.0, 300.0, -400.0, 0.0))
    with pytest.raises(GridMismatch, match="turned against its axes"):
        read_elevation(turned)
    (tmp_path / "broken.tif").write_bytes(b"II*\0" + bytes(20))
    with pytest.raises(DataError, match="truncated or no GeoTIFF"):
        read_elevation(str(tmp_path / "broken.tif"))
    with pytest.raises(DataError, match="no such file"):
        read_elevation(str(tmp_path / "absent.tif"))


def test_rasterio_is_asked_for_where_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(ConfigError, match=r"pip install 'vadose\[geotiff\]'"):
        read_elevation(str(tmp_path / "dem.tif"))


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ({"axis_units": "degrees_north"}, GridMismatch, "y is in 'degrees_north', slopes need metres"),
        ({"x": XS**1.1}, GridMismatch, "x is spaced by .* expected even cells"),
        ({"x": np.full(5, 7.0)}, GridMismatch, "x is spaced by 0 to 0 m"),
        ({"dims": ("row", "x")}, GridMismatch, "no coordinate variable for the dimension 'row'"),
        ({"name": "precipitation"}, DataError, "0 variables are called like an elevation; name one with `variable`"),
        ({"values": np.stack([Z, Z]), "dims": ("time", "y", "x")}, GridMismatch, r"dem is \[time, y, x\]"),
        ({"values": np.full((4, 5), -9999.0)}, DataError, "no elevation, all 20 cells are missing"),
        ({"values": Z[:1], "y": YS[:1]}, GridMismatch, "1 cell along y; slopes need at least 2"),
        ({"units": "kg"}, UnitError, "elevation in 'kg'"),
        ({"x": np.where(XS == XS[2], np.nan, XS)}, DataError, "x has missing values"),
    ],
)
def test_what_a_netcdf_file_has_wrong_is_named(tmp_path: Path, how: dict, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        read_elevation(nc(tmp_path / "dem.nc", **how))


def test_an_unknown_variable_is_named_with_those_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no variable 'height'.*dem"):
        read_elevation(nc(tmp_path / "dem.nc"), variable="height")
