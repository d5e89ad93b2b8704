"""From the sums of a multi-model comparison to its skill: Taylor statistics, cycles, ensemble scores, the data set.

Source: Qiao et al. (2022) sections 2b and 3; Taylor (2001); Bretherton et al. (1999) for the effective sample size
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.benchmark.rank import models_above, regions_above
from vadose.benchmark.stepwise import HIGH, LOW, MMEM, parents_of
from vadose.grid.latlon import LatLonGrid
from vadose.grid.regions import parse_region
from vadose.metrics.ensemble import crps, rank_histogram
from vadose.metrics.formulas import centred_rms, second_moment, taylor_score
from vadose.metrics.significance import correlation_p_value, effective_sample_size

if TYPE_CHECKING:
    import xarray as xr

REFERENCE = "reference"
_FEWEST_MONTHS = 12
_EFFECTIVE = "n (1 - r1 r2) / (1 + r1 r2) with the lag-1 autocorrelations of both, Bretherton et al. (1999)"


@dataclass(frozen=True, eq=False)
class Balance:
    """A row of the result: a comparison as it is, or a sum of comparisons such as P - E.

    parts : (sign, comparison id); months [time]; weight [cell of the common grid] m2, area times land fraction
    """

    id: str
    title: str
    variable: str
    reference: str
    units: str
    parts: tuple[tuple[float, str], ...]
    months: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Coupling:
    """Soil moisture and P - E of one reference, whose correlation is mapped; ids of their rows."""

    name: str
    soil_moisture: str
    balance: str


@dataclass
class Collected:
    """What the blocks of cells leave behind of one row.

    sums    by source: [region, time, 3] sums of w * source, of w * reference, of w, where both hold a value
    maps    by name: [common cell]
    """

    sums: dict[str, np.ndarray]
    maps: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that the blocks leave behind.

    pe          by (coupling name, source): r, lag-1 autocorrelations of both, months, [4, common cell]
    regions     with name and title; the 13 of Qiao et al. (2022) are among them
    groups      models of the high- and the low-resolution mean
    """

    rows: Sequence[Balance]
    collected: Mapping[str, Collected]
    couplings: Sequence[Coupling]
    pe: Mapping[tuple[str, str], np.ndarray]
    models: Sequence[Mapping[str, Any]]
    groups: Mapping[str, Sequence[str]]
    regions: Sequence[Any]
    grid: LatLonGrid
    deseasonalise: bool = False
    threshold: float = 0.6
    ratio_floor: float = 0.01


def assemble(outcome: Outcome) -> xr.Dataset:
    """The variables of multimodel.nc.

    mean_mmem, mean_reference, bias_ratio, spread [row, lat, lon]; cycle [row, source, region, month]; taylor_r,
    taylor_sigma, taylor_crmse, tss [row, source, region]; models_above [row, region]; regions_above [row, source];
    crps [row, region], rank_histogram [row, region, rank]; pe_correlation, pe_significant, pe_sample_size
    [pe, pe_source, lat, lon]. Bias ratios are (MMEM - reference) / MMEM over the months that both have.
    """
    import xarray as xr

    names = [m["name"] for m in outcome.models]
    sources = [*names, MMEM, HIGH, LOW, REFERENCE]
    series = {r.id: _series(outcome.collected[r.id], sources) for r in outcome.rows}
    by_source = ("row", "source", "region")
    taylor = {r.id: taylor_of_series(series[r.id][1], series[r.id][0]) for r in outcome.rows}
    data: dict[str, Any] = {}
    for k, name in enumerate(("taylor_r", "taylor_sigma", "taylor_crmse", "tss")):
        data[name] = (by_source, np.stack([taylor[r.id][k] for r in outcome.rows]), {"units": "1"})
    cycles = [_cycles(series[r.id][0], r.months) for r in outcome.rows]
    data["cycle"] = ((*by_source, "month"), np.stack(cycles))
    data |= _maps(outcome)
    data |= _ensemble(series, outcome.rows, len(names))
    data |= _coupling(outcome)
    out = xr.Dataset(data, _coordinates(outcome, sources), _attributes(outcome))
    out["models_above"] = models_above(out["tss"], names, outcome.threshold)
    qiao = [r.name for r in parse_region("qiao:*")]
    out["regions_above"] = regions_above(out["tss"], qiao, outcome.threshold)
    return out


