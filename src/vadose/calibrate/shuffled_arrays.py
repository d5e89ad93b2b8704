"""Shuffled complex evolution with an objective that takes arrays: all cells in step, those that stopped left out.

The same steps in the same order as in `shuffled_compiled`, so that both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from vadose.calibrate import shuffled_steps as steps
from vadose.errors import DataError

_at, _anywhere, _sort = steps.at, steps.anywhere, steps.sort
_take, _give, _choose = steps.take_complex, steps.return_complex, steps.choose
_reflect, _contract, _mutate = steps.reflect, steps.contract, steps.mutate
_worst, _replace, _settled = steps.worst, steps.replace_worst, steps.settled


@njit(cache=True, nogil=True)
def _draw(rooms: Any, cells: Any, start: Any) -> Any:
    """Coordinates of the initial points of each cell."""
    n = start.shape[1]
    for c in cells:
        r = _at(rooms, c)
        given = not np.isnan(start[c]).any()
        for i in range(r.order.size):
            if i == 0 and given:
                r.trial[:] = start[c]
            else:
                _anywhere(r.low, r.high, r.trial, r.random)
            r.points[i, :n] = r.trial


@njit(cache=True, nogil=True)
def _sorted(rooms: Any, cells: Any) -> Any:
    for c in cells:
        r = _at(rooms, c)
        _sort(r.points, r.order)


@njit(cache=True, nogil=True)
def _taken(rooms: Any, cells: Any, k: Any, complexes: Any) -> Any:
    for c in cells:
        r = _at(rooms, c)
        _take(r.order, r.member, k, complexes)


@njit(cache=True, nogil=True)
def _given(rooms: Any, cells: Any, k: Any, complexes: Any) -> Any:
    for c in cells:
        r = _at(rooms, c)
        _give(r.order, r.member, k, complexes)


@njit(cache=True, nogil=True)
def _chosen(rooms: Any, cells: Any) -> Any:
    for c in cells:
        r = _at(rooms, c)
        _choose(r.member, r.parent, r.weight, r.random)


@njit(cache=True, nogil=True)
def _reflected(rooms: Any, cells: Any) -> Any:
    """Trials by reflection, by mutation where that leaves the bounds. Returns [cell] bool, where it did not."""
    inside = np.empty(cells.size, np.bool_)
    for i in range(cells.size):
        r = _at(rooms, cells[i])
        inside[i] = _reflect(r.low, r.high, r.points, r.member, r.parent, r.centroid, r.trial)
        if not inside[i]:
            _mutate(r.points, r.member, r.trial, r.random)
    return inside


@njit(cache=True, nogil=True)
def _contracted(rooms: Any, cells: Any) -> Any:
    for c in cells:
        r = _at(rooms, c)
        _contract(r.points, r.member, r.parent, r.centroid, r.trial)


@njit(cache=True, nogil=True)
def _mutated(rooms: Any, cells: Any) -> Any:
    for c in cells:
        r = _at(rooms, c)
        _mutate(r.points, r.member, r.trial, r.random)


@njit(cache=True, nogil=True)
def _worst_of(rooms: Any, cells: Any) -> Any:
    out = np.empty(cells.size)
    for i in range(cells.size):
        r = _at(rooms, cells[i])
        out[i] = _worst(r.points, r.member, r.parent)
    return out


@njit(cache=True, nogil=True)
def _replaced(rooms: Any, cells: Any, values: Any) -> Any:
    for i in range(cells.size):
        r = _at(rooms, cells[i])
        _replace(r.points, r.member, r.parent, r.trial, values[i])


@njit(cache=True, nogil=True)
def _stops(rooms: Any, cells: Any, loops: Any, design: Any) -> Any:
    """`settled` of each cell after its loop."""
    out = np.empty(cells.size, np.int64)
    for i in range(cells.size):
        r = _at(rooms, cells[i])
        out[i] = _settled(r.low, r.high, r.points, r.order, r.best, loops[cells[i]], design)
    return out


class Lockstep:
    """The search of all cells together: `search` of `shuffled_compiled` for an objective of arrays."""

    def __init__(
        self, objective: Callable[..., Any], rooms: steps.Room, data: np.ndarray | None, design: steps.Design
    ) -> None:
        self.objective, self.rooms, self.data, self.design = objective, rooms, data, design
        cells = rooms.low.shape[0]
        self.used, self.loops = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
        self.stop = np.zeros(cells, np.int64)

    def run(self, start: np.ndarray) -> None:
        """Fill points, used, loops and stop."""
        rooms, design = self.rooms, self.design
        cells = np.arange(self.used.size)
        n = start.shape[1]
        _draw(rooms, cells, start)
        rooms.points[:, :, n] = self._values(rooms.points[:, :, :n], cells)
        self.used[:] = rooms.order.shape[1]
        _sorted(rooms, cells)
        rooms.best[:, 0] = rooms.points[:, :, n].min(axis=1)
        self.stop[~(rooms.best[:, 0] < np.inf)] = 3
        active = np.flatnonzero((self.stop == 0) & (self.used < design.evaluations))
        while active.size:
            for k in range(design.complexes):
                self._evolve(active[self.used[active] < design.evaluations], k)
            _sorted(rooms, active)
            self.loops[active] += 1
            self.stop[active] = _stops(rooms, active, self.loops, design)
            active = active[(self.stop[active] == 0) & (self.used[active] < design.evaluations)]

    def _evolve(self, cells: np.ndarray, k: int) -> None:
        """Competitive evolution of complex k in some cells."""
        _taken(self.rooms, cells, k, self.design.complexes)
        live = cells
        for _ in range(self.design.steps):
            live = self._left(live)
            _chosen(self.rooms, live)
            for _ in range(self.design.offspring):
                self._offspring(live)
        _given(self.rooms, cells, k, self.design.complexes)

    def _offspring(self, cells: np.ndarray) -> None:
        rooms = self.rooms
        cells = self._left(cells)
        inside = _reflected(rooms, cells)
        values = self._trial(cells)
        outside = inside & (values == np.inf)
        if outside.any():
            again = self._left(cells[outside])
            kept = ~outside
            kept[outside] = self.used[cells[outside]] < self.design.evaluations
            _mutated(rooms, again)
            values[outside & kept] = self._trial(again)
            cells, values = cells[kept], values[kept]
        bar = _worst_of(rooms, cells)
        for step in (_contracted, _mutated):
            better = values < bar
            _replaced(rooms, cells[better], values[better])
            cells, bar = cells[~better], bar[~better]
            left = self.used[cells] < self.design.evaluations
            cells, bar = cells[left], bar[left]
            step(rooms, cells)
            values = self._trial(cells)
        _replaced(rooms, cells, values)

    def _left(self, cells: np.ndarray) -> np.ndarray:
        return cells[self.used[cells] < self.design.evaluations]

    def _trial(self, cells: np.ndarray) -> np.ndarray:
        """Values of the trials, counted."""
        if not cells.size:
            return np.empty(0)
        self.used[cells] += 1
        return self._values(self.rooms.trial[cells][:, None, :], cells)[:, 0]

    def _values(self, x: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """The objective at x [cell, point, parameter]; inf where it is NaN."""
        if not cells.size:
            return np.empty(x.shape[:2])
        x = np.ascontiguousarray(x)
        values = np.asarray(self.objective(x) if self.data is None else self.objective(x, self.data[cells]), float)
        if values.shape != x.shape[:2]:
            raise DataError(
                f"objective must return [cell, point] = {x.shape[:2]} for x [cell, point, parameter] = {x.shape}, "
                f"got {values.shape}"
            )
        return np.where(np.isnan(values), np.inf, values)
