"""What an analysis gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Innovations:
    """Observation minus mean of the forecast, beside what the filter expected of it.

    value      [observation] y - H(x) of the mean; NaN where refused
    expected   [observation] standard deviation that the filter expected: sqrt(H C H^T + R); NaN where refused
    """

    value: np.ndarray
    expected: np.ndarray

    @property
    def mean(self) -> float:
        """Mean over the observations used."""
        return float(np.nanmean(self.value))

    @property
    def sd(self) -> float:
        """Standard deviation over the observations used."""
        return float(np.nanstd(self.value))

    @property
    def chi_square(self) -> float:
        """Mean square of value / expected: 1 where spread and errors are as large as the filter takes them to be."""
        return float(np.nanmean((self.value / self.expected) ** 2))


@dataclass(frozen=True, eq=False)
class Analysis:
    """The ensemble after an analysis, and an account of it.

    ensemble       as it was given, [member, ...] or fields by name; members that were dropped are as they were
    increments     [...] change of the ensemble mean, in the unit of the state (fields by name where given so)
    innovations    of each observation
    members        [member] True for those that took part
    used           [observation] True for those that took part
    counts         number of observations and members by what became of them
    warnings       what the caller should know, one sentence each
    inflation      of an `Adaptive` inflation: the variance factors for the next analysis; else None
    """

    ensemble: Any
    increments: Any
    innovations: Innovations
    members: np.ndarray
    used: np.ndarray
    counts: Mapping[str, int]
    warnings: tuple[str, ...]
    inflation: np.ndarray | None = None
