"""Infiltration with known solutions: linear soils of Philip (1969) and Srivastava & Yeh (1991), Green & Ampt (1911)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erfc
from tests.physics.soils import Exponential

from vadose.flow.boundary import FixedHead, FreeDrainage
from vadose.flow.richards import RichardsSettings, richards
from vadose.soil import Campbell

FINE = RichardsSettings(smooth_head=1e-3, specific_storage=1e-9)


def run(soil: Any, thickness: Any, liquid: Any, steps: int, **asked: Any) -> Any:
    """The last step, and the fluxes into the soil of all, m s-1."""

    def step(state: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], Any]:
        water, head = state
        done = richards(soil, thickness, water, demand=0.0, uptake=0.0, pond=0.0, head=head, **asked)
        return (done.liquid, done.head), (done.liquid[:, 0], done.flux[0, 0])

    start = (liquid, soil.matric_head(liquid))
    _, (theta, flux) = jax.jit(lambda s: jax.lax.scan(step, s, None, length=steps))(start)
    return np.asarray(theta), np.asarray(flux)


def test_early_infiltration_into_a_linear_soil_is_two_term_with_its_exact_sorptivity() -> None:
    # D = K_s / (alpha dtheta) and K linear in theta: S = 2 dtheta sqrt(D / pi), A = (K_s + K_0) / 2, Philip (1969).
    K_s, alpha, span = 1e-5, 2.0, 0.4
    soil = Exponential(0.45, 0.05, alpha, K_s)
    thickness = jnp.full((200, 1), 0.002)
    liquid = jnp.full((200, 1), 0.05 + span * 1e-3)
    dt, steps = 0.5, 400
    _, flux = run(
        soil,
        thickness,
        liquid,
        steps,
        dt=dt,
        supply=0.0,
        surface_head=jnp.zeros(1),
        bottom=FreeDrainage(),
        settings=FINE,
    )
    time = dt * np.arange(1, steps + 1)
    sorptivity = 2.0 * span * (1.0 - 1e-3) * np.sqrt(K_s / (alpha * span) / np.pi)
    expected = sorptivity * np.sqrt(time) + 0.5 * K_s * time
    np.testing.assert_allclose(dt * np.cumsum(flux)[100:], expected[100:], rtol=0.02)


def test_transient_infiltration_above_a_water_table_follows_srivastava_and_yeh() -> None:
    K_s, alpha, span, length = 1e-2 / 3600.0, 10.0, 0.34, 1.0
    q_0, q_1 = 0.1 * K_s, 0.9 * K_s
    layers = 100
    soil = Exponential(0.40, 0.06, alpha, K_s)
    height = length - (np.arange(layers) + 0.5) * length / layers
    K_0 = q_0 + (K_s - q_0) * np.exp(-alpha * height)
    liquid = jnp.asarray(0.06 + span * K_0 / K_s)[:, None]
    dt, steps = 90.0, 400
    theta, _ = run(
        soil,
        jnp.full((layers, 1), length / layers),
        liquid,
        steps,
        dt=dt,
        supply=q_1,
        bottom=FixedHead(0.0),
        settings=FINE,
    )
    L, z, t = alpha * length, alpha * height, alpha * K_s * dt * steps / span
    roots = [
        brentq(lambda x: np.sin(x * L) + 2.0 * x * np.cos(x * L), (k - 0.5) * np.pi / L + 1e-9, k * np.pi / L)
        for k in range(1, 200)
    ]
    series = sum(np.sin(r * z) * np.sin(r * L) * np.exp(-r * r * t) / (1.0 + L / 2.0 + 2.0 * r * r * L) for r in roots)
    passed = 4.0 * (q_1 - q_0) / K_s * np.exp((L - z) / 2.0 - t / 4.0) * series
    expected = q_1 / K_s - (q_1 / K_s - 1.0) * np.exp(-z) - passed
    relative = (theta[-1] - 0.06) / span
    assert np.abs(relative - expected).max() < 0.01
    assert np.abs(relative - K_0 / K_s).max() > 0.3


@pytest.mark.parametrize("K_s", [(10.0, 1.0), (1.0, 10.0)], ids=["fine over coarse", "coarse over fine"])
def test_transient_infiltration_into_two_layers_follows_srivastava_and_yeh(K_s: tuple[float, float]) -> None:
    # Their layers: 1 m each, alpha 0.1 cm-1 in both, K_s in cm h-1 (lower first), rain from 0.1 to 0.9 cm h-1.
    lower, upper = np.asarray(K_s) * 1e-2 / 3600.0
    alpha, span, q_0, q_1, layers = 10.0, 0.34, 0.1e-2 / 3600.0, 0.9e-2 / 3600.0, 200
    height = alpha * (2.0 - (np.arange(layers) + 0.5) * 2.0 / layers)
    here = np.where(height < 10.0, lower, upper)
    at_meeting = q_0 / lower + (1.0 - q_0 / lower) * np.exp(-10.0)
    below = q_0 / lower + (1.0 - q_0 / lower) * np.exp(-height)
    above = q_0 / upper + (at_meeting - q_0 / upper) * np.exp(10.0 - height)
    start = np.where(height < 10.0, below, above)
    dt, steps = 120.0, 300
    theta, _ = run(
        Exponential(0.40, 0.06, alpha, jnp.asarray(here)[:, None]),
        jnp.full((layers, 1), 2.0 / layers),
        jnp.asarray(0.06 + span * start)[:, None],
        steps,
        dt=dt,
        supply=q_1,
        bottom=FixedHead(0.0),
        settings=FINE,
    )
    some = slice(5, layers, 10)
    expected = start[some] + [two_layers(z, dt * steps, alpha, span, lower, upper, q_1 - q_0) for z in height[some]]
    relative = (theta[-1][some] - 0.06) / span
    assert np.abs(relative - expected).max() < 0.015
    assert np.abs(relative - start[some]).max() > 0.3


def two_layers(Z: float, time: float, alpha: float, span: float, lower: float, upper: float, more: float) -> float:
    """Rise of K / K_s at Z = alpha z over a water table in two layers that meet at 10, when it rains `more`, m s-1.

    k'' + k' = beta s k in each layer with beta = span / (alpha K_s); k and K_s (k' + k) go on at 10, k = 0 at the
    table and K_s (k' + k) = more / s at 20. Source: Srivastava & Yeh (1991), whose series invert the same transform
    """

    def transform(s: Any) -> Any:
        a, b = (mpmath.sqrt(0.25 + s * span / (alpha * K)) for K in (lower, upper))
        sinh, cosh, e = mpmath.sinh, mpmath.cosh, mpmath.exp
        # k = A e^(-Z/2) sinh(a Z) below and e^(-Z/2) [B cosh(b (Z - 10)) + C sinh(b (Z - 10))] above, with A = 1 first.
        B = sinh(10 * a)
        C = (lower * (0.5 * sinh(10 * a) + a * cosh(10 * a)) - upper * 0.5 * B) / (upper * b)
        flux = (
            upper * e(-10) * (0.5 * (B * cosh(10 * b) + C * sinh(10 * b)) + b * (B * sinh(10 * b) + C * cosh(10 * b)))
        )
        value = sinh(a * Z) if Z < 10 else B * cosh(b * (Z - 10)) + C * sinh(b * (Z - 10))
        return more / s / flux * e(-mpmath.mpf(Z) / 2) * value

    return float(mpmath.invertlaplace(transform, time, method="talbot"))


def test_ponded_infiltration_into_sharp_soil_approaches_green_and_ampt() -> None:
    # Campbell's curve with a small b drains at once below its air entry; the front's suction is the integral of K_r,
    # h_b p / (p - 1) with p = 2 + 3 / b (Neuman 1976).
    soil = Campbell(theta_s=0.4, psi_s=-0.1, b=0.3, K_s=1e-5)
    layers, dt, steps = 200, 30.0, 120
    thickness = jnp.full((layers, 1), 0.005)
    liquid = jnp.full((layers, 1), 0.05)
    _, flux = run(
        soil,
        thickness,
        liquid,
        steps,
        dt=dt,
        supply=0.0,
        surface_head=jnp.zeros(1),
        bottom=FreeDrainage(),
        settings=FINE,
    )
    suction = 0.1 * 12.0 / 11.0
    store = suction * 0.35
    infiltrated = dt * np.cumsum(flux)
    time = dt * np.arange(1, steps + 1)
    expected = np.array([brentq(lambda x, t=t: x - store * np.log1p(x / store) - 1e-5 * t, 1e-9, 1.0) for t in time])
    np.testing.assert_allclose(infiltrated[20:], expected[20:], rtol=0.04)


def test_horizontal_limit_of_the_linear_soil_has_its_error_function_profile() -> None:
    # With alpha small the gravity term vanishes against diffusion over short times.
    K_s, alpha, span = 1e-6, 0.05, 0.4
    soil = Exponential(0.45, 0.05, alpha, K_s)
    layers, dt, steps = 200, 0.5, 400
    thickness = jnp.full((layers, 1), 0.002)
    liquid = jnp.full((layers, 1), 0.05 + 0.01 * span)
    theta, _ = run(
        soil,
        thickness,
        liquid,
        steps,
        dt=dt,
        supply=0.0,
        surface_head=jnp.zeros(1),
        bottom=FreeDrainage(),
        settings=FINE,
    )
    depth = (np.arange(layers) + 0.5) * 0.002
    expected = 0.01 + 0.99 * erfc(depth / (2.0 * np.sqrt(K_s / (alpha * span) * dt * steps)))
    assert np.abs((theta[-1] - 0.05) / span - expected).max() < 0.01
