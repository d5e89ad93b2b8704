"""Tables written as text, and the parameters of columns looked up in them by class number or name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from vadose.arrays import Array
from vadose.errors import RangeError
from vadose.land.parameters import JarvisParameters, LeafPhysiology, Vegetation

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
COVER_EXTINCTION = 0.52  # of leaf and stem area, cover that follows from leaf area; Noah-MP 5 (He et al. 2023)
LEAF_FIELDS = tuple(LeafPhysiology.__dataclass_fields__)  # type: ignore[attr-defined]
JARVIS_FIELDS = tuple(JarvisParameters.__dataclass_fields__)  # type: ignore[attr-defined]
CANOPY_FIELDS = (
    "height_top",
    "height_bottom",
    "roughness",
    "leaf_width",
    "wind_extinction",
    "crown_density",
    "crown_radius",
    "leaf_orientation",
    "canopy_heat",
    "interception_capacity",
    "root_depth",
    "root_a",
    "root_b",
    "snow_melt_factor",
    "snow_cover_scale",
)

Columns = dict[str, np.ndarray]


def read(*texts: str) -> Columns:
    """The columns of tables that share their first one, `class`: name -> [class]."""
    columns: Columns = {}
    for text in texts:
        header, *rows = [line.split() for line in text.strip().splitlines()]
        columns |= dict(zip(header, np.array(rows, dtype=float).T, strict=True))
    return columns


def read_months(text: str) -> np.ndarray:
    """A table of twelve months as [month, class]."""
    columns = read(text)
    return np.stack([columns[month] for month in MONTHS])


def positions(
    classes: Any, names: Mapping[int, str], what: str, refused: Mapping[int, str] | None = None
) -> np.ndarray:
    """Row in the table of each class, which is a number or a name.

    classes  [column] of integers or names, or one of them
    names    number -> name, in the table's order
    Raises RangeError where a class is unknown, or known and refused.
    """
    refused = refused or {}
    by_name = {name: number for number, name in (*names.items(), *refused.items())}
    row = {number: place for place, number in enumerate(names)}
    found = []
    for given in np.atleast_1d(np.asarray(classes, dtype=object)).ravel().tolist():
        number: Any = by_name.get(given) if isinstance(given, str) else given
        if number in refused:
            raise RangeError(f"{what} {number} ({refused[number]}) is not land that can be simulated; leave it out")
        if number not in row:
            known = ", ".join(f"{k} {v}" for k, v in names.items())
            raise RangeError(f"{what} must be one of {known}; got {given!r}")
        found.append(row[number])
    return np.array(found)


def months(value: Any, name: str, columns: int) -> np.ndarray:
    """Leaf or stem area as [month, column] from a number, [column] (all year) or [month, column]."""
    area = np.asarray(value, dtype=float)
    if area.shape not in {(), (columns,), (12, columns)}:
        raise RangeError(f"`{name}` must be a number, [{columns}] or [12, {columns}], got shape {list(area.shape)}")
    if not np.all(area >= 0.0):
        raise RangeError(f"`{name}` must be >= 0 m2 m-2, got {np.min(area):g}")
    return np.broadcast_to(area, (12, columns)).copy()


def cover(fraction: Any, lai: np.ndarray, sai: np.ndarray) -> np.ndarray:
    """Vegetation fraction [column] as given, else 1 - exp(-0.52 (LAI + SAI)) of the fullest month."""
    columns = lai.shape[1]
    if fraction is None:
        return -np.expm1(-COVER_EXTINCTION * np.max(lai + sai, axis=0))
    given = np.asarray(fraction, dtype=float)
    if given.shape not in {(), (columns,)}:
        raise RangeError(f"`fraction` must be a number or [{columns}], got shape {list(given.shape)}")
    if not np.all((given >= 0.0) & (given <= 1.0)):
        raise RangeError(f"`fraction` must be 0 to 1, got {np.min(given):g} to {np.max(given):g}; percent over 100")
    return np.broadcast_to(given, (columns,)).copy()


def vegetation(
    table: Columns, rows: np.ndarray, bare: Collection[int], fraction: Any, lai: np.ndarray, sai: np.ndarray
) -> Vegetation:
    """The vegetation of columns that lie in `rows` of a table; nothing grows where the class is one of `bare`.

    fraction  number or [column], None: from leaf and stem area
    lai, sai  [month, column] m2 m-2
    """
    grows = ~np.isin(table["class"][rows], list(bare))
    lai, sai = lai * grows, sai * grows
    of: Mapping[str, Array] = {name: np.asarray(column)[rows] for name, column in table.items()}

    def bands(part: str, kind: str) -> np.ndarray:
        return np.stack([of[f"{part}_vis_{kind}"], of[f"{part}_nir_{kind}"]])

    return Vegetation(
        fraction=cover(fraction, lai, sai) * grows,
        lai=lai,
        sai=sai,
        leaf_reflectance=bands("leaf", "reflectance"),
        leaf_transmittance=bands("leaf", "transmittance"),
        stem_reflectance=bands("stem", "reflectance"),
        stem_transmittance=bands("stem", "transmittance"),
        photosynthesis=LeafPhysiology(**{name: of[name] for name in LEAF_FIELDS}),
        jarvis=JarvisParameters(**{name: of[name] for name in JARVIS_FIELDS}),
        **{name: of[name] for name in CANOPY_FIELDS},
    )


def with_kind(text: str, kind: str) -> Columns:
    """The columns of an optical table under names that end in its kind."""
    return {(name if name == "class" else f"{name}_{kind}"): column for name, column in read(text).items()}
