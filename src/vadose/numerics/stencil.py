"""Seven-point matrices on [z, y, x] cells: one row a cell, coupled to its six neighbours."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.numerics.tridiagonal import lifted, lowered


@pytree
class Stencil:
    """A matrix whose rows are cells; neighbours that do not exist have coefficient 0.

    diagonal, above, below   [z, y, x]    above of the layer over it, below of the one under it
    east, west               [z, y, x-1]  a face each: of the eastern cell in the western row, and the other way round
    north, south             [z, y-1, x]  of the northern cell in the southern row, and the other way round
    """

    diagonal: Array
    above: Array
    below: Array
    east: Array
    west: Array
    north: Array
    south: Array


def before(face: Array, axis: int) -> Array:
    """Values of inner faces, each at the cell before it; 0 in the last row of cells."""
    return jnp.pad(face, [(0, 1) if i == axis % face.ndim else (0, 0) for i in range(face.ndim)])


def after(face: Array, axis: int) -> Array:
    """Values of inner faces, each at the cell after it; 0 in the first row of cells."""
    return jnp.pad(face, [(1, 0) if i == axis % face.ndim else (0, 0) for i in range(face.ndim)])


def divergence(x: Array, y: Array) -> Array:
    """What fluxes through inner faces, toward +x [..., y, x-1] and +y [..., y-1, x], take from each cell."""
    return before(x, -1) - after(x, -1) + before(y, -2) - after(y, -2)


def sides(v: Array, axis: int) -> tuple[Array, Array]:
    """Values of the cells before and after each inner face along x (axis -1) or y (axis -2)."""
    return (v[..., :-1], v[..., 1:]) if axis == -1 else (v[..., :-1, :], v[..., 1:, :])


def lateral(a: Stencil, v: Array) -> Array:
    """The part of the matrix that couples columns, times v [z, y, x]."""
    x = before(a.east * v[..., 1:], -1) + after(a.west * v[..., :-1], -1)
    y = before(a.north * v[..., 1:, :], -2) + after(a.south * v[..., :-1, :], -2)
    return x + y


def multiply(a: Stencil, v: Array) -> Array:
    """The matrix times v [z, y, x]."""
    return a.diagonal * v + a.above * lifted(v) + a.below * lowered(v) + lateral(a, v)


def transposed(a: Stencil) -> Stencil:
    """The transposed matrix."""
    return Stencil(
        diagonal=a.diagonal,
        above=lifted(a.below),
        below=lowered(a.above),
        east=a.west,
        west=a.east,
        north=a.south,
        south=a.north,
    )
