"""PDI against stored curves, mpmath, its own derivatives and its limits."""

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
from vadose.soil.retention.contract import Retention
from vadose.soil.retention.pdi import PDI

CM_D = 8.64e6  # cm d-1 in one m s-1
LOAM = PDI(0.06, 0.43, 2.0, 1.4, 3e-6, 0.5, 1e-3)
SOILS = [
    LOAM,
    dataclasses.replace(LOAM, vapour=True),
    PDI(0.0, 0.45, 0.5, 1.05, 1e-7, -1.0, 0.0),
    PDI(0.03, 0.38, 15.0, 8.0, 1e-4, 0.5, 0.1),
]
HEADS = np.array([1.0, 0.0, -1e-12, -1e-3, -1.0, -150.0, -6e4, -OVEN_DRY_HEAD, -1e5, -1e8])
METHODS = ("water_content", "capacity", "conductivity", "conductivity_derivative")


@functools.cache
def gradients(name: str) -> Any:
    """Of a method at many heads, with respect to the leaves and to psi; compiled once for all soils."""
    return jax.jit(jax.vmap(jax.grad(lambda c, p: getattr(c, name)(p), argnums=(0, 1)), in_axes=(None, 0)))


def in_jax(closure: PDI) -> Any:
    return jax.tree_util.tree_map(jnp.asarray, closure)


def test_pdi_is_a_retention_closure() -> None:
    assert isinstance(LOAM, Retention)


def test_stored_curves_of_twenty_soils_are_met(vadose_data: Path) -> None:
    curves = np.load(vadose_data / "golden/soil/pdi_brunswick_20soils.npz")
    rosetta = np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")["rosetta3_sscbd_mean"]
    theta_r, theta_s, alpha, n, K_s = (rosetta[:, i, None] for i in range(5))
    soils = PDI(theta_r, theta_s, 100.0 * alpha, n, K_s / CM_D)
    psi = -curves["h_cm"] / 100.0
    np.testing.assert_allclose(soils.water_content(psi), curves["own_pdi_theta"], rtol=1e-14)
    np.testing.assert_allclose(CM_D * soils.conductivity(psi), curves["own_pdi_k_cm_d"], rtol=1e-11)


def test_water_and_conductivity_of_random_soils_equal_mpmath() -> None:
    mp = pytest.importorskip("mpmath")
    rng = np.random.default_rng(3)
    for _ in range(300):
        theta_r, span = rng.uniform(0.0, 0.15), rng.uniform(0.2, 0.5)
        alpha, n = np.exp(rng.uniform(np.log(0.1), np.log(50.0))), 1.0 + np.exp(rng.uniform(np.log(0.05), np.log(7.0)))
        tau, omega = rng.uniform(-1.0, 2.0), rng.choice([0.0, 1e-4, 0.1])
        psi = -np.array([*np.exp(rng.uniform(np.log(1e-3), np.log(6.3e4), 4)), OVEN_DRY_HEAD * (1 - 1e-7), 1e5])
        found = PDI(theta_r, theta_r + span, alpha, n, 1.0, tau, omega).evaluate(psi)
        with mp.workdps(60):
            for i, p in enumerate(psi):
                theta, K = exact(mp, p, theta_r, theta_r + span, alpha, n, tau, omega)
                assert abs(found.water_content[i] - theta) <= 1e-14
                assert abs(found.conductivity[i] - K) <= 1e-11 * K


def exact(mp: Any, psi: float, *parameters: float) -> tuple[Any, Any]:
    """Theta and K / K_s by the published formulas in mpmath."""
    theta_r, theta_s, alpha, n, tau, omega = (mp.mpf(float(v)) for v in parameters)
    h0 = mp.mpf(OVEN_DRY_HEAD)
    h, m = min(mp.mpf(-float(psi)), h0), 1 - 1 / n
    G, G0 = ((1 + (alpha * y) ** n) ** -m for y in (h, h0))
    S = (G - G0) / (1 - G0)
    b = mp.mpf("0.1") + mp.mpf("0.2") / n**2 * (1 - mp.exp(-((theta_r / (theta_s - theta_r)) ** 2)))
    x, xa, x0 = mp.log10(h), mp.log10(1 / alpha), mp.log10(h0)
    A = 1 + (x - xa + b * mp.log(1 + mp.exp((xa - x) / b))) / (xa - x0)
    R = (1 - G ** (1 / m)) / (1 - G0 ** (1 / m))
    wide = S**tau * (1 - R**m) ** 2 if h < h0 else mp.mpf(0)
    thin = (h0 * alpha) ** (mp.mpf("-1.5") * (1 - A))
    return max((theta_s - theta_r) * S + theta_r * A, mp.mpf(0)), (1 - omega) * wide + omega * thin


@pytest.mark.parametrize("soil", SOILS)
def test_gradients_are_finite_everywhere(soil: PDI) -> None:
    for name in METHODS:
        found = gradients(name)(in_jax(soil), jnp.asarray(HEADS))
        assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree_util.tree_leaves(found)), name


@pytest.mark.parametrize("soil", SOILS[:2])
def test_gradients_equal_central_differences(soil: PDI) -> None:
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
def test_capacity_and_conductivity_derivative_are_the_gradients(soil: PDI) -> None:
    psi = jnp.asarray(HEADS)
    capacity, slope = (jax.jit(jax.vmap(jax.grad(f)))(psi) for f in (soil.water_content, soil.conductivity))
    np.testing.assert_allclose(soil.capacity(HEADS), capacity, rtol=1e-10)
    np.testing.assert_allclose(soil.conductivity_derivative(HEADS), slope, rtol=1e-9)


