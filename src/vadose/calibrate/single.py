"""One series, looked at: both estimators side by side, its events, its figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.drydown.events import Events
from vadose.calibrate.drydown.published import Published, estimate_published
from vadose.calibrate.drydown.robust import Robust, estimate_robust
from vadose.calibrate.reason import Reason
from vadose.data.daily.series import DailySeries
from vadose.errors import ConfigError, DataError
from vadose.workflow.cache import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

_ROWS = (
    ("wilting point", "wilting_point", "m3 m-3", 3),
    ("critical point", "critical_point", "m3 m-3", 3),
    ("memory", "memory", "days", 1),
)


@dataclass(frozen=True)
class Look:
    """A series of one cell with what its drydowns tell.

    series  values [time, 1]; estimates by the name of the estimator
    """

    series: DailySeries
    estimates: dict[str, Estimates]
    published: Events
    title: str

    @cached_property
    def count(self) -> int:
        """Days with an observation."""
        return int(np.isfinite(self.series.values).sum())

    def table(self) -> Table:
        """For the terminal: a row a quantity, a column an estimator."""
        from rich.table import Table

        days = self.series.days
        table = Table(title=f"{self.title}: {self.count} observations, {days[0]} to {days[-1]}", title_justify="left")
        table.add_column("")
        for name in self.estimates:
            table.add_column(name, justify="right")
        for label, field, units, digits in _ROWS:
            cells = [_text(found, field, digits) for found in self.estimates.values()]
            table.add_row(f"{label} [{units}]".replace("[", "\\["), *cells)
        noise = [f"{found.noise[0]:.3f}" if found.done[0] else "-" for found in self.estimates.values()]
        table.add_row("noise \\[m3 m-3]", *(n.replace("nan", "-") for n in noise))
        table.add_row("drydowns used", *(f"{f.events[0]} of {f.candidates[0]}" for f in self.estimates.values()))
        if not all(f.done[0] for f in self.estimates.values()):
            table.add_row("no result", *(_reason(f) for f in self.estimates.values()))
        return table

    def figure(self) -> Figure:
        """The series with its events, and all events on one curve."""
        from vadose.calibrate.drydown.plot import plot_drydowns

        robust = self.estimates["robust"]
        shown = robust if robust.done[0] else self.estimates["published"]
        return plot_drydowns(
            self.series.values, self.series.days, self.published, shown, 0, self.title, self.series.rain
        )

    def save_figure(self, path: Path) -> None:
        """Write the figure. Raises ConfigError for a suffix that is no kind of figure."""
        known = (".png", ".pdf", ".svg")
        if path.suffix.lower() not in known:
            raise ConfigError(f"--plot {path}: expected a name that ends with {', '.join(known)}")
        self.figure().savefig(path)

    def write_events(self, path: Path) -> None:
        """Write the events of the published rule as CSV."""
        cells = self.series.cells
        frame = self.published.frame(self.series.days, cells.lat, cells.lon)
        write_text(path, frame.to_csv(index=False, float_format="%.6g"))


def look_at(series: DailySeries, title: str = "", published: Any = None, robust: Any = None) -> Look:
    """Estimate the thresholds of a series of one cell by both estimators.

    published, robust : settings, `Published` and `Robust`
    Raises DataError where the series holds several cells.
    """
    if series.cells.size != 1:
        raise DataError(f"{title or 'series'}: expected one cell, got {series.cells.size}")
    simple, events = estimate_published(series.values, published or Published())
    return Look(
        series,
        {"robust": estimate_robust(series.values, robust or Robust(), series.rain), "published": simple},
        events,
        title,
    )


def look(path: Path, at: str = "", variable: str | None = None, units: str | None = None) -> Look:
    """The series of a file, or of a finished run, nearest to `at` ("latitude,longitude").

    Raises ConfigError where several cells are there and none is named.
    """
    point = _point(at)
    if (path / "run.json").exists():
        from vadose.calibrate.result import Calibration

        if point is None:
            raise ConfigError(f"{path}: a run has many cells; choose one by --at LATITUDE,LONGITUDE")
        series = Calibration(path).series(*point)
    else:
        from vadose.data.daily.open import read_daily
        from vadose.data.daily.source import DailySource

        whole = read_daily(DailySource(str(path), variable=variable, units=units))
        if point is None and whole.cells.size != 1:
            raise ConfigError(f"{path}: holds {whole.cells.size} cells; choose one by --at LATITUDE,LONGITUDE")
        cell = 0 if point is None else whole.cells.nearest(*point)
        series = whole.part(slice(cell, cell + 1))
    return look_at(series, f"{path.name} at {series.cells.lat[0]:.2f}, {series.cells.lon[0]:.2f}")


def _point(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"--at {text!r}: expected LATITUDE,LONGITUDE in degrees, for example --at 31.7,-109.9"
        ) from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 360):
        raise ConfigError(f"--at {text!r}: latitude must lie in -90..90 and longitude in -180..360 degrees")
    return lat, lon


def _text(found: Estimates, field: str, digits: int) -> str:
    value, error = getattr(found, field)[0], getattr(found, f"{field}_error")[0]
    return f"{value:.{digits}f} +- {1.96 * error:.{digits}f}" if found.done[0] else "-"


def _reason(found: Estimates) -> str:
    return "-" if found.done[0] else Reason(found.reason[0]).meaning.replace("_", " ")
