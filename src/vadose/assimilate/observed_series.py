"""Measured series at a place as records: probes, neutron sensors, wells and gauges of rivers."""

from __future__ import annotations

import numpy as np

from vadose.assimilate.observed_records import Records
from vadose.assimilate.study_observations import LEVELS, Observation
from vadose.constants import RHO_WATER
from vadose.data.observed import Wanted, read_observed
from vadose.data.wells import read_wells
from vadose.errors import DataError
from vadose.observe.quality import MISSING


def read_series(one: Observation) -> Records:
    """The records of a series, missing ones counted.

    Raises DataError, UnitError or ConfigError that name the file and the remedy.
    """
    (path,) = one.paths
    if one.variable in LEVELS:
        return _of_level(one, path)
    found = read_observed(
        Wanted(one.name, path, one.variable, one.column, one.units, one.depth, one.utc_offset, one.time)
    )
    middle = found.starts.astype("datetime64[s]") + np.timedelta64(round(found.interval / 2.0), "s")
    return _records(middle, found.values, found.interval, path, found.notes)


def _of_level(one: Observation, path: str) -> Records:
    """Depths of the water table of one well, or kg m-2 of water over the bed of a river: levels above a datum both."""
    wells = read_wells(path, (one.column,) if one.column else (), one.units or "m", one.time or None)
    if len(wells.names) > 1:
        raise DataError(
            f"{one.name!r}: {path}: {len(wells.names)} columns of levels, {', '.join(wells.names[:8])}; name one with "
            "`column`"
        )
    assert one.surface is not None
    times = wells.times.astype("datetime64[s]") - np.timedelta64(round(3600.0 * one.utc_offset), "s")
    values = wells.depth(one.surface)[:, 0]
    if one.variable == "ponded_water":
        values = RHO_WATER * np.maximum(-values, 0.0)  # a river that is dry stands at 0, wherever its gauge ends
    return _records(times, values, 0.0, path, wells.notes)


def _records(
    times: np.ndarray, values: np.ndarray, length: float, path: str, notes: tuple[str, ...]
) -> Records:  # fmt: skip
    place = np.zeros(times.size, np.int64)
    records = Records(place, times, np.asarray(values, float), None, length, True, {}, path, notes)
    return records.without(MISSING, ~np.isfinite(records.values))
