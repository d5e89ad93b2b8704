"""The weather on the interval of the files, in canonical units, while it is completed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(eq=False)
class Record:
    """A block of the weather at the files' own interval.

    starts     [time] datetime64[s] UTC;  interval  s between them
    values     quantity -> [time, column], canonical units, NaN where missing
    lat, lon   [column] degrees;  elevation [column] m, NaN where unknown
    notes      what was done, to which a reader adds
    where      quantity -> file and variable, for messages
    core       rows that are wanted; those before and after only serve them
    state_at   where in the interval states hold, 0..1
    """

    starts: np.ndarray
    interval: float
    values: dict[str, np.ndarray]
    lat: np.ndarray
    lon: np.ndarray
    elevation: np.ndarray
    notes: list[str]
    where: dict[str, str]
    core: slice
    state_at: float = 0.5

    @property
    def shape(self) -> tuple[int, int]:
        return self.starts.size, self.lat.size

    @property
    def daily(self) -> bool:
        return self.interval >= 86400.0

    def get(self, quantity: str) -> np.ndarray | None:
        """Values of a quantity [time, column], or None."""
        return self.values.get(quantity)

    def full(self, value: float | np.ndarray) -> np.ndarray:
        """One value, or one a column, as [time, column]."""
        return np.broadcast_to(np.asarray(value, float), self.shape).copy()

    def note(self, text: str) -> None:
        """Remember what was done, once."""
        if text not in self.notes:
            self.notes.append(text)

    def sources(self, quantities: Iterable[str]) -> str:
        """File and variable of the first of these quantities that is there."""
        return next((self.where[q] for q in quantities if q in self.where), "the forcing")
