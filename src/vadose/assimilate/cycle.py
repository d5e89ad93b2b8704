"""The cycle of an experiment: forecast to the next observations, analysis, and everything kept on the way.

A cycle is finished when its record is written, which comes last: a run that was killed, in an analysis or elsewhere,
goes on after the last finished cycle and gives the same numbers as one that was not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.observed import ObservationSet
from vadose.assimilate.parameters import described
from vadose.assimilate.plan import Plan
from vadose.assimilate.study import Experiment
from vadose.assimilate.update import USED, Account, Memory, Seen, Updater
from vadose.errors import DataError
from vadose.simulate.run import Outcome
from vadose.simulate.spinup import SpunUp
from vadose.simulate.tasks import Worked
from vadose.workflow.cache import Cache, fingerprint
from vadose.workflow.execute import Watch, progress_of
from vadose.workflow.folder import log
from vadose.workflow.kept import load_arrays, save_arrays
from vadose.workflow.output import write_json

# Raised when a change of the method changes results, so that old ones are not taken for new.
METHOD = "assimilate-1"
PARAMETERS, PRIOR, POSTERIOR = "parameter:", "prior:", "posterior:"  # before names of arrays


@dataclass(frozen=True, eq=False)
class Finished:
    """What an experiment left.

    outcome     as of a simulation, from which its run folder is written
    accounts    [moment];  prior, posterior  name -> [member, cell] of the parameters that it updates
    """

    name: str
    updates: tuple[str, ...]
    outcome: Outcome
    accounts: tuple[Account, ...]
    prior: dict[str, np.ndarray]
    posterior: dict[str, np.ndarray]
    seconds: float

    @property
    def slug(self) -> str:
        """Its folder in the run."""
        return slug_of(self.name)

    @property
    def analyses(self) -> int:
        """Number of moments at which anything was updated."""
        return sum(bool(np.any(a.status == USED)) for a in self.accounts) if self.updates else 0


def slug_of(experiment: str) -> str:
    """Name of an experiment as that of a folder."""
    return experiment.replace(" ", "-")


@dataclass(frozen=True)
class Kept:
    """Files of an experiment: of each cycle the means and the state of each tile, and its record."""

    folder: Path

    def means(self, cycle: int, tile: int) -> Path:
        return self.folder / f"means-{cycle:06d}-{tile:04d}.npz"

    def state(self, cycle: int, tile: int) -> Path:
        return self.folder / f"state-{cycle:06d}-{tile:04d}.npz"

    def record(self, cycle: int) -> Path:
        return self.folder / f"cycle-{cycle:06d}.npz"

    @property
    def notes(self) -> Path:
        return self.folder / "notes.json"

    @property
    def parameters(self) -> Path:
        return self.folder / "parameters.npz"

    def finished(self, cycles: int, tiles: int) -> int:
        """Number of cycles that need not be done again: those whose files are there, up to the last that has states."""
        count = 0
        while (
            count < cycles and self.record(count).exists() and all(self.means(count, n).exists() for n in range(tiles))
        ):
            count += 1
        if count == cycles and not self.parameters.exists():
            count -= 1
        while count and not all(self.state(count - 1, n).exists() for n in range(tiles)):
            count -= 1
        return count


def run_experiment(
    plan: Plan, name: Experiment, ensemble: Ensemble, sets: tuple[ObservationSet, ...], spun: SpunUp
) -> Finished:
    """Run an experiment to its end, from where an earlier run of it stopped.

    sets  of the plan, after any treatment of bias;  spun  the spin-up, which all experiments share
    Raises DataError where too many members died, or an analysis is not possible.
    """
    started = time.monotonic()
    updater, chunks = plan.updater(name), plan.simulation.schedule.chunks()
    kept = Kept(_folder(plan, name, sets, spun))
    tiles = range(len(ensemble.tiles))
    done = kept.finished(len(chunks), len(tiles))
    memory = updater.beginning(ensemble, sets)
    prior: dict[str, np.ndarray] = {}
    if done < len(chunks):
        ensemble.begin(spun.states)
        prior = described(ensemble, updater.parameters.names) if updater.parameters else {}
    if done:
        log.info("%s: goes on after cycle %d of %d", name, done, len(chunks))
        held = load_arrays(kept.record(done - 1))
        memory = Memory(held["alive"], held.get("variance"), held.get("bias"))
        if done < len(chunks):
            ensemble.resume([kept.state(done - 1, n) for n in tiles], chunks[done - 1].last)
    moment_of = {int(day): k for k, day in enumerate(plan.days)}
    progress = _Progress(ensemble, chunks[done - 1].last if done else 0)
    with progress_of(progress.watch(plan), name):
        for number in range(done, len(chunks)):
            ensemble.forecast(chunks[number], partial(_keep, kept, number), progress.of_tile)
            moment = moment_of.get(chunks[number].last)
            account = None
            if moment is not None:
                account = _analysis(updater, ensemble, Seen(moment, sets), memory, name)
                memory = Memory(account.alive, account.variance, account.bias)
            for n in tiles:
                save_arrays(ensemble.held(n), kept.state(number, n))
            if number == len(chunks) - 1:
                _close(kept, ensemble, updater, prior)
            save_arrays(_record(account, memory), kept.record(number))
            for n in tiles if number else ():
                kept.state(number - 1, n).unlink(missing_ok=True)
    return _finished(plan, name, kept, spun, time.monotonic() - started)


def _keep(kept: Kept, cycle: int, tile: int, rows: dict[str, np.ndarray]) -> None:
    save_arrays(rows, kept.means(cycle, tile))


def _close(kept: Kept, ensemble: Ensemble, updater: Updater, prior: dict[str, np.ndarray]) -> None:
    """Keep what is known at the end of an experiment."""
    posterior = described(ensemble, updater.parameters.names) if updater.parameters else {}
    save_arrays(
        {PRIOR + k: v for k, v in prior.items()} | {POSTERIOR + k: v for k, v in posterior.items()}, kept.parameters
    )
    write_json(kept.notes, _notes(ensemble))


def _analysis(updater: Updater, ensemble: Ensemble, seen: Seen, memory: Memory, name: str) -> Account:
    """The analysis of a moment. Raises DataError that says when, of which experiment, and where members are too few."""
    at = seen.sets[0].moments[seen.number]
    try:
        account = updater.at(ensemble, seen, memory)
    except DataError as error:
        raise DataError(f"{name}, analysis of {at}: {error}") from error
    lost = int(np.count_nonzero(~account.alive))
    newly = lost - int(np.count_nonzero(~memory.alive))
    if newly:
        log.warning("%s, %s: %d members are not finite and are left out from here on", name, at, newly)
    if lost > updater.study.assimilation.lost * ensemble.members:
        raise DataError(
            f"{name}, analysis of {at}: {lost} of {ensemble.members} members are not finite, more than [assimilation] "
            f"`lost` = {updater.study.assimilation.lost:g} of them: look at failed columns, or narrow the perturbations"
        )
    for warning in account.warnings:
        log.warning("%s, %s: %s", name, at, warning)
    return account


def _folder(plan: Plan, name: Experiment, sets: Sequence[ObservationSet], spun: SpunUp) -> Path:
    """Where an experiment is kept, by all that its numbers depend on."""
    simulation, schedule = plan.simulation, plan.simulation.schedule
    tiles = [t.key for t in simulation.tiles]
    states = [spun.states[t.name].stem if t.name in spun.states else "initial" for t in simulation.tiles]
    when = [str(schedule.start), schedule.step, schedule.days, list(schedule.stops), schedule.every]
    seen = [fingerprint([*_how(s), s.lat, s.lon, s.values, s.error, s.raw]) for s in sets]
    chosen = plan.study.assimilation
    updates = chosen.updates(name)
    damping = chosen.damping if updates[1:] else 1.0  # what an experiment does not use does not change it
    used = replace(chosen, observations=(), experiments=(name,), parameters=updates[1:], damping=damping)
    how = fingerprint(used) if updates else ""
    outputs = list(simulation.tiles[0].outputs)
    store = Cache(simulation.tiles[0].cache, METHOD)
    return store.entry("assimilation", tiles, states, when, seen, how, outputs)


def _how(one: ObservationSet) -> list[Any]:
    """What a set's table says but where its files lie; their content is in its values."""
    return [getattr(one.table, f.name) for f in fields(one.table) if f.name not in ("path", "truth")]


