"""What cells exchange with the outside: heads, fluxes, wells, drains and lakes against what Darcy's law gives."""

from __future__ import annotations

import numpy as np
import pytest
from tests.flow.subsurface_box import (
    AREA,
    BOTTOM,
    DEPTH,
    DRAIN,
    EAST,
    FLUX,
    LAKE,
    NORTH,
    NX,
    SHAPE,
    SIDE,
    SOUTH,
    THICKNESS,
    TOP,
    WELL,
    WEST,
    box,
    level,
    rain,
    run,
    start,
)  # fmt: skip

from vadose.flow.subsurface_terms import SIDES, Drain, FaceFlux, FaceHead, Lake, Well

LONG = 1e11  # s, by which ponds too are steady
K = 1e-5


def held(side: str, head: object) -> FaceHead:
    """Heads on all faces of one side of the box."""
    where = {"west": np.s_[..., 0], "east": np.s_[..., -1], "south": np.s_[:, 0], "north": np.s_[:, -1],
             "top": np.s_[0], "bottom": np.s_[-1]}[side]  # fmt: skip
    faces = np.full(SHAPE, np.nan)
    faces[where] = np.broadcast_to(head, SHAPE)[where]
    return FaceHead(faces, np.ones(SHAPE), side)


@pytest.mark.parametrize(("first", "second"), [(WEST, EAST), (EAST, WEST), (SOUTH, NORTH), (NORTH, SOUTH)])
def test_heads_at_two_sides_drive_what_darcy_says(first: int, second: int) -> None:
    names = dict(zip((WEST, EAST, SOUTH, NORTH), SIDES, strict=False))
    terms = {first: held(names[first], DEPTH + 2.0), second: held(names[second], DEPTH + 1.5)}
    done = run(box(terms=terms), start(box(), level(-1.5)), 3, LONG)
    expected = K * 0.5 / (NX * SIDE) * SIDE * NX * float(THICKNESS.sum())
    assert float(done.rates[first].sum()) * AREA == pytest.approx(expected, rel=1e-6)
    assert float(done.rates[second].sum()) * AREA == pytest.approx(-expected, rel=1e-6)


def test_heads_at_top_and_bottom_drive_what_darcy_says() -> None:
    done = run(box(terms={TOP: held("top", 0.3), BOTTOM: held("bottom", 0.1)}), start(box(), level(-0.3)), 3, LONG)
    L = float(THICKNESS.sum())
    np.testing.assert_allclose(done.rates[TOP][0], K * (0.2 / L + 1.0), rtol=1e-6)
    np.testing.assert_allclose(done.rates[BOTTOM][-1], -K * (0.2 / L + 1.0), rtol=1e-6)


def test_a_flux_brings_exactly_what_it_says() -> None:
    flux = np.zeros(SHAPE)
    flux[3, 1, 2], flux[0, 4, 4] = 1e-7, -2e-8
    begun = start(box(), level(2.0))
    done = run(box(terms={FLUX: FaceFlux(flux)}), begun, 1, 7200.0)
    assert float((done.state.water - begun.water).sum()) == pytest.approx(8e-8 * 7200.0, rel=1e-9)


def test_a_drain_takes_the_recharge_at_the_head_that_its_conductance_asks() -> None:
    conductance = np.zeros(SHAPE)
    conductance[4] = 1e-6
    terms = {DRAIN: Drain(conductance, 0.2), **rain(5e-8)}
    done = run(box(terms=terms), start(box(), level(0.8)), 20, 1e6)
    np.testing.assert_allclose(done.rates[DRAIN][4], -5e-8, rtol=1e-4)
    np.testing.assert_allclose(done.state.head[4], 0.2 + 5e-8 / 1e-6, rtol=1e-4)
    still = run(box(terms={DRAIN: Drain(conductance, 3.0)}), start(box(), level(0.8)), 2)
    assert not still.rates[DRAIN].any() and np.abs(still.state.head - level(0.8)).max() < 1e-10


def test_a_well_gives_what_is_asked_until_its_cells_run_dry() -> None:
    share = np.zeros(SHAPE)
    share[3:, 2, 2] = THICKNESS[3:, 0, 0] / THICKNESS[3:].sum()
    sides = {place: held(side, DEPTH - 0.5) for place, side in ((WEST, "west"), (EAST, "east"))}
    begun = start(box(), level(0.5))
    done = run(box(terms={**sides, WELL: Well(-1e-6, share)}), begun, 5, 1e6)
    assert float(done.rates[WELL].sum()) * AREA == pytest.approx(-1e-6, rel=1e-9)
    # The cone is symmetric about the well, toward both heads, and comes from them alone once steady.
    head = np.asarray(done.state.head)
    np.testing.assert_allclose(head, head[:, :, ::-1], atol=1e-7)
    np.testing.assert_allclose(head, head[:, ::-1], atol=1e-7)
    assert head[4, 2, 2] == head[4].min() < level(0.5)[4, 0, 0]
    greedy = run(box(terms={WELL: Well(-1e-3, share, -2.0)}), begun, 20, 36000.0)
    assert -1e-3 < float(greedy.rates[WELL].sum()) * AREA <= 0.0 and float(greedy.state.head[3:, 2, 2].min()) > -2.0


def test_soil_under_a_lake_comes_to_its_level() -> None:
    stage = np.full(SHAPE[1:], np.nan)
    stage[:, :2] = 0.4
    begun = start(box(), level(0.5))
    terms = {LAKE: Lake(stage)}
    done = run(box(terms=terms), begun, 3, LONG)
    # Columns beside the lake fill from below to its level, 0.4 m above a level ground without outflow.
    np.testing.assert_allclose(done.state.head, level(-0.4), atol=1e-6)
