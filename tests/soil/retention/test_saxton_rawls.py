"""Saxton and Rawls: the three parts of their curve, their equations in numbers, and the power laws alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soil.retention import power_checks as check

from vadose.constants import HEAD_CRITICAL, HEAD_WILTING, KPA_TO_HEAD
from vadose.soil.retention.saxton_rawls import SaxtonRawls

LOAM: dict[str, float] = {"theta_33": 0.28, "theta_1500": 0.137, "theta_s": 0.459, "psi_e": -0.423, "K_s": 4.3e-6}
SOILS = [
    SaxtonRawls(**LOAM),
    SaxtonRawls(**{**LOAM, "psi_e": 0.0}),
    SaxtonRawls(0.42, 0.36, 0.5, -3.0, 1e-7),
    SaxtonRawls(0.1, 0.05, 0.46, -0.1, 3e-5),
]
each_soil = pytest.mark.parametrize("closure", SOILS)
heads = st.lists(st.floats(-1e5, 1.0), min_size=2, max_size=30)


@st.composite
def closures(draw: st.DrawFn) -> SaxtonRawls:
    theta_1500 = draw(st.floats(0.01, 0.4))
    theta_33 = theta_1500 * draw(st.floats(1.1, 2.0))
    psi_e = draw(st.one_of(st.just(0.0), st.floats(-3.3, -1e-3)))
    return SaxtonRawls(theta_33, theta_1500, theta_33 + draw(st.floats(0.02, 0.19)), psi_e, 1e-6)


def in_digits(mp: Any, psi: Any, *, theta_33: Any, theta_1500: Any, theta_s: Any, psi_e: Any, K_s: Any) -> Any:
    psi_33, psi_1500 = mp.mpf(HEAD_CRITICAL), mp.mpf(HEAD_CRITICAL) * 1500 / 33
    B = mp.log(psi_1500 / psi_33) / mp.log(theta_33 / theta_1500)
    if psi >= psi_e:
        theta = theta_s
    elif psi >= psi_33:
        theta = theta_33 + (theta_s - theta_33) * (psi - psi_33) / (psi_e - psi_33)
    else:
        theta = theta_33 * (psi / psi_33) ** (-1 / B)
    return theta, K_s * (theta / theta_s) ** (3 + 2 * B)


def test_equals_fifty_digits() -> None:
    rng = np.random.default_rng(4)
    theta_1500 = rng.uniform(0.01, 0.4, 300)
    theta_33 = theta_1500 * rng.uniform(1.08, 2.0, 300)
    theta_s = theta_33 + rng.uniform(0.02, 0.19, 300)
    psi_e = rng.uniform(-3.3, 0.0, 300)
    closure = SaxtonRawls(theta_33, theta_1500, theta_s, psi_e, 10.0 ** rng.uniform(-9, -4, 300))
    check.equals_mpmath(closure, -(10.0 ** rng.uniform(-3, 5, (8, 300))), in_digits)


def test_passes_through_the_points_that_define_it() -> None:
    closure = SOILS[0]
    assert closure.water_content(HEAD_CRITICAL) == pytest.approx(0.28, rel=1e-14)
    assert closure.water_content(HEAD_WILTING) == pytest.approx(0.137, rel=1e-14)
    assert closure.water_content(-0.423) == 0.459
    middle = 0.5 * (HEAD_CRITICAL - 0.423)
    assert closure.water_content(middle) == pytest.approx(0.5 * (0.28 + 0.459), rel=1e-14)


def test_coefficients_equal_the_stored_ones(vadose_data: Path) -> None:
    stored = np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")
    names = ("theta_33", "theta_1500", "theta_s")
    psi_e = -np.clip(stored["own_sr06_psi_e_kPa"], 0.0, 33.0) * KPA_TO_HEAD
    closure = SaxtonRawls(*(stored[f"own_sr06_{name}"] for name in names), psi_e, stored["own_sr06_ks_mm_h"] / 3.6e6)
    for tool in ("own_sr06_B", "ptfkit_sr06_retention_b"):
        np.testing.assert_allclose(closure.B, stored[tool], rtol=1e-10)
    for tool in ("own_sr06_lam", "ptfkit_sr06_conductivity_lambda", "pedon_saxton_l"):
        np.testing.assert_allclose(closure.lambda_, stored[tool], rtol=1e-10)
    A = -HEAD_CRITICAL / KPA_TO_HEAD * closure.theta_33**closure.B
    np.testing.assert_allclose(A, stored["own_sr06_A"], rtol=1e-10)


@each_soil
def test_power_laws_are_the_same_in_dry_soil(closure: SaxtonRawls) -> None:
    psi = -np.logspace(np.log10(3.4), 5, 30)
    for other in (closure.as_brooks_corey(), closure.as_campbell()):
        np.testing.assert_allclose(other.water_content(psi), closure.water_content(psi), rtol=1e-12)
        np.testing.assert_allclose(other.conductivity(psi), closure.conductivity(psi), rtol=1e-11)
        assert other.water_content(0.0) == closure.theta_s


def test_air_entry_at_field_capacity_is_a_step() -> None:
    closure = SaxtonRawls(**{**LOAM, "psi_e": HEAD_CRITICAL})
    theta = closure.water_content(HEAD_CRITICAL * np.array([1.0 + 1e-12, 1.0, 1.0 - 1e-12]))
    np.testing.assert_allclose(theta, [0.28, 0.459, 0.459], rtol=1e-10)
    assert closure.matric_head(0.4) == HEAD_CRITICAL
    check.gradients_are_finite(closure, HEAD_CRITICAL)
    check.inverse_gradients_are_finite(closure)


@each_soil
def test_follows_the_contract(closure: Any) -> None:
    check.follows_the_contract(closure)


@each_soil
def test_gradients_are_finite_everywhere(closure: Any) -> None:
    check.gradients_are_finite(closure, float(closure.psi_e), HEAD_CRITICAL)
    check.inverse_gradients_are_finite(closure)


@each_soil
def test_gradients_equal_central_differences(closure: Any) -> None:
    check.gradients_equal_central_differences(closure, [-1e-3, -0.3, -3.2, -30.0, -1e5])


@each_soil
def test_capacity_and_conductivity_derivative_are_gradients(closure: Any) -> None:
    check.derivatives_are_those_of_the_functions(closure, np.concatenate([check.PSI, check.CORNERS, [HEAD_CRITICAL]]))


@given(closures(), heads)
def test_monotone_bounded_and_continuous(closure: SaxtonRawls, psi: list[float]) -> None:
    check.monotone_and_bounded(closure, psi)
    check.continuous_at(closure, HEAD_CRITICAL, float(closure.psi_e))


@given(closures())
def test_limits_at_both_ends(closure: SaxtonRawls) -> None:
    dry = closure.psi_b * 1000.0**closure.B
    np.testing.assert_allclose(closure.water_content(dry), 1e-3 * closure.theta_s, rtol=1e-11)
    assert closure.water_content(-0.0) == closure.theta_s


@given(closures(), st.floats(0.001, 0.999), st.floats(1.0, 1e4))
def test_inverse_comes_back(closure: SaxtonRawls, share: float, times: float) -> None:
    line = closure.psi_e + share * (HEAD_CRITICAL - closure.psi_e)
    check.inverse_comes_back(closure, np.array([line, HEAD_CRITICAL, HEAD_CRITICAL * times]))


def test_bad_elements_are_nan_and_bad_numbers_raise() -> None:
    bad: dict[str, float] = {"theta_33": 0.1, "theta_1500": 0.0, "theta_s": 1.1, "psi_e": -4.0, "K_s": 0.0}
    check.bad_elements_stay_alone(SaxtonRawls, LOAM, bad)
