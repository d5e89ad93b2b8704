"""Steady flow: Gardner's (1958) profile above a water table to order 2, a layered one, hydrostatic rest."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from tests.physics.soils import Exponential

from vadose.flow.boundary import FixedHead, FreeDrainage, WaterTable, ZeroFlux
from vadose.flow.richards import RichardsSettings, richards
from vadose.soil import Campbell, VanGenuchten

STILL: dict[str, Any] = {"demand": 0.0, "uptake": 0.0, "pond": 0.0}


def profile(alpha: np.ndarray, K_s: np.ndarray, height: np.ndarray, q: float) -> np.ndarray:
    """Steady heads, m, at heights above a water table in two soils that meet at 1 m; lower soil first.

    K = q + (K_0 - q) e^(-alpha z) for K = K_s e^(alpha psi), q positive downward. Source: Gardner (1958)
    """
    K_1 = q + (K_s[0] - q) * np.exp(-alpha[0] * np.minimum(height, 1.0))
    lower = np.log(K_1 / K_s[0]) / alpha[0]
    meeting = np.log((q + (K_s[0] - q) * np.exp(-alpha[0])) / K_s[0]) / alpha[0]
    K_0 = K_s[1] * np.exp(alpha[1] * meeting)
    upper = np.log((q + (K_0 - q) * np.exp(-alpha[1] * np.maximum(height - 1.0, 0.0))) / K_s[1]) / alpha[1]
    return np.where(height <= 1.0, lower, upper)


def steady_error(layers: int, alpha: np.ndarray, K_s: np.ndarray, q: float) -> float:
    height = 2.0 - (np.arange(layers) + 0.5) * 2.0 / layers
    which = (height > 1.0).astype(int)
    soil = Exponential(0.45, 0.05, jnp.asarray(alpha[which])[:, None], jnp.asarray(K_s[which])[:, None])
    expected = profile(alpha, K_s, height, q)
    liquid = soil.water_content(jnp.full((layers, 1), -1.0))
    for _ in range(3):
        done = richards(
            soil,
            jnp.full((layers, 1), 2.0 / layers),
            liquid,
            dt=1e10,
            supply=q,
            bottom=FixedHead(0.0),
            settings=RichardsSettings(tolerance=1e-8, specific_storage=1e-8, smooth_head=1e-4),
            **STILL,
        )
        liquid = done.liquid
        assert bool(done.converged.all())
    return float(np.abs(np.asarray(done.head[:, 0]) - expected).max())


def test_steady_infiltration_above_a_water_table_converges_to_order_2() -> None:
    one = np.ones(2)
    errors = [steady_error(n, 1.5 * one, 1e-6 * one, 2e-7) for n in (10, 20, 40)]
    assert errors[0] / errors[1] > 3.5
    assert errors[1] / errors[2] > 3.5


def test_layered_steady_infiltration_approaches_the_exact_profile() -> None:
    alpha, K_s = np.array([1.0, 2.0]), np.array([1e-6, 4e-6])
    errors = [steady_error(n, alpha, K_s, 2e-7) for n in (20, 80)]
    assert errors[1] < 0.3 * errors[0]
    assert errors[1] < 0.01


@pytest.mark.parametrize("table", [1.1, 3.0])
def test_hydrostatic_equilibrium_stays(table: float) -> None:
    thickness = jnp.asarray([0.02, 0.05, 0.1, 0.3, 0.6, 0.93])[:, None]
    centre = jnp.cumsum(thickness, axis=0) - 0.5 * thickness
    soil = VanGenuchten(theta_r=0.05, theta_s=0.45, alpha=2.0, n=1.5, K_s=1e-5)
    psi = centre - table
    liquid = soil.water_content(psi) + 1e-6 * jnp.maximum(psi, 0.0)
    for bottom in (ZeroFlux(), WaterTable(table)):
        done = richards(soil, thickness, liquid, dt=86400.0, supply=0.0, bottom=bottom, **STILL)
        assert np.abs(done.liquid - liquid).max() < 1e-9
        assert np.abs(done.flux).max() < 1e-12


def test_saturated_soil_without_an_outlet_stands_and_carries_the_rain() -> None:
    thickness = jnp.asarray([0.1, 0.3, 0.6])[:, None]
    soil = Campbell(theta_s=0.45, psi_s=-0.2, b=5.0, K_s=1e-6)
    liquid = jnp.full((3, 1), 0.45)
    done = richards(
        soil, thickness, liquid, dt=3600.0, supply=1e-5, demand=0.0, uptake=0.0, pond=0.0, bottom=ZeroFlux()
    )
    assert bool(done.converged.all())
    assert float(done.pond[0]) == pytest.approx(0.036, rel=1e-3)
    depth = jnp.cumsum(thickness, axis=0) - 0.5 * thickness
    # The pond still rises, and what it presses into the pores needs a gradient of about 1e-4.
    np.testing.assert_allclose(done.head, depth + done.pond, atol=2e-4)


def test_saturated_soil_drains_freely_at_its_saturated_conductivity() -> None:
    soil = Campbell(theta_s=0.45, psi_s=-0.2, b=5.0, K_s=1e-6)
    done = richards(
        soil, jnp.full((4, 1), 0.25), jnp.full((4, 1), 0.45), dt=60.0, supply=1e-6, bottom=FreeDrainage(), **STILL
    )
    assert float(done.drainage[0]) == pytest.approx(1e-6, rel=1e-3)
