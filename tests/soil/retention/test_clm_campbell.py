"""The smooth wet end of Clapp and Hornberger: joins the power law in value and slope, exact both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soil.retention import power_checks as check

from vadose.soil.retention.clm_campbell import ClmCampbell
from vadose.soil.retention.power_law import Campbell

LOAM: dict[str, float] = {"theta_s": 0.451, "psi_s": -0.478, "b": 5.39, "K_s": 6.95e-6, "W_i": 0.92}
# b = 11.5 makes the parabola of W_i = 0.92 a straight line.
SOILS = [ClmCampbell(**{**LOAM, "b": b}) for b in (0.8, 5.39, 11.4, 11.5, 17.0, 22.9)]
each_soil = pytest.mark.parametrize("closure", SOILS)
heads = st.lists(st.floats(-1e5, 1.0), min_size=2, max_size=30)


@st.composite
def closures(draw: st.DrawFn) -> ClmCampbell:
    W_i = draw(st.floats(0.6, 0.98))
    b = draw(st.floats(0.02, 0.98)) * 2.0 * W_i / (1.0 - W_i)
    return ClmCampbell(draw(st.floats(0.2, 0.9)), draw(st.floats(-5.0, -1e-3)), max(min(b, 40.0), 0.1), 1e-5, W_i)


def parabola(b: Any, psi_s: Any, W_i: Any) -> tuple[Any, Any]:
    """m, in m, and n of the parabola as the paper writes them, for suction."""
    h_i = -psi_s * W_i**-b
    m = h_i / (1 - W_i) ** 2 - h_i * b / (W_i * (1 - W_i))
    return m, 2 * W_i - h_i * b / (m * W_i) - 1


def in_digits(mp: Any, psi: Any, *, theta_s: Any, psi_s: Any, b: Any, K_s: Any, W_i: Any) -> Any:
    if psi < psi_s * W_i**-b:
        W = (psi / psi_s) ** (-1 / b)
    else:
        m, n = parabola(b, psi_s, W_i)
        # W^2 - (1 + n) W + n - psi/m = 0: the root between W_i and 1.
        r = mp.sqrt((1 - n) ** 2 + 4 * psi / m)
        W = max((1 + n + r) / 2, (1 + n - r) / 2) if m > 0 else min((1 + n + r) / 2, (1 + n - r) / 2)
    return theta_s * W, K_s * W ** (2 * b + 3)


def test_equals_fifty_digits() -> None:
    rng = np.random.default_rng(3)
    W_i = np.where(rng.random(300) < 0.5, 0.92, rng.uniform(0.7, 0.98, 300))
    b = np.minimum(rng.uniform(0.02, 0.99, 300) * 2.0 * W_i / (1.0 - W_i), 30.0)
    psi_s = -(10.0 ** rng.uniform(-3, 0.5, 300))
    closure = ClmCampbell(rng.uniform(0.2, 0.9, 300), psi_s, b, 10.0 ** rng.uniform(-9, -3, 300), W_i)
    near = closure.psi_i * rng.uniform(0.0, 1.2, (4, 300))
    check.equals_mpmath(closure, np.concatenate([-(10.0 ** rng.uniform(-3, 5, (4, 300))), near]), in_digits)


@given(closures(), st.floats(0.0, 1.0))
def test_wet_end_is_the_parabola_of_the_paper(closure: ClmCampbell, share: float) -> None:
    W = closure.W_i + (1.0 - closure.W_i) * share
    theta = min(W * closure.theta_s, closure.theta_s)
    # Near a straight line m goes to 0 and the paper's own form loses its digits.
    if abs(closure.b * (1.0 - closure.W_i) / closure.W_i - 1.0) > 1e-3:
        m, n = parabola(closure.b, closure.psi_s, closure.W_i)
        W = theta / closure.theta_s
        expected = m * (W - n) * (W - 1.0)
        np.testing.assert_allclose(closure.matric_head(theta), expected, rtol=1e-9, atol=-1e-11 * closure.psi_i)


@each_soil
def test_value_and_slope_are_continuous_where_the_parabola_begins(closure: ClmCampbell) -> None:
    sharp = Campbell(closure.theta_s, closure.psi_s, closure.b, closure.K_s)
    at = closure.psi_i
    assert closure.water_content(at) == pytest.approx(0.92 * closure.theta_s, rel=1e-14)
    both = at * np.array([1.0 - 1e-12, 1.0 + 1e-12])
    np.testing.assert_allclose(closure.capacity(both), sharp.capacity(at), rtol=1e-9)
    np.testing.assert_allclose(closure.conductivity_derivative(both), sharp.conductivity_derivative(at), rtol=1e-9)


@given(closures(), st.floats(1.0001, 1e5))
def test_drier_than_the_parabola_it_is_campbell(closure: ClmCampbell, times: float) -> None:
    sharp = Campbell(closure.theta_s, closure.psi_s, closure.b, closure.K_s)
    psi = closure.psi_i * times
    assert closure.water_content(psi) == sharp.water_content(psi)
    assert closure.conductivity(psi) == sharp.conductivity(psi)


@each_soil
def test_follows_the_contract(closure: Any) -> None:
    check.follows_the_contract(closure)


@each_soil
def test_gradients_are_finite_everywhere(closure: Any) -> None:
    check.gradients_are_finite(closure, float(closure.psi_i), float(closure.psi_s))
    check.inverse_gradients_are_finite(closure)


@each_soil
def test_gradients_equal_central_differences(closure: Any) -> None:
    check.gradients_equal_central_differences(closure, [-1e-3, -0.3, -30.0, -1e5])


@each_soil
def test_capacity_and_conductivity_derivative_are_gradients(closure: Any) -> None:
    points = np.concatenate([check.PSI, check.CORNERS, closure.psi_i * np.array([0.5, 0.99, 1.01])])
    check.derivatives_are_those_of_the_functions(closure, points)


@given(closures(), heads)
def test_monotone_bounded_and_continuous(closure: ClmCampbell, psi: list[float]) -> None:
    check.monotone_and_bounded(closure, psi)
    check.continuous_at(closure, float(closure.psi_i))


@given(closures())
def test_limits_at_both_ends(closure: ClmCampbell) -> None:
    dry = closure.psi_s * 1000.0**closure.b
    np.testing.assert_allclose(closure.water_content(dry), 1e-3 * closure.theta_s, rtol=1e-12)
    wet = -1e-14
    np.testing.assert_allclose(closure.water_content(wet), closure.theta_s, rtol=1e-8)
    np.testing.assert_allclose(closure.conductivity(wet), closure.K_s, rtol=1e-6)


@given(closures(), st.floats(1e-3, 1.0))
def test_inverse_comes_back_in_the_wet_end(closure: ClmCampbell, share: float) -> None:
    check.inverse_comes_back(closure, closure.psi_i * np.array([share, 1.0]))


@given(closures(), st.floats(1.0, 1e4))
def test_inverse_comes_back_in_the_dry_end(closure: ClmCampbell, times: float) -> None:
    check.inverse_comes_back(closure, closure.psi_i * np.array([times]))


def test_bad_elements_are_nan_and_bad_numbers_raise() -> None:
    bad: dict[str, float] = {"theta_s": 1.5, "psi_s": 0.1, "b": 23.5, "K_s": 0.0, "W_i": 1.0}
    check.bad_elements_stay_alone(ClmCampbell, LOAM, bad)
