"""Conduction against the exact solutions of the half-space."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erfc

from vadose.arrays import Array
from vadose.flow.heat import HeatLayers, Series, UpperLayer, conduct, surface_conductance
from vadose.flow.heat_boundary import ZeroHeatFlux

CAPACITY, LAMBDA = 2.2e6, 1.3  # J m-3 K-1, W m-1 K-1
DIFFUSIVITY = LAMBDA / CAPACITY


def column(size: float, depth: float, temperature: float) -> HeatLayers:
    """A uniform column."""
    full = jnp.ones((round(depth / size), 1))
    return HeatLayers(temperature * full, size * full, CAPACITY * size * full, LAMBDA * full, full > 0.0)


def run(layers: HeatLayers, fluxes: Array, dt: float) -> np.ndarray:
    """Temperatures after every step, [step, layer], with a given flux in each."""
    exchange = ZeroHeatFlux().exchange(layers.thickness, layers.conductivity, jnp.zeros(1))
    conductance = Series().conductance(layers)

    def step(T: Array, flux: Array) -> tuple[Array, Array]:
        now = HeatLayers(T, layers.thickness, layers.capacity, layers.conductivity, layers.present)
        T = conduct(now, conductance, jnp.full(1, flux), exchange, dt)
        return T, T[:, 0]

    return np.asarray(jax.jit(lambda T: jax.lax.scan(step, T, fluxes))(layers.temperature)[1])


def test_a_step_of_flux_converges_with_the_square_of_the_layers() -> None:
    """T = (2 G / k) sqrt(a t / pi) exp(-z^2 / 4 a t) - (G z / k) erfc(z / 2 sqrt(a t)); Carslaw & Jaeger 2.9."""
    G, t = 80.0, 86400.0
    errors = []
    for size, steps in ((0.08, 50), (0.04, 200), (0.02, 800)):
        layers = column(size, 3.2, 0.0)
        T = run(layers, jnp.full(steps, G), t / steps)[-1]
        z = (np.arange(len(T)) + 0.5) * size
        root = np.sqrt(DIFFUSIVITY * t)
        exact = 2.0 * G / LAMBDA * root / np.sqrt(np.pi) * np.exp(-((z / (2.0 * root)) ** 2))
        exact = exact - G * z / LAMBDA * erfc(z / (2.0 * root))
        errors.append(np.sqrt(np.sum(np.square(T - exact)) * size))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(orders > 1.7)
    assert errors[-1] <= 0.01


def test_a_daily_wave_is_damped_and_delayed_with_depth() -> None:
    """Amplitude exp(-z / d) and lag z / d with d = sqrt(2 a / omega), 0.127 m here; Carslaw & Jaeger 2.6."""
    omega, dt, size = 2.0 * np.pi / 86400.0, 300.0, 0.01
    damping = np.sqrt(2.0 * DIFFUSIVITY / omega)
    time = (np.arange(12 * 288) + 0.5) * dt
    T = run(column(size, 1.5, 0.0), jnp.asarray(50.0 * np.cos(omega * time)), dt)[-288:]
    wave = np.fft.rfft(T - T.mean(axis=0), axis=0)[1]
    ratio = wave[25] / wave[5]
    depth = 20 * size / damping
    assert abs(np.abs(ratio)) == pytest.approx(np.exp(-depth), rel=0.02)
    assert -np.angle(ratio) == pytest.approx(depth, rel=0.01)
    flux = 50.0 / (LAMBDA / damping * np.sqrt(2.0)) * np.exp(-5.5 * size / damping)
    assert 2.0 * np.abs(wave[5]) / 288 == pytest.approx(flux, rel=0.02)


def test_series_is_exact_for_steady_conduction_through_layers_that_differ() -> None:
    thickness = jnp.array([0.1, 0.3, 0.2])[:, None]
    conductivity = jnp.array([0.2, 2.0, 1.0])[:, None]
    layers = HeatLayers(jnp.zeros((3, 1)), thickness, jnp.ones((3, 1)), conductivity, jnp.ones((3, 1), dtype=bool))
    flux = 10.0
    drop = flux / np.asarray(Series().conductance(layers))[:, 0]
    np.testing.assert_allclose(drop, [10.0 * (0.05 / 0.2 + 0.15 / 2.0), 10.0 * (0.15 / 2.0 + 0.1)], rtol=1e-14)
    np.testing.assert_allclose(UpperLayer().conductance(layers)[:, 0], [2.0 * 0.2 / 0.4, 2.0 * 2.0 / 0.5], rtol=1e-14)
    np.testing.assert_allclose(surface_conductance(layers), [4.0], rtol=1e-14)
