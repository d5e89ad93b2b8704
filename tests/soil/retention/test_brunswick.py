"""Brunswick against stored curves, quadrature in mpmath, its own derivatives and its limits."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import RangeError
from vadose.soil.adsorption import OVEN_DRY_HEAD
from vadose.soil.retention.brunswick import Brunswick, drained_integral
from vadose.soil.retention.contract import Retention

CM_D = 8.64e6  # cm d-1 in one m s-1
LOAM = Brunswick(0.31, 0.09, 2.0, 1.4, 3e-6, 2e-9, 0.03)
SOILS = [
    LOAM,
    dataclasses.replace(LOAM, vapour=True),
    Brunswick(0.45, 0.0, 0.5, 1.05, 1e-7, 0.0, -1.0),
    Brunswick(0.35, 0.05, 15.0, 8.0, 1e-4, 1e-8),
]
HEADS = np.array([1.0, 0.0, -1e-12, -1e-3, -1.0, -150.0, -6e4, -OVEN_DRY_HEAD, -1e5, -1e8])
METHODS = ("water_content", "capacity", "conductivity", "conductivity_derivative")


@functools.cache
def gradients(name: str) -> Any:
    """Of a method at many heads, with respect to the leaves and to psi; compiled once for all soils."""
    return jax.jit(jax.vmap(jax.grad(lambda c, p: getattr(c, name)(p), argnums=(0, 1)), in_axes=(None, 0)))


def in_jax(closure: Brunswick) -> Any:
    return jax.tree_util.tree_map(jnp.asarray, closure)


def weber_2020(vadose_data: Path) -> tuple[Any, Brunswick]:
    """The stored curves, and the closures whose parameters they were made with."""
    ptf = np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")
    names = ("theta_sc", "theta_snc", "alpha", "n", "k_sc", "k_snc", "tau")
    theta_sc, theta_snc, alpha, n, K_sc, K_snc, tau = (ptf[f"ptfkit_weber2020_{name}_bw"][:, None] for name in names)
    soils = Brunswick(theta_sc, theta_snc, 100.0 * alpha, n, K_sc / CM_D, K_snc / CM_D, tau)
    return np.load(vadose_data / "golden/soil/pdi_brunswick_20soils.npz"), soils


def test_brunswick_is_a_retention_closure() -> None:
    assert isinstance(LOAM, Retention)


def test_stored_curves_of_pedon_are_met_with_its_lower_limit(vadose_data: Path) -> None:
    # pedon integrates from 10^-3 cm instead of from 0; with that limit its numbers are these.
    curves, soils = weber_2020(vadose_data)
    h, m = curves["h_cm"] / 100.0, 1.0 - 1.0 / soils.n

    def integral(y: Any) -> Any:
        return drained_integral(np.log1p((soils.alpha * y) ** soils.n), m)

    start = integral(1e-5)
    left_out = (integral(h) - start) / (integral(OVEN_DRY_HEAD) - start) - integral(h) / integral(OVEN_DRY_HEAD)
    theta, K = soils.water_content(-h), soils.conductivity(-h)
    thin = soils.K_snc * 10.0 ** (-10.2 * integral(h) / integral(OVEN_DRY_HEAD))
    theta_pedon = theta - soils.theta_snc * left_out
    K_pedon = K + thin * np.expm1(-10.2 * np.log(10.0) * left_out)
    np.testing.assert_allclose(theta_pedon, curves["pedon_brunswick_theta"], rtol=1e-10)
    np.testing.assert_allclose(CM_D * K_pedon, curves["pedon_brunswick_k"], rtol=1e-10)


def test_stored_curves_of_pedon_are_within_the_error_of_its_lower_limit(vadose_data: Path) -> None:
    curves, soils = weber_2020(vadose_data)
    psi = -curves["h_cm"] / 100.0
    np.testing.assert_allclose(soils.water_content(psi), curves["pedon_brunswick_theta"], rtol=5e-9)
    np.testing.assert_allclose(CM_D * soils.conductivity(psi), curves["pedon_brunswick_k"], rtol=1e-7)


def test_water_and_conductivity_of_random_soils_equal_quadrature_in_mpmath() -> None:
    mp = pytest.importorskip("mpmath")
    rng = np.random.default_rng(5)
    for _ in range(20):
        alpha, n = np.exp(rng.uniform(np.log(0.1), np.log(50.0))), 1.0 + np.exp(rng.uniform(np.log(0.05), np.log(7.0)))
        tau, K_snc = rng.uniform(-1.0, 2.0), rng.choice([1e-7, 1e-3])
        psi = -np.exp(rng.uniform(np.log(1e-3), np.log(6.3e4), 3))
        found = Brunswick(0.3, 0.1, alpha, n, 1.0, K_snc, tau).evaluate(psi)
        with mp.workdps(60):
            for i, p in enumerate(psi):
                theta, K = exact(mp, p, alpha, n, K_snc, tau)
                assert abs(found.water_content[i] - theta) <= 1e-14
                assert abs(found.conductivity[i] - K) <= 1e-12 * K


def exact(mp: Any, psi: float, *parameters: float) -> tuple[Any, Any]:
    """Theta and K by the published formulas in mpmath, for theta_sc = 0.3, theta_snc = 0.1 and K_sc = 1."""
    alpha, n, K_snc, tau = (mp.mpf(float(v)) for v in parameters)
    h, h0, m = mp.mpf(-float(psi)), mp.mpf(OVEN_DRY_HEAD), 1 - 1 / n
    G, G0 = ((1 + (alpha * y) ** n) ** -m for y in (h, h0))
    S = (G - G0) / (1 - G0)

    def integral(end: Any) -> Any:
        # In w = n ln(alpha y), by panels; what lies below w = -60 is less than 1e-26.
        top = n * mp.log(alpha * end)
        points = [*mp.linspace(-60, top, int(mp.ceil((top + 60) / 3)) + 1)]
        with mp.workdps(20):
            return mp.quad(lambda w: 1 - (1 + mp.exp(w)) ** -m, points, method="gauss-legendre", maxdegree=4)

    N = 1 - integral(h) / integral(h0)
    R = (1 - G ** (1 / m)) / (1 - G0 ** (1 / m))
    K = S**tau * (1 - R**m) ** 2 + K_snc * (h0 / mp.mpf("0.01")) ** (mp.mpf("-1.5") * (1 - N))
    return mp.mpf("0.3") * S + mp.mpf("0.1") * N, K


def test_the_drained_integral_has_its_limits() -> None:
    # Euler's constant and the digamma function: F = ln(e^V - 1) + psi(m) + gamma as V grows; psi(1/2) = -gamma - ln 4.
    assert drained_integral(80.0, 0.5) == pytest.approx(80.0 - np.log(4.0), rel=1e-15)
    assert drained_integral(1e-9, 0.3) == pytest.approx(0.3e-9, rel=1e-8)
    assert drained_integral(0.0, 0.3) == 0.0


@pytest.mark.parametrize("m", [0.01, 0.3, 0.9])
def test_the_drained_integral_is_smooth_where_series_takes_over(m: float) -> None:
    slope = jax.grad(drained_integral)
    for V in (0.1, 2.999999, 3.000001, 20.0):
        assert slope(V, m) == pytest.approx(np.expm1(-m * V) / np.expm1(-V), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("soil", SOILS)
def test_gradients_are_finite_everywhere(soil: Brunswick) -> None:
    for name in METHODS:
        found = gradients(name)(in_jax(soil), jnp.asarray(HEADS))
        assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree_util.tree_leaves(found)), name


@pytest.mark.parametrize("soil", SOILS[:2])
def test_gradients_equal_central_differences(soil: Brunswick) -> None:
    leaves = [f.name for f in dataclasses.fields(soil) if not f.metadata.get("static")]
    for name in ("water_content", "conductivity"):
        for psi in (-0.3, -20.0, -4e4):
            slopes, slope = jax.tree_util.tree_map(lambda g: g[0], gradients(name)(in_jax(soil), jnp.full(10, psi)))
            step = 1e-6 * abs(psi)
            numeric = (getattr(soil, name)(psi + step) - getattr(soil, name)(psi - step)) / (2.0 * step)
            np.testing.assert_allclose(slope, numeric, rtol=1e-6)
            for leaf in leaves:
                value = float(getattr(soil, leaf))
                step = 1e-5 * value
                up, down = (dataclasses.replace(soil, **{leaf: value + s}) for s in (step, -step))
                numeric = (getattr(up, name)(psi) - getattr(down, name)(psi)) / (2.0 * step)
                scale = abs(float(getattr(soil, name)(psi)) / value)
                np.testing.assert_allclose(getattr(slopes, leaf), numeric, rtol=1e-6, atol=1e-8 * scale)


@pytest.mark.parametrize("soil", SOILS)
def test_capacity_and_conductivity_derivative_are_the_gradients(soil: Brunswick) -> None:
    psi = jnp.asarray(HEADS)
    capacity, slope = (jax.jit(jax.vmap(jax.grad(f)))(psi) for f in (soil.water_content, soil.conductivity))
    np.testing.assert_allclose(soil.capacity(HEADS), capacity, rtol=1e-10)
    np.testing.assert_allclose(soil.conductivity_derivative(HEADS), slope, rtol=1e-9)


@pytest.mark.parametrize("soil", SOILS)
def test_limits_at_both_ends(soil: Brunswick) -> None:
    assert soil.water_content(0.0) == soil.theta_s and soil.water_content(-1e-12) == pytest.approx(soil.theta_s)
    assert soil.conductivity(0.0) == soil.K_s and soil.conductivity(-1e-300) == pytest.approx(soil.K_s, rel=1e-6)
    assert soil.water_content(-OVEN_DRY_HEAD) == 0.0 and soil.capacity(-1e5) == 0.0
    before = soil.conductivity(-OVEN_DRY_HEAD * (1.0 - 1e-9))
    assert soil.conductivity(-OVEN_DRY_HEAD) == pytest.approx(before, rel=1e-6, abs=1e-25)


def test_noncapillary_flow_falls_by_ten_decades() -> None:
    assert np.log10(LOAM.conductivity(-1e5) / LOAM.K_snc) == pytest.approx(-10.2, abs=1e-12)


def test_vapour_adds_to_the_liquid_conductivity() -> None:
    damp = dataclasses.replace(LOAM, vapour=True)
    psi = np.array([-1.0, -1e4, -1e5])
    expected = LOAM.conductivity(psi) + LOAM.vapour_conductivity(psi)
    np.testing.assert_allclose(damp.conductivity(psi), expected, rtol=1e-14)


@pytest.mark.parametrize("soil", SOILS)
def test_the_head_comes_back_from_the_water_content(soil: Brunswick) -> None:
    psi = -np.logspace(-2 if soil.n < 5 else -1, 4.7, 30)
    theta = soil.water_content(psi)
    # A digit of theta is worth more of psi where the curve is flat.
    noise = 4e-16 / np.abs(soil.capacity(psi) * psi)
    clear = noise < 1e-9
    np.testing.assert_allclose(soil.matric_head(theta)[clear], psi[clear], rtol=1e-8)
    assert soil.matric_head(soil.theta_s) == 0.0
    with pytest.raises(RangeError, match="water content"):
        soil.matric_head(-0.01)


@given(st.floats(0.0, 0.2), st.floats(0.05, 60.0), st.floats(1.03, 8.0), st.floats(0.0, 3.0), st.floats(0.0, 1e-6))
def test_monotone_and_bounded(theta_snc: float, alpha: float, n: float, tau: float, K_snc: float) -> None:
    soil = Brunswick(0.35, theta_snc, alpha, n, 1e-5, K_snc, tau)
    found = soil.evaluate(-np.logspace(6, -6, 300))
    assert np.all(np.diff(found.water_content) >= -1e-15) and np.all(np.diff(found.conductivity) >= -1e-20)
    assert found.water_content.min() == 0.0 and found.water_content.max() <= soil.theta_s + 1e-15
    assert found.conductivity.min() >= 0.0 and found.conductivity.max() <= soil.K_s * (1.0 + 1e-14)
    assert np.all(found.capacity >= 0.0)


@given(st.floats(0.05, 60.0), st.floats(1.03, 8.0))
def test_continuous_where_the_formulas_switch(alpha: float, n: float) -> None:
    soil = Brunswick(0.35, 0.1, alpha, n, 1e-5, 1e-9)
    for h in (OVEN_DRY_HEAD, OVEN_DRY_HEAD * np.exp(-0.5 / n), np.expm1(3.0) ** (1.0 / n) / alpha):
        wet, dry = soil.water_content(-h * (1.0 - 1e-13)), soil.water_content(-h * (1.0 + 1e-13))
        assert abs(wet - dry) < 1e-12


def test_jax_equals_numpy_jitted_and_not() -> None:
    for soil in SOILS:
        expected = soil.evaluate(HEADS)
        for found in (in_jax(soil).evaluate(jnp.asarray(HEADS)), jax.jit(Brunswick.evaluate)(soil, HEADS)):
            for ours, theirs in zip(expected, found, strict=True):
                np.testing.assert_allclose(theirs, ours, rtol=1e-11)


def test_evaluate_is_the_methods_together() -> None:
    for soil in SOILS:
        found = soil.evaluate(HEADS)
        np.testing.assert_array_equal(found.water_content, soil.water_content(HEADS))
        np.testing.assert_array_equal(found.capacity, soil.capacity(HEADS))
        np.testing.assert_array_equal(found.conductivity, soil.conductivity(HEADS))


@pytest.mark.parametrize(
    "wrong", [{"alpha": 1e-5}, {"n": 1.0}, {"theta_snc": 0.8}, {"tau": -2.0}, {"K_snc": -1.0}, {"K_sc": 0.0}]
)
def test_impossible_parameters_are_told(wrong: dict[str, float]) -> None:
    with pytest.raises(RangeError, match=next(iter(wrong))):
        dataclasses.replace(LOAM, **wrong)


def test_impossible_elements_become_nan() -> None:
    soils = dataclasses.replace(LOAM, alpha=np.array([2.0, -1.0]))
    assert np.isfinite(soils.water_content(-1.0)).tolist() == [True, False]
