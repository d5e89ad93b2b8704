"""How well each member, and each benchmark, meets the measurements: the metrics of PLUMBER with intervals.

Sources: Best et al. (2015) table 4; Gupta et al. (2009); Nash and Sutcliffe (1970)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.metrics.bootstrap import block_counts, interval
from vadose.simulate.observations import Observed, Target
from vadose.simulate.observations_simulated import simulated

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = ("member", "observation", "variable", "metric", "value", "low", "high", "n", "units")
# Metric -> whether it has the units of the variable, smallest and largest possible value.
METRICS: dict[str, tuple[bool, float, float]] = {
    "bias": (True, -np.inf, np.inf), "rmse": (True, 0.0, np.inf), "ubrmse": (True, 0.0, np.inf),
    "correlation": (False, -1.0, 1.0), "kge": (False, -np.inf, 1.0), "nse": (False, -np.inf, 1.0),
    "nme": (False, 0.0, np.inf), "sd_difference": (False, 0.0, np.inf), "overlap": (False, 0.0, 1.0),
}  # fmt: skip
AMOUNTS = (
    "soil_moisture", "evapotranspiration", "latent_heat", "snow_water", "snow_depth", "runoff", "gpp", "ponded_water",
    "discharge",
)  # fmt: skip
BINS = 50  # of the distributions whose overlap is measured
SPAN = 10  # days of measurements that are drawn together at least
FEWEST = 10  # pairs below which there is no score
FEWEST_SPANS = 4  # below which there is no interval


@dataclass(frozen=True)
class Bootstrap:
    """Circular block bootstrap in time.

    replicates  number;  seed  of the draw: all members and benchmarks of an observation share it
    season, year  days of a block: a season, or a year where the pairs span five years or more
    """

    replicates: int = 1000
    seed: int = 0
    season: int = 90
    year: int = 360


USUAL = Bootstrap()


@dataclass(frozen=True, eq=False)
class Pairs:
    """Measured and simulated values [pair], and the number of the ten days in which each lies, ascending from 0.

    amounts  True for quantities with a natural zero, whose means may be divided
    """

    measured: np.ndarray
    simulated: np.ndarray
    span: np.ndarray
    amounts: bool = False


def scores(
    outputs: xr.Dataset,
    observed: Observed,
    benchmarks: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    bootstrap: Bootstrap = USUAL,
) -> list[dict[str, Any]]:
    """Rows of scores.csv, one a member (or benchmark), observation and metric.

    outputs     of the run, with `member` names and `vadose_name` of the variables
    benchmarks  name -> observation -> [time] on the same axis (`baselines`)
    All are scored on the pairs that every one of them has, so that their numbers can be compared.
    Metrics are those of `METRICS`, each with a 95 % interval of a block bootstrap, NaN where there are too few pairs.
    """
    rows = []
    members = [str(name) for name in outputs["member"].values]
    for target in observed.targets:
        if not (target.groups >= 0).any():
            continue
        made = dict(zip(members, simulated(outputs, target), strict=True))
        others = {name: series[target.name] for name, series in (benchmarks or {}).items() if target.name in series}
        rows += score_target(target, observed.bounds, {**made, **others}, bootstrap)
    return rows


def score_target(
    target: Target, bounds: np.ndarray, series: Mapping[str, np.ndarray], bootstrap: Bootstrap = USUAL
) -> list[dict[str, Any]]:
    """Rows of one observation for all that simulate it: name -> [time]."""
    days = (bounds[:, 0] - bounds[0, 0]) / np.timedelta64(1, "D")
    measured, day = target.paired(target.values), target.paired(days)
    values = {name: target.paired(x) for name, x in series.items()}
    # A series that lacks most of the pairs (a member that failed) must not take them from the others.
    whole = {name for name, x in values.items() if 2 * np.isfinite(x).sum() >= np.isfinite(measured).sum()}
    shared = np.isfinite(measured) & np.all([np.isfinite(values[name]) for name in whole] or [True], axis=0)
    rows = []
    for name, x in values.items():
        which = shared if name in whole else np.isfinite(measured) & np.isfinite(x)
        span = np.unique((day[which] // SPAN).astype(int), return_inverse=True)[1]
        pairs = Pairs(measured[which], x[which], span, target.variable in AMOUNTS)
        found = evaluate(pairs, bootstrap, float(np.ptp(day[which])) if which.any() else 0.0)
        rows += [
            {
                "member": name, "observation": target.name, "variable": target.variable, "metric": metric,
                "value": value, "low": low, "high": high, "n": int(which.sum()),
                "units": target.units if METRICS[metric][0] else "1",
            }
            for metric, (value, low, high) in found.items()
        ]  # fmt: skip
    return rows


def evaluate(pairs: Pairs, bootstrap: Bootstrap, days: float) -> dict[str, tuple[float, float, float]]:
    """Metric -> (value, low, high) of some pairs that span `days` days.

    The interval is the value plus the quantiles of the replicates around their own mean, as in `vadose.benchmark`.
    """
    if pairs.measured.size < FEWEST:
        return dict.fromkeys(METRICS, (np.nan, np.nan, np.nan))
    value, drawn = _replicates(pairs, bootstrap, days)
    return {name: (value[name], *_interval(value[name], drawn[name], *METRICS[name][1:])) for name in METRICS}


def difference(
    target: Target, bounds: np.ndarray, one: np.ndarray, other: np.ndarray, metric: str = "nme",
    bootstrap: Bootstrap = USUAL,
) -> tuple[float, float, float]:  # fmt: skip
    """(value, low, high) of metric(one) - metric(other) of two series [time], from the same draws of blocks.

    It tells whether a model beats a benchmark: of "nme" and the errors both bounds must lie below 0. Two intervals of
    their own may overlap although one series is better in almost every replicate.
    """
    days = (bounds[:, 0] - bounds[0, 0]) / np.timedelta64(1, "D")
    measured, day, *both = (target.paired(x) for x in (target.values, days, one, other))
    which = np.isfinite(measured) & np.isfinite(both).all(axis=0)
    if which.sum() < FEWEST:
        return np.nan, np.nan, np.nan
    span = np.unique((day[which] // SPAN).astype(int), return_inverse=True)[1]
    values, draws = [], []
    for series in both:
        pairs = Pairs(measured[which], series[which], span, target.variable in AMOUNTS)
        value, drawn = _replicates(pairs, bootstrap, float(np.ptp(day[which])))
        values.append(value[metric])
        draws.append(drawn[metric])
    found = values[0] - values[1]
    return (found, *_interval(found, draws[0] - draws[1], -np.inf, np.inf))


def _replicates(pairs: Pairs, bootstrap: Bootstrap, days: float) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Each metric of all pairs, and of the replicates [replicate]; none where fewer than four spans could be drawn."""
    sums, heights = _sums(pairs)
    centre = float(pairs.measured.mean())
    about = (centre if pairs.amounts else None, float(np.abs(pairs.measured - centre).mean()))
    value = _metrics(sums.sum(axis=0)[None], heights.sum(axis=0)[None], *about)
    spans = sums.shape[0]
    block = max(1, (bootstrap.year if days >= 5 * 365 else bootstrap.season) // SPAN)
    if spans < 2 * block:
        block = max(1, spans // 4)
    counts = block_counts(spans, block, bootstrap.replicates, bootstrap.seed)
    if spans < FEWEST_SPANS:
        counts = counts[:0]
    drawn = _metrics(counts @ sums, np.tensordot(counts, heights, axes=1), *about)
    return {name: float(x[0]) for name, x in value.items()}, drawn


def _interval(value: float, drawn: np.ndarray, least: float, most: float) -> tuple[float, float]:
    finite = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or finite.size < 10:
        return np.nan, np.nan
    low, high = interval(finite - finite.mean())
    return float(np.clip(value + low, least, most)), float(np.clip(value + high, least, most))


def _sums(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Sums [span, 7] and histograms [span, 2, bin] of the pairs of each ten days, values centred for precision."""
    o, m, spans = pairs.measured, pairs.simulated, int(pairs.span.max()) + 1
    centre = o.mean()
    a, b = o - centre, m - centre
    columns = (np.ones(o.size), a, b, a * a, b * b, a * b, np.abs(m - o))
    sums = np.stack([np.bincount(pairs.span, c, minlength=spans) for c in columns], axis=1)
    low, high = min(o.min(), m.min()), max(o.max(), m.max())
    width = (high - low) / BINS if high > low else 1.0
    heights = []
    for x in (o, m):
        place = pairs.span * BINS + np.minimum(((x - low) / width).astype(int), BINS - 1)
        heights.append(np.bincount(place, minlength=spans * BINS).reshape(spans, BINS).astype(float))
    return sums, np.stack(heights, axis=1)


def _metrics(sums: np.ndarray, heights: np.ndarray, centre: float | None, spread: float) -> dict[str, np.ndarray]:
    """All metrics [replicate] from sums [replicate, 7] about the measured mean, and histograms [replicate, 2, bin].

    KGE = 1 - sqrt((r - 1)^2 + (sd_m/sd_o - 1)^2 + b^2), b = mean_m/mean_o - 1 of amounts, else (mean_m - mean_o)/sd_o,
    because the mean of a heat flux may be 0 and that of a temperature depends on where its scale begins.

    centre  mean of all measured values of amounts, None of others
    spread  mean of |o - mean(o)| of all pairs, which the normalised mean error divides by
    Source: Best et al. (2015) table 4; Gupta et al. (2009) eq. 9, Tang et al. (2021) eq. 9
    """
    n, so, sm, soo, smm, som, error = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_o, mean_m = so / n, sm / n
        var_o = np.maximum(soo / n - mean_o**2, 0.0)
        var_m = np.maximum(smm / n - mean_m**2, 0.0)
        cov = som / n - mean_o * mean_m
        bias = mean_m - mean_o
        mse = np.maximum((soo - 2.0 * som + smm) / n, 0.0)
        sd_o, sd_m = np.sqrt(var_o), np.sqrt(var_m)
        r = np.clip(np.where(sd_o * sd_m > 0, cov / (sd_o * sd_m), np.nan), -1.0, 1.0)
        ratio = np.where(sd_o > 0, sd_m / sd_o, np.nan)
        off = np.where(sd_o > 0, bias / sd_o, np.nan) if centre is None else bias / (centre + mean_o)
        p = heights / heights.sum(axis=-1, keepdims=True)
        return {
            "bias": bias,
            "rmse": np.sqrt(mse),
            "ubrmse": np.sqrt(np.maximum(mse - bias**2, 0.0)),
            "correlation": r,
            "kge": 1.0 - np.sqrt((r - 1.0) ** 2 + (ratio - 1.0) ** 2 + off**2),
            "nse": np.where(var_o > 0, 1.0 - mse / var_o, np.nan),
            "nme": error / n / spread if spread > 0 else np.full(n.size, np.nan),
            "sd_difference": np.abs(1.0 - ratio),
            "overlap": np.minimum(p[:, 0], p[:, 1]).sum(axis=-1),
        }


def beaten(rows: Sequence[Mapping[str, Any]], metric: str = "nme") -> dict[tuple[str, str], list[str]]:
    """(member, observation) -> names of all rows of that observation with a worse value of the metric.

    A smaller value is better, of "correlation", "kge", "nse" and "overlap" a larger one, of "bias" its size.
    """
    sign = -1.0 if metric in ("correlation", "kge", "nse", "overlap") else 1.0
    found = [row for row in rows if row["metric"] == metric and np.isfinite(row["value"])]
    cost = {
        (r["member"], r["observation"]): sign * (abs(r["value"]) if metric == "bias" else r["value"]) for r in found
    }
    return {
        (member, name): [m for (m, n), other in cost.items() if n == name and other > mine]
        for (member, name), mine in cost.items()
    }
