"""From an elevation map to slopes, drainage and rivers: planes, valleys, pits, noise, masks, faults of the map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError, VadoseError
from vadose.grid.terrain import Conditioning, Terrain, northward, terrain, wetness
from vadose.grid.terrain_slopes import EAST, NORTH, SOUTH, STEPS, WEST, edge, outflow, pits

pytest.importorskip("pyflwdir", reason="pyflwdir (the extra `terrain`) is not installed")

METHODS = pytest.mark.parametrize("method", ["carve", "fill"])
SETTINGS = settings(deadline=None, max_examples=60)


def counted(t: Terrain) -> np.ndarray:
    """Drainage area m2 by walking down from every cell, one by one."""
    area = np.zeros(t.active.size)
    way = t.downstream.ravel()
    for start in np.flatnonzero(t.active):
        cell = start
        for _ in range(t.active.size):
            area[cell] += t.dx * t.dy
            if way[cell] == cell:
                break
            cell = way[cell]
        else:
            raise AssertionError(f"the way from {start} has no end")
    return area.reshape(t.active.shape)


def check(t: Terrain, least: float, lakes: np.ndarray | None = None) -> None:
    """What holds for every conditioned terrain."""
    lakes = np.zeros(t.active.shape, bool) if lakes is None else lakes
    assert pits(t.slope_x, t.slope_y, t.active, sinks=lakes) == []
    assert pits(*t.cell_slopes(), t.active, sinks=lakes, scheme="cells") == []
    assert t.area[t.outlets].sum() == pytest.approx(t.active.sum() * t.dx * t.dy, rel=1e-12)
    assert np.array_equal(t.area, counted(t))
    assert (t.slope[t.active & ~lakes] >= 0.999 * least).all()
    assert not t.slope[~t.active].any()
    assert np.isnan(t.elevation[~t.active]).all() and np.isfinite(t.elevation[t.active]).all()
    assert (t.way[t.outlets] == -1).all() and (t.downstream[~t.active] == -1).all()
    out = outflow(t.slope_x, t.slope_y, t.active)
    for way, (dy, dx) in enumerate(STEPS):
        y, x = np.nonzero(t.way == way)
        assert (out[way, y, x] >= 0.998 * t.slope[y, x]).all()  # the steepest face, but for rounding at outlets
        assert (t.downstream[y, x] == (y + dy) * t.active.shape[1] + x + dx).all()


@METHODS
@pytest.mark.parametrize(
    ("gx", "gy", "way"), [(0.02, 0.01, WEST), (-0.02, 0.01, EAST), (0.01, 0.02, SOUTH), (0.01, -0.02, NORTH)]
)
def test_a_plane_keeps_its_slopes(method: str, gx: float, gy: float, way: int) -> None:
    y, x = np.indices((6, 7))
    z = 50.0 + gx * 100.0 * x + gy * 40.0 * y
    t = terrain(z, 100.0, 40.0, conditioning=Conditioning(method))
    assert np.array_equal(t.elevation, z) and t.notes == ()
    # The plane goes on beyond a border where water leaves over it; where it rises nothing flows.
    assert t.slope_x[:, :-1] == pytest.approx(gx) and t.slope_y[:-1] == pytest.approx(gy)
    assert t.slope_x[:, -1] == pytest.approx(min(gx, 0.0)) and t.slope_y[-1] == pytest.approx(min(gy, 0.0))
    inner = t.way[1:-1, 1:-1]
    assert (inner == way).all()
    check(t, 1e-5)


def test_a_tilted_valley_gathers_in_its_channel() -> None:
    """Two hillslopes of 5 % and a channel of 1 % toward the south, as the tilted V of overland flow."""
    y, x = np.indices((12, 11))
    z = 100.0 + 0.05 * 10.0 * np.abs(x - 5) + 0.01 * 10.0 * y
    ends = np.zeros(z.shape, bool)
    ends[0, 5] = True
    t = terrain(z, 10.0, 10.0, outlets=ends, conditioning=Conditioning(river_area=2000.0))
    assert np.array_equal(t.elevation, z) and np.array_equal(t.outlets, ends)
    assert t.area[:, 5] == pytest.approx(np.arange(12, 0, -1) * 11 * 100.0)
    assert np.array_equal(t.river, np.where(x == 5, y <= 10, False))
    assert (t.order[t.river] == 1).all() and not t.order[~t.river].any()
    assert t.wetness[:-1, 5].min() > np.delete(t.wetness, 5, axis=1).max()
    # The valley's floor leaves by its own slope; walls elsewhere.
    assert t.slope_y[0, 5] == pytest.approx(0.01)
    assert not t.slope_y[0, np.arange(11) != 5].any() and not t.slope_y[-1].any()
    check(t, 1e-5)


def test_the_order_of_a_river_rises_where_equals_meet() -> None:
    z = np.full((5, 7), 100.0)
    z[:, 3] = np.arange(5.0)  # a stem to the south
    z[3, 1:3], z[3, 4:6] = (8.0, 6.0), (6.0, 8.0)  # two headwaters
    z[4, 3] = 90.0
    ends = np.zeros(z.shape, bool)
    ends[0, 3] = True
    t = terrain(z, 1.0, 1.0, outlets=ends, conditioning=Conditioning(river_area=3.0))
    assert t.order[3, [2, 3, 4]].tolist() == [1, 2, 1]
    assert t.order[0, 3] == t.order.max()


@METHODS
def test_a_cone_with_a_pit_drains(method: str) -> None:
    y, x = np.indices((21, 21))
    z = 200.0 - 5.0 * np.hypot(y - 10, x - 10)
    z[4:7, 4:7] -= 20.0
    t = terrain(z, 30.0, 30.0, conditioning=Conditioning(method))
    check(t, 1e-5)
    raised, cut = np.maximum(t.elevation - z, 0.0), np.maximum(z - t.elevation, 0.0)
    if method == "fill":
        assert cut.max() == 0.0
        assert any("raised" in n for n in t.notes) and len(t.notes) == 1
    else:
        assert cut.max() > 1.0
        filled = terrain(z, 30.0, 30.0, conditioning=Conditioning("fill")).elevation
        assert ((t.elevation - z) ** 2).sum() < 0.7 * ((filled - z) ** 2).sum()
    far = np.ones(z.shape, bool)
    far[:9, :9] = False  # what lies away from the pit is as it was
    assert raised[far].max() == 0.0 and cut[far].max() == 0.0


def test_a_hollow_is_filled_to_its_pass_with_the_least_slope() -> None:
    z = np.array([[9.0] * 5, [9.0, 3.0, 2.0, 5.0, 1.0], [9.0] * 5])
    ends = np.zeros(z.shape, bool)
    ends[1, 4] = True
    t = terrain(z, 10.0, 10.0, outlets=ends, conditioning=Conditioning("fill", least_slope=0.01))
    assert t.elevation[1] == pytest.approx([9.0, 5.2, 5.1, 5.0, 1.0])
    assert t.notes == ("4 cells raised, at most by 3.1 m at (y, x) = (1, 2)",)


def test_carving_is_the_nearest_surface_that_descends() -> None:
    z = np.array([[9.0] * 5, [9.0, 3.0, 2.0, 5.0, 1.0], [9.0] * 5])
    ends = np.zeros(z.shape, bool)
    ends[1, 4] = True
    t = terrain(z, 10.0, 10.0, outlets=ends, conditioning=Conditioning(least_slope=1e-9))
    assert t.elevation[1] == pytest.approx([9.0, 10 / 3, 10 / 3, 10 / 3, 1.0], abs=1e-6)
    assert t.elevation[[0, 2]] == pytest.approx(9.0)


heights = arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.one_of(st.integers(0, 4).map(float), st.floats(-50.0, 500.0)),
)


@SETTINGS
@given(z=heights, seed=st.integers(0, 99), method=st.sampled_from(["carve", "fill"]), data=st.data())
def test_noise_drains_over_any_mask(z: np.ndarray, seed: int, method: str, data: st.DataObject) -> None:
    assume(z.size > 1)
    rng = np.random.default_rng(seed)
    active = rng.random(z.shape) < data.draw(st.sampled_from([0.6, 0.9, 2.0]))
    active.flat[rng.integers(z.size)] = True
    how = Conditioning(method, 1e-3, data.draw(st.sampled_from([np.inf, 0.3, 0.0])))
    t = terrain(np.where(active, z, np.nan), 20.0, 5.0, active=active, conditioning=how)
    check(t, 1e-3)


@SETTINGS
@given(z=heights, seed=st.integers(0, 99), method=st.sampled_from(["carve", "fill"]))
def test_noise_drains_by_one_outlet_or_a_lake(z: np.ndarray, seed: int, method: str) -> None:
    assume(z.size > 1)
    ends = np.zeros(z.shape, bool)
    ends.flat[np.random.default_rng(seed).integers(z.size)] = True
    lakes = ends & ~edge(np.ones(z.shape, bool))
    try:
        t = terrain(z, 10.0, 10.0, outlets=ends, conditioning=Conditioning(method))
    except DataError as error:
        # All cells beside that corner must stay shut, or they would let water out.
        assert "south-western corner" in str(error) and ends[0, 0] and min(z.shape) > 1
        return
    check(t, 1e-5, lakes)
    assert np.array_equal(t.outlets, ends)
    assert t.area[ends] == pytest.approx(z.size * 100.0)
    out = outflow(t.slope_x, t.slope_y, t.active)
    for way, rim in ((WEST, np.s_[:, 0]), (EAST, np.s_[:, -1]), (SOUTH, np.s_[0]), (NORTH, np.s_[-1])):
        assert not out[way][rim][~ends[rim]].any()  # walls, but for the outlet


def test_water_routed_down_the_network_is_conserved() -> None:
    """Rain on every cell, all of it moved on by one cell a step: after the longest way it is gone, none is lost."""
    z = np.random.default_rng(5).normal(200.0, 10.0, (25, 25))
    t = terrain(z, 100.0, 100.0)
    water, gone = np.ones(z.size), 0.0
    way = t.downstream.ravel()
    ends = way == np.arange(z.size)
    for _ in range(z.size):
        gone += water[ends].sum()
        water = np.bincount(way[~ends], water[~ends], z.size)
        assert gone + water.sum() == pytest.approx(z.size, rel=1e-12)
        if not water.any():
            break
    assert gone == pytest.approx(z.size, rel=1e-12)


def test_the_lowest_cell_of_the_edge_drains_each_piece() -> None:
    y, x = np.indices((6, 9))
    z = 100.0 + 3.0 * x + y
    active = x != 4
    t = terrain(z, 10.0, 10.0, active=active, outlets="lowest")
    assert np.argwhere(t.outlets).tolist() == [[1, 0], [1, 5]]  # the lowest but for south-western corners
    assert t.area[1, [0, 5]].tolist() == [2400.0, 2400.0]
    check(t, 1e-5)
    # On the inactive side of an open western border stands the slope by which water leaves over it.
    assert t.slope_x[1, 4] == t.slope_x[1, 5] == pytest.approx(0.3)
    assert not np.delete(t.slope_x[:, 4], 1).any()


def test_secondary_faces_are_limited_to_a_part_of_the_main_one() -> None:
    z = np.random.default_rng(2).normal(300.0, 20.0, (20, 20))
    free = terrain(z, 50.0, 50.0)
    for most in (0.25, 0.0):
        t = terrain(z, 50.0, 50.0, conditioning=Conditioning(secondary=most))
        assert np.array_equal(t.way, free.way) and np.array_equal(t.area, free.area)
        out = outflow(t.slope_x, t.slope_y, t.active)[:, 2:-1, 2:-1]
        way = t.way[2:-1, 2:-1]
        other = np.where(np.arange(4)[:, None, None] == way, 0.0, out)
        assert (other <= most * t.slope[2:-1, 2:-1] * (1 + 1e-12)).all()
        assert np.array_equal(out.max(axis=0), free.slope[2:-1, 2:-1])


def test_slopes_of_cells_point_down_the_network() -> None:
    t = terrain(np.random.default_rng(3).normal(100.0, 5.0, (15, 15)), 10.0, 10.0)
    slope_x, slope_y = t.cell_slopes()
    assert (slope_x[t.way == EAST] == -t.slope[t.way == EAST]).all()
    assert (slope_x[t.way == WEST] == t.slope[t.way == WEST]).all()
    assert (slope_y[t.way == NORTH] == -t.slope[t.way == NORTH]).all()
    assert (slope_y[t.way == SOUTH] == t.slope[t.way == SOUTH]).all()


def test_rows_from_north_to_south_are_turned() -> None:
    y, x = np.indices((6, 5))
    z = 10.0 + 0.5 * y + 0.1 * x  # rises northward
    along = np.arange(6.0) * 10.0
    assert np.array_equal(northward(z[::-1], along[::-1]), z)
    assert northward(z, along) is z
    turned, plain = terrain(northward(z[::-1], along[::-1]), 10.0, 10.0), terrain(z, 10.0, 10.0)
    assert np.array_equal(turned.slope_y, plain.slope_y)
    assert plain.slope_y[:-1] == pytest.approx(0.05)
    # Taken as they stand, rows from the north give slopes of the other sign.
    assert terrain(z[::-1], 10.0, 10.0).slope_y[:-1] == pytest.approx(-0.05)
    with pytest.raises(GridMismatch, match="rise or fall"):
        northward(z, np.array([0.0, 1, 2, 3, 4, 4]))
    with pytest.raises(GridMismatch, match="6 rows, got 5"):
        northward(z, along[:5])


def test_wetness_is_that_of_its_formula() -> None:
    assert wetness(np.array([1000.0]), np.array([0.01])) == pytest.approx(np.log(1e5))
    with pytest.raises(RangeError, match="`slope` must be > 0, got 0"):
        wetness(np.array([1.0]), np.array([0.0]))


def test_a_lake_keeps_the_water_and_has_no_index() -> None:
    z = np.array([[5.0, 5.0, 5.0], [5.0, 1.0, 5.0], [5.0, 5.0, 5.0]])
    ends = z == 1.0
    t = terrain(z, 10.0, 10.0, outlets=ends)
    assert t.outlets[1, 1] and t.area[1, 1] == 900.0
    assert np.argwhere(np.isnan(t.wetness)).tolist() == [[1, 1]]
    assert pits(t.slope_x, t.slope_y) == [(1, 1)]


Z = np.arange(12.0).reshape(3, 4) + 100.0
HOLE = np.where(Z == 105.0, np.nan, Z)
PIECES = np.array([[True, True, False, True]] * 3)


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ({"elevation": HOLE}, DataError, r"missing in 1 cell \(y, x\) = \(1, 1\) that are active.*np\.isfinite"),
        ({"elevation": Z.ravel()}, GridMismatch, r"\[y, x\] .* got shape \(12,\)"),
        ({"elevation": Z[:1, :1]}, GridMismatch, "at least 2 cells"),
        ({"dx": 0.0}, RangeError, "`dx` must be > 0 m, got 0"),
        ({"dy": -30.0}, RangeError, "`dy` must be > 0 m, got -30; rows from north to south.*northward"),
        ({"dx": float("nan")}, RangeError, "`dx`"),
        ({"elevation": Z * 100.0}, UnitError, r"elevation is 10000 m in 12 cells .*convert it to m"),
        ({"elevation": np.where(Z == 105.0, -9999.0, Z)}, UnitError, r"-9999 m in 1 cell .*\(1, 1\).*without data"),
        ({"active": np.ones((4, 3), bool)}, GridMismatch, r"active is \(4, 3\), expected \(3, 4\)"),
        ({"active": np.zeros((3, 4), bool)}, DataError, "no cell is active"),
        ({"outlets": "sea"}, ConfigError, '"edge", "lowest" or a mask'),
        ({"outlets": np.zeros((3, 4), bool)}, DataError, "no outlet in the 12 connected active cells"),
        ({"outlets": np.zeros((4, 3), bool)}, GridMismatch, "`outlets` are"),
        ({"active": Z < 108, "outlets": Z == 110}, DataError, r"`outlets` has 1 cell \(y, x\) = \(2, 2\) outside"),
        ({"active": PIECES, "outlets": Z == 100}, DataError, r"3 cells .*\(0, 3\).* are cut off .*no outlet"),
        ({"outlets": Z == 100}, DataError, r"6 cells .*\(1, 1\).*away from the south-western corner"),
    ],
)
def test_what_a_map_has_wrong_is_named(how: dict, error: type[VadoseError], text: str) -> None:
    with pytest.raises(error, match=text):
        terrain(**({"elevation": Z, "dx": 10.0, "dy": 10.0} | how))


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"method": "breach"}, "carve, fill, got 'breach'"),
        ({"least_slope": 0.0}, "`least_slope` must be within"),
        ({"secondary": -1.0}, "`secondary`"),
        ({"river_area": 0.0}, "`river_area`"),
    ],
)
def test_what_the_conditioning_has_wrong_is_named(how: dict, text: str) -> None:
    with pytest.raises(VadoseError, match=text):
        Conditioning(**how)


def test_cells_without_data_are_left_out_by_the_mask() -> None:
    t = terrain(HOLE, 10.0, 10.0, active=np.isfinite(HOLE))
    assert not t.active[1, 1] and t.way[1, 1] == -1
    check(t, 1e-5)
    masked = np.ma.masked_invalid(HOLE)
    with pytest.raises(DataError, match="missing in 1 cell"):
        terrain(masked, 10.0, 10.0)
