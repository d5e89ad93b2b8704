"""Linear systems by iteration: BiCGSTAB with a preconditioner, that ends at its half step where that suffices.

Van der Vorst (1992), SIAM J. Sci. Stat. Comput. 13, 631-644.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array


class Solved(NamedTuple):
    """x, what is left of the right side, iterations (applications of the matrix), whether it is small enough."""

    x: Array
    residual: Array
    iterations: Array
    converged: Array


class _At(NamedTuple):
    x: Array
    r: Array
    p: Array
    Ap: Array
    rho: Array
    alpha: Array
    omega: Array
    size: Array
    iterations: Array
    half: Array
    broken: Array


def bicgstab(
    multiply: Callable[[Array], Array],
    precondition: Callable[[Array], Array],
    right: Array,
    *,
    tolerance: Array,
    limit: int,
) -> Solved:
    """x of A x = right, from x = 0, until |right - A x| <= tolerance, in the Euclidean norm.

    multiply, precondition   v -> A v and an approximation of v -> A^-1 v, both linear
    tolerance                of the residual, in the unit of `right`
    limit                    most applications of A
    Each pass of the loop is half an iteration: a good preconditioner is done after one product with A.
    """
    shadow = right

    def more(at: _At) -> Array:
        return (at.size > tolerance) & (at.iterations < limit) & ~at.broken

    def half(at: _At) -> _At:
        """Along the search direction (s = r - alpha A p), or along the residual as far as makes it smallest.

        Both halves apply the preconditioner and A once, at one place: they are most of what is compiled.
        """
        rho = jnp.where(at.half, at.rho, _dot(shadow, at.r))
        beta = _safe(rho, at.rho) * _safe(at.alpha, at.omega)
        p = jnp.where(at.half, at.p, at.r + beta * (at.p - at.omega * at.Ap))
        to = precondition(jnp.where(at.half, at.r, p))
        image = multiply(to)
        along = jnp.where(at.half, _safe(_dot(image, at.r), _dot(image, image)), _safe(rho, _dot(shadow, image)))
        r = at.r - along * image
        return _At(
            x=at.x + along * to,
            r=r,
            p=p,
            Ap=jnp.where(at.half, at.Ap, image),
            rho=rho,
            alpha=jnp.where(at.half, at.alpha, along),
            omega=jnp.where(at.half, along, at.omega),
            size=_norm(r),
            iterations=at.iterations + 1,
            half=~at.half,
            broken=~jnp.isfinite(along) | (along == 0.0),
        )

    zero, one = jnp.zeros_like(right), jnp.ones(())
    start = _At(zero, right, zero, zero, one, one, one, _norm(right), 0, False, False)
    start = jax.tree.map(jnp.asarray, start)
    at = jax.lax.while_loop(more, half, start)
    return Solved(at.x, at.r, at.iterations, at.size <= tolerance)


def _dot(a: Array, b: Array) -> Array:
    return jnp.sum(a * b)


def _norm(a: Array) -> Array:
    return jnp.sqrt(jnp.sum(jnp.square(a)))


def _safe(a: Array, b: Array) -> Array:
    """a / b, 0 where b is 0."""
    return jnp.where(b == 0.0, 0.0, a / jnp.where(b == 0.0, 1.0, b))
