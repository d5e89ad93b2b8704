"""Columns for tests of heat: random extremes, and one uniform soil."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from vadose.constants import FREEZING_POINT
from vadose.flow.heat_conductivity import NoahJohansen
from vadose.land.parameters import SoilParameters
from vadose.land.state import Snow, Soil
from vadose.soil.retention.power_law import Campbell

NOAH = np.array([0.1, 0.3, 0.6, 1.0])[:, None]
FINE = np.array([0.02, 0.04, 0.06, 0.08, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8])[:, None]


def soil_parameters(retention: Any, thermal: Any, solids_heat: Any, deep_temperature: Any) -> SoilParameters:
    """Parameters that heat uses; the others are not there."""
    none = None
    return SoilParameters(retention, thermal, solids_heat, none, none, none, none, none, none, deep_temperature)


def campbell(shape: tuple[int, int], random: np.random.Generator) -> Campbell:
    """Random soils, the same in all layers of a column."""
    count = (1, shape[1])
    full = jnp.ones(shape)
    return Campbell(
        theta_s=full * random.uniform(0.35, 0.6, count),
        psi_s=full * -random.uniform(0.05, 0.7, count),
        b=full * random.uniform(3.0, 11.0, count),
        K_s=full * 1e-6,
    )


def random_snow(count: int, random: np.random.Generator, layers: int = 3) -> Snow:
    """Snow of 0 to 5 m, none, thin or in layers, dry to wet, 0 to -60 degrees C."""
    number = random.integers(0, layers + 1, count)
    there = np.arange(layers)[:, None] >= layers - number
    thickness = np.where(there, random.uniform(0.05, 5.0, count) / np.maximum(number, 1), 0.0)
    mass = thickness * random.uniform(50.0, 500.0, (layers, count))
    wet = random.choice([0.0, 0.0, 0.1, 0.5], (layers, count))
    cold = FREEZING_POINT - random.uniform(0.0, 60.0, (layers, count))
    temperature = np.where(there & (wet == 0.0), cold, FREEZING_POINT)
    thin = np.where(number == 0, random.choice([0.0, 1e-3, 1.0, 10.0], count), 0.0)
    water = np.where(number > 0, mass.sum(0), thin)
    depth = np.where(number > 0, thickness.sum(0), thin / 200.0)
    age = np.zeros(count)
    fields = (thickness, mass * (1.0 - wet), mass * wet, temperature, depth, water, age, age + 0.8)
    return Snow(*map(jnp.asarray, fields))


def random_columns(
    count: int, thickness: np.ndarray, seed: int = 0, retention: Any = None
) -> tuple[Snow, Soil, SoilParameters, Any]:
    """Snow, soil, parameters and ground heat flux, W m-2: -60 to 60 degrees C, dry to saturated, thawed or frozen."""
    random = np.random.default_rng(seed)
    shape = (len(thickness), count)
    retention = retention or campbell(shape, random)
    theta_s = np.asarray(retention.theta_s + np.zeros(shape))
    snow = random_snow(count, random)
    spread = random.choice([0.01, 0.1, 1.0], (1, count))
    T = FREEZING_POINT + random.uniform(-55.0, 55.0, (1, count)) * spread + random.uniform(-5.0, 5.0, shape)
    total = theta_s * random.uniform(0.1, 1.0, shape)
    total = np.where(random.random(shape) < 0.1, theta_s, total)
    frozen = random.choice([0.0, 0.0, 0.3], shape)
    ice = total * np.where(T < FREEZING_POINT, random.choice([0.0, 0.5, 0.95], shape), frozen)
    soil = Soil(*map(jnp.asarray, (T, total - ice, ice)))
    thermal = NoahJohansen.from_soil(jnp.full(shape, 0.3), jnp.asarray(theta_s))
    parameters = soil_parameters(retention, thermal, jnp.full(shape, 2e6), jnp.full(count, 285.0))
    return snow, soil, parameters, jnp.asarray(random.uniform(-600.0, 1000.0, count))


def bare(count: int, layers: int = 0) -> Snow:
    """No snow."""
    none, zero = jnp.zeros((layers, count)), jnp.zeros(count)
    return Snow(none, none, none, none + FREEZING_POINT, zero, zero, zero, zero)
