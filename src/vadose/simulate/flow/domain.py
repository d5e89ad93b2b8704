"""A flow run from the tables of a study: terrain, soil, surface, rain, and what enters and leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError, GridMismatch, RangeError
from vadose.flow.overland import CellKinematicWave, DiffusiveWave, KinematicWave
from vadose.flow.subsurface import Subsurface
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.simulate.flow.fields import Fields, soil_fields
from vadose.simulate.flow.places import named_terms, stages
from vadose.simulate.flow.rain import rainfall
from vadose.simulate.flow.setup import FlowSetup, steps
from vadose.simulate.flow.shores import Shores
from vadose.soil import VanGenuchten

if TYPE_CHECKING:
    from vadose.simulate.flow.study import FlowStudy

DRY = -1.0  # m, head of inactive cells, which must not pond
EVERY = 6.0  # h, between two states
OVERLAND = {"kinematic": KinematicWave, "diffusive": DiffusiveWave, "cell kinematic": CellKinematicWave}


@dataclass(frozen=True, eq=False)
class _Land:
    """Cells of dx by dy with centres x, y (m), slopes and active cells [y, x], elevation [y, x] m or None, notes."""

    dx: float
    dy: float
    x: np.ndarray
    y: np.ndarray
    slope_x: np.ndarray
    slope_y: np.ndarray
    active: np.ndarray
    elevation: np.ndarray | None
    notes: tuple[str, ...]


def from_tables(study: FlowStudy) -> FlowSetup:
    """Everything that [domain], [soil], [surface], [[rain]], [initial] and [period] say."""
    domain, period = study.domain, study.period
    if period.hours is None or period.step is None:
        raise ConfigError("[period] `hours` and `step` (s) are missing")
    if not (period.hours > 0.0 and period.step > 0.0):
        raise ConfigError(f"[period] `hours` and `step` must be > 0, got {period.hours:g} and {period.step:g}")
    land = _land(study)
    thickness = np.asarray(domain.layers, float)[:, None, None]
    shape = (thickness.shape[0], *land.slope_x.shape)
    active = np.broadcast_to(land.active, shape)
    grid = SubsurfaceGrid(
        thickness=thickness,
        slope_x=land.slope_x,
        slope_y=land.slope_y,
        dx=land.dx,
        dy=land.dy,
        active=None if active.all() else np.array(active),
        terrain_following=domain.terrain_following,
    )
    soil = soil_fields(study, shape, active)
    retention = VanGenuchten(soil.theta_r, soil.porosity, soil.alpha, soil.n, soil.K_s)
    terms = named_terms(study, grid, retention)
    stage = stages(terms.values(), shape)
    lake = np.isfinite(stage)
    notes = (*land.notes, *_pits(study, land.slope_x, land.slope_y, land.active & ~lake))
    head = np.where(active, _initial(study, thickness, shape), DRY)
    head[0, lake] = stage[lake]
    start = np.datetime64(period.start, "s") if period.start else None
    surface, stretch = study.surface, study.soil.stretch
    manning = _map(surface.file, "manning", shape[1:]) if surface.file else surface.manning
    if np.any(np.asarray(manning) <= 0.0):
        raise RangeError("[surface] `manning` must be > 0 s m-1/3 (0.03 a river, 0.1 a meadow)")
    return FlowSetup(
        problem=Subsurface(
            grid,
            retention,
            specific_storage=study.soil.specific_storage,
            stretch_x=stretch,
            stretch_y=stretch,
            overland=_overland(surface.scheme, manning, lake),
            terms=tuple(terms.values()),
        ),
        names=tuple(terms),
        changing=lambda time: (),
        top=rainfall(study.rain, shape[1:], start, 3600.0 * period.hours),
        turns=np.empty(0),
        head=head,
        edges=steps(0.0, 3600.0 * period.hours, period.step, 1.0, period.step, period.step),
        every=3600.0 * (study.output.every or EVERY),
        x=land.x,
        y=land.y,
        origin="tables of the study",
        soil=soil.origin,
        elevation=land.elevation,
        notes={"terrain": list(notes)} if notes else {},
    )


def _overland(scheme: str, manning: Any, lake: np.ndarray) -> Any:
    """The scheme of a name, with shores where there are lakes."""
    if scheme == "none":
        return None
    made = OVERLAND[scheme](manning)
    return Shores(made, lake) if lake.any() else made


def _land(study: FlowStudy) -> _Land:
    domain = study.domain
    said = [bool(domain.elevation), bool(domain.slopes), domain.cells != (0, 0)]
    if sum(said) != 1:
        raise ConfigError("[domain] say one of `elevation`, `slopes`, or `cells` (y, x) with slope_x and slope_y")
    if domain.elevation:
        return _from_elevation(study)
    if not (domain.dx > 0.0 and domain.dy > 0.0):
        raise ConfigError(f"[domain] `dx` and `dy` must be > 0 m, got {domain.dx:g} and {domain.dy:g}")
    if domain.slopes:
        slope_x, slope_y = _map(domain.slopes, "slope_x", None), _map(domain.slopes, "slope_y", None)
    else:
        if min(domain.cells) < 1:
            raise ConfigError(f"[domain] `cells` must be at least 1 each, got {list(domain.cells)}")
        slope_x, slope_y = np.full(domain.cells, domain.slope_x), np.full(domain.cells, domain.slope_y)
    if slope_x.shape != slope_y.shape:
        raise GridMismatch(f"{domain.slopes}: slope_x is {slope_x.shape}, slope_y {slope_y.shape}; expected one shape")
    x, y = _centres(study, slope_x.shape)
    active = _active(study, slope_x.shape)
    elevation = None
    if domain.slopes and "elevation" in Fields(domain.slopes).names():
        elevation = Fields(domain.slopes).map("elevation", slope_x.shape)
    return _Land(domain.dx, domain.dy, x, y, slope_x, slope_y, active, elevation, ())


def _centres(study: FlowStudy, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """x and y of cell centres, m: those of the file of slopes where it has some that fit dx and dy."""
    domain = study.domain
    found = []
    for name, size, count in (("x", domain.dx, shape[1]), ("y", domain.dy, shape[0])):
        axis = size * (np.arange(count) + 0.5)
        if domain.slopes and name in Fields(domain.slopes).names():
            held = np.sort(Fields(domain.slopes).read(name)[0])
            if held.shape != axis.shape or not np.allclose(np.diff(held), size, rtol=1e-3):
                raise GridMismatch(
                    f"{domain.slopes}, variable {name}: its centres do not lie [domain] `d{name}` = {size:g} m apart"
                )
            axis = held
        found.append(axis)
    return found[0], found[1]


def _from_elevation(study: FlowStudy) -> _Land:
    from vadose.data.terrain import read_elevation
    from vadose.grid.terrain import Conditioning, terrain

    domain = study.domain
    found = read_elevation(domain.elevation)
    for name in ("dx", "dy"):
        said = getattr(domain, name)
        if said and abs(said - getattr(found, name)) > 1e-6 * said:
            raise GridMismatch(f"[domain] `{name}` = {said:g} m, but {domain.elevation} has {getattr(found, name):g} m")
    active = _active(study, found.elevation.shape) & np.isfinite(found.elevation)
    made = terrain(
        found.elevation, found.dx, found.dy, active=active, conditioning=Conditioning(least_slope=domain.least_slope)
    )
    slopes = made.cell_slopes() if study.surface.scheme == "cell kinematic" else (made.slope_x, made.slope_y)
    return _Land(found.dx, found.dy, found.x, found.y, *slopes, made.active, made.elevation, made.notes)


def _active(study: FlowStudy, shape: tuple[int, ...]) -> np.ndarray:
    from vadose.grid.terrain_slopes import check_connected

    if not study.domain.active:
        return np.ones(shape, bool)
    active = np.asarray(_map(study.domain.active, "active", shape) > 0.0)
    check_connected(active, study.domain.active)
    return active


def _pits(study: FlowStudy, slope_x: np.ndarray, slope_y: np.ndarray, active: np.ndarray) -> tuple[str, ...]:
    """A note on cells whose water stays; DataError where it would stay for ever.

    active   [y, x] bool, without lakes, which take what reaches them;  a conditioned elevation map has no pits
    """
    from vadose.grid.terrain_slopes import check_drainage, named, pits

    scheme = study.surface.scheme
    if scheme == "none" or study.domain.elevation:
        return ()
    if scheme == "diffusive":
        found = pits(slope_x, slope_y, active)
        return (f"water stands in {named(found)} until it is deep enough to leave",) if found else ()
    check_drainage(
        slope_x, slope_y, active, scheme="cells" if scheme == "cell kinematic" else "faces", where="[domain] slopes"
    )
    return ()


def _map(path: str, variable: str, shape: tuple[int, ...] | None, missing: bool = False) -> np.ndarray:
    """A variable [y, x] of a netCDF file, northward."""
    values = Fields(path).map(variable, shape)
    if not missing and not np.isfinite(values).all():
        raise RangeError(
            f"{path}, variable {variable}: has {int((~np.isfinite(values)).sum())} missing values; fill them"
        )
    return values


def _initial(study: FlowStudy, thickness: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    initial = study.initial
    if initial.restart:
        from vadose.simulate.flow.restart import read_restart

        return read_restart(initial.restart, shape).head
    if initial.head is not None:
        return np.full(shape, initial.head)
    if initial.water_table is None:
        raise ConfigError("[initial] say one of `water_table` (m below the ground), `head` (m) or `restart`")
    centres = np.cumsum(thickness, axis=0) - 0.5 * thickness
    return np.broadcast_to(centres - initial.water_table, shape).copy()
