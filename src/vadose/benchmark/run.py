"""Run a benchmark study: plan, compute what is not there yet, write the results, then the report."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dask.delayed import delayed

from vadose.benchmark import collate, tasks
from vadose.benchmark.pair import CompareSettings
from vadose.benchmark.plan import REFERENCE, Plan, ResponseRow, Row, make_plan
from vadose.benchmark.result import Benchmark
from vadose.benchmark.study import Study, parse_study, read_study, study_root
from vadose.benchmark.tasks import Packed, PackJob, PairJob
from vadose.config import override
from vadose.errors import VadoseError
from vadose.grid.composite import Extents
from vadose.grid.composite import ilamb_extents as shared_extents
from vadose.grid.latlon import LatLonGrid
from vadose.variables import lookup
from vadose.workflow.cache import write_text
from vadose.workflow.execute import execute
from vadose.workflow.failures import Failed
from vadose.workflow.folder import log, log_to, prepare
from vadose.workflow.output import study_toml


@dataclass(frozen=True)
class Outcome:
    """What every task of a run gave: packed series by (model or "reference", row id), results by (model, row id)."""

    packed: dict[tuple[str, str], Packed | Failed]
    pairs: dict[tuple[str, str], Any]


def run_study(
    study: Study | Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    settings: Sequence[str] = (),
    fresh: bool = False,
    workers: int = 0,
    client: Any = None,
    report: bool = True,
) -> Benchmark:
    """Run a study and write the run folder; what an earlier run of it finished is not done again.

    study    a study file, its tables as a dictionary, or a Study
    out      run folder; default: the study file's name without suffix, "benchmark-run" for a dictionary
    settings overrides as on the command line, "bootstrap.replicates=50"
    fresh    forget earlier results in `out`
    workers  processes, 0 for one a core; client: a dask.distributed client to run on instead
    Raises ConfigError for a wrong study; pairs that fail are listed in `.failures` of the result.
    """
    parsed, root, name = load_study(study, settings)
    run = Path(out) if out is not None else Path(name)
    prepare(run, fresh)
    started = time.monotonic()
    with log_to(run / "log.txt"):
        plan = make_plan(parsed, root)
        resolved = replace(parsed, study=replace(parsed.study, root=str(root.resolve())))
        write_text(run / "study.toml", study_toml(resolved))
        outcome = compute(plan, run, workers, client)
        collate.write_run(plan, outcome.packed, outcome.pairs, run)
        if report:
            from vadose.report import write_report

            write_report(run)
        log.info("done in %.1f s", time.monotonic() - started)
    return Benchmark(run)


def load_study(study: Any, settings: Sequence[str]) -> tuple[Study, Path, str]:
    """A study in any of its forms, the folder its paths start from, and a name for its run."""
    if isinstance(study, Study):
        return study, study_root(study, Path.cwd()), "benchmark-run"
    if isinstance(study, Mapping):
        parsed = parse_study(override(dict(study), settings))
        return parsed, study_root(parsed, Path.cwd()), "benchmark-run"
    parsed, root = read_study(study, settings)
    return parsed, root, Path(study).stem


def compute(plan: Plan, run: Path, workers: int = 0, client: Any = None) -> Outcome:
    """Do all tasks of a plan."""
    cache = (run / "cache").resolve()
    packed = _pack_tasks(plan, cache)
    wanted: dict[str, Any] = {f"pack {k[0]} {k[1]}": v for k, v in packed.items()}
    pairs = _pair_tasks(plan, cache, packed)
    wanted |= {f"pair {k[0]} {k[1]}": v for k, v in pairs.items()}
    results = execute(wanted, workers, client, "benchmark")
    done = Outcome(
        {k: results[f"pack {k[0]} {k[1]}"] for k in packed},
        {k: results[f"pair {k[0]} {k[1]}"] for k in pairs},
    )
    for (model, row), result in [*done.packed.items(), *done.pairs.items()]:
        if isinstance(result, Failed):
            log.error("%s / %s: %s\n%s", model, row, result.why, result.trace)
    return done


def _pack_tasks(plan: Plan, cache: Path) -> dict[tuple[str, str], Any]:
    """One delayed result a (model, row); sources in the same files are read once for all their depths."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    found: dict[tuple[str, str], Any] = {}
    for key, source in plan.sources.items():
        if isinstance(source, VadoseError):
            found[key] = delayed(Failed(str(source)))
        else:
            groups[repr([replace(s, depth=None, label="", attrs={}) for s in source])].append(key)
    for keys in groups.values():
        job = PackJob(cache, tuple(plan.sources[k] for k in keys), plan.study.study.months)
        together = delayed(partial(tasks.pack, job))()
        for i, key in enumerate(keys):
            found[key] = delayed(tasks.pick)(together, i)
    return {key: found[key] for key in plan.sources}


