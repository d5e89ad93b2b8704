"""What a study says about its soil moisture: files, product, quality, period and box."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vadose.errors import ConfigError, DataError

PRODUCTS = ("auto", "cf", "esa_cci", "c3s", "smap_l3", "smap_l2", "smos", "points")
_GRIDDED = (".nc", ".nc4", ".cdf", ".h5", ".he5", ".hdf5")
Product = Literal["auto", "cf", "esa_cci", "c3s", "smap_l3", "smap_l2", "smos", "points"]


@dataclass(frozen=True)
class DailySource:
    """Daily soil moisture: where it lies and what of it is taken; every field but `path` may be left to the files.

    path         one file, folder or pattern, or several
    product      one of PRODUCTS; "auto" looks into the files
    variable     name in the files; of the product, or the only soil moisture, where None
    units        overrides the `units` attribute
    overpass     "am", "pm" or "both" (their mean) of products that tell them apart
    quality      "recommended" flags of the product, "all" values, or a table: flag variable -> values that are
                 allowed, or a condition such as "bits 0 2 clear", "<= 0.2"
    valid_range  (low, high) m3 m-3; values outside are refused
    spikes       m3 m-3; a value that exceeds (or falls below) both neighbours by more is refused; None keeps them
    depth        (top, bottom) m, where the files do not say it; needed for kg m-2
    period       (first, last) day as "2003-01-01", both included
    box          (south, north, west, east) degrees; west > east crosses the date line
    label        how messages and reports call the source
    """

    path: str | tuple[str, ...]
    product: Product = "auto"
    variable: str | None = None
    units: str | None = None
    overpass: Literal["am", "pm", "both"] = "am"
    quality: Literal["recommended", "all"] | dict[str, tuple[int, ...] | str] = "recommended"
    valid_range: tuple[float, float] = (0.0, 1.0)
    spikes: float | None = None
    depth: tuple[float, float] | None = None
    period: tuple[str, str] | None = None
    box: tuple[float, float, float, float] | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if not self.paths:
            raise ConfigError("`path` names no files")
        if not self.valid_range[0] < self.valid_range[1]:
            raise ConfigError(f"`valid_range` must be [low, high] with low < high, got {list(self.valid_range)}")
        if self.spikes is not None and not self.spikes > 0:
            raise ConfigError(f"`spikes` must be > 0 m3 m-3, got {self.spikes}")
        if self.depth is not None and not 0 <= self.depth[0] < self.depth[1]:
            raise ConfigError(f"`depth` must be [top, bottom] with 0 <= top < bottom in m, got {list(self.depth)}")
        if self.box is not None:
            south, north, west, east = self.box
            if not (-90 <= south < north <= 90 and -180 <= west <= 360 and -180 <= east <= 360):
                raise ConfigError(
                    f"`box` must be [south, north, west, east] in degrees with south < north, got {list(self.box)}"
                )
        first, last = self.days_wanted
        if first > last:
            raise ConfigError(f"`period` must be [first, last] day, got {list(self.period or ())}")

    @property
    def paths(self) -> tuple[str, ...]:
        """`path` as a tuple, patterns included."""
        return (str(self.path),) if isinstance(self.path, str | Path) else tuple(str(p) for p in self.path)

    @property
    def name(self) -> str:
        """How messages call the source."""
        return self.label or self.paths[0] + (f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else "")

    @property
    def days_wanted(self) -> tuple[np.datetime64, np.datetime64]:
        """First and last day of `period`; far past and future where it is not given."""
        texts = self.period or ("0001-01-01", "9999-12-31")
        try:
            first, last = (np.datetime64(t, "D") for t in texts)
        except ValueError as error:
            raise ConfigError(f'`period` must be two days such as "2003-01-01", got {list(texts)}') from error
        return first, last


def files_of(source: DailySource) -> tuple[str, ...]:
    """The files that the paths, folders and patterns of a source name, without repeats.

    Of a folder, and the folders in it, come the netCDF and HDF5 files; all files where there are none.
    Raises DataError for a path or pattern that matches nothing.
    """
    found: list[str] = []
    for path in source.paths:
        if Path(path).is_dir():
            match = _inside(Path(path))
        elif Path(path).is_file():
            match = [path]
        else:
            match = sorted(p for p in glob.glob(path, recursive=True) if Path(p).is_file())
        if not match:
            raise DataError(f"{source.name}: `path` {path!r} matches no file; correct it in the study")
        found += match
    return tuple(dict.fromkeys(found))


def _inside(folder: Path) -> list[str]:
    found = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    gridded = [p for p in found if p.suffix.lower() in _GRIDDED]
    return [str(p) for p in gridded or found]
