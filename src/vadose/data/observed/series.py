"""A measured series, and its means over other intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Measured:
    """A series of records at one place, ascending in time.

    starts    [record] datetime64[s] UTC;  interval  s that a record stands for
    values    [record] in canonical units, NaN missing
    reach     [record] m, depth down to which a record saw the soil (cosmic-ray sensors); None where it is fixed
    notes     what was assumed, converted or left out
    """

    name: str
    variable: str
    units: str
    starts: np.ndarray
    interval: float
    values: np.ndarray
    reach: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    path: str = ""

    @property
    def span(self) -> str:
        """First and last day with a value, for messages."""
        there = self.starts[np.isfinite(self.values)]
        return (
            f"{there[0].astype('datetime64[D]')} to {there[-1].astype('datetime64[D]')}" if there.size else "no values"
        )


def interval_means(
    starts: np.ndarray, interval: float, values: np.ndarray, bounds: np.ndarray, minimum: float = 0.5
) -> np.ndarray:
    """Means of records over intervals, by overlap, where at least `minimum` of an interval is covered; else NaN.

    v_j = sum_i o_ij x_i / sum_i o_ij, o_ij the time that record i shares with interval j; a record ends after
    `interval` s or where the next one begins

    starts  [record] datetime64[s] ascending;  values [record], NaN missing
    bounds  [time, 2] datetime64[s]
    Returns [time].
    """
    there = np.isfinite(values)
    if not there.any():
        return np.full(bounds.shape[0], np.nan)
    origin = starts[0]
    begin = (starts - origin) / np.timedelta64(1, "s")
    end = np.minimum(begin + interval, np.append(begin[1:], np.inf))
    begin, end, x = begin[there], end[there], values[there].astype(float)
    # The integral of a step function with gaps is linear between the edges of its records.
    edges = np.stack([begin, end], axis=1).ravel()
    length = end - begin
    centre = x.mean()
    covered = np.concatenate([[0.0], np.cumsum(np.stack([length, 0 * length], axis=1).ravel())[:-1]])
    total = np.concatenate([[0.0], np.cumsum(np.stack([length * (x - centre), 0 * x], axis=1).ravel())[:-1]])
    wanted = (bounds - origin) / np.timedelta64(1, "s")
    there_in = np.diff(np.interp(wanted, edges, covered), axis=1)[:, 0]
    sum_in = np.diff(np.interp(wanted, edges, total), axis=1)[:, 0]
    enough = there_in >= minimum * (wanted[:, 1] - wanted[:, 0]) - 1e-6
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(enough & (there_in > 0), centre + sum_in / there_in, np.nan)
