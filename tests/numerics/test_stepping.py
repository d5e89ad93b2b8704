"""Iterations of unknown number: the same result as a plain loop, the same gradient as an unrolled one."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.numerics.stepping import iterate


class Heron(NamedTuple):
    x: Any
    count: Any
    active: Any


def heron(a: Any, at: Heron) -> Heron:
    x = 0.5 * (at.x + a / at.x)
    return Heron(jnp.where(at.active, x, at.x), at.count + at.active, at.active & (jnp.abs(x - at.x) > 1e-12))


def root(a: Any, start: Any, limit: int) -> Heron:
    return iterate(heron, a, Heron(start, jnp.zeros(a.shape, int), jnp.ones(a.shape, bool)), limit)


@pytest.mark.parametrize("limit", [3, 40, 50])
def test_values_and_gradients_are_those_of_the_unrolled_loop(limit: int) -> None:
    a, start = jnp.asarray([2.0, 1e-6, 1e8]), jnp.asarray([1.0, 3.0, 5.0])

    def unrolled(a: Any, start: Any) -> Any:
        at = Heron(start, jnp.zeros(3, int), jnp.ones(3, bool))
        for _ in range(limit):
            at = heron(a, at)
        return jnp.sum(jnp.sin(at.x))

    ours = jax.grad(lambda a, s: jnp.sum(jnp.sin(root(a, s, limit).x)), argnums=(0, 1))(a, start)
    theirs = jax.grad(unrolled, argnums=(0, 1))(a, start)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-14)


def test_it_stops_as_soon_as_nothing_is_active() -> None:
    done = root(jnp.asarray([2.0, 9.0]), jnp.asarray([1.0, 3.0]), 100)
    np.testing.assert_allclose(done.x, [np.sqrt(2.0), 3.0], rtol=1e-15)
    assert int(done.count[1]) == 1
    assert int(done.count[0]) < 8
