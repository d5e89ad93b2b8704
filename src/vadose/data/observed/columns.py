"""The columns of a file of measurements with what its format says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vadose.data.observed.quantities import QUANTITIES
from vadose.errors import DataError


@dataclass(frozen=True, eq=False)
class Columns:
    """What a file holds.

    times    [record] datetime64[s] on the clock of the file;  stamp  where in its interval a stamp lies
    values   column -> [record], NaN missing;  units  column -> units, where the file or its network states them
    sensor   column -> depth m of a point sensor;  reach  column -> [record] m, depth that a cosmic-ray sensor saw
    quality  column -> [record] True where the file's own quality flag refuses the value
    """

    path: str
    form: str
    times: np.ndarray
    values: Mapping[str, np.ndarray]
    units: Mapping[str, str] = field(default_factory=dict)
    stamp: str = "start"
    sensor: Mapping[str, float] = field(default_factory=dict)
    reach: Mapping[str, np.ndarray] = field(default_factory=dict)
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def interval(self) -> float:
        """Seconds between records: the most frequent difference."""
        if self.times.size < 2:
            raise DataError(f"{self.path}: one record alone; expected a series")
        lengths, counts = np.unique(np.diff(self.times) / np.timedelta64(1, "s"), return_counts=True)
        return float(lengths[np.argmax(counts)])


def choose(held: Columns, variable: str, column: str, depth: tuple[float, float] | None) -> str:
    """The column that holds a variable: the one that is named, the sensor within `depth`, or by its usual names.

    Raises DataError with the columns that there are.
    """
    listed = ", ".join(held.values)
    lower = {name.lower(): name for name in reversed(list(held.values))}
    if column:
        if column.lower() not in lower:
            raise DataError(f"{held.path}: no column of numbers {column!r} (`column`); it has {listed}")
        return column if column in held.values else lower[column.lower()]
    names = [lower[n] for n in QUANTITIES[variable].names if n in lower]
    placed = [n for n in held.sensor if n in held.values and _kind(n) == variable]
    if depth is not None and placed:
        inside = [n for n in placed if depth[0] <= held.sensor[n] <= depth[1]]
        if len(inside) == 1:
            return inside[0]
        where = ", ".join(f"{n} at {held.sensor[n]:g} m" for n in placed)
        raise DataError(
            f"{held.path}: {len(inside)} sensors of {variable} within {depth[0]:g}-{depth[1]:g} m; it has {where}; "
            "name one with `column`"
        )
    if names:
        return names[0]
    raise DataError(f"{held.path}: no column of {variable}; it has {listed}; name one with `column`")


def _kind(name: str) -> str:
    return "soil_temperature" if name.lower().startswith(("ts", "tsoil")) else "soil_moisture"
