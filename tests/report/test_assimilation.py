"""What write_report makes of the folder of an assimilation."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from tests.report.assimilation_fixture import NASTY, alter, experiments, write_assimilation
from tests.report.test_simulation import Tags, data, values

from vadose.errors import DataError
from vadose.report import write_report
from vadose.report.assimilation_analysis import read_analyses
from vadose.report.assimilation_data import read_assimilation
from vadose.report.assimilation_findings import findings
from vadose.report.assimilation_maps import Maps
from vadose.report.assimilation_scores import consistency_rows, judged
from vadose.report.assimilation_series import places_of, reduce_ensemble
from vadose.report.assimilation_twin import twin_fields
from vadose.report.assimilation_water import budgets, fates


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {k: write_assimilation(tmp_path_factory.mktemp(k) / "run", k) for k in ("grid", "sites", "bare")}
    for run in made.values():
        write_report(run)
    return made


@pytest.fixture
def copied(runs: dict[str, Path], tmp_path: Path) -> Path:
    shutil.copytree(runs["bare"], tmp_path / "run")
    return tmp_path / "run"


def test_the_page_has_what_the_run_has(runs: dict[str, Path]) -> None:
    head = data(runs["grid"], "head")
    assert head["kind"] == "assimilation" and head["reference"] == 0 and head["observed_units"] == "m3 m-3"
    assert [e["slug"] for e in head["experiments"]] == ["open-loop", "state", "state-and-parameters"]
    assert [p["name"][:4] for p in head["places"][:3]] == ["Mean", "Sens", "Sens"]
    for key in ("maps", "judges", "observed", "consistency", "parameters", "water", "p-0"):
        assert data(runs["grid"], key), key
    bare = data(runs["bare"], "head")
    assert not bare["judges"] and data(runs["bare"], "judges") is None
    text = Tags(runs["bare"]).text
    assert "Against the truth" not in text and "Scores of the mean" not in text
    assert [p["name"] for p in data(runs["sites"], "head")["places"]] == ["Site A", "Site B", "Site C"]


def test_series_are_means_and_spreads_of_the_members(runs: dict[str, Path]) -> None:
    run = read_assimilation(runs["grid"])
    first = run.experiments[1].run
    places = places_of(first, 8, [3])
    with first.outputs() as outputs:
        found = reduce_ensemble(first, outputs, places, set())
    with xr.open_dataset(first.path / "outputs.nc") as file:
        water = file["mrsol"].isel(depth=0).values / 20.0  # 2 cm
        weights = np.cos(np.radians(file["lat"].values))[:, None] * np.ones(file.sizes["lon"])
        flux = 86400.0 * file["evspsbl"].values
    area = (water * weights).sum(axis=(2, 3)) / weights.sum()
    np.testing.assert_allclose(found.mean["top_layer"][:, 0], area.mean(axis=0), rtol=2e-5)
    np.testing.assert_allclose(found.sd["top_layer"][:, 0], area.std(axis=0, ddof=1), rtol=1e-3)
    np.testing.assert_allclose(found.mean["top_layer"][:, 1], water[:, :, 0, 3].mean(axis=0), rtol=2e-5)
    np.testing.assert_allclose(found.fields["top_layer"], water.mean(axis=(0, 1)).ravel(), rtol=1e-5)
    np.testing.assert_allclose(found.total("evapotranspiration")[1], flux[:, :, 0, 3].mean(axis=0).sum(), rtol=1e-4)
    months, mean = found.months("evapotranspiration")
    assert months == ["2015-04", "2015-05", "2015-06"]
    np.testing.assert_allclose(mean[0, 1], flux[:, :30, 0, 3].mean(), rtol=1e-4)


def test_a_lost_member_does_not_count(runs: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(runs["grid"], tmp_path / "run")
    path = tmp_path / "run" / "state" / "outputs.nc"
    with netCDF4.Dataset(path, "a") as file:
        file["mrsol"][2, 10:] = np.nan
    run = read_assimilation(tmp_path / "run")
    with run.experiments[1].run.outputs() as outputs:
        found = reduce_ensemble(run.experiments[1].run, outputs, places_of(run.experiments[1].run, 8, []), set())
    with xr.open_dataset(path) as file:
        water = np.delete(file["mrsol"].isel(depth=0).values, 2, axis=0) / 20.0
    np.testing.assert_allclose(found.mean["top_layer"][20, 0], water[:, 20].mean(), rtol=1e-4)
    assert np.isfinite(found.sd["top_layer"]).all()


def test_months_and_layers_hold_all_the_water_that_was_added(runs: dict[str, Path]) -> None:
    run = read_assimilation(runs["grid"])
    with run.experiments[1].run.outputs() as outputs:
        a = read_analyses(runs["grid"] / "state" / "analysis.nc", outputs.layers, run.weights)
    assert a is not None and a.members == 8
    weights = run.weights(a.index)
    assert a.monthly.sum() == pytest.approx(float(a.added @ weights / weights.sum()), rel=1e-9)
    assert a.months == ["2015-04", "2015-05", "2015-06"]
    with xr.open_dataset(runs["grid"] / "state" / "analysis.nc") as file:
        increment = file["increment"].values
    np.testing.assert_allclose(a.mean, increment.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(a.sd, increment.std(axis=0), atol=1e-12)
    assert [w["experiment"] for w in data(runs["grid"], "water")] == [1, 2]


def test_sensors_are_told_in_display_units(runs: dict[str, Path]) -> None:
    rows = judged(read_assimilation(runs["grid"]))
    assert [r["variable"] for r in rows[:6]] == ["soil_moisture"] * 6  # first, since it was assimilated
    tower = next(r for r in rows if r["sensor"] == "tower" and r["experiment"] == 1)
    source = next(
        r for r in read_assimilation(runs["grid"]).tables["evaluation"]
        if r["observation"] == "tower" and r["experiment"] == "state" and r["metric"] == "rmse"
    )  # fmt: skip
    assert tower["units"] == "mm d-1" and tower["metrics"]["rmse"]["value"] == pytest.approx(86400.0 * source["value"])
    assert tower["measured"] > 0 and tower["metrics"]["total"]["value"] > 0
    assert "ner_ubrmse" not in next(r for r in rows if r["experiment"] == 0)["metrics"]


def test_a_name_at_several_places_is_told_with_its_place(copied: Path) -> None:
    head = "experiment,observation,variable,place,metric,value,low,high,n,effective,units\n"
    rows = [f"state,probe,soil_moisture,{p},rmse,0.0{k + 1},,,50,20,m3 m-3\n" for k, p in enumerate("AB")]
    (copied / "evaluation.csv").write_text(head + "".join(rows))
    found = judged(read_assimilation(copied))
    assert [(r["sensor"], r["metrics"]["rmse"]["value"]) for r in found] == [("probe, A", 0.01), ("probe, B", 0.02)]


def test_judges_stand_beside_the_experiments(runs: dict[str, Path]) -> None:
    probe = next(j for j in data(runs["grid"], "judges") if j["name"] == "probe 30 cm")
    with xr.open_dataset(runs["grid"] / "state" / "outputs.nc") as file:
        layer = file["mrsol"].isel(depth=4, lat=-1, lon=-1).values / 200.0
    np.testing.assert_allclose(values(probe["experiments"][1][0]), layer.mean(axis=0), atol=2e-5)
    np.testing.assert_allclose(values(probe["experiments"][1][1]), layer.std(axis=0, ddof=1), atol=2e-5)
    assert probe["depth"] == [0.2, 0.4] and probe["units"] == "m3 m-3"


def test_maps_of_a_twin_are_those_of_its_tables(runs: dict[str, Path]) -> None:
    run = read_assimilation(runs["grid"])
    found = twin_fields(run, run.experiments[1])
    with xr.open_dataset(runs["grid"] / "twin.nc") as file:
        errors = file["root_zone_ubrmse"].values.reshape(3, -1)
    np.testing.assert_allclose(found["twin_ner_root_zone"], 100 * (1 - errors[1] / errors[0]), rtol=1e-5)
    with xr.open_dataset(runs["grid"] / "twin.nc") as file:
        errors = file["surface_rmse"].values.reshape(3, -1)
    np.testing.assert_allclose(found["twin_less_surface"], 100 * (1 - errors[1] / errors[0]), rtol=1e-5)
    assert twin_fields(run, run.experiments[0]) == {}
    assert "twin_sand_nearer" not in found and "twin_sand_nearer" in twin_fields(run, run.experiments[2])
    layers = data(runs["grid"], "maps")["cells"]["layers"]
    assert {"0:top_layer", "1:increment_surface", "2:added", "2:twin_K_s_nearer"} <= layers.keys()
    assert "0:increment_surface" not in layers


def test_skill_at_many_places_is_mapped(runs: dict[str, Path]) -> None:
    run = read_assimilation(runs["grid"])
    both = []
    for k in (0, 1):
        with run.experiments[k].run.outputs() as outputs:
            a = read_analyses(runs["grid"] / run.experiments[k].slug / "analysis.nc", outputs.layers, run.weights)
        assert a is not None
        for name in ("observed", "error", "status", "forecast", "forecast_sd"):
            setattr(a, name, np.tile(getattr(a, name), 4))
        a.lat, a.lon, a.number = (np.tile(v, 4) for v in (a.lat, a.lon, a.number))
        both.append(a)
    found = Maps(run, [], [*both, None]).points
    assert found.keys() == {"1:ner", "1:delta_r"} and found["1:ner"].shape == (12,)
    seen = both[0].seen[:, 2]
    error = [np.sqrt(np.mean((a.forecast - a.observed)[seen, 2] ** 2)) for a in both]
    assert found["1:ner"][2] == pytest.approx(100 * (1 - error[1] / error[0]))


def test_findings_say_what_the_numbers_are(runs: dict[str, Path]) -> None:
    run = read_assimilation(runs["grid"])
    rows = judged(run)
    analyses = [
        read_analyses(runs["grid"] / e.slug / "analysis.nc", np.array([[0, 0.02]]), run.weights)
        for e in run.experiments
    ]
    said = findings(run, analyses, rows, consistency_rows(run, analyses))
    assert said[0].startswith("Assimilated by the LEnKF within 10 km into ensembles of 8 members: ")
    assert any("ubRMSE of soil moisture" in s and "of 2 sensors" in s for s in said)
    assert any(s.startswith("Against the truth, state and parameters errs ") for s in said)
    assert any("1.5 mm added by state" in s for s in said)
    chi = next(r for r in run.tables["innovations"] if r["experiment"] == "state" and r["set"] == "all")["chi_square"]
    assert f"chi-square {chi:.2f}, within" in next(s for s in said if s.startswith("Consistency"))
    text = Tags(runs["grid"]).text
    assert all(s in text for s in said)
    assert "All sentences of the evaluation" in text


def test_what_the_analyses_counted_and_lost_is_told(copied: Path) -> None:
    listed = experiments(copied)
    listed[1] |= {
        "counts": {"used": 60, "frozen soil": 7, "water contents set to a bound": 5}, "lost_members": ["member 2"],
        "warnings": [f"the spread is small {NASTY}"],
    }  # fmt: skip
    alter(copied, experiments=listed)
    run = read_assimilation(copied)
    told = fates(run)
    assert told is not None and [(r["reason"], r["counts"][0]) for r in told["rows"]] == [
        ("used", 60),
        ("frozen soil", 7),
    ]
    assert run.experiments[1].other_counts == {"water contents set to a bound": 5}
    write_report(copied)
    text = Tags(copied).text
    assert "water contents set to a bound 5 times" in text and "lost member 2" in text and "the spread is small" in text
    assert "Members lost on the way: 1 of state." in text


def test_budgets_are_means_of_the_members(runs: dict[str, Path]) -> None:
    rows = budgets(read_assimilation(runs["grid"]))
    assert [(r["experiment"], r["added"], r["members"]) for r in rows][1] == ("state", 1.5, 8)


def test_what_users_wrote_is_escaped(copied: Path) -> None:
    listed = experiments(copied)
    listed[1]["name"] = NASTY
    alter(copied, title=NASTY, experiments=listed, summary=[NASTY], failures=[{"what": NASTY, "part": "", "why": ""}])
    write_report(copied)
    assert not [a for tag, a in Tags(copied).found if tag == "img" or "onerror" in a]
    assert data(copied, "head")["experiments"][1]["name"] == NASTY


def test_an_open_loop_alone_has_a_page(copied: Path) -> None:
    alter(copied, experiments=experiments(copied)[:1])
    (copied / "open-loop" / "analysis.nc").unlink()
    write_report(copied)
    assert "Nothing was assimilated" in Tags(copied).text
    assert data(copied, "consistency") == [None] and data(copied, "water") == []


def test_an_experiment_that_failed_is_left_out(copied: Path) -> None:
    shutil.rmtree(copied / "state")
    alter(copied, failures=[{"what": "state", "part": "experiment", "why": "the ensemble collapsed"}])
    write_report(copied)
    assert [e["name"] for e in data(copied, "head")["experiments"]] == ["open loop", "state and parameters"]
    assert "the ensemble collapsed" in Tags(copied).text


@pytest.mark.parametrize("slug", ["../run", "", "..", "a/b"])
def test_a_slug_is_the_name_of_a_folder(copied: Path, slug: str) -> None:
    alter(copied, experiments=[{"name": "x", "slug": slug}])
    with pytest.raises(DataError, match="expected the name of a folder"):
        write_report(copied)


def test_folders_that_are_not_of_a_run_are_named(copied: Path, runs: dict[str, Path]) -> None:
    (copied / "state" / "analysis.nc").write_text("nothing")
    with pytest.raises(DataError, match=r"analysis\.nc: cannot be read as analyses"):
        write_report(copied)
    shutil.rmtree(copied / "state")
    shutil.copytree(runs["grid"] / "state", copied / "state")
    with pytest.raises(DataError, match="expected the .2, 2. cells of open-loop"):
        write_report(copied)
    alter(copied, experiments=[])
    with pytest.raises(DataError, match="no experiment"):
        write_report(copied)
    (copied / "run.json").write_text("{")
    with pytest.raises(DataError, match="is not JSON"):
        read_assimilation(copied)


def test_much_data_lies_beside_the_page_and_leftovers_go(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copied / "data").mkdir(exist_ok=True)
    (copied / "data" / "old.js").write_text("1")
    monkeypatch.setattr("vadose.report.assimilation.PAGE", 100_000)
    write_report(copied)
    assert (copied / "data" / "p-0.js").is_file() and not (copied / "data" / "old.js").exists()
    assert data(copied, "head")["kind"] == "assimilation" and data(copied, "p-0")["series"]["top_layer"]


def test_a_page_of_many_values_stays_small(runs: dict[str, Path]) -> None:
    assert all((run / "index.html").stat().st_size < 1_000_000 for run in runs.values())
    text = (runs["grid"] / "index.html").read_text()
    assert "http://" not in text.replace("http://www.w3.org/", "") and "https://" not in text
    json.dumps(data(runs["grid"], "parameters"), allow_nan=False)
