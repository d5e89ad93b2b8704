"""Thresholds of cells, whichever estimator they come from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vadose.calibrate.reason import Reason


@dataclass(frozen=True, eq=False)
class Estimates:
    """Wilting point, critical point and memory of cells; all [cell], NaN where `reason` is not DONE.

    wilting_point, critical_point  m3 m-3; memory: tau, days
    *_error   standard error of the estimate
    *_spread  standard deviation among the events of the cell, robust (1.4826 times the median absolute deviation)
    noise     m3 m-3, standard deviation of the observation error; NaN where the estimator does not model it
    observations, candidates, events   valid days, drydowns found, drydowns kept; int32
    reason    uint8, `Reason`
    """

    wilting_point: np.ndarray
    critical_point: np.ndarray
    memory: np.ndarray
    wilting_point_error: np.ndarray
    critical_point_error: np.ndarray
    memory_error: np.ndarray
    wilting_point_spread: np.ndarray
    critical_point_spread: np.ndarray
    memory_spread: np.ndarray
    noise: np.ndarray
    observations: np.ndarray
    candidates: np.ndarray
    events: np.ndarray
    reason: np.ndarray

    @classmethod
    def empty(cls, cells: int, reason: Reason = Reason.NO_DATA) -> Estimates:
        """All missing, to be filled."""
        whole = {"observations", "candidates", "events"}
        made = {
            f.name: np.zeros(cells, np.int32) if f.name in whole else np.full(cells, np.nan)
            for f in dataclasses.fields(cls)
        }
        made["reason"] = np.full(cells, int(reason), np.uint8)
        return cls(**made)

    @classmethod
    def concatenate(cls, parts: Sequence[Estimates]) -> Estimates:
        """The cells of several estimates, one after the other."""
        names = [f.name for f in dataclasses.fields(cls)]
        return cls(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})

    def part(self, which: slice | np.ndarray) -> Estimates:
        """Some of the cells: a slice, positions or a mask."""
        return Estimates(**{f.name: getattr(self, f.name)[which] for f in dataclasses.fields(self)})

    @property
    def done(self) -> np.ndarray:
        """[cell] True where there is a result."""
        return self.reason == Reason.DONE
