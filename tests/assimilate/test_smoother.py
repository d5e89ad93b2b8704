"""ES-MDA: a linear problem with a known answer, and one that is not linear."""

from __future__ import annotations

import numpy as np
import pytest

from vadose import assimilate as a
from vadose.assimilate.keyed import normals


@pytest.mark.parametrize("steps", [1, 4, [9.333, 7.0, 4.0, 2.0002572]])
def test_a_linear_model_gets_the_kalman_answer(steps: int | list[float]) -> None:
    """Several steps with inflated errors equal one; the third setting is that of Emerick & Reynolds (2013)."""
    n = 4000
    root = np.array([[1.0, 0.0], [0.6, 0.9]])
    x = np.array([1.0, -2.0]) + normals(1, "x", np.arange(n), np.arange(2)) @ root.T
    g = np.array([[1.0, 2.0], [0.5, -1.0], [1.0, 0.0]])
    y, error = np.array([0.5, 1.0, 2.0]), np.array([0.5, 0.4, 1.0])
    if isinstance(steps, list):
        steps = [*steps[:-1], 1.0 / (1.0 - sum(1.0 / s for s in steps[:-1]))]
    found = a.esmda(lambda e: e @ g.T, x, y, error, key=(2,), steps=steps)
    c, mean = np.cov(x.T), x.mean(axis=0)
    gain = c @ g.T @ np.linalg.inv(g @ c @ g.T + np.diag(error**2))
    np.testing.assert_allclose(found.ensemble.mean(axis=0), mean + gain @ (y - g @ mean), atol=0.03)
    np.testing.assert_allclose(np.cov(found.ensemble.T), c - gain @ g @ c, atol=0.03)
    assert len(found.steps) == (steps if isinstance(steps, int) else len(steps))


def test_steps_help_where_the_model_bends() -> None:
    """Recovering the rate of an exponential drydown: four steps fit its observations better than one."""
    days = np.arange(1.0, 20.0)

    def drydown(e: dict[str, np.ndarray]) -> np.ndarray:
        return 0.1 + 0.3 * np.exp(-days / e["tau"])

    y = drydown({"tau": np.array([[3.0]])})[0]
    prior = {"tau": np.exp(2.5 + 0.8 * normals(5, "tau", np.arange(60), np.arange(1)))}
    misfit = []
    for steps in (1, 4):
        found = a.esmda(drydown, prior, y, 0.005, key=3, steps=steps, transforms={"tau": a.Log()})
        assert np.all(found.ensemble["tau"] > 0.0)
        misfit.append(np.sqrt(np.mean((drydown(found.ensemble) - y) ** 2)))
    assert misfit[1] < 0.5 * misfit[0]
    assert found.ensemble["tau"].mean() == pytest.approx(3.0, rel=0.1)


def test_the_same_key_gives_the_same_numbers() -> None:
    x = normals(1, "x", np.arange(10), np.arange(2))
    one, two, other = (
        a.esmda(lambda e: e, x, [0.3, 0.1], 0.5, key=k, steps=2).ensemble for k in ((1, 2), (1, 2), (1, 3))
    )
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-3
