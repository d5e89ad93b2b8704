"""Evaluate the experiments of an assimilation: innovations, ranks, independent sensors, and the truth of a twin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.assimilate import evaluate_judges, evaluate_ranks, evaluate_twin, innovations
from vadose.assimilate.evaluate_files import Experiment, experiments, opened, read_analyses
from vadose.assimilate.evaluate_parameters import NAMES, Errors, parameter_errors, parameter_rows
from vadose.assimilate.evaluate_summary import summary
from vadose.errors import DataError
from vadose.simulate import tables
from vadose.workflow.cache import write_text
from vadose.workflow.failures import Failed, guarded
from vadose.workflow.folder import log
from vadose.workflow.output import write_dataset

if TYPE_CHECKING:
    import xarray as xr

FILES = ("innovations.csv", "ranks.csv", "evaluation.csv", "twin.csv", "twin.nc")
PARAMETERS = "truth-parameters.nc"
Rows = list[dict[str, Any]]


@dataclass
class Evaluation:
    """What an evaluation found.

    tables    file name -> rows;  files  names of the files written, in the run folder
    summary   sentences;  notes  what is not there and why
    failures  {"what": experiment or table, "part", "why"} as in run.json
    """

    tables: dict[str, Rows] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)


def evaluate(run: Path, manifest: Mapping[str, Any] | None = None) -> Evaluation:
    """Write the tables of an assimilation from its experiments' folders.

    run       folder of the run, with a folder an experiment
    manifest  what run.json says; read from the run where None

    What cannot be computed (no sensors, no truth, an experiment that failed) is left out with a note or a failure, the
    rest is written; files that an earlier evaluation left and this one does not write are removed.
    Raises DataError where there is no run.json of an assimilation.
    """
    run = Path(run)
    info = _manifest(run) if manifest is None else manifest
    found, known = Evaluation(), []
    for one in experiments(run, info):
        if one.outputs.exists() or one.analysis.exists():
            known.append(one)
        else:
            found.notes.append(f"{one.name}: there are no results in {one.folder.name}; not evaluated")
    _tabulate(found, run, "innovations.csv", innovations.COLUMNS, known, lambda e: _innovations(e, info))
    _tabulate(found, run, "ranks.csv", evaluate_ranks.COLUMNS, known, lambda e: _ranks(e, info))
    _judges(found, run, known)
    _twin(found, run, info, known)
    for name in set(FILES) - set(found.files):
        (run / name).unlink(missing_ok=True)
    found.summary = summary(found.tables)
    return found


def _manifest(run: Path) -> dict[str, Any]:
    try:
        info: dict[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{run}: not a finished assimilation ({error})") from error
    if info.get("kind") != "assimilation":
        raise DataError(f"{run / 'run.json'}: expected the kind 'assimilation', got {info.get('kind')!r}")
    return info


def _innovations(one: Experiment, info: Mapping[str, Any]) -> Rows:
    return innovations.innovation_rows(one.name, bool(one.updates), read_analyses(one, info))


def _ranks(one: Experiment, info: Mapping[str, Any]) -> Rows:
    return evaluate_ranks.rank_rows(one.name, read_analyses(one, info))


def _tabulate(
    found: Evaluation, run: Path, name: str, columns: Sequence[str], known: Sequence[Experiment],
    of: Callable[[Experiment], Rows],
) -> None:  # fmt: skip
    """A table with the rows of each experiment; one that fails leaves those of the others."""
    rows: Rows = []
    for one in known:
        made = _tried(found, one.name, name, of, one)
        rows += made or []
    if rows:
        _write(found, run, name, rows, columns)


def _tried(found: Evaluation, what: str, part: str, task: Callable[..., Any], *given: Any) -> Any:
    """The result of a task; None, with a failure noted, where it raises."""
    made = guarded(task)(*given)
    if not isinstance(made, Failed):
        return made
    log.error("%s: %s: %s\n%s", what, part, made.why, made.trace)
    found.failures.append({"what": what, "part": part, "why": made.why})
    return None


def _write(found: Evaluation, run: Path, name: str, rows: Rows, columns: Sequence[str]) -> None:
    plain = [{k: v.item() if isinstance(v, np.generic) else v for k, v in row.items()} for row in rows]
    write_text(run / name, tables.csv(plain, columns))
    found.tables[name] = rows
    found.files.append(name)


def _judges(found: Evaluation, run: Path, known: Sequence[Experiment]) -> None:
    made = _tried(found, "sensors", "evaluation.csv", evaluate_judges.judge_rows, known)
    if made is None:
        return
    rows, notes = made
    found.notes += notes
    if rows:
        _write(found, run, "evaluation.csv", rows, evaluate_judges.COLUMNS)


def _twin(found: Evaluation, run: Path, info: Mapping[str, Any], known: Sequence[Experiment]) -> None:
    """twin.csv and twin.nc where run.json names a truth."""
    if not info.get("truth"):
        return
    there = [one for one in known if one.outputs.exists()]
    said = str(info["truth"])
    truth = next((p for p in (run / said, Path(said)) if p.is_dir()), run / said)  # beside the run, or as stated
    file = next((p for p in (truth / "outputs.nc", truth / "outputs.zarr") if p.exists()), truth / "outputs.nc")
    right = _tried(found, "truth", "twin.csv", _zones, file)
    scored: dict[str, dict[str, evaluate_twin.Maps]] = {}
    for one in there if right is not None else ():
        maps = _tried(found, one.name, "twin.csv", lambda e=one: evaluate_twin.compare(right, _zones(e.outputs)))
        scored |= {} if maps is None else {one.name: maps}
    rows = evaluate_twin.twin_rows(scored, {} if right is None else right.reach)
    errors: dict[str, Errors] = {}
    if (run / PARAMETERS).is_file():
        errors = _tried(found, "truth", PARAMETERS, _parameters, run / PARAMETERS, there) or {}
    for name, of in errors.items():
        rows += parameter_rows(name, of)
    if not rows:
        return
    _write(found, run, "twin.csv", rows, evaluate_twin.COLUMNS)
    dataset = _tried(found, "truth", "twin.nc", twin_maps, scored, errors, there)
    if dataset is not None:
        write_dataset(dataset, run / "twin.nc")
        found.files.append("twin.nc")


def _zones(file: Path) -> evaluate_twin.Zones:
    with opened(file) as outputs:
        return evaluate_twin.zones_of(outputs)


def _parameters(file: Path, known: Sequence[Experiment]) -> dict[str, Errors]:
    with opened(file) as truth:
        return {one.name: parameter_errors(one, truth) for one in known}


def twin_maps(
    scored: Mapping[str, Mapping[str, evaluate_twin.Maps]], errors: Mapping[str, Errors], known: Sequence[Experiment]
) -> xr.Dataset:
    """Maps of twin.nc on the places of the outputs, (experiment, lat, lon) or (experiment, site).

    `<zone>_<metric>` such as root_zone_ubrmse; `<parameter>_error_prior` and `_posterior`, |mean - truth|
    """
    import xarray as xr

    first = next((one for one in known if one.name in scored), known[0])
    with opened(first.outputs) as outputs:
        dims = ("site",) if "site" in outputs.dims else ("lat", "lon")
        names = [n for n in (*dims, "lat", "lon", "lat_bnds", "lon_bnds") if n in outputs.variables]
        coords: dict[str, Any] = {
            n: (outputs[n].dims, outputs[n].values, _plain(outputs[n].attrs)) for n in dict.fromkeys(names)
        }
        shape = tuple(outputs.sizes[d] for d in dims)
    index = _index(first, int(np.prod(shape)))
    listed = [one.name for one in known]
    held: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}

    def put(name: str, experiment: str, values: np.ndarray, unit: str) -> None:
        whole = held.setdefault(name, np.full((len(listed), int(np.prod(shape))), np.nan))
        if values.size == whole.shape[1]:
            whole[listed.index(experiment)] = values
        else:
            whole[listed.index(experiment), index] = values
        units[name] = unit

    for experiment, zones in scored.items():
        for zone, maps in zones.items():
            for metric, values in maps.items():
                put(f"{zone.replace(' ', '_')}_{metric}", experiment, values, evaluate_twin.units_of(zone, metric))
    for experiment, of in errors.items():
        for name, both in of.items():
            for suffix, values in zip(("prior", "posterior"), both, strict=True):
                put(f"{name}_error_{suffix}", experiment, values, NAMES.get(name, "1"))
    coords["experiment"] = ("experiment", np.array(listed, dtype=str))
    data = {
        name: (("experiment", *dims), values.reshape(-1, *shape).astype(np.float32), {"units": units[name]})
        for name, values in held.items()
    }
    return xr.Dataset(data, coords, {"Conventions": "CF-1.11", "title": "Experiments against the truth of a twin"})


def _index(experiment: Experiment, size: int) -> np.ndarray:
    """[cell] position of each column in the flattened grid, of analysis.nc; all of them where it has none."""
    if experiment.analysis.is_file():
        with opened(experiment.analysis) as file:
            if "index" in file:
                return np.asarray(file["index"].values, int)
    return np.arange(size)


def _plain(attrs: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in attrs.items() if k != "_FillValue"}
