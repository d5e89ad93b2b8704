"""Shapes: membership of points and the lines around them."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.grid.shapes import Box, Everywhere, Polygons, Raster, Without, trace

LAT, LON = np.arange(-90.0, 90.1, 5.0), np.arange(-180.0, 180.0, 5.0)
TRIANGLE = Polygons((np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]]),))
HOLED = Polygons(
    (
        np.array([[-50.0, -50.0], [50.0, -50.0], [50.0, 50.0], [-50.0, 50.0]]),
        np.array([[-10.0, -10.0], [10.0, -10.0], [10.0, 10.0], [-10.0, 10.0]]),
    )
)


@pytest.mark.parametrize(
    "shape",
    [
        Everywhere(),
        Box(-20, 20, 30, 60),
        Box(-20, 20, 150, -150),
        TRIANGLE,
        HOLED,
        Raster(LAT, LON, np.random.default_rng(0).random((LAT.size, LON.size)) > 0.5),
        Without(Box(-90, 90, -180, 180), (HOLED,)),
    ],
)
def test_grid_and_points_agree(shape: object) -> None:
    lat, lon = np.arange(-90.0, 90.1, 3.7), np.arange(-180.0, 180.0, 4.3)
    y, x = np.meshgrid(lat, lon, indexing="ij")
    on_grid = shape.on_grid(lat, lon)  # type: ignore[attr-defined]
    assert on_grid.shape == (lat.size, lon.size)
    assert np.array_equal(on_grid, shape.at(y.ravel(), x.ravel()).reshape(y.shape))  # type: ignore[attr-defined]
    assert on_grid.any()


def test_box_edges_are_inclusive_and_may_cross_the_date_line() -> None:
    inside = Box(-10, 10, 170, -170).on_grid(LAT, LON)
    assert LON[inside.any(axis=0)].tolist() == [-180, -175, -170, 170, 175]
    assert LAT[inside.any(axis=1)].tolist() == [-10, -5, 0, 5, 10]
    assert Box(-90, 90, -180, 180).on_grid(LAT, LON).all()


def test_triangle_holds_the_points_below_its_long_side() -> None:
    y, x = np.meshgrid(LAT, LON, indexing="ij")
    assert np.array_equal(TRIANGLE.on_grid(LAT, LON), (x >= 0) & (y >= 0) & (x + y < 20))


def test_hole_is_outside() -> None:
    inside = HOLED.at(np.array([0.0, 20.0, 60.0]), np.array([0.0, 0.0, 0.0]))
    assert inside.tolist() == [False, True, False]


def test_neighbours_share_no_point_and_leave_none() -> None:
    west = Polygons((np.array([[0.0, -90.0], [10.0, -90.0], [30.0, 90.0], [0.0, 90.0]]),))
    east = Polygons((np.array([[10.0, -90.0], [60.0, -90.0], [60.0, 90.0], [30.0, 90.0]]),))
    both = west.on_grid(LAT, LON).astype(int) + east.on_grid(LAT, LON)
    assert np.array_equal(both, np.broadcast_to((LON >= 0) & (LON < 60), both.shape).astype(int))


def test_raster_takes_the_cell_that_holds_the_point() -> None:
    inside = np.zeros((18, 36), bool)
    inside[9, 0] = True
    raster = Raster(np.arange(-85.0, 90, 10), np.arange(-175.0, 180, 10), inside)
    assert raster.at(np.array([1.0, 9.0, 11.0, 1.0]), np.array([-179.0, -171.0, -175.0, 179.0])).tolist() == [
        True, True, False, False,
    ]  # fmt: skip


def test_regional_raster_ends_at_its_edges() -> None:
    raster = Raster(np.arange(0.5, 10), np.arange(0.5, 10), np.ones((10, 10), bool))
    lat = np.array([-0.5, 0.0, 9.9, 10.5])
    assert raster.on_grid(lat, np.array([-1.0, 5.0, 11.0])).tolist() == [
        [False, False, False], [False, True, False], [False, True, False], [False, False, False],
    ]  # fmt: skip


def test_trace_goes_round_cells_and_holes() -> None:
    mask = np.zeros((5, 6), bool)
    mask[1:4, 1:5] = True
    (ring,) = trace(mask)
    assert sorted(map(tuple, ring[:-1].tolist())) == [(1, 1), (1, 4), (5, 1), (5, 4)]
    mask[2, 2] = False
    rings = trace(mask)
    assert len(rings) == 2
    assert {len(r) for r in rings} == {5}
    assert trace(np.zeros((3, 3), bool)) == []


def test_trace_encloses_the_area_of_its_cells() -> None:
    mask = np.random.default_rng(3).random((20, 30)) > 0.4
    area = 0.0
    for ring in trace(mask):
        assert np.array_equal(ring[0], ring[-1])
        x, y = ring.T
        area += 0.5 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])
    assert area == pytest.approx(mask.sum())


def test_outlines() -> None:
    assert Everywhere().outline() == []
    assert len(Box(-10, 10, 170, -170).outline()) == 2
    assert [line[:, 1].tolist() for line in Box(0, 90, -180, 180).outline()] == [[0, 0]]
    (line,) = TRIANGLE.outline()
    assert line[0].tolist() == line[-1].tolist()
    (ring,) = Raster(LAT, LON, Box(-20, 20, 30, 60).on_grid(LAT, LON)).outline()
    assert ring.min(axis=0) == pytest.approx([28, -22], abs=1)
    assert ring.max(axis=0) == pytest.approx([62, 22], abs=1)
