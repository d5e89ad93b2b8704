"""A ParFlow run as arrays in SI with z from the top: what its database and files say about water."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vadose.data.parflow.boundary import Boundary, overland_of, read_boundaries
from vadose.data.parflow.cycles import Timing, read_timing
from vadose.data.parflow.database import read_database
from vadose.data.parflow.fields import read_conductivity, read_porosity, read_sources, read_storage
from vadose.data.parflow.geometry import read_geometries
from vadose.data.parflow.grid import read_grid, read_thickness
from vadose.data.parflow.initial import read_initial_head
from vadose.data.parflow.keys import CaseKeys
from vadose.data.parflow.reading import Reading
from vadose.data.parflow.retention import VanGenuchtenFields, read_retention
from vadose.data.parflow.surface import Surface, read_surface
from vadose.data.parflow.wells import CaseWell, read_wells
from vadose.errors import DataError, UnitError

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0}
_FASTEST = 1.0  # m s-1: coarse gravel conducts less
_HEADS = "ParFlow then takes heads in m and K as a conductivity: restate the run so, with these at 1"


@dataclass(frozen=True, eq=False)
class ParflowCase:
    """A run, in m and s, arrays [z, y, x] with z from the top, y northward and x eastward.

    path, time_unit    of the database, and the unit its times, K, fluxes and Manning's n were read in
    dx, dy, thickness  m, thickness [z, 1, 1];  lower  (x, y, z) m of the lower corner, in the run's coordinates
    active             [z, y, x] bool, None where water flows in every cell; elsewhere fields hold harmless values
    terrain_following  whether the layers follow the ground
    K_x, K_y, K_z      m s-1;  porosity  m3 m-3;  specific_storage  m-1
    retention          van Genuchten's parameters (alpha m-1, n, s_res, s_sat)
    surface            slopes, Manning's n s m-1/3 [y, x], the kind of flow over the ground
    initial_head       m;  sources  s-1 into the ground, or None
    boundaries, wells  conditions at the sides and wells;  timing  steps, s
    clm                keys of the land model (`Solver.LSM`, `Solver.CLM.*`) as text
    ignored            keys that may matter and have no effect here: to be shown to the user
    notes              what else the user should know
    """

    path: Path
    time_unit: str
    dx: float
    dy: float
    thickness: np.ndarray
    lower: tuple[float, float, float]
    active: np.ndarray | None
    terrain_following: bool
    K_x: np.ndarray
    K_y: np.ndarray
    K_z: np.ndarray
    porosity: np.ndarray
    specific_storage: np.ndarray
    retention: VanGenuchtenFields
    surface: Surface
    initial_head: np.ndarray
    sources: np.ndarray | None
    boundaries: tuple[Boundary, ...]
    wells: tuple[CaseWell, ...]
    timing: Timing
    clm: dict[str, str]
    ignored: dict[str, str]
    notes: tuple[str, ...]


def read_case(database_path: str | Path, *, time_unit: str, inputs: str | Path | None = None) -> ParflowCase:
    """Read a ParFlow run from its key database and the files that it names.

    database_path  `.pfidb`, or the YAML or JSON that pftools writes
    time_unit      "s", "min", "h" or "day": ParFlow's files carry no units; that of K, rain, Manning's n and times
    inputs         folder of the files, where it is not that of the database
    Raises UnitError for another unit, DataError, RangeError, GridMismatch or ConfigError (a file outside of `inputs`)
    for what cannot be read, each with the key and the remedy.
    Source: ParFlow v3.15, https://github.com/parflow/parflow (meaning of its keys)
    """
    path = Path(database_path)
    if time_unit not in SECONDS:
        raise UnitError(
            f"{path}: `time_unit` must be one of {', '.join(SECONDS)}, got {time_unit!r}; ParFlow's files carry no "
            "units: state the one in which K, rain and TimingInfo are (K of a sand: 0.3 in m/h, 8e-5 in m/s)"
        )
    folder = path.parent if inputs is None else Path(inputs)
    if not folder.is_dir():
        raise DataError(f"{path}: `inputs` must be the folder of the run's files, got {folder}, which is no folder")
    keys = CaseKeys(path, folder, read_database(path))
    phase = _phase(keys)
    seconds = SECONDS[time_unit]
    grid = read_grid(keys)
    geometry = read_geometries(keys, grid)
    thickness = read_thickness(keys, grid, geometry.active, dict(geometry.regions))
    return _assemble(Reading(keys, grid, geometry, thickness, seconds), phase, time_unit)


def _assemble(r: Reading, phase: str, time_unit: str) -> ParflowCase:
    timing = read_timing(r.keys, r.seconds)
    boundaries = read_boundaries(r, timing)
    surface = read_surface(r, overland_of(r, boundaries))
    K_x, K_y, K_z = read_conductivity(r)
    porosity, storage, retention = read_porosity(r), read_storage(r), read_retention(r)
    head, sources, wells = read_initial_head(r), read_sources(r, phase), read_wells(r, phase, timing)
    terrain = r.keys.flag("Solver.TerrainFollowingGrid")
    r.keys.without_effect(r"Cycle\..*")  # cycles that no condition follows
    fast = _fast(r, max(float(K.max()) for K in (K_x, K_y, K_z)), time_unit)
    return ParflowCase(
        path=r.keys.path,
        time_unit=time_unit,
        dx=r.grid.dx,
        dy=r.grid.dy,
        thickness=r.thickness[:, None, None],
        lower=r.grid.lower,
        active=None if r.active.all() else r.active,
        terrain_following=terrain,
        K_x=K_x,
        K_y=K_y,
        K_z=K_z,
        porosity=porosity,
        specific_storage=storage,
        retention=retention,
        surface=surface,
        initial_head=head,
        sources=sources,
        boundaries=boundaries,
        wells=wells,
        timing=timing,
        clm=r.keys.land(),
        ignored=r.keys.ignored(),
        notes=(*r.geometry.notes, *surface.notes, *fast),
    )


def _phase(keys: CaseKeys) -> str:
    """The name of the one phase; DataError for other solvers, phases and units of pressure."""
    keys.choice("Solver", ("Richards",), "The others are for several phases.")
    phases = keys.names("Phase.Names")
    if len(phases) != 1:
        raise DataError(f"{keys.path}: `Phase.Names` must be one phase, water, got {' '.join(phases) or 'none'}")
    phase = phases[0]
    values = {"Gravity": keys.number("Gravity")}
    for name in ("Density", "Viscosity"):
        keys.choice(f"Phase.{phase}.{name}.Type", ("Constant",), _HEADS, "Constant")
        values[f"Phase.{phase}.{name}.Value"] = keys.number(f"Phase.{phase}.{name}.Value")
    for key, value in values.items():
        if value != 1.0:
            raise DataError(f"{keys.path}: `{key}` must be 1, got {value:g}. {_HEADS}")
    return phase


def _fast(r: Reading, fastest: float, time_unit: str) -> tuple[str, ...]:
    if fastest <= _FASTEST:
        return ()
    return (f"{r.keys.path}: K reaches {fastest:g} m/s, more than gravel has: is `time_unit` = {time_unit!r} right?",)
