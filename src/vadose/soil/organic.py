"""Organic soils: mineral parameters mixed with those of peat, as in the Community Land Model.

Lawrence & Slater (2008), Clim. Dyn. 30, 145-160; peat after Letts et al. (2000), Atmos.-Ocean 38, 141-160, which
turns from fibric at the surface to sapric at 0.5 m; Oleson et al. (2013), CLM4.5 technical note, section 7.4.1.
Above a percolation threshold of 0.5 the organic matter is connected and conducts past the mineral soil.
"""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import numpy as np

from vadose.arrays import Array, as_float, keep, namespace
from vadose.soil.retention.clm_campbell import ClmCampbell
from vadose.soil.retention.power_law import Campbell

PowerLaw = TypeVar("PowerLaw", Campbell, ClmCampbell)

DENSITY_OF_PEAT = 130.0  # kg m-3, organic matter in a soil that is peat; Lawrence & Slater (2008)
SAPRIC_DEPTH = 0.5  # m, below which peat is sapric
PERCOLATION_THRESHOLD = 0.5  # organic fraction
PERCOLATION_EXPONENT = 0.139
MM = 1e-3  # m


def organic_fraction(organic_matter: Array, bulk_density: Array) -> Array:
    """Volume fraction of the soil that behaves as peat: the density of organic matter over 130 kg m-3, at most 1.

    organic_matter   %        of the fine earth by mass, `Soil.organic_matter`
    bulk_density     kg m-3   of the fine earth
    Source: Lawrence & Slater (2008)
    """
    density = organic_matter / 100.0 * bulk_density
    return namespace(density).minimum(density / DENSITY_OF_PEAT, 1.0)


def peat(depth: Array, mineral_conductivity: Array = 0.0) -> Campbell:
    """The power law of peat at a depth: fibric at 0 m, sapric at and below 0.5 m.

    theta_s 0.93 to 0.83, b 2.7 to 12, psi_s -10.3 to -10.1 mm, K_s 0.28 to 1e-4 mm s-1, all linear in depth.
    CLM's code has the lesser of two suctions where the data (Letts et al.) ask for the greater; here it is the data.

    depth                  m       of the layer's middle
    mineral_conductivity   m s-1   below which CLM does not let peat's conductivity fall
    Source: Letts et al. (2000); CLM4.5 technical note, section 7.4.1
    """
    depth = as_float(depth)
    xp = namespace(depth, mineral_conductivity)
    z = xp.clip(depth / SAPRIC_DEPTH, 0.0, 1.0)
    K_s = xp.maximum((0.28 - 0.2799 * z) * MM, mineral_conductivity)
    return Campbell(0.93 - 0.1 * z, -(10.3 - 0.2 * z) * MM, 2.7 + 9.3 * z, K_s)


def mix(mineral: PowerLaw, organic_fraction: Array, depth: Array) -> PowerLaw:
    """The power law of a soil of which `organic_fraction` is peat.

    theta_s, psi_s and b are weighted means. K_s = u K_u + (1 - u) K_peat, where u is the part without connected peat
    and K_u its conductivity with peat and mineral soil in series.

    mineral            Campbell or ClmCampbell, the closure of the mineral soil; the result is of its kind
    organic_fraction   1, volume fraction of peat, 0 to 1
    depth              m, of the layer's middle
    Raises RangeError where a single fraction lies outside 0 to 1; such elements of arrays become NaN.
    Source: Lawrence & Slater (2008); CLM4.5 technical note, section 7.4.1
    """
    f = as_float(organic_fraction)
    f = keep((f >= 0.0) & (f <= 1.0), f, "organic_fraction", "0 to 1", "see vadose.soil.organic.organic_fraction")
    organic = peat(depth, mineral.K_s)
    theta_s = (1.0 - f) * mineral.theta_s + f * organic.theta_s
    psi_s = (1.0 - f) * mineral.psi_s + f * organic.psi_s
    b = (1.0 - f) * mineral.b + f * organic.b
    K_s = _conductivity(f, mineral.K_s, organic.K_s)
    return dataclasses.replace(mineral, theta_s=theta_s, psi_s=psi_s, b=b, K_s=K_s)


def connected_fraction(organic_fraction: Array) -> Array:
    """Part of the peat that is connected through the soil: [(f - 0.5) / 0.5]^0.139 above f = 0.5, else 0."""
    f = organic_fraction
    xp = namespace(f)
    connected = f > PERCOLATION_THRESHOLD
    above = xp.where(connected, (f - PERCOLATION_THRESHOLD) / (1.0 - PERCOLATION_THRESHOLD), 1.0)
    found = xp.where(connected, xp.exp(PERCOLATION_EXPONENT * xp.log(above)), 0.0)
    return xp.where(xp.isfinite(f), found, np.nan)


def _conductivity(f: Array, K_mineral: Array, K_peat: Array) -> Array:
    connected = connected_fraction(f)
    xp = namespace(connected, K_mineral, K_peat)
    loose = (1.0 - connected) * f
    unconnected = (1.0 - f) + loose
    # All of pure peat is connected: nothing remains to stand in series.
    some = unconnected > 0.0
    resistance = xp.where(some, (1.0 - f) / K_mineral + loose / K_peat, 1.0)
    series = xp.where(some, unconnected / resistance, 0.0)
    return unconnected * series + connected * f * K_peat
