"""Flow over the edges of surface cells: by hand, at borders, at rest, and its slopes against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vadose.flow.overland import CellKinematicWave, DiffusiveWave, KinematicWave
from vadose.flow.subsurface_grid import SubsurfaceGrid

NY, NX, DX, DY = 3, 4, 10.0, 20.0


def grid(slope_x: Any, slope_y: Any) -> SubsurfaceGrid:
    one = np.ones((NY, NX))
    return SubsurfaceGrid(np.ones((1, 1, 1)), slope_x * one, slope_y * one, DX, DY)


def manning(slope: float, depth: float, n: float = 0.05) -> float:
    return np.sqrt(slope) / n * depth ** (5.0 / 3.0)


@pytest.mark.parametrize("wave", [KinematicWave, CellKinematicWave, DiffusiveWave])
def test_even_water_on_a_plane_flows_by_mannings_equation(wave: Any) -> None:
    depth = np.full((NY, NX), 0.02)
    flow = wave(0.05).edges(grid(-0.01, 0.0), depth, depth)
    # Beyond the border the depth is 0, which tilts the diffusive wave's surface in the last row.
    inner = np.asarray(flow.x)[:-1, 1:-1]
    np.testing.assert_allclose(inner, manning(0.01, 0.02), rtol=1e-12)
    assert not np.asarray(flow.x)[:, 0].any()  # nothing comes in over the border that lies uphill
    up = wave(0.05).edges(grid(0.0, 0.01), depth, depth)
    np.testing.assert_allclose(np.asarray(up.y)[1:-1, :-1], -manning(0.01, 0.02), rtol=1e-12)
    assert not np.asarray(up.y)[-1].any()


@pytest.mark.parametrize("wave", [KinematicWave, CellKinematicWave])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_water_leaves_over_the_border_downhill(wave: Any, sign: float) -> None:
    depth = np.full((NY, NX), 0.01)
    flow = wave(0.05).edges(grid(sign * 0.04, 0.0), depth, depth)
    border = np.asarray(flow.x)[:, 0 if sign > 0.0 else -1]
    np.testing.assert_allclose(border, -sign * manning(0.04, 0.01), rtol=1e-12)


def test_kinematic_water_takes_the_depth_of_the_cell_uphill() -> None:
    depth = np.zeros((NY, NX))
    depth[:, 1] = 0.03
    x = np.asarray(KinematicWave(0.05).edges(grid(-0.01, 0.0), depth, depth).x)
    assert (x[:, 2] > 0.0).all() and not x[:, [0, 1, 3, 4]].any()


def test_both_slopes_share_one_magnitude() -> None:
    depth = np.full((NY, NX), 0.02)
    flow = KinematicWave(0.05).edges(grid(-0.03, -0.04), depth, depth)
    total = np.hypot(np.asarray(flow.x)[1, 1], np.asarray(flow.y)[1, 1])
    assert total == pytest.approx(manning(0.05, 0.02), rel=1e-12)


def test_a_level_lake_over_an_uneven_bed_is_at_rest() -> None:
    bed = np.cumsum(np.asarray([0.0, 0.1, -0.05, 0.2]))[None] * np.ones((NY, 1))
    slope = np.concatenate([np.diff(bed, axis=1) / DX, np.zeros((NY, 1))], axis=1)
    depth = 1.0 - bed
    flow = DiffusiveWave(0.05).edges(grid(slope, 0.0), depth, depth)
    assert np.abs(np.asarray(flow.x)[:, 1:-1]).max() < 1e-12
    assert np.abs(np.asarray(flow.y)[1:-1]).max() < 1e-12


@pytest.mark.parametrize("wave", [KinematicWave, CellKinematicWave, DiffusiveWave])
def test_slopes_are_those_of_the_flow(wave: Any) -> None:
    rng = np.random.default_rng(5)
    land = grid(rng.normal(0.0, 0.02, (NY, NX)), rng.normal(0.0, 0.02, (NY, NX)))
    depth, step = rng.uniform(0.01, 0.05, (NY, NX)), 1e-7
    flow = wave(0.05).edges(land, depth, depth)
    for y, x in ((0, 0), (1, 2), (2, 3)):
        more, less = (depth + s * step * (np.indices((NY, NX)) == [[[y]], [[x]]]).all(0) for s in (1.0, -1.0))
        up, down = wave(0.05).edges(land, more, depth), wave(0.05).edges(land, less, depth)
        for name, before, after in (("x", (y, x + 1), (y, x)), ("y", (y + 1, x), (y, x))):
            change = (np.asarray(getattr(up, name)) - np.asarray(getattr(down, name))) / (2.0 * step)
            assert change[before] == pytest.approx(float(getattr(flow, f"{name}_before")[before]), rel=1e-5, abs=1e-9)
            assert change[after] == pytest.approx(float(getattr(flow, f"{name}_after")[after]), rel=1e-5, abs=1e-9)


def test_a_dry_land_has_no_flow_and_finite_slopes() -> None:
    dry = np.zeros((NY, NX))
    for wave in (KinematicWave(0.05), CellKinematicWave(0.05), DiffusiveWave(0.05)):
        for part in wave.edges(grid(0.0, -0.01), dry, dry):
            assert not np.asarray(part).any()
