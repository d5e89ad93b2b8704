"""Units of the weather: what leads to the canonical unit, amounts of an interval included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vadose.constants import RHO_WATER
from vadose.data.forcing.quantities import QUANTITIES
from vadose.errors import UnitError

_STEP = re.compile(r"(?:/\s*|\bper\s+)(?:time)?-?\s?step\b|\b(?:time)?-?step\s*(?:\^|\*\*)?\s*-1\b", re.IGNORECASE)
_PERIOD = re.compile(r"^(mm|inch(?:es)?|kg m-2|cm|m)\s*(?:/|per)\s*(\d+)\s*(h|min)$", re.IGNORECASE)
_PLAIN = {
    "c": "degC", "deg c": "degC", "deg_c": "degC", "degrees c": "degC", "degree_celsius": "degC", "f": "degF",
    "k": "K", "mb": "hPa", "mbar": "hPa", "percent": "%", "pct": "%", "": "1", "-": "1", "none": "1", "unitless": "1",
    "fraction": "1", "inches": "inch", "in": "inch", "kg/m^2/s": "kg m-2 s-1", "kg/m2s": "kg m-2 s-1", "mm/s": "mm s-1",
    "w/m2": "W m-2", "w/m^2": "W m-2", "w m**-2": "W m-2", "j m**-2": "J m-2", "mm/day": "mm d-1", "mm/d": "mm d-1",
    "mm/hr": "mm h-1", "mm/h": "mm h-1", "mm/hour": "mm h-1", "m s**-1": "m s-1", "kg kg**-1": "kg kg-1",
    "mm day-1": "mm d-1", "mm hr-1": "mm h-1",
}  # fmt: skip


@dataclass(frozen=True)
class Conversion:
    """canonical = scale value + offset; of an `amount`, per second of the interval it was summed over."""

    scale: float
    offset: float
    amount: bool
    units: str

    def slope(self, interval: float) -> float:
        """What values are multiplied by, for records `interval` s apart."""
        return self.scale / interval if self.amount else self.scale


def conversion(units: str | None, quantity: str, where: str) -> Conversion:
    """How values in `units` become the canonical unit of a quantity of the weather.

    Raises UnitError for units that are missing, cannot be read or do not convert, naming file, variable and remedy.
    """
    known = QUANTITIES[quantity]
    if units is None:
        raise UnitError(
            f"{where}: no units; expected {known.units} or a unit that converts to it; "
            f'state units = {{{quantity} = "..."}} for the forcing'
        )
    text, stepwise = _STEP.subn("", str(units).strip())
    text = text.strip()
    if found := _PERIOD.match(text):
        text, stepwise = found[1], 1
    unit = _parse(text)
    for target, factor, amount in _targets(quantity, known.units, known.rate, bool(stepwise)):
        if unit is not None and unit.is_convertible(target):
            offset = float(unit.convert(0.0, target))
            slope = float(unit.convert(1.0, target)) - offset
            return Conversion(slope * factor, offset * factor, amount, str(units).strip())
    what = "cannot be read" if unit is None else f"do not convert to {known.units}"
    raise UnitError(
        f"{where}: units {units!r} {what}; expected {known.units} or a unit that converts to it; "
        f'state units = {{{quantity} = "..."}} for the forcing if the file states them wrongly'
    )


def _targets(quantity: str, units: str, rate: bool, stepwise: bool) -> list[tuple[str, float, bool]]:
    """(unit, factor from it to the canonical unit, amount of the interval), in order of preference."""
    if not rate:
        return [(units, 1.0, False)]
    if units == "W m-2":
        rates, amounts = [("W m-2", 1.0)], [("J m-2", 1.0)]
    else:
        rates = [("kg m-2 s-1", 1.0), ("m s-1", RHO_WATER)]
        amounts = [("kg m-2", 1.0), ("m", RHO_WATER)]
    return [(u, f, True) for u, f in amounts] + ([] if stepwise else [(u, f, False) for u, f in rates])


def _parse(text: str) -> Any | None:
    import cf_units

    try:
        unit = cf_units.Unit(_PLAIN.get(text.lower(), text))
    except ValueError:
        return None
    return None if unit.is_unknown() or unit.is_no_unit() or unit.is_time_reference() else unit
