"""Errors of the weather that make the members of an ensemble: correlated in time, without a bias in the mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import FREEZING_POINT
from vadose.simulate.noise import autoregressive, streams

if TYPE_CHECKING:
    from vadose.simulate.members import Member
    from vadose.simulate.study_ensemble import Perturbation

FACTORS = ("precipitation", "shortwave")
ADDED = ("longwave", "temperature")
LEAST_LONGWAVE = 50.0  # W m-2


def perturb(
    values: Mapping[str, np.ndarray],
    errors: Perturbation,
    member: Member,
    index: np.ndarray,
    first: int,
    *,
    seed: int,
    step: float,
) -> dict[str, np.ndarray]:
    """The weather of a member: the quantities that have errors, {name: [time, cell]}.

    precipitation, shortwave   times exp(s x - s^2 / 2), s^2 = ln(1 + sd^2), whose mean is 1
    longwave, temperature      plus sd x; the specific humidity changes so that the relative one does not
    x  normal, correlated over `correlation` hours, independent between quantities, cells and members

    index   [cell] of the cells in their whole grid;  first  number of the first step since 1970;  step  s
    The same whatever the tiling and the chunks. Member number 0 has no errors.
    """
    if member.number == 0:
        return {}
    count, memory = len(next(iter(values.values()))), errors.correlation * 3600.0 / step

    def noise(name: str) -> np.ndarray:
        return autoregressive(streams(seed, member.number, f"forcing {name}", index), first, count, memory)

    found: dict[str, np.ndarray] = {}
    for name in FACTORS:
        if (sd := getattr(errors, name)) > 0.0:
            s = np.sqrt(np.log1p(sd * sd))
            found[name] = values[name] * np.exp(s * noise(name) - 0.5 * s * s)
    if errors.longwave > 0.0:
        found["longwave"] = np.maximum(values["longwave"] + errors.longwave * noise("longwave"), LEAST_LONGWAVE)
    if errors.temperature > 0.0:
        old = values["air_temperature"]
        new = old + errors.temperature * noise("temperature")
        found["air_temperature"] = new
        found["specific_humidity"] = values["specific_humidity"] * _saturation(new) / _saturation(old)
    return found


def _saturation(temperature: np.ndarray) -> np.ndarray:
    """Saturation vapour pressure over its value at 0 degrees C; Bolton (1980)."""
    celsius = temperature - FREEZING_POINT
    return np.asarray(np.exp(17.67 * celsius / (celsius + 243.5)))
