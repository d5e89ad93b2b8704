"""Brooks-Corey and Campbell: stored numbers of pedon, 50 digits, gradients, the inverse, bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soil.retention import power_checks as check

from vadose.soil.retention.power_law import BrooksCorey, Campbell

CM_PER_DAY = 0.01 / 86400.0
BROOKS_COREY: dict[str, float] = {
    "theta_r": 0.05,
    "theta_s": 0.45,
    "psi_b": -0.2,
    "lambda_": 0.3,
    "K_s": 1e-5,
    "tau": 0.5,
}
CAMPBELL: dict[str, float] = {"theta_s": 0.45, "psi_s": -0.2, "b": 5.0, "K_s": 1e-5}
SOILS = [
    BrooksCorey(**BROOKS_COREY),
    BrooksCorey(**{**BROOKS_COREY, "theta_r": 0.0, "lambda_": 3.0, "tau": 1.0}),
    Campbell(**CAMPBELL),
    Campbell(**{**CAMPBELL, "b": 12.0}),
]
each_soil = pytest.mark.parametrize("closure", SOILS)
heads = st.lists(st.floats(-1e5, 1.0), min_size=2, max_size=30)
brooks_corey = st.builds(
    lambda theta_r, span, psi_b, lambda_, tau: BrooksCorey(theta_r, theta_r + span, psi_b, lambda_, 1e-5, tau),
    st.floats(0.0, 0.3),
    st.floats(0.05, 0.6),
    st.floats(-5.0, -1e-3),
    st.floats(0.03, 6.0),
    st.floats(-1.0, 2.0),
)
campbell = st.builds(
    lambda theta_s, psi_s, b: Campbell(theta_s, psi_s, b, 1e-5),
    st.floats(0.2, 0.9),
    st.floats(-5.0, -1e-3),
    st.floats(0.2, 20.0),
)


def air_entry(closure: Any) -> float:
    return float(closure.psi_b if isinstance(closure, BrooksCorey) else closure.psi_s)


def cosby(vadose_data: Path) -> tuple[Any, dict[str, Any], np.ndarray]:
    """Stored arrays, the parameters of pedon's Cosby soils that they were made with, and the heads."""
    stored = np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")
    soil = {name: stored[f"pedon_cosby_{name}"][:, None] for name in ("theta_r", "theta_s", "h_b", "l", "k_s")}
    return stored, soil, -0.01 * stored["h_cm"]


def test_brooks_corey_equals_the_stored_numbers_of_pedon(vadose_data: Path) -> None:
    stored, soil, psi = cosby(vadose_data)
    closure = BrooksCorey(
        soil["theta_r"], soil["theta_s"], -0.01 * soil["h_b"], soil["l"], CM_PER_DAY * soil["k_s"], tau=1.0
    )
    np.testing.assert_allclose(closure.water_content(psi), stored["pedon_bc_theta"], rtol=1e-12)
    np.testing.assert_allclose(closure.water_content(psi), stored["own_bc_theta"], rtol=1e-12)
    np.testing.assert_allclose(closure.conductivity(psi) / CM_PER_DAY, stored["pedon_bc_k"], rtol=1e-10)


def test_campbell_equals_the_stored_numbers_of_pedon(vadose_data: Path) -> None:
    stored, soil, psi = cosby(vadose_data)
    closure = Campbell(soil["theta_s"], -0.01 * soil["h_b"], 1.0 / soil["l"], CM_PER_DAY * soil["k_s"])
    np.testing.assert_allclose(closure.water_content(psi), stored["pedon_campbell_theta"], rtol=1e-12)
    np.testing.assert_allclose(closure.conductivity(psi) / CM_PER_DAY, stored["pedon_campbell_k"], rtol=1e-10)


def brooks_corey_in_digits(
    mp: Any, psi: Any, *, theta_r: Any, theta_s: Any, psi_b: Any, lambda_: Any, K_s: Any, tau: Any
) -> Any:
    Se = mp.mpf(1) if psi >= psi_b else (psi / psi_b) ** -lambda_
    return theta_r + (theta_s - theta_r) * Se, K_s * Se ** (tau + 2 + 2 / lambda_)


def campbell_in_digits(mp: Any, psi: Any, *, theta_s: Any, psi_s: Any, b: Any, K_s: Any) -> Any:
    W = mp.mpf(1) if psi >= psi_s else (psi / psi_s) ** (-1 / b)
    return theta_s * W, K_s * W ** (2 * b + 3)


def test_brooks_corey_equals_fifty_digits() -> None:
    rng = np.random.default_rng(1)
    theta_r = rng.uniform(0.0, 0.2, 300)
    psi_b, lambda_ = -(10.0 ** rng.uniform(-3, 0.5, 300)), 10.0 ** rng.uniform(-1.3, 0.8, 300)
    closure = BrooksCorey(theta_r, theta_r + rng.uniform(0.1, 0.6, 300), psi_b, lambda_, 1e-5, rng.uniform(-1, 1, 300))
    psi = -(10.0 ** rng.uniform(-3, 5, (6, 300)))
    check.equals_mpmath(closure, psi, brooks_corey_in_digits)


