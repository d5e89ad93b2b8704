"""Opened weather: its columns, its time axis, and blocks of it at the model's step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.data.forcing.block import Part, finish, load
from vadose.data.forcing.derive import add_longwave, derive
from vadose.data.forcing.disaggregate import ROUNDS, disaggregate
from vadose.data.forcing.gaps import WINDOW, close_gaps
from vadose.data.forcing.series import ForcingSeries
from vadose.data.forcing.source import ForcingSource
from vadose.data.forcing.times import Axis, check_step
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells


@dataclass(frozen=True, eq=False)
class ForcingFiles:
    """Opened weather: headers are read (text files whole), values when `read` asks for them. No file stays
    open, so that it travels to workers.

    cells   columns of the files, those without any air temperature in the first record left out
    axis    records of the files in UTC: `axis.starts()`, `axis.interval`
    parts   quantity -> the files that hold it, in the order of time
    """

    source: ForcingSource
    cells: Cells
    axis: Axis
    parts: dict[str, tuple[Part, ...]]
    elevation: np.ndarray
    offset: float
    notes: tuple[str, ...]
    listed: str

    @property
    def files(self) -> tuple[str, ...]:
        """All files, in the order of time."""
        return tuple(dict.fromkeys(p.held.path for parts in self.parts.values() for p in parts))

    def times(self, step: float) -> np.ndarray:
        """Starts of all steps of the period, datetime64[s] UTC. Raises DataError where step and interval do not fit."""
        check_step(step, self.axis.interval, self.source.name)
        first, last = self._span()
        anchor = self.axis.starts(self._anchor(step), self._anchor(step) + 1)[0]
        late = -((anchor - first) / np.timedelta64(1, "s") // step) * step
        first = anchor + np.timedelta64(round(late), "s")
        count = int((last - first) / np.timedelta64(1, "s") // step)
        return first + (np.arange(count) * round(step)).astype("timedelta64[s]")

    def _anchor(self, step: float) -> int:
        """The first record at which a step may begin: of longer steps one at a whole number of steps since midnight."""
        unit = round(step / self.axis.interval)
        if unit <= 1:
            return 0
        seconds = self.axis.starts(0, min(unit, self.axis.steps)).astype(np.int64)
        whole = np.flatnonzero(seconds % round(step) == 0)
        return int(whole[0]) if whole.size else 0

    def _span(self) -> tuple[np.datetime64, np.datetime64]:
        first, last = self.axis.first, self.axis.starts(self.axis.steps, self.axis.steps + 1)[0]
        wanted = self.source.days_wanted
        if wanted is None:
            return first, last
        back = np.timedelta64(round(self.offset * 3600), "s")  # days of the period are days on the files' clock
        begin, end = (d.astype("datetime64[s]") - back for d in (wanted[0], wanted[1] + np.timedelta64(1, "D")))
        if begin < first or end > last:
            raise DataError(
                f"{self.source.name}: `period` {wanted[0]} to {wanted[1]} is not within the files, {self.axis.span}; "
                "narrow it or add files"
            )
        return begin, end

    def read(
        self,
        step: float,
        columns: np.ndarray | None = None,
        start: np.datetime64 | None = None,
        end: np.datetime64 | None = None,
        zenith: str = "mean",
    ) -> ForcingSeries:
        """Some columns and times at the model's step; blocks join without a seam.

        step        s
        columns     positions in `cells`, all where None
        start, end  first moment, and moment after the last, UTC; the whole period where None
        zenith      "mean" over the step, or "instant" of its start as in Noah-MP's driver
        Raises DataError, UnitError that name file, variable, what was expected and the remedy.
        """
        if zenith not in ("mean", "instant"):
            raise ConfigError(f'`zenith` must be "mean" or "instant", got {zenith!r}')
        times = self.times(step)
        low = times[0] if start is None else start
        high = times[-1] + np.timedelta64(round(step), "s") if end is None else end
        pick = np.arange(self.cells.size) if columns is None else np.asarray(columns, dtype=np.int64)
        wanted = times[(times >= low) & (times < high)]
        if not wanted.size or not pick.size:
            raise DataError(f"{self.source.name}: no step between {low} and {high}; the files hold {self.axis.span}")
        begin, stop, core = self._records(wanted[0], wanted[-1] + np.timedelta64(round(step), "s"), step)
        record = load(self, begin, stop, pick, core)
        derive(record, self.source, self.listed)
        daily = ("air_temperature_minimum", "air_temperature_maximum", "range") if record.daily else ()
        states = ("air_temperature", *daily, "vapour_pressure", "specific_humidity", "pressure", "wind")
        close_gaps(record, (*states, "shortwave", "precipitation"), self.source)
        add_longwave(record, self.source)
        close_gaps(record, ("longwave",), self.source)
        values = disaggregate(record, step, self.source)
        return finish(self, record, values, step, wanted, pick, zenith)

    def _records(self, low: np.datetime64, high: np.datetime64, step: float) -> tuple[int, int, slice]:
        """Records from before `low` to after `high` that a block needs to equal that part of the whole; the core."""
        interval = self.axis.interval
        one = np.timedelta64(1, "s")
        begin, stop = (low - self.axis.first) / one // interval, -((self.axis.first - high) / one // interval)
        days = (ROUNDS + 2.0) if self.axis.daily else 1.0
        if self.source.gaps == "fill":
            days += WINDOW + self.source.longest_gap
        pad = int(np.ceil(days * 86400.0 / interval))
        unit, anchor = max(1, round(step / interval)), self._anchor(step)
        start = anchor + max(0, (int(begin) - pad - anchor) // unit * unit)
        return start, min(self.axis.steps, int(stop) + pad), slice(int(begin) - start, int(stop) - start)
