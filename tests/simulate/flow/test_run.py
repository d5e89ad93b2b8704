"""Flow runs from a study: what is written, whether it adds up, and how it goes on, stops and is killed."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.simulate.flow import cases

import vadose
from vadose.errors import ConfigError, NotConverged
from vadose.simulate.flow.output import Writer
from vadose.simulate.flow.result import FlowRun
from vadose.simulate.flow.run import run_study


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> FlowRun:
    """The slope over 48 h with three gauges; do not change it."""
    folder = tmp_path_factory.mktemp("flow")
    (folder / "level.csv").write_text("time,value\n0,1.25\n12,0.4\n24,0.5\n36,0.6\n48,0.7\n")
    gauges: list[dict[str, Any]] = [
        {"name": "Level", "y": 3, "x": 3, "file": str(folder / "level.csv")},
        {"name": "Foot", "y": 0, "x": 2, "kind": "discharge"},
        {"name": "Deep", "y": 3, "x": 3, "kind": "head", "layer": 3},
    ]
    return run_study(cases.study(gauges=gauges), folder / "run", report=False)


def test_a_run_says_what_it_was(whole: FlowRun) -> None:
    said = whole.manifest
    assert said["kind"] == "flow" and said["title"] == "Slope" and said["start"] == "2026-05-01"
    assert said["cells"] == list(cases.SHAPE) and said["columns"] == 30 and said["steps"] == 48 and said["hours"] == 48
    assert said["overland"] == "kinematic wave" and said["spinup"] is None and said["failures"] == []
    assert whole.failures == [] and whole.index is None and whole.restart.is_file()
    (seen,) = said["hashes"]
    assert Path(seen["path"]).name == "level.csv" and len(seen["sha256"]) == 64 and seen["bytes"] > 0
    for name in said["files"].values():
        assert (whole.run / name).is_file()
    assert not list(whole.run.rglob("*.partial"))


def test_states_are_cf_with_dates(whole: FlowRun) -> None:
    held = whole.outputs
    assert held["head"].dims == ("time", "layer", "y", "x") and held["pond"].dims == ("time", "y", "x")
    assert held.time.values[0] == np.datetime64("2026-05-01") and held.sizes["time"] == 9
    assert np.all(np.diff(held.time.values) == np.timedelta64(6, "h"))
    np.testing.assert_allclose(held.depth, [0.05, 0.25, 0.7, 1.5])
    np.testing.assert_allclose(held.y, cases.SIZE * (np.arange(cases.NY) + 0.5))
    np.testing.assert_allclose(held["head"][0, :, 0, 0], [-0.75, -0.55, -0.1, 0.7], atol=1e-6)
    np.testing.assert_allclose(held["water_table_depth"][0], 0.8, atol=1e-6)
    assert float(held["saturation"].min()) > 0.1 and float(held["saturation"].max()) <= 1.0
    np.testing.assert_allclose(held["pond"], np.maximum(held["head"][:, 0], 0.0))


def test_the_budget_adds_up_row_by_row(whole: FlowRun) -> None:
    table = whole.budget
    stored = (table["storage"] + table["pond"]).to_numpy()
    names = ["rain", "evaporation", "border", "well Pump", "drain Ditch"]
    entered = table[names].sum(axis=1).to_numpy()[1:]
    throughput = whole.manifest["budget"]["throughput_m3"]
    np.testing.assert_allclose(np.diff(stored), entered, rtol=0, atol=1e-10 * throughput)
    assert whole.manifest["budget"]["relative"] < 1e-10
    assert abs(whole.manifest["budget"]["storage_change_m3"] - entered.sum()) < 1e-10 * throughput


def test_the_budget_holds_what_the_study_says(whole: FlowRun) -> None:
    total = whole.budget.sum()
    # Six hours of 30 mm/h less 0.2 of evaporation, which falls alone in the other 42.
    np.testing.assert_allclose(total["rain"], 6 * 29.8e-3 * cases.AREA)
    np.testing.assert_allclose(total["evaporation"], -42 * 0.2e-3 * cases.AREA)
    np.testing.assert_allclose(total["well Pump"], -1e-4 * 48 * 3600)
    assert total["drain Ditch"] < 0.0 and total["border"] < 0.0
    assert total["newton"] > 48 and total["substeps"] >= 48


def test_gauges_read_the_states_and_stand_beside_what_was_observed(whole: FlowRun) -> None:
    table, held = whole.hydrographs, whole.outputs
    assert list(dict.fromkeys(table["name"])) == ["Level", "Foot", "Deep"]
    level, foot, deep = (table[table["name"] == n] for n in ("Level", "Foot", "Deep"))
    np.testing.assert_allclose(level["simulated"], held["water_table_depth"][:, 3, 3], atol=1e-6)
    np.testing.assert_allclose(deep["simulated"], held["head"][:, 3, 3, 3], atol=1e-6)
    np.testing.assert_allclose(foot["simulated"], held["discharge"][:, 0, 2], rtol=1e-6)
    assert foot["simulated"].max() > 0.0
    # Twelve-hourly observations stand at every second of the six-hourly states, and nowhere else.
    np.testing.assert_array_equal(level["observed"].dropna(), [1.25, 0.4, 0.5, 0.6, 0.7])
    np.testing.assert_array_equal(np.isfinite(level["observed"]), [True, False] * 4 + [True])
    assert foot["observed"].isna().all()


def test_discharge_of_the_lowest_row_is_what_left_over_the_border(whole: FlowRun) -> None:
    held, table = whole.outputs, whole.budget
    left = held["discharge"][1:, 0].sum("x") * 6 * 3600.0
    np.testing.assert_allclose(left, -table["border"][1:], rtol=1e-5, atol=1e-5)


def test_a_restart_goes_on_bit_for_bit(whole: FlowRun, tmp_path: Path) -> None:
    first = run_study(cases.study(period={"hours": 24.0}), tmp_path / "first", report=False)
    rest = cases.study(
        period={"start": "2026-05-02", "hours": 24.0},
        initial={"water_table": None, "restart": str(first.run)},
        rain=[{"rate": -0.2}],
    )
    second = run_study(rest, tmp_path / "second", report=False)
    for name in ("head", "saturation", "pond", "water_table_depth", "discharge"):
        once, again = whole.outputs[name][5:], second.outputs[name][1:]
        np.testing.assert_array_equal(once, again, err_msg=name)
    with xr.open_dataset(whole.restart) as once, xr.open_dataset(second.restart) as again:
        for name in ("head", "water"):
            np.testing.assert_array_equal(once[name], again[name], err_msg=name)


@pytest.mark.slow
def test_rows_over_several_devices_are_the_same(whole: FlowRun, tmp_path: Path) -> None:
    """The setting for GPUs, with two devices of the CPU in their place."""
    code = (
        "import sys, json; from vadose.simulate.flow.run import run_study; "
        "run_study(json.loads(sys.argv[1]), sys.argv[2], report=False)"
    )
    text = json.dumps(cases.study(solver={"devices": 2}))
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    subprocess.run(
        [sys.executable, "-c", code, text, str(tmp_path / "run")], check=True, env=os.environ | {"XLA_FLAGS": flags}
    )
    shared = FlowRun(tmp_path / "run")
    for name in ("head", "pond", "discharge"):
        np.testing.assert_allclose(shared.outputs[name], whole.outputs[name], rtol=1e-5, atol=1e-7)
    assert shared.manifest["budget"]["relative"] < 1e-10


def test_devices_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`devices` = 64, but this machine has"):
        run_study(cases.study(solver={"devices": 64}), tmp_path / "run", report=False)


def test_zarr_holds_what_netcdf_holds(whole: FlowRun, tmp_path: Path) -> None:
    pytest.importorskip("zarr", reason="zarr is not installed")
    other = run_study(cases.study(output={"every": 6.0, "format": "zarr"}), tmp_path / "run", report=False)
    assert other.manifest["files"]["outputs"] == "outputs.zarr"
    xr.testing.assert_equal(whole.outputs.load(), other.outputs.load())
    assert set(whole.outputs.variables) == set(other.outputs.variables)
    again = run_study(cases.study(), tmp_path / "run", report=False)
    assert again.manifest["files"]["outputs"] == "outputs.nc" and not (tmp_path / "run" / "outputs.zarr").exists()


def test_a_killed_run_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_state = Writer.state

    def state(self: Writer, time: float, state: Any) -> None:
        if time > 86400.0:
            raise KeyboardInterrupt
        whole_state(self, time, state)

    monkeypatch.setattr(Writer, "state", state)
    with pytest.raises(KeyboardInterrupt):
        run_study(cases.study(), tmp_path / "run", report=False)
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["log.txt", "study.toml"]
    with pytest.raises(vadose.DataError, match="not a finished flow run"):
        _ = FlowRun(tmp_path / "run").manifest


def test_the_study_that_was_written_runs_again(whole: FlowRun, tmp_path: Path) -> None:
    again = vadose.simulate(whole.run / "study.toml", tmp_path / "again", report=False)
    assert isinstance(again, FlowRun)
    np.testing.assert_array_equal(whole.outputs["head"], again.outputs["head"])


def test_a_spin_up_ends_where_the_table_stands_still(tmp_path: Path) -> None:
    quiet = {"rain": [{"rate": 0.0}], "period": {"hours": 48.0}, "output": {"every": 48.0}}
    short = run_study(cases.study(**quiet, spinup={"cycles": 2, "change": 1e-4}), tmp_path / "short", report=False)
    said = short.manifest["spinup"]
    assert said["cycles"] == 2 and not said["reached"] and said["change_m"] > 1e-4
    assert "spin-up ended after 2 cycles" in (short.run / "log.txt").read_text()
    ended = run_study(cases.study(**quiet, spinup={"cycles": 9, "change": 0.2}), tmp_path / "ended", report=False)
    said = ended.manifest["spinup"]
    assert said["reached"] and said["cycles"] < 9 and said["change_m"] <= 0.2
    # The run begins where the spin-up ended, not at the stated water table.
    assert float(abs(ended.outputs["water_table_depth"][0] - 0.8).max()) > 0.01


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run with a flux in its ninth hour that no step can take, and what it said."""
    run = tmp_path_factory.mktemp("stopped") / "run"
    impossible = [{"rate": 5.0}, {"rate": 1e15, "first": 8.0, "last": 9.0}]
    with pytest.raises(NotConverged) as raised:
        run_study(cases.study(rain=impossible, output={"every": 3.0}), run, report=False)
    return run, str(raised.value)


