"""Units: how values of a file become canonical. No other module converts units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vadose.constants import LATENT_HEAT, MOLAR_MASS_CARBON, RHO_WATER
from vadose.data.source import ACCUMULATIONS
from vadose.errors import UnitError
from vadose.variables import Variable

_WATER_FLUXES = ("evapotranspiration", "precipitation", "surface_runoff", "runoff", "snowmelt")
_DIMENSIONLESS = {"", "-", "unitless", "dimensionless", "none", "fraction", "ratio", "n/a", "m2 leaf m-2 ground"}
_PER_MONTH = re.compile(r"(?:/\s*|\bper\s+)mon(?:th)?s?\b|\bmon(?:th)?s?\s*(?:\^|\*\*)?\s*-1\b", re.IGNORECASE)
_MASS_RATIO = re.compile(r"\b(k?g)\s*(?:/\s*\1|\1\s*(?:\^|\*\*)?-1)\b")
_SUBSTANCE = (
    (
        re.compile(
            r"\b(k|m|u|\u00b5|\u03bc)?(g|mol)\s*\(?\s*(?:CO2|C|H2O|carbon|water)\)?(?=[\s/*.]|$)", re.IGNORECASE
        ),
        r"\1\2",
    ),
    (re.compile(r"\bmicromol(?:es?)?\b", re.IGNORECASE), "umol"),
    (re.compile(r"\bof water equivalent\b|\bwater equivalent\b|\bw\.?e\.?q?\.?$", re.IGNORECASE), ""),
)


@dataclass(frozen=True)
class Conversion:
    """canonical = scale * value + offset, divided by the seconds of the month where `per_month`.

    kind  of soil moisture: "volumetric", or "mass" where `scale` leads to kg m-2 in a layer; "" otherwise
    """

    scale: float
    offset: float
    source_units: str
    per_month: bool = False
    kind: str = ""


def conversion(units: str | None, variable: Variable, where: str, accumulation: str | None = None) -> Conversion:
    """How values in `units` become the canonical unit of `variable`.

    where         names file and variable in messages
    accumulation  what an amount was summed over (`Source.accumulation`), for a flux given as m, mm or kg m-2
    Raises UnitError, naming the units found, the units expected and the remedy.
    """
    if units is None:
        raise UnitError(
            f"{where}: no units; expected {variable.units} or a unit that converts to it; "
            f'set units = "..." for this source in the study'
        )
    text = _tidy(str(units), variable)
    text, per_month = _PER_MONTH.subn("", text)
    text = text.strip()
    if variable.units == "m3 m-3" and _MASS_RATIO.search(text):
        raise UnitError(
            f"{where}: units {units!r} are gravimetric (mass of water in mass of soil); expected {variable.units}, % "
            "or kg m-2; multiply by the bulk density of the soil before"
        )
    unit = _parse(text)
    if unit is not None:
        for target, factor, kind, is_amount in _targets(variable, accumulation, bool(per_month)):
            if unit.is_convertible(target):
                offset = float(unit.convert(0.0, target))
                slope = float(unit.convert(1.0, target)) - offset
                return Conversion(slope * factor, offset * factor, str(units).strip(), is_amount, kind)
    raise UnitError(_refusal(str(units), unit, variable, where))


def _targets(variable: Variable, accumulation: str | None, per_month: bool) -> list[tuple[str, float, str, bool]]:
    """(unit, factor from it to the canonical unit, kind, divide by the month's seconds), in order of preference."""
    if variable.units == "m3 m-3":
        found = [("1", 1.0, "volumetric"), ("kg m-3", 1 / RHO_WATER, "volumetric")]
        found += [("kg m-2", 1.0, "mass"), ("m", RHO_WATER, "mass")]
        return [(*row, False) for row in found]
    if variable.units == "kg m-2":
        return [("kg m-2", 1.0, "", False), ("m", RHO_WATER, "", False)]
    if variable.units != "kg m-2 s-1":
        return [(variable.units, 1.0, "", False)]
    is_water = variable.name in _WATER_FLUXES
    amounts = [("kg m-2", 1.0), *([("m", RHO_WATER)] if is_water else [("mol m-2", MOLAR_MASS_CARBON)])]
    if per_month or accumulation == "month":
        return [(unit, factor, "", True) for unit, factor in amounts]
    rates = [(f"{unit} s-1", factor) for unit, factor in amounts]
    if variable.name == "evapotranspiration":
        rates.append(("W m-2", 1 / LATENT_HEAT))
    seconds = ACCUMULATIONS.get(accumulation or "")
    summed = [(unit, factor / seconds) for unit, factor in amounts] if seconds else []
    return [(unit, factor, "", False) for unit, factor in rates + summed]


def _tidy(units: str, variable: Variable) -> str:
    text = units.strip()
    if text.lower() in _DIMENSIONLESS:
        return "1"
    for pattern, plain in _SUBSTANCE:
        text = pattern.sub(plain, text)
    if variable.units == "K" and text in ("C", "deg C", "deg_C", "Deg C", "degrees C"):
        return "degC"
    return text


def _parse(text: str) -> Any | None:
    import cf_units

    try:
        unit = cf_units.Unit(text)
    except ValueError:
        return None
    return None if unit.is_unknown() or unit.is_no_unit() or unit.is_time_reference() else unit


def _refusal(units: str, unit: Any | None, variable: Variable, where: str) -> str:
    what = "are not a unit that can be read" if unit is None else f"do not convert to {variable.units}"
    remedy = 'set units = "..." for this source in the study if the file states them wrongly'
    amounts = ("m", "kg m-2") if variable.name in _WATER_FLUXES else ("kg m-2", "mol m-2")
    if unit is not None and variable.units == "kg m-2 s-1" and any(unit.is_convertible(a) for a in amounts):
        what = f"are an amount, not a rate ({variable.units})"
        remedy = f"state what it was summed over: accumulation = one of {', '.join(ACCUMULATIONS)}"
    return f"{where}: units {units!r} {what}; expected {variable.units} or a unit that converts to it; {remedy}"
