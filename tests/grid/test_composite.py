"""Composite grids: areas, containing cells, the date line, and ILAMB's own construction."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.constants import EARTH_RADIUS
from vadose.errors import GridMismatch
from vadose.grid.composite import NOISE, composite, composite_ilamb, locate, recompose_ilamb
from vadose.grid.latlon import LatLonGrid

GLOBE = 4 * np.pi * EARTH_RADIUS**2
HALF = LatLonGrid.regular(0.5)
# CESM's grid: rows on the poles, a column over the date line.
CESM = LatLonGrid.from_centres(np.linspace(-90, 90, 192), np.arange(288) * 1.25 - 180)


def edges(west_to_east: list[float], south_to_north: list[float]) -> LatLonGrid:
    lon, lat = np.array(west_to_east, float), np.array(south_to_north, float)
    pairs = [np.stack([x[:-1], x[1:]], axis=1) for x in (lat, lon)]
    return LatLonGrid(pairs[0].mean(axis=1), pairs[1].mean(axis=1), *pairs)


def test_areas_of_two_global_grids_sum_to_the_globe() -> None:
    both = composite(CESM, HALF)
    assert both.grid.area.sum() == pytest.approx(GLOBE, rel=1e-12)
    assert both.index_a.shape == both.index_b.shape == both.grid.shape


def test_each_cell_lies_in_its_source_cells() -> None:
    both = composite(CESM, HALF)
    for rows, cols, source in ((both.rows_a, both.cols_a, CESM), (both.rows_b, both.cols_b, HALF)):
        assert np.all(both.grid.lat_bnds[:, 0] >= source.lat_bnds[rows, 0] - NOISE)
        assert np.all(both.grid.lat_bnds[:, 1] <= source.lat_bnds[rows, 1] + NOISE)
        shift = 360 * np.round((source.lon[cols] - both.grid.lon) / 360)
        assert np.all(both.grid.lon_bnds[:, 0] + shift >= source.lon_bnds[cols, 0] - NOISE)
        assert np.all(both.grid.lon_bnds[:, 1] + shift <= source.lon_bnds[cols, 1] + NOISE)


def test_areas_of_a_source_come_back_by_its_cells() -> None:
    both = composite(CESM, HALF)
    area = np.bincount(both.index_a.ravel(), both.grid.area.ravel(), CESM.size)
    assert area == pytest.approx(CESM.area.ravel(), rel=1e-9)


def test_cell_over_the_date_line_is_on_both_sides() -> None:
    both = composite(CESM, HALF)
    assert both.cols_a[0] == both.cols_a[-1] == 0
    assert both.cols_b[0] == 0
    assert both.cols_b[-1] == HALF.lon.size - 1
    assert (both.grid.lon_bnds[0, 0], both.grid.lon_bnds[-1, 1]) == (-180, 180)


def test_regional_grids_meet_in_their_intersection() -> None:
    a = edges([-15, 5, 30], [-20, 0, 40])
    b = edges([0, 10, 20, 60], [10, 25, 60])
    both = composite(a, b)
    assert both.grid.lon_bnds.tolist() == [[0, 5], [5, 10], [10, 20], [20, 30]]
    assert both.grid.lat_bnds.tolist() == [[10, 25], [25, 40]]
    assert both.cols_a.tolist() == [0, 1, 1, 1]
    assert both.cols_b.tolist() == [0, 0, 1, 2]
    assert both.rows_a.tolist() == [1, 1]
    expected = EARTH_RADIUS**2 * np.radians(30) * (np.sin(np.radians(40)) - np.sin(np.radians(10)))
    assert both.grid.area.sum() == pytest.approx(expected, rel=1e-12)


def test_regions_over_the_date_line_meet() -> None:
    pacific = edges([160, 175, 190], [-10, 10])
    other = LatLonGrid(
        np.array([0.0]),
        np.array([-175.0, 165.0]),
        np.array([[-20.0, 20.0]]),
        np.array([[-180.0, -160.0], [150.0, 180.0]]),
    )
    moved = LatLonGrid(pacific.lat, np.array([-177.5, 167.5]), pacific.lat_bnds, np.array([[-185.0, -170], [160, 175]]))
    both = composite(moved, other)
    assert both.grid.lon_bnds.tolist() == [[-180, -170], [160, 175], [175, 180]]
    assert both.cols_a.tolist() == [0, 1, 0]
    assert both.cols_b.tolist() == [0, 1, 1]


def test_same_grid_stays_itself() -> None:
    both = composite(CESM, LatLonGrid(CESM.lat, CESM.lon, CESM.lat_bnds, CESM.lon_bnds + 1e-9))
    assert both.grid is CESM
    assert both.index_a.ravel().tolist() == list(range(CESM.size))


def test_float32_edges_leave_no_slivers() -> None:
    lat, lon = (np.float32(x).astype(float) for x in (HALF.lat * 1.0000001, HALF.lon + 1e-5))
    rough = LatLonGrid.from_centres(lat, lon)
    assert composite(HALF, rough).grid.shape == HALF.shape


def test_grids_apart_are_refused() -> None:
    with pytest.raises(GridMismatch, match="do not overlap: -20 to 0 .* and 10 to 60"):
        composite(edges([0, 10], [-20, 0]), edges([0, 10], [10, 60]))


def test_locate() -> None:
    bounds = np.array([[0.0, 1.0], [1.0, 2.0], [3.0, 4.0]])
    assert locate(np.array([-0.1, 0.0, 1.0, 1.99, 2.5, 3.0, 4.0]), bounds).tolist() == [-1, 0, 1, 1, -1, 2, -1]
    assert locate(np.array([-179.9, 179.9]), np.array([[-180.5, -179.5], [179.0, 179.5]]), 360.0).tolist() == [0, 0]


def test_ilamb_cuts_the_column_over_the_date_line() -> None:
    """Centres -180 (in the file 180), -90, 0, 90: west of -135 belongs to nobody, so the nearest, -90, takes it."""
    a = LatLonGrid.from_centres(np.array([-45.0, 45.0]), np.array([-180.0, -90.0, 0.0, 90.0]))
    b = edges([-180, -90, 0, 90, 180], [-90, 0, 90])
    both = composite_ilamb(a, b)
    assert both.grid.lon_bnds[:, 0].tolist() == [-180, -135, -90, -45, 0, 45, 90, 135]
    assert both.cols_a.tolist() == [1, 1, 1, 2, 2, 3, 3, 0]
    assert composite(a, b).cols_a.tolist() == [0, 1, 1, 2, 2, 3, 3, 0]


def test_ilamb_takes_the_nearest_centre_not_the_containing_cell() -> None:
    """Rows with edges 0, 10, 40: the composite centre 12.5 lies in the second (centre 25) but nearer to the first."""
    a = edges([0, 10, 20], [0, 10, 40])
    b = edges([0, 10, 20], [0, 15, 40])
    assert composite(a, b).rows_a.tolist() == [0, 1, 1]
    assert composite_ilamb(a, b).rows_a.tolist() == [0, 0, 1]


def test_ilamb_takes_the_lower_of_two_equally_near_centres() -> None:
    """Composite centre 15 between the centres 5 and 25."""
    a = edges([0, 10, 20], [0, 10, 40])
    b = edges([0, 10, 20], [0, 10, 20, 40])
    assert composite_ilamb(a, b).rows_a.tolist() == [0, 0, 1]


def test_ilamb_midpoint_areas() -> None:
    """Rows with edges -90 -30 0 30 90 have centres -60 -15 15 60, so midpoints -82.5 -37.5 0 37.5 82.5."""
    a = edges([-180, 0, 180], [-90, -30, 30, 90])
    b = edges([-180, 0, 180], [-90, 0, 90])
    both = composite_ilamb(a, b)
    expected = np.diff(np.sin(np.radians([-82.5, -37.5, 0, 37.5, 82.5]))) * np.pi * EARTH_RADIUS**2
    assert both.midpoint_area[:, 0] == pytest.approx(expected, rel=1e-12)
    assert both.area.sum() == pytest.approx(GLOBE, rel=1e-12)


def test_ilamb_trims_only_past_five_degrees() -> None:
    world = edges([-180, -170, *range(-160, 181, 10)], list(range(-90, 91, 10)))
    near = edges([-176, 0, 176], [-86, 0, 86])
    assert composite_ilamb(world, near).grid.lat_bnds[[0, -1], [0, 1]].tolist() == [-90, 90]
    asia = edges([60, 90, 120], [0, 25, 50])
    both = composite_ilamb(world, asia)
    # The whole cells of the larger grid that hold the limits stay, here the ones that end there too.
    assert both.grid.lat_bnds[[0, -1], [0, 1]].tolist() == [-10, 50]
    assert both.grid.lon_bnds[[0, -1], [0, 1]].tolist() == [50, 120]
    assert world.lat_bnds[both.rows_a[0]].tolist() == [-10, 0]


def test_recomposing_gives_the_composite() -> None:
    both = composite_ilamb(CESM, HALF)
    rows, cols = recompose_ilamb(both.grid.lat, both.grid.lon)
    assert rows.tolist() == list(range(both.grid.lat.size))
    assert cols.tolist() == list(range(both.grid.lon.size))
