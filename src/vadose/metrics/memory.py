"""Series that remember: their autocorrelation, the number of independent values they are worth, and intervals with it.

Sources: Zwiers and von Storch (1995); Bretherton et al. (1999); Kendall (1954); Ljung and Box (1978)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.metrics.significance import effective_sample_size


def autocorrelation(x: np.ndarray, lags: int) -> np.ndarray:
    """[lag] autocorrelation at 1 .. `lags` steps of the finite values of a series, taken as consecutive.

    r_k = sum_t (x_t - m) (x_t+k - m) / sum_t (x_t - m)^2

    NaN of a constant series and of lags that are not shorter than the series. Range [-1, 1].
    """
    x = np.asarray(x, float)
    x = x[np.isfinite(x)]
    x = x - (x.mean() if x.size else 0.0)
    total = float(x @ x)
    return np.array([x[:-k] @ x[k:] / total if total > 0 and k < x.size else np.nan for k in range(1, lags + 1)])


def unbiased(lag1: Any, count: Any) -> Any:
    """Lag-1 autocorrelation without the bias of short series: r + (1 + 4 r) / N; any shape.

    Source: Kendall (1954), for a mean that is estimated too
    """
    return lag1 + (1.0 + 4.0 * lag1) / count


def memory(x: np.ndarray) -> float:
    """Lag-1 autocorrelation without the bias of short series, kept within [0, 1 - 1/N].

    Series that alternate count as without memory, so that no interval gets narrower than that of independent values.
    """
    count = int(np.isfinite(x).sum())
    if count < 3:
        return 0.0
    r = float(autocorrelation(x, 1)[0])
    return float(np.clip(unbiased(r, count), 0.0, 1.0 - 1.0 / count)) if np.isfinite(r) else 0.0


def effective_for_mean(count: float, lag1: float) -> float:
    """Independent values that the mean of `count` values of an AR(1) series is worth: N (1 - r) / (1 + r), at least 2.

    Source: Zwiers and von Storch (1995)
    """
    return float(max(count * (1.0 - lag1) / (1.0 + lag1), min(2.0, count)))


def effective_for_variance(count: float, lag1: float) -> float:
    """The same of the mean square of a Gaussian series: N (1 - r^2) / (1 + r^2), at least 2.

    Source: Bretherton et al. (1999) eq. 31 with both series the same
    """
    return float(max(effective_sample_size(count, lag1, lag1), min(2.0, count)))


def mean_interval(x: np.ndarray, weights: np.ndarray | None = None, level: float = 0.95) -> tuple[float, float, float]:
    """(mean, low, high) of a series with memory, by Student's t with the effective number of values.

    m +- t s sqrt(1 / N1), s^2 the variance freed of what the error of the mean takes from it, / (1 - 1/N1)

    x        [time], NaN where missing;  weights  [time] such as the number of places that a value is a mean of
    Bounds are NaN with fewer than 3 values.
    Source: Zwiers and von Storch (1995)
    """
    from scipy.stats import t as student

    x = np.asarray(x, float)
    known = np.isfinite(x)
    w = np.ones(x.size) if weights is None else np.asarray(weights, float)
    x, w = x[known], w[known]
    if not w.sum() > 0:
        return np.nan, np.nan, np.nan
    w = w / w.sum()
    centre = float(w @ x)
    if x.size < 3:
        return centre, np.nan, np.nan
    r = memory(x)
    count = 1.0 / float(w @ w)
    free = effective_for_mean(count, r)
    variance = float(w @ (x - centre) ** 2) / (1.0 - 1.0 / free)
    half = float(student.ppf(0.5 + level / 2.0, free - 1.0)) * np.sqrt(variance / free)
    return centre, float(centre - half), float(centre + half)


def deviation_interval(x: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """(value, low, high) of the standard deviation (of the population) of a Gaussian series with memory.

    s^2 (N2 - 1) / (1 - 1/N1) / chi^2, N1 and N2 the effective numbers for mean and variance
    Bounds are NaN with fewer than 3 values.
    """
    from scipy.stats import chi2

    x = np.asarray(x, float)
    x = x[np.isfinite(x)]
    value = float(x.std()) if x.size else np.nan
    if x.size < 3:
        return value, np.nan, np.nan
    r = memory(x)
    free = max(effective_for_variance(x.size, r) - 1.0, 1.0)
    scale = value * np.sqrt(free / (1.0 - 1.0 / effective_for_mean(x.size, r)))
    tails = chi2.ppf([0.5 + level / 2.0, 0.5 - level / 2.0], free)
    return value, float(scale / np.sqrt(tails[0])), float(scale / np.sqrt(tails[1]))


def rms_interval(x: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """(value, low, high) of the root mean square of a Gaussian series with memory, on a logarithmic scale.

    Var(mean x^2) = 2 s^4 / N2 + 4 m^2 s^2 / N1, N1 and N2 the effective numbers for mean and variance

    Bounds are NaN with fewer than 3 values or where all are zero.
    """
    from scipy.stats import t as student

    x = np.asarray(x, float)
    x = x[np.isfinite(x)]
    square = float(np.mean(x**2)) if x.size else np.nan
    value = float(np.sqrt(square))
    if x.size < 3 or not square > 0:
        return value, np.nan, np.nan
    r = memory(x)
    first, second = effective_for_mean(x.size, r), effective_for_variance(x.size, r)
    variance = float(x.var()) / (1.0 - 1.0 / first)
    share = np.sqrt(2.0 * variance**2 / second + 4.0 * float(x.mean()) ** 2 * variance / first) / square
    factor = float(np.exp(0.5 * student.ppf(0.5 + level / 2.0, second - 1.0) * share))
    return value, value / factor, value * factor


def correlation_interval(x: np.ndarray, y: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """(value, low, high) of Pearson's correlation of two series with memory, by Fisher's transform.

    Bounds are NaN where the pairs are worth 3 independent ones or fewer; all are NaN where a series is constant.
    Source: Fisher (1921); Bretherton et al. (1999) eq. 31
    """
    from scipy.stats import norm

    x, y = np.asarray(x, float), np.asarray(y, float)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if x.size < 3 or not (np.ptp(x) > 0 and np.ptp(y) > 0):
        return np.nan, np.nan, np.nan
    value = float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))
    free = float(effective_sample_size(x.size, memory(x), memory(y))) - 3.0
    if free <= 0:
        return value, np.nan, np.nan
    half = float(norm.ppf(0.5 + level / 2.0)) / np.sqrt(free)
    at = np.arctanh(np.clip(value, -1.0 + 1e-15, 1.0 - 1e-15))
    return value, float(np.tanh(at - half)), float(np.tanh(at + half))


def ljung_box(x: np.ndarray, lags: int) -> tuple[float, float]:
    """(Q, p value) of the test that a series is white: Q = N (N + 2) sum_k r_k^2 / (N - k), chi^2 with `lags` degrees.

    NaN of fewer than 4 values a lag and of a constant series. Source: Ljung and Box (1978)
    """
    from scipy.stats import chi2

    count = int(np.isfinite(x).sum())
    r = autocorrelation(x, lags)
    if count < 4 * lags or not np.isfinite(r).all():
        return np.nan, np.nan
    q = count * (count + 2.0) * float(np.sum(r**2 / (count - np.arange(1, lags + 1))))
    return q, float(chi2.sf(q, lags))


def block_length(count: int, lag1: float) -> int:
    """Items of a block of a circular bootstrap of an AR(1) series: (1.5 N (2 r / (1 - r^2))^2)^(1/3), N / 4 at most.

    Source: Politis and White (2004), with the spectrum of an AR(1) series
    """
    r = min(max(lag1, 0.0), 0.999)
    wanted = (1.5 * count * (2.0 * r / (1.0 - r * r)) ** 2) ** (1.0 / 3.0)
    return int(np.clip(np.ceil(wanted), 1, max(1, count // 4)))
