"""Runs of falling samples in daily series and the fits to them, compiled; series are [cell, time] here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit

from vadose.calibrate.drydown.exponential import fit
from vadose.errors import DataError

# Series transposed at once: some megabytes of decades, which stay in the cache.
WIDTH = 64


def transposed(values: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Columns of `values` [time, cell] with their series [cell, time] float64, contiguous, `WIDTH` at a time.

    Raises DataError where `values` is not two-dimensional or not of numbers.
    """
    values = np.asarray(values)
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise DataError(f"`values` must be numbers [time, cell], got {values.dtype} of shape {values.shape}")
    for start in range(0, values.shape[1], WIDTH):
        columns = slice(start, min(start + WIDTH, values.shape[1]))
        yield columns, np.ascontiguousarray(values[:, columns].T, dtype=np.float64)


@njit(cache=True, nogil=True)
def next_run(series: np.ndarray, row: int, gap: float) -> tuple[int, int, int, int]:
    """The next run of strictly falling samples from `row` on, whatever its length.

    series  [time] m3 m-3, missing days are skipped; a run ends where more than `gap` days lie between samples
    Returns (row of its first sample, of its last, number of samples, row to go on from); no samples at the end.
    """
    time = series.size
    while row < time and not np.isfinite(series[row]):
        row += 1
    if row == time:
        return row, row, 0, row
    first = last = row
    samples = 1
    for t in range(row + 1, time):
        if not np.isfinite(series[t]):
            continue
        if series[t] >= series[last] or t - last > gap:
            return first, last, samples, t
        last = t
        samples += 1
    return first, last, samples, time


@njit(cache=True, nogil=True)
def count(series: np.ndarray, minimum: int, gap: float, out: np.ndarray) -> None:
    """Number of runs of at least `minimum` samples: series [cell, time], out [cell]."""
    for c in range(series.shape[0]):
        row = out[c] = 0
        while row < series.shape[1]:
            _, _, samples, row = next_run(series[c], row, gap)
            out[c] += samples >= minimum


@njit(cache=True, nogil=True, error_model="numpy")
def fit_runs(
    series: np.ndarray,
    minimum: int,
    gap: float,
    bounds: tuple[float, float],
    place: np.ndarray,
    numbers: np.ndarray,
) -> None:
    """Fill `place` [3, event] and `numbers` [5, event] with the runs of series [cell, time], cell after cell.

    bounds   of ln(tau / d)
    place    cell, row of the first sample, number of samples, row of the last
    numbers  theta_c, theta_w, dtheta, tau, R2; NaN where a sample is negative: theta_w has no room then
    """
    time = series.shape[1]
    times, theta, scratch = np.empty(time), np.empty(time), np.empty(time)
    k = 0
    for c in range(series.shape[0]):
        row = 0
        while row < time:
            first, last, samples, row = next_run(series[c], row, gap)
            if samples < minimum:
                continue
            n = 0
            mean = 0.0
            for t in range(first, last + 1):
                if np.isfinite(series[c, t]):
                    times[n] = t - first
                    theta[n] = series[c, t]
                    mean += theta[n]
                    n += 1
            place[0, k], place[1, k], place[2, k], place[3, k] = c, first, n, last
            numbers[0, k] = theta[0]
            numbers[1:, k] = np.nan
            if theta[n - 1] >= 0.0:
                dtheta, theta_w, tau, F = fit(times[:n], theta[:n], 0.0, theta[n - 1], bounds, scratch)
                total = 0.0
                for i in range(n):
                    total += (theta[i] - mean / n) ** 2
                numbers[1, k], numbers[2, k], numbers[3, k], numbers[4, k] = theta_w, dtheta, tau, 1.0 - F / total
            k += 1


@njit(cache=True, nogil=True)
def census(series: np.ndarray, observations: np.ndarray, constant: np.ndarray) -> None:
    """Number of samples of each series [cell, time], and whether all are the same; both [cell]."""
    for c in range(series.shape[0]):
        n = 0
        low, high = np.inf, -np.inf
        for t in range(series.shape[1]):
            v = series[c, t]
            if np.isfinite(v):
                n += 1
                low, high = min(low, v), max(high, v)
        observations[c] = n
        constant[c] = low == high


@njit(cache=True, nogil=True)
def statistics(
    first: np.ndarray, kept: np.ndarray, columns: np.ndarray, minimum: int, median: bool, out: np.ndarray
) -> None:
    """Statistic, its standard error and the robust spread over the kept events of each cell.

    first    [cell + 1] place of the cell's first event
    columns  [quantity, event]; out [quantity, 3, cell], left alone where fewer than `minimum` events are kept
    """
    for c in range(first.size - 1):
        a, b = first[c], first[c + 1]
        chosen = kept[a:b]
        n = chosen.sum()
        if n < minimum:
            continue
        for q in range(columns.shape[0]):
            x = columns[q, a:b][chosen]
            middle = np.median(x)
            out[q, 0, c] = middle if median else x.mean()
            if n > 1:
                deviation = np.sqrt(((x - x.mean()) ** 2).sum() / (n - 1))
                # sqrt(pi / 2): error of a median by that of a mean, normal numbers.
                out[q, 1, c] = deviation / np.sqrt(n) * (np.sqrt(0.5 * np.pi) if median else 1.0)
                out[q, 2, c] = 1.4826 * np.median(np.abs(x - np.median(x)))
