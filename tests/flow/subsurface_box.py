"""A box of 6 layers and 5 x 5 columns with a term of every kind, neutral until a test gives it something to do.

All boxes have one structure and shape, so that a step of them is compiled once.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array, pytree
from vadose.flow.overland import DiffusiveWave, KinematicWave, Overland
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import SubsurfaceStep, step
from vadose.flow.subsurface_terms import SIDES, Drain, FaceFlux, FaceHead, Lake, Well
from vadose.soil import VanGenuchten

SHAPE = NZ, NY, NX = (6, 5, 5)
THICKNESS = np.asarray([0.05, 0.1, 0.2, 0.4, 0.8, 1.0])[:, None, None]
DEPTH = np.cumsum(THICKNESS, axis=0) - 0.5 * THICKNESS  # [z, 1, 1] m of the centres
SIDE = 10.0
AREA = SIDE * SIDE
FLUX, DRAIN, WELL, LAKE, WEST, EAST, SOUTH, NORTH, TOP, BOTTOM = range(10)
TIGHT = SubsurfaceSettings(smooth_head=1e-3, tolerance=1e-10, linear=1e-4, last=1e-9)
# The tolerances of every day, and so few iterations that hard steps are halved.
EVERYDAY = SubsurfaceSettings(newton=7)


@pytree
class EitherWave:
    """Two waves in one program: `kinematic` (0 ... 1) of the flow is that of the first, the rest of the second."""

    first: KinematicWave
    second: DiffusiveWave
    kinematic: Array

    def edges(self, grid: SubsurfaceGrid, pond: Array, depth: Array) -> Overland:
        first, second = (wave.edges(grid, pond, depth) for wave in (self.first, self.second))
        return jax.tree.map(lambda a, b: self.kinematic * a + (1.0 - self.kinematic) * b, first, second)


def either(manning: Any, kinematic: float) -> EitherWave:
    return EitherWave(KinematicWave(manning), DiffusiveWave(manning), kinematic)


def soil(K_s: Any = 1e-5) -> VanGenuchten:
    """A sandy loam."""
    cells = np.ones(SHAPE)
    return VanGenuchten(
        theta_r=0.05 * cells, theta_s=0.4 * cells, alpha=2.0 * cells, n=1.8 * cells, K_s=np.asarray(K_s) * cells
    )


def box(
    *, K_s: Any = 1e-5, slope_x: Any = 0.0, slope_y: Any = 0.0, active: Any = True, kinematic: float = 1.0,
    terms: dict[int, Any] | None = None, storage: float = 1e-5,
) -> Subsurface:  # fmt: skip
    """The box; terms by their place among all (FLUX, DRAIN ... BOTTOM), fluxes m s-1 and heads m as [z, y, x]."""
    columns = np.ones(SHAPE[1:])
    grid = SubsurfaceGrid(
        THICKNESS, slope_x * columns, slope_y * columns, SIDE, SIDE, np.broadcast_to(active, SHAPE).copy()
    )
    nothing, nowhere = np.zeros(SHAPE), np.full(SHAPE, np.nan)
    made: list[Any] = [FaceFlux(nothing), Drain(nothing, 0.0), Well(0.0, nothing), Lake(nowhere[0])]
    made += [FaceHead(nowhere, np.ones(SHAPE), side) for side in SIDES]
    for place, term in (terms or {}).items():
        made[place] = term
    return Subsurface(
        grid,
        soil(K_s),
        specific_storage=storage,
        overland=either(0.05 * columns, kinematic),
        terms=tuple(made),
    )


def rain(rate: Any) -> dict[int, Any]:
    """A flux (m s-1, number or [y, x]) into the surface."""
    flux = np.zeros(SHAPE)
    flux[0] = rate
    return {FLUX: FaceFlux(flux)}


def level(water_table: float) -> np.ndarray:
    """Heads in balance with a level water table so many m below the ground, [z, y, x]."""
    return np.broadcast_to(DEPTH - water_table, SHAPE).copy()


def start(problem: Subsurface, head: Any) -> SubsurfaceState:
    return state_at(problem, jnp.asarray(head), TIGHT.smooth_head)


def run(problem: Subsurface, state: SubsurfaceState, steps: int, dt: float = 3600.0) -> SubsurfaceStep:
    """The last of some steps; all of them converge, and their water closes to 1e-10 of what passed."""
    for _ in range(steps):
        before = state.water
        done = step(problem, state, dt, TIGHT)
        state = done.state
        assert bool(done.converged), (float(done.residual), int(done.worst))
        assert_balanced(problem, done, before, dt)
    return done


def assert_balanced(problem: Subsurface, done: SubsurfaceStep, before: Any, dt: float) -> None:
    """The gain of water is the sum of all terms less what ran over the edges of the land, counted here anew."""
    gained = float((done.state.water - before).sum()) * AREA
    terms = dt * AREA * sum(float(r.sum()) for r in done.rates)
    left = dt * SIDE * float(done.x[:, -1].sum() - done.x[:, 0].sum() + done.y[-1].sum() - done.y[0].sum())
    passed = dt * AREA * sum(float(abs(r).sum()) for r in done.rates) + abs(left)
    rounding = 1e-15 * float(abs(before).sum()) * AREA
    assert abs(gained - terms + left) <= 1e-10 * passed + rounding
    np.testing.assert_allclose(float(done.unbalanced), gained - terms + left, atol=1e-10 * passed + rounding)
