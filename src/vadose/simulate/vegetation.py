"""The vegetation of columns: classes by name, number or map, and what a study knows better than their table."""

from __future__ import annotations

import difflib
from dataclasses import fields, replace
from typing import Any

import numpy as np

from vadose.errors import ConfigError, RangeError
from vadose.grid.cells import Cells
from vadose.land.parameters import Vegetation
from vadose.land.tables import CLM_CLASSES, MODIS_CLASSES, clm_vegetation, modis_vegetation
from vadose.land.tables.lookup import JARVIS_FIELDS, LEAF_FIELDS
from vadose.simulate.nearest import nearest_values
from vadose.simulate.study_land import Vegetation as VegetationTable

TABLES: dict[str, Any] = {"modis": (MODIS_CLASSES, modis_vegetation), "clm": (CLM_CLASSES, clm_vegetation)}
UNSTATED = {"modis": 10, "clm": 13}  # grassland, C3 grass
SHARE = 0.95  # of the roots, above the root depth of an exponential profile
LEAST = 0.8  # of the roots of an exponential profile that the layers must hold
OUTLINE = tuple(f.name for f in fields(Vegetation))  # type: ignore[arg-type]
BANDS = ("leaf_reflectance", "leaf_transmittance", "stem_reflectance", "stem_transmittance")
FIELDS = tuple(n for n in OUTLINE if n not in ("photosynthesis", "jarvis", "lai", "sai", "fraction"))
OF_LEAVES = ("photosynthesis", "jarvis")
POSITIVE = ("height_top", "roughness", "leaf_width", "root_depth", "root_a", "root_b", "vcmax25", "minimum_resistance")


def vegetation_columns(table: VegetationTable, cells: Cells, notes: list[str]) -> Vegetation:
    """The vegetation of columns, numpy.

    Raises ConfigError, DataError for unknown classes and parameters, and values that cannot be.
    """
    classes = classes_of(table, cells, notes)
    make = TABLES[table.table][1]
    lai = None if table.lai is None or table.lai == "forcing" else _months(table.lai, cells.size)
    sai = None if table.sai is None else _months(table.sai, cells.size)
    try:
        made: Vegetation = make(classes, table.fraction, lai, sai)
    except RangeError as error:
        raise ConfigError(f"[vegetation] {error}") from None
    made = _in_season(made, table, cells.lat < 0.0)
    made = with_parameters(made, table.parameters)
    return made if table.root_depth is None else with_root_depth(made, np.full(cells.size, table.root_depth))


def classes_of(table: VegetationTable, cells: Cells, notes: list[str]) -> Any:
    """[column] class numbers. Raises ConfigError for a class that is none."""
    names = TABLES[table.table][0]
    if table.map:
        values = nearest_values(table.map, table.variable, cells, "[vegetation] `map`")
        wrong = ~np.isin(values, list(names))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise ConfigError(
                f"[vegetation] `map` {table.map}: class {values[at]:g} at {cells.lat[at]:.3f} N, {cells.lon[at]:.3f} E "
                f"({int(wrong.sum())} of {cells.size} places) is no land class of the table {table.table!r}: "
                f"{', '.join(f'{k} {v}' for k, v in names.items())}; leave the place out or state its `kind`"
            )
        return values.astype(int)
    if table.kind == "":
        number = UNSTATED[table.table]
        notes.append(f"[vegetation] does not state what grows: {names[number]} was taken; state `kind` or `map`")
        return np.full(cells.size, number)
    return np.full(cells.size, class_number(table.kind, table.table))


