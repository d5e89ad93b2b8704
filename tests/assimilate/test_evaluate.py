"""The evaluation of a whole folder whose statistics are known, and of folders in which something is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.assimilate.sample_run import SPREAD, Sample, write_run

from vadose.assimilate import evaluate_judges, evaluate_ranks, evaluate_twin, innovations
from vadose.assimilate.evaluate import FILES, Evaluation, evaluate
from vadose.assimilate.evaluate_files import experiments, read_analyses
from vadose.errors import DataError

SAMPLE = Sample(days=80, members=12, shape=(3, 4))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Evaluation]:
    run = write_run(tmp_path_factory.mktemp("whole") / "run", SAMPLE)
    return run, evaluate(run)


def copied(run: Path, to: Path) -> Path:
    shutil.copytree(run, to)
    return to


def change(run: Path, **entries: object) -> None:
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(info | entries))


def test_all_tables_are_written_with_their_columns(whole: tuple[Path, Evaluation]) -> None:
    run, found = whole
    assert tuple(found.files) == FILES and found.failures == [] and found.notes == []
    columns = {
        "innovations.csv": innovations.COLUMNS, "ranks.csv": evaluate_ranks.COLUMNS,
        "evaluation.csv": evaluate_judges.COLUMNS, "twin.csv": evaluate_twin.COLUMNS,
    }  # fmt: skip
    for name, expected in columns.items():
        table = pd.read_csv(run / name)
        assert tuple(table.columns) == expected and len(table) == len(found.tables[name])
        assert "float64" not in (run / name).read_text()
    assert not list(run.glob(".*partial"))


def test_the_statistics_put_in_come_out(whole: tuple[Path, Evaluation]) -> None:
    run, _ = whole
    table = pd.read_csv(run / "innovations.csv").set_index(["experiment", "set"])
    for name in ("state", "state and parameters"):
        row = table.loc[name, "all"]
        assert row.chi_square_low <= row.chi_square <= row.chi_square_high
        assert row.mean_low <= 0 <= row.mean_high
        assert row.desroziers_error_sd == pytest.approx(0.04, rel=0.25)
        assert row.used == row_count(run, name)
    assert table.loc["open loop", "probe"].white_p < 0.01  # its errors have memory
    twin = pd.read_csv(run / "twin.csv").set_index(["experiment", "what", "metric"])
    for name, spread in SPREAD.items():
        assert twin.loc[(name, "surface", "spread"), "mean"] == pytest.approx(spread * 0.985, rel=0.1)
        assert twin.loc[(name, "surface", "rmse"), "mean"] == pytest.approx(spread * 0.985, rel=0.25)
    assert twin.loc[("state", "surface", "spread_skill"), "mean"] == pytest.approx(1.0, abs=0.1)
    assert twin.loc[("state and parameters", "parameter", "sand"), "reduction"] == pytest.approx(50.0)


def row_count(run: Path, name: str) -> int:
    info = json.loads((run / "run.json").read_text())
    return next(e["counts"]["used"] for e in info["experiments"] if e["name"] == name)


def test_refused_observations_do_not_count(whole: tuple[Path, Evaluation]) -> None:
    run, _ = whole
    info = json.loads((run / "run.json").read_text())
    one = experiments(run, info)[1]
    a = read_analyses(one, info)
    with xr.open_dataset(one.analysis) as file:
        refused = file["status"].values == 2
        assert refused.sum() == 3 and not a.used[refused].any() and np.isnan(a.observed[refused]).all()
    assert a.sets == ("satellite", "probe") and a.units == "m3 m-3"


def test_maps_lie_on_the_grid_and_their_means_are_those_of_the_table(whole: tuple[Path, Evaluation]) -> None:
    run, _ = whole
    table = pd.read_csv(run / "twin.csv").set_index(["experiment", "what", "metric"])
    with xr.open_dataset(run / "twin.nc") as maps:
        one = maps["root_zone_ubrmse"].sel(experiment="state")
        assert one.dims == ("lat", "lon") and one.shape == (3, 4)
        expected = table.loc[("state", "root zone", "ubrmse"), "mean"]
        assert float(one.mean()) == pytest.approx(expected, rel=1e-6)
        halved = maps["K_s_error_posterior"].sel(experiment="state and parameters")
        np.testing.assert_allclose(halved, 0.5 * maps["K_s_error_prior"][0], rtol=1e-5)
        with xr.open_dataset(run / "state" / "outputs.nc") as outputs:
            np.testing.assert_array_equal(maps["lat"], outputs["lat"])


def test_sentences_name_the_numbers(whole: tuple[Path, Evaluation]) -> None:
    text = "\n".join(whole[1].summary)
    for part in ("State: soil moisture at 2 sensors", "surface ubRMSE", "chi-square", "ranks are", "K_s in 100%"):
        assert part in text
    assert "nan" not in text


def test_sites_without_truth_or_sensors_have_what_is_left(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Sample(days=30, members=5, shape=None, twin=False, judges=False))
    (run / "twin.csv").write_text("left by an earlier evaluation")
    found = evaluate(run)
    assert found.files == ["innovations.csv", "ranks.csv", "evaluation.csv"]
    assert not (run / "twin.csv").exists()
    assert found.failures == [] and any("no independent observations" in n for n in found.notes)


def test_an_experiment_without_results_is_named_and_the_others_stand(
    whole: tuple[Path, Evaluation], tmp_path: Path
) -> None:
    run = copied(whole[0], tmp_path / "run")
    shutil.rmtree(run / "state")
    (run / "state-and-parameters" / "analysis.nc").unlink()
    found = evaluate(run)
    assert any(n.startswith("state: there are no results") for n in found.notes)
    assert {f["part"] for f in found.failures} == {"innovations.csv", "ranks.csv"}
    assert all("analysis.nc" in f["why"] and f["what"] == "state and parameters" for f in found.failures)
    assert {r["experiment"] for r in found.tables["innovations.csv"]} == {"open loop"}
    assert "state and parameters" in {r["experiment"] for r in found.tables["twin.csv"]}


def test_outputs_that_cannot_be_read_cost_one_experiment(whole: tuple[Path, Evaluation], tmp_path: Path) -> None:
    run = copied(whole[0], tmp_path / "run")
    (run / "open-loop" / "outputs.nc").write_bytes(b"not a file of outputs")
    found = evaluate(run)
    assert any(n.startswith("open loop: not judged") for n in found.notes)
    assert {(f["what"], f["part"]) for f in found.failures} == {("open loop", "twin.csv")}
    for name in ("evaluation.csv", "twin.csv"):
        judged = {r["experiment"] for r in found.tables[name] if r["metric"] in ("rmse", "bias")}
        assert judged == {"state", "state and parameters"}
    assert set(found.files) == set(FILES)


def test_a_truth_that_is_not_there_costs_only_its_tables(whole: tuple[Path, Evaluation], tmp_path: Path) -> None:
    run = copied(whole[0], tmp_path / "run")
    change(run, truth="nowhere")
    found = evaluate(run)
    assert [f["part"] for f in found.failures] == ["twin.csv"] and "nowhere" in found.failures[0]["why"]
    assert {r["what"] for r in found.tables["twin.csv"]} == {"parameter"}
    assert (run / "twin.nc").exists()


def test_a_member_that_died_is_left_out_of_its_experiment(whole: tuple[Path, Evaluation], tmp_path: Path) -> None:
    run = copied(whole[0], tmp_path / "run")
    with netCDF4.Dataset(run / "state" / "analysis.nc", "a") as file:
        file["forecast"][40:, 3] = np.nan
        file["analysis"][40:, 3] = np.nan
    info = json.loads((run / "run.json").read_text())
    a = read_analyses(experiments(run, info)[1], info)
    assert a.forecast.shape[1] == SAMPLE.members - 1 and np.isfinite(a.forecast).all()
    assert a.used.sum() == row_count(run, "state")


def test_without_an_open_loop_nothing_is_compared_with_it(whole: tuple[Path, Evaluation], tmp_path: Path) -> None:
    run = copied(whole[0], tmp_path / "run")
    info = json.loads((run / "run.json").read_text())
    change(run, experiments=info["experiments"][1:2])
    found = evaluate(run)
    assert found.failures == []
    assert not any(r["metric"].startswith(("ner", "delta")) for r in found.tables["evaluation.csv"])
    assert all(np.isnan(r["reduction"]) for r in found.tables["twin.csv"] if r["what"] != "parameter")
    assert "nan" not in "\n".join(found.summary)


def test_a_folder_that_is_no_assimilation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a finished assimilation"):
        evaluate(tmp_path)
    (tmp_path / "run.json").write_text('{"kind": "simulation"}')
    with pytest.raises(DataError, match="expected the kind 'assimilation', got 'simulation'"):
        evaluate(tmp_path)
