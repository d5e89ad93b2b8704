"""Heat capacity and thermal conductivity: published numbers, limits, gradients, bad input."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from vadose.errors import ConfigError, RangeError
from vadose.soil.retention.power_law import BrooksCorey, Campbell
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.thermal import (
    CoteKonrad,
    Johansen,
    Lu2007,
    LuDong2015,
    ThermalConductivity,
    UnifiedThermal,
    funicular_onset,
    heat_capacity,
    hydraulic_continuity,
)
from vadose.soil.thermal.mixing import solids

POROSITY = 0.43
LOAM = VanGenuchten(0.078, POROSITY, 3.6, 1.56, 2.9e-6)
SAND = VanGenuchten(0.045, POROSITY, 14.5, 2.68, 8.25e-5)
SCHEMES: dict[str, Any] = {
    "Johansen coarse": Johansen.from_soil(92.0, 3.0, POROSITY),
    "Johansen fine": Johansen.from_soil(20.0, 30.0, POROSITY),
    "Cote-Konrad sand": CoteKonrad.from_soil(92.0, 3.0, POROSITY),
    "Cote-Konrad peat": CoteKonrad.from_soil(20.0, 30.0, POROSITY, kind="peat"),
    "Lu coarse": Lu2007.from_soil(92.0, 3.0, POROSITY),
    "Lu fine": Lu2007.from_soil(20.0, 30.0, POROSITY),
    "Lu-Dong": LuDong2015.from_soil(40.0, 20.0, POROSITY, theta_f=0.1, m=2.4),
    "unified loam": UnifiedThermal.from_soil(LOAM, 40.0, 20.0),
    "unified sand": UnifiedThermal.from_soil(SAND, 92.0, 3.0, onset="continuity"),
    "unified power law": UnifiedThermal(Campbell(POROSITY, -0.2, 5.0, 1e-6), 0.25, 1.6),
}
each_scheme = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES.keys())


def test_heat_capacity_is_the_sum_of_its_parts() -> None:
    # de Vries (1963) in calories: 0.46 mineral, 0.60 organic, 1 water, 0.45 ice.
    cal = 4.187e6
    assert heat_capacity(0.0, 0.0, 0.5) == pytest.approx(0.5 * 0.46 * cal, rel=2e-3)
    assert heat_capacity(0.5, 0.0, 0.5) == pytest.approx((0.5 * 0.46 + 0.5) * cal, rel=2e-3)
    assert heat_capacity(0.1, 0.2, 0.5) == pytest.approx((0.5 * 0.46 + 0.1 + 0.2 * 0.45) * cal, rel=2e-3)
    assert heat_capacity(0.8, 0.0, 0.9, 1.0) == pytest.approx((0.1 * 0.60 + 0.8) * cal, rel=2e-3)


def test_heat_capacity_of_ice_grown_beyond_the_pores_has_no_air() -> None:
    assert heat_capacity(0.0, 0.45, POROSITY) == pytest.approx(0.57 * 1.926e6 + 0.45 * 1.884e6)


def test_solids_of_pure_quartz_and_of_none() -> None:
    # Johansen (1975): 7.7 quartz, 2.0 other minerals, 3.0 in soils of little quartz.
    assert solids(1.0) == pytest.approx(7.7)
    assert solids(0.0) == pytest.approx(3.0)
    assert solids(0.5) == pytest.approx(np.sqrt(7.7 * 2.0))


def test_johansen_has_the_numbers_of_peters_lidard() -> None:
    sand = Johansen.from_soil(92.0, 3.0, 0.395, quartz=0.92)
    rho = 2700.0 * (1.0 - 0.395)
    assert sand.lambda_dry == pytest.approx((0.135 * rho + 64.7) / (2700.0 - 0.947 * rho))
    assert sand.conductivity(0.395) == pytest.approx((7.7**0.92 * 2.0**0.08) ** 0.605 * 0.57**0.395)
    assert sand.conductivity(0.0, 0.395) == pytest.approx((7.7**0.92 * 2.0**0.08) ** 0.605 * 2.2**0.395)
    assert sand.kersten(0.1) == pytest.approx(0.3)
    fine = Johansen.from_soil(10.0, 40.0, 0.468)
    np.testing.assert_allclose(fine.kersten(np.array([0.1, 1.0])), [0.0, 1.0], atol=1e-15)
    np.testing.assert_allclose(fine.kersten(np.array([0.1, 0.5, 1.0]), 1.0), [0.1, 0.5, 1.0])


def test_johansen_counts_the_water_that_stays_liquid_in_frozen_soil() -> None:
    # lambda_sat = solids^(1 - n) ice^(n - x_u) water^x_u, here with half of the pore water unfrozen
    soil = Johansen.from_soil(92.0, 3.0, 0.4, quartz=0.92)
    lambda_sat = (7.7**0.92 * 2.0**0.08) ** 0.6 * 2.2**0.2 * 0.57**0.2
    assert soil.conductivity(0.2, 0.2) == pytest.approx(lambda_sat)


def test_cote_konrad_has_its_table() -> None:
    gravel = CoteKonrad.from_soil(92.0, 3.0, 0.4, kind="gravel")
    assert gravel.kersten(0.5) == pytest.approx(4.6 * 0.5 / (1.0 + 3.6 * 0.5))
    assert gravel.kersten(0.5, 1.0) == pytest.approx(1.7 * 0.5 / (1.0 + 0.7 * 0.5))
    assert gravel.lambda_dry == pytest.approx(1.70 * 10 ** (-1.80 * 0.4))
    peat = CoteKonrad.from_soil(0.0, 0.0, 0.9, kind="peat")
    assert peat.lambda_dry == pytest.approx(0.30 * 10 ** (-0.87 * 0.9))
    assert peat.conductivity(0.9) == pytest.approx(0.25**0.1 * 0.6**0.9)
    clay = CoteKonrad.from_soil(20.0, 50.0, 0.5)
    assert (clay.kappa, clay.kappa_frozen) == (1.90, 0.85)
    assert clay.lambda_dry == pytest.approx(0.75 * 10 ** (-1.20 * 0.5))


def test_lu_has_its_coefficients() -> None:
    coarse, fine = Lu2007.from_soil(93.0, 1.0, 0.4), Lu2007.from_soil(19.0, 27.0, 0.5)
    assert (coarse.alpha, fine.alpha) == (0.96, 0.27)
    assert fine.lambda_dry == pytest.approx(0.23)
    assert coarse.kersten(0.25) == pytest.approx(np.exp(0.96 * (1.0 - 0.25 ** (0.96 - 1.33))))
    assert fine.kersten(0.25) == pytest.approx(np.exp(0.27 * (1.0 - 0.25 ** (0.27 - 1.33))))
    assert fine.lambda_sat == pytest.approx((7.7**0.19 * 3.0**0.81) ** 0.5 * 0.594**0.5)


def test_lu_dong_at_the_onset() -> None:
    soil = LuDong2015(0.2, 1.8, 0.45, 0.1, 2.0)
    assert soil.kersten(0.1) == pytest.approx(1.0 - 2.0**-0.5)
    assert soil.kersten(0.3) == pytest.approx(1.0 - 10.0**-0.5)
    assert soil.kersten(1e-9) == pytest.approx(0.5 * 1e-16, rel=1e-9)


@each_scheme
def test_every_scheme_keeps_the_contract(scheme: Any) -> None:
    assert isinstance(scheme, ThermalConductivity)


@each_scheme
def test_dry_soil_has_the_dry_conductivity(scheme: Any) -> None:
    assert scheme.conductivity(0.0) == pytest.approx(scheme.lambda_dry, rel=1e-12)


@pytest.mark.parametrize("name", [name for name in SCHEMES if name != "Lu-Dong"])
def test_saturated_soil_has_the_saturated_conductivity(name: str) -> None:
    assert SCHEMES[name].conductivity(POROSITY) == pytest.approx(SCHEMES[name].lambda_sat, rel=1e-12)


@each_scheme
def test_conductivity_rises_with_water_between_dry_and_saturated(scheme: Any) -> None:
    found = scheme.conductivity(np.linspace(0.0, POROSITY, 2001))
    assert np.all(np.diff(found) >= 0.0)
    assert found[0] >= scheme.lambda_dry * (1.0 - 1e-15)
    assert found[-1] <= scheme.lambda_sat * (1.0 + 1e-15)


@each_scheme
def test_frozen_saturated_soil_conducts_better(scheme: Any) -> None:
    assert scheme.conductivity(0.0, POROSITY) > 1.3 * scheme.conductivity(POROSITY)


@each_scheme
def test_a_trace_of_ice_makes_no_jump(scheme: Any) -> None:
    assert scheme.conductivity(0.2, 1e-9) == pytest.approx(scheme.conductivity(0.2), rel=1e-7)


@each_scheme
def test_jax_and_numpy_agree(scheme: Any) -> None:
    theta, ice = np.linspace(0.0, POROSITY, 50), np.linspace(0.1, 0.0, 50) * np.linspace(1.0, 0.0, 50)
    found = jax.jit(lambda s, t, i: s.conductivity(t, i))(scheme, jnp.asarray(theta), jnp.asarray(ice))
    np.testing.assert_allclose(found, scheme.conductivity(theta, ice), rtol=1e-14)


@each_scheme
@pytest.mark.parametrize("theta", [0.0, 1e-14, 1e-6, 0.2, POROSITY])
@pytest.mark.parametrize("ice", [0.0, 0.2, POROSITY])
def test_gradients_are_finite_at_the_corners(scheme: Any, theta: float, ice: float) -> None:
    gradient = jax.grad(lambda s, t, i: s.conductivity(t, i), argnums=(0, 1, 2))(
        jax.tree.map(jnp.asarray, scheme), jnp.asarray(theta), jnp.asarray(ice)
    )
    assert all(np.all(np.isfinite(g)) for g in jax.tree.leaves(gradient))


@each_scheme
@pytest.mark.parametrize("at", [(0.11, 0.0), (0.2, 0.1), (0.3, 0.05)])
def test_gradients_equal_central_differences(scheme: Any, at: tuple[float, float]) -> None:
    leaves, tree = jax.tree.flatten(scheme)

    def value(x: Any) -> Any:
        return jax.tree.unflatten(tree, list(x[2:])).conductivity(x[0], x[1])

    x = np.array([*at, *leaves], dtype=float)
    # Ice can only be added, never taken from none: there the difference needs a point that has some.
    x[1] = max(x[1], 1e-3)
    found = jax.grad(value)(jnp.asarray(x))
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = 1e-5 * max(abs(x[i]), 1e-3)
        slope = (value(x + step) - value(x - step)) / (2.0 * step[i])
        assert found[i] == pytest.approx(slope, rel=1e-6, abs=1e-8 * float(value(x)) / max(abs(x[i]), 1e-3))


@given(n=st.floats(1.05, 6.0), theta_r=st.floats(0.0, 0.2), share=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0))
def test_unified_conductivity_is_monotone_and_bounded(n: float, theta_r: float, share: float, more: float) -> None:
    soil = UnifiedThermal(VanGenuchten(theta_r, POROSITY, 2.0, n, 1e-6), 0.25, 1.6)
    dry, wet = sorted((share, more))
    low, high = soil.conductivity(dry * POROSITY), soil.conductivity(wet * POROSITY)
    assert 0.25 * (1.0 - 1e-14) <= low <= high * (1.0 + 1e-14)
    assert high <= 1.6 * (1.0 + 1e-14)


def _tangent_crossing(retention: Any, log: bool) -> float:
    """Water content where the steepest tangent of the curve, over h or ln h, meets theta_r; by numbers only."""

    def slope(x: float) -> float:
        h = np.exp(x)
        return -retention.capacity(-h) * (h if log else 1.0)

    x = minimize_scalar(slope, bounds=(-8.0, 8.0), method="bounded", options={"xatol": 1e-10}).x
    run = (retention.water_content(-np.exp(x)) - retention.theta_r) / -slope(x)
    return retention.water_content(-np.exp(x + run) if log else -(np.exp(x) + run))


@pytest.mark.parametrize("retention", [LOAM, SAND], ids=["loam", "sand"])
def test_onsets_are_where_the_steepest_tangents_meet_the_residual_water(retention: Any) -> None:
    assert funicular_onset(retention) == pytest.approx(_tangent_crossing(retention, log=True), rel=1e-6)
    assert hydraulic_continuity(retention) == pytest.approx(_tangent_crossing(retention, log=False), rel=1e-6)


def test_onsets_of_power_laws() -> None:
    soil = BrooksCorey(0.05, 0.45, -0.3, 0.5, 1e-6)
    assert funicular_onset(soil) == pytest.approx(soil.water_content(-0.3 * np.exp(2.0)))
    assert hydraulic_continuity(soil) == pytest.approx(soil.water_content(-0.3 * 3.0))
    assert UnifiedThermal(soil, 0.25, 1.6).m == pytest.approx(1.5)


def test_the_onset_of_a_wide_pore_size_distribution_is_that_of_the_power_law() -> None:
    wide = VanGenuchten(0.0, 0.4, 1.0, 1.0005, 1e-6)
    assert funicular_onset(wide) == pytest.approx(0.4 / np.e, rel=5e-3)


def test_unified_is_lu_dong_but_for_the_end_at_saturation() -> None:
    unified = UnifiedThermal(LOAM, 0.25, 1.6)
    plain = LuDong2015(0.25, 1.6, POROSITY, unified.theta_f, unified.m)
    theta = np.array([0.05, 0.2, 0.4])
    np.testing.assert_allclose(unified.kersten(theta) * plain.kersten(POROSITY), plain.kersten(theta), rtol=1e-13)


@pytest.mark.parametrize(("retention", "sand", "clay"), [(SAND, 92.0, 3.0), (LOAM, 40.0, 20.0)], ids=["sand", "loam"])
def test_unified_comes_near_the_measured_curves_that_lu_fitted(retention: Any, sand: float, clay: float) -> None:
    theta = np.linspace(0.0, POROSITY, 44)
    lu = Lu2007.from_soil(sand, clay, POROSITY).conductivity(theta)
    unified = UnifiedThermal.from_soil(retention, sand, clay).conductivity(theta)
    assert np.sqrt(np.mean((unified - lu) ** 2)) < 0.2


def test_maps_of_soils_mask_the_bad_ones() -> None:
    sand, clay = np.array([40.0, -5.0, 80.0, np.nan]), np.array([20.0, 20.0, 40.0, 20.0])
    for scheme in (Johansen, CoteKonrad, Lu2007):
        found = scheme.from_soil(sand, clay, np.full(4, POROSITY)).conductivity(np.full(4, 0.2))
        np.testing.assert_array_equal(np.isnan(found), [False, True, True, True])
    found = SCHEMES["Lu fine"].conductivity(np.array([-0.1, 0.2, 0.44, np.nan]))
    np.testing.assert_array_equal(np.isnan(found), [True, False, True, True])
    found = UnifiedThermal(LOAM, np.array([0.25, 2.0]), np.array([1.6, 1.6])).conductivity(0.2)
    np.testing.assert_array_equal(np.isnan(found), [False, True])


def test_impossible_numbers_are_told() -> None:
    with pytest.raises(RangeError, match="theta must be liquid water"):
        SCHEMES["Johansen fine"].conductivity(-0.1)
    with pytest.raises(RangeError, match="theta_ice must be ice"):
        SCHEMES["Johansen fine"].conductivity(0.1, 0.6)
    with pytest.raises(RangeError, match="sand \\+ clay"):
        Lu2007.from_soil(80.0, 40.0, 0.4)
    with pytest.raises(RangeError, match="porosity"):
        Johansen.from_soil(80.0, 10.0, 40.0)
    with pytest.raises(RangeError, match="lambda_sat"):
        LuDong2015(1.8, 0.2, 0.45, 0.1, 2.0)
    with pytest.raises(RangeError, match="m must be > 1"):
        LuDong2015(0.2, 1.8, 0.45, 0.1, 0.9)
    with pytest.raises(RangeError, match="alpha"):
        Lu2007(0.2, 1.8, 0.45, 1.4)
    with pytest.raises(RangeError, match="dry < sat"):
        UnifiedThermal(LOAM, 1.6, 0.25)
    with pytest.raises(RangeError, match="organic_fraction"):
        heat_capacity(0.1, 0.0, 0.4, 20.0)
    with pytest.raises(ConfigError, match="gravel, sand, silt and clay, peat"):
        CoteKonrad.from_soil(40.0, 20.0, 0.4, kind="rock")
    with pytest.raises(ConfigError, match="funicular, continuity"):
        UnifiedThermal(LOAM, 0.25, 1.6, onset="inflection")
    with pytest.raises(ConfigError, match="van Genuchten, Brooks-Corey or Campbell"):
        UnifiedThermal("loam", 0.25, 1.6)
