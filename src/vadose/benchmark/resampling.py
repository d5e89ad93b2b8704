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
def year_sums(x, y, first, count, sums):
    """Sums of a pair over the joint months of each calendar year: count [year, 12], sums [year, SUMS].

    x, y [time] reference and model. Returns whether all months are there.
    """
    complete = True
    count[:] = 0.0
    sums[:] = 0.0
    for t in range(x.size):
        r, m = np.float64(x[t]), np.float64(y[t])
        if r - m == r - m:
            i, k = (first + t) // 12, (first + t) % 12
            count[i, k] = 1.0
            sums[i, k] = r
            sums[i, 12 + k] = m
            sums[i, 24] += _LENGTH[k] * r * r
            sums[i, 25] += _LENGTH[k] * m * m
            sums[i, 26] += _LENGTH[k] * r * m
        else:
            complete = False
    return complete


@njit(cache=True, nogil=True)
def _draw(year, times, sums, out):
    """Sums of the drawn years: out [column] from sums [year, column]."""
    out[:] = 0.0
    # Two years at once halve the passes over `out`.
    for i in range(0, year.size - 1, 2):
        one, two, v, w = sums[year[i]], sums[year[i + 1]], times[i], times[i + 1]
        for k in range(out.size):
            out[k] += v * one[k] + w * two[k]
    if year.size % 2:
        row, w = sums[year[-1]], times[-1]
        for k in range(out.size):
            out[k] += w * row[k]


@njit(cache=True, nogil=True)
def replicate_sums(ref, step_r, row_r, mod, step_m, row_m, months, first, year, times, drawn, by_series,
                   mass_weighting, sets, area, uncertainty, quantiles, out):  # fmt: skip
    """Scores of every pair in every replicate, added up by set of regions.

    ref .. first  as in `moments.pair_statistics`
    year, times   [replicate, year] years drawn and how often each, of which the first `drawn` [replicate] count
    sets, area, uncertainty [pair]; quantiles [2, pair], NaN for the scores of 2018, negative for none
    out           [replicate, set, QUANTITIES], added to
    """
    years = (first + months + 11) // 12
    count, sums = np.zeros((years, 12)), np.zeros((years, SUMS))
    n, s, whole = np.zeros(12), np.zeros(SUMS), np.zeros((year.shape[0], 12))
    has, work = np.zeros((years, 12)), np.zeros((3, 12))
    for t in range(months):
        has[(first + t) // 12, (first + t) % 12] = 1.0
    for b in range(year.shape[0]):
        _draw(year[b, : drawn[b]], times[b, : drawn[b]], has, whole[b])
    for p in range(row_r.size):
        x = ref[row_r[p] * step_r : row_r[p] * step_r + months]
        y = mod[row_m[p] * step_m : row_m[p] * step_m + months]
        complete = year_sums(x, y, first, count, sums)
        a, u, limits = area[p], uncertainty[p], quantiles[:, p]
        for b in range(year.shape[0]):
            chosen, often, total = year[b, : drawn[b]], times[b, : drawn[b]], out[b, sets[p]]
            _draw(chosen, often, sums, s)
            if not complete:
                _draw(chosen, often, count, n)
            _add_scores(whole[b] if complete else n, s, work, by_series, mass_weighting, a, u, limits, total)


@njit(cache=True, nogil=True)
def _add_scores(n, s, work, by_series, mass_weighting, area, uncertainty, quantile, x):
    """Add one pair of one replicate to the sums x [QUANTITIES]; n [12] months, s [SUMS], work [3, 12] scratch."""
    cycle_r, cycle_m, length = work[0], work[1], work[2]
    weight = wr = wm = crr = cmm = 0.0
    for k in range(12):
        share = 1.0 / n[k] if n[k] > 0 else 0.0
        length[k] = _LENGTH[k] if n[k] > 0 else 0.0
        cycle_r[k], cycle_m[k] = s[k] * share, s[12 + k] * share
        weight += _LENGTH[k] * n[k]
        wr += _LENGTH[k] * s[k]
        wm += _LENGTH[k] * s[12 + k]
        crr += _LENGTH[k] * s[k] * cycle_r[k]
        cmm += _LENGTH[k] * s[12 + k] * cycle_m[k]
    if weight == 0:
        return
    mean_r, mean_m = wr / weight, wm / weight
    if by_series:
        rmse = np.sqrt(max(s[24] - 2 * s[26] + s[25], 0.0) / weight)
        crmse = np.sqrt(max(rmse * rmse - (mean_m - mean_r) ** 2, 0.0))
    else:
        rmse, crmse = cycle_errors(cycle_r, cycle_m, length)
    score_weight = area * max(mean_r, 0.0) if mass_weighting else area
    x[AREA] += area
    x[MEAN_R] += area * mean_r
    x[MEAN_M] += area * mean_m
    x[RMSE] += area * rmse
    x[CRMSE] += area * crmse
    x[NUMBER] += 1.0
    x[SUM_R] += mean_r
    x[SUM_M] += mean_m
    x[SUM_RR] += mean_r * mean_r
    x[SUM_MM] += mean_m * mean_m
    x[SUM_RM] += mean_r * mean_m
    error, variance_r = _excess(mean_m - mean_r, uncertainty), variance(weight, wr, s[24])
    if quantile[0] > 0:
        x[SCALED] += score_weight
        x[BIAS_SCORE] += score_weight * _quantile_score(error, quantile[0])
        x[RMSE_SCORE] += score_weight * _quantile_score(crmse, quantile[1])
    elif variance_r > 0 and not quantile[0] < 0:
        sigma = np.sqrt(variance_r)
        x[SCALED] += score_weight
        x[BIAS_SCORE] += score_weight * _exponential_score(error, sigma)
        x[RMSE_SCORE] += score_weight * _exponential_score(crmse, sigma)
    i, j = largest(cycle_r, length), largest(cycle_m, length)
    x[SHIFT] += area * _MONTHS_APART[i, j]
    x[PHASE_WEIGHT] += score_weight
    x[PHASE_SCORE] += score_weight * _PHASE_SCORE[i, j]
    iav_r = anomaly(weight, crr, s[24])
    if iav_r > 0:
        x[VARYING] += score_weight
        x[IAV_SCORE] += score_weight * _exponential_score(anomaly(weight, cmm, s[25]) - iav_r, iav_r)
