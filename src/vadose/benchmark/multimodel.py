"""The multi-model mean in steps and what Qiao et al. (2022) show of it: maps, Taylor skill by region, P-E coupling.

Everything is computed block by block of cells on one common grid, so that memory does not grow with the number of
models: a model's field is dropped as soon as it was added to the sums.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.benchmark.common import (
    CommonGrid,
    RegionIndex,
    add_regional_sums,
    blocks,
    cell_correlation,
    joint_means,
)
from vadose.benchmark.skill import REFERENCE, Balance, Collected, Coupling, Outcome, assemble
from vadose.benchmark.stepwise import HIGH, LOW, MMEM, StepwiseMean, parents_of, resolution_groups
from vadose.data.series import CellSeries
from vadose.grid.latlon import LatLonGrid
from vadose.grid.regions import parse_region
from vadose.metrics.formulas import MONTH_LENGTH

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from vadose.benchmark.collate import SeriesOf
    from vadose.benchmark.plan import Plan

_BYTES_PER_VALUE = 95.0  # at the fullest moment, for one cell and month: sums of three means, fields, kept fields


@dataclass(frozen=True)
class MultiModelSettings:
    """How the multi-model mean is made.

    first, last     months of the study, 12 * year + month - 1, inclusive
    regions         of the study, besides the 13 of Qiao et al. (2022) and the hemispheres
    step            cell size of the common grid in degrees
    high            models of the high-resolution group, if it is not to follow from their resolution
    deseasonalise   correlate soil moisture with P - E without their mean annual cycles (the paper keeps them)
    threshold       Taylor skill score above which a model reproduces the reference
    ratio_floor     bias ratios are missing where |MMEM| is below this part of its mean over the map
    memory          bytes that the fields of a block of cells may take
    """

    first: int
    last: int
    regions: tuple[Any, ...] = ()
    step: float = 1.0
    high: tuple[str, ...] = ()
    deseasonalise: bool = False
    threshold: float = 0.6
    ratio_floor: float = 0.01
    memory: float = 300e6


def multimodel(
    comparisons: Sequence[Mapping[str, Any]],
    models: Sequence[Mapping[str, Any]],
    series_of: Callable[[str, str], CellSeries | None],
    reference_of: Callable[[str], CellSeries | None],
    settings: MultiModelSettings,
) -> xr.Dataset | None:
    """The stepwise multi-model mean against every gridded reference of a study.

    comparisons   "comparisons" of run.json: id, reference, title, variable, units, depth
    models        "models" of run.json: name, parent, resolution
    series_of     (model name, comparison id) -> its packed series, or None; asked once a block, so let it map files
    reference_of  comparison id -> the packed reference, or None; asked as often
    Returns the variables of multimodel.nc (see `vadose.benchmark.skill.assemble`), or None where no reference is
    gridded or none has a month in the period.
    """
    common = CommonGrid(LatLonGrid.regular(settings.step))
    rows = _compared(comparisons, reference_of, common, settings)
    rows += _balances(rows)
    if not rows:
        return None
    couplings = _couplings(comparisons, rows)
    outside = ~parse_region("land:ice-free")[0].mask(common.grid)  # without Greenland and Antarctica, as the paper
    regions = regions_of(settings)
    index = RegionIndex.of(regions, common.grid, outside)
    sources = [*(m["name"] for m in models), MMEM, HIGH, LOW, REFERENCE]
    collected = {r.id: _empty(r, sources, index, common.grid.size) for r in rows}
    pe_maps = {(c.name, s): np.full((4, common.grid.size), np.nan) for c in couplings for s in (MMEM, REFERENCE)}

    weight = np.max([r.weight for r in rows], axis=0)
    cells = np.flatnonzero((weight > 0) & ~outside.ravel())
    engine = _Engine(common, models, series_of, reference_of, resolution_groups(models, settings.high), index)
    longest = max(r.months.size for r in rows)
    for block in blocks(cells, longest, _BYTES_PER_VALUE, settings.memory):
        kept: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for row in rows:
            fields = engine.add(row, block, collected[row.id])
            if any(row.id in (c.soil_moisture, c.balance) for c in couplings):
                kept[row.id] = fields
        for coupling in couplings:
            moisture, balance = (next(r for r in rows if r.id == i) for i in (coupling.soil_moisture, coupling.balance))
            for k, source in enumerate((MMEM, REFERENCE)):
                found = _correlate(moisture, balance, kept, k, settings.deseasonalise)
                pe_maps[coupling.name, source][:, block] = found
    return assemble(
        Outcome(
            rows=rows,
            collected=collected,
            couplings=couplings,
            pe=pe_maps,
            models=models,
            groups=engine.groups,
            regions=regions,
            grid=common.grid,
            deseasonalise=settings.deseasonalise,
            threshold=settings.threshold,
            ratio_floor=settings.ratio_floor,
        )
    )


def write_multimodel(plan: Plan, series: SeriesOf, run: Path) -> bool:
    """Write multimodel.nc of a run; False where nothing is gridded, and there is no file."""
    from vadose.workflow.output import write_dataset

    def resolution(model: str) -> list[float] | None:
        return next((list(a["spacing"]) for a in series.attrs(model) if a["spacing"]), None)

    models = [{"name": m.name, "parent": m.parent, "resolution": resolution(m.name)} for m in plan.study.models]
    comparisons = [
        {
            "id": row.id,
            "reference": row.reference.name,
            "title": row.title,
            "variable": row.variable.name,
            "units": row.variable.units,
            "depth": row.reference.depth,
        }
        for row in plan.rows
    ]
    first, last = plan.study.study.months
    wanted = plan.study.multimodel
    settings = MultiModelSettings(
        first, last, plan.regions.resolve(), wanted.grid, wanted.high_resolution, deseasonalise=wanted.deseasonalise
    )
    result = multimodel(comparisons, models, series, lambda row: series(REFERENCE, row), settings)
    if result is not None:
        write_dataset(result, run / "multimodel.nc")
    return result is not None


def regions_of(settings: MultiModelSettings) -> list[Any]:
    """The 13 regions of Qiao et al. (2022), the hemispheres, then those of the study that are not among them."""
    found = [r for text in ("qiao:*", "hemisphere:north", "hemisphere:south") for r in parse_region(text)]
    names = {r.name for r in found}
    return found + [r for r in settings.regions if r.name not in names]


@dataclass
class _Engine:
    """Adds one row over one block of cells to what is collected."""

    common: CommonGrid
    models: Sequence[Mapping[str, Any]]
    series_of: Callable[[str, str], CellSeries | None]
    reference_of: Callable[[str], CellSeries | None]
    groups: dict[str, list[str]]
    index: RegionIndex

    def add(self, row: Balance, block: np.ndarray, out: Collected) -> tuple[np.ndarray, np.ndarray]:
        """Returns the multi-model mean and the reference, [cell, time] float32."""
        reference = self._field(row, block, self.reference_of)
        if reference is None:
            reference = np.full((block.size, row.months.size), np.nan, np.float32)
        weight, length = row.weight[block], MONTH_LENGTH[row.months % 12]
        means = {group: StepwiseMean(reference.shape) for group in (MMEM, HIGH, LOW)}
        parents: list[np.ndarray] = []
        for names in parents_of(self.models).values():
            of_parent = []
            for name in names:
                field = self._field(row, block, functools.partial(self.series_of, name))
                if field is None:
                    continue
                add_regional_sums(out.sums[name], field, reference, weight, block, self.index)
                of_parent.append(joint_means(field, reference, length)[0])
                for group, mean in means.items():
                    members = self.groups.get(group, names)
                    if name in members:
                        mean.add(field, alone=sum(n in members for n in names) == 1)
            for mean in means.values():
                mean.close_parent()
            if of_parent:
                parents.append(_mean(np.stack(of_parent)))
        for group in (HIGH, LOW):
            add_regional_sums(out.sums[group], means.pop(group).mean(), reference, weight, block, self.index)
        ensemble = means.pop(MMEM).mean()
        add_regional_sums(out.sums[MMEM], ensemble, reference, weight, block, self.index)
        add_regional_sums(out.sums[REFERENCE], reference, reference, weight, block, self.index)
        out.maps["mean_mmem"][block], out.maps["mean_reference"][block] = joint_means(ensemble, reference, length)
        out.maps["spread"][block] = _spread(parents, block.size)
        return ensemble, reference

    def _field(
        self, row: Balance, block: np.ndarray, series_of: Callable[[str], CellSeries | None]
    ) -> np.ndarray | None:
        total: np.ndarray | None = None
        for sign, comparison in row.parts:
            series = series_of(comparison)
            if series is None:
                return None
            field = self.common.field(series, block, row.months)
            if total is None:
                total = field if sign > 0 else -field
            else:
                total += np.float32(sign) * field
        return total


def _compared(
    comparisons: Sequence[Mapping[str, Any]],
    reference_of: Callable[[str], CellSeries | None],
    common: CommonGrid,
    settings: MultiModelSettings,
) -> list[Balance]:
    """The comparisons whose reference is gridded and has months in the period."""
    area = common.grid.area.ravel()
    rows: list[Balance] = []
    for c in comparisons:
        # Only its months and land are kept: a mapped file that stays open counts as memory.
        reference = reference_of(c["id"])
        if reference is None or not reference.is_gridded:
            continue
        months = reference.between(settings.first, settings.last).months
        if months.size:
            about = (c["id"], c.get("title", c["id"]), c["variable"], c["reference"], c.get("units", "1"))
            weight = area * common.fraction(reference)
            rows.append(Balance(*about, parts=((1.0, c["id"]),), months=months, weight=weight))
    return rows


def _balances(compared: Sequence[Balance]) -> list[Balance]:
    """P - E and P - E - R of every reference that has the parts."""
    rows: list[Balance] = []
    by_name: dict[str, dict[str, Balance]] = {}
    for r in compared:
        by_name.setdefault(r.reference, {}).setdefault(r.variable, r)
    for name, have in by_name.items():
        needed = ("precipitation", "evapotranspiration", "surface_runoff")
        for code, title, variables in (("p-e", "P - E", needed[:2]), ("p-e-r", "P - E - R", needed)):
            parts = [have[v] for v in variables if v in have]
            if len(parts) < len(variables):
                continue
            months = np.arange(max(p.months[0] for p in parts), min(p.months[-1] for p in parts) + 1, dtype=np.int32)
            if not months.size:
                continue
            signs = tuple((1.0 if k == 0 else -1.0, p.id) for k, p in enumerate(parts))
            weight = np.min([p.weight for p in parts], axis=0)
            about = (f"{code}:{name}", f"{title} ({name})", code, name, parts[0].units)
            rows.append(Balance(*about, parts=signs, months=months, weight=weight))
    return rows


def _couplings(gridded: Sequence[Mapping[str, Any]], rows: Sequence[Balance]) -> list[Coupling]:
    """P - E of a reference with its own shallowest soil moisture; where it has none, with the shallowest of all."""
    ids = {r.id for r in rows}
    moist = [c for c in gridded if c["variable"] == "soil_moisture" and c["id"] in ids]
    moist.sort(key=_bottom)
    found = []
    for row in rows:
        own = [c for c in moist if c["reference"] == row.reference] or moist
        if row.variable == "p-e" and own:
            found.append(Coupling(row.reference, own[0]["id"], row.id))
    return found


def _bottom(comparison: Mapping[str, Any]) -> float:
    return float(comparison["depth"][1]) if comparison.get("depth") else np.inf


def _correlate(
    moisture: Balance, balance: Balance, kept: Mapping[str, tuple[np.ndarray, np.ndarray]], source: int, anomalies: bool
) -> np.ndarray:
    """r, both lag-1 autocorrelations and the number of months [4, cell] over the months that both rows have."""
    first = max(moisture.months[0], balance.months[0])
    last = min(moisture.months[-1], balance.months[-1])
    if first > last:
        return np.full((4, kept[moisture.id][source].shape[0]), np.nan)
    one, two = (kept[r.id][source][:, first - r.months[0] : last + 1 - r.months[0]] for r in (moisture, balance))
    return np.stack(cell_correlation(one, two, np.arange(first, last + 1) % 12, anomalies))


def _empty(row: Balance, sources: Sequence[str], index: RegionIndex, cells: int) -> Collected:
    shape = (len(index.names), row.months.size, 3)
    maps = {name: np.full(cells, np.nan) for name in ("mean_mmem", "mean_reference", "spread")}
    return Collected({s: np.zeros(shape) for s in sources}, maps)


def _mean(fields: np.ndarray) -> np.ndarray:
    """Mean [cell] over the first axis where there is a value."""
    known = np.isfinite(fields)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, fields, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _spread(parents: Sequence[np.ndarray], cells: int) -> np.ndarray:
    """Sample standard deviation [cell] over parents, NaN with fewer than two."""
    if not parents:
        return np.full(cells, np.nan)
    fields = np.stack(parents)
    count = np.isfinite(fields).sum(axis=0)
    squares = np.where(np.isfinite(fields), fields - _mean(fields), 0.0) ** 2
    return np.where(count > 1, np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 1)), np.nan)
