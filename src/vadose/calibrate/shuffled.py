"""SCE-UA, the shuffled complex evolution of Duan, Sorooshian and Gupta, for all cells at once and for any objective."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.calibrate.shuffled_arguments import of_cells, states, whole
from vadose.errors import ConfigError, DataError

COMPLEXES = 4


class Stop(enum.IntEnum):
    """Why the search of a cell ended."""

    EVALUATIONS = 0  # all evaluations are used
    VALUE = 1  # the best value changed by less than `change` over `loops` loops
    RANGE = 2  # the points have met: their geometric range is below `range`
    INFEASIBLE = 3  # none of the initial points is feasible, or the bounds are missing or crossed


@dataclass(frozen=True, eq=False)
class Minimum:
    """What the search found in each cell.

    x            [cell, parameter]  the best point; NaN where `stop` is INFEASIBLE
    value        [cell]             the objective there; inf where `stop` is INFEASIBLE
    evaluations  [cell] int64       of the objective
    loops        [cell] int64       of evolution and shuffling, the last one perhaps cut short
    stop         [cell] uint8       `Stop`
    spread       [cell]             geometric range of the last population relative to the bounds, 1
    """

    x: np.ndarray
    value: np.ndarray
    evaluations: np.ndarray
    loops: np.ndarray
    stop: np.ndarray
    spread: np.ndarray

    @property
    def converged(self) -> np.ndarray:
        """[cell] True where a criterion ended the search and not the number of evaluations."""
        return (self.stop == Stop.VALUE) | (self.stop == Stop.RANGE)


@dataclass(frozen=True)
class Evolution:
    """Free parameters of SCE-UA; None takes the value that Duan et al. (1994) recommend for n parameters.

    members     m, points in a complex: 2 n + 1
    parents     q, points in a simplex: n + 1
    offspring   alpha, consecutive offspring of one simplex: 1
    steps       beta, simplexes of a complex between two shuffles: 2 n + 1
    loops       k, loops over which the change of the best value counts
    change      end where the best value falls by at most this share of its mean size over k loops, 1; 0: never
    range       end where the geometric range of the points is at most this share of the bounds, 1
    Raises ConfigError where a number is impossible.
    """

    members: int | None = None
    parents: int | None = None
    offspring: int = 1
    steps: int | None = None
    loops: int = 50
    change: float = 1e-7
    range: float = 1e-6

    def __post_init__(self) -> None:
        for name, least in (("members", 2), ("parents", 2), ("offspring", 1), ("steps", 1), ("loops", 1)):
            if getattr(self, name) is not None:
                whole(name, getattr(self, name), least)
        for name in ("change", "range"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise ConfigError(f"{name} must be a number >= 0, got {value!r}")

    def sizes(self, parameters: int) -> tuple[int, int, int]:
        """Members, parents and steps, with the recommended values for this many parameters in place of None."""
        n = parameters
        members = 2 * n + 1 if self.members is None else self.members
        parents = min(n + 1, members) if self.parents is None else self.parents
        if parents > members:
            raise ConfigError(f"parents must not exceed the {members} members of a complex, got {parents}")
        return members, parents, 2 * n + 1 if self.steps is None else self.steps


def sceua(
    objective: Callable[..., Any],
    lower: Any,
    upper: Any,
    *,
    data: Any = None,
    start: Any = None,
    evaluations: int = 3000,
    complexes: int | None = None,
    seed: int = 0,
    streams: Any = None,
    evolution: Evolution | None = None,
) -> Minimum:
    """Minimum of an objective within bounds in each cell, by shuffled complex evolution.

    objective    arrays: f(x [cell, point, parameter]) -> [cell, point], with data f(x, data [cell, ...]); or compiled
                 by numba: f(x [parameter], data [k]) -> float. Both give the same numbers. inf or NaN: infeasible
    lower, upper [parameter] or [cell, parameter]; cells whose bounds are NaN or crossed are INFEASIBLE
    data         [cell, ...] what the objective knows of each cell; [cell, k] float64 for a compiled one
    start        [parameter] or [cell, parameter] first point, moved into the bounds; none where NaN
    evaluations  the most in a cell, initial points included
    complexes    p, 4 where None; rough objectives want more (Duan 1994: 2 to 20)
    seed         whole number; with `streams` all that the random numbers depend on
    streams      [cell] whole numbers, the identity of each cell; its number in these arrays where None
    evolution    the other free parameters

    Returns Minimum. Raises ConfigError for an impossible setting, DataError for arrays that do not fit.
    Source: Duan, Sorooshian & Gupta (1992, 1994); Duan, Gupta & Sorooshian (1993)
    """
    from numba.extending import is_jitted

    if not callable(objective):
        raise ConfigError(f"objective must be a function, got {type(objective).__name__}")
    low, high, values, first, names = of_cells(lower, upper, data, start, streams)
    design = _design(evolution or Evolution(), low.shape[1], complexes, evaluations)
    if values is not None and is_jitted(objective) and values.ndim != 2:
        raise DataError(f"data of a compiled objective must be [cell, k], got {values.ndim} dimensions")
    state = states(seed, names)
    valid = np.flatnonzero(np.all(np.isfinite(low) & np.isfinite(high) & (low <= high), axis=1))
    if valid.size < low.shape[0]:
        low, high, first, state = low[valid], high[valid], first[valid], state[valid]
        values = None if values is None else values[valid]
    found = _search(objective, low, high, values, first, state, design, is_jitted(objective))
    return found if valid.size == names.size else _scattered(found, valid, names.size)


def _search(
    objective: Any, low: np.ndarray, high: np.ndarray, data: Any, start: Any, state: Any, design: Any, compiled: bool
) -> Minimum:
    from vadose.calibrate import shuffled_steps as steps
    from vadose.calibrate.shuffled_arrays import Lockstep
    from vadose.calibrate.shuffled_compiled import check, search, summary

    rooms = steps.rooms(low, high, state, design)
    first = np.ascontiguousarray(np.clip(start, low, high))
    lockstep = Lockstep(objective, rooms, data, design)
    if compiled:
        check(objective)
        known = np.empty((low.shape[0], 0)) if data is None else np.array(data, float, order="C")
        search(objective, rooms, known, first, design, lockstep.used, lockstep.loops, lockstep.stop)
    else:
        lockstep.run(first)
    x, value, spread = summary(rooms)
    nothing = lockstep.stop == Stop.INFEASIBLE
    x[nothing], spread[nothing] = np.nan, np.nan
    return Minimum(x, value, lockstep.used, lockstep.loops, lockstep.stop.astype(np.uint8), spread)


def _scattered(found: Minimum, valid: np.ndarray, cells: int) -> Minimum:
    """Back to all cells; those without valid bounds are INFEASIBLE and used no evaluation."""
    fill = {"value": np.inf, "evaluations": 0, "loops": 0, "stop": int(Stop.INFEASIBLE)}
    made = {}
    for field in dataclasses.fields(Minimum):
        part = getattr(found, field.name)
        made[field.name] = np.full((cells, *part.shape[1:]), fill.get(field.name, np.nan), part.dtype)
        made[field.name][valid] = part
    return Minimum(**made)


def _design(evolution: Evolution, parameters: int, complexes: int | None, evaluations: int) -> Any:
    from vadose.calibrate.shuffled_steps import Design

    members, parents, steps = evolution.sizes(parameters)
    p = whole("complexes", COMPLEXES if complexes is None else complexes, 1)
    if whole("evaluations", evaluations, 1) < p * members:
        raise ConfigError(
            f"evaluations must be at least the {p * members} initial points ({p} complexes of {members}), "
            f"got {evaluations}; take more, or fewer complexes"
        )
    e = evolution
    return Design(p, members, parents, e.offspring, steps, int(evaluations), e.loops, float(e.change), float(e.range))
