"""Checks of the weather: units by the range of the values, and the clock by the sun."""

from __future__ import annotations

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.forcing.quantities import QUANTITIES, Quantity
from vadose.data.forcing.sun import mean_cos_zenith
from vadose.data.forcing.units import Conversion, conversion
from vadose.errors import DataError, UnitError

_FEW = 1e-3  # part of the values that may be outliers rather than in other units
_SHORT = 5 * SECONDS_PER_DAY  # s, of which the mean says nothing about units
_NIGHT = 0.05


def check_range(values: np.ndarray, quantity: str, made: Conversion, interval: float, where: str) -> None:
    """Raise UnitError where canonical values are impossible: in other units than was said, or a few of them wrong.

    values  [time, column] canonical;  made  how they became so;  where  file and variable
    """
    known = QUANTITIES[quantity]
    finite = values[np.isfinite(values)]
    if not finite.size or _fits(finite, known, interval, values.shape[0]):
        return
    outside = (finite < known.low) | (finite > known.high)
    low, high, mean = float(finite.min()), float(finite.max()), float(finite.mean())
    said = f"units are said to be {made.units!r}"
    stored = (finite - made.offset) / made.slope(interval)
    candidates = [u for u in (known.units, *known.others) if u != made.units]
    others = {u: conversion(u, quantity, where) for u in candidates}
    fitting = [
        u for u, o in others.items() if _fits(stored * o.slope(interval) + o.offset, known, interval, values.shape[0])
    ]
    if fitting:
        raise UnitError(
            f"{where}: {quantity} from {low:.4g} to {high:.4g} {known.units}, mean {mean:.4g}, is impossible; "
            f"expected {known.low:g} to {known.high:g}; {said}, but the values fit {' or '.join(map(repr, fitting))}: "
            f'state units = {{{quantity} = "{fitting[0]}"}} for the forcing'
        )
    few = 0 < np.count_nonzero(outside) <= max(_FEW * finite.size, 3)
    kind = f"{np.count_nonzero(outside)} of {finite.size} values" if few else "the values"
    raise UnitError(
        f"{where}: {quantity} from {low:.4g} to {high:.4g} {known.units}, mean {mean:.4g}, is impossible; expected "
        f"{known.low:g} to {known.high:g}; {said}; "
        + (f"set {kind} missing in the file" if few else f"name another variable or state units.{quantity}")
    )


def _fits(values: np.ndarray, known: Quantity, interval: float, steps: int) -> bool:
    if values.min() < known.low or values.max() > known.high:
        return False
    if known.typical is None or steps * interval < _SHORT:
        return True
    polar = known.name.startswith("shortwave")
    return bool((polar or known.typical[0] <= values.mean()) and values.mean() <= known.typical[1])


def check_light(shortwave: np.ndarray, above: np.ndarray, interval: float, where: str) -> None:
    """Raise UnitError where some days have less than 2 % of the sunlight above the air, or more than all of it."""
    there = np.isfinite(shortwave)
    if shortwave.shape[0] * interval < _SHORT or not there.any():
        return
    mean, most = float(shortwave[there].mean()), float(above[there].mean())
    if most > 50.0 and not 0.02 * most <= mean <= 1.05 * most:
        raise UnitError(
            f"{where}: shortwave has a mean of {mean:.4g} W m-2, expected {0.02 * most:.3g} to {most:.4g} (that above "
            "the air); state units.shortwave (kW m-2, J m-2 ...), `lat` or the time zone for the forcing"
        )


def drop_impossible(shortwave: np.ndarray, above: np.ndarray, where: str) -> tuple[np.ndarray, list[str]]:
    """Daily sunlight with the days set missing on which it exceeds that above the air, and notes.

    Raises UnitError where that is more than 2 % of the days.
    """
    wrong = shortwave > np.maximum(1.02 * above, above + 2.0)
    count = int(np.count_nonzero(wrong))
    if not count:
        return shortwave, []
    worst = float(np.nanmax(np.where(wrong, shortwave - above, np.nan)))
    said = f"{count} of {wrong.size} daily values exceed the sunlight above the air, by up to {worst:.3g} W m-2"
    if count > 0.02 * wrong.size:
        raise UnitError(
            f"{where}: {said}; expected none: check `lat`, the units and whether they are means of the daylight hours"
        )
    return np.where(wrong, np.nan, shortwave), [f"shortwave: {said}, and are set missing"]


def check_night(
    shortwave: np.ndarray,
    starts: np.ndarray,
    interval: float,
    lat: np.ndarray,
    lon: np.ndarray,
    offset: float,
    where: str,
) -> list[str]:
    """Raise DataError where more than 5 % of the sunlight falls while the sun is down, with the clock that fits best.

    shortwave  [time, column] W m-2;  starts  [time] UTC;  offset  h of the file's clock that was taken
    Returns notes.
    """
    if interval * 4 > SECONDS_PER_DAY or starts.size * interval < SECONDS_PER_DAY:
        return []
    pick = np.unique(np.linspace(0, shortwave.shape[1] - 1, 8).astype(int))
    light = np.where(np.isfinite(shortwave[:, pick]), np.maximum(shortwave[:, pick], 0.0), 0.0)
    total = light.sum()
    if total <= 1.0 * light.size:  # polar night
        return []
    dark = float(light[mean_cos_zenith(starts, interval, lat[pick], lon[pick]) <= 0].sum() / total)
    if dark <= _NIGHT:
        return [] if dark < 0.01 else [f"{100 * dark:.1f} % of the sunlight falls while the sun is down"]
    some = np.unique(np.linspace(0, starts.size - 1, 3000).astype(int))
    sample = light[some, 0]

    def likeness(shift: float) -> float:
        sun = mean_cos_zenith(
            starts[some] + np.timedelta64(round(shift * 3600), "s"), interval, lat[pick[:1]], lon[pick[:1]]
        )
        return float(np.sum(sample * sun[:, 0]) / np.sqrt(np.sum(sun**2) + 1e-30))

    best = max(np.arange(-12.0, 12.5, 1.0 if interval > 1800 else 0.5), key=likeness)
    fitting = (offset - best + 12.0) % 24.0 - 12.0
    raise DataError(
        f"{where}: {100 * dark:.0f} % of the sunlight falls while the sun is down at {lat[pick[0]]:.2f} N, "
        f"{lon[pick[0]]:.2f} E (expected < 5 %); the clock was taken as UTC{offset:+g} h, but the sun fits best with a "
        f"shift of {best:+g} h: state utc_offset = {fitting:g} for the forcing"
    )
