"""What every reader of daily soil moisture gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from vadose.errors import DataError
from vadose.grid.cells import Cells


@dataclass(frozen=True, eq=False)
class DailySeries:
    """Daily soil moisture of some cells.

    values   [time, cell] float32 m3 m-3, NaN where missing or refused
    days     [time] datetime64[D], every day from the first to the last
    refused  counts [cell] int32 of values that were there but were refused, by reason ("quality flag", "range", ...)
    rain     [time, cell] float32 mm d-1, NaN where not known; None where the source has none
    attrs    JSON-able: "files", "citation", "licence", "depth" (top, bottom) m, "product", "warnings"
    """

    values: np.ndarray
    days: np.ndarray
    cells: Cells
    refused: Mapping[str, np.ndarray] = field(default_factory=dict)
    attrs: Mapping[str, Any] = field(default_factory=dict)
    rain: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.values.shape != (self.days.size, self.cells.size):
            raise DataError(
                f"`values` must be [time, cell] = {(self.days.size, self.cells.size)}, got {self.values.shape}"
            )
        if self.rain is not None and self.rain.shape != self.values.shape:
            raise DataError(f"`rain` must have the shape {self.values.shape} of `values`, got {self.rain.shape}")
        if self.days.size and np.any(np.diff(self.days) != np.timedelta64(1, "D")):
            raise DataError("`days` must hold every day once, from the first to the last")

    def part(self, which: slice | np.ndarray) -> DailySeries:
        """The series of some cells: a slice, ascending positions or a mask."""
        refused = {reason: counts[which] for reason, counts in self.refused.items()}
        rain = None if self.rain is None else self.rain[:, which]
        return DailySeries(self.values[:, which], self.days, self.cells.part(which), refused, self.attrs, rain)


class DailyReader(Protocol):
    """An opened source: headers are known, values are read in blocks of days.

    days   [time] datetime64[D], every day from the first to the last of the source, whether it has data or not
    cells  Cells of the whole grid (or of the box that was asked for)
    attrs  as in DailySeries; a reader of points may have `rain` as there
    """

    @property
    def days(self) -> np.ndarray: ...

    @property
    def cells(self) -> Cells: ...

    @property
    def attrs(self) -> Mapping[str, Any]: ...

    def blocks(self, size: int) -> Iterator[tuple[int, np.ndarray, Mapping[str, np.ndarray]]]:
        """(first day's position, values [time, cell], refused by reason [cell]) of successive blocks of `size` days."""
        ...
