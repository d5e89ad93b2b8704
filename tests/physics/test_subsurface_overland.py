"""Rain on sloping ground: the kinematic wave of a plane in closed form, and a V-shaped catchment."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.flow.subsurface_box import AREA, DEPTH, SHAPE, SIDE, box, rain, run, start

from vadose.flow.overland import KinematicWave
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import step
from vadose.flow.subsurface_terms import FaceFlux
from vadose.soil import VanGenuchten

CELLS, DX, RAIN, SLOPE, MANNING = 50, 10.0, 1e-5, 0.01, 0.05


@pytest.mark.slow
def test_rain_on_a_plane_rises_and_settles_as_the_kinematic_wave() -> None:
    """h = r t and q = a (r t)^(5/3) at the foot until L = a r^(2/3) t^(5/3); at the end a h^(5/3) = r x."""
    flat = np.zeros((1, CELLS))
    grid = SubsurfaceGrid(np.full((1, 1, 1), 0.01), flat - SLOPE, flat, DX, DX)
    rock = VanGenuchten(theta_r=0.001, theta_s=0.01, alpha=2.0, n=2.0, K_s=1e-18)
    problem = Subsurface(
        grid,
        rock,
        specific_storage=0.0,
        overland=KinematicWave(MANNING),
        terms=(FaceFlux(np.full(grid.shape, RAIN)),),
    )
    settings = SubsurfaceSettings(tolerance=1e-11, last=1e-8)
    problem = jax.device_put(problem)
    state, dt, alpha = state_at(problem, jnp.zeros(grid.shape)), 30.0, np.sqrt(SLOPE) / MANNING
    concentration = (CELLS * DX / (alpha * RAIN ** (2.0 / 3.0))) ** 0.6
    assert 2000.0 < concentration < 4000.0
    for count in range(1, 301):
        done = step(problem, state, dt, settings)
        state, time = done.state, count * dt
        assert bool(done.converged) and abs(float(done.unbalanced)) <= 1e-10 * float(done.throughput)
        if time < 0.6 * concentration:
            assert float(state.pond[0, -1]) == pytest.approx(RAIN * time, rel=1e-3)
            assert float(done.x[0, -1]) == pytest.approx(alpha * (RAIN * time) ** (5.0 / 3.0), rel=2e-3)
    assert float(done.x[0, -1]) == pytest.approx(RAIN * CELLS * DX, rel=1e-5)
    foot = DX * np.arange(1, CELLS + 1)
    np.testing.assert_allclose(state.pond[0], (RAIN * foot / alpha) ** 0.6, rtol=1e-5)


def test_a_v_catchment_gives_its_rain_through_its_mouth() -> None:
    """Two planes fall to a channel that falls south, over saturated soil: steady outflow is rain times area."""
    across = np.asarray([-0.05, -0.05, 0.05, 0.05, 0.05]) * np.ones(SHAPE[1:])
    land = {"slope_x": across, "slope_y": 0.02, "K_s": 1e-12}
    wet, dry = box(**land, terms=rain(RAIN)), box(**land)
    steady = run(wet, start(wet, np.broadcast_to(DEPTH, SHAPE)), 30, 300.0)
    area = SHAPE[1] * SHAPE[2] * AREA
    mouth = -float(steady.y[0].sum()) * SIDE
    assert mouth == pytest.approx(RAIN * area, rel=1e-6)
    assert not steady.x[:, 0].any() and not steady.x[:, -1].any() and not steady.y[-1].any()
    depth = np.asarray(steady.state.pond)
    # The western plane reaches the channel over the edge before it, the eastern one over the edge behind it.
    np.testing.assert_allclose(depth, depth[:, ::-1], rtol=1e-6)
    assert depth[0].argmax() == 2 and (np.diff(depth[:, 2]) < 0.0).all()
    state, falling = steady.state, [mouth]
    for _ in range(6):
        done = run(dry, state, 1, 300.0)
        state = done.state
        falling.append(-float(done.y[0].sum()) * SIDE)
    assert (np.diff(falling) < 0.0).all() and falling[-1] >= 0.0
