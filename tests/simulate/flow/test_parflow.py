"""A ParFlow case as a flow run: its forcing, times and fields, what a study may say beside it, and wrong files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.parflow import cases
from typer.testing import CliRunner

from vadose.cli import app
from vadose.data.parflow import write_pfb
from vadose.errors import ConfigError, DataError
from vadose.simulate.flow.describe import describe
from vadose.simulate.flow.load import load_flow_study
from vadose.simulate.flow.result import FlowRun
from vadose.simulate.flow.run import run_study
from vadose.simulate.flow.setup import set_up

AREA = 40.0 * 60.0  # m2
RAIN = 0.02  # m/h, in the first hour of four, twice
SHAPE = cases.SHAPE


def storm(**changes: object) -> dict[str, object]:
    """The keys of a slope with rain on top, a side with a held head, and fields of K and heads from files."""
    made = cases.keys(
        **{
            "Patch.top.BCPressure.Type": "OverlandKinematic",
            "Patch.top.BCPressure.Cycle": "storms",
            "Patch.top.BCPressure.alltime.Value": None,
            "Patch.top.BCPressure.rain.Value": -RAIN,
            "Patch.top.BCPressure.dry.Value": 0.0,
            "Patch.front.BCPressure.Type": "DirEquilRefPatch",
            "Patch.front.BCPressure.RefGeom": "domain",
            "Patch.front.BCPressure.RefPatch": "bottom",
            "Patch.front.BCPressure.alltime.Value": 0.25,
            "Geom.domain.Perm.Type": "PFBFile",
            "Geom.domain.Perm.Value": None,
            "Geom.domain.Perm.FileName": "perm.pfb",
            "ICPressure.Type": "PFBFile",
            "Geom.domain.ICPressure.FileName": "press.pfb",
            "Mannings.Geom.domain.Value": 5e-5,
            "Geom.domain.Perm.TensorValX": 1.0,
            "Geom.domain.Perm.TensorValY": 1.0,
        }
    )
    return {key: value for key, value in (made | changes).items() if value is not None}


def fields(folder: Path) -> None:
    """K (m/h) that falls with depth, and heads that are hydrostatic over a table 2 m below the ground."""
    depth = 0.25 + 0.5 * np.arange(SHAPE[0])[:, None, None]
    write_pfb(folder / "perm.pfb", 0.05 * np.exp(-depth) * np.ones(SHAPE))
    write_pfb(folder / "press.pfb", (depth - 2.0) * np.ones(SHAPE))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("case")
    fields(folder)
    return cases.write(folder, storm())


@pytest.fixture(scope="module")
def made(database: Path, tmp_path_factory: pytest.TempPathFactory) -> FlowRun:
    """The case run by the command, as a user of ParFlow does; do not change it."""
    run = tmp_path_factory.mktemp("parflow") / "run"
    line = ["simulate", str(database), "--set", "parflow.time_unit=h", "--out", str(run), "--no-report"]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output.splitlines()[-1] == str(run)
    return FlowRun(run)


def test_the_run_is_that_of_the_case(made: FlowRun) -> None:
    said = made.manifest
    assert said["origin"] == "ParFlow database run.pfidb, times in h" and said["overland"] == "kinematic wave"
    assert said["cells"] == list(SHAPE) and said["dx"] == 10.0 and said["dy"] == 20.0
    assert said["hours"] == 10.0 and said["dt"] == 1800.0 and said["steps"] == 20
    assert {Path(h["path"]).name for h in said["hashes"]} == {"run.pfidb", "perm.pfb", "press.pfb"}
    assert said["layers"] == [[0.5 * k, 0.5 * (k + 1)] for k in range(5)]


def test_states_stand_at_the_times_of_the_case(made: FlowRun) -> None:
    held = made.outputs
    np.testing.assert_array_equal(held.time, 7200.0 * np.arange(6))
    np.testing.assert_allclose(held["K_s"][:, 1, 2], 0.05 / 3600.0 * np.exp(-held.depth), rtol=1e-6)
    np.testing.assert_allclose(held["water_table_depth"][0], 2.0, atol=1e-6)
    np.testing.assert_allclose(held["manning"], 5e-5 * 3600.0, rtol=1e-6)


def test_rain_of_the_case_is_in_the_budget(made: FlowRun) -> None:
    table = made.budget
    # Hours 0 to 1 and 4 to 5; of steps that end at 10 h none falls into a third storm.
    np.testing.assert_allclose(table["rain"], [0.0, RAIN * AREA, 0.0, RAIN * AREA, 0.0, 0.0])
    stored = (table["storage"] + table["pond"]).to_numpy()
    entered = table[["rain", "evaporation", "border", "front (head)"]].sum(axis=1).to_numpy()
    assert (table["front (head)"][1:] < 0.0).all()
    np.testing.assert_allclose(np.diff(stored), entered[1:], rtol=0, atol=1e-10 * table["rain"].sum())
    assert made.manifest["budget"]["relative"] < 1e-10


def test_a_case_may_be_written_more_often_and_gauged(database: Path, tmp_path: Path) -> None:
    tables = {
        "study": {"title": "Case"},
        "parflow": {"database": str(database), "time_unit": "h"},
        "output": {"every": 1.0},
        "gauges": [{"name": "Top", "y": 0, "x": 0, "kind": "head"}],
    }
    made = run_study(tables, tmp_path / "run", report=False)
    assert made.outputs.sizes["time"] == 11 and len(made.hydrographs) == 11


def test_the_unit_of_time_must_be_said(database: Path) -> None:
    with pytest.raises(ConfigError, match=r"`time_unit` is missing.*time_unit = \"h\""):
        load_flow_study(database)
    done = CliRunner().invoke(app, ["simulate", str(database), "--dry-run"])
    assert isinstance(done.exception, ConfigError)


def test_a_dry_run_of_a_case_reads_it(database: Path) -> None:
    said = dict(describe(load_flow_study(database, ["parflow.time_unit=h"])[0]).rows)
    assert said["domain"].startswith("3 x 4 columns of 5 layers, 10 x 20 m")
    assert said["steps"] == "20 of 1800 s, 10 h" and said["terms"] == "front (head)"


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("period", {"hours": 3.0}),
        ("soil", {"porosity": 0.3}),
        ("surface", {"manning": 0.1}),
        ("rain", [{"rate": 1.0}]),
        ("wells", [{"name": "a", "y": 0, "x": 0, "flow": 1.0}]),
        ("initial", {"head": -1.0}),
    ],
)
def test_tables_without_effect_beside_a_case_are_refused(database: Path, table: str, value: Any) -> None:
    tables: dict[str, Any] = {"parflow": {"database": str(database), "time_unit": "h"}, table: value}
    with pytest.raises(ConfigError, match=rf"\[{table}\].* no effect with \[parflow\]"):
        set_up(load_flow_study(tables)[0])


def terms(folder: Path, keys: dict[str, object]) -> tuple[Any, Any]:
    fields(folder)
    setup = set_up(load_flow_study(cases.write(folder, keys), ["parflow.time_unit=h"])[0])
    return setup, setup.changing(3600.0)


def test_sides_and_wells_become_terms(tmp_path: Path) -> None:
    keys = storm() | {
        "Patch.left.BCPressure.Type": "DirEquilRefPatch",
        "Patch.left.BCPressure.RefGeom": "domain",
        "Patch.left.BCPressure.RefPatch": "bottom",
        "Patch.left.BCPressure.alltime.Value": 1.0,
        "Patch.right.BCPressure.alltime.Value": 0.001,
        "Wells.Names": "pump",
        "Wells.pump.InputType": "Vertical",
        "Wells.pump.Action": "Extraction",
        "Wells.pump.Type": "Flux",
        "Wells.pump.X": 15.0,
        "Wells.pump.Y": 30.0,
        "Wells.pump.ZUpper": 101.4,
        "Wells.pump.ZLower": 100.1,
        "Wells.pump.Method": "Standard",
        "Wells.pump.Cycle": "constant",
        "Wells.pump.alltime.Flux.water.Value": 3.6,
    }
    setup, (west, east, south, pump) = terms(tmp_path, keys)
    assert setup.names == ("left (head)", "right (flux)", "front (head)", "well pump")
    np.testing.assert_allclose(south.head[:, 0, 2], 0.25 - 2.5 + 0.25 + 0.5 * np.arange(5))
    # A head of 1 m at the bottom's edge, hydrostatic upward, on the western faces alone.
    np.testing.assert_allclose(west.head[:, 1, 0], 1.0 - 2.5 + 0.25 + 0.5 * np.arange(5))
    assert np.isnan(west.head[:, :, 1:]).all() and west.side == "west"
    # 0.001 m/h leaves eastward, over the horizontal area of the cells.
    np.testing.assert_allclose(east.flux[:, :, -1], -0.001 / 3600.0 * 0.5 / 10.0)
    assert pump.flow == pytest.approx(-3.6 / 3600.0) and pump.share.sum() == pytest.approx(1.0)
    assert set(np.argwhere(pump.share)[:, 1:].ravel()) == {1}


def test_water_seeps_from_the_top(tmp_path: Path) -> None:
    keys = storm() | {"Patch.top.BCPressure.Type": "SeepageFace", "Patch.top.BCPressure.Cycle": "constant"}
    keys |= {"Patch.top.BCPressure.alltime.Value": 0.0}
    setup, (_, top) = terms(tmp_path, keys)
    assert setup.problem.overland is None and "top (seepage)" in setup.names
    assert (top.conductance[0] > 0.0).all() and not top.conductance[1:].any()


def test_a_storm_of_another_unit_turns_at_its_hours(database: Path) -> None:
    for unit, seconds in (("min", 60.0), ("h", 3600.0)):
        setup = set_up(load_flow_study(database, [f"parflow.time_unit={unit}"])[0])
        flux = setup.top(setup.edges)[:, 0, 0] * seconds
        np.testing.assert_allclose(flux[[0, 1, 2, 7, 8, 9, 10]], RAIN * np.array([1, 1, 0, 0, 1, 1, 0]))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda b: b[:-100], "perm.pfb"),
        (lambda b: b[:10], "begins with 64 bytes of header"),
        (lambda b: np.frombuffer(b, "u1").reshape(-1, 4)[:, ::-1].tobytes(), "perm.pfb"),
    ],
)
def test_wrong_fields_are_named(tmp_path: Path, spoil: Any, words: str) -> None:
    fields(tmp_path)
    whole = (tmp_path / "perm.pfb").read_bytes()
    (tmp_path / "perm.pfb").write_bytes(spoil(whole))
    with pytest.raises(DataError, match=words):
        set_up(load_flow_study(cases.write(tmp_path, storm()), ["parflow.time_unit=h"])[0])


def test_a_field_of_another_shape_is_named(tmp_path: Path) -> None:
    fields(tmp_path)
    write_pfb(tmp_path / "press.pfb", np.ones((4, 3, 5)))
    with pytest.raises(DataError, match="press.pfb"):
        set_up(load_flow_study(cases.write(tmp_path, storm()), ["parflow.time_unit=h"])[0])
