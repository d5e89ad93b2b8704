"""SMAP radiometer soil moisture in HDF5: daily composites (L3, 36 and 9 km), and what half orbits share with them.

L3 files hold maps in the groups Soil_Moisture_Retrieval_Data_AM and _PM, whose variables end in _pm in the latter;
L2 files hold records in Soil_Moisture_Retrieval_Data with the row and column of their EASE-Grid 2.0 cell.
Source: NSIDC user guides of SPL3SMP, SPL3SMP_E, SPL2SMP and SPL2SMP_E; O'Neill et al. (2021)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.daily.images import Counts, ImageReader, join_images
from vadose.data.daily.quality import FLAG, RANGE, Rule, add_counts, rules_of, within
from vadose.data.daily.source import DailySource
from vadose.data.daily.window import Window, cells_in_box, window_of
from vadose.data.netcdf import describe_variables, fill_values, has_variable, opened, packing, stored_range
from vadose.data.units import conversion
from vadose.errors import DataError, GridMismatch
from vadose.grid.ease2 import SHAPES, ease2, km_of_shape
from vadose.variables import lookup

if TYPE_CHECKING:
    from netCDF4 import Dataset

GROUP = "Soil_Moisture_Retrieval_Data"
DEPTH = (0.0, 0.05)  # m, which the retrieval stands for
LICENCE = "NASA Earth science data: open, with citation of the data set"
_WANTED = {"am": ("_AM",), "pm": ("_PM",), "both": ("_AM", "_PM")}
_END = {"_AM": "", "_PM": "_pm"}  # of the names of variables
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?:T\d{6})?(?!\d)")


@dataclass(frozen=True)
class Field:
    """One soil moisture variable in its group, with what its values must meet."""

    group: str
    name: str
    rules: tuple[Rule, ...]
    valid_range: tuple[float, float]
    units: str | None

    def read(self, dataset: Dataset, path: str, key: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(values m3 m-3, NaN where missing or refused; where flags refuse; where the range does) of `key`."""
        where = f"{path}: variable '{self.group}/{self.name}'"
        variable = member(dataset, self.group, self.name, path)
        raw = stored(variable, key, where)
        known = np.isfinite(raw) & (raw != -9999.0) & ~np.isin(raw, fill_values(variable))
        units = self.units if self.units is not None else getattr(variable, "units", "cm**3/cm**3")
        how = conversion(str(units), lookup("soil_moisture"), where)
        scale, offset = packing(variable)
        values = np.where(known, (raw * scale + offset) * how.scale + how.offset, np.nan).astype(np.float32)
        inside = within(values, self.valid_range)
        limits = stored_range(variable, where)
        if limits is not None:
            inside &= within(raw, limits)
        good = known.copy()
        for rule in self.rules:
            flag = member(dataset, self.group, rule.variable, path)
            flags = stored(flag, key, f"{path}: variable '{self.group}/{rule.variable}'")
            good &= rule.passes(np.where(np.isin(flags, fill_values(flag)), np.nan, flags))
        values[~(good & inside)] = np.nan
        return values, known & ~good, good & ~inside


@dataclass(frozen=True, eq=False)
class Composite:
    """A daily L3 file: maps of one or both overpasses, which are averaged."""

    path: str
    day: np.datetime64
    fields: tuple[Field, ...]

    @property
    def days(self) -> np.ndarray:
        return np.array([self.day])

    def read(self, steps: np.ndarray, window: Window) -> tuple[np.ndarray, Counts]:
        """Values [1, cell] m3 m-3, and counts [cell] of what was refused."""
        size = window.cells.size
        total, number = np.zeros(size), np.zeros(size, np.int32)
        refused: dict[str, np.ndarray] = {}
        last = window.cells.grid.shape[0]
        rows = slice(last - window.rows.stop, last - window.rows.start)
        with opened(self.path) as dataset:
            for field in self.fields:
                if not has_variable(dataset, f"{field.group}/{field.name}"):
                    continue
                parts = (
                    window.cut(x[None, ::-1])[0] for x in field.read(dataset, self.path, (rows, slice(None)))
                )  # fmt: skip
                values, flagged, outside = parts
                add_counts(refused, {FLAG: flagged, RANGE: outside})
                known = np.isfinite(values)
                total += np.where(known, values, 0)
                number += known
        return np.where(number > 0, total / np.maximum(number, 1), np.nan)[None].astype(np.float32), refused


def open_composites(files: Sequence[str], source: DailySource) -> ImageReader:
    """The reader of L3 files. Raises DataError or GridMismatch that name the file and the remedy."""
    shapes: dict[tuple[int, ...], str] = {}
    images: list[Composite] = []
    notes = []
    for path in sorted(files):
        with opened(path) as dataset:
            try:
                fields = find_fields(dataset, source, path)
            except DataError:
                # A day without one of the overpasses lacks its group; the first file must have what is asked for.
                if not images or _has_maps(dataset, source):
                    raise
                notes.append(f"{path}: no {source.overpass} overpass; the day is missing")
                continue
            shapes.setdefault(member(dataset, fields[0].group, fields[0].name, path).shape, path)
            images.append(Composite(path, day_of(dataset, path), fields))
    km = one_grid(shapes)
    return joined(images, km, images[0].fields, source, "smap_l3", notes)


