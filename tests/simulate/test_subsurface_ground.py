"""Grids, masks and maps on which water cannot flow are named; slopes of good ones are those of the map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.simulate import setups, subsurface_studies
from tests.simulate.subsurface_studies import ROWS, WIDTH, active, cells, coordinates, elevation, tables, write_map

from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError, VadoseError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.simulate.subsurface_ground import ground_of


def test_the_box_is_that_of_the_columns() -> None:
    mask = active()
    mask[3] = False
    found = ground_of(tables(), cells(mask), [])
    assert found.active.shape == (3, 5) and found.active.sum() == 14
    assert np.array_equal(np.flatnonzero(found.active), found.place)
    assert found.dx == pytest.approx(WIDTH, rel=1e-3) and found.dy == pytest.approx(WIDTH, rel=1e-9)
    assert (found.slope_y == -0.01).all() and (found.slope_x == 0.0).all()


def test_an_elevation_map_becomes_slopes(tmp_path: Path) -> None:
    """The ground of the valley falls by 15 m a cell to its middle, and by 2 m northward."""
    path = write_map(tmp_path / "dem.nc", elevation=elevation())
    notes: list[str] = []
    found = ground_of(tables(slope_y=0.0, elevation=path), cells(), notes)
    assert found.slope_x[1, :4] == pytest.approx([-0.03, -0.03, 0.03, 0.03], rel=1e-3)
    assert found.slope_x[1, 4] == 0.0  # no way out over the rising ground
    assert found.slope_y[:-1][found.active[:-1]] == pytest.approx(-0.004, rel=1e-3)


def test_one_outlet_may_be_asked_for(tmp_path: Path) -> None:
    path = write_map(tmp_path / "dem.nc", elevation=elevation())
    found = ground_of(tables(slope_y=0.0, elevation=path, outlets="lowest"), cells(), [])
    assert np.flatnonzero(found.slope_y[-1] < 0.0).tolist() == [2]  # the middle of the northern border


def test_slopes_of_a_file_go_on_over_borders_by_which_water_leaves(tmp_path: Path) -> None:
    """A western border within the map has no slope of its own: what leaves there does so by the first cell's."""
    falls = np.full((ROWS, 5), 0.02)
    path = write_map(tmp_path / "slopes.nc", "1", slope_x=falls, slope_y=np.zeros((ROWS, 5)))
    found = ground_of(tables(slope_y=0.0, slopes=path), cells(), [])
    assert (found.slope_x == 0.02).all() and not found.active[0, 0]


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        ([(1, 1)], r"has one cell.*larger \[grid\] `box`"),
        ([(1, 1), (1, 2), (3, 4)], r"mask of the run's cells: 1 piece without a face"),
    ],
)
def test_masks(mask: list[tuple[int, int]], said: str) -> None:
    there = np.zeros_like(active())
    there[tuple(np.transpose(mask))] = True
    with pytest.raises(VadoseError, match=said):
        ground_of(tables(), cells(there), [])


def test_isolated_columns_may_stay_where_nothing_flows() -> None:
    there = np.zeros_like(active())
    there[1, 1] = there[3, 4] = True
    assert ground_of(tables(lateral=False), cells(there), []).active.sum() == 2


def test_sites_are_refused() -> None:
    with pytest.raises(ConfigError, match="not sites"):
        ground_of(tables(), setups.points("A", "B"), [])


@pytest.mark.parametrize(
    ("lat", "lon", "said"),
    [
        (np.arange(40.0, 60.0), np.arange(5.0, 7.0), r"cells at 40.00 N are 1.49 times as wide as those at 59.00 N"),
        (np.array([1.0, 2.0, 4.0]), np.arange(5.0, 7.0), "1 to 2 degrees wide; expected even ones.*state `dy`"),
    ],
)
def test_cells_of_different_size(lat: np.ndarray, lon: np.ndarray, said: str) -> None:
    where = Cells.whole(LatLonGrid.from_centres(lat, lon))
    with pytest.raises(GridMismatch, match=said):
        ground_of(tables(), where, [])
    assert ground_of(tables(dx=1000.0, dy=1000.0), where, []).dx == 1000.0


