"""Missing values of the weather: an error that says where they are, or values in their place and their number."""

from __future__ import annotations

import numpy as np

from vadose.data.forcing.record import Record
from vadose.data.forcing.source import ForcingSource
from vadose.errors import DataError

WINDOW = 15.0  # d before and after a gap from which the mean daily course comes; Falge et al. (2001) use 4 to 15
_CLIPPED = ("wind", "shortwave", "specific_humidity", "vapour_pressure")


def close_gaps(record: Record, quantities: tuple[str, ...], source: ForcingSource) -> None:
    """Fill or refuse what is missing of the given quantities, in place.

    Raises DataError naming file, variable, first gap, longest gap and remedy.
    """
    for quantity in quantities:
        values = record.get(quantity)
        if values is None or not np.isnan(values).any():
            continue
        if source.gaps == "error":
            if np.isnan(values[record.core]).any():
                raise DataError(_complaint(record, quantity, values))
            record.values[quantity] = _held(values)
            continue
        missing = int(np.count_nonzero(np.isnan(values)))
        if quantity == "precipitation":
            _check_longest(record, quantity, values, source)
            record.values[quantity] = np.where(np.isnan(values), 0.0, values)
            record.note(f"precipitation: {missing} of {values.size} values were missing and are taken as dry")
            continue
        filled, straight = _filled(record, quantity, values, source)
        record.values[quantity] = np.maximum(filled, 0.0) if quantity in _CLIPPED else filled
        record.note(
            f"{quantity}: {missing} of {values.size} values were missing: {straight} filled linearly, "
            f"{missing - straight} by the mean daily course of the {WINDOW:g} days before and after"
        )


def _filled(record: Record, quantity: str, values: np.ndarray, source: ForcingSource) -> tuple[np.ndarray, int]:
    """Values without gaps, and how many were filled linearly."""
    _check_longest(record, quantity, values, source)
    out, straight = values.copy(), 0
    short = max(source.linear_gap * 3600.0, 1.5 * record.interval)
    slots = max(1, round(86400.0 / record.interval))
    reach = round(WINDOW * slots)
    for column in np.flatnonzero(np.isnan(values).any(axis=0)):
        series = values[:, column]
        for a, b in _runs(np.isnan(series)):
            if (b - a) * record.interval <= short and a > 0 and b < series.size:
                out[a:b, column] = np.interp(np.arange(a, b), [a - 1, b], [series[a - 1], series[b]])
                straight += b - a
                continue
            low, high = max(0, a - reach), min(series.size, b + reach)
            near = series[low:high]
            if np.isnan(near).all():
                raise DataError(_complaint(record, quantity, values) + "; nothing lies within 15 days of it")
            out[a:b, column] = _daily_course(near, low, slots)[np.arange(a, b) % slots]
    return out, straight


def _held(values: np.ndarray) -> np.ndarray:
    """Values whose gaps lie outside the wanted time, linear over them."""
    out, place = values.copy(), np.arange(values.shape[0])
    for column in np.flatnonzero(np.isnan(values).any(axis=0)):
        there = np.isfinite(values[:, column])
        out[:, column] = np.interp(place, place[there], values[there, column])
    return out


def _daily_course(values: np.ndarray, first: int, slots: int) -> np.ndarray:
    """Mean of each time of the day [slot], the mean of all where a slot has no value."""
    slot = np.arange(first, first + values.size) % slots
    there = np.isfinite(values)
    count = np.bincount(slot[there], minlength=slots)
    total = np.bincount(slot[there], weights=values[there], minlength=slots)
    return np.where(count > 0, total / np.maximum(count, 1), values[there].mean())


def _check_longest(record: Record, quantity: str, values: np.ndarray, source: ForcingSource) -> None:
    _, longest, _ = _longest(values)
    days = longest * record.interval / 86400.0
    if days > source.longest_gap:
        raise DataError(_complaint(record, quantity, values) + f" (`longest_gap` is {source.longest_gap:g} days)")


def _runs(missing: np.ndarray) -> list[tuple[int, int]]:
    """[(first, last + 1), ...] of the gaps of a series."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _longest(values: np.ndarray) -> tuple[int, int, int]:
    """(start, length, column) of the longest gap."""
    best = (0, 0, 0)
    for column in np.flatnonzero(np.isnan(values).any(axis=0)):
        for a, b in _runs(np.isnan(values[:, column])):
            if b - a > best[1]:
                best = (a, b - a, int(column))
    return best


def _complaint(record: Record, quantity: str, values: np.ndarray) -> str:
    values = values[record.core]
    missing = np.isnan(values)
    first = record.core.start + int(np.argmax(missing.any(axis=1)))
    start, length, column = _longest(values)
    start += record.core.start
    place = f"{record.lat[column]:.3f} N, {record.lon[column]:.3f} E"
    where = record.where.get(quantity, "the forcing")
    return (
        f"{where}: {quantity} is missing in {np.count_nonzero(missing)} of {missing.size} records, first at "
        f"{record.starts[first]} UTC; the longest gap has {length} records from {record.starts[start]} UTC at {place}; "
        'expected none: fill them in the file, narrow `period`, state `assumed`, or set gaps = "fill" and `longest_gap`'
    )
