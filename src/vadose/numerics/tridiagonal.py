"""Tridiagonal systems, one a column, by Thomas's elimination over the layers."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array


class Eliminated(NamedTuple):
    """An elimination that can be used for many right sides: lower, upper over pivot, 1 / pivot, [layer, ...]."""

    lower: Array
    upper: Array
    inverse: Array


def solve(lower: Array, diagonal: Array, upper: Array, right: Array) -> Array:
    """x of lower_i x_(i-1) + diagonal_i x_i + upper_i x_(i+1) = right_i.

    lower, diagonal, upper, right   [layer, column]; lower[0] and upper[-1] are not used
    Returns [layer, column]. No pivoting: the system must be diagonally dominant or positive definite.
    The gradient solves the transposed system once, whatever asks for it.
    """

    def multiply(x: Array) -> Array:
        return diagonal * x + upper * lowered(x) + lower * lifted(x)

    def forward(_: object, b: Array) -> Array:
        return _eliminate(lower, diagonal, upper, b)

    def transposed(_: object, b: Array) -> Array:
        return _eliminate(lifted(upper), diagonal, lowered(lower), b)

    return jax.lax.custom_linear_solve(multiply, right, forward, transposed)


def eliminated(lower: Array, diagonal: Array, upper: Array) -> Eliminated:
    """The elimination of systems [layer, ...] whose right sides come later; no pivoting."""

    def down(c: Array, row: tuple[Array, ...]) -> tuple[Array, tuple[Array, Array]]:
        a, b, u = row
        inverse = 1.0 / (b - a * c)
        c = u * inverse
        return c, (c, inverse)

    _, (c, inverse) = jax.lax.scan(down, jnp.zeros_like(diagonal[0]), (lower, diagonal, upper))
    return Eliminated(lower, c, inverse)


def substituted(system: Eliminated, right: Array) -> Array:
    """x [layer, ...] of an eliminated system and a right side of that shape."""

    def down(d: Array, row: tuple[Array, ...]) -> tuple[Array, Array]:
        a, inverse, r = row
        d = (r - a * d) * inverse
        return d, d

    zero = jnp.zeros_like(right[0])
    _, d = jax.lax.scan(down, zero, (system.lower, system.inverse, right))
    return _upward(system.upper, d)


def lifted(v: Array) -> Array:
    """v of the layer above at each layer, 0 at the first."""
    return jnp.concatenate([jnp.zeros_like(v[:1]), v[:-1]])


def lowered(v: Array) -> Array:
    """v of the layer below at each layer, 0 at the last."""
    return jnp.concatenate([v[1:], jnp.zeros_like(v[:1])])


def _eliminate(lower: Array, diagonal: Array, upper: Array, right: Array) -> Array:
    def down(carry: tuple[Array, Array], row: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        c, d = carry
        a, b, u, r = row
        pivot = 1.0 / (b - a * c)
        made = (u * pivot, (r - a * d) * pivot)
        return made, made

    zero = jnp.zeros_like(right[0])
    _, (c, d) = jax.lax.scan(down, (zero, zero), (lower, diagonal, upper, right))
    return _upward(c, d)


def _upward(upper: Array, d: Array) -> Array:
    """x_i = d_i - upper_i x_(i+1), from the last layer."""

    def up(x: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        c, d = row
        x = d - c * x
        return x, x

    return jax.lax.scan(up, jnp.zeros_like(d[0]), (upper, d), reverse=True)[1]
