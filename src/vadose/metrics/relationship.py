"""How one variable responds to another: binned response curves, their score, and joint distributions.

Source: Collier et al. (2018); Massoud et al. (2026)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.metrics.formulas import exponential_score, hellinger_distance

BINS = 25
LEAST_SHARE = 3e-3  # of the points, for a bin to count; ILAMB 2.7.3
LEAST_COUNT = 3  # points, likewise, in the exact mode: a single tower is no response


@dataclass(frozen=True, eq=False)
class Response:
    """The dependent variable in bins of the independent one.

    mean, q25, q75, std, count [bin]; valid [bin] bool; histogram [bin, ybin] fractions of the points
    """

    mean: np.ndarray
    q25: np.ndarray
    q75: np.ndarray
    std: np.ndarray
    count: np.ndarray
    valid: np.ndarray
    histogram: np.ndarray


def place(x: np.ndarray, edges: np.ndarray, clip: bool = False) -> np.ndarray:
    """Bin of each x, the last edge inclusive; outside -1, or with `clip` the nearest bin."""
    bins = edges.size - 1
    found = np.searchsorted(edges, x, side="right") - 1
    found = np.where(x == edges[-1], bins - 1, found)
    return found.clip(0, bins - 1) if clip else np.where((found < 0) | (found >= bins), -1, found)


def response(
    x: np.ndarray,
    y: np.ndarray,
    x_edges: np.ndarray,
    y_edges: np.ndarray,
    weights: Any = None,
    clip: bool = False,
    least: int = 1,
) -> Response:
    """Mean, quartiles and spread of y in bins of x, and the joint histogram.

    x, y     [point] without missing values; weights [point] of the mean, the spread and the histogram, 1 where None
    x_edges, y_edges  ascending; points outside of x_edges are left out, or with `clip` count in the outer bins;
                      y always counts in the outer bins of the histogram
    A bin is valid with LEAST_SHARE of the points and at least `least` of them. Quartiles are of the points, unweighted.
    """
    w = np.ones(x.size) if weights is None else np.asarray(weights, float)
    bins, rows = x_edges.size - 1, y_edges.size - 1
    where = place(x, x_edges, clip)
    keep = where >= 0
    where, y, w = where[keep], y[keep], w[keep]
    count = np.bincount(where, minlength=bins).astype(float)
    total = np.bincount(where, w, bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(where, w * y, bins) / total
        std = np.sqrt(np.bincount(where, w * (y - mean[where]) ** 2, bins) / total)
        valid = (count / count.sum() >= LEAST_SHARE) & (count >= least)
    quartiles = np.full((2, bins), np.nan)
    order = np.argsort(where, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(where[order])) + 1) if order.size else ():
        quartiles[:, where[part[0]]] = np.percentile(y[part], [25, 75])
    flat = where * rows + place(y, y_edges, clip=True)
    histogram = np.bincount(flat, w, bins * rows).reshape(bins, rows)
    share = histogram / histogram.sum() if histogram.sum() > 0 else histogram
    return Response(mean, quartiles[0], quartiles[1], std, count, valid, share)


def relationship_score(reference: np.ndarray, comparison: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Likeness of two response curves over the bins that are valid in both.

    S = exp(-||f_r - f_m|| / ||f_r||), in (0, 1], best 1

    reference, comparison [..., bin]; valid [..., bin] bool
    Returns [...]; NaN where no bin is valid or the reference is zero throughout.
    Source: Collier et al. (2018)
    """
    r, m = np.where(valid, reference, 0.0), np.where(valid, comparison, 0.0)
    size = np.sqrt((r * r).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        score = exponential_score(np.sqrt(((r - m) ** 2).sum(axis=-1)), size)
    return np.where((size > 0) & valid.any(axis=-1), score, np.nan)


def distribution_distance(reference: Response, comparison: Response) -> float:
    """Hellinger distance of two joint histograms, in [0, 1], best 0. Source: Hellinger (1909)"""
    if not (reference.histogram.any() and comparison.histogram.any()):
        return float("nan")
    return float(hellinger_distance(reference.histogram, comparison.histogram))
