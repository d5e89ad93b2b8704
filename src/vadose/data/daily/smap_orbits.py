"""SMAP half orbits (L2): records with the row and column of their cell, put on the days that they touch.

Source: NSIDC user guides of SPL2SMP and SPL2SMP_E
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.data.daily.images import Counts, ImageReader
from vadose.data.daily.quality import FLAG, RANGE, add_counts
from vadose.data.daily.smap import GROUP, Field, day_of, find_fields, joined, member, one_grid, stored
from vadose.data.daily.source import DailySource
from vadose.data.daily.window import Window
from vadose.data.netcdf import has_variable, opened
from vadose.errors import DataError, GridMismatch
from vadose.grid.ease2 import SHAPES, cell_index

if TYPE_CHECKING:
    from netCDF4 import Dataset

_ORBIT = re.compile(r"_\d{5}_([AD])_")
_NOON_2000 = np.datetime64("2000-01-01T12:00:00", "ms")


@dataclass(frozen=True, eq=False)
class HalfOrbit:
    """An L2 file: records of one half orbit, on the one or two UTC days that it touches; records of a cell averaged."""

    path: str
    days: np.ndarray
    field: Field
    km: int

    def read(self, steps: np.ndarray, window: Window) -> tuple[np.ndarray, Counts]:
        """Values [step, cell] m3 m-3, and counts [cell] of what was refused."""
        size = window.cells.size
        with opened(self.path) as dataset:
            row, column = (
                stored(member(dataset, GROUP, f"EASE_{n}_index", self.path), slice(None), self.path)
                for n in ("row", "column")
            )
            day = _record_days(dataset, self.path, self.days[0])
            values, flagged, outside = self.field.read(dataset, self.path, slice(None))
        rows, columns = SHAPES[self.km]
        on_grid = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        index = cell_index(self.km, np.where(on_grid, row, 0), np.where(on_grid, column, 0))
        place = np.searchsorted(window.cells.index, index).clip(max=size - 1)
        inside = on_grid & (window.cells.index[place] == index)
        out = np.full((steps.size, size), np.nan, np.float32)
        refused: dict[str, np.ndarray] = {}
        for i, step in enumerate(steps):
            here = inside & (day == self.days[step])
            for reason, mask in ((FLAG, flagged), (RANGE, outside)):
                add_counts(refused, {reason: np.bincount(place[here & mask], minlength=size)})
            known = here & np.isfinite(values)
            number = np.bincount(place[known], minlength=size)
            total = np.bincount(place[known], weights=values[known], minlength=size)
            out[i] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        return out, refused


def open_half_orbits(files: Sequence[str], source: DailySource) -> ImageReader:
    """The reader of L2 files. Raises DataError or GridMismatch that name the file and the remedy."""
    wanted = {"am": "D", "pm": "A", "both": "AD"}[source.overpass]
    shapes: dict[tuple[int, ...], str] = {}
    images = []
    for path in sorted(files):
        with opened(path) as dataset:
            if direction_of(dataset, path) not in wanted:
                continue
            (field,) = find_fields(dataset, source, path)
            km = km_of_orbit(dataset, path)
            shapes.setdefault(SHAPES[km], path)
            # Header times would miss a record or two; the records are few.
            days = np.unique(_record_days(dataset, path, day_of(dataset, path)))
            images.append(HalfOrbit(path, days, field, km))
    if not images:
        raise DataError(
            f"{source.name}: none of {len(files)} half orbits is of the overpass {source.overpass!r} (descending is "
            'am, ascending is pm); set overpass = "both" or give the other files'
        )
    return joined(images, one_grid(shapes), (images[0].field,), source, "smap_l2")


def direction_of(dataset: Dataset, path: str) -> str:
    """A of an ascending, D of a descending half orbit."""
    found = _ORBIT.search(Path(path).name)
    if found:
        return found[1]
    group = dataset.groups.get("Metadata")
    orbit = group.groups.get("OrbitMeasuredLocation") if group is not None else None
    return str(getattr(orbit, "orbitDirection", "A"))[:1].upper()


def km_of_orbit(dataset: Dataset, path: str) -> int:
    """Nominal resolution of the records, by the largest row that the row index may have, or its text."""
    variable = member(dataset, GROUP, "EASE_row_index", path)
    top = int(np.ravel(getattr(variable, "valid_max", 0))[0]) + 1
    by_rows: dict[int, int] = {shape[0]: km for km, shape in SHAPES.items()}
    if top in by_rows:
        return by_rows[top]
    text = re.search(r"(\d+)\s*km", str(getattr(variable, "long_name", "")))
    if text and int(text[1]) in SHAPES:
        return int(text[1])
    raise GridMismatch(
        f"{path}: the grid of the records is unknown (EASE_row_index up to {top - 1}); expected 36 or 9 km half orbits"
    )


def _record_days(dataset: Dataset, path: str, otherwise: np.datetime64) -> np.ndarray:
    """UTC day of every record [record]; `otherwise` where the file has no time of it."""
    rows = member(dataset, GROUP, "EASE_row_index", path)
    days = np.full(rows.shape, otherwise, dtype="datetime64[D]")
    if has_variable(dataset, f"{GROUP}/tb_time_seconds"):
        seconds = stored(member(dataset, GROUP, "tb_time_seconds", path), slice(None), path)
        known = seconds > 0
        days[known] = (_NOON_2000 + np.round(seconds[known] * 1000).astype("timedelta64[ms]")).astype("datetime64[D]")
    return days