class _Progress:
    """Column-steps done, for the bar."""

    def __init__(self, ensemble: Ensemble, day: int) -> None:
        self.columns = [tile.columns for tile in ensemble.tiles]
        self.days = [day] * len(self.columns)
        self.a_day = ensemble.tiles[0].schedule.per_day

    def watch(self, plan: Plan) -> Watch:
        return Watch(float(sum(self.columns) * plan.simulation.schedule.steps), self._done, "column-steps")

    def _done(self) -> float:
        return float(sum(c * d for c, d in zip(self.columns, self.days, strict=True)) * self.a_day)

    def of_tile(self, n: int) -> Any:
        return _TileProgress(self, n)


@dataclass(frozen=True)
class _TileProgress:
    progress: _Progress
    tile: int

    def reached(self, day: int) -> None:
        self.progress.days[self.tile] = day


def _record(account: Account | None, memory: Memory) -> dict[str, np.ndarray]:
    """A cycle's record as arrays by name."""
    carried = {f.name: getattr(memory, f.name) for f in fields(memory)}
    found: dict[str, np.ndarray] = {name: values for name, values in carried.items() if values is not None}
    if account is None:
        return found
    plain = {f.name: getattr(account, f.name) for f in fields(account)}
    about = json.dumps({"counts": plain.pop("counts"), "warnings": list(plain.pop("warnings"))})
    named = {PARAMETERS + k: v for k, v in plain.pop("parameters").items()}
    plain = {name: values for name, values in plain.items() if name not in carried and values is not None}
    return found | plain | named | {"about": np.array(about)}


