"""The result of a flow run as a Python object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import xarray as xr

from vadose.errors import DataError
from vadose.workflow.finished import Failure, FinishedRun

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True)
class FlowRun(FinishedRun):
    """A finished flow run: states, budget, hydrographs, and its report.

    run  folder of the run
    """

    KIND, WHAT, JOB = "flow", "flow run", "simulate"

    @cached_property
    def outputs(self) -> xr.Dataset:
        """Heads, saturation, water table, pond and discharge, lazily: [time, (layer), y, x].

        Times are dates where the study says when it starts, else s since its start.
        """
        path = self.run / self.manifest["files"]["outputs"]
        dated = bool(self.manifest["start"])
        if path.suffix == ".zarr":
            return xr.open_zarr(path, decode_times=dated)
        return xr.open_dataset(path, engine="netcdf4", decode_times=dated)

    @property
    def failures(self) -> list[Failure]:
        """The step that did not converge, where the run stopped at one."""
        return [
            Failure("flow", f"{f['time'] / 3600.0:g} h", f"does not converge at z={f['z']}, y={f['y']}, x={f['x']}")
            for f in self.manifest["failures"]
        ]

    @property
    def budget(self) -> pd.DataFrame:
        """Storage, and what came in and left since the row before, m3."""
        return self._table("budget.csv")

    @property
    def hydrographs(self) -> pd.DataFrame:
        """Simulated and observed values at the gauges."""
        return self._table("hydrographs.csv")

    @property
    def restart(self) -> Path:
        """The file from which another run goes on."""
        return self.run / str(self.manifest["files"]["restart"])

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        if not (self.run / name).exists():
            raise DataError(f"{self.run / name}: the run did not write this table")
        return pd.read_csv(self.run / name)
