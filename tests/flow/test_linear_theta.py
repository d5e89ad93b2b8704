"""The linearised theta form: its own equations, its limits, and where its water goes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.flow.linear_theta import (
    LinearIce,
    NonlinearIce,
    ThetaSoil,
    ThetaStep,
    fill_deficits,
    linear_theta,
)

THETA_S, PSI_S, B, K_S = 0.464, -0.617, 8.72, 2.03e-6
THICKNESS = np.array([0.1, 0.3, 0.6, 1.0])


def soil_of(ice: np.ndarray | float = 0.0, impermeable: np.ndarray | float = 0.0) -> ThetaSoil:
    one = jnp.ones((4, 1))
    return ThetaSoil(
        thickness=jnp.asarray(THICKNESS)[:, None],
        ice=ice * one,
        impermeable=impermeable * one,
        theta_s=THETA_S * one,
        psi_s=PSI_S * one,
        b=B * one,
        K_s=K_S * one,
    )


@jax.jit
def compiled(
    soil: ThetaSoil, theta: Any, dt: Any, rain: Any, evaporation: Any, uptake: Any, factor: Any, ice: Any
) -> Any:
    return linear_theta(
        soil,
        theta,
        dt=dt,
        inflow=rain,
        evaporation=evaporation,
        uptake=uptake,
        drainage_factor=factor,
        infiltration=lambda liquid, infiltrated, h: rain,
        ice=ice,
    )


def step(theta: Any, dt: float = 1800.0, ice: Any = None, soil: ThetaSoil | None = None, **given: Any) -> ThetaStep:
    """A step with everything that enters given: rain is what infiltrates."""
    rain, evaporation, factor = (
        jnp.full(1, given.get(n, d)) for n, d in (("rain", 0.0), ("evaporation", 0.0), ("factor", 1.0))
    )
    liquid = jnp.ones((4, 1)) * jnp.asarray(theta, float).reshape(-1, 1)
    uptake = jnp.asarray(given.get("uptake", np.zeros((4, 1))))
    how = LinearIce() if ice is None else ice
    made: ThetaStep = compiled(soil_of() if soil is None else soil, liquid, dt, rain, evaporation, uptake, factor, how)
    return made


def change(before: Any, made: ThetaStep) -> float:
    """Water gained and not accounted for, m."""
    gained = float(np.sum((np.asarray(made.liquid)[:, 0] - np.broadcast_to(before, 4)) * THICKNESS))
    out = made.excess + made.drainage + made.evaporation + jnp.sum(made.uptake, axis=0)
    return gained - 1800.0 * float((made.infiltration - out)[0])


def test_three_substeps_solve_the_implicit_system() -> None:
    theta, dt, rain, uptake = np.array([0.2, 0.3, 0.35, 0.4]), 1800.0, 1e-6, np.array([2e-8, 1e-8, 1e-8, 0.0])
    made = step(theta, dt, rain=rain, uptake=uptake[:, None], factor=0.1)
    for _ in range(3):
        W = theta / THETA_S
        D = -B * K_S * PSI_S / THETA_S * W ** (B + 2.0)
        K = K_S * W ** (2.0 * B + 3.0)
        g = 2.0 * D[:-1] / (THICKNESS[:-1] + THICKNESS[1:])
        flux = g * (theta[:-1] - theta[1:]) + K[:-1]
        right = np.append(rain, flux) - np.append(flux, 0.1 * K[-1]) - uptake
        matrix = np.diag(THICKNESS / (dt / 3.0) + np.append(g, 0.0) + np.append(0.0, g))
        theta = theta + np.linalg.solve(matrix - np.diag(g, 1) - np.diag(g, -1), right)
    np.testing.assert_allclose(made.liquid[:, 0], theta, rtol=1e-13)


def test_a_steady_rain_makes_the_conductivity_carry_it() -> None:
    rain = 1e-7
    theta: Any = 0.35
    for _ in range(400):
        theta = step(theta, 86400.0, rain=rain).liquid
    np.testing.assert_allclose(theta[:, 0], THETA_S * (rain / K_S) ** (1.0 / (2.0 * B + 3.0)), rtol=1e-6)


def test_six_substeps_where_the_rain_is_more_than_the_top_layer_holds() -> None:
    assert int(step(0.2, rain=0.5 * 0.1 * THETA_S / 1800.0).substeps[0]) == 3
    assert int(step(0.2, rain=1.1 * 0.1 * THETA_S / 1800.0).substeps[0]) == 6


@pytest.mark.parametrize("ice", [LinearIce(), NonlinearIce()])
def test_a_full_soil_gives_back_what_it_cannot_hold(ice: Any) -> None:
    made = step(THETA_S, rain=1e-5, factor=0.0, ice=ice)
    assert float(made.excess[0]) == pytest.approx(1e-5, rel=1e-6)
    assert float(jnp.max(made.liquid)) <= THETA_S
    assert change(THETA_S, made) == pytest.approx(0.0, abs=1e-15)


def test_a_dry_layer_gives_evaporation_and_uptake_what_it_has() -> None:
    made = step(0.001, evaporation=1e-6, uptake=np.full((4, 1), 1e-6), factor=0.0)
    held = (0.001 * 0.1 - 1e-5) / 1800.0
    assert float(made.evaporation[0]) == pytest.approx(held / 2.0)
    assert float(made.uptake[0, 0]) == pytest.approx(held / 2.0)
    assert change(0.001, made) == pytest.approx(0.0, abs=1e-16)
    assert float(jnp.min(made.liquid)) >= 0.0


def test_ice_takes_pore_space_and_closes_it() -> None:
    made = step(0.1, soil=soil_of(THETA_S - 0.1, 1.0), rain=1e-6)
    assert float(made.excess[0]) == pytest.approx(1e-6)
    assert float(made.drainage[0]) == 0.0
    # Half of the area conducts half as much.
    half, whole = step(0.3, soil=soil_of(0.1, 0.5)), step(0.3, soil=soil_of(0.1, 0.0))
    assert float(half.drainage[0]) == pytest.approx(0.5 * float(whole.drainage[0]), rel=1e-2)


def test_koren_ice_leaves_the_conductivity_of_the_liquid_and_hardly_any_diffusion() -> None:
    profile = [0.35, 0.25, 0.25, 0.25]
    frozen, thawed = (step(profile, 3.0, soil=soil_of(ice, 0.0), ice=NonlinearIce(), factor=0.0) for ice in (0.1, 0.0))
    gravity = K_S * (0.35 / THETA_S) ** (2.0 * B + 3.0)
    assert float(thawed.conductivity[0, 0]) == pytest.approx(gravity, rel=1e-3)
    lost = [float((0.35 - made.liquid[0, 0]) * 0.1) / 3.0 for made in (frozen, thawed)]
    assert lost[0] == pytest.approx(gravity, rel=1e-2)
    assert lost[1] > 2.0 * lost[0]


@settings(max_examples=30)
@given(
    water=st.lists(st.floats(-0.05, 0.3), min_size=4, max_size=4),
    drained=st.floats(0.0, 0.2),
)
def test_deficits_are_filled_from_below_then_from_drainage_then_from_above(water: list[float], drained: float) -> None:
    floor = np.full(4, 1e-5)
    rows, left = fill_deficits(jnp.asarray(water)[:, None], jnp.asarray(floor)[:, None], jnp.full(1, drained))
    total = sum(water) + drained
    assert float(jnp.sum(rows) + left[0]) == pytest.approx(total, abs=1e-15)
    assert 0.0 <= float(left[0]) <= drained
    if total >= float(floor.sum()):
        assert np.all(np.asarray(rows)[:, 0] >= floor - 1e-15)


def test_water_is_taken_from_the_layer_below_first() -> None:
    rows, left = fill_deficits(jnp.array([[-0.1], [0.3], [0.1], [0.2]]), jnp.zeros((4, 1)), jnp.full(1, 0.5))
    np.testing.assert_allclose(rows[:, 0], [0.0, 0.2, 0.1, 0.2])
    assert float(left[0]) == 0.5
