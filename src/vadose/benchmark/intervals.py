"""Intervals of scores from a block bootstrap over years.

Calendar years (circular blocks of them) are drawn with replacement and every score of a region is computed anew from
sums by year. To resample all cells would cost more than the scores themselves, so a region's interval comes from a
systematic sample of its pairs of cells: the estimate over all cells plus the quantiles of (replicate - mean of the
replicates) at 2.5 and 97.5 %, scores kept within [0, 1]. The replicates are centred on their own mean because fewer
distinct years make noisier annual cycles: uncentred, the interval of an RMSE or interannual score would lie wholly
below its estimate. What remains is the spread, not that bias.

The years drawn depend on the seed and the number of years only: they are the same for every pair of a study, so that
differences between models are not noise of the draw and the order of pairs does not matter. The rows of the ilamb2
mode take the deviations over joint months; their spatial score is computed with its zeros.
Source: Politis and Romano (1992)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.benchmark import moments
from vadose.benchmark import resampling as q
from vadose.benchmark.pair import CompareSettings
from vadose.benchmark.pairing import Pairing, atoms
from vadose.metrics import formulas
from vadose.metrics.bootstrap import block_counts, interval
from vadose.metrics.overall import weighted_score

MINIMUM_YEARS = 3


@dataclass(frozen=True, eq=False)
class Spread:
    """Deviations [replicate] from the mean of the replicates, by (mode, region number, score)."""

    deviations: dict[tuple[str, int, str], np.ndarray] = field(default_factory=dict)

    def interval(self, mode: str, region: int, score: str, value: float) -> tuple[float, float]:
        """(low, high) around the value, NaN where there is none."""
        found = self.deviations.get((mode, region, score))
        return (np.nan, np.nan) if found is None else interval_around(value, found, score.endswith("_score"))


def interval_around(value: float, deviations: np.ndarray, bounded: bool = True) -> tuple[float, float]:
    """The value plus the interval of the deviations [replicate], within 0 and 1 where `bounded`; NaN around NaN."""
    if not np.isfinite(value):
        return np.nan, np.nan
    low, high = (value + d for d in interval(deviations))
    return (float(np.clip(low, 0.0, 1.0)), float(np.clip(high, 0.0, 1.0))) if bounded else (low, high)


@dataclass(frozen=True, eq=False)
class Regional:
    """What the bootstrap needs besides the pairs: region masks [region, pair], uncertainty [pair], quantiles [2, pair]
    of Collier et al. (2023) (NaN without a table, negative outside of it),
    regional monthly series by mode, and the (number of compared cells, number of all cells) of ILAMB's correlation."""

    masks: np.ndarray
    uncertainty: np.ndarray
    quantiles: np.ndarray
    series: dict[str, tuple[np.ndarray, np.ndarray]]
    zeros: list[tuple[float, float]]


