"""One series from the command line: a table, a file of a grid, a cell of a run, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import vadose
from vadose.calibrate.drydown.synthetic import synthetic_series
from vadose.calibrate.single import look
from vadose.cli import app
from vadose.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight years of a probe whose thresholds are 0.08 and 0.22 m3 m-3, as a table in percent."""
    known = {"wilting_point": 0.08, "critical_point": 0.22, "memory": 9.0}
    made = synthetic_series(1, soil=known, noise=0.01, years=8, seed=5)
    days = pd.date_range("2010-01-01", periods=made.values.shape[0])
    path = tmp_path_factory.mktemp("probe") / "probe.csv"
    pd.DataFrame({"date": days, "theta": 100 * made.values[:, 0]}).to_csv(path, index=False)
    return path


def test_a_table_tells_its_thresholds(probe: Path, tmp_path: Path) -> None:
    figure, table = tmp_path / "drydowns.png", tmp_path / "drydowns.csv"
    arguments = ["drydown", str(probe), "--variable", "theta", "--units", "%"]
    done = CliRunner().invoke(app, [*arguments, "--plot", str(figure), "--events", str(table)])
    assert done.exit_code == 0, done.output
    for word in ("wilting point", "critical point", "robust", "published", "2010-01-01"):
        assert word in done.output
    assert figure.read_bytes()[:4] == b"\x89PNG"
    events = pd.read_csv(table)
    assert len(events) > 50
    assert events.length.min() >= 3


def test_the_robust_thresholds_hold_the_truth(probe: Path) -> None:
    found = look(probe, variable="theta", units="%").estimates["robust"]
    assert abs(found.wilting_point[0] - 0.08) < 1.96 * found.wilting_point_error[0] + 0.005
    assert abs(found.critical_point[0] - 0.22) < 1.96 * found.critical_point_error[0] + 0.005
    assert 0.005 < found.noise[0] < 0.02


def test_percent_without_units_is_named(probe: Path) -> None:
    with pytest.raises(vadose.VadoseError, match=r"theta.*units"):
        look(probe, variable="theta")


@pytest.mark.parametrize(("at", "said"), [("north", "LATITUDE,LONGITUDE"), ("100,0", "-90..90"), ("1,2,3", "expected")])
def test_a_place_that_is_none_is_named(probe: Path, at: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        look(probe, at, "theta", "%")


def test_a_kind_of_figure_that_is_not_known_is_named(probe: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.png"):
        look(probe, variable="theta", units="%").save_figure(tmp_path / "drydowns.docx")


def test_a_constant_series_says_why_it_tells_nothing(tmp_path: Path) -> None:
    days = pd.date_range("2010-01-01", periods=1000)
    path = tmp_path / "stuck.csv"
    pd.DataFrame({"date": days, "theta": np.full(1000, 0.25)}).to_csv(path, index=False)
    done = CliRunner().invoke(app, ["drydown", str(path), "--variable", "theta", "--units", "m3 m-3"])
    assert done.exit_code == 0, done.output
    assert "constant" in done.output


def test_several_cells_need_a_place(tmp_path: Path) -> None:
    from vadose.calibrate.sample import write_sample

    folder = write_sample(tmp_path, years=3, step=20.0).parent
    with pytest.raises(ConfigError, match="--at"):
        look(folder / "soil_moisture.nc")
    assert look(folder / "soil_moisture.nc", "10,20").count > 100


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(DataError, match="another kind"):
        look(tmp_path, "0,0")