def taylor_of_series(
    reference: np.ndarray, comparison: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Correlation, ratio of standard deviations, centred RMS difference over the reference's, Taylor skill score.

    reference, comparison [..., time], NaN where missing; all months count alike
    NaN with fewer than 12 months in common or without variance.
    Source: Qiao et al. (2022) eq. 1 and section 2b (R0 = 1, standardised by the reference)
    """
    known = np.isfinite(reference) & np.isfinite(comparison)
    n = np.where(known.sum(axis=-1) >= _FEWEST_MONTHS, known.sum(axis=-1), np.nan)

    def centred(x: np.ndarray) -> np.ndarray:
        mean = np.where(known, x, 0.0).sum(axis=-1) / n
        return np.where(known, x - mean[..., None], 0.0)

    r, m = centred(reference), centred(comparison)
    rr, mm, rm = (second_moment(n, a.sum(-1), b.sum(-1), (a * b).sum(-1)) for a, b in ((r, r), (m, m), (r, m)))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.where((rr > 0) & (mm > 0), np.clip(rm / np.sqrt(rr * mm), -1, 1), np.nan)
        sigma = np.where(rr > 0, np.sqrt(mm / rr), np.nan)
        return correlation, sigma, centred_rms(1.0, sigma, correlation), taylor_score(correlation, sigma)


def _series(collected: Collected, sources: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Regional means [source, region, time] of each source and of the reference over the source's cells."""
    sums = np.stack([collected.sums[s] for s in sources])
    weight = np.where(sums[..., 2] > 0, sums[..., 2], np.nan)
    return sums[..., 0] / weight, sums[..., 1] / weight


def _cycles(series: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Mean over the years of each calendar month [..., 12]."""
    out = np.full((*series.shape[:-1], 12), np.nan)
    for month in range(12):
        values = series[..., months % 12 == month]
        count = np.isfinite(values).sum(axis=-1)
        out[..., month] = np.where(count > 0, np.nansum(values, axis=-1) / np.maximum(count, 1), np.nan)
    return out


def _maps(outcome: Outcome) -> dict[str, Any]:
    dims = ("row", "lat", "lon")
    shape = (len(outcome.rows), *outcome.grid.shape)
    found = {
        name: np.stack([outcome.collected[r.id].maps[name] for r in outcome.rows])
        for name in ("mean_mmem", "mean_reference", "spread")
    }
    mean = found["mean_mmem"]
    typical = np.nanmean(np.where(np.isfinite(mean).any(axis=1, keepdims=True), np.abs(mean), 0.0), axis=1)
    floor = outcome.ratio_floor * typical[:, None]
    safe = np.where(np.abs(mean) > floor, mean, np.nan)
    found["bias_ratio"] = (mean - found["mean_reference"]) / safe
    return {name: (dims, x.reshape(shape).astype(np.float32)) for name, x in found.items()}


def _ensemble(
    series: Mapping[str, tuple[np.ndarray, np.ndarray]], rows: Sequence[Balance], models: int
) -> dict[str, Any]:
    """CRPS and rank histogram of the models as an ensemble, of regional monthly means.

    Both are taken of the errors x_m - r against 0, r over the cells of model m: neither changes when ensemble and
    reference are shifted together, and models on other cells do not look like errors.
    """
    regions = next(iter(series.values()))[0].shape[1]
    score = np.full((len(rows), regions), np.nan)
    histogram = np.full((len(rows), regions, models + 1), np.nan)
    for k, row in enumerate(rows):
        values, reference = series[row.id]
        errors = values[:models] - reference[:models]
        for region in range(regions):
            here = errors[np.isfinite(errors[:, region]).any(axis=1), region]
            here = here[:, np.isfinite(here).all(axis=0)]
            if len(here) < 2 or not here.shape[1]:
                continue
            truth = np.zeros(here.shape[1])
            score[k, region] = crps(truth, here, over=0).mean()
            counts = rank_histogram(truth, here, over=0)
            histogram[k, region, : len(here) + 1] = counts / counts.sum()
    return {
        "crps": (("row", "region"), score, {"long_name": "CRPS of the models as an ensemble, canonical units"}),
        "rank_histogram": (
            ("row", "region", "rank"),
            histogram,
            {"long_name": "share of months in which so many models lie below the reference", "units": "1"},
        ),
    }


def _coupling(outcome: Outcome) -> dict[str, Any]:
    """Correlation of soil moisture and P - E with its two-sided 95 % significance, of the MMEM and the reference."""
    dims = ("pe", "pe_source", "lat", "lon")
    shape = (len(outcome.couplings), 2, *outcome.grid.shape)
    r, r1, r2, n = np.full((4, *shape[:2], outcome.grid.size), np.nan)
    for i, coupling in enumerate(outcome.couplings):
        for j, source in enumerate((MMEM, REFERENCE)):
            r[i, j], r1[i, j], r2[i, j], n[i, j] = outcome.pe[coupling.name, source]
    effective = effective_sample_size(n, r1, r2)
    significant = correlation_p_value(r, effective) < 0.05
    note = {
        "long_name": "correlation of monthly soil moisture and P - E" + _season(outcome),
        "units": "1",
        "effective_sample_size": _EFFECTIVE,
    }
    return {
        "pe_correlation": (dims, r.reshape(shape).astype(np.float32), note),
        "pe_significant": (dims, significant.reshape(shape), {"long_name": "differs from 0, two-sided t test at 95 %"}),
        "pe_sample_size": (dims, effective.reshape(shape).astype(np.float32), {"units": "1"}),
    }


def _season(outcome: Outcome) -> str:
    return ", mean annual cycle removed" if outcome.deseasonalise else ", annual cycle included"


def _coordinates(outcome: Outcome, sources: Sequence[str]) -> dict[str, Any]:
    grid, rows = outcome.grid, outcome.rows
    text = {
        "row": [r.id for r in rows],
        "source": sources,
        "region": [r.name for r in outcome.regions],
        "pe_source": [MMEM, REFERENCE],
        "pe": [c.name for c in outcome.couplings],
    }
    coords: dict[str, Any] = {name: (name, np.array(x, dtype=str)) for name, x in text.items()}
    for name in ("title", "variable", "reference", "units"):
        coords[f"row_{name}"] = ("row", np.array([getattr(r, name) for r in rows], dtype=str))
    coords["region_title"] = ("region", np.array([r.title for r in outcome.regions], dtype=str))
    coords["pe_row"] = ("pe", np.array([c.soil_moisture for c in outcome.couplings], dtype=str))
    coords["pe_balance"] = ("pe", np.array([c.balance for c in outcome.couplings], dtype=str))
    coords["month"] = np.arange(1, 13)
    coords["lat"] = ("lat", grid.lat, {"units": "degrees_north", "standard_name": "latitude", "bounds": "lat_bnds"})
    coords["lon"] = ("lon", grid.lon, {"units": "degrees_east", "standard_name": "longitude", "bounds": "lon_bnds"})
    coords["lat_bnds"] = (("lat", "bnds"), grid.lat_bnds)
    coords["lon_bnds"] = (("lon", "bnds"), grid.lon_bnds)
    return coords


def _attributes(outcome: Outcome) -> dict[str, Any]:
    parents = parents_of(outcome.models)
    return {
        "Conventions": "CF-1.11",
        "title": "Multi-model mean in steps: models -> parent -> ensemble",
        "steps": "; ".join(p if names == [p] else f"{p}: mean of {', '.join(names)}" for p, names in parents.items()),
        "parents": json.dumps(parents),
        "resolution_high": json.dumps(list(outcome.groups[HIGH])),
        "resolution_low": json.dumps(list(outcome.groups[LOW])),
        "effective_sample_size": _EFFECTIVE,
        "threshold": outcome.threshold,
        "ratio_floor": outcome.ratio_floor,
        "excluded": "Greenland and Antarctica",
    }
