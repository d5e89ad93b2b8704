"""Sites: flux towers and other points, from CSV tables and CF time-series files, as monthly series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vadose.constants import MONTH_DAYS
from vadose.data.cf import open_stack
from vadose.data.layout import Layout, Rejected, read_layout
from vadose.data.months import assign_months, span_text
from vadose.data.netcdf import opened
from vadose.data.pack import Depth, pack_stack, rejection_notes
from vadose.data.series import CellSeries
from vadose.data.source import Source
from vadose.data.tables import TABLES, read_observations
from vadose.errors import DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid, Sites


def site_kind(source: Source) -> str:
    """ "table" (CSV), "ragged" or "tiles" (CF time series) for a source on sites, "" for one on a grid."""
    first = source.paths[0]
    if Path(first).is_dir() or first.lower().endswith(TABLES):
        return "table"
    name = source.file_variable[0] if isinstance(source.file_variable, tuple) else None
    layout = read_layout(first, source, name)
    if layout.ragged:
        return "ragged"
    return "tiles" if isinstance(layout.horizontal.grid, Sites) else ""


def holds_sites(source: Source) -> bool:
    """True for a source on sites, False for one on a grid."""
    return bool(site_kind(source))


def pack_sites(source: Source, depths: Sequence[Depth], period: tuple[int, int], kind: str) -> list[CellSeries]:
    """Monthly series of a source on sites; files with the same sites follow in time, others add sites.

    kind  of `site_kind`
    Raises DataError where nothing lies in the period.
    """
    if kind == "table":
        tiles = [[_pack_table(source, depth, period)] for depth in depths]
    elif kind == "ragged":
        tiles = [[_pack_ragged(path, source, depth, period) for path in source.paths] for depth in depths]
    else:
        groups: dict[bytes, list[str]] = {}
        name = source.file_variable[0] if isinstance(source.file_variable, tuple) else None
        for path in source.paths:
            groups.setdefault(read_layout(path, source, name).signature, []).append(path)
        stacks = [open_stack(replace(source, paths=tuple(paths))) for paths in groups.values()]
        packed = [pack_stack(stack, source, depths, period, may_be_empty=True) for stack in stacks]
        tiles = [list(tile) for tile in zip(*packed, strict=True)]
    series = [merge_sites(t, source) for t in tiles]
    if not series[0].cells.size:
        raise DataError(
            f"{source.name}: all values are missing in {span_text(period)}; check the period, `file_variable`, `units` "
            "and `minimum_count`"
        )
    return [to_lattice(s) for s in series] if source.points == "grid" else series


def merge_sites(tiles: list[CellSeries], source: Source) -> CellSeries:
    """Series of different sites as one.

    Raises DataError where two files hold the same site.
    """
    if len(tiles) == 1:
        return tiles[0]
    lead = tiles[0]
    grids = [t.grid for t in tiles if isinstance(t.grid, Sites)]
    names = [n for g in grids for n in g.names]
    lat, lon = np.concatenate([g.lat for g in grids]), np.concatenate([g.lon for g in grids])
    if len(set(names)) < len(names):
        names = [f"{a:.4f},{o:.4f}" for a, o in zip(lat, lon, strict=True)]
    if len(set(names)) < len(names):
        twice = sorted({n for n in names if names.count(n) > 1})
        raise DataError(
            f"{source.name}: several files hold the site {', '.join(twice[:5])}; narrow `path` in the study"
        )
    months = np.arange(min(t.months[0] for t in tiles), max(t.months[-1] for t in tiles) + 1, dtype=np.int32)
    values = np.full((sum(t.cells.size for t in tiles), months.size), np.nan, np.float32)
    row = 0
    for t in tiles:
        at = int(t.months[0] - months[0])
        values[row : row + t.cells.size, at : at + t.months.size] = t.values
        row += t.cells.size
    starts = np.cumsum([0, *(g.size for g in grids)])
    attrs = dict(lead.attrs)
    for key in ("files", "warnings"):
        attrs[key] = list(dict.fromkeys(x for t in tiles for x in t.attrs[key]))
    return replace(
        lead,
        values=values,
        cells=np.concatenate([t.cells + s for t, s in zip(tiles, starts[:-1], strict=True)]).astype(np.int32),
        months=months,
        grid=Sites(lat, lon, tuple(names)),
        land_fraction=np.concatenate([t.land_fraction for t in tiles]),
        covered_depth=np.concatenate([t.covered_depth for t in tiles]),
        attrs=attrs,
    )


def to_lattice(series: CellSeries) -> CellSeries:
    """Points of a regular lattice (time series cut out of a gridded product) as cells of that grid.

    Cells reach half way to their neighbours, but no further than half the usual distance.
    Raises GridMismatch where the points share no rows and columns.
    """
    assert isinstance(series.grid, Sites)
    lat, row = _axis(series.grid.lat)
    lon, column = _axis(series.grid.lon)
    if min(lat.size, lon.size) < 2 or lat.size * lon.size > 50 * series.grid.size + 100:
        raise GridMismatch(
            f'{series.name}: {series.grid.size} points do not lie on a lattice; leave out points = "grid" in the study'
        )
    grid = LatLonGrid(lat, lon, _cells(lat).clip(-90, 90), _cells(lon))
    cell = (row * lon.size + column)[series.cells]
    order = np.argsort(cell, kind="stable")
    if np.any(np.diff(cell[order]) == 0):
        raise GridMismatch(f'{series.name}: two points share a cell of the lattice; leave out points = "grid"')
    covered = series.covered_depth[order] if series.covered_depth.size else series.covered_depth
    return replace(
        series, values=series.values[order], cells=cell[order].astype(np.int32), grid=grid,
        land_fraction=series.land_fraction[order], covered_depth=covered,
    )  # fmt: skip


def _axis(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct coordinates and the place of each point among them, to 1e-4 degrees."""
    axis, place = np.unique(np.round(x, 4), return_inverse=True)
    return axis, place


