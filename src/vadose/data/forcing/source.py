"""What a study says about its weather: files, names, units, clock, heights and what to do where something lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vadose.data.forcing.quantities import QUANTITIES, REQUIRED
from vadose.errors import ConfigError

FORMATS = (
    "auto", "table", "hrldas", "jules", "stdfmt", "rsplash", "fluxnet", "camels", "cf", "era5", "gldas", "nldas",
    "nextgen", "cmfd", "summa",
)  # fmt: skip
STAMPS = ("auto", "start", "middle", "end")
STATES = ("auto", "interval", "instant")
SUMS = ("interval", "reset", "total")
GAPS = ("error", "fill")
_ZONE = re.compile(r"^(?:UTC|GMT)\s*(?:([+-])\s*(\d{1,2})(?::?(\d{2}))?)?$", re.IGNORECASE)


@dataclass(frozen=True)
class ForcingSource:
    """The weather of a study; every field but `path` may be left to the files.

    path                file, folder or pattern, or several: along time, or one a variable
    format              one of FORMATS; "auto" looks into the first file
    names, units        quantity -> name in the files; quantity -> units, where the files state none or wrong ones
    columns             quantity of each column of a table without a header ("-" for one not wanted)
    accumulations       quantity -> "interval", "reset" (sums that restart) or "total", where files hold running sums
    time_zone           "UTC", "UTC-7", "solar" (by longitude) or such as "America/Phoenix" (standard time all year);
                        utc_offset the same in hours; where neither is stated, UTC, of daily tables the place's own days
    stamp               where in its interval a time stamp lies: "start", "middle", "end"; of the format where "auto"
    states              whether temperature, humidity, pressure and wind hold for the interval or the "instant"
    start, interval     first time and s between records, of files that hold no times
    lat, lon, elevation degrees and m, of a site whose file does not say so
    reference_height    m, at which the model takes the air; wind_height m, where the wind was measured
    roughness           m, of the ground under the logarithmic profile from wind_height to reference_height
    assumed             quantity -> one value in SI units, where the files have none
    gaps                "error", or "fill": linear up to `linear_gap` h, the mean daily course of the 15 days before
                        and after up to `longest_gap` days
    storm_hours, storm_centre   h and local solar hour: when the precipitation of a day falls; 24 h is all day long
    diurnal_range       K, of days with a mean temperature alone; from the day's sunshine where None
    period              (first, last) day as "2003-01-01", both included
    """

    path: str | tuple[str, ...]
    format: str = "auto"
    names: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    accumulations: dict[str, str] = field(default_factory=dict)
    time_zone: str | None = None
    utc_offset: float | None = None
    stamp: Literal["auto", "start", "middle", "end"] = "auto"
    states: Literal["auto", "interval", "instant"] = "auto"
    start: str | None = None
    interval: float | None = None
    lat: float | None = None
    lon: float | None = None
    elevation: float | None = None
    reference_height: float = 10.0
    wind_height: float | None = None
    roughness: float = 0.03
    assumed: dict[str, float] = field(default_factory=dict)
    gaps: Literal["error", "fill"] = "error"
    linear_gap: float = 3.0
    longest_gap: float = 30.0
    storm_hours: float = 6.0
    storm_centre: float = 20.0
    diurnal_range: float | None = None
    period: tuple[str, str] | None = None
    label: str = ""

    def __post_init__(self) -> None:
        for name in ("path", "columns"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.paths:
            raise ConfigError("`path` of the forcing names no files")
        for name, allowed in (("format", FORMATS), ("stamp", STAMPS), ("states", STATES), ("gaps", GAPS)):
            _choice(name, getattr(self, name), allowed)
        for name, known in (("names", QUANTITIES), ("units", QUANTITIES), ("accumulations", QUANTITIES)):
            _keys(name, getattr(self, name), tuple(known))
        _keys("assumed", self.assumed, (*REQUIRED, "relative_humidity", "lai"))
        _keys("columns", {c: 1 for c in self.columns if c not in ("-", "time")}, tuple(QUANTITIES))
        for how in self.accumulations.values():
            _choice("accumulations", how, SUMS)
        self._check_numbers()
        _ = self.days_wanted, self.offset_hours(0.0)

    def _check_numbers(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "lat": (-90, 90), "lon": (-180, 360), "elevation": (-500, 9000), "utc_offset": (-14, 14),
            "reference_height": (0.1, 500), "wind_height": (0.1, 500), "roughness": (1e-6, 5), "linear_gap": (0, 48),
            "longest_gap": (0, 400), "storm_hours": (0.5, 24), "storm_centre": (0, 24), "diurnal_range": (0, 40),
            "interval": (60, 86400),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigError(f"`{name}` must lie between {low} and {high}, got {value}")
        if min(self.reference_height, self.wind_height or np.inf) <= self.roughness:
            raise ConfigError(
                f"`reference_height` and `wind_height` must exceed `roughness`, {self.roughness} m; correct them"
            )
        if self.utc_offset is not None and self.time_zone is not None:
            raise ConfigError("`time_zone` and `utc_offset` say the same; state one of them")

    @property
    def paths(self) -> tuple[str, ...]:
        """`path` as a tuple, patterns included."""
        return (str(self.path),) if isinstance(self.path, str | Path) else tuple(str(p) for p in self.path)

    @property
    def name(self) -> str:
        """How messages call the source."""
        return self.label or self.paths[0] + (f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else "")

    @property
    def days_wanted(self) -> tuple[np.datetime64, np.datetime64] | None:
        """First and last day of `period`, or None."""
        if self.period is None:
            return None
        try:
            first, last = (np.datetime64(t, "D") for t in self.period)
        except (ValueError, TypeError) as error:
            raise ConfigError(f'`period` must be two days such as "2003-01-01", got {self.period}') from error
        if first > last:
            raise ConfigError(f"`period` must be [first, last] day, got {list(self.period)}")
        return first, last

    def offset_hours(self, lon: float) -> float:
        """Hours that the clock of the files is ahead of UTC, at a longitude."""
        if self.utc_offset is not None:
            return float(self.utc_offset)
        zone = (self.time_zone or "UTC").strip()
        if zone.lower() == "solar":
            return round(((lon + 180.0) % 360.0 - 180.0) / 15.0 * 60.0) / 60.0
        if found := _ZONE.match(zone):
            hours = int(found[2] or 0) + int(found[3] or 0) / 60.0
            return -hours if found[1] == "-" else hours
        return _standard_offset(zone)

    @property
    def clock(self) -> str:
        """The clock of the files as notes say it."""
        if self.utc_offset is not None:
            return f"UTC{self.utc_offset:+g} h, as stated"
        if self.time_zone is None:
            return "UTC, because neither time_zone nor utc_offset is stated"
        return f"{self.time_zone}, as stated"

    def without_paths(self) -> dict[str, Any]:
        """All fields but the files, for fingerprints and reports."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("path", "label")}


def _standard_offset(zone: str) -> float:
    """Hours ahead of UTC of the standard time of an IANA zone."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    try:
        info = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f'`time_zone` {zone!r} is unknown; expected "UTC", "UTC-7", "solar" or a name such as "America/Phoenix"'
        ) from error
    offsets = [datetime(2020, month, 1, tzinfo=info) for month in (1, 7)]
    seconds = []
    for moment in offsets:
        total, summer = moment.utcoffset(), moment.dst()
        seconds.append((total.total_seconds() if total else 0.0) - (summer.total_seconds() if summer else 0.0))
    return min(seconds) / 3600.0


def _choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(f"`{name}` of the forcing must be one of {', '.join(allowed)}, got {value!r}")


def _keys(name: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ConfigError(f"`{name}` of the forcing has {', '.join(unknown)}; expected among {', '.join(known)}")
