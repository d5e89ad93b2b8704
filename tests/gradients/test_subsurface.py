"""Gradients of subsurface steps by every number of the problem and its start, against central differences."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.flow.subsurface_box import either

from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import SubsurfaceStep, step
from vadose.flow.subsurface_terms import Drain, FaceFlux
from vadose.soil import VanGenuchten

SHAPE = (4, 3, 4)
RNG = np.random.default_rng(1)
# Few iterations are allowed, so that the wetting takes substeps; coarser grids serve from the first solve on.
SETTINGS = SubsurfaceSettings(tolerance=1e-11, last=1e-10, linear=1e-6, newton=8, coarse=0)


def problem_of(kinematic: float) -> Subsurface:
    rng = np.random.default_rng(1)
    one = np.ones(SHAPE)
    grid = SubsurfaceGrid(
        np.asarray([0.05, 0.15, 0.4, 0.8])[:, None, None],
        rng.normal(0.0, 0.02, SHAPE[1:]),
        rng.normal(0.0, 0.02, SHAPE[1:]),
        50.0,
        40.0,
    )
    soil = VanGenuchten(
        theta_r=0.05 * one, theta_s=0.4 * one, alpha=2.0 * one, n=1.7 * one, K_s=np.exp(rng.normal(-12.5, 0.5, SHAPE))
    )
    flux, conductance = np.zeros(SHAPE), np.zeros(SHAPE)
    flux[0], conductance[3, 1, 1] = 8e-6, 1e-6
    problem = Subsurface(
        grid,
        soil,
        specific_storage=1e-4,
        stretch_x=2.0 * one,
        stretch_y=3.0 * one,
        overland=either(0.05 * np.ones(SHAPE[1:]), kinematic),
        terms=(FaceFlux(flux), Drain(conductance, 0.1)),
    )
    return jax.tree.map(lambda v: jnp.asarray(v, float), problem)


WEIGHTS = jnp.asarray(RNG.normal(size=SHAPE))
HEAD = jnp.asarray(np.cumsum([0.05, 0.15, 0.4, 0.8])[:, None, None] - 0.4 - RNG.uniform(0.0, 0.1, SHAPE))


def outcome(problem: Subsurface, head: Any) -> tuple[Any, Any]:
    """Weighted water after three steps of an hour, what ran over the border, and what the drain took."""

    def once(state: SubsurfaceState, _: None) -> tuple[SubsurfaceState, SubsurfaceStep]:
        done = step(problem, state, 3600.0, SETTINGS, differentiable=True)
        return done.state, done

    state, done = jax.lax.scan(once, state_at(problem, head), None, 3)
    total = 100.0 * (jnp.sum(done.x[:, :, -1] - done.x[:, :, 0]) + 1e3 * jnp.sum(done.rates[1]))
    return jnp.sum(WEIGHTS * state.water) + total, (state.pond, done)


# One program for values and gradients of both waves: to compile takes most of the time.
both = jax.jit(jax.value_and_grad(outcome, argnums=(0, 1), has_aux=True))


@pytest.mark.slow
@pytest.mark.parametrize("kinematic", [1.0, 0.0])
def test_gradients_agree_with_central_differences(kinematic: float) -> None:
    problem = problem_of(kinematic)
    (_, (pond, done)), gradients = both(problem, HEAD)
    assert bool(done.converged.all()) and float(pond.max()) > 1e-3 and int(done.substeps.max()) > 1
    assert float(abs(done.unbalanced).max()) <= 1e-10 * float(done.throughput.min())
    rng = np.random.default_rng(2)
    leaves, tree = jax.tree_util.tree_flatten_with_path((problem, HEAD))
    found = jax.tree.leaves(gradients)
    assert len(leaves) == len(found) and all(np.isfinite(g).all() for g in found)
    compared = 0
    for i, (path, value) in enumerate(leaves):
        name = jax.tree_util.keystr(path)
        # Along a direction in proportion to the number itself, so that all are moved alike.
        direction = value * rng.uniform(0.5, 1.5, np.shape(value))
        change = []
        for sign in (1.0, -1.0):
            moved = [v for _, v in leaves]
            moved[i] = value + sign * 1e-5 * direction
            change.append(float(both(*jax.tree_util.tree_unflatten(tree, moved))[0][0]))
        numeric, analytic = (change[0] - change[1]) / 2e-5, float(jnp.sum(found[i] * direction))
        assert analytic == pytest.approx(numeric, rel=1e-3, abs=1e-7), name
        compared += abs(numeric) > 1e-7
    assert compared >= 14
