"""One model against one reference: scores of both modes by region, maps, cycles, series and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.benchmark import exact, ilamb2, intervals
from vadose.benchmark.exact import CellScores
from vadose.benchmark.pair import MODES, CompareSettings, PairResult, ScoreRow
from vadose.benchmark.pairing import Pairing, atoms, common_months, pair_cells, region_masks
from vadose.data.series import CellSeries
from vadose.errors import ConfigError, DataError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.metrics import formulas
from vadose.metrics.overall import weighted_score

__all__ = ["CompareSettings", "PairResult", "ScoreRow", "compare"]

SCATTER_BINS = 40
_DIMENSIONAL = {"period_mean", "reference_period_mean", "bias", "rmse", "crmse", "temporal_crmse"}
_UNITS = {"phase_shift": "month"}
_OF_THE_CYCLE = ("rmse_score", "seasonal_cycle_score", "interannual_score", "phase_shift")
ORDER = (
    "bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score", "spatial_score", "overall_score",
    "period_mean", "reference_period_mean", "bias", "rmse", "crmse", "phase_shift", "spatial_correlation",
    "spatial_std_ratio", "taylor_skill_score", "temporal_correlation", "temporal_std_ratio", "temporal_crmse",
    "cells", "area_fraction",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evaluated:
    """One mode of a pair: scores by cell and by region, and what the intervals need."""

    grid: LatLonGrid | Sites
    cells: np.ndarray
    scores: CellScores
    regions: list[dict[str, float]]
    curves: dict[str, np.ndarray]


def compare(
    reference: CellSeries, model: CellSeries, settings: CompareSettings, uncertainty: np.ndarray | None = None
) -> PairResult:
    """Compare a model with a reference over the months that both have.

    settings     regions, grid, headline mode and the rest; see `CompareSettings`
    uncertainty  [cell of reference] standard uncertainty in canonical units, instead of the number in the settings
    The exact mode uses the months that both cells have, composite cells (or a regular grid, or sites) and true areas
    of land; only the spatial correlation and ratio count cells equally, as ILAMB and ilamb3 do, so that they compare.
    The ilamb2 mode always works on ILAMB's composite of the native grids.
    Raises DataError where no cell or month is common, ConfigError for settings that make no sense.
    """
    if not settings.regions:
        raise ConfigError("`regions` is empty; name at least one, for example global")
    if reference.units != model.units:
        raise DataError(f"units differ: reference {reference.units!r}, model {model.units!r}; pack both again")
    reference, model = common_months(reference, model)
    pairing = pair_cells(reference, model, settings.step)
    if not pairing.cells.size:
        raise DataError(f"{reference.name}: no cell (or site) has data in both; check the regions that the files cover")
    masks = region_masks(settings.regions, pairing.grid, pairing.cells)
    first = _exact(pairing, masks, settings, uncertainty)
    second = _ilamb2(reference, model, settings)
    spread = intervals.bootstrap(pairing, _regional(pairing, masks, settings, uncertainty, first, second), settings)
    rows = _rows(settings, {"exact": first, "ilamb2": second}, spread, reference.units)
    shown = first if settings.headline == "exact" else second
    return PairResult(
        scores=rows,
        maps=_maps(shown),
        map_grid=shown.grid,
        curves=shown.curves | {"months": reference.months.astype(np.int32)} | _scatter(shown, settings),
        warnings=[*pairing.warnings, *_notes(settings, first, reference)],
    )


def _exact(pairing: Pairing, masks: np.ndarray, settings: CompareSettings, uncertainty: np.ndarray | None) -> Evaluated:
    atom, sets = atoms(masks)
    walked = exact.walk(pairing, atom, sets.shape[1], settings.rmse_basis == "series")
    spread = settings.uncertainty if uncertainty is None else np.asarray(uncertainty, float)[pairing.row_r]
    scores = exact.cell_scores(
        walked.statistics, settings, spread, quantile_maps(settings, pairing.grid, pairing.cells)
    )
    curves = _curves(sets @ walked.series, sets @ walked.cycles)
    known = np.isfinite(scores.reference_mean)
    regions = []
    for i, inside in enumerate(masks):
        inside = inside & known
        out = exact.region_means(scores, pairing.area * inside, settings.mass_weighting, settings.interannual)
        r, m = scores.reference_mean[inside], scores.model_mean[inside]
        out["spatial_correlation"], out["spatial_std_ratio"] = exact.spatial_moments(r, m, np.ones(r.size))
        out["spatial_score"] = formulas.taylor_score(out["spatial_correlation"], out["spatial_std_ratio"])
        out["cells"] = float(inside.sum())
        everywhere = np.ravel(settings.regions[i].mask(pairing.grid))
        total = pairing.covered[everywhere].sum()
        out["area_fraction"] = float(pairing.area[inside].sum() / total) if total > 0 else np.nan
        regions.append(_complete(out, curves, i, pairing.reference.months, settings))
    return Evaluated(pairing.grid, pairing.cells, scores, regions, curves)


def _ilamb2(reference: CellSeries, model: CellSeries, settings: CompareSettings) -> Evaluated:
    factor = ilamb2.unit_factor(reference.source_units, model.source_units)
    ref, mod, where = (
        ilamb2.native(reference),
        ilamb2.native(model, factor),
        ilamb2.sample(reference, model, settings.extents),
    )
    quantiles = quantile_maps(settings, where.grid, where.cells)
    scores = ilamb2.cell_scores(reference, model, ref, mod, where, factor, settings, quantiles)
    masks = ilamb2.edge_masks(settings.regions, where.grid, where.cells)
    curves = ilamb2.regional_curves(reference, model, ref, mod, where, masks, factor)
    regions = []
    for i, inside in enumerate(masks):
        out = ilamb2.region_scores(scores, where, inside, settings)
        out["cells"] = float(inside.sum())
        everywhere = ilamb2.edge_masks(settings.regions[i : i + 1], where.grid, np.arange(where.grid.size))[0]
        total = where.covered[everywhere].sum()
        out["area_fraction"] = float(where.area[inside].sum() / total) if total > 0 else np.nan
        regions.append(_complete(out, curves, i, reference.months, settings))
    return Evaluated(where.grid, where.cells, scores, regions, curves)


def _regional(pairing: Pairing, masks: np.ndarray, settings: CompareSettings, uncertainty: np.ndarray | None,
              first: Evaluated, second: Evaluated) -> intervals.Regional:  # fmt: skip
    """What the intervals need of a comparison."""
    spread = settings.uncertainty if uncertainty is None else np.asarray(uncertainty, float)[pairing.row_r]
    table = quantile_maps(settings, pairing.grid, pairing.cells)
    size = pairing.cells.size
    return intervals.Regional(
        masks,
        np.broadcast_to(np.asarray(spread, float), (size,)),
        np.full((2, size), np.nan) if table is None else np.nan_to_num(np.stack(table), nan=-1.0),
        {
            m: (e.curves["series_reference"], e.curves["series_model"])
            for m, e in (("exact", first), ("ilamb2", second))
        },
        [(max(v["cells"], 1.0), float(second.grid.size)) for v in second.regions],
    )


def quantile_maps(settings: CompareSettings, grid: LatLonGrid | Sites, cells: np.ndarray) -> Any:
    """Bias and RMSE quantiles at each cell from the regions of the table, NaN outside of them; None without a table."""
    if not settings.quantiles:
        return None
    from vadose.grid.regions import parse_region

    bias, rmse = np.full(cells.size, np.nan), np.full(cells.size, np.nan)
    for name, bias_quantile, rmse_quantile in settings.quantiles:
        for region in parse_region(name):
            inside = np.ravel(region.mask(grid))[cells]
            bias[inside], rmse[inside] = bias_quantile, rmse_quantile
    return bias, rmse


def _curves(series: np.ndarray, cycles: np.ndarray) -> dict[str, np.ndarray]:
    """Regional means from sums [3, region, time or month] of weight, weight * reference, weight * model."""
    out = {}
    for name, sums in (("series", series), ("cycle", cycles)):
        weight = np.where(sums[0] > 0, sums[0], np.nan)
        out[f"{name}_reference"], out[f"{name}_model"] = sums[1] / weight, sums[2] / weight
    return out


def _complete(out: dict[str, float], curves: dict[str, np.ndarray], i: int, months: np.ndarray,
              settings: CompareSettings) -> dict[str, float]:  # fmt: skip
    """Overall score and Taylor statistics of the regional-mean monthly series, weighted by month length.

    With less than a year there is no annual cycle, and what is made of it is missing, as in ILAMB.
    """
    if months.size < 12:
        out |= dict.fromkeys((n for n in _OF_THE_CYCLE if n in out), np.nan)
    out["overall_score"] = weighted_score(out, settings.overall_weights)
    r, m = curves["series_reference"][i], curves["series_model"][i]
    return out | temporal_statistics(r, m, formulas.MONTH_LENGTH[months % 12])


def temporal_statistics(reference: np.ndarray, model: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Correlation, ratio of standard deviations, centred RMSE and Taylor skill of two series [time]."""
    known = np.isfinite(reference) & np.isfinite(model)
    r, m, w = reference[known], model[known], weights[known]
    correlation, ratio = exact.spatial_moments(r, m, w)
    deviation = np.sqrt(max(float((w * (r - (w * r).sum() / w.sum()) ** 2).sum() / w.sum()), 0.0)) if w.size else np.nan
    return {
        "temporal_correlation": correlation,
        "temporal_std_ratio": ratio,
        "temporal_crmse": float(formulas.centred_rms(deviation, ratio * deviation, correlation)),
        "taylor_skill_score": float(formulas.taylor_score(correlation, ratio)),
    }


