"""Geometries of a ParFlow run: which cells lie in which region, and on which side of the domain a patch is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vadose.data.parflow.grid import CaseGrid, read_cells
from vadose.data.parflow.keys import CaseKeys
from vadose.data.parflow.solid import Solid, read_pfsol, solid_cells
from vadose.errors import DataError

SIDES = ("west", "east", "south", "north", "bottom", "top")  # in ParFlow's order of a box's patches
AROUND = "around"  # where a solid's patch is neither above nor below
_PATCHES = "left right front back bottom top"  # ParFlow's names where a box has no others
_ROUNDING = 1e-9  # of a cell: a box that ends at a cell's centre must not depend on the last digit


@dataclass(frozen=True, eq=False)
class Geometries:
    """What the run's geometries are on its grid.

    regions     [z, y, x] bool by name, z from the top;  domain  name of the region in which water flows
    patches     side by the name of the patch, of each box and solid: one of SIDES; "around" for a solid's walls
    covers      [y, x] bool, the columns that a patch above or below a solid covers; a box's patches cover all of it
    indicators  [z, y, x] int of each indicator field by its name;  notes  what the user should know
    """

    regions: Mapping[str, np.ndarray]
    domain: str
    patches: Mapping[str, Mapping[str, str]]
    indicators: Mapping[str, np.ndarray]
    covers: Mapping[str, Mapping[str, np.ndarray]]
    notes: tuple[str, ...] = ()

    @property
    def active(self) -> np.ndarray:
        """Cells [z, y, x] of the domain."""
        return self.regions[self.domain]

    def side(self, keys: CaseKeys, patch: str, geometry: str) -> str:
        """The side of a geometry on which its patch lies; DataError where it has no such patch."""
        known = self.patches.get(geometry)
        if known is None or patch not in known:
            has = ", ".join(known) if known else "no patches"
            raise DataError(f"{keys.path}: patch {patch!r} is not on geometry {geometry!r}, which has {has}")
        return known[patch]

    def cover(self, patch: str, geometry: str) -> np.ndarray:
        """Columns [y, x] that a patch above or below a geometry covers."""
        columns = np.asarray(self.regions[geometry].any(axis=0))
        return columns & self.covers.get(geometry, {}).get(patch, columns)


@dataclass(eq=False)
class _Found:
    """Geometries as they are read."""

    regions: dict[str, np.ndarray] = field(default_factory=dict)
    patches: dict[str, dict[str, str]] = field(default_factory=dict)
    covers: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    indicators: dict[str, np.ndarray] = field(default_factory=dict)
    declared: dict[str, list[int]] = field(default_factory=dict)


def read_geometries(keys: CaseKeys, grid: CaseGrid) -> Geometries:
    """All geometries of `GeomInput.Names`: boxes, solids and indicator fields.

    A cell is in a box or solid if its centre is, with layers of the nominal thickness `DZ` (as ParFlow places
    them, also where dzScale gives the layers another). The domain must be a box or a solid.
    Raises DataError for names without a geometry, a solid that is open, and a domain without a cell.
    """
    found = _Found()
    for source in keys.names("GeomInput.Names"):
        kind = keys.choice(
            f"GeomInput.{source}.InputType",
            ("Box", "SolidFile", "IndicatorField"),
            "Give a NetCDF indicator as a pfb file.",
        )
        if kind == "Box":
            name = keys.text(f"GeomInput.{source}.GeomName")
            found.regions[name] = _box(keys, grid, name)
            found.patches[name] = dict(zip(keys.names(f"Geom.{name}.Patches", _PATCHES), SIDES, strict=False))
            if len(found.patches[name]) != len(SIDES):
                raise DataError(f"{keys.path}: `Geom.{name}.Patches` must name six patches: {', '.join(SIDES)}")
        elif kind == "SolidFile":
            _solids(keys, grid, source, found)
        else:
            values = _indicator(keys, grid, source)
            found.indicators[source], found.declared[source] = values, []
            for name in keys.names(f"GeomInput.{source}.GeomNames"):
                value = keys.whole(f"GeomInput.{name}.Value")
                found.regions[name] = values == value
                found.declared[source].append(value)
    domain = keys.text("Domain.GeomName")
    if domain not in found.patches:
        raise DataError(f"{keys.path}: `Domain.GeomName` = {domain!r} must be a geometry of type Box or SolidFile")
    if not found.regions[domain].any():
        raise DataError(f"{keys.path}: no cell of the grid lies in the domain {domain!r}: compare it with the grid")
    notes = _undeclared(found.indicators, found.declared, found.regions[domain])
    return Geometries(found.regions, domain, found.patches, found.indicators, found.covers, notes)


def _solids(keys: CaseKeys, grid: CaseGrid, source: str, found: _Found) -> None:
    """The solids of one file; patches belong to the first of them, as in ParFlow."""
    key = f"GeomInput.{source}.FileName"
    path = keys.file(key)
    solids, names = read_pfsol(path), keys.names(f"GeomInput.{source}.GeomNames")
    if len(solids) != len(names):
        raise DataError(
            f"{path} (`{key}`) holds {len(solids)} solids, `GeomInput.{source}.GeomNames` {len(names)} names"
        )
    for number, (name, solid) in enumerate(zip(names, solids, strict=True)):
        on_grid = solid_cells(solid, grid, name)
        found.regions[name] = on_grid.cells
        if number == 0:
            _solid_patches(keys, name, solid, {"top": on_grid.top, "bottom": on_grid.bottom}, found)


def _solid_patches(keys: CaseKeys, name: str, solid: Solid, on: dict[str, np.ndarray], found: _Found) -> None:
    patches = keys.names(f"Geom.{name}.Patches")
    if len(patches) != solid.patches:
        raise DataError(
            f"{keys.path}: `Geom.{name}.Patches` names {len(patches)} patches, its file has {solid.patches}"
        )
    found.patches[name], found.covers[name] = {}, {}
    for place, patch in enumerate(patches):
        sides = [side for side, number in on.items() if (number == place).any()]
        side = sides[0] if len(sides) == 1 else AROUND
        found.patches[name][patch] = side
        if side != AROUND:
            found.covers[name][patch] = on[side] == place


def _box(keys: CaseKeys, grid: CaseGrid, name: str) -> np.ndarray:
    inside = []
    for axis, letter in enumerate("ZYX"):
        low, high = (keys.number(f"Geom.{name}.{end}.{letter}") for end in ("Lower", "Upper"))
        if not high > low:
            raise DataError(f"{keys.path}: geometry {name!r} ends at {letter} = {high:g} and begins at {low:g}")
        centres = grid.centres(axis)
        slack = _ROUNDING * (grid.dz, grid.dy, grid.dx)[axis]
        inside.append((centres >= low - slack) & (centres < high - slack))
    return inside[0][:, None, None] & inside[1][:, None] & inside[2]


def _indicator(keys: CaseKeys, grid: CaseGrid, source: str) -> np.ndarray:
    values = read_cells(keys, f"Geom.{source}.FileName", grid.shape)
    known = values[np.isfinite(values)]
    if (known != np.round(known)).any():
        off = known[known != np.round(known)][0]
        raise DataError(f"{keys.path}: the indicator field {source!r} holds {off:g}; expected whole numbers")
    return np.where(np.isfinite(values), values, -1).astype(np.int64)


def _undeclared(indicators: dict, declared: dict, active: np.ndarray) -> tuple[str, ...]:
    notes = []
    for source, values in indicators.items():
        text = described(values[active & ~np.isin(values, declared[source])])
        if text:
            notes.append(
                f"indicator field {source}: no geometry for the values {text}; they take the regions below them"
            )
    return tuple(notes)


def described(values: np.ndarray) -> str:
    """Values and how often they come: "14 (1200 cells), 99 (34 cells)"; nothing for none."""
    found, counts = np.unique(values, return_counts=True)
    shown = [f"{v} ({n} cells)" for v, n in zip(found.tolist(), counts.tolist(), strict=True)]
    return ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "")
