"""The six runs with calibrated soils and the ensemble of soil choices run on the real data of Walnut Gulch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import vadose
from vadose.simulate.members import members
from vadose.simulate.study import load_study

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run_script(data: Path, name: str, *arguments: str) -> str:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "VADOSE_DATA": str(data)})
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_members_of_the_six_runs_are_pairs_of_map_and_function(vadose_data: Path) -> None:
    found = members(load_study(EXAMPLES / "six_runs.toml")[0])
    assert [(m.soil_map, m.ptf) for m in found] == [
        ("gsde", "sr06"), ("gsde_sr06", "sr06"), ("gsde", "ch78"), ("gsde_ch78", "ch78"), ("hwsd", "ch78"),
        ("hwsd_ch78", "ch78"),
    ]  # fmt: skip
    assert {(m.preset, m.closure) for m in found} == {("noahmp", "campbell")}


@pytest.mark.long
@pytest.mark.slow
def test_six_runs_calibrate_the_maps_and_meet_the_measurements(vadose_data: Path, tmp_path: Path) -> None:
    said = run_script(vadose_data, "10_six_runs.py", "--out", str(tmp_path), "--days", "30")
    assert said.count("Exp6 HWSD calibrated ch78") == 2
    maps = {name: xr.open_dataset(tmp_path / "maps" / f"{name}.nc") for name in ("gsde", "gsde_sr06", "hwsd_ch78")}
    # Kendall is a gravelly sandy loam: its drydowns ask for more sand and less clay than a loam has.
    assert float(maps["gsde_sr06"].sand.min()) > float(maps["gsde"].sand.max())
    assert float(maps["hwsd_ch78"].clay.max()) < 10.0
    result = vadose.simulate.Simulation(tmp_path / "noahmp")
    assert result.outputs.sizes["member"] == 6
    total = result.budget[result.budget.column == "total"]
    assert float(total.water_residual_max.max()) < 1e-6
    moisture = result.outputs.mrsol.isel(time=-1, depth=3).mean(("lat", "lon")).values
    assert (moisture[1::2] < moisture[::2]).all()  # a sandier soil begins and stays drier


@pytest.mark.long
@pytest.mark.slow
def test_the_variance_of_soil_choices_is_shared_out(vadose_data: Path, tmp_path: Path) -> None:
    said = run_script(vadose_data, "12_soil_choices.py", "--out", str(tmp_path / "run"), "--days", "10")
    assert "soil_moisture 0-0.05" in said
    found = pd.read_csv(tmp_path / "run" / "analysis.csv")
    one = found[(found.variable == "soil_moisture") & (found.depth == "0-0.05") & (found.statistic == "mean")]
    assert one.members.eq(36).all() and one.missing.eq(0).all()
    assert one["first"].sum() == pytest.approx(1.0)
    shares = one.set_index("choice")["first"]
    assert np.argmax(shares[["soil_map", "ptf", "closure"]]) == 0
