"""Compiled kernels of the bootstrap over years: sums of pairs by year, and scores from resampled sums."""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.benchmark.moments import _LENGTH, anomaly, cycle_errors, largest, variance
from vadose.metrics import formulas

# Sums of a pair in one year: reference and model by month, then squares and product weighted by month length.
SUMS = 27
# Sums over pairs: weights and weighted values.
(AREA, MEAN_R, MEAN_M, RMSE, CRMSE, SCALED, BIAS_SCORE, RMSE_SCORE, SHIFT, PHASE_WEIGHT, PHASE_SCORE,
 VARYING, IAV_SCORE, NUMBER, SUM_R, SUM_M, SUM_RR, SUM_MM, SUM_RM) = range(19)  # fmt: skip
QUANTITIES = 19

_exponential_score = njit(formulas.exponential_score)
_quantile_score = njit(formulas.quantile_score)
_excess = njit(formulas.excess)
_DAYS_APART = formulas.wrapped_days(formulas.MID_MONTH[None, :] - formulas.MID_MONTH[:, None])
_PHASE_SCORE = formulas.phase_score(_DAYS_APART)
_MONTHS_APART = np.abs(_DAYS_APART) * 12 / formulas.DAYS


@njit(cache=True, nogil=True)
def year_sums(ref, step_r, row_r, mod, step_m, row_m, months, first, count, sums):
    """Sums of pairs over the joint months of each calendar year: count [year, pair, 12], sums [year, pair, SUMS].

    Returns whether every pair has all months.
    """
    complete = True
    for p in range(row_r.size):
        o, q = row_r[p] * step_r, row_m[p] * step_m
        for y in range(count.shape[0]):
            count[y, p] = 0.0
            sums[y, p] = 0.0
        for t in range(months):
            r, m = np.float64(ref[o + t]), np.float64(mod[q + t])
            if r - m == r - m:
                y, k = (first + t) // 12, (first + t) % 12
                count[y, p, k] = 1.0
                sums[y, p, k] = r
                sums[y, p, 12 + k] = m
                sums[y, p, 24] += _LENGTH[k] * r * r
                sums[y, p, 25] += _LENGTH[k] * m * m
                sums[y, p, 26] += _LENGTH[k] * r * m
            else:
                complete = False
    return complete


@njit(cache=True, nogil=True)
def replicate_sums(count, sums, by_series, mass_weighting, sets, area, uncertainty, quantiles, out):
    """Scores of every pair in every replicate, added up by set of regions.

    count [replicate, pair or 1, 12], sums [replicate, pair, SUMS], resampled
    sets, area, uncertainty [pair]; quantiles [2, pair], NaN for the scores of 2018
    out   [replicate, set, QUANTITIES], added to
    """
    cycle_r, cycle_m, length, share = np.zeros(12), np.zeros(12), np.zeros(12), np.zeros(12)
    one = count.shape[1] == 1
    for b in range(sums.shape[0]):
        for p in range(sums.shape[1]):
            s = sums[b, p]
            if p == 0 or not one:
                n = count[b, p]
                weight = 0.0
                for k in range(12):
                    length[k] = _LENGTH[k] if n[k] > 0 else 0.0
                    share[k] = 1.0 / n[k] if n[k] > 0 else 0.0
                    weight += _LENGTH[k] * n[k]
            if weight == 0:
                continue
            wr = wm = crr = cmm = 0.0
            for k in range(12):
                cycle_r[k], cycle_m[k] = s[k] * share[k], s[12 + k] * share[k]
                wr += _LENGTH[k] * s[k]
                wm += _LENGTH[k] * s[12 + k]
                crr += _LENGTH[k] * s[k] * cycle_r[k]
                cmm += _LENGTH[k] * s[12 + k] * cycle_m[k]
            a, mean_r, mean_m = area[p], wr / weight, wm / weight
            if by_series:
                rmse = np.sqrt(max(s[24] - 2 * s[26] + s[25], 0.0) / weight)
                crmse = np.sqrt(max(rmse * rmse - (mean_m - mean_r) ** 2, 0.0))
            else:
                rmse, crmse = cycle_errors(cycle_r, cycle_m, length)
            score_weight = a * max(mean_r, 0.0) if mass_weighting else a
            x = out[b, sets[p]]
            x[AREA] += a
            x[MEAN_R] += a * mean_r
            x[MEAN_M] += a * mean_m
            x[RMSE] += a * rmse
            x[CRMSE] += a * crmse
            x[NUMBER] += 1.0
            x[SUM_R] += mean_r
            x[SUM_M] += mean_m
            x[SUM_RR] += mean_r * mean_r
            x[SUM_MM] += mean_m * mean_m
            x[SUM_RM] += mean_r * mean_m
            error, variance_r = _excess(mean_m - mean_r, uncertainty[p]), variance(weight, wr, s[24])
            if quantiles[0, p] == quantiles[0, p]:
                x[SCALED] += score_weight
                x[BIAS_SCORE] += score_weight * _quantile_score(error, quantiles[0, p])
                x[RMSE_SCORE] += score_weight * _quantile_score(crmse, quantiles[1, p])
            elif variance_r > 0:
                sigma = np.sqrt(variance_r)
                x[SCALED] += score_weight
                x[BIAS_SCORE] += score_weight * _exponential_score(error, sigma)
                x[RMSE_SCORE] += score_weight * _exponential_score(crmse, sigma)
            i, j = largest(cycle_r, length), largest(cycle_m, length)
            x[SHIFT] += a * _MONTHS_APART[i, j]
            x[PHASE_WEIGHT] += score_weight
            x[PHASE_SCORE] += score_weight * _PHASE_SCORE[i, j]
            iav_r = anomaly(weight, crr, s[24])
            if iav_r > 0:
                x[VARYING] += score_weight
                x[IAV_SCORE] += score_weight * _exponential_score(anomaly(weight, cmm, s[25]) - iav_r, iav_r)
