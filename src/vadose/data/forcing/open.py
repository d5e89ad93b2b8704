"""Weather from files of any kind: what the files are, where their columns lie, and their common time axis."""

from __future__ import annotations

import glob
from dataclasses import replace
from pathlib import Path

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.forcing.block import Part
from vadose.data.forcing.derive import HUMIDITY
from vadose.data.forcing.files import ForcingFiles
from vadose.data.forcing.held import Held
from vadose.data.forcing.netcdf import read_netcdf
from vadose.data.forcing.source import ForcingSource
from vadose.data.forcing.text import read_table
from vadose.data.forcing.times import Axis, interval_of, stamps_of, starts_of
from vadose.errors import DataError, GridMismatch, UnitError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites

_MAGIC = (b"CDF", b"\x89HDF")


def open_forcing(source: ForcingSource) -> ForcingFiles:
    """The files of a source, read as far as their headers.

    Raises DataError, UnitError or GridMismatch that name the file, what was expected and the remedy.
    """
    held: list[Held] = []
    for path in files_of(source):
        held.append(_read_file(path, source, held[0] if held else None))
    lead = held[0]
    grid, notes = _grid(held, source)
    stamps = [stamps_of(h, source) for h in held]
    interval = _interval(held, stamps, source)
    tables = all(h.in_memory for h in held)
    offset, clock = _clock(source, float(np.mean(grid.lon)), tables and interval >= SECONDS_PER_DAY)
    axis, rows, stamp = _axis(held, stamps, interval, source, offset)
    parts = _parts(held, rows)
    _leave_out(parts, axis.daily, tables)
    clock = f"times are on the clock {clock}; stamps lie at the {stamp} of the interval of {axis.interval:g} s"
    height = lead.elevation if lead.elevation is not None else np.full(grid.size, np.nan)
    files = ForcingFiles(
        source=source,
        cells=Cells.whole(grid),
        axis=axis,
        parts=parts,
        elevation=height,
        offset=offset,
        notes=tuple(dict.fromkeys([f"format {lead.format}", clock, *notes, *(n for h in held for n in h.notes)])),
        listed="; ".join(dict.fromkeys(h.listed for h in held[:3])),
    )
    return _without_empty(files)


def _interval(held: list[Held], stamps: list[np.ndarray], source: ForcingSource) -> float:
    """Seconds between the records of the files that hold the first quantity, one after another."""
    first = next(iter(held[0].fields))
    leading = sorted((s for h, s in zip(held, stamps, strict=True) if first in h.fields), key=lambda s: s[0])
    return interval_of(np.concatenate(leading), source, held[0].path)


def _clock(source: ForcingSource, lon: float, local_days: bool) -> tuple[float, str]:
    """Hours that the clock of the files is ahead of UTC, and how notes say it.

    local_days  True of daily tables, whose days are those of the place where no zone is stated
    """
    if local_days and source.time_zone is None and source.utc_offset is None:
        hours = round(lon / 15.0)
        return float(hours), f"UTC{hours:+d} h, because daily tables hold local days and no time_zone is stated"
    return source.offset_hours(lon), source.clock


def _axis(
    held: list[Held], stamps: list[np.ndarray], interval: float, source: ForcingSource, offset: float
) -> tuple[Axis, list[np.ndarray], str]:
    """The time axis of all files, the position on it of the records of each, and where stamps lie.

    offset  h that the clock of the files is ahead of UTC
    Raises DataError for times that are not on one raster.
    """
    lead = held[0]
    daily = interval >= SECONDS_PER_DAY
    stamp: str = source.stamp if source.stamp != "auto" else ("start" if daily else lead.stamp)
    states: str = source.states if source.states != "auto" else ("interval" if daily else lead.states)
    ahead = np.timedelta64(round(offset * 3600), "s")
    begun = [starts_of(s, interval, stamp) - ahead for s in stamps]
    first = min(s[0] for s in begun)
    places = [(s - first) / np.timedelta64(1, "s") / interval for s in begun]
    rows = [np.round(p).astype(np.int64) for p in places]
    for h, p, r in zip(held, places, rows, strict=True):
        if (p != r).any():
            raise DataError(
                f"{h.path}: its times do not lie on the raster of {interval:g} s of {lead.path}; resample it"
            )
    at = {"start": 0.0, "middle": 0.5, "end": 1.0}[stamp] if states == "instant" else 0.5
    return Axis(first, interval, int(max(r[-1] for r in rows)) + 1, at), rows, stamp


