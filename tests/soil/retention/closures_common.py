"""What every closure is held to: one set of checks, and references in many digits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
import pytest

from vadose.arrays import Array
from vadose.errors import RangeError
from vadose.soil.retention.contract import Retention

METHODS = ("water_content", "capacity", "conductivity", "conductivity_derivative")
CORNERS = np.array([1.0, 0.0, -1e-300, -1e-12, -1e-3, -1e5])  # m
HEADS = -np.logspace(-3.0, 5.0, 33)  # m
STEP = 2e-4  # of the differences, relative; of fourth order, so that they are good to 1e-12
EPS = float(np.finfo(float).eps)


def to_jax(closure: Any) -> Any:
    """The same closure with JAX leaves."""
    return jax.tree_util.tree_map(jax.numpy.asarray, closure)


def soil(closure: Any, index: int) -> Any:
    """One element of a closure whose leaves are arrays."""
    return jax.tree_util.tree_map(lambda leaf: leaf[index] if np.ndim(leaf) else leaf, closure)


def check_closure(closure: Any, heads: Array = HEADS) -> None:
    """All that the contract promises of one soil; `closure` has single numbers for leaves."""
    assert isinstance(closure, Retention)
    check_saturation(closure)
    check_monotone(closure, heads)
    check_evaluate(closure, heads)
    check_traced(closure, heads)
    check_corners(closure)
    check_differences(closure, heads)


def check_saturation(closure: Any) -> None:
    """At psi >= 0 the soil holds theta_s, its conductivity is K_s and nothing changes with psi."""
    for psi in (0.0, 10.0, np.array([0.0, 10.0])):
        assert np.all(closure.water_content(psi) == closure.theta_s)
        assert np.all(closure.conductivity(psi) == closure.K_s)
        assert np.all(closure.capacity(psi) == 0.0)
        assert np.all(closure.conductivity_derivative(psi) == 0.0)
    assert closure.matric_head(closure.theta_s) == 0.0


def check_monotone(closure: Any, heads: Array) -> None:
    """Wetter soil holds and conducts more, within bounds."""
    order = np.sort(heads)
    theta, K = closure.water_content(order), closure.conductivity(order)
    assert np.all(np.diff(theta) >= -2.0 * EPS) and np.all(np.diff(K) >= -1e-13 * K[1:])
    assert np.all(theta >= 0.0) and np.all(theta <= closure.theta_s + EPS)
    assert np.all(K >= 0.0) and np.all(K <= closure.K_s * (1.0 + 4.0 * EPS))
    assert np.all(closure.capacity(order) >= 0.0) and np.all(closure.conductivity_derivative(order) >= 0.0)


def check_evaluate(closure: Any, heads: Array) -> None:
    """Everything at once is what the methods give one by one."""
    together = closure.evaluate(heads)
    for name in ("water_content", "capacity", "conductivity"):
        np.testing.assert_allclose(getattr(together, name), getattr(closure, name)(heads), rtol=1e-13, atol=0.0)


def check_traced(closure: Any, heads: Array, rtol: float = 1e-12) -> None:
    """numpy, jit, vmap and a round trip through the tree agree."""
    made = to_jax(closure)
    assert type(made) is type(closure) and isinstance(closure.water_content(heads), np.ndarray)
    many = jax.tree_util.tree_map(lambda leaf: jax.numpy.stack([leaf, leaf]), made)
    for name in METHODS:
        expected = getattr(closure, name)(heads)
        np.testing.assert_allclose(_run(name, made, heads), expected, rtol=rtol, atol=0.0)
        np.testing.assert_allclose(_mapped(name, many, heads)[1], expected, rtol=rtol, atol=0.0)


def gradients(closure: Any, name: str, at: Array) -> tuple[Array, dict[str, Array]]:
    """d(method)/d(argument) and d(method)/d(leaf) by name, at every element of `at`."""
    by_leaf, by_argument = _gradients(name, to_jax(closure), jax.numpy.asarray(at))
    return np.asarray(by_argument), {k: np.asarray(v) for k, v in vars(by_leaf).items()}


@partial(jax.jit, static_argnums=0)
def _gradients(name: str, closure: Any, at: Array) -> Any:
    return jax.vmap(jax.grad(lambda c, x: getattr(c, name)(x), argnums=(0, 1)), (None, 0))(closure, at)


@partial(jax.jit, static_argnums=0)
def _mapped(name: str, closure: Any, psi: Array) -> Any:
    return jax.vmap(lambda c, x: getattr(c, name)(x), (0, None))(closure, psi)


@partial(jax.jit, static_argnums=0)
def _run(name: str, closure: Any, psi: Array) -> Any:
    return getattr(closure, name)(psi)


def check_corners(closure: Any) -> None:
    """Every gradient is finite at saturation, as close to it as floats go, and in very dry soil."""
    for name in METHODS:
        by_psi, by_leaf = gradients(closure, name, CORNERS)
        assert np.all(np.isfinite(by_psi)), (name, "psi", by_psi)
        for leaf, values in by_leaf.items():
            assert np.all(np.isfinite(values)), (name, leaf, values)


def check_differences(closure: Any, heads: Array, methods: tuple[str, ...] = METHODS) -> None:
    """Gradients are central differences to 1e-6, or to the rounding of these; C and dK/dpsi are the gradients."""
    for name in methods:
        by_psi, by_leaf = gradients(closure, name, heads)
        close(by_psi, difference(getattr(closure, name), heads), (name, "psi"))
        for leaf, values in by_leaf.items():
            close(values, difference(*varied(closure, name, leaf, heads)), (name, leaf))
    np.testing.assert_allclose(closure.capacity(heads), gradients(closure, "water_content", heads)[0], rtol=1e-10)
    slope = gradients(closure, "conductivity", heads)[0]
    np.testing.assert_allclose(closure.conductivity_derivative(heads), slope, rtol=1e-10)


def check_inverse_gradient(closure: Any, heads: Array) -> None:
    """d(psi)/d(theta) and d(psi)/d(leaf) of the inverse are those of the implicit function."""
    heads = heads[resolved(closure, heads, 1e-8)]
    assert heads.size
    by_theta, by_leaf = gradients(closure, "matric_head", closure.water_content(heads))
    C = closure.capacity(heads)
    np.testing.assert_allclose(by_theta, 1.0 / C, rtol=1e-6)
    forward = gradients(closure, "water_content", heads)[1]
    for leaf, values in by_leaf.items():
        scale = np.abs(forward[leaf] / C).max()
        np.testing.assert_allclose(values, -forward[leaf] / C, rtol=1e-6, atol=1e-12 * scale, err_msg=leaf)


def check_inverse_corners(closure: Any) -> None:
    """The inverse and its gradients are finite at saturation, a float below it, at the dry end and out of range."""
    wet, dry = float(closure.theta_s), float(getattr(closure, "theta_r", 0.0))
    inside = [wet, np.nextafter(wet, 0.0), wet - 1e-12, 0.5 * (wet + dry), dry + 1e-3]
    theta = np.array([*inside, np.nextafter(dry, 1.0), dry + 1e-300, dry, wet + 0.1, np.nan])
    assert np.all(np.isfinite(closure.matric_head(theta)[:4])) and not np.any(np.isinf(closure.matric_head(theta)))
    by_theta, by_leaf = gradients(closure, "matric_head", theta)
    assert np.all(np.isfinite(by_theta)), by_theta
    for leaf, values in by_leaf.items():
        assert np.all(np.isfinite(values)), (leaf, values)


def check_inverse(closure: Any, heads: Array) -> None:
    """matric_head(water_content(psi)) is psi to 1e-8 wherever the rounding of theta allows it."""
    where = resolved(closure, heads, 1e-8)
    assert where.mean() > 0.25
    back = closure.matric_head(closure.water_content(heads))
    np.testing.assert_allclose(back[where], np.broadcast_to(heads, back.shape)[where], rtol=1e-8)


def resolved(closure: Any, heads: Array, digits: float) -> Array:
    """True where a relative change of psi by `digits` changes theta by more than its rounding."""
    return np.abs(closure.capacity(heads) * heads) * digits > 4.0 * EPS * closure.water_content(heads)


def check_outside(closure: Any, below: float) -> None:
    """A single water content outside the range raises; in an array it is NaN and its neighbours are not harmed."""
    good = 0.5 * (below + float(closure.theta_s))
    for theta in (below - 0.01, float(closure.theta_s) + 0.01, np.nan):
        with pytest.raises(RangeError, match="theta must lie in"):
            closure.matric_head(theta)
        psi = closure.matric_head(np.array([theta, good]))
        assert np.isnan(psi[0]) and psi[1] == closure.matric_head(good)
    with pytest.raises(RangeError, match="psi must be finite"):
        closure.water_content(np.nan)
    assert np.isnan(closure.water_content(np.array([np.nan, -1.0]))).tolist() == [True, False]


def check_rejected(kind: Any, good: dict[str, float], wrong: dict[str, float]) -> None:
    """Each wrong parameter raises with its name; as an element of an array it makes that element NaN."""
    for name, value in wrong.items():
        with pytest.raises(RangeError, match=name):
            kind(**{**good, name: value})
        made = kind(**{**good, name: np.array([value, good[name]])})
        assert all(np.isnan(leaf[0]) and not np.isnan(leaf[1]) for leaf in vars(made).values())
        assert np.isnan(made.water_content(-1.0)).tolist() == [True, False]


def varied(closure: Any, name: str, leaf: str, heads: Array) -> tuple[Any, Array]:
    """method as a function of one leaf, at the heads; the leaf may leave its range, as theta_r = 0 does."""
    keys = [k for k, _ in vars(closure).items()]
    leaves, tree = jax.tree_util.tree_flatten(closure)
    position = keys.index(leaf)

    def method(value: Array) -> Array:
        return getattr(jax.tree_util.tree_unflatten(tree, _swapped(leaves, position, value)), name)(heads)

    return method, leaves[position] + 0.0 * heads


def _swapped(leaves: list[Any], position: int, value: Array) -> Iterator[Any]:
    return (value if i == position else leaf for i, leaf in enumerate(leaves))


def difference(function: Any, x: Array) -> tuple[Array, Array]:
    """(derivative, its rounding) by central differences of fourth order."""
    step = STEP * np.where(x == 0.0, 1.0, np.abs(x))
    near, far = (function(x + k * step) - function(x - k * step) for k in (1.0, 2.0))
    return (8.0 * near - far) / (12.0 * step), 20.0 * EPS * np.abs(function(x)) / step


def close(gradient: Array, expected: tuple[Array, Array], what: tuple[str, str]) -> None:
    derivative, rounding = expected
    wrong = np.abs(gradient - derivative) > 1e-6 * np.abs(derivative) + rounding
    assert not np.any(wrong), (*what, gradient[wrong], derivative[wrong])


def van_genuchten_reference(mp: Any, theta_r: float, theta_s: float, alpha: float, n: float, tau: float, psi: float):  # type: ignore[no-untyped-def]
    """(theta, K/K_s) from the textbook form, in as many digits as `mp` has."""
    theta_r, theta_s, alpha, n, tau, h = (mp.mpf(float(v)) for v in (theta_r, theta_s, alpha, n, tau, -psi))
    m = 1 - 1 / n
    X = (alpha * h) ** n
    Se = (1 + X) ** -m
    return theta_r + (theta_s - theta_r) * Se, Se**tau * (1 - (X / (1 + X)) ** m) ** 2