def _cells(axis: np.ndarray) -> np.ndarray:
    half = np.minimum(np.diff(axis), 1.5 * np.diff(axis).min()) / 2
    below, above = np.concatenate([half[:1], half]), np.concatenate([half, half[-1:]])
    return np.stack([axis - below, axis + above], axis=1)


def _pack_table(source: Source, depth: Depth, period: tuple[int, int]) -> CellSeries:
    seen = read_observations(source)
    minimum = source.minimum_count or (1 if seen.monthly else None)
    table = monthly_table(seen.site, seen.month, seen.value, seen.sites.size, period, minimum, seen.day)
    notes = [*seen.notes, *rejection_notes(seen.rejected, source)]
    return _series(source, depth, seen.sites, table, notes, seen.units, [seen.path], seen.name)


def _pack_ragged(path: str, source: Source, depth: Depth, period: tuple[int, int]) -> CellSeries:
    layout = read_layout(path, source)
    sites = layout.horizontal.grid
    assert isinstance(sites, Sites)
    stamps, monthly, note = assign_months([layout.stamps], source.stamp, source.frequency)
    months = stamps[0].months
    assert months is not None
    layout = replace(layout, stamps=stamps[0])
    rejected = Rejected()
    with opened(path) as dataset:
        site = _site_of(dataset, layout, sites.size)
        values = layout.read(dataset, slice(None), rejected=rejected)
    notes = [note, *layout.warnings, *rejection_notes(rejected, source)]
    days = np.floor(stamps[0].days)
    minimum = source.minimum_count or (1 if monthly else None)
    table = monthly_table(site, months, values, sites.size, period, minimum, days)
    return _series(source, depth, sites, table, notes, layout.conversion.source_units, [path], layout.name)


def _site_of(dataset: Any, layout: Layout, sites: int) -> np.ndarray:
    """Site of every observation, from an index variable or from the numbers of observations."""
    index = np.ma.filled(np.ma.asarray(dataset.variables[layout.ragged][...]), -1).astype(int)
    if "sample_dimension" in dataset.variables[layout.ragged].ncattrs():
        index = np.repeat(np.arange(index.size), np.maximum(index, 0))
    if index.size != layout.shape[0] or (index.size and index.max() >= sites):
        raise DataError(
            f"{layout.where}: {layout.ragged!r} does not fit the observations; the file is damaged, get it again"
        )
    return index


def monthly_table(
    site: np.ndarray, month: np.ndarray, value: np.ndarray, sites: int, period: tuple[int, int],
    minimum: int | None, days: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Means [site, month] of observations that come in any order, and the months they span within the period.

    site, month, value  [observation]; NaN values and sites < 0 are left out
    minimum  least number of observations of a month; None for as many as half the days of the month
    days     [observation] d, whose distinct values say how many observations a day has
    """
    good = np.isfinite(value) & (site >= 0) & (month >= period[0]) & (month <= period[1])
    site, month, value, days = site[good], month[good], value[good].astype(float), days[good]
    if not site.size:
        months = np.arange(period[0], period[0] + 1, dtype=np.int32)
        return np.full((sites, 1), np.nan), months
    months = np.arange(month.min(), month.max() + 1, dtype=np.int32)
    place = site * months.size + (month - months[0])
    count = np.bincount(place, minlength=sites * months.size).reshape(sites, months.size)
    total = np.bincount(place, value, minlength=sites * months.size).reshape(sites, months.size)
    if minimum is None:
        distinct = np.unique(np.stack([site, days]), axis=1).shape[1]
        per_day = max(1, round(site.size / distinct))
        least = np.ceil(0.5 * per_day * np.take(MONTH_DAYS, months % 12))
    else:
        least = np.full(months.size, minimum)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count >= least, total / count, np.nan), months


def _series(
    source: Source, depth: Depth, sites: Sites, table: tuple[np.ndarray, np.ndarray], notes: Sequence[str],
    units: str, files: list[str], name: str,
) -> CellSeries:  # fmt: skip
    values, months = table
    kept = np.flatnonzero(np.isfinite(values).any(axis=1)).astype(np.int32)
    return CellSeries(
        name=source.variable,
        units=source.quantity.units,
        values=values[kept].astype(np.float32),
        cells=kept,
        months=months,
        grid=sites,
        land_fraction=np.ones(kept.size, np.float32),
        depth=depth,
        covered_depth=np.full(kept.size, depth[1] - depth[0], np.float32) if depth else np.zeros(0, np.float32),
        source_units=units,
        attrs={
            "files": files,
            "file_variable": [name],
            "soil_layers": None,
            "first_layer": None,
            "minimum_count": source.minimum_count or "half of the days of the month (1 of monthly values)",
            "warnings": [n for n in notes if n],
            **source.attrs,
        },
    )
