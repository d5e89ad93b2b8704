"""Checks that every closure whose conductivity is a power of its saturation must pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.errors import RangeError
from vadose.soil.retention.contract import Retention

CORNERS = (1.0, 0.0, -1e-12, -1e-3, -1e5)
METHODS = ("water_content", "capacity", "conductivity", "conductivity_derivative")
PSI = -np.logspace(-3, 5, 41)


def leaves_of(closure: Any) -> dict[str, Any]:
    return {f.name: getattr(closure, f.name) for f in dataclasses.fields(closure)}


def evaluate_all(closure: Any, psi: Any) -> Any:
    return [getattr(closure, name)(psi) for name in METHODS]


COMPILED = jax.jit(evaluate_all)


@partial(jax.jit, static_argnames="name")
def gradient(closure: Any, psi: Any, name: str) -> Any:
    """Gradients of one method with respect to the closure's leaves and to psi, at each element of psi."""
    one = jax.grad(lambda c, p: getattr(c, name)(p), argnums=(0, 1))
    return jax.vmap(one, (None, 0))(closure, psi)


def gradients_are_finite(closure: Any, *switch_points: float) -> None:
    for name in METHODS:
        found = gradient(closure, jnp.array(CORNERS + switch_points), name)
        for leaf in jax.tree_util.tree_leaves(found):
            assert np.isfinite(leaf).all(), (name, found)


def inverse_gradients_are_finite(closure: Any) -> None:
    share = np.array([1.0, 1.0 - 1e-12, 0.97, 0.5, 0.1])
    theta = closure.theta_r + share * (closure.theta_s - closure.theta_r)
    for leaf in jax.tree_util.tree_leaves(gradient(closure, jnp.asarray(theta), "matric_head")):
        assert np.isfinite(leaf).all()


def gradients_equal_central_differences(closure: Any, psi: list[float]) -> None:
    points = np.array(psi)
    leaves, structure = jax.tree_util.tree_flatten(closure)
    for name in METHODS:
        by_leaf, by_psi = gradient(closure, jnp.asarray(points), name)
        _agree(by_psi, lambda p, n=name: getattr(closure, n)(p), points, (name, "psi"))
        for i, (value, found) in enumerate(zip(leaves, jax.tree_util.tree_leaves(by_leaf), strict=True)):

            def moved(v: Any, i: int = i, name: str = name) -> Any:
                # Built without its checks: a step may leave the range, as below theta_r = 0.
                return getattr(structure.unflatten([*leaves[:i], v, *leaves[i + 1 :]]), name)(points)

            _agree(found, moved, value, (name, i))


def _agree(found: Any, function: Callable[[Any], Any], x: Any, label: tuple[Any, ...]) -> None:
    """`found` is the derivative of `function` at x to 1e-6, by central differences of fourth order."""
    step = np.where(x == 0.0, 1e-6, 3e-6 * np.abs(x))
    values = [function(x + k * step) for k in (-2.0, -1.0, 1.0, 2.0)]
    difference = (8.0 * (values[2] - values[1]) - (values[3] - values[0])) / (12.0 * step)
    noise = 1e-13 * np.max(np.abs(values), axis=0) / step
    assert (np.abs(found - difference) <= 1e-6 * np.abs(difference) + noise).all(), (label, found, difference)


def derivatives_are_those_of_the_functions(closure: Any, psi: np.ndarray) -> None:
    for name, derivative in (("water_content", "capacity"), ("conductivity", "conductivity_derivative")):
        _, slope = gradient(closure, jnp.asarray(psi), name)
        np.testing.assert_allclose(getattr(closure, derivative)(psi), slope, rtol=1e-11, atol=0.0)


