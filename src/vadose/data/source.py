"""A source: one variable, the files that hold it, and what those files do not say themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vadose.errors import ConfigError
from vadose.variables import Variable, lookup

STAMPS = ("start", "middle", "end")
FREQUENCIES = ("month", "day")
POINTS = ("sites", "grid")
ACCUMULATIONS = {"second": 1.0, "hour": 3600.0, "3 hours": 10800.0, "6 hours": 21600.0, "day": 86400.0, "month": None}


@dataclass(frozen=True)
class Source:
    """One variable in one set of files; every field but the first two may be left to the files.

    variable        vadose name (`vadose.variables`)
    paths           files; one, many along time, or tiles of sites
    file_variable   name in the files; a tuple where each soil layer is a variable of its own
    depth           (top, bottom) m to average a soil variable over
    layers          ((top, bottom), ...) m of the soil layers in the order of the file, or of the only one
    units           overrides the `units` attribute
    accumulation    what an amount (m, mm, kg m-2) was summed over: a key of ACCUMULATIONS
    stamp           where in its month a time stamp lies: one of STAMPS; inferred where None
    calendar        overrides the calendar attribute
    frequency       "month" or "day" (anything shorter than a month); inferred where None
    minimum_count   least number of valid time steps in a month; half of those the month could have where None
    climatology     True where the files hold the mean of each calendar month, to be taken for every year
    keep            ((flag variable, (allowed value, ...)), ...): other values are set missing
    land_fraction   path of sftlf; cell_area path of areacella, which is only checked
    points          "sites", or "grid" to put points of a regular lattice on that lattice
    site_table      CSV with latitude and longitude of the sites of a CSV source
    sign            -1 where the files count a flux the other way (ERA5 evaporation is negative)
    fallback        "units", "layers", "file_variable" (names to look for) to take where the files state none
    label           how messages call the source; the files' own name where empty
    attrs           goes into `CellSeries.attrs`: citation, licence, member ...
    """

    variable: str
    paths: tuple[str, ...]
    file_variable: str | tuple[str, ...] | None = None
    depth: tuple[float, float] | None = None
    layers: tuple[tuple[float, float], ...] | None = None
    units: str | None = None
    accumulation: str | None = None
    stamp: str | None = None
    calendar: str | None = None
    frequency: str | None = None
    minimum_count: int | None = None
    climatology: bool = False
    keep: tuple[tuple[str, tuple[int, ...]], ...] = ()
    land_fraction: str | None = None
    cell_area: str | None = None
    points: str = "sites"
    site_table: str | None = None
    sign: int = 1
    fallback: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lookup(self.variable)
        object.__setattr__(self, "paths", tuple(str(p) for p in self.paths))
        if not self.paths:
            raise ConfigError(f"{self.name}: no files were given")
        if isinstance(self.file_variable, list):
            object.__setattr__(self, "file_variable", tuple(self.file_variable))
        _choice(self.name, "stamp", self.stamp, STAMPS)
        _choice(self.name, "frequency", self.frequency, FREQUENCIES)
        _choice(self.name, "points", self.points, POINTS)
        _choice(self.name, "accumulation", self.accumulation, tuple(ACCUMULATIONS))
        if self.depth is not None and not 0 <= self.depth[0] < self.depth[1]:
            raise ConfigError(
                f"{self.name}: `depth` must be [top, bottom] with 0 <= top < bottom in m, got {self.depth}"
            )
        if self.minimum_count is not None and self.minimum_count < 1:
            raise ConfigError(f"{self.name}: `minimum_count` must be at least 1, got {self.minimum_count}")

    @property
    def name(self) -> str:
        """How messages call the source."""
        if self.label or not self.paths:
            return self.label or self.variable
        more = f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else ""
        return f"{Path(self.paths[0]).name}{more}"

    @property
    def quantity(self) -> Variable:
        return lookup(self.variable)


def _choice(source: str, name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise ConfigError(f"{source}: `{name}` must be one of {', '.join(allowed)}, got {value!r}")
