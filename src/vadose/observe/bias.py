"""Systematic differences between observations and a model, fitted on a training period and taken from observations.

Each treatment is an object made by `fit`; `apply` moves observations into the climatology of the model and `error`
scales their standard deviation with them. Series are [time] or [time, place]; each place has a fit of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vadose.errors import DataError

LEAST = 20  # pairs below which a place cannot be fitted


class BiasTreatment(Protocol):
    """What is done about bias before an analysis."""

    def apply(self, observed: np.ndarray) -> np.ndarray:
        """Observations [..., place] in the climatology of the model."""
        ...

    def error(self, observed: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Standard deviations that belong to `apply(observed)`."""
        ...


@dataclass(frozen=True)
class NoTreatment:
    """Observations as they are: Zhao et al. (2025) assimilate so. A bias then goes into the state."""

    def apply(self, observed: np.ndarray) -> np.ndarray:
        """As they are."""
        return np.asarray(observed, float)

    def error(self, observed: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """As they are."""
        return np.asarray(deviation, float)


@dataclass(frozen=True, eq=False)
class MeanDeviation:
    """y' = mean_m + (s_m / s_o) (y - mean_o): mean and standard deviation of the model.

    mean_observed, mean_model, ratio  [place], NaN where a place had too few pairs
    Source: Draper et al. (2009)
    """

    mean_observed: np.ndarray
    mean_model: np.ndarray
    ratio: np.ndarray

    @classmethod
    def fit(cls, observed: np.ndarray, model: np.ndarray, least: int = LEAST) -> MeanDeviation:
        """Of the times at which both are there. Raises DataError where no place has `least` pairs."""
        o, m = paired(observed, model, least)
        enough = np.isfinite(o).sum(axis=0) >= least
        with np.errstate(invalid="ignore", divide="ignore"):
            means = [np.where(enough, _mean(x), np.nan) for x in (o, m)]
            spreads = [np.sqrt(_mean((x - mean) ** 2)) for x, mean in zip((o, m), means, strict=True)]
            ratio = np.where(spreads[0] > 0, spreads[1] / spreads[0], np.nan)
        shape = np.shape(observed)[1:]
        return cls(means[0].reshape(shape), means[1].reshape(shape), ratio.reshape(shape))

    def apply(self, observed: np.ndarray) -> np.ndarray:
        """[..., place]"""
        return self.mean_model + self.ratio * (np.asarray(observed, float) - self.mean_observed)

    def error(self, observed: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Scaled by the ratio of the standard deviations."""
        return self.ratio * np.asarray(deviation, float)


def paired(observed: np.ndarray, model: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as [time, place], NaN where either is missing. Raises DataError for shapes that differ or too few pairs."""
    o, m = np.asarray(observed, float), np.asarray(model, float)
    if o.shape != m.shape or o.ndim not in (1, 2):
        raise DataError(f"training needs series [time] or [time, place] of one shape, got {o.shape} and {m.shape}")
    there = np.isfinite(o) & np.isfinite(m)
    o, m = (np.where(there, x, np.nan).reshape(x.shape[0], -1) for x in (o, m))
    most = int(np.isfinite(o).sum(axis=0).max(initial=0))
    if most < least:
        raise DataError(
            f"a bias treatment needs {least} times at which observation and model are both there; the best place has "
            f"{most}: lengthen the training period or use no treatment"
        )
    return o, m


def _mean(x: np.ndarray) -> np.ndarray:
    """Mean over time of what is there."""
    there = np.isfinite(x)
    return np.where(there, x, 0.0).sum(axis=0) / there.sum(axis=0)
