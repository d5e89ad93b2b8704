"""Run a calibration study: pack the series, put soil maps on their cells, work tile by tile, write the results."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dask.delayed import delayed

from vadose.calibrate import collate, tasks
from vadose.calibrate.result import Calibration
from vadose.calibrate.study import Study, load_study
from vadose.calibrate.tasks import OnCells, Packed, Tile, Worked
from vadose.data.daily.blocks import Store
from vadose.errors import DataError
from vadose.workflow.cache import write_text
from vadose.workflow.execute import execute
from vadose.workflow.failures import Failed
from vadose.workflow.folder import log, log_to, prepare
from vadose.workflow.output import study_toml


@dataclass(frozen=True)
class Outcome:
    """What every task of a run gave: the packed series, soil maps by name, tiles in the order of the cells."""

    packed: Packed
    soils: dict[str, OnCells | Failed]
    tiles: tuple[Tile, ...]
    worked: tuple[Worked | Failed, ...]


def run_study(
    study: Study | Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    settings: Sequence[str] = (),
    fresh: bool = False,
    workers: int = 0,
    client: Any = None,
    report: bool = True,
) -> Calibration:
    """Run a study and write the run folder; what an earlier run of it finished is not done again.

    study    a study file, its tables as a dictionary, or a Study
    out      run folder; default: the study file's name without suffix, "calibrate-run" for a dictionary
    settings overrides as on the command line, "drydown.method='published'"
    fresh    forget earlier results in `out`
    workers  processes, 0 for one a core; client: a dask.distributed client to run on instead
    Raises ConfigError for a wrong study, DataError where the series cannot be read; experiments and tiles that fail
    are listed in `.failures` of the result, cells in the maps of reasons.
    """
    parsed, name = load_study(study, settings)
    run = Path(out) if out is not None else Path(name)
    prepare(run, fresh)
    started = time.monotonic()
    with log_to(run / "log.txt"):
        write_text(run / "study.toml", study_toml(parsed))
        outcome = compute(parsed, run, workers, client)
        collate.write_run(parsed, outcome, run, time.monotonic() - started)
        if report:
            from vadose.report import write_report

            write_report(run)
        log.info("done in %.1f s", time.monotonic() - started)
    return Calibration(run)


def compute(study: Study, run: Path, workers: int = 0, client: Any = None) -> Outcome:
    """Do all tasks of a study. Raises DataError where the series cannot be read."""
    cache = (run / "cache").resolve()
    packed = execute({"series": delayed(tasks.pack)(cache, study.soil_moisture)}, 1, client, "read series")["series"]
    if isinstance(packed, Failed):
        log.error("%s\n%s", packed.why, packed.trace)
        raise DataError(packed.why)
    log.info("series by cell: %s", packed.folder.name)
    wanted = dict.fromkeys(e.soil for e in study.experiments)
    sources = {soil.name: soil for soil in study.soil if soil.name in wanted}
    placed = {name: delayed(tasks.place_soil)(cache, source, packed.folder) for name, source in sources.items()}
    soils = execute(placed, workers, client, "read soil maps") if placed else {}
    tiles = cut(study, packed, cache, soils)
    log.info("%d cells in %d tiles, %d soil maps", tiles[-1].stop, len(tiles), len(soils))
    done = execute({str(t.start): delayed(tasks.work)(t) for t in tiles}, workers, client, "calibrate")
    for name, result in [*soils.items(), *((f"cells from {k}", v) for k, v in done.items())]:
        if isinstance(result, Failed):
            log.error("%s: %s\n%s", name, result.why, result.trace)
    log.info("tiles done")
    return Outcome(packed, soils, tiles, tuple(done[str(t.start)] for t in tiles))


def cut(study: Study, packed: Packed, cache: Path, soils: Mapping[str, OnCells | Failed]) -> tuple[Tile, ...]:
    """The tiles of the series, with the experiments whose soil map could be read."""
    chosen = [(e, soils[e.soil]) for e in study.experiments]
    experiments = tuple((e, soil.path) for e, soil in chosen if isinstance(soil, OnCells))
    cells = Store.open(packed.folder).cells.size
    if not cells:
        raise DataError(
            f"{study.soil_moisture.name}: every value is missing or refused; check `quality`, `units`, `valid_range`, "
            "`period` and `box` of [soil_moisture]"
        )
    step = study.study.tile
    return tuple(
        Tile(cache, packed.folder, start, min(start + step, cells), study.drydown, experiments)
        for start in range(0, cells, step)
    )


def describe_study(study: Any, settings: Sequence[str] = ()) -> Any:
    """What a study would read, from headers only: period, grid, soil maps, experiments."""
    from vadose.calibrate.describe import describe

    return describe(load_study(study, settings)[0])
