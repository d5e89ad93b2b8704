"""The axes of what a run writes, and the pieces in which it is stored; what files call things says `model.bridge`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vadose.errors import ConfigError
from vadose.grid.cells import Cells
from vadose.model.bridge import Axis, Names, axes, dimensions, known
from vadose.model.outputs import OF_COLUMNS, OUTPUTS, Output
from vadose.simulate.depths import common_layers

if TYPE_CHECKING:
    from vadose.simulate.run import Outcome

PIECE = 2**20  # values of a piece of a file that is compressed and read at once


def chosen(names: Sequence[str], subsurface: bool = True) -> tuple[str, ...]:
    """The outputs that a study names, in the order of the table; "all" is every one that it has.

    subsurface  whether the study has one
    Raises ConfigError for a name that is none, with the nearest one, and for one that needs a subsurface.
    """
    if "all" in names:
        return tuple(OUTPUTS) if subsurface else OF_COLUMNS
    for name in names:
        known(name, "[output] `variables`: ")
    check_known(names, subsurface, "[output] `variables`: ")
    if not names:
        raise ConfigError("[output] `variables` is empty; name at least one output, or leave the key out")
    return tuple(name for name in OUTPUTS if name in names)


def check_known(names: Sequence[str], subsurface: bool, where: str) -> None:
    """Raise ConfigError for an output that only a subsurface has, where there is none; `where` begins the message."""
    lacking = [name for name in names if OUTPUTS[name].subsurface and not subsurface]
    if lacking:
        raise ConfigError(f"{where}{lacking[0]} is known over a [subsurface] only; add one, or leave it out")


@dataclass(frozen=True)
class Frame:
    """Axes of the outputs: coordinates name -> (dims, values, attributes), sizes by dimension, names of outputs.

    layers  m, thickness of the soil's layers;  whole  m, of all layers of a subsurface, none without one
    names   "cmip" or "alma" names in the file
    """

    coordinates: Mapping[str, Axis]
    sizes: Mapping[str, int]
    outputs: tuple[str, ...]
    cells: Cells
    layers: tuple[float, ...]
    whole: tuple[float, ...]
    names: Names

    @classmethod
    def of(cls, outcome: Outcome, layers: Sequence[float]) -> Frame:
        """The axes of a run."""
        plan = outcome.plan
        bounds = np.concatenate([plan.schedule.bounds(c) for c in plan.schedule.chunks()])
        whole = common_layers(plan.study, plan.members, whole=True) if plan.study.subsurface.on else ()
        made = axes(layers, plan.cells, bounds, [m.name for m in plan.members], whole)
        sizes = {d: n for dims, values, _ in made.values() for d, n in zip(dims, values.shape, strict=True)}
        return cls(made, sizes, plan.tiles[0].outputs, plan.cells, tuple(layers), whole, plan.study.output.names)

    def shape(self, output: Output) -> tuple[int, ...]:
        """Sizes of the dimensions of an output."""
        return tuple(self.sizes[d] for d in dimensions(output, self.cells))

    def pieces(self, output: Output) -> tuple[int, ...]:
        """Shape of the pieces in which an output is stored: whole fields of as many times as fit."""
        shape = list(self.shape(output))
        shape[0] = 1
        field = int(np.prod(shape[2:]))
        if output.layered and field > PIECE:
            shape[2], field = 1, field // shape[2]
        shape[1] = int(np.clip(PIECE // max(1, field), 1, shape[1]))
        return tuple(shape)
