"""Innovations of an experiment: their distribution, memory and size beside what spread and error promise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vadose.report.assimilation_analysis import Analyses, moments

EDGES = np.arange(-4.0, 4.01, 0.5)
LAGS = 12
FEWEST = 10  # values that a correlation or a map needs
SPREADS = 5  # classes of spread at most
_PER_CLASS = 10


def normalised(a: Analyses) -> np.ndarray:
    """[time, place] innovations over their expected size, (y - H x) / s; NaN where not used."""
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (a.observed - a.forecast) / expected_size(a)
    return np.asarray(np.where(a.seen, z, np.nan))


def expected_size(a: Analyses) -> np.ndarray:
    """[time, place] size that innovations should have: s^2 = spread^2 (n + 1) / n + error^2 with n members.

    Source: Fortin et al. (2014)
    """
    factor = (a.members + 1) / max(a.members, 1)
    return np.asarray(np.sqrt(factor * a.forecast_sd**2 + a.error**2))


def consistency(a: Analyses) -> dict[str, Any] | None:
    """Numbers of the figures on consistency; None where nothing was used."""
    z = normalised(a)
    known = z[np.isfinite(z)]
    if not known.size:
        return None
    innovation = np.where(a.seen, a.observed - a.forecast, np.nan)
    counts = np.histogram(np.clip(known, EDGES[0], EDGES[-1]), EDGES)[0]
    chi, used = moments(z**2, axis=1)[0], np.isfinite(z).sum(axis=1)
    rows = used > 0
    return {
        "edges": EDGES, "counts": counts, "n": int(known.size), "mean": float(known.mean()),
        "sd": float(known.std(ddof=1)) if known.size > 1 else math.nan, "chi": float((known**2).mean()),
        "days": a.times[rows], "daily": chi[rows], "used": used[rows],
        "memory": memory(innovation), "skill": spread_skill(a, innovation),
    }  # fmt: skip


def memory(innovation: np.ndarray) -> dict[str, Any] | None:
    """Autocorrelation of innovations over lags in observations of a place, pooled over places, and its 95 % band.

    r_k = sum (d_i - m)(d_(i+k) - m) / sum (d_i - m)^2 over all places, with the mean m of each place; white noise stays
    within 1.96 / sqrt(n). Places that see the same errors are counted as if they were independent.

    innovation  [time, place];  None of places with fewer than ten values, lags up to a third of what the places have
    """
    columns = [c[np.isfinite(c)] for c in innovation.T]
    series = [d - d.mean() for d in columns if d.size >= FEWEST]
    squares = sum(float(d @ d) for d in series)
    if not squares > 0.0:
        return None
    lags = min(LAGS, int(np.median([d.size for d in series])) // 3)
    products = [sum(float(d[: d.size - k] @ d[k:]) for d in series) for k in range(lags + 1)]
    count = sum(d.size for d in series)
    return {"r": np.array(products) / squares, "band": 1.96 / math.sqrt(count), "n": count}


def spread_skill(a: Analyses, innovation: np.ndarray) -> dict[str, Any] | None:
    """Expected and met size of innovations, root mean squares in classes of equal counts by the expected one."""
    expected = expected_size(a)
    known = np.isfinite(innovation) & np.isfinite(expected)
    if known.sum() < FEWEST:
        return None
    e, d = expected[known], innovation[known]
    parts = np.array_split(np.argsort(e), max(1, min(SPREADS, e.size // _PER_CLASS)))
    size = [[float(np.sqrt(np.mean(v[p] ** 2))) for v in (e, d)] for p in parts]
    return {"expected": [s[0] for s in size], "met": [s[1] for s in size], "counts": [len(p) for p in parts]}


def at_places(a: Analyses, reference: Analyses) -> dict[str, np.ndarray] | None:
    """NER (%) of forecasts and change of correlation against the open loop at each place; None where none has enough.

    NER = 100 (1 - RMSE / RMSE of the open loop), over the times at which both have an observation that was used

    Source: Zhao et al. (2025) eq. 25
    """
    found = {n: np.full(a.lat.size, np.nan) for n in ("ner", "delta_r")}
    if reference.lat.size != a.lat.size:
        return None
    _, here, there = np.intersect1d(np.round(a.times, 6), np.round(reference.times, 6), return_indices=True)
    for place in range(a.lat.size):
        y, x, o = a.observed[here, place], a.forecast[here, place], reference.forecast[there, place]
        known = a.seen[here, place] & np.isfinite(x) & np.isfinite(o)
        if known.sum() < FEWEST:
            continue
        y, x, o = y[known], x[known], o[known]
        rms = [float(np.sqrt(np.mean((m - y) ** 2))) for m in (x, o)]
        if rms[1] > 0:
            found["ner"][place] = 100.0 * (1.0 - rms[0] / rms[1])
        if min(np.ptp(v) for v in (y, x, o)) > 0:
            found["delta_r"][place] = np.corrcoef(x, y)[0, 1] - np.corrcoef(o, y)[0, 1]
    return found if any(np.isfinite(v).any() for v in found.values()) else None
