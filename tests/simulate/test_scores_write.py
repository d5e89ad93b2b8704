"""The files of a run about its measurements and its ensemble, written from a plan and its outputs."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from vadose.data.forcing import ForcingSource, open_forcing
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.simulate.members import Member
from vadose.simulate.observations import observe
from vadose.simulate.schedule import schedule_of
from vadose.simulate.scores_write import write_scores
from vadose.simulate.study_output import Observation

WKG = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG/stdfmt/WKG.stdfmt.daily.txt"
NAMES = ("dry loam", "wet loam", "dry sand", "wet sand")


@pytest.fixture(scope="module")
def plan(vadose_data: Path) -> Any:
    table = str(vadose_data / WKG)
    source = ForcingSource(
        table, lat=31.7365, lon=-109.9419, elevation=1531.0, gaps="fill", longest_gap=60.0, linear_gap=48.0,
        period=("2008-01-01", "2009-12-31"),
    )  # fmt: skip
    files = open_forcing(source)
    studied = (
        Observation("LE", table, "latent_heat", utc_offset=-7.0),
        Observation("SM", table, "soil_moisture", depth=(0.0, 0.1), utc_offset=-7.0),
    )
    members = tuple(Member(n, "vadose", n.split()[0], n.split()[1], "campbell") for n in NAMES)
    schedule = schedule_of(files.times(1800.0), 1800.0, 12, "day", "WKG")
    study = SimpleNamespace(observations=studied, ensemble=SimpleNamespace(seed=0))
    cells = Cells.whole(Sites(np.array([31.7365]), np.array([-109.9419]), ("Kendall",)))
    bounds = np.concatenate([schedule.bounds(c) for c in schedule.chunks()])
    found = observe(studied, bounds, cells)
    return SimpleNamespace(
        study=study, files=files, cells=cells, schedule=schedule, members=members, observed=found
    )  # fmt: skip


def made(plan: Any, path: Path) -> Path:
    """Outputs of four invented members, as a run writes them."""
    bounds = np.concatenate([plan.schedule.bounds(c) for c in plan.schedule.chunks()])
    days = np.arange(bounds.shape[0])
    season = 30.0 - 25.0 * np.cos(2 * np.pi * (days - 20) / 365.25)
    heat = np.stack([season + shift for shift in (0.0, 20.0, 1.0, 21.0)])[..., None]
    water = np.broadcast_to(np.array([8.0, 30.0])[:, None], (4, days.size, 2, 1))
    seconds = (bounds - np.datetime64("1970-01-01", "s")) / np.timedelta64(1, "s")
    xr.Dataset(
        {
            "hfls": (("member", "time", "site"), heat, {"vadose_name": "latent_heat", "units": "W m-2"}),
            "mrsol": (("member", "time", "depth", "site"), water, {"vadose_name": "soil_moisture", "units": "kg m-2"}),
            "time_bnds": (("time", "bnds"), seconds),
            "depth_bnds": (("depth", "bnds"), np.array([[0.0, 0.1], [0.1, 0.4]])),
        },
        {"member": list(NAMES), "time": ("time", seconds[:, 0], {"units": "seconds since 1970-01-01 00:00:00",
                                                                   "bounds": "time_bnds"})},
    ).to_netcdf(path)  # fmt: skip
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_run_is_compared_with_members_and_benchmarks_side_by_side(plan: Any, tmp_path: Path) -> None:
    notes = write_scores(plan, made(plan, tmp_path / "outputs.nc"), tmp_path)
    assert any("one calendar year left out" in note for note in notes)
    scored = rows(tmp_path / "scores.csv")
    assert {r["member"] for r in scored} == {*NAMES, "bucket", "penman-monteith", "1lin", "2lin", "3km27"}
    heat = {r["member"]: float(r["value"]) for r in scored if r["metric"] == "rmse" and r["observation"] == "LE"}
    assert heat["bucket"] < heat["1lin"] and heat["dry loam"] < heat["wet loam"]
    assert len({r["n"] for r in scored if r["observation"] == "LE"}) == 1
    shares = {r["choice"]: r for r in rows(tmp_path / "analysis.csv") if r["variable"] == "latent_heat"}
    assert set(shares) == {"soil_map", "ptf", "soil_map x ptf"}
    mean = [r for r in rows(tmp_path / "analysis.csv") if r["statistic"] == "mean" and r["choice"] == "soil_map"]
    assert float(mean[0]["first"]) == pytest.approx(400 / 401, abs=1e-6)
    assert float(mean[0]["range"]) == pytest.approx(20.0)
    with xr.open_dataset(tmp_path / "observations.nc") as stored:
        assert stored.sizes["time"] == plan.schedule.days


def test_files_of_an_earlier_run_do_not_stay(plan: Any, tmp_path: Path) -> None:
    for name in ("observations.nc", "scores.csv", "analysis.csv"):
        (tmp_path / name).write_text("old")
    study = SimpleNamespace(observations=(), ensemble=plan.study.ensemble)
    alone: Any = SimpleNamespace(**{**vars(plan), "study": study, "members": plan.members[:1], "observed": None})
    path = made(plan, tmp_path / "outputs.nc")
    with xr.open_dataset(path) as whole:
        whole.isel(member=[0]).to_netcdf(tmp_path / "one.nc")
    assert write_scores(alone, tmp_path / "one.nc", tmp_path) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.nc", "outputs.nc"]
