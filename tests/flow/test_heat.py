"""The pieces of heat: conductivity, supercooled water, phase change, boundaries, and the implicit coupling."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.constants import FREEZING_POINT, GRAVITY, LATENT_HEAT_FUSION, RHO_ICE, RHO_WATER
from vadose.errors import RangeError
from vadose.flow.heat_boundary import DeepTemperature, FixedHeatFlux, ZeroHeatFlux
from vadose.flow.heat_conductivity import NoahJohansen
from vadose.flow.heat_phase import snow_phase, soil_phase, thin_snow_phase
from vadose.flow.heat_supercooled import Koren, NiuYang, RetentionCurve
from vadose.soil.freezing import liquid_water, supercooled_water
from vadose.soil.retention.power_law import Campbell
from vadose.soil.thermal.johansen import Johansen

SOIL = Campbell(theta_s=0.464, psi_s=-0.617, b=8.72, K_s=2.03e-6)


def test_noah_johansen_is_johansen_in_thawed_soil() -> None:
    """Same dry and saturated conductivity, slope 1 of log10 Sr; solids of 2 W m-1 K-1 besides the quartz."""
    noah = NoahJohansen.from_soil(0.3, 0.464)
    johansen = Johansen(noah.lambda_dry, noah.lambda_sat, 0.464)
    theta = jnp.linspace(0.0, 0.464, 50)
    np.testing.assert_allclose(noah.conductivity(theta), johansen.conductivity(theta), rtol=1e-12)
    assert Johansen.from_soil(30.0, 20.0, 0.464, quartz=0.3).lambda_sat == pytest.approx(noah.lambda_sat, rel=1e-12)


def test_noah_johansen_takes_the_saturation_for_kersten_number_once_there_is_ice() -> None:
    noah = NoahJohansen.from_soil(0.3, 0.464)
    ice = 0.2 * RHO_WATER / RHO_ICE
    all_ice = float(noah.conductivity(jnp.asarray(0.0), jnp.asarray(ice)))
    solid = 7.7**0.3 * 2.0**0.7
    saturated = solid ** (1.0 - 0.464) * 2.2**0.464
    assert all_ice == pytest.approx(noah.lambda_dry + (saturated - noah.lambda_dry) * 0.2 / 0.464, rel=1e-12)
    # It jumps where the ice passes 0.0005: not so Johansen's own.
    pair = [float(noah.conductivity(jnp.asarray(0.1), jnp.asarray(x * RHO_WATER / RHO_ICE))) for x in (4.9e-4, 5.1e-4)]
    assert abs(pair[1] - pair[0]) > 0.1


def test_supercooled_water_of_niu_and_yang_is_campbells_curve_with_another_temperature_below() -> None:
    T = jnp.array([250.0, 270.0, 273.0, 273.14, 280.0])
    total, none = jnp.full(5, 0.4), jnp.zeros(5)
    wanted = 0.464 * (LATENT_HEAT_FUSION * (T - FREEZING_POINT) / (GRAVITY * T * -0.617)) ** (-1.0 / 8.72)
    found = NiuYang().liquid(SOIL, total, none, T)
    np.testing.assert_allclose(found[:3], wanted[:3], rtol=1e-12)
    assert float(found[4]) == 0.464
    curve = RetentionCurve().liquid(SOIL, total, none, T)
    np.testing.assert_allclose(jnp.minimum(curve, total), liquid_water(SOIL, total, T), rtol=1e-12)


def test_koren_solves_its_equation_and_bounds_its_ends() -> None:
    soil = Campbell(theta_s=0.45, psi_s=-0.3, b=5.0, K_s=1e-6)
    T = jnp.array([255.0, 265.0, 272.0, 273.0])
    total = jnp.full(4, 0.35)
    liquid = Koren().liquid(soil, total, jnp.zeros(4), T)
    head = 0.3 * (0.45 / liquid) ** 5.0 * (1.0 + 8.0 * (total - liquid)) ** 2
    np.testing.assert_allclose(head, LATENT_HEAT_FUSION * (FREEZING_POINT - T) / (GRAVITY * T), rtol=1e-8)
    np.testing.assert_allclose(Koren().liquid(soil, total, total, T), liquid, rtol=1e-8)
    ends = Koren().liquid(soil, jnp.array([0.35, 0.01, 0.35]), jnp.zeros(3), jnp.array([280.0, 250.0, 150.0]))
    np.testing.assert_allclose(ends[:2], [0.35, 0.01])
    assert float(ends[2]) >= 0.02 - 1e-12


def test_heat_that_a_molten_snow_layer_cannot_keep_goes_down_to_the_soil() -> None:
    one = jnp.ones(1)
    capacity = jnp.stack([2e4 * one, 4e4 * one])
    ice, liquid = jnp.stack([0.1 * one, 20.0 * one]), jnp.zeros((2, 1))
    T = jnp.stack([(FREEZING_POINT + 5.0) * one, (FREEZING_POINT - 0.5) * one])
    after, melt, excess = snow_phase(T, ice, liquid, capacity, jnp.ones((2, 1), dtype=bool))
    spare = 2e4 * 5.0 - 0.1 * LATENT_HEAT_FUSION
    np.testing.assert_allclose(melt[:, 0], [0.1, (spare - 2e4) / LATENT_HEAT_FUSION], rtol=1e-12)
    np.testing.assert_allclose(after[:, 0], FREEZING_POINT, rtol=1e-15)
    assert float(excess[0]) == pytest.approx(0.0, abs=1e-9)
    _, melt, excess = snow_phase(T, jnp.stack([0.1 * one, 0.1 * one]), liquid, capacity, jnp.ones((2, 1), dtype=bool))
    assert float(excess[0]) == pytest.approx(spare - 2e4 - 0.1 * LATENT_HEAT_FUSION, rel=1e-12)


def test_soil_freezes_no_more_than_it_may_and_thin_snow_takes_the_heat_above_freezing() -> None:
    T, melt = soil_phase(*(jnp.asarray([x]) for x in (FREEZING_POINT - 10.0, 0.0, 1.5, 2e5)), lambda T: 0.5 + 0.0 * T)
    assert float(melt[0]) == pytest.approx(-1.0, rel=1e-12)
    assert float(T[0]) == pytest.approx(FREEZING_POINT - 10.0 + LATENT_HEAT_FUSION / 2e5, rel=1e-14)
    T, melt = thin_snow_phase(*(jnp.asarray([x]) for x in (FREEZING_POINT + 1.0, 2e5, 10.0)))
    assert float(melt[0]) == pytest.approx(2e5 / LATENT_HEAT_FUSION, rel=1e-12)
    assert float(T[0]) == pytest.approx(FREEZING_POINT, rel=1e-14)


def test_what_stays_liquid_is_the_most_at_the_temperature_after_freezing() -> None:
    rng = np.random.default_rng(1)
    b, psi_s, theta_s = rng.uniform(2.5, 14.0, 2000), -(10.0 ** rng.uniform(-2.0, 0.3, 2000)), 0.45
    mass, cold = 1000.0 * rng.uniform(0.02, 2.0, 2000), 10.0 ** rng.uniform(-4.0, 0.7, 2000)
    capacity = 2.5e3 * mass
    liquid = mass * theta_s * rng.uniform(0.05, 1.0, 2000)

    def most(T: Any) -> Any:
        return mass * supercooled_water(theta_s, psi_s, b, T)

    given = (jnp.asarray(FREEZING_POINT - cold), jnp.zeros(2000), jnp.asarray(liquid), jnp.asarray(capacity), most)
    T, melt = soil_phase(*given)
    assert np.all(melt <= 0.0)
    freezes = np.asarray(melt) < 0.0
    assert 200 < freezes.sum() < 1800
    np.testing.assert_allclose(((liquid + melt) / mass)[freezes], (most(T) / mass)[freezes], atol=1e-9)
    np.testing.assert_allclose(LATENT_HEAT_FUSION * melt, capacity * (FREEZING_POINT - cold - T), atol=1e-3)
    assert np.all(liquid[~freezes] <= np.asarray(most(given[0]))[~freezes])
    slope = jax.jit(jax.grad(lambda T: jnp.sum(soil_phase(T, *given[1:])[0])))(given[0])
    assert np.all((slope >= 0.0) & (slope <= 1.0 + 1e-12))  # differences do not grow
    far, _ = soil_phase(*given, overshoot=True)
    assert np.all(np.asarray(far - T)[freezes] > 0.0)


def test_bottoms() -> None:
    thickness, conductivity = jnp.array([[1.0], [1.0]]), jnp.array([[1.0], [2.0]])
    deep = jnp.asarray([280.0])

    def heat(bottom: Any) -> float:
        return float(bottom.exchange(thickness, conductivity, deep).heat(jnp.asarray([290.0]))[0])

    assert heat(ZeroHeatFlux()) == 0.0
    assert heat(FixedHeatFlux(-0.065)) == -0.065
    assert heat(DeepTemperature(8.0)) == pytest.approx(2.0 / 6.5 * 10.0, rel=1e-14)
    assert heat(DeepTemperature(1.0)) == pytest.approx(2.0 / 0.5 * 10.0, rel=1e-14)
    with pytest.raises(RangeError, match="depth must be > 0 m, got -8"):
        DeepTemperature(-8.0)


def test_phase_change_has_one_sided_gradients_and_no_nan_where_there_is_no_snow() -> None:
    zero = jnp.zeros((2, 1))

    def melt(ice: Any) -> Any:
        absent = jnp.zeros((2, 1), dtype=bool)
        T, made, excess = snow_phase(zero + FREEZING_POINT, ice, zero, zero + 1.0, absent)
        return jnp.sum(T) + jnp.sum(made) + jnp.sum(excess)

    np.testing.assert_array_equal(jax.grad(melt)(zero), zero)
