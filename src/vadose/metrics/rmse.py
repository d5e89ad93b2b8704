"""Root mean square errors, plain and centred, and their score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.metrics import formulas
from vadose.metrics.reduce import Over, deviation, matched, mean

if TYPE_CHECKING:
    from xarray import DataArray


def rmse(reference: DataArray, comparison: DataArray, *, over: Over, weights: DataArray | None = None) -> DataArray:
    """sqrt(mean((comparison - reference)^2)).

    Range >= 0, best 0, in the units of the arguments. Source: Collier et al. (2018)
    """
    return mean((comparison - reference) ** 2, over, weights) ** 0.5


def crmse(reference: DataArray, comparison: DataArray, *, over: Over, weights: DataArray | None = None) -> DataArray:
    """Centred RMSE: that of the departures from the two means, sqrt(rmse^2 - bias^2).

    Range >= 0, best 0, in the units of the arguments. Source: Taylor (2001) eq. 2
    """
    return deviation(comparison - reference, over, weights)


def rmse_score(
    reference: DataArray,
    comparison: DataArray,
    *,
    over: Over,
    weights: DataArray | None = None,
    scale: DataArray | None = None,
) -> DataArray:
    """exp(-crmse / sigma_r), sigma_r the standard deviation of the reference.

    scale  sigma_r where it is not that of the arguments: for a score of annual cycles, that of the monthly series
    Range (0, 1], best 1; NaN where the reference does not vary. Source: Collier et al. (2018)
    """
    reference, comparison = matched(reference, comparison)
    sigma = deviation(reference, over, weights) if scale is None else scale
    error = crmse(reference, comparison, over=over, weights=weights)
    return formulas.exponential_score(error, sigma.where(sigma > 0))
