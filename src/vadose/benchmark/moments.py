"""Compiled kernels that walk monthly series once and leave the sums from which every score follows.

Series are [cell, time] float32 in memory that may be mapped from disk; each row is contiguous. A kernel gets them
flat, with the distance between rows, so that a view of some months costs nothing. Sums are float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from vadose.metrics import formulas

# Columns of the statistics of a pair of cells.
COUNT, MEAN_R, MEAN_M, SIGMA_R, RMSE, CRMSE, PHASE_R, PHASE_M, IAV_R, IAV_M = range(10)
STATISTICS = 10

_second_moment = njit(formulas.second_moment)
_LENGTH = formulas.MONTH_LENGTH
_REORDER = {"reassoc", "contract"}  # sums may be reordered; NaN keeps its meaning
ROUNDING = 1e-13  # relative variance that sums of float32 values in float64 cannot tell from none


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a [cell, time] array as one flat view: row i starts at i * step and has `months` values."""

    flat: np.ndarray
    step: int
    months: int

    @classmethod
    def of(cls, values: np.ndarray) -> Rows:
        """A view without a copy where months are contiguous; float32, read only."""
        x = np.asarray(values)
        if x.dtype != np.float32 or (x.shape[1] > 1 and x.strides[1] != 4) or x.strides[0] % 4:
            x = np.ascontiguousarray(x, np.float32)
        cells, months = x.shape
        step = x.strides[0] // 4 if cells > 1 else months
        size = (cells - 1) * step + months if cells else 0
        flat = np.lib.stride_tricks.as_strided(x, (size,), (4,), writeable=False)
        return cls(flat, step, months)


@njit(cache=True, nogil=True)
def largest(cycle, weight):
    """Calendar month with the largest mean, the first of equals; -1 where no month has weight."""
    best, where = -np.inf, -1
    for k in range(12):
        if weight[k] > 0 and cycle[k] > best:
            best, where = cycle[k], k
    return where


@njit(cache=True, nogil=True, fastmath=_REORDER)
def cycle_errors(cycle_r, cycle_m, weight):
    """RMSE and centred RMSE of two mean annual cycles [12] with weights [12]; NaN without weight."""
    total = offset = 0.0
    for k in range(12):
        total += weight[k]
        offset += weight[k] * (cycle_m[k] - cycle_r[k])
    if total == 0:
        return np.nan, np.nan
    offset /= total
    square = centred = 0.0
    for k in range(12):
        d = cycle_m[k] - cycle_r[k]
        square += weight[k] * d * d
        centred += weight[k] * (d - offset) * (d - offset)
    return np.sqrt(square / total), np.sqrt(centred / total)


@njit(cache=True, nogil=True)
def variance(weight, total, square):
    """Variance from sums; zero where it is rounding only, so that a constant series has no scale."""
    mean = total / weight
    found = _second_moment(weight, total, total, square)
    return found if found > ROUNDING * mean * mean else 0.0


@njit(cache=True, nogil=True)
def anomaly(weight, cycle_square, square):
    """Interannual variability from the weighted squares of the mean cycle and of the series; zero where rounding."""
    found = square - cycle_square
    return np.sqrt(found / weight) if found > ROUNDING * square else 0.0


@njit(cache=True, nogil=True)
def _add_row(sums, weight, values):
    for t in range(values.size):
        sums[t] += weight * values[t]


