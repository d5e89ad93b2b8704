"""One step of a subsurface: states, cells that take no part, symmetries, and steps that are given up."""

from __future__ import annotations

import dataclasses

import numpy as np
from tests.flow.subsurface_box import SHAPE, THICKNESS, TIGHT, box, level, rain, run, soil, start

from vadose.flow.subsurface_step import step

WEATHER = 3e-6  # m s-1, 11 mm/h


def uneven(seed: int = 3) -> np.ndarray:
    return 1e-5 * np.exp(np.random.default_rng(seed).normal(0.0, 0.7, SHAPE))


def test_a_state_counts_the_pond_and_the_water_of_its_cells() -> None:
    head = level(1.0)
    head[0] = 0.02
    state = start(box(storage=0.0), head)
    np.testing.assert_allclose(state.pond, 0.02)
    expected = THICKNESS * soil().water_content(np.minimum(head, 0.0))
    expected[0] += 0.02
    np.testing.assert_allclose(state.water, expected, rtol=1e-12)


def test_inactive_cells_hold_nothing_and_let_nothing_through() -> None:
    active = np.ones(SHAPE, bool)
    active[:, :, 2] = False
    fallen = np.zeros(SHAPE[1:])
    fallen[:, :2] = WEATHER
    begun = start(box(active=active, terms=rain(fallen)), level(1.0))
    done = run(box(active=active, terms=rain(fallen)), begun, 6)
    moved = np.asarray(done.state.head) - level(1.0)
    assert np.abs(moved[:, :, :2]).max() > 0.1
    # Behind the wall nothing moves but rounding; in it nothing at all.
    assert np.abs(moved[:, :, 3:]).max() < 1e-10
    assert not np.asarray(done.state.water)[:, :, 2].any() and not moved[:, :, 2].any()


def test_a_mirrored_problem_has_the_mirrored_solution() -> None:
    K_s = uneven()
    one = box(K_s=K_s, slope_x=0.02, terms=rain(WEATHER))
    other = box(K_s=K_s[..., ::-1], slope_x=-0.02, terms=rain(WEATHER))
    done, mirrored = (run(p, start(p, level(0.6)), 8) for p in (one, other))
    assert float(done.state.pond.max()) > 1e-4
    np.testing.assert_allclose(mirrored.state.head[..., ::-1], done.state.head, atol=1e-8)
    np.testing.assert_allclose(-mirrored.x[:, ::-1], done.x, atol=1e-11)


def test_x_and_y_are_alike() -> None:
    rng = np.random.default_rng(7)
    K_s, sx, sy = uneven(), rng.normal(0.0, 0.02, SHAPE[1:]), rng.normal(0.0, 0.02, SHAPE[1:])
    one = box(K_s=K_s, slope_x=sx, slope_y=sy, terms=rain(WEATHER))
    other = box(K_s=K_s.swapaxes(1, 2), slope_x=sy.T, slope_y=sx.T, terms=rain(WEATHER))
    done, turned = (run(p, start(p, level(0.6)), 8) for p in (one, other))
    np.testing.assert_allclose(turned.state.head.swapaxes(1, 2), done.state.head, atol=1e-8)
    np.testing.assert_allclose(turned.y.T, done.x, atol=1e-11)


def test_a_step_that_does_not_converge_says_so_and_stands_still() -> None:
    problem = box(terms=rain(WEATHER))
    begun = start(problem, level(1.0))
    done = step(problem, begun, 3600.0, dataclasses.replace(TIGHT, tolerance=0.0, smallest_substep=1.0))
    assert not bool(done.converged) and int(done.substeps) == 0
    np.testing.assert_array_equal(done.state.head, begun.head)
    assert 0 <= int(done.worst) < np.prod(SHAPE) and float(done.residual) >= 0.0


def test_water_pressed_into_a_closed_box_is_held_by_its_elasticity() -> None:
    storage = 1e-4
    problem = box(storage=storage, terms=rain(1e-6))
    begun = start(problem, level(-1.0))  # 1 m of water on the ground
    pressed = run(problem, begun, 1, 36000.0)
    rested = run(box(storage=storage), pressed.state, 1, 1e9)
    rise = np.asarray(rested.state.head - begun.head)
    # Everywhere alike, once the pond and all saturated soil have shared it: gain / (1 + S_s sum dz).
    np.testing.assert_allclose(rise, 3.6e-2 / (1.0 + storage * THICKNESS.sum()), rtol=1e-6)