def follows_the_contract(closure: Any) -> None:
    """numpy and JAX give the same numbers, `evaluate` those of the methods, saturation is saturation, jit works."""
    assert isinstance(closure, Retention)
    psi = np.concatenate([PSI, CORNERS])
    for ours, theirs in zip(evaluate_all(closure, psi), evaluate_all(closure, jnp.asarray(psi)), strict=True):
        assert isinstance(ours, np.ndarray) and isinstance(theirs, jax.Array)
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)
    together = closure.evaluate(psi)
    np.testing.assert_array_equal(together.water_content, closure.water_content(psi))
    np.testing.assert_array_equal(together.conductivity, closure.conductivity(psi))
    np.testing.assert_allclose(together.capacity, closure.capacity(psi), rtol=1e-15)
    compiled = COMPILED(closure, jnp.asarray(psi))
    for ours, theirs in zip(evaluate_all(closure, psi), compiled, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    for wet in (0.0, 1.0):
        assert evaluate_all(closure, wet) == [closure.theta_s, 0.0, closure.K_s, 0.0]
    assert closure.matric_head(closure.theta_s) == 0.0


def inverse_comes_back(closure: Any, psi: np.ndarray, rtol: float = 1e-8) -> None:
    np.testing.assert_allclose(closure.matric_head(closure.water_content(psi)), psi, rtol=rtol)
    theta = jnp.asarray(closure.water_content(psi))
    np.testing.assert_allclose(closure.matric_head(theta), psi, rtol=rtol)


def monotone_and_bounded(closure: Any, psi: list[float]) -> None:
    found = closure.evaluate(np.sort(psi))
    theta_r = closure.theta_r
    assert (found.water_content >= theta_r).all() and (found.water_content <= closure.theta_s + 1e-16).all()
    assert (found.conductivity >= 0.0).all() and (found.conductivity <= closure.K_s).all()
    assert (found.capacity >= 0.0).all()
    assert (np.diff(found.water_content) >= -1e-15).all()
    assert (found.conductivity[1:] >= found.conductivity[:-1] * (1.0 - 1e-12)).all()


def continuous_at(closure: Any, *switch_points: float) -> None:
    for point in switch_points:
        both = closure.evaluate(point * np.array([1.0 - 1e-12, 1.0 + 1e-12]))
        np.testing.assert_allclose(*both.water_content, rtol=1e-6)
        np.testing.assert_allclose(*both.conductivity, rtol=1e-6)


def bad_elements_stay_alone(make: Callable[..., Any], good: dict[str, float], bad: dict[str, float]) -> None:
    """A bad single number raises and names the leaf; in an array it is NaN in that element and nowhere else."""
    for name, value in bad.items():
        with pytest.raises(RangeError, match=name):
            make(**{**good, name: value})
        closure = make(**{**good, name: np.array([good[name], value, np.nan])})
        reference = make(**good)
        for psi in (-1.0, 0.0):
            for ours, theirs in zip(evaluate_all(closure, psi), evaluate_all(reference, psi), strict=True):
                np.testing.assert_array_equal(np.isnan(ours), [False, True, True])
                assert ours[0] == theirs
    closure = make(**good)
    with pytest.raises(RangeError, match="psi"):
        closure.water_content(np.nan)
    with pytest.raises(RangeError, match="theta"):
        closure.matric_head(closure.theta_s + 0.01)
    with pytest.raises(RangeError, match="theta"):
        closure.matric_head(-0.01)
    middle = 0.5 * (closure.theta_r + closure.theta_s)
    np.testing.assert_array_equal(
        np.isnan(closure.matric_head(np.array([middle, 2.0, closure.theta_r, np.nan]))), [False, True, True, True]
    )
    np.testing.assert_array_equal(np.isnan(closure.water_content(np.array([-1.0, np.nan, 0.0]))), [False, True, False])


def equals_mpmath(closure: Any, psi: np.ndarray, oracle: Callable[..., tuple[Any, Any]]) -> None:
    """theta to 1e-14 and K to 1e-12 of `oracle(mpmath, psi, **leaves)` in 50 digits, soil by soil."""
    mpmath = pytest.importorskip("mpmath")
    theta, K = closure.water_content(psi), closure.conductivity(psi)
    leaves = {name: np.broadcast_to(value, psi.shape[-1:]) for name, value in leaves_of(closure).items()}
    with mpmath.workdps(50):
        for i in np.ndindex(psi.shape):
            exact = oracle(
                mpmath, mpmath.mpf(float(psi[i])), **{k: mpmath.mpf(float(v[i[-1]])) for k, v in leaves.items()}
            )
            soil = {k: float(v[i[-1]]) for k, v in leaves.items()}
            assert abs(theta[i] - exact[0]) <= 1e-14, (psi[i], soil)
            assert abs(K[i] / exact[1] - 1) <= 1e-12, (psi[i], soil)
