"""Means and moments of labelled arrays, weighted and aware of gaps: what the metrics are made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from vadose.metrics import formulas

if TYPE_CHECKING:
    from xarray import DataArray

Over = str | Collection[str]


def matched(reference: DataArray, comparison: DataArray) -> tuple[DataArray, DataArray]:
    """Both arrays, missing wherever either is."""
    both = reference.notnull() & comparison.notnull()
    return reference.where(both), comparison.where(both)


def mean(x: DataArray, over: Over, weights: DataArray | None = None) -> DataArray:
    """Mean over dimensions of the values that are there, NaN where none is."""
    return x.mean(over) if weights is None else x.weighted(weights.fillna(0.0)).mean(over)


def covariance(x: DataArray, y: DataArray, over: Over, weights: DataArray | None = None) -> DataArray:
    """mean((x - mean x) (y - mean y)) over the values that both have."""
    x, y = matched(x, y)
    return mean((x - mean(x, over, weights)) * (y - mean(y, over, weights)), over, weights)


def deviation(x: DataArray, over: Over, weights: DataArray | None = None) -> DataArray:
    """Standard deviation, of the population (not n - 1)."""
    return covariance(x, x, over, weights) ** 0.5


def month_of(x: DataArray, over: str) -> DataArray:
    """Calendar month, 0 to 11, along a dimension of months (12 * year + month - 1) or of dates."""
    times = x[over]
    return times % 12 if times.dtype.kind in "iuf" else times.dt.month - 1


def month_lengths(x: DataArray, over: str) -> DataArray:
    """Days of each month (noleap) along a dimension of months or dates: weights of a period mean."""
    return month_of(x, over).copy(data=formulas.MONTH_LENGTH[month_of(x, over).values.astype(int)])
