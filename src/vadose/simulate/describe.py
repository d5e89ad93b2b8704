"""What a study would read and do, from file headers only: the answer of `--dry-run`."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.data.forcing.quantities import REQUIRED
from vadose.simulate.run import Plan, make_plan
from vadose.simulate.schedule import Schedule
from vadose.simulate.study import Study
from vadose.simulate.tasks import Tile
from vadose.simulate.tile import origin_of
from vadose.simulate.weather import NAMES, block_days

if TYPE_CHECKING:
    from rich.console import Group

# One core of a server of 2023: column-steps a second in tiles of 1000 columns and more, and seconds that a step of a
# tile takes however few columns it has. Both are only for the estimate of the time.
RATES = {"noahmp": (110_000.0, 9e-5), "clm": (35_000.0, 2e-4), "vadose": (35_000.0, 2.2e-4)}
# Cells of a subsurface that move water over a step a second, and seconds of its step however few they are: a dry spell
# is faster, a storm on wet ground some times slower.
FLOW_RATE, FLOW_LEAST = 200_000.0, 1e-3
COMPILE = 30.0  # s, the first time on a machine
PROCESS = 0.6e9  # bytes of a process with compiler and libraries
COLUMN = 5e3  # bytes of state, parameters and work arrays of a column
COPIES = 4  # of a block of weather while it is read


@dataclass(frozen=True)
class Description:
    """Rows of text: the run [(what, value)], the forcing, and members."""

    title: str
    run: tuple[tuple[str, str], ...]
    forcing: tuple[tuple[str, str], ...]
    members: tuple[tuple[str, ...], ...]
    complete: bool = True  # what is missing raises

    def table(self) -> Group:
        """For the terminal."""
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table

        def made(title: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Table:
            table = Table(*columns, title=title, title_justify="left", show_header=any(columns))
            for row in rows:
                table.add_row(*map(escape, row))
            return table

        return Group(
            made(self.title, ("", ""), self.run),
            made("Forcing", ("", ""), self.forcing),
            made("Members", ("member", "preset", "soil map", "function", "closure", "perturbation"), self.members),
        )


def describe(study: Study) -> Description:
    """Open the forcing, place the columns and cut the tiles. Raises as a run would where something is missing."""
    with tempfile.TemporaryDirectory() as folder:
        plan = make_plan(study, Path(folder), hashed=False)
    time = plan.schedule
    shape = " x ".join(map(str, plan.cells.grid.shape))
    origin = origin_of(study, plan.members[0])
    seconds, processes = estimate(plan)
    changed = [f"{slot} = {choice}" for slot, choice in study.model.options.items()]
    run = (
        ("period", f"{time.start} to {time.end} UTC, {time.days} days" + _left_over(time)),
        ("step", f"{time.step:g} s, {time.steps} steps; states are kept every {_months(time.months)}"),
        ("places", f"{plan.cells.size} of {shape}"),
        ("members", str(len(plan.members))),
        ("columns", f"{plan.columns}, {plan.columns * time.steps:,} column-steps"),
        ("tiles", f"{len(plan.tiles)} of up to {max(t.size for t in plan.tiles)} columns"),
        ("model", f"preset {study.model.preset}" + (f" with {', '.join(changed)}" if changed else "")),
        ("soil layers", f"{len(origin.layers)} to {sum(origin.layers):.2f} m"),
        *_subsurface(plan),
        ("spin-up", _spinup(study, time)),
        ("outputs", f"{len(plan.tiles[0].outputs)}, {study.output.every} means, about {size_text(_size(plan))}"),
        ("memory", f"about {size_text(memory(plan))} a process, {processes} processes"),
        ("time", f"about {time_text(seconds)} on {processes} cores, {COMPILE:.0f} s of it to compile the first time"),
    )  # fmt: skip
    members = tuple(
        (m.name, m.preset, m.soil_map or "-", m.ptf or "-", m.closure or "-", str(m.number) if m.number else "none")
        for m in plan.members[:20]
    )
    return Description(study.study.title, run, _forcing(plan), members)


def _forcing(plan: Plan) -> tuple[tuple[str, str], ...]:
    files = plan.files
    derived = [q.replace("_", " ") for q in REQUIRED if q not in files.parts]
    taken = [q.replace("_", " ") for q in REQUIRED if q in files.parts]
    rows = [
        ("files", f"{files.source.name}, {len(files.files)} files"),
        ("records", f"{files.axis.span}, every {files.axis.interval:g} s"),
        ("read", ", ".join(taken)),
    ]
    if derived:
        rows.append(("to be derived", ", ".join(derived)))
    return (*rows, *(("note", note) for note in files.notes))


def _subsurface(plan: Plan) -> list[tuple[str, str]]:
    """The subsurface under the columns and what was done to its elevation map; no row without one."""
    table = plan.study.subsurface
    if not table.on:
        return []
    from vadose.simulate.subsurface import NAME, described
    from vadose.simulate.subsurface_ground import ground_of

    notes: list[str] = []
    said = [described(table, ground_of(table, plan.cells, notes)), *notes]
    return [("subsurface" if n == 0 else "", text.removeprefix(NAME)) for n, text in enumerate(said)]


def estimate(plan: Plan) -> tuple[float, int]:
    """Seconds that the run takes, and processes."""
    spin = plan.study.spinup
    days = plan.schedule.days + spin.cycles * (plan.schedule.first_years(spin.years).days if spin.cycles else 0)
    steps = days * plan.schedule.per_day
    processes = 1 if plan.study.study.device == "gpu" else min(os.cpu_count() or 1, len(plan.tiles))
    return COMPILE + sum(_step_seconds(t) for t in plan.tiles) * steps / processes, processes


def _step_seconds(tile: Tile) -> float:
    rate, least = RATES[tile.members[0].preset]
    column = max(least, least / 2 + tile.size / tile.devices / rate)
    table = tile.study.subsurface
    if not table.on:
        return column
    layers = len(origin_of(tile.study, tile.members[0]).layers) + len(table.layers)
    return table.iterations * (column + FLOW_LEAST + tile.size * layers / FLOW_RATE)


def memory(plan: Plan) -> float:
    """Bytes of a process."""
    size = max(t.size for t in plan.tiles)
    block = block_days(size, plan.schedule.per_day) * plan.schedule.per_day * len(NAMES) * 8.0 * size
    return PROCESS + size * COLUMN + COPIES * block


def _size(plan: Plan) -> float:
    """Bytes of the outputs before compression."""
    from vadose.model.outputs import OUTPUTS, levels

    layers = len(origin_of(plan.study, plan.members[0]).layers)
    whole = layers + len(plan.study.subsurface.layers)
    fields = sum(int(np.prod(levels(OUTPUTS[n], layers, whole))) for n in plan.tiles[0].outputs)
    rows = sum(plan.schedule.bounds(c).shape[0] for c in plan.schedule.chunks())
    return 4.0 * fields * rows * len(plan.members) * plan.cells.grid.size


def _spinup(study: Study, time: Schedule) -> str:
    settings = study.spinup
    if not settings.cycles:
        return "none"
    bound = f"until {settings.share:.0%} of the columns drift less than {settings.drift:g} mm a year"
    return f"at most {settings.cycles} cycles of {time.first_years(settings.years).days} days, {bound}"


def _left_over(time: Schedule) -> str:
    return f" ({time.unused} steps behind the last whole day are left out)" if time.unused else ""


def _months(number: int) -> str:
    return "month" if number == 1 else f"{number} months"


def size_text(size: float) -> str:
    """Bytes for people."""
    size = float(f"{size:.3g}")  # so that 999,999 kB are 1 GB
    power = min(max(int(np.log10(max(size, 1.0)) // 3), 1), 4)
    return f"{size / 1000.0**power:.4g} {('kB', 'MB', 'GB', 'TB')[power - 1]}"


def time_text(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
