"""What is known of a soil before any pedotransfer function: particle sizes, carbon, density."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from vadose.arrays import Array, as_float, namespace, pytree, static, traced
from vadose.errors import RangeError

OM_PER_SOC = 1.724  # organic matter per organic carbon, van Bemmelen's factor; Saxton & Rawls (2006)
PARTICLE_DENSITY = 2650.0  # kg m-3, mineral particles
ROUNDING = 1e-6  # %, by which sand + clay may exceed 100

# name -> (lowest, highest, unit): what is possible at all; a pedotransfer function's own range is narrower.
LIMITS: dict[str, tuple[float, float, str]] = {
    "sand": (0.0, 100.0, "%"),
    "clay": (0.0, 100.0, "%"),
    "organic_carbon": (0.0, 60.0, "%"),
    "bulk_density": (20.0, 2650.0, "kg m-3"),
    "gravel": (0.0, 99.0, "%"),
    "depth": (0.0, 100.0, "m"),
    "theta_33": (0.0, 1.0, "m3 m-3"),
    "theta_1500": (0.0, 1.0, "m3 m-3"),
    "pH": (1.0, 13.0, "1"),
    "cec": (0.0, 300.0, "cmol kg-1"),
    "carbonate": (0.0, 100.0, "%"),
}


@pytree
class Soil:
    """A soil sample, layer or map of them; fields are numbers or arrays that broadcast, None where not known.

    sand, clay       %        of the mineral fine earth by mass; silt is the rest
    organic_carbon   %        of the fine earth by mass; 1.724 times it is organic matter
    bulk_density     kg m-3   of the fine earth, oven-dry
    gravel           %        of the whole soil by mass, particles above 2 mm
    depth            m        of the sample's middle; topsoil is above 0.3 m
    theta_33, theta_1500      m3 m-3, measured water content at -33 and -1500 kPa
    pH, cec, carbonate        pH in water, cation exchange capacity cmol kg-1, calcium carbonate %
    estimated        names of fields that were estimated, not measured
    Raises RangeError where a number is impossible or in another unit. Impossible elements of arrays become NaN in
    every field, so that whatever is computed from them is NaN.
    """

    sand: Array
    clay: Array
    organic_carbon: Array = None
    bulk_density: Array = None
    gravel: Array = None
    depth: Array = None
    theta_33: Array = None
    theta_1500: Array = None
    pH: Array = None
    cec: Array = None
    carbonate: Array = None
    estimated: tuple[str, ...] = static(())

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in LIMITS if getattr(self, name) is not None}
        for name in ("sand", "clay"):
            if name not in given:
                raise RangeError(f"{name} is missing; expected it in % of the mineral fine earth")
        if traced(*given.values()):
            return
        given = {name: as_float(value) for name, value in given.items()}
        _check_units(given)
        valid: Array = True
        for name, value in given.items():
            low, high, unit = LIMITS[name]
            valid = valid & _possible(name, value, (value >= low) & (value <= high), f"{low:g} to {high:g} {unit}")
        total = given["sand"] + given["clay"]
        valid = valid & _possible("sand + clay", total, total <= 100.0 + ROUNDING, "at most 100 %")
        if "theta_33" in given and "theta_1500" in given:
            gap = given["theta_33"] - given["theta_1500"]
            valid = valid & _possible("theta_33 - theta_1500", gap, gap > 0.0, "> 0")
        for name, value in given.items():
            masked = value if np.all(valid) else namespace(valid, value).where(valid, value, np.nan)
            object.__setattr__(self, name, masked)

    @property
    def silt(self) -> Array:
        """Silt, % of the mineral fine earth by mass."""
        return 100.0 - self.sand - self.clay

    @property
    def organic_matter(self) -> Array:
        """Organic matter, % of the fine earth by mass: 1.724 times the organic carbon."""
        return OM_PER_SOC * self.organic_carbon

    @property
    def valid(self) -> Array:
        """True where sand and clay are known and possible."""
        return namespace(self.sand, self.clay).isfinite(self.sand + self.clay)

    def replace(self, **changes: Any) -> Soil:
        """The same soil with some fields changed."""
        return dataclasses.replace(self, **changes)

    @classmethod
    def from_fractions(cls, sand: Array, clay: Array, organic_carbon: Array = None, **others: Array) -> Soil:
        """A soil from mass fractions, kg kg-1, of sand, clay and organic carbon; other fields as in the class.

        Raises RangeError where the values look like percent.
        """
        for name, value in (("sand", sand), ("clay", clay), ("organic_carbon", organic_carbon)):
            if value is not None and not traced(value) and _largest(as_float(value)) > 1.0 + 1e-8:
                raise RangeError(
                    f"{name} must be a mass fraction, 0 to 1, got {_largest(as_float(value)):g}, which looks like "
                    "percent; use Soil(...), which takes percent"
                )
        carbon = None if organic_carbon is None else 100.0 * as_float(organic_carbon)
        return cls(100.0 * as_float(sand), 100.0 * as_float(clay), carbon, **others)


def _largest(value: Array) -> float:
    finite = np.asarray(value)[np.isfinite(value)]
    return float(finite.max()) if finite.size else 0.0


def _check_units(given: dict[str, Array]) -> None:
    """Name a unit that all values together betray: fractions for percent, g cm-3 for kg m-3."""
    parts = max(_largest(given["sand"]), _largest(given["clay"]))
    if 0.0 < parts <= 1.0:
        raise RangeError(
            f"sand and clay must be in %, got at most {parts:g}, which looks like fractions; "
            "use Soil.from_fractions(...), or multiply by 100"
        )
    if "bulk_density" in given and 0.0 < _largest(given["bulk_density"]) < 3.0:
        raise RangeError(
            f"bulk_density must be in kg m-3, got at most {_largest(given['bulk_density']):g}, "
            "which looks like g cm-3; multiply by 1000"
        )
    for name in ("theta_33", "theta_1500"):
        if name in given and _largest(given[name]) > 1.5:
            raise RangeError(f"{name} must be in m3 m-3, got {_largest(given[name]):g}, which looks like percent")


def _possible(name: str, value: Array, holds: Array, expected: str) -> Array:
    if np.ndim(value) == 0 and not holds:
        raise RangeError(f"{name} must be {expected}, got {float(value):g}")
    return holds