def _parts(held: list[Held], rows: list[np.ndarray]) -> dict[str, tuple[Part, ...]]:
    """quantity -> the files that hold it, in the order of time. Raises DataError where two overlap."""
    parts: dict[str, tuple[Part, ...]] = {}
    for h, r in sorted(zip(held, rows, strict=True), key=lambda pair: int(pair[1][0])):
        for quantity in h.fields:
            before = parts.get(quantity, ())
            if before and before[-1].rows[-1] >= r[0]:
                raise DataError(
                    f"{before[-1].held.path} and {h.path} overlap in time ({quantity}); narrow `path` so that each "
                    "time is there once"
                )
            if before and before[-1].held.fields[quantity].units != h.fields[quantity].units:
                units = [f"{p.path} {p.fields[quantity].units!r}" for p in (before[-1].held, h)]
                raise UnitError(f"{quantity} has other units from file to file: {', '.join(units)}; make them alike")
            parts[quantity] = (*before, Part(h, r))
    return parts


def _leave_out(parts: dict[str, tuple[Part, ...]], daily: bool, in_memory: bool) -> None:
    """Forget quantities that would be read for nothing, in place."""
    extra = [] if daily else ["air_temperature_minimum", "air_temperature_maximum", "daylight"]
    if "wind" in parts:
        extra += ["wind_east", "wind_north"]
    if "precipitation" in parts:
        extra += ["rain"]
    if not in_memory:  # of tables all kinds of humidity are kept: one stands in where another is missing
        kinds = [k for k in HUMIDITY if k in parts]
        extra += kinds[1:]
    for quantity in (q for q in extra if q in parts):
        if quantity.startswith("air_temperature") and "air_temperature" not in parts:
            continue
        del parts[quantity]


def files_of(source: ForcingSource) -> tuple[str, ...]:
    """The files that paths, folders and patterns of a source name. Raises DataError for one that matches nothing."""
    found: list[str] = []
    for path in source.paths:
        if Path(path).is_dir():
            match = sorted(str(p) for p in Path(path).iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            match = (
                [path]
                if Path(path).is_file()
                else sorted(p for p in glob.glob(path, recursive=True) if Path(p).is_file())
            )
        if not match:
            raise DataError(f"{source.name}: `path` {path!r} matches no file; correct it in the study")
        found += match
    return tuple(dict.fromkeys(found))


def _read_file(path: str, source: ForcingSource, like: Held | None) -> Held:
    with open(path, "rb") as file:
        gridded = file.read(4).startswith(_MAGIC)
    held = read_netcdf(path, source, like) if gridded else read_table(path, source)
    if not held.fields:
        raise DataError(
            f"{path}: no quantity of the weather was recognised; the file has {held.listed}; state "
            'names = {air_temperature = "...", ...} or `columns` for the forcing'
        )
    return held


def _grid(held: list[Held], source: ForcingSource) -> tuple[LatLonGrid | Sites, list[str]]:
    """The one grid of all files. Raises GridMismatch where they differ or where none has a place."""
    grids = [h.grid for h in held if h.grid is not None]
    if not grids:
        raise GridMismatch(
            f"{held[0].path}: the files do not say where they are; state `lat` and `lon` (degrees) for the forcing"
        )
    lead = grids[0]
    for h in held[1:]:
        if h.columns != lead.size or (isinstance(lead, LatLonGrid) and not lead.same_as(h.grid)):
            raise GridMismatch(f"{held[0].path} and {h.path} lie on different columns; narrow `path` to one grid")
    alike = lead.size > 1 and source.lat is not None and np.ptp(lead.lat) == 0 and np.ptp(lead.lon) == 0
    return lead, ["all columns are taken to lie at the stated `lat` and `lon`"] if alike else []


def _without_empty(files: ForcingFiles) -> ForcingFiles:
    """Without columns that have no value in the first record of a grid (sea, outside of a mask)."""
    if files.cells.size == 1:
        return files
    quantity = "air_temperature" if "air_temperature" in files.parts else next(iter(files.parts))
    part = files.parts[quantity][0]
    last = part.rows.size - 1
    values = np.concatenate([part.held.read(quantity, slice(i, i + 1), np.arange(files.cells.size)) for i in {0, last}])
    there = np.isfinite(values).any(axis=0)
    if there.all():
        return files
    if not there.any():
        raise DataError(
            f"{part.held.path}: {quantity} is missing everywhere in the first and last record; look at the file"
        )
    note = f"{np.count_nonzero(~there)} of {there.size} columns have no values and are left out"
    return replace(files, cells=files.cells.part(there), elevation=files.elevation[there], notes=(*files.notes, note))
