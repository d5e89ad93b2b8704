"""The 50 x 50 x 30 catchment that ParFlow ran for 240 h: its inputs as a problem, and runs of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.flow.overland import KinematicWave
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import SubsurfaceStep, step
from vadose.flow.subsurface_terms import FaceFlux
from vadose.soil import VanGenuchten

NAME = "catchment_n50_h240_p1"
SETTINGS = SubsurfaceSettings(smooth_head=1e-4)
DT = 3600.0
SIDE = 500.0  # m, of a column
MANNING = 2e-5 * 3600.0  # s m-1/3, from h m-1/3
STORAGE = 1e-5  # m-1


def catchment(folder: Path) -> Subsurface:
    """The problem without rain; K in the file is m/h, z counts from the bottom."""
    inputs = {k: np.asarray(v, float) for k, v in np.load(folder / f"{NAME}_inputs.npz").items()}
    upward = {k: v[::-1] for k, v in inputs.items() if v.ndim == 3}
    grid = SubsurfaceGrid(inputs["dz"][::-1][:, None, None], inputs["slope_x"], inputs["slope_y"], SIDE, SIDE)
    soil = VanGenuchten(
        theta_r=upward["porosity"] * upward["sres"],
        theta_s=upward["porosity"],
        alpha=upward["alpha"],
        n=upward["n"],
        K_s=upward["Ks"] / 3600.0,
    )
    rain = FaceFlux(np.zeros(grid.shape))
    return Subsurface(grid, soil, specific_storage=STORAGE, overland=KinematicWave(MANNING), terms=(rain,))


def resized(problem: Subsurface, side: int, width: float = SIDE) -> Subsurface:
    """The catchment cut or repeated to side x side columns of `width` m, mirrored so that fields stay continuous."""
    columns = np.shape(problem.grid.slope_x)[0]
    turn = np.pad(np.arange(columns), (0, max(side - columns, 0)), mode="symmetric")[:side]

    def cut(v: Any) -> np.ndarray:
        return np.asarray(v)[..., turn, :][..., turn]

    grid = problem.grid
    grid = SubsurfaceGrid(grid.thickness, cut(grid.slope_x), cut(grid.slope_y), width, width)
    soil = VanGenuchten(**{k: cut(v) if np.ndim(v) == 3 else v for k, v in problem.retention.__dict__.items()})
    changed = {"grid": grid, "retention": soil, "terms": (FaceFlux(np.zeros(grid.shape)),)}
    return Subsurface(**{**problem.__dict__, **changed})


def raining(problem: Subsurface, rain: float) -> Subsurface:
    """The problem with rain, m s-1, where it is computed: steps copy nothing."""
    flux = jnp.zeros(problem.grid.shape).at[0].set(rain)
    return jax.device_put(Subsurface(**{**problem.__dict__, "terms": (FaceFlux(flux),)}))


def at_rest(problem: Subsurface, water_table: float) -> SubsurfaceState:
    """Heads in balance with a water table so many m below the ground."""
    thickness = np.asarray(problem.grid.thickness).ravel()
    depth = np.cumsum(thickness) - 0.5 * thickness
    head = np.broadcast_to((depth - water_table)[:, None, None], problem.grid.shape)
    return state_at(problem, jnp.asarray(head), SETTINGS.smooth_head)


def run(problem: Subsurface, state: SubsurfaceState, rain: float, wet: int, hours: int) -> Iterator[SubsurfaceStep]:
    """Hourly steps: rain (m s-1) for `wet` of them."""
    during, after = raining(problem, rain), raining(problem, 0.0)
    for hour in range(hours):
        done = step(during if hour < wet else after, state, DT, SETTINGS)
        state = done.state
        yield done