def bootstrap(pairing: Pairing, regional: Regional, settings: CompareSettings) -> Spread:
    """Deviations of all scores of all regions; none with fewer than three calendar years or without replicates."""
    months = pairing.reference.months
    years = int(months[-1] // 12 - months[0] // 12 + 1)
    if settings.replicates == 0 or years < MINIMUM_YEARS:
        return Spread()
    counts = block_counts(years, settings.block, settings.replicates, settings.seed)
    picked, sampled = sample_pairs(regional.masks, settings.bootstrap_cells)
    sets, membership = atoms(sampled)
    sums = _resampled(pairing, regional, settings, counts, picked, sets, membership.shape[1])
    sums = np.einsum("gs,bsq->gbq", membership, sums)
    out: dict[tuple[str, int, str], np.ndarray] = {}
    for i, x in enumerate(sums):
        shared = _scores(x, settings.interannual)
        for mode in ("exact", "ilamb2"):
            scores = shared | _spatial(x, *(regional.zeros[i] if mode == "ilamb2" else (1.0, 0.0)))
            reference, model = regional.series[mode]
            scores |= _temporal(reference[i], model[i], months, counts)
            scores["overall_score"] = weighted_score(scores, settings.overall_weights)
            out.update({(mode, i, name): _around(v) for name, v in scores.items()})
    return Spread(out)


def sample_pairs(masks: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `most` pairs of each region (0: all), evenly spread: the pairs, and which region sampled each."""
    chosen = np.zeros(masks.shape, bool)
    for i, inside in enumerate(masks):
        index = np.flatnonzero(inside)
        if most and index.size > most:
            index = index[((np.arange(most) + 0.5) * (index.size / most)).astype(int)]
        chosen[i, index] = True
    picked = np.flatnonzero(chosen.any(axis=0))
    return picked, chosen[:, picked]


def _resampled(pairing: Pairing, regional: Regional, settings: CompareSettings, counts: np.ndarray,
               picked: np.ndarray, sets: np.ndarray, number: int) -> np.ndarray:  # fmt: skip
    """Sums over the sampled pairs [replicate, set, quantity]."""
    ref, mod = moments.Rows.of(pairing.reference.values), moments.Rows.of(pairing.model.values)
    first = int(pairing.reference.months[0] % 12)
    # Years that are drawn come first, so that the kernel skips the others.
    year = np.argsort(counts == 0, axis=1, kind="stable")
    times, drawn = np.take_along_axis(counts, year, axis=1), (counts > 0).sum(axis=1)
    out = np.zeros((len(counts), number, q.QUANTITIES))
    q.replicate_sums(
        ref.flat, ref.step, pairing.row_r[picked], mod.flat, mod.step, pairing.row_m[picked], ref.months, first,
        year, times, drawn, settings.rmse_basis == "series", settings.mass_weighting, sets, pairing.area[picked],
        regional.uncertainty[picked], np.ascontiguousarray(regional.quantiles[:, picked]), out,
    )  # fmt: skip
    return out


def _around(x: np.ndarray) -> np.ndarray:
    """Deviations of the replicates from their mean."""
    known = np.isfinite(x)
    return x - x[known].mean() if known.any() else x


def _ratio(x: np.ndarray, value: int, weight: int) -> np.ndarray:
    return x[:, value] / np.where(x[:, weight] > 0, x[:, weight], np.nan)


def _scores(x: np.ndarray, interannual: bool) -> dict[str, np.ndarray]:
    """Region means [replicate] from sums [replicate, quantity]."""
    out = {
        "bias_score": _ratio(x, q.BIAS_SCORE, q.SCALED),
        "rmse_score": _ratio(x, q.RMSE_SCORE, q.SCALED),
        "seasonal_cycle_score": _ratio(x, q.PHASE_SCORE, q.PHASE_WEIGHT),
        "period_mean": _ratio(x, q.MEAN_M, q.AREA),
        "reference_period_mean": _ratio(x, q.MEAN_R, q.AREA),
        "rmse": _ratio(x, q.RMSE, q.AREA),
        "crmse": _ratio(x, q.CRMSE, q.AREA),
        "phase_shift": _ratio(x, q.SHIFT, q.AREA),
    }
    out["bias"] = out["period_mean"] - out["reference_period_mean"]
    if interannual:
        out["interannual_score"] = _ratio(x, q.IAV_SCORE, q.VARYING)
    return out


def _spatial(x: np.ndarray, cells: float, total: float) -> dict[str, np.ndarray]:
    """Spatial statistics [replicate]; with a `total`, the correlation has (total / cells - 1) zeros for each cell."""
    n = np.where(x[:, q.NUMBER] > 1, x[:, q.NUMBER], np.nan)
    r, m, rr, mm, rm = (x[:, k] for k in (q.SUM_R, q.SUM_M, q.SUM_RR, q.SUM_MM, q.SUM_RM))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.sqrt(formulas.second_moment(n, m, m, mm) / formulas.second_moment(n, r, r, rr))
        size = n * (total / cells) if total else n
        variances = formulas.second_moment(size, m, m, mm) * formulas.second_moment(size, r, r, rr)
        correlation = formulas.second_moment(size, r, m, rm) / np.sqrt(variances)
        score = formulas.taylor_score(correlation, ratio)
    return {"spatial_correlation": correlation, "spatial_std_ratio": ratio, "spatial_score": score}


def _temporal(reference: np.ndarray, model: np.ndarray, months: np.ndarray, counts: np.ndarray) -> dict[str, Any]:
    """Taylor statistics [replicate] of two regional series [time]."""
    known = np.isfinite(reference) & np.isfinite(model)
    weight = np.where(known, formulas.MONTH_LENGTH[months % 12], 0.0)
    r, m = np.where(known, reference, 0.0), np.where(known, model, 0.0)
    year = months // 12 - months[0] // 12
    sums = [np.bincount(year, weight * x, counts.shape[1]) for x in (np.ones(r.size), r, m, r * r, m * m, r * m)]
    n, r, m, rr, mm, rm = (counts @ s for s in sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance_r, variance_m = formulas.second_moment(n, r, r, rr), formulas.second_moment(n, m, m, mm)
        correlation = formulas.second_moment(n, r, m, rm) / np.sqrt(variance_r * variance_m)
        ratio = np.sqrt(variance_m / variance_r)
        score = formulas.taylor_score(correlation, ratio)
        centred = formulas.centred_rms(np.sqrt(variance_r), np.sqrt(variance_m), correlation)
    return {"temporal_correlation": correlation, "temporal_std_ratio": ratio, "temporal_crmse": centred,
            "taylor_skill_score": score}  # fmt: skip
