"""Observations beside the outputs: series on their time axis, scores of members and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.report.pack import pack_values
from vadose.report.simulation_data import SimulationRun, Variable
from vadose.report.simulation_density import beside_observed
from vadose.report.simulation_findings import metric_name
from vadose.report.simulation_series import MOST_COMPARED, MOST_CURVES, Reduced, Shown, shown, zone

FILE = "observations.nc"
MOST_BESIDE = 100_000  # values of all members beside all series, where there are more than a few members
_ORDER = ("kge", "nse", "correlation", "rmse", "ubrmse", "bias", "nme", "sd_difference", "overlap")


def scores(run: SimulationRun) -> list[dict[str, Any]]:
    """Rows of scores.csv that have a value, in display units; `member` may be a benchmark."""
    rows = []
    for r in run.tables["scores"]:
        if not isinstance(r.get("value"), float):
            continue
        named = {k: as_text(r.get(k)) for k in ("member", "observation", "metric")}
        source = Variable(as_text(r.get("variable")), "", as_text(r.get("units")), ("member", "time"), None)
        how = shown(source) if source.units == "kg m-2 s-1" else Shown("", {"1": ""}.get(source.units, source.units))
        numbers = {k: r[k] * how.factor if isinstance(r.get(k), float) else None for k in ("value", "low", "high")}
        rows.append({**named, **numbers, "n": r.get("n"), "units": how.units})
    return rows


def as_text(value: Any) -> str:
    """A cell of a table as text."""
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def score_tables(run: SimulationRun, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A table an observation: members, then benchmarks, across the metrics that any has."""
    metrics = sorted({r["metric"] for r in rows}, key=lambda m: (_rank(m), m))
    found = []
    for observation in dict.fromkeys(r["observation"] for r in rows):
        here = [r for r in rows if r["observation"] == observation]
        names = list(dict.fromkeys(r["member"] for r in here))
        own = [n for n in run.members if n in names]
        lines = [
            {"name": n, "baseline": n not in run.members,
             "n": max((r["n"] or 0 for r in here if r["member"] == n), default=0),
             "values": [next((r for r in here if r["member"] == n and r["metric"] == m), None) for m in metrics]}
            for n in [*own, *(n for n in names if n not in own)]
        ]  # fmt: skip
        units = {r["metric"]: r["units"] for r in here}
        heads = [{"title": metric_name(m), "units": units.get(m, "")} for m in metrics]
        found.append({"observation": observation, "rows": lines, "metrics": heads})
    return found


def _rank(metric: str) -> int:
    return _ORDER.index(metric.lower()) if metric.lower() in _ORDER else len(_ORDER)


