"""The spatial distribution of period means.

ILAMB's convention is kept: cells of the composite grid count equally, so pass no weights to get its numbers; with
areas as weights the statistics are those of the land surface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.metrics.reduce import Over
from vadose.metrics.taylor import correlation, std_ratio, taylor_skill_score

if TYPE_CHECKING:
    from xarray import DataArray

spatial_correlation = correlation
spatial_std_ratio = std_ratio


def spatial_score(
    reference: DataArray, comparison: DataArray, *, over: Over, weights: DataArray | None = None
) -> DataArray:
    """2 (1 + R) / (s + 1/s)^2 of two maps of period means.

    Range [0, 1], best 1. Source: Collier et al. (2018)
    """
    return taylor_skill_score(reference, comparison, over=over, weights=weights)
