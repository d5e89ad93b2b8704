"""The surface of a simulation's subsurface: the box of cells, their size, slopes and the cells that take part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.grid.terrain_slopes import EAST, NORTH, check_connected, check_drainage, neighbour
from vadose.simulate.nearest import nearest_field

if TYPE_CHECKING:
    from vadose.simulate.study_subsurface import Subsurface

METRES = ("", "m", "metre", "metres", "meter", "meters")
SLOPES = ("", "1", "m m-1", "m/m", "-")
UNEVEN = 1.1  # largest over smallest size of cells that still count as equal


@dataclass(frozen=True, eq=False)
class Ground:
    """The surface of the columns' box: slopes [y, x], active [y, x], size of a cell, m; place [column] in the box.

    terrain   of a ground by elevation: the conditioned elevation m and the wetness index 1, [y, x] NaN where inactive
    """

    slope_x: np.ndarray
    slope_y: np.ndarray
    active: np.ndarray
    dx: float
    dy: float
    place: np.ndarray
    terrain: Mapping[str, np.ndarray] = field(default_factory=dict)


def ground_of(table: Subsurface, cells: Cells, notes: list[str]) -> Ground:
    """The surface of the smallest box of the grid that holds the columns; rows run northward, as latitudes do.

    Raises ConfigError, GridMismatch or DataError for a grid, a mask or slopes on which water cannot flow.
    """
    grid = cells.grid
    if not isinstance(grid, LatLonGrid):
        raise ConfigError("[subsurface] needs a gridded forcing: water moves between the cells of a grid, not sites")
    if cells.size < 2:
        raise GridMismatch(
            "[subsurface] has one cell, which can exchange no water with another; take a larger [grid] `box`, or leave "
            "[subsurface] out: a single column is the column model"
        )
    rows, columns = np.unravel_index(cells.index, grid.shape)
    _check_date_line(grid, columns)
    south, west = int(rows.min()), int(columns.min())
    shape = (int(rows.max()) - south + 1, int(columns.max()) - west + 1)
    place = (rows - south) * shape[1] + (columns - west)
    active = np.zeros(shape, bool)
    active.ravel()[place] = True
    if table.lateral:
        check_connected(active, "[subsurface]: the mask of the run's cells")
    here = slice(south, south + shape[0]), slice(west, west + shape[1])
    dy = table.dy or EARTH_RADIUS * _step(grid.lat_bnds[here[0]], "dy")
    dx = table.dx or EARTH_RADIUS * _step(grid.lon_bnds[here[1]], "dx") * _width(cells)
    slope_x, slope_y, held = _Slopes(table, cells, place, active, dx, dy).find(notes)
    return Ground(slope_x, slope_y, active, dx, dy, place, held)


def _check_date_line(grid: LatLonGrid, columns: np.ndarray) -> None:
    around = grid.lon_bnds[-1, 1] - grid.lon_bnds[0, 0] >= 359.9
    found = np.unique(columns)
    if around and found[0] == 0 and found[-1] == grid.shape[1] - 1:
        raise GridMismatch(
            "[subsurface] the cells of the run lie on both sides of the date line, at opposite borders of the grid; "
            "take a [grid] `box` on one side"
        )


def _step(bounds: np.ndarray, key: str) -> float:
    """Size of cells [cell, 2] degrees in radians. Raises GridMismatch where they differ."""
    sizes = np.diff(bounds, axis=1)
    if sizes.max() > UNEVEN * sizes.min():
        raise GridMismatch(
            f"[subsurface] cells are {sizes.min():g} to {sizes.max():g} degrees wide; expected even ones: regrid the "
            f"forcing, or state `{key}`"
        )
    return float(np.radians(sizes.mean()))


def _width(cells: Cells) -> float:
    """Width of a degree of longitude over that of one of latitude; it must not differ much over the cells."""
    widths = np.cos(np.radians(cells.lat))
    if widths.max() > UNEVEN * widths.min():
        wide, narrow = np.argmax(widths), np.argmin(widths)
        raise GridMismatch(
            f"[subsurface] cells at {cells.lat[wide]:.2f} N are {widths[wide] / widths[narrow]:.2f} times as wide as "
            f"those at {cells.lat[narrow]:.2f} N; take a smaller [grid] `box`, or state `dx` and `dy`"
        )
    return float(widths.mean())


@dataclass(frozen=True, eq=False)
class _Slopes:
    """What slopes are made of: table, cells, their place in the box, the box's active cells, size of a cell m."""

    table: Subsurface
    cells: Cells
    place: np.ndarray
    active: np.ndarray
    dx: float
    dy: float

    def find(self, notes: list[str]) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """slope_x and slope_y [y, x], and what else is known of the terrain."""
        table, shape = self.table, self.active.shape
        if table.elevation:
            return self._of_elevation(notes)
        if table.slopes:
            slope_x, slope_y = (self._field(table.slopes, name, "slopes", SLOPES) for name in ("slope_x", "slope_y"))
            _check_steepness(table.slopes, slope_x, slope_y)
            slope_x, slope_y = _beyond(slope_x, EAST), _beyond(slope_y, NORTH)
            where = table.slopes
        else:
            slope_x, slope_y = np.full(shape, table.slope_x), np.full(shape, table.slope_y)
            where = "[subsurface] `slope_x` and `slope_y` of a plane"
            if table.lateral and table.scheme == "kinematic" and not (table.slope_x or table.slope_y):
                raise ConfigError(
                    "[subsurface] nothing says how the ground slopes, and a kinematic wave runs nowhere on level "
                    'ground; state `elevation`, `slopes` or `slope_x` and `slope_y`; or `scheme` = "diffusive", "none"'
                )
        if table.lateral and table.scheme == "kinematic":
            check_drainage(slope_x, slope_y, self.active, where=where)
        return slope_x, slope_y, {}

    def _of_elevation(self, notes: list[str]) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        from vadose.grid.terrain import Conditioning, terrain

        table = self.table
        heights = self._field(table.elevation, table.variable, "elevation", METRES)
        made = terrain(
            heights, self.dx, self.dy, active=self.active, outlets=table.outlets,
            conditioning=Conditioning(least_slope=table.least_slope),
        )  # fmt: skip
        notes += [f"[subsurface] `elevation`: {note}" for note in made.notes]
        return made.slope_x, made.slope_y, {"elevation": made.elevation, "wetness": made.wetness}

    def _field(self, path: str, variable: str, key: str, units: tuple[str, ...]) -> np.ndarray:
        """A map of the file at the columns, [y, x], NaN elsewhere."""
        if Path(path).suffix.lower() in (".tif", ".tiff"):
            raise ConfigError(
                f"{path}: [subsurface] `{key}` must be netCDF on latitudes and longitudes; translate the GeoTIFF with "
                "`gdalwarp -t_srs EPSG:4326 -r average -of netCDF`"
            )
        found, stated = nearest_field(path, variable, self.cells, f"[subsurface] `{key}`")
        if stated.strip().lower() not in units:
            raise UnitError(
                f"{path}: {variable or key} in {stated!r}; expected {units[1]}: convert it and say so in its `units`"
            )
        lost = np.flatnonzero(~np.isfinite(found))
        if lost.size:
            raise DataError(
                f"{path}: no value of {variable or key} for {lost.size} of {found.size} columns, the first at "
                f"{self.cells.lat[lost[0]]:.3f} N, {self.cells.lon[lost[0]]:.3f} E; fill the map, or leave these cells "
                "out by [grid] `mask` or `box`"
            )
        values = np.full(self.active.shape, np.nan)
        values.ravel()[self.place] = found
        return values


def _check_steepness(path: str, slope_x: np.ndarray, slope_y: np.ndarray) -> None:
    steepest = max(np.nanmax(np.abs(slope_x)), np.nanmax(np.abs(slope_y)))
    if steepest > 3.0:
        raise RangeError(
            f"{path}: a slope of {steepest:g}; expected m per m: divide % by 100, take the tangent of degrees"
        )


def _beyond(slope: np.ndarray, after: int) -> np.ndarray:
    """The slope with 0 outside the active cells, or what lets water out of the first cell over its first border."""
    over = np.nan_to_num(np.maximum(neighbour(slope, after, np.nan), 0.0))
    return np.where(np.isnan(slope), over, slope)
