"""Vegetation, air and soil that the tests of stomata, roots, evaporation and canopy water share."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array
from vadose.land.air import Air, Forcing
from vadose.land.parameters import JarvisParameters, LeafPhysiology, SoilParameters, Vegetation
from vadose.land.state import Canopy, Soil
from vadose.soil.retention.power_law import Campbell
from vadose.soil.retention.van_genuchten import VanGenuchten

# Cropland of Noah-MP's table (MODIS class 12), January first.
LAI = (0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 1.5, 0.0, 0.0, 0.0)
SAI = (0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.4, 0.5, 0.4, 0.3, 0.3, 0.3)
THICKNESS = jnp.array([0.1, 0.3, 0.6, 1.0])[:, None]
SILTY_CLAY_LOAM = {"theta_s": 0.464, "psi_s": -0.617, "b": 8.72, "K_s": 2.03e-6}


def crop(n: int, c3: float = 1.0, **changes: Any) -> Vegetation:
    """Noah-MP's cropland in n columns; C4 physiology of the same plant where c3 is 0."""

    def each(value: float) -> Array:
        return jnp.full(n, value)

    physiology = LeafPhysiology(
        each(c3), each(80.0), each(2.4), each(2.1), each(1.2), each(30.0), each(3e4), each(0.06), each(2.0 / 3.0),
        each(273.0), each(9.0), each(2000.0), each(5.79), each(100.0),
    )  # fmt: skip
    jarvis = JarvisParameters(each(40.0), each(5000.0), each(100.0), each(36.25), each(298.0))
    bands = jnp.zeros((2, n))
    plant = Vegetation(
        each(0.96), jnp.array(LAI)[:, None] * each(1.0), jnp.array(SAI)[:, None] * each(1.0), each(2.0), each(0.1),
        each(0.15), each(0.04), each(3.0), each(25.0), each(0.08), each(-0.3), bands, bands, bands, bands,
        each(0.001), each(0.1), physiology, jarvis, each(1.0), each(6.0), each(3.0), each(3.0), each(0.014),
    )  # fmt: skip
    return dataclasses.replace(plant, **changes)


def air_at(temperature: Array, pressure: float = 1e5, wind: float = 3.0) -> Air:
    """Air of half-saturated vapour at a temperature, [column] K."""
    T = jnp.asarray(temperature, dtype=float)
    one = jnp.ones_like(T)
    return Air(T, 0.005 * one, 800.0 * one, pressure * one, 1.2 * one, wind * one, 300.0 * one, 10.0 * one)


def silty_clay_loam(n: int, retention: Any = None) -> SoilParameters:
    """Noah's soil class 8 in four layers and n columns, with its Campbell closure unless another is given."""
    layers = jnp.ones((4, n))
    given = retention or Campbell(**{k: v * layers for k, v in SILTY_CLAY_LOAM.items()})
    column = jnp.ones(n)
    return SoilParameters(
        given, None, 2e6 * layers, 0.12 * layers, 0.387 * layers, 0.2 * jnp.ones((2, n)), 0.1 * jnp.ones((2, n)),
        0.01 * column, 0.1 * column, 285.0 * column,
    )  # fmt: skip


def loam_of_van_genuchten(n: int) -> VanGenuchten:
    """A loam of Carsel & Parrish (1988) in four layers and n columns."""
    layers = np.ones((4, n))
    return VanGenuchten(0.078 * layers, 0.43 * layers, 3.6 * layers, 1.56 * layers, 2.9e-6 * layers)


def soil_with(liquid: Array, temperature: float = 288.0) -> Soil:
    """Soil of a water content, [layer, column], without ice."""
    theta = jnp.asarray(liquid, dtype=float)
    return Soil(jnp.full(theta.shape, temperature), theta, jnp.zeros(theta.shape))


def canopy_with(liquid: Array, ice: Array, temperature: Array) -> Canopy:
    """A canopy with intercepted water, all [column]."""
    T = jnp.asarray(temperature, dtype=float)
    return Canopy(T, T, 800.0 + 0.0 * T, jnp.asarray(liquid, dtype=float), jnp.asarray(ice, dtype=float))


def day_of(year_fraction: Array, lai: Array | None = None) -> Forcing:
    """Forcing of which only the time of year and the leaf area are used."""
    t = jnp.asarray(year_fraction, dtype=float)
    none = jnp.full(t.shape, jnp.nan)
    return Forcing(t, t, t, t, t, t, t, t, t, none, none if lai is None else jnp.asarray(lai, dtype=float))
