"""Texture classes of the USDA and of HYPRES from sand and clay.

USDA: Soil Science Division Staff (2017), Soil Survey Manual, Handbook 18, chapter 3. Numbers follow the order of the
STATSGO table that Noah uses, from 0. HYPRES (FAO): Wosten et al. (1999), Geoderma 90, fig. 1.
Sand is 50 um to 2 mm, clay below 2 um in both. Every point of the triangle, edges included, has exactly one class.
"""

from __future__ import annotations

from vadose.arrays import Array, as_float, namespace, traced
from vadose.errors import RangeError
from vadose.soil.texture import ROUNDING

Polygon = tuple[tuple[float, float], ...]

USDA_CLASSES = (
    "sand",
    "loamy sand",
    "sandy loam",
    "silt loam",
    "silt",
    "loam",
    "sandy clay loam",
    "silty clay loam",
    "clay loam",
    "sandy clay",
    "silty clay",
    "clay",
)
HYPRES_CLASSES = ("coarse", "medium", "medium fine", "fine", "very fine")

# Corners (sand %, clay %) of each class, around its border.
USDA_POLYGONS: dict[str, Polygon] = {
    "sand": ((100, 0), (90, 10), (85, 0)),
    "loamy sand": ((85, 0), (90, 10), (85, 15), (70, 0)),
    "sandy loam": ((70, 0), (85, 15), (80, 20), (52, 20), (52, 7), (43, 7), (50, 0)),
    "silt loam": ((50, 0), (43, 7), (23, 27), (0, 27), (0, 12), (8, 12), (20, 0)),
    "silt": ((20, 0), (8, 12), (0, 12), (0, 0)),
    "loam": ((52, 7), (52, 20), (45, 27), (23, 27), (43, 7)),
    "sandy clay loam": ((80, 20), (65, 35), (45, 35), (45, 27), (52, 20)),
    "silty clay loam": ((20, 27), (20, 40), (0, 40), (0, 27)),
    "clay loam": ((45, 27), (45, 40), (20, 40), (20, 27)),
    "sandy clay": ((65, 35), (45, 55), (45, 35)),
    "silty clay": ((20, 40), (0, 60), (0, 40)),
    "clay": ((45, 40), (45, 55), (0, 100), (0, 60), (20, 40)),
}
HYPRES_POLYGONS: dict[str, Polygon] = {
    "coarse": ((100, 0), (82, 18), (65, 18), (65, 0)),
    "medium": ((65, 0), (65, 18), (82, 18), (65, 35), (15, 35), (15, 0)),
    "medium fine": ((15, 0), (15, 35), (0, 35), (0, 0)),
    "fine": ((65, 35), (40, 60), (0, 60), (0, 35)),
    "very fine": ((40, 60), (0, 100), (0, 60)),
}


def usda_class(sand: Array, clay: Array) -> Array:
    """Number of the USDA texture class, an index into `USDA_CLASSES`.

    A point on a border goes to the finer class in clay (at or above the limit) and in silt, to the one with less sand
    on the limits of 20, 45 and 52 % sand.

    sand, clay   %, of the mineral fine earth; numbers or arrays that broadcast
    Returns int; -1 where an element of an array is missing or impossible.
    Raises RangeError where single numbers are impossible.
    Source: Soil Survey Manual (2017), chapter 3
    """
    valid, sand, clay = check_texture(sand, clay)
    sand, clay = _rounded(sand), _rounded(clay)
    silt = _rounded(100.0 - sand - clay)
    # Each line takes what the lines above it left over.
    return _first(
        valid,
        (silt + 1.5 * clay < 15.0, 0),
        (silt + 2.0 * clay < 30.0, 1),
        ((silt >= 80.0) & (clay < 12.0), 4),
        ((silt >= 50.0) & (clay < 27.0), 3),
        ((clay < 7.0) | ((clay < 20.0) & (sand > 52.0)), 2),
        ((clay >= 20.0) & (clay < 35.0) & (silt < 28.0) & (sand > 45.0), 6),
        (clay < 27.0, 5),
        (sand > 45.0, 9),
        ((clay < 40.0) & (sand > 20.0), 8),
        (clay < 40.0, 7),
        (silt >= 40.0, 10),
        (clay >= 40.0, 11),
    )


def hypres_class(sand: Array, clay: Array) -> Array:
    """Number of the HYPRES (FAO) texture class, an index into `HYPRES_CLASSES`.

    coarse: clay < 18, sand > 65; medium: clay < 35, sand >= 15, not coarse; medium fine: clay < 35, sand < 15;
    fine: 35 <= clay < 60; very fine: clay >= 60. The source leaves the borders open: they are set here.

    sand, clay   %, of the mineral fine earth; numbers or arrays that broadcast
    Returns int; -1 where an element of an array is missing or impossible.
    Raises RangeError where single numbers are impossible.
    Source: Wosten et al. (1999) fig. 1
    """
    valid, sand, clay = check_texture(sand, clay)
    sand, clay = _rounded(sand), _rounded(clay)
    return _first(
        valid,
        (clay >= 60.0, 4),
        (clay >= 35.0, 3),
        (sand < 15.0, 2),
        ((clay < 18.0) & (sand > 65.0), 0),
        (clay < 35.0, 1),
    )


def check_texture(sand: Array, clay: Array) -> tuple[Array, Array, Array]:
    """(valid, sand, clay) as float64, %; raises RangeError where single numbers are impossible."""
    sand, clay = as_float(sand), as_float(clay)
    valid = (sand >= 0.0) & (clay >= 0.0) & (sand + clay <= 100.0 + ROUNDING)
    if not traced(valid) and valid.ndim == 0 and not valid:
        raise RangeError(
            f"sand and clay must be >= 0 and together at most 100 %, got {float(sand):g} and {float(clay):g}"
        )
    return valid, sand, clay


def _rounded(percent: Array) -> Array:
    """Without the last digits, so that 100 x 0.07 or 100 - 16.1 - 33.9 lie on the limits that they mean."""
    return namespace(percent).round(percent, 9)


def _first(valid: Array, *choices: tuple[Array, int]) -> Array:
    """The number beside the first condition that holds; -1 where not valid."""
    xp = namespace(valid, *(condition for condition, _ in choices))
    found: Array = -1
    for condition, number in reversed(choices):
        found = xp.where(condition, number, found)
    return xp.where(valid, found, -1)[()]
