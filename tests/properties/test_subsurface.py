"""What holds for any subsurface: heads at rest bound all heads to come, and more rain leaves nobody drier."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.flow.subsurface_box import DEPTH, SHAPE, box, level, rain, run, start


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 2.5))
def test_no_total_head_leaves_the_range_that_it_starts_in(seed: int, water_table: float) -> None:
    """A closed level box: upwind backward Euler is monotone."""
    rng = np.random.default_rng(seed)
    total = -water_table + rng.uniform(-0.5, 0.2, SHAPE)
    problem = box(K_s=1e-5 * np.exp(rng.normal(0.0, 1.0, SHAPE)))
    done = run(problem, start(problem, DEPTH + total), 3)
    after = np.asarray(done.state.head) - DEPTH
    assert after.max() <= total.max() + 1e-7 and after.min() >= total.min() - 1e-7


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1e-5), st.floats(0.0, 1e-5))
def test_more_rain_leaves_no_cell_drier(seed: int, less: float, more: float) -> None:
    rng = np.random.default_rng(seed)
    land = {"K_s": 1e-6 * np.exp(rng.normal(0.0, 1.0, SHAPE)), "slope_x": rng.normal(0.0, 0.02, SHAPE[1:])}
    wetter = less + more
    heads = []
    for rate in (less, wetter):
        problem = box(**land, terms=rain(rate))
        heads.append(np.asarray(run(problem, start(problem, level(1.0)), 3).state.head))
    assert (heads[1] - heads[0]).min() >= -1e-7
