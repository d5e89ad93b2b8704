"""Tracy's closed forms in 2-D and 3-D: against independent values, and the solver's order in space."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from tests.physics.soils import Exponential
from tests.physics.tracy import Block

from vadose.flow.richards_conductivity import ArithmeticMean
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import step
from vadose.flow.subsurface_terms import prescribed

STORED, BLOCK = Block(), Block(psi_r=-4.0)
SOIL = Exponential(theta_s=BLOCK.theta_s, theta_r=BLOCK.theta_r, alpha=BLOCK.alpha, K_s=BLOCK.K_s)
SETTINGS = SubsurfaceSettings(smooth_head=1e-6, tolerance=1e-8)
DAY = 86400.0
SIDES = ("west", "east", "south", "north")


def test_closed_forms_are_those_of_an_independent_program(vadose_data: Path) -> None:
    stored = np.load(vadose_data / "golden" / "richards" / "tracy_gwassess.npz")
    x, x3 = stored["x2"], stored["x3"]
    for i, time in enumerate(stored["times"]):
        for name, form in (("h2_specified", STORED.specified_2d), ("h2_noflux", STORED.closed_2d)):
            np.testing.assert_allclose(form(x[:, None], x[None, :], time), stored[name][i], atol=1e-12)
        block = STORED.specified_3d(x3[:, None, None], x3[None, :, None], x3[None, None, :], time)
        np.testing.assert_allclose(block, stored["h3"][i], atol=1e-12)


def solved(cells: int, shape: np.ndarray, held: tuple[str, ...], steps: int) -> np.ndarray:
    """Heads [z, y, x] after three days of a cube; shape [y, x] of what is held at the top, `held` sides at psi_r."""
    size = BLOCK.L / cells
    flat = np.zeros((cells, cells))
    grid = SubsurfaceGrid(np.full((cells, 1, 1), size), flat, flat, size, size)
    where = {"west": np.s_[:, :, 0], "east": np.s_[:, :, -1], "south": np.s_[:, 0], "north": np.s_[:, -1]}
    faces = []
    for side in (*SIDES, "bottom", "top"):
        head = np.full(grid.shape, np.nan)
        if side in held:
            head[where[side]] = BLOCK.psi_r
        elif side == "bottom":
            head[-1] = BLOCK.psi_r
        elif side == "top":
            head[0] = BLOCK.top(shape)
        faces.append(prescribed(SOIL, jnp.asarray(head), side))
    problem = Subsurface(grid, SOIL, specific_storage=0.0, terms=tuple(faces), mean=ArithmeticMean())
    state = state_at(problem, np.full(grid.shape, BLOCK.psi_r), SETTINGS.smooth_head)
    for _ in range(steps):
        done = step(problem, state, 3.0 * DAY / steps, SETTINGS)
        assert bool(done.converged) and abs(float(done.unbalanced)) <= 1e-10 * float(done.throughput)
        state = done.state
    return np.asarray(state.head)


def errors(cells: int, steps: int) -> dict[str, tuple[float, float]]:
    """RMS and largest error, m, of each of the three problems; centres of cells, z from the top."""
    at = (np.arange(cells) + 0.5) * BLOCK.L / cells
    up = (BLOCK.L - at)[:, None, None]
    x, y = at[None, None, :], at[None, :, None]
    sine, wide = np.sin(np.pi * at / BLOCK.L), 0.5 - 0.5 * np.cos(2.0 * np.pi * at / BLOCK.L)
    one = np.ones(cells)
    found = {}
    for name, shape, held, exact in (
        ("2-D, sides held", np.outer(one, sine), SIDES[:2], BLOCK.specified_2d(x, up, 3.0 * DAY)),
        ("2-D, sides closed", np.outer(one, wide), (), BLOCK.closed_2d(x, up, 3.0 * DAY)),
        ("3-D, sides held", np.outer(sine, sine), SIDES, BLOCK.specified_3d(x, y, up, 3.0 * DAY)),
    ):
        away = solved(cells, shape, held, steps) - exact
        found[name] = float(np.sqrt(np.mean(away**2))), float(np.abs(away).max())
    return found


@pytest.mark.slow
def test_arithmetic_means_are_second_order() -> None:
    """Half the cell and a quarter of the step: errors of space and of backward Euler both fall to a quarter.

    From -4 m, in the root mean square: at the stored -15 m the top's head falls by 10 m within 1 m of its edge, which
    no grid here resolves.
    """
    coarse, fine = errors(8, 6), errors(16, 24)
    for name in coarse:
        rates = np.log2(np.asarray(coarse[name]) / np.asarray(fine[name]))
        assert rates[0] > 1.8, (name, coarse[name], fine[name])
        assert fine[name][0] < 0.03
