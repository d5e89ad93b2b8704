"""The weather of a study in memory: all of it, or the columns nearest to the places of a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vadose.data.forcing.files import ForcingFiles
from vadose.data.forcing.open import open_forcing
from vadose.data.forcing.series import ForcingSeries
from vadose.data.forcing.source import ForcingSource
from vadose.errors import DataError, GridMismatch
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites

_LARGEST = 8 * 2**30  # bytes that `read_forcing` may take


def read_forcing(
    source: ForcingSource,
    *,
    step: float = 1800.0,
    cells: Cells | Sites | np.ndarray | None = None,
    period: tuple[str, str] | None = None,
    zenith: str = "mean",
) -> ForcingSeries:
    """The weather of a study in memory, complete and checked, at the model's step.

    step    s;  cells  places for which the nearest column of the files is taken (Cells, Sites, or positions in the
            files' own columns); all columns where None
    period  (first, last) day in place of the source's
    zenith  "mean" over the step, or "instant" of its start as in Noah-MP's driver
    Raises DataError, UnitError or GridMismatch; DataError where it would not fit into memory.
    """
    files = open_forcing(source if period is None else replace(source, period=period))
    columns = None if cells is None else nearest_columns(files, cells)
    count = files.cells.size if columns is None else columns.size
    size = files.times(step).size * count * 8 * 12
    if size > _LARGEST:
        raise DataError(
            f"{source.name}: {count} columns and {files.times(step).size} steps take {size / 2**30:.0f} GiB; narrow "
            "the region or `period`, or read blocks with `open_forcing(source).read(...)`"
        )
    return files.read(step, columns, zenith=zenith)


def nearest_columns(files: ForcingFiles, cells: Cells | Sites | np.ndarray) -> np.ndarray:
    """Positions in `files.cells` of the columns nearest to places.

    Raises GridMismatch for a place further from all columns than they are from each other (sites: 0.5 degrees).
    """
    if isinstance(cells, np.ndarray):
        if cells.size and not 0 <= cells.min() <= cells.max() < files.cells.size:
            raise GridMismatch(f"positions must lie within the {files.cells.size} columns of {files.source.name}")
        return cells.astype(np.int64)
    lat, lon = files.cells.lat, files.cells.lon
    grid = files.cells.grid
    reach = max(grid.spacing) if isinstance(grid, LatLonGrid) else 0.5
    found = np.array([files.cells.nearest(float(a), float(o)) for a, o in zip(cells.lat, cells.lon, strict=True)], int)
    east = np.abs((lon[found] - cells.lon + 180) % 360 - 180)
    far = np.flatnonzero((np.abs(lat[found] - cells.lat) > reach) | (east * np.cos(np.radians(cells.lat)) > reach))
    if far.size:
        raise GridMismatch(
            f"{files.source.name}: no weather near {cells.lat[far[0]]:.3f} N, {cells.lon[far[0]]:.3f} E ({far.size} of "
            f"{cells.size} places): the nearest column is {lat[found[far[0]]]:.3f} N, {lon[found[far[0]]]:.3f} E; "
            f"expected within {reach:g} degrees; choose cells inside the forcing"
        )
    return found
