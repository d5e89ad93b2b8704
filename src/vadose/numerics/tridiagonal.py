"""Tridiagonal systems, one a column, by Thomas's elimination over the layers."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from vadose.arrays import Array


def solve(lower: Array, diagonal: Array, upper: Array, right: Array) -> Array:
    """x of lower_i x_(i-1) + diagonal_i x_i + upper_i x_(i+1) = right_i.

    lower, diagonal, upper, right   [layer, column]; lower[0] and upper[-1] are not used
    Returns [layer, column]. No pivoting: the system must be diagonally dominant or positive definite.
    The gradient solves the transposed system once, whatever asks for it.
    """

    def multiply(x: Array) -> Array:
        return diagonal * x + upper * _below(x) + lower * _above(x)

    def forward(_: object, b: Array) -> Array:
        return _eliminate(lower, diagonal, upper, b)

    def transposed(_: object, b: Array) -> Array:
        return _eliminate(_above(upper), diagonal, _below(lower), b)

    return jax.lax.custom_linear_solve(multiply, right, forward, transposed)


def _below(x: Array) -> Array:
    """x of the next layer, 0 below the last."""
    return jnp.concatenate([x[1:], jnp.zeros_like(x[:1])])


def _above(x: Array) -> Array:
    """x of the layer above, 0 above the first."""
    return jnp.concatenate([jnp.zeros_like(x[:1]), x[:-1]])


def _eliminate(lower: Array, diagonal: Array, upper: Array, right: Array) -> Array:
    def down(carry: tuple[Array, Array], row: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        c, d = carry
        a, b, u, r = row
        pivot = 1.0 / (b - a * c)
        made = (u * pivot, (r - a * d) * pivot)
        return made, made

    def up(x: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        c, d = row
        x = d - c * x
        return x, x

    zero = jnp.zeros_like(right[0])
    _, (c, d) = jax.lax.scan(down, (zero, zero), (lower, diagonal, upper, right))
    _, x = jax.lax.scan(up, zero, (c, d), reverse=True)
    return x
