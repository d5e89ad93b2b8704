"""What every pedotransfer function is: from a soil to a closure, with its source, its range and its spread."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.arrays import Array, namespace, pytree
from vadose.constants import HEAD_CRITICAL, HEAD_WILTING
from vadose.errors import DataError
from vadose.soil.retention.contract import Retention
from vadose.soil.texture import LIMITS, Soil


class Flag(enum.IntFlag):
    """What there is to say about one predicted soil."""

    OUTSIDE_RANGE = 1  # an input lies outside the range that the function was made for
    INVALID = 2  # the soil is missing or impossible: everything is NaN
    ESTIMATED_INPUT = 4  # an input was not measured but estimated
    LIMITED = 8  # a parameter came out unphysical and was set to the nearest possible value


@pytree
class SoilProperties:
    """What a pedotransfer function says of a soil, all of one shape.

    retention   the closure with its parameters
    flags       int, a sum of `Flag`
    spread      standard deviation by name of what the function states it for; `PedotransferFunction.spread` has units
    extra       further predictions by name, as in the function's `extra`
    """

    retention: Retention
    flags: Array
    spread: dict[str, Array] = field(default_factory=dict)
    extra: dict[str, Array] = field(default_factory=dict)

    @property
    def wilting_point(self) -> Array:
        """theta_w, the water content at -1500 kPa, m3 m-3."""
        return self.retention.water_content(HEAD_WILTING)

    @property
    def critical_point(self) -> Array:
        """theta_c, the water content at -33 kPa, m3 m-3: field capacity, taken as the critical point."""
        return self.retention.water_content(HEAD_CRITICAL)

    @property
    def available_water(self) -> Array:
        """theta_c - theta_w, m3 m-3."""
        return self.critical_point - self.wilting_point


@dataclass(frozen=True)
class Prediction:
    """What the kernel of a pedotransfer function returns; `limited` is True where a parameter was clamped."""

    retention: Retention
    limited: Array = False
    spread: Mapping[str, Array] = field(default_factory=dict)
    extra: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PedotransferFunction:
    """One published function: `function(soil)` gives `SoilProperties`.

    inputs        fields of `Soil` that it needs; `optional` ones that it uses where they are given
    valid_range   (lowest, highest) of each input in the units of `Soil`; also "silt" and "organic_matter"
    spread        what the published spread means, by name; `extra` likewise for further predictions
    samples       how many soils it was fitted to, and where they lie
    """

    name: str
    title: str
    source: str
    predict: Callable[[Soil], Prediction]
    inputs: tuple[str, ...] = ("sand", "clay")
    optional: tuple[str, ...] = ()
    valid_range: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    spread: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    samples: str = ""
    closure: str = "VanGenuchten"

    def __call__(self, soil: Soil) -> SoilProperties:
        """Predict; elements of arrays that are missing or impossible come out as NaN with `Flag.INVALID`.

        Raises DataError where the soil lacks an input.
        """
        missing = self.missing(soil)
        if missing:
            units = ", ".join(f"{name} [{LIMITS[name][2]}]" for name in missing)
            raise DataError(
                f"pedotransfer function {self.name!r} needs {units}, which the soil lacks; give it, or use "
                "vadose.soil.complete(soil), which estimates the density and flags it"
            )
        made = self.predict(soil)
        return SoilProperties(made.retention, self._flags(soil, made), dict(made.spread), dict(made.extra))

    def missing(self, soil: Soil) -> list[str]:
        """The inputs that the soil lacks."""
        return [name for name in self.inputs if getattr(soil, name) is None]

    def outside(self, soil: Soil) -> dict[str, Array]:
        """For each input with a range: True where the soil lies outside it."""
        found = {}
        for name, (low, high) in self.valid_range.items():
            value: Any = None if name == "organic_matter" and soil.organic_carbon is None else getattr(soil, name)
            if value is not None:
                found[name] = (value < low) | (value > high)
        return found

    def _flags(self, soil: Soil, made: Prediction) -> Array:
        xp = namespace(soil.sand, soil.clay, made.retention.theta_s)
        flags = xp.where(xp.isfinite(made.retention.theta_s), 0, int(Flag.INVALID))
        outside: Array = np.False_
        for where in self.outside(soil).values():
            outside = outside | where
        if any(name in soil.estimated for name in (*self.inputs, *self.optional)):
            flags = flags | int(Flag.ESTIMATED_INPUT)
        return flags | xp.where(outside, int(Flag.OUTSIDE_RANGE), 0) | xp.where(made.limited, int(Flag.LIMITED), 0)
