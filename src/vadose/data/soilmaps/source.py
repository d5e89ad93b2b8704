"""What a study says about a soil map, and what is read from it."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells

PRODUCTS = ("auto", "gsde", "hwsd", "soilgrids", "smap_l2", "generic")
QUANTITIES = ("sand", "clay", "organic_carbon", "bulk_density")
Paths = str | tuple[str, ...] | None


@dataclass(frozen=True)
class SoilSource:
    """A soil map: where it lies and what of it is taken; what the files say need not be said.

    path            folder, file, pattern, or several, in which the product's own names are looked for
    sand, clay, organic_carbon, bulk_density   files of one quantity (several for several layers) in place of `path`
    values          quantity -> one value (%, kg m-3) for all cells, before what files hold; with sand and clay, as of a
                    site whose soil was measured, no files are read
    variables       quantity -> name in the files, where it is not the product's
    product         one of PRODUCTS; "auto" goes by the names of files and variables
    depth           (top, bottom) m, over which layers are averaged
    units           quantity -> units, where the files state none or wrong ones
    organic         whether organic_carbon holds "carbon" or organic "matter" (1.724 times it); "auto" goes by its name
    crs             of GeoTIFF files that state none, such as "EPSG:4326"
    minimum_coverage   least part of a cell that soil must cover
    label           how messages and reports call it
    """

    path: str | tuple[str, ...] | None = None
    sand: Paths = None
    clay: Paths = None
    organic_carbon: Paths = None
    bulk_density: Paths = None
    values: dict[str, float] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    product: Literal["auto", "gsde", "hwsd", "soilgrids", "smap_l2", "generic"] = "auto"
    depth: tuple[float, float] = (0.0, 0.3)
    units: dict[str, str] = field(default_factory=dict)
    organic: Literal["auto", "carbon", "matter"] = "auto"
    crs: str | None = None
    minimum_coverage: float = 0.25
    label: str = ""

    def __post_init__(self) -> None:
        self._check_values()
        if not self.stated and self.path is None and (self.sand is None or self.clay is None):
            raise ConfigError("a soil map needs `path`, or both `sand` and `clay`, or both in `values`")
        if self.product not in PRODUCTS:
            raise ConfigError(f"`product` must be one of {', '.join(PRODUCTS)}, got {self.product!r}")
        if not 0 <= self.depth[0] < self.depth[1]:
            raise ConfigError(f"`depth` must be [top, bottom] with 0 <= top < bottom in m, got {list(self.depth)}")
        if not 0 <= self.minimum_coverage <= 1:
            raise ConfigError(f"`minimum_coverage` must lie between 0 and 1, got {self.minimum_coverage}")
        tables: dict[str, Mapping[str, Any]] = {"values": self.values, "variables": self.variables, "units": self.units}
        for name, table in tables.items():
            unknown = sorted(set(table) - set(QUANTITIES))
            if unknown:
                raise ConfigError(f"`{name}` has {', '.join(unknown)}; its keys are {', '.join(QUANTITIES)}")

    def _check_values(self) -> None:
        if not self.values:
            return
        sand, clay = (self.values.get(q, 0.0) for q in ("sand", "clay"))
        if ("sand" in self.values) != ("clay" in self.values) or min(self.values.values()) < 0 or sand + clay > 100:
            raise ConfigError(
                f"`values` must not be negative, and hold sand and clay both (sum at most 100 %) or neither, got "
                f"{self.values}"
            )

    @property
    def stated(self) -> bool:
        """True where the study states sand and clay itself, so that no file is read."""
        return {"sand", "clay"} <= set(self.values)

    @property
    def name(self) -> str:
        """How messages call the source."""
        paths = _tuple(self.path) or _tuple(self.sand) or ("stated soil",)
        return self.label or paths[0]

    def files_of(self, quantity: str) -> tuple[str, ...]:
        """Files stated for one quantity. Raises DataError for a path that matches nothing."""
        return expand(_tuple(getattr(self, quantity)), self.name)

    @property
    def all_files(self) -> tuple[str, ...]:
        """Every file of the map. Raises DataError for a path that matches nothing."""
        return (*self.files, *(path for quantity in QUANTITIES for path in self.files_of(quantity)))

    @property
    def files(self) -> tuple[str, ...]:
        """Files that `path` names. Raises DataError for a path that matches nothing."""
        return expand(_tuple(self.path), self.name)


@dataclass(frozen=True, eq=False)
class SoilMap:
    """A soil map on cells; all [cell] float64, NaN where there is none.

    sand, clay, organic_carbon   % of the fine earth by mass;  bulk_density  kg m-3; the last two may be None
    coverage   part of the cell that source cells with sand and clay cover; at sites 1 or 0
    problems   reason -> [cell] bool, why a cell has no texture
    attrs      JSON-able: "product", "files", "variables", "depth", "citation", "warnings"
    """

    sand: np.ndarray
    clay: np.ndarray
    organic_carbon: np.ndarray | None
    bulk_density: np.ndarray | None
    coverage: np.ndarray
    cells: Cells
    problems: Mapping[str, np.ndarray] = field(default_factory=dict)
    attrs: Mapping[str, Any] = field(default_factory=dict)


def expand(paths: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The files that paths, folders and patterns name, without repeats."""
    found: list[str] = []
    for path in paths:
        if Path(path).is_dir():
            match = sorted(str(p) for p in Path(path).iterdir() if p.is_file() and not p.name.startswith("."))
        elif Path(path).is_file():
            match = [path]
        else:
            match = sorted(p for p in glob.glob(path, recursive=True) if Path(p).is_file())
        if not match:
            raise DataError(f"{name}: {path!r} matches no file; correct it in the study")
        found += match
    return tuple(dict.fromkeys(found))


def _tuple(paths: Paths) -> tuple[str, ...]:
    if paths is None:
        return ()
    return (str(paths),) if isinstance(paths, str | Path) else tuple(str(p) for p in paths)
