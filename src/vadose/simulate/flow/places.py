"""What the places of a flow study exchange with the ground: a named term for each well, drain, lake and boundary."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError
from vadose.flow.subsurface_terms import SIDES, Drain, FaceFlux, FaceHead, HeldHead, Well, prescribed
from vadose.simulate.flow.fields import Fields
from vadose.simulate.flow.study import PER_SECOND

if TYPE_CHECKING:
    from vadose.flow.subsurface_grid import SubsurfaceGrid
    from vadose.simulate.flow.study import FlowStudy
    from vadose.simulate.flow.study_places import Drainage, OpenSide, Pumping, Span, StandingWater

FOLLOWS = 10.0  # s-1, conductance to a lake: a river that brings 1e-3 m s-1 over a cell moves its level by 0.1 mm


def named_terms(study: FlowStudy, grid: SubsurfaceGrid, retention: Any) -> dict[str, Any]:
    """Column of the budget -> term of subsurface_terms; active columns are active in all layers.

    Raises ConfigError for places that are not there or contradict each other, DataError or GridMismatch for a file.
    """
    active = np.ones(grid.shape[1:], bool) if grid.active is None else np.asarray(grid.active[0])
    points: tuple[Pumping | Drainage, ...] = (*study.wells, *study.drains)
    for place in points:
        check_place(place.name, place.y, place.x, active)
    terms: dict[str, Any] = {f"well {w.name}": _well(w, grid, retention.K_s) for w in study.wells}
    terms |= {f"drain {d.name}": _drain(d, grid.shape) for d in study.drains}
    lakes = [(lake, _lake_cells(lake, active)) for lake in study.lakes]
    sides = [(b, _faces(b, active, grid.shape)) for b in study.boundaries]
    _check_apart("lakes", [(lake.name, cells) for lake, cells in lakes])
    for side in SIDES:
        _check_apart("boundaries", [(b.name, faces) for b, faces in sides if b.side == side])
    terms |= {f"lake {lake.name}": _lake(lake, cells, grid.shape) for lake, cells in lakes}
    return terms | {f"boundary {b.name}": _boundary(b, faces, grid, retention) for b, faces in sides}


def stages(terms: Iterable[Any], shape: tuple[int, ...]) -> np.ndarray:
    """Stage of lakes, [y, x] m above the ground; NaN where there is none."""
    stage = np.full(shape[1:], np.nan)
    for term in terms:
        if isinstance(term, HeldHead):
            stage = np.where(np.isfinite(term.head[0]), term.head[0], stage)
    return stage


def check_place(name: str, y: int, x: int, active: np.ndarray) -> None:
    """Raise ConfigError where a named place is no active column."""
    ny, nx = active.shape
    if not (0 <= y < ny and 0 <= x < nx):
        raise ConfigError(f"{name!r}: y={y}, x={x} lies outside the {ny} x {nx} cells (counted from 0)")
    if not active[y, x]:
        raise ConfigError(f"{name!r}: y={y}, x={x} is not active")


def _span(name: str, key: str, span: Span | None, count: int) -> slice:
    """First to last of `count`; all of them where nothing is said."""
    if span is None:
        return slice(None)
    first, last = span
    if not 0 <= first <= last < count:
        raise ConfigError(f"{name!r}: `{key}` must be first and last of 0 to {count - 1}, got {list(span)}")
    return slice(first, last + 1)


def _box(place: StandingWater | OpenSide, shape: tuple[int, ...]) -> np.ndarray:
    """[y, x] bool, rows and columns that a place names."""
    made = np.zeros(shape, bool)
    made[_span(place.name, "y", place.y, shape[0]), _span(place.name, "x", place.x, shape[1])] = True
    return made


def _well(place: Pumping, grid: SubsurfaceGrid, K_s: np.ndarray) -> Well:
    share = np.zeros(grid.shape)
    rows = _span(place.name, "layers", place.layers, grid.shape[0])
    weight = (K_s * np.broadcast_to(grid.thickness, grid.shape))[rows, place.y, place.x]
    share[rows, place.y, place.x] = weight / weight.sum()
    return Well(place.flow, share)


def _drain(place: Drainage, shape: tuple[int, int, int]) -> Drain:
    if not place.conductance > 0.0:
        raise ConfigError(f"drain {place.name!r}: `conductance` must be > 0 s-1, got {place.conductance:g}")
    field = np.zeros(shape)
    field[_span(place.name, "layers", place.layers, shape[0]), place.y, place.x] = place.conductance
    return Drain(field, place.level)


def _lake_cells(place: StandingWater, active: np.ndarray) -> np.ndarray:
    """[y, x] bool."""
    cells = Fields(place.file).map("lake", active.shape) > 0.0 if place.file else _box(place, active.shape)
    where = f"lake {place.name!r}" + (f", {place.file}" if place.file else "")
    if not cells.any():
        raise ConfigError(f"{where}: has no cell; `lake` must be > 0 where it stands")
    lost = np.argwhere(cells & ~active)
    if len(lost):
        y, x = (int(i) for i in lost[0])
        raise ConfigError(f"{where}: y={y}, x={x} is not active ({len(lost)} such cells); leave them out")
    return cells


def _lake(place: StandingWater, cells: np.ndarray, shape: tuple[int, int, int]) -> HeldHead:
    """The head of first cells, which is the depth of water on them, held at the stage: what reaches a lake joins it."""
    head = np.full(shape, np.nan)
    head[0, cells] = place.stage
    return HeldHead(head, FOLLOWS)


def _boundary(place: OpenSide, faces: np.ndarray, grid: SubsurfaceGrid, retention: Any) -> FaceHead | FaceFlux:
    thickness = np.asarray(grid.thickness)
    if place.flux is not None:
        flux = place.flux * PER_SECOND[place.flux_unit]
        return FaceFlux(np.where(faces, flux * _over_area(place.side, thickness, grid), 0.0))
    depth = np.cumsum(thickness, axis=0) - (0.0 if place.side == "bottom" else 0.5 * thickness)
    head = depth - place.water_table if place.water_table is not None else np.asarray(place.head)
    return prescribed(retention, np.where(faces, head, np.nan), place.side)


def _over_area(side: str, thickness: np.ndarray, grid: SubsurfaceGrid) -> np.ndarray | float:
    """Area of a face over that of its cell."""
    if side in ("top", "bottom"):
        return 1.0
    return thickness / float(grid.dx if side in ("west", "east") else grid.dy)


def _faces(place: OpenSide, active: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """[z, y, x] bool, cells whose face on the side belongs to the boundary."""
    cells = active & _box(place, active.shape)
    if place.side in ("top", "bottom"):
        layers = slice(0, 1) if place.side == "top" else slice(-1, None)
    else:
        layers = _span(place.name, "layers", place.layers, shape[0])
        cells &= _outermost(active, place.side)
    if not cells.any():
        raise ConfigError(f"boundary {place.name!r}: no active cell lies there; look at `y` and `x`")
    faces = np.zeros(shape, bool)
    faces[layers] = cells
    return faces


def _outermost(active: np.ndarray, side: str) -> np.ndarray:
    """[y, x] bool, the active cell of each row or column that is first from a side."""
    axis = 1 if side in ("west", "east") else 0
    turned = active if side in ("west", "south") else np.flip(active, axis)
    first = turned & (np.cumsum(turned, axis) == 1)
    return first if side in ("west", "south") else np.flip(first, axis)


def _check_apart(what: str, places: Iterable[tuple[str, np.ndarray]]) -> None:
    """Raise ConfigError where two places share cells (or their faces)."""
    for (one, here), (other, there) in combinations(places, 2):
        shared = int((here & there).sum())
        if shared:
            raise ConfigError(f"{what} {one!r} and {other!r} share {shared} cells; give each its own")
