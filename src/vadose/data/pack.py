"""Packing: from files to monthly series on the cells that ever hold a value, in one pass and little memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vadose.data.cf import Stack, minimum_steps, open_stack
from vadose.data.fixed import area_notes, land_fraction
from vadose.data.layout import Rejected
from vadose.data.months import span_text
from vadose.data.series import CellSeries
from vadose.data.source import Source
from vadose.data.store import CellStore, Coverage, MonthlyMean
from vadose.errors import DataError
from vadose.grid.layers import depth_weights, overlap

BLOCK = 2**21  # stored values read at once: the packer holds a few times 8 MB beside the result
SHALLOW = 1e-3  # m, a column that lacks less than this is complete

Depth = tuple[float, float] | None


def pack_series(source: Source, period: tuple[int, int]) -> CellSeries:
    """Monthly series of a source, averaged over `source.depth` where it is layered.

    period  (first, last) month, 12 * year + month - 1, inclusive; nothing else is read
    The months of the result are those of the period that the files span; gaps are NaN and reported in
    attrs["warnings"]. Shorter steps are averaged to months that have `source.minimum_count` of them.
    Raises DataError (UnitError, GridMismatch), naming the file and the remedy.
    """
    return pack_depths(source, [source.depth], period)[0]


def pack_depths(source: Source, depths: Sequence[Depth], period: tuple[int, int]) -> list[CellSeries]:
    """As `pack_series` for several depths of one source, each file read once."""
    from vadose.data.sites import pack_sites, site_kind

    kind = site_kind(source)
    return pack_sites(source, depths, period, kind) if kind else pack_stack(open_stack(source), source, depths, period)


def pack_stack(
    stack: Stack, source: Source, depths: Sequence[Depth], period: tuple[int, int], may_be_empty: bool = False
) -> list[CellSeries]:
    """As `pack_depths`, for files that are open as a stack; `may_be_empty` allows results without cells."""
    if source.climatology:
        whole = int(stack.months[0]), int(stack.months[-1])
        once = pack_stack(_dated(stack), replace(source, climatology=False), depths, whole)
        return [_repeat(s, source, stack, period) for s in once]
    if stack.first.stamps.nominal:
        raise DataError(
            f"{stack.first.where} has the months 1 to 12 without a year; expected dates; "
            "set climatology = true in the study to take them for every year"
        )
    steps, months = _within(stack, source, period)
    means = [_depth_mean(stack, source, depth) for depth in depths]
    grid = stack.horizontal.grid
    land = land_fraction(source.land_fraction, stack.horizontal)
    stores = [CellStore(grid.size, months.size) for _ in depths]
    coverage = [Coverage(grid.size) if m.partial else None for m in means]
    rejected = Rejected()
    _stream(stack, source, steps, months, means, stores, coverage, rejected)
    notes = [
        *stack.warnings,
        *_gaps(stack, steps, months),
        *rejection_notes(rejected, source),
        *area_notes(source.cell_area, stack.horizontal),
    ]
    packed = [
        _series(source, stack, depth, mean, store, cover, months, land, notes)
        for depth, mean, store, cover in zip(depths, means, stores, coverage, strict=True)
    ]
    if not (packed[0].cells.size or may_be_empty):
        raise DataError(
            f"{stack.first.where}: all values are missing in {span_text(months)}; "
            "check its fill value, `units`, `minimum_count` and the period"
        )
    return packed


def _dated(stack: Stack) -> Stack:
    """The stack with its nominal months taken for those of a year."""
    parts = [[replace(f, stamps=replace(f.stamps, nominal=False)) for f in part] for part in stack.parts]
    return replace(stack, parts=tuple(tuple(part) for part in parts))


def _repeat(series: CellSeries, source: Source, stack: Stack, period: tuple[int, int]) -> CellSeries:
    """The mean of each calendar month over the years of the files, in every year of the period."""
    months = np.arange(period[0], period[1] + 1, dtype=np.int32)
    cycle = np.full((series.cells.size, 12), np.nan, np.float32)
    for k in np.unique(series.months % 12):
        same = np.asarray(series.values[:, series.months % 12 == k], float)
        count = np.count_nonzero(~np.isnan(same), axis=1)
        cycle[:, k] = np.where(count > 0, np.nansum(same, axis=1) / np.maximum(count, 1), np.nan)
    years = "" if stack.first.stamps.nominal else f" of {span_text(series.months)}"
    notes = [*series.attrs["warnings"], f"{source.name}: a climatology{years}, the same in every year of the period"]
    attrs = {**series.attrs, "climatology": True, "warnings": notes}
    return replace(series, values=cycle[:, months % 12], months=months, attrs=attrs)


@dataclass(frozen=True, eq=False)
class _DepthMean:
    """Weights [layer] of a depth average over the first layers, and the depth [layer] m that each stands for.

    total  m, depth that the layers of the file cover; mass True where the quantity is summed (kg m-2), not averaged
    """

    weights: np.ndarray
    inside: np.ndarray
    total: float
    mass: bool = False

    @property
    def partial(self) -> bool:
        """True where cells may cover less than the column of the file."""
        return self.inside.size > 1

    @property
    def levels(self) -> slice:
        used = np.flatnonzero(self.inside)
        return slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 0)

    def apply(self, x: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Depth average of x [step, layer, ...], whose layers begin at `first`, over the layers that hold a value.

        Returns [step, ...], and the depth covered [step, ...] m or None where all layers share their gaps.
        """
        chosen = [(k - first, self.weights[k], self.inside[k]) for k in range(self.levels.start, self.levels.stop)]
        total = np.zeros((x.shape[0], *x.shape[2:]))
        product = np.empty_like(total)
        lead = np.isnan(x[:, chosen[0][0]])
        together = True
        for k, weight, _ in chosen:
            together = together and np.array_equal(np.isnan(x[:, k]), lead)
            total += np.multiply(x[:, k], weight, out=product)
        if together:
            return total, None
        covered, total = np.zeros_like(total), np.zeros_like(total)
        for k, weight, inside in chosen:
            valid = ~np.isnan(x[:, k])
            covered += inside * valid
            total += np.where(valid, x[:, k], 0.0) * weight
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = total if self.mass else total * (self.total / covered)
        return np.where(covered > 0, scaled, np.nan), covered


