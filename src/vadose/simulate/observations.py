"""Measurements on the time axis of a run, and what the run simulated where and when they were taken.

A measurement goes into an interval of the outputs by overlap, where at least half of the interval is there. Where its
records are longer than the intervals (daily evapotranspiration, hourly outputs) both are compared over its records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.observed import Measured, Wanted, read_observed
from vadose.data.observed.series import interval_means
from vadose.errors import ConfigError
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.simulate.observations_simulated import LAYERED, check_depth
from vadose.simulate.study_output import Observation

if TYPE_CHECKING:
    import xarray as xr

MINIMUM = 0.5  # of an interval that records must cover
TIME_UNITS = "seconds since 1970-01-01 00:00:00"
_ORIGIN = np.datetime64("1970-01-01T00:00:00", "s")
_FARTHEST = 0.75  # of a cell's width, beyond which a point lies outside of the grid


@dataclass(frozen=True, eq=False)
class Target:
    """One measured series on the time axis of the run.

    values   [time] in `units`, NaN where less than half of the interval was measured
    reach    [time] m, depth that a cosmic-ray sensor saw; None where `depth` holds for all times
    record   [time] number of the record an interval lies in, for records longer than the intervals; else None
    liquid   True for soil moisture of a sensor that does not see ice; cosmic rays see the hydrogen of all water
    cell     position in the cells of the run;  index  position in the flattened grid of its outputs
    """

    name: str
    variable: str
    units: str
    values: np.ndarray
    cell: int
    index: int
    place: str
    depth: tuple[float, float] | None = None
    reach: np.ndarray | None = None
    record: np.ndarray | None = None
    path: str = ""
    liquid: bool = False

    @cached_property
    def groups(self) -> np.ndarray:
        """[time] number of the pair that an interval belongs to, ascending from 0; -1 without a measurement."""
        there = np.isfinite(self.values)
        out = np.full(self.values.size, -1)
        if self.record is None:
            out[there] = np.arange(int(there.sum()))
        elif there.any():
            out[there] = np.unique(self.record[there], return_inverse=True)[1]
        return out

    def paired(self, series: np.ndarray) -> np.ndarray:
        """Means of [..., time] over each pair [..., pair]; NaN where the series misses a part."""
        there = self.groups >= 0
        if self.record is None:
            return np.asarray(series[..., there], float)
        group = self.groups[there]
        starts = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1])
        sums = np.add.reduceat(np.asarray(series[..., there], float), starts, axis=-1)
        return sums / np.diff([*starts, group.size])


@dataclass(frozen=True, eq=False)
class Observed:
    """All measurements of a study on the time axis of its outputs: bounds [time, 2] datetime64[s] UTC."""

    bounds: np.ndarray
    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()

    def to_dataset(self) -> xr.Dataset:
        """As CF: one variable an observation, called `observation_1` ..., its name in `long_name`."""
        import xarray as xr

        seconds = (self.bounds - _ORIGIN) / np.timedelta64(1, "s")
        about = {
            "units": TIME_UNITS,
            "calendar": "standard",
            "standard_name": "time",
            "bounds": "time_bnds",
            "axis": "T",
        }
        data: dict[str, Any] = {"time_bnds": (("time", "bnds"), seconds)}
        for number, target in enumerate(self.targets, 1):
            key = f"observation_{number}"
            attrs = {
                "long_name": target.name, "units": target.units, "cell_methods": "time: mean",
                "vadose_name": target.variable, "place": target.place, "cell": target.index, "source": target.path,
                "water": "liquid" if target.liquid else "all",
            }  # fmt: skip
            if target.depth is not None:
                attrs["depth"] = list(target.depth)
            data[key] = (("time",), target.values, attrs)
            if target.reach is not None:
                data[f"{key}_reach"] = (("time",), target.reach, {"units": "m", "long_name": f"{target.name}: depth"})
            if target.record is not None:
                data[f"{key}_record"] = (
                    ("time",),
                    target.record,
                    {"long_name": f"{target.name}: number of the record"},
                )
        attrs = {
            "Conventions": "CF-1.11",
            "title": "Observations on the time axis of the outputs",
            "notes": "\n".join(self.notes),
        }
        return xr.Dataset(data, {"time": (("time",), seconds[:, 0], about)}, attrs)

    def write(self, path: Path) -> None:
        """Write observations.nc."""
        self.to_dataset().to_netcdf(path, engine="netcdf4")


def needed_outputs(observations: Sequence[Observation]) -> tuple[str, ...]:
    """The outputs that a run must write so that it can be compared with its observations.

    Ice goes with soil moisture, of which sensors measure the liquid part.
    """
    names = dict.fromkeys(o.variable for o in observations)
    return tuple(names | ({"soil_ice": None} if "soil_moisture" in names else {}))


def read_all(observations: Sequence[Observation], layers: np.ndarray | None = None) -> list[Measured]:
    """The measured series of a study, read and checked: call it before a long run to see errors early.

    layers  [layer, 2] m of the run, which must reach the depths that were measured
    Raises ConfigError, DataError or UnitError that name the observation's file and the remedy.
    """
    names = [o.name for o in observations]
    if len(set(names)) < len(names):
        raise ConfigError(f"[[observations]] must have different names, got {', '.join(names)}")
    shared = [f.name for f in fields(Wanted)]
    found = []
    for one in observations:
        measured = read_observed(Wanted(**{key: getattr(one, key) for key in shared}))
        if one.variable in LAYERED and one.depth is None and measured.reach is None:
            raise ConfigError(f"{one.name!r}: {one.variable} needs `depth` = [top, bottom] in m; its file states none")
        if one.depth is not None and one.variable in LAYERED and layers is not None:
            check_depth(one.name, layers, one.depth)
        found.append(measured)
    return found


def observe(
    observations: Sequence[Observation], bounds: np.ndarray, cells: Cells, measured: Sequence[Measured] | None = None
) -> Observed:
    """The observations of a study on the intervals of its outputs.

    bounds    [time, 2] datetime64[s] UTC of the outputs;  cells  of the run
    measured  of `read_all`, where it has been called before
    A note says where the measurements do not meet the period of the run.
    """
    measured = read_all(observations) if measured is None else measured
    targets, notes = [], []
    for one, series in zip(observations, measured, strict=True):
        cell = locate(one, cells)
        target = on_axis(series, bounds, one.depth)
        index = int(cells.index[cell])
        grid = cells.grid
        place = grid.names[index] if isinstance(grid, Sites) else f"{cells.lat[cell]:.4f}, {cells.lon[cell]:.4f}"
        liquid = one.variable == "soil_moisture" and series.reach is None
        targets.append(replace(target, cell=cell, index=index, place=place, liquid=liquid))
        notes += [note for note in series.notes if note not in notes]
        count = int(np.isfinite(target.values).sum())
        if not count:
            notes.append(f"{one.name}: no measurement in the period of the run; the file holds {series.span}")
        elif target.record is not None:
            notes.append(f"{one.name}: compared over its records of {series.interval / 3600:g} h")
        if series.reach is not None and one.depth is None:
            notes.append(f"{one.name}: compared from the surface to the depth that the sensor saw at each time")
    probes = ", ".join(target.name for target in targets if target.liquid)
    if probes:
        notes.append(f"{probes}: compared with the liquid water of the soil, without its ice, which probes do not see")
    return Observed(bounds, tuple(targets), tuple(notes))


def on_axis(series: Measured, bounds: np.ndarray, depth: tuple[float, float] | None = None) -> Target:
    """A measured series on the intervals of the outputs; where it lies is not yet said."""
    length = np.diff(bounds, axis=1)[:, 0] / np.timedelta64(1, "s")
    values = interval_means(series.starts, series.interval, series.values, bounds, MINIMUM)
    reach = record = None
    if series.reach is not None and depth is None:
        reach = interval_means(series.starts, series.interval, series.reach, bounds, MINIMUM)
        values = np.where(np.isfinite(reach), values, np.nan)
    if series.interval > 1.5 * np.median(length):
        middle = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) // 2
        number = np.searchsorted(series.starts, middle, side="right") - 1
        inside = middle < series.starts[np.maximum(number, 0)] + np.timedelta64(round(series.interval), "s")
        inside &= number >= 0
        values = np.where(inside, series.values[np.maximum(number, 0)], np.nan)
        whole = np.bincount(number[inside], length[inside], minlength=series.starts.size) >= 0.99 * series.interval
        values = np.where(inside & whole[np.maximum(number, 0)], values, np.nan)
        record = np.where(inside, number, -1)
    return Target(
        series.name, series.variable, series.units, values, 0, 0, "", depth, reach, record, series.path
    )  # fmt: skip


def locate(observation: Observation, cells: Cells) -> int:
    """The cell of an observation: its site by name, "latitude, longitude", or the only one there is.

    Raises ConfigError where `site` is missing or not among the places of the run.
    """
    grid, site = cells.grid, observation.site.strip()
    names = [grid.names[i] for i in cells.index] if isinstance(grid, Sites) else []
    if not site and cells.size == 1:
        return 0
    if site in names:
        return names.index(site)
    try:
        lat, lon = (float(part) for part in site.split(","))
    except ValueError:
        listed = ", ".join(names[:10]) if names else f"{cells.size} cells of a grid"
        raise ConfigError(
            f"observation {observation.name!r}: `site` must be a site of the run or 'latitude, longitude', "
            f"got {site!r}; the run has {listed}"
        ) from None
    cell = cells.nearest(lat, lon)
    reach = (0.1, 0.1) if isinstance(grid, Sites) else tuple(_FARTHEST * s for s in grid.spacing)
    east = abs((cells.lon[cell] - lon + 180.0) % 360.0 - 180.0)
    if abs(cells.lat[cell] - lat) > reach[0] or east > reach[1]:
        raise ConfigError(
            f"observation {observation.name!r}: {lat:g}, {lon:g} lies outside of the run, whose nearest place is "
            f"{cells.lat[cell]:.4f}, {cells.lon[cell]:.4f}"
        )
    return cell
