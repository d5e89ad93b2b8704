"""Run an assimilation study: spin up, run each experiment through its analyses, judge them, write everything."""

from __future__ import annotations

import dataclasses
import datetime
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import vadose
from vadose.assimilate.assimilated import Assimilated
from vadose.assimilate.cycle import Finished, run_experiment, slug_of
from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.evaluate import evaluate
from vadose.assimilate.files import write_analysis, write_parameters, write_truth
from vadose.assimilate.observed import ObservationSet
from vadose.assimilate.plan import Plan, make_plan, treated
from vadose.assimilate.study import EXPERIMENTS, OPEN, Study, load_study
from vadose.assimilate.summary import summary
from vadose.assimilate.twin import truth_parameters
from vadose.assimilate.update import NONE, USED
from vadose.errors import DataError
from vadose.simulate import collate
from vadose.simulate.planned import naming
from vadose.simulate.run import spun_up
from vadose.workflow.cache import write_text
from vadose.workflow.failures import Failed, guarded
from vadose.workflow.folder import log, log_to, prepare
from vadose.workflow.output import study_toml, write_json
from vadose.workflow.versions import versions


@dataclass(frozen=True)
class Outcome:
    """What the experiments of a run gave; failed  name -> why."""

    plan: Plan
    finished: tuple[Finished, ...]
    failed: dict[str, Failed]
    sets: tuple[ObservationSet, ...]


def run_study(
    study: Study | Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    settings: Sequence[str] = (),
    fresh: bool = False,
    workers: int = 0,
    client: Any = None,
    report: bool = True,
) -> Assimilated:
    """Run a study and write the run folder; cycles that an earlier run of it finished are not done again.

    study    a study file, its tables as a dictionary, or a Study
    out      run folder; default: the study file's name without suffix, "assimilate-run" for a dictionary
    settings overrides as on the command line, "assimilation.filter='letkf'"
    fresh    forget earlier results in `out`
    workers  threads of the forecasts and processes of the spin-up, 0 for one a core
    client   a dask.distributed client for the spin-up; experiments stay on this machine, whose memory holds all members
    Raises ConfigError for a wrong study, DataError where an input cannot be read or no experiment could be finished.
    """
    parsed, name = load_study(study, settings)
    run = Path(out) if out is not None else Path(name)
    prepare(run, fresh)
    started = time.monotonic()
    with log_to(run / "log.txt"):
        write_text(run / "study.toml", study_toml(parsed))
        with naming(study):
            plan = make_plan(parsed, (run / "cache").resolve())
        (run / "run.json").unlink(missing_ok=True)
        outcome = compute(plan, workers, client)
        write_run(outcome, run, started)
        if report:
            from vadose.report import write_report

            write_report(run)
        log.info("done in %.1f s", time.monotonic() - started)
    return Assimilated(run)


def compute(plan: Plan, workers: int = 0, client: Any = None) -> Outcome:
    """The spin-up and all experiments; the open loop goes first, since bias is fitted against it.

    Raises DataError where no experiment could be finished.
    """
    cells, members = plan.simulation.cells.size, len(plan.simulation.members)
    log.info(
        "%d columns (%d members, %d places), %d analyses from %s to %s",
        members * cells, members, cells, plan.days.size, plan.moments[0], plan.moments[-1],
    )  # fmt: skip
    spun = spun_up(plan.spinup, workers, client)
    if spun.failed:
        raise DataError(f"the spin-up failed: {next(iter(spun.failed.values())).why}")
    ensemble = Ensemble(plan.simulation, workers or os.cpu_count() or 1)
    names = sorted(plan.study.assimilation.experiments, key=lambda n: n != OPEN)
    sets, finished = plan.sets, []
    failed: dict[str, Failed] = {}
    biased = any(s.table.fitted for s in sets)
    unfitted = ""  # why biased values must not be assimilated as they are
    for name in names:
        done = Failed(unfitted) if unfitted else guarded(run_experiment)(plan, name, ensemble, sets, spun)
        if isinstance(done, Failed):
            log.error("%s: %s\n%s", name, done.why, done.trace)
            failed[name] = done
            if name == OPEN and biased:
                unfitted = f"without the open loop, which failed, no bias can be fitted: {done.why}"
            continue
        log.info("%s: %.1f s", name, done.seconds)
        if name == OPEN and biased:
            fitted = guarded(treated)(sets, _forecasts(done))
            if isinstance(fitted, Failed):
                unfitted = fitted.why
            else:
                sets, done = fitted, _again(done, fitted)
        finished.append(done)
    if not finished:
        raise DataError(next(iter(failed.values())).why)
    return Outcome(plan, tuple(finished), failed, sets)


def _forecasts(done: Finished) -> np.ndarray:
    """[moment, place] mean of the members that live, NaN where the forecast refuses an observation."""
    rows = [np.where(a.status == USED, a.forecast[a.alive].mean(axis=0), np.nan) for a in done.accounts]
    return np.stack(rows)


def _again(done: Finished, sets: Sequence[ObservationSet]) -> Finished:
    """An open loop whose accounts have the observations after their treatment."""
    accounts = []
    for k, account in enumerate(done.accounts):
        values, error = (np.concatenate([getattr(s, n)[k] for s in sets]) for n in ("values", "error"))
        status = np.where(np.isfinite(values), account.status, NONE).astype(np.int8)
        counts = account.counts | {"used": int((status == USED).sum())}
        accounts.append(replace(account, observed=values, error=error, status=status, counts=counts))
    return replace(done, accounts=tuple(accounts))


