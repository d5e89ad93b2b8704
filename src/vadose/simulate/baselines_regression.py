"""Regressions of a flux on the weather: what a land model, which knows far more, must beat.

Every value is predicted by coefficients that were fitted without it.
Source: Abramowitz (2005); Best et al. (2015) section 2c
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLUSTERS = 27
LEAST = 12  # values of a cluster below which it takes the regression over all of them
YEARS = 700  # days of measurements from which whole years are left out
BLOCK = 10  # days
SAMPLE = 20000  # values at most from which the clusters are found


@dataclass(frozen=True, eq=False)
class Folds:
    """Which part each value belongs to: it is predicted from all other parts.

    part  [time] number of the part;  how  in words
    """

    part: np.ndarray
    how: str


def folds(starts: np.ndarray, target: np.ndarray) -> Folds:
    """Calendar years where measurements span two years, else blocks of ten days of two kinds in turn.

    starts  [time] datetime64[s];  target [time] NaN where not measured
    """
    there = np.isfinite(target)
    span = np.ptp(starts[there]) / np.timedelta64(1, "D") if there.any() else 0.0
    years = starts.astype("datetime64[Y]").astype(int)
    if span >= YEARS and np.unique(years[there]).size > 1:
        return Folds(years, "one calendar year left out at a time")
    days = (starts - starts[0]) / np.timedelta64(1, "D")
    return Folds((days // BLOCK).astype(int) % 2, "every other ten days left out")


def linear(drivers: np.ndarray, target: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Linear regression out of sample: [time] predicted.

    drivers [driver, time];  target [time], NaN where not measured;  part [time] of `folds`
    """
    out = np.full(target.size, np.nan)
    complete = np.isfinite(drivers).all(axis=0)
    for number in np.unique(part):
        inside = (part == number) & complete
        train = (part != number) & complete & np.isfinite(target)
        if train.sum() > drivers.shape[0] + 1:
            out[inside] = _fitted(drivers[:, train], target[train], drivers[:, inside])
    return out


def clustered(drivers: np.ndarray, target: np.ndarray, part: np.ndarray, seed: int = 0) -> np.ndarray:
    """A linear regression in each of 27 k-means clusters of the drivers, out of sample: [time] predicted.

    Drivers are divided by their standard deviations; a cluster with few values takes the regression over all, and
    predictions stay within the measured range of the training.
    Source: Abramowitz (2012) "3km27"; MacQueen (1967)
    """
    from scipy.cluster.vq import kmeans2, vq

    out = np.full(target.size, np.nan)
    complete = np.isfinite(drivers).all(axis=0)
    for number in np.unique(part):
        inside = (part == number) & complete
        train = (part != number) & complete & np.isfinite(target)
        if train.sum() < LEAST:
            continue
        centre, scale = drivers[:, train].mean(axis=1), drivers[:, train].std(axis=1)
        x = ((drivers - centre[:, None]) / np.where(scale > 0, scale, 1.0)[:, None]).T
        count = min(CLUSTERS, max(1, int(train.sum()) // LEAST))
        draw = np.random.default_rng(np.random.SeedSequence([seed, int(number), count]))
        rows = np.flatnonzero(train)
        rows = rows if rows.size <= SAMPLE else np.sort(draw.choice(rows, SAMPLE, replace=False))
        middles = kmeans2(x[rows], count, minit="++", seed=draw)[0]
        mine, theirs = vq(x[train], middles)[0], vq(x[inside], middles)[0]
        y, known = target[train], x[train].T
        wanted = x[inside].T
        predicted = _fitted(known, y, wanted)
        for cluster in np.unique(theirs):
            rows, place = mine == cluster, theirs == cluster
            if rows.sum() >= LEAST:
                predicted[place] = _fitted(known[:, rows], y[rows], wanted[:, place])
        out[inside] = np.clip(predicted, y.min(), y.max())
    return out


def _fitted(drivers: np.ndarray, target: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Least squares with an intercept; of drivers that do not vary (the sun at night) the shortest solution."""
    centre = drivers.mean(axis=1, keepdims=True)
    mean = target.mean()
    slope = np.linalg.lstsq((drivers - centre).T, target - mean, rcond=1e-9)[0]
    return mean + slope @ (wanted - centre)
