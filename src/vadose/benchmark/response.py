"""Relationships: how a model's dependent variable responds to its independent one, against the references.

The exact mode compares the same land: points are the cells of the composite grid of the independent variable where
all four fields have a value, means are over the months that reference and model share, bins come from the reference
alone (1st to 99th percentile), and points weigh by area. The ilamb2 mode does as ILAMB 2.7.3: each side on its own
grid and land, points weigh alike, bins span the 1st to 99th percentile over all models and the reference.
With a reference at sites, all is taken at the sites.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.benchmark import ilamb2, moments
from vadose.benchmark.intervals import MINIMUM_YEARS, interval_around, sample_pairs
from vadose.benchmark.pair import MODES, CompareSettings, ScoreRow
from vadose.benchmark.pairing import cells_at, common_months, packed_rows, pair_cells, region_masks
from vadose.data.series import CellSeries
from vadose.errors import DataError
from vadose.grid.composite import WORLD, Extents, composite_ilamb
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.metrics import formulas
from vadose.metrics.bootstrap import block_counts
from vadose.metrics.relationship import (
    BINS,
    LEAST_COUNT,
    LEAST_SHARE,
    Response,
    distribution_distance,
    place,
    relationship_score,
    response,
)

Limits = tuple[tuple[float, float], tuple[float, float]]
_CURVES = ("mean", "q25", "q75", "std", "count", "valid")


@dataclass(frozen=True, eq=False)
class ResponseResult:
    """Scores by mode and region, and the curves and histograms of the headline mode for an xarray.Dataset."""

    scores: list[ScoreRow]
    arrays: dict[str, tuple[tuple[str, ...], np.ndarray]]
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Points:
    """Where the four fields meet: packed rows [point] of each, area [point] and the place of each point."""

    grid: LatLonGrid | Sites
    cells: np.ndarray
    rows: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    area: np.ndarray


@dataclass(frozen=True, eq=False)
class Fitted:
    """One mode: edges, the responses of reference and model by region, and the distance of their distributions."""

    edges: tuple[np.ndarray, np.ndarray]
    reference: list[Response]
    model: list[Response]
    distance: list[float]

    def scores(self, i: int) -> dict[str, float]:
        r, m = self.reference[i], self.model[i]
        both = r.valid & m.valid
        return {
            "relationship_score": float(relationship_score(r.mean, m.mean, both)),
            "hellinger_distance": self.distance[i],
            "valid_bins": float(both.sum()),
        }


def respond(
    reference_x: CellSeries,
    reference_y: CellSeries,
    model_x: CellSeries,
    model_y: CellSeries,
    settings: CompareSettings,
) -> ResponseResult:
    """Score the response of y to x in a model against that in the references.

    settings : regions, headline, bootstrap; `limits` are the bin ranges (x, y) of the ilamb2 mode over all models of
    a study (see `ilamb_limits`), those of this pair where None.
    Raises DataError where the four have no month or cell in common.
    """
    reference_x, model_x = common_months(reference_x, model_x)
    reference_y, model_y = common_months(reference_y, model_y)
    four = (reference_x, reference_y, model_x, model_y)
    points = meet(*four)
    if not points.cells.size:
        raise DataError("no cell (or site) has all of the independent and dependent variables of reference and model")
    masks = region_masks(settings.regions, points.grid, points.cells)
    means = _joint_means(four, points.rows)
    first = _exact(four, means, masks, points.area)
    second = _ilamb2(four, settings)
    spread = _bootstrap(four, points, masks, first.edges, settings)
    rows = []
    for mode, fitted in zip(MODES, (first, second), strict=True):
        for i, region in enumerate(settings.regions):
            for name, value in fitted.scores(i).items():
                low, high = interval_around(value, spread[i]) if name == "relationship_score" else (np.nan, np.nan)
                rows.append(ScoreRow(mode, region.name, name, value, low, high, "1"))
    shown = first if settings.headline == "exact" else second
    return ResponseResult(rows, _arrays(shown), _notes(settings, masks, means, first.edges[0]))


def meet(rx: CellSeries, ry: CellSeries, mx: CellSeries, my: CellSeries) -> Points:
    """The points at which all four fields have a value: sites, or cells of the composite grid."""
    sites = next((s for s in (ry, rx) if isinstance(s.grid, Sites)), None)
    if sites is not None:
        grid = sites.grid
        lat, lon = grid.lat[sites.cells], grid.lon[sites.cells]
        cells, area = sites.cells.astype(np.int64), np.ones(lat.size)
        rows = [np.arange(lat.size) if s is sites else _rows_at(s, lat, lon) for s in (rx, ry, mx, my)]
    else:
        pairing = pair_cells(rx, mx, None)
        grid, cells, area = pairing.grid, pairing.cells, pairing.area
        assert isinstance(grid, LatLonGrid)
        lat, lon = grid.lat[cells // grid.lon.size], grid.lon[cells % grid.lon.size]
        at = [packed_rows(my)[mx.cells[pairing.row_m]]] if my.grid.same_as(mx.grid) else [_rows_at(my, lat, lon, False)]
        rows = [pairing.row_r, _rows_at(ry, lat, lon, False), pairing.row_m, *at]
    found = np.flatnonzero(np.all([r >= 0 for r in rows], axis=0))
    four = tuple(np.asarray(r)[found].astype(np.int64) for r in rows)
    return Points(grid, cells[found], four, area[found])  # type: ignore[arg-type]


def _rows_at(series: CellSeries, lat: np.ndarray, lon: np.ndarray, neighbours: bool = True) -> np.ndarray:
    """Packed row of a series at each point, -1 where it has none."""
    if isinstance(series.grid, Sites):
        place = {(round(a, 4), round(b, 4)): i for i, (a, b) in enumerate(_positions(series))}
        return np.array([place.get((round(a, 4), round(b, 4)), -1) for a, b in zip(lat, lon, strict=True)], np.int64)
    return cells_at(series, lat, lon, neighbours)[0]


def _positions(series: CellSeries) -> Any:
    return zip(series.grid.lat[series.cells], series.grid.lon[series.cells], strict=True)


def _joint_means(four: tuple[CellSeries, ...], rows: tuple[np.ndarray, ...]) -> np.ndarray:
    """Period means [4, point] of reference x, reference y, model x, model y over the months that each two share."""
    out = np.empty((4, rows[0].size))
    for a, b in ((0, 2), (1, 3)):
        r, m = moments.Rows.of(four[a].values), moments.Rows.of(four[b].values)
        lengths = formulas.MONTH_LENGTH[four[a].months % 12]
        moments.joint_means(r.flat, r.step, rows[a], m.flat, m.step, rows[b], lengths, out[a], out[b])
    return out


def _exact(four: tuple[CellSeries, ...], means: np.ndarray, masks: np.ndarray, area: np.ndarray) -> Fitted:
    known = np.isfinite(means).all(axis=0)
    # All of the reference's cells, whatever the model covers: every model of a study gets the same bins.
    x_edges, y_edges = (_edges(*_range(ilamb2.native(s).mean)) for s in four[:2])
    sides: list[list[Response]] = [[], []]
    for inside in masks & known:
        for k, side in enumerate(sides):
            x, y = means[2 * k][inside], means[2 * k + 1][inside]
            side.append(response(x, y, x_edges, y_edges, area[inside], least=LEAST_COUNT))
    distance = [distribution_distance(r, m) for r, m in zip(*sides, strict=True)]
    return Fitted((x_edges, y_edges), sides[0], sides[1], distance)


def _edges(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high if high > low else low + max(abs(low), 1.0) * 1e-6, BINS + 1)


def _ilamb2(four: tuple[CellSeries, ...], settings: CompareSettings) -> Fitted:
    factors = [ilamb2.unit_factor(four[k].source_units, four[k + 2].source_units) for k in (0, 1)]
    means = [ilamb2.native(s, f).mean for s, f in zip(four, (1.0, 1.0, *factors), strict=True)]
    for a, b in ((0, 2), (1, 3)):
        for k, kept in zip((a, b), trimmed(four[a], four[b], settings.extents), strict=True):
            means[k] = np.where(kept, means[k], np.nan)
    limits = settings.limits or (_range(means[0], means[2]), _range(means[1], means[3]))
    x_edges, y_edges = (_edges(*x) for x in limits)
    sides: list[list[Response]] = [[], []]
    points: list[list[tuple[np.ndarray, np.ndarray]]] = [[], []]
    for k, side in enumerate(sides):
        x, y = four[2 * k], four[2 * k + 1]
        rows = _nearest_rows(y, x)
        known = (rows >= 0) & np.isfinite(means[2 * k])
        known[known] = np.isfinite(means[2 * k + 1][rows[known]])
        for inside in ilamb2.edge_masks(settings.regions, x.grid, x.cells) & known:
            one, two = means[2 * k][inside], means[2 * k + 1][rows[inside]]
            side.append(response(one, two, x_edges, y_edges, clip=True))
            points[k].append((one, two))
    distance = [_filled_distance(r, m, (x_edges, y_edges)) for r, m in zip(*points, strict=True)]
    return Fitted((x_edges, y_edges), sides[0], sides[1], distance)


def _filled_distance(reference: Any, model: Any, edges: tuple[np.ndarray, np.ndarray]) -> float:
    """Hellinger distance as ILAMB 2.7.3 takes it (it stores 1 minus this): over the bins that are filled on both sides.

    reference, model : (x, y) [point]; points beyond the edges are left out. As in ILAMB the distance is 0 where no
    bin is filled on both sides; NaN where a side has no point at all.
    """
    p, q = (np.histogram2d(x, y, bins=edges)[0] for x, y in (reference, model))
    p, q = p / max(p.sum(), 1.0), q / max(q.sum(), 1.0)
    both = (p > 0) & (q > 0)
    if not (reference[0].size and model[0].size):
        return float("nan")
    return float(formulas.hellinger_distance(p[both], q[both]))


def _nearest_rows(y: CellSeries, x: CellSeries) -> np.ndarray:
    """Packed row of y at the nearest centre to each packed cell of x, -1 where y has none there."""
    if y.grid.same_as(x.grid):
        return packed_rows(y, land=False)[x.cells]
    columns = x.grid.lon.size if isinstance(x.grid, LatLonGrid) else 1
    sites = isinstance(x.grid, Sites)
    lat = x.grid.lat[x.cells if sites else x.cells // columns]
    lon = x.grid.lon[x.cells if sites else x.cells % columns]
    if isinstance(y.grid, Sites):
        return _rows_at(y, lat, lon)
    i = np.abs(y.grid.lat[None, :] - np.unique(lat)[:, None]).argmin(axis=1)[np.searchsorted(np.unique(lat), lat)]
    j = np.abs(y.grid.lon[None, :] - np.unique(lon)[:, None]).argmin(axis=1)[np.searchsorted(np.unique(lon), lon)]
    return packed_rows(y, land=False)[i * y.grid.lon.size + j]


def _range(*means: np.ndarray) -> tuple[float, float]:
    together = np.concatenate(means)
    low, high = np.percentile(together[np.isfinite(together)], [1, 99])
    return float(low), float(high)


def ilamb_limits(reference: CellSeries, models: list[CellSeries], extents: Extents = WORLD) -> tuple[float, float]:
    """Range of the bins of one variable in ilamb2 mode: 1st to 99th percentile of all period means of a study.

    The reference counts once, over the months and cells that its comparison with the first model leaves of it.
    extents  what all models of the study share, `vadose.grid.composite.ilamb_extents`
    """
    parts = []
    for k, model in enumerate(models):
        r, m = common_months(reference, model)
        kept_r, kept_m = trimmed(r, m, extents)
        parts.append(ilamb2.native(m, ilamb2.unit_factor(r.source_units, m.source_units)).mean[kept_m])
        if k == 0:
            parts.append(ilamb2.native(r).mean[kept_r])
    return _range(*parts)


def trimmed(reference: CellSeries, model: CellSeries, extents: Extents) -> tuple[np.ndarray, np.ndarray]:
    """[cell] which packed cells of either side ILAMB 2.7.3 keeps; all of them where one side is sites."""
    if isinstance(reference.grid, Sites) or isinstance(model.grid, Sites):
        return np.ones(reference.cells.size, bool), np.ones(model.cells.size, bool)
    both = composite_ilamb(reference.grid, model.grid, extents)
    return both.kept_a[reference.cells], both.kept_b[model.cells]


def _bootstrap(
    four: tuple[CellSeries, ...], points: Points, masks: np.ndarray, edges: tuple[np.ndarray, np.ndarray],
    settings: CompareSettings,
) -> list[np.ndarray]:  # fmt: skip
    """Deviations [replicate] of the relationship score of each region from their mean, by resampling years.

    The years are those of the dependent variable's months shared by all; bins stay those of the whole period.
    """
    first = max(int(s.months[0]) for s in four)
    last = min(int(s.months[-1]) for s in four)
    years = last // 12 - first // 12 + 1
    none = [np.zeros(0) for _ in masks]
    if settings.replicates == 0 or years < MINIMUM_YEARS:
        return none
    counts = block_counts(years, settings.block, settings.replicates, settings.seed)
    picked, sampled = sample_pairs(masks, settings.bootstrap_cells)
    rows = tuple(r[picked] for r in points.rows)
    cut = tuple(s.between(first, last) for s in four)
    means = np.empty((4, settings.replicates, picked.size))
    for a, b in ((0, 2), (1, 3)):
        means[a], means[b] = _resampled_means(cut[a], cut[b], rows[a], rows[b], counts)
    return [_deviations(means[:, :, inside], points.area[picked][inside], edges[0]) for inside in sampled]


def _resampled_means(
    a: CellSeries, b: CellSeries, row_a: np.ndarray, row_b: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Joint period means [replicate, point] of two series over resampled years."""
    one, two = np.asarray(a.values[row_a], float), np.asarray(b.values[row_b], float)
    length = formulas.MONTH_LENGTH[a.months % 12]
    weight = np.where(np.isnan(one) | np.isnan(two), 0.0, length)
    starts = np.flatnonzero(np.diff(a.months // 12, prepend=-1))
    by_year = [np.add.reduceat(weight * np.nan_to_num(v), starts, axis=1) for v in (np.ones_like(one), one, two)]
    n, x, y = (counts @ v.T for v in by_year)
    n = np.where(n > 0, n, np.nan)
    return x / n, y / n


def _deviations(means: np.ndarray, area: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Scores of the replicates of one region, less their mean. means [4, replicate, point]"""
    curves, valid = [], []
    for k in (0, 1):
        x, y = means[2 * k], means[2 * k + 1]
        bins = edges.size - 1
        where = place(x, edges)
        known = (where >= 0) & np.isfinite(y)
        flat = np.where(known, where, 0) + bins * np.arange(x.shape[0])[:, None]
        shape = (x.shape[0], bins)
        sums = [
            np.bincount(flat.ravel(), (known * v).ravel(), x.shape[0] * bins).reshape(shape)
            for v in (np.ones_like(x), np.broadcast_to(area, x.shape), area * np.nan_to_num(y))
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            curves.append(sums[2] / sums[1])
            share = sums[0] / sums[0].sum(axis=1, keepdims=True)
            valid.append((share >= LEAST_SHARE) & (sums[0] >= LEAST_COUNT))
    scores = relationship_score(curves[0], curves[1], valid[0] & valid[1])
    return scores - np.nanmean(scores) if np.isfinite(scores).any() else np.zeros(0)


def _arrays(shown: Fitted) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    out: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "x_edges": (("edge",), shown.edges[0]),
        "y_edges": (("yedge",), shown.edges[1]),
    }
    for side, responses in (("reference", shown.reference), ("model", shown.model)):
        for name in _CURVES:
            values = np.stack([getattr(r, name) for r in responses])
            out[f"{side}_{name}"] = (("region", "bin"), values.astype("i1") if name == "valid" else values)
        out[f"{side}_histogram"] = (("region", "bin", "ybin"), np.stack([r.histogram for r in responses]))
    return out


def _notes(settings: CompareSettings, masks: np.ndarray, means: np.ndarray, edges: np.ndarray) -> list[str]:
    notes = []
    empty = [r.name for r, inside in zip(settings.regions, masks, strict=True) if not inside.any()]
    if empty:
        notes.append(f"no compared cell in {', '.join(empty)}")
    outside = np.mean((means[2] < edges[0]) | (means[2] > edges[-1]))
    if outside > 0.1:
        notes.append(
            f"{100 * outside:.0f} % of the model's points lie outside the reference's range of the independent variable"
        )
    return notes
