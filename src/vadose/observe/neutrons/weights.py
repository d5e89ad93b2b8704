"""How much the soil at a depth and a distance counts for a cosmic-ray neutron sensor.

Water is the total that slows neutrons: of pores, of the lattice of minerals and of organic matter. Sources print the
formulas in cm and g cm-3; here they are in m and kg m-3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Numbers = np.ndarray | float
STANDARD_PRESSURE = 101325.0  # Pa
FARTHEST = 600.0  # m, to which the horizontal weights were simulated
DRY, WET = 0.02, 0.50  # m3 m-3, for which they were simulated


class Weighting(Protocol):
    """Weights by depth, and by distance."""

    def reach(self, water: Numbers, bulk_density: Numbers, distance: Numbers) -> np.ndarray:
        """Depth m to which the sensor sees, for total water m3 m-3 and bulk density kg m-3 at a distance m."""
        ...

    def within(self, depth: Numbers, reach: Numbers) -> np.ndarray:
        """Part of the signal, 0..1, from above a depth m, of a homogeneous soil."""
        ...

    def radial(self, distance: Numbers, humidity: float, water: float) -> np.ndarray:
        """Relative weight of the ring at a (scaled) distance m; humidity kg m-3."""
        ...


@dataclass(frozen=True)
class Franz2012:
    """Linear in depth down to z*, all distances alike: W = 1 - d / z*, z* = 5.8 cm / (water + 0.0829).

    Within a depth d < z*: 2 d / z* - (d / z*)^2.
    Source: Franz et al. (2012), as eqs. 1-3 of Zhao et al. (2025)
    """

    def reach(self, water: Numbers, bulk_density: Numbers, distance: Numbers) -> np.ndarray:
        """z* m; the bulk density is in the water, so that it has no part of its own."""
        return 0.058 / (np.asarray(water) + 0.0829)

    def within(self, depth: Numbers, reach: Numbers) -> np.ndarray:
        """[...] 0..1"""
        part = np.minimum(depth / reach, 1.0)
        return part * (2.0 - part)

    def radial(self, distance: Numbers, humidity: float, water: float) -> np.ndarray:
        """1: samples lie at distances that stand for equal parts of the signal."""
        return np.ones(np.shape(distance))


@dataclass(frozen=True)
class Koehli2015:
    """Exponential in depth, W = exp(-2 d / D86), and the radial intensity of neutron transport, which is steep near 0.

    D86 = [8.321 + 0.14249 (0.96655 + exp(-r / 100 m)) (20 + water) / (0.0429 + water)] / bulk density, cm and g cm-3

    Distances are scaled to standard pressure and bare ground by `scaled_distance`.
    Source: Koehli et al. (2015), with the constants and the first metre as revised by Schroen et al. (2017)
    appendix A
    """

    def reach(self, water: Numbers, bulk_density: Numbers, distance: Numbers) -> np.ndarray:
        """D86 m, above which 86 % of the signal come from."""
        water = np.asarray(water)
        dense = 8.321 + 0.14249 * (0.96655 + np.exp(-np.asarray(distance) / 100.0)) * (20.0 + water) / (0.0429 + water)
        return 10.0 * dense / np.asarray(bulk_density)

    def within(self, depth: Numbers, reach: Numbers) -> np.ndarray:
        """[...] 0..1"""
        return -np.expm1(-2.0 * depth / reach)

    def radial(self, distance: Numbers, humidity: float, water: float) -> np.ndarray:
        """W_r of rings at scaled distances, 0 beyond 600 m; water is kept within the 0.02..0.50 of its simulation."""
        r = np.asarray(distance, float)
        x, y = 1000.0 * humidity, float(np.clip(water, DRY, WET))
        near = _near(r, x, y)
        weight = np.where(r <= 1.0, near * -np.expm1(-3.7 * r), np.where(r <= 50.0, near, _far(r, x, y)))
        return np.where(r <= FARTHEST, weight, 0.0)


def _near(r: np.ndarray, x: float, y: float) -> np.ndarray:
    """F1 exp(-F2 r) + F3 exp(-F4 r), up to 50 m; x g m-3, y m3 m-3."""
    f1 = 8735.0 * (1 + 0.00978 * x) * np.exp(-22.689 * y) + 11720.0 * (1 + 0.003632 * x) - 9306.0 * y
    f2 = (6.851e-5 * x - 2.7925e-2) * np.exp(-6.6577 * y / (1 + 12.2755 * y)) + 0.028544
    f3 = 247970.0 * (1 + 0.00191 * x) * np.exp(-23.289 * y) + 374655.0 - 258552.0 * y
    f4 = 5.4818e-2 * np.exp(-21.032 * y) + 0.6373 - 0.0791 * y + 5.425e-4 * x
    return f1 * np.exp(-f2 * (1 + 0.002455 * x) * r) + f3 * np.exp(-f4 * r)


def _far(r: np.ndarray, x: float, y: float) -> np.ndarray:
    """F5 exp(-F6 r) + F7 exp(-F8 r), from 50 m to 600 m."""
    f5 = (39006.0 - 15002337.0 / (2009.24 * y + x - 0.13)) * (0.01181 - y) * np.exp(-3.146 * y)
    f5 = f5 - 16.7417 * x * y + 3727.0
    f6 = 6.031e-5 * (x + 98.5) + 0.0013826 * y
    f7 = 11747.0 * (1 - 0.00475 * x) * np.exp(-55.033 * y * (1 - 0.00604 * x)) + 4521.0 - 3347.4 * y
    f8 = (8.81e-5 * x - 1.543e-2) * np.exp(-13.29 * y / (1 + 0.0405 * x + 26.74 * y)) + 1.807e-2
    return f5 * np.exp(-f6 * r) + f7 * (2 + 0.01998 * x) * np.exp(-f8 * (2 + 0.0011 * x) * r)


def scaled_distance(
    distance: Numbers, pressure: float = STANDARD_PRESSURE, vegetation: float = 0.0, water: float = 0.1
) -> np.ndarray:
    """Distances m as they would be at standard pressure over bare ground: r* = r / (F_p F_veg).

    F_p = 0.4922 / (0.86 - exp(-p / 1013.25 hPa));
    F_veg = 1 - 0.17 (1 - exp(-0.41 H)) (1 + exp(-9.25 water))

    pressure Pa;  vegetation  height H m
    Source: Schroen et al. (2017) appendix A
    """
    f_p = 0.4922 / (0.86 - np.exp(-pressure / STANDARD_PRESSURE))
    f_veg = 1 - 0.17 * -np.expm1(-0.41 * vegetation) * (1 + np.exp(-9.25 * water))
    return np.asarray(distance) / f_p / f_veg


def layer_weights(weighting: Weighting, layers: np.ndarray, reach: Numbers) -> np.ndarray:
    """Weights of layers [layer, 2] m for reaches m [...]: exact integrals, [..., layer], which sum to 1."""
    edges = np.concatenate([layers[:, 0], layers[-1:, 1]])
    part = np.diff(weighting.within(edges, np.asarray(reach)[..., None]), axis=-1)
    return part / part.sum(axis=-1, keepdims=True)
