"""Lorenz-96: the model beside a stored trajectory, and filters beside the RMSE that DAPPER finds with them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.assimilate.lorenz96 import SETUPS, run, step, truth

STEPS, BURN_IN = 600, 200
# Stretches of 300 analyses of a long run differ by 0.01 (standard deviation).
BOUND = 0.03
SHORT = (
    "EnKF PertObs N40 i1.06",
    "EnKF Sqrt N24 i1.013 rot",
    "EnKF DEnKF N40 i1.01",
    "LETKF N7 i1.04 loc4 rot",
    "SL_EAKF N7 i1.07 loc6 rot",
)


def test_the_model_takes_the_stored_steps(vadose_data: Path) -> None:
    with np.load(vadose_data / "golden/lorenz96/truth_obs_seed3001.npz") as stored:
        x = stored["xx"]
    np.testing.assert_allclose(step(x[:-1]), x[1:], rtol=0, atol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_filters_reach_the_error_of_the_reference(name: str, vadose_data: Path) -> None:
    """A short run of one seed; `benchmarks/lorenz96.py` runs all filters over five seeds."""
    table = json.loads((vadose_data / "golden/lorenz96/table.json").read_text())["results"]
    analysis, forecast = run(SETUPS[name], 2, truth(2, STEPS), BURN_IN)
    assert analysis == pytest.approx(table[name]["rmse_a"], abs=BOUND)
    assert forecast == pytest.approx(table[name]["rmse_f"], abs=BOUND)