def joined(
    images: Sequence[Any], km: int, fields: tuple[Field, ...], source: DailySource, product: str,
    notes: Sequence[str] = (),
) -> ImageReader:  # fmt: skip
    """The reader of SMAP files on the grid of `km`, with what is said of them."""
    attrs: dict[str, Any] = {
        "warnings": list(notes),
        "product": product,
        "variable": ", ".join(f"{f.group}/{f.name}" for f in fields),
        "overpass": source.overpass,
        "quality": list(dict.fromkeys(str(r) for f in fields for r in f.rules)),
        "depth": list(source.depth or DEPTH),
        "licence": LICENCE,
        "grid": f"EASE-Grid 2.0 {km} km",
    }
    return join_images(images, window_of(cells_in_box(ease2(km), source.box)), source, attrs)


def find_fields(dataset: Dataset, source: DailySource, path: str) -> tuple[Field, ...]:
    """The variables of the overpasses that are wanted, with the flag variable that belongs to each."""
    base = (source.variable or "soil_moisture").rpartition("/")[2].removesuffix("_pm")
    groups = {GROUP: ""} if GROUP in dataset.groups else {f"{GROUP}{g}": _END[g] for g in _WANTED[source.overpass]}
    found = []
    for group, end in groups.items():
        if not has_variable(dataset, f"{group}/{base}{end}"):
            continue
        # The error field of a retrieval has the flag of the retrieval.
        flag = re.sub("soil_moisture(_error)?", "retrieval_qual_flag", base) + end
        rules = rules_of(source.quality, (Rule(flag, bits=(0,)),))
        if not isinstance(source.quality, str):
            rules = tuple(_with_end(r, end) for r in rules)
        for rule in rules:
            member(dataset, group, rule.variable, path)
        found.append(Field(group, base + end, rules, source.valid_range, source.units))
    if not found:
        raise DataError(
            f"{path}: no variable {' or '.join(f'{g}/{base}{e}' for g, e in groups.items())}; the file has "
            f"{describe_variables(dataset)}; set `variable` or `overpass` in the study"
        )
    return tuple(found)


def _has_maps(dataset: Dataset, source: DailySource) -> bool:
    """True where the group of any overpass that is wanted is there."""
    return any(f"{GROUP}{group}" in dataset.groups for group in _WANTED[source.overpass])


def _with_end(rule: Rule, end: str) -> Rule:
    name = rule.variable.rpartition("/")[2].removesuffix("_pm") + end
    return Rule(name, rule.allowed, rule.bits, rule.compare, rule.limit)


def member(dataset: Dataset, group: str, name: str, path: str) -> Any:
    """The variable `name` of a group. Raises DataError listing what the file has."""
    if group not in dataset.groups or name not in dataset.groups[group].variables:
        raise DataError(
            f"{path}: no variable {name!r} in the group {group!r}; the file has {describe_variables(dataset)}; "
            "correct `variable` or `quality` in the study"
        )
    return dataset.groups[group].variables[name]


def stored(variable: Any, key: Any, where: str) -> np.ndarray:
    """Values as stored, in a type that holds them all. Raises DataError where the file is damaged."""
    variable.set_auto_maskandscale(False)
    try:
        raw = np.asarray(variable[key])
    except (OSError, RuntimeError, IndexError) as error:
        raise DataError(f"{where}: the file is truncated or corrupt ({error}); get it again") from error
    return raw.astype(np.float64 if raw.dtype.itemsize > 4 else np.float32 if raw.dtype.kind == "f" else np.int64)


def one_grid(shapes: dict[tuple[int, ...], str]) -> int:
    """The EASE-Grid 2.0 that all files are on."""
    if len(shapes) > 1:
        (a, first), (b, second) = list(shapes.items())[:2]
        raise GridMismatch(f"{first} and {second} have different grids ({a} and {b}); narrow `path` to one product")
    ((shape, path),) = shapes.items()
    km = km_of_shape(shape)
    if km is None:
        known = ", ".join(f"{r} x {c}" for r, c in SHAPES.values())
        raise GridMismatch(f"{path}: a map of {shape}; expected a global EASE-Grid 2.0 ({known} rows and columns)")
    return km


def day_of(dataset: Dataset, path: str) -> np.datetime64:
    """Day of the file: of its name, else the beginning that its metadata state."""
    found = _DATE.search(Path(path).name)
    if found:
        try:
            return np.datetime64(f"{found[1]}-{found[2]}-{found[3]}", "D")
        except ValueError:
            pass
    try:
        return np.datetime64(str(dataset["Metadata/Extent"].rangeBeginningDateTime).rstrip("Z"), "D")
    except (KeyError, IndexError, AttributeError, ValueError):
        raise DataError(
            f"{path}: no date in the file name (..._YYYYMMDD_...) and none in Metadata/Extent; "
            "give the file the name that NSIDC gave it"
        ) from None
