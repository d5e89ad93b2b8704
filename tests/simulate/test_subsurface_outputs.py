"""What a run over a subsurface writes of rivers and layers, and its wells and gauges beside their readings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.simulate import studies
from tests.simulate.subsurface_studies import LAYERS, WIDTH, active, elevation, study

from vadose.simulate.result import Simulation
from vadose.simulate.run import make_plan
from vadose.simulate.study import load_study
from vadose.simulate.study_output import OVER_SUBSURFACE
from vadose.simulate.subsurface_file import write_ground


@pytest.mark.slow
def test_discharge_is_what_leaves_a_cell(coupled: Simulation) -> None:
    """What leaves less what comes is runoff; down the valley it grows; of members each has its own."""
    there, out = active(), coupled.outputs
    flow, runoff = out.rivo.values, out.mrros.values * WIDTH**2 / 1000.0
    assert out.rivo.dims == ("member", "time", "lat", "lon") and out.rivo.attrs["units"] == "m3 s-1"
    assert np.isnan(flow[..., ~there]).all() and np.isfinite(flow[..., there]).all()
    assert (flow[..., there] >= 0.0).all() and (flow[..., there] >= runoff[..., there] * 0.999 - 1e-9).all()
    mean = flow[0].mean(axis=0)
    assert np.nanargmax(mean) % 5 == 2 and (np.diff(mean[1:, 2]) > 0.0).all()
    assert not np.array_equal(flow[0], flow[1], equal_nan=True)
    # All that leaves the grid passes over its border, which cells along it may only exceed.
    edge = np.zeros_like(there)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    assert (np.nansum(flow[..., edge & there], axis=-1) >= 0.99 * np.nansum(runoff, axis=(2, 3)) - 1e-9).all()


@pytest.mark.slow
def test_saturation_is_water_and_ice_over_the_pores_of_all_layers(coupled: Simulation) -> None:
    out, there = coupled.outputs, active()
    saturation = out.subsat.values
    assert out.subsat.dims == ("member", "time", "subsurface_depth", "lat", "lon")
    edges = [0.0, 0.1, 0.4, 1.0, 2.0, 3.0, 5.0, 8.0]
    assert np.allclose(out.subsurface_depth_bnds.values, np.stack([edges[:-1], edges[1:]], axis=1))
    assert np.isnan(saturation[..., ~there]).all()
    full = saturation[..., there]
    assert full.min() > 0.0 and full.max() <= 1.0 and full.max() == pytest.approx(1.0)
    # The soil's: moisture over one porosity of each member; those below: their water is the aquifer's, porosity 0.3.
    moisture = out.mrsol.values[..., there] / (1000.0 * np.diff(edges[:5]))[:, None]
    porosity = moisture / full[:, :, :4]
    for member in range(2):
        assert np.ptp(porosity[member][full[member, :, :4] < 0.999]) < 1e-4
    below = 1000.0 * 0.3 * np.einsum("mtzc,z->mtc", full[:, :, 4:], np.array(LAYERS))
    assert np.allclose(below, out.aquifer.values[..., there], rtol=1e-3)
    # A layer that lies below the water table is full.
    deep = out.wtd.values[..., there][:, :, None] < np.array(edges[4:-1])[:, None] - 0.5
    assert deep.any() and (full[:, :, 4:][deep] > 0.999).all()


@pytest.mark.slow
def test_wells_and_gauges_are_compared_at_their_cell(coupled: Simulation, valley: Path) -> None:
    read = pd.read_csv(valley / "readings.csv")
    rows = pd.read_csv(coupled.run / "scores.csv")
    for name, output, column, units in (("Well", "wtd", "wtd", "m"), ("Gauge", "rivo", "q", "m3 s-1"),
                                        ("Stage", "pond", "stage", "kg m-2")):  # fmt: skip
        for number, member in enumerate(coupled.outputs.member.values):
            made = coupled.outputs[output].values[number, :, -1, 2].astype(float)
            found = rows[(rows.observation == name) & (rows.member == str(member))].set_index("metric")
            assert found.loc["rmse", "units"] == units and found.loc["rmse", "n"] == len(read)
            assert found.loc["rmse", "value"] == pytest.approx(np.sqrt(((made - read[column]) ** 2).mean()), rel=1e-5)
            assert found.loc["correlation", "value"] == pytest.approx(np.corrcoef(made, read[column])[0, 1], rel=1e-5)
            assert found.loc["bias", "value"] == pytest.approx((made - read[column]).mean(), rel=1e-5)


@pytest.mark.slow
def test_the_ground_is_left_behind(coupled: Simulation, valley: Path, tmp_path: Path) -> None:
    with xr.open_dataset(coupled.run / "subsurface.nc") as held:
        there, notes = active(), coupled.manifest["notes"]["setup"]
        assert {"slope_x", "slope_y", "elevation", "wetness", "thickness"} <= set(held)
        assert np.isnan(held.elevation.values[~there]).all()
        assert np.allclose(held.elevation.values[there], elevation()[there]), notes
        assert held.attrs["dx"] == pytest.approx(WIDTH, rel=1e-3) and held.thickness.values.sum() == 8.0
        assert np.allclose(held.lat, coupled.outputs.lat)
    (tmp_path / "subsurface.nc").touch()  # of an earlier run with another study
    plan = make_plan(load_study(studies.study(studies.weather(tmp_path, 3)))[0], tmp_path / "cache", hashed=False)
    write_ground(plan, tmp_path)
    assert not (tmp_path / "subsurface.nc").exists()


def test_what_the_report_shows_is_written_where_no_output_is_named(valley: Path, tmp_path: Path) -> None:
    table = study(valley)
    del table["output"]
    plan = make_plan(load_study(table)[0], tmp_path, hashed=False)
    assert {*OVER_SUBSURFACE, "gpp"} <= set(plan.tiles[0].outputs)
    del table["subsurface"]
    plan = make_plan(load_study(table)[0], tmp_path, hashed=False)
    assert "discharge" not in plan.tiles[0].outputs and "water_table_depth" not in plan.tiles[0].outputs
