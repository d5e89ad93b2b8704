"""Distributions of soil moisture: of all cells and times, and beside each observed series at its times and depth."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.simulation_series import DIFFERENCE_EDGES, EDGES, Reduced

MOST_BINS = 40
_MERGED = (1, 2, 3, 4, 5, 6)  # bins of EDGES and of DIFFERENCE_EDGES that become one
_WIDTHS = (0.01, 0.05)  # m3 m-3, least and largest bin of an observed series
_FEWEST = 10  # values of an observed series


def densities(reduced: Reduced) -> dict[str, Any]:
    """Distributions as densities on at most `MOST_BINS` bins, cut to where any member has something.

    Returns variable -> {"edges" [bin + 1] m3 m-3, "members" [member, bin]}
    """
    found = {}
    for name, counts in reduced.density.items():
        edges = DIFFERENCE_EDGES if name.endswith("_difference") else EDGES
        span = int(np.ptp(np.flatnonzero(counts.sum(axis=0)))) if counts.any() else 0
        size = next((k for k in _MERGED if span <= k * (MOST_BINS - 3)), _MERGED[-1])
        counts, edges = counts.reshape(len(counts), -1, size).sum(axis=2), edges[::size]
        held = np.flatnonzero(counts.sum(axis=0))
        if not held.size:
            continue
        low, high = max(0, held[0] - 1), min(edges.size - 1, held[-1] + 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            density = counts / counts.sum(axis=1, keepdims=True) / np.diff(edges)
        found[name] = {"edges": np.round(edges[low : high + 1], 5), "members": density[:, low:high]}
    return found


def beside_observed(seen: np.ndarray, members: np.ndarray) -> dict[str, Any] | None:
    """Densities of an observed series and of the members at the times that it has; None of few values.

    seen [time], members [member, time] m3 m-3
    Returns {"edges" [bin + 1], "observed" [bin], "members" [member, bin]}; bins by Freedman and Diaconis (1981)
    """
    there = np.isfinite(seen)
    if there.sum() < _FEWEST:
        return None
    seen, members = seen[there], members[:, there]
    width = 2.0 * float(np.subtract(*np.quantile(seen, (0.75, 0.25)))) / np.cbrt(seen.size)
    width = float(np.clip(round(width / _WIDTHS[0]) * _WIDTHS[0], *_WIDTHS))
    known = members[np.isfinite(members)]
    low, high = (f(np.append(known, seen)) / width for f in (np.min, np.max))
    # Measurements are often rounded to 0.01: edges stand between such values.
    edges = (np.arange(np.floor(low - 0.5) - 1, np.ceil(high + 0.5) + 2) + 0.5) * width
    return {
        "edges": np.round(edges, 5),
        "observed": _density(seen, edges),
        "members": np.array([_density(m, edges) for m in members]),
    }


def _density(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """[bin] density of the finite values; NaN without any."""
    counts = np.histogram(values[np.isfinite(values)], edges)[0]
    with np.errstate(invalid="ignore"):
        shares: np.ndarray = counts / counts.sum() / np.diff(edges)
    return shares
