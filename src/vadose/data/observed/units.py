"""Units of measured series: stated, documented by the network, or told by the range of the values."""

from __future__ import annotations

import numpy as np

from vadose.constants import RHO_WATER
from vadose.data.observed.quantities import QUANTITIES, Quantity, extremes
from vadose.data.units import conversion
from vadose.errors import UnitError

_AMOUNTS = ("mm", "kg m-2", "cm", "m", "inch", "g m-2")
_FEW = 2e-4  # part of the values that may be outliers rather than in other units
_SPELLED = {"mm/d": "mm d-1", "mm/day": "mm d-1", "mm day-1": "mm d-1", "mm/h": "mm h-1", "mm/hr": "mm h-1",
            "mm/s": "mm s-1", "w/m2": "W m-2", "w/m^2": "W m-2", "vol %": "%", "vol%": "%", "percent": "%",
            "m3/m3": "m3 m-3", "m^3/m^3": "m3 m-3", "c": "degC", "deg c": "degC", "kg/m2/s": "kg m-2 s-1",
            "umolm-2s-1": "umol m-2 s-1", "wm-2": "W m-2", "gc m-2 d-1": "g m-2 d-1", "degc": "degC"}  # fmt: skip


def canonical(
    values: np.ndarray, name: str, units: str, interval: float, depth: tuple[float, float] | None, where: str
) -> tuple[np.ndarray, list[str]]:
    """Measured values in the canonical units of a quantity, single impossible ones as NaN, and notes.

    values    [record] as the file holds them;  name  of QUANTITIES;  units  "" where nobody states them
    interval  s of a record, over which an amount such as mm was summed
    depth     (top, bottom) m of soil moisture given as mm of water
    Raises UnitError where units are missing and cannot be told, do not convert, or make impossible values.
    """
    known = QUANTITIES[name]
    notes: list[str] = []
    if not units:
        low, high = extremes(values)
        if not known.sure(low, high) or not _possible(values, known):
            raise UnitError(
                f"{where}: no units, and {name} from {low:.4g} to {high:.4g} could be in several; state `units` "
                f"({', '.join((known.units, *known.others))}) of the observation"
            )
        units = known.units
        notes.append(f"{where}: no units; values from {low:.4g} to {high:.4g} are taken as {units}")
    out = _converted(values, known, units, interval, depth, where)
    wrong = np.isfinite(out) & ((out < known.low) | (out > known.high))
    if not wrong.any():
        return out, notes
    if wrong.sum() > max(_FEW * np.isfinite(out).sum(), 1):
        raise UnitError(_refusal(values, out, known, units, interval, depth, where))
    notes.append(f"{where}: {int(wrong.sum())} impossible values are left out")
    return np.where(wrong, np.nan, out), notes


def _converted(
    values: np.ndarray, known: Quantity, units: str, interval: float, depth: tuple[float, float] | None, where: str
) -> np.ndarray:
    text = _SPELLED.get(units.strip().lower(), units.strip())
    summed = known.units == "kg m-2 s-1" and text in _AMOUNTS
    how = conversion(f"{text} s-1" if summed else text, known.variable, where)
    out = how.scale * values + how.offset
    if how.kind == "mass":
        if depth is None:
            raise UnitError(
                f"{where}: units {units!r} need the soil they stand for; state `depth` = [top, bottom] in m"
            )
        out = out / (RHO_WATER * (depth[1] - depth[0]))
    return out / interval if summed else out


def _possible(values: np.ndarray, known: Quantity) -> bool:
    finite = values[np.isfinite(values)]
    outside = np.count_nonzero((finite < known.low) | (finite > known.high))
    return bool(finite.size and outside <= max(_FEW * finite.size, 1))


def _refusal(
    raw: np.ndarray, values: np.ndarray, known: Quantity, units: str, interval: float,
    depth: tuple[float, float] | None, where: str,
) -> str:  # fmt: skip
    low, high = extremes(values)
    fitting = []
    for other in (known.units, *known.others):
        if other != units and _possible(_converted(raw, known, other, interval, depth, where), known):
            fitting.append(other)
    remedy = f"the values fit {' or '.join(map(repr, fitting))}: state `units`" if fitting else "name another column"
    return (
        f"{where}: {known.name} from {low:.4g} to {high:.4g} {known.units} is impossible, expected {known.low:g} to "
        f"{known.high:g}; units are said to be {units!r}; {remedy} of the observation"
    )
