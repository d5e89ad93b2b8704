"""Soil water of Noah-MP's default run at Bondville 1998, driven with the reference's own surface fluxes and ice."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from vadose.land.parameters import SoilParameters
from vadose.land.state import Groundwater, Soil
from vadose.model.soil_water import LinearTheta, SoilWaterFluxes
from vadose.soil.retention.power_law import Campbell

DT = 1800.0
THICKNESS = np.array([0.1, 0.3, 0.6, 1.0])
ROOT_LAYERS = 3


@pytest.fixture(scope="module")
def reference(vadose_data: Path) -> xr.Dataset:
    return xr.open_dataset(vadose_data / "golden/noahmp/bondville1998_A_default_30min.nc").load()


def parameters(vadose_data: Path) -> SoilParameters:
    table = json.loads((vadose_data / "golden/noahmp/params_veg12_soil8.json").read_text())
    soil = table["soil8"]
    one = jnp.ones((4, 1))
    retention = Campbell(soil["maxsmc"] * one, -soil["satpsi"] * one, soil["bb"] * one, soil["satdk"] * one)
    return SoilParameters(
        retention=retention,
        thermal=None,
        solids_heat=2e6 * one,
        wilting_point=soil["wltsmc"] * one,
        critical_point=soil["refsmc"] * one,
        albedo_dry=None,
        albedo_saturated=None,
        roughness=None,
        slope=table["noahmp_general_parameters"]["slope_data"][0] * one[0],
        deep_temperature=None,
    )


def demands(reference: xr.Dataset, soil: dict[str, float]) -> dict[str, np.ndarray]:
    """Inflow, evaporation, uptake and ice of each step; snow melt and drip from the balance of the snow.

    Rows are states at the end of a step, so that a step's own start is the row before it.
    """
    snow = reference["SNEQV"].values.astype(float)
    melt = np.diff(snow) / DT
    vapour = reference["EDIR"].values[1:].astype(float)
    evaporation = np.maximum(vapour - snow[:-1] / DT, 0.0)
    net = (reference["QRAIN"].values + reference["QSNOW"].values)[1:] - vapour - melt
    inflow = np.maximum(net + evaporation, 0.0)
    evaporation = inflow - net
    wetness = (reference["SOIL_W"].values[:-1] - soil["wltsmc"]) / (soil["refsmc"] - soil["wltsmc"])
    share = np.clip(wetness, 1e-12, 1.0) * THICKNESS * (np.arange(4) < ROOT_LAYERS)
    share /= share.sum(axis=1, keepdims=True)
    uptake = share * reference["ETRAN"].values[1:, None]
    ice = np.maximum(reference["SOIL_M"].values - reference["SOIL_W"].values, 0.0)[1:].astype(float)
    return {"inflow": inflow, "evaporation": evaporation, "uptake": uptake, "ice": ice}


def drive(reference: xr.Dataset, vadose_data: Path) -> tuple[np.ndarray, SoilWaterFluxes]:
    """Soil moisture [time, layer] and fluxes of a year from the reference's first row on."""
    soil = json.loads((vadose_data / "golden/noahmp/params_veg12_soil8.json").read_text())["soil8"]
    properties = parameters(vadose_data)
    thickness = jnp.asarray(THICKNESS)[:, None]
    groundwater = Groundwater(*(jnp.full(1, v) for v in (4900.0, 4900.0, 2.5)))
    model = LinearTheta()

    def step(total: jax.Array, row: dict[str, jax.Array]) -> tuple[jax.Array, tuple[jax.Array, SoilWaterFluxes]]:
        ice = jnp.minimum(row["ice"][:, None], total)
        state = Soil(temperature=total, liquid=total - ice, ice=ice)
        state, _, _, fluxes = model.step(
            state,
            groundwater,
            jnp.zeros(1),
            properties,
            thickness,
            inflow=row["inflow"][None],
            evaporation=row["evaporation"][None],
            uptake=row["uptake"][:, None],
            dt=DT,
        )
        total = state.liquid + state.ice
        return total, (total[:, 0], fluxes)

    start = jnp.asarray(reference["SOIL_M"].values[0], dtype=float)[:, None]
    rows = {name: jnp.asarray(value) for name, value in demands(reference, soil).items()}
    _, (moisture, fluxes) = jax.jit(lambda s, r: jax.lax.scan(step, s, r))(start, rows)
    return np.asarray(moisture), fluxes


def test_a_year_of_soil_moisture_and_runoff_is_that_of_the_reference(reference: xr.Dataset, vadose_data: Path) -> None:
    moisture, fluxes = drive(reference, vadose_data)
    days = (len(moisture) // 48) * 48
    ours = moisture[:days].reshape(-1, 48, 4).mean(axis=1)
    theirs = reference["SOIL_M"].values[1 : days + 1].reshape(-1, 48, 4).mean(axis=1)
    rmse = np.sqrt(np.mean((ours - theirs) ** 2, axis=0))
    assert np.all(rmse <= 2e-4), rmse
    surface = float(jnp.sum(fluxes.surface_runoff)) * DT
    below = float(jnp.sum(fluxes.subsurface_runoff)) * DT
    for made, name in ((surface, "SFCRNOFF"), (below, "UGDRNOFF")):
        accumulated = reference[name].values.astype(float)
        expected = accumulated[-1] - accumulated[0]
        assert abs(made - expected) <= 0.005 * expected, (name, made, expected)
