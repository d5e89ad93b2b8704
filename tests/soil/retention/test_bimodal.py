"""Bimodal van Genuchten: its limits, many digits, gradients, the iterated inverse and bad input."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soil.retention.closures_common import (
    EPS,
    HEADS,
    check_closure,
    check_inverse,
    check_inverse_corners,
    check_inverse_gradient,
    check_outside,
    check_rejected,
    to_jax,
)

from vadose.errors import RangeError
from vadose.soil.retention.bimodal import BimodalVanGenuchten
from vadose.soil.retention.invert import invert
from vadose.soil.retention.van_genuchten import VanGenuchten

GOOD = {
    "theta_r": 0.05,
    "theta_s": 0.5,
    "alpha": 1.2,
    "n": 1.4,
    "alpha_2": 20.0,
    "n_2": 2.8,
    "weight_2": 0.3,
    "K_s": 1e-5,
    "tau": 0.5,
}
SOILS = {
    "aggregated": BimodalVanGenuchten(**GOOD),
    "no residual water": BimodalVanGenuchten(**{**GOOD, "theta_r": 0.0, "n": 1.05, "tau": -1.0}),
    "two sharp steps": BimodalVanGenuchten(**{**GOOD, "n": 8.0, "alpha": 0.1, "n_2": 6.0, "weight_2": 0.5}),
}


def reference(mp: Any, soil: BimodalVanGenuchten, i: int, psi: float) -> tuple[Any, Any]:
    """(theta, K/K_s) from the textbook form, in as many digits as `mp` has."""
    v = {k: mp.mpf(float(np.broadcast_to(x, soil.n.shape)[i])) for k, x in vars(soil).items()}
    h = mp.mpf(float(-psi))
    Se, inner, total = mp.mpf(0), mp.mpf(0), mp.mpf(0)
    for w, alpha, n in ((1 - v["weight_2"], v["alpha"], v["n"]), (v["weight_2"], v["alpha_2"], v["n_2"])):
        m, X = 1 - 1 / n, (alpha * h) ** n
        Se += w * (1 + X) ** -m
        inner += w * alpha * (1 - (X / (1 + X)) ** m)
        total += w * alpha
    return v["theta_r"] + (v["theta_s"] - v["theta_r"]) * Se, Se ** v["tau"] * (inner / total) ** 2


def random_soils(number: int) -> tuple[BimodalVanGenuchten, np.ndarray]:
    draw = np.random.default_rng(1994)

    def n() -> np.ndarray:
        return 1.0 + 10.0 ** draw.uniform(-1.3, 0.845, number)

    soils = BimodalVanGenuchten(
        draw.uniform(0.0, 0.2, number), draw.uniform(0.25, 0.9, number), 10.0 ** draw.uniform(-2.0, 1.0, number), n(),
        10.0 ** draw.uniform(0.0, 2.0, number), n(), draw.uniform(0.01, 0.99, number), np.ones(number), 0.5,
    )  # fmt: skip
    return soils, -(10.0 ** draw.uniform(-3.0, 5.0, number))


@pytest.mark.parametrize("name", SOILS)
def test_the_closure_keeps_its_contract(name: str) -> None:
    check_closure(SOILS[name])


@pytest.mark.parametrize("name", SOILS)
def test_the_inverse_gives_back_the_head_with_its_gradient(name: str) -> None:
    check_inverse(SOILS[name], HEADS)
    check_inverse_corners(SOILS[name])
    check_inverse_gradient(SOILS[name], -np.logspace(-2.0, 2.0, 7))


def test_random_soils_agree_with_many_digits_and_are_inverted() -> None:
    mpmath = pytest.importorskip("mpmath")
    soils, psi = random_soils(500)
    theta, K = soils.water_content(psi), soils.conductivity(psi)
    with mpmath.workdps(200):
        for i in range(psi.size):
            exact_theta, exact_K = reference(mpmath.mp, soils, i, psi[i])
            assert abs(mpmath.mpf(float(theta[i])) - exact_theta) <= 1e-14
            assert abs(mpmath.mpf(float(K[i])) / exact_K - 1) <= 1e-12
    check_inverse(soils, psi)


@pytest.mark.parametrize("weight", [0.3, 0.9])
def test_two_equal_pore_systems_are_one_van_genuchten_soil(weight: float) -> None:
    same = {**GOOD, "alpha_2": GOOD["alpha"], "n_2": GOOD["n"], "weight_2": weight}
    one = VanGenuchten(GOOD["theta_r"], GOOD["theta_s"], GOOD["alpha"], GOOD["n"], GOOD["K_s"], GOOD["tau"])
    for a, b in zip(BimodalVanGenuchten(**same).evaluate(HEADS), one.evaluate(HEADS), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_a_vanishing_second_system_leaves_the_first() -> None:
    one = VanGenuchten(GOOD["theta_r"], GOOD["theta_s"], GOOD["alpha"], GOOD["n"], GOOD["K_s"], GOOD["tau"])
    nearly = BimodalVanGenuchten(**{**GOOD, "weight_2": 1e-15})
    for a, b in zip(nearly.evaluate(HEADS), one.evaluate(HEADS), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_the_iteration_finds_the_closed_inverse_of_van_genuchten() -> None:
    soil = VanGenuchten(0.05, 0.45, 2.0, 1.6, 1e-6)
    theta = np.linspace(0.0501, 0.449, 50)
    np.testing.assert_allclose(invert(soil, theta), soil.matric_head(theta), rtol=1e-12)
    np.testing.assert_allclose(invert(to_jax(soil), jax.numpy.asarray(theta)), soil.matric_head(theta), rtol=1e-12)


def test_the_iteration_stays_between_its_limits_and_keeps_shapes() -> None:
    soil = VanGenuchten(np.full((2, 1), 0.05), 0.45, np.array([[1.0], [3.0]]), 1.6, 1e-6)
    theta = np.array([0.44, 0.3, 0.2, 0.45, 0.46])
    psi = invert(soil, theta, h_low=1.0)
    assert psi.shape == (2, 5) and np.all(psi[:, 3] == 0.0) and np.all(np.isnan(psi[:, 4]))
    np.testing.assert_allclose(psi[:, 0], -1.0)
    mapped = jax.jit(jax.vmap(lambda t: invert(SOILS["aggregated"], t)))(jax.numpy.asarray(theta))
    np.testing.assert_allclose(mapped, SOILS["aggregated"].matric_head(theta), rtol=1e-10)
    with pytest.raises(RangeError, match="theta must lie in"):
        invert(VanGenuchten(0.05, 0.45, 2.0, 1.6, 1e-6), 0.051, h_high=10.0)


def test_a_head_outside_every_soil_still_gives_numbers() -> None:
    for soil in SOILS.values():
        for psi in (-5e-324, -1e-300, -1e300):
            assert all(np.all(np.isfinite(value)) for value in soil.evaluate(psi))


def test_bad_input_is_told_or_masked() -> None:
    wrong = {"weight_2": 1.0, "n_2": 0.9, "alpha_2": 0.0, "n": 1.0, "theta_r": -0.1, "theta_s": 1.5, "K_s": 0.0}
    check_rejected(BimodalVanGenuchten, GOOD, wrong)
    check_outside(SOILS["aggregated"], GOOD["theta_r"])


@given(
    n=st.floats(1.05, 8.0), n_2=st.floats(1.05, 8.0), weight=st.floats(0.01, 0.99),
    log_alpha=st.floats(-2.0, 2.0), x=st.floats(-5.0, 5.0), step=st.floats(0.0, 3.0),
)  # fmt: skip
def test_water_and_conductivity_fall_with_suction_within_their_bounds(
    n: float, n_2: float, weight: float, log_alpha: float, x: float, step: float
) -> None:
    soil = BimodalVanGenuchten(**{**GOOD, "n": n, "n_2": n_2, "weight_2": weight, "alpha": 10.0**log_alpha, "K_s": 1.0})
    wet, dry = soil.evaluate(-(10.0**x)), soil.evaluate(-(10.0 ** (x + step)))
    assert GOOD["theta_r"] <= dry.water_content <= wet.water_content + EPS <= GOOD["theta_s"] + 2.0 * EPS
    assert 0.0 <= dry.conductivity <= wet.conductivity * (1.0 + 1e-12) <= 1.0 + 1e-11
    assert wet.capacity >= 0.0
