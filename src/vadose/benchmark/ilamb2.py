"""The ilamb2 mode: scores as ILAMB 2.7.3 computes them, its faults included, for comparison with published numbers.

What differs from the exact mode: each side's means, cycles and deviations come from its own valid months; standard
deviations weigh months by the distance between mid-months; composite cells take the nearest centres; areas of bias
and cycle scores come from midpoints; the spatial correlation counts masked cells as zeros, on a grid composed twice;
water weighs 998.2 kg m-3 where a mass flux meets a depth flux; boxes leave their southern and western edges out; all
fields are trimmed to the extents that the models of a study share.
Source: ILAMB 2.7.3 (Collier et al. 2018), read and reproduced numerically
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.benchmark import moments
from vadose.benchmark.exact import CellScores, region_means, shift_days, weighted_mean
from vadose.benchmark.pair import CompareSettings
from vadose.benchmark.pairing import packed_rows
from vadose.constants import RHO_WATER, RHO_WATER_ILAMB
from vadose.data.series import CellSeries
from vadose.grid.composite import WORLD, Extents
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.metrics import formulas

_DAYS_PER_MONTH = 30.0  # ILAMB's conversion of phase shifts
_TINY = 1e-16  # ILAMB sets scores below this to zero
_STD_FLOOR = 1e-12  # least standard deviation in its spatial score


@dataclass(frozen=True, eq=False)
class Native:
    """Statistics of each packed cell of one side from its own months.

    mean, sigma, iav [cell]; sums, counts [cell, 12] of the annual cycle from the first January on
    """

    mean: np.ndarray
    sigma: np.ndarray
    iav: np.ndarray
    sums: np.ndarray
    counts: np.ndarray

    @property
    def cycle(self) -> np.ndarray:
        """Mean annual cycle [cell, 12], NaN for months without data."""
        return self.sums / np.where(self.counts > 0, self.counts, np.nan)


@dataclass(frozen=True, eq=False)
class Sampled:
    """Both sides on the composite cells (or sites) where both have a period mean.

    cells [pair] index in `grid`; row_r, row_m [pair] packed rows
    area  [pair] m2 of RMSE scores and means; midpoint_area [pair] m2 of bias and cycle scores
    model_area [pair] `area` times the model's land fraction
    times [pair] how often the correlation grid samples the cell; total: its number of cells
    """

    grid: LatLonGrid | Sites
    cells: np.ndarray
    row_r: np.ndarray
    row_m: np.ndarray
    area: np.ndarray
    midpoint_area: np.ndarray
    model_area: np.ndarray
    times: np.ndarray
    total: int
    covered: np.ndarray


def unit_factor(reference_units: str, model_units: str) -> float:
    """Factor on the model where one side is a mass flux and the other a depth flux, through 998.2 kg m-3 of water."""
    mass = [
        any(w.strip("-0123456789/^*") in ("kg", "g", "mg") for w in u.split()) for u in (reference_units, model_units)
    ]
    flux = [any(t in u for t in ("s-1", "d-1", "day", "month", "/s", "/d")) for u in (reference_units, model_units)]
    if not all(flux) or mass[0] == mass[1]:
        return 1.0
    return RHO_WATER / RHO_WATER_ILAMB if mass[1] else RHO_WATER_ILAMB / RHO_WATER


def mid_months(months: np.ndarray, calendar: str) -> np.ndarray:
    """Days of the middle of each month after re-dating to noleap: leap Februaries and 360-day months are off by a half.

    months [time] 12 * year + month - 1; calendar of the source file
    """
    year, month = months // 12, months % 12
    mid = formulas.DAYS * (year - year[0]) + formulas.MID_MONTH[month]
    if calendar == "360_day":
        starts = np.concatenate([[0.0], np.cumsum(formulas.MONTH_LENGTH)[:-1]])
        return formulas.DAYS * (year - year[0]) + starts[month] + 15.0
    if calendar in ("noleap", "365_day"):
        return mid
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) | (calendar in ("366_day", "all_leap"))
    return mid + 0.5 * (leap & (month == 1))


def native(series: CellSeries, factor: float = 1.0) -> Native:
    """Statistics of one side."""
    rows = moments.Rows.of(series.values)
    cells, months = series.values.shape
    mid = mid_months(series.months, str(series.attrs.get("calendar", "standard")))
    if months > 1:
        between = np.concatenate([[2 * mid[0] - mid[1]], mid, [2 * mid[-1] - mid[-2]]])
        spans = 0.5 * (between[2:] - between[:-2])
    else:
        spans = np.ones(1)
    weights = np.stack([formulas.MONTH_LENGTH[series.months % 12], spans])
    begin = int(np.argmin((mid % formulas.DAYS)[:11]))
    sums, counts, out = np.zeros((cells, 12)), np.zeros((cells, 12)), np.empty((cells, 3))
    moments.native_statistics(rows.flat, rows.step, cells, months, weights, begin, sums, counts, out)
    out *= factor
    return Native(out[:, 0], out[:, 1], out[:, 2], sums * factor, counts)


def sample(reference: CellSeries, model: CellSeries, extents: Extents = WORLD) -> Sampled:
    """The cells of ILAMB's composite grid, or its nearest model cells at sites."""
    assert isinstance(model.grid, LatLonGrid)
    if isinstance(reference.grid, Sites):
        lat, lon = reference.grid.lat[reference.cells], reference.grid.lon[reference.cells]
        i = np.abs(lat[:, None] - model.grid.lat).argmin(axis=1)
        j = np.abs(lon[:, None] - model.grid.lon).argmin(axis=1)
        rows = packed_rows(model, land=False)[i * model.grid.lon.size + j]
        found = np.flatnonzero(rows >= 0)
        one = np.ones(found.size)
        covered = np.zeros(reference.grid.size)
        covered[reference.cells] = 1.0
        return Sampled(
            reference.grid, reference.cells[found], found.astype(np.int64), rows[found].astype(np.int64),
            one, one, one, one, reference.cells.size, covered,
        )  # fmt: skip
    from vadose.grid.regrid import composite_ilamb, recompose_ilamb

    both = composite_ilamb(reference.grid, model.grid, extents)
    rows_r, rows_m = (
        packed_rows(reference, land=False)[both.index_a].ravel(),
        packed_rows(model, land=False)[both.index_b].ravel(),
    )
    cells = np.flatnonzero((rows_r >= 0) & (rows_m >= 0))
    again_lat, again_lon = recompose_ilamb(both.grid.lat, both.grid.lon)
    times = np.outer(
        np.bincount(again_lat, minlength=both.grid.lat.size), np.bincount(again_lon, minlength=both.grid.lon.size)
    )
    area, row_m = both.area.ravel(), rows_m[cells].astype(np.int64)
    return Sampled(
        both.grid, cells, rows_r[cells].astype(np.int64), row_m, area[cells], both.midpoint_area.ravel()[cells],
        area[cells] * model.land_fraction[row_m], times.ravel()[cells].astype(float),
        again_lat.size * again_lon.size, np.where(rows_r >= 0, area, 0.0),
    )  # fmt: skip


