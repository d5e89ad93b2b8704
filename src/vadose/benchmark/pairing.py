"""Which cells are compared: common months, pairs of cells, their areas and the regions they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vadose.data.series import CellSeries
from vadose.errors import DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid, Sites


@dataclass(frozen=True, eq=False)
class Pairing:
    """Pairs of a reference cell and a model cell that are compared where both lie.

    grid         where the pairs are; `cells` [pair] is the row-major index of each in it
    reference, model  the series that `row_r`, `row_m` [pair] point into
    area         [pair] weight: m2 of land, or 1 for sites
    covered      [cell of grid] weight of all cells where the reference has data, compared or not
    """

    grid: LatLonGrid | Sites
    cells: np.ndarray
    reference: CellSeries
    model: CellSeries
    row_r: np.ndarray
    row_m: np.ndarray
    area: np.ndarray
    covered: np.ndarray
    warnings: tuple[str, ...] = ()


def common_months(reference: CellSeries, model: CellSeries) -> tuple[CellSeries, CellSeries]:
    """Both series cut to the months that both have.

    Raises DataError where they share none.
    """
    spans = [(s.months[0], s.months[-1]) if s.months.size else (1, 0) for s in (reference, model)]
    first, last = max(s[0] for s in spans), min(s[1] for s in spans)
    if first > last or min(reference.cells.size, model.cells.size) == 0:
        raise DataError(
            f"{reference.name}: reference ({_span(reference)}) and model ({_span(model)}) share no month with data; "
            "check the period of the study and the files of both"
        )
    return reference.between(first, last), model.between(first, last)


def _span(series: CellSeries) -> str:
    if not series.months.size or not series.cells.size:
        return "empty"
    return " to ".join(f"{m // 12}-{m % 12 + 1:02d}" for m in (series.months[0], series.months[-1]))


def pair_cells(reference: CellSeries, model: CellSeries, step: float | None) -> Pairing:
    """The pairs of the exact mode.

    On the composite grid each cell lies in one cell of each side; with a `step` both sides are first averaged to a
    regular grid of that size. Area is that of the cell times the smaller of both land fractions: neither side's
    value stands for more land than it has. Sites count equally.
    """
    if not isinstance(model.grid, LatLonGrid):
        raise GridMismatch(f"{model.name}: the model is on sites; only a gridded model can be compared")
    if isinstance(reference.grid, Sites):
        return _pair_sites(reference, model)
    if step is not None:
        target = LatLonGrid.regular(step)
        return _pair_same(_remapped(reference, target), _remapped(model, target), target)
    if reference.grid.same_as(model.grid):
        return _pair_same(reference, model, reference.grid)
    from vadose.grid.regrid import composite

    both = composite(reference.grid, model.grid)
    rows_r, rows_m = packed_rows(reference)[both.index_a].ravel(), packed_rows(model)[both.index_b].ravel()
    return _joined(reference, model, both.grid, rows_r, rows_m)


def packed_rows(series: CellSeries, land: bool = True) -> np.ndarray:
    """[cell of grid] row of each cell in the packed values, -1 where the cell has none.

    land  leave out cells without land; ILAMB 2.7.3 keeps what a model gives there (evaporation, for one)
    """
    rows = np.full(series.grid.size, -1, np.int32)
    rows[series.cells] = np.arange(series.cells.size, dtype=np.int32)
    if land:
        rows[series.cells[series.land_fraction <= 0]] = -1
    return rows


def _joined(reference: CellSeries, model: CellSeries, grid: LatLonGrid, rows_r: Any, rows_m: Any) -> Pairing:
    cells = np.flatnonzero((rows_r >= 0) & (rows_m >= 0))
    row_r, row_m = rows_r[cells].astype(np.int64), rows_m[cells].astype(np.int64)
    area = grid.area.ravel()
    fraction = np.minimum(reference.land_fraction[row_r], model.land_fraction[row_m]).astype(float)
    covered = np.where(rows_r >= 0, area * reference.land_fraction[rows_r], 0.0)
    covered[cells] = area[cells] * fraction
    return Pairing(grid, cells, reference, model, row_r, row_m, area[cells] * fraction, covered)


def _pair_same(reference: CellSeries, model: CellSeries, grid: LatLonGrid) -> Pairing:
    return _joined(reference, model, grid, packed_rows(reference), packed_rows(model))


def _remapped(series: CellSeries, target: LatLonGrid) -> CellSeries:
    from vadose.grid.regrid import apply_conservative, conservative

    assert isinstance(series.grid, LatLonGrid)
    if series.grid.same_as(target):
        return series
    weights = conservative(series.grid, target)
    done = apply_conservative(weights, series.values, series.cells, target, series.land_fraction)
    return replace(
        series, values=done.values, cells=done.cells, grid=target, land_fraction=done.fraction,
        covered_depth=np.zeros(0, np.float32),
    )  # fmt: skip


def _pair_sites(reference: CellSeries, model: CellSeries) -> Pairing:
    """Sites with the model cell that contains each, or the nearest land cell next to it."""
    assert isinstance(reference.grid, Sites) and isinstance(model.grid, LatLonGrid)
    lat, lon = reference.grid.lat[reference.cells], reference.grid.lon[reference.cells]
    rows, moved = cells_at(model, lat, lon)
    found = np.flatnonzero(rows >= 0)
    names = np.array(reference.grid.names, dtype=object)[reference.cells]
    warnings = []
    if moved.any():
        listed = ", ".join(names[moved][:10])
        warnings.append(f"{moved.sum()} sites lie in a sea cell of the model and take the nearest land cell: {listed}")
    if found.size < rows.size:
        listed = ", ".join(names[rows < 0][:10])
        warnings.append(f"{rows.size - found.size} sites have no land cell of the model near them: {listed}")
    covered = np.zeros(reference.grid.size)
    covered[reference.cells] = 1.0
    return Pairing(
        reference.grid, reference.cells[found], reference, model, found.astype(np.int64),
        rows[found].astype(np.int64), np.ones(found.size), covered, tuple(warnings),
    )  # fmt: skip


def cells_at(
    model: CellSeries, lat: np.ndarray, lon: np.ndarray, neighbours: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Packed row of the model at each point, -1 where there is none, and whether it is a neighbour of the right cell.

    The containing cell, or where that holds no value (and `neighbours`) the nearest of its eight neighbours that does.
    """
    from vadose.grid.composite import locate

    grid = model.grid
    assert isinstance(grid, LatLonGrid)
    packed = packed_rows(model).reshape(grid.shape)
    i, j = locate(lat, grid.lat_bnds), locate(lon, grid.lon_bnds, 360.0)
    i = np.where((i < 0) & (lat >= grid.lat_bnds[-1, 1] - 1e-9) & (lat <= 90), grid.lat.size - 1, i)
    rows = np.where((i >= 0) & (j >= 0), packed[i, j], -1)
    moved = np.zeros(rows.size, bool)
    for s in np.flatnonzero((rows < 0) & (i >= 0) & (j >= 0)) if neighbours else ():
        near = np.array([(a, b % grid.lon.size) for a in range(max(i[s] - 1, 0), min(i[s] + 2, grid.lat.size))
                         for b in range(j[s] - 1, j[s] + 2)])  # fmt: skip
        near = near[packed[near[:, 0], near[:, 1]] >= 0]
        if near.size:
            east = (grid.lon[near[:, 1]] - lon[s] + 180) % 360 - 180
            distance = np.hypot(grid.lat[near[:, 0]] - lat[s], east * np.cos(np.radians(lat[s])))
            rows[s], moved[s] = packed[tuple(near[np.argmin(distance)])], True
    return rows, moved


def region_masks(regions: Sequence[Any], grid: LatLonGrid | Sites, cells: np.ndarray) -> np.ndarray:
    """[region, pair] whether each pair's cell centre lies in each region."""
    out = np.empty((len(regions), cells.size), bool)
    for i, region in enumerate(regions):
        out[i] = np.ravel(region.mask(grid))[cells]
    return out


def atoms(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sets of regions that occur: [pair] number of its set, and [region, set] membership.

    Sums over a region are sums over its sets, so each pair is added up once however many regions hold it.
    """
    packed = np.packbits(masks, axis=0)
    key = np.ascontiguousarray(packed.T).view(np.dtype((np.void, packed.shape[0]))).ravel()
    _, first, atom = np.unique(key, return_index=True, return_inverse=True)
    return atom.astype(np.int64), masks[:, first].astype(float)
