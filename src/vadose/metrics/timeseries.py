"""Correlation of two series in time and whether it could be chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.metrics.reduce import matched
from vadose.metrics.significance import correlation_p_value, effective_sample_size
from vadose.metrics.taylor import correlation

if TYPE_CHECKING:
    from xarray import DataArray


def lag1_autocorrelation(x: DataArray, *, over: str) -> DataArray:
    """Correlation of a series with itself one step later. Range [-1, 1]."""
    later = x.shift({over: -1})
    return correlation(x, later, over=over)


def correlation_significance(
    reference: DataArray, comparison: DataArray, *, over: str, weights: None = None
) -> DataArray:
    """Two-sided p value of the correlation of two series with memory.

    The number of pairs is reduced to N (1 - r1 r2) / (1 + r1 r2), r1 and r2 the lag-1 autocorrelations.
    Range [0, 1], small where the correlation is not chance. Source: Bretherton et al. (1999) eq. 31
    """
    if weights is not None:
        raise ValueError("`weights` must be None: the test counts steps of equal weight")
    reference, comparison = matched(reference, comparison)
    r = correlation(reference, comparison, over=over)
    lags = [lag1_autocorrelation(x, over=over) for x in (reference, comparison)]
    count = effective_sample_size(reference.notnull().sum(over), *lags)
    return r.copy(data=correlation_p_value(r.values, count.values))