@pytest.mark.parametrize("soil", SOILS)
def test_limits_at_both_ends(soil: PDI) -> None:
    assert soil.water_content(0.0) == soil.theta_s and soil.water_content(-1e-12) == pytest.approx(soil.theta_s)
    assert soil.conductivity(0.0) == soil.K_s and soil.conductivity(-1e-300) == pytest.approx(soil.K_s, rel=1e-6)
    assert soil.water_content(-OVEN_DRY_HEAD) == 0.0 and soil.capacity(-1e5) == 0.0
    before = soil.conductivity(-OVEN_DRY_HEAD * (1.0 - 1e-9))
    assert soil.conductivity(-OVEN_DRY_HEAD) == pytest.approx(before, rel=1e-6, abs=1e-25)


def test_vapour_adds_to_the_liquid_conductivity_in_dry_soil_only() -> None:
    damp = dataclasses.replace(LOAM, vapour=True)
    psi = np.array([-1.0, -1e4, -1e5])
    extra = damp.conductivity(psi) - LOAM.conductivity(psi)
    np.testing.assert_allclose(extra, LOAM.vapour_conductivity(psi), rtol=1e-6, atol=1e-20)
    assert extra[0] < 1e-8 * LOAM.conductivity(-1.0) and extra[2] > 0.0
    warm = dataclasses.replace(damp, temperature=313.15)
    assert warm.conductivity(-1e4) > damp.conductivity(-1e4)


@pytest.mark.parametrize("soil", SOILS)
def test_the_head_comes_back_from_the_water_content(soil: PDI) -> None:
    psi = -np.logspace(-2 if soil.n < 5 else -1, 4.7, 30)
    theta = soil.water_content(psi)
    # A digit of theta is worth more of psi where the curve is flat.
    noise = 4e-16 / np.abs(soil.capacity(psi) * psi)
    clear = noise < 1e-9
    np.testing.assert_allclose(soil.matric_head(theta)[clear], psi[clear], rtol=1e-8)
    assert soil.matric_head(soil.theta_s) == 0.0
    with pytest.raises(RangeError, match="water content"):
        soil.matric_head(-0.01)


@given(st.floats(0.0, 0.15), st.floats(0.05, 60.0), st.floats(1.03, 8.0), st.floats(0.0, 3.0), st.floats(0.0, 1.0))
def test_monotone_and_bounded(theta_r: float, alpha: float, n: float, tau: float, omega: float) -> None:
    soil = PDI(theta_r, 0.5, alpha, n, 1e-5, tau, omega)
    found = soil.evaluate(-np.logspace(6, -6, 300))
    assert np.all(np.diff(found.water_content) >= -1e-15) and np.all(np.diff(found.conductivity) >= -1e-20)
    assert found.water_content.min() == 0.0 and found.water_content.max() <= 0.5
    assert found.conductivity.min() >= 0.0 and found.conductivity.max() <= 1e-5 * (1.0 + 1e-14)
    assert np.all(found.capacity >= 0.0)


@given(st.floats(0.05, 60.0), st.floats(1.03, 8.0))
def test_continuous_where_the_formulas_switch(alpha: float, n: float) -> None:
    soil = PDI(0.05, 0.5, alpha, n, 1e-5)
    for h in (OVEN_DRY_HEAD, OVEN_DRY_HEAD * np.exp(-0.5 / n), 1.0 / alpha):
        wet, dry = soil.water_content(-h * (1.0 - 1e-13)), soil.water_content(-h * (1.0 + 1e-13))
        assert abs(wet - dry) < 1e-7 if h == OVEN_DRY_HEAD else abs(wet - dry) < 1e-12


def test_jax_equals_numpy_jitted_and_not() -> None:
    for soil in SOILS:
        expected = soil.evaluate(HEADS)
        for found in (in_jax(soil).evaluate(jnp.asarray(HEADS)), jax.jit(PDI.evaluate)(soil, HEADS)):
            for ours, theirs in zip(expected, found, strict=True):
                np.testing.assert_allclose(theirs, ours, rtol=1e-11)


def test_evaluate_is_the_methods_together() -> None:
    for soil in SOILS:
        found = soil.evaluate(HEADS)
        np.testing.assert_array_equal(found.water_content, soil.water_content(HEADS))
        np.testing.assert_array_equal(found.capacity, soil.capacity(HEADS))
        np.testing.assert_array_equal(found.conductivity, soil.conductivity(HEADS))


@pytest.mark.parametrize(
    "wrong", [{"alpha": 1e-5}, {"n": 1.0}, {"omega": 1.5}, {"tau": -2.0}, {"theta_r": 0.5}, {"K_s": np.nan}]
)
def test_impossible_parameters_are_told(wrong: dict[str, float]) -> None:
    with pytest.raises(RangeError, match=next(iter(wrong))):
        dataclasses.replace(LOAM, **wrong)


def test_impossible_elements_become_nan() -> None:
    soils = dataclasses.replace(LOAM, alpha=np.array([2.0, -1.0]), omega=np.array([1e-4, 1e-4]))
    assert np.isfinite(soils.water_content(-1.0)).tolist() == [True, False]
    assert np.isnan(LOAM.matric_head(np.array([0.2, 0.6]))).tolist() == [False, True]
