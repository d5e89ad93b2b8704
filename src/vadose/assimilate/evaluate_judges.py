"""Every experiment at the independent sensors: errors of the ensemble mean, and what the analyses made of them.

The pairs are those that all experiments have, so that their numbers can be compared.
Sources: Zhao et al. (2025) eqs. 21-25; Gruber et al. (2020)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.assimilate.evaluate_files import OPEN_LOOP, Experiment, at_cells, opened, variables_of
from vadose.errors import DataError
from vadose.metrics.bootstrap import block_counts, interval
from vadose.metrics.ensemble import crps, spread_skill
from vadose.metrics.memory import (
    block_length,
    correlation_interval,
    deviation_interval,
    effective_for_mean,
    mean_interval,
    memory,
    rms_interval,
)
from vadose.simulate.observations import Observed, Target
from vadose.simulate.observations_simulated import simulated
from vadose.workflow.failures import Failed, guarded

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = (
    "experiment", "observation", "variable", "place", "metric", "value", "low", "high", "n", "effective", "units",
)  # fmt: skip
FEWEST = 10  # pairs below which there is no score
ITEMS = 1500  # of the bootstrap; more pairs are put together in the order of time
REPLICATES = 1000
MEASURED = "measured"  # in the place of the experiment, of totals
DOMAIN = "domain"  # in the place of the observation, of totals of all columns
TOTALS = ("evapotranspiration",)  # variables whose sums over time are water
FILE = "observations.nc"
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Judged:
    """Measured values [pair] and those of the members of each experiment, name -> [member, pair]; seconds [pair]."""

    target: Target
    measured: np.ndarray
    made: dict[str, np.ndarray]
    seconds: np.ndarray


def read_observations(path: Path) -> Observed:
    """The measurements that a run was compared with, from its observations.nc."""
    with opened(path) as file:
        bounds = file["time_bnds"].values.astype("datetime64[s]")
        targets = []
        for name, variable in file.data_vars.items():
            if "vadose_name" not in variable.attrs:
                continue
            about = variable.attrs
            depth = np.ravel(np.asarray(about.get("depth", []), float))
            reach, record = (file[f"{name}_{k}"].values if f"{name}_{k}" in file else None for k in ("reach", "record"))
            cell = int(about["cell"])
            targets.append(
                Target(
                    str(about["long_name"]), str(about["vadose_name"]), str(about["units"]), variable.values, cell,
                    cell, str(about.get("place", "")), (float(depth[0]), float(depth[1])) if depth.size else None,
                    reach, record, str(about.get("source", "")), about.get("water") == "liquid",
                )
            )  # fmt: skip
    return Observed(bounds, tuple(targets))


def judge_rows(experiments: Sequence[Experiment]) -> tuple[list[Row], list[str]]:
    """Rows of evaluation.csv, and notes on what could not be compared.

    metric  bias, rmse, ubrmse (units of the variable) and correlation of the ensemble mean, with 95 % intervals that
            account for the memory of the errors; spread (square root of the mean variance of the members) and
            spread_skill = spread sqrt((n + 1)/n) / rmse; crps; total (kg m-2 over the pairs, and of the domain)
            ner_rmse, ner_ubrmse (%, against the open loop) and delta_correlation, with intervals of a block bootstrap
            that draws the same blocks for both
    """
    rows, notes = [], []
    for one in experiments:
        rows += domain_totals(one)
    there = [e for e in experiments if (e.folder / FILE).is_file() and e.outputs.exists()]
    if not there:
        return rows, ["no independent observations judge this run: its study has no [[observations]]"]
    observed = read_observations(there[0].folder / FILE)
    made = {}
    for one in there:
        series = guarded(_simulated)(one.outputs, observed)
        if isinstance(series, Failed):
            notes.append(f"{one.name}: not judged: {series.why}")
        else:
            made[one.name] = series
    for number, target in enumerate(observed.targets):
        judged = pair(target, observed.bounds, {name: series[number] for name, series in made.items()})
        if judged.measured.size < FEWEST:
            notes.append(f"{target.name}: {judged.measured.size} pairs with the simulations, not judged")
            continue
        rows += score(judged)
    return rows, notes


def _simulated(path: Path, observed: Observed) -> list[np.ndarray]:
    with opened(path) as outputs:
        if outputs.sizes["time"] != observed.bounds.shape[0]:
            raise DataError(f"{path}: the outputs have other times than {FILE}; run `vadose assimilate` again")
        return simulated_at(outputs, observed.targets)


def simulated_at(outputs: xr.Dataset, targets: Sequence[Target]) -> list[np.ndarray]:
    """What the members simulated where each target was measured, [member, time] a target; the file is read once."""
    cells = sorted({t.index for t in targets})
    found = variables_of(outputs)
    wanted = {t.variable for t in targets} | {"soil_ice", "surface_runoff", "subsurface_runoff"}
    small = at_cells(outputs, [found[n] for n in found if n in wanted], cells)
    return [simulated(small, replace(t, index=cells.index(t.index))) for t in targets]


def pair(target: Target, bounds: np.ndarray, series: Mapping[str, np.ndarray]) -> Judged:
    """The pairs that all experiments share; members that lack half of the pairs or more are left out."""
    measured = target.paired(target.values)
    paired = {name: target.paired(x) for name, x in series.items()}
    members = {name: x[2 * np.isfinite(x).sum(axis=1) > measured.size] for name, x in paired.items()}
    members = {name: x for name, x in members.items() if x.shape[0]}
    shared = np.isfinite(measured) & np.all([np.isfinite(x).all(axis=0) for x in members.values()] or [False], axis=0)
    length = np.diff(bounds, axis=1)[:, 0] / np.timedelta64(1, "s")
    groups = target.groups
    seconds = np.bincount(groups[groups >= 0], length[groups >= 0], minlength=measured.size)
    return Judged(target, measured[shared], {n: x[:, shared] for n, x in members.items()}, seconds[shared])


def score(judged: Judged) -> list[Row]:
    """Rows of one observation for all experiments."""
    target, o = judged.target, judged.measured
    about = {"observation": target.name, "variable": target.variable, "place": target.place, "n": o.size}
    rows: list[Row] = []

    def add(experiment: str, metric: str, values: Sequence[float], units: str, effective: float | str = "") -> None:
        value, low, high = (*values, np.nan, np.nan)[:3]
        scored = {"metric": metric, "value": value, "low": low, "high": high, "effective": effective, "units": units}
        rows.append({"experiment": experiment, **about, **scored})

    for name, members in judged.made.items():
        mean = members.mean(axis=0)
        error = mean - o
        worth = effective_for_mean(o.size, memory(error))
        add(name, "bias", mean_interval(error), target.units, worth)
        add(name, "rmse", rms_interval(error), target.units, worth)
        add(name, "ubrmse", deviation_interval(error), target.units, worth)
        add(name, "correlation", correlation_interval(mean, o), "1", worth)
        if members.shape[0] > 1:
            spread, skill = spread_skill(o, members, over=0)
            add(name, "spread", [float(np.sqrt(members.var(axis=0, ddof=1).mean()))], target.units)
            add(name, "spread_skill", [spread / skill if skill > 0 else np.nan], "1")
        value, low, high = mean_interval(crps(o, members, over=0))
        add(name, "crps", (value, max(low, 0.0) if np.isfinite(low) else low, high), target.units, worth)
        if name != OPEN_LOOP and OPEN_LOOP in judged.made:
            for metric, values in gains(o, judged.made[OPEN_LOOP].mean(axis=0), mean).items():
                add(name, metric, values, "%" if metric.startswith("ner") else "1", worth)
    if target.variable in TOTALS:
        add(MEASURED, "total", [float(o @ judged.seconds)], "kg m-2")
        for name, members in judged.made.items():
            add(name, "total", [float(members.mean(axis=0) @ judged.seconds)], "kg m-2")
    return rows


def gains(measured: np.ndarray, before: np.ndarray, after: np.ndarray, seed: int = 0) -> dict[str, Sequence[float]]:
    """(value, low, high) of ner_rmse, ner_ubrmse and delta_correlation of a series against another.

    NER = 100 (1 - E_after / E_before) %, delta r = r_after - r_before; all [pair] in order of time

    The interval is the value plus the quantiles of the replicates about their mean; the length of the blocks is that
    for the longer memory of the two errors.
    Source: Zhao et al. (2025) eq. 25; Politis and White (2004)
    """
    count = measured.size
    items = min(count, ITEMS)
    item = np.arange(count) * items // count
    centre = measured.mean()
    o, b, a = measured - centre, before - centre, after - centre
    columns = (np.ones(count), o, b, a, o * o, b * b, a * a, o * b, o * a)
    sums = np.stack([np.bincount(item, c, items) for c in columns], axis=1)
    r = max(memory((sums[:, k] - sums[:, 1]) / sums[:, 0]) for k in (2, 3))
    counts = block_counts(items, block_length(items, r), REPLICATES, seed)
    value, drawn = _gains(sums.sum(axis=0)[None]), _gains(counts @ sums)
    found: dict[str, Sequence[float]] = {}
    for name, x in value.items():
        finite = drawn[name][np.isfinite(drawn[name])]
        low, high = interval(finite - finite.mean()) if finite.size and np.isfinite(x[0]) else (np.nan, np.nan)
        found[name] = (float(x[0]), float(x[0] + low), float(x[0] + high))
    return found


def _gains(sums: np.ndarray) -> dict[str, np.ndarray]:
    """The three gains [replicate] of sums [replicate, 9] about the measured mean."""
    n, so, sb, sa, soo, sbb, saa, sob, soa = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):

        def errors(s: np.ndarray, ss: np.ndarray, cross: np.ndarray) -> tuple[np.ndarray, ...]:
            mse, bias = np.maximum((ss - 2.0 * cross + soo) / n, 0.0), (s - so) / n
            r = (cross / n - s * so / n**2) / np.sqrt((ss / n - (s / n) ** 2) * (soo / n - (so / n) ** 2))
            return np.sqrt(mse), np.sqrt(np.maximum(mse - bias**2, 0.0)), r

        before, after = errors(sb, sbb, sob), errors(sa, saa, soa)
        return {
            "ner_rmse": 100.0 * (1.0 - after[0] / before[0]),
            "ner_ubrmse": 100.0 * (1.0 - after[1] / before[1]),
            "delta_correlation": after[2] - before[2],
        }


def domain_totals(experiment: Experiment) -> list[Row]:
    """Evapotranspiration of the domain over the period, kg m-2, mean of the members of budget.csv."""
    import csv

    path = experiment.folder / "budget.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        totals = [float(row["evaporation"]) for row in csv.DictReader(file) if row["column"] == "total"]
    known = [t for t in totals if np.isfinite(t)]
    if not known:
        return []
    row = {**dict.fromkeys(COLUMNS, ""), "experiment": experiment.name, "observation": DOMAIN}
    about = {"variable": TOTALS[0], "metric": "total", "value": float(np.mean(known)), "n": len(known)}
    return [{**row, **about, "units": "kg m-2"}]
