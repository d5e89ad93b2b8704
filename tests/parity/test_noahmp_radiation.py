"""Absorbed sunlight and albedo against Noah-MP at Bondville 1998, driven with its own state, without snow."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest
import xarray as xr

from vadose.land.radiation import TwoStream, ground_albedo, split
from vadose.land.tables import modis_vegetation, soil_colour

NAMES = ("SAV", "SAG", "ALBEDO", "LAI", "SAI", "FVEG", "COSZ", "SWFORC", "FWET", "TV", "FSNO", "SNOWH", "SOIL_M")


@pytest.fixture(scope="module")
def hours(vadose_data: Path) -> dict[str, np.ndarray]:
    """Reference output of the steps with sun and without snow; what a step starts from is named with `before`."""
    with xr.open_dataset(vadose_data / "golden/noahmp/bondville1998_A_default_30min.nc") as file:
        out = {name: np.squeeze(file[name].values).astype(float) for name in NAMES}
    out["SOIL_M"] = out["SOIL_M"][:, 0]
    out |= {f"{name} before": np.roll(out[name], 1) for name in ("TV", "SOIL_M", "SNOWH")}
    sunny = (out["COSZ"] > 0.0) & (out["SWFORC"] > 0.0) & (out["SAV"] > -9000.0)
    free = (out["SNOWH"] == 0.0) & (out["SNOWH before"] == 0.0) & (out["FSNO"] == 0.0)
    return {name: values[sunny & free] for name, values in out.items()}


def test_absorbed_sunlight_is_the_reference_models_within_half_a_watt(hours: dict[str, np.ndarray]) -> None:
    n = len(hours["COSZ"])
    assert n > 7000
    dry, saturated = soil_colour(np.full(n, 4))
    soil: Any = SimpleNamespace(albedo_dry=dry, albedo_saturated=saturated)
    nothing = np.zeros((2, n))
    ground = ground_albedo(soil, hours["SOIL_M before"], hours["FSNO"], nothing, nothing)
    ours = jax.jit(TwoStream().absorb)(
        split(hours["SWFORC"]),
        cos_zenith=hours["COSZ"],
        vegetation=modis_vegetation(np.full(n, 12)),
        fraction=hours["FVEG"],
        lai=hours["LAI"],
        sai=hours["SAI"],
        wet_fraction=hours["FWET"],
        canopy_temperature=hours["TV before"],
        ground_direct=ground[0],
        ground_diffuse=ground[1],
    )

    def rmse(ours: Any, reference: np.ndarray) -> float:
        return float(np.sqrt(np.mean((np.asarray(ours) - reference) ** 2)))

    assert rmse(ours.absorbed_canopy, hours["SAV"]) < 0.5
    assert rmse(ours.absorbed_ground, hours["SAG"]) < 0.25
    assert rmse(ours.reflected / hours["SWFORC"], hours["ALBEDO"]) < 1e-3
    # What is left is frost on leaves, whose cover and temperature within the step are not in the output.
    thawed = hours["TV before"] > 273.15
    assert rmse(ours.absorbed_canopy[thawed], hours["SAV"][thawed]) < 0.05
