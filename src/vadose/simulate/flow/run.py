"""Run a flow study: read, spin up, step through the period, write states, budget and hydrographs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import NotConverged
from vadose.simulate.flow.restart import FILE, Restart, read_restart, write_restart
from vadose.simulate.flow.result import FlowRun
from vadose.simulate.flow.setup import Block, FlowSetup, set_up
from vadose.simulate.flow.study import FlowStudy, load_flow_study
from vadose.workflow.cache import write_text
from vadose.workflow.folder import log, log_to, prepare
from vadose.workflow.output import study_toml

if TYPE_CHECKING:
    from vadose.flow.subsurface import SubsurfaceState
    from vadose.simulate.flow.output import Writer


@dataclass
class Counts:
    """What the solver did, summed, and the steps that failed."""

    steps: int = 0
    substeps: int = 0
    newton: int = 0
    products: int = 0
    unbalanced: float = 0.0
    throughput: float = 0.0
    failures: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class SpunUp:
    """Cycles made, 95th percentile of the last change of the water table (m), and whether that was small enough."""

    cycles: int
    change: float
    reached: bool


def run_study(
    study: FlowStudy | Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    settings: Sequence[str] = (),
    fresh: bool = False,
    workers: int = 0,
    client: Any = None,
    report: bool = True,
) -> FlowRun:
    """Run a flow study and write the run folder.

    study    a study file, a ParFlow database, tables as a dictionary, or a FlowStudy
    out      run folder; default: the study file's name without suffix
    settings overrides as on the command line, "parflow.time_unit='h'"
    fresh, workers, client   as of other jobs; one process steps through time, and nothing is kept from earlier runs
    Raises ConfigError for a wrong study, DataError for files that do not fit, NotConverged with time and place where
    a step fails; what was written until then stays under a temporary name and is taken away.
    """
    parsed, name = load_flow_study(study, settings)
    run = Path(out) if out is not None else Path(name)
    prepare(run, fresh)
    started = time.monotonic()
    with log_to(run / "log.txt"):
        write_text(run / "study.toml", study_toml(parsed))
        setup = set_up(parsed)
        _tell(setup)
        state, spun = _spun_up(parsed, setup)
        _simulate(parsed, setup, state, spun, run, started)
        if report:
            from vadose.report import write_report

            write_report(run)
        log.info("done in %.1f s", time.monotonic() - started)
    return FlowRun(run)


def describe_study(study: Any, settings: Sequence[str] = ()) -> Any:
    """What a study would read and do."""
    from vadose.simulate.flow.describe import describe

    return describe(load_flow_study(study, settings)[0])


def _tell(setup: FlowSetup) -> None:
    for kind, said in setup.notes.items():
        for text in said:
            log.info("%s: %s", kind, text)


def _start(study: FlowStudy, setup: FlowSetup) -> SubsurfaceState:
    from vadose.flow.subsurface import SubsurfaceState, state_at

    if study.initial.restart:
        held = read_restart(study.initial.restart, setup.problem.grid.shape)
        return SubsurfaceState(held.head, held.water)
    return state_at(setup.problem, setup.head, study.solver.smooth_head)


def _spun_up(study: FlowStudy, setup: FlowSetup) -> tuple[SubsurfaceState, SpunUp | None]:
    """The state after the period was repeated until the water table no longer changes much."""
    state, settings = _start(study, setup), study.spinup
    if not settings.cycles:
        return state, None
    change = np.inf
    before = _table(setup, state)
    for number in range(1, settings.cycles + 1):
        for _, state, _ in _advance(study, setup, state, Counts(), f"spin-up {number}"):
            pass
        after = _table(setup, state)
        both = np.isfinite(before) & np.isfinite(after)
        change = float(np.quantile(np.abs(after - before)[both], 0.95)) if both.any() else np.inf
        log.info("spin-up %d: water table changed by %.3g m (95 %% of columns below)", number, change)
        if change <= settings.change:
            return state, SpunUp(number, change, True)
        before = after
    log.warning("spin-up ended after %d cycles with %.3g m, more than %g", settings.cycles, change, settings.change)
    return state, SpunUp(settings.cycles, change, False)


def _table(setup: FlowSetup, state: SubsurfaceState) -> np.ndarray:
    from vadose.model.subsurface import water_table_depth

    depth = np.array(water_table_depth(state.head, np.asarray(setup.problem.grid.thickness)))
    depth[~setup.active[0]] = np.nan
    return depth


def _advance(study: FlowStudy, setup: FlowSetup, state: Any, counts: Counts, what: str) -> Any:
    """After each block its last time, the state and what passed. Raises NotConverged with time and place."""
    from vadose.flow.subsurface import SubsurfaceSettings
    from vadose.model.subsurface import advance

    solver = study.solver
    settings = SubsurfaceSettings(smooth_head=solver.smooth_head, tolerance=solver.tolerance, newton=solver.newton)
    for block in setup.blocks():
        problem = replace(setup.problem, terms=(*setup.problem.terms, *setup.changing(float(block.edges[1]))))
        top = setup.top(block.edges[1:])
        passed = advance(problem, state, _padded(top), block.step, block.count, settings)
        state = passed.state
        counts.steps += int(passed.done)
        counts.substeps += int(passed.substeps)
        counts.newton += int(passed.iterations)
        counts.products += int(passed.products)
        counts.unbalanced += float(passed.unbalanced)
        counts.throughput += float(passed.throughput)
        if not bool(passed.converged):
            raise NotConverged(_where(setup, block, passed, what))
        yield float(block.edges[-1]), state, passed


def _padded(top: np.ndarray) -> np.ndarray:
    """Rows up to a power of two, so that few programs are compiled; the last row goes on."""
    rows = 1 << (len(top) - 1).bit_length()
    return np.concatenate([top, np.repeat(top[-1:], rows - len(top), axis=0)])


def _where(setup: FlowSetup, block: Block, passed: Any, what: str) -> str:
    z, y, x = np.unravel_index(int(passed.worst), setup.problem.grid.shape)
    at = float(block.edges[0] + block.step * (int(passed.done)))
    column = np.array2string(np.asarray(passed.state.head)[:, y, x], precision=3, max_line_width=100)
    return (
        f"{what}: the step at {at / 3600.0:g} h of {block.step:g} s does not converge, nor its shortest substep: "
        f"{float(passed.residual):.3g} m of water are left at layer {z}, y={y}, x={x}; heads of that column (m): "
        f"{column}; look at the soil and the terms there, or take shorter steps"
    )


def _simulate(study: FlowStudy, setup: FlowSetup, state: Any, spun: SpunUp | None, run: Path, started: float) -> None:
    from vadose.simulate.flow.manifest import write_manifest
    from vadose.simulate.flow.output import writer

    counts = Counts()
    volumes = [float(np.asarray(state.water).sum() * setup.problem.grid.area)]
    with writer(study, setup, run) as out:
        out.state(float(setup.edges[0]), state, None)
        due = set(setup.outputs.tolist())
        for moment, state, passed in _advance(study, setup, state, counts, "run"):
            out.passed(passed)
            if moment in due:
                out.state(moment, state, passed)
        out.finish()
    write_restart(run / FILE, Restart(np.asarray(state.head), np.asarray(state.water), float(setup.edges[-1])))
    volumes.append(float(np.asarray(state.water).sum() * setup.problem.grid.area))
    write_manifest(study, setup, counts, spun, (volumes[0], volumes[1]), run, time.monotonic() - started, out.files)
