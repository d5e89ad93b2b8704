"""Which choice matters: the variance of an ensemble shared out among soil map, pedotransfer function, closure ...

For each output the means of the members form a table with one axis a choice. The variance over the table is the sum of
that of every set of choices: S_i of choice i alone, S_ij of a pair beyond its two parts ...; the total of a choice is
all that it takes part in. It is the question of the Soil Parameter Model Intercomparison Project.
Sources: Gudmundsson and Cuntz (2017); Sobol (1993); Saltelli et al. (2008) section 4.5
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.metrics.bootstrap import interval
from vadose.simulate.analysis_months import Monthly, monthly_means
from vadose.simulate.analysis_shares import Parts, Table, shares, tabulate, total

if TYPE_CHECKING:
    import xarray as xr

    from vadose.simulate.members import Member

COLUMNS = (
    "variable", "depth", "statistic", "choice", "levels", "first", "first_low", "first_high", "total", "total_low",
    "total_high", "chance", "range", "lowest", "highest", "mean", "sd", "units", "members", "missing",
)  # fmt: skip
CHOICES = ("preset", "soil_map", "ptf", "closure", "number")
STATISTICS = ("mean", "cycle")
FEWEST_YEARS = 3  # for an interval over years


@dataclass(frozen=True)
class Sampling:
    """Years drawn with replacement for the intervals, and members shuffled for what chance alone explains."""

    replicates: int = 400
    seed: int = 0
    level: float = 0.95


USUAL = Sampling()


def analysis(outputs: xr.Dataset, members: Sequence[Member], sampling: Sampling = USUAL) -> list[dict[str, Any]]:
    """Rows of analysis.csv: for each output, layer, statistic and choice its share of the ensemble's variance.

    outputs  of the run;  members  in the order of its `member` axis, with the fields of `CHOICES`
    "mean" is that over cells (by area) and time, "cycle" the course of the twelve months around it. A row a choice has
    its first (alone) and total share, each with a 95 % interval of resampled calendar years where there are three or
    more, the share `chance` that 95 % of shuffled ensembles stay below, and the range of its levels' means with the
    names of the lowest and the highest; rows of pairs ("ptf x closure") and of the rest ("higher") have `first` alone.
    Where the combinations that are `missing` leave too few to tell the choices apart, their rows have no shares.
    Empty where no choice has two levels.
    """
    levels = varied(members)
    choices, axes = list(levels), list(levels.values())
    rows: list[dict[str, Any]] = []
    if not choices:
        return rows
    for variable, depth, units, monthly in monthly_means(outputs):
        for statistic in STATISTICS:
            table = tabulate(axes, monthly.whole)
            if table is None:
                continue
            about = {"variable": variable, "depth": depth, "statistic": statistic, "units": units}
            told = explain(monthly, statistic, table, choices, sampling) if table.separable else (
                _pair(choice, np.nan, _NO_BOUNDS, _whole(monthly, statistic), statistic, table) for choice in choices
            )  # fmt: skip
            rows += [{**about, **row} for row in told]
    return rows


def varied(members: Sequence[Member]) -> dict[str, list[str]]:
    """The choices in which the members differ -> [member] names of their levels.

    A choice that follows from those before it (the pedotransfer function where each preset brings its own) is no axis
    of its own: its name joins that of the choice that decides it, "preset + ptf".
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for choice in CHOICES:
        names = [str(getattr(m, choice)) or "own" for m in members]
        if len(set(names)) < 2:
            continue
        decided = next((key for key, other in found.items() if _follows(names, list(zip(other)))), None)
        if decided is None and found and _follows(names, list(zip(*found.values(), strict=True))):
            decided = list(found)[-1]
        if decided is None:
            found[(choice,)] = names
        else:
            found = {(*k, choice) if k == decided else k: v for k, v in found.items()}
    return {" + ".join(key): names for key, names in found.items()}


def _follows(names: Sequence[str], keys: Sequence[tuple[str, ...]]) -> bool:
    """Whether equal keys always have equal names."""
    return len(set(zip(keys, names, strict=True))) == len(set(keys))


