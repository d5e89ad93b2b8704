"""EASE-Grid 2.0 against its definition, a published mask and the coordinates in SMAP files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.errors import GridMismatch
from vadose.grid import ease2 as e


@pytest.mark.parametrize(
    ("km", "size"),
    # Brodzik et al. (2012), 2014 correction, and the NSIDC grid definitions
    [(36, 36032.220840584), (25, 25025.2600081), (9, 9008.055210146), (3, 3002.6850700487)],
)
def test_cells_have_the_published_size(km: int, size: float) -> None:
    assert e.cell_size(km) == pytest.approx(size, rel=1e-9)


@pytest.mark.parametrize("km", [36, 9])
def test_the_grid_ends_at_the_published_latitude(km: int) -> None:
    grid = e.ease2(km)
    assert grid.shape == e.SHAPES[km]
    assert grid.lat_bnds.min() == pytest.approx(-85.0445664, abs=1e-6)
    assert grid.lat_bnds.max() == pytest.approx(85.0445664, abs=1e-6)
    assert (grid.lon_bnds.min(), grid.lon_bnds.max()) == (-180, 180)


def test_the_projection_inverts_to_rounding() -> None:
    lat, lon = np.linspace(-89.9, 89.9, 301), np.linspace(-179.9, 179.9, 301)
    back = e.inverse(*e.forward(lat, lon))
    np.testing.assert_allclose(back[0], lat, atol=1e-9)
    np.testing.assert_allclose(back[1], lon, atol=1e-12)
    assert e.inverse(0.0, e.forward(90.0, 0.0)[1])[0] == pytest.approx(90.0)


def test_cells_have_equal_area_on_the_ellipsoid() -> None:
    bounds = np.radians(e.ease2(36).lat_bnds)
    x, f = 0.081819190842, np.sin(bounds)
    # area between two parallels of an ellipsoid: b^2 lambda / 2 [s / (1 - e^2 s^2) + atanh(e s) / e]
    zone = f / (1 - (x * f) ** 2) + np.arctanh(x * f) / x
    width = np.diff(zone, axis=1)
    assert np.ptp(width) / width.mean() < 1e-9


def test_a_point_lies_in_the_cell_that_the_formula_gives() -> None:
    rows, columns = np.meshgrid(np.arange(0, 406, 5), np.arange(0, 964, 9), indexing="ij")
    lat, lon = e.centre(36, rows, columns)
    found = e.row_column(36, lat, lon + 360)
    np.testing.assert_array_equal(found[0], rows)
    np.testing.assert_array_equal(found[1], columns)
    assert e.row_column(36, np.array([89.0]), np.array([0.0]))[0] == -1
    grid = e.ease2(36)
    np.testing.assert_allclose(grid.lat[e.cell_index(36, rows, columns) // 964], lat, atol=1e-10)


def test_unknown_resolutions_are_refused() -> None:
    with pytest.raises(GridMismatch, match="12 km; expected one of 36, 25, 9, 3"):
        e.ease2(12)


def test_grids_are_recognised_by_shape_and_by_axes() -> None:
    grid = e.ease2(36)
    assert e.km_of_shape((1624, 3856)) == 9
    assert e.km_of_shape((180, 360)) is None
    assert e.km_of_axes(grid.lat[::-1].astype("f4"), grid.lon) == 36
    assert e.km_of_axes(np.linspace(-84, 84, 406), grid.lon) is None
    holes = grid.lat.copy()
    holes[:30] = np.nan
    assert e.km_of_axes(holes, grid.lon) == 36


def test_the_land_mask_of_the_grid_agrees(vadose_data: Path) -> None:
    import netCDF4

    with netCDF4.Dataset(vadose_data / "data/static/masks/ease36land.nc") as file:
        index, lat, lon = (np.asarray(file[n][:]) for n in ("gpi", "lat", "lon"))
    found = e.cell_index(36, *e.row_column(36, lat, lon))  # this mask counts its points from the south
    np.testing.assert_array_equal(found, index)
    grid = e.ease2(36)
    np.testing.assert_allclose(grid.lat[index // 964], lat, atol=1e-5)
    np.testing.assert_allclose(grid.lon[index % 964], lon, atol=1e-5)


def test_rows_and_columns_of_a_half_orbit_agree(vadose_data: Path) -> None:
    import netCDF4

    for path in sorted((vadose_data / "data/satellite/SMAP_L2_halforbits_20150811").glob("*.h5")):
        with netCDF4.Dataset(path) as file:
            group = file["Soil_Moisture_Retrieval_Data"]
            row, column, lat, lon = (
                np.asarray(group[n][:]) for n in ("EASE_row_index", "EASE_column_index", "latitude", "longitude")
            )
        found = e.row_column(36, lat, lon)
        np.testing.assert_array_equal(found[0], row)
        np.testing.assert_array_equal(found[1], column)
        np.testing.assert_allclose(e.centre(36, row, column), (lat, lon), atol=2e-5)


def test_points_of_smap_series_are_centres(vadose_data: Path) -> None:
    import netCDF4

    folder = vadose_data / "data/satellite/hawaii_daily_series/SMAP_L3_SPL3SMP_v9_36km"
    with netCDF4.Dataset(folder / "0165.nc") as file:
        lat, lon = (np.ma.asarray(file[n][:]).compressed().astype(float) for n in ("lat", "lon"))
    np.testing.assert_allclose(e.centre(36, *e.row_column(36, lat, lon)), (lat, lon), atol=2e-5)