def _within(stack: Stack, source: Source, period: tuple[int, int]) -> tuple[slice, np.ndarray]:
    """Steps inside the period, and the months they span."""
    first, last = np.searchsorted(stack.months, [period[0], period[1] + 1])
    if first == last:
        raise DataError(
            f"{source.name}: has {span_text(stack.months)}, nothing in the period {span_text([period[0]])} to "
            f"{span_text([period[1]])}; change `period` or `path` in the study"
        )
    return slice(int(first), int(last)), np.arange(stack.months[first], stack.months[last - 1] + 1, dtype=np.int32)


def _depth_mean(stack: Stack, source: Source, depth: Depth) -> _DepthMean:
    """How the layers of the stack become one value."""
    mass = source.quantity.units == "kg m-2"
    if stack.layers is None:
        return _DepthMean(np.ones(0), np.ones(0), depth[1] - depth[0] if depth else np.nan, mass)
    bounds = stack.layers.bounds
    if depth is None:
        if stack.layered and not mass:
            raise DataError(
                f"{stack.first.where} has {stack.layers.size} soil layers to {stack.layers.bottom:g} m; "
                "state the depth to average over (`depth = [0.0, 0.10]`, m)"
            )
        depth = (float(bounds[0, 0]), float(bounds[-1, 1]))
    try:
        weights = depth_weights(bounds, *depth, "volumetric")
    except DataError as error:
        raise DataError(f"{stack.first.where}: {error}") from error
    inside = overlap(bounds, *depth)
    if mass:
        weights = inside / stack.layers.thickness
    return _DepthMean(weights, inside, float(inside.sum()), mass)


