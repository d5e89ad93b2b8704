"""Checks of what `sceua` is given, and its shapes."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from vadose.errors import ConfigError, DataError


def whole(name: str, value: Any, least: int) -> int:
    """A whole number not below `least`; raises ConfigError with the name."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ConfigError(f"{name} must be a whole number, got {value!r}") from None
    if number < least:
        raise ConfigError(f"{name} must be >= {least}, got {number}")
    return number


def of_cells(lower: Any, upper: Any, data: Any, start: Any, streams: Any) -> tuple[Any, ...]:
    """Bounds [cell, parameter], data [cell, ...] or None, start [cell, parameter], streams [cell] int64 or uint64.

    The number of cells is that of any array that has cells; 1 where none has.
    Raises DataError where they differ, and ConfigError where bounds that hold for all cells are missing or crossed.
    """
    low, high = np.asarray(lower, float), np.asarray(upper, float)
    first = None if start is None else np.asarray(start, float)
    values = None if data is None else np.asarray(data)
    ids = None if streams is None else np.asarray(streams)
    for name, a in (("lower", low), ("upper", high), ("start", first)):
        if a is not None and (a.ndim not in (1, 2) or a.shape[-1] == 0):
            raise DataError(f"{name} must be [parameter] or [cell, parameter], got the shape {a.shape}")
        if a is not None and a.shape[-1] != low.shape[-1]:
            raise DataError(f"{name} has {a.shape[-1]} parameters where lower has {low.shape[-1]}")
    if values is not None and values.ndim == 0:
        raise DataError("data must be [cell, ...], got a single number")
    if ids is not None and (ids.ndim != 1 or ids.dtype.kind not in "iu"):
        raise DataError(f"streams must be [cell] whole numbers, got {ids.dtype} of the shape {ids.shape}")
    if low.ndim == high.ndim == 1 and not np.all(np.isfinite(low) & np.isfinite(high) & (low <= high)):
        raise ConfigError(f"lower must be finite and <= upper, got {low.tolist()} and {high.tolist()}")
    cells = _number_of_cells(low, high, first, values, ids)
    shape = (cells, low.shape[-1])
    if first is None:
        first = np.full(shape, np.nan)
    if ids is None:
        ids = np.arange(cells)
    return np.broadcast_to(low, shape), np.broadcast_to(high, shape), values, np.broadcast_to(first, shape), ids


def _number_of_cells(low: Any, high: Any, first: Any, values: Any, ids: Any) -> int:
    named = {"lower": low, "upper": high, "start": first}
    lengths = {name: a.shape[0] for name, a in named.items() if a is not None and a.ndim == 2}
    lengths |= {name: a.shape[0] for name, a in (("data", values), ("streams", ids)) if a is not None}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {number}" for name, number in lengths.items())
        raise DataError(f"the arrays must have the same cells, got {told}; give one row a cell in each")
    return next(iter(lengths.values()), 1)


def states(seed: Any, streams: np.ndarray) -> np.ndarray:
    """State of each cell's random numbers, [cell] uint64; raises ConfigError where the seed is no whole number."""
    from vadose.calibrate.shuffled_steps import first_states

    number = whole("seed", seed, 0)
    return first_states(np.uint64(number % 2**64), streams.astype(np.uint64))
