"""The subsurface under the columns of a grid: from [subsurface] and the soil to a coupled model and its water."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import numpy as np

from vadose.flow.overland import DiffusiveWave, KinematicWave
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.grid.cells import Cells
from vadose.model.coupled import coupled, initial_store
from vadose.model.coupled_water import SubsurfaceWater
from vadose.simulate.study_subsurface import WATER_TABLE, check_tables
from vadose.simulate.subsurface_ground import Ground, ground_of
from vadose.simulate.subsurface_soil import deep_soil

if TYPE_CHECKING:
    from vadose.model.column import ColumnModel
    from vadose.model.state import State
    from vadose.simulate.setup import Prepared
    from vadose.simulate.study import Study
    from vadose.simulate.study_subsurface import Subsurface

OVERLAND = {"kinematic": KinematicWave, "diffusive": DiffusiveWave}
NAME = "[subsurface] "
FLOWS = {"kinematic": "a kinematic wave", "diffusive": "a diffusive wave", "none": "no flow"}


def with_subsurface(study: Study, cells: Cells, made: Prepared, notes: list[str]) -> tuple[ColumnModel, State]:
    """The model of a member coupled to the subsurface of the study, and the member's state with its water.

    cells   all of the run: the columns of one member
    Raises ConfigError, GridMismatch, DataError, UnitError or RangeError, each with table, key and remedy.
    """
    check_tables(study)
    table = study.subsurface
    ground = ground_of(table, cells, notes)
    land, soil = np.asarray(made.model.thickness), made.parameters.soil
    thickness = np.concatenate([land, np.asarray(table.layers)])[:, None, None]
    active = np.broadcast_to(ground.active, (thickness.size, *ground.active.shape))
    grid = SubsurfaceGrid(
        thickness=thickness,
        slope_x=ground.slope_x,
        slope_y=ground.slope_y,
        dx=ground.dx,
        dy=ground.dy,
        active=None if active.all() else np.array(active),
    )
    lateral = table.stretch if table.lateral else 0.0
    water = SubsurfaceWater(
        grid=grid,
        place=ground.place,
        deep=deep_soil(table, soil.retention, cells),
        overland=OVERLAND[table.scheme](table.manning) if table.lateral and table.scheme != "none" else None,
        specific_storage=table.specific_storage,
        stretch_x=lateral,
        stretch_y=lateral,
    )
    depth = table.water_table * made.draws.factors.get(WATER_TABLE, np.ones(cells.size))
    begun = initial_store(water, soil, depth, layers=land.size, ice=made.state.soil.ice)
    notes.append(described(table, ground))
    return coupled(made.model, water, table.iterations), jax.tree.map(np.asarray, begun.into(made.state))


def described(table: Subsurface, ground: Ground) -> str:
    """The subsurface in a sentence."""
    ny, nx = ground.active.shape
    count = len(table.layers)
    layers = f"{count} layer{'s' * (count > 1)} of {sum(table.layers):g} m below the soil's"
    cells = f"{int(ground.active.sum())} cells of {ground.dx:.0f} x {ground.dy:.0f} m on {ny} x {nx}"
    if not table.lateral:
        return f"{NAME}{layers}; {cells}, which exchange no water (`lateral` = false)"
    slopes = "level ground"
    if table.elevation or table.slopes or table.slope_x or table.slope_y:
        steepest = np.abs(np.stack([ground.slope_x, ground.slope_y]))[:, ground.active].max()
        slopes = f"slopes up to {steepest:.2g}"
    return f"{NAME}{layers}; {cells}, {slopes}; {FLOWS[table.scheme]} over the land"
