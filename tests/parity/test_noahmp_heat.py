"""Noah-MP's soil temperatures at Bondville, step by step from its own states and ground heat flux."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.heat_columns import NOAH, bare, soil_parameters

from vadose.flow.heat_conductivity import NoahJohansen
from vadose.land.state import Soil
from vadose.model.heat import NoahHeat
from vadose.soil.retention.power_law import Campbell

REFERENCE_FREEZING = 273.16 - 273.15  # K, by which the reference's freezing point lies above ours


@pytest.fixture(scope="module")
def steps(vadose_data: Path) -> dict[str, Any]:
    """Every half hour of the golden run without snow layers as a column: states before, and after by both models.

    All temperatures are shifted by the difference of the freezing points, so that both freeze at the same.
    """
    import xarray as xr

    with xr.open_dataset(vadose_data / "golden/noahmp/bondville1998_A_default_30min.nc") as file:
        names = ("SOIL_T", "SOIL_M", "SOIL_W", "SNEQV", "SNOWH", "GRDFLX", "ISNOW")
        golden = {name: np.asarray(file[name].values, dtype=float) for name in names}
    at = np.flatnonzero((golden["ISNOW"][1:-1] == 0.0) & (golden["ISNOW"][2:] == 0.0)) + 1
    T, total, liquid = (golden[name].T for name in ("SOIL_T", "SOIL_M", "SOIL_W"))
    T = T - REFERENCE_FREEZING
    shape = (4, len(at))
    full = jnp.ones(shape)
    retention = Campbell(theta_s=0.464 * full, psi_s=-0.617 * full, b=8.72 * full, K_s=2.03e-6 * full)
    thermal = NoahJohansen.from_soil(0.1 * full, 0.464 * full)
    parameters = soil_parameters(retention, thermal, 2e6 * full, jnp.full(len(at), 285.0 - REFERENCE_FREEZING))
    soil = Soil(*map(jnp.asarray, (T[:, at], liquid[:, at], np.maximum(total - liquid, 0.0)[:, at])))
    blank = bare(len(at), layers=3)
    snow = type(blank)(
        *(blank.thickness, blank.ice, blank.liquid, blank.temperature),
        *(jnp.asarray(golden["SNOWH"][at]), jnp.asarray(golden["SNEQV"][at]), blank.age, blank.albedo),
    )
    ground = jnp.asarray(golden["GRDFLX"][at + 1])
    step = jax.jit(lambda *state: NoahHeat(overshoot=True).step(*state, jnp.asarray(NOAH), ground, None, 1800.0))
    _, after, _ = step(snow, soil, parameters)
    thin = golden["SNEQV"][at] > 0.0
    return {
        "error": np.asarray(after.temperature) - T[:, at + 1],
        "change": T[:, at + 1] - T[:, at],
        "liquid": np.asarray(after.liquid),
        "reference_liquid": liquid[:, at + 1],
        "thawed": (soil.ice.max(0) < 1e-6) & (T[:, at + 1].min(0) > 273.15) & ~thin,
        "frozen": np.asarray(soil.ice.max(0) > 1e-4) & ~thin,
        "thin": thin,
    }


def rms(x: np.ndarray) -> np.ndarray:
    """Root mean square of each layer."""
    return np.sqrt(np.mean(np.square(x), axis=1))


def test_thawed_soil_follows_the_reference_to_its_single_precision(steps: dict[str, Any]) -> None:
    """RMSE 4e-5 K in the top layer, whose temperature changes by 0.36 K a step: float32 output holds 3e-5 K."""
    error = steps["error"][:, steps["thawed"]]
    assert error.shape[1] > 14_000
    assert np.all(rms(error) <= 1e-4)
    assert np.all(rms(error) <= 0.01 * rms(steps["change"]))


def test_freezing_soil_follows_the_reference(steps: dict[str, Any]) -> None:
    error = steps["error"][:, steps["frozen"]]
    assert error.shape[1] > 500
    assert np.all(rms(error) <= 0.005)


def test_thin_snow_melts_as_in_the_reference(steps: dict[str, Any]) -> None:
    error = steps["error"][:, steps["thin"]]
    assert error.shape[1] > 50
    assert np.all(rms(error) <= 0.02)
