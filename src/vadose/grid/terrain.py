"""Terrain: from an elevation map to surface slopes along which all water leaves, and to its river network.

Source: Condon & Maxwell (2019) for slopes of a finite-volume model; Beven & Kirkby (1979) for the wetness index
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError
from vadose.grid import terrain_flow as flow
from vadose.grid.terrain_faces import drainage_ways, face_slopes, limit_secondary
from vadose.grid.terrain_slopes import (
    EAST,
    SOUTH,
    WEST,
    cell_slopes,
    check_drainage,
    edge,
    isolated,
    named,
    neighbour,
    outflow,
)

METHODS = ("carve", "fill")
LOWEST, HIGHEST = -500.0, 9000.0  # m, of the Earth's land
_CHANGED = 1e-6  # m, below which a cell counts as unchanged


@dataclass(frozen=True)
class Conditioning:
    """How an elevation map is made to drain.

    method       "carve": depressions are cut open or filled, whichever changes less; "fill": they are filled
    least_slope  1, of the face by which a cell drains
    secondary    1, most that any other face of a cell may have of that slope; 0 leaves the drainage network only
    river_area   m2, drainage area from which a cell is river; a hundredth of the active area by default
    """

    method: str = "carve"
    least_slope: float = 1e-5
    secondary: float = np.inf
    river_area: float | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"`method` of terrain must be one of {', '.join(METHODS)}, got {self.method!r}")
        if not 0.0 < self.least_slope < 1.0:
            raise RangeError(f"`least_slope` must be within (0, 1), got {self.least_slope:g}; 1e-5 is usual")
        if not self.secondary >= 0.0:
            raise RangeError(f"`secondary` must be >= 0, got {self.secondary:g}")
        if self.river_area is not None and not self.river_area > 0.0:
            raise RangeError(f"`river_area` must be > 0 m2, got {self.river_area:g}")


@dataclass(frozen=True, eq=False)
class Terrain:
    """A surface that drains, [y, x] with y northward and x eastward.

    elevation         m, conditioned, NaN in inactive cells;  dx, dy  m
    slope_x, slope_y  1, of the faces toward x + 1 and y + 1 (`terrain_slopes`), 0 between inactive cells
    active, outlets   bool; outlets are the cells where the drainage network ends
    way               direction of drainage: 0 east, 1 west, 2 north, 3 south, -1 at outlets and inactive cells
    downstream        flat index of the cell drained to, its own at outlets, -1 in inactive cells
    area              m2, drainage area, the cell's own included
    river, order      bool; Strahler order of the river cells, 0 elsewhere
    notes             what the conditioning changed
    """

    elevation: np.ndarray
    dx: float
    dy: float
    slope_x: np.ndarray
    slope_y: np.ndarray
    active: np.ndarray
    outlets: np.ndarray
    way: np.ndarray
    downstream: np.ndarray
    area: np.ndarray
    river: np.ndarray
    order: np.ndarray
    notes: tuple[str, ...] = ()

    @cached_property
    def slope(self) -> np.ndarray:
        """Slope of the steepest way down from each cell [y, x], 0 in inactive cells and lakes without one."""
        return outflow(self.slope_x, self.slope_y, self.active).max(axis=0)

    @cached_property
    def wetness(self) -> np.ndarray:
        """Topographic wetness index [y, x], NaN in inactive cells and where the ground is level."""
        index = np.full(self.active.shape, np.nan)
        here = self.slope > 0.0
        width = np.where(np.isin(self.way, (EAST, WEST)), self.dy, self.dx)
        index[here] = wetness(self.area[here] / width[here], self.slope[here])
        return index

    def cell_slopes(self) -> tuple[np.ndarray, np.ndarray]:
        """slope_x, slope_y [y, x] at the centres of cells, for the older overland scheme."""
        return cell_slopes(self.slope_x, self.slope_y, self.active, self.way)


def wetness(area: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Topographic wetness index ln(a / tan b): high in valleys, low on ridges.

    area   m, drainage area per width of the contour it drains over (m2 / m);  slope  1, > 0, tan b
    Raises RangeError for numbers that are not positive. Source: Beven & Kirkby (1979)
    """
    for name, values in (("area", area), ("slope", slope)):
        if not np.all(np.asarray(values) > 0.0):
            raise RangeError(f"wetness: `{name}` must be > 0, got {np.min(values):g}; leave level cells out")
    return np.asarray(np.log(area) - np.log(slope))