def class_number(kind: str | int, table: str) -> int:
    """The number of a class by name or number. Raises ConfigError with the nearest name."""
    names = TABLES[table][0]
    if not isinstance(kind, str):
        if kind in names:
            return kind
    else:
        wanted = _plain(kind)
        for number, name in names.items():
            if wanted in (_plain(name), _plain(name) + "s", str(number)):
                return int(number)
    known = ", ".join(f"{k} {v}" for k, v in names.items())
    near = difflib.get_close_matches(_plain(str(kind)), [_plain(n) for n in names.values()], 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ConfigError(f"[vegetation] `kind`: {kind!r} is no land class of the table {table!r}; {hint}It has {known}")


def _plain(name: str) -> str:
    return " ".join(name.lower().replace(",", " ").replace("-", " ").replace("_", " ").split())


def usable_classes(table: VegetationTable, cells: Cells) -> np.ndarray:
    """[cell] whether the map of classes has land there."""
    values = nearest_values(table.map, table.variable, cells, "[vegetation] `map`")
    return np.isin(values, list(TABLES[table.table][0]))


def _months(value: Any, columns: int) -> np.ndarray:
    area = np.asarray(value, dtype=float)
    return np.broadcast_to(area[:, None] if area.ndim else area, (12, columns)).copy()


def _in_season(made: Vegetation, table: VegetationTable, southern: np.ndarray) -> Vegetation:
    """The vegetation with stated months, January first, as the model counts them: from July south of the equator.

    The forcing's year begins half a year later there, so that the months of the tables, which are the northern ones,
    hold for both.
    """
    stated = {name: getattr(made, name) for name in ("lai", "sai") if isinstance(getattr(table, name), tuple)}
    return replace(made, **{k: np.where(southern, np.roll(v, 6, axis=0), v) for k, v in stated.items()})


def with_parameters(made: Vegetation, parameters: dict[str, float]) -> Vegetation:
    """The vegetation with single parameters in place of the table's.

    Raises ConfigError for an unknown name, with the nearest one, and for values that cannot be.
    """
    for name, value in parameters.items():
        known = (*FIELDS, *LEAF_FIELDS, *JARVIS_FIELDS)
        if name not in known:
            near = difflib.get_close_matches(name, [*known, "lai", "sai", "fraction"], 1)
            hint = f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(known)}"
            where = " (a key of [vegetation] itself)" if near and near[0] in ("lai", "sai", "fraction") else ""
            raise ConfigError(f"[vegetation.parameters]: unknown parameter `{name}`; {hint}{where}")
        if not np.isfinite(value) or (name in POSITIVE and not value > 0.0) or (name in BANDS and not 0 <= value < 1):
            raise ConfigError(f"[vegetation.parameters]: `{name}` = {value:g} cannot be")
        made = scaled(made, name, lambda old, value=value: np.full_like(np.asarray(old, float), value))  # type: ignore[misc]
    return made


def scaled(made: Vegetation, name: str, change: Any) -> Vegetation:
    """The vegetation with `change` applied to one parameter, wherever it lies."""
    for part in OF_LEAVES:
        inner = getattr(made, part)
        if hasattr(inner, name):
            return replace(made, **{part: replace(inner, **{name: change(getattr(inner, name))})})
    return replace(made, **{name: change(getattr(made, name))})


def rooted(made: Vegetation, depth: np.ndarray) -> np.ndarray:
    """Share of an exponential profile's roots above a depth, [column]."""
    return np.asarray(1.0 - 0.5 * (np.exp(-made.root_a * depth) + np.exp(-made.root_b * depth)))


def depth_of_share(made: Vegetation, share: float = SHARE) -> np.ndarray:
    """m, above which a share of an exponential profile's roots lies, [column]."""
    low, high = np.zeros_like(made.root_a), np.full_like(made.root_a, 100.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = rooted(made, middle) > share
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray(0.5 * (low + high))


def with_root_depth(made: Vegetation, depth: np.ndarray) -> Vegetation:
    """The vegetation with roots to a depth, [column] m: uniform ones end there, exponential ones are stretched."""
    stretch = depth_of_share(made) / depth
    return replace(made, root_depth=depth, root_a=made.root_a * stretch, root_b=made.root_b * stretch)


def check_roots(made: Vegetation, bottom: float, profile: str) -> None:
    """Raise ConfigError where the soil layers end above the roots.

    bottom  m, of the layers;  profile  the choice for the slot `roots`
    """
    grows = np.asarray(made.fraction) > 0.0
    if not grows.any():
        return
    if profile == "uniform":
        deepest = float(np.max(np.asarray(made.root_depth)[grows]))
        short = deepest > bottom + 1e-6
    else:
        short = bool(np.any(rooted(made, np.full(grows.size, bottom))[grows] < LEAST))
        deepest = float(np.max(depth_of_share(made)[grows]))
    if short:
        raise ConfigError(
            f"[model] `layers` end at {bottom:g} m, but roots reach {deepest:.2f} m"
            f"{'' if profile == 'uniform' else f' (95 % of them; {LEAST:.0%} must be within the layers)'}; "
            f"add layers down to {deepest:.2f} m, or state [vegetation] `root_depth`"
        )


__all__ = ["check_roots", "class_number", "classes_of", "scaled", "vegetation_columns"]
