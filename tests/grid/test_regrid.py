"""Conservative weights, their use on packed values, and nearest neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.constants import EARTH_RADIUS
from vadose.errors import GridMismatch
from vadose.grid.latlon import LatLonGrid
from vadose.grid.regrid import apply_conservative, conservative, like_resolution, nearest

COARSE = LatLonGrid.regular(10.0)
GAUSS = LatLonGrid.from_centres(
    np.degrees(np.arcsin(np.polynomial.legendre.leggauss(64)[0])), np.arange(128) * 2.8125 - 180
)


def test_weights_are_the_areas_of_both_grids() -> None:
    weights = conservative(GAUSS, COARSE)
    # A Gaussian grid ends short of the poles; its rows there reach over the last half cell only.
    assert np.asarray(weights.sum(axis=0)).ravel() == pytest.approx(GAUSS.area.ravel(), rel=1e-12)
    assert weights.sum() == pytest.approx(GAUSS.area.sum(), rel=1e-13)


def test_first_order_conservation() -> None:
    source = LatLonGrid.from_centres(np.linspace(-90, 90, 91), np.arange(144) * 2.5 - 180)
    field = np.random.default_rng(1).random((source.size, 3))
    done = apply_conservative(conservative(source, COARSE), field, np.arange(source.size), COARSE)
    before = source.area.ravel() @ field
    assert done.values.dtype == np.float32
    assert COARSE.area.ravel()[done.cells] @ done.values.astype(float) == pytest.approx(before, rel=1e-7)
    exact = conservative(source, COARSE) @ field
    assert exact.sum(axis=0) == pytest.approx(before, rel=1e-12)
    assert done.fraction == pytest.approx(1.0)


def test_constant_stays_constant_over_the_date_line() -> None:
    source = LatLonGrid.from_centres(np.linspace(-90, 90, 7), np.arange(7) * 360 / 7 - 180)
    done = apply_conservative(conservative(source, COARSE), np.full((49, 2), 0.3), np.arange(49), COARSE)
    assert done.values == pytest.approx(0.3)
    assert done.cells.size == COARSE.size


def test_refining_and_coarsening_back_is_the_identity() -> None:
    fine = LatLonGrid.regular(2.5)
    there, back = conservative(COARSE, fine), conservative(fine, COARSE)
    field = np.random.default_rng(0).random((COARSE.size, 1))
    up = apply_conservative(there, field, np.arange(COARSE.size), fine)
    down = apply_conservative(back, up.values, up.cells, COARSE)
    assert down.values == pytest.approx(field, rel=1e-6)


def test_missing_values_are_left_out_of_the_mean() -> None:
    fine = LatLonGrid.regular(5.0)
    rows, cols = np.divmod(np.arange(fine.size), 72)
    cells = np.flatnonzero((rows < 2) & (cols < 2))
    values = np.array([[1.0, 1.0], [1.0, np.nan], [3.0, np.nan], [3.0, np.nan]])
    weights = conservative(fine, COARSE)
    done = apply_conservative(weights, values, cells, COARSE)
    area = fine.area.ravel()[cells]
    assert done.cells.tolist() == [0]
    assert done.values[0, 0] == pytest.approx(np.average(values[:, 0], weights=area), rel=1e-6)
    assert np.isnan(done.values[0, 1])
    assert apply_conservative(weights, values, cells, COARSE, minimum=0.1).values[0, 1] == pytest.approx(1.0)


def test_land_fraction_weighs_and_comes_back() -> None:
    fine = LatLonGrid.regular(5.0)
    done = apply_conservative(
        conservative(fine, COARSE), np.array([[1.0], [2.0]]), np.array([0, 1]), COARSE, np.array([1.0, 0.25])
    )
    assert done.values[0, 0] == pytest.approx((1.0 + 0.25 * 2.0) / 1.25)
    assert done.fraction[0] == pytest.approx(1.25 * fine.area[0, 0] / COARSE.area[0, 0])


def test_never_valid_cells_are_dropped() -> None:
    fine = LatLonGrid.regular(5.0)
    done = apply_conservative(conservative(fine, COARSE), np.full((1, 2), np.nan), np.array([5]), COARSE)
    assert done.values.shape == (0, 2)


def test_nearest_on_a_rotated_grid() -> None:
    """A curvilinear grid: a regular one turned about the sphere; each centre finds the point it came from."""
    lat, lon = _rotated(np.linspace(-20, 20, 41), np.linspace(-30, 30, 61))
    target = LatLonGrid.from_centres(np.linspace(20, 40, 11), np.linspace(-10, 10, 11))
    index = nearest(lat, lon, target)
    assert index.min() >= 0
    y, x = np.meshgrid(target.lat, target.lon, indexing="ij")
    cosine = np.sin(np.radians(y.ravel())) * np.sin(np.radians(lat.ravel()[index])) + np.cos(
        np.radians(y.ravel())
    ) * np.cos(np.radians(lat.ravel()[index])) * np.cos(np.radians(x.ravel() - lon.ravel()[index]))
    assert np.degrees(np.arccos(cosine.clip(-1, 1))).max() < 0.75


def test_nearest_stops_beyond_the_source_and_skips_missing_points() -> None:
    lat, lon = np.meshgrid(np.arange(0, 10.0), np.arange(0, 10.0), indexing="ij")
    lat[5, 5] = np.nan
    target = LatLonGrid.from_centres(np.array([5.0, 60.0]), np.array([5.0, 100.0]))
    index = nearest(lat, lon, target)
    assert index.tolist()[1:] == [-1, -1, -1]
    assert index[0] in (45, 54, 56, 65)
    assert nearest(lat, lon, target, maximum=10_000.0)[0] == -1
    assert nearest(lat, lon, target, maximum=4e7).min() >= 0


def test_nearest_over_the_date_line() -> None:
    lat, lon = np.zeros(4), np.array([178.0, 179.0, 180.0, 181.0])
    target = LatLonGrid.from_centres(np.array([-0.1, 0.1]), np.array([-179.1, 179.2]))
    assert nearest(lat, lon, target).tolist() == [3, 1, 3, 1]


def test_like_resolution_of_a_global_unstructured_grid() -> None:
    n = 10_000
    k = np.arange(n) + 0.5
    grid = like_resolution(np.degrees(np.arcsin(1 - 2 * k / n)), np.degrees(np.pi * (1 + 5**0.5) * k))
    size = np.degrees(np.sqrt(4 * np.pi / n))
    assert grid.spacing[0] == pytest.approx(size, rel=0.15)
    assert grid.area.sum() == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-3)


def test_like_resolution_of_a_region_over_the_date_line() -> None:
    lat, lon = np.meshgrid(np.arange(-10.0, 10.5, 0.5), np.arange(170.0, 190.5, 0.5), indexing="ij")
    grid = like_resolution(lat, lon)
    assert grid.spacing[0] == pytest.approx(0.5, rel=0.05)
    assert (np.abs(grid.lat) <= 10.5).all()
    assert (np.abs(grid.lon) >= 169.4).all()
    assert {True, False} == set((grid.lon > 0).tolist())


def test_degenerate_grids_are_refused() -> None:
    with pytest.raises(GridMismatch, match="at least 2 points"):
        nearest(np.array([1.0]), np.array([1.0]), COARSE)
    with pytest.raises(GridMismatch, match="upon one another"):
        like_resolution(np.zeros(50), np.zeros(50))


def _rotated(lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of a regular grid turned by 30 degrees towards the north."""
    y, x = np.meshgrid(np.radians(lat), np.radians(lon), indexing="ij")
    turn = np.radians(30.0)
    u, v, w = np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)
    u, w = u * np.cos(turn) - w * np.sin(turn), u * np.sin(turn) + w * np.cos(turn)
    return np.degrees(np.arcsin(w)), np.degrees(np.arctan2(v, u))
