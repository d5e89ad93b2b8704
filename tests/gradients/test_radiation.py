"""Gradients of absorbed sunlight and of the light of leaves: against differences, and finite at every corner."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from vadose.land.radiation import TwoStream, split
from vadose.land.radiation_gaps import GAPS
from vadose.land.tables import modis_vegetation

NAMES = ("cos_zenith", "fraction", "lai", "sai", "wet_fraction", "ground_direct", "ground_diffuse")


def _outputs(scheme: TwoStream, vegetation: Any, temperature: Any, shortwave: Any, values: tuple[Any, ...]) -> Any:
    rest = dict(zip(NAMES, values, strict=True))
    r = scheme.absorb(split(shortwave), vegetation=vegetation, canopy_temperature=temperature, **rest)
    return r.absorbed_canopy, r.absorbed_ground, r.par, r.sunlit_lai


@pytest.mark.parametrize("gap", ["vegetation fraction", "sun"])
def test_gradients_are_those_of_differences(gap: str) -> None:
    vegetation = jax.tree.map(jnp.asarray, modis_vegetation([4, 12]))
    temperature, shortwave = jnp.array([268.0, 290.0]), jnp.array([300.0, 700.0])
    albedo = jnp.array([[0.1, 0.3], [0.2, 0.4]])
    pairs = ([0.6, 0.35], [0.4, 0.9], [3.0, 1.1], [0.5, 0.3], [0.4, 0.2])
    values = (*(jnp.array(pair) for pair in pairs), albedo, albedo + 0.05)

    def absorbed(*args: Any) -> Any:
        return _outputs(TwoStream(gap), args[0], temperature, shortwave, args[1:])

    check_grads(jax.jit(absorbed), (vegetation, *values), order=1, modes=["rev"], eps=1e-6, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("gap", GAPS)
def test_gradients_are_finite_at_every_corner(gap: str) -> None:
    grid = np.array(
        list(
            itertools.product(
                [-0.5, 0.0, 1e-9, 0.0101, 1.0],  # sun
                [0.0, 0.5, 1.0],  # cover
                [0.0, 1e-9, 30.0],  # leaves
                [0.0, 1.0],  # stems
                [0.0, 1.0],  # wetness
                [0.0, 1.0],  # albedo
                [12, 13, 1],  # class
            )
        )
    ).T
    n = grid.shape[1]
    vegetation = jax.tree.map(jnp.asarray, modis_vegetation(grid[6].astype(int)))
    values = (*(jnp.asarray(row) for row in grid[:5]), *(jnp.asarray(np.stack([grid[5]] * 2)) for _ in range(2)))

    @jax.jit
    def back(vegetation: Any, values: Any) -> Any:
        temperature, shortwave = jnp.full(n, 260.0), jnp.full(n, 500.0)
        out, pull = jax.vjp(lambda *a: _outputs(TwoStream(gap), a[0], temperature, shortwave, a[1]), vegetation, values)
        return out, pull(jax.tree.map(jnp.ones_like, out))

    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(back(vegetation, values)))
