"""Correlation, ratio of standard deviations and their score: the Taylor diagram, in time or in space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.metrics import formulas
from vadose.metrics.reduce import Over, covariance, deviation, matched

if TYPE_CHECKING:
    from xarray import DataArray


def correlation(
    reference: DataArray, comparison: DataArray, *, over: Over, weights: DataArray | None = None
) -> DataArray:
    """Pearson's correlation over the values that both have.

    Range [-1, 1], best 1; NaN where one does not vary. Source: Taylor (2001) eq. 1
    """
    reference, comparison = matched(reference, comparison)
    a, b = (deviation(x, over, weights) for x in (reference, comparison))
    product = a * b
    return covariance(reference, comparison, over, weights) / product.where(product > 0)


def std_ratio(
    reference: DataArray, comparison: DataArray, *, over: Over, weights: DataArray | None = None
) -> DataArray:
    """Standard deviation of the comparison over that of the reference, over the values that both have.

    Range >= 0, best 1; NaN where the reference does not vary. Source: Taylor (2001)
    """
    reference, comparison = matched(reference, comparison)
    a, b = (deviation(x, over, weights) for x in (reference, comparison))
    return b / a.where(a > 0)


def taylor_skill_score(
    reference: DataArray,
    comparison: DataArray,
    *,
    over: Over,
    weights: DataArray | None = None,
    best: float = 1.0,
) -> DataArray:
    """4 (1 + R) / ((s + 1/s)^2 (1 + R0)), s the ratio of standard deviations.

    best  R0, the largest correlation that can be reached
    Range [0, 1], best 1. Source: Taylor (2001) eq. 4; Qiao et al. (2022)
    """
    r = correlation(reference, comparison, over=over, weights=weights)
    ratio = std_ratio(reference, comparison, over=over, weights=weights)
    return formulas.taylor_score(r, ratio.where(ratio > 0), best)
