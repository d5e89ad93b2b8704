"""The way of water by slopes, cells that it cannot leave, masks in pieces."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.grid.terrain_slopes import (
    EAST,
    NORTH,
    SOUTH,
    WEST,
    check_connected,
    check_drainage,
    edge,
    isolated,
    outflow,
    pits,
    trapped,
)

GOLDEN = Path(os.environ.get("VADOSE_DATA", "absent")) / "golden" / "parflow"


def slopes_of(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of faces of cells of 1 m, walls at the eastern and northern borders."""
    return np.diff(z, axis=1, append=z[:, -1:]), np.diff(z, axis=0, append=z[-1:])


def test_outflow_of_a_face_belongs_to_its_upper_cell() -> None:
    z = np.array([[3.0, 1.0, 2.0]])
    out = outflow(*slopes_of(z), np.ones((1, 3), bool))
    assert out[EAST].tolist() == [[2.0, 0.0, 0.0]]
    assert out[WEST].tolist() == [[0.0, 0.0, 1.0]]
    assert not out[[NORTH, SOUTH]].any()


def test_borders_follow_the_convention_of_the_first_and_the_last_cell() -> None:
    slope_x, slope_y = np.array([[0.2, 0.0, -0.3]] * 3), np.array([[0.4] * 3, [0.0] * 3, [-0.5] * 3])
    out = outflow(slope_x, slope_y, np.ones((3, 3), bool))
    assert out[WEST, 1].tolist() == [0.2, 0.2, 0.0]  # over the border and over the face beside it
    assert out[EAST, 1].tolist() == [0.0, 0.0, 0.3]
    assert out[SOUTH, :, 1].tolist() == [0.4, 0.4, 0.0]
    assert out[NORTH, :, 1].tolist() == [0.0, 0.0, 0.5]


def test_slopes_of_cells_move_water_out_of_their_own_cell() -> None:
    slope_x = np.array([[0.2, -0.1, 0.0]])
    out = outflow(slope_x, np.zeros((1, 3)), np.ones((1, 3), bool), "cells")
    assert out[WEST].tolist() == [[0.2, 0.0, 0.0]]
    assert out[EAST].tolist() == [[0.0, 0.1, 0.0]]


def test_a_hollow_is_a_pit_and_traps_what_drains_to_it() -> None:
    y, x = np.indices((9, 9))
    z = np.hypot(y - 4, x - 4)
    slope_x, slope_y = slopes_of(z)
    slope_x[:, 0], slope_y[0] = np.minimum(slope_x[:, 0], 0.0), np.minimum(slope_y[0], 0.0)
    assert pits(slope_x, slope_y) == [(4, 4)]
    assert trapped(slope_x, slope_y).all()
    sinks = np.zeros((9, 9), bool)
    sinks[4, 4] = True
    assert pits(slope_x, slope_y, sinks=sinks) == []
    with pytest.raises(DataError, match=r"toposlopes\.nc: .* 1 cell \(y, x\) = \(4, 4\).*lake"):
        check_drainage(slope_x, slope_y, where="toposlopes.nc")
    check_drainage(slope_x, slope_y, sinks=sinks)


def test_water_that_runs_in_a_ring_cannot_leave() -> None:
    # (1, 1) -> (1, 2) -> (2, 2) -> (2, 1) -> (1, 1), which no elevation has; (1, 3) drains into it.
    slope_x, slope_y = np.zeros((4, 4)), np.zeros((4, 4))
    slope_x[1, 1], slope_y[1, 2], slope_x[2, 1], slope_y[1, 1] = -0.1, -0.1, 0.1, 0.1
    slope_x[1, 2] = 0.1
    lakes = np.ones((4, 4), bool)
    lakes[1:3, 1:3] = lakes[1, 3] = False
    assert pits(slope_x, slope_y, sinks=lakes) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert [tuple(c) for c in np.argwhere(trapped(slope_x, slope_y, sinks=lakes)).tolist()] == [
        (1, 1), (1, 2), (1, 3), (2, 1), (2, 2),
    ]  # fmt: skip


def test_flat_ground_moves_no_water() -> None:
    assert len(pits(np.zeros((2, 3)), np.zeros((2, 3)))) == 6


def test_masks_bound_the_way_out() -> None:
    slope_x = np.full((1, 4), -0.1)
    active = np.array([[True, True, False, True]])
    assert pits(slope_x, np.zeros((1, 4)), active) == []
    walled = np.where([[True, False, True, False]], slope_x, 0.0)
    assert pits(walled, np.zeros((1, 4)), active) == [(0, 1), (0, 3)]
    assert edge(active).tolist() == active.tolist()


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((np.zeros((2, 3)), np.zeros((3, 2))), GridMismatch, r"\(2, 3\) and \(3, 2\)"),
        ((np.zeros(3), np.zeros(3)), GridMismatch, r"\[y, x\]"),
        ((np.zeros((2, 3)), np.zeros((2, 3)), np.ones((3, 2), bool)), GridMismatch, r"active is \(3, 2\)"),
        ((np.full((2, 3), np.nan), np.zeros((2, 3))), DataError, "slope_x is missing in 6 cells"),
    ],
)
def test_bad_slopes_are_named(arguments: tuple, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        pits(*arguments)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ConfigError, match='"faces" or "cells"'):
        pits(np.zeros((2, 2)), np.zeros((2, 2)), scheme="nodes")


def test_missing_slopes_outside_the_mask_do_not_matter() -> None:
    slope_x = np.array([[-0.1, np.nan]])
    assert pits(slope_x, np.zeros((1, 2)), np.array([[True, False]])) == []


def test_pieces_of_a_mask_the_smallest_first() -> None:
    active = np.zeros((5, 6), bool)
    active[:, :2] = True
    active[0, 3:5] = True
    active[4, 5] = True  # touches nothing
    active[1, 2] = False
    pieces = isolated(active)
    assert [p.tolist() for p in pieces] == [[[4, 5]], [[0, 3], [0, 4]]]
    with pytest.raises(DataError, match=r"mask\.nc: 2 pieces .* 3 cells \(y, x\) = \(4, 5\), \(0, 3\), \(0, 4\)"):
        check_connected(active, "mask.nc")
    assert isolated(active[:, :2]) == []
    check_connected(active[:, :2])


def test_cells_that_meet_at_a_corner_are_not_connected() -> None:
    assert len(isolated(np.eye(3, dtype=bool))) == 2
    solid = np.zeros((2, 2, 2), bool)
    solid[0, 0, 0] = solid[1, 1, 1] = True
    with pytest.raises(DataError, match=r"\(z, y, x\)"):
        check_connected(solid)


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(DataError, match="no active cell"):
        isolated(np.zeros((2, 2), bool))


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="VADOSE_DATA does not name the reference results")
def test_the_slopes_of_the_reference_catchment_drain() -> None:
    held = np.load(GOLDEN / "catchment_n50_h240_p1_inputs.npz")
    assert pits(held["slope_x"], held["slope_y"]) == []
