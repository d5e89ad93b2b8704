"""Water tables, recharge and discharge."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from vadose.land.parameters import SoilParameters
from vadose.land.runoff import Aquifer, Clm35, Simgm, Simtop, SoilColumn, soil_column
from vadose.land.runoff.aquifer import exchange, last_unsaturated, rate_of_recharge
from vadose.land.state import Groundwater
from vadose.soil.retention.power_law import Campbell

THETA_S, PSI_S, B, K_S = 0.464, -0.617, 8.72, 2.03e-6
THICKNESS = np.array([0.1, 0.3, 0.6, 1.0])


def column(ice: float = 0.0) -> SoilColumn:
    one = jnp.ones((4, 1))
    parameters = SoilParameters(
        retention=Campbell(THETA_S * one, PSI_S * one, B * one, K_S * one),
        thermal=None,
        solids_heat=None,
        wilting_point=0.12 * one,
        critical_point=0.387 * one,
        albedo_dry=None,
        albedo_saturated=None,
        roughness=None,
        slope=0.1 * one[0],
        deep_temperature=None,
    )
    return soil_column(ice * one, parameters, jnp.asarray(THICKNESS)[:, None])


def groundwater(aquifer: float, depth: float) -> Groundwater:
    return Groundwater(*(jnp.full(1, v) for v in (aquifer, aquifer, depth)))


def hanging(z: float, table: float) -> float:
    """Water content at depth z m over a water table in equilibrium, by Campbell's curve as SIMTOP shifts it."""
    return THETA_S * (1.0 + (table - z) / -PSI_S) ** (-1.0 / B)


@pytest.mark.parametrize("table", [0.3, 1.5, 3.0, 5.5])
def test_simtop_finds_the_water_table_that_a_profile_hangs_from(table: float) -> None:
    lacking = integrate.quad(lambda z: THETA_S - hanging(z, table), 0.0, table)[0]
    theta = THETA_S - lacking / 2.0
    assert float(Simtop().water_table(column(), jnp.full((4, 1), theta))[0]) == pytest.approx(table, rel=1e-8)


@pytest.mark.parametrize("table", [0.5, 2.0, 4.0])
def test_simtop_with_the_deep_profile_finds_where_its_upper_part_lacks_as_much(table: float) -> None:
    lacking = integrate.quad(lambda z: THETA_S - hanging(z, 6.0), 0.0, table)[0]
    theta = THETA_S - lacking / 2.0
    found = Simtop(deep_profile=True).water_table(column(), jnp.full((4, 1), theta))
    assert float(found[0]) == pytest.approx(table, rel=1e-6)


def test_simtop_stays_in_its_range_where_the_soil_is_full_or_empty() -> None:
    for deep in (False, True):
        scheme = Simtop(deep_profile=deep)
        assert float(scheme.water_table(column(), jnp.full((4, 1), THETA_S))[0]) <= 0.01
        assert float(scheme.water_table(column(), jnp.zeros((4, 1)))[0]) == pytest.approx(6.0, abs=1e-3)


def test_the_unsaturated_layer_lies_over_the_one_with_the_water_table() -> None:
    for depth, layer in ((0.2, 0), (0.4, 0), (0.7, 1), (1.5, 2), (2.0, 2), (2.5, 3)):
        assert np.argmax(last_unsaturated(column(), jnp.full(1, depth))) == layer


def test_nothing_moves_to_a_water_table_in_equilibrium() -> None:
    soil, table = column(), jnp.full(1, 4.0)
    layer = last_unsaturated(soil, table)
    given = {"conductivity": jnp.full(1, 1e-7), "head_at_table": jnp.zeros(1)}
    assert float(rate_of_recharge(soil, layer, table, head=jnp.full(1, -2.5), **given)[0]) == pytest.approx(0.0)
    assert float(rate_of_recharge(soil, layer, table, head=jnp.full(1, -1.0), **given)[0]) > 0.0
    assert float(rate_of_recharge(soil, layer, table, head=jnp.full(1, -9.0), **given)[0]) < 0.0


@pytest.mark.parametrize("stored", [0.0, 1.0, 3000.0, 4999.0, 5000.0])
@pytest.mark.parametrize("recharge", [-1e-5, 0.0, 1e-5])
@pytest.mark.parametrize("theta", [0.001, 0.3, THETA_S])
def test_soil_and_aquifer_keep_their_water(stored: float, recharge: float, theta: float) -> None:
    soil, liquid, dt = column(), jnp.full((4, 1), theta), 1800.0
    depth = 27.0 - stored / 200.0 + 1e-9
    made = exchange(
        Aquifer(),
        soil,
        liquid,
        groundwater(stored, depth),
        weights=jnp.full((4, 1), 1e-7),
        recharge=jnp.full(1, recharge),
        discharge=jnp.full(1, 1e-6),
        drainage=jnp.zeros(1),
        dt=dt,
    )
    before = stored + 1000.0 * float(jnp.sum(liquid * soil.thickness))
    after = float(made.groundwater.aquifer[0]) + 1000.0 * float(jnp.sum(made.liquid * soil.thickness))
    assert after + 1000.0 * dt * float(made.runoff[0]) == pytest.approx(before, abs=1e-9)
    assert 0.0 <= float(made.groundwater.aquifer[0]) <= 5000.0
    assert float(made.runoff[0]) >= 0.0
    assert np.all((made.liquid >= 0.0) & (made.liquid <= THETA_S + 1e-12))
    assert float(made.groundwater.water_table[0]) >= 1.5


def test_the_water_table_stands_where_the_aquifer_is_filled() -> None:
    made = Simgm().baseflow(
        jnp.zeros(1),
        column(),
        jnp.full((4, 1), 0.3),
        groundwater(4000.0, 7.0),
        conductivity=jnp.full((4, 1), 1e-30),
        head=None,
        drainage=jnp.zeros(1),
        dt=1800.0,
    )
    assert float(made.groundwater.water_table[0]) == pytest.approx(2.0 + 25.0 - 4000.0 / 200.0, abs=1e-6)


def test_ice_closes_the_discharge() -> None:
    for scheme in (Simgm(), Clm35()):
        given = {"conductivity": jnp.full((4, 1), 1e-7), "head": None, "drainage": jnp.zeros(1), "dt": 1800.0}
        soil, liquid, below = column(THETA_S), jnp.zeros((4, 1)), groundwater(4900.0, 2.5)
        made = scheme.baseflow(scheme.prepare(soil, liquid, below), soil, liquid, below, **given)
        assert float(made.runoff[0]) <= 1e-20
