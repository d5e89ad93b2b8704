"""The published rule: drydowns are strictly falling samples, thresholds are medians over the events that fit well."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vadose.calibrate.drydown import runs
from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.drydown.events import Events, drydown_events
from vadose.calibrate.reason import Reason
from vadose.errors import ConfigError

STATISTICS = ("median", "mean")
_QUANTITIES = ("wilting_point", "critical_point", "memory")


@dataclass(frozen=True)
class Published:
    """Settings of the published rule; the defaults are the published ones.

    minimum_samples  observations in an event, at least 3 (the fit has three unknowns)
    minimum_r2       events with a smaller coefficient of determination are found but not kept
    minimum_events   kept events that a cell needs for a result
    maximum_gap      days between neighbouring observations beyond which an event ends; None: however long
    shortest_memory, longest_memory  bounds of tau, days
    statistic        "median" or "mean" over the kept events of a cell
    Raises ConfigError.
    Source: McColl et al. (2017), as the paper on optimised soil maps uses it (section 2.1)
    """

    minimum_samples: int = 3
    minimum_r2: float = 0.7
    minimum_events: int = 1
    maximum_gap: float | None = None
    shortest_memory: float = 0.1
    longest_memory: float = 200.0
    statistic: str = "median"

    def __post_init__(self) -> None:
        if self.minimum_samples < 3:
            raise ConfigError(f"`minimum_samples` must be >= 3, got {self.minimum_samples}: the fit has three unknowns")
        if not self.minimum_r2 <= 1:
            raise ConfigError(f"`minimum_r2` must be <= 1, got {self.minimum_r2}")
        if self.minimum_events < 1:
            raise ConfigError(f"`minimum_events` must be >= 1, got {self.minimum_events}")
        if self.maximum_gap is not None and not self.maximum_gap >= 1:
            raise ConfigError(f"`maximum_gap` must be >= 1 day, or None for any gap, got {self.maximum_gap}")
        if not 0 < self.shortest_memory < self.longest_memory < math.inf:
            bounds = f"{self.shortest_memory} and {self.longest_memory}"
            raise ConfigError(f"need 0 < `shortest_memory` < `longest_memory` days, finite, got {bounds}")
        if self.statistic not in STATISTICS:
            raise ConfigError(f"`statistic` must be one of {', '.join(STATISTICS)}, got {self.statistic!r}")


def estimate_published(
    values: np.ndarray, settings: Published | None = None, cell_offset: int = 0
) -> tuple[Estimates, Events]:
    """Wilting point, critical point and memory of cells: the statistic of theta_w, theta_c and tau over kept events.

    The standard error is 1.2533 s / sqrt(n) of a median and s / sqrt(n) of a mean, with the standard deviation s of
    the n kept events; NaN where n = 1. It is that of the statistic, and knows nothing of the bias of the rule.

    values       [time, cell] m3 m-3, a row a day, NaN or infinite where missing
    settings     the published ones where None
    cell_offset  number of the first column in the event table
    Returns the estimates and the events, kept or not. Cells do not see each other: any tiling gives the same numbers.
    Raises DataError where `values` is not [time, cell].
    Source: McColl et al. (2017); standard error of the median: Kenney & Keeping (1962)
    """
    settings = settings or Published()
    events = drydown_events(values, settings, cell_offset)
    cells = np.shape(values)[1]
    first = np.searchsorted(events.cell, np.arange(cells + 1) + cell_offset)
    columns = np.stack([events.theta_w, events.theta_c, events.tau])
    numbers = np.full((len(_QUANTITIES), 3, cells), np.nan)
    runs.statistics(first, events.kept, columns, settings.minimum_events, settings.statistic == "median", numbers)
    estimates = Estimates.empty(cells)
    for name, (middle, error, spread) in zip(_QUANTITIES, numbers, strict=True):
        getattr(estimates, name)[:] = middle
        getattr(estimates, f"{name}_error")[:] = error
        getattr(estimates, f"{name}_spread")[:] = spread
    estimates.candidates[:] = np.diff(first)
    estimates.events[:] = np.bincount(events.cell[events.kept] - cell_offset, minlength=cells)
    constant = np.empty(cells, bool)
    for part, series in runs.transposed(values):
        runs.census(series, estimates.observations[part], constant[part])
    estimates.reason[:] = np.select(
        [
            estimates.observations == 0,
            estimates.observations < settings.minimum_samples,
            constant,
            estimates.events < settings.minimum_events,
        ],
        [Reason.NO_DATA, Reason.TOO_FEW_OBSERVATIONS, Reason.CONSTANT, Reason.NO_DRYDOWN],
        Reason.DONE,
    )
    return estimates, events
