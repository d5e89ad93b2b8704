"""Which columns an observation sees: nearest on a great circle, pixels by shared area, rings of a neutron sensor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import DataError, GridMismatch, RangeError
from vadose.grid import ease2
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.observe import (
    Surroundings,
    box_columns,
    boxes_of,
    nearest_columns,
    pixel_columns,
    ring_columns,
    square_boxes,
)
from vadose.observe.crns import ring_radii
from vadose.observe.neutrons import Koehli2015


def square(lat: float, lon: float, step: float, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres [number * number] of a mesh of `step` m around a point."""
    along = (np.arange(number) - (number - 1) / 2) * step
    north = lat + np.degrees(along / 6.371e6)
    south_east = np.meshgrid(north, along, indexing="ij")
    east = lon + np.degrees(south_east[1] / 6.371e6) / np.cos(np.radians(south_east[0]))
    return south_east[0].ravel(), east.ravel()


def haversine(lat: float, lon: float, lats: np.ndarray, lons: np.ndarray) -> np.ndarray:
    a, b, c, d = map(np.radians, (lat, lon, lats, lons))
    return 2 * 6.371e6 * np.arcsin(np.sqrt(np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2))


def test_nearest_is_nearest_on_the_sphere() -> None:
    rng = np.random.default_rng(1)
    cells = np.degrees(np.arcsin(rng.uniform(-1, 1, 400))), rng.uniform(-180, 180, 400)
    lat, lon = np.array([89.5, -33.0, 10.0, 10.0]), np.array([0.0, 151.0, 179.95, -180.0])
    found = nearest_columns(lat, lon, *cells, limit=2e7)
    for i in range(4):
        away = haversine(lat[i], lon[i], *cells)
        assert found.column[i] == np.argmin(away)
        assert found.distance[i] == pytest.approx(away.min(), rel=1e-9)


def test_beyond_the_limit_there_is_no_column() -> None:
    found = nearest_columns([0.0, 0.0], [0.0, 1.0], [0.0], [0.0], limit=1e5)
    assert found.inside.tolist() == [True, False]
    assert found.distance[1] == pytest.approx(np.radians(1.0) * 6.371e6)
    means = found.mean(np.array([[0.2], [0.3]]))
    assert means[:, 0].tolist() == [0.2, 0.3] and np.isnan(means[:, 1]).all()
    assert found.part(found.inside).size == 1


def test_bad_coordinates_are_named() -> None:
    with pytest.raises(DataError, match="1 of 2 coordinates are no degrees, the first is latitude 91"):
        nearest_columns([0.0, 91.0], [0.0, 0.0], [0.0], [0.0], 1e4)
    with pytest.raises(DataError, match="are no degrees"):
        nearest_columns([np.nan], [0.0], [0.0], [0.0], 1e4)
    with pytest.raises(DataError, match="no columns"):
        nearest_columns([0.0], [0.0], [], [], 1e4)
    with pytest.raises(RangeError, match="`limit` must be > 0"):
        nearest_columns([0.0], [0.0], [0.0], [0.0], 0.0)
    with pytest.raises(GridMismatch, match="must end in 1 columns"):
        nearest_columns([0.0], [0.0], [0.0], [0.0], 1e4).mean(np.zeros((3, 2)))


@pytest.mark.parametrize(("fine", "coarse"), [(3, 9), (9, 36), (3, 36)])
def test_nested_cells_of_a_pixel_weigh_the_same(fine: int, coarse: int) -> None:
    """EASE grids are nested: a pixel holds the square of their ratio of cells, each whole."""
    lat, lon = np.array([50.9, -35.2]), np.array([6.4, 179.99])
    rows, columns = ease2.row_column(coarse, lat, lon)
    ratio = coarse // fine
    index = []
    for r, c in zip(rows, columns, strict=True):
        at = np.ix_(range(r * ratio - 3, (r + 1) * ratio + 3), range(c * ratio - 3, (c + 1) * ratio + 3))
        index.append(ease2.cell_index(fine, at[0], np.minimum(at[1], ease2.SHAPES[fine][1] - 1)).ravel())
    cells = Cells(ease2.ease2(fine), np.unique(np.concatenate(index)))
    found = pixel_columns(coarse, lat, lon, boxes_of(cells))
    assert found.covered == pytest.approx([1.0, 1.0], abs=1e-9)
    for i in range(2):
        weight = found.weight[(found.observation == i) & (found.weight > 1e-9)]
        assert weight == pytest.approx(np.full(ratio**2, ratio**-2.0), rel=1e-6)


