"""Bias: the difference of means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.metrics import formulas
from vadose.metrics.reduce import Over, deviation, matched, mean

if TYPE_CHECKING:
    from xarray import DataArray


def bias(reference: DataArray, comparison: DataArray, *, over: Over, weights: DataArray | None = None) -> DataArray:
    """mean(comparison) - mean(reference) over the values that both have.

    Range any, best 0, in the units of the arguments. Source: Collier et al. (2018)
    """
    reference, comparison = matched(reference, comparison)
    return mean(comparison - reference, over, weights)


def bias_score(
    reference: DataArray,
    comparison: DataArray,
    *,
    over: Over,
    weights: DataArray | None = None,
    uncertainty: DataArray | float = 0.0,
) -> DataArray:
    """exp(-max(|bias| - u, 0) / sigma_r), sigma_r the standard deviation of the reference.

    uncertainty  u, standard uncertainty of the reference
    Range (0, 1], best 1; NaN where the reference does not vary. Source: Collier et al. (2018)
    """
    reference, comparison = matched(reference, comparison)
    sigma = deviation(reference, over, weights)
    error = formulas.excess(bias(reference, comparison, over=over, weights=weights), uncertainty)
    return formulas.exponential_score(error, sigma.where(sigma > 0))
