"""A rewritten function is the same function, with less to compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.numerics.sharing import LARGE, WORTH, computed_once

X = jnp.asarray(np.random.default_rng(0).uniform(0.1, 2.0, (3, LARGE)))


def long(x: jax.Array) -> jax.Array:
    """Twice as many operations as are worth holding."""
    for n in range(WORTH):
        x = 0.5 * x * (1.0 + 0.01 * n) + 0.1
    return x


def four(x: jax.Array) -> Any:
    """Four results that share a long part."""
    y = long(x)
    return {"a": y + 1.0, "b": (y * x, y - x), "c": y * y}


@jax.custom_jvp
def cube(x: jax.Array) -> jax.Array:
    return x * x * x


cube.defjvp(lambda x, dx: (cube(x[0]), 3.0 * x[0] * x[0] * dx[0]))


@jax.custom_vjp
def doubled(x: jax.Array) -> jax.Array:
    return 2.0 * x


doubled.defvjp(lambda x: (2.0 * x, None), lambda _, g: (2.0 * g,))


def loops(x: jax.Array) -> Any:
    def body(carry: Any, row: jax.Array) -> Any:
        total, count = carry
        y = long(total + row)
        return (y, count + 1), y * row

    (total, count), rows = jax.lax.scan(body, (jnp.zeros(LARGE), 0), x)
    many = jax.lax.while_loop(lambda c: c[1] < 5, lambda c: (long(c[0]) * 0.5, c[1] + 1), (total, 0))[0]
    either = jax.lax.cond(jnp.sum(total) > 0.0, lambda y: y + 1.0, lambda y: long(y), total)
    return rows, count, many, either


def calls(x: jax.Array) -> Any:
    y = jax.jit(long)(x)
    constant = jnp.asarray(np.arange(float(LARGE)))
    return cube(y), doubled(y) + constant, jnp.cumsum(y, axis=0), jnp.where(y > 0.5, y, constant), x, 3.0


@pytest.mark.parametrize("function", [four, loops, calls])
def test_the_rewritten_function_is_the_same(function: Callable[..., Any]) -> None:
    expected, found = jax.jit(function)(X), jax.jit(computed_once(function))(X)
    assert str(jax.tree.structure(expected)) == str(jax.tree.structure(found))
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_the_gradient_of_a_function_can_be_rewritten() -> None:
    def gradient(x: jax.Array) -> jax.Array:
        return jax.grad(lambda y: sum(jnp.sum(leaf) for leaf in jax.tree.leaves(calls(y)[:4])))(x)

    np.testing.assert_allclose(jax.jit(gradient)(X), jax.jit(computed_once(gradient))(X), rtol=1e-13)


def operations(function: Callable[..., Any]) -> float:
    """Floating-point operations of the compiled function, an element."""
    analysis: Any = jax.jit(function).lower(X).compile().cost_analysis()
    return float(analysis["flops"]) / X.size


def test_what_results_share_is_computed_once() -> None:
    if jax.default_backend() != "cpu":
        pytest.skip("only CPUs compute shared parts again")
    alone = operations(long)
    assert operations(four) > 2.5 * alone  # otherwise there is nothing to rewrite any more
    assert operations(computed_once(four)) < 1.3 * alone


def test_equal_operations_are_found_and_unread_ones_dropped() -> None:
    def twice(x: jax.Array) -> jax.Array:
        jnp.sin(x)
        return jnp.exp(x) + jnp.exp(x)

    text = str(jax.make_jaxpr(computed_once(twice))(X))
    assert text.count("exp ") == 1
    assert "sin" not in text