def observed(run: SimulationRun, reduced: Reduced) -> list[dict[str, Any]]:
    """Observed series with what each member has there: name, title, units, place, packed values.

    Each variable [time] of observations.nc with a `vadose_name` is a series; its attributes say where it was measured
    (`cell`), in which `depth` [top, bottom] m, and NAME_reach, NAME_record hold the depth that a sensor saw at each
    time and the record that each interval belongs to.
    """
    path = run.path / FILE
    if not path.is_file():
        return []
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            held = {n: _filled(v) for n, v in file.variables.items() if v.dimensions == ("time",) and v.dtype != str}
            about = {n: {a: v.getncattr(a) for a in v.ncattrs()} for n, v in file.variables.items()}
            bounds = file.variables.get("time_bnds")
            middle = None if bounds is None else np.asarray(bounds[:], float).mean(axis=1) / 86400.0
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as observations: {error}; write the run again") from error
    series = {n: values for n, values in held.items() if "vadose_name" in about[n]}
    most = max(MOST_COMPARED, MOST_BESIDE // max(1, len(series) * reduced.starts.size))
    found = [
        _series(run, reduced, about[n], values, middle, held.get(f"{n}_reach"), held.get(f"{n}_record"), most)
        for n, values in series.items()
    ]
    return [entry for entry in found if entry]


def _filled(variable: Any) -> np.ndarray:
    return np.asarray(np.ma.filled(np.ma.asarray(variable[:], dtype=float), np.nan))


def _series(
    run: SimulationRun, reduced: Reduced, about: dict[str, Any], values: np.ndarray, middle: np.ndarray | None,
    reach: np.ndarray | None, record: np.ndarray | None, most: int,
) -> dict[str, Any] | None:  # fmt: skip
    variable, cell = str(about["vadose_name"]), int(about.get("cell", 0))
    place = next((k for k, p in enumerate(reduced.places) if p.cell == cell), None)
    if variable not in reduced.series or place is None:
        return None
    style = reduced.about[variable]
    how = shown(Variable(variable, "", str(about.get("units") or ""), ("member", "time"), None))
    on_axis = [_on_axis(v, middle, reduced) for v in (values * how.factor + how.offset, reach, record)]
    model: np.ndarray | None = reduced.series[variable][..., place]
    if about.get("water") == "liquid" and "soil_ice" in reduced.series:
        model = reduced.series[variable][..., place] - reduced.series["soil_ice"][..., place]
    depth = depth_of(about)
    if model is not None and model.ndim == 3:
        model = _over_depth(model, reduced.layers, depth, on_axis[1])
    if on_axis[0] is None or model is None or not np.isfinite(on_axis[0]).any():
        return None
    seen, paired = _by_record(on_axis[0], model, on_axis[2])
    known = np.flatnonzero(np.isfinite(seen))
    density = None
    if variable == "soil_moisture":
        density = beside_observed(seen, (model if paired is None else paired)[:MOST_CURVES])
    return {
        "name": str(about.get("long_name") or variable), "variable": variable, "title": style.title,
        "units": style.units, "place": place, "depth": depth, "values": pack_values(seen),
        "span": [float(reduced.starts[known[0]]), float(reduced.ends[known[-1]])] if known.size else None,
        **({} if density is None else {"density": density}),
        "members": [pack_values(m) for m in model[:most]],
        **({} if paired is None else {"paired": [pack_values(m) for m in paired[:most]]}),
    }  # fmt: skip


def _over_depth(
    model: np.ndarray, layers: np.ndarray, depth: tuple[float, float] | None, reach: np.ndarray | None
) -> np.ndarray | None:
    """[member, time] means over the depth of an observation, which may change with time."""
    if depth is not None:
        return zone(model, layers, depth, axis=2)
    if reach is None:
        return None
    bottoms = np.round(np.where(np.isfinite(reach), reach, np.nanmedian(reach)), 2)
    out = np.full(model.shape[:2], np.nan)
    for bottom in np.unique(bottoms[bottoms > 0]):
        rows = bottoms == bottom
        out[:, rows] = zone(model[:, rows], layers, (0.0, float(bottom)), axis=2)
    return out


def _by_record(
    values: np.ndarray, model: np.ndarray, record: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """One value a record, at its middle interval, and the members' means over it; as they are without records."""
    if record is None or not np.isfinite(record).any():
        return values, None
    there = np.isfinite(values) & (record >= 0)
    seen, paired = np.full(values.size, np.nan), np.full(model.shape, np.nan)
    for number in np.unique(record[there]):
        rows = np.flatnonzero(there & (record == number))
        centre = rows[rows.size // 2]
        seen[centre] = values[centre]
        paired[:, centre] = model[:, rows].mean(axis=1)
    return seen, paired


def depth_of(about: dict[str, Any]) -> tuple[float, float] | None:
    """[top, bottom] m of an observation; None where it states none."""
    depth = np.ravel(np.asarray(about.get("depth", []), float))
    return (float(depth[0]), float(depth[1])) if depth.size == 2 else None


def _on_axis(values: np.ndarray | None, middle: np.ndarray | None, reduced: Reduced) -> np.ndarray | None:
    """Values on the time axis of the page: as they are, or means of the intervals that lie in each of it."""
    size = reduced.starts.size
    if values is None or values.size == size:
        return values
    if middle is None or middle.size != values.size:
        return None
    row = np.searchsorted(reduced.starts, middle, side="right") - 1
    good = np.isfinite(values) & (row >= 0) & (middle < reduced.ends[np.clip(row, 0, size - 1)])
    count = np.bincount(row[good], minlength=size)
    total = np.bincount(row[good], values[good], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan)
