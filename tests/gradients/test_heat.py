"""Gradients of a heat step in reverse mode: finite at every extreme, equal to central differences off the kinks."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.heat_columns import FINE, NOAH, random_columns

from vadose.land.state import Soil
from vadose.model.heat import EnthalpyHeat, NoahHeat

COLUMNS = 2000
SCHEMES = {"Noah": (NoahHeat(), NOAH), "enthalpy": (EnthalpyHeat(), FINE)}


@pytest.mark.parametrize("name", SCHEMES)
def test_gradients_are_finite_and_right(name: str) -> None:
    scheme, thickness = SCHEMES[name]
    snow, soil, parameters, ground = random_columns(COLUMNS, thickness, seed=2)
    weights = jnp.asarray(np.random.default_rng(5).normal(size=soil.temperature.shape))
    dz = jnp.asarray(thickness)

    def columns(snow: Any, soil: Soil, parameters: Any, ground: Any) -> Any:
        after, made, fluxes = scheme.step(snow, soil, parameters, dz, ground, None, 1800.0)
        conductance, contact = scheme.coupling(snow, soil, parameters, dz, 1800.0)
        state = jnp.sum(weights * (made.temperature + 10.0 * made.liquid), axis=0) + 0.1 * jnp.sum(after.ice, axis=0)
        return state + jnp.sum(after.temperature, axis=0) + fluxes.bottom_heat + fluxes.melt + contact + conductance

    @jax.jit
    def valued(*given: Any) -> Any:
        value, pull = jax.vjp(columns, *given)
        return value, pull(jnp.ones_like(value))

    _, found = valued(snow, soil, parameters, ground)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(found))

    def compare(high: Any, low: Any, width: float, gradient: Any) -> np.ndarray:
        slope = np.asarray((valued(*high)[0] - valued(*low)[0]) / (2.0 * width))
        return np.abs(slope - gradient) / (np.abs(slope) + 0.01)

    width = 1e-3
    pair = [(snow, soil, parameters, ground + side) for side in (width, -width)]
    assert np.quantile(compare(*pair, width, found[3]), 0.99) <= 1e-5
    width = 1e-4
    for row in (0, 2):
        at = jnp.asarray(np.eye(len(thickness))[row][:, None] * width)
        pair = [
            (snow, dataclasses.replace(soil, temperature=soil.temperature + s * at), parameters, ground)
            for s in (1, -1)
        ]
        assert np.quantile(compare(*pair, width, found[1].temperature[row]), 0.99) <= 1e-4
    # Half of the columns have a layer at saturation, where total water has a kink: the others must agree.
    width = 1e-6
    at = jnp.asarray(np.eye(len(thickness))[0][:, None] * width)
    pair = [(snow, dataclasses.replace(soil, liquid=soil.liquid + s * at), parameters, ground) for s in (1, -1)]
    inside = np.asarray(soil.liquid + soil.ice < parameters.retention.theta_s - 2.0 * width)[0]
    assert np.quantile(compare(*pair, width, found[1].liquid[0])[inside], 0.9) <= 1e-3
    width = 1e-5
    retention = parameters.retention
    pair = []
    for side in (1, -1):
        moved = dataclasses.replace(retention, b=retention.b + side * width)
        pair.append((snow, soil, dataclasses.replace(parameters, retention=moved), ground))
    slope = jnp.sum(found[2].retention.b, axis=0)
    assert np.quantile(compare(*pair, width, slope), 0.95) <= 1e-3


@pytest.mark.parametrize("name", SCHEMES)
def test_gradients_pass_through_freezing_and_thawing_over_many_steps(name: str) -> None:
    """d(final temperature)/d(porosity exponent b) over a frost of two days, against central differences."""
    scheme, thickness = SCHEMES[name]
    snow, soil, parameters, _ = random_columns(1, thickness, seed=9)
    snow = jax.tree.map(jnp.zeros_like, snow)
    snow = dataclasses.replace(snow, temperature=snow.temperature + 273.15)
    full = jnp.ones_like(soil.temperature)
    soil = Soil(274.0 * full, 0.6 * parameters.retention.theta_s, 0.0 * full)
    dz = jnp.asarray(thickness)
    flux = -60.0 * jnp.sin(jnp.arange(96) * (2.0 * jnp.pi / 96.0))

    def last(b: Any) -> Any:
        moved = dataclasses.replace(parameters, retention=dataclasses.replace(parameters.retention, b=b * full))

        def step(state: Any, ground: Any) -> Any:
            return scheme.step(*state, moved, dz, jnp.full(1, ground), None, 1800.0)[:2], None

        (_, made), _ = jax.lax.scan(step, (snow, soil), flux)
        return jnp.sum(made.temperature[:3]) + 10.0 * jnp.sum(made.ice)

    valued, width = jax.jit(jax.value_and_grad(last)), 1e-4
    high, low = (float(valued(6.0 + side)[0]) for side in (width, -width))
    assert float(valued(6.0)[1]) == pytest.approx((high - low) / (2.0 * width), rel=1e-3, abs=1e-6)
