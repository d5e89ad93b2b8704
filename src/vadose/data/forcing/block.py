"""One block of the weather: its records from the files, and the finished series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vadose.data.forcing.check import check_light, check_night, check_range, drop_impossible
from vadose.data.forcing.held import Held
from vadose.data.forcing.quantities import QUANTITIES, RATES, REQUIRED
from vadose.data.forcing.record import Record
from vadose.data.forcing.series import ForcingSeries
from vadose.data.forcing.sums import deaccumulate, how_summed, radiation_in_joules, restarts
from vadose.data.forcing.sun import mean_cos_zenith, reference_cos_zenith, top_of_atmosphere, year_fraction
from vadose.data.forcing.units import Conversion, conversion

if TYPE_CHECKING:
    from vadose.data.forcing.files import ForcingFiles


@dataclass(frozen=True, eq=False)
class Part:
    """A file and the positions of its records on the common time axis, ascending."""

    held: Held
    rows: np.ndarray

    def inside(self, begin: int, stop: int) -> slice:
        """The records of the file that lie within begin .. stop - 1 of the axis."""
        low, high = np.searchsorted(self.rows, [begin, stop])
        return slice(int(low), int(high))


def load(files: ForcingFiles, begin: int, stop: int, columns: np.ndarray, core: slice | None = None) -> Record:
    """Records begin .. stop - 1 of some columns in canonical units, NaN where missing, checked for units and clock.

    core  the rows among them that are wanted, where others only serve them
    """
    notes = list(files.notes)
    values, where = {}, {}
    for quantity, parts in files.parts.items():
        held = parts[0].held
        field = held.fields[quantity]
        where[quantity] = f"{held.path}: {field.name!r}"
        made = conversion(files.source.units.get(quantity, field.units), quantity, where[quantity])
        raw = _stored(files, quantity, parts, begin, stop, columns, made, notes)
        canonical = raw * made.slope(files.axis.interval) + made.offset
        check_range(canonical, quantity, made, files.axis.interval, where[quantity])
        values[quantity] = canonical
        if made.amount or (made.scale, made.offset) != (1.0, 0.0):
            notes.append(f"{quantity} ({field.name}): {made.units} to {QUANTITIES[quantity].units}")
    cells = files.cells
    record = Record(
        files.axis.starts(begin, stop), files.axis.interval, values, cells.lat[columns], cells.lon[columns],
        files.elevation[columns], notes, where,
        core or slice(0, stop - begin), files.axis.state_at,
    )  # fmt: skip
    if "shortwave" in values:
        _check_sunlight(record, files.offset)
    return record


def _check_sunlight(record: Record, offset: float) -> None:
    """The clock by the sun; of days, what exceeds the sunlight above the air is set missing."""
    light, where = record.values["shortwave"], record.where["shortwave"]
    above = top_of_atmosphere(record.starts, record.interval, record.lat, record.lon)
    check_light(light, above, record.interval, where)
    record.notes += check_night(light, record.starts, record.interval, record.lat, record.lon, offset, where)
    if record.daily:
        record.values["shortwave"], found = drop_impossible(light, above, where)
        record.notes += found


def _stored(
    files: ForcingFiles,
    quantity: str,
    parts: tuple[Part, ...],
    begin: int,
    stop: int,
    columns: np.ndarray,
    made: Conversion,
    notes: list[str],
) -> np.ndarray:
    """Values as the files hold them, of running sums the amount of each interval, [time, column]."""
    how = files.source.accumulations.get(quantity, "")
    if not how:
        how = how_summed(files, parts, made) if made.amount and quantity in RATES else "interval"
    if how == "interval":
        return _gather(files, quantity, parts, begin, stop, columns)
    notes.append(f"{quantity}: differences of running sums ({how})")
    first = max(0, begin - 1)
    sums = _gather(files, quantity, parts, first, stop, columns)
    guide = radiation_in_joules(files)
    if how != "reset" or guide is None or guide == quantity:
        return deaccumulate(sums, how)[begin - first :]
    light = _gather(files, guide, files.parts[guide], first, stop, columns[:1])
    return deaccumulate(sums, how, restarts(light))[begin - first :]


def _gather(
    files: ForcingFiles, quantity: str, parts: tuple[Part, ...], begin: int, stop: int, columns: np.ndarray
) -> np.ndarray:
    out = np.full((stop - begin, columns.size), np.nan)
    places = files.cells.index[columns]
    for part in parts:
        rows = part.inside(begin, stop)
        if rows.stop > rows.start:
            out[part.rows[rows] - begin] = part.held.read(quantity, rows, places)
    return out


def finish(
    files: ForcingFiles,
    record: Record,
    values: dict[str, np.ndarray],
    step: float,
    wanted: np.ndarray,
    columns: np.ndarray,
    zenith: str,
) -> ForcingSeries:
    """The series of the wanted steps from values at all steps of the record."""
    at = round(float((wanted[0] - record.starts[0]) / np.timedelta64(1, "s")) / step)
    rows = slice(at, at + wanted.size)
    unknown = np.full((wanted.size, columns.size), np.nan)
    lat, lon = record.lat, record.lon
    cosine = mean_cos_zenith(wanted, step, lat, lon) if zenith == "mean" else reference_cos_zenith(wanted, lat, lon)
    kept = {name: np.ascontiguousarray(values[name][rows]) for name in REQUIRED}
    optional = {
        name: values[name][rows].copy() if name in values else unknown.copy() for name in ("snow_fraction", "lai")
    }
    return ForcingSeries(
        times=wanted, step=float(step), cos_zenith=cosine, year_fraction=year_fraction(wanted, lat), lat=lat, lon=lon,
        elevation=record.elevation, reference_height=files.source.reference_height,
        notes=tuple(dict.fromkeys(record.notes)), sources=files.files, **kept, **optional,
    )  # fmt: skip
