"""The units of work of a run: a cycle of the spin-up or the whole period, for a tile of columns.

Each works from plain arguments and leaves after each chunk of months its state and its means in the cache, under names
made of everything that they depend on: any process of any machine with the same file system can go on from there, a
killed run continues, and a second run does only what changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.simulate.schedule import Chunk, Schedule
from vadose.simulate.study import Study
from vadose.workflow.cache import Cache, fingerprint, write_text
from vadose.workflow.failures import guarded
from vadose.workflow.kept import load_arrays, save_arrays
from vadose.workflow.output import write_json

if TYPE_CHECKING:
    from vadose.grid.cells import Cells
    from vadose.simulate.members import Member
    from vadose.simulate.study_subsurface import Subsurface

# Raised when a change of the method changes results, so that old ones are not taken for new.
METHOD = "simulate-4"
TALLY = ("water", "energy", "failed", "first_failed", "precipitation", "evaporation", "runoff")


@dataclass(frozen=True)
class Tile:
    """Cells `start` to `stop` of a run for some members of one group, and everything to work on them.

    key     of the settings and files that parameters, initial states and weather depend on
    cells   of the whole run;  outputs  names;  size  columns, filled up so that tiles share a program
    devices over which the columns are sharded
    """

    cache: Path
    study: Study
    key: str
    members: tuple[Member, ...]
    cells: Cells
    start: int
    stop: int
    schedule: Schedule
    outputs: tuple[str, ...]
    size: int
    devices: int = 1

    @property
    def name(self) -> str:
        """The same for the same members and cells."""
        return f"{self.members[0].name} {len(self.members)} {self.start}"

    @property
    def columns(self) -> int:
        """Columns without those that only fill up."""
        return len(self.members) * (self.stop - self.start)


@dataclass(frozen=True)
class Worked:
    """What a tile left in the cache: states after each chunk, means of each chunk, notes."""

    states: tuple[Path, ...]
    means: tuple[Path, ...]
    notes: Path


@guarded
def spin(tile: Tile, cycle: int, before: Path | None) -> Path:
    """The state after one more cycle of the first years; `before` is that of the cycle before it."""
    plan = tile.schedule.first_years(tile.study.spinup.years)
    return _go(replace(tile, schedule=plan), before, f"cycle {cycle}", keep_means=False).states[-1]


@guarded
def work(tile: Tile, before: Path | None) -> Worked:
    """The whole period of a tile, from the state of the spin-up where there is one."""
    return _go(tile, before, "period", keep_means=True)


def _go(tile: Tile, before: Path | None, stage: str, keep_means: bool) -> Worked:
    """Do the chunks of the tile's schedule that are not in the cache.

    The spin-up makes means too and forgets them: a program without them would have to be compiled as well.
    """
    store = Cache(tile.cache, METHOD)
    plan, chunks = tile.schedule, tile.schedule.chunks()
    origin = [tile.key, before.stem if before else "initial", str(plan.start), stage.split()[0], plan.step]
    states = tuple(store.entry("states", origin, c.last).with_suffix(".npz") for c in chunks)
    rows = [list(tile.outputs), plan.every]
    means = tuple(
        store.entry("means", state.stem, chunk.first, rows).with_suffix(".npz")
        for state, chunk in zip(states, chunks, strict=True)
        if keep_means
    )
    notes = store.entry("notes", tile.key).with_suffix(".json")
    count = Count(tile, stage)
    ready = None
    for number, chunk in enumerate(chunks):
        if not (states[number].exists() and (not means or means[number].exists())):
            from vadose.simulate.tile import Ready

            ready = ready or Ready.make(tile)
            previous = states[number - 1] if number else None
            ready.load(previous or before, chunk.first)
            found = ready.run(chunk, count)
            if means:
                save_arrays(found, means[number])
            save_arrays(ready.held(), states[number])
            if not notes.exists():
                write_json(notes, {"setup": ready.notes, "forcing": ready.said})
        count.reached(chunk.last)
    return Worked(states, means, notes)


class Count:
    """Column-steps that a tile has done, in a small file that the progress bar reads."""

    def __init__(self, tile: Tile, stage: str) -> None:
        self.path = progress_file(tile.cache, tile, stage)
        self.a_day = tile.columns * tile.schedule.per_day

    def reached(self, day: int) -> None:
        """All days before `day` are done."""
        write_text(self.path, str(day * self.a_day))


def progress_file(cache: Path, tile: Tile, stage: str) -> Path:
    """Where a tile says how far it is."""
    return cache / "progress" / f"{tile.key}-{stage.replace(' ', '-')}"


def column_steps(paths: Sequence[Path]) -> float:
    """The sum of what tiles say."""
    total = 0
    for path in paths:
        try:
            total += int(path.read_text())
        except (OSError, ValueError):
            continue
    return float(total)


def tile_key(
    store: Cache, study: Study, inputs: Sequence[str], members: Sequence[Member], cells: Cells, part: slice
) -> str:
    """A name for everything that a tile's numbers depend on but its period and its outputs.

    inputs  digests of all files that the study names
    """
    sources = [[name, fingerprint(_without_paths(m))] for name, m in sorted(study.soil_maps.items())]
    stated: tuple[Any, ...] = (
        study.model,
        study.soil,
        replace(study.vegetation, map=""),
        replace(study.initial, restart=""),
    )
    stated = (*stated, _unnamed(study.subsurface))
    errors = study.ensemble
    settings = [
        fingerprint([*stated, *study.places, errors.forcing, errors.texture, errors.pedotransfer]), sources,
        bool(study.initial.restart), errors.parameters, errors.seed, study.forcing.without_paths() | {"period": None},
    ]  # fmt: skip
    where = fingerprint([cells.index[part], cells.lat[part], cells.lon[part]])
    return store.entry("tile", settings, list(inputs), fingerprint(list(members)), where).name


def _unnamed(table: Subsurface) -> Subsurface:
    """The table with its files, whose digests are known, named "-"."""
    named: dict[str, Any] = {name: "-" for name in ("elevation", "slopes", "soil_file") if getattr(table, name)}
    return replace(table, **named)


def _without_paths(source: Any) -> Any:
    from vadose.data.soilmaps.source import QUANTITIES

    return replace(source, **{"path": "-", **dict.fromkeys(QUANTITIES)})


def notes_of(path: Path) -> dict[str, list[str]]:
    """What a tile's setup and forcing said; empty where it is lost."""
    try:
        found: dict[str, list[str]] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {"setup": [], "forcing": []}
    return found


def load_state(path: Path) -> dict[str, np.ndarray]:
    """What `Ready.held` gave: arrays by name, [.., column]."""
    return load_arrays(path)


@contextmanager
def one_core() -> Iterator[None]:
    """Let the XLA of processes that start here, and of this one, use one core: the processes share the columns."""
    flags = os.environ.get("XLA_FLAGS", "")
    set_here = {"XLA_FLAGS": f"{flags} --xla_cpu_multi_thread_eigen=false".strip(), "NPROC": "1"}
    before = {name: os.environ.get(name) for name in set_here}
    os.environ.update(set_here)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


__all__ = ["Chunk", "Count", "Tile", "Worked", "spin", "work"]
