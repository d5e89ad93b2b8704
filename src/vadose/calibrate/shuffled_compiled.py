"""Shuffled complex evolution with a compiled objective f(x [parameter], data [k]): cell after cell, all in one loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, typeof, types
from numba.core.errors import NumbaError

from vadose.calibrate import shuffled_steps as steps
from vadose.errors import ConfigError

_anywhere, _keep, _sort = steps.anywhere, steps.keep, steps.sort
_take, _give, _choose = steps.take_complex, steps.return_complex, steps.choose
_reflect, _contract, _mutate = steps.reflect, steps.contract, steps.mutate
_worst, _replace, _settled = steps.worst, steps.replace_worst, steps.settled
_at, _geometric_range = steps.at, steps.geometric_range


@njit(cache=True, nogil=True)
def _value(objective: Any, trial: Any, data: Any) -> Any:
    v = objective(trial, data)
    return v if v == v else np.inf


# Arrays are passed one by one: taken out of a tuple inside the loops they would be counted, which costs as much again.
@njit(cache=True, nogil=True)
def _offspring(
    objective: Any,
    data: Any,
    used: Any,
    limit: Any,
    low: Any,
    high: Any,
    points: Any,
    member: Any,
    parent: Any,
    centroid: Any,
    trial: Any,
    random: Any,
) -> Any:
    """One offspring: reflection, contraction or mutation. Returns evaluations used so far; CCE step 4."""
    if used == limit:
        return used
    inside = _reflect(low, high, points, member, parent, centroid, trial)
    if not inside:
        _mutate(points, member, trial, random)
    v = _value(objective, trial, data)
    used += 1
    if inside and v == np.inf:  # outside the feasible space, which only the objective knows
        if used == limit:
            return used
        _mutate(points, member, trial, random)
        v = _value(objective, trial, data)
        used += 1
    bar = _worst(points, member, parent)
    if not v < bar:
        if used == limit:
            return used
        _contract(points, member, parent, centroid, trial)
        v = _value(objective, trial, data)
        used += 1
        if not v < bar:
            if used == limit:
                return used
            _mutate(points, member, trial, random)
            v = _value(objective, trial, data)
            used += 1
    _replace(points, member, parent, trial, v)
    return used


@njit(cache=True, nogil=True)
def _population(
    objective: Any, data: Any, first: Any, low: Any, high: Any, points: Any, order: Any, trial: Any, random: Any
) -> Any:
    """The initial points, sorted; the first is `first` unless that is NaN. Returns whether any is feasible."""
    given = not np.isnan(first).any()
    for i in range(order.size):
        if i == 0 and given:
            trial[:] = first
        else:
            _anywhere(low, high, trial, random)
        _keep(points, trial, i, _value(objective, trial, data))
    _sort(points, order)
    return points[order[0], trial.size] < np.inf


@njit(cache=True, nogil=True)
def _evolve(
    objective: Any,
    data: Any,
    design: Any,
    low: Any,
    high: Any,
    points: Any,
    order: Any,
    member: Any,
    parent: Any,
    weight: Any,
    centroid: Any,
    trial: Any,
    best: Any,
    random: Any,
) -> Any:
    """Loops until one of the criteria holds. Returns evaluations, loops and the criterion as `settled` has it."""
    used, loop, limit = order.size, 0, design.evaluations
    best[0] = points[order[0], trial.size]
    while used < limit:
        for k in range(design.complexes):
            _take(order, member, k, design.complexes)
            for _ in range(design.steps):
                _choose(member, parent, weight, random)
                for _ in range(design.offspring):
                    used = _offspring(
                        objective, data, used, limit, low, high, points, member, parent, centroid, trial, random
                    )
                if used == limit:
                    break
            _give(order, member, k, design.complexes)
            if used == limit:
                break
        _sort(points, order)
        loop += 1
        found = _settled(low, high, points, order, best, loop, design)
        if found:
            return used, loop, found
    return used, loop, 0


# The objective as a pointer of one type: this module is compiled once, not anew for each objective.
OBJECTIVE = types.float64(types.float64[::1], types.float64[::1])
_DESIGN = steps.Design(1, 3, 2, 1, 3, 3, 1, 0.0, 0.0)
_ROOMS = typeof(steps.rooms(np.zeros((1, 1)), np.ones((1, 1)), np.zeros(1, np.uint64), _DESIGN))
_TABLE, _COUNTS = types.float64[:, ::1], types.int64[::1]
_SIGNATURE = (types.FunctionType(OBJECTIVE), _ROOMS, _TABLE, _TABLE, typeof(_DESIGN), _COUNTS, _COUNTS, _COUNTS)


@njit(_SIGNATURE, cache=True, nogil=True)
def search(objective: Any, rooms: Any, data: Any, start: Any, design: Any, used: Any, loops: Any, stop: Any) -> Any:
    """Every cell of `rooms`: points sorted in `order`; used, loops, stop [cell] filled, stop 3 where none is feasible.

    data [cell, k]; start [cell, parameter], NaN where there is none
    """
    for c in range(used.size):
        r = _at(rooms, c)
        if _population(objective, data[c], start[c], r.low, r.high, r.points, r.order, r.trial, r.random):
            used[c], loops[c], stop[c] = _evolve(
                objective, data[c], design, r.low, r.high, r.points, r.order, r.member, r.parent, r.weight,
                r.centroid, r.trial, r.best, r.random,
            )  # fmt: skip
        else:
            used[c], loops[c], stop[c] = r.order.size, 0, 3


@njit(cache=True, nogil=True)
def summary(rooms: Any) -> Any:
    """Best point [cell, parameter], its value and the geometric range of the points [cell]."""
    cells, n = rooms.low.shape
    x, value, spread = np.empty((cells, n)), np.empty(cells), np.empty(cells)
    for c in range(cells):
        room = _at(rooms, c)
        best = room.points[room.order[0]]
        x[c] = best[:n]
        value[c] = best[n]
        spread[c] = _geometric_range(room.low, room.high, room.points)
    return x, value, spread


def check(objective: Any) -> None:
    """Compile the objective for the one type that `search` takes; raises ConfigError where it is of another."""
    expected = "a compiled objective must be f(x [parameter], data [k]) -> float"
    try:
        objective.compile(OBJECTIVE.args)
        found = objective.overloads[OBJECTIVE.args].signature.return_type
    except (NumbaError, KeyError, RuntimeError, TypeError) as error:
        raise ConfigError(f"{expected}, all float64; numba says: {str(error).strip().splitlines()[0]}") from error
    if found != types.float64:
        raise ConfigError(f"{expected}, got {found}; return a float64")
