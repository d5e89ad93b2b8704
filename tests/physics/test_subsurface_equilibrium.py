"""Water at rest stays at rest, on level and on tilted layers, and comes to rest from elsewhere."""

from __future__ import annotations

import numpy as np
from tests.flow.subsurface_box import DEPTH, SHAPE, SIDE, box, level, run, start

UNEVEN = 1e-5 * np.exp(np.random.default_rng(11).normal(0.0, 1.0, SHAPE))


def test_a_level_box_keeps_hydrostatic_heads_to_1e_10_m() -> None:
    done = run(box(K_s=UNEVEN), start(box(K_s=UNEVEN), level(1.0)), 24, 3600.0)
    assert np.abs(np.asarray(done.state.head) - level(1.0)).max() < 1e-10


def test_tilted_layers_keep_an_even_total_head_to_1e_10_m() -> None:
    """psi falls where the ground rises: between two cells cos(a) d psi = -sin(a) dx with the means of both cells."""
    slope_x = np.asarray([0.02, -0.01, 0.03, 0.05, -0.02])[None, :] * np.ones(SHAPE[1:])
    slope_y = np.asarray([-0.03, 0.01, 0.04, 0.0, 0.02])[:, None] * np.ones(SHAPE[1:])

    def fall(slope: np.ndarray) -> np.ndarray:
        angle = np.arctan(slope)
        sine, cosine = np.sin(angle), np.cos(angle)
        steps = SIDE * (sine[:-1] + sine[1:]) / (cosine[:-1] + cosine[1:])
        return np.concatenate([[0.0], np.cumsum(steps)])

    ground = fall(slope_x[0])[None, :] + fall(slope_y[:, 0])[:, None]
    head = DEPTH - 1.5 - (ground - ground.min())[None]
    assert head.max() > 0.5 and head[0].max() < 0.0  # saturated below, no water on the ground
    problem = box(K_s=UNEVEN, slope_x=slope_x, slope_y=slope_y)
    done = run(problem, start(problem, head), 24, 3600.0)
    assert np.abs(np.asarray(done.state.head) - head).max() < 1e-10


def test_a_mound_comes_to_rest_with_one_total_head() -> None:
    head = level(1.0)
    head[:, 2, 2] += 0.8
    problem = box(K_s=1e-3)
    done = run(problem, start(problem, head), 12, 1e7)
    total = np.asarray(done.state.head) - DEPTH
    assert np.ptp(total) < 1e-7
