"""Neumann's exact freezing of a half-space: two phases, two conductivities, one front."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf, erfc
from tests.model.heat_columns import bare, soil_parameters

from vadose.arrays import Array, pytree
from vadose.constants import FREEZING_POINT, HEAT_ICE, HEAT_WATER, LATENT_HEAT_FUSION, RHO_ICE, RHO_WATER
from vadose.land.state import Soil
from vadose.model.heat import EnthalpyHeat
from vadose.soil.retention.power_law import Campbell

POROSITY, SOLIDS = 0.4, 2.0e6  # m3 m-3, J m-3 K-1
LAMBDA_FROZEN, LAMBDA_THAWED = 2.4, 1.4  # W m-1 K-1
SURFACE = -6.0  # degrees C
DAYS, STEP = 20.0, 1800.0


@pytree
class Weighted:
    """Conductivity between those of thawed and frozen soil by the ice's share of the water."""

    frozen: Array
    thawed: Array
    porosity: Array

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """W m-1 K-1."""
        ice = theta_ice * (RHO_ICE / RHO_WATER)
        return self.thawed + (self.frozen - self.thawed) * ice / (theta + ice)


def neumann(below: float) -> tuple[float, Any]:
    """Depth of the front, m, after DAYS and the temperature, degrees C, at depths; `below` is the start, degrees C.

    s = 2 lambda sqrt(a_f t). Source: Carslaw & Jaeger (1959) section 11.2
    """
    C_frozen = (1.0 - POROSITY) * SOLIDS + POROSITY * HEAT_ICE * RHO_WATER / RHO_ICE
    C_thawed = (1.0 - POROSITY) * SOLIDS + POROSITY * HEAT_WATER
    a_f, a_t = LAMBDA_FROZEN / C_frozen, LAMBDA_THAWED / C_thawed
    latent, ratio = LATENT_HEAT_FUSION * RHO_WATER * POROSITY, np.sqrt(a_f / a_t)

    def balance(x: float) -> float:
        frozen = LAMBDA_FROZEN * -SURFACE * np.exp(-x * x) / (np.sqrt(np.pi * a_f) * erf(x))
        thawed = LAMBDA_THAWED * below * np.exp(-((x * ratio) ** 2)) / (np.sqrt(np.pi * a_t) * erfc(x * ratio))
        return float(frozen - thawed - latent * x * np.sqrt(a_f))

    x = brentq(balance, 1e-6, 3.0)
    t = DAYS * 86400.0
    front = 2.0 * x * np.sqrt(a_f * t)

    def temperature(z: np.ndarray) -> np.ndarray:
        frozen = SURFACE * (1.0 - erf(z / (2.0 * np.sqrt(a_f * t))) / erf(x))
        thawed = below * (1.0 - erfc(z / (2.0 * np.sqrt(a_t * t))) / erfc(x * ratio))
        return np.where(z < front, frozen, thawed)

    return front, temperature


def freeze(size: float, below: float, depth: float = 8.0) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Depth of frozen soil, m, temperatures, degrees C, their depths and the largest residual, W m-2."""
    count = round(depth / size)
    thickness = jnp.full((count, 1), size)
    full = jnp.ones((count, 1))
    # Almost all water freezes within 1e-4 K: a sharp front.
    retention = Campbell(theta_s=POROSITY * full, psi_s=-0.002 * full, b=0.3 * full, K_s=1e-6 * full)
    thermal = Weighted(jnp.asarray(LAMBDA_FROZEN), jnp.asarray(LAMBDA_THAWED), jnp.asarray(POROSITY))
    parameters = soil_parameters(retention, thermal, SOLIDS * full, jnp.zeros(1))
    scheme, snow = EnthalpyHeat(), bare(1)
    soil = Soil((FREEZING_POINT + below) * full, POROSITY * full, 0.0 * full)

    def step(soil: Soil, _: Any) -> tuple[Soil, Array]:
        conductance, contact = scheme.coupling(snow, soil, parameters, thickness, STEP)
        ground = conductance * (FREEZING_POINT + SURFACE - contact)
        _, soil, fluxes = scheme.step(snow, soil, parameters, thickness, ground, None, STEP)
        return soil, jnp.abs(fluxes.residual) + jnp.where(fluxes.converged, 0.0, 1.0)

    run = jax.jit(lambda soil: jax.lax.scan(step, soil, None, length=round(DAYS * 86400.0 / STEP)))
    soil, residual = run(soil)
    depths = (np.arange(count) + 0.5) * size
    frozen = float(jnp.sum(soil.ice)) * size / POROSITY
    return frozen, np.asarray(soil.temperature[:, 0] - FREEZING_POINT), depths, float(jnp.max(residual))


@pytest.mark.parametrize("below", [0.01, 4.0], ids=["Stefan", "Neumann"])
def test_the_front_and_the_temperatures_follow_the_exact_solution(below: float) -> None:
    """At 16 and 4 cm: the front within 4 and 1 cm, a quarter of a layer; temperatures within 0.03 K elsewhere."""
    front, exact = neumann(below)
    errors = []
    for size in (0.16, 0.04):
        frozen, T, z, residual = freeze(size, below)
        assert residual <= 1e-8
        away = np.abs(z - front) > 2.0 * size
        errors.append((abs(frozen - front), float(np.sqrt(np.mean(np.square((T - exact(z))[away]))))))
    (coarse, _), (fine, _) = errors
    assert coarse <= 0.04
    assert fine <= 0.01
    assert fine < 0.3 * coarse
    assert max(error for _, error in errors) <= 0.03
