from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from vadose.numerics.root import Search, eliminate, fixed_point

SEARCH = Search((1e-12, 1e-12), (1.0, 1.0), (-5.0, -5.0), (5.0, 5.0))


def coupled(p: jax.Array, x: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
    return jnp.cos(p * x[1]), 0.5 * jnp.sin(x[0]) + 0.1


def steep(p: jax.Array, x: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
    return (jnp.where(x[0] > p, -4.0, 4.0) + 0.0 * x[0],)


def wall(p: jax.Array, x: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
    return 4.0 * jnp.tanh(10.0 * (p - x[0])) + 0.3 * x[1], 0.2 * jnp.cos(x[0])


def test_the_root_of_a_pair_of_equations_is_found() -> None:
    p = jnp.linspace(0.5, 2.0, 7)
    root = fixed_point(coupled, p, (jnp.zeros(7), jnp.zeros(7)), SEARCH)
    again = coupled(p, root.value)
    assert bool(root.converged.all())
    assert int(root.iterations) < 16
    np.testing.assert_allclose(again, root.value, atol=1e-12)


def test_its_gradient_is_that_of_the_implicit_function() -> None:
    p = jnp.linspace(0.5, 2.0, 7)

    def first(p: jax.Array) -> jax.Array:
        return fixed_point(coupled, p, (jnp.zeros(7), jnp.zeros(7)), SEARCH).value[0].sum()

    step = 1e-6
    expected = [(first(p.at[i].add(step)) - first(p.at[i].add(-step))) / (2.0 * step) for i in range(7)]
    np.testing.assert_allclose(jax.grad(first)(p), expected, rtol=1e-7)


def test_a_column_without_a_root_is_reported_and_stops_no_other() -> None:
    search = Search((1e-9,), (1.0,), (-5.0,), (5.0,), 20)
    root = fixed_point(steep, jnp.array([0.3, 6.0]), (jnp.zeros(2),), search)
    assert root.converged.tolist() == [False, True]
    np.testing.assert_allclose(root.value[0][1], 4.0)


def test_a_bracketed_unknown_is_found_where_the_function_is_all_but_a_step() -> None:
    search = Search((1e-9, 1e-9), (1.0, 1.0), (-5.0, -5.0), (5.0, 5.0), 80, 0, 0)
    p = jnp.array([-3.0, 0.2, 2.5])
    root = fixed_point(wall, p, (jnp.zeros(3), jnp.zeros(3)), search)
    again = wall(p, root.value)
    assert bool(root.converged.all())
    np.testing.assert_allclose(again, root.value, atol=1e-6)


def test_columns_are_the_same_to_the_last_digit_however_they_are_cut() -> None:
    p = jnp.linspace(0.5, 2.0, 403)
    solve = jax.jit(lambda p: fixed_point(coupled, p, (0.0 * p, 0.0 * p), SEARCH))
    whole = solve(p)
    for cut in (1, 7, 200):
        parts = [solve(piece) for piece in (p[:cut], p[cut:])]
        for i in range(2):
            np.testing.assert_array_equal(jnp.concatenate([part.value[i] for part in parts]), whole.value[i])


def test_elimination_solves_a_system_a_column() -> None:
    random = np.random.default_rng(1)
    matrix = random.normal(size=(3, 3, 5)) + 4.0 * np.eye(3)[:, :, None]
    right = random.normal(size=(3, 5))
    x = eliminate(tuple(tuple(row) for row in matrix), tuple(right))
    np.testing.assert_allclose(np.einsum("ijc,jc->ic", matrix, np.stack(x)), right, atol=1e-12)


def circling(p: jax.Array, x: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
    """Each unknown answers the other with a steep step: plain and learnt steps go round the root."""
    first = jnp.tanh(40.0 * (x[1] - p))
    return first, -0.8 * jnp.tanh(3.0 * x[0]) + 0.3 * jnp.tanh(30.0 * x[0]) + 0.1 * jnp.tanh(5.0 * (x[1] - 0.5))


def test_a_search_that_goes_in_circles_ends_by_halving() -> None:
    p = jnp.linspace(-0.4, 0.4, 161)
    bounds = ((1e-6, 1e-6), (1.0, 1.0), (-1.0, -2.0), (1.0, 2.0))
    for columns in (p, p[:20]):  # with and without a part that is finished alone
        start = (columns - 0.3, 0.9 + 0.0 * columns)
        few = fixed_point(circling, columns, start, Search(*bounds, 6, 0, -1))
        assert not bool(few.converged.all())
        root = fixed_point(circling, columns, start, Search(*bounds, 6, 0, 0))
        assert bool(root.converged.all())
        for now, old in zip(circling(columns, root.value), root.value, strict=True):
            np.testing.assert_allclose(now, old, atol=1e-4)
