"""NoahHeat and EnthalpyHeat as the column model calls them."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.heat_columns import FINE, NOAH, bare, random_columns

from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION
from vadose.land.state import Soil
from vadose.model.heat import EnthalpyHeat, NoahHeat
from vadose.soil.freezing import liquid_water

SCHEMES = [NoahHeat(), EnthalpyHeat()]
NAMES = ["Noah", "enthalpy"]


def stepped(scheme: Any, *state: Any) -> Any:
    """One compiled step, of an hour."""
    snow, soil, parameters, dz, ground = state
    return jax.jit(lambda *now: scheme.step(*now, None, 3600.0))(snow, soil, parameters, dz, ground)


def warm_soil(soil: Soil, T: float) -> Soil:
    """The soil thawed, at one temperature."""
    total = soil.liquid + soil.ice
    return Soil(jnp.full_like(total, T), total, jnp.zeros_like(total))


def test_noah_couples_to_the_uppermost_layer_as_it_is() -> None:
    snow, soil, parameters, _ = random_columns(500, NOAH)
    conductance, T = NoahHeat().coupling(snow, soil, parameters, jnp.asarray(NOAH), 1800.0)
    layers = NoahHeat().layers(snow, soil, parameters, jnp.asarray(NOAH))
    for column in range(0, 500, 50):
        top = int(np.flatnonzero(np.asarray(layers.present[:, column]))[0])
        wanted = 2.0 * layers.conductivity[top, column] / layers.thickness[top, column]
        assert float(conductance[column]) == pytest.approx(float(wanted), rel=1e-12)
        assert float(T[column]) == float(layers.temperature[top, column])


def test_noah_mixes_the_top_soil_layer_with_the_snow_on_it() -> None:
    """Thin snow of 2 cm at 0.35 W m-1 K-1 over 0.1 m."""
    snow, soil, parameters, _ = random_columns(1, NOAH)
    snow = dataclasses.replace(bare(1, 3), depth=jnp.asarray([0.02]), water_equivalent=jnp.asarray([4.0]))
    soil = warm_soil(soil, 280.0)
    plain = parameters.thermal.conductivity(soil.liquid)[0, 0]
    layers = NoahHeat().layers(snow, soil, parameters, jnp.asarray(NOAH))
    assert float(layers.conductivity[3, 0]) == pytest.approx(float((plain * 0.1 + 0.35 * 0.02) / 0.12), rel=1e-12)


def test_the_coupling_of_enthalpy_is_the_response_of_a_step() -> None:
    """Thawed soil responds linearly: the top layer after a step with G is contact + (1/k - r) G, exactly."""
    snow, soil, parameters, _ = random_columns(100, FINE)
    snow, soil, dz = bare(100, 3), warm_soil(soil, 290.0), jnp.asarray(FINE)
    scheme = EnthalpyHeat()
    conductance, contact = jax.jit(lambda *now: scheme.coupling(*now, 3600.0))(snow, soil, parameters, dz)
    ground = conductance * (300.0 - contact)
    _, after, _ = stepped(scheme, snow, soil, parameters, dz, ground)
    half = 0.5 * FINE[0] / parameters.thermal.conductivity(soil.liquid)[0]
    np.testing.assert_allclose(ground * half, 300.0 - after.temperature[0], rtol=1e-9)


def test_thin_layers_are_stable_with_hourly_steps_and_strong_coupling() -> None:
    """A surface that exchanges 15 W m-2 K-1 with air that jumps by 40 K, through freezing and back.

    The surface counts on latent heat over 10 K: where a layer freezes through at once it falls short by less than 1 K.
    """
    snow, soil, parameters, _ = random_columns(200, FINE, seed=3)
    snow, soil, dz = bare(200, 3), warm_soil(soil, 283.15), jnp.asarray(FINE)
    scheme = EnthalpyHeat()
    air = jnp.concatenate([jnp.full(48, 253.15), jnp.full(48, 293.15)])

    def step(soil: Soil, air: Any) -> Any:
        conductance, contact = scheme.coupling(snow, soil, parameters, dz, 3600.0)
        ground = (air - contact) / (1.0 / 15.0 + 1.0 / conductance)
        _, soil, fluxes = scheme.step(snow, soil, parameters, dz, ground, None, 3600.0)
        return soil, (soil.temperature[0], fluxes.converged)

    _, (T, converged) = jax.jit(lambda soil: jax.lax.scan(step, soil, air))(soil)
    T = np.asarray(T)
    assert bool(jnp.all(converged))
    assert T.min() >= 253.15
    assert T.max() <= 293.15
    assert np.all(np.diff(T[:48], axis=0) <= 1.0)
    assert np.all(np.diff(T[49:], axis=0) >= -0.1)


def test_enthalpy_leaves_the_liquid_water_of_the_retention_curve() -> None:
    snow, soil, parameters, _ = random_columns(500, FINE, seed=6)
    _, after, fluxes = EnthalpyHeat().step(
        bare(500, 3), soil, parameters, jnp.asarray(FINE), 0.0 * soil.liquid[0], None, 1800.0
    )
    held = liquid_water(parameters.retention, soil.liquid + soil.ice, after.temperature)
    assert bool(jnp.all(fluxes.converged))
    np.testing.assert_allclose(after.liquid, held, atol=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES, ids=NAMES)
def test_thin_snow_melts_with_the_heat_of_the_ground(scheme: Any) -> None:
    """1 kg m-2 on warm soil melts in an hour; all of it is handed on and the soil has paid for it."""
    _, soil, parameters, _ = random_columns(1, NOAH)
    snow = dataclasses.replace(bare(1, 3), depth=jnp.asarray([0.01]), water_equivalent=jnp.asarray([1.0]))
    soil, dz = warm_soil(soil, 283.15), jnp.asarray(NOAH)
    after, made, fluxes = stepped(scheme, snow, soil, parameters, dz, jnp.zeros(1))
    assert float(fluxes.melt[0]) * 3600.0 == pytest.approx(1.0, rel=1e-12)
    assert float(after.water_equivalent[0]) == 0.0
    assert float(after.depth[0]) == 0.0
    capacity = scheme.layers(snow, soil, parameters, dz).capacity[3:]
    paid = float(jnp.sum(capacity * (soil.temperature - made.temperature))) - 3600.0 * float(fluxes.bottom_heat[0])
    assert paid == pytest.approx(LATENT_HEAT_FUSION, rel=1e-9)


@pytest.mark.parametrize("scheme", SCHEMES, ids=NAMES)
def test_a_melting_pack_stays_at_freezing_and_turns_heat_into_water(scheme: Any) -> None:
    """A pack at 0 degrees C on soil at 0 degrees C takes 200 W m-2 for an hour: 2.158 kg m-2 melt."""
    _, soil, parameters, _ = random_columns(1, NOAH)
    layers = jnp.full((3, 1), 0.1)
    zero = jnp.zeros(1)
    snow = type(bare(1))(
        layers, 250.0 * layers, 0.0 * layers, 0.0 * layers + FREEZING_POINT, zero + 0.3, zero + 75.0, zero, zero
    )
    soil = warm_soil(soil, FREEZING_POINT)
    parameters = dataclasses.replace(parameters, deep_temperature=zero + FREEZING_POINT)
    after, _, fluxes = stepped(scheme, snow, soil, parameters, jnp.asarray(NOAH), zero + 200.0)
    assert float(jnp.sum(after.liquid)) == pytest.approx(200.0 * 3600.0 / LATENT_HEAT_FUSION, rel=0.06)
    assert float(jnp.max(after.temperature)) <= FREEZING_POINT
    assert float(fluxes.melt[0]) == 0.0
    assert float(after.water_equivalent[0]) == 75.0


@pytest.mark.parametrize("scheme", SCHEMES, ids=NAMES)
def test_empty_snow_layers_change_nothing(scheme: Any) -> None:
    _, soil, parameters, ground = random_columns(300, FINE, seed=8)
    dz = jnp.asarray(FINE)
    made = [stepped(scheme, bare(300, layers), soil, parameters, dz, ground)[1] for layers in (0, 3)]
    for one, other in zip(*(jax.tree.leaves(soil) for soil in made), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)
