"""Errors of the weather that make the members of an ensemble: correlated in time, in space and with another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import FREEZING_POINT
from vadose.errors import ConfigError
from vadose.simulate.lattice import Lattice
from vadose.simulate.noise import autoregressive, streams
from vadose.simulate.study_errors import QUANTITIES

if TYPE_CHECKING:
    from vadose.simulate.members import Member
    from vadose.simulate.study_errors import Errors, Perturbation

LEAST_LONGWAVE = 50.0  # W m-2


def perturb(
    values: Mapping[str, np.ndarray],
    table: Perturbation,
    member: Member,
    index: np.ndarray,
    first: int,
    *,
    seed: int,
    step: float,
    places: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """The weather of a member: the quantities that have errors, {name: [time, cell]}.

    precipitation, shortwave   times exp(s x - s^2 / 2), s^2 = ln(1 + sd^2), whose mean is 1; times exp(sd x) where the
                               median is; precipitation also times the factor of the table
    longwave, temperature      plus sd x; the specific humidity changes so that the relative one does not
    x  normal, correlated over `correlation` hours and `length` km, and as `between` says between quantities

    index   [cell] of the cells in their whole grid;  first  number of the first step since 1970;  step  s
    places  [cell] degrees north and east, which a field of a `length` between 0 and inf needs
    The same whatever the tiling and the chunks. Member number 0 has no errors.
    """
    errors = table.errors
    if member.number == 0:
        return {}
    field = _Field(errors.length, index, places)
    count, memory = len(next(iter(values.values()))), errors.correlation * 3600.0 / step

    def series(name: str) -> np.ndarray:
        return autoregressive(streams(seed, member.number, f"forcing {name}", field.sources), first, count, memory)

    x = {name: field.on_cells(z) for name, z in _correlated(errors, series).items()}
    found: dict[str, np.ndarray] = {}
    for name in QUANTITIES[:2]:
        by = _factor(getattr(errors, name), x.get(name), errors.centre)
        if name == "precipitation":
            by = by * errors.precipitation_factor
        if np.any(by != 1.0):
            found[name] = values[name] * by
    if errors.longwave > 0.0:
        found["longwave"] = np.maximum(values["longwave"] + errors.longwave * x["longwave"], LEAST_LONGWAVE)
    if errors.temperature > 0.0:
        old = values["air_temperature"]
        new = old + errors.temperature * x["temperature"]
        found["air_temperature"] = new
        found["specific_humidity"] = values["specific_humidity"] * _saturation(new) / _saturation(old)
    return found


class _Field:
    """Where the numbers of some cells come from: streams of their own, one for all, or those of a lattice's nodes."""

    def __init__(self, length: float, index: np.ndarray, places: tuple[np.ndarray, np.ndarray] | None) -> None:
        self.lattice: Lattice | None = None
        self.sources = index
        if math.isinf(length):
            self.sources = np.zeros(1, dtype=np.int64)
        elif length > 0.0:
            if places is None:
                raise ConfigError(
                    f"[ensemble.forcing] `length` = {length:g} km needs the places of the columns, which were not "
                    "given; take 0 or inf"
                )
            self.lattice = Lattice.kept(*places, length)
            self.sources = self.lattice.nodes

    def on_cells(self, series: np.ndarray) -> np.ndarray:
        """[step, cell], or [step, 1] for all cells, from series [step, source]."""
        return series if self.lattice is None else self.lattice.spread(series.T)


def _correlated(errors: Errors, series: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
    """Series of the quantities that have errors, [step, source], with the correlation between them.

    x = L z with L L^T = between: since all z have one memory, the correlation holds at every lag times that in time.
    """
    wanted = [name for name in QUANTITIES if getattr(errors, name) > 0.0]
    if not errors.between:
        return {name: series(name) for name in wanted}
    L = np.linalg.cholesky(np.asarray(errors.between))
    last = max((QUANTITIES.index(name) for name in wanted), default=-1)
    z = [series(name) for name in QUANTITIES[: last + 1]]
    found = {}
    for name in wanted:
        row = L[QUANTITIES.index(name)]
        found[name] = sum((weight * part for weight, part in zip(row, z, strict=False) if weight != 0.0), np.zeros(1))
    return found


def _factor(sd: float, x: np.ndarray | None, centre: str) -> np.ndarray:
    """The log-normal factor on a quantity; 1 where it has no error."""
    if x is None:
        return np.ones(1)
    if centre == "median":
        return np.asarray(np.exp(sd * x))
    s = np.sqrt(np.log1p(sd * sd))
    return np.asarray(np.exp(s * x - 0.5 * s * s))


def _saturation(temperature: np.ndarray) -> np.ndarray:
    """Saturation vapour pressure over its value at 0 degrees C; Bolton (1980)."""
    celsius = temperature - FREEZING_POINT
    return np.asarray(np.exp(17.67 * celsius / (celsius + 243.5)))