def _account(held: dict[str, np.ndarray]) -> Account | None:
    """The account in a record; None of a cycle that ended without observations."""
    if "about" not in held:
        return None
    about = json.loads(str(held.pop("about")))
    named = {k.removeprefix(PARAMETERS): held.pop(k) for k in list(held) if k.startswith(PARAMETERS)}
    return Account(**held, parameters=named, counts=about["counts"], warnings=tuple(about["warnings"]))


def _notes(ensemble: Ensemble) -> dict[str, list[str]]:
    def unique(lists: Any) -> list[str]:
        return list(dict.fromkeys(note for some in lists for note in some))

    return {"setup": unique(r.notes for r in ensemble.ready), "forcing": unique(r.said for r in ensemble.ready)}


def _finished(plan: Plan, name: str, kept: Kept, spun: SpunUp, seconds: float) -> Finished:
    """What the files of a whole experiment hold."""
    cycles, tiles = len(plan.simulation.schedule.chunks()), range(len(plan.simulation.tiles))
    worked = tuple(
        Worked((kept.state(cycles - 1, n),), tuple(kept.means(c, n) for c in range(cycles)), kept.notes) for n in tiles
    )
    accounts = [_account(load_arrays(kept.record(c))) for c in range(cycles)]
    held = load_arrays(kept.parameters)
    prior, posterior = (
        {k.removeprefix(tag): v for k, v in held.items() if k.startswith(tag)} for tag in (PRIOR, POSTERIOR)
    )
    return Finished(
        name, plan.study.assimilation.updates(name), Outcome(plan.simulation, spun, worked, seconds),
        tuple(a for a in accounts if a is not None), prior, posterior, seconds,
    )  # fmt: skip
