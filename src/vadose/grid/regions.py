"""Regions: the built-in ones by name, boxes, masks and shapefiles of the user.

Built in, none of them downloaded: global, hemispheres, the boxes of Qiao et al. (2022) section 2c, the AR6 land
regions, SREX (Seneviratne et al. 2012, from regionmask) and the main groups of Koppen (see `vadose.grid.koppen`).
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from vadose.errors import ConfigError
from vadose.grid import koppen as climates
from vadose.grid.ar6 import SOURCE as AR6_SOURCE
from vadose.grid.ar6 import ar6_names, ar6_rings
from vadose.grid.koppen import koppen
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.region_files import koppen_shapes, mask_shapes, polygon_shapes
from vadose.grid.shapes import Box, Everywhere, Polygons, Raster, Shape, Without

__all__ = [
    "REGION_SETS",
    "Region",
    "box_region",
    "koppen",
    "koppen_regions",
    "mask_region",
    "outline",
    "parse_region",
    "region_names",
    "shapefile_region",
]

_CACHED = 16  # masks a region remembers

# south, north, west, east
_QIAO = {
    "SIB": ("Siberia", 50, 75, 60, 140),
    "M-AS": ("Inland mid-latitude Asia", 38, 50, 60, 112),
    "TIB": ("Tibetan Plateau", 30, 38, 75, 100),
    "L-AS": ("Low-latitude Asia", 10, 30, 70, 120),
    "NA-WA": ("North Africa and West Asia", 10, 35, -20, 60),
    "EUR": ("Europe", 35, 70, -10, 60),
    "C-AF": ("Central Africa", -15, 10, -20, 50),
    "S-AF": ("Southern Africa", -35, -15, 10, 40),
    "WNA": ("Western North America", 20, 60, -125, -98),
    "ENA": ("Eastern North America", 30, 60, -98, -60),
    "NSA": ("Northern South America", -12, 10, -80, -40),
    "SSA": ("Southern South America", -40, -12, -65, -40),
    "AUS": ("Australia", -40, -10, 112, 155),
}
_SREX = (
    "ALA", "CGI", "WNA", "CNA", "ENA", "CAM", "AMZ", "NEB", "WSA", "SSA", "NEU", "CEU", "MED",
    "SAH", "WAF", "EAF", "SAF", "NAS", "WAS", "CAS", "TIB", "EAS", "SAS", "SEA", "NAU", "SAU",
)  # fmt: skip
# Around Greenland, through the straits that part it from Ellesmere Island and the sea west of Iceland.
_GREENLAND = [
    (-73.7, 78.2), (-68, 80.3), (-61, 82.3), (-45, 84), (-10, 84), (-10, 75), (-21, 68.5), (-30, 66.5), (-40, 59),
    (-50, 59), (-57, 66), (-58, 72), (-70, 75.5),
]  # fmt: skip
_ANTARCTICA = Box(-90, -60, -180, 180)

REGION_SETS: dict[str, tuple[str, ...]] = {
    "global": ("global",),
    "hemisphere": ("hemisphere:north", "hemisphere:south"),
    "koppen": tuple(f"koppen:{group}" for group in climates.GROUPS),
    "ar6": tuple(f"ar6:{short}" for short in ar6_names()),
    "srex": tuple(f"srex:{short}" for short in _SREX),
    "qiao": tuple(f"qiao:{short}" for short in _QIAO),
    "land": ("land:ice-free", "qiao:NH", "qiao:SH"),
}


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the globe.

    name   as a study writes it; title as a reader sees it
    kind   global, hemisphere, box, koppen, ar6, srex, qiao, mask, shapefile or climatology
    source where its limits come from, with the licence of the data
    """

    name: str
    title: str
    kind: str
    shape: Shape = field(repr=False)
    source: str = ""
    _masks: dict[bytes, np.ndarray] = field(default_factory=dict, repr=False)

    def mask(self, grid: LatLonGrid | Sites) -> np.ndarray:
        """True in cells (or at sites) whose centre lies in the region: read-only bool of grid.shape.

        All False where the region has no cell on the grid.
        """
        lat, lon = np.asarray(grid.lat, float), np.asarray(grid.lon, float)
        gridded = isinstance(grid, LatLonGrid)
        key = hashlib.blake2b(lat.tobytes() + b"|" + lon.tobytes() + bytes([gridded]), digest_size=16).digest()
        found = self._masks.get(key)
        if found is None:
            found = self.shape.on_grid(lat, lon) if gridded else self.shape.at(lat, lon)
            found.flags.writeable = False
            while len(self._masks) >= _CACHED:
                self._masks.pop(next(iter(self._masks)), None)
            self._masks[key] = found
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_masks": {}}


def outline(region: Region) -> list[np.ndarray]:
    """Lines [n, 2] of lon, lat in degrees that bound a region on a map; masks on cells of 1 degree."""
    return region.shape.outline()


def region_names() -> list[str]:
    """The names of all built-in regions."""
    return [name for names in REGION_SETS.values() for name in names]


