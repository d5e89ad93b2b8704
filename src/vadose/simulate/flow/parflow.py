"""A flow run from a ParFlow case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.parflow.case import read_case
from vadose.errors import ConfigError
from vadose.flow.overland import CellKinematicWave, DiffusiveWave, KinematicWave
from vadose.flow.subsurface import Subsurface
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_terms import Drain, FaceFlux, HeldHead, Well, prescribed
from vadose.simulate.flow.setup import FlowSetup, steps
from vadose.soil import VanGenuchten

if TYPE_CHECKING:
    from vadose.data.parflow.boundary import Boundary
    from vadose.data.parflow.case import ParflowCase
    from vadose.data.parflow.wells import CaseWell
    from vadose.simulate.flow.study import FlowStudy

OVERLAND = {"OverlandKinematic": KinematicWave, "OverlandDiffusive": DiffusiveWave}
UPWIND = "Solver.TerrainFollowingGrid.SlopeUpwindFormulation"
GRAVITY = {"Original": "mean", "Upwind": "upwind", "UpwindSine": "upwind sine"}
AXIS = {"west": 2, "east": 2, "south": 1, "north": 1, "top": 0, "bottom": 0}
DRY = -1.0  # m, head of inactive cells, which must not pond
SEEPAGE = 1.0  # s-1, conductance of a seepage face: what stands above the ground is gone within a step


def from_case(study: FlowStudy) -> FlowSetup:
    """Everything that the case says; [output] `every` and [initial] `restart` of the study in its place."""
    _only_what_has_effect(study)
    case = read_case(study.parflow.database, time_unit=study.parflow.time_unit, inputs=study.parflow.inputs or None)
    grid = SubsurfaceGrid(
        thickness=case.thickness,
        slope_x=case.surface.slope_x,
        slope_y=case.surface.slope_y,
        dx=case.dx,
        dy=case.dy,
        active=case.active,
        terrain_following=case.terrain_following,
        gravity=GRAVITY[case.ignored.get(UPWIND, "Original")],
    )
    retention = VanGenuchten(
        theta_r=case.porosity * case.retention.s_res,
        theta_s=case.porosity * case.retention.s_sat,
        alpha=case.retention.alpha,
        n=case.retention.n,
        K_s=case.K_z,
    )
    problem = Subsurface(
        grid,
        retention,
        # S_s S psi with S = s_sat theta / theta_s
        specific_storage=case.specific_storage * case.retention.s_sat,
        stretch_x=case.K_x / case.K_z,
        stretch_y=case.K_y / case.K_z,
        overland=_overland(case),
    )
    still = [b for b in case.boundaries if not _on_top(b) and _acts(b)]
    names = (
        *[f"{b.patch} ({b.kind})" for b in still],
        *[f"well {w.name}" for w in case.wells],
        *(["sources"] if case.sources is not None else []),
    )

    def changing(time: float) -> tuple[Any, ...]:
        terms = [_boundary(b, time, retention, grid, case.thickness) for b in still]
        terms += [_well(w, time, grid) for w in case.wells]
        if case.sources is not None:
            terms.append(FaceFlux(case.sources * case.thickness))
        return tuple(terms)

    tops = [b for b in case.boundaries if b.side == "top" and b.kind != "head"]

    def top(edges: np.ndarray) -> np.ndarray:
        """A step has the flux that holds at its end, as in ParFlow."""
        flux = np.zeros((edges.size - 1, *grid.shape[1:]))
        for b in tops:
            flux += np.array([b.series.at(t) for t in edges[1:]])[:, None, None] * b.faces
        return flux[:1] if (flux == flux[:1]).all() else flux

    series = [*(b.series for b in still), *(w.series for w in case.wells)]
    starts = [s.starts[s.starts > case.timing.start] for s in series]
    timing = case.timing
    edges = steps(timing.start, timing.stop, timing.first, timing.growth, timing.shortest, timing.longest)
    every = timing.dump_interval or (timing.dump_steps or edges.size) * timing.first
    if study.output.every:
        every = 3600.0 * study.output.every
    _, ny, nx = grid.shape
    return FlowSetup(
        problem=problem,
        names=names,
        changing=changing,
        top=top,
        turns=np.unique(np.concatenate([np.empty(0), *starts])),
        head=case.initial_head if case.active is None else np.where(case.active, case.initial_head, DRY),
        edges=edges,
        every=every,
        x=case.lower[0] + case.dx * (np.arange(nx) + 0.5),
        y=case.lower[1] + case.dy * (np.arange(ny) + 0.5),
        origin=f"ParFlow database {case.path.name}, times in {case.time_unit}",
        soil="van Genuchten parameters of the case",
        notes=_notes(case),
    )


def _notes(case: ParflowCase) -> dict[str, list[str]]:
    """What the user should know of a case."""
    notes = {
        "case": list(case.notes),
        "keys without effect": sorted(set(case.ignored) - {UPWIND}),
        "keys of CLM, not used by a run of flow alone": sorted(case.clm),
    }
    return {kind: said for kind, said in notes.items() if said}


def _only_what_has_effect(study: FlowStudy) -> None:
    """Raises ConfigError for tables that a case brings itself."""
    for name in ("soils", "rain", "wells", "drains", "lakes", "boundaries"):
        if getattr(study, name):
            raise ConfigError(
                f"[[{name}]] has no effect with [parflow]: the case says it; change the case or leave out"
            )
    for name in ("domain", "soil", "surface", "period"):
        table = getattr(study, name)
        if table != type(table)():
            raise ConfigError(f"[{name}] has no effect with [parflow]: the case says it; change the case or leave out")
    if study.initial.head is not None or study.initial.water_table is not None:
        raise ConfigError("[initial] `head` and `water_table` have no effect with [parflow]; `restart` has")


def _overland(case: ParflowCase) -> Any:
    kind = case.surface.overland
    if kind is None:
        return None
    if kind == "OverlandFlow":
        return CellKinematicWave(case.surface.manning)
    return OVERLAND[kind](case.surface.manning, case.surface.epsilon)


def _on_top(b: Boundary) -> bool:
    return b.side == "top" and b.kind in ("flux", "overland")


def _acts(b: Boundary) -> bool:
    """Whether a condition does anything; a closed side is none."""
    return b.kind != "flux" or bool(np.any(b.series.values))


def _boundary(b: Boundary, time: float, retention: Any, grid: SubsurfaceGrid, thickness: np.ndarray) -> Any:
    """The term of a patch over the step that ends at `time`."""
    value = b.series.at(time)
    place: list[Any] = [slice(None)] * 3
    place[AXIS[b.side]] = b.index
    field = np.full(grid.shape, np.nan if b.kind == "head" else 0.0)
    if b.kind == "head" and b.offset is not None:
        field[tuple(place)] = b.offset + value
        return prescribed(retention, field, b.side)
    if b.kind == "seepage":
        field[tuple(place)] = np.where(b.faces, SEEPAGE, 0.0)
        return Drain(field)
    field[tuple(place)] = np.where(b.faces, value, 0.0)
    if b.side in ("west", "east"):
        field *= thickness / grid.dx
    elif b.side in ("south", "north"):
        field *= thickness / grid.dy
    return FaceFlux(field)


def _well(well: CaseWell, time: float, grid: SubsurfaceGrid) -> Any:
    """The term of a well over the step that ends at `time`."""
    value = well.series.at(time)
    field = np.zeros(grid.shape)
    if well.kind == "flux":
        field[well.layers, well.row, well.column] = well.share
        return Well(value, field)
    field[:] = np.nan
    field[well.layers, well.row, well.column] = value
    return HeldHead(field)
