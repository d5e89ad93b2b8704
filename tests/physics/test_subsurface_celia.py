"""Celia et al. (1990) as a column of the three-dimensional solver: a Haverkamp sand and a van Genuchten soil."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from tests.physics.soils import Haverkamp

from vadose.flow.richards_conductivity import ArithmeticMean
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, state_at
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import step
from vadose.flow.subsurface_terms import prescribed
from vadose.soil import VanGenuchten

SAND = Haverkamp()
LOAM = VanGenuchten(theta_r=0.102, theta_s=0.368, alpha=3.35, n=2.0, K_s=9.22e-5)
LAYERS = 200
SETTINGS = SubsurfaceSettings(tolerance=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "soil", "dt"),
    [("celia1990_case1_haverkamp", SAND, 0.5), ("celia1990_case2_vg", LOAM, 60.0)],
)
def test_profiles_and_infiltration_agree_with_the_published_problem(
    vadose_data: Path, name: str, soil: Any, dt: float
) -> None:
    folder = vadose_data / "golden" / "richards"
    case = json.loads((folder / "summary.json").read_text())[name]
    reference = np.load(folder / f"{name}.npz")
    flat = np.zeros((1, 1))
    grid = SubsurfaceGrid(np.full((LAYERS, 1, 1), 0.01 * case["L"] / LAYERS), flat, flat, 1.0, 1.0)
    faces = []
    for side, layer, key in (("top", 0, "top"), ("bottom", -1, "bot")):
        head = np.full(grid.shape, np.nan)
        head[layer] = 0.01 * case[key][1]
        faces.append(prescribed(soil, jnp.asarray(head), side))
    problem = Subsurface(grid, soil, specific_storage=0.0, terms=tuple(faces), mean=ArithmeticMean())
    state = state_at(problem, np.full(grid.shape, 0.01 * case["h0"]), SETTINGS.smooth_head)
    entered, now = 0.0, 0
    for i, time in enumerate(case["times"]):
        while now < round(time / dt):
            now += 1
            done = step(problem, state, dt, SETTINGS)
            state = done.state
            assert bool(done.converged) and abs(float(done.unbalanced)) <= 1e-10 * float(done.throughput)
            entered += 100.0 * dt * float(done.rates[0].sum())
        theta = np.asarray(soil.water_content(state.head)).reshape(100, LAYERS // 100).mean(-1)
        # From 200 layers to the limit the reference itself goes the sum of its differences, the last halving on.
        assert np.abs(theta - reference["theta_extrap_cellmean"][i]).max() < (
            sum(case["level_diff_theta"][1:]) + case["level_diff_theta"][-1]
        )
        assert abs(entered / reference["cum_top_extrap"][i] - 1.0) < (
            sum(case["level_diff_cumtop"][1:]) + case["level_diff_cumtop"][-1]
        )
