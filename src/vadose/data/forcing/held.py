"""What one file holds of the weather: its times, the quantities with their units, and where its columns are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites


@dataclass(frozen=True)
class Field:
    """One quantity in a file: its name there, and its units as the file or its format states them."""

    quantity: str
    name: str
    units: str | None


@dataclass(frozen=True, eq=False)
class Held:
    """One file, read as far as its header (text files: whole).

    times      [time] datetime64[s] on the clock of the file, None where it holds none
    steps      number of records
    fields     quantity -> Field
    read       (quantity, slice of records, [column] positions in the flattened grid) -> [time, column] as stored, NaN
               where missing
    grid       where the columns are; None of a single site whose file does not say it
    elevation  [column of the grid] m, or None
    stamp      where in their interval the times lie, by the format
    states     "interval" or "instant", by the format
    listed     what the file has, for messages;  in_memory  True of tables, which are read whole
    """

    path: str
    format: str
    times: np.ndarray | None
    steps: int
    fields: Mapping[str, Field]
    read: Callable[[str, slice, np.ndarray], np.ndarray]
    grid: LatLonGrid | Sites | None
    elevation: np.ndarray | None = None
    stamp: str = "start"
    states: str = "interval"
    notes: tuple[str, ...] = ()
    listed: str = ""
    in_memory: bool = False

    @property
    def columns(self) -> int:
        """Number of columns of the grid."""
        return 1 if self.grid is None else self.grid.size
