"""The multigrid cycle: linear, and as a preconditioner as good on wide grids as on small ones, where lines are not."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.numerics.systems import dense, system

from vadose.numerics.krylov import Solved, bicgstab
from vadose.numerics.multigrid import coarsened, cycle, gathered, lines, preconditioner, spread
from vadose.numerics.stencil import Stencil, multiply

# Saturated soil of 5 m wide columns in a step of an hour: columns exchange far more than they store.
STIFF = {"vertical": 1e3, "lateral": 1.0, "storage": 1e-4}


@jax.jit
def solve(a: Stencil, right: Any, coarse: Any) -> Solved:
    """One solve to 1e-8 of the right side, with the cycle where `coarse`, else with lines."""
    size = jnp.linalg.norm(right.ravel())
    return bicgstab(partial(multiply, a), preconditioner(a, coarse), right, tolerance=1e-8 * size, limit=2000)


def products(side: int, coarse: bool) -> int:
    """Products of a solve on side x side columns of the stiff matrix."""
    shape = (4, side, side)
    right = jnp.asarray(np.random.default_rng(side).normal(size=shape))
    solved = solve(system(shape, **STIFF), right, coarse)
    assert bool(solved.converged)
    return int(solved.iterations)


def test_lines_solve_columns_exactly() -> None:
    a = system((6, 3, 2), vertical=5.0, lateral=0.0, storage=0.1, skew=0.5)
    v = jnp.asarray(np.random.default_rng(0).normal(size=(6, 3, 2)))
    np.testing.assert_allclose(jax.jit(lambda v: multiply(a, lines(a)(v)))(v), v, rtol=1e-10, atol=1e-12)


def test_the_cycle_is_linear() -> None:
    a = system((3, 7, 5), **STIFF)
    rng, apply = np.random.default_rng(4), jax.jit(lambda v: cycle(a)(v))
    v, w = (jnp.asarray(rng.normal(size=(3, 7, 5))) for _ in range(2))
    np.testing.assert_allclose(apply(2.0 * v - 3.0 * w), 2.0 * apply(v) - 3.0 * apply(w), rtol=1e-8, atol=1e-9)


def test_coarse_grids_keep_sums_and_what_is_stored() -> None:
    """Odd numbers of rows and columns too: a coarse matrix applied to ones is the sum of the fine one's."""
    a = system((2, 5, 7), **STIFF)
    ones = jnp.ones((2, 5, 7))
    fine, coarse = multiply(a, ones), multiply(jax.jit(coarsened)(a), jnp.ones((2, 3, 4)))
    np.testing.assert_allclose(coarse, gathered(fine), rtol=1e-9, atol=1e-9)
    v = jnp.asarray(np.random.default_rng(8).normal(size=(2, 3, 4)))
    np.testing.assert_array_equal(spread(v, (5, 7))[:, ::2, ::2], v)
    assert float(gathered(ones).sum()) == ones.size


def test_inactive_cells_do_not_enter_coarse_grids() -> None:
    a = system((2, 4, 4), **STIFF)
    wall = jax.tree.map(lambda v: v, a)
    masked = {name: np.asarray(getattr(wall, name)).copy() for name in wall.__dict__}
    masked["diagonal"][:, :2, :2], masked["above"][:, :2, :2], masked["below"][:, :2, :2] = 1.0, 0.0, 0.0
    for name in ("east", "west"):
        masked[name][:, :2, :2] = 0.0
    for name in ("north", "south"):
        masked[name][:, :2, :2] = 0.0
    coarse = jax.jit(coarsened)(type(a)(**{k: jnp.asarray(v) for k, v in masked.items()}))
    np.testing.assert_array_equal(coarse.diagonal[:, 0, 0], 1.0)
    assert np.linalg.cond(dense(coarse)) < 1e12


@pytest.mark.slow
def test_products_stay_flat_from_16_to_64_columns() -> None:
    """Four times the columns along a side; lines alone need ever more."""
    small, large = products(16, True), products(64, True)
    assert large <= 1.3 * small + 2 and max(small, large) < 30
    alone = products(16, False), products(64, False)
    assert alone[1] > 2 * alone[0] > 4 * small
