"""BiCGSTAB against a direct solution, and what it says where it cannot go on."""

from __future__ import annotations

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
from tests.numerics.systems import dense, system

from vadose.numerics.krylov import bicgstab
from vadose.numerics.multigrid import lines
from vadose.numerics.stencil import multiply

SHAPE = (3, 4, 5)
A = system(SHAPE, vertical=3.0, lateral=0.5, storage=0.1, skew=0.7)
RIGHT = jnp.asarray(np.random.default_rng(1).normal(size=SHAPE))


def test_the_solution_is_that_of_a_direct_solver() -> None:
    solved = bicgstab(partial(multiply, A), lines(A), RIGHT, tolerance=1e-12, limit=200)
    assert bool(solved.converged) and 2 < int(solved.iterations) < 60
    np.testing.assert_allclose(np.ravel(solved.x), np.linalg.solve(dense(A), np.ravel(RIGHT)), rtol=1e-9, atol=1e-11)
    left = RIGHT - multiply(A, solved.x)
    np.testing.assert_allclose(solved.residual, left, atol=1e-13)


def test_a_preconditioner_that_is_exact_needs_one_product() -> None:
    alone = system(SHAPE, vertical=3.0, lateral=0.0, storage=0.1)
    solved = bicgstab(partial(multiply, alone), lines(alone), RIGHT, tolerance=1e-10, limit=200)
    assert bool(solved.converged) and int(solved.iterations) == 1


@pytest.mark.parametrize("limit", [1, 5])
def test_too_few_products_are_told(limit: int) -> None:
    solved = bicgstab(partial(multiply, A), lambda v: v, RIGHT, tolerance=1e-12, limit=limit)
    assert not bool(solved.converged) and int(solved.iterations) == limit
    assert float(jnp.linalg.norm(solved.residual)) > 1e-12


def test_nothing_asked_is_nothing_done_and_a_singular_matrix_ends() -> None:
    nothing = bicgstab(partial(multiply, A), lines(A), jnp.zeros(SHAPE), tolerance=0.0, limit=200)
    assert bool(nothing.converged) and int(nothing.iterations) == 0 and not np.any(nothing.x)
    broken = bicgstab(lambda v: jnp.zeros_like(v), lambda v: v, RIGHT, tolerance=1e-12, limit=200)
    assert not bool(broken.converged) and int(broken.iterations) < 200 and np.isfinite(broken.x).all()
