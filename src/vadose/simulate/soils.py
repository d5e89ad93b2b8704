"""The soil of columns: from what a study says to the parameters of the model's soil layers."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vadose.data.soilmaps import SoilSource, read_soil_map
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.tables import runoff_parameters
from vadose.land.tables import soil_colour
from vadose.simulate.soil_closures import CLOSURES, convert
from vadose.simulate.soil_heat import solids_heat, thermal_scheme
from vadose.simulate.study_land import Soil as SoilTable
from vadose.soil.classes import USDA_CLASSES, usda_class
from vadose.soil.organic import mix, organic_fraction
from vadose.soil.pedotransfer import Flag, complete, pedotransfer
from vadose.soil.retention.power_law import PowerConductivity
from vadose.soil.structure import conductivity_with_depth
from vadose.soil.texture import Soil
from vadose.soil.threshold import thresholds

# Sand and clay, %, of the middle of each class as Cosby et al. (1984), Table 2, give it; silt, which they lack, by the
# centroid of its area. Used where a study names a class and a function wants numbers.
MIDDLES: dict[str, tuple[float, float]] = {
    "sand": (92.0, 3.0), "loamy sand": (82.0, 6.0), "sandy loam": (58.0, 10.0), "silt loam": (17.0, 13.0),
    "silt": (7.0, 6.0), "loam": (43.0, 18.0), "sandy clay loam": (58.0, 27.0), "silty clay loam": (10.0, 34.0),
    "clay loam": (32.0, 34.0), "sandy clay": (52.0, 42.0), "silty clay": (6.0, 47.0), "clay": (22.0, 58.0),
}  # fmt: skip
UNSTATED = "loam"
# Share of gravity drainage that leaves the column. Noah-MP's is that of its flattest slope class; the lower boundary of
# the Richards equation is a unit gradient where nothing else is known, which is 1.
SLOPES = {"noahmp": 0.1, "clm": 1.0, "vadose": 1.0}
ROUGHNESS = {"noahmp": 0.002, "clm": 0.01, "vadose": 0.01}  # m, of bare ground; Noah-MP 5; CLM (Oleson et al. 2013)
POINTS = ("wilting_point", "critical_point")
NEXT_TO = 1e-4  # m3 m-3, least distance of the critical point from the wilting point


@dataclass(frozen=True)
class Texture:
    """What is known of the soil itself, [layer, column]: %, density kg m-3; None where not known."""

    sand: np.ndarray
    clay: np.ndarray
    organic_carbon: np.ndarray | None = None
    bulk_density: np.ndarray | None = None
    gravel: np.ndarray | None = None

    @property
    def top_class(self) -> np.ndarray:
        """[column] USDA class of the top layer, 0 to 11."""
        return np.asarray(usda_class(self.sand[0], self.clay[0]))


@dataclass(frozen=True)
class SoilColumns:
    """The soil of some columns: parameters (numpy), its texture, and what there is to say about it."""

    parameters: SoilParameters
    texture: Texture
    notes: tuple[str, ...]


def soil_columns(
    table: SoilTable, maps: dict[str, SoilSource], cells: Cells, thickness: np.ndarray, preset: str, climate: np.ndarray
) -> SoilColumns:
    """Soil parameters of columns.

    table      what the study says, with the member's map, function and closure;  maps  the study's soil maps
    thickness  [layer] m;  climate  [column] K, mean air temperature
    Raises ConfigError and DataError that name table, key, what was expected and the remedy.
    """
    notes: list[str] = []
    texture = texture_of(table, maps, cells, thickness.size, notes)
    retention, points = hydraulics(table, texture, thickness, preset, notes)
    peat = _peat(texture, preset)
    colours = np.full(cells.size, table.colour)
    dry, saturated = soil_colour(colours)
    deep = climate if table.deep_temperature is None else np.full(cells.size, table.deep_temperature)
    slope = SLOPES[preset] if table.slope is None else table.slope
    parameters = SoilParameters(
        retention=retention,
        thermal=thermal_scheme(preset, texture, retention, peat),
        solids_heat=solids_heat(preset, texture, peat),
        wilting_point=points[0],
        critical_point=points[1],
        albedo_dry=dry,
        albedo_saturated=saturated,
        roughness=np.full(cells.size, ROUGHNESS[preset]),
        slope=np.full(cells.size, float(slope)),
        deep_temperature=np.asarray(deep, dtype=float),
        runoff=runoff_parameters(texture.top_class + 1),
    )
    return SoilColumns(parameters, texture, tuple(notes))


def texture_of(
    table: SoilTable, maps: dict[str, SoilSource], cells: Cells, layers: int, notes: list[str]
) -> Texture:
    """Sand, clay and what else a study says of the soil, [layer, column].

    Raises DataError where a map has no soil at a column, ConfigError for values that cannot be.
    """
    shape = (layers, cells.size)
    if table.map:
        return _mapped(table, maps[table.map], cells, shape)
    if table.sand is not None and table.clay is not None:
        sand, clay = (by_layer(v, shape, f"[soil] `{k}`") for k, v in (("sand", table.sand), ("clay", table.clay)))
        total = float(np.max(sand + clay))
        if sand.min() < 0.0 or clay.min() < 0.0 or total > 100.0 + 1e-6:
            raise ConfigError(f"[soil] `sand` and `clay` must be >= 0 and together at most 100 %, got {total:g} % in all")
        if max(sand.max(), clay.max()) <= 1.0:
            raise ConfigError(f"[soil] `sand` and `clay` must be in %, got at most {max(sand.max(), clay.max()):g}; times 100")
    else:
        name = class_name(table.texture_class) if table.texture_class else UNSTATED
        if not table.texture_class:
            notes.append(f"[soil] does not state the soil: {UNSTATED} was taken; state `texture_class`, `sand` or `map`")
        sand, clay = (np.full(shape, value) for value in MIDDLES[name])
    return Texture(sand, clay, **_others(table, shape))


def class_name(given: str) -> str:
    """The USDA class of a name. Raises ConfigError with the nearest one."""
    name = " ".join(given.lower().replace("-", " ").replace("_", " ").split())
    if name not in MIDDLES:
        near = difflib.get_close_matches(name, MIDDLES, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(USDA_CLASSES)}"
        raise ConfigError(f"[soil] `texture_class`: unknown class {given!r}; {hint}")
    return name


def by_layer(value: Any, shape: tuple[int, int], where: str) -> np.ndarray:
    """One value, or one a layer, as [layer, column]. Raises ConfigError for another number of values."""
    values = np.asarray(value, dtype=float)
    if values.ndim and values.size != shape[0]:
        raise ConfigError(f"{where} must be one value or one a layer ({shape[0]}), got {values.size} values")
    if not np.isfinite(values).all():
        raise ConfigError(f"{where} must be finite, got {value}")
    return np.broadcast_to(values[:, None] if values.ndim else values, shape).astype(float)


def _others(table: SoilTable, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """What a study says of the soil beside sand and clay, checked by `Soil`."""
    found = {}
    for key in ("organic_carbon", "bulk_density", "gravel"):
        if getattr(table, key) is not None:
            found[key] = by_layer(getattr(table, key), shape, f"[soil] `{key}`")
            for value in np.unique(found[key]):
                try:
                    Soil(40.0, 20.0, **{key: value})
                except DataError as error:
                    raise ConfigError(f"[soil] `{key}`: {error}") from None
    return found


def _mapped(table: SoilTable, source: SoilSource, cells: Cells, shape: tuple[int, int]) -> Texture:
    found = read_soil_map(source, cells)
    lacking = ~np.isfinite(found.sand + found.clay)
    if lacking.any():
        raise DataError(without_soil(source.name, cells, lacking, found.problems))
    stated = _others(table, shape)
    for key in ("organic_carbon", "bulk_density"):
        values = getattr(found, key)
        if values is not None and key not in stated:
            middle = np.nanmedian(values) if np.isfinite(values).any() else np.nan
            filled = np.where(np.isfinite(values), values, middle)
            if np.isfinite(filled).all():
                stated[key] = np.broadcast_to(filled, shape).copy()
    sand, clay = (np.broadcast_to(v, shape).copy() for v in (found.sand, found.clay))
    return Texture(sand, clay, **stated)


def without_soil(name: str, cells: Cells, lacking: np.ndarray, problems: Any) -> str:
    """How an error says where a map has no soil."""
    at = int(np.flatnonzero(lacking)[0])
    why = next((reason for reason, mask in problems.items() if mask[at]), "no value")
    return (
        f"{name}: no soil at {cells.lat[at]:.3f} N, {cells.lon[at]:.3f} E ({why}; {int(lacking.sum())} of "
        f"{cells.size} places); leave the place out, give it a [soil] of its own, or lower `minimum_coverage`"
    )


def hydraulics(
    table: SoilTable, texture: Texture, thickness: np.ndarray, preset: str, notes: list[str]
) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
    """The closure of the layers, and wilting point and critical point, [layer, column] each.

    In this order: pedotransfer function, peat, conductivity with depth, closure, direct parameters.
    """
    shape = texture.sand.shape
    bottom = np.cumsum(thickness)
    middle = (bottom - 0.5 * thickness)[:, None]
    found = _predicted(table, texture, middle, notes)
    retention, extra = found.retention, found.extra
    peat = _peat(texture, preset)
    takes_carbon = "organic_carbon" in (*pedotransfer[table.ptf].inputs, *pedotransfer[table.ptf].optional)
    if peat is not None and not takes_carbon:
        if hasattr(retention, "psi_s") and hasattr(retention, "b"):
            retention, extra = mix(retention, peat, np.broadcast_to(middle, shape)), {}
        else:
            notes.append(f"[soil] `organic_carbon` does not change the curves of {table.ptf!r}; take ch78 or sr06 for it")
    if table.conductivity_depth is not None:
        K_s = conductivity_with_depth(retention.K_s, np.broadcast_to(middle, shape), table.conductivity_depth)
        retention = replace(retention, K_s=K_s)
    if table.closure and not isinstance(retention, CLOSURES[table.closure]):
        retention, misfit = convert(retention, table.closure)
        if misfit is not None:
            notes.append(f"[soil] {table.ptf} fitted by the closure {table.closure!r}: {misfit}")
    points = _points(retention, extra, preset)
    return _stated_parameters(table, retention, points, preset, notes)


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
    for flag, what in ((Flag.OUTSIDE_RANGE, "outside the range of"), (Flag.LIMITED, "at the limit of what is possible by")):
        count = int((flags & int(flag) > 0).any(axis=0).sum())
        if count:
            notes.append(f"[soil] {count} of {flags.shape[1]} soils lie {what} {name}")


def _array_fields(closure: Any) -> Sequence[Any]:
    return [f for f in dataclasses.fields(closure) if not f.metadata.get("static")]


def _peat(texture: Texture, preset: str) -> np.ndarray | None:
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
            f"[soil.parameters]: {told} cannot be, {_why(changed, retention, curve)}; heads are negative, in m, K_s in m s-1"
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
