"""The result of an assimilation as a Python object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vadose.errors import DataError
from vadose.simulate.result import Simulation
from vadose.workflow.finished import FinishedRun

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Assimilated(FinishedRun):
    """A finished run: experiments, their analyses, what they brought, and the report.

    run  folder of the run
    """

    KIND, WHAT, JOB = "assimilation", "assimilation", "assimilate"

    @property
    def experiments(self) -> dict[str, Simulation]:
        """Name -> the experiment as a simulation: outputs, budget, restart."""
        return {e["name"]: Simulation(self.run / e["slug"]) for e in self.manifest["experiments"]}

    def analyses(self, experiment: str) -> xr.Dataset:
        """analysis.nc of an experiment, lazily: observations, forecasts, increments, spread, water added."""
        import xarray as xr

        return xr.open_dataset(self._folder(experiment) / "analysis.nc", engine="netcdf4")

    def parameters(self, experiment: str) -> xr.Dataset:
        """Prior and posterior parameters of an experiment that updates some, [member, cell]."""
        import xarray as xr

        path = self._folder(experiment) / "parameters.nc"
        if not path.exists():
            raise DataError(f"{path}: the experiment {experiment!r} updates no parameters")
        return xr.open_dataset(path, engine="netcdf4")

    @property
    def evaluation(self) -> pd.DataFrame:
        """Scores of every experiment at the sensors that judge, and against the open loop."""
        return self._table("evaluation.csv")

    @property
    def innovations(self) -> pd.DataFrame:
        """Statistics of the innovations by experiment and set."""
        return self._table("innovations.csv")

    @property
    def twin(self) -> pd.DataFrame:
        """Scores against the truth of a twin experiment."""
        return self._table("twin.csv")

    def _folder(self, experiment: str) -> Path:
        known = {e["name"]: e["slug"] for e in self.manifest["experiments"]}
        if experiment not in known:
            raise DataError(f"{self.run}: no experiment {experiment!r}; the run has {', '.join(known)}")
        return self.run / known[experiment]

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        if not (self.run / name).exists():
            raise DataError(f"{self.run / name}: the run did not write this table")
        return pd.read_csv(self.run / name)
