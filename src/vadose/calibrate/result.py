"""The result of a calibration run as a Python object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import xarray as xr

from vadose.errors import DataError
from vadose.workflow.finished import FinishedRun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from vadose.data.daily.series import DailySeries


@dataclass(frozen=True)
class Calibration(FinishedRun):
    """A finished run: thresholds, textures, events, what failed, and its report.

    run  folder of the run
    """

    KIND, WHAT, JOB = "calibrate", "calibration run", "calibrate"

    @cached_property
    def thresholds(self) -> xr.Dataset:
        """Wilting point, critical point, memory with errors and spreads, [lat, lon] or [site]."""
        return xr.open_dataset(self.run / "thresholds.nc", engine="netcdf4")

    def texture(self, experiment: str = "") -> xr.Dataset:
        """The texture maps of an experiment, by default the first. Raises DataError listing the experiments."""
        files = {e["name"]: e["file"] for e in self.manifest["experiments"] if e["file"]}
        name = experiment or next(iter(files), "")
        if name not in files:
            raise DataError(f"{self.run}: no experiment {name!r}; the run has {', '.join(files) or 'none'}")
        return xr.open_dataset(self.run / files[name], engine="netcdf4")

    def events(self, lat: float | None = None, lon: float | None = None) -> pd.DataFrame:
        """The table of drydowns, with date and place: of the cell nearest to a point, or of all cells."""
        from vadose.calibrate.drydown.events import read_events

        path = self.run / "events.parquet"
        if not path.exists():
            raise DataError(f"{self.run}: the run wrote no events; set events = true in [drydown]")
        found = read_events(path, None if lat is None or lon is None else self._cell(lat, lon))
        cells = self._store.cells
        return found.frame(self._store.days, cells.lat, cells.lon)

    def series(self, lat: float, lon: float) -> DailySeries:
        """The daily series of the cell nearest to a point, from the cache of the run."""
        cell = self._cell(lat, lon)
        return self._store.read(slice(cell, cell + 1))

    def plot(self, lat: float, lon: float) -> Figure:
        """The drydowns of the cell nearest to a point: the series with its events, and all events on one curve."""
        from vadose.calibrate.single import look_at

        return look_at(self.series(lat, lon), f"{self.manifest['title']}: {lat:.2f}, {lon:.2f}").figure()

    def _cell(self, lat: float, lon: float) -> int:
        return self._store.cells.nearest(lat, lon)

    @cached_property
    def _store(self) -> Any:
        from vadose.data.daily.blocks import Store

        folder = self.run / self.manifest["series"]
        if not folder.exists():
            raise DataError(f"{folder}: the packed series are gone; run the study again")
        return Store.open(folder)
