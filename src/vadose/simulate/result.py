"""The result of a simulation as a Python object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from vadose.errors import DataError
from vadose.workflow.finished import FinishedRun

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Simulation(FinishedRun):
    """A finished run: outputs, budgets, what failed, and its report.

    run  folder of the run
    """

    KIND, WHAT, JOB = "simulation", "simulation", "simulate"

    @cached_property
    def outputs(self) -> xr.Dataset:
        """The outputs, lazily: [member, time, (depth), lat, lon] or [member, time, (depth), site]."""
        path = self.run / self.manifest["outputs"]["file"]
        if path.suffix == ".zarr":
            return xr.open_zarr(path)
        return xr.open_dataset(path, engine="netcdf4")

    @property
    def budget(self) -> pd.DataFrame:
        """Closure of water and energy: a row "total" a member, and one a column."""
        return self._table("budget.csv")

    @property
    def spinup(self) -> pd.DataFrame:
        """Drift of every column in the last cycle of the spin-up."""
        return self._table("spinup.csv")

    @property
    def failed(self) -> pd.DataFrame:
        """Columns that failed, with time, reason and state."""
        return self._table("failed.csv")

    @property
    def restart(self) -> Path:
        """The file from which another run goes on."""
        return self.run / str(self.manifest["restart"])

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        if not (self.run / name).exists():
            raise DataError(f"{self.run / name}: the run did not write this table")
        return pd.read_csv(self.run / name, dtype={"member": str, "column": str})
