"""Scores of an ensemble as a probability forecast."""

from __future__ import annotations

from typing import Any

import numpy as np


def crps(reference: Any, comparison: Any, *, over: int) -> Any:
    """Continuous ranked probability score of an ensemble, all members equally likely.

    CRPS = mean_i |x_i - y| - mean_ij |x_i - x_j| / 2, in the units of y; best 0; |x - y| for one member

    reference   y [...]; comparison x: as y with the axis of members, `over`
    Returns the shape of y, NaN where y or any member is missing.
    Source: Gneiting and Raftery (2007) eq. 21
    """
    x = np.sort(np.moveaxis(np.asarray(comparison, float), over, -1), axis=-1)
    n = x.shape[-1]
    y = np.asarray(reference, float)[..., None]
    # Sorted members turn the double sum over pairs into a single one.
    among = (x * (2.0 * np.arange(1, n + 1) - n - 1)).sum(axis=-1) / n**2
    return np.abs(x - y).mean(axis=-1) - among


def rank_histogram(reference: Any, comparison: Any, *, over: int) -> np.ndarray:
    """How often the reference takes each place among the members; flat where it could be one of them.

    reference   y [...]; comparison x: as y with the axis of members, `over`
    Places are the number of members below y; cases with a missing value do not count.
    Returns counts [members + 1].
    Source: Hamill (2001)
    """
    x = np.moveaxis(np.asarray(comparison, float), over, -1)
    y = np.asarray(reference, float)
    known = np.isfinite(x).all(axis=-1) & np.isfinite(y)
    place = (x < y[..., None]).sum(axis=-1)[known]
    return np.bincount(place, minlength=x.shape[-1] + 1)


def spread_skill(reference: Any, comparison: Any, *, over: int) -> tuple[float, float]:
    """(spread, error) of an ensemble over all cases: equal where the ensemble is reliable.

    spread = sqrt(mean variance of the members (n - 1) * (n + 1) / n), error = RMSE of the ensemble mean

    reference   y [...]; comparison x: as y with the axis of members, `over`
    Source: Fortin et al. (2014) eq. 15
    """
    x = np.moveaxis(np.asarray(comparison, float), over, -1)
    y = np.asarray(reference, float)
    known = np.isfinite(x).all(axis=-1) & np.isfinite(y)
    members = x.shape[-1]
    if members < 2 or not known.any():
        return np.nan, np.nan
    spread = np.sqrt((members + 1) / members * x[known].var(axis=-1, ddof=1).mean())
    return float(spread), float(np.sqrt(((x[known].mean(axis=-1) - y[known]) ** 2).mean()))
