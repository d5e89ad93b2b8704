"""The mean annual cycle: its shape, the time of its maximum and the score of a shift of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vadose.metrics import formulas
from vadose.metrics.reduce import matched, month_of

if TYPE_CHECKING:
    from xarray import DataArray


def annual_cycle(x: DataArray, *, over: str) -> DataArray:
    """Mean over years of each calendar month: `over` becomes `month` (0 to 11)."""
    return x.groupby(month_of(x, over).rename("month")).mean(over)


def phase(x: DataArray, *, over: str) -> DataArray:
    """Day of the year (mid-month, noleap) at which the mean annual cycle has its maximum; NaN without data."""
    cycle = annual_cycle(x, over=over)
    known = cycle.notnull().any("month")
    place = cycle.fillna(-np.inf).argmax("month")
    months = cycle["month"].values.astype(int)
    return place.copy(data=formulas.MID_MONTH[months[place.values]]).where(known)


def phase_shift(reference: DataArray, comparison: DataArray, *, over: str, weights: None = None) -> DataArray:
    """Days from the reference's to the comparison's maximum of the year, wrapped.

    Both cycles are of the months that both have; `weights` has no meaning here and must be None.
    Range [-182.5, 182.5], best 0. Source: Collier et al. (2018)
    """
    if weights is not None:
        raise ValueError("`weights` must be None: months of one name weigh alike in the annual cycle")
    reference, comparison = matched(reference, comparison)
    return formulas.wrapped_days(phase(comparison, over=over) - phase(reference, over=over))


def seasonal_cycle_score(reference: DataArray, comparison: DataArray, *, over: str, weights: None = None) -> DataArray:
    """(1 + cos(2 pi d / 365)) / 2 of the phase shift d.

    Range [0, 1], best 1. Source: Collier et al. (2018)
    """
    return formulas.phase_score(phase_shift(reference, comparison, over=over, weights=weights))