def test_a_step_that_never_converges_is_named_with_its_place(stopped: tuple[Path, str]) -> None:
    run, said = stopped
    failure = json.loads((run / "run.json").read_text())["failures"][0]
    assert f"layer {failure['z']}, y={failure['y']}, x={failure['x']}" in said
    assert "does not converge" in said and "heads of that column" in said and "shorter steps" in said
    assert f"the step at {failure['time'] / 3600.0:g} h of 3600 s" in said and str(run) in said
    assert failure["residual"] > 1e-6


def test_what_was_computed_before_a_failure_is_kept_and_adds_up(stopped: tuple[Path, str]) -> None:
    run, _ = stopped
    made = FlowRun(run)
    (failure,) = made.failures
    assert "does not converge" in failure.why
    table = made.budget
    at = made.manifest["failures"][0]["time"]
    assert table["time"].iloc[-1] == at == 3600.0 * made.manifest["steps"]
    stored = table["storage"] + table["pond"]
    entered = table[["rain", "evaporation", "border", "well Pump", "drain Ditch"]].iloc[1:].to_numpy().sum()
    assert abs(stored.iloc[-1] - stored.iloc[0] - entered) < 1e-9
    assert made.outputs.sizes["time"] == len(table) == 4 and at == 8 * 3600.0
    assert made.manifest["summary"][0] == "Stopped at 8 h: that step does not converge."


