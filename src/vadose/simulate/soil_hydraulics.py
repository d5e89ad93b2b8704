"""Hydraulic parameters of columns: pedotransfer function, peat, conductivity with depth, closure, stated values."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vadose.errors import ConfigError, DataError
from vadose.simulate.soil_closures import CLOSURES, convert
from vadose.simulate.soil_gravel import with_gravel
from vadose.simulate.soil_texture import Texture, by_layer
from vadose.simulate.study_land import Soil as SoilTable
from vadose.soil.organic import mix, organic_fraction
from vadose.soil.pedotransfer import Flag, complete, pedotransfer
from vadose.soil.retention.power_law import PowerConductivity
from vadose.soil.structure import conductivity_with_depth
from vadose.soil.texture import Soil
from vadose.soil.threshold import thresholds

POINTS = ("wilting_point", "critical_point")
NEXT_TO = 1e-4  # m3 m-3, least distance of the critical point from the wilting point


def hydraulics(
    table: SoilTable, texture: Texture, thickness: np.ndarray, preset: str, notes: list[str]
) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """The closure of the layers, and wilting point and critical point, [layer, column] each.

    In this order: pedotransfer function, peat, gravel, conductivity with depth, closure, direct parameters.
    """
    shape = texture.sand.shape
    bottom = np.cumsum(thickness)
    middle = (bottom - 0.5 * thickness)[:, None]
    found = _predicted(table, texture, middle, notes)
    retention, extra = found.retention, found.extra
    peat = peat_fraction(texture, preset)
    function = pedotransfer[table.ptf]
    takes = (*function.inputs, *function.optional)
    if peat is not None and "organic_carbon" not in takes:
        if hasattr(retention, "psi_s") and hasattr(retention, "b"):
            retention, extra = mix(retention, peat, np.broadcast_to(middle, shape)), {}
        else:
            notes.append(
                f"[soil] `organic_carbon` does not change the curves of {table.ptf!r}; take ch78 or sr06 for it"
            )
    if "gravel" not in takes:
        points = {name: extra[name] for name in POINTS if name in extra}
        retention, extra = with_gravel(retention, points, texture, function.name, notes)
    if table.conductivity_depth is not None:
        K_s = conductivity_with_depth(retention.K_s, np.broadcast_to(middle, shape), table.conductivity_depth)
        retention = replace(retention, K_s=K_s)
    if table.closure and not isinstance(retention, CLOSURES[table.closure]):
        retention, misfit = convert(retention, table.closure)
        if misfit is not None:
            of_map = f" of map {table.map!r}" if table.map else ""
            notes.append(f"[soil] {table.ptf}{of_map} fitted by the closure {table.closure!r}: {misfit}")
    found_points = _points(retention, extra, preset)
    return _stated_parameters(table, retention, found_points, preset, notes)


def _predicted(table: SoilTable, texture: Texture, middle: np.ndarray, notes: list[str]) -> Any:
    """What the pedotransfer function says, every leaf [layer, column]; equal layers are predicted once."""
    function = pedotransfer[table.ptf]
    shape = texture.sand.shape
    uses = (*function.inputs, *function.optional)
    values = {f.name: getattr(texture, f.name) for f in dataclasses.fields(texture)}
    given = {k: v for k, v in values.items() if v is not None and k in (*uses, "sand", "clay")}
    alike = "depth" not in uses and all(np.all(v == v[:1]) for v in given.values())
    taken = {k: v[:1] if alike else v for k, v in given.items()}
    soil = Soil(**taken, depth=None if alike else np.broadcast_to(middle, shape))
    if "bulk_density" in function.missing(soil):
        soil = complete(soil)
        notes.append(f"[soil] bulk density was estimated (Saxton & Rawls 2006) for {function.name}")
    lacking = function.missing(soil)
    if lacking:
        raise ConfigError(
            f"[soil] `ptf` = {function.name!r} needs {', '.join(lacking)}; state it in [soil], or take "
            "another function, such as rosetta3"
        )
    found = function(soil)
    _say_flags(np.asarray(found.flags), function.name, notes)

    def whole(x: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(x, float), shape).copy()

    leaves = {f.name: whole(getattr(found.retention, f.name)) for f in _array_fields(found.retention)}
    return dataclasses.replace(
        found, retention=replace(found.retention, **leaves), extra={k: whole(v) for k, v in found.extra.items()}
    )


def _say_flags(flags: np.ndarray, name: str, notes: list[str]) -> None:
    """Note soils outside the range of a function. Raises DataError where one gives nothing."""
    flags = np.atleast_2d(flags)
    bad = (flags & int(Flag.INVALID) > 0).any(axis=0)
    if bad.any():
        raise DataError(f"[soil] `ptf` = {name!r} gives no parameters for {int(bad.sum())} columns; take another one")
    for flag, what in (
        (Flag.OUTSIDE_RANGE, "outside the range of"),
        (Flag.LIMITED, "at the limit of what is possible by"),
    ):
        count = int((flags & int(flag) > 0).any(axis=0).sum())
        if count:
            notes.append(f"[soil] {count} of {flags.shape[1]} soils lie {what} {name}")


def _array_fields(closure: Any) -> Sequence[Any]:
    return [f for f in dataclasses.fields(closure) if not f.metadata.get("static")]


def peat_fraction(texture: Texture, preset: str) -> np.ndarray | None:
    """Volume fraction of peat, [layer, column]; None where nothing is known of it, or the preset has none."""
    if texture.organic_carbon is None or preset == "noahmp":
        return None
    soil = complete(Soil(texture.sand, texture.clay, texture.organic_carbon, texture.bulk_density))
    return np.asarray(organic_fraction(soil.organic_matter, soil.bulk_density))


def _points(retention: Any, extra: dict[str, np.ndarray], preset: str) -> tuple[np.ndarray, np.ndarray]:
    """Wilting point and critical point: of the class table, else Noah's definition or by matric head."""
    if all(name in extra for name in POINTS):
        wilting, critical = (np.asarray(extra[name], float) for name in POINTS)
    else:
        found = thresholds(retention, definition_of(retention, preset))
        wilting, critical = np.asarray(found.wilting_point), np.asarray(found.critical_point)
    return in_order(wilting, critical, retention.theta_s)


