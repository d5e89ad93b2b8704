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
    for quantity in ("longwave", "shortwave"):
        found = files.parts.get(quantity)
        if found is None or "J" not in str(files.source.units.get(quantity, found[0].held.fields[quantity].units)):
            continue
        if files.source.accumulations.get(quantity):
            return files.source.accumulations[quantity]
        sample = found[0].held.read(quantity, slice(0, _SAMPLE), files.cells.index[:1])[:, 0]
        change = np.diff(sample[np.isfinite(sample)])
        moved = change[change != 0]
        return "reset" if moved.size >= 8 and np.mean(moved < 0) < _FALLING else "interval"
    return "interval"


def deaccumulate(sums: np.ndarray, how: str) -> np.ndarray:
    """Amounts of each interval [time, column] from running sums; the first record keeps its own value.

    how  "reset": a sum that falls has begun anew, so that its value is the amount; "total": it never does
    """
    change = np.diff(sums, axis=0)
    scale = np.nanmax(np.abs(sums)) if np.isfinite(sums).any() else 0.0
    fell = change < -1e-6 * scale
    later = np.where(fell & (how == "reset"), sums[1:], np.maximum(change, 0.0) if how == "reset" else change)
    return np.concatenate([sums[:1], later])
