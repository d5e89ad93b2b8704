"""A made catchment: the same by seed, hills in the south, a plain in the north, one outlet."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.errors import ConfigError, RangeError
from vadose.grid.terrain import Conditioning
from vadose.grid.terrain_slopes import pits
from vadose.grid.terrain_synthetic import synthetic_catchment

pytest.importorskip("pyflwdir", reason="pyflwdir (the extra `terrain`) is not installed")


@pytest.mark.parametrize(("cells", "dx"), [(30, 5000.0), (60, 500.0)])
@pytest.mark.parametrize("seed", [0, 7])
def test_it_looks_like_a_catchment_of_hills_and_plain(cells: int, dx: float, seed: int) -> None:
    t = synthetic_catchment((cells, cells), dx, relief=300.0, seed=seed)
    assert pits(t.slope_x, t.slope_y) == []
    assert np.argwhere(t.outlets).tolist() == [[cells - 1, cells // 2]]
    assert t.area[t.outlets] == pytest.approx(cells**2 * dx**2)
    assert np.ptp(t.elevation) == pytest.approx(300.0, rel=0.02)
    third = cells // 3
    assert np.median(t.slope[:third]) > 5 * np.median(t.slope[-third:])
    assert t.elevation[:third].mean() > t.elevation[-third:].mean() + 60.0
    # Slopes fall with drainage area as those of rivers do, theta 0.4 to 0.6 (Flint 1974; Tucker & Whipple 2002).
    hills = t.area[: 2 * third] > 4 * dx**2, t.slope[: 2 * third]
    theta = -np.polyfit(np.log(t.area[: 2 * third][hills[0]]), np.log(hills[1][hills[0]]), 1)[0]
    assert 0.3 < theta < 0.8
    assert t.order.max() >= 3
    assert np.median(t.wetness[t.river]) > np.quantile(t.wetness, 0.8)


def test_conditioning_hardly_changes_it() -> None:
    t = synthetic_catchment((60, 60), 500.0, seed=3)
    assert all(float(note.split("at most by ")[1].split()[0]) < 5.0 for note in t.notes)


def test_the_seed_decides() -> None:
    one, same, other = (synthetic_catchment((20, 24), 1000.0, seed=s) for s in (4, 4, 5))
    assert np.array_equal(one.elevation, same.elevation) and np.array_equal(one.slope_x, same.slope_x)
    assert np.abs(one.elevation - other.elevation).max() > 10.0
    assert one.elevation.shape == (20, 24)


def test_its_relief_and_its_outlet_are_given() -> None:
    t = synthetic_catchment((16, 16), 100.0, relief=40.0, outlet=(8, 15), conditioning=Conditioning(least_slope=1e-3))
    assert np.argwhere(t.outlets).tolist() == [[8, 15]]
    assert np.ptp(t.elevation) == pytest.approx(40.0, rel=0.05)
    assert t.slope.min() >= 0.999e-3


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ({"shape": (7, 30)}, RangeError, r"at least \(8, 8\), got \(7, 30\)"),
        ({"relief": 0.0}, RangeError, "`relief` must be > 0 m"),
        ({"dx": -5.0}, RangeError, "`dx` must be > 0 m"),
        ({"outlet": (4, 4)}, ConfigError, r"border of \(10, 10\), got \(4, 4\)"),
        ({"outlet": (10, 4)}, ConfigError, "border"),
    ],
)
def test_what_makes_no_catchment_is_refused(how: dict, error: type[Exception], text: str) -> None:
    given = {"shape": (10, 10), "dx": 100.0} | how
    with pytest.raises(error, match=text):
        synthetic_catchment(given.pop("shape"), given.pop("dx"), **given)
