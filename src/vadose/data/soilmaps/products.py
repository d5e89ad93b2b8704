"""What each soil map calls its variables, and the units, layers and scales that its files leave out.

GSDE       Shangguan et al. (2014): 8 layers to 2.3 m in two files a variable; organic carbon and density times 100
HWSD 1.2   FAO et al. (2012), as regridded by Wieder et al. (2014): topsoil, 0 to 0.3 m
SoilGrids  Poggio et al. (2021): one GeoTIFF a layer; g kg-1, dg kg-1 and cg cm-3
SMAP L2    O'Neill et al. (2021): the fractions of the retrieval, per pixel of EASE-Grid 2.0
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_USUAL = {
    "sand": ("sand", "SAND", "sand_fraction", "T_SAND", "sand_content"),
    "clay": ("clay", "CLAY", "clay_fraction", "T_CLAY", "clay_content"),
    "organic_carbon": ("organic_carbon", "OC", "oc", "soc", "SOC", "T_OC", "OM", "om", "organic_matter"),
    "bulk_density": (
        "bulk_density",
        "BD",
        "bd",
        "bdod",
        "T_BULK_DENSITY",
        "T_BULK_DEN",
        "T_REF_BULK",
        "T_REF_BULK_DENSITY",
    ),
}


@dataclass(frozen=True)
class Product:
    """One soil map.

    names     quantity -> names of its variables, and of the beginning of its files
    units     quantity -> units that the files may leave out
    packing   quantity -> factor of whole numbers that state no scale_factor
    bottoms   depths in the files' unit that mark the bottoms of layers, not their centres
    layer     (top, bottom) m of files without layers
    """

    name: str
    citation: str
    names: Mapping[str, tuple[str, ...]]
    units: Mapping[str, str] = field(default_factory=dict)
    packing: Mapping[str, float] = field(default_factory=dict)
    bottoms: tuple[float, ...] = ()
    layer: tuple[float, float] | None = None


_PERCENT = {"sand": "%", "clay": "%", "organic_carbon": "%"}
PRODUCTS = {
    "gsde": Product(
        "gsde", "Shangguan et al. (2014), doi:10.1002/2013MS000293",
        {"sand": ("SAND",), "clay": ("CLAY",), "organic_carbon": ("OC",), "bulk_density": ("BD",)},
        {**_PERCENT, "bulk_density": "g cm-3"}, {"organic_carbon": 0.01, "bulk_density": 0.01},
        bottoms=(4.5, 9.1, 16.6, 28.9, 49.3, 82.9, 138.3, 229.6),
    ),
    "hwsd": Product(
        "hwsd", "FAO/IIASA/ISRIC/ISSCAS/JRC (2012); Wieder et al. (2014), doi:10.3334/ORNLDAAC/1247",
        {
            "sand": ("T_SAND",), "clay": ("T_CLAY",), "organic_carbon": ("T_OC",),
            "bulk_density": ("T_BULK_DENSITY", "T_BULK_DEN", "T_REF_BULK_DENSITY", "T_REF_BULK"),
        },
        {**_PERCENT, "bulk_density": "kg dm-3"}, layer=(0.0, 0.3),
    ),
    "soilgrids": Product(
        "soilgrids", "Poggio et al. (2021), doi:10.5194/soil-7-217-2021",
        {"sand": ("sand",), "clay": ("clay",), "organic_carbon": ("soc",), "bulk_density": ("bdod",)},
        {"sand": "g kg-1", "clay": "g kg-1", "organic_carbon": "dg kg-1", "bulk_density": "cg cm-3"},
    ),
    "smap_l2": Product(
        "smap_l2", "O'Neill et al. (2021), SMAP L2 radiometer half-orbit 36 km soil moisture, NSIDC",
        {
            "sand": ("sand_fraction",), "clay": ("clay_fraction",), "organic_carbon": ("organic_content",),
            "bulk_density": ("bulk_density",),
        },
        {"sand": "1", "clay": "1", "organic_carbon": "g kg-1", "bulk_density": "g cm-3"},
    ),
    "generic": Product("generic", "", _USUAL),
}  # fmt: skip


def names_of(product: Product, quantity: str) -> tuple[str, ...]:
    """Names to look for: of the product, then the usual ones."""
    return tuple(dict.fromkeys((*product.names.get(quantity, ()), *_USUAL[quantity])))


def named_like(path: str, names: tuple[str, ...]) -> bool:
    """Whether a file name begins with one of the names: SAND1.nc, T_SAND.nc4, sand_0-5cm_mean.tif."""
    stem = Path(path).name.lower()
    return any(re.match(rf"{re.escape(n.lower())}(?![a-z])", stem) for n in names)


def guess(files: tuple[str, ...], variables: set[str]) -> str:
    """The product that files and their variables look like; "generic" where none."""
    if {"sand_fraction", "clay_fraction"} <= variables and any("SMAP_L2" in Path(f).name for f in files):
        return "smap_l2"
    if any(v.startswith("T_SAND") for v in variables) or any(named_like(f, ("T_SAND",)) for f in files):
        return "hwsd"
    if any(re.match(r"sand_\d+-\d+cm", Path(f).name) for f in files):
        return "soilgrids"
    if "SAND" in variables or any(re.fullmatch(r"SAND\d?\.nc4?", Path(f).name) for f in files):
        return "gsde"
    return "generic"
