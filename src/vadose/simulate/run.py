"""Run a simulation study: read what it names, spin up, work tile by tile through the period, write the results."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dask.delayed import delayed

from vadose.errors import DataError
from vadose.simulate import collate, tasks
from vadose.simulate.planned import check_members, naming, read_observations
from vadose.simulate.result import Simulation
from vadose.simulate.schedule import Schedule
from vadose.simulate.spinup import SpunUp, spin_up
from vadose.simulate.study import Study, load_study
from vadose.simulate.tasks import METHOD, Tile, Worked
from vadose.workflow.cache import Cache, FileDigest, write_text
from vadose.workflow.execute import Watch, execute
from vadose.workflow.failures import Failed
from vadose.workflow.folder import log, log_to, prepare
from vadose.workflow.output import study_toml

if TYPE_CHECKING:
    from vadose.data.forcing import ForcingFiles
    from vadose.grid.cells import Cells
    from vadose.simulate.members import Member
    from vadose.simulate.observations import Observed

SMALLEST = 64  # columns of a tile, below which more tiles gain nothing
TILES = 16  # into which a run is cut at least, where that leaves no smaller ones


@dataclass(frozen=True)
class Plan:
    """What a run would do: its members, places, time axis, tiles, the files with their digests, the measurements."""

    study: Study
    members: tuple[Member, ...]
    cells: Cells
    files: ForcingFiles
    schedule: Schedule
    tiles: tuple[Tile, ...]
    digests: tuple[FileDigest, ...]
    observed: Observed | None = None

    @property
    def columns(self) -> int:
        """Columns of all members."""
        return len(self.members) * self.cells.size


@dataclass(frozen=True)
class Outcome:
    """What the tasks of a run gave: the end of the spin-up, and of each tile what it left or why it failed."""

    plan: Plan
    spun: SpunUp
    worked: tuple[Worked | Failed, ...]
    seconds: float


def run_study(
    study: Study | Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    settings: Sequence[str] = (),
    fresh: bool = False,
    workers: int = 0,
    client: Any = None,
    report: bool = True,
) -> Simulation:
    """Run a study and write the run folder; what an earlier run of it finished is not done again.

    study    a study file, its tables as a dictionary, or a Study
    out      run folder; default: the study file's name without suffix, "simulate-run" for a dictionary
    settings overrides as on the command line, "model.preset='noahmp'"
    fresh    forget earlier results in `out`
    workers  processes, 0 for one a core; client: a dask.distributed client to run on instead
    Raises ConfigError for a wrong study, DataError where the forcing cannot be read; columns and tiles that fail are
    listed in `.failures` of the result.
    """
    parsed, name = load_study(study, settings)
    run = Path(out) if out is not None else Path(name)
    prepare(run, fresh)
    started = time.monotonic()
    with log_to(run / "log.txt"):
        write_text(run / "study.toml", study_toml(parsed))
        with naming(study):
            plan = make_plan(parsed, (run / "cache").resolve())
        outcome = compute(plan, workers, client)
        collate.write_run(outcome, run, time.monotonic() - started)
        if report:
            from vadose.report import write_report

            write_report(run)
        log.info("done in %.1f s", time.monotonic() - started)
    return Simulation(run)


def make_plan(study: Study, cache: Path, hashed: bool = True) -> Plan:
    """Everything that a run knows before it computes.

    hashed  False takes no digests of the files, for a description
    Raises DataError where the forcing or an observation cannot be read, ConfigError where places, members or soils do
    not fit.
    """
    from vadose.simulate.columns import places
    from vadose.simulate.depths import layers_of
    from vadose.simulate.members import groups, members
    from vadose.simulate.weather import schedule, weather

    _outputs(study)
    files = weather(study)
    cells = places(study, files)
    plan = schedule(study, files)
    store = Cache(cache, METHOD)
    everyone = tuple(members(study))
    check_members(study, everyone, cells)
    observed = read_observations(study, [layers_of(study, m) for m in everyone], plan, cells)
    named = inputs(study, files)
    digests = tuple(store.digest(path) for path in named) if hashed else ()
    tiles = cut(study, groups(everyone), cells, plan, store, [d.sha256 for d in digests])
    return Plan(study, everyone, cells, files, plan, tiles, digests, observed)


def inputs(study: Study, files: ForcingFiles) -> tuple[str, ...]:
    """All files that numbers depend on. Raises DataError for a restart that is not there."""
    found = list(files.files)
    for name in sorted(study.soil_maps):
        found += study.soil_maps[name].all_files
    ground = (study.subsurface.elevation, study.subsurface.slopes, study.subsurface.soil_file)
    found += [path for path in (study.vegetation.map, study.grid.mask, *ground) if path]
    if study.initial.restart:
        from vadose.simulate.restart import restart_file

        found.append(str(restart_file(study.initial.restart)))
    return tuple(dict.fromkeys(found))


def cut(
    study: Study,
    groups: Sequence[Sequence[Member]],
    cells: Cells,
    plan: Schedule,
    store: Cache,
    hashes: Sequence[str],
) -> tuple[Tile, ...]:
    """Tiles of a run: of each group as many members and cells as `tile` columns are, all of one size.

    The columns of a member that share a subsurface are one tile.
    """
    gpu = study.study.device == "gpu"
    devices = _devices() if gpu else 1
    total = cells.size * sum(len(group) for group in groups)
    most = study.study.tile * devices
    if not gpu:
        most = min(most, max(SMALLEST, -(-total // TILES)))
    outputs = _outputs(study)
    if study.subsurface.on:
        gpu, devices, most = False, 1, cells.size
    tiles = []
    for group in groups:
        together = min(len(group), max(1, most // cells.size)) if cells.size < most else 1
        together = -(-len(group) // -(-len(group) // together))
        wide = max(1, most // together)
        wide = -(-cells.size // -(-cells.size // wide))
        size = -(-together * wide // devices) * devices
        for first in range(0, len(group), together):
            some = tuple(group[first : first + together])
            for start in range(0, cells.size, wide):
                part = slice(start, min(start + wide, cells.size))
                key = tasks.tile_key(store, study, hashes, some, cells, part)
                tiles.append(
                    Tile(store.folder, study, key, some, cells, start, part.stop, plan, outputs, size, devices)
                )
    return tuple(tiles)


def _outputs(study: Study) -> tuple[str, ...]:
    """Names of the outputs of a study and of those that its observations are compared with, in the table's order."""
    from vadose.simulate.observations import needed_outputs
    from vadose.simulate.output import chosen
    from vadose.simulate.output_frame import check_known
    from vadose.simulate.study_output import OVER_SUBSURFACE, VARIABLES

    over = OVER_SUBSURFACE if study.subsurface.on and study.output.variables == VARIABLES else ()
    named = chosen((*study.output.variables, *over), study.subsurface.on)
    compared = needed_outputs(study.observations)
    check_known(compared, study.subsurface.on, "[[observations]] `variable`: ")
    return chosen((*named, *compared))


