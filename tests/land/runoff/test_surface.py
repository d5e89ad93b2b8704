"""Infiltration of the runoff schemes against the distributions and capacities that they integrate."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special

from vadose.errors import RangeError
from vadose.land.parameters import SoilParameters
from vadose.land.runoff import (
    Bats,
    Clm35,
    DynamicVic,
    FreeDrainage,
    GreenAmpt,
    Philip,
    RunoffScheme,
    Simgm,
    Simtop,
    SmithParlange,
    SoilColumn,
    Vic,
    Xinanjiang,
    power_law,
    runoff_parameters,
    soil_column,
)
from vadose.land.state import Groundwater
from vadose.soil.retention.power_law import BrooksCorey, Campbell
from vadose.soil.retention.van_genuchten import VanGenuchten

THETA_S, PSI_S, B, K_S = 0.464, -0.617, 8.72, 2.03e-6
THICKNESS = jnp.array([0.1, 0.3, 0.6, 1.0])[:, None]
SCHEMES: dict[str, RunoffScheme] = {
    "free drainage": FreeDrainage(),
    "simtop": Simtop(),
    "simgm": Simgm(),
    "bats": Bats(),
    "vic": Vic(),
    "xinanjiang": Xinanjiang(),
    "dynamic vic": DynamicVic(),
    "green-ampt": DynamicVic(capacity=GreenAmpt()),
    "smith-parlange": DynamicVic(capacity=SmithParlange()),
    "clm 3.5": Clm35(),
}


def column(ice: Any = 0.0, retention: Any = None) -> SoilColumn:
    one = jnp.ones((4, np.size(ice)))
    parameters = SoilParameters(
        retention=Campbell(THETA_S * one, PSI_S * one, B * one, K_S * one) if retention is None else retention,
        thermal=None,
        solids_heat=None,
        wilting_point=0.12 * one,
        critical_point=0.387 * one,
        albedo_dry=None,
        albedo_saturated=None,
        roughness=None,
        slope=0.1 * one[0],
        deep_temperature=None,
        runoff=runoff_parameters(np.full(np.size(ice), 8)),
    )
    return soil_column(ice * one, parameters, THICKNESS)


@jax.jit
def rates(scheme: RunoffScheme, soil: SoilColumn, theta: Any, inflow: Any, dt: Any) -> jax.Array:
    liquid = theta * jnp.ones_like(soil.ice)
    none = jnp.zeros_like(soil.slope)
    below = Groundwater(none + 4900.0, none + 4900.0, none + 2.5)
    prepared = scheme.prepare(soil, liquid, below)
    return scheme.infiltration(prepared, soil, liquid, inflow=inflow + none, infiltrated=none, dt=dt + none)


def infiltration(scheme: RunoffScheme, soil: SoilColumn, theta: float, inflow: float, dt: float = 1800.0) -> float:
    return float(rates(scheme, soil, theta, inflow, dt)[0])


@pytest.mark.parametrize("name", SCHEMES)
def test_infiltration_is_between_nothing_and_the_inflow(name: str) -> None:
    ice, wetness, inflow = (
        v.ravel() for v in np.meshgrid([0.0, 0.1, THETA_S], [0.0, 0.1, 0.5, 1.0], [0.0, 1e-8, 1e-4], indexing="ij")
    )
    taken = rates(SCHEMES[name], column(ice), wetness * (THETA_S - ice), inflow, 1800.0)
    assert np.all((taken >= 0.0) & (taken <= inflow * (1.0 + 1e-12)))
    # A step of no length, which the fixed number of substeps has, is no reason for NaN.
    taken = rates(SCHEMES[name], column(ice), wetness * (THETA_S - ice), inflow, 0.0)
    assert np.all((taken >= 0.0) & (taken <= inflow * (1.0 + 1e-12)))


@pytest.mark.parametrize("name", SCHEMES)
def test_wetter_soil_takes_no_more(name: str) -> None:
    taken = rates(SCHEMES[name], column(np.zeros(36)), np.linspace(0.1, 0.45, 36), 2e-5, 1800.0)
    # Schaake's least rate, the conductivity, rises with wetness: it is far below here.
    assert np.all(np.diff(taken) <= 1e-12)


def test_schaake_is_the_capacity_of_the_free_pores() -> None:
    rain, dt = 1e-5 * 1800.0, 1800.0
    space = 2.0 * (THETA_S - 0.3) * (1.0 - np.exp(-3.0 * K_S / 2e-6 * dt / 86400.0))
    assert infiltration(FreeDrainage(), column(), 0.3, 1e-5) == pytest.approx(rain * space / (rain + space) / dt)


def test_frozen_ground_takes_schaakes_capacity_times_the_share_of_the_gamma_distribution() -> None:
    ice = 0.1
    soil = column(ice)
    x = 3.0 * 0.15 * THETA_S / 0.387 * (0.412 / 0.468) / (2.0 * ice)
    space = 2.0 * (THETA_S - 0.3) * (1.0 - np.exp(-3.0 * K_S / 2e-6 * 1800.0 / 86400.0))
    whole = 1e-5 * space / (1e-5 * 1800.0 + space)
    assert infiltration(FreeDrainage(), soil, 0.2, 1e-5) == pytest.approx(whole * special.gammainc(3.0, x))


def test_bats_runs_off_from_the_fourth_power_of_wetness() -> None:
    assert infiltration(Bats(), column(), THETA_S / 2.0, 1e-5) == pytest.approx(1e-5 * (1.0 - 0.5**4))


def test_vic_integrates_its_distribution_of_capacities() -> None:
    b, theta, rain = 0.22, 0.3, 0.03
    full = 0.4 * THETA_S
    largest = (1.0 + b) * full
    start = largest * (1.0 - (1.0 - theta / THETA_S) ** (1.0 / (1.0 + b)))
    end = min(start + rain, largest)
    unfilled = integrate.quad(lambda i: (1.0 - i / largest) ** b, start, end)[0]
    assert infiltration(Vic(), column(), theta, rain / 1800.0) * 1800.0 == pytest.approx(unfilled, rel=1e-9)


def test_vic_by_bottom_has_the_storage_of_a_deeper_soil() -> None:
    assert infiltration(Vic(by_bottom=True), column(), 0.3, 1e-4) > infiltration(Vic(), column(), 0.3, 1e-4)


def test_xinanjiang_runs_off_nothing_from_dry_soil_and_everything_from_full_soil() -> None:
    assert infiltration(Xinanjiang(), column(), 0.0, 1e-5) == pytest.approx(1e-5)
    assert infiltration(Xinanjiang(), column(), THETA_S, 1e-5) == pytest.approx(0.0, abs=1e-15)
    # Below field capacity there is no free water, and it is the free water that runs off.
    assert infiltration(Xinanjiang(), column(), 0.38, 1e-5) == pytest.approx(1e-5)


def test_dynamic_vic_solves_the_partition_of_liang_and_xie() -> None:
    b, B, theta, rain, dt = 0.22, 1.035, 0.3, 0.03, 1800.0
    soil = column()
    f = float(Philip().capacity(soil, jnp.full((4, 1), theta), jnp.zeros(1), jnp.zeros(1), jnp.full(1, dt))[0]) * dt
    full = 0.4 * THETA_S
    largest = (1.0 + b) * full
    start = largest * (1.0 - (1.0 - theta / THETA_S) ** (1.0 / (1.0 + b)))
    infiltrated = infiltration(DynamicVic(), soil, theta, rain / dt) * dt

    def stored(y: float) -> float:
        return integrate.quad(lambda i: (1.0 - i / largest) ** b, start, min(start + y, largest))[0]

    # The y that stores what infiltrated; what is left of the rain enters as the distribution of capacities lets it.
    low, high = 0.0, rain
    for _ in range(60):
        y = 0.5 * (low + high)
        low, high = (y, high) if stored(y) < infiltrated else (low, y)
    left = rain - (y - stored(y))
    share = min(left / ((1.0 + B) * f), 1.0)
    assert infiltrated == pytest.approx(f * (1.0 - (1.0 - share) ** (1.0 + B)), rel=1e-6)


def test_of_little_rain_only_that_on_saturated_area_runs_off_with_dynamic_vic() -> None:
    unsaturated = (1.0 - 0.15 / THETA_S) ** (0.22 / 1.22)
    assert infiltration(DynamicVic(), column(), 0.15, 1e-9) == pytest.approx(1e-9 * unsaturated, rel=1e-3)


def test_green_ampt_starts_as_the_sharp_front_without_gravity() -> None:
    liquid, dt, drive = jnp.full((4, 1), 0.2), 10.0, 0.35
    made = GreenAmpt().capacity(column(), liquid, jnp.full(1, drive), jnp.zeros(1), jnp.full(1, dt))
    front = np.sqrt(2.0 * drive * (THETA_S - 0.2) * K_S / dt)
    assert float(made[0]) == pytest.approx(front, rel=0.03)


def test_capacities_fall_to_the_saturated_conductivity() -> None:
    liquid, drive, dt = jnp.full((4, 1), 0.2), jnp.full(1, 0.35), jnp.full(1, 60.0)
    for capacity in (GreenAmpt(), SmithParlange()):
        late = capacity.capacity(column(), liquid, drive, jnp.full(1, 100.0), dt)
        assert float(late[0]) == pytest.approx(K_S, rel=1e-2)


def test_clm_takes_more_than_saturated_conductivity_where_the_top_is_dry() -> None:
    capacity = K_S * (1.0 - B * PSI_S / 0.05)
    saturated = 0.38 * np.exp(-0.5 * 2.5 * 2.5)
    assert infiltration(Clm35(), column(), 0.0046, 1.0) == pytest.approx((1.0 - saturated) * capacity, rel=1e-3)


def test_closures_that_are_no_power_laws_give_the_one_through_two_of_their_points() -> None:
    one = jnp.ones((4, 1))
    theta_s, psi_s, b, K_s = power_law(BrooksCorey(0.0 * one, 0.4 * one, -0.3 * one, 0.2 * one, 1e-6 * one))
    assert float(b[0, 0]) == pytest.approx(5.0)
    curve = VanGenuchten(0.05 * one, 0.43 * one, 3.6 * one, 1.56 * one, 2.9e-6 * one)
    theta_s, psi_s, b, K_s = power_law(curve)
    for head in (-3.365, -152.957):
        power = theta_s * (head / psi_s) ** (-1.0 / b)
        assert float(power[0, 0]) == pytest.approx(float(curve.water_content(head * one)[0, 0]), rel=1e-3)


def test_a_soil_class_outside_of_the_table_is_told() -> None:
    with pytest.raises(RangeError, match="soil class must be 1 .sand. to 12"):
        runoff_parameters(np.array([3, 14]))
