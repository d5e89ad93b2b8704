"""How soil water, surface and groundwater meet: ponds, bottoms and what a step can be asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.flow.boundary import ZeroFlux
from vadose.land.parameters import SoilParameters
from vadose.land.runoff import Clm35, Simgm, Xinanjiang
from vadose.land.state import Groundwater, Soil
from vadose.model.soil_water import LinearTheta, RichardsWater, available_water
from vadose.soil.retention.power_law import Campbell
from vadose.soil.retention.van_genuchten import VanGenuchten

THICKNESS = jnp.array([0.1, 0.3, 0.6, 1.0])[:, None]
ONE = jnp.ones((4, 1))
CAMPBELL = Campbell(0.464 * ONE, -0.617 * ONE, 8.72 * ONE, 2.03e-6 * ONE)
PARAMETERS = SoilParameters(
    retention=CAMPBELL,
    thermal=None,
    solids_heat=None,
    wilting_point=0.12 * ONE,
    critical_point=0.387 * ONE,
    albedo_dry=None,
    albedo_saturated=None,
    roughness=None,
    slope=0.1 * ONE[0],
    deep_temperature=None,
)
GROUNDWATER = Groundwater(*(jnp.full(1, v) for v in (4000.0, 4000.0, 7.0)))


def step(model: Any, theta: float, pond: float = 0.0, parameters: SoilParameters = PARAMETERS, **given: Any) -> Any:
    asked = {"inflow": 0.0, "evaporation": 0.0, "uptake": jnp.zeros((4, 1)), **given}
    soil = Soil(temperature=280.0 * ONE, liquid=theta * ONE, ice=0.0 * ONE)
    return model.step(
        soil,
        GROUNDWATER,
        jnp.full(1, pond),
        parameters,
        THICKNESS,
        inflow=jnp.full(1, asked["inflow"]),
        evaporation=jnp.full(1, asked["evaporation"]),
        uptake=asked["uptake"],
        dt=1800.0,
    )


def test_available_water_is_honoured_in_full_and_no_more() -> None:
    soil = Soil(temperature=280.0 * ONE, liquid=0.02 * ONE, ice=0.0 * ONE)
    available = available_water(soil, THICKNESS, 1800.0)
    no_evaporation = available.at[0].set(0.0)
    fluxes = step(LinearTheta(), 0.02, evaporation=float(available[0, 0]), uptake=no_evaporation)[3]
    np.testing.assert_allclose(fluxes.evaporation, available[0], rtol=1e-9)
    np.testing.assert_allclose(fluxes.uptake, no_evaporation, rtol=1e-9)
    fluxes = step(LinearTheta(), 0.02, evaporation=3.0 * float(available[0, 0]))[3]
    np.testing.assert_allclose(fluxes.evaporation, available[0], rtol=1e-9)


def test_the_linear_form_takes_a_pond_in_or_runs_it_off() -> None:
    soil, _, pond, fluxes = step(LinearTheta(), 0.3, pond=5.0)
    assert float(pond[0]) == 0.0
    assert 1800.0 * float((fluxes.infiltration + fluxes.surface_runoff)[0]) == pytest.approx(5.0)
    assert float(fluxes.infiltration[0]) > 0.0


def test_richards_keeps_a_pond_up_to_its_limit() -> None:
    model = RichardsWater(Xinanjiang(), deepest_pond=4.0)
    _, _, pond, fluxes = step(model, 0.38, pond=3.0, inflow=0.05)
    assert float(pond[0]) == pytest.approx(4.0)
    gone = float((fluxes.infiltration + fluxes.surface_runoff)[0])
    assert 1800.0 * gone == pytest.approx(3.0 + 0.05 * 1800.0 - 4.0)


def test_richards_drains_by_the_slope_and_not_through_a_closed_bottom() -> None:
    K = float(CAMPBELL.conductivity(CAMPBELL.matric_head(0.4 * ONE))[-1, 0])
    fluxes = step(RichardsWater(), 0.4)[3]
    assert float(fluxes.subsurface_runoff[0]) == pytest.approx(1000.0 * 0.1 * K, rel=2e-2)
    assert bool(fluxes.converged[0])
    assert float(step(RichardsWater(bottom=ZeroFlux()), 0.4)[3].subsurface_runoff[0]) == 0.0


def test_the_aquifer_takes_what_the_soil_gives_it() -> None:
    for model in (LinearTheta(Simgm()), RichardsWater(Simgm())):
        soil, below, _, fluxes = step(model, 0.45)
        lost = 1000.0 * float(jnp.sum((0.45 - soil.liquid) * THICKNESS))
        assert lost == pytest.approx(1800.0 * float(fluxes.recharge[0]))
        gained = float((below.aquifer - GROUNDWATER.aquifer)[0])
        assert gained == pytest.approx(1800.0 * float((fluxes.recharge - fluxes.subsurface_runoff)[0]))


@pytest.mark.parametrize("scheme", [Clm35(), Simgm()], ids=["clm35", "simgm"])
def test_pressure_of_saturated_soil_lifts_a_water_table_that_its_fringe_reaches(scheme: Any) -> None:
    # The capillary fringe of 1.2 m saturates the last layer over a table 0.5 m below it: from the water content alone
    # no recharge could follow, and rain on it would only run off.
    curve = replace(CAMPBELL, psi_s=-1.2 * ONE)
    model = RichardsWater(scheme, deepest_pond=0.0)
    state = (
        Soil(temperature=280.0 * ONE, liquid=0.464 * ONE, ice=0.0 * ONE),
        Groundwater(*(jnp.full(1, v) for v in (4900.0, 4900.0, 2.5))),
        jnp.zeros(1),
    )
    asked = {"inflow": jnp.full(1, 1e-4), "evaporation": jnp.zeros(1), "uptake": jnp.zeros((4, 1)), "dt": 1800.0}
    parameters = replace(PARAMETERS, retention=curve)
    step = jax.jit(lambda state: model.step(*state, parameters, THICKNESS, **asked))
    recharge = 0.0
    for _ in range(48):
        *state, fluxes = step(tuple(state))
        recharge += 1800.0 * float(fluxes.recharge[0])
    assert recharge > 0.5
    assert float(state[1].water_table[0]) < 2.5 - 0.9 * recharge / 200.0


def test_both_flows_agree_in_a_moist_uniform_soil() -> None:
    linear, mixed = (step(model, 0.35, inflow=1e-5)[0].liquid for model in (LinearTheta(), RichardsWater()))
    np.testing.assert_allclose(linear[1:], mixed[1:], atol=5e-4)
    np.testing.assert_allclose(linear[0], mixed[0], atol=5e-3)


def test_richards_takes_any_closure() -> None:
    curve = VanGenuchten(0.05 * ONE, 0.43 * ONE, 3.6 * ONE, 1.56 * ONE, 2.9e-6 * ONE)
    fluxes = step(RichardsWater(), 0.3, parameters=replace(PARAMETERS, retention=curve), inflow=1e-5)[3]
    assert bool(fluxes.converged[0])
    assert 0.0 < float(fluxes.infiltration[0]) <= 1e-5