def _rows(
    settings: CompareSettings, modes: dict[str, Evaluated], spread: intervals.Spread, units: str
) -> list[ScoreRow]:
    rows = []
    for mode in MODES:
        for i, region in enumerate(settings.regions):
            values = modes[mode].regions[i]
            for name in ORDER:
                if name in values:
                    low, high = spread.interval(mode, i, name, values[name])
                    unit = units if name in _DIMENSIONAL else _UNITS.get(name, "1")
                    rows.append(ScoreRow(mode, region.name, name, float(values[name]), low, high, unit))
    return rows


def _maps(shown: Evaluated) -> dict[str, np.ndarray]:
    out = {}
    for name, values in shown.scores.maps().items():
        field = np.full(shown.grid.size, np.nan, np.float32)
        field[shown.cells] = values
        out[name] = field.reshape(shown.grid.shape)
    return out


def _scatter(shown: Evaluated, settings: CompareSettings) -> dict[str, np.ndarray]:
    """Counts of cells by period mean of the reference and the model, on one scale for both and all regions."""
    r, m = shown.scores.reference_mean, shown.scores.model_mean
    known = np.isfinite(r) & np.isfinite(m)
    if not known.any():
        return {}
    low, high = np.percentile(np.concatenate([r[known], m[known]]), [0.5, 99.5])
    edges = np.linspace(low, high if high > low else low + 1.0, SCATTER_BINS + 1)
    place = [np.clip(np.searchsorted(edges, x[known], side="right") - 1, 0, SCATTER_BINS - 1) for x in (r, m)]
    flat = place[0] * SCATTER_BINS + place[1]
    counts = []
    for region in settings.regions:
        inside = np.ravel(region.mask(shown.grid))[shown.cells][known]
        counts.append(np.bincount(flat[inside], minlength=SCATTER_BINS**2).reshape(SCATTER_BINS, SCATTER_BINS))
    return {"scatter": np.array(counts, np.int32), "scatter_edges": edges}


def _notes(settings: CompareSettings, first: Evaluated, reference: CellSeries) -> list[str]:
    notes = []
    empty = [r.name for r, v in zip(settings.regions, first.regions, strict=True) if v["cells"] == 0]
    if empty:
        notes.append(f"no compared cell in {', '.join(empty)}")
    if reference.months.size < 12:
        notes.append(f"only {reference.months.size} common months: the annual cycle is not complete")
    return notes
