"""Innovations: whether observations differ from the forecast as much as spread and errors say, and without memory.

An optimal filter leaves innovations of mean 0 and variance H C H^T + R that know nothing of each other (Kailath 1968).
Sources: Dee (1995); Desroziers et al. (2005); Ljung and Box (1978)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.assimilate.evaluate_files import Analyses
from vadose.metrics.memory import (
    autocorrelation,
    effective_for_mean,
    effective_for_variance,
    ljung_box,
    mean_interval,
    unbiased,
)

LAGS = 5  # of the test for whiteness
LEVEL = 0.95
FEWEST = 5  # moments of a place, or that two places share, for their correlations: these are pooled over places
PLACES = 200  # of which correlations are computed, evenly from all
COLUMNS = (
    "experiment", "set", "units", "used", "moments", "places", "mean", "mean_low", "mean_high", "variance",
    "expected_variance", "variance_ratio", "chi_square", "chi_square_low", "chi_square_high", "effective",
    *(f"lag_{k + 1}" for k in range(LAGS)), "ljung_box", "white_p", "not_white", "skewness", "analysis_mean",
    "analysis_variance", "error_sd", "desroziers_error_sd", "spread_sd", "desroziers_spread_sd",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Departures:
    """Observation minus ensemble mean, [time, place], NaN where nothing was used.

    before, after   d_b = y - H x of the forecast, d_a of the analysis
    spread          variance of H x of the members, unbiased, times (n + 1) / n, for the mean of n members errs too
    expected        spread + R, the variance of d_b of a reliable ensemble
    """

    before: np.ndarray
    after: np.ndarray
    spread: np.ndarray
    expected: np.ndarray

    @property
    def normalised(self) -> np.ndarray:
        """[time, place] d_b / sqrt(expected): mean square 1 where spread and errors are right."""
        return self.before / np.sqrt(self.expected)


def departures(a: Analyses) -> Departures:
    """Innovations and residuals of an experiment."""
    members = a.forecast.shape[1]
    if members < 2:
        nothing = np.full(a.observed.shape, np.nan)
        return Departures(nothing, nothing, nothing, nothing)
    spread = (members + 1) / members * a.forecast.var(axis=1, ddof=1)
    before = a.observed - a.forecast.mean(axis=1)
    after = a.observed - a.analysis.mean(axis=1)
    return Departures(before, after, np.where(a.used, spread, np.nan), spread + a.error**2)


def innovation_rows(experiment: str, updates: bool, a: Analyses) -> list[dict[str, Any]]:
    """Rows of innovations.csv of one experiment: one a set of observations, and "all" where there are several.

    updates  False of an open loop, whose residuals are its innovations: no diagnostics of Desroziers
    """
    numbers: list[int | None] = [*range(len(a.sets))]
    if len(a.sets) > 1:
        numbers.append(None)
    rows = []
    for number in numbers:
        part = a.of_set(number)
        name = "all" if number is None else a.sets[number]
        about = {"experiment": experiment, "set": name, "units": part.units}
        rows.append(about | statistics(departures(part), part.error, updates=updates, alike=bool(part.units)))
    return rows


def statistics(d: Departures, error: np.ndarray, *, updates: bool = True, alike: bool = True) -> dict[str, float]:
    """Statistics of innovations [time, place]; the names are those of `COLUMNS`.

    mean            with a 95 % interval from the means of the moments, whose memory it accounts for
    chi_square      mean of d_b^2 / expected, with the bounds of 95 % of the values it has where it should be 1, for
                    `effective` independent innovations; few members raise it, by (n - 1) / (n - 3) where R is small
    lag_k           autocorrelation of the normalised innovations of a place in the order of its analyses, mean of
                    places; ljung_box, white_p the test's mean; not_white the share of places with p < 0.05
    desroziers      sqrt(E[d_a d_b]) estimates the observation error, sqrt(E[(d_b - d_a) d_b]) the forecast's; NaN
                    where the product is negative, and without updates
    error           [time, place] as assimilated;  alike  False where places have different units
    Source: Desroziers et al. (2005)
    """
    known = np.isfinite(d.before)
    found: dict[str, float] = dict.fromkeys(COLUMNS[6:], np.nan)
    found |= {
        "used": int(known.sum()), "moments": int(known.any(axis=1).sum()), "places": int(known.any(axis=0).sum()),
    }  # fmt: skip
    if not known.any():
        return found
    z = d.normalised
    found |= _chi_square(z) | _whiteness(z) | {"skewness": _skewness(z[known])}
    if not alike:
        return found
    count = known.sum(axis=1)
    moments = np.divide(np.nansum(d.before, axis=1), count, out=np.full(count.size, np.nan), where=count > 0)
    found["mean"], found["mean_low"], found["mean_high"] = mean_interval(moments, count)
    b, after = d.before[known], d.after[known]
    found["variance"], found["expected_variance"] = float(b.var()), float(d.expected[known].mean())
    found["variance_ratio"] = found["variance"] / found["expected_variance"]
    found["analysis_mean"], found["analysis_variance"] = float(after.mean()), float(after.var())
    found["error_sd"] = float(np.sqrt(np.mean(error[known] ** 2)))
    found["spread_sd"] = float(np.sqrt(np.mean(d.spread[known])))
    if updates:
        found["desroziers_error_sd"] = _root(np.mean(after * b))
        found["desroziers_spread_sd"] = _root(np.mean((b - after) * b))
    return found


def effective_number(z: np.ndarray, *, squares: bool) -> float:
    """Independent values that normalised innovations [time, place] are worth, for their mean or their mean square.

    Memory in time and correlation among places reduce the number: N f(r_time) / (1 + (P - 1) g), P the mean number of
    places of a moment, g the mean correlation of two places (squares: the mean of its square), not below 0.
    """
    count = int(np.isfinite(z).sum())
    if not count:
        return 0.0
    worth = (effective_for_variance if squares else effective_for_mean)(count, _memory(z))
    per_moment = count / max(1, int(np.isfinite(z).any(axis=1).sum()))
    between = _between(z, squares)
    return float(np.clip(worth / (1.0 + (per_moment - 1.0) * between), 1.0, count))


def _memory(z: np.ndarray) -> float:
    """Lag-1 autocorrelation, mean of the places and without the bias of short series; 0 where all are too short."""
    columns = [column for column in z.T if np.isfinite(column).sum() >= FEWEST]
    found = [(autocorrelation(column, 1)[0], np.isfinite(column).sum()) for column in columns]
    r, count = (np.array(x, float) for x in zip(*found, strict=True)) if found else (np.empty(0), np.empty(0))
    known = np.isfinite(r)
    if not known.any():
        return 0.0
    return float(np.clip(unbiased(r[known], count[known]).mean(), 0.0, 1.0 - 1.0 / count[known].max()))


def _between(z: np.ndarray, squares: bool) -> float:
    """Mean correlation of two places, or of its square less what chance gives; 0 where no two share enough moments."""
    z = z[:, np.isfinite(z).any(axis=0)]
    z = z[:, np.unique(np.linspace(0, z.shape[1] - 1, min(PLACES, z.shape[1])).astype(int))]
    known = np.isfinite(z).astype(float)
    x = np.where(known > 0, z - np.nanmean(z, axis=0), 0.0)
    shared = known.T @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (x.T @ x) / np.sqrt((x * x).T @ known * (known.T @ (x * x)))
    use = np.triu((shared >= FEWEST) & np.isfinite(r), 1)
    if not use.any():
        return 0.0
    values = r[use] ** 2 - 1.0 / (shared[use] - 1.0) if squares else r[use]
    return float(np.clip(values.mean(), 0.0, 1.0))


def _chi_square(z: np.ndarray) -> dict[str, float]:
    from scipy.stats import chi2

    free = effective_number(z, squares=True)
    low, high = chi2.ppf([0.5 - LEVEL / 2, 0.5 + LEVEL / 2], free) / free
    return {
        "chi_square": float(np.nanmean(z**2)), "chi_square_low": float(low), "chi_square_high": float(high),
        "effective": free,
    }  # fmt: skip


def _whiteness(z: np.ndarray) -> dict[str, float]:
    """Mean over places of autocorrelations and of the test; places with fewer than 4 values a lag do not count."""
    columns = [column for column in z.T if np.isfinite(column).sum() >= 4 * LAGS]
    if not columns:
        return {}
    lags = np.array([autocorrelation(column, LAGS) for column in columns])
    tests = np.array([ljung_box(column, LAGS) for column in columns])
    good = np.isfinite(tests).all(axis=1)
    if not good.any():
        return {}
    found = {f"lag_{k + 1}": float(v) for k, v in enumerate(lags[good].mean(axis=0))}
    p = tests[good, 1]
    return found | {
        "ljung_box": float(tests[good, 0].mean()), "white_p": float(p.mean()), "not_white": float((p < 0.05).mean()),
    }  # fmt: skip


def _skewness(z: np.ndarray) -> float:
    """mean((z - m)^3) / sd^3 of all values; 0 of a Gaussian."""
    centred = z - z.mean()
    sd = float(np.sqrt(np.mean(centred**2)))
    return float(np.mean(centred**3)) / sd**3 if sd > 0 and z.size > 2 else np.nan


def _root(square: float) -> float:
    return float(np.sqrt(square)) if square > 0 else np.nan