def test_a_box_over_the_date_line() -> None:
    whole = Cells.whole(LatLonGrid.regular(10.0))
    beside = np.flatnonzero((np.abs(whole.lon) > 170.0) & (np.abs(whole.lat) < 10.0))
    with pytest.raises(GridMismatch, match="date line"):
        ground_of(tables(), whole.part(beside), [])


def test_level_ground_takes_no_kinematic_wave() -> None:
    with pytest.raises(ConfigError, match="kinematic wave runs nowhere on level ground"):
        ground_of(tables(slope_y=0.0), cells(), [])
    for keys in ({"scheme": "none"}, {"scheme": "diffusive"}, {"lateral": False}):
        assert (ground_of(tables(slope_y=0.0, **keys), cells(), []).slope_y == 0.0).all()


def test_pits_are_named(tmp_path: Path) -> None:
    falls = np.zeros((ROWS, 5))
    falls[:, :2], falls[:, 2:] = -0.01, 0.01  # all to the middle, and nowhere from there
    path = write_map(tmp_path / "slopes.nc", "1", slope_x=falls, slope_y=np.zeros((ROWS, 5)))
    with pytest.raises(DataError, match=r"slopes.nc: water cannot leave 4 cells \(y, x\) = \(0, 2\)"):
        ground_of(tables(slope_y=0.0, slopes=path), cells(), [])
    ground_of(tables(slope_y=0.0, slopes=path, scheme="diffusive"), cells(), [])


@pytest.mark.parametrize(
    ("units", "change", "said"),
    [
        ("km", {}, "elevation in 'km'; expected m"),
        ("m", {(1, 2): np.nan}, "no value of elevation for 1 of 19 columns, the first at 50.79"),
        ("m", {(1, 2): 99999.0}, "elevation is 99999 m"),
    ],
)
def test_elevation_maps(units: str, change: dict[Any, float], said: str, tmp_path: Path) -> None:
    heights = elevation()
    for place, value in change.items():
        heights[place] = value
    path = write_map(tmp_path / "dem.nc", units, elevation=heights)
    with pytest.raises((DataError, UnitError), match=said):
        ground_of(tables(slope_y=0.0, elevation=path), cells(), [])


def test_maps_of_another_shape_or_kind(tmp_path: Path) -> None:
    path = write_map(tmp_path / "dem.nc", elevation=elevation(), roughness=elevation())
    with pytest.raises(DataError, match="several variables.*`variable`"):
        ground_of(tables(slope_y=0.0, elevation=path), cells(), [])
    assert ground_of(tables(slope_y=0.0, elevation=path, variable="elevation"), cells(), []).active.sum() == 19
    lonely = tmp_path / "row.nc"
    held = {"elevation": (("lat",), elevation()[:, 0], {"units": "m"})}
    xr.Dataset(held, {"lat": coordinates()["lat"]}).to_netcdf(lonely)
    with pytest.raises(VadoseError, match="row.nc"):
        ground_of(tables(slope_y=0.0, elevation=str(lonely)), cells(), [])
    with pytest.raises(ConfigError, match="translate the GeoTIFF"):
        ground_of(tables(slope_y=0.0, elevation="dem.tif"), cells(), [])
    with pytest.raises(DataError, match="no such file"):
        ground_of(tables(slope_y=0.0, elevation=str(tmp_path / "none.nc")), cells(), [])


def test_slopes_in_other_units(tmp_path: Path) -> None:
    falls = subsurface_studies.elevation()
    stated = write_map(tmp_path / "percent.nc", "%", slope_x=falls, slope_y=falls)
    with pytest.raises(UnitError, match="slope_x in '%'; expected 1"):
        ground_of(tables(slope_y=0.0, slopes=stated), cells(), [])
    silent = write_map(tmp_path / "degrees.nc", "1", slope_x=falls, slope_y=falls)
    with pytest.raises(RangeError, match="expected m per m"):
        ground_of(tables(slope_y=0.0, slopes=silent), cells(), [])
    one = write_map(tmp_path / "one.nc", "1", slope_x=0.001 * falls)
    with pytest.raises(DataError, match="no variable 'slope_y'"):
        ground_of(tables(slope_y=0.0, slopes=one), cells(), [])
