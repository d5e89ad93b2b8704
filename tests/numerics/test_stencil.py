"""Seven-point matrices: entries by hand, and the transposed against the full matrix."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from tests.numerics.systems import dense, system

from vadose.numerics.stencil import divergence, transposed

SHAPE = (3, 4, 5)
A = system(SHAPE, vertical=3.0, lateral=0.5, storage=0.1, skew=0.7)


def at(z: int, y: int, x: int) -> int:
    return int(np.ravel_multi_index((z, y, x), SHAPE))


def test_coefficients_stand_where_their_neighbours_are() -> None:
    full = dense(A)
    row = at(1, 2, 3)
    for column, value in (
        (at(1, 2, 3), A.diagonal[1, 2, 3]),
        (at(0, 2, 3), A.above[1, 2, 3]),
        (at(2, 2, 3), A.below[1, 2, 3]),
        (at(1, 2, 4), A.east[1, 2, 3]),
        (at(1, 2, 2), A.west[1, 2, 2]),
        (at(1, 3, 3), A.north[1, 2, 3]),
        (at(1, 1, 3), A.south[1, 1, 3]),
    ):
        assert full[row, column] == value != 0.0
    assert np.count_nonzero(full[row]) == 7 and np.count_nonzero(full[at(0, 0, 0)]) == 4


def test_the_transposed_is_the_transposed_of_the_full_matrix() -> None:
    full = dense(A)
    assert np.abs(full - full.T).max() > 0.1
    np.testing.assert_array_equal(dense(transposed(A)), full.T)


def test_fluxes_leave_one_cell_for_the_next() -> None:
    x, y = jnp.zeros((3, 4, 4)).at[1, 2, 3].set(2.0), jnp.zeros((3, 3, 5)).at[0, 0, 0].set(1.0)
    out = np.asarray(divergence(x, y))
    assert out[1, 2, 3] == 2.0 and out[1, 2, 4] == -2.0 and out[0, 0, 0] == 1.0 and out[0, 1, 0] == -1.0
    assert out.sum() == 0.0 and np.count_nonzero(out) == 4
