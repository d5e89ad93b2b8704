"""The command: exit codes, dry run, what it prints."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.assimilate import twins
from typer.testing import CliRunner

from vadose.assimilate import cycle
from vadose.assimilate.assimilated import Assimilated
from vadose.cli import app
from vadose.errors import ConfigError, DataError


def command(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["assimilate", *(str(a) for a in arguments)])


def test_a_dry_run_describes_and_writes_nothing(twin: Path, tmp_path: Path) -> None:
    os.chdir(tmp_path)
    done = command(twin, "--dry-run", "--set", "assimilation.filter='estkf'", "--set", "assimilation.every=3")
    assert done.exit_code == 0, done.output
    for word in ("open loop, state, state and parameters", "estkf, within 4 km", "Footprints", "at 9 places", "72"):
        assert word in done.output, word
    assert "2 from 2001-05-04T00:00:00 to 2001-05-07T00:00:00 UTC" in " ".join(done.output.split())
    assert not list(tmp_path.iterdir())


def test_the_command_runs_a_study_and_ends_with_its_path(twin: Path, whole: Assimilated, tmp_path: Path) -> None:
    shutil.copytree(whole.run / "cache", tmp_path / "run" / "cache")
    done = command(twin, "--out", tmp_path / "run", "--workers", 1, "--no-report")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == str(tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["kind"] == "assimilation"
    assert twins.same(twins.files(tmp_path / "run", "state"), twins.files(whole, "state"))


def test_the_report_is_the_end_of_a_run(twin: Path, whole: Assimilated, tmp_path: Path) -> None:
    shutil.copytree(whole.run / "cache", tmp_path / "run" / "cache")
    done = command(twin, "--out", tmp_path / "run", "--workers", 1)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == str(tmp_path / "run" / "index.html")
    assert "Twin experiment" in (tmp_path / "run" / "index.html").read_text()
    assert Assimilated(tmp_path / "run").index == tmp_path / "run" / "index.html"


def test_a_failed_experiment_leaves_with_1(
    twin: Path, whole: Assimilated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member dies although none may: the open loop is written, and what failed is in run.json and on the screen."""
    run = tmp_path / "run"
    shutil.copytree(whole.run / "cache", run / "cache")
    real = cycle.Updater.at

    def at(self: Any, ensemble: Any, seen: Any, *more: Any) -> Any:
        if seen.number == 1:
            twins.kill_member(2)(ensemble)
        return real(self, ensemble, seen, *more)

    monkeypatch.setattr(cycle.Updater, "at", at)
    chosen = ("--set", "assimilation.lost=0.0", "--set", "assimilation.experiments=['open loop','state']")
    done = command(twin, "--out", run, "--workers", 1, "--no-report", *chosen)
    assert done.exit_code == 1
    assert "1 of 8 members are not finite" in " ".join(done.output.split())
    manifest = json.loads((run / "run.json").read_text())
    (failure,) = manifest["failures"]
    assert (failure["what"], failure["part"]) == ("state", "state")
    assert "analysis of 2001-05-05T00:00:00" in failure["why"]
    assert [e["name"] for e in manifest["experiments"]] == ["open loop"]
    assert (run / "open-loop" / "outputs.nc").exists()


def test_members_that_died_are_told(
    twin: Path, whole: Assimilated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as may: the run goes on, names them and counts them; the budget of the others closes."""
    run = tmp_path / "run"
    shutil.copytree(whole.run / "cache", run / "cache")
    real = cycle.Updater.at

    def at(self: Any, ensemble: Any, seen: Any, *more: Any) -> Any:
        if seen.number == 1:
            twins.kill_member(2)(ensemble)
        return real(self, ensemble, seen, *more)

    monkeypatch.setattr(cycle.Updater, "at", at)
    chosen = ("--set", "assimilation.lost=0.2", "--set", "assimilation.experiments=['open loop','state']")
    done = command(twin, "--out", run, "--workers", 1, "--no-report", *chosen)
    assert done.exit_code == 0, done.output
    result = Assimilated(run)
    (opened, state) = result.manifest["experiments"]
    assert opened["lost_members"] == []
    assert state["lost_members"] == ["#3"]
    assert "state: 1 members died and were left out from then on." in result.manifest["summary"]
    assert "1 members are not finite and are left out from here on" in (run / "log.txt").read_text()
    with result.analyses("state") as held:
        assert held.alive.values.sum(axis=1).tolist() == [8, 7, 7]
    table = result.experiments["state"].budget
    table = table[(table.column != "total") & table.added.notna()]
    assert len(table) == twins.CELLS * twins.MEMBERS - 1
    left = table.precipitation - table.evaporation - table.runoff + table.added - table.storage_change
    assert left.abs().max() < 1e-9


def test_a_wrong_study_leaves_with_an_error(twin: Path, tmp_path: Path) -> None:
    done = command(twin, "--out", tmp_path / "run", "--set", "assimilation.filter='lenkff'")
    assert done.exit_code != 0
    assert isinstance(done.exception, ConfigError)
    assert str(twin) in str(done.exception) and "`filter`" in str(done.exception)
    done = command(twin, "--out", tmp_path / "run", "--set", "forcing.path='none.nc'")
    assert isinstance(done.exception, DataError)
    assert "none.nc" in str(done.exception)
