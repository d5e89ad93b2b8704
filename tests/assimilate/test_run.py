"""An assimilation from files to results: water closes, the open loop is the simulation, failures stop nothing else."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assimilate import twins
from tests.assimilate.twins import files, same, stamps

import vadose
from vadose.assimilate import cycle
from vadose.assimilate.assimilated import Assimilated
from vadose.assimilate.run import run_study
from vadose.constants import RHO_WATER
from vadose.errors import DataError
from vadose.simulate.result import Simulation
from vadose.simulate.run import run_study as simulate


@pytest.fixture
def copied(twin: Path, whole: Assimilated, tmp_path: Path) -> Path:
    """A copy of the finished run with its cache, for a run with other settings."""
    shutil.copytree(whole.run, tmp_path / "run")
    return tmp_path / "run"


def again(twin: Path, run: Path, *settings: str) -> Assimilated:
    return run_study(twin, run, settings=settings, workers=1, report=False)


@pytest.mark.parametrize("name", twins.EXPERIMENTS)
def test_water_closes_with_what_the_analyses_added(whole: Assimilated, name: str) -> None:
    table = whole.experiments[name].budget
    table = table[table.column != "total"]
    assert len(table) == twins.CELLS * twins.MEMBERS
    left = table.precipitation - table.evaporation - table.runoff + table.added - table.storage_change
    through = table.precipitation.abs() + table.evaporation.abs() + table.runoff.abs() + table.added.abs()
    assert (through > 1.0).all()
    assert (left.abs() / through).max() < 1e-10
    assert (table.added == 0.0).all() == (name == "open loop")


@pytest.mark.parametrize("name", ["state", "state and parameters"])
def test_the_water_of_the_budget_is_that_of_the_analyses(whole: Assimilated, name: str) -> None:
    table = whole.experiments[name].budget
    by_cell = table[table.column != "total"].groupby("column", sort=False).added.mean()
    with whole.analyses(name) as held:
        added, index = held.added.values, held["index"].values
        layers = RHO_WATER * np.einsum("tlc,l->tc", held.increment.values, held.thickness.values)
    assert [int(c) for c in by_cell.index] == list(index)
    assert np.allclose(added.sum(axis=0), by_cell.to_numpy(), rtol=0.0, atol=1e-10)
    assert np.abs(added).max() > 0.1
    assert np.allclose(layers, added, rtol=0.0, atol=1e-10)
    (entry,) = (e for e in whole.manifest["experiments"] if e["name"] == name)
    assert entry["water_added"] == pytest.approx(added.mean(axis=1).sum(), abs=1e-12)


def test_the_open_loop_is_the_simulation(twin: Path, whole: Assimilated, tmp_path: Path) -> None:
    """The same tables without [assimilation], to the last bit: a stop of the cycle and its states change nothing."""
    tables = tomllib.loads(twin.read_text())
    del tables["assimilation"]
    tables["study"]["root"] = str(twin.parent)
    plain = simulate(tables, tmp_path / "plain", workers=1, report=False)
    found, expected = (twins.arrays(r / "outputs.nc") for r in (whole.run / "open-loop", plain.run))
    assert same(found, expected)
    assert float(np.nanmax(found["mrsol"])) > 0.0
    with whole.analyses("open loop") as held:
        assert np.array_equal(held.forecast.values, held.analysis.values)
        assert not held.increment.values.any()


def test_an_analysis_file_holds_what_was_seen(whole: Assimilated) -> None:
    with whole.analyses("state") as held:
        days = (held.time.values - np.datetime64("2001-05-01")) / np.timedelta64(1, "D")
        assert list(days) == [1.0, 4.0, 7.0]
        assert held.forecast.shape == (3, twins.MEMBERS, twins.CELLS)
        assert np.array_equal(held.status.values == 1, np.isfinite(held.observed.values))
        assert held.status.values.all()
        assert np.array_equal(held.observed.values, held.raw.values)
        assert np.allclose(held.error.values, 0.04)
        assert json.loads(held.attrs["sets"]) == ["Footprints"]
        assert np.array_equal(held.place_lat.values, held.lat.values)
        narrower = held.spread_analysis.values[:, 0] < held.spread_forecast.values[:, 0]
        assert narrower.all()
        before = np.abs(held.forecast.mean("member").values - held.observed.values)
        after = np.abs(held.analysis.mean("member").values - held.observed.values)
        assert after.mean() < before.mean()
        assert "K_s" not in held
    with whole.analyses("state and parameters") as held:
        assert held.K_s.shape == held.sand_sd.shape == (3, twins.CELLS)
        assert (held.sand_sd.values > 0.0).all()


def test_only_the_joint_update_touches_parameters(whole: Assimilated) -> None:
    with whole.parameters("state and parameters") as held:
        sand, clay = held.sand_posterior.values, held.clay_posterior.values
        assert sand.shape == (twins.MEMBERS, twins.CELLS)
        for name in ("sand", "clay", "K_s"):
            moved = held[f"{name}_posterior"].values - held[f"{name}_prior"].values
            assert np.abs(moved).max() > 1e-9
        assert np.all((sand > 0.0) & (clay > 0.0) & (sand + clay < 100.0))
    assert not (whole.run / "state" / "parameters.nc").exists()
    with pytest.raises(DataError, match="'state' updates no parameters"):
        whole.parameters("state")


def test_the_result_says_what_ran(whole: Assimilated) -> None:
    assert list(whole.experiments) == list(twins.EXPERIMENTS)
    assert all(isinstance(e, Simulation) for e in whole.experiments.values())
    found = whole.manifest
    assert found["members"] == twins.MEMBERS
    assert found["columns"] == twins.MEMBERS * twins.CELLS
    assert found["period"] == ["2001-05-01T00:00:00", "2001-05-09T00:00:00"]
    assert [e["analyses"] for e in found["experiments"]] == [0, 3, 3]
    assert [e["updates"] for e in found["experiments"]] == [[], ["state"], ["state", "texture", "K_s"]]
    assert all(e["counts"]["used"] == 27 and e["lost_members"] == [] for e in found["experiments"])
    assert found["filter"]["name"] == "letkf"
    assert found["observations"][0]["values"] == 27
    assert found["truth"] == str(whole.run.parent / "truth")
    assert whole.failures == []
    assert len(whole.twin) > 0
    assert set(whole.innovations.experiment) == set(twins.EXPERIMENTS)
    with pytest.raises(DataError, match="no experiment 'sate'; the run has open loop, state"):
        whole.analyses("sate")


def test_a_run_of_another_kind_is_no_assimilation(whole: Assimilated, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="another kind; expected one of `vadose assimilate`"):
        _ = Assimilated(whole.run / "state").manifest
    with pytest.raises(DataError, match="not a finished assimilation"):
        _ = Assimilated(tmp_path).manifest


def test_the_package_is_the_job(twin: Path, copied: Path, whole: Assimilated) -> None:
    """A dictionary, whose paths start from where the study says."""
    tables = tomllib.loads(twin.read_text())
    tables["study"]["root"] = str(twin.parent)
    kept = stamps(copied)
    result = vadose.assimilate(tables, copied, workers=1, report=False)  # type: ignore[operator]
    assert isinstance(result, Assimilated)
    assert stamps(copied) == kept
    assert same(files(result, "state"), files(whole, "state"))


def test_a_second_run_computes_nothing(
    twin: Path, copied: Path, whole: Assimilated, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = stamps(copied)
    assert len(kept) > 20

    def refuse(*_: Any) -> Any:
        raise AssertionError("a finished run went forward")

    monkeypatch.setattr(cycle.Ensemble, "forecast", refuse)
    result = again(twin, copied)
    assert stamps(copied) == kept
    for slug in ("open-loop", "state", "state-and-parameters"):
        assert same(files(result, slug), files(whole, slug))


def test_settings_of_the_filter_leave_the_open_loop(twin: Path, copied: Path, whole: Assimilated) -> None:
    kept = stamps(copied)
    chosen = (
        "assimilation.filter='estkf'",
        "assimilation.beyond=0.5",
        "assimilation.experiments=['open loop','state']",
    )
    result = again(twin, copied, *chosen)
    added = stamps(copied).keys() - kept.keys()
    assert {p: t for p, t in stamps(copied).items() if p in kept} == kept
    assert len({Path(p).parent for p in added}) == 1  # of the state alone
    assert same(files(result, "open-loop"), files(whole, "open-loop"))
    assert result.manifest["experiments"][1]["counts"]["innovation"] > 0
    assert not same(files(result, "state"), files(whole, "state"))


def test_another_uncertainty_of_the_soil_is_another_ensemble(twin: Path, tmp_path: Path) -> None:
    """Results are kept by all that they depend on: no tile of one texture is taken for that of another."""
    keys = [
        {t.key for t in twins.planned(twin, tmp_path, *settings).simulation.tiles}
        for settings in ((), ("ensemble.texture.sand=5.0",), ("ensemble.pedotransfer.K_s=0.1",), ("ensemble.seed=2",))
    ]
    assert not any(a & b for n, a in enumerate(keys) for b in keys[n + 1 :])


def test_an_experiment_that_fails_leaves_the_others(
    twin: Path, copied: Path, whole: Assimilated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members that are equal are collapsed: the first analysis fails, and says when."""
    real = cycle.Ensemble.begin

    def collapse(ensemble: Any, states: Any) -> None:
        real(ensemble, states)
        wet = np.broadcast_to(ensemble.fields()["soil_liquid"][:1], ensemble.fields()["soil_liquid"].shape)
        forecast = ensemble.forecast

        def forget(*more: Any) -> None:
            forecast(*more)
            ensemble.put_liquid(wet)

        ensemble.forecast = forget

    monkeypatch.setattr(cycle.Ensemble, "begin", collapse)
    chosen = ("assimilation.experiments=['open loop','state']", "assimilation.filter='etkf'")
    result = again(twin, copied, *chosen)
    (failure,) = result.failures
    assert failure.model == "state"
    assert "state, analysis of 2001-05-02T00:00:00: the ensemble has collapsed" in failure.why
    assert list(result.experiments) == ["open loop"]
    assert same(files(result, "open-loop"), files(whole, "open-loop"))
    assert any("state failed" in sentence for sentence in result.manifest["summary"])


def test_where_nothing_can_be_finished_the_run_says_why(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise DataError("the weather ended")

    monkeypatch.setattr(cycle.Ensemble, "forecast", broken)
    with pytest.raises(DataError, match="the weather ended"):
        again(twin, tmp_path / "run")
    assert not (tmp_path / "run" / "run.json").exists()
