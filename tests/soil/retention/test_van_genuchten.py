"""Van Genuchten-Mualem: the stored tools, many digits, gradients, limits and bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soil.retention.closures_common import (
    EPS,
    HEADS,
    check_closure,
    check_differences,
    check_inverse,
    check_inverse_corners,
    check_inverse_gradient,
    check_outside,
    check_rejected,
    van_genuchten_reference,
)

from vadose.soil.retention.van_genuchten import VanGenuchten, softplus_pair

LOAM = {"theta_r": 0.078, "theta_s": 0.43, "alpha": 3.6, "n": 1.56, "K_s": 2.89e-6}  # Carsel & Parrish (1988)
SOILS = {
    "loam": VanGenuchten(**LOAM),
    "no residual water": VanGenuchten(0.0, 0.5, 2.0, 1.3, 1e-6, 0.5),
    "clay": VanGenuchten(0.068, 0.38, 0.8, 1.05, 5.6e-7, -1.0),
    "gravel": VanGenuchten(0.01, 0.4, 50.0, 8.0, 1e-3, 0.5),
}


def random_soils(number: int, seed: int) -> tuple[VanGenuchten, np.ndarray]:
    """Soils with n from 1.05 to 8 and a head each, 1 mm to 1e5 m."""
    draw = np.random.default_rng(seed)
    theta_r = np.where(draw.random(number) < 0.2, 0.0, draw.uniform(0.0, 0.2, number))
    theta_s = draw.uniform(0.25, 0.9, number)
    alpha, n = (
        10.0 ** draw.uniform(-2.0, 2.0, number),
        1.0 + 10.0 ** draw.uniform(np.log10(0.05), np.log10(7.0), number),
    )
    soils = VanGenuchten(theta_r, theta_s, alpha, n, np.ones(number), draw.uniform(-1.0, 2.0, number))
    return soils, -(10.0 ** draw.uniform(-3.0, 5.0, number))


def rosetta_soils(golden: np.lib.npyio.NpzFile) -> VanGenuchten:
    """The soils of the stored curves: Rosetta 3 from texture and bulk density, cm and days, tau = 0.5."""
    return VanGenuchten(*(golden["rosetta3_sscbd_mean"][:, i, None] for i in range(5)))


@pytest.mark.parametrize("name", SOILS)
def test_the_closure_keeps_its_contract(name: str) -> None:
    check_closure(SOILS[name])


@pytest.mark.parametrize("name", SOILS)
def test_the_inverse_gives_back_the_head_with_its_gradient(name: str) -> None:
    check_inverse(SOILS[name], HEADS)
    check_inverse_corners(SOILS[name])
    check_inverse_gradient(SOILS[name], -np.logspace(-1.0, 2.0, 7))


def test_the_water_content_equals_pedon_unsatfit_and_our_earlier_numbers(vadose_data: Path) -> None:
    golden = np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")
    other = np.load(vadose_data / "golden/soil/pdi_brunswick_20soils.npz")
    theta = rosetta_soils(golden).water_content(-golden["h_cm"])
    for stored in (golden["own_vg_theta"], golden["pedon_vg_theta"], other["unsatfit_vg_theta"]):
        np.testing.assert_allclose(theta, stored, rtol=1e-10)


@pytest.mark.parametrize("stored", ["own_vg_k", "pedon_vg_k"])
def test_the_conductivity_equals_the_tools_where_their_form_keeps_ten_digits(vadose_data: Path, stored: str) -> None:
    golden = np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")
    soils, psi = rosetta_soils(golden), -golden["h_cm"]
    K = soils.conductivity(psi)
    # The textbook form subtracts a number close to 1 from 1: its rounding counts relative to what is left.
    Se = (soils.water_content(psi) - soils.theta_r) / (soils.theta_s - soils.theta_r)
    left = np.sqrt(K / soils.K_s / np.sqrt(Se))
    rounding = 8.0 * EPS / left
    error = np.abs(K / golden[stored] - 1.0)
    exact = rounding < 1e-10
    assert exact.mean() > 0.75
    assert np.all(error[exact] <= 1e-10) and np.all(error <= 1e-10 + rounding)


def test_where_the_tools_differ_the_conductivity_is_that_of_many_digits(vadose_data: Path) -> None:
    mpmath = pytest.importorskip("mpmath")
    golden = np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")
    soils, psi = rosetta_soils(golden), -golden["h_cm"]
    K = soils.conductivity(psi)
    differ = np.argwhere(np.abs(K / golden["pedon_vg_k"] - 1.0) > 1e-10)
    assert len(differ)
    with mpmath.workdps(100):
        for i, j in differ:
            values = (float(v[i, 0]) for v in (soils.theta_r, soils.theta_s, soils.alpha, soils.n))
            _, relative = van_genuchten_reference(mpmath.mp, *values, 0.5, psi[j])
            assert abs(K[i, j] / float(soils.K_s[i, 0]) / float(relative) - 1.0) < 1e-12


def test_random_soils_agree_with_many_digits() -> None:
    mpmath = pytest.importorskip("mpmath")
    soils, psi = random_soils(1000, 1980)
    theta, K = soils.water_content(psi), soils.conductivity(psi)
    with mpmath.workdps(330):
        for i in range(psi.size):
            values = (v[i] for v in (soils.theta_r, soils.theta_s, soils.alpha, soils.n, soils.tau, psi))
            exact_theta, exact_K = van_genuchten_reference(mpmath.mp, *values)
            assert abs(mpmath.mpf(float(theta[i])) - exact_theta) <= 1e-14
            assert abs(mpmath.mpf(float(K[i])) / exact_K - 1) <= 1e-12


def test_random_soils_are_inverted_and_differentiated() -> None:
    soils, psi = random_soils(2000, 7)
    check_inverse(soils, psi)
    check_differences(VanGenuchten(0.0, 0.43, 3.6, 2.0, 1e-6), np.array([-1.0 / 3.6, -0.1, -1e3]))


def test_the_conductivity_at_the_air_entry_head_is_a_closed_number() -> None:
    # alpha h = 1 and n = 2: Se = 2^-1/2, K/K_s = 2^-1/4 (1 - 2^-1/2)^2; van Genuchten (1980) eqs. 3, 8.
    soil = VanGenuchten(0.0, 1.0, 2.0, 2.0, 3.0)
    np.testing.assert_allclose(soil.water_content(-0.5), 2.0**-0.5, rtol=1e-15)
    np.testing.assert_allclose(soil.conductivity(-0.5), 3.0 * 2.0**-0.25 * (1.0 - 2.0**-0.5) ** 2, rtol=1e-14)


def test_a_suction_without_meaning_still_gives_numbers() -> None:
    for soil in SOILS.values():
        for psi in (-5e-324, -1e-300, -1e300):
            assert all(np.all(np.isfinite(value)) for value in soil.evaluate(psi))


def test_bad_input_is_told_or_masked() -> None:
    wrong = {"theta_r": 0.5, "theta_s": 1.2, "alpha": 0.0, "n": 1.0, "K_s": -1.0, "tau": np.inf}
    check_rejected(VanGenuchten, {**LOAM, "tau": 0.5}, wrong)
    check_outside(SOILS["loam"], 0.078)
    with pytest.raises(TypeError):
        VanGenuchten(**{**LOAM, "beta": 1.0})


def test_layers_and_columns_broadcast() -> None:
    layers = VanGenuchten(np.full((3, 1), 0.05), 0.4, np.array([[1.0], [2.0], [3.0]]), 1.5, 1e-6)
    assert layers.water_content(np.full((3, 4), -1.0)).shape == (3, 4)
    assert layers.evaluate(-1.0).conductivity.shape == (3, 1)


@given(st.floats(-800.0, 800.0))
def test_the_two_softplus_functions_differ_by_their_argument(x: float) -> None:
    wet, dry = softplus_pair(np, x)
    assert wet >= 0.0 and dry >= 0.0
    assert abs(wet - dry - x) <= 2.0 * EPS * max(abs(x), 1.0)


@given(
    theta_r=st.floats(0.0, 0.2), theta_s=st.floats(0.25, 1.0), log_alpha=st.floats(-3.0, 3.0),
    n=st.floats(1.01, 10.0), tau=st.floats(0.0, 3.0), x=st.floats(-6.0, 6.0), step=st.floats(0.0, 3.0),
)  # fmt: skip
def test_water_and_conductivity_fall_with_suction_within_their_bounds(
    theta_r: float, theta_s: float, log_alpha: float, n: float, tau: float, x: float, step: float
) -> None:
    soil = VanGenuchten(theta_r, theta_s, 10.0**log_alpha, n, 1.0, tau)
    wet, dry = soil.evaluate(-(10.0**x)), soil.evaluate(-(10.0 ** (x + step)))
    assert theta_r <= dry.water_content <= wet.water_content + EPS <= theta_s + 2.0 * EPS
    assert 0.0 <= dry.conductivity <= wet.conductivity * (1.0 + 1e-12) <= 1.0 + 1e-11
    assert wet.capacity >= 0.0


@given(n=st.floats(1.05, 8.0), log_alpha=st.floats(-2.0, 2.0))
def test_both_ends_are_reached_continuously(n: float, log_alpha: float) -> None:
    soil = VanGenuchten(0.1, 0.4, 10.0**log_alpha, n, 1.0)
    assert abs(soil.water_content(-1e-20) - soil.theta_s) <= 4.0 * EPS
    assert abs(soil.conductivity(-1e-140) - soil.K_s) <= 1e-6
    assert abs(soil.water_content(-1e300) - soil.theta_r) <= 4.0 * EPS
    assert soil.conductivity(-1e300) <= 1e-12
