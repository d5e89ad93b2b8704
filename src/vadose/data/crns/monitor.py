"""Neutron monitors, which count the cosmic rays that come in: tables of NMDB and of single stations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.data.daily.columns import dates, numbers, parse_table
from vadose.errors import DataError


@dataclass(frozen=True, eq=False)
class Monitor:
    """Counts of a monitor.

    times  [record] datetime64[s] UTC, ascending;  counts  [record] in any unit, all > 0
    """

    times: np.ndarray
    counts: np.ndarray
    path: str = ""

    def at(self, times: np.ndarray, longest: float = 86400.0) -> np.ndarray:
        """[time] interpolated; NaN outside of the series and in gaps of more than `longest` s."""
        own, wanted = (t.astype("datetime64[s]").astype(np.int64) for t in (self.times, np.asarray(times)))
        after = np.clip(np.searchsorted(own, wanted), 1, own.size - 1)
        near = (own[after] - own[after - 1] <= longest) | (own[after] == wanted) | (own[after - 1] == wanted)
        inside = (wanted >= own[0]) & (wanted <= own[-1]) & near
        return np.where(inside, np.interp(wanted, own, self.counts), np.nan)

    def mean(self, first: np.datetime64, last: np.datetime64) -> float:
        """Mean from `first` to before `last`. Raises DataError where there is no record."""
        there = (self.times >= first) & (self.times < last)
        if not there.any():
            raise DataError(
                f"{self.path}: no record from {first} to {last}; it holds {self.times[0]} to {self.times[-1]}"
            )
        return float(self.counts[there].mean())


def read_monitor(path: str, column: str | None = None) -> Monitor:
    """A table of times and counts, with or without a header; zero, negative and missing counts are left out.

    column  of the counts; the first after the time where None
    Raises DataError for a table without them.
    """
    table = parse_table(path)
    times = dates(table, None if table.header else table.names[0])
    if column is None:
        numeric = [n for n in table.names if table.frame[n].dtype.kind in "iuf"]
        if not numeric:
            raise DataError(f"{path}: no column of counts; it has {table.described}")
        column = numeric[0]
    counts = numbers(table, table.column(column, "column"))
    good = np.isfinite(counts) & (counts > 0) & ~np.isnat(times)
    if good.sum() < 2:
        raise DataError(f"{path}: fewer than 2 counts > 0 with a time; expected those of a neutron monitor")
    times, first = np.unique(times[good], return_index=True)
    return Monitor(times, counts[good][first], path)
