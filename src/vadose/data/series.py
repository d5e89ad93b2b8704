"""Monthly series packed by cell: the form in which every comparison reads its data."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites

_ARRAYS = ("values", "cells", "months", "land_fraction", "covered_depth")


@dataclass(frozen=True, eq=False)
class CellSeries:
    """Monthly means of one variable on the cells that ever hold a value.

    values         [cell, time] float32 in `units`, NaN where missing
    cells          [cell] int32, row-major index into the grid ([lat, lon]) or the list of sites, ascending
    months         [time] int32, 12 * year + month - 1, consecutive
    land_fraction  [cell] float32 in [0, 1]; 1 where the source states none, 0 for sea that has values too
    depth          (top, bottom) m of a soil variable, None elsewhere
    covered_depth  [cell] m of `depth` that the layers of the source really cover; empty without depth
    source_units   unit in the file, before conversion
    attrs          what the report shows: citation, member, files, first-layer thickness, warnings ...
    """

    name: str
    units: str
    values: np.ndarray
    cells: np.ndarray
    months: np.ndarray
    grid: LatLonGrid | Sites
    land_fraction: np.ndarray
    depth: tuple[float, float] | None = None
    covered_depth: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    source_units: str = ""
    attrs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.shape != (self.cells.size, self.months.size):
            raise DataError(
                f"{self.name}: values must be [cell, time] = ({self.cells.size}, {self.months.size}), "
                f"got {self.values.shape}"
            )
        if self.months.size and not np.array_equal(np.diff(self.months), np.ones(self.months.size - 1)):
            raise DataError(f"{self.name}: months must be consecutive")

    @property
    def is_gridded(self) -> bool:
        return isinstance(self.grid, LatLonGrid)

    def between(self, first: int, last: int) -> CellSeries:
        """The months from `first` to `last` (12 * year + month - 1, inclusive) that the series has."""
        keep = slice(
            *np.searchsorted(self.months, [first, last + 1]),
        )
        return replace(self, values=self.values[:, keep], months=self.months[keep])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to the folder `path`, one .npy an array so that it can be mapped; complete or absent."""
        path = Path(path)
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        partial.mkdir(parents=True)
        for name in _ARRAYS:
            np.save(partial / f"{name}.npy", getattr(self, name), allow_pickle=False)
        where = ("lat", "lon", "lat_bnds", "lon_bnds") if isinstance(self.grid, LatLonGrid) else ("lat", "lon")
        for name in where:
            np.save(partial / f"grid_{name}.npy", getattr(self.grid, name), allow_pickle=False)
        header = {
            "name": self.name,
            "units": self.units,
            "source_units": self.source_units,
            "depth": self.depth,
            "attrs": self.attrs,
            "sites": None if isinstance(self.grid, LatLonGrid) else list(self.grid.names),
        }
        (partial / "header.json").write_text(json.dumps(header))
        if path.exists():
            _remove(path)
        partial.rename(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], mapped: bool = True) -> CellSeries:
        """Read what `save` wrote; `mapped` leaves the values on disk until they are used."""
        path = Path(path)
        try:
            header = json.loads((path / "header.json").read_text())
            arrays = {n: np.load(path / f"{n}.npy", allow_pickle=False) for n in _ARRAYS if n != "values"}
            values = np.load(path / "values.npy", mmap_mode="r" if mapped else None, allow_pickle=False)
            parts = [np.load(path / f"grid_{n}.npy", allow_pickle=False) for n in ("lat", "lon")]
            grid: LatLonGrid | Sites
            if header["sites"] is None:
                parts += [np.load(path / f"grid_{n}.npy", allow_pickle=False) for n in ("lat_bnds", "lon_bnds")]
                grid = LatLonGrid(*parts)
            else:
                grid = Sites(parts[0], parts[1], tuple(header["sites"]))
        except (OSError, ValueError, KeyError) as error:
            raise DataError(
                f"{path}: not a complete packed series ({error}); delete the folder and run again"
            ) from error
        return cls(
            name=header["name"],
            units=header["units"],
            values=values,
            grid=grid,
            depth=tuple(header["depth"]) if header["depth"] else None,
            source_units=header["source_units"],
            attrs=header["attrs"],
            **arrays,
        )


def _remove(folder: Path) -> None:
    for item in folder.iterdir():
        item.unlink()
    folder.rmdir()