def _pair_tasks(plan: Plan, cache: Path, packed: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    """One delayed result a (model, row)."""
    pairs: dict[tuple[str, str], Any] = {}
    used = dict.fromkeys(side.id for r in plan.responses for side in (r.independent, r.dependent))
    everyone = (REFERENCE, *plan.model_names)
    extents = ilamb_extents(plan)
    shared = partial(tasks.bin_range, cache, extents)
    ranges = {row: delayed(shared)(*(packed[who, row] for who in everyone)) for row in used}
    for model in plan.model_names:
        for row in plan.rows:
            job = PairJob(cache, model, row.id, compare_settings(plan, row, extents), plan.regions, row.variable.units)
            two = packed[REFERENCE, row.id], packed[model, row.id]
            pairs[model, row.id] = delayed(partial(tasks.compare_pair, job))(*two)
        for response in plan.responses:
            sides = response.independent.id, response.dependent.id
            units = response.dependent.variable.units
            job = PairJob(cache, model, response.id, compare_settings(plan, response, extents), plan.regions, units)
            four = [packed[who, side] for who in (REFERENCE, model) for side in sides]
            pairs[model, response.id] = delayed(partial(tasks.relate, job))(tuple(ranges[s] for s in sides), *four)
    return pairs


def ilamb_extents(plan: Plan) -> Extents:
    """The range of latitudes and longitudes that all models of a study share; ILAMB trims every comparison to it."""
    from vadose.data.cf import open_stack

    grids = []
    for model in plan.model_names:
        for sources in (plan.sources[model, row.id] for row in plan.rows):
            if isinstance(sources, VadoseError):
                continue
            try:
                grids.append(open_stack(sources[0]).horizontal.grid)
                break
            except VadoseError:
                continue
    return shared_extents([g for g in grids if isinstance(g, LatLonGrid)])


def compare_settings(plan: Plan, row: Row | ResponseRow, extents: Extents) -> CompareSettings:
    """How the pairs of a row are compared."""
    header, boot = plan.study.study, plan.study.bootstrap
    uncertainty = row.reference.uncertainty if isinstance(row, Row) else 0.0
    variable = row.variable.name if isinstance(row, Row) else ""
    return CompareSettings(
        headline=header.mode,
        grid=header.grid,
        rmse_basis=header.rmse_basis,
        mass_weighting=header.mass_weighting,
        interannual_in_overall=header.interannual_in_overall,
        quantiles=tuple(
            (q.region, q.bias, q.rmse) for q in plan.study.quantiles if lookup(q.variable).name == variable
        ),
        uncertainty=uncertainty,
        replicates=boot.replicates,
        block=boot.block_years,
        seed=boot.seed,
        bootstrap_cells=boot.cells,
        extents=extents,
        weights=plan.study.weights,
    )


def describe_study(study: Any, settings: Sequence[str] = ()) -> Any:
    """What a study would read, from headers only: models, members, periods, depths, units, what is missing."""
    from vadose.benchmark.describe import describe

    parsed, root, _ = load_study(study, settings)
    return describe(make_plan(parsed, root))
