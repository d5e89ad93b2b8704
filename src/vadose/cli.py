"""The command line: one command a job, and `report`, `data`, `info` and `demo` beside them.

Exit codes: 0 done, 1 the run failed or a part of it did, 2 the input is wrong.
"""

from __future__ import annotations

import importlib
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from vadose.errors import ConfigError, RangeError, VadoseError

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    name="vadose",
    help="Simulate, calibrate, assimilate and benchmark soil moisture, from one column to the globe.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
WIDE = 240  # columns of a table in a pipe or a file
data = typer.Typer(help="Reference data: what is known, what a file is, how to get model output.", no_args_is_help=True)
app.add_typer(data, name="data")

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study file.")]
OutFolder = Annotated[Path | None, typer.Option("--out", help="Run folder; default: the study's name without .toml.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what was found and stop.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Compute everything again, ignoring earlier results.")]
Workers = Annotated[int, typer.Option(min=0, help="Processes; 0 takes one for each core.")]
Scheduler = Annotated[str, typer.Option(help="Address of a dask.distributed scheduler to run on.")]
Report = Annotated[bool, typer.Option(help="Write the report.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="Override a key, as in bootstrap.replicates=50.")]


def console(stderr: bool = False) -> Console:
    """A console that neither guesses colours nor breaks long paths."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDE
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=width)


@app.command()
def benchmark(
    study: StudyFile,
    out: OutFolder = None,
    settings: Settings = None,
    dry_run: DryRun = False,
    fresh: Fresh = False,
    workers: Workers = 0,
    scheduler: Scheduler = "",
    report: Report = True,
) -> None:
    """Score models against references and write the report."""
    from vadose.benchmark import run

    launch(
        run, study, dry_run, scheduler, out=out, settings=settings or (), fresh=fresh, workers=workers, report=report
    )


@app.command()
def calibrate(
    study: StudyFile,
    out: OutFolder = None,
    settings: Settings = None,
    dry_run: DryRun = False,
    fresh: Fresh = False,
    workers: Workers = 0,
    scheduler: Scheduler = "",
    report: Report = True,
) -> None:
    """Turn daily soil moisture and soil maps into thresholds, optimised soil maps and a report."""
    from vadose.calibrate import run

    launch(
        run, study, dry_run, scheduler, out=out, settings=settings or (), fresh=fresh, workers=workers, report=report
    )


@app.command()
def simulate(
    study: StudyFile,
    out: OutFolder = None,
    settings: Settings = None,
    dry_run: DryRun = False,
    fresh: Fresh = False,
    workers: Workers = 0,
    scheduler: Scheduler = "",
    report: Report = True,
) -> None:
    """Run the land surface model over sites or a grid, or flow in three dimensions (a ParFlow case too); report."""
    from vadose.simulate.flow.load import is_flow

    job = importlib.import_module("vadose.simulate.flow.run" if is_flow(study) else "vadose.simulate.run")
    launch(
        job, study, dry_run, scheduler, out=out, settings=settings or (), fresh=fresh, workers=workers, report=report
    )


@app.command()
def assimilate(
    study: StudyFile,
    out: OutFolder = None,
    settings: Settings = None,
    dry_run: DryRun = False,
    fresh: Fresh = False,
    workers: Workers = 0,
    scheduler: Scheduler = "",
    report: Report = True,
) -> None:
    """Run an ensemble of the land model, bring in soil moisture with a Kalman filter, judge it and write the report."""
    from vadose.assimilate import run

    launch(
        run, study, dry_run, scheduler, out=out, settings=settings or (), fresh=fresh, workers=workers, report=report
    )


def launch(job: Any, study: Path, dry_run: bool, scheduler: str, **options: Any) -> NoReturn:
    """Say what a study would read, or run it; leave with the fitting exit code.

    job : the module that has `describe_study` and `run_study`
    """
    if dry_run:
        found = job.describe_study(study, options["settings"])
        console().print(found.table())
        raise typer.Exit(0 if found.complete else 1)
    with client(scheduler) as connected:
        result = job.run_study(study, client=connected, **options)
    finish(result)


@app.command()
def drydown(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file of daily soil moisture, or a calibration run.")],
    at: Annotated[str, typer.Option("--at", help="LATITUDE,LONGITUDE: take the nearest cell.")] = "",
    variable: Annotated[str, typer.Option(help="Variable or column of the file.")] = "",
    units: Annotated[str, typer.Option(help="Units, where the file does not state them or is wrong.")] = "",
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the drydowns into this PNG, PDF or SVG file.")
    ] = None,
    events: Annotated[Path | None, typer.Option("--events", help="Write the table of drydowns into this CSV.")] = None,
) -> None:
    """Say what the drydowns of one series tell: wilting point, critical point, memory, by both estimators."""
    from vadose.calibrate.single import look

    found = look(path, at, variable or None, units or None)
    console().print(found.table())
    if events:
        found.write_events(events)
        print(events)
    if plot:
        found.save_figure(plot)
        print(plot)


def client(address: str) -> Any:
    """A context with a dask.distributed client connected to `address`, or with None."""
    import contextlib

    if not address:
        return contextlib.nullcontext()
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError("--scheduler needs the package distributed: pip install 'vadose[distributed]'") from None
    try:
        return Client(address, timeout="20s")
    except OSError as error:
        raise ConfigError(f"--scheduler {address}: no dask scheduler answers there ({error})") from None


def finish(result: Any) -> NoReturn:
    """Say what failed and where the results are; leave with the fitting exit code."""
    from rich.markup import escape

    for failure in result.failures:
        console(stderr=True).print(
            f"[red]failed[/]  {escape(failure.model)} / {escape(failure.row)}: {escape(failure.why)}"
        )
    print(result.index if result.index else result.run)
    raise typer.Exit(1 if result.failures else 0)


@app.command()
def report(runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")]) -> None:
    """Write the report of finished runs again."""
    from vadose.report import write_report

    for run in runs:
        print(write_report(run))


Percent = Annotated[float, typer.Option(help="% of the mineral fine earth by mass.")]


@app.command()
def soil(
    sand: Percent,
    clay: Percent,
    soc: Annotated[float | None, typer.Option(help="Organic carbon, % of the fine earth by mass.")] = None,
    density: Annotated[float | None, typer.Option(help="Bulk density, kg m-3; estimated where it is needed.")] = None,
    gravel: Annotated[float | None, typer.Option(help="Particles above 2 mm, % of the soil by mass.")] = None,
    depth: Annotated[float | None, typer.Option(help="Depth of the sample's middle, m; topsoil above 0.3 m.")] = None,
    ptf: Annotated[str, typer.Option(help="Pedotransfer functions by name, with commas between them, or all.")] = "all",
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the curves into this PNG, PDF or SVG file.")] = None,
) -> None:
    """Say what every pedotransfer function makes of a soil: thresholds, parameters, available water."""
    from vadose.soil.curves import save_curves
    from vadose.soil.describe import describe
    from vadose.soil.table import description_tables
    from vadose.soil.texture import Soil

    sample = Soil(sand, clay, soc, density, gravel, depth)
    found = describe(sample, None if ptf == "all" else [name.strip() for name in ptf.split(",")])
    for part in description_tables(found):
        console().print(part)
    if plot:
        save_curves({k: m.retention for k, m in found.members.members.items()}, plot, found.title)
        print(plot)


@app.command()
def info() -> None:
    """Print the versions of vadose and of what it stands on."""
    from vadose.workflow.versions import versions

    for name, version in versions().items():
        print(f"{name:14s} {version}")


class Job(StrEnum):
    """Jobs that have an embedded sample."""

    benchmark = "benchmark"
    calibrate = "calibrate"
    simulate = "simulate"
    assimilate = "assimilate"
    flow = "flow"


@app.command()
def demo(
    job: Annotated[Job, typer.Argument(help="The job to show.")] = Job.benchmark,
    out: Annotated[Path, typer.Option("--out", help="Folder for the sample and its run.")] = Path("vadose-demo"),
    workers: Workers = 0,
) -> None:
    """Generate the small synthetic sample of a job, run the job on it and end with the path of the report."""
    if job is Job.calibrate:
        from vadose.calibrate import run, sample

        study = sample.write_sample(out / "calibrate-sample")
        finish(run.run_study(study, out / "calibrate-run", workers=workers))
    if job is Job.simulate:
        from vadose.simulate import run as simulation
        from vadose.simulate.sample import write_sample as write_weather

        written = write_weather(out / "simulate-sample")
        finish(simulation.run_study(written, out / "simulate-run", workers=workers))
    if job is Job.assimilate:
        from vadose.assimilate import run as assimilation
        from vadose.assimilate.sample import write_sample as write_twin
        from vadose.simulate import run as simulation

        truth, twin = write_twin(out / "assimilate-sample")
        simulation.run_study(truth, truth.parent / "truth", workers=workers, report=False)
        finish(assimilation.run_study(twin, out / "assimilate-run", workers=workers))
    if job is Job.flow:
        from vadose.simulate.flow import run as flow
        from vadose.simulate.flow import sample as valley

        truth, study = valley.write_sample(out / "flow-sample")
        flow.run_study(truth, truth.parent / "truth", report=False)
        valley.observe(truth.parent / "truth", truth.parent)
        finish(flow.run_study(study, out / "flow-run"))
    from vadose.benchmark.run import run_study
    from vadose.data.sample import write_sample

    finish(run_study(write_sample(out / "sample"), out / "run", workers=workers))


@data.command("list")
def data_list() -> None:
    """List the references and the inputs of a calibration that vadose knows, and where to get them."""
    from vadose.data.catalog import reference_table
    from vadose.data.inputs import input_table

    console().print(reference_table())
    console().print(input_table())


@data.command("check")
def data_check(paths: Annotated[list[Path], typer.Argument(metavar="PATH...")]) -> None:
    """Say what a file is and whether vadose can use it."""
    from vadose.data.check import check

    reports = [check(path) for path in paths]
    for found in reports:
        console().print(found.table())
    raise typer.Exit(0 if all(r.usable for r in reports) else 1)


@data.command("fetch")
def data_fetch(
    facets: Annotated[
        list[str],
        typer.Argument(metavar="[smap] NAME=VALUE...", help="source_id=CESM2 variable_id=mrsol; smap period=..."),
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to download into (CMIP6 or SMAP).")] = None,
) -> None:
    """Download CMIP6 output from ESGF (needs the extra `esgf`), or SMAP from NASA Earthdata (the extra `earthdata`)."""
    if facets[0] == "smap":
        from vadose.data.fetch_smap import fetch_smap, parse_request

        paths = fetch_smap(parse_request(facets[1:]), out or Path("SMAP"))
    else:
        from vadose.data.fetch import fetch, parse_facets

        paths = fetch(parse_facets(facets), out or Path("CMIP6"))
    for path in paths:
        print(path)


def main() -> NoReturn:
    """Run the command line; errors of vadose become one clear line and an exit code."""
    try:
        app(standalone_mode=True)
    except VadoseError as error:
        print(f"vadose: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ConfigError | RangeError) else 1)
    except KeyboardInterrupt:
        print("vadose: stopped; run the same command again to continue", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)


if __name__ == "__main__":
    main()
