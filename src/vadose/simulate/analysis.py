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
VALUES = 2**24  # of an output that are held at once
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
            rows += [{**about, **row} for row in explain(monthly, statistic, table, choices, sampling)]
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


@dataclass(frozen=True, eq=False)
class Monthly:
    """Means of an output by member, calendar year and month: values [member, year, 12], NaN where there are none.

    days  [year, 12] that were simulated of each month
    """

    values: np.ndarray
    days: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """[member] True of members with all months that were simulated."""
        return np.isfinite(self.values[:, self.days > 0]).all(axis=1)

    def statistic(self, name: str, years: np.ndarray) -> np.ndarray:
        """[member, value] over some years, drawn as often as they stand in `years`."""
        known = np.isfinite(self.values[:, years])
        weight = np.where(known, self.days[years], 0.0)
        total = np.where(known, self.values[:, years], 0.0) * weight
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total.sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
            if name == "mean":
                return mean[:, None]
            cycle = total.sum(axis=1) / weight.sum(axis=1)
        cycle = cycle[:, np.isfinite(cycle).any(axis=0)]
        return cycle - cycle.mean(axis=1, keepdims=True)


def explain(
    monthly: Monthly, statistic: str, table: Table, choices: Sequence[str], sampling: Sampling
) -> Iterator[dict[str, Any]]:
    """Rows of one output and statistic, without what says which output it is."""
    years = np.arange(monthly.values.shape[1])
    values = monthly.statistic(statistic, years)
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
        yield _pair("higher", higher, {"first_low": np.nan, "first_high": np.nan}, values, statistic, table)


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


def monthly_means(outputs: xr.Dataset) -> Iterator[tuple[str, str, str, Monthly]]:
    """(output, "top-bottom" m of a layer or "", units, monthly means over all cells) of a run's outputs."""
    month, days = _months(outputs)
    first = int(month.min()) // 12
    years = int(month.max()) // 12 - first + 1
    weight = _area(outputs)
    place = month - 12 * first
    total_days = np.bincount(place, days, minlength=12 * years)
    layers = np.asarray(outputs["depth_bnds"].values) if "depth_bnds" in outputs else np.zeros((0, 2))
    for name, variable in outputs.data_vars.items():
        if "member" not in variable.dims or "time" not in variable.dims:
            continue
        mean = _cell_means(variable, weight)
        for layer in range(mean.shape[2]):
            x = mean[:, :, layer]
            known = np.isfinite(x)
            part = [np.bincount(place, v * days, minlength=12 * years) for v in np.where(known, x, 0.0)]
            span = [np.bincount(place, k * days, minlength=12 * years) for k in known]
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.where(np.array(span) > 0, np.array(part) / np.array(span), np.nan)
            depth = f"{layers[layer, 0]:g}-{layers[layer, 1]:g}" if "depth" in variable.dims else ""
            shaped = values.reshape(len(x), years, 12)
            yield (
                str(variable.attrs.get("vadose_name", name)), depth, str(variable.attrs.get("units", "")),
                Monthly(shaped, total_days.reshape(years, 12)),
            )  # fmt: skip


def _months(outputs: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """[time] month since 1970-01 of the middle of each interval, and its length in days."""
    bounds = np.asarray(outputs["time_bnds"].values)
    if bounds.dtype.kind != "M":
        bounds = np.datetime64("1970-01-01", "s") + np.round(bounds.astype(float)).astype("timedelta64[s]")
    bounds = bounds.astype("datetime64[s]")
    middle = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) // 2
    days = (bounds[:, 1] - bounds[:, 0]) / np.timedelta64(1, "D")
    return middle.astype("datetime64[M]").astype(np.int64), days.astype(float)


def _area(outputs: xr.Dataset) -> np.ndarray:
    """Weights of the cells: [lat, 1] by the cosine of the latitude, or [site] of ones."""
    if "site" in outputs.dims:
        return np.ones(outputs.sizes["site"])
    return np.repeat(np.cos(np.radians(outputs["lat"].values))[:, None], outputs.sizes["lon"], axis=1)


def _cell_means(variable: xr.DataArray, weight: np.ndarray) -> np.ndarray:
    """[member, time, layer] means over the cells that all members have, read piece by piece."""
    places = ("site",) if "site" in variable.dims else ("lat", "lon")
    layered = "depth" in variable.dims
    ordered = variable.transpose("member", "time", *(("depth",) if layered else ()), *places)
    layers = ordered.sizes["depth"] if layered else 1
    members, times = ordered.sizes["member"], ordered.sizes["time"]
    out = np.full((members, times, layers), np.nan)
    rows = max(1, VALUES // max(1, members * layers * weight.size))
    for begin in range(0, times, rows):
        piece = ordered.isel(time=slice(begin, begin + rows)).values.astype(float)
        x = piece.reshape(members, -1, layers, weight.size)
        known = np.isfinite(x)
        alive = known.any(axis=(1, 2, 3))
        shared = known[alive].all(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[alive, begin : begin + rows] = (
                np.where(shared, x[alive], 0.0) @ weight.ravel() / (shared @ weight.ravel())
            )
    return out
