"""Running sums of sunlight and precipitation, as ERA5-Land and forecasts hold them, as amounts of each interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vadose.data.forcing.units import Conversion

if TYPE_CHECKING:
    from vadose.data.forcing.block import Part
    from vadose.data.forcing.files import ForcingFiles

_SAMPLE = 480  # records of one column that show whether values are running sums
_FALLING = 0.2  # least part of falling differences of amounts that are no running sums


def how_summed(files: ForcingFiles, parts: tuple[Part, ...], made: Conversion) -> str:
    """ "reset" where the radiation of the files only falls back now and then, "interval" else.

    Hourly longwave falls as often as it rises, sunlight half of the day; a sum falls at its restart alone.
    """
    quantity = radiation_in_joules(files)
    if quantity is None:
        return "interval"
    if files.source.accumulations.get(quantity):
        return files.source.accumulations[quantity]
    sample = files.parts[quantity][0].held.read(quantity, slice(0, _SAMPLE), files.cells.index[:1])[:, 0]
    change = np.diff(sample[np.isfinite(sample)])
    moved = change[change != 0]
    return "reset" if moved.size >= 8 and np.mean(moved < 0) < _FALLING else "interval"


def radiation_in_joules(files: ForcingFiles) -> str | None:
    """The radiation that the files hold as energy, longwave first: its sums show where all sums restart."""
    for quantity in ("longwave", "shortwave"):
        found = files.parts.get(quantity)
        if found and "J" in str(files.source.units.get(quantity, found[0].held.fields[quantity].units)):
            return quantity
    return None


def restarts(sums: np.ndarray) -> np.ndarray:
    """Where sums [time, column] begin anew, [time - 1, column]."""
    scale = np.nanmax(np.abs(sums)) if np.isfinite(sums).any() else 0.0
    return np.diff(sums, axis=0) < -1e-6 * scale


def deaccumulate(sums: np.ndarray, how: str, anew: np.ndarray | None = None) -> np.ndarray:
    """Amounts of each interval [time, column] from running sums; the first record keeps its own value.

    how   "reset": where a sum begins anew, its value is the amount; "total": it never does
    anew  [time - 1, column or 1] where it begins anew; where it falls, if None
    """
    change = np.diff(sums, axis=0)
    if how == "total":
        return np.concatenate([sums[:1], change])
    fell = restarts(sums) if anew is None else anew | restarts(sums)
    return np.concatenate([sums[:1], np.where(fell, sums[1:], np.maximum(change, 0.0))])
