"""The exact mode: the scores as their formulas say, over joint months and true areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.benchmark import moments
from vadose.benchmark.pair import CompareSettings
from vadose.benchmark.pairing import Pairing
from vadose.metrics import formulas


@dataclass(frozen=True, eq=False)
class CellScores:
    """Maps of one mode as values by pair (or cell): what a region's scores are means of.

    reference_mean .. model_phase [pair]; the phases are months of the maximum, 1 to 12
    """

    reference_mean: np.ndarray
    model_mean: np.ndarray
    bias: np.ndarray
    rmse: np.ndarray
    crmse: np.ndarray
    phase_shift: np.ndarray
    bias_score: np.ndarray
    rmse_score: np.ndarray
    seasonal_cycle_score: np.ndarray
    interannual_score: np.ndarray
    reference_phase: np.ndarray
    model_phase: np.ndarray

    def maps(self) -> dict[str, np.ndarray]:
        return dict(self.__dict__)


@dataclass(frozen=True, eq=False)
class Walked:
    """What one walk over the pairs gives: statistics [pair, column] and sums by set of regions."""

    statistics: np.ndarray
    series: np.ndarray
    cycles: np.ndarray


def walk(pairing: Pairing, atom: np.ndarray, sets: int, by_series: bool) -> Walked:
    """Walk all pairs once."""
    ref, mod = moments.Rows.of(pairing.reference.values), moments.Rows.of(pairing.model.values)
    out = np.empty((pairing.cells.size, moments.STATISTICS))
    series, cycles = np.zeros((3, sets, ref.months)), np.zeros((3, sets, 12))
    first = int(pairing.reference.months[0] % 12)
    moments.pair_statistics(
        ref.flat, ref.step, pairing.row_r, mod.flat, mod.step, pairing.row_m, ref.months, first, by_series,
        atom, pairing.area, out, series, cycles,
    )  # fmt: skip
    return Walked(out, series, cycles)


def shift_days(phase_r: np.ndarray, phase_m: np.ndarray) -> np.ndarray:
    """Days from the reference's to the model's month of maximum (0 to 11, negative where unknown), wrapped."""
    known = (phase_r >= 0) & (phase_m >= 0)
    r, m = (np.where(known, p, 0).astype(int) for p in (phase_r, phase_m))
    return np.where(known, formulas.wrapped_days(formulas.MID_MONTH[m] - formulas.MID_MONTH[r]), np.nan)


def cell_scores(statistics: np.ndarray, settings: CompareSettings, uncertainty: np.ndarray | float,
                quantiles: tuple[np.ndarray, np.ndarray] | None) -> CellScores:  # fmt: skip
    """Scores of every pair from its statistics.

    uncertainty  [pair] or number, standard uncertainty of the reference
    quantiles    ([pair], [pair]) bias and RMSE quantiles of Collier et al. (2023), or None for the 2018 scores
    A cell where the reference does not vary has no scale: its bias, RMSE and interannual scores are missing.
    """
    (_, mean_r, mean_m, sigma, rmse, crmse, phase_r, phase_m, iav_r, iav_m) = statistics.T
    bias = mean_m - mean_r
    scale = np.where(sigma > 0, sigma, np.nan)
    if quantiles is None:
        bias_score = formulas.exponential_score(formulas.excess(bias, uncertainty), scale)
        rmse_score = formulas.exponential_score(crmse, scale)
    else:
        bias_score = formulas.quantile_score(formulas.excess(bias, uncertainty), quantiles[0])
        rmse_score = formulas.quantile_score(crmse, quantiles[1])
    days = shift_days(phase_r, phase_m)
    return CellScores(
        reference_mean=mean_r,
        model_mean=mean_m,
        bias=bias,
        rmse=rmse,
        crmse=crmse,
        phase_shift=days * 12 / formulas.DAYS,
        bias_score=bias_score,
        rmse_score=rmse_score,
        seasonal_cycle_score=formulas.phase_score(days),
        interannual_score=formulas.exponential_score(iav_m - iav_r, np.where(iav_r > 0, iav_r, np.nan)),
        reference_phase=np.where(phase_r >= 0, phase_r + 1, np.nan),
        model_phase=np.where(phase_m >= 0, phase_m + 1, np.nan),
    )


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Mean over the values that are there; NaN where none is."""
    known = np.isfinite(values)
    total = weights[known].sum()
    return float((weights[known] * values[known]).sum() / total) if total > 0 else np.nan


def spatial_moments(reference: np.ndarray, model: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """(correlation, ratio of standard deviations model / reference) over cells, NaN where one does not vary."""
    total = weights.sum()
    if not total > 0:
        return np.nan, np.nan
    r, m = (x - (weights * x).sum() / total for x in (reference, model))
    rr, mm, rm = ((weights * x).sum() for x in (r * r, m * m, r * m))
    if not (rr > 0 and mm > 0):
        return np.nan, np.nan
    return float(rm / np.sqrt(rr * mm)), float(np.sqrt(mm / rr))


def region_means(scores: CellScores, weights: np.ndarray, mass_weighting: bool, interannual: bool) -> dict[str, float]:
    """Means over the pairs of a region; weights [pair] are areas."""
    score_weights = weights * np.maximum(scores.reference_mean, 0.0) if mass_weighting else weights
    out = {
        "period_mean": weighted_mean(scores.model_mean, weights),
        "reference_period_mean": weighted_mean(scores.reference_mean, weights),
        "bias": weighted_mean(scores.bias, weights),
        "rmse": weighted_mean(scores.rmse, weights),
        "crmse": weighted_mean(scores.crmse, weights),
        "phase_shift": weighted_mean(np.abs(scores.phase_shift), weights),
    }
    for name in ("bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score"):
        if name != "interannual_score" or interannual:
            out[name] = weighted_mean(getattr(scores, name), score_weights)
    return out
