"""The elementary formulas of scoring, each written once; they work on numbers, numpy and xarray.

The metrics of this package and the compiled kernels of `vadose.benchmark` call these same functions.
Sources: Collier et al. (2018); Taylor (2001); Qiao et al. (2022); Collier et al. (2023)
"""

from __future__ import annotations

import numpy as np

from vadose.constants import MONTH_DAYS

MONTH_LENGTH = np.array(MONTH_DAYS, float)  # d, noleap
MID_MONTH = np.cumsum(MONTH_LENGTH) - 0.5 * MONTH_LENGTH  # d, noleap
DAYS = float(sum(MONTH_DAYS))  # d, noleap year


def exponential_score(error, scale):
    """exp(-|error| / scale), in (0, 1], best 1. Source: Collier et al. (2018)"""
    return np.exp(-np.abs(error) / scale)


def excess(error, uncertainty):
    """max(|error| - uncertainty, 0): the part of an error that the reference's uncertainty does not explain."""
    return np.maximum(np.abs(error) - uncertainty, 0.0)


def wrapped_days(days):
    """A difference of days of the year, wrapped to [-182.5, 182.5]."""
    return days - DAYS * (days > 0.5 * DAYS) + DAYS * (days < -0.5 * DAYS)


def phase_score(days):
    """(1 + cos(2 pi d / 365)) / 2 of a phase shift in days, in [0, 1], best 1. Source: Collier et al. (2018)"""
    return 0.5 * (1.0 + np.cos(2.0 * np.pi * days / DAYS))


def taylor_score(correlation, ratio, best=1.0):
    """4 (1 + R) / ((s + 1/s)^2 (1 + R0)), in [0, 1], best 1. Source: Taylor (2001) eq. 4"""
    return 4.0 * (1.0 + correlation) / ((ratio + 1.0 / ratio) ** 2 * (1.0 + best))


def centred_rms(deviation_reference, deviation_comparison, correlation):
    """sqrt(a^2 + b^2 - 2 a b R): the side of the Taylor diagram's triangle. Source: Taylor (2001) eq. 2"""
    a, b = deviation_reference, deviation_comparison
    return np.sqrt(np.maximum(a * a + b * b - 2.0 * a * b * correlation, 0.0))


def quantile_score(error, quantile):
    """min(max(1 - |error| / quantile, 0), 1), in [0, 1], best 1. Source: Collier et al. (2023)"""
    return np.minimum(np.maximum(1.0 - np.abs(error) / quantile, 0.0), 1.0)


def second_moment(count, sum_x, sum_y, sum_xy):
    """Covariance from sums, sum(w x y)/n - (sum(w x)/n) (sum(w y)/n) with n = sum(w)."""
    return sum_xy / count - (sum_x / count) * (sum_y / count)


def hellinger_distance(p, q):
    """sqrt(sum (sqrt p - sqrt q)^2 / 2) of two distributions, in [0, 1], best 0. Source: Hellinger (1909)"""
    return np.sqrt(0.5 * ((p**0.5 - q**0.5) ** 2).sum())
