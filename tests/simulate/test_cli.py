"""The command: exit codes, dry run, failures that do not stop a run, the demonstration."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import tomli_w
from tests.simulate import studies
from typer.testing import CliRunner

from vadose.cli import app
from vadose.simulate import loop, tile
from vadose.simulate.result import Simulation
from vadose.simulate.run import run_study
from vadose.simulate.sample import PLACES, invent, write_sample
from vadose.workflow.execute import Watch, progress_of


@pytest.fixture(scope="module")
def study_file(weather: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(tomli_w.dumps(studies.study(weather, period={"end": "2001-01-31"})))
    return path


def command(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_the_command_runs_a_study_and_ends_with_its_path(study_file: Path, tmp_path: Path) -> None:
    done = command("simulate", study_file, "--out", tmp_path / "run", "--workers", 1, "--no-report")
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["kind"] == "simulation"
    assert done.exit_code == (1 if manifest["failures"] else 0), done.output
    assert done.output.splitlines()[-1] == str(tmp_path / "run")


def test_a_dry_run_describes_and_writes_nothing(study_file: Path, tmp_path: Path) -> None:
    os.chdir(tmp_path)
    done = command("simulate", study_file, "--dry-run", "--set", "spinup.cycles=3")
    assert done.exit_code == 0, done.output
    for word in (
        "2001-01-01T00:00:00 to 2001-02-01", "1800 s", "3 of 3", "column-steps", "tiles", "MB", "cores",
        "at most 3 cycles", "weather.nc", "noahmp", "longwave",
    ):  # fmt: skip
        assert word in done.output, word
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("setting", ["model.presett='clm'", "model.preset='clam'", "output.variables=['nothing']"])
def test_a_wrong_study_leaves_with_2(setting: str, study_file: Path, tmp_path: Path) -> None:
    line = [
        sys.executable,
        "-m",
        "vadose",
        "simulate",
        str(study_file),
        "--out",
        str(tmp_path / "run"),
        "--set",
        setting,
    ]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("vadose: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_forcing_that_is_not_there_leaves_with_1(study_file: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "vadose", "simulate", str(study_file), "--out", str(tmp_path / "run")]
    done = subprocess.run([*line, "--set", "forcing.path='none.nc'"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "none.nc" in done.stderr


def test_a_pipe_gets_no_progress_bar(study_file: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "vadose", "simulate", str(study_file), "--out", str(tmp_path / "run"), "--no-report"]
    done = subprocess.run([*line, "--workers", "1"], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [str(tmp_path / "run")]
    assert all(row.startswith("failed") for row in done.stderr.splitlines())


def test_a_terminal_gets_a_bar_with_the_rate_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, done = Terminal(), [0.0]
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress_of(Watch(4000.0, lambda: done[0], "column-steps"), "simulate"):
        for _ in range(3):
            done[0] += 1000.0
            time.sleep(0.6)
    text = screen.getvalue()
    assert "simulate" in text
    assert re.search(r"[\d,]+ column-steps/s", text)
    assert "75%" in text


def test_columns_that_fail_are_told_and_the_run_goes_on(
    weather: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second place is said not to have converged at step 100, the third loses its state."""
    real = loop.advance

    def spoiled(*args: Any, **options: Any) -> Any:
        carry, means = real(*args, **options)
        tally = carry.tally
        tally = replace(tally, first_failed=tally.first_failed.at[1].set(100), failed=tally.failed.at[1].set(3))
        state = replace(carry.state, pond=carry.state.pond.at[2].set(jnp.nan))
        return replace(carry, tally=tally, state=state), means

    monkeypatch.setattr(tile.loop, "advance", spoiled)
    table = studies.study(weather, period={"end": "2001-01-31"})
    result = run_study(table, tmp_path / "run", workers=1, report=False)
    found = result.failed
    assert list(found.column) == [PLACES[1].name, PLACES[2].name]
    assert found.time[0] == "2001-01-03T02:00:00"
    assert found.state_time[0] == "2001-01-03T00:00:00"
    profile = json.loads(found.state[0])
    assert len(profile["soil.liquid"]) == 4
    assert list(found.reason) == ["a solver did not converge", "the state is not finite"]
    assert result.manifest["failed_columns"] == 2
    (told,) = result.failures
    assert told.row == "2 of 3 columns"
    assert "failed.csv" in told.why
    assert np.isfinite(result.outputs.hfls.values).all()


def test_weather_of_the_sample_is_possible_and_repeats() -> None:
    starts = np.datetime64("2001-01-01T00:00:00") + np.arange(365 * 24) * np.timedelta64(3600, "s")
    for number, place in enumerate(PLACES):
        made, again = (invent(place, starts, 3600.0, np.random.default_rng([1, number])) for _ in range(2))
        assert all(np.array_equal(made[k], again[k]) for k in made)
        assert 0.6 < made["pr"].mean() * 365 * 86400 / (place.wet * place.amount * 365) < 1.4
        assert np.all(made["rsds"] >= 0.0) and made["rsds"].max() < 1100
        assert np.all((made["huss"] > 0.0) & (made["huss"] < 0.03))
        assert np.all((made["rlds"] > 100.0) & (made["rlds"] <= 5.67e-8 * made["tas"] ** 4))
        assert abs(made["tas"].mean() - place.mean) < 2.0
    assert made["tas"].min() < 263.0


@pytest.mark.long
def test_the_demonstration_ends_with_a_report(tmp_path: Path) -> None:
    done = command("demo", "simulate", "--out", tmp_path, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert done.output.strip().endswith("index.html")
    drift = Simulation(tmp_path / "simulate-run").spinup
    assert drift.settled.all(), "the spin-up of the sample ends where its study says that soils have settled"
    assert drift.drift_mm_per_year.abs().max() <= 10.0


def test_the_study_of_the_sample_parses(tmp_path: Path) -> None:
    from vadose.simulate.study import load_study

    path = write_sample(tmp_path / "sample", days=2)
    study, name = load_study(path)
    assert name == "study"
    assert [s.name for s in study.sites] == [p.name for p in PLACES]
