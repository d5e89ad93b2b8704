"""Independent sensors beside the experiments: series of each sensor with mean and spread of the members there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.report.assimilation_analysis import moments
from vadose.report.assimilation_series import Ensemble
from vadose.report.pack import pack_values
from vadose.report.simulation_data import SimulationRun, Variable
from vadose.report.simulation_observed import FILE, _by_record, _filled, _on_axis, _over_depth, depth_of
from vadose.report.simulation_series import Shown, shown

MOST = 12  # sensors whose series are drawn


@dataclass(frozen=True)
class Judge:
    """A series of a sensor: values [time] of observations.nc as they are, with their attributes."""

    about: dict[str, Any]
    values: np.ndarray
    middle: np.ndarray | None
    reach: np.ndarray | None
    record: np.ndarray | None

    @property
    def variable(self) -> str:
        return str(self.about["vadose_name"])

    @property
    def cell(self) -> int:
        return int(self.about.get("cell", 0))

    @property
    def name(self) -> str:
        return str(self.about.get("long_name") or self.variable)

    @property
    def display(self) -> Shown:
        """How its numbers are shown."""
        return shown(Variable(self.variable, "", str(self.about.get("units") or ""), ("member", "time"), None))


def read_judges(run: SimulationRun) -> list[Judge]:
    """The sensors that judged an experiment; none where observations.nc is missing.

    Raises DataError where the file is malformed.
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
    return [
        Judge(about[n], values, middle, held.get(f"{n}_reach"), held.get(f"{n}_record"))
        for n, values in held.items()
        if "vadose_name" in about[n]
    ]


def judge_series(judges: list[Judge], experiments: list[Ensemble]) -> list[dict[str, Any]]:
    """Of the first sensors name, units, place, depth, what each saw and [mean, sd] of each experiment, packed."""
    found = [_entry(judge, experiments) for judge in judges[:MOST]]
    return [entry for entry in found if entry is not None]


def _entry(judge: Judge, experiments: list[Ensemble]) -> dict[str, Any] | None:
    first = experiments[0].members
    place = next((k for k, p in enumerate(first.places) if p.cell == judge.cell), None)
    if judge.variable not in first.series or place is None:
        return None
    how, depth = judge.display, depth_of(judge.about)
    seen = _on_axis(judge.values * how.factor + how.offset, judge.middle, first)
    reach, record = (_on_axis(v, judge.middle, first) for v in (judge.reach, judge.record))
    if seen is None or not np.isfinite(seen).any():
        return None
    shown_, means, spreads = seen, [], []
    for experiment in experiments:
        model = _model(judge, experiment, place, depth, reach)
        if model is None:
            return None
        shown_, _ = _by_record(seen, model, record)
        mean, sd = moments(model.astype(float), axis=0)
        means.append(mean)
        spreads.append(sd)
    known = np.flatnonzero(np.isfinite(shown_))
    return {
        "name": judge.name, "variable": judge.variable, "title": first.about[judge.variable].title,
        "units": first.about[judge.variable].units, "place": place, "depth": depth, "values": pack_values(shown_),
        "span": [float(first.starts[known[0]]), float(first.ends[known[-1]])],
        "experiments": [[pack_values(m), pack_values(s)] for m, s in zip(means, spreads, strict=True)],
    }  # fmt: skip


def _model(
    judge: Judge, experiment: Ensemble, place: int, depth: tuple[float, float] | None, reach: np.ndarray | None
) -> np.ndarray | None:
    """[member, time] of an experiment at the place and in the depth of a sensor."""
    r = experiment.members
    model: np.ndarray = r.series[judge.variable][..., place]
    if judge.about.get("water") == "liquid" and "soil_ice" in r.series:
        model = model - r.series["soil_ice"][..., place]
    return _over_depth(model, r.layers, depth, reach) if model.ndim == 3 else model