def test_campbell_equals_fifty_digits() -> None:
    rng = np.random.default_rng(2)
    psi_s, b = -(10.0 ** rng.uniform(-3, 0.5, 300)), rng.uniform(0.2, 25.0, 300)
    closure = Campbell(rng.uniform(0.2, 0.9, 300), psi_s, b, 10.0 ** rng.uniform(-9, -3, 300))
    check.equals_mpmath(closure, -(10.0 ** rng.uniform(-3, 5, (6, 300))), campbell_in_digits)


@each_soil
def test_follows_the_contract(closure: Any) -> None:
    check.follows_the_contract(closure)


@each_soil
def test_gradients_are_finite_everywhere(closure: Any) -> None:
    check.gradients_are_finite(closure, air_entry(closure))
    check.inverse_gradients_are_finite(closure)


@each_soil
def test_gradients_equal_central_differences(closure: Any) -> None:
    check.gradients_equal_central_differences(closure, [-1e-3, -0.5, -30.0, -1e5])


@each_soil
def test_capacity_and_conductivity_derivative_are_gradients(closure: Any) -> None:
    check.derivatives_are_those_of_the_functions(closure, np.concatenate([check.PSI, check.CORNERS, [-0.2]]))


@given(st.one_of(brooks_corey, campbell), heads)
def test_monotone_bounded_and_continuous(closure: Any, psi: list[float]) -> None:
    check.monotone_and_bounded(closure, psi)
    check.continuous_at(closure, air_entry(closure))


@given(campbell)
def test_limits_at_both_ends(closure: Campbell) -> None:
    dry = closure.psi_s * 1000.0**closure.b
    np.testing.assert_allclose(closure.water_content(dry), 1e-3 * closure.theta_s, rtol=1e-12)
    assert closure.water_content(0.999 * closure.psi_s) == closure.theta_s
    assert closure.conductivity(0.999 * closure.psi_s) == closure.K_s


@given(campbell, st.floats(1.001, 1e4))
def test_inverse_comes_back(closure: Campbell, times: float) -> None:
    check.inverse_comes_back(closure, closure.psi_s * np.array([times, 2.0]))


@given(brooks_corey, st.floats(0.01, 0.99))
def test_inverse_of_brooks_corey_comes_back(closure: BrooksCorey, Se: float) -> None:
    theta = closure.theta_r + (closure.theta_s - closure.theta_r) * Se
    np.testing.assert_allclose(closure.water_content(closure.matric_head(theta)), theta, rtol=1e-13)


def test_inverse_of_brooks_corey_equals_the_formula() -> None:
    assert BrooksCorey(0.05, 0.45, -0.2, 0.5, 1e-5).matric_head(0.25) == pytest.approx(-0.2 * 0.5**-2.0, rel=1e-14)


@given(campbell, heads)
def test_campbell_is_brooks_corey_after_burdine(closure: Campbell, psi: list[float]) -> None:
    other = BrooksCorey(0.0, closure.theta_s, closure.psi_s, 1.0 / closure.b, closure.K_s, tau=1.0)
    points = np.array(psi)
    np.testing.assert_allclose(closure.water_content(points), other.water_content(points), rtol=1e-12)
    np.testing.assert_allclose(closure.conductivity(points), other.conductivity(points), rtol=1e-11)


def test_mualem_differs_from_burdine_by_half_a_power() -> None:
    burdine = BrooksCorey(**{**BROOKS_COREY, "tau": 1.0})
    mualem = BrooksCorey(**BROOKS_COREY)
    Se = (5.0 / 0.2) ** -0.3
    assert burdine.conductivity(-5.0) / mualem.conductivity(-5.0) == pytest.approx(Se**0.5, rel=1e-13)


def test_bad_elements_are_nan_and_bad_numbers_raise() -> None:
    bad: dict[str, float] = {"theta_r": -0.1, "theta_s": 1.2, "psi_b": 0.2, "lambda_": -1.0, "K_s": 0.0, "tau": -20.0}
    check.bad_elements_stay_alone(BrooksCorey, BROOKS_COREY, bad)
    check.bad_elements_stay_alone(Campbell, CAMPBELL, {"theta_s": -0.1, "psi_s": 0.0, "b": 0.0, "K_s": -1.0})


def test_leaves_of_layers_and_columns_broadcast() -> None:
    b = jnp.array([[4.0], [8.0]])
    found = Campbell(0.45, -0.2, b, 1e-5).evaluate(jnp.full((2, 3), -1.0))
    assert found.water_content.shape == found.capacity.shape == found.conductivity.shape == (2, 3)