def _stream(
    stack: Stack, source: Source, steps: slice, months: np.ndarray, means: list[_DepthMean], stores: list[CellStore],
    coverage: list[Coverage | None], rejected: Rejected,
) -> None:  # fmt: skip
    """Read block by block, never more than BLOCK values unless one storage chunk holds more."""
    levels = (
        slice(min(m.levels.start for m in means), max(m.levels.stop for m in means)) if stack.layered else slice(0, 1)
    )
    depth = max(1, levels.stop - levels.start)
    width = stack.horizontal.grid.shape[-1]
    minimum = minimum_steps(stack, source, months)
    for rows in _row_slabs(stack, depth):
        longest = max(1, BLOCK // (depth * (rows.stop - rows.start) * width))
        start = rows.start * width
        averages = [MonthlyMean(store, start, months, minimum) for store in stores]
        for block in stack.segments(steps, longest):
            x = stack.read(block, levels, rows, rejected)
            for mean, store, cover, average in zip(means, stores, coverage, averages, strict=True):
                y, covered = mean.apply(x, levels.start) if stack.layered else (x, None)
                y = y.reshape(y.shape[0], -1)
                if cover is not None:
                    seen = None if covered is None else covered.reshape(y.shape)
                    cover.update(seen, ~np.isnan(y), mean.total, start)
                if stack.monthly:
                    _put_months(store, y, start, stack.months[block] - months[0])
                else:
                    average.add(y, stack.months[block])
        for average in averages:
            average.flush()


def _put_months(store: CellStore, y: np.ndarray, start: int, places: np.ndarray) -> None:
    """Monthly steps go to their places; runs of consecutive months at once."""
    edges = np.flatnonzero(np.diff(places) != 1) + 1
    for part, first in zip(np.split(y, edges), places[np.concatenate([[0], edges])], strict=True):
        store.put(part, start, int(first))


def _row_slabs(stack: Stack, depth: int) -> list[slice]:
    """Canonical rows that are read together: all, unless storage chunks span so much time that they would not fit."""
    height, width = (1, *stack.horizontal.grid.shape)[-2:]
    chunk = stack.first.chunk("time")
    fit = BLOCK * 4 // (depth * width * chunk)
    if not stack.horizontal.splits or fit >= height:
        return [slice(0, height)]
    along = max(1, stack.first.chunk("rows"))
    tall = max(along, fit // along * along)
    edges = list(range(0, height, tall))
    if stack.horizontal.flip:
        edges = sorted(height - e for e in edges)
        edges = [0, *edges[:-1]]
    return [slice(a, b) for a, b in zip(edges, [*edges[1:], height], strict=True)]


def _gaps(stack: Stack, steps: slice, months: np.ndarray) -> list[str]:
    missing = np.setdiff1d(months, stack.months[steps])
    if not missing.size:
        return []
    return [f"{stack.first.path}: {missing.size} of {months.size} months are not in the files: {span_text(missing)}"]


def rejection_notes(rejected: Rejected, source: Source) -> list[str]:
    """A warning that counts the values outside the physical range, where there were any."""
    if not rejected.count:
        return []
    low, high = source.quantity.valid_range
    return [
        f"{source.name}: {rejected.count} values outside {low:g}..{high:g} {source.quantity.units} "
        f"set missing (for example {rejected.example:.6g})"
    ]


def _series(
    source: Source, stack: Stack, depth: Depth, mean: _DepthMean, store: CellStore, cover: Coverage | None,
    months: np.ndarray, land: np.ndarray | None, notes: list[str],
) -> CellSeries:  # fmt: skip
    cells, values = store.finish()
    notes = list(notes)
    covered = np.zeros(0, np.float32)
    if depth is not None:
        covered = np.full(cells.size, mean.total, np.float32) if cover is None else cover.most[cells]
        notes += _depth_notes(source, depth, covered, cover, cells)
    layers = stack.layers
    attrs = {
        "files": [f.path for part in stack.parts for f in part],
        "file_variable": [part[0].name for part in stack.parts],
        "calendar": stack.first.stamps.calendar,
        "monthly": stack.monthly,
        "soil_layers": None if layers is None else layers.bounds.tolist(),
        "first_layer": None if layers is None else layers.bounds[0].tolist(),
        "warnings": notes,
        **source.attrs,
    }
    if not stack.monthly:
        attrs["minimum_count"] = source.minimum_count or "half of the steps of the month"
    return CellSeries(
        name=source.variable,
        units=source.quantity.units,
        values=values,
        cells=cells,
        months=months,
        grid=stack.horizontal.grid,
        land_fraction=np.ones(cells.size, np.float32) if land is None else land[cells].astype(np.float32),
        depth=depth,
        covered_depth=covered,
        source_units=stack.first.conversion.source_units,
        attrs=attrs,
    )


def _depth_notes(
    source: Source, depth: tuple[float, float], covered: np.ndarray, cover: Coverage | None, cells: np.ndarray
) -> list[str]:
    notes: list[str] = []
    wanted = depth[1] - depth[0]
    if not cells.size:
        return notes
    short = int(np.count_nonzero(covered < wanted - SHALLOW))
    if short:
        notes.append(
            f"{source.name}: {short} of {cells.size} cells cover less than {depth[0]:g}-{depth[1]:g} m "
            f"(down to {covered.min():.3g} m); averaged over what exists"
        )
    if cover is not None:
        vary = int(np.count_nonzero(cover.most[cells] - cover.least[cells] > SHALLOW))
        if vary:
            notes.append(f"{source.name}: in {vary} cells the deepest layers come and go with time")
    return notes
