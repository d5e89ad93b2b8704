"""What a flow study would read and do: the answer of `--dry-run`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vadose.simulate.flow.gauges import Gauges
from vadose.simulate.flow.manifest import overland_of
from vadose.simulate.flow.setup import FlowSetup, set_up

if TYPE_CHECKING:
    from rich.console import Group

    from vadose.simulate.flow.study import FlowStudy

RATE = 6e5  # cell-steps a second of one core of a server of 2023, quiet weather; a storm takes three times as long
COMPILE = 15.0  # s, the first time on a machine
ARRAYS = 60  # of all cells that a step holds at once


@dataclass(frozen=True)
class Description:
    """Rows of text [(what, value)], and notes."""

    title: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    complete: bool = True  # what is missing raises

    def table(self) -> Group:
        """For the terminal."""
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table

        table = Table("", "", title=self.title, title_justify="left", show_header=False)
        for row in self.rows:
            table.add_row(*map(escape, row))
        return Group(table, *map(escape, self.notes))


def describe(study: FlowStudy) -> Description:
    """Read all that the study names and say what a run would be. Raises as a run would."""
    setup = set_up(study)
    Gauges.of(study, setup)
    grid = setup.problem.grid
    z, y, x = grid.shape
    steps, cells = setup.edges.size - 1, int(setup.active.sum())
    lengths = np.diff(setup.edges)
    length = f"{lengths[0]:g} s" if np.allclose(lengths, lengths[0]) else f"{lengths.min():g} to {lengths.max():g} s"
    size = 4.0 * setup.outputs.size * (2 * z + 3) * y * x
    rows = (
        ("domain", f"{y} x {x} columns of {z} layers, {grid.dx:g} x {grid.dy:g} m; {cells} active cells"),
        ("depth", f"{float(np.asarray(grid.thickness).sum(axis=0).max()):g} m"),
        ("from", setup.origin),
        ("soil", setup.soil),
        ("overland", str(overland_of(setup) or "none: what ponds stays")),
        ("terms", ", ".join(setup.names) or "none"),
        ("steps", f"{steps} of {length}, {(setup.edges[-1] - setup.edges[0]) / 3600.0:g} h"),
        ("spin-up", f"at most {study.spinup.cycles} cycles" if study.spinup.cycles else "none"),
        ("outputs", f"{setup.outputs.size} states, about {size / 1e6:.0f} MB before compression"),
        ("memory", f"about {(0.6e9 + 8.0 * ARRAYS * z * y * x) / 1e9:.1f} GB"),
        ("time", f"about {COMPILE + steps * cells / RATE:.0f} s on one core, {COMPILE:.0f} s of it to compile"),
    )
    return Description(study.study.title, rows, _notes(setup))


def _notes(setup: FlowSetup) -> tuple[str, ...]:
    return tuple(f"{kind}: {', '.join(map(str, said))}" for kind, said in setup.notes.items() if said)
