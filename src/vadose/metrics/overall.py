"""Scores of scores: components into an overall score, references into groups, groups into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def weighted_score(scores: Mapping[str, Any], weights: Mapping[str, float]) -> Any:
    """Weighted mean of the scores that are there.

    S = sum_i w_i s_i / sum_i w_i over the i with a weight and a finite score; ILAMB's weights are bias 1, RMSE 2,
    seasonal cycle 1, interannual variability 1, spatial distribution 1

    scores, weights  by name; scores are numbers or arrays of one shape
    Range that of the scores, best 1; NaN where no score is there. Source: Collier et al. (2018)
    """
    total = weight = np.zeros(())
    for name, w in weights.items():
        score = np.asarray(scores.get(name, np.nan), float)
        known = np.isfinite(score)
        total = total + np.where(known, w * np.where(known, score, 0.0), 0.0)
        weight = weight + w * known
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.where(weight > 0, total / weight, np.nan)
    return float(out) if out.ndim == 0 else out
