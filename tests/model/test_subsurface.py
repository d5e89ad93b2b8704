"""A subsurface over many steps: sums of what passed, a step that fails, and where the water table stands."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from vadose.flow.overland import KinematicWave
from vadose.flow.subsurface import Subsurface, SubsurfaceState, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_terms import Drain
from vadose.model.subsurface import Passed, advance, saturation, water_table_depth
from vadose.soil import VanGenuchten

THICKNESS = np.array([0.2, 0.4, 0.6])[:, None, None]
SHAPE = (3, 3, 4)
DX, DY = 20.0, 10.0
AREA = DX * DY
ACTIVE = np.ones(SHAPE, bool)
ACTIVE[:, 0, 0] = False
RAIN = 2e-6  # m s-1


@pytest.fixture(scope="module")
def problem() -> Subsurface:
    """A slope toward the west with a drain and a column that takes no part."""
    drain = np.zeros(SHAPE)
    drain[1, 2, 3] = 1e-6
    return Subsurface(
        SubsurfaceGrid(THICKNESS, np.full(SHAPE[1:], 0.02), np.zeros(SHAPE[1:]), DX, DY, ACTIVE),
        VanGenuchten(theta_r=0.05, theta_s=0.4, alpha=3.0, n=1.8, K_s=3e-6),
        overland=KinematicWave(0.05),
        terms=(Drain(drain),),
    )


@pytest.fixture(scope="module")
def start(problem: Subsurface) -> SubsurfaceState:
    centres = np.cumsum(THICKNESS, axis=0) - 0.5 * THICKNESS
    return state_at(problem, np.where(ACTIVE, centres - 0.3, -1.0))


def top(*rates: float) -> np.ndarray:
    """A flux of eight steps, [8, y, x] m s-1; the last rate goes on."""
    rows = [*rates, *[rates[-1]] * (8 - len(rates))]
    return np.asarray(rows)[:, None, None] * np.ones(SHAPE[1:])


@pytest.fixture(scope="module")
def passed(problem: Subsurface, start: SubsurfaceState) -> Passed:
    return advance(problem, start, top(RAIN, RAIN, RAIN, -1e-8), 3600.0, 6)


def test_sums_are_those_of_what_was_asked(passed: Passed) -> None:
    assert bool(passed.converged) and int(passed.done) == 6 and int(passed.substeps) >= 6
    assert float(passed.rain) == pytest.approx(3 * 3600.0 * RAIN * AREA * 11, rel=1e-12)
    assert float(passed.evaporation) == pytest.approx(-3 * 3600.0 * 1e-8 * AREA * 11, rel=1e-9)
    assert passed.terms.shape == (1,) and float(passed.terms[0]) < 0.0


def test_storage_changes_by_what_passed_over_borders_of_mask_and_arrays(start: SubsurfaceState, passed: Passed) -> None:
    out = -float(passed.x[1:, 0].sum()) * DY - float(passed.x[0, 1]) * DY
    assert out > 0.0 and float(passed.x[0, 1]) < 0.0
    gained = float((passed.state.water - start.water).sum()) * AREA
    entered = float(passed.rain + passed.evaporation + passed.terms[0]) - out
    assert gained == pytest.approx(entered, abs=1e-10 * float(passed.throughput))
    assert float(passed.unbalanced) < 1e-10 * float(passed.throughput)
    through = float(passed.rain - passed.evaporation - passed.terms[0]) + out
    assert float(passed.throughput) == pytest.approx(through, rel=1e-9)


def test_two_blocks_are_one(problem: Subsurface, start: SubsurfaceState, passed: Passed) -> None:
    first = advance(problem, start, top(RAIN), 3600.0, 3)
    second = advance(problem, first.state, top(-1e-8), 3600.0, 3)
    np.testing.assert_array_equal(second.state.head, passed.state.head)
    np.testing.assert_array_equal(second.state.water, passed.state.water)
    np.testing.assert_allclose(first.x + second.x, passed.x, rtol=1e-14)


def test_a_step_that_fails_leaves_the_state_before_it(problem: Subsurface, start: SubsurfaceState) -> None:
    good = advance(problem, start, top(RAIN), 3600.0, 2)
    bad = advance(problem, start, top(RAIN, RAIN, 1e12), 3600.0, 6)
    assert not bool(bad.converged) and int(bad.done) == 2
    assert float(bad.residual) > 1e-6 and 0 <= int(bad.worst) < np.prod(SHAPE)
    for name in ("rain", "terms", "x", "unbalanced", "substeps", "iterations"):
        np.testing.assert_array_equal(getattr(bad, name), getattr(good, name), err_msg=name)
    np.testing.assert_array_equal(bad.state.head, good.state.head)


def test_dry_soil_limits_evaporation(problem: Subsurface) -> None:
    dry = state_at(problem, np.where(ACTIVE, -80.0, -1.0))
    got = advance(problem, dry, top(-1e-6), 3600.0, 6)
    assert bool(got.converged)
    assert 0.0 < -float(got.evaporation) < 0.5 * 6 * 3600.0 * 1e-6 * AREA * 11


def test_saturation_is_water_over_pore_space(problem: Subsurface) -> None:
    wet, drained = -2.0 * np.ones(SHAPE), np.where(ACTIVE, 0.5, -1.0)
    expected = float(problem.retention.water_content(-2.0)) / 0.4
    found = np.asarray(saturation(problem, state_at(problem, wet)))
    np.testing.assert_allclose(found[ACTIVE], expected, rtol=1e-6)
    assert np.isnan(found[~ACTIVE]).all()
    np.testing.assert_allclose(np.asarray(saturation(problem, state_at(problem, drained)))[ACTIVE], 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("heads", "depth"),
    [
        ([-0.4, -0.1, 0.4], 0.5),  # the third layer's centre lies at 0.9 m
        ([-0.2, 0.1, 0.6], 0.3),
        ([0.3, 0.6, 1.1], 0.0),  # ponded
        ([0.02, 0.32, 0.82], 0.08),  # above the first centre, below the ground
        ([-3.0, -2.0, -1.0], np.nan),
        ([0.1, -0.5, 0.2], 0.7),  # perched water above does not count
    ],
)
def test_the_water_table_is_that_of_the_saturated_zone_from_below(heads: list[float], depth: float) -> None:
    column: Any = jnp.asarray(heads)[:, None, None] * jnp.ones((3, 2, 2))
    np.testing.assert_allclose(water_table_depth(column, THICKNESS), np.full((2, 2), depth), atol=1e-12)
