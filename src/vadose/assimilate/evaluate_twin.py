"""A twin experiment: every cell of every experiment beside the run that the observations were drawn from.

All water of the soil counts, liquid and ice; and the depth of the water table, where both runs have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.assimilate.evaluate_files import OPEN_LOOP, flat, pieces, variables_of
from vadose.errors import DataError
from vadose.grid.layers import depth_weights

if TYPE_CHECKING:
    import xarray as xr

COLUMNS = (
    "experiment", "what", "top", "bottom", "metric", "mean", "median", "low", "high", "open_loop", "change",
    "reduction", "improved", "cells", "units",
)  # fmt: skip
ZONES = {"surface": (0.0, 0.05), "root zone": (0.0, 1.0)}  # m
TABLE = "water table"  # what of a row that is about the depth of the water table
ERRORS = ("bias", "rmse", "ubrmse")
METRICS = (*ERRORS, "spread", "correlation", "spread_skill")
Maps = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Zones:
    """Ensemble means and variances of the zones, [zone, time, cell] m3 m-3, and of the water table, m, if there is one.

    variance  unbiased, of the members that have a value;  depth  [zone, 2] m as far as the soil goes, NaN of the table
    bounds    [time, 2] datetime64[s] of the intervals;  members  [cell] number of members with values
    names     of the zones
    """

    mean: np.ndarray
    variance: np.ndarray
    depth: np.ndarray
    bounds: np.ndarray
    members: np.ndarray
    names: tuple[str, ...] = tuple(ZONES)

    @property
    def reach(self) -> dict[str, tuple[float, float]]:
        """Top and bottom of each zone by name, m."""
        return {name: (float(a), float(b)) for name, (a, b) in zip(self.names, self.depth, strict=True)}


def units_of(zone: str, metric: str) -> str:
    """Of a score."""
    if metric in ("correlation", "spread_skill"):
        return "1"
    return "m" if zone == TABLE else "m3 m-3"


def zones_of(outputs: xr.Dataset) -> Zones:
    """Depth means of soil moisture of all cells, over the members, and the water table where the outputs have one.

    Raises DataError where the outputs have no soil moisture.
    """
    found = variables_of(outputs)
    if "soil_moisture" not in found:
        raise DataError("the outputs have no soil_moisture to compare with the truth; add it to [output] `variables`")
    variable = outputs[found["soil_moisture"]]
    layers = np.asarray(outputs["depth_bnds"].values, float)
    bottom = layers[-1, 1]
    depth = np.array([[top, min(deep, bottom)] for top, deep in ZONES.values()])
    mass = np.stack([depth_weights(layers, a, b, "mass") for a, b in depth])
    share = np.stack([depth_weights(layers, a, b, "volumetric") for a, b in depth])

    def theta(x: np.ndarray) -> np.ndarray:
        known = np.isfinite(x)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(
                np.einsum("zl,tlc->ztc", mass, np.where(known, x, 0.0)) / np.einsum("zl,tlc->ztc", share, known)
            )

    mean, variance, members = _moments(outputs, variable, len(ZONES), theta)
    names = tuple(ZONES)
    if "water_table_depth" in found:
        table = _moments(outputs, outputs[found["water_table_depth"]], 1, lambda x: x[None])
        mean, variance = np.concatenate([mean, table[0]]), np.concatenate([variance, table[1]])
        depth, names = np.concatenate([depth, np.full((1, 2), np.nan)]), (*names, TABLE)
    return Zones(mean, variance, depth, outputs["time_bnds"].values.astype("datetime64[s]"), members, names)


def _moments(
    outputs: xr.Dataset, variable: xr.DataArray, zones: int, of: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and variance over the members [zone, time, cell], and how many have values [cell].

    of  what each zone has, [zone, time, cell], of an output [time, (layer), cell]; read by member and pieces of time
    """
    size = int(np.prod([n for d, n in variable.sizes.items() if d not in ("member", "time", "depth")]))
    shape = (zones, variable.sizes["time"], size)
    mean, square = np.zeros(shape), np.zeros(shape)
    count = np.zeros(shape, np.int32)
    for member in range(variable.sizes["member"]):
        for rows in pieces(variable):
            x = of(flat(np.asarray(variable.isel(member=member, time=rows).values, float), outputs))
            there = np.isfinite(x)
            # Welford's update: sums of squares would cancel.
            n = count[:, rows] = count[:, rows] + there
            off = np.where(there, x - mean[:, rows], 0.0)
            mean[:, rows] += off / np.maximum(n, 1)
            square[:, rows] += np.where(there, off * (x - mean[:, rows]), 0.0)
    mean[count == 0] = np.nan
    variance = np.where(count > 1, square / np.maximum(count - 1, 1), np.nan)
    return mean, variance, count.max(axis=(0, 1))


