"""Bounded least squares for all cells at once: known minima, scipy as the oracle, bounds, a ceiling, bad input."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from vadose.calibrate import bounded_least_squares
from vadose.errors import ConfigError


def rosenbrock(x: Any) -> Any:
    return jnp.stack([10.0 * (x[:, 1] - x[:, 0] ** 2), 1.0 - x[:, 0]], axis=-1)


def linear(x: Any, data: Any) -> Any:
    """M x - b of each cell, with M [4, 3] and b [4] in its data."""
    M, b = data[:, :12].reshape(-1, 4, 3), data[:, 12:]
    return jnp.sum(M * x[:, None, :], axis=-1) - b


def bent(x: Any, data: Any) -> Any:
    return jnp.stack([jnp.exp(0.3 * x[:, 0]) * x[:, 1], x[:, 0] + jnp.sin(x[:, 1]), x[:, 1] ** 2], axis=-1) - data


def test_rosenbrock_is_found_from_everywhere_in_the_box() -> None:
    start = np.random.default_rng(1).uniform(-2.0, 2.0, (200, 2))
    fit = bounded_least_squares(rosenbrock, [-2.0, -2.0], [2.0, 2.0], start)
    assert fit.converged.all()
    np.testing.assert_allclose(fit.x, 1.0, atol=1e-8)
    assert fit.cost.max() < 1e-18


def test_a_bound_that_cuts_the_minimum_off_holds_it() -> None:
    fit = bounded_least_squares(rosenbrock, [-2.0, -2.0], [0.5, 2.0], np.array([[-1.5, 1.5]]))
    np.testing.assert_allclose(fit.x, [[0.5, 0.25]], atol=1e-9)
    assert fit.at_bound.tolist() == [[True, False]] and fit.converged.all()
    assert fit.covariance[0, 0, 0] == 0.0
    assert fit.covariance[0, 1, 1] == pytest.approx(0.01)


def test_linear_problems_agree_with_scipy() -> None:
    r = np.random.default_rng(2)
    M, b = r.normal(size=(150, 4, 3)), r.normal(size=(150, 4))
    data = np.concatenate([M.reshape(150, 12), b], axis=1)
    fit = bounded_least_squares(linear, -0.4, 0.5, np.zeros((150, 3)), data=data)
    assert fit.converged.all()
    for k in range(150):
        known = optimize.lsq_linear(M[k], b[k], (-0.4, 0.5), method="bvls", tol=1e-14)
        assert fit.cost[k] == pytest.approx(known.cost, rel=1e-9)
        np.testing.assert_allclose(fit.x[k], known.x, atol=1e-7)


def test_curved_problems_agree_with_scipy() -> None:
    r = np.random.default_rng(3)
    start, data = r.uniform(-1.0, 1.0, (40, 2)), r.normal(size=(40, 3))
    fit = bounded_least_squares(bent, -1.0, 1.0, start, data=data, steps=300)
    assert fit.converged.mean() >= 0.95
    for k in range(40):
        known = optimize.least_squares(
            lambda x, k=k: np.asarray(bent(jnp.asarray(x[None]), data[k : k + 1]))[0],
            start[k],
            bounds=(-1.0, 1.0),
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
        )
        assert fit.cost[k] <= known.cost * (1.0 + 1e-6)


def test_a_ceiling_is_kept_and_agrees_with_scipy() -> None:
    r = np.random.default_rng(4)
    M, b = r.normal(size=(60, 4, 3)), 2.0 * r.normal(size=(60, 4))
    data = np.concatenate([M.reshape(60, 12), b], axis=1)
    ceiling = ((1.0, 1.0, 0.0), 0.8)
    fit = bounded_least_squares(linear, 0.0, 1.0, np.full((60, 3), 0.3), data=data, ceiling=ceiling)
    assert np.all(fit.x[:, 0] + fit.x[:, 1] <= 0.8 + 1e-12)
    assert fit.converged.all()
    for k in range(60):
        known = optimize.minimize(
            lambda x, k=k: 0.5 * np.sum((M[k] @ x - b[k]) ** 2),
            np.full(3, 0.3),
            jac=lambda x, k=k: M[k].T @ (M[k] @ x - b[k]),
            bounds=[(0.0, 1.0)] * 3,
            constraints=[{"type": "ineq", "fun": lambda x: 0.8 - x[0] - x[1]}],
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 300},
        )
        assert fit.cost[k] <= known.fun + 1e-7


def test_below_a_ceiling_the_way_downhill_leads_outside_from_every_minimum() -> None:
    r, n = np.random.default_rng(14), 1024
    M, b = r.normal(size=(n, 4, 3)), 2.0 * r.normal(size=(n, 4))
    data = np.concatenate([M.reshape(n, 12), b], axis=1)
    fit = bounded_least_squares(linear, 0.0, 1.0, np.full((n, 3), 0.3), data=data, ceiling=((1.0, 1.0, 0.0), 0.8))
    assert fit.converged.all()
    downhill = fit.x - np.einsum("nrp,nr->np", M, np.einsum("nrp,np->nr", M, fit.x) - b)
    # The nearest point inside, by bisection of the pressure of the ceiling.
    low, high = np.zeros(n), np.full(n, 100.0)
    for _ in range(100):
        middle = 0.5 * (low + high)
        above = np.clip(downhill[:, :2] - middle[:, None], 0.0, 1.0).sum(axis=1) > 0.8
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    nearest = np.clip(downhill - np.outer(high, [1.0, 1.0, 0.0]), 0.0, 1.0)
    np.testing.assert_allclose(nearest, fit.x, atol=1e-6)


def test_the_jacobian_is_that_of_finite_differences() -> None:
    r = np.random.default_rng(5)
    start, data = r.uniform(-0.9, 0.9, (20, 2)), r.normal(size=(20, 3))
    weights = np.array([1.0, 2.0, 3.0])
    fit = bounded_least_squares(bent, -1.0, 1.0, start, data=data, weights=weights)
    for p in range(2):
        shift = np.eye(2)[p] * 1e-6
        up, down = (np.asarray(bent(jnp.asarray(fit.x + s), data)) for s in (shift, -shift))
        np.testing.assert_allclose(fit.jacobian[:, :, p], (up - down) / 2e-6 * weights, atol=1e-7)


def test_the_covariance_is_that_of_linear_theory() -> None:
    M = np.array([[1.0, 0.0, 0.5], [0.2, 1.0, 0.0], [0.0, 0.3, 1.0], [1.0, 1.0, 1.0]])
    data = np.concatenate([M.ravel(), M @ [0.1, 0.2, 0.3]])[None]
    fit = bounded_least_squares(linear, -1.0, 1.0, np.zeros((1, 3)), data=data, weights=[2.0, 1.0, 4.0, 1.0])
    W = np.diag([4.0, 1.0, 16.0, 1.0])
    np.testing.assert_allclose(fit.covariance[0], np.linalg.inv(M.T @ W @ M), rtol=1e-9)


def test_no_cell_depends_on_the_others() -> None:
    r = np.random.default_rng(6)
    start, data = r.uniform(-1.0, 1.0, (700, 2)), r.normal(size=(700, 3))
    whole = bounded_least_squares(bent, -1.0, 1.0, start, data=data)
    part = bounded_least_squares(bent, -1.0, 1.0, start[333:350], data=data[333:350])
    np.testing.assert_array_equal(whole.x[333:350], part.x)


def test_a_cell_that_cannot_be_solved_is_told_and_does_not_stop_the_others() -> None:
    data = np.array([[0.1, 0.2, 0.3], [np.nan, 0.2, 0.3]])
    fit = bounded_least_squares(bent, -1.0, 1.0, np.zeros((2, 2)), data=data)
    assert fit.converged.tolist() == [True, False]
    assert np.isfinite(fit.x[0]).all() and np.isnan(fit.x[1]).all() and np.isnan(fit.cost[1])


def test_too_few_steps_are_told() -> None:
    fit = bounded_least_squares(rosenbrock, -2.0, 2.0, np.array([[-1.9, 2.0]]), steps=2)
    assert not fit.converged[0] and fit.steps[0] == 2 and np.isfinite(fit.x).all()


def test_no_cells_give_no_results() -> None:
    assert bounded_least_squares(rosenbrock, -2.0, 2.0, np.zeros((0, 2))).x.shape == (0, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": np.zeros(2)}, "start must be"),
        ({"lower": [1.0, 1.0], "upper": [0.0, 2.0]}, "parameter 0 of cell 0 has 1 and 0"),
        ({"lower": [0.0, 0.0, 0.0]}, "lower and upper must be"),
        ({"data": np.zeros((5, 1))}, "data must be"),
        ({"ceiling": ((1.0, 0.5), 1.0)}, "coefficients of ceiling"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"lower": [-2.0, -2.0], "upper": [2.0, 2.0], "start": np.zeros((1, 2)), **change}
    with pytest.raises(ConfigError, match=message):
        bounded_least_squares(rosenbrock, arguments.pop("lower"), arguments.pop("upper"), **arguments)