def write_run(outcome: Outcome, run: Path, started: float) -> None:
    """Write all but the report to the run folder; run.json comes last and marks the run as finished."""
    plan = outcome.plan
    for stale in {slug_of(name) for name in EXPERIMENTS} - {done.slug for done in outcome.finished}:
        shutil.rmtree(run / stale, ignore_errors=True)  # of an earlier run; what it could be made of is in the cache
    (run / "truth-parameters.nc").unlink(missing_ok=True)
    for done in outcome.finished:
        folder = run / done.slug
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "study.toml", study_toml(plan.study))
        collate.write_run(done.outcome, folder, done.seconds)
        write_analysis(done, plan, outcome.sets, folder / "analysis.nc")
        if done.prior:
            write_parameters(done.prior, done.posterior, plan.simulation.cells, folder / "parameters.nc")
        else:
            (folder / "parameters.nc").unlink(missing_ok=True)
    truth = next((s.table.truth for s in outcome.sets if s.table.twin), "")
    known = truth_parameters(Path(truth), plan.simulation.cells) if truth else {}
    if known:
        write_truth(known, plan.simulation.cells, run / "truth-parameters.nc")
    manifest = _manifest(outcome, truth, time.monotonic() - started)
    found = evaluate(run, manifest)
    manifest["failures"] += found.failures
    manifest["notes"]["evaluation"] = found.notes
    manifest["summary"] = [*summary(manifest), *found.summary]
    manifest["seconds"] = round(time.monotonic() - started, 1)
    manifest["files"] = sorted(p.name for p in run.iterdir() if p.suffix in (".nc", ".csv"))
    write_json(run / "run.json", manifest)


def _manifest(outcome: Outcome, truth: str, seconds: float) -> dict[str, Any]:
    plan = outcome.plan
    study, simulation = plan.study, plan.simulation
    chosen, edges = study.assimilation, np.round(np.concatenate([[0.0], np.cumsum(plan.thickness)]), 9)
    return {
        "kind": "assimilation",
        "title": study.study.title,
        "version": vadose.__version__,
        "versions": versions(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "preset": study.model.preset,
        "members": len(simulation.members),
        "columns": simulation.columns,
        "period": [str(simulation.schedule.start), str(simulation.schedule.end)],
        "step": simulation.schedule.step,
        "every": simulation.schedule.every,
        "layers": [[float(a), float(b)] for a, b in zip(edges[:-1], edges[1:], strict=True)],
        **collate.places(simulation),
        "filter": {
            "name": chosen.filter, "radius_km": chosen.radius, "support": chosen.support, "taper": chosen.taper,
            "inflation": [dataclasses.asdict(i) for i in chosen.inflation], "damping": chosen.damping,
            "parameters": list(chosen.parameters), "bounds": chosen.bounds, "depth": chosen.depth,
        },
        "experiments": [_experiment(done, simulation.members) for done in outcome.finished],
        "observations": [_observations(one) for one in outcome.sets],
        **({"truth": truth} if truth else {}),
        "failures": [
            {"what": name, "part": slug_of(name), "why": failed.why} for name, failed in outcome.failed.items()
        ],
        "notes": {"observations": list(plan.notes)},
        "hashes": [dataclasses.asdict(d) for d in simulation.digests],
    }  # fmt: skip


def _experiment(done: Finished, members: Sequence[Any]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for account in done.accounts:
        for reason, number in account.counts.items():
            counts[reason] = counts.get(reason, 0) + number
    alive = done.accounts[-1].alive
    return {
        "name": done.name,
        "slug": done.slug,
        "updates": list(done.updates),
        "analyses": done.analyses,
        "lost_members": [m.name for m, lives in zip(members, alive, strict=True) if not lives],
        "counts": counts,
        "warnings": list(dict.fromkeys(w for a in done.accounts for w in a.warnings)),
        "water_added": float(np.sum([a.added.mean() for a in done.accounts])),
        "seconds": round(done.seconds, 1),
    }


def _observations(one: ObservationSet) -> dict[str, Any]:
    error = one.error[np.isfinite(one.error)]
    return {
        "name": one.name, "variable": one.variable, "units": one.units, "places": one.size, "path": one.path,
        "error": float(np.median(error)) if error.size else None, "bias": one.table.bias, "values": one.number,
        "counts": dict(one.counts),
    }  # fmt: skip


def describe_study(study: Any, settings: Sequence[str] = ()) -> Any:
    """What a study would read and do: as of a simulation, and the analyses with their observations."""
    import tempfile

    from vadose.simulate.describe import COLUMN, PROCESS, describe, estimate, size_text, time_text

    with naming(study), tempfile.TemporaryDirectory() as folder:
        parsed = load_study(study, settings)[0]
        found = describe(parsed)
        plan = make_plan(parsed, Path(folder), hashed=False)
    chosen = parsed.assimilation
    # All members stay in the memory of one process, with a block of weather for each thread.
    needed = PROCESS + plan.simulation.columns * COLUMN
    seconds = estimate(plan.simulation)[0] * len(chosen.experiments)
    rows = [("memory", f"about {size_text(needed)}"), ("time", f"about {time_text(seconds)}")]
    rows += [("experiments", ", ".join(chosen.experiments)), ("filter", _filter_text(parsed))]
    rows.append(("analyses", f"{plan.days.size} from {plan.moments[0]} to {plan.moments[-1]} UTC"))
    for one in plan.sets:
        refused = ", ".join(f"{n} {reason}" for reason, n in one.counts.items() if n)
        told = f"{one.number} values at {one.size} places" + (f"; refused: {refused}" if refused else "")
        rows.append((one.name, told))
    kept = [row for row in found.run if row[0] not in ("memory", "time", "tiles")]
    return replace(found, run=(*kept, *rows))


def _filter_text(study: Study) -> str:
    chosen = study.assimilation
    radius = "all places together" if chosen.radius is None else f"within {chosen.radius:g} km"
    return f"{chosen.filter}, {radius}"