def parse_region(text: str) -> list[Region]:
    """Built-in regions by name, "koppen:arid", or a whole set, "ar6:*"; upper and lower case are the same.

    Raises ConfigError for an unknown name, with the nearest ones.
    """
    wanted = text.strip()
    if wanted.endswith(":*") and wanted[:-2].lower() in REGION_SETS:
        return [_built_in(name) for name in REGION_SETS[wanted[:-2].lower()]]
    known = {name.lower(): name for name in region_names()}
    if wanted.lower() not in known:
        near = difflib.get_close_matches(wanted.lower(), [*known, *(f"{s}:*" for s in REGION_SETS)], 3, 0.5)
        hint = f"did you mean {' or '.join(repr(known.get(n, n)) for n in near)}?" if near else ""
        sets = ", ".join(f"{s}:*" for s in REGION_SETS if s != "global")
        raise ConfigError(
            f"unknown region {text!r}; {hint} There are 'global', the sets {sets}, and [[regions]] tables of your own"
        )
    return [_built_in(known[wanted.lower()])]


@lru_cache(maxsize=256)
def _built_in(name: str) -> Region:
    kind, _, short = name.partition(":")
    if kind == "global":
        return Region(name, "Global", kind, Everywhere())
    if kind == "hemisphere":
        box = Box(0, 90, -180, 180) if short == "north" else Box(-90, 0, -180, 180)
        return Region(name, f"{short.title()}ern Hemisphere", kind, box)
    if kind == "koppen":
        lat, lon, group = climates.world_map()
        inside = group == list(climates.GROUPS).index(short) + 1
        return Region(name, short.title(), kind, Raster(lat, lon, inside), climates.SOURCE)
    if kind == "ar6":
        return Region(name, ar6_names()[short], kind, Polygons(ar6_rings(short)), AR6_SOURCE)
    if kind == "srex":
        return _srex(name, short)
    if kind == "qiao" and short in _QIAO:
        title, south, north, west, east = _QIAO[short]
        return Region(name, title, kind, Box(south, north, west, east), "Qiao et al. (2022)")
    south, north, where = {"NH": (0, 90, "Northern Hemisphere"), "SH": (-90, 0, "Southern Hemisphere")}.get(
        short, (-90, 90, "Global")
    )
    ice = (Polygons((np.array(_GREENLAND, float),)), _ANTARCTICA)
    title = f"{where} without Greenland and Antarctica"
    return Region(name, title, kind, Without(Box(south, north, -180, 180), ice), "Qiao et al. (2022)")


def _srex(name: str, short: str) -> Region:
    from regionmask import defined_regions

    region = defined_regions.srex[short]
    rings = polygon_shapes([region.polygon])
    return Region(name, region.name, "srex", rings, "Seneviratne et al. (2012), IPCC SREX; regionmask, MIT")


def box_region(name: str, south: float, north: float, west: float, east: float, title: str = "") -> Region:
    """Cells with centres in a box of degrees, edges inclusive; west > east crosses the date line.

    Raises ConfigError for limits out of range or south >= north.
    """
    if not -90 <= south < north <= 90:
        raise ConfigError(f"region {name!r}: `box` needs -90 <= south < north <= 90, got {south} and {north}")
    if not all(-360 <= x <= 360 for x in (west, east)) or west == east:
        raise ConfigError(f"region {name!r}: `box` needs two different longitudes within -360..360, got {west}, {east}")
    if abs(east - west) >= 360:
        shape = Box(south, north, -180, 180)
    else:
        shape = Box(south, north, (west + 180) % 360 - 180, 180 - (180 - east) % 360)
    return Region(name, title or name, "box", shape, "user box")


def mask_region(path: str, name: str | None = None) -> list[Region]:
    """Regions of a netCDF mask: an index variable with `labels` (and `names`), as ILAMB reads it, or 0/1 variables.

    name  the name of the only region, or what comes before the label of each ("name:label")
    Raises DataError where the file is missing or holds no usable variable.
    """
    found = mask_shapes(path)
    return [Region(_named(name, label, len(found)), title, "mask", shape, path) for label, title, shape in found]


def shapefile_region(path: str, name: str | None = None, labels: str | None = None) -> list[Region]:
    """A region from all polygons of a shapefile, or one region for each value of its column `labels`.

    Raises DataError where the file is missing, has no polygons or not that column.
    """
    from vadose.grid.region_files import shapefile_shapes

    found = shapefile_shapes(path, labels)
    return [Region(_named(name, label, len(found)), label, "shapefile", shape, path) for label, shape in found]


def koppen_regions(path: str, name: str = "koppen") -> list[Region]:
    """The main Koppen groups of the user's own monthly climatology, a netCDF file of temperature and precipitation.

    Names are "name:tropical" ... "name:polar". Raises DataError where the file does not hold both with 12 months.
    """
    shapes = koppen_shapes(path)
    return [Region(f"{name}:{group}", group.title(), "climatology", s, path) for group, s in shapes.items()]


def _named(name: str | None, label: str, count: int) -> str:
    if name is None:
        return label
    return name if count == 1 else f"{name}:{label}"