def cell_scores(reference: CellSeries, model: CellSeries, ref: Native, mod: Native, where: Sampled, factor: float,
                settings: CompareSettings, quantiles: tuple[np.ndarray, np.ndarray] | None) -> CellScores:  # fmt: skip
    """Scores of every composite cell. Sites always use the monthly series, as ILAMB's site analysis does."""
    r, m = where.row_r, where.row_m
    bias, sigma = mod.mean[m] - ref.mean[r], ref.sigma[r]
    out = np.empty((r.size, 4))
    moments.sampled_cycles(r, ref.sums, ref.counts, m, mod.sums, mod.counts, out)
    rmse, crmse, phase_r, phase_m = out.T
    sites = isinstance(where.grid, Sites)
    if settings.rmse_basis == "series" or sites:
        a, b = moments.Rows.of(reference.values), moments.Rows.of(model.values)
        errors = np.empty((r.size, 2))
        lengths = formulas.MONTH_LENGTH[reference.months % 12]
        moments.joint_errors(a.flat, a.step, r, ref.mean[r], b.flat, b.step, m, mod.mean[m], factor, lengths, errors)
        rmse, crmse = errors.T
    days = shift_days(phase_r, phase_m)
    iav_r, iav_m = (ref.sigma[r], mod.sigma[m]) if sites else (ref.iav[r], mod.iav[m])
    if quantiles is None:
        bias_score, rmse_score = _score(bias, sigma), _score(crmse, sigma)
    else:
        bias_score = formulas.quantile_score(bias, quantiles[0])
        rmse_score = formulas.quantile_score(crmse, quantiles[1])
    return CellScores(
        reference_mean=ref.mean[r],
        model_mean=mod.mean[m],
        bias=bias,
        rmse=rmse,
        crmse=crmse,
        phase_shift=days / _DAYS_PER_MONTH,
        bias_score=bias_score,
        rmse_score=rmse_score,
        seasonal_cycle_score=formulas.phase_score(days),
        interannual_score=_score(iav_m - iav_r, iav_r),
        reference_phase=np.where(phase_r >= 0, phase_r + 1, np.nan),
        model_phase=np.where(phase_m >= 0, phase_m + 1, np.nan),
    )


