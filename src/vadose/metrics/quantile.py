"""Scores that measure an error against what a population of models achieves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.metrics import formulas
from vadose.metrics.bias import bias
from vadose.metrics.reduce import Over
from vadose.metrics.rmse import crmse

if TYPE_CHECKING:
    from xarray import DataArray


def quantile_bias_score(
    reference: DataArray,
    comparison: DataArray,
    *,
    over: Over,
    weights: DataArray | None = None,
    quantile: DataArray | float,
) -> DataArray:
    """clip(1 - |bias| / q, 0, 1).

    quantile  q, the 70th percentile of the absolute bias over models, cells and references of a region
    Range [0, 1], best 1. Source: Collier et al. (2023)
    """
    return formulas.quantile_score(bias(reference, comparison, over=over, weights=weights), quantile)


def quantile_rmse_score(
    reference: DataArray,
    comparison: DataArray,
    *,
    over: Over,
    weights: DataArray | None = None,
    quantile: DataArray | float,
) -> DataArray:
    """clip(1 - crmse / q, 0, 1), q the 70th percentile of the centred RMSE. Range [0, 1], best 1.

    Source: Collier et al. (2023)
    """
    return formulas.quantile_score(crmse(reference, comparison, over=over, weights=weights), quantile)
