"""Particle sizes as free numbers for optimisation and statistics, and from one system of size limits to another.

Coordinates: isometric log-ratios, Egozcue et al. (2003), Math. Geol. 35, 279-300. Any pair of real numbers is a soil.
Size limits: cumulative mass linear in the logarithm of the diameter, Nemes et al. (1999), Geoderma 90, 187-202.
"""

from __future__ import annotations

import numpy as np

from vadose.arrays import Array, all_or_nan, as_float, namespace
from vadose.errors import ConfigError
from vadose.soil.classes import check_texture

SMALLEST = 1e-6  # %, a part below this counts as this much: on an edge of the triangle the logarithm has no value

# Largest diameter of clay and of silt, um; sand ends at 2 mm in all.
SYSTEMS = {
    "usda": (2.0, 50.0),  # also FAO and HYPRES
    "isss": (2.0, 20.0),  # international, also Australia and Japan
    "din": (2.0, 63.0),  # Germany; also Sweden
}
LARGEST_SAND = 2000.0  # um


def to_simplex(sand: Array, clay: Array) -> tuple[Array, Array]:
    """Isometric log-ratio coordinates of a texture.

    y1 = ln(sand / clay) / sqrt(2),   y2 = sqrt(2/3) [ln silt - (ln sand + ln clay) / 2]

    sand, clay   %, of the mineral fine earth; parts below 1e-6 % count as 1e-6 %
    Returns y1, y2, any real numbers, 0 where all parts are equal; NaN for impossible elements of arrays.
    Raises RangeError where single numbers are impossible.
    Source: Egozcue et al. (2003)
    """
    valid, sand, clay = check_texture(sand, clay)
    xp = namespace(sand, clay)
    parts = (sand, 100.0 - sand - clay, clay)
    log_sand, log_silt, log_clay = (xp.log(xp.maximum(xp.where(valid, p, 50.0), SMALLEST)) for p in parts)
    y1 = (log_sand - log_clay) / np.sqrt(2.0)
    y2 = np.sqrt(2.0 / 3.0) * (log_silt - 0.5 * (log_sand + log_clay))
    y1, y2 = all_or_nan(valid, y1, y2)
    return y1[()], y2[()]


def from_simplex(y1: Array, y2: Array) -> tuple[Array, Array]:
    """Sand and clay, %, at isometric log-ratio coordinates: the inverse of `to_simplex`, with gradients everywhere.

    y1, y2   any real numbers; arrays that broadcast
    Returns sand, clay, > 0 and together < 100 % up to rounding.
    """
    y1, y2 = as_float(y1), as_float(y2)
    xp = namespace(y1, y2)
    half, side = y1 / np.sqrt(2.0), y2 / np.sqrt(6.0)
    logs = (half - side, 2.0 * side + 0.0 * half, -half - side)
    highest = xp.maximum(xp.maximum(logs[0], logs[1]), logs[2])
    sand, silt, clay = (xp.exp(v - highest) for v in logs)
    total = sand + silt + clay
    return 100.0 * sand / total, 100.0 * clay / total


def convert(sand: Array, clay: Array, source: str, target: str = "usda") -> tuple[Array, Array]:
    """Sand and clay between systems that draw the line between silt and sand at different diameters.

    The mass below d grows linearly with ln d between 2 um, the limit of silt in `source`, and 2 mm.

    sand, clay        %, of the mineral fine earth, by the limits of `source`
    source, target    "usda" (silt to 50 um; FAO, HYPRES), "isss" (20 um) or "din" (63 um)
    Returns sand, clay by the limits of `target`, %; clay is below 2 um in all. NaN for impossible elements of arrays.
    Raises ConfigError for an unknown system, RangeError where single numbers are impossible.
    Source: Nemes et al. (1999), log-linear interpolation. There and back is not the identity: the way back has one
    limit less to go by.
    """
    for name in (source, target):
        if name not in SYSTEMS:
            raise ConfigError(f"unknown particle-size system {name!r}; expected one of {', '.join(SYSTEMS)}")
    valid, sand, clay = check_texture(sand, clay)
    (fine, limit), (_, wanted) = SYSTEMS[source], SYSTEMS[target]
    if wanted >= limit:
        coarser = sand * (np.log(LARGEST_SAND / wanted) / np.log(LARGEST_SAND / limit))
    else:
        coarser = sand + (100.0 - sand - clay) * (np.log(limit / wanted) / np.log(limit / fine))
    sand, clay = all_or_nan(valid, coarser, clay)
    return sand[()], clay[()]
