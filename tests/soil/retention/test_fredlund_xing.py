"""Fredlund-Xing: many digits, its dry end, gradients, the iterated inverse and bad input."""

from __future__ import annotations

import math

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
)

from vadose.soil.retention.fredlund_xing import HEAD_DRY, FredlundXing

GOOD = {"theta_s": 0.45, "a": 1.5, "n": 1.8, "m": 0.9, "h_r": 300.0, "K_s": 1e-6, "p": 4.0}
SOILS = {
    "loam": FredlundXing(**GOOD),
    "clay": FredlundXing(0.55, 20.0, 0.6, 0.5, 1e4, 1e-8, 3.0),
    "sand": FredlundXing(0.38, 0.3, 7.0, 2.0, 10.0, 1e-4, 8.0),
}


@pytest.mark.parametrize("name", SOILS)
def test_the_closure_keeps_its_contract(name: str) -> None:
    check_closure(SOILS[name])


@pytest.mark.parametrize("name", SOILS)
def test_the_inverse_gives_back_the_head_with_its_gradient(name: str) -> None:
    check_inverse(SOILS[name], HEADS)
    check_inverse_corners(SOILS[name])
    check_inverse_gradient(SOILS[name], -np.logspace(-1.0, 4.0, 7))


def test_random_soils_agree_with_many_digits() -> None:
    mpmath = pytest.importorskip("mpmath")
    draw = np.random.default_rng(1994)
    size = 500
    soils = FredlundXing(
        draw.uniform(0.2, 0.9, size), 10.0 ** draw.uniform(-2.0, 2.0, size), draw.uniform(0.3, 8.0, size),
        draw.uniform(0.2, 3.0, size), 10.0 ** draw.uniform(0.0, 4.0, size), np.ones(size),
        draw.uniform(1.0, 10.0, size),
    )  # fmt: skip
    psi = -(10.0 ** draw.uniform(-3.0, 5.0, size))
    theta, K = soils.water_content(psi), soils.conductivity(psi)
    with mpmath.workdps(100):
        for i in range(size):
            theta_s, a, n, m, h_r, p, h = (
                mpmath.mpf(float(v[i])) for v in (soils.theta_s, soils.a, soils.n, soils.m, soils.h_r, soils.p, -psi)
            )
            share = 1 - mpmath.log(1 + h / h_r) / mpmath.log(1 + mpmath.mpf(HEAD_DRY) / h_r)
            share /= mpmath.log(mpmath.e + (h / a) ** n) ** m
            assert abs(mpmath.mpf(float(theta[i])) / (theta_s * share) - 1) <= 1e-13
            assert abs(mpmath.mpf(float(K[i])) / share**p - 1) <= 1e-12


def test_the_water_content_at_the_suction_a_is_a_closed_number() -> None:
    # h = a: theta / C = theta_s / ln(e + 1)^m; Fredlund & Xing (1994) eq. 28.
    soil = SOILS["loam"]
    share = 1.0 - math.log1p(1.5 / 300.0) / math.log1p(HEAD_DRY / 300.0)
    np.testing.assert_allclose(soil.water_content(-1.5), 0.45 * share / math.log(math.e + 1.0) ** 0.9, rtol=1e-14)


def test_no_water_is_left_at_one_gigapascal_and_beyond() -> None:
    soil = SOILS["loam"]
    np.testing.assert_allclose(HEAD_DRY, 1e9 / (1000.0 * 9.80665), rtol=1e-15)
    for psi in (-HEAD_DRY, -2.0 * HEAD_DRY, -1e300):
        assert [float(v) for v in soil.evaluate(psi)] == [0.0, 0.0, 0.0]
    assert 0.0 < soil.water_content(-HEAD_DRY * (1.0 - 1e-9)) < 1e-9


def test_a_suction_without_meaning_still_gives_numbers() -> None:
    for soil in SOILS.values():
        assert all(np.all(np.isfinite(value)) for psi in (-5e-324, -1e-300) for value in soil.evaluate(psi))


def test_bad_input_is_told_or_masked() -> None:
    wrong = {"theta_s": 1.1, "a": 0.0, "n": 0.0, "m": -1.0, "h_r": 0.0, "K_s": 0.0, "p": 0.0}
    check_rejected(FredlundXing, GOOD, wrong)
    check_outside(SOILS["loam"], 0.0)


@given(
    a=st.floats(0.01, 100.0), n=st.floats(0.3, 8.0), m=st.floats(0.2, 3.0), log_h_r=st.floats(0.0, 4.0),
    x=st.floats(-5.0, 5.5), step=st.floats(0.0, 3.0),
)  # fmt: skip
def test_water_and_conductivity_fall_with_suction_within_their_bounds(
    a: float, n: float, m: float, log_h_r: float, x: float, step: float
) -> None:
    soil = FredlundXing(**{**GOOD, "a": a, "n": n, "m": m, "h_r": 10.0**log_h_r, "K_s": 1.0})
    wet, dry = soil.evaluate(-(10.0**x)), soil.evaluate(-(10.0 ** (x + step)))
    assert 0.0 <= dry.water_content <= wet.water_content + EPS <= GOOD["theta_s"] + 2.0 * EPS
    assert 0.0 <= dry.conductivity <= wet.conductivity * (1.0 + 1e-12) <= 1.0 + 1e-11
    assert wet.capacity >= 0.0
