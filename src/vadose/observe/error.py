"""Error models of observations: standard deviations of what an instrument reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vadose.errors import DataError, RangeError

SMAP_ERROR = 0.04  # m3 m-3, mission requirement for the unbiased error; Entekhabi et al. (2010) table 1


class ErrorModel(Protocol):
    """Values as observed -> their standard deviations, both [observation] in the same units."""

    def standard_deviation(self, observed: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class ConstantError:
    """The same standard deviation for all values, in their units."""

    deviation: float

    def __post_init__(self) -> None:
        check_positive("deviation", self.deviation)

    def standard_deviation(self, observed: np.ndarray) -> np.ndarray:
        """[observation]"""
        return np.full(np.shape(observed), self.deviation)


@dataclass(frozen=True)
class RelativeError:
    """A fraction of the value, but not less than `least` (in the units of the values)."""

    fraction: float
    least: float

    def __post_init__(self) -> None:
        check_positive("fraction", self.fraction)
        check_positive("least", self.least)

    def standard_deviation(self, observed: np.ndarray) -> np.ndarray:
        """[observation]"""
        return np.maximum(self.fraction * np.abs(observed), self.least)


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """Standard deviations that come with the observations: a map, or the error field of a SMAP retrieval.

    values   [observation]; missing, zero and negative ones are replaced by `default`
    default  None where a missing one is an error
    least    smaller ones are raised to it: retrieval errors of 0.001 m3 m-3 would overrule any forecast
    """

    values: np.ndarray
    default: float | None = SMAP_ERROR
    least: float = 0.01

    def __post_init__(self) -> None:
        if self.default is not None:
            check_positive("default", self.default)
        elif self.replaced:
            raise DataError(
                f"{self.replaced} of {self.values.size} errors are missing, zero or negative; state `default`, or "
                "refuse those observations"
            )

    @property
    def replaced(self) -> int:
        """How many values are not usable as they are."""
        return int((~self._usable).sum())

    @property
    def _usable(self) -> np.ndarray:
        return np.isfinite(self.values) & (np.nan_to_num(self.values) > 0)

    def standard_deviation(self, observed: np.ndarray) -> np.ndarray:
        """[observation]; raises DataError where the map has another shape than the observations."""
        if np.shape(observed) != self.values.shape:
            raise DataError(f"the map of errors is {self.values.shape}, the observations are {np.shape(observed)}")
        usable = self._usable
        return np.maximum(np.where(usable, self.values, self.default or 0.0), self.least)


def check_positive(name: str, value: float) -> None:
    """Raise RangeError unless a number is finite and > 0."""
    if not (np.isfinite(value) and value > 0):
        raise RangeError(f"`{name}` must be > 0, got {value:g}")
