"""Infiltration under a fixed surface head, Celia et al. (1990): a Haverkamp sand and a van Genuchten soil."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.physics.soils import Haverkamp

from vadose.flow.boundary import FixedHead
from vadose.flow.richards import richards
from vadose.soil import VanGenuchten

SAND = Haverkamp()
LOAM = VanGenuchten(theta_r=0.102, theta_s=0.368, alpha=3.35, n=2.0, K_s=9.22e-5)


def infiltrate(soil: Any, case: dict[str, Any], layers: int, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Water contents [time, layer] and cumulative infiltration [time], cm, at the times of a case."""
    thickness = jnp.full((layers, 1), 0.01 * case["L"] / layers)
    start = 0.01 * case["h0"]
    steps = round(case["times"][-1] / dt)

    def step(state: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        liquid, head = state
        done = richards(
            soil,
            thickness,
            liquid,
            dt=dt,
            supply=0.0,
            demand=0.0,
            uptake=0.0,
            pond=0.0,
            bottom=FixedHead(0.01 * case["bot"][1]),
            head=head,
            surface_head=jnp.full(1, 0.01 * case["top"][1]),
        )
        return (done.liquid, done.head), (done.liquid[:, 0], done.infiltration[0])

    psi = jnp.full((layers, 1), start)
    _, (theta, rate) = jax.jit(lambda s: jax.lax.scan(step, s, None, length=steps))((soil.water_content(psi), psi))
    at = np.rint(np.asarray(case["times"]) / dt).astype(int) - 1
    return np.asarray(theta)[at], 100.0 * dt * np.cumsum(rate)[at]


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
    theta, infiltration = infiltrate(soil, case, 200, dt)
    theta = theta.reshape(len(theta), 100, 2).mean(-1)
    # From 200 layers to the limit the reference itself goes the sum of its differences, the last of them halving on.
    away = np.abs(theta - reference["theta_extrap_cellmean"]).max()
    assert away < sum(case["level_diff_theta"][1:]) + case["level_diff_theta"][-1]
    relative = np.abs(infiltration / reference["cum_top_extrap"] - 1.0)
    assert relative.max() < sum(case["level_diff_cumtop"][1:]) + case["level_diff_cumtop"][-1]
