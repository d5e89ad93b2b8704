"""Coastlines and land: published areas, known places, and lines without the edges that only close polygons."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.grid.coastlines import COAST, coastlines, land_fraction, land_mask, land_polygons, shorelines
from vadose.grid.latlon import LatLonGrid


@pytest.mark.parametrize("resolution", ["c", "l"])
def test_all_polygons_are_whole(resolution: str) -> None:
    shores = shorelines(resolution)
    assert len(shores) == {"c": 1767, "l": 10621}[resolution]
    for shore in shores:
        assert shore.points.shape[0] >= 3
        assert np.abs(shore.points[:, 0]).max() <= 180
        assert np.abs(shore.points[:, 1]).max() <= 90
        assert np.abs(np.diff(shore.points[:, 0])).max() <= 180
    largest = max((s for s in shores if s.level == COAST), key=lambda s: s.area)
    assert largest.area == pytest.approx(50.65e6, rel=1e-3)  # km2, Eurasia


def test_lines_do_not_run_along_the_date_line_or_the_pole() -> None:
    for line in coastlines("c"):
        stays = line[1:] == line[:-1]
        assert not (stays[:, 0] & (np.abs(line[1:, 0]) == 180)).any()
        assert line[:, 1].min() > -90
        assert np.abs(np.diff(line[:, 0])).max() <= 180


def test_minimum_area_leaves_the_large_ones() -> None:
    few, all_ = coastlines("c", minimum_area=1e5), coastlines("c")
    assert 10 < len(few) < 60 < len(all_)
    assert len(land_polygons("c", 1e6)) == 9  # Eurasia twice, Africa, Americas, Australia, Greenland, Antarctica twice


@pytest.mark.parametrize(
    ("lat", "lon", "land"),
    [
        (0, 20, True), (0, -30, False), (-25, 135, True), (65, -175, True), (-16.6, 179.4, True), (-85, 10, True),
        (42, 51, False), (48, -87, False), (72, -40, True), (89, 0, False), (28, 85, True),
    ],
)  # fmt: skip
def test_known_places(lat: float, lon: float, land: bool) -> None:
    """Congo, Atlantic, Australia, Chukotka, Fiji, Antarctica, Caspian Sea, Lake Superior, Greenland, Arctic, Nepal."""
    assert land_mask(np.array([lat]), np.array([lon]))[0, 0] == land


def test_any_order_and_branch_of_longitude() -> None:
    lat, lon = np.linspace(80, -80, 33), np.arange(0.0, 360, 7)
    mask = land_mask(lat, lon)
    order = np.argsort((lon + 180) % 360 - 180)
    assert np.array_equal(land_mask(lat[::-1], ((lon + 180) % 360 - 180)[order]), mask[::-1][:, order])


def test_share_of_land() -> None:
    """GSHHG has 1.49e14 m2 of land with the ice shelves, of which lakes take some 2 %."""
    grid = LatLonGrid.regular(1.0)
    fraction = land_fraction(grid)
    assert fraction.shape == grid.shape
    assert fraction.min() >= 0
    assert fraction.max() <= 1
    assert (fraction * grid.area).sum() == pytest.approx(1.47e14, rel=0.015)
    # Australia with Tasmania
    box = np.ix_((grid.lat > -44) & (grid.lat < -10.6), (grid.lon > 112) & (grid.lon < 154.5))
    assert (fraction * grid.area)[box].sum() == pytest.approx(7.69e12, rel=0.02)


def test_fraction_of_cells_over_the_date_line() -> None:
    whole = LatLonGrid.regular(2.0)
    moved = LatLonGrid.from_centres(whole.lat, np.arange(180) * 2.0 - 180)
    a, b = land_fraction(whole, "c"), land_fraction(moved, "c")
    assert (a * whole.area).sum(axis=1) == pytest.approx((b * moved.area).sum(axis=1), rel=1e-3, abs=1e9)
    assert b[:, 0] == pytest.approx(0.5 * (a[:, 0] + a[:, -1]), abs=0.5)


def test_unknown_resolution() -> None:
    with pytest.raises(ConfigError, match='"c", "l" or "i"'):
        coastlines("f")