def test_dry_soil_gives_less_than_the_air_asks_for(tmp_path: Path) -> None:
    made = run_study(cases.study(rain=[{"rate": -5.0}]), tmp_path / "run", report=False)
    gone = -made.budget["evaporation"].to_numpy()[1:]
    asked = 6 * 5e-3 * cases.AREA
    # The first hours take all that is asked; then the first layer passes less and less.
    assert asked > gone[0] > 0.7 * asked and gone[-1] < 0.2 * asked and np.all(np.diff(gone) < 0.0)
    assert made.manifest["budget"]["relative"] < 1e-10


def test_one_process_steps_through_time(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leave out `workers`"):
        run_study(cases.study(), tmp_path / "run", workers=2)
    assert not (tmp_path / "run").exists()


def test_a_mask_closes_the_budget_and_lets_water_out(tmp_path: Path) -> None:
    active = np.ones((cases.NY, cases.NX))
    active[:2, :2] = 0.0
    path = cases.write_slopes(tmp_path / "slopes.nc", active=(("y", "x"), active))
    made = run_study(
        cases.study(domain=cases.sloped(path, active=path), wells=None, drains=None), tmp_path / "run", report=False
    )
    held, table = made.outputs, made.budget
    assert made.manifest["columns"] == 26
    np.testing.assert_array_equal(np.isnan(held["head"][:, 0]), (active == 0.0) & np.ones((9, 1, 1), bool))
    np.testing.assert_allclose(table["rain"].sum(), 6 * 29.8e-3 * 26 * cases.SIZE**2)
    stored = (table["storage"] + table["pond"]).to_numpy()
    entered = table[["rain", "evaporation", "border"]].iloc[1:].to_numpy().sum()
    assert table["border"].sum() < 0.0
    assert abs(stored[-1] - stored[0] - entered) < 1e-10 * made.manifest["budget"]["throughput_m3"]
    assert made.manifest["budget"]["relative"] < 1e-10


def test_the_sample_shows_rain_runoff_and_gauges_within_reach(tmp_path: Path) -> None:
    from vadose.simulate.flow.describe import describe
    from vadose.simulate.flow.load import load_flow_study
    from vadose.simulate.flow.sample import GAUGES, observe, write_sample

    truth, study = write_sample(tmp_path)
    fake = tmp_path / "truth"
    fake.mkdir()
    with (fake / "hydrographs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "kind", "time", "simulated"])
        rows.writerows([[g["name"], g["kind"], 21600.0 * k, 0.5] for g in GAUGES for k in range(21)])
    observe(fake, tmp_path)
    for path in (truth, study):
        said = dict(describe(load_flow_study(path)[0]).rows)
        assert said["domain"].startswith("20 x 16 columns of 10 layers") and said["steps"].startswith("120 of 3600 s")
    for gauge in GAUGES:
        lines = (tmp_path / f"{str(gauge['name']).lower()}.csv").read_text().splitlines()
        assert len(lines) == 22 and abs(float(lines[5].split(",")[1]) - 0.5) < 0.2


def test_the_blocks_of_a_run_cover_its_steps_once() -> None:
    from vadose.simulate.flow.load import load_flow_study
    from vadose.simulate.flow.setup import set_up

    setup = set_up(load_flow_study(cases.study(output={"every": 5.0}))[0])
    blocks = list(setup.blocks())
    ends = np.concatenate([b.edges[1:] for b in blocks])
    np.testing.assert_array_equal(ends, setup.edges[1:])
    assert set(setup.outputs) <= {0.0, *(b.edges[-1] for b in blocks)}
    assert max(b.count for b in blocks) == 5