def definition_of(retention: Any, preset: str) -> str:
    """How the points of a preset are defined: Noah's own needs a conductivity that is a power of the saturation."""
    return "noah" if preset == "noahmp" and isinstance(retention, PowerConductivity) else "potential"


def in_order(wilting: np.ndarray, critical: np.ndarray, theta_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both points within 0 < wilting < critical <= theta_s."""
    critical = np.minimum(critical, theta_s)
    return np.minimum(wilting, critical - NEXT_TO), critical


def _stated_parameters(
    table: SoilTable, retention: Any, points: tuple[np.ndarray, np.ndarray], preset: str, notes: list[str]
) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """Put the values of [soil.parameters] in place. Raises ConfigError for an unknown or impossible one."""
    if not table.parameters:
        return retention, points
    names = [f.name for f in _array_fields(retention)]
    shape = np.shape(retention.theta_s)
    given = {}
    for key, value in table.parameters.items():
        name = "lambda_" if key == "lambda" else key
        if name not in (*names, *POINTS):
            near = difflib.get_close_matches(key, [*names, *POINTS], 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise ConfigError(
                f"[soil.parameters]: `{key}` is no parameter of the closure {type(retention).__name__}{hint} It has "
                f"{', '.join([*names, *POINTS])}; choose another with [soil] `closure`"
            )
        given[name] = by_layer(value, shape, f"[soil.parameters] `{key}`")
    curve = {k: v for k, v in given.items() if k in names}
    changed = replace(retention, **curve)
    if not np.isfinite(np.asarray(changed.theta_s)).all():
        told = ", ".join(f"{k} = {table.parameters.get(k)}" for k in curve)
        raise ConfigError(
            f"[soil.parameters]: {told} cannot be, {_why(changed, retention, curve)}; "
            "heads are negative, in m, K_s in m s-1"
        )
    if curve:
        points = _points(changed, {}, preset)
    wilting, critical = (given.get(name, point) for name, point in zip(POINTS, points, strict=True))
    if np.any(wilting >= critical) or np.any(critical > changed.theta_s):
        raise ConfigError(
            f"[soil.parameters]: wilting_point < critical_point <= theta_s is needed, got {wilting.max():.3g}, "
            f"{critical.min():.3g} and {np.min(changed.theta_s):.3g}; state all of them"
        )
    return changed, (wilting, critical)


def _why(changed: Any, retention: Any, curve: dict[str, np.ndarray]) -> str:
    """The closure's own words on the first soil with wrong parameters."""
    at = tuple(np.argwhere(~np.isfinite(changed.theta_s))[0])
    single = {f.name: float(curve.get(f.name, getattr(retention, f.name))[at]) for f in _array_fields(retention)}
    try:
        type(retention)(**single)
    except DataError as error:
        return str(error)
    return "they do not fit together"
