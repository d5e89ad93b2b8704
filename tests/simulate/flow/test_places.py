"""Lakes and boundaries of a flow study: what Darcy's law gives between them, and that it all adds up by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.simulate.flow import cases

from vadose.flow.overland import CellKinematicWave, DiffusiveWave, KinematicWave
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_terms import FaceFlux, FaceHead
from vadose.simulate.flow.describe import describe
from vadose.simulate.flow.load import load_flow_study
from vadose.simulate.flow.result import FlowRun
from vadose.simulate.flow.run import run_study
from vadose.simulate.flow.setup import FlowSetup, set_up
from vadose.simulate.flow.shores import Shores

K = 0.01 / 3600.0  # m s-1, of all studies here
NAMES = [
    "well Pump", "drain Ditch", "lake Pond", "boundary Sprinklers", "boundary Aquifer", "boundary Leak", "boundary Sea",
]  # fmt: skip
LAKE = np.zeros((cases.NY, cases.NX))
LAKE[2:4, 2:4] = 1.0


def set_up_of(**tables: Any) -> FlowSetup:
    return set_up(load_flow_study(cases.study(**tables))[0])


def flat(hours: float, **tables: Any) -> dict[str, Any]:
    """A level box 40 m long and 15 m wide of two layers, 1.5 m deep, in three steps; its soil that of the slope."""
    domain = {"dx": 10.0, "dy": 5.0, "layers": [0.5, 1.0], "cells": [3, 4]}
    period = {"hours": 3 * hours, "step": 3600.0 * hours}
    return {
        "domain": domain, "soil": cases.study()["soil"], "surface": {"scheme": "none"}, "period": period,
        "initial": {"water_table": 0.0}, "output": {"every": hours}, **tables,
    }  # fmt: skip


def lakeside(folder: Path, **tables: Any) -> dict[str, Any]:
    """The slope with a lake around its well, sprinklers, water that comes and goes below, and a sea in the east."""
    path = cases.write_slopes(folder / "lake.nc", lake=(("y", "x"), np.where(LAKE > 0.0, 1.0, np.nan)))
    boundaries = [
        {"name": "Sprinklers", "side": "top", "flux": 2.0, "flux_unit": "mm h-1", "y": [0, 1]},
        {"name": "Aquifer", "side": "bottom", "flux": 5e-9, "flux_unit": "m s-1", "x": [1, 2]},
        {"name": "Leak", "side": "south", "flux": -0.1, "flux_unit": "mm h-1", "layers": [2, 3], "x": [0, 3]},
        {"name": "Sea", "side": "east", "water_table": 0.2, "layers": [1, 3], "y": [1, 4]},
    ]
    lakes = [{"name": "Pond", "stage": 0.3, "file": path}]
    return cases.study(lakes=lakes, boundaries=boundaries, **tables)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("places")


@pytest.fixture(scope="module")
def whole(folder: Path) -> FlowRun:
    """The slope with its lake over 24 h; do not change it."""
    return run_study(lakeside(folder, period={"hours": 24.0}), folder / "run", report=False)


def test_heads_on_two_sides_drive_what_darcy_says(tmp_path: Path) -> None:
    """Q = K (h_1 - h_2) / L over 1.5 m x 15 m; what stands on the ground moves nowhere."""
    sides = [
        {"name": "High", "side": "west", "water_table": -2.0},
        {"name": "Low", "side": "east", "water_table": -1.0},
    ]
    hours = 1e8  # by which ponds too are steady
    made = run_study(flat(hours, boundaries=sides), tmp_path / "run", report=False)
    expected = K * 1.0 / 40.0 * 1.5 * 15.0 * 3600.0 * hours
    last = made.budget.iloc[-1]
    assert last["boundary High"] == pytest.approx(expected, rel=1e-8)
    assert last["boundary Low"] == pytest.approx(-expected, rel=1e-8)
    # The level falls by the straight line between the sides, at every depth; centres lie 0.25 and 1 m deep.
    level = np.tile(2.0 - (np.arange(4) + 0.5) / 4.0, (3, 1))
    np.testing.assert_allclose(made.outputs["head"][-1], np.stack([level + 0.25, level + 1.0]), rtol=1e-6)


def test_a_lake_feeds_the_ground_and_stays_at_its_stage(tmp_path: Path) -> None:
    """q = K [(stage - head below) / L + 1] from the centre of the first layer to the bottom, L = 1.25 m."""
    tables: dict[str, Any] = {
        "lakes": [{"name": "Lake", "stage": 0.8, "y": [0, 2], "x": [0, 3]}],
        "boundaries": [{"name": "Below", "side": "bottom", "head": 0.3}],
    }
    made = run_study(flat(10.0, **tables), tmp_path / "run", report=False)
    last, expected = made.budget.iloc[-1], K * (0.5 / 1.25 + 1.0) * 600.0 * 36000.0
    assert last["lake Lake"] == pytest.approx(expected, rel=1e-6)
    assert last["boundary Below"] == pytest.approx(-expected, rel=1e-6)
    np.testing.assert_allclose(made.outputs["pond"], 0.8, atol=1e-6)
    assert made.manifest["budget"]["relative"] < 1e-10


def test_each_lake_and_boundary_is_a_column_and_all_add_up(whole: FlowRun) -> None:
    table = whole.budget
    assert [n for n in table if n.startswith(("well", "drain", "lake", "boundary"))] == NAMES
    stored = (table["storage"] + table["pond"]).to_numpy()
    entered = table[["rain", "evaporation", "border", *NAMES]].sum(axis=1).to_numpy()[1:]
    throughput = whole.manifest["budget"]["throughput_m3"]
    np.testing.assert_allclose(np.diff(stored), entered, rtol=0, atol=1e-10 * throughput)
    assert whole.manifest["budget"]["relative"] < 1e-10
    assert "lake Pond" in whole.manifest["summary"][1] and "boundary Sea" in whole.manifest["summary"][1]


def test_fluxes_bring_rate_times_area_times_time(whole: FlowRun) -> None:
    total, cell, day = whole.budget.sum(), cases.SIZE**2, 86400.0
    np.testing.assert_allclose(total["boundary Sprinklers"], 2e-3 / 3600.0 * 10 * cell * day)
    np.testing.assert_allclose(total["boundary Aquifer"], 5e-9 * 12 * cell * day)
    # Faces of the south are as high as the two lowest layers.
    np.testing.assert_allclose(total["boundary Leak"], -1e-4 / 3600.0 * 4 * cases.SIZE * 1.6 * day)


def test_the_lake_stays_at_its_stage_through_a_storm_and_takes_what_runs_into_it(whole: FlowRun) -> None:
    held, table, lake = whole.outputs, whole.budget, LAKE > 0.0
    np.testing.assert_allclose(held["pond"].to_numpy()[:, lake], 0.3, atol=1e-4)
    assert held["pond"][0].to_numpy()[~lake].max() == 0.0
    # Nothing runs out of it; what runs off above it in the storm, row 2 of the budget, stays in it.
    assert held["discharge"].to_numpy()[:, lake].max() == 0.0 < held["discharge"][2].to_numpy()[4, 2:4].min()
    assert table["lake Pond"][2] < 0.0 < table["lake Pond"][4] and table["border"][2] < 0.0
    # The well on a cell of the lake pumps what it is asked for.
    np.testing.assert_allclose(table["well Pump"].sum(), -1e-4 * 86400.0)


def test_a_restart_with_lakes_goes_on_bit_for_bit(whole: FlowRun, folder: Path, tmp_path: Path) -> None:
    first = run_study(lakeside(folder, period={"hours": 12.0}), tmp_path / "first", report=False)
    rest = lakeside(
        folder,
        period={"start": "2026-05-01T12:00", "hours": 12.0},
        initial={"water_table": None, "restart": str(first.run)},
        rain=[{"rate": -0.2}],
    )
    second = run_study(rest, tmp_path / "second", report=False)
    with xr.open_dataset(whole.restart) as once, xr.open_dataset(second.restart) as again:
        for name in ("head", "water"):
            np.testing.assert_array_equal(once[name], again[name], err_msg=name)
    assert any(Path(seen["path"]).name == "lake.nc" for seen in second.manifest["hashes"])


def test_the_study_that_was_written_reads_back(whole: FlowRun, folder: Path) -> None:
    once = load_flow_study(lakeside(folder))[0]
    again = load_flow_study(whole.run / "study.toml")[0]
    assert again.lakes == once.lakes and again.boundaries == once.boundaries


def test_a_dry_run_names_them(folder: Path) -> None:
    said = dict(describe(load_flow_study(lakeside(folder))[0]).rows)
    assert said["terms"] == ", ".join(NAMES) and said["overland"] == "kinematic wave"


def test_a_lake_may_be_a_box_and_begins_at_its_stage() -> None:
    made = set_up_of(lakes=[{"name": "Pond", "stage": 0.3, "y": [2, 3], "x": [2, 3]}])
    np.testing.assert_array_equal(made.head[0] == 0.3, LAKE > 0.0)
    np.testing.assert_allclose(made.head[1:], set_up_of().head[1:])


def test_a_pit_may_hold_a_lake(tmp_path: Path) -> None:
    slope_y = np.full((cases.NY, cases.NX), 0.02)
    slope_y[2, 3] = -0.02  # the cell (3, 3) takes water from both sides
    domain = cases.sloped(cases.write_slopes(tmp_path / "slopes.nc", slope_y=slope_y))
    pond = {"name": "Pond", "stage": 0.3, "y": [3, 3], "x": [3, 3]}
    assert set_up_of(domain=domain, lakes=[pond]).notes == {}
    assert set_up_of(domain=domain, lakes=[pond], surface={"scheme": "diffusive"}).notes == {}


@pytest.mark.parametrize("scheme", [KinematicWave, CellKinematicWave, DiffusiveWave])
def test_water_runs_into_a_lake_and_not_out_of_it(scheme: Any) -> None:
    """A row of three cells on a slope toward -x, the lake in the middle; each with 0.1 m of water."""
    slope, depth = np.full((1, 3), 0.01), np.full((1, 3), 0.1)
    grid = SubsurfaceGrid(np.ones((1, 1, 1)), slope, 0.0 * slope, 10.0, 10.0)
    free = scheme(0.05)
    made = Shores(free, np.array([[False, True, False]])).edges(grid, depth, depth)
    every = free.edges(grid, depth, depth)
    np.testing.assert_array_equal(made.x[0, [0, 2]], every.x[0, [0, 2]])
    assert float(every.x[0, 1]) < 0.0 == float(made.x[0, 1])
    assert float(made.x_after[0, 1]) == 0.0 and float(made.x_after[0, 2]) == float(every.x_after[0, 2]) != 0.0


@pytest.mark.parametrize(
    ("side", "cells"), [("west", 6), ("east", 6), ("south", 5), ("north", 5), ("bottom", 28), ("top", 28)]
)
def test_a_side_is_that_of_the_outermost_active_cells(side: str, cells: int, tmp_path: Path) -> None:
    active = np.ones((cases.NY, cases.NX))
    active[0, :2] = 0.0
    path = cases.write_slopes(tmp_path / "slopes.nc", active=(("y", "x"), active))
    domain = cases.sloped(path, active=path)
    row = {"name": "Edge", "side": side, "flux": 3.6, "flux_unit": "mm h-1"}
    term = set_up_of(domain=domain, boundaries=[row]).problem.terms[-1]
    assert isinstance(term, FaceFlux)
    flux = np.asarray(term.flux)
    assert (flux.any(axis=0)).sum() == cells and not flux[:, active == 0.0].any()
    if side == "west":
        np.testing.assert_allclose(flux[:, 0, 2], 1e-6 * np.array(cases.LAYERS) / cases.SIZE)
    if side == "south":
        assert flux[0, 1, :2].all() and flux[0, 0, 2:].all()
    if side == "bottom":
        assert not flux[:-1].any() and np.all(flux[-1][active > 0.0] == pytest.approx(1e-6))


def test_heads_are_hydrostatic_from_a_water_table_or_the_same_on_every_face() -> None:
    def head(**said: Any) -> np.ndarray:
        term = set_up_of(boundaries=[{"name": "Edge", **said}]).problem.terms[-1]
        assert isinstance(term, FaceHead) and term.side == said["side"]
        return np.asarray(term.head)

    north = head(side="north", water_table=0.8, layers=[1, 3], x=[4, 4])
    np.testing.assert_allclose(north[1:, -1, 4], [-0.55, -0.1, 0.7])
    assert np.isfinite(north).sum() == 3
    np.testing.assert_allclose(head(side="bottom", water_table=0.8)[-1], 1.2)
    np.testing.assert_allclose(head(side="bottom", head=-0.4)[-1], -0.4)
    np.testing.assert_allclose(head(side="west", head=-0.4)[:, :, 0], -0.4)