def northward(values: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Values [y, x] with rows from south to north, whichever way y [y] m runs; GridMismatch where it is neither."""
    step = np.diff(y)
    if np.shape(values)[0] != np.size(y) or not (np.all(step > 0) or np.all(step < 0)):
        raise GridMismatch(f"y must rise or fall along the {np.shape(values)[0]} rows, got {np.size(y)} values")
    return values if step.size == 0 or step[0] > 0 else values[::-1]


def terrain(
    elevation: np.ndarray,
    dx: float,
    dy: float,
    *,
    active: np.ndarray | None = None,
    outlets: str | np.ndarray = "edge",
    conditioning: Conditioning = Conditioning(),
) -> Terrain:
    """Condition an elevation map and take slopes, drainage and rivers from it.

    elevation  [y, x] m, rows from south to north (`northward` turns them);  dx, dy  m
    active     [y, x] bool, all by default
    outlets    "edge": water may leave all around; "lowest": by the lowest cell of the edge of each piece that
               is no south-western corner; or [y, x] bool: by these cells where they lie at the edge, and into them
               (lakes, the sea) elsewhere
    At an open edge the ground goes on as between the last two cells, and water leaves where it falls outward;
    no water leaves at a closed one. Raises GridMismatch, DataError, UnitError, RangeError, each with the cells.
    """
    z, active = _elevation(elevation, dx, dy, active)
    ends = _outlets(outlets, z, active)
    shut = (~neighbour(active, side, False) & active & ~ends for side in (WEST, SOUTH))
    how = flow.Ends(ends, *shut)
    ready = flow.carve(z, how) if conditioning.method == "carve" else flow.fill(z, how)
    level = flow.with_least_slope(ready, how, conditioning.least_slope * dx, conditioning.least_slope * dy)
    _check_reached(level, active)
    slope_x, slope_y = face_slopes(level, dx, dy, ends)
    way = drainage_ways(slope_x, slope_y, active, ends, conditioning.least_slope)
    if np.isfinite(conditioning.secondary):
        limit_secondary(slope_x, slope_y, active, way, conditioning.secondary)
    lakes = ends & ~edge(active)
    check_drainage(slope_x, slope_y, active, sinks=lakes, where="the conditioned elevation")
    net = flow.network(way, active)
    area = flow.drainage_area(net, active, dx * dy)
    least_area = conditioning.river_area or 0.01 * active.sum() * dx * dy
    river = active & (area >= least_area)
    return Terrain(
        level, dx, dy, slope_x, slope_y, active, active & (way < 0), way, flow.downstream(way, active),
        area, river, flow.stream_order(net, river), _notes(z, level),
    )  # fmt: skip


def _elevation(elevation: np.ndarray, dx: float, dy: float, active: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Elevation with NaN in inactive cells, and the active cells, after all that a map can have wrong."""
    for name, size in (("dx", dx), ("dy", dy)):
        if not size > 0.0:
            raise RangeError(f"`{name}` must be > 0 m, got {size:g}; rows from north to south: turn them (`northward`)")
    z: np.ndarray = np.array(np.ma.filled(np.ma.asarray(elevation, dtype=float), np.nan))
    if z.ndim != 2 or z.size < 2:
        raise GridMismatch(f"elevation must be [y, x] with at least 2 cells, got shape {z.shape}")
    active = np.ones(z.shape, bool) if active is None else np.array(active, bool)
    if active.shape != z.shape:
        raise GridMismatch(f"active is {active.shape}, expected {z.shape} [y, x] as the elevation")
    if not active.any():
        raise DataError("no cell is active; expected True where the model computes")
    missing = np.argwhere(active & ~np.isfinite(z))
    if len(missing):
        raise DataError(
            f"elevation is missing in {named(missing)} that are active; fill them, or leave them out with "
            "active=np.isfinite(elevation)"
        )
    odd = np.argwhere(active & ((z < LOWEST) | (z > HIGHEST)))
    if len(odd):
        raise UnitError(
            f"elevation is {z[tuple(odd[0])]:g} m in {named(odd)}; expected {LOWEST:g} to {HIGHEST:g} m: convert it to "
            "m, or leave out cells without data (`active`)"
        )
    z[~active] = np.nan
    return z, active


def _outlets(outlets: str | np.ndarray, z: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Cells where water may leave, at least one in each piece of the active cells."""
    rim = edge(active)
    if isinstance(outlets, str):
        if outlets == "edge":
            return rim
        if outlets != "lowest":
            raise ConfigError(f'`outlets` must be "edge", "lowest" or a mask [y, x], got {outlets!r}')
        from scipy.ndimage import label, minimum_position

        groups, count = label(active)
        ends = np.zeros(z.shape, bool)
        # The cells beside a south-western corner are shut, and with them the way to it.
        corner = ~neighbour(active, WEST, False) & ~neighbour(active, SOUTH, False)
        height = np.where(rim, np.where(corner, z + HIGHEST, z), np.inf)
        for place in minimum_position(height, groups, range(1, count + 1)):
            ends[place] = True
        return ends
    ends = np.asarray(outlets, bool)
    if ends.shape != z.shape:
        raise GridMismatch(f"`outlets` are {ends.shape}, expected {z.shape} [y, x] as the elevation")
    outside = np.argwhere(ends & ~active)
    if len(outside):
        raise DataError(f"`outlets` has {named(outside)} outside the active cells; state outlets inside them")
    largest = active.copy()
    for piece in isolated(active):
        largest[tuple(piece.T)] = False
        if not ends[tuple(piece.T)].any():
            raise DataError(
                f"{named(piece)} are cut off from the other active cells and have no outlet; take them out of "
                "`active` (`isolated` lists such pieces) or state an outlet in them"
            )
    if not (ends & largest).any():
        raise DataError(f"no outlet in the {largest.sum()} connected active cells; state at least one")
    return ends


def _check_reached(level: np.ndarray, active: np.ndarray) -> None:
    lost = np.argwhere(active & ~np.isfinite(level))
    if len(lost):
        raise DataError(
            f"{named(lost)} could drain only into a closed western or southern border cell, whose slope would also let "
            "the water out over the border: move the outlet away from the south-western corner, or widen the mask"
        )


def _notes(before: np.ndarray, after: np.ndarray) -> tuple[str, ...]:
    """How many cells were raised and cut, and the largest change with its place."""
    notes = []
    for verb, change in (("raised", after - before), ("cut", before - after)):
        change = np.nan_to_num(change)
        count = int((change > _CHANGED).sum())
        if count:
            y, x = np.unravel_index(change.argmax(), change.shape)
            notes.append(f"{count} cells {verb}, at most by {change.max():.4g} m at (y, x) = ({y}, {x})")
    return tuple(notes)
