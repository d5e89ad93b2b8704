"""Groundwater wells: heads as tables hold them, and the depth of the water table below the ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vadose.data.daily.columns import dates, numbers, parse_table
from vadose.errors import DataError, UnitError

DEEPEST, HIGHEST = 2000.0, 20.0  # m below and above the ground: beyond them the datum or the unit is another
_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}


@dataclass(frozen=True, eq=False)
class Wells:
    """Heads of wells on a common time axis.

    times  [time] datetime64[s], ascending;  heads  [time, well] m above a datum, NaN missing
    names  of the wells
    """

    times: np.ndarray
    heads: np.ndarray
    names: tuple[str, ...]
    path: str = ""
    notes: tuple[str, ...] = ()

    def depth(self, surface: Mapping[str, float] | float) -> np.ndarray:
        """Depth of the water table [time, well] m below the ground, negative where water stands above it.

        surface  elevation of the ground m above the datum of the heads: of each well by name, or one for all
        Raises DataError for a well without one, UnitError for depths that no well has.
        """
        if isinstance(surface, Mapping):
            missing = [n for n in self.names if n not in surface]
            if missing:
                raise DataError(
                    f"{self.path}: no elevation of the ground for {', '.join(missing[:5])}; state `surface`"
                )
            level = np.array([surface[n] for n in self.names], float)
        else:
            level = np.full(len(self.names), float(surface))
        out = level - self.heads
        known = out[np.isfinite(out)]
        if known.size and not (-HIGHEST <= np.median(known) <= DEEPEST):
            raise UnitError(
                f"{self.path}: water {np.median(known):g} m below the ground; expected {-HIGHEST:g} to {DEEPEST:g}: "
                "heads and ground must have one datum and unit"
            )
        return out

    def anomaly(self) -> np.ndarray:
        """Heads [time, well] m less their mean: what can be compared where the datum is not that of the model."""
        there = np.isfinite(self.heads)
        count = there.sum(axis=0)
        total = np.where(there, self.heads, 0.0).sum(axis=0)
        return self.heads - np.where(count > 0, total / np.maximum(count, 1), np.nan)


def read_wells(path: str, columns: tuple[str, ...] = (), units: str = "m", time: str | None = None) -> Wells:
    """A table of heads: a column of dates and a column for each well, as pastas, DINO and BRO tables are written.

    columns  of the wells; all columns of numbers where none is named;  units  m, cm or mm
    Times that come twice are averaged, with a note; wells without a value are left out.
    Raises DataError for a table without heads, UnitError for another unit.
    """
    if units not in _METRES:
        raise UnitError(f"`units` of heads must be one of {', '.join(_METRES)}, got {units!r}")
    table = parse_table(path)
    stamps = dates(table, time)
    wanted = [table.column(c, "columns") for c in columns]
    wanted = wanted or [n for n in table.names if table.frame[n].dtype.kind == "f" or n.lower() in ("head", "heads")]
    if not wanted:
        raise DataError(f"{path}: no column of heads; it has {table.described}; name one with `columns`")
    raw = np.stack([numbers(table, n) for n in wanted], axis=1) * _METRES[units]
    good = ~np.isnat(stamps)
    times, place = np.unique(stamps[good], return_inverse=True)
    there = np.isfinite(raw[good])
    total, count = np.zeros((times.size, len(wanted))), np.zeros((times.size, len(wanted)))
    np.add.at(total, place, np.where(there, raw[good], 0.0))
    np.add.at(count, place, there)
    heads = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    kept = np.asarray(np.isfinite(heads).any(axis=0))
    if not kept.any():
        raise DataError(f"{path}: no head with a time; expected a column of dates and one for each well")
    notes = []
    if times.size < good.sum():
        notes.append(f"{path}: {int(good.sum()) - times.size} repeated times are averaged")
    if not kept.all():
        notes.append(f"{path}: {int((~kept).sum())} of {kept.size} wells hold no value and are left out")
    names = tuple(n for n, k in zip(wanted, kept.tolist(), strict=True) if k)
    return Wells(times, heads[:, kept], names, path, tuple(notes))
