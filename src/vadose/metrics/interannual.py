"""Interannual variability: departures from the mean annual cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.metrics import formulas
from vadose.metrics.reduce import matched, mean, month_of

if TYPE_CHECKING:
    from xarray import DataArray


def interannual_variability(x: DataArray, *, over: str, weights: DataArray | None = None) -> DataArray:
    """sqrt(mean((x_t - c_month(t))^2)), c the mean annual cycle. Range >= 0. Source: Collier et al. (2018)"""
    month = month_of(x, over).rename("month")
    anomaly = (x.groupby(month) - x.groupby(month).mean(over)).drop_vars("month", errors="ignore")
    return mean(anomaly**2, over, weights) ** 0.5


def interannual_score(
    reference: DataArray, comparison: DataArray, *, over: str, weights: DataArray | None = None
) -> DataArray:
    """exp(-|iav_m - iav_r| / iav_r) of both interannual variabilities.

    Range (0, 1], best 1; NaN where the reference has none. Source: Collier et al. (2018)
    """
    reference, comparison = matched(reference, comparison)
    iav = [interannual_variability(x, over=over, weights=weights) for x in (reference, comparison)]
    return formulas.exponential_score(iav[1] - iav[0], iav[0].where(iav[0] > 0))
