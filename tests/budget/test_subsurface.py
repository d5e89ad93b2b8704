"""The water of a subsurface closes to 1e-10 of what passed, with everything at once and with substeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.flow.subsurface_box import (
    DEPTH,
    DRAIN,
    EVERYDAY,
    FLUX,
    LAKE,
    SHAPE,
    WELL,
    WEST,
    assert_balanced,
    box,
    level,
    start,
)  # fmt: skip

from vadose.flow.subsurface_step import step
from vadose.flow.subsurface_terms import Drain, FaceFlux, FaceHead, Lake, Well

RNG = np.random.default_rng(2)
COLUMNS = SHAPE[1:]


def everything(fallen: float) -> dict[int, Any]:
    """Rain, evaporation, a drain, a well, a lake and heads at the west."""
    flux, conductance, share = np.zeros(SHAPE), np.zeros(SHAPE), np.zeros(SHAPE)
    flux[0] = fallen * RNG.uniform(0.0, 2.0, COLUMNS) - 2e-8
    flux[1:3] = -1e-8
    conductance[3, 1:4, 1] = 1e-6
    share[4:, 3, 3] = 0.5
    stage = np.full(COLUMNS, np.nan)
    stage[4, 4] = 0.1
    heads = np.full(SHAPE, np.nan)
    heads[3:, :, 0] = (DEPTH - 0.8)[3:, :, 0]
    return {
        FLUX: FaceFlux(flux), DRAIN: Drain(conductance, 0.1), WELL: Well(-1e-6, share), LAKE: Lake(stage),
        WEST: FaceHead(heads, np.ones(SHAPE), "west"),
    }  # fmt: skip


@pytest.mark.parametrize("kinematic", [1.0, 0.0])
def test_rain_and_drying_close_with_everything_at_once(kinematic: float) -> None:
    """With the tolerances of every day, by which no water is lost all the same."""
    land = {
        "K_s": 1e-6 * np.exp(RNG.normal(0.0, 1.0, SHAPE)), "slope_x": RNG.normal(0.0, 0.02, COLUMNS), "slope_y": 0.01,
        "kinematic": kinematic,
    }  # fmt: skip
    ponded = 0.0
    problem = box(**land, terms=everything(0.0))
    state = start(problem, level(0.7))
    for fallen in (2e-5, 0.0):
        problem = box(**land, terms=everything(fallen))
        for _ in range(6):
            before = state.water
            done = step(problem, state, 3600.0, EVERYDAY)
            state = done.state
            assert bool(done.converged)
            assert_balanced(problem, done, before, 3600.0)
            ponded = max(ponded, float(state.pond.max()))
    assert ponded > 1e-3


def test_substeps_lose_no_water() -> None:
    """A downpour on dust-dry soil in one step of ten days, which only substeps get through."""
    terms = {FLUX: everything(3e-5)[FLUX]}
    problem = box(K_s=1e-6, slope_x=-0.01, terms=terms)
    begun = start(problem, np.full(SHAPE, -200.0))
    done = step(problem, begun, 864000.0, EVERYDAY)
    assert bool(done.converged) and int(done.substeps) > 1
    assert_balanced(problem, done, begun.water, 864000.0)


def test_rain_and_runoff_at_inactive_columns_close() -> None:
    active = np.ones(SHAPE, bool)
    active[:, 1, 3] = False
    problem = box(K_s=1e-6, slope_x=-0.02, active=active, terms={FLUX: everything(2e-5)[FLUX]})
    state = start(problem, level(0.7))
    for _ in range(4):
        before = state.water
        done = step(problem, state, 3600.0, EVERYDAY)
        state = done.state
        assert bool(done.converged) and abs(float(done.unbalanced)) <= 1e-10 * float(done.throughput)
        assert not np.asarray(state.water - before)[:, 1, 3].any()