@njit(cache=True, nogil=True)
def pair_statistics(ref, step_r, row_r, mod, step_m, row_m, months, first, by_series, atom, area, out, series, cycles):
    """Statistics of pairs of cells over their joint months, and sums of both by set of regions.

    ref, mod       flat series with the distance between rows; row_r, row_m [pair] rows
    months, first  number of months and calendar month (0 to 11) of the first
    by_series      RMSE of the monthly series instead of the mean annual cycles
    atom, area     [pair] which set of regions the pair belongs to, and its weight in sums
    out            [pair, STATISTICS]; NaN where the pair has no joint month
    series         [3, set, time] area, area * reference, area * model; cycles [3, set, 12] likewise of mean cycles
    """
    size = 12 * ((first + months + 11) // 12)
    whole_r, whole_m, whole_n = np.zeros(size), np.zeros(size), np.zeros(size)
    r, m, one = whole_r[first : first + months], whole_m[first : first + months], whole_n[first : first + months]
    n, sr, sm, srr, smm, srm = np.zeros(12), np.zeros(12), np.zeros(12), np.zeros(12), np.zeros(12), np.zeros(12)
    for p in range(row_r.size):
        a, w = atom[p], area[p]
        x = ref[row_r[p] * step_r : row_r[p] * step_r + months]
        y = mod[row_m[p] * step_m : row_m[p] * step_m + months]
        for t in range(months):
            d = x[t] - y[t]
            r[t] = x[t] if d == d else 0.0
            m[t] = y[t] if d == d else 0.0
            one[t] = 1.0 if d == d else 0.0
        for sums in (n, sr, sm, srr, smm, srm):
            sums[:] = 0.0
        for o in range(0, size, 12):
            u, v, valid = whole_r[o : o + 12], whole_m[o : o + 12], whole_n[o : o + 12]
            for k in range(12):
                n[k] += valid[k]
                sr[k] += u[k]
                sm[k] += v[k]
                srr[k] += u[k] * u[k]
                smm[k] += v[k] * v[k]
                srm[k] += u[k] * v[k]
        _add_row(series[0, a], w, one)
        _add_row(series[1, a], w, r)
        _add_row(series[2, a], w, m)
        _finish(n, sr, sm, srr, smm, srm, by_series, out[p])
        for k in range(12):
            if n[k] > 0:
                cycles[0, a, k] += w
                cycles[1, a, k] += w * sr[k] / n[k]
                cycles[2, a, k] += w * sm[k] / n[k]


@njit(cache=True, nogil=True)
def _finish(n, sr, sm, srr, smm, srm, by_series, out):
    """Statistics of one pair from its sums by calendar month: count, r, m, r r, m m, r m."""
    weight = wr = wm = wrr = wmm = wrm = 0.0
    for k in range(12):
        weight += _LENGTH[k] * n[k]
        wr += _LENGTH[k] * sr[k]
        wm += _LENGTH[k] * sm[k]
        wrr += _LENGTH[k] * srr[k]
        wmm += _LENGTH[k] * smm[k]
        wrm += _LENGTH[k] * srm[k]
    out[COUNT] = n.sum()
    if weight == 0:
        out[1:] = np.nan
        return
    cycle_r, cycle_m, lengths = np.zeros(12), np.zeros(12), np.zeros(12)
    crr = cmm = 0.0
    for k in range(12):
        if n[k] > 0:
            cycle_r[k], cycle_m[k], lengths[k] = sr[k] / n[k], sm[k] / n[k], _LENGTH[k]
            crr += _LENGTH[k] * sr[k] * cycle_r[k]
            cmm += _LENGTH[k] * sm[k] * cycle_m[k]
    variance_r = variance(weight, wr, wrr)
    out[MEAN_R], out[MEAN_M], out[SIGMA_R] = wr / weight, wm / weight, np.sqrt(variance_r)
    if by_series:
        out[RMSE] = np.sqrt(max(wrr - 2 * wrm + wmm, 0.0) / weight)
        centred = _second_moment(weight, wr, wr, wrr) + _second_moment(weight, wm, wm, wmm)
        out[CRMSE] = np.sqrt(max(centred - 2 * _second_moment(weight, wr, wm, wrm), 0.0))
    else:
        out[RMSE], out[CRMSE] = cycle_errors(cycle_r, cycle_m, lengths)
    out[PHASE_R], out[PHASE_M] = largest(cycle_r, lengths), largest(cycle_m, lengths)
    out[IAV_R], out[IAV_M] = anomaly(weight, crr, wrr), anomaly(weight, cmm, wmm)


@njit(cache=True, nogil=True)
def native_statistics(x, step, cells, months, weights, begin, sums, counts, out):
    """Each cell's own statistics, as ILAMB 2.7.3 takes them: monthly gaps of the other side do not matter.

    weights [2, time] days: month lengths for means, distances between mid-months for deviations (ILAMB's fault)
    begin   first month of the annual cycle, which uses whole years from there
    sums, counts [cell, 12] of the annual cycle; out [cell, 3] mean, standard deviation, interannual variability
    """
    years = (months - begin) // 12
    value, one, cycle = np.zeros(months), np.zeros(months), np.zeros(12)
    for i in range(cells):
        o = i * step
        weight = mean = 0.0
        for t in range(months):
            v = np.float64(x[o + t])
            one[t] = 1.0 if v == v else 0.0
            value[t] = v if v == v else 0.0
        for t in range(months):
            weight += weights[0, t] * one[t]
            mean += weights[0, t] * value[t]
        if weight == 0:
            out[i] = np.nan
            continue
        mean /= weight
        for y in range(years):
            for k in range(12):
                sums[i, k] += value[begin + 12 * y + k]
                counts[i, k] += one[begin + 12 * y + k]
        for k in range(12):
            cycle[k] = sums[i, k] / counts[i, k] if counts[i, k] > 0 else 0.0
        weight = square = departure = 0.0
        for t in range(months):
            w = weights[1, t] * one[t]
            d, e = value[t] - mean, value[t] - cycle[(t - begin) % 12]
            weight += w
            square += w * d * d
            departure += w * e * e
        out[i, 0] = mean
        out[i, 1] = np.sqrt(square / weight)
        out[i, 2] = np.sqrt(departure / weight)


@njit(cache=True, nogil=True)
def sampled_cycles(row_r, sum_r, count_r, row_m, sum_m, count_m, out):
    """RMSE, centred RMSE and months of maximum of the cells' own annual cycles: out [pair, 4].

    The cycles are centred on their own plain means over 12 months, as in ILAMB 2.7.3.
    """
    cr, cm, weight = np.zeros(12), np.zeros(12), np.zeros(12)
    for p in range(row_r.size):
        i, j = row_r[p], row_m[p]
        mean_r = mean_m = n_r = n_m = total = 0.0
        for k in range(12):
            cr[k] = sum_r[i, k] / count_r[i, k] if count_r[i, k] > 0 else 0.0
            cm[k] = sum_m[j, k] / count_m[j, k] if count_m[j, k] > 0 else 0.0
            weight[k] = _LENGTH[k] if count_r[i, k] > 0 and count_m[j, k] > 0 else 0.0
            mean_r += cr[k]
            mean_m += cm[k]
            n_r += 1.0 if count_r[i, k] > 0 else 0.0
            n_m += 1.0 if count_m[j, k] > 0 else 0.0
            total += weight[k]
        out[p, 2], out[p, 3] = largest(cr, count_r[i]), largest(cm, count_m[j])
        if total == 0:
            out[p, :2] = np.nan
            continue
        offset = mean_m / n_m - mean_r / n_r
        square = centred = 0.0
        for k in range(12):
            d = cm[k] - cr[k]
            square += weight[k] * d * d
            centred += weight[k] * (d - offset) * (d - offset)
        out[p, 0], out[p, 1] = np.sqrt(square / total), np.sqrt(centred / total)


@njit(cache=True, nogil=True)
def joint_errors(ref, step_r, row_r, mean_r, mod, step_m, row_m, mean_m, factor, weights, out):
    """RMSE over joint months, plain and with both series centred on given means: out [pair, 2]; weights [time] days."""
    for p in range(row_r.size):
        o, q = row_r[p] * step_r, row_m[p] * step_m
        offset = mean_m[p] - mean_r[p]
        weight = square = centred = 0.0
        for t in range(weights.size):
            d = factor * np.float64(mod[q + t]) - np.float64(ref[o + t])
            if d == d:
                weight += weights[t]
                square += weights[t] * d * d
                centred += weights[t] * (d - offset) ** 2
        out[p, 0] = np.sqrt(square / weight) if weight > 0 else np.nan
        out[p, 1] = np.sqrt(centred / weight) if weight > 0 else np.nan


@njit(cache=True, nogil=True)
def regional_sums(x, step, months, weights, out):
    """Weighted sums over rows at each month: out [2, region, time] weight and weight * value; weights [region, row]."""
    for i in range(weights.shape[1]):
        o = i * step
        for g in range(weights.shape[0]):
            w = weights[g, i]
            if w > 0:
                for t in range(months):
                    v = np.float64(x[o + t])
                    if v == v:
                        out[0, g, t] += w
                        out[1, g, t] += w * v


@njit(cache=True, nogil=True)
def joint_means(ref, step_r, row_r, mod, step_m, row_m, lengths, out_r, out_m):
    """Means of pairs over the months that both have, weighted by `lengths` [time]; NaN where they share none."""
    for p in range(row_r.size):
        o, q = row_r[p] * step_r, row_m[p] * step_m
        n = r_sum = m_sum = 0.0
        for t in range(lengths.size):
            r, m = np.float64(ref[o + t]), np.float64(mod[q + t])
            if r - m == r - m:
                n += lengths[t]
                r_sum += lengths[t] * r
                m_sum += lengths[t] * m
        out_r[p] = r_sum / n if n > 0 else np.nan
        out_m[p] = m_sum / n if n > 0 else np.nan