def test_squares_on_the_ground_cover_a_pixel_and_keep_a_slope() -> None:
    """Cells of 500 m, cut by the edge of a 9 km pixel: a linear field has the value of its centre."""
    lat, lon = square(50.9, 6.4, 500.0, 60)
    row, column = ease2.row_column(9, np.array([50.9]), np.array([6.4]))
    centre = ease2.forward(*ease2.centre(9, row, column))
    found = pixel_columns(9, [50.9], [6.4], square_boxes(lat, lon))
    x, y = ease2.forward(lat, lon)
    assert found.covered[0] > 0.99
    assert found.mean(x)[0] == pytest.approx(centre[0][0], abs=15.0)
    assert found.mean(y)[0] == pytest.approx(centre[1][0], abs=15.0)


def test_a_pixel_that_is_covered_in_part_needs_half() -> None:
    lat, lon = square(50.9, 6.4, 500.0, 80)
    row, column = ease2.row_column(9, np.array([50.9]), np.array([6.4]))
    middle = ease2.forward(*ease2.centre(9, row, column))[0][0]
    x = ease2.forward(lat, lon)[0]
    for part, seen in ((0.25, False), (0.75, True)):
        east = x < middle + (part - 0.5) * ease2.cell_size(9)
        found = pixel_columns(9, [50.9], [6.4], square_boxes(lat[east], lon[east], 500.0**2))
        assert found.inside[0] == seen
        assert found.covered[0] == pytest.approx(part, abs=0.04)


def test_a_cell_wider_than_the_pixel_is_the_pixel() -> None:
    grid = LatLonGrid.regular(2.0)
    found = pixel_columns(9, [50.9, 20.9], [7.1, -179.9], boxes_of(Cells.whole(grid)))
    assert found.weight.tolist() == [1.0, 1.0] and found.covered == pytest.approx([1.0, 1.0])
    row, column = np.unravel_index(found.column, grid.shape)
    assert grid.lat[row].tolist() == [51.0, 21.0] and grid.lon[column].tolist() == [7.0, -179.0]


def test_pixels_go_round_the_date_line() -> None:
    """Pixels end at the date line: cells with their centre on it, stored as -180, count half."""
    lat, lon = square(0.0, 180.0, 1000.0, 61)
    lon = (lon + 180) % 360 - 180
    found = pixel_columns(36, [0.01], [179.99], square_boxes(lat, lon, 1e6))
    assert found.covered[0] == pytest.approx((30.5e3 / ease2.cell_size(36)) ** 2, rel=0.01)
    east = lon[found.column] < -179.9
    usual = np.median(found.weight)
    assert np.median(found.weight[east]) == pytest.approx(0.5 * usual, rel=0.02)


