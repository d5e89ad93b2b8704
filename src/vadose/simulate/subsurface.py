"""The subsurface under the columns of a grid: from [subsurface] and the columns' soil to a coupled model and its water."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.flow.overland import DiffusiveWave, KinematicWave
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.model.coupled import coupled, initial_store
from vadose.model.coupled_water import SubsurfaceWater
from vadose.simulate.nearest import nearest_values

if TYPE_CHECKING:
    from vadose.model.column import ColumnModel
    from vadose.model.state import Parameters, State
    from vadose.simulate.study import Study

OVERLAND = {"kinematic": KinematicWave, "diffusive": DiffusiveWave}


@dataclass(frozen=True, eq=False)
class Ground:
    """The surface of the columns' box: slopes [y, x], active [y, x], size of a cell, m; place [column] in the box."""

    slope_x: np.ndarray
    slope_y: np.ndarray
    active: np.ndarray
    dx: float
    dy: float
    place: np.ndarray


def with_subsurface(
    study: Study, cells: Cells, model: ColumnModel, parameters: Parameters, state: State, notes: list[str]
) -> tuple[ColumnModel, State]:
    """The model coupled to the subsurface of the study, and the state with its water.

    cells   all of the run: the columns of one member
    Raises ConfigError, GridMismatch or DataError, each with table, key and remedy.
    """
    table = study.subsurface
    ground = ground_of(study, cells, notes)
    land = np.asarray(model.thickness)
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
        deep=deep_soil(study, parameters.soil.retention),
        overland=OVERLAND[table.scheme](table.manning) if table.lateral and table.scheme != "none" else None,
        specific_storage=table.specific_storage,
        stretch_x=lateral,
        stretch_y=lateral,
    )
    made = coupled(model, water, table.iterations)
    begun = initial_store(
        water, parameters.soil, np.full(cells.size, table.water_table), layers=land.size, ice=state.soil.ice
    )
    return made, jax.tree.map(np.asarray, begun.into(state))


def deep_soil(study: Study, retention: Any) -> Any:
    """The closure of the layers below the land's: that of its lowest layer, with the study's K_s and porosity."""
    table, count = study.subsurface, len(study.subsurface.layers)
    deep = jax.tree.map(lambda leaf: leaf[-1:] if np.ndim(leaf) == 2 else leaf, retention)
    changed: dict[str, Any] = {}
    if table.K_s is not None:
        changed["K_s"] = np.full_like(np.asarray(deep.K_s), table.K_s)
    if table.porosity is not None:
        changed["theta_s"] = np.full_like(np.asarray(deep.theta_s), table.porosity)
        residual = np.max(np.asarray(getattr(deep, "theta_r", 0.0)))
        if not residual < table.porosity:
            raise ConfigError(
                f"[subsurface] `porosity` = {table.porosity:g} must be above the residual water content of the lowest "
                f"land layer, {residual:g} m3 m-3"
            )
    deep = replace(deep, **changed)
    return jax.tree.map(lambda leaf: np.repeat(leaf, count, axis=0) if np.ndim(leaf) == 2 else leaf, deep)


def ground_of(study: Study, cells: Cells, notes: list[str]) -> Ground:
    """The surface of the smallest box of the grid that holds the columns; rows run northward, as latitudes do."""
    grid = cells.grid
    if not isinstance(grid, LatLonGrid):
        raise ConfigError("[subsurface] needs a gridded forcing: water moves between the cells of a grid, not sites")
    rows, columns = np.unravel_index(cells.index, grid.shape)
    south, west = rows.min(), columns.min()
    shape = (int(rows.max() - south + 1), int(columns.max() - west + 1))
    place = (rows - south) * shape[1] + (columns - west)
    active = np.zeros(shape, bool)
    active.ravel()[place] = True
    table = study.subsurface
    dx, dy = table.dx or _east(grid, cells), table.dy or _north(grid)
    slope_x, slope_y, active = _slopes(study, cells, place, active, (dx, dy), notes)
    return Ground(slope_x, slope_y, active, dx, dy, place)


def _north(grid: LatLonGrid) -> float:
    """m between rows."""
    return float(EARTH_RADIUS * np.radians(np.mean(np.diff(grid.lat_bnds, axis=1))))


def _east(grid: LatLonGrid, cells: Cells) -> float:
    """m between columns at the mean latitude of the cells; they must not differ much over them."""
    widths = np.cos(np.radians(cells.lat))
    if widths.max() > 1.1 * widths.min():
        raise GridMismatch(
            f"[subsurface] cells are {widths.max() / widths.min():.2f} times as wide in the south as in the north of the "
            "grid; take a smaller [grid] `box`, or state `dx` and `dy`"
        )
    step = np.radians(np.mean(np.diff(grid.lon_bnds, axis=1)))
    return float(EARTH_RADIUS * step * widths.mean())


def _slopes(
    study: Study, cells: Cells, place: np.ndarray, active: np.ndarray, size: tuple[float, float], notes: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes [y, x] and the cells that take part."""
    table = study.subsurface

    def field(path: str, variable: str, key: str) -> np.ndarray:
        values = np.full(active.shape, np.nan)
        values.ravel()[place] = nearest_values(path, variable, cells, f"[subsurface] `{key}`")
        lost = active & ~np.isfinite(values)
        if lost.any():
            raise DataError(f"{path}: {int(lost.sum())} columns of the run have no value of {variable or key}; fill them")
        return values

    if table.slopes:
        from vadose.grid.terrain_slopes import check_drainage

        slope_x, slope_y = (field(table.slopes, name, "slopes") for name in ("slope_x", "slope_y"))
        slope_x, slope_y = np.nan_to_num(slope_x), np.nan_to_num(slope_y)
        if table.lateral and table.scheme == "kinematic":
            check_drainage(slope_x, slope_y, active, where=table.slopes)
        return slope_x, slope_y, active
    if table.elevation:
        from vadose.grid.terrain import Conditioning, terrain

        heights = field(table.elevation, table.variable, "elevation")
        made = terrain(heights, *size, active=active, conditioning=Conditioning(least_slope=table.least_slope))
        notes += [f"[subsurface] {note}" for note in made.notes]
        return made.slope_x, made.slope_y, made.active
    return np.full(active.shape, table.slope_x), np.full(active.shape, table.slope_y), active
