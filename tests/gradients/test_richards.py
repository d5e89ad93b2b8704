"""Gradients through the Richards solver equal central differences: drydown, ponding and saturation, the dry end."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.flow.boundary import FreeDrainage
from vadose.flow.richards import RichardsSettings, richards
from vadose.soil import Campbell, VanGenuchten

THICKNESS = jnp.asarray([0.05, 0.1, 0.2, 0.4, 0.8])[:, None]
WEIGHTS = jnp.asarray([1.0, -0.4, 0.7, 0.3, -0.9])[:, None]
# A tight tolerance, so that the differences see the solution and not the end of the iteration.
SETTINGS = RichardsSettings(tolerance=1e-9)
# Three columns: drying, a cloudburst that ponds and saturates, the dry end.
SUPPLY = jnp.asarray([0.0, 2e-5, 0.0])
DEMAND = jnp.asarray([6e-8, 0.0, 1e-7])
UPTAKE = jnp.asarray([[2e-8, 1e-8, 1e-8, 0.0, 0.0]]).T * jnp.asarray([1.0, 0.0, 1.0])
SATURATION = jnp.asarray([0.6, 0.9, 0.12])


def loam(K_s: Any, shape: Any, theta_s: Any) -> VanGenuchten:
    return VanGenuchten(theta_r=0.05, theta_s=theta_s, alpha=2.0, n=shape, K_s=K_s)


def clapp(K_s: Any, shape: Any, theta_s: Any) -> Campbell:
    return Campbell(theta_s=theta_s, psi_s=-0.2, b=shape, K_s=K_s)


def outcome(soil: Any, values: tuple[Any, ...]) -> Any:
    """A number made of all outputs of three half-hour steps."""
    K_s, shape, theta_s, liquid = values
    closure = soil(K_s * jnp.ones((5, 3)), shape * jnp.ones((5, 3)), theta_s * jnp.ones((5, 3)))

    def step(state: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], Any]:
        done = richards(
            closure,
            THICKNESS,
            state[0],
            dt=1800.0,
            supply=SUPPLY,
            demand=DEMAND,
            uptake=UPTAKE,
            pond=state[1],
            bottom=FreeDrainage(),
            settings=SETTINGS,
        )
        fluxes = done.drainage + 2.0 * done.evaporation + jnp.sum(done.uptake, axis=0) - done.infiltration
        return (done.liquid, done.pond), 1e6 * fluxes

    (theta, pond), fluxes = jax.lax.scan(step, (liquid, jnp.zeros(3)), None, length=3)
    return jnp.sum(WEIGHTS * theta, axis=0) + 10.0 * pond + jnp.sum(fluxes, axis=0)


@pytest.mark.parametrize(("soil", "shape"), [(loam, 1.6), (clapp, 5.0)])
def test_gradients_equal_central_differences(soil: Any, shape: float) -> None:
    one = jnp.ones(3)
    values = (3e-6 * one, shape * one, 0.45 * one, 0.45 * SATURATION * jnp.ones((5, 1)))

    @jax.jit
    def valued(v: Any) -> Any:
        value, pull = jax.vjp(lambda v: outcome(soil, v), v)
        return value, pull(jnp.ones_like(value))[0]

    _, gradient = valued(values)
    for which, value in enumerate(values):
        size = 1e-5 * value
        moved = (tuple(v + s * size if k == which else v for k, v in enumerate(values)) for s in (1.0, -1.0))
        up, down = (valued(v)[0] for v in moved)
        central = (up - down) / 2e-5
        # Columns do not see one another: each tells the derivative along its own parameter.
        ours = jnp.sum(gradient[which] * value, axis=0) if value.ndim > 1 else gradient[which] * value
        assert np.all(np.isfinite(ours))
        scale = np.maximum(np.abs(central), 1e-3)
        assert np.max(np.abs(ours - central) / scale) < 1e-4, (which, ours, central)