def _score(error: np.ndarray, scale: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        score = formulas.exponential_score(error, np.where(scale > 0, scale, np.nan))
    return np.where(score < _TINY, 0.0, score)


def edge_masks(regions: tuple[Any, ...], grid: LatLonGrid | Sites, cells: np.ndarray) -> np.ndarray:
    """[region, cell] membership of cell centres, boxes without their southern and western edges.

    Moving all centres a billionth of a degree to the south-west does that for boxes and changes nothing else.
    """
    nudge = 1e-9
    moved: LatLonGrid | Sites
    if isinstance(grid, Sites):
        moved = Sites(grid.lat - nudge, grid.lon - nudge, grid.names)
    else:
        moved = LatLonGrid(grid.lat - nudge, grid.lon - nudge, grid.lat_bnds, grid.lon_bnds)
    out = np.empty((len(regions), cells.size), bool)
    for i, region in enumerate(regions):
        out[i] = np.ravel(region.mask(moved))[cells]
    return out


def zero_filled_moments(
    reference: np.ndarray, model: np.ndarray, times: np.ndarray, total: float
) -> tuple[float, float]:
    """(correlation, ratio of standard deviations): the correlation over `total` cells, those not given being zero.

    times [cell] how often each cell is counted in the correlation; standard deviations are unweighted and over the
    given cells only
    """
    if reference.size == 0:
        return np.nan, np.nan
    ratio = max(float(model.std()), _STD_FLOOR) / max(float(reference.std()), _STD_FLOOR)
    if not times.any():
        return 0.0, ratio
    r, m, rr, mm, rm = ((times * x).sum() for x in (reference, model, reference**2, model**2, reference * model))
    square = formulas.second_moment(total, r, r, rr) * formulas.second_moment(total, m, m, mm)
    return float(formulas.second_moment(total, r, m, rm) / np.sqrt(square)) if square > 0 else np.nan, ratio


def region_scores(
    scores: CellScores, where: Sampled, inside: np.ndarray, settings: CompareSettings
) -> dict[str, float]:
    """Scores of one region; inside [pair]."""
    area, midpoint = where.area * inside, where.midpoint_area * inside
    mass_weighting = settings.mass_weighting and not settings.quantiles
    out = region_means(scores, midpoint, mass_weighting, settings.interannual)
    by_area = region_means(scores, area, mass_weighting, settings.interannual)
    for name in ("reference_period_mean", "rmse", "crmse", "rmse_score", "interannual_score"):
        if name in by_area:
            out[name] = by_area[name]
    out["period_mean"] = weighted_mean(scores.model_mean, where.model_area * inside)
    if not isinstance(where.grid, Sites):
        r, m = scores.reference_mean[inside], scores.model_mean[inside]
        correlation, ratio = zero_filled_moments(r, m, where.times[inside], where.total)
        out["spatial_correlation"], out["spatial_std_ratio"] = correlation, ratio
        out["spatial_score"] = float(formulas.taylor_score(correlation, ratio))
    return out


def regional_curves(reference: CellSeries, model: CellSeries, ref: Native, mod: Native, where: Sampled,
                    masks: np.ndarray, factor: float) -> dict[str, np.ndarray]:  # fmt: skip
    """Regional-mean monthly series and annual cycles of both sides, each from its own valid months."""
    out = {}
    for name, series, stats, row, scale in (
        ("reference", reference, ref, where.row_r, 1.0),
        ("model", model, mod, where.row_m, factor),
    ):
        weights = np.stack([np.bincount(row[m], where.area[m], minlength=stats.mean.size) for m in masks])
        rows = moments.Rows.of(series.values)
        sums = np.zeros((2, len(masks), rows.months))
        moments.regional_sums(rows.flat, rows.step, rows.months, weights, sums)
        out[f"series_{name}"] = scale * sums[1] / np.where(sums[0] > 0, sums[0], np.nan)
        cycle = stats.cycle
        total = weights @ np.isfinite(cycle).astype(float)
        out[f"cycle_{name}"] = weights @ np.nan_to_num(cycle) / np.where(total > 0, total, np.nan)
        # A series that starts in February keeps its cycle from there: ILAMB looks for January among 11 months only.
        out[f"cycle_{name}"] = np.roll(out[f"cycle_{name}"], int(series.months[0] % 12 == 1), axis=1)
    return out
