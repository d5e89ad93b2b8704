"""Units of soil maps: what leads to per cent by mass and to kg m-3, and whether the values agree with it."""

from __future__ import annotations

import re

import numpy as np

from vadose.errors import UnitError

CARBON_OF_MATTER = 1 / 1.724  # van Bemmelen's factor; Saxton & Rawls (2006)
_WORDS = re.compile(r"\b(?:of|by|total|dry|fine|earth|soil|weight|wt|mass|clay|sand|carbon)\b\.?", re.IGNORECASE)
_TARGETS = {"bulk_density": "kg m-3"}
_NAMES = {"percent": "%", "per cent": "%", "pct": "%", "fraction": "1", "-": "1", "": "1", "ratio": "1"}


def factor(units: str | None, quantity: str, where: str) -> float:
    """What values in `units` are multiplied by to become per cent, or kg m-3 of a bulk density.

    Raises UnitError for units that are missing or do not convert.
    """
    import cf_units

    target = _TARGETS.get(quantity, "%")
    if units is None:
        raise UnitError(f"{where}: no units; expected {target} or what converts to it; state `units.{quantity}`")
    text = re.sub(r"\s{2,}", " ", _WORDS.sub("", units)).strip().lower()
    text = _NAMES.get(text, text)
    try:
        unit = cf_units.Unit(text)
        if unit.is_convertible(target):
            return float(unit.convert(1.0, target))
    except ValueError:
        pass
    usual = "%, 1, g kg-1 or kg kg-1" if target == "%" else "g cm-3 or kg m-3"
    raise UnitError(
        f"{where}: units {units!r} do not lead to {target}; expected such as {usual}; state `units.{quantity}` if they "
        "are wrong"
    )


def check_magnitude(total: np.ndarray, refused: np.ndarray, name: str) -> None:
    """Raise UnitError where per cents can only be fractions, or the other way round.

    total    % sand + clay of the cells that are possible, NaN elsewhere
    refused  % sand + clay of the cells that are not, NaN elsewhere
    """
    total, refused = total[np.isfinite(total)], refused[np.isfinite(refused)]
    if total.size and 0 < total.max() <= 1.01:
        raise UnitError(
            f"{name}: sand + clay reach only {total.max():.3g} %: the values are fractions; state "
            'units = {sand = "1", clay = "1"}'
        )
    if refused.size > total.size and np.median(refused) > 150:
        middle = float(np.median(refused))
        what = "grams in a kilogram" if middle < 1500 else "per cent that are taken for fractions"
        raise UnitError(
            f"{name}: sand + clay are {middle:.4g} % in the middle of the map: the values are {what}; state "
            f'units = {{sand = "{"g kg-1" if middle < 1500 else "%"}", clay = ...}}'
        )
