"""Whether a correlation of two series with memory differs from zero."""

from __future__ import annotations

from typing import Any

import numpy as np


def effective_sample_size(count: Any, lag1_reference: Any, lag1_comparison: Any) -> Any:
    """Number of independent pairs that `count` pairs of two autocorrelated series are worth, for their correlation.

    N_e = N (1 - r1 r2) / (1 + r1 r2), not more than N

    count            number of pairs; any shape
    lag1_reference, lag1_comparison   lag-1 autocorrelations of the two series
    Range (0, N]. Source: Bretherton et al. (1999) eq. 31
    """
    product = np.clip(lag1_reference * lag1_comparison, -1.0, 1.0)
    return np.minimum(count * (1.0 - product) / (1.0 + product + 1e-15), count)


def correlation_p_value(correlation: Any, count: Any) -> Any:
    """Two-sided p value of a correlation of `count` independent pairs, from Student's t.

    t = r sqrt((N - 2) / (1 - r^2)), N - 2 degrees of freedom

    Range [0, 1]; NaN (so that nothing is significant) with 2 pairs or fewer or without a correlation.
    Source: von Storch and Zwiers (1999) section 8.2.3
    """
    from scipy.stats import t as student

    free = np.where(np.asarray(count) > 2, np.asarray(count, float) - 2.0, np.nan)
    r = np.clip(correlation, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        return 2.0 * student.sf(np.abs(r) * np.sqrt(free / (1.0 - r * r)), free)
