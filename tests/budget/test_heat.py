"""Heat and water of snow and soil close in every option, over random extremes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.heat_columns import FINE, NOAH, random_columns

from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION
from vadose.flow.heat import Series
from vadose.flow.heat_boundary import FixedHeatFlux, ZeroHeatFlux
from vadose.flow.heat_enthalpy import EnthalpySettings
from vadose.flow.heat_supercooled import Koren, RetentionCurve
from vadose.model.heat import EnthalpyHeat, NoahHeat
from vadose.model.heat_layers import heat_layers
from vadose.soil.retention.clm_campbell import ClmCampbell
from vadose.soil.retention.van_genuchten import VanGenuchten

COLUMNS = 10_000
CLOSURES = {
    "Campbell": None,
    "Clapp-Hornberger": ClmCampbell(theta_s=0.45, psi_s=-0.3, b=6.0, K_s=1e-6),
    "clay": VanGenuchten(theta_r=0.07, theta_s=0.48, alpha=0.8, n=1.12, K_s=1e-7),
    "sand": VanGenuchten(theta_r=0.03, theta_s=0.38, alpha=4.0, n=2.8, K_s=1e-4),
}


def check_step(scheme: Any, thickness: np.ndarray, retention: Any = None, dt: float = 1800.0) -> Any:
    """One step of 10^4 columns closes heat and water and stays within its bounds; the fluxes it gave."""
    snow, soil, parameters, ground = random_columns(COLUMNS, thickness, retention=retention)
    dz = jnp.asarray(thickness)
    step = jax.jit(lambda *state: scheme.step(*state, dz, ground, None, dt))
    after, soil_after, fluxes = step(snow, soil, parameters)
    assert float(jnp.max(jnp.abs(fluxes.residual))) <= 1e-8

    # Once more by hand, from the states alone: nothing that the step made along the way is used.
    layers = heat_layers(snow, soil, parameters, dz, scheme.snow_conductivity)
    T = np.concatenate([after.temperature - snow.temperature, soil_after.temperature - soil.temperature])
    ice = np.sum(after.ice - snow.ice, axis=0) + 1000.0 * np.sum(thickness * (soil_after.ice - soil.ice), axis=0)
    ice = ice - np.asarray(fluxes.melt) * dt
    gained = np.sum(np.asarray(layers.capacity) * T, axis=0) - LATENT_HEAT_FUSION * ice
    np.testing.assert_allclose(gained / dt, ground - fluxes.bottom_heat, rtol=0.0, atol=1e-8)

    np.testing.assert_allclose(after.ice + after.liquid, snow.ice + snow.liquid, rtol=1e-12, atol=0.0)
    np.testing.assert_allclose(soil_after.ice + soil_after.liquid, soil.ice + soil.liquid, rtol=1e-14, atol=0.0)
    lost = np.asarray(snow.water_equivalent - after.water_equivalent)
    np.testing.assert_allclose(lost, fluxes.melt * dt, rtol=1e-9, atol=1e-15)
    for field in (*jax.tree.leaves(after), *jax.tree.leaves(soil_after)):
        assert bool(jnp.all(jnp.isfinite(field)))
    for amount in (after.ice, after.liquid, after.water_equivalent, after.depth, soil_after.ice, soil_after.liquid):
        assert float(jnp.min(amount)) >= 0.0
    assert float(jnp.max(after.temperature)) <= FREEZING_POINT
    return fluxes


@pytest.mark.parametrize("thickness", [NOAH, FINE], ids=["4 layers", "10 layers"])
def test_noah_heat_closes(thickness: np.ndarray) -> None:
    check_step(NoahHeat(), thickness)


@pytest.mark.parametrize(
    "options",
    [
        {"supercooled": Koren()},
        {"supercooled": RetentionCurve(), "bottom": ZeroHeatFlux()},
        {"bottom": FixedHeatFlux(), "interface": Series()},
    ],
    ids=["Koren", "curve, no bottom flux", "geothermal, series"],
)
def test_noah_heat_closes_with_its_options(options: dict[str, Any]) -> None:
    check_step(NoahHeat(**options), NOAH)


@pytest.mark.parametrize("closure", CLOSURES)
def test_enthalpy_closes_and_converges(closure: str) -> None:
    fluxes = check_step(EnthalpyHeat(), FINE, CLOSURES[closure])
    assert bool(jnp.all(fluxes.converged))
    assert float(jnp.mean(fluxes.iterations <= 12)) >= 0.999


def test_enthalpy_closes_even_where_the_iteration_ends_early() -> None:
    fluxes = check_step(EnthalpyHeat(settings=EnthalpySettings(limit=1)), FINE)
    assert not bool(jnp.all(fluxes.converged))


@pytest.mark.parametrize("scheme", [NoahHeat(), EnthalpyHeat()], ids=["Noah", "enthalpy"])
def test_sixty_steps_of_random_heat_stay_finite_and_closed(scheme: Any) -> None:
    snow, soil, parameters, _ = random_columns(200, FINE, seed=4)
    dz = jnp.asarray(FINE)
    flux = jnp.asarray(np.random.default_rng(1).uniform(-80.0, 80.0, (60, 200)))

    def step(state: Any, ground: Any) -> Any:
        snow, soil, fluxes = scheme.step(*state, parameters, dz, ground, None, 3600.0)
        return (snow, soil), (fluxes.residual, fluxes.converged)

    state, (residual, converged) = jax.jit(lambda state: jax.lax.scan(step, state, flux))((snow, soil))
    assert float(jnp.max(jnp.abs(residual))) <= 1e-8
    assert bool(jnp.all(converged))
    assert all(bool(jnp.all(jnp.isfinite(x))) for x in jax.tree.leaves(state))