def _devices() -> int:
    """Devices over which columns are sharded."""
    import jax

    found = jax.devices()
    if found[0].platform == "cpu":
        log.warning("no GPU was found: columns are sharded over %d device(s) of the CPU", len(found))
    return len(found)


def compute(plan: Plan, workers: int = 0, client: Any = None) -> Outcome:
    """Do all tasks of a study."""
    started = time.monotonic()
    log.info(
        "%d columns (%d members, %d places) in %d tiles, %d steps of %g s",
        plan.columns, len(plan.members), plan.cells.size, len(plan.tiles), plan.schedule.steps, plan.schedule.step,
    )  # fmt: skip
    go = _Rounds.of(plan, workers, client)
    with go.cores():
        spun = _spun(go)
        done = go.work(spun)
    worked = tuple(spun.failed.get(tile.name) or done[tile.name] for tile in plan.tiles)
    for tile, result in zip(plan.tiles, worked, strict=True):
        if isinstance(result, Failed):
            log.error("%s: %s\n%s", tile.name, result.why, result.trace)
    if all(isinstance(w, Failed) for w in worked):
        first = next(w for w in worked if isinstance(w, Failed))
        raise DataError(first.why)
    return Outcome(plan, spun, worked, time.monotonic() - started)


def spun_up(plan: Plan, workers: int = 0, client: Any = None) -> SpunUp:
    """The spin-up of a study alone; empty where it has none."""
    go = _Rounds.of(plan, workers, client)
    with go.cores():
        return _spun(go)


def _spun(go: _Rounds) -> SpunUp:
    settings = go.plan.study.spinup
    spun = spin_up(go.plan.tiles, settings, go.spin) if settings.cycles else SpunUp()
    for cycle in spun.cycles:
        share = 100.0 * cycle.share
        log.info("spin-up %d: drift %.3g mm a year (median), %.0f %% settled", cycle.number, cycle.median, share)
    return spun


@dataclass(frozen=True)
class _Rounds:
    """Rounds of tasks over the tiles, with a bar that counts column-steps."""

    plan: Plan
    processes: int
    client: Any

    @classmethod
    def of(cls, plan: Plan, workers: int, client: Any) -> _Rounds:
        """Rounds on all cores, on `workers` of them or on a cluster; a GPU has one process."""
        one = plan.study.study.device == "gpu"
        processes = 1 if one else min(workers or os.cpu_count() or 1, len(plan.tiles))
        return cls(plan, processes, None if one else client)

    def cores(self) -> AbstractContextManager[None]:
        """While the rounds run: processes share the cores, one each."""
        return nullcontext() if self.plan.study.study.device == "gpu" else tasks.one_core()

    def spin(self, number: int, states: Mapping[str, Path | None]) -> Mapping[str, Any]:
        """A cycle of the spin-up."""
        left = [t for t in self.plan.tiles if t.name in states]
        cycle = self.plan.schedule.first_years(self.plan.study.spinup.years)
        made = {t.name: delayed(tasks.spin)(t, number, states[t.name]) for t in left}
        title = f"spin-up {number} of at most {self.plan.study.spinup.cycles}"
        return self._go(made, left, cycle, f"cycle {number}", title)

    def work(self, spun: SpunUp) -> Mapping[str, Any]:
        """The period."""
        left = [t for t in self.plan.tiles if t.name not in spun.failed]
        made = {t.name: delayed(tasks.work)(t, spun.states.get(t.name)) for t in left}
        return self._go(made, left, self.plan.schedule, "period", "simulate")

    def _go(
        self, made: Mapping[str, Any], left: Sequence[Tile], plan: Schedule, stage: str, title: str
    ) -> Mapping[str, Any]:
        paths = [tasks.progress_file(t.cache, t, stage) for t in left]
        for path in paths:
            path.unlink(missing_ok=True)
        total = float(sum(t.columns for t in left) * plan.steps)
        said: Callable[[], float] = lambda: tasks.column_steps(paths)  # noqa: E731
        return execute(made, self.processes, self.client, title, Watch(total, said, "column-steps"))


def describe_study(study: Any, settings: Sequence[str] = ()) -> Any:
    """What a study would read and do, from headers only: period, columns, members, tiles, memory, time."""
    from vadose.simulate.describe import describe

    with naming(study):
        return describe(load_study(study, settings)[0])
