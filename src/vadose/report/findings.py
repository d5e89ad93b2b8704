"""Sentences that state what the numbers say."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.data import MMEM, RELATIONSHIP_SCORE, Run

_NAMES = {
    "bias_score": "the mean state",
    "rmse_score": "the size of the errors",
    "seasonal_cycle_score": "the timing of the seasons",
    "interannual_score": "the variability between years",
    "spatial_score": "the spatial pattern",
}


def row_sentence(run: Run, row: dict[str, Any]) -> str:
    """Who leads a row in the first region and the headline mode, the median, and the hardest component."""
    key = RELATIONSHIP_SCORE if row["kind"] == "relationship" else "overall_score"
    names = run.scores.names
    if key not in names:
        return "No pair of this page could be scored."
    value, low, high = (a[:, run.modes.index(run.headline), 0] for a in run.scores.table(row["id"]))
    single = [i for i, m in enumerate(run.models) if m["name"] != MMEM]
    k = names.index(key)
    overall = value[single, k]
    if not np.isfinite(overall).any():
        return "No pair of this page could be scored."
    best = int(np.nanargmax(overall))
    i = single[best]
    where = run.regions[0]["title"]
    number = f"{overall[best]:.2f}{interval(low[i, k], high[i, k])}"
    count = int(np.isfinite(overall).sum())
    if count == 1:
        text = f"{run.models[i]['name']} scores {number} ({where}, {run.headline})."
    else:
        text = (
            f"{run.models[i]['name']} leads the {count} models with {number}; the median is "
            f"{np.nanmedian(overall):.2f} ({where}, {run.headline})."
        )
    return f"{text}{_hardest(value[single], names)}"


def interval(low: float, high: float) -> str:
    """ " [0.51, 0.55]", or nothing where there is no interval."""
    return f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) and np.isfinite(high) else ""


def _hardest(value: np.ndarray, names: tuple[str, ...]) -> str:
    held = [(n, value[:, names.index(n)]) for n in _NAMES if n in names]
    medians = {n: float(np.nanmedian(v)) for n, v in held if np.isfinite(v).any()}
    if len(medians) < 2:
        return ""
    worst, best = min(medians, key=lambda n: medians[n]), max(medians, key=lambda n: medians[n])
    return f" Hardest is {_NAMES[worst]} ({medians[worst]:.2f}), easiest {_NAMES[best]} ({medians[best]:.2f})."
