"""ParFlow's own cases, read from their databases and run here: heads at the steps that ParFlow stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.data.parflow import ParflowCase, read_case
from vadose.flow.overland import CellKinematicWave, DiffusiveWave, KinematicWave
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import step
from vadose.flow.subsurface_terms import FaceFlux, prescribed
from vadose.soil import VanGenuchten

# ParFlow follows its curves to saturation: 0.1 mm before it they are straight lines here.
SETTINGS = SubsurfaceSettings(smooth_head=1e-4, tolerance=1e-9)
AXIS = {"west": 2, "east": 2, "south": 1, "north": 1, "top": 0, "bottom": 0}


@dataclass(frozen=True)
class Compared:
    """One stored step: our heads and ParFlow's, [cell] m of active cells, and the water of all cells, m3."""

    index: int
    head: np.ndarray
    reference: np.ndarray
    water: float

    @property
    def rms(self) -> float:
        return float(np.sqrt(np.mean(np.square(self.head - self.reference))))

    @property
    def worst(self) -> float:
        return float(np.abs(self.head - self.reference).max())


def subsurface(case: ParflowCase) -> Subsurface:
    """The problem of a case, with what its sides hold at the first step."""
    surface, curve = case.surface, case.retention
    grid = SubsurfaceGrid(
        case.thickness,
        surface.slope_x,
        surface.slope_y,
        case.dx,
        case.dy,
        case.active,
        terrain_following=case.terrain_following,
    )
    soil = VanGenuchten(
        theta_r=case.porosity * curve.s_res,
        theta_s=case.porosity * curve.s_sat,
        alpha=curve.alpha,
        n=curve.n,
        K_s=case.K_z,
    )
    overland = {
        None: lambda: None,
        "OverlandFlow": lambda: CellKinematicWave(surface.manning),
        "OverlandKinematic": lambda: KinematicWave(surface.manning, surface.epsilon),
        "OverlandDiffusive": lambda: DiffusiveWave(surface.manning, surface.epsilon),
    }[surface.overland]()
    return Subsurface(
        grid,
        soil,
        # Saturation there is that of the pores, S = theta / porosity; here theta_s = porosity s_sat stands for them.
        specific_storage=case.specific_storage * curve.s_sat,
        stretch_x=case.K_x / case.K_z,
        stretch_y=case.K_y / case.K_z,
        overland=overland,
        terms=(*_heads(case, grid, soil), FaceFlux(np.zeros(grid.shape))),
    )


def _heads(case: ParflowCase, grid: SubsurfaceGrid, soil: VanGenuchten) -> Iterator[Any]:
    """The sides on which heads are prescribed."""
    active = np.ones(grid.shape, bool) if case.active is None else case.active
    for side in (b for b in case.boundaries if b.kind == "head"):
        head = np.full(grid.shape, np.nan)
        at: list[Any] = [slice(None)] * 3
        at[AXIS[side.side]] = side.index
        assert side.offset is not None
        head[tuple(at)] = side.series.at(case.timing.first) + side.offset
        yield prescribed(soil, jnp.asarray(np.where(active, head, np.nan)), side.side)


def with_rain(problem: Subsurface, rain: float) -> Subsurface:
    """The problem with a flux (m s-1) into all surface cells, where it is computed: steps copy nothing."""
    flux = np.zeros(problem.grid.shape)
    flux[0] = rain
    fields = {**problem.__dict__, "terms": (*problem.terms[:-1], FaceFlux(flux))}
    return jax.device_put(Subsurface(**fields))


def rain_at(case: ParflowCase, time: float) -> float:
    """What the top of a case receives in the step that ends at `time` s, m s-1; its other sides are closed."""
    open_sides = [b for b in case.boundaries if b.kind in ("flux", "overland")]
    assert all(b.side == "top" or not b.series.values.any() for b in open_sides)
    return sum(b.series.at(time) for b in open_sides if b.side == "top")


def compared(folder: Path, name: str, most: int | None = None) -> Iterator[Compared]:
    """Run a case through the steps that ParFlow stored, and compare; water balances to 1e-10 in every step."""
    case = read_case(folder / f"{name}.pfidb", time_unit="h")
    stored = np.load(folder / f"{name}.npz")["press"][:most, ::-1]
    problem, dt = subsurface(case), case.timing.first
    active = np.ones(problem.grid.shape, bool) if case.active is None else case.active
    state = state_at(problem, case.initial_head, SETTINGS.smooth_head)
    now, raining = 0, lru_cache(partial(with_rain, problem))
    for index, reference in enumerate(stored):
        while now < stored_step(case, index):
            now += 1
            state = one_step(raining(rain_at(case, now * dt)), state, dt)
        heads = np.asarray(state.head)
        yield Compared(index, heads[active], reference[active], float(state.water.sum()) * case.dx * case.dy)


def stored_step(case: ParflowCase, index: int) -> int:
    """The number of the step that ParFlow stored at `index`: 0, then 1, 1 + n, 1 + 2 n for every n steps."""
    timing = case.timing
    if timing.dump_steps:
        return 0 if index == 0 else 1 + (index - 1) * timing.dump_steps
    assert timing.dump_interval is not None
    return round(index * timing.dump_interval / timing.first)


def one_step(problem: Subsurface, state: SubsurfaceState, dt: float) -> SubsurfaceState:
    """A step of dt s that converges and whose water balances."""
    done = step(problem, state, dt, SETTINGS)
    assert bool(done.converged)
    total = float(done.state.water.sum() * problem.grid.dx * problem.grid.dy)
    assert abs(float(done.unbalanced)) <= 1e-10 * float(done.throughput) + 1e-15 * total
    return done.state
