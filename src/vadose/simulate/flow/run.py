"""Run a flow study: read, spin up, step through the period, write states, budget and hydrographs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError, NotConverged
from vadose.simulate.flow.gauges import Gauges
from vadose.simulate.flow.inputs import digests
from vadose.simulate.flow.load import load_flow_study
from vadose.simulate.flow.manifest import write_manifest
from vadose.simulate.flow.output import writer
from vadose.simulate.flow.restart import FILE, Restart, read_restart, write_restart
from vadose.simulate.flow.result import FlowRun
from vadose.simulate.flow.setup import Block, FlowSetup, set_up
from vadose.simulate.flow.study import FlowStudy
from vadose.workflow.cache import write_text
from vadose.workflow.execute import Watch, progress_of
from vadose.workflow.folder import log, log_to, prepare
from vadose.workflow.output import study_toml

if TYPE_CHECKING:
    from vadose.flow.subsurface import SubsurfaceState


@dataclass
class Counts:
    """What a run did: steps (`total` with the spin-up), sums of the solver, m3 stored at first and gained, files."""

    total: int = 0
    steps: int = 0
    substeps: int = 0
    newton: int = 0
    products: int = 0
    multigrid: bool = False
    unbalanced: float = 0.0
    throughput: float = 0.0
    stored: float = 0.0
    gained: float = 0.0
    failures: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    hashes: list[dict[str, Any]] = field(default_factory=list)


class Stopped(NotConverged):
    """A step that failed: where it was, when (s), and what passed before it."""

    def __init__(self, message: str, failure: dict[str, Any], time: float, passed: Any) -> None:
        super().__init__(message)
        self.failure, self.time, self.passed = failure, time, passed


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
    fresh    has no part: nothing is kept from earlier runs;  workers, client  are refused: one process does it all
    Raises ConfigError for a wrong study, DataError for files that do not fit, NotConverged with time and place where
    a step fails; what was computed until then is written before, with the failure in run.json.
    """
    if client is not None or workers > 1:
        raise ConfigError("a flow run steps through time in one process: leave out `workers` and `scheduler`")
    parsed, name = load_flow_study(study, settings)
    run = Path(out) if out is not None else Path(name)
    prepare(run, fresh)
    started = time.monotonic()
    with log_to(run / "log.txt"):
        setup = set_up(parsed)
        gauges = Gauges.of(parsed, setup)
        write_text(run / "study.toml", study_toml(parsed))
        _tell(setup)
        counts = Counts(hashes=digests(parsed, run))
        total = (setup.edges.size - 1) * (1 + parsed.spinup.cycles)
        with progress_of(Watch(total, lambda: counts.total, "steps"), "flow"):
            state, spun = _spun_up(parsed, setup, counts)
            stopped = _simulate(parsed, setup, state, gauges, run, counts)
        write_manifest(parsed, setup, counts, spun, run, time.monotonic() - started)
        if report:
            from vadose.report import write_report

            write_report(run)
        if stopped is not None:
            log.error("%s", stopped)
            raise NotConverged(f"{stopped}; what was computed until then is in {run}")
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


def _spun_up(study: FlowStudy, setup: FlowSetup, counts: Counts) -> tuple[SubsurfaceState, SpunUp | None]:
    """The state after the period was repeated until the water table no longer changes much."""
    state, settings = _start(study, setup), study.spinup
    if not settings.cycles:
        return state, None
    change = np.inf
    before = _table(setup, state)
    for number in range(1, settings.cycles + 1):
        for _, passed in _advance(study, setup, state, f"spin-up {number}"):
            state = passed.state
            counts.total += int(passed.done)
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


def _advance(study: FlowStudy, setup: FlowSetup, state: Any, what: str) -> Iterator[tuple[float, Any]]:
    """After each block its last time and what passed. Raises Stopped with time and place."""
    from vadose.flow.subsurface import SubsurfaceSettings
    from vadose.model.subsurface import advance, over_devices

    solver, rows = study.solver, setup.problem.grid.shape[1]
    settings = SubsurfaceSettings(
        smooth_head=solver.smooth_head,
        tolerance=solver.tolerance,
        newton=solver.newton,
        smallest_substep=solver.shortest,
    )
    for block in setup.blocks():
        problem = replace(setup.problem, terms=(*setup.problem.terms, *setup.changing(float(block.edges[1]))))
        problem, state = over_devices((problem, state), rows, solver.devices)
        top = _padded(setup.top(block.edges), setup.longest)
        passed = advance(problem, state, top, block.step, block.count, settings)
        state = passed.state
        if not bool(passed.converged):
            raise _stopped(setup, block, passed, what)
        yield float(block.edges[-1]), passed


def _padded(top: np.ndarray, rows: int) -> np.ndarray:
    """As many rows for all blocks, so that one program does for all runs on a grid; the last row goes on."""
    return np.concatenate([top, np.broadcast_to(top[-1:], (rows - len(top), *top.shape[1:]))])


def _stopped(setup: FlowSetup, block: Block, passed: Any, what: str) -> Stopped:
    z, y, x = (int(i) for i in np.unravel_index(int(passed.worst), setup.problem.grid.shape))
    at, left = float(block.edges[int(passed.done)]), float(passed.residual)
    column = np.array2string(np.asarray(passed.state.head)[:, y, x], precision=3, max_line_width=100)
    return Stopped(
        f"{what}: the step at {at / 3600.0:g} h of {block.step:g} s does not converge, nor its shortest substep: "
        f"{left:.3g} m of water are left at layer {z}, y={y}, x={x}; heads of that column (m): "
        f"{column}; look at the soil and the terms there, or take shorter steps",
        {"time": at - float(setup.edges[0]), "z": z, "y": y, "x": x, "residual": left},
        at,
        passed,
    )


def _simulate(
    study: FlowStudy, setup: FlowSetup, state: Any, gauges: Gauges, run: Path, counts: Counts
) -> Stopped | None:
    """Step through the period and write states and tables; the step that failed, if one did."""
    stopped, moment = None, float(setup.edges[0])
    area = float(setup.problem.grid.area)
    counts.stored = float(np.asarray(state.water).sum()) * area
    with writer(study, setup, gauges, run) as out:
        out.state(moment, state)
        due = set(setup.outputs.tolist())
        try:
            for time_now, passed in _advance(study, setup, state, "run"):
                moment, state = time_now, passed.state
                _count(counts, passed)
                out.passed(passed)
                if moment in due:
                    out.state(moment, state)
        except Stopped as error:
            stopped, last = error, moment
            moment, state = error.time, error.passed.state
            counts.failures.append(error.failure)
            _count(counts, error.passed)
            out.passed(error.passed)
            if moment > last:
                out.state(moment, state)
        out.finish()
    write_restart(run / FILE, Restart(np.asarray(state.head), np.asarray(state.water), moment))
    counts.gained = float(np.asarray(state.water).sum()) * area - counts.stored
    counts.files = out.files
    return stopped


def _count(counts: Counts, passed: Any) -> None:
    counts.total += int(passed.done)
    counts.steps += int(passed.done)
    counts.substeps += int(passed.substeps)
    counts.newton += int(passed.iterations)
    counts.products += int(passed.products)
    counts.multigrid |= bool(passed.coarse)
    counts.unbalanced += float(passed.unbalanced)
    counts.throughput += float(passed.throughput)
