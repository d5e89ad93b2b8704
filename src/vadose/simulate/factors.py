"""Uncertain parameters: factors on soil and vegetation, log-uniform, one for each member and column."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError
from vadose.land.parameters import SoilParameters, Vegetation
from vadose.land.tables.lookup import JARVIS_FIELDS, LEAF_FIELDS
from vadose.model.state import Parameters
from vadose.simulate.noise import streams, uniforms
from vadose.simulate.soil_hydraulics import in_order
from vadose.simulate.vegetation import FIELDS, scaled, with_root_depth
from vadose.soil.retention.power_law import PowerConductivity
from vadose.soil.threshold import thresholds

if TYPE_CHECKING:
    from vadose.simulate.members import Member
    from vadose.simulate.study_ensemble import Ensemble

SOIL = ("slope", "roughness", "solids_heat", "deep_temperature")
LEAVES = ("lai", "sai", "fraction")
MOST_PORES = 0.95  # m3 m-3, of a saturated water content
ABOVE_ONE = ("n",)  # parameters > 1, whose distance from 1 the factor scales


def factor(ensemble: Ensemble, member: Member, name: str, index: np.ndarray) -> np.ndarray:
    """[cell] the factor on a parameter, log-uniform between its bounds; 1 for member number 0.

    The same in all combinations of choices with the same number, so that they can be compared pair by pair.
    """
    low, high = ensemble.parameters[name]
    if member.number == 0:
        return np.ones(index.size)
    u = uniforms(streams(ensemble.seed, member.number, f"parameter {name}", index))
    return np.asarray(low * np.exp(u * np.log(high / low)))


def apply_factors(parameters: Parameters, ensemble: Ensemble, member: Member, index: np.ndarray) -> Parameters:
    """Parameters of a member with the factors of [ensemble.parameters].

    index  [cell] of the cells in their whole grid
    A name is sought in the soil's closure, then in the vegetation, then in the soil's other parameters: "slope" is that
    of the stomata, "soil.slope" that of the drainage. Raises ConfigError for an unknown name, with the nearest one.
    """
    soil, plants = parameters.soil, parameters.vegetation
    curve: dict[str, np.ndarray] = {}
    for name in ensemble.parameters:
        by = factor(ensemble, member, name, index)
        where, key = place_of(name, soil)
        if where == "closure":
            curve[key] = by
        elif where == "vegetation":
            plants = _grown(plants, key, by)
        else:
            changed = getattr(soil, key) * by
            soil = replace(soil, **{key: np.minimum(changed, 1.0) if key == "slope" else changed})
    if curve and member.number:
        soil = _soil(soil, curve)
    return replace(parameters, soil=soil, vegetation=plants)


def place_of(name: str, soil: SoilParameters) -> tuple[str, str]:
    """("closure", "vegetation" or "soil", field) of a parameter's name. Raises ConfigError for an unknown one."""
    closure = tuple(f.name for f in dataclasses.fields(soil.retention) if not f.metadata.get("static"))
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
    near = difflib.get_close_matches(key, (*closure, *plants, *SOIL), 1)
    hint = f"did you mean `{near[0]}`?" if near else ""
    raise ConfigError(
        f"[ensemble.parameters]: unknown parameter `{name}` {hint} The closure {type(soil.retention).__name__} has "
        f"{', '.join(closure)}; vegetation has {', '.join(plants)}; the soil has {', '.join(SOIL)}"
    )


def _grown(plants: Vegetation, key: str, by: np.ndarray) -> Vegetation:
    if key == "root_depth":
        made = with_root_depth(plants, plants.root_depth * by)
        return replace(made, root_a=plants.root_a / by, root_b=plants.root_b / by)
    if key == "fraction":
        return replace(plants, fraction=np.minimum(plants.fraction * by, 1.0))
    return scaled(plants, key, lambda old: old * by)


def _soil(soil: SoilParameters, curve: dict[str, np.ndarray]) -> SoilParameters:
    """The soil with factors on its closure; wilting and critical point move as their definition does."""
    old = soil.retention
    values: dict[str, Any] = {}
    for key, by in curve.items():
        value = np.asarray(getattr(old, key), dtype=float)
        values[key] = 1.0 + (value - 1.0) * by if key in ABOVE_ONE else value * by
    if "theta_s" in values:
        residual = values.get("theta_r", getattr(old, "theta_r", 0.0))
        values["theta_s"] = np.clip(values["theta_s"], np.asarray(residual) + 0.02, MOST_PORES)
    if "theta_r" in values:
        values["theta_r"] = np.minimum(values["theta_r"], 0.9 * np.asarray(values.get("theta_s", old.theta_s)))
    new = replace(old, **values)
    lost = ~np.isfinite(np.asarray(new.theta_s))
    if lost.any():
        raise ConfigError(
            f"[ensemble.parameters]: factors on {', '.join(curve)} leave no soil at {int(lost.any(axis=0).sum())} "
            "columns; narrow them"
        )
    definition = "noah" if isinstance(old, PowerConductivity) else "potential"
    before, after = thresholds(old, definition), thresholds(new, definition)
    points = in_order(
        soil.wilting_point * np.asarray(after.wilting_point / before.wilting_point),
        soil.critical_point * np.asarray(after.critical_point / before.critical_point),
        np.asarray(new.theta_s),
    )
    porosity = np.asarray(new.theta_s)
    thermal = replace(soil.thermal, porosity=porosity) if "theta_s" in values else soil.thermal
    return replace(soil, retention=new, wilting_point=points[0], critical_point=points[1], thermal=thermal)
