"""How the water table of a flow study follows the ground: depth against elevation and topographic position."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.flow_fields import Domain

MOST_DOTS = 3000
WINDOW = 8  # part of the domain's shorter side to which surroundings reach
_SEED = 20


def topography(run: Domain, depth: np.ndarray) -> list[dict[str, Any]]:
    """Panels of a scatter: x (m), y = water-table depth (m), r of Pearson and of ranks, cells that count.

    depth  [y, x] m, NaN where no cell is saturated
    Topographic position is the elevation less the mean of its surroundings. Nothing without elevation or with
    fewer than 8 cells.
    """
    if run.elevation is None:
        return []
    high = np.where(run.active, run.elevation, np.nan)
    reach = max(1, round(min(high.shape) / WINDOW))
    position = high - surroundings(high, reach)
    found = []
    for title, values in (
        ("Elevation (m)", high),
        (f"Height above the mean of {2 * reach + 1} by {2 * reach + 1} cells (m)", position),
    ):
        known = np.isfinite(values) & np.isfinite(depth)
        if known.sum() < 8:
            continue
        x, y = values[known], depth[known]
        kept: Any = slice(None)
        if x.size > MOST_DOTS:
            kept = np.sort(np.random.default_rng(_SEED).choice(x.size, MOST_DOTS, replace=False))
        found.append(
            {"title": title, "x": x[kept], "y": y[kept], "n": int(x.size), "r": correlation(x, y),
             "rank": correlation(ranks(x), ranks(y))}
        )  # fmt: skip
    return found


def surroundings(values: np.ndarray, reach: int) -> np.ndarray:
    """Means over squares of 2 reach + 1 cells a side, cut at the border and at missing cells, [y, x]."""
    known = np.isfinite(values)
    sums, counts = (_box(v, reach) for v in (np.where(known, values, 0.0), known.astype(float)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / counts)


def _box(values: np.ndarray, reach: int) -> np.ndarray:
    """Sums over squares by cumulative sums along both axes."""
    for axis in (0, 1):
        total = np.insert(np.cumsum(values, axis=axis), 0, 0.0, axis=axis)
        size = values.shape[axis]
        k = np.arange(size)
        high, low = np.minimum(k + reach + 1, size), np.maximum(k - reach, 0)
        values = np.take(total, high, axis=axis) - np.take(total, low, axis=axis)
    return values


def correlation(x: np.ndarray, y: np.ndarray) -> float | None:
    """Pearson's r; None where one of them does not vary."""
    a, b = x - x.mean(), y - y.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / size) if size > 1e-12 * max(1.0, float(np.abs(x).max() * np.abs(y).max())) else None


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[which])
