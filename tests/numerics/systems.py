"""Matrices like those of a subsurface: columns strongly coupled in themselves, weakly or strongly to each other."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.numerics.stencil import Stencil, multiply


def system(shape: tuple[int, int, int], *, vertical: float, lateral: float, storage: float, skew: float = 0.0) -> Any:
    """A diffusion matrix with coefficients spread by e^N(0, 1/2); `skew` makes both directions of a face differ."""
    rng = np.random.default_rng(9)

    def faces(axis: int, size: float) -> tuple[np.ndarray, np.ndarray]:
        count = tuple(n - (i == axis) for i, n in enumerate(shape))
        conductance = size * np.exp(rng.normal(0.0, 0.5, count))
        return conductance * (1.0 + skew * rng.uniform(0.0, 1.0, count)), conductance

    diagonal = np.full(shape, storage)
    sides: list[np.ndarray] = []
    for axis, size in ((0, vertical), (1, lateral), (2, lateral)):
        forth, back = faces(axis, size)
        first = tuple(slice(None, -1) if i == axis else slice(None) for i in range(3))
        second = tuple(slice(1, None) if i == axis else slice(None) for i in range(3))
        # Columns of the matrix sum to the storage: what one cell loses another gains.
        diagonal[first] += back
        diagonal[second] += forth
        sides += [-forth, -back]
    none = np.zeros((1, *shape[1:]))
    parts = (diagonal, np.concatenate([none, sides[1]]), np.concatenate([sides[0], none]), sides[4], sides[5])
    return Stencil(*(jnp.asarray(v) for v in (*parts, sides[2], sides[3])))


def dense(a: Stencil) -> np.ndarray:
    """The matrix in full."""
    shape = a.diagonal.shape
    count = int(np.prod(shape))
    unit = jnp.eye(count).reshape(count, *shape)
    return np.asarray(jax.vmap(lambda v: multiply(a, v))(unit)).reshape(count, count).T
