"""Runs over a subsurface: valleys fill, water closes, restarts and members are exact, columns alone stay alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.simulate import studies, subsurface_studies
from tests.simulate.studies import same, state, values
from tests.simulate.subsurface_studies import PAIR, active, elevation, observed, study, write_map, write_weather

from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.simulate.result import Simulation
from vadose.simulate.run import describe_study, make_plan, run_study
from vadose.simulate.study import load_study
from vadose.simulate.tasks import Tile
from vadose.simulate.tile import Ready

FIRST = {"period": {"end": "2001-01-31"}}


def go(table: dict[str, Any], folder: Path, **options: Any) -> Simulation:
    return run_study(table, folder, workers=1, report=False, **options)


@pytest.fixture
def whole(coupled: Simulation) -> Simulation:
    """The run that all share; do not change it."""
    return coupled


def at_the_end(run: Simulation, name: str, member: int = 0) -> np.ndarray:
    """The last day of an output, [.., y, x]."""
    return np.asarray(run.outputs[name].isel(member=member, time=-1).values)


def columns(run: Simulation) -> pd.DataFrame:
    """Rows of the budget of single columns."""
    return run.budget[run.budget.column != "total"]


@pytest.mark.slow
def test_valleys_are_wetter_than_ridges(whole: Simulation) -> None:
    height, there = elevation(), active()
    depth, top = at_the_end(whole, "wtd"), at_the_end(whole, "mrsol")[0]
    assert np.isnan(depth[~there]).all()
    assert np.corrcoef(depth[there], height[there])[0, 1] > 0.8
    assert depth[:, [1, 3]][1:].mean() - depth[1:, 2].mean() > 0.3
    assert top[1:, 2].min() > top[1:, [0, 4]].max()


@pytest.mark.slow
def test_water_closes_and_leaves_where_it_falls_out(whole: Simulation) -> None:
    """In all columns together nothing leaves below the ground; a column may gain from its neighbours."""
    assert whole.failures == []
    held = columns(whole)
    through = held[["precipitation", "evaporation", "runoff"]].abs().sum(axis=1)
    assert (held.water_residual_sum <= 1e-10 * through).all()
    assert (held.runoff < 0.0).any()
    below, over = (whole.outputs[name].isel(member=0).sum(("lat", "lon")).values for name in ("mrrob", "mrros"))
    assert (
        np.abs(below).max() <= 1e-6 * np.abs(whole.outputs.mrrob.values[np.isfinite(whole.outputs.mrrob.values)]).max()
    )
    assert (over >= -1e-12).all() and over.sum() > 0.0


@pytest.mark.slow
def test_outputs_belong_together(whole: Simulation) -> None:
    out = whole.outputs.isel(member=0)
    head, depth = out.psi.values, out.wtd.values
    there = np.broadcast_to(active(), depth.shape)
    # Where the table lies in the lowest layer of the soil, whose middle is at 1.5 m, its head says how deep.
    within = there & (depth > 1.0) & (depth < 1.5)
    assert within.sum() > 50 and np.abs(1.5 - head[:, -1] - depth)[within].max() < 0.05
    end = state(whole)
    ponded = 1000.0 * np.maximum(end["noahmp groundwater_head"][:, 0], 0.0)
    assert np.allclose(end["noahmp pond"], ponded, atol=1e-6) and ponded.max() > 1.0
    stored = np.diff(out.aquifer.values, axis=0)
    gained = 86400.0 * 0.5 * (out.qgwr.values[1:] + out.qgwr.values[:-1])
    assert np.abs(stored - gained)[there[1:]].mean() < 0.2 * np.abs(stored)[there[1:]].mean()


@pytest.mark.slow
def test_the_run_says_what_it_stands_on(whole: Simulation, valley: Path) -> None:
    said = whole.manifest
    assert said["subsurface"]["layers"] == [[2.0, 3.0], [3.0, 5.0], [5.0, 8.0]]
    assert said["options"]["noahmp"]["soil_water"] == "subsurface"
    notes = said["notes"]["setup"]
    assert any("3 layers of 6 m below the soil's; 19 cells of 500 x 500 m on 4 x 5" in n for n in notes)
    rows = dict(describe_study(study(valley)).run)
    assert rows["subsurface"].startswith("3 layers of 6 m") and rows["subsurface"].endswith(
        "a kinematic wave over the land"
    )
    assert rows["tiles"] == "1 of up to 19 columns"


@pytest.mark.slow
def test_the_report_maps_the_water_table(whole: Simulation, tmp_path: Path) -> None:
    from vadose.report import write_report

    shutil.copytree(whole.run, tmp_path / "run", ignore=shutil.ignore_patterns("cache"))
    page = Path(write_report(tmp_path / "run"))
    texts = page.read_text() + "".join(p.read_text() for p in (page.parent / "data").glob("*.js"))
    for name in ("water_table_depth", "ponded_water", "aquifer"):
        assert f'"0:{name}"' in texts, name
    for key in ("head", "maps", "sections", "areas", "topography", "frames"):
        assert f'["ground-{key}"]' in texts, key
    for said in ("a kinematic wave over the land", "Groundwater and rivers", "The largest river carries"):
        assert said in page.read_text(), said


@pytest.mark.slow
def test_two_members_are_two_runs(whole: Simulation, valley: Path, tmp_path: Path) -> None:
    both = values(whole)
    for number, (ptf, closure) in enumerate((("ch78", ""), ("rosetta3", "campbell"))):
        one = go(study(valley, soil={"ptf": ptf, "closure": closure}), tmp_path / ptf)
        for name, found in values(one).items():
            if found.ndim > 2:
                assert np.array_equal(found[0], both[name][number], equal_nan=True), name


@pytest.mark.slow
def test_two_halves_are_the_whole(whole: Simulation, valley: Path, tmp_path: Path) -> None:
    pair = {"ensemble": {"members": PAIR}}
    first = go(study(valley, **pair, **FIRST), tmp_path / "first")
    on = {"initial": {"restart": str(first.run)}, "period": {"start": "2001-02-01"}}
    second = go(study(valley, **pair, **on), tmp_path / "second")
    assert same(state(second), state(whole))
    for layers, said in (
        ([1.0, 2.0], "layers"),
        ([1.0, 2.0, 4.0], r"restart with a subsurface of \[1.0, 2.0, 3.0\] m"),
    ):
        with pytest.raises(DataError, match=said):
            go(study(valley, **on, subsurface={"layers": layers}), tmp_path / "other")
    alone = study(valley, **on)
    del alone["subsurface"]
    alone["output"] = {"variables": ["soil_moisture"]}
    with pytest.raises(DataError, match=r"expected none; leave|expected none"):
        go(alone, tmp_path / "alone")


@pytest.mark.slow
def test_a_killed_run_goes_on_from_its_months(
    whole: Simulation, valley: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, days = study(valley, ensemble={"members": PAIR}), []
    run = Ready.run

    def killed(self: Ready, chunk: Any, count: Any) -> Any:
        if chunk.first >= 31:
            raise KeyboardInterrupt
        return run(self, chunk, count)

    def counted(self: Ready, chunk: Any, count: Any) -> Any:
        days.append(chunk.last - chunk.first)
        return run(self, chunk, count)

    monkeypatch.setattr(Ready, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        go(table, tmp_path / "run")
    assert not (tmp_path / "run" / "run.json").exists()
    monkeypatch.setattr(Ready, "run", counted)
    assert same(state(go(table, tmp_path / "run")), state(whole))
    assert sum(days) <= 2 * 9 + 31  # the first month of one member is kept


@pytest.mark.slow
def test_spin_up_ends_where_it_says(valley: Path, tmp_path: Path) -> None:
    """A second cycle drifts less; a bound that the first one meets ends it there."""
    done = go(study(valley, spinup={"cycles": 2, "drift": 1e-3}), tmp_path / "two")
    cycles = done.manifest["spinup"]["cycles"]
    assert [c["number"] for c in cycles] == [1, 2] and cycles[1]["median"] < cycles[0]["median"]
    held = pd.read_csv(done.run / "spinup.csv")
    assert len(held) == 19 and held.cycles.eq(2).all()
    done = go(study(valley, spinup={"cycles": 2, "drift": 1e5}), tmp_path / "one")
    assert [c["share"] for c in done.manifest["spinup"]["cycles"]] == [1.0]


@pytest.mark.slow
def test_the_deep_soil_of_a_file_is_used(whole: Simulation, valley: Path, tmp_path: Path) -> None:
    """The numbers of the study as a file give the same run; a tight aquifer does not drain the ridges."""
    there = np.ones((3, 4, 5))
    keys = {"K_s": None, "porosity": 0.3, "soil_file": write_map(tmp_path / "soil.nc", "m h-1", K_s=0.72 * there)}
    table = study(valley, **FIRST, soil={"ptf": "ch78"}, subsurface=keys)
    del table["subsurface"]["K_s"]
    one = go(table, tmp_path / "same")
    days = one.outputs.sizes["time"]
    assert np.allclose(one.outputs.wtd.values[0], whole.outputs.wtd.values[0, :days], rtol=1e-9, equal_nan=True)
    table["subsurface"]["soil_file"] = write_map(tmp_path / "tight.nc", "m s-1", K_s=1e-9 * there)
    tight = go(table, tmp_path / "tight")
    assert np.nanstd(at_the_end(tight, "wtd")) < 0.3 * np.nanstd(at_the_end(one, "wtd"))


@pytest.mark.long  # tests/model/test_coupled.py has the claim at the model
def test_without_lateral_flow_columns_stay_alone(whole: Simulation, valley: Path, tmp_path: Path) -> None:
    """Mirrored weather gives mirrored columns, whatever the ground; topography leaves no trace, nothing runs off."""
    wetter = np.ones((4, 5))
    wetter[:, 0] = 1.5
    runs = []
    for name, rain in (("a", wetter), ("b", wetter[:, ::-1])):
        (tmp_path / name).mkdir()
        write_weather(tmp_path / name / "weather.nc", rain)
        table = study(tmp_path / name, subsurface={"lateral": False, "elevation": str(valley / "elevation.nc")})
        runs.append(go(table | FIRST, tmp_path / name / "run"))
    one, other = runs
    for name in ("wtd", "mrsol", "psi", "evspsbl", "pond"):
        a, b = (run.outputs[name].values[..., 1:, :] for run in runs)
        assert np.allclose(a, b[..., ::-1], rtol=1e-5, atol=1e-5 * np.nanmax(np.abs(a))), name
    depth, days = one.outputs.wtd.values[0], one.outputs.sizes["time"]
    there = active()
    there[:, 0] = False
    assert np.nanstd(depth[-1][there]) < 1e-4  # m; the sun is not as high in the north
    assert np.nanstd(whole.outputs.wtd.values[0, days - 1][there]) > 0.2
    held = columns(one)
    wet = held.precipitation > held.precipitation.mean()
    # It stays where it fell: on frozen ground as a pond, and not below.
    assert wet.sum() == 3 and held.storage_change[wet].min() > 1.4 * held.storage_change[~wet].max()
    assert held.runoff.abs().max() <= 1e-10 * held.precipitation.max()
    assert (held.water_residual_sum <= 1e-10 * held.precipitation).all()
    assert other.failures == []


def test_what_is_wrong_is_said_before_anything_is_computed(valley: Path, tmp_path: Path) -> None:
    """Also by `--dry-run`."""
    one = study(valley, grid={"box": [6.395, 6.405, 50.79, 50.797]})
    with pytest.raises(GridMismatch, match="has one cell"):
        describe_study(one)
    with pytest.raises(ConfigError, match="`soil_water` = 'simgm'"):
        describe_study(study(valley, model={"options": {"soil_water": "simgm"}}))
    alone = study(valley)
    del alone["subsurface"]
    with pytest.raises(ConfigError, match=r"\[output\] `variables`: pressure_head is known over a \[subsurface\] only"):
        describe_study(alone)
    alone["output"] = {"variables": ["soil_moisture"]}
    alone["observations"] = observed(tmp_path)[1:]
    with pytest.raises(ConfigError, match=r"\[\[observations\]\] `variable`: discharge is known over a \[subsur"):
        describe_study(alone)
    sites = studies.study(studies.weather(tmp_path, 3), subsurface={"layers": [1.0], "slope_y": -0.01})
    with pytest.raises(ConfigError, match=r"\[subsurface\] needs a gridded forcing"):
        describe_study(sites)


def test_a_tile_is_all_columns_of_a_member(valley: Path, tmp_path: Path) -> None:
    """However many columns [study] `tile` asks for, and parameters below the soil follow a new draw of those above."""
    table = study(valley, study={"tile": 4}, ensemble={"size": 2, "pedotransfer": {"K_s": 0.3}})
    del table["subsurface"]["K_s"]
    plan = make_plan(load_study(table)[0], tmp_path)
    assert [(t.stop - t.start, len(t.members)) for t in plan.tiles] == [(19, 1)] * 2
    assert len({t.key for t in plan.tiles}) == 2
    tile: Tile = plan.tiles[0]
    ready, other = Ready.make(tile), Ready.make(plan.tiles[1])
    before = np.array(ready.model.soil_water.deep.K_s)
    ready.redraw(other.draws)
    after = np.asarray(ready.model.soil_water.deep.K_s)
    assert not np.allclose(before, after) and np.array_equal(after, other.model.soil_water.deep.K_s)


def test_the_manifest_of_columns_says_nothing_of_it(valley: Path) -> None:
    from vadose.simulate.collate import subsurface

    assert subsurface(load_study(study(valley))[0], 2.0)["lateral"] is True  # type: ignore[index]
    alone = {k: v for k, v in study(valley).items() if k not in ("subsurface", "output")}
    assert subsurface(load_study(alone)[0], 2.0) is None
    assert json.dumps(subsurface_studies.LAYERS) == "[1.0, 2.0, 3.0]"