def cell_scores(mean: np.ndarray, variance: np.ndarray, truth: np.ndarray, members: np.ndarray) -> Maps:
    """bias, rmse, ubrmse, correlation, spread and spread_skill over time of each cell, [cell].

    mean, variance  of the ensemble, truth: [time, cell] m3 m-3 or m;  members [cell]
    spread_skill = sqrt((n + 1)/n) spread / rmse, spread the square root of the mean variance
    """
    known = np.isfinite(mean) & np.isfinite(truth)
    count = known.sum(axis=0)
    total = np.where(count > 0, count, np.nan)

    def average(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.where(known, x, 0.0).sum(axis=0) / total)

    error = mean - truth
    bias, rmse = average(error), np.sqrt(average(error**2))
    x, y = mean - average(mean), truth - average(truth)
    sds = np.sqrt(average(x * x) * average(y * y))
    spread = np.sqrt(average(np.nan_to_num(variance))) if np.isfinite(variance).any() else np.full(total.shape, np.nan)
    factor = np.sqrt((members + 1) / np.maximum(members, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "bias": bias, "rmse": rmse, "ubrmse": np.sqrt(np.maximum(average((error - bias) ** 2), 0.0)),
            "correlation": np.where(sds > 0, average(x * y) / sds, np.nan), "spread": spread,
            "spread_skill": np.where(rmse > 0, factor * spread / rmse, np.nan),
        }  # fmt: skip


def compare(truth: Zones, made: Zones) -> dict[str, Maps]:
    """Scores of each zone that both have, at each cell, over the intervals of the run that the truth's own fill.

    Raises DataError where the cells differ or the truth has no such interval.
    """
    if truth.mean.shape[2] != made.mean.shape[2]:
        raise DataError(
            f"the truth has {truth.mean.shape[2]} cells and the run {made.mean.shape[2]}; both must have the same"
        )
    right = averaged(truth.mean, truth.bounds, made.bounds)
    if not np.isfinite(right).any():
        raise DataError(
            "the truth has no interval of the run: simulate it over that period, with the same `every` or a finer one"
        )
    rows = {name: (truth.names.index(name), k) for k, name in enumerate(made.names) if name in truth.names}
    return {name: cell_scores(made.mean[k], made.variance[k], right[n], made.members) for name, (n, k) in rows.items()}


def averaged(values: np.ndarray, bounds: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Means of [zone, time, cell] over longer intervals (or the same), NaN where the given ones do not fill them.

    bounds, onto  [time, 2] datetime64[s], both in ascending order
    """
    row = np.searchsorted(onto[:, 0], bounds[:, 0], side="right") - 1
    inside = (row >= 0) & (bounds[:, 1] <= onto[np.maximum(row, 0), 1])
    length = np.diff(bounds, axis=1)[:, 0] / np.timedelta64(1, "s")
    out = np.full((values.shape[0], onto.shape[0], values.shape[2]), np.nan)
    there, row = np.flatnonzero(inside), row[inside]
    if not there.size:
        return out
    starts = np.concatenate([[0], np.flatnonzero(np.diff(row)) + 1])
    total = np.add.reduceat(length[there], starts)
    sums = np.add.reduceat(values[:, there] * length[there][:, None], starts, axis=1)
    whole = total >= 0.99 * np.diff(onto[row[starts]], axis=1)[:, 0] / np.timedelta64(1, "s")
    out[:, row[starts][whole]] = (sums / total[:, None])[:, whole]
    return out


def twin_rows(
    scored: Mapping[str, Mapping[str, Maps]], reach: Mapping[str, tuple[float, float]]
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows of twin.csv: experiment, zone (`what`) and metric over all cells.

    mean, median, low and high (2.5 and 97.5 % of the cells)   of spread_skill the mean is that of the domain, root
    mean square spread (with (n + 1)/n) over root mean square error
    open_loop   mean of the open loop;  change = mean - open_loop;  reduction = 100 (1 - |mean| / |open_loop|) % of
    errors (of the bias: of the mean |bias|)
    improved    share of the cells that are nearer to the truth than in the open loop
    reach       (top, bottom) m of a zone; those of the water table stay empty
    """
    rows = []
    for experiment, zones in scored.items():
        for zone, maps in zones.items():
            base = scored.get(OPEN_LOOP, {}).get(zone)
            top, bottom = ("", "") if zone == TABLE else reach[zone]
            for metric in METRICS:
                about = {
                    "experiment": experiment, "what": zone, "top": top, "bottom": bottom,
                    "units": units_of(zone, metric),
                }  # fmt: skip
                rows.append(about | _row(metric, maps, base if experiment != OPEN_LOOP else None))
    return rows


def _row(metric: str, maps: Maps, base: Maps | None) -> dict[str, Any]:
    x = maps[metric]
    known = np.isfinite(x)
    row: dict[str, Any] = {"metric": metric, "cells": int(known.sum())}
    row |= dict.fromkeys(("mean", "median", "low", "high", "open_loop", "change", "reduction", "improved"), np.nan)
    if not known.any():
        return row
    row["median"], row["low"], row["high"] = (float(q) for q in np.quantile(x[known], [0.5, 0.025, 0.975]))
    row["mean"] = domain_mean(metric, maps)
    if base is None:
        return row
    row["open_loop"] = domain_mean(metric, base)
    row["change"] = row["mean"] - row["open_loop"]
    both = known & np.isfinite(base[metric])
    if metric in ERRORS and both.any():
        mine, other = np.abs(x[both]), np.abs(base[metric][both])
        row["reduction"] = 100.0 * (1.0 - float(mine.mean() / other.mean())) if other.any() else np.nan
        row["improved"] = float((mine < other).mean())
    elif metric == "correlation" and both.any():
        row["improved"] = float((x[both] > base[metric][both]).mean())
    return row


def domain_mean(metric: str, maps: Maps) -> float:
    """Mean over the cells; of spread_skill the ratio of the root mean squares of all cells."""
    x = maps[metric]
    if metric != "spread_skill":
        return float(np.nanmean(x)) if np.isfinite(x).any() else np.nan
    known = np.isfinite(x)
    square = float(np.sum(maps["rmse"][known] ** 2))
    return float(np.sqrt(np.sum((x * maps["rmse"])[known] ** 2) / square)) if square > 0 else np.nan