def test_pixels_of_any_product_are_boxes() -> None:
    cells = Cells.whole(LatLonGrid.from_centres(40.0 + 0.02 * np.arange(40), 8.0 + 0.02 * np.arange(40)))
    boxes = boxes_of(cells)
    row, column = ease2.row_column(9, np.array([40.3, 40.5]), np.array([8.3, 8.5]))
    x, y = ease2.forward(*ease2.centre(9, row, column))
    half = ease2.cell_size(9) / 2
    own = box_columns(np.stack([x - half, x + half, y - half, y + half], axis=1), boxes)
    known = pixel_columns(9, np.array([40.3, 40.5]), np.array([8.3, 8.5]), boxes)
    np.testing.assert_array_equal(own.column, known.column)
    np.testing.assert_allclose(own.weight, known.weight, rtol=1e-9)
    # A pixel of 5 x 3 whole cells is their mean by area: on the map they are as wide and nearly as high.
    block = boxes.reshape(40, 40, 4)[10:13, 20:25]
    edges = [block[..., 0].min(), block[..., 1].max(), block[..., 2].min(), block[..., 3].max()]
    seen = box_columns(np.array([edges]), boxes)
    inside = np.flatnonzero(np.bincount(seen.column, seen.weight, minlength=cells.size) > 1e-9)
    np.testing.assert_array_equal(inside, (np.arange(10, 13)[:, None] * 40 + np.arange(20, 25)).ravel())
    area = (boxes[inside, 1] - boxes[inside, 0]) * (boxes[inside, 3] - boxes[inside, 2])
    np.testing.assert_allclose(seen.weight[seen.weight > 1e-9], area / area.sum(), rtol=1e-9)
    with pytest.raises(RangeError, match="with an area > 0"):
        box_columns(np.array([[0.0, 0.0, 0.0, 1.0]]), boxes)


def test_bad_pixels() -> None:
    with pytest.raises(GridMismatch, match="no global EASE-Grid 2.0 of 10 km"):
        pixel_columns(10, [0.0], [0.0], np.zeros((1, 4)))
    with pytest.raises(GridMismatch, match="outside of the EASE-Grid"):
        pixel_columns(9, [89.0], [0.0], np.array([[0.0, 1.0, 0.0, 1.0]]))
    with pytest.raises(RangeError, match="`least`"):
        pixel_columns(9, [0.0], [0.0], np.zeros((1, 4)), least=0.0)
    with pytest.raises(GridMismatch, match="sites have no area"):
        boxes_of(Cells.whole(Sites(np.zeros(1), np.zeros(1), ("a",))))
    with pytest.raises(GridMismatch, match="state `area`"):
        square_boxes(np.zeros(1), np.zeros(1))


@settings(max_examples=15)
@given(st.floats(0.001, 0.02), st.floats(0.03, 0.45), st.floats(80000.0, 102000.0))
def test_rings_of_equal_signal(humidity: float, water: float, pressure: float) -> None:
    """Between neighbouring radii lies a 40th of the signal, by the integral of the published weights."""
    radii = ring_radii(Surroundings(humidity, pressure, water))
    assert (np.diff(radii) > 0).all()
    at_standard = radii / radii[-1] * ring_radii(Surroundings(humidity, 101325.0, water))[-1]
    fine = np.linspace(0.0, 600.0, 60001)
    weight = Koehli2015().radial(0.5 * (fine[1:] + fine[:-1]), humidity, water)
    share = np.interp(at_standard, fine, np.concatenate([[0.0], np.cumsum(weight)])) / weight.sum()
    assert share == pytest.approx((np.arange(40) + 0.5) / 40, abs=0.006)


def test_thin_air_widens_the_footprint() -> None:
    low, high = (ring_radii(Surroundings(pressure=p))[30] for p in (101325.0, 80000.0))
    assert high > 1.2 * low


def test_a_fine_mesh_sees_the_rings_and_a_coarse_one_a_cell() -> None:
    lat, lon = square(40.0, 10.0, 20.0, 71)
    found = ring_columns([40.0], [10.0], lat, lon, limit=20.0)
    away = haversine(40.0, 10.0, lat, lon)
    radius = ring_radii(Surroundings())
    inside = radius < 650.0
    assert found.covered[0] == pytest.approx(inside.mean(), abs=0.05)
    assert found.mean(away)[0] == pytest.approx(radius[inside].mean(), rel=0.08)
    coarse = square(40.0, 10.0, 5000.0, 3)
    assert ring_columns([40.0], [10.0], *coarse, limit=5000.0).column.tolist() == [4]
