"""The analyses of an experiment: observations with what the ensemble had there, increments and the water they added."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.errors import DataError

USED, REFUSED = 1, 2  # of `status`
BLOCK = 2**22  # values that are read at once
_REMEDY = "write the run again with `vadose assimilate`"


@dataclass
class Analyses:
    """What analysis.nc holds, reduced to what the report shows.

    times  [time] days since 1970-01-01;  lat, lon, number (of its set) [place]
    observed, error, status, forecast, forecast_sd, analysis, analysis_sd  [time, place], means and sd of the members
    index  [cell] positions in the flattened grid
    mean, sd  [layer, cell] m3 m-3, of the increments over time;  added [cell] mm, sum over time
    months, monthly  names and [month, layer] mm, water that increments added, mean over the area
    members  number of them;  names  of the places, where the file has them
    spread  [2, time, layer] m3 m-3, of forecast and analysis, mean over the area
    parameters  name -> [2, time], mean over the area of the ensemble's mean and sd
    """

    times: np.ndarray
    sets: list[str]
    lat: np.ndarray
    lon: np.ndarray
    number: np.ndarray
    observed: np.ndarray
    error: np.ndarray
    status: np.ndarray
    forecast: np.ndarray
    forecast_sd: np.ndarray
    analysis: np.ndarray
    analysis_sd: np.ndarray
    index: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    added: np.ndarray
    added_daily: np.ndarray
    months: list[str]
    monthly: np.ndarray
    spread: np.ndarray
    members: int
    names: list[str] = field(default_factory=list)
    parameters: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def seen(self) -> np.ndarray:
        """[time, place] whether something was observed and used; of an open loop that uses nothing, not refused."""
        used = (self.status == USED) if (self.status == USED).any() else (self.status != REFUSED)
        return np.asarray(np.isfinite(self.observed) & (self.error > 0) & used)


def read_analyses(path: Path, layers: np.ndarray, weights: Any) -> Analyses | None:
    """Read analysis.nc; None where there is no such file or nothing was observed.

    layers  [layer, 2] m;  weights  function of the cells' positions in the flattened grid to their weights
    Raises DataError where the file is malformed.
    """
    if not path.is_file():
        return None
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            return _read(file, layers, weights) if len(file.dimensions["time"]) else None
    except (OSError, RuntimeError, KeyError, IndexError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as analyses: {error}; {_REMEDY}") from error


def _read(file: Any, layers: np.ndarray, weights: Any) -> Analyses:
    held = file.variables
    times = _filled(held["time"]) / SECONDS_PER_DAY
    lat, lon = _filled(held["place_lat"]), _filled(held["place_lon"])
    numbers = np.asarray(np.ma.filled(held["place_set"][:], 0), int)
    sets = [str(s) for s in json.loads(file.sets)] if "sets" in file.ncattrs() else []
    index = np.asarray(np.ma.filled(held["index"][:], 0), int)
    area = np.asarray(weights(index), float)
    forecast, analysis = (_members(held[n], times.size) for n in ("forecast", "analysis"))
    increments = _increments(held, times, layers, area / area.sum())
    status = np.asarray(np.ma.filled(held["status"][:], 0), int)
    return Analyses(
        times, sets or [f"set {k + 1}" for k in range(int(numbers.max(initial=0)) + 1)], lat, lon, numbers,
        _filled(held["observed"]), _filled(held["error"]), status, *forecast, *analysis, index, **increments,
        members=int(held["forecast"].shape[1]),
        names=[str(n) for n in held["place_name"][:]] if "place_name" in held else [],
        parameters=_parameters(held, area / area.sum()),
    )  # fmt: skip


def _filled(variable: Any, rows: Any = slice(None)) -> np.ndarray:
    return np.asarray(np.ma.filled(np.ma.asarray(variable[rows], dtype=float), np.nan))


def _members(variable: Any, times: int) -> tuple[np.ndarray, np.ndarray]:
    """[time, place] mean and sd over the members, a block of times after another."""
    members, places = variable.shape[1:]
    step = max(1, BLOCK // max(1, members * places))
    mean, sd = (np.full((times, places), np.nan) for _ in range(2))
    for begin in range(0, times, step):
        rows = slice(begin, begin + step)
        mean[rows], sd[rows] = moments(_filled(variable, rows), axis=1)
    return mean, sd


def moments(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (n - 1) of what is finite along an axis; NaN of nothing, an sd of 0 for one value."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=axis) / count
        off = np.where(known, values - np.expand_dims(mean, axis), 0.0)
        sd = np.sqrt((off**2).sum(axis=axis) / np.maximum(count - 1, 1))
    return mean, np.where(count > 0, sd, np.nan)


def _increments(held: Any, times: np.ndarray, layers: np.ndarray, area: np.ndarray) -> dict[str, Any]:
    """Means and sd over time, months and spread; each variable is read a block of times after another."""
    variable = held["increment"]
    deep, cells = variable.shape[1:]
    thick = 1000.0 * np.diff(layers[:deep], axis=1)[:, 0] if len(layers) >= deep else np.full(deep, np.nan)
    months = times.astype("datetime64[D]").astype("datetime64[M]")
    named = np.unique(months)
    total, square, count = (np.zeros((deep, cells)) for _ in range(3))
    monthly, spread = np.zeros((named.size, deep)), np.full((2, times.size, deep), np.nan)
    step = max(1, BLOCK // max(1, deep * cells))
    for begin in range(0, times.size, step):
        rows = slice(begin, min(begin + step, times.size))
        values = _filled(variable, rows)
        known = np.isfinite(values)
        values = np.where(known, values, 0.0)
        total += values.sum(axis=0)
        square += (values**2).sum(axis=0)
        count += known.sum(axis=0)
        np.add.at(monthly, np.searchsorted(named, months[rows]), (values @ area) * thick)
        for k, name in enumerate(("spread_forecast", "spread_analysis")):
            if name in held:
                spread[k, rows] = _mean(_filled(held[name], rows), area)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        sd = np.sqrt(np.clip(square / count - mean**2, 0.0, None))
    added = _filled(held["added"]) if "added" in held else np.full((times.size, cells), np.nan)
    return {
        "mean": mean, "sd": sd, "added": np.nansum(added, axis=0), "added_daily": _mean(added, area),
        "months": [str(m) for m in named], "monthly": monthly, "spread": spread,
    }  # fmt: skip


def _mean(values: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Mean over the cells (last axis) of what is finite, by area."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((np.where(known, values, 0.0) @ area) / (known @ area))


def _parameters(held: Any, area: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for name, variable in held.items():
        if f"{name}_sd" in held and variable.dimensions == ("time", "cell"):
            found[name] = np.stack([_mean(_filled(held[n]), area) for n in (name, f"{name}_sd")])
    return found