def explain(
    monthly: Monthly, statistic: str, table: Table, choices: Sequence[str], sampling: Sampling
) -> Iterator[dict[str, Any]]:
    """Rows of one output and statistic, without what says which output it is."""
    years = np.arange(monthly.values.shape[1])
    values = _whole(monthly, statistic)
    found = shares(table.fill(values[None]))
    full = np.flatnonzero(monthly.days.sum(axis=1) >= 0.9 * monthly.days.sum(axis=1).max())
    draw = np.random.default_rng(np.random.SeedSequence([sampling.seed, years.size, len(choices)]))
    drawn: Parts = {}
    if full.size >= FEWEST_YEARS:
        some = [monthly.statistic(statistic, draw.choice(full, full.size)) for _ in range(sampling.replicates)]
        drawn = shares(table.fill(np.stack(some)))
    chance = _chance(values, table, sampling, draw)
    for place, choice in enumerate(choices):
        first, whole = float(found[(place,)][0]), float(total(found, place)[0])
        alone, with_all = (drawn[(place,)], total(drawn, place)) if drawn else (None, None)
        means = table.level_means(values, place)
        names = table.levels[place]
        low, high = int(np.argmin(means)), int(np.argmax(means))
        spread = float(means[high] - means[low])
        yield {
            "choice": choice, "levels": len(names), "first": first, **_bounds(first, alone, "first"),
            "total": whole, **_bounds(whole, with_all, "total"), "chance": chance[place], "range": spread,
            "lowest": names[low], "highest": names[high], **_about(values, statistic, table),
        }  # fmt: skip
    higher = 0.0
    for part, held in found.items():
        share = float(held[0])
        if len(part) == 2:
            name = " x ".join(choices[p] for p in part)
            yield _pair(name, share, _bounds(share, drawn.get(part), "first"), values, statistic, table)
        elif len(part) > 2:
            higher += share
    if len(choices) > 2:
        yield _pair("higher", higher, _NO_BOUNDS, values, statistic, table)


def _whole(monthly: Monthly, statistic: str) -> np.ndarray:
    """[member, value] over all years."""
    return monthly.statistic(statistic, np.arange(monthly.values.shape[1]))


_NO_BOUNDS = {"first_low": np.nan, "first_high": np.nan}


def _pair(
    name: str, share: float, bounds: Mapping[str, float], values: np.ndarray, statistic: str, table: Table
) -> dict[str, Any]:
    nothing = dict.fromkeys(("total", "total_low", "total_high", "chance", "range"), np.nan)
    return {
        "choice": name, "levels": "", "first": share, **bounds, **nothing, "lowest": "", "highest": "",
        **_about(values, statistic, table),
    }  # fmt: skip


def _about(values: np.ndarray, statistic: str, table: Table) -> dict[str, Any]:
    """Mean over the members and standard deviation among them (of a cycle the root of the mean variance)."""
    there = values[np.isfinite(values).all(axis=1)]
    return {
        "mean": float(there.mean()) if statistic == "mean" else float(np.ptp(there.mean(axis=0))),
        "sd": float(np.sqrt(there.var(axis=0).mean())),
        "members": table.present,
        "missing": table.missing,
    }


def _bounds(value: float, drawn: np.ndarray | None, name: str) -> dict[str, float]:
    """The value plus the quantiles of the replicates around their mean, within 0 and 1."""
    x = np.zeros(0) if drawn is None else drawn[np.isfinite(drawn)]
    if x.size < 10 or not np.isfinite(value):
        return {f"{name}_low": np.nan, f"{name}_high": np.nan}
    low, high = (float(np.clip(value + d, 0.0, 1.0)) for d in interval(x - x.mean()))
    return {f"{name}_low": low, f"{name}_high": high}


def _chance(values: np.ndarray, table: Table, sampling: Sampling, draw: np.random.Generator) -> list[float]:
    """For each choice the quantile of its first share among ensembles whose members were shuffled."""
    there = np.flatnonzero(table.there)
    shuffled = np.repeat(values[None], sampling.replicates, axis=0)
    for copy in shuffled:
        copy[there] = values[draw.permutation(there)]
    parts = shares(table.fill(shuffled))
    return [float(np.quantile(parts[(place,)], sampling.level)) for place in range(len(table.levels))]
