"""What a flow run starts with: the problem, its steps, what changes in time, and what is only described."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError
from vadose.flow.subsurface import Subsurface

if TYPE_CHECKING:
    from vadose.simulate.flow.study import FlowStudy

SAME = 1e-9  # part of a step by which two steps may differ and still be one length


@dataclass(frozen=True)
class Block:
    """Steps of one length between which only the flux on top changes: edges [step+1] s, from the start of the run."""

    edges: np.ndarray

    @property
    def count(self) -> int:
        return self.edges.size - 1

    @property
    def step(self) -> float:
        return float(self.edges[-1] - self.edges[0]) / self.count


@dataclass(frozen=True, eq=False)
class FlowSetup:
    """A run that can begin.

    problem    with the terms that never change
    names      of all terms: the problem's own, then those that `changing` gives
    changing   terms that hold over the step that ends at a time (s), always of the same kinds
    top        edges [step+1] s of steps -> flux into the ground over each of them, [step or 1, y, x] m s-1
    turns      times (s) at which `changing` may give something else
    head       [z, y, x] m at the start
    edges      [step+1] s, ends of all steps
    every      s between two states that are written
    x, y       m, centres of cells;  elevation [y, x] m or None
    origin, soil   sentences;  notes  what else the user should know
    """

    problem: Subsurface
    names: tuple[str, ...]
    changing: Callable[[float], tuple[Any, ...]]
    top: Callable[[np.ndarray], np.ndarray]
    turns: np.ndarray
    head: np.ndarray
    edges: np.ndarray
    every: float
    x: np.ndarray
    y: np.ndarray
    origin: str
    soil: str
    elevation: np.ndarray | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> np.ndarray:
        """[z, y, x] bool."""
        grid = self.problem.grid
        return np.ones(grid.shape, bool) if grid.active is None else np.asarray(grid.active)

    @property
    def outputs(self) -> np.ndarray:
        """Ends of the steps (s) after which the state is written; the first is the start, the last the end."""
        wanted = np.arange(0.0, self.edges[-1] - self.edges[0], self.every) + self.edges[0]
        at = self.edges[np.searchsorted(self.edges, wanted * (1.0 - SAME))]
        return np.unique(np.append(at, self.edges[-1]))

    @property
    def longest(self) -> int:
        """Steps of a block at most: few where the fluxes on top would take much memory."""
        columns = int(np.prod(self.problem.grid.shape[1:]))
        return int(np.clip(MOST_FLUXES // columns, 1, LONGEST))

    def blocks(self) -> Iterator[Block]:
        """All steps in order, cut where an output is due, a term turns or the step changes its length."""
        lengths = np.diff(self.edges)
        cut = np.zeros(self.edges.size, bool)
        cut[[0, -1]] = True
        cut[1:-1] |= np.abs(np.diff(lengths)) > SAME * lengths[1:]
        cut |= np.isin(self.edges, self.outputs)
        turns = np.searchsorted(self.edges, self.turns * (1.0 + SAME), side="right") - 1
        cut[np.clip(turns, 0, self.edges.size - 1)] = True
        places = np.flatnonzero(cut)
        longest = self.longest
        for first, last in zip(places[:-1], places[1:], strict=True):
            for begin in range(first, last, longest):
                yield Block(self.edges[begin : min(begin + longest, last) + 1])


def set_up(study: FlowStudy) -> FlowSetup:
    """Read what a study names. Raises ConfigError, DataError, GridMismatch or RangeError, each with file and key."""
    from vadose.simulate.flow.domain import from_tables
    from vadose.simulate.flow.parflow import from_case

    return from_case(study) if study.parflow.database else from_tables(study)


def steps(start: float, stop: float, first: float, growth: float, shortest: float, longest: float) -> np.ndarray:
    """Edges of steps, s: each `growth` times as long as the one before, within bounds, the last one cut at the end."""
    if growth == 1.0:
        count = max(round((stop - start) / first), 1)
        if abs(start + count * first - stop) <= 1e-6 * first:
            return start + first * np.arange(count + 1)
    edges, length = [start], first
    while edges[-1] < stop - 1e-9 * (stop - start):
        edges.append(min(edges[-1] + length, stop))
        length = min(max(length * growth, shortest), longest)
        if len(edges) > MOST_STEPS:
            raise ConfigError(f"more than {MOST_STEPS} steps from {start:g} to {stop:g} s; take longer ones")
    return np.asarray(edges)


LONGEST = 256  # steps of a block
MOST_FLUXES = 4_000_000  # values on top that a block takes along
MOST_STEPS = 5_000_000
