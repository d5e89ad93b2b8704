"""Rank histograms and spread against skill at the assimilated observations, before each analysis.

Sources: Hamill (2001); Fortin et al. (2014)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.assimilate.evaluate_files import Analyses
from vadose.assimilate.innovations import departures, effective_number
from vadose.assimilate.keyed import normals
from vadose.metrics.ensemble import rank_histogram

COLUMNS = ("experiment", "set", "what", "bin", "count", "expected", "spread", "error", "ratio", "p_value", "units")
BINS = 5  # of spread, with as many cases in each
FEWEST = 10  # cases of a bin of spread
EXPECTED = 5.0  # cases of a group of ranks in the test for flatness, at least
KEY = 0  # of the draws


def rank_rows(experiment: str, a: Analyses) -> list[dict[str, Any]]:
    """Rows of ranks.csv of one experiment for each set of observations, and "all" where there are several.

    what = "rank"          one row a place of the observation among the members: `count`, `expected` where even
           "flatness"      of the histogram: `count` cases, `p_value` that it is even
           "spread-skill"  of all cases: `spread` = sqrt(mean(variance (n + 1)/n + error^2)), `error` = RMSE of the
                           ensemble mean, `ratio` = spread / error, 1 of a reliable ensemble
           "spread bin"    the same of the cases of each fifth of the spread, narrow first
    Members stand with a draw of the observation's error each (a function of moment, member and place alone): the
    observation has such an error, and could be one of them only then.
    """
    numbers: list[int | None] = [*range(len(a.sets))]
    if len(a.sets) > 1:
        numbers.append(None)
    rows = []
    places = np.arange(a.place_set.size)
    perturbed = a.forecast + np.where(a.used, np.nan_to_num(a.error), 0.0)[:, None] * _draws(a, places)
    for number in numbers:
        which = slice(None) if number is None else a.place_set == number
        part = a.of_set(number)
        about = {"experiment": experiment, "set": "all" if number is None else a.sets[number]}
        found = [*_ranks(part, perturbed[..., which]), *_skill(part)]
        rows += [{**dict.fromkeys(COLUMNS, ""), **about, **row} for row in found]
    return rows


def flatness(counts: np.ndarray, effective: float) -> float:
    """p value that a rank histogram is even: Pearson's chi^2 with counts as if only `effective` cases were independent.

    Neighbouring ranks are put together so that each group expects five cases; NaN where not even two groups do.
    Source: Hamill (2001)
    """
    from scipy.stats import chi2

    total, bins = counts.sum(), counts.size
    groups = int(min(bins, effective // EXPECTED))
    if groups < 2:
        return np.nan
    group = np.arange(bins) * groups // bins
    found = np.bincount(group, counts, groups) * effective / total
    expected = np.bincount(group, minlength=groups) * effective / bins
    return float(chi2.sf(np.sum((found - expected) ** 2 / expected), groups - 1))


def _draws(a: Analyses, places: np.ndarray) -> np.ndarray:
    """[time, member, place] normal numbers by moment, member and place."""
    members = np.arange(a.forecast.shape[1])
    seconds = a.times.astype(np.int64)
    made = [normals((KEY, int(t)), "ranks", members, places) for t in seconds]
    return np.stack(made) if made else np.zeros(a.forecast.shape)


def _ranks(a: Analyses, members: np.ndarray) -> list[dict[str, Any]]:
    counts = rank_histogram(a.observed, members, over=1)
    cases = int(counts.sum())
    if not cases or members.shape[1] < 2:
        return []
    even = cases / counts.size
    rows = [{"what": "rank", "bin": k, "count": int(c), "expected": even} for k, c in enumerate(counts)]
    worth = effective_number(departures(a).normalised, squares=False)
    return [*rows, {"what": "flatness", "count": cases, "expected": even, "p_value": flatness(counts, worth)}]


def _skill(a: Analyses) -> list[dict[str, Any]]:
    d = departures(a)
    known = np.isfinite(d.before) & np.isfinite(d.expected)
    if not known.any():
        return []
    # Sets of different units together: in units of the expected standard deviation, whose mean square then is 1.
    scale = np.ones(1) if a.units else d.expected[known]
    expected, square = d.expected[known] / scale, d.before[known] ** 2 / scale
    rows = [_pair("spread-skill", "", expected, square)]
    if a.units and expected.size >= BINS * FEWEST:
        edges = np.quantile(expected, np.arange(1, BINS) / BINS)
        bin_of = np.searchsorted(edges, expected, side="right")
        rows += [
            _pair("spread bin", k, expected[bin_of == k], square[bin_of == k])
            for k in range(BINS)
            if (bin_of == k).any()
        ]
    return [{**row, "units": a.units} for row in rows]


def _pair(what: str, number: int | str, expected: np.ndarray, square: np.ndarray) -> dict[str, Any]:
    spread, error = float(np.sqrt(expected.mean())), float(np.sqrt(square.mean()))
    ratio = spread / error if error > 0 else np.nan
    return {"what": what, "bin": number, "count": expected.size, "spread": spread, "error": error, "ratio": ratio}
