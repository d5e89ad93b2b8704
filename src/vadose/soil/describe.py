"""One soil as every pedotransfer function sees it: thresholds and parameters side by side."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from vadose.constants import MM_PER_HOUR
from vadose.soil.classes import USDA_CLASSES, usda_class
from vadose.soil.pedotransfer import EnsembleProperties, Flag, SoilProperties, outliers, pedotransfer
from vadose.soil.texture import Soil

FACTOR_OF_TWO = 0.3  # log10, within which two measurements of K_s on one soil agree
FEWEST = 5  # members from which on one of them can stand apart


@dataclass(frozen=True)
class Row:
    """What one function says: thresholds in m3 m-3, K_s in mm h-1, its closure's parameters in SI, and remarks."""

    name: str
    closure: str
    wilting_point: float
    critical_point: float
    theta_s: float
    K_s: float
    parameters: dict[str, float]
    remarks: list[str]
    stands_apart: frozenset[str]

    @property
    def available_water(self) -> float:
        return self.critical_point - self.wilting_point


@dataclass(frozen=True)
class Description:
    """A soil, its texture class, a row for each function, and those that could not be asked."""

    soil: Soil
    texture_class: str
    rows: list[Row]
    skipped: dict[str, str]
    members: EnsembleProperties

    @property
    def title(self) -> str:
        """The soil in one line."""
        soil = self.soil
        parts = [f"sand {soil.sand:g} %", f"silt {soil.silt:g} %", f"clay {soil.clay:g} %"]
        if soil.organic_carbon is not None:
            parts.append(f"organic carbon {soil.organic_carbon:g} %")
        if soil.bulk_density is not None:
            parts.append(f"bulk density {soil.bulk_density:g} kg m-3")
        return f"{self.texture_class}: {', '.join(parts)}"

    def summary(self) -> dict[str, tuple[float, float, float]]:
        """(lowest, median, highest) over the functions, of the thresholds, the available water, theta_s and K_s."""
        names = ("wilting_point", "critical_point", "available_water", "theta_s", "K_s")
        values = {name: np.array([getattr(row, name) for row in self.rows]) for name in names}
        return {k: (float(v.min()), float(np.median(v)), float(v.max())) for k, v in values.items()}


def describe(soil: Soil, names: list[str] | None = None) -> Description:
    """Ask the functions called `names`, or all, about one soil (every field a single number).

    Raises ConfigError for an unknown name and DataError where no function can be asked.
    """
    found = pedotransfer.ensemble(names)(soil)
    members = list(found.members.values())
    apart = {
        "wilting_point": outliers(found.wilting_point),
        "critical_point": outliers(found.critical_point),
        "available_water": outliers(found.available_water),
        "theta_s": outliers(np.array([float(m.retention.theta_s) for m in members])),
        "K_s": outliers(np.log10([float(m.retention.K_s) for m in members]), FACTOR_OF_TWO),
    }
    rows = []
    for i, (name, member) in enumerate(found.members.items()):
        standing = frozenset(k for k, where in apart.items() if where[i] and len(found) >= FEWEST)
        rows.append(_row(name, member, soil, standing))
    code = int(usda_class(soil.sand, soil.clay))
    return Description(soil, USDA_CLASSES[code], rows, found.skipped, found)


def _row(name: str, member: SoilProperties, soil: Soil, standing: frozenset[str]) -> Row:
    retention = member.retention
    leaves = [f.name for f in dataclasses.fields(retention) if not f.metadata.get("static")]  # type: ignore[arg-type]
    return Row(
        name,
        type(retention).__name__,
        float(member.wilting_point),
        float(member.critical_point),
        float(retention.theta_s),
        float(retention.K_s) * MM_PER_HOUR,
        {leaf: float(getattr(retention, leaf)) for leaf in leaves},
        _remarks(name, int(member.flags), soil),
        standing,
    )


def _remarks(name: str, flags: int, soil: Soil) -> list[str]:
    function, said = pedotransfer[name], []
    if flags & Flag.OUTSIDE_RANGE:
        beyond = [k for k, outside in function.outside(soil).items() if outside]
        limits = (f"{k} {function.valid_range[k][0]:.4g}-{function.valid_range[k][1]:.4g}" for k in beyond)
        said.append(f"outside {', '.join(limits) or 'its range'}")
    if flags & Flag.LIMITED:
        said.append("a parameter was limited")
    if flags & Flag.ESTIMATED_INPUT:
        said.append("bulk density estimated")
    return said
