"""Compare a finished run with its measurements and take its ensemble apart: the files of the run folder about both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.data.forcing.read import nearest_columns
from vadose.simulate import tables
from vadose.simulate.analysis import COLUMNS as SHARES
from vadose.simulate.analysis import analysis
from vadose.simulate.baselines import baselines
from vadose.simulate.scores import COLUMNS, scores
from vadose.workflow.cache import write_text

if TYPE_CHECKING:
    from vadose.simulate.run import Plan

FILES = ("observations.nc", "scores.csv", "analysis.csv")


def write_scores(plan: Plan, outputs: Path, run: Path) -> list[str]:
    """Write observations.nc and scores.csv where the study has observations, analysis.csv where members differ.

    outputs  the file of the run's outputs, complete
    Returns notes: units that were assumed, periods that do not meet, how the benchmarks were trained. Files that an
    earlier run left and this one does not write are removed.
    """
    import xarray as xr

    for name in FILES:
        (run / name).unlink(missing_ok=True)
    notes: list[str] = []
    opened = xr.open_zarr(outputs) if outputs.suffix == ".zarr" else xr.open_dataset(outputs, engine="netcdf4")
    with opened as dataset:
        observed = plan.observed
        if observed is not None:
            observed.write(run / FILES[0])
            made = baselines(observed, _Reader(plan), seed=plan.study.ensemble.seed)
            write_text(run / FILES[1], tables.csv(scores(dataset, observed, made.series), COLUMNS))
            notes += [*observed.notes, *made.notes]
        rows = analysis(dataset, plan.members)
    if rows:
        write_text(run / FILES[2], tables.csv(rows, SHARES))
    return notes


class _Reader:
    """Reads the weather of some cells of a run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __call__(self, places: np.ndarray, first: np.datetime64, last: np.datetime64) -> object:
        columns = nearest_columns(self.plan.files, self.plan.cells.part(places))
        return self.plan.files.read(self.plan.schedule.step, columns, first, last)
