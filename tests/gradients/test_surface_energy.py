"""Gradients of the surface fluxes: equal to central differences, and finite in all weather."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.land.surface_cases import ConstantStomata, surfaces

from vadose.land.energy import surface_energy
from vadose.land.energy_state import EnergyOptions
from vadose.land.turbulence import MoninObukhov

POINTS = 50
EXACT = EnergyOptions(tolerance=1e-11, limit=40)
MOVED = ("air", "lai", "wind", "resistance", "ground", "absorbed")


def fluxes(given: tuple[Any, ...], moved: dict[str, Any], options: EnergyOptions) -> jax.Array:
    """Latent, sensible and ground heat, leaf temperature of [column], with some inputs moved."""
    air, canopy, vegetation, leaves, ground, stress = given
    air = replace(air, temperature=air.temperature + moved["air"], wind=air.wind + moved["wind"])
    leaves = replace(leaves, lai=leaves.lai + moved["lai"], absorbed=leaves.absorbed + moved["absorbed"])
    ground = replace(
        ground,
        temperature=ground.temperature + moved["ground"],
        evaporation_resistance=ground.evaporation_resistance + moved["resistance"],
    )
    s = surface_energy(
        air, canopy, vegetation, canopy_surface=leaves, ground_surface=ground, turbulence=MoninObukhov(),
        stomata=ConstantStomata(), stress=stress, dt=1800.0, options=options,
    )  # fmt: skip
    latent = s.latent_canopy + s.latent_transpiration + s.latent_ground
    return jnp.stack([latent, s.sensible, s.ground_heat, s.temperature])


@pytest.fixture(scope="module")
def ordinary() -> tuple[Any, ...]:
    given = surfaces(POINTS, 3, extreme=False)
    zero = {name: jnp.zeros(POINTS) for name in MOVED}

    @jax.jit
    def pulled(weights: jax.Array, given: Any, moved: Any) -> Any:
        value, pull = jax.vjp(lambda moved: fluxes(given, moved, EXACT), moved)
        return value, pull(weights)[0]

    weights = [jnp.zeros((4, POINTS)).at[i].set(1.0) for i in range(4)]
    gradients = [pulled(w, given, zero)[1] for w in weights]
    return given, zero, gradients, lambda given, moved: pulled(weights[0], given, moved)[0]


@pytest.mark.parametrize("name", MOVED)
def test_gradients_are_central_differences(ordinary: tuple[Any, ...], name: str) -> None:
    given, zero, gradients, solve = ordinary
    step = {"resistance": 1e-2, "absorbed": 1e-2}.get(name, 1e-4)
    high = solve(given, {**zero, name: zero[name] + step})
    low = solve(given, {**zero, name: zero[name] - step})
    expected = np.asarray((high - low) / (2.0 * step))
    found = np.stack([np.asarray(g[name]) for g in gradients])
    scale = np.abs(expected) + 1e-2 * np.abs(expected).max(axis=1, keepdims=True) + 1e-9
    assert np.abs((found - expected) / scale).max() < 1e-5


def test_gradients_are_finite_in_all_weather() -> None:
    n = 2000
    given = surfaces(n, 5, extreme=True)

    @jax.jit
    def all_gradients(given: Any) -> Any:
        zero = {name: jnp.zeros(n) for name in MOVED}
        return jax.grad(lambda g: jnp.sum(fluxes(g, zero, EnergyOptions())))(given)

    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(all_gradients(given)))
