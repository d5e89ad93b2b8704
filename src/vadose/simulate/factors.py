"""Factors on the parameters of soil and vegetation, one for each member and column."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vadose.errors import ConfigError
from vadose.land.parameters import SoilParameters, Vegetation
from vadose.land.tables.lookup import JARVIS_FIELDS, LEAF_FIELDS
from vadose.simulate.soil_hydraulics import in_order
from vadose.simulate.study_subsurface import BEGINNING
from vadose.simulate.vegetation import FIELDS, scaled, with_root_depth
from vadose.soil.retention.power_law import PowerConductivity
from vadose.soil.threshold import thresholds

SOIL = ("slope", "roughness", "solids_heat", "deep_temperature")
LEAVES = ("lai", "sai", "fraction")
MOST_PORES = 0.95  # m3 m-3, of a saturated water content
ABOVE_ONE = ("n",)  # parameters > 1, whose distance from 1 the factor scales


def scaled_plants(plants: Vegetation, factors: Mapping[str, np.ndarray], retention: Any) -> Vegetation:
    """Vegetation times the factors that are its own, [column] each."""
    for name, by in factors.items():
        where, key = place_of(name, retention)
        if where == "vegetation" and not _all_one(by):
            plants = _grown(plants, key, by)
    return plants


def scaled_soil(soil: SoilParameters, factors: Mapping[str, np.ndarray]) -> SoilParameters:
    """The soil's parameters beside its closure times the factors that are their own, [column] each."""
    for name, by in factors.items():
        where, key = place_of(name, soil.retention)
        if where == "soil" and not _all_one(by):
            changed = getattr(soil, key) * by
            soil = replace(soil, **{key: np.minimum(changed, 1.0) if key == "slope" else changed})
    return soil


def place_of(name: str, retention: Any) -> tuple[str, str]:
    """("closure", "vegetation", "soil" or "subsurface", field) of a parameter's name.

    It is sought in the soil's closure, then in the vegetation, then in the soil's other parameters: "slope" is that of
    the stomata, "soil.slope" that of the drainage. Those of the subsurface are named in full. Raises ConfigError for an
    unknown name, with the nearest one.
    """
    closure = tuple(f.name for f in dataclasses.fields(retention) if not f.metadata.get("static"))
    plants = (*FIELDS, *LEAVES, *LEAF_FIELDS, *JARVIS_FIELDS)
    part, _, key = name.rpartition(".")
    if key == "lambda":
        key = "lambda_"
    for where, of, known in (
        ("closure", "soil", closure),
        ("vegetation", "vegetation", plants),
        ("soil", "soil", SOIL),
    ):
        if part in ("", of) and key in known:
            return where, key
    if name in BEGINNING:
        return "subsurface", key
    near = difflib.get_close_matches(key, (*closure, *plants, *SOIL), 1)
    hint = f"did you mean `{near[0]}`?" if near else ""
    raise ConfigError(
        f"[ensemble]: unknown parameter `{name}` {hint} The closure {type(retention).__name__} has "
        f"{', '.join(closure)}; vegetation has {', '.join(plants)}; the soil has {', '.join(SOIL)}; a "
        f"[subsurface] has {', '.join(BEGINNING)}"
    )


def _grown(plants: Vegetation, key: str, by: np.ndarray) -> Vegetation:
    if key == "root_depth":
        made = with_root_depth(plants, plants.root_depth * by)
        return replace(made, root_a=plants.root_a / by, root_b=plants.root_b / by)
    if key == "fraction":
        return replace(plants, fraction=np.minimum(plants.fraction * by, 1.0))
    return scaled(plants, key, lambda old: old * by)


def scaled_closure(
    retention: Any, points: tuple[np.ndarray, np.ndarray], factors: Mapping[str, np.ndarray]
) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """The closure times the factors that are its own, [column] each, and its wilting and critical point.

    The points move as their definition does; those that a table or the study gives keep their ratio to it. Raises
    ConfigError where no soil is left.
    """
    values: dict[str, Any] = {}
    for name, by in factors.items():
        where, key = place_of(name, retention)
        if where == "closure" and not _all_one(by):
            value = np.asarray(getattr(retention, key), dtype=float)
            values[key] = 1.0 + (value - 1.0) * by if key in ABOVE_ONE else value * by
    if not values:
        return retention, points
    if "theta_s" in values:
        residual = values.get("theta_r", getattr(retention, "theta_r", 0.0))
        values["theta_s"] = np.clip(values["theta_s"], np.asarray(residual) + 0.02, MOST_PORES)
    if "theta_r" in values:
        values["theta_r"] = np.minimum(values["theta_r"], 0.9 * np.asarray(values.get("theta_s", retention.theta_s)))
    new = replace(retention, **values)
    lost = ~np.isfinite(np.asarray(new.theta_s))
    if lost.any():
        raise ConfigError(
            f"[ensemble]: factors on {', '.join(values)} leave no soil at {int(lost.any(axis=0).sum())} columns; "
            "narrow them in [ensemble.parameters] or [ensemble.pedotransfer]"
        )
    definition = "noah" if isinstance(retention, PowerConductivity) else "potential"
    before, after = thresholds(retention, definition), thresholds(new, definition)
    moved = in_order(
        points[0] * np.asarray(after.wilting_point / before.wilting_point),
        points[1] * np.asarray(after.critical_point / before.critical_point),
        np.asarray(new.theta_s),
    )
    return new, moved


def _all_one(by: np.ndarray) -> bool:
    return bool(np.all(by == 1.0))
