"""Observations beside the outputs: series on the outputs' time axis, scores of members and baselines, sources of spread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.report.pack import pack_values
from vadose.report.simulation_data import SimulationRun, Variable
from vadose.report.simulation_findings import metric_name
from vadose.report.simulation_series import MOST_COMPARED, Reduced, Shown, shown, zone

FILE = "observations.nc"
_ORDER = ("kge", "nse", "r", "correlation", "r2", "rmse", "ubrmse", "mae", "bias", "nme")


def scores(run: SimulationRun) -> list[dict[str, Any]]:
    """Rows of scores.csv that have a value: member (or baseline), observation, metric, value, low, high, n."""
    return [
        {**{k: r.get(k) for k in ("value", "low", "high", "n")}, **{k: _text(r.get(k)) for k in ("member", "observation", "metric")}}
        for r in run.tables["scores"]
        if isinstance(r.get("value"), float)
    ]  # fmt: skip


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def score_tables(run: SimulationRun, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A table an observation: members, then baselines, across the metrics that any has."""
    metrics = sorted({r["metric"] for r in rows}, key=lambda m: (_rank(m), m))
    found = []
    for observation in dict.fromkeys(r["observation"] for r in rows):
        here = [r for r in rows if r["observation"] == observation]
        names = list(dict.fromkeys(r["member"] for r in here))
        own = [n for n in run.members if n in names]
        lines = [
            {"name": n, "baseline": n not in run.members, "n": max((r["n"] or 0 for r in here if r["member"] == n), default=0),
             "values": [next((r for r in here if r["member"] == n and r["metric"] == m), None) for m in metrics]}
            for n in [*own, *(n for n in names if n not in own)]
        ]  # fmt: skip
        found.append({"observation": observation, "rows": lines})
    return [{**t, "metrics": [{"key": m, "title": metric_name(m)} for m in metrics]} for t in found]


def _rank(metric: str) -> int:
    return _ORDER.index(metric.lower()) if metric.lower() in _ORDER else len(_ORDER)


def analysis(run: SimulationRun, titles: dict[str, Shown]) -> list[dict[str, Any]]:
    """Shares of the variance between members: {"variable", "title", "choice", "share"}, 0 to 1.

    analysis.csv holds a row a variable and choice, or a row a variable with a column for each choice.
    """
    found = []
    for row in run.tables["analysis"]:
        variable = _text(row.get("variable"))
        about = titles.get(variable)
        title = about.title if about else variable.replace("_", " ").capitalize()
        choice = next((_text(row[k]) for k in ("choice", "source", "factor") if row.get(k)), None)
        pairs = {choice: row.get("share")} if choice else {k: v for k, v in row.items() if k in _CHOICES}
        for name, share in pairs.items():
            if isinstance(share, float):
                found.append({"variable": variable, "title": title, "choice": str(name).replace("_", " "), "share": share})
    return found


_CHOICES = (
    "soil_map", "ptf", "closure", "preset", "forcing", "parameters", "interaction", "interactions", "residual", "rest",
)  # fmt: skip


def observed(run: SimulationRun, reduced: Reduced) -> list[dict[str, Any]]:
    """Observed series with what each member has there: name, title, units, place, packed values.

    observations.nc holds a variable [time] a series, with the attributes `observation` (its name), `variable` (of the
    outputs), `site` and, in the soil, `depth` [top, bottom] m; units are those of the outputs or m3 m-3.
    """
    path = run.path / FILE
    if not path.is_file():
        return []
    import netCDF4

    found = []
    try:
        with netCDF4.Dataset(path) as file:
            bounds = file.variables.get("time_bnds")
            times = None if bounds is None else np.asarray(bounds[:], float) / 86400.0
            for name, held in file.variables.items():
                if held.dimensions == ("time",) and name not in ("time", "time_bnds") and held.dtype != str:
                    values = np.ma.filled(np.ma.asarray(held[:], dtype=float), np.nan)
                    about = {a: held.getncattr(a) for a in held.ncattrs()}
                    entry = _series(run, reduced, name, about, values, times)
                    found += [entry] if entry else []
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as observations: {error}; write the run again") from error
    return found


def _series(
    run: SimulationRun, reduced: Reduced, name: str, about: dict[str, Any], values: np.ndarray, times: np.ndarray | None
) -> dict[str, Any] | None:
    variable = str(about.get("variable") or about.get("vadose_name") or name)
    place = next((k for k, p in enumerate(reduced.places) if p.name == str(about.get("site") or p.name)), None)
    if variable not in reduced.series or place is None:
        return None
    style, depth = reduced.about[variable], None
    units = str(about.get("units") or "")
    if units != style.units:  # already in the units of the page, else in those of the outputs
        values = _shown_values(Variable(variable, "", units, ("member", "time"), None), style, values)
    values = _on_axis(values, times, reduced)
    model = reduced.series[variable][..., place]
    if model.ndim == 3:
        depth = depth_of(about)
        if depth is None:
            return None
        model = zone(model, reduced.layers, depth, axis=2)
    if values is None or not np.isfinite(values).any():
        return None
    title = str(about.get("observation") or about.get("long_name") or name)
    return {
        "name": title, "variable": variable, "title": style.title, "units": style.units, "place": place,
        "depth": depth, "values": pack_values(values), "members": [pack_values(m) for m in model[:MOST_COMPARED]],
    }  # fmt: skip


def _shown_values(source: Variable, style: Shown, values: np.ndarray) -> np.ndarray:
    how = shown(source)
    return values * how.factor + how.offset if how.units == style.units else values


def depth_of(about: dict[str, Any]) -> tuple[float, float] | None:
    """[top, bottom] m of an observation: an array, two attributes, or two numbers in a text."""
    if "depth_top" in about and "depth_bottom" in about:
        return float(about["depth_top"]), float(about["depth_bottom"])
    depth = about.get("depth")
    numbers = re.findall(r"[\d.]+", depth) if isinstance(depth, str) else np.ravel([] if depth is None else depth).tolist()
    return (float(numbers[0]), float(numbers[1])) if len(numbers) == 2 else None


def _on_axis(values: np.ndarray, times: np.ndarray | None, reduced: Reduced) -> np.ndarray | None:
    """Values on the time axis of the page: as they are, or means of the intervals that lie in each of it."""
    size = reduced.starts.size
    if times is None or times.shape[0] != values.size:
        return values if values.size == size else None
    row = np.searchsorted(reduced.starts, times.mean(axis=1), side="right") - 1
    good = np.isfinite(values) & (row >= 0) & (times.mean(axis=1) < reduced.ends[np.clip(row, 0, size - 1)])
    count = np.bincount(row[good], minlength=size)
    total = np.bincount(row[good], values[good], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan)
