"""Spin-up: the first years again and again, of all tiles in step, until stored water no longer drifts.

The number of cycles is decided over all columns of the run, so that the way in which they are cut changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.simulate.study import SpinUp
from vadose.simulate.tasks import Tile, load_state
from vadose.workflow.failures import Failed

YEAR = 365.25 * SECONDS_PER_DAY


@dataclass(frozen=True)
class Cycle:
    """What one cycle did, over all columns: mm a year, and the share that has settled."""

    number: int
    median: float
    largest: float
    share: float


@dataclass
class SpunUp:
    """The end of the spin-up: the state of each tile, the drift of its columns in the last cycle, and all cycles.

    states   tile name -> file, of tiles that did not fail;  failed  tile name -> why
    drift    tile name -> [column] mm a year;  unsteady  tile name -> [column] steps that did not converge
    """

    states: dict[str, Path] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)
    drift: dict[str, np.ndarray] = field(default_factory=dict)
    unsteady: dict[str, np.ndarray] = field(default_factory=dict)
    cycles: list[Cycle] = field(default_factory=list)


def spin_up(
    tiles: Sequence[Tile], settings: SpinUp, do: Callable[[int, Mapping[str, Path | None]], Mapping[str, Any]]
) -> SpunUp:
    """Cycles until the share of settled columns is reached, or the most that are allowed.

    do  does a cycle: (its number, the states of the tiles before it by name) -> states after it, or Failed, by name
    """
    spun = SpunUp()
    left: dict[str, Path | None] = {tile.name: None for tile in tiles}
    years = {t.name: t.schedule.first_years(settings.years).days * SECONDS_PER_DAY / YEAR for t in tiles}
    for number in range(1, settings.cycles + 1):
        done = do(number, left)
        for name in list(left):
            result = done[name]
            if isinstance(result, Failed):
                spun.failed[name] = result
                left.pop(name)
            else:
                _note(spun, name, result, years[name])
                left[name] = result
        if not left:
            break
        spun.cycles.append(_cycle(number, [spun.drift[name] for name in left], settings))
        if spun.cycles[-1].share >= settings.share:
            break
    spun.states = {name: path for name, path in left.items() if path is not None}
    return spun


def _note(spun: SpunUp, name: str, path: Path, years: float) -> None:
    arrays = load_state(path)
    spun.drift[name] = (arrays["storage"] - arrays["storage_start"]) / years
    spun.unsteady[name] = spun.unsteady.get(name, 0) + arrays["failed"]


def _cycle(number: int, drifts: Sequence[np.ndarray], settings: SpinUp) -> Cycle:
    size = np.abs(np.concatenate(drifts))
    known = size[np.isfinite(size)]
    median, largest = (float(np.median(known)), float(known.max())) if known.size else (np.nan, np.nan)
    return Cycle(number, median, largest, float(np.mean(size <= settings.drift)))
