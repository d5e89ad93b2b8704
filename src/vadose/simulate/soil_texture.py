"""The texture of columns: a class, sand and clay, or a map, as a study states it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.data.soilmaps import SoilSource, read_soil_map
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.simulate.study_land import Soil as SoilTable
from vadose.soil.classes import USDA_CLASSES, usda_class
from vadose.soil.texture import Soil

# Sand and clay, %, of the middle of each class as Cosby et al. (1984), Table 2, give it; silt, which they lack, by the
# centroid of its area. Used where a study names a class and a function wants numbers.
MIDDLES: dict[str, tuple[float, float]] = {
    "sand": (92.0, 3.0), "loamy sand": (82.0, 6.0), "sandy loam": (58.0, 10.0), "silt loam": (17.0, 13.0),
    "silt": (7.0, 6.0), "loam": (43.0, 18.0), "sandy clay loam": (58.0, 27.0), "silty clay loam": (10.0, 34.0),
    "clay loam": (32.0, 34.0), "sandy clay": (52.0, 42.0), "silty clay": (6.0, 47.0), "clay": (22.0, 58.0),
}  # fmt: skip
UNSTATED = "loam"


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


def texture_of(table: SoilTable, maps: dict[str, SoilSource], cells: Cells, layers: int, notes: list[str]) -> Texture:
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
            raise ConfigError(
                f"[soil] `sand` and `clay` must be >= 0 and together at most 100 %, got {total:g} % in all"
            )
        if max(sand.max(), clay.max()) <= 1.0:
            raise ConfigError(
                f"[soil] `sand` and `clay` must be in %, got at most {max(sand.max(), clay.max()):g}; times 100"
            )
    else:
        name = class_name(table.texture_class) if table.texture_class else UNSTATED
        if not table.texture_class:
            notes.append(
                f"[soil] does not state the soil: {UNSTATED} was taken; state `texture_class`, `sand` or `map`"
            )
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
