"""Whole runs: what they write, that they do only what changed, and that bad input fails by name and alone."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import tomllib

import numpy as np
import pandas as pd
import pytest
import tomli_w
import xarray as xr
from tests.benchmark import tiny

import vadose
from vadose.benchmark.output import COLUMNS
from vadose.benchmark.run import describe_study
from vadose.errors import ConfigError, VadoseError


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    return folder, tiny.write_archive(folder)


@pytest.fixture(scope="module")
def finished(archive, tmp_path_factory):
    return vadose.benchmark(archive[1], tmp_path_factory.mktemp("out") / "run", workers=1)


@pytest.fixture
def broken(tmp_path):
    """An archive of its own that a test may damage."""
    return tmp_path, tiny.write_archive(tmp_path)


def run(study, folder, **options):
    return vadose.benchmark(study, folder / "run", workers=1, **options)


def reasons(result):
    return {(f.model, f.row.split("-")[0]): f.why for f in result.failures}


def overall(result, model, row):
    s = result.scores
    chosen = s[(s.model == model) & s.row.str.startswith(row) & (s.score == "overall_score") & (s["mode"] == "exact")]
    return chosen.value.to_numpy()


def test_a_run_leaves_all_its_files(finished):
    run = finished.run
    expected = [
        "study.toml",
        "run.json",
        "scores.csv",
        "scores.nc",
        "scores.json",
        "log.txt",
        "multimodel.nc",
        "index.html",
    ]
    assert [f for f in expected if not (run / f).exists()] == []
    assert len(list((run / "maps").glob("*.nc"))) == 4
    assert len(list((run / "curves").glob("*.nc"))) == 4
    assert len(list((run / "responses").glob("*.nc"))) == 2
    assert not list(run.rglob("*.partial"))
    assert finished.failures == []


def test_the_score_table_is_tidy_and_whole(finished):
    scores = finished.scores
    assert list(scores.columns) == list(COLUMNS)
    pairs = scores[scores.reference.isin(["Truth", "Green"])]
    wanted = {"bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score", "spatial_score", "overall_score"}
    wanted |= {"period_mean", "reference_period_mean", "bias", "rmse", "crmse", "phase_shift", "spatial_correlation"}
    wanted |= {"spatial_std_ratio", "taylor_skill_score"}
    for (_, _, mode), part in pairs.groupby(["model", "reference", "mode"]):
        missing = wanted - set(part.score)
        assert not missing or mode == "ilamb2", missing
    assert set(scores["mode"]) == {"exact", "ilamb2"}
    relationship = scores[scores.score == "relationship_score"]
    assert set(relationship.reference) == {"Truth|Green", "group:Relationships", "ALL"}
    assert set(relationship[relationship.reference == "Truth|Green"].variable) == {"soil_moisture|gpp"}
    inside = scores[scores.score.str.endswith("_score") & scores.value.notna()]
    assert inside.value.between(0, 1).all()
    bounded = inside[inside.low.notna()]
    assert (
        len(bounded) and (bounded.low <= bounded.value + 1e-12).all() and (bounded.value <= bounded.high + 1e-12).all()
    )


def test_the_overall_score_is_the_weighted_mean_of_its_parts(finished):
    s = finished.scores
    part = s[(s.model == "Ash") & (s.reference == "Truth") & (s["mode"] == "exact")].set_index("score").value
    expected = (part.bias_score + 2 * part.rmse_score + part.seasonal_cycle_score + part.spatial_score) / 5
    assert part.overall_score == pytest.approx(expected, abs=1e-9)


def test_the_bias_is_the_difference_of_the_maps(finished):
    maps = finished.maps[("Ash", "truth-soil-moisture-0-10-cm")]
    assert float(abs(maps.bias - (maps.model_mean - maps.reference_mean)).max()) < 1e-6
    assert maps.bias.attrs["units"] == "m3 m-3"


def test_scores_in_the_table_array_and_cmec_file_agree(finished):
    array = xr.open_dataset(finished.run / "scores.nc")
    where = {"model": "Yew", "row": "green-gpp", "region": "global", "mode": "exact", "score": "overall_score"}
    assert float(array.value.sel(where)) == pytest.approx(overall(finished, "Yew", "green-gpp")[0], abs=1e-9)
    cmec = json.loads((finished.run / "scores.json").read_text())
    found = [m for name, m in cmec["RESULTS"]["global"]["Yew"].items() if name.endswith("green-gpp")]
    assert found[0]["overall_score"] == pytest.approx(float(array.value.sel(where)), abs=1e-9)


def test_models_and_land_models_are_ranked(finished):
    table = pd.read_csv(finished.run / "ranking.csv")
    assert list(table.kind) == ["model", "model", "land model"]
    models = table[table.kind == "model"]
    assert set(models.name) == {"Ash", "Yew"}
    # Yew's cycle is two months late, Ash's half a month.
    assert models.iloc[0]["name"] == "Ash" and models.iloc[0]["rank"] == 1
    assert (models.regions_above <= models.possible).all()
    assert table.iloc[2]["name"] == "F" and table.iloc[2]["models"] == 2


def test_the_manifest_names_every_input_by_its_hash(finished):
    manifest = finished.manifest
    assert {h["path"] for h in manifest["hashes"]} >= {"refs/sm.nc", "refs/gpp.nc"}
    assert all(len(h["sha256"]) == 64 for h in manifest["hashes"])
    assert len(manifest["summary"]) == 3


def test_a_second_run_packs_and_compares_nothing(archive, finished, monkeypatch):
    import vadose.benchmark.compare
    import vadose.benchmark.multimodel
    import vadose.data.pack

    def fail(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(vadose.benchmark.compare, "compare", fail)
    monkeypatch.setattr(vadose.data.pack, "pack_depths", fail)
    monkeypatch.setattr(vadose.benchmark.multimodel, "multimodel", fail)
    again = vadose.benchmark(archive[1], finished.run, workers=1, report=False)
    assert again.failures == []
    pd.testing.assert_frame_equal(again.scores, finished.scores)


def test_a_change_of_one_file_computes_its_pairs_only(broken, monkeypatch):
    folder, study = broken
    run(study, folder, report=False)
    import vadose.benchmark.compare

    seen = []
    original = vadose.benchmark.compare.compare
    monkeypatch.setattr(
        vadose.benchmark.compare,
        "compare",
        lambda r, m, s: seen.append((r.name, m.attrs["model"])) or original(r, m, s),
    )
    tiny.write(folder / "models/Ash" / tiny.cmip_name("gpp", "Ash"), "gpp", 5e-7 * tiny.field(), "kg m-2 s-1")
    run(study, folder, report=False)
    assert seen == [("gpp", "Ash")]


def test_fresh_forgets_what_was_there(broken, monkeypatch):
    folder, study = broken
    run(study, folder, report=False)
    import vadose.benchmark.compare

    seen = []
    original = vadose.benchmark.compare.compare
    monkeypatch.setattr(vadose.benchmark.compare, "compare", lambda *a: seen.append(1) or original(*a))
    run(study, folder, report=False, fresh=True)
    assert len(seen) == 4


def test_two_processes_give_the_numbers_of_one(archive, finished, tmp_path):
    two = vadose.benchmark(archive[1], tmp_path / "run", workers=2, report=False)
    pd.testing.assert_frame_equal(two.scores, finished.scores, check_exact=True)


@pytest.mark.slow
def test_a_cluster_gives_the_numbers_of_one_process(archive, finished, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            result = vadose.benchmark(archive[1], tmp_path / "run", client=client, report=False)
    pd.testing.assert_frame_equal(result.scores, finished.scores, check_exact=True)


def test_members_are_averaged_when_asked(broken):
    folder, study = broken
    name = tiny.cmip_name("gpp", "Ash").replace("r1i1", "r2i1")
    tiny.write(folder / "models/Ash" / name, "gpp", 4e-7 * tiny.field(phase=1.5, noise=9) + 1e-8, "kg m-2 s-1")

    def period_mean(member):
        study["models"][0]["member"] = member
        s = run(study, folder, report=False).scores
        chosen = (s.model == "Ash") & (s.reference == "Green") & (s.score == "period_mean") & (s["mode"] == "exact")
        return s[chosen].value.to_numpy()[0]

    first, second, mean = period_mean("r1i1p1f1"), period_mean("r2i1p1f1"), period_mean("mean")
    assert first != pytest.approx(second, rel=0.01)
    assert mean == pytest.approx(0.5 * (first + second), rel=1e-6)
    assert vadose.Benchmark(folder / "run").manifest["models"][0]["members"] == ["r1i1p1f1", "r2i1p1f1"]


def test_weights_quantiles_and_the_interannual_score_change_the_overall_score(broken):
    folder, study = broken
    study["weights"] = {"rmse_score": 1.0}
    study["study"]["interannual_in_overall"] = True
    study["quantiles"] = [{"variable": "gpp", "region": "global", "bias": 1e-7, "rmse": 2e-8}]
    result = run(study, folder, report=False)
    s = result.scores
    exact = s[(s.model == "Yew") & (s["mode"] == "exact")]
    soil = exact[exact.reference == "Truth"].set_index("score").value
    parts = ["bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score", "spatial_score"]
    assert soil.overall_score == pytest.approx(soil[parts].mean(), abs=1e-9)
    gpp = exact[exact.reference == "Green"].set_index("score").value
    maps = result.maps[("Yew", "green-gpp")]
    expected = (1 - abs(maps.bias) / 1e-7).clip(0, 1)
    np.testing.assert_allclose(maps.bias_score, expected, atol=1e-5)
    assert 0 < gpp.bias_score < 1


def test_the_report_can_be_copied_elsewhere(finished, tmp_path):
    index = finished.report(tmp_path / "site")
    assert index == tmp_path / "site" / "index.html"
    assert sorted(p.name for p in (tmp_path / "site").iterdir() if p.is_dir()) == ["assets", "data"]


# ---- bad input: the message names the file and the remedy, the other pairs run, the run says so ----


def test_no_file_matches(broken):
    folder, study = broken
    study["models"][0]["path"] = "modles/Ash/*.nc"
    result = run(study, folder)
    why = reasons(result)["Ash", "truth"]
    assert "modles/Ash/*.nc" in why and "nearest folder that exists" in why
    assert overall(result, "Yew", "truth-soil").size == 1
    assert "modles" in "".join(p.read_text() for p in (result.run / "data").glob("*.js"))


def test_two_files_overlap_in_time(broken):
    folder, study = broken
    extra = folder / "models/Ash" / tiny.cmip_name("gpp", "Ash", (2003, 2004))
    tiny.write(extra, "gpp", 4e-7 * tiny.field((2003, 2004)), "kg m-2 s-1", (2003, 2004))
    why = reasons(run(study, folder, report=False))["Ash", "green"]
    assert extra.name in why and "2003" in why


def test_a_model_lacks_the_variable_or_says_so(broken):
    folder, study = broken
    (folder / "models/Ash" / tiny.cmip_name("gpp", "Ash")).unlink()
    result = run(study, folder, report=False)
    assert "no files of gpp" in reasons(result)["Ash", "green"] and "mrsol" in reasons(result)["Ash", "green"]
    assert overall(result, "Ash", "truth-soil").size == 1
    study["models"][0]["without"] = ["gpp"]
    result = run(study, folder, report=False)
    assert result.failures == []
    assert {p["status"] for p in result.manifest["pairs"] if p["model"] == "Ash"} == {"ok", "missing"}


def test_nothing_in_the_period(broken):
    folder, study = broken
    path = folder / "models/Ash" / tiny.cmip_name("gpp", "Ash")
    tiny.write(path, "gpp", 4e-7 * tiny.field((1991, 1993)), "kg m-2 s-1", (1991, 1993))
    why = reasons(run(study, folder, report=False))["Ash", "green"]
    assert "1991" in why and "2001" in why and "period" in why


def test_units_that_cannot_be_converted(broken):
    folder, study = broken
    path = folder / "models/Ash" / tiny.cmip_name("gpp", "Ash")
    tiny.write(path, "gpp", tiny.field(), "K")
    why = reasons(run(study, folder, report=False))["Ash", "green"]
    assert str(path) in why and "'K'" in why and "units" in why


def test_no_depth_coordinate(broken):
    folder, study = broken
    path = folder / "models/Ash" / tiny.cmip_name("mrsol", "Ash")
    tiny.write(path, "mrsol", np.repeat(tiny.field()[:, None], 3, axis=1) * 100, "kg m-2", depth=None)
    why = reasons(run(study, folder, report=False))["Ash", "truth"]
    assert str(path) in why and "depth" in why and "layers" in why


@pytest.mark.parametrize(
    ("bounds", "word"), [([[0, 0.1], [0.05, 0.2], [0.2, 1]], "overlap"), ([[0, 0.1], [0.15, 0.2], [0.2, 1]], "gap")]
)
def test_layers_that_overlap_or_leave_gaps(broken, bounds, word):
    folder, study = broken
    path = folder / "models/Ash" / tiny.cmip_name("mrsol", "Ash")
    tiny.write(path, "mrsol", np.repeat(tiny.field()[:, None], 3, axis=1) * 100, "kg m-2", depth=bounds)
    why = reasons(run(study, folder, report=False))["Ash", "truth"]
    assert str(path) in why and word in why


def test_a_truncated_file(broken):
    folder, study = broken
    path = folder / "models/Ash" / tiny.cmip_name("gpp", "Ash")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = run(study, folder, report=False)
    assert str(path) in reasons(result)["Ash", "green"] and "truncated" in reasons(result)["Ash", "green"]
    assert overall(result, "Ash", "truth-soil").size == 1


def test_all_missing(broken):
    folder, study = broken
    path = folder / "models/Ash" / tiny.cmip_name("gpp", "Ash")
    tiny.write(path, "gpp", np.full_like(tiny.field(), np.nan), "kg m-2 s-1")
    why = reasons(run(study, folder, report=False))["Ash", "green"]
    assert str(path) in why and "missing" in why


def test_a_region_without_cells_is_said_and_the_others_scored(broken):
    folder, study = broken
    study["regions"] = [{"name": "islet", "box": [1.0, 2.0, 100.0, 101.0]}]
    result = run(study, folder)
    assert result.failures == []
    assert overall(result, "Ash", "truth-soil").size >= 1
    warned = [w for p in result.manifest["pairs"] for w in p["warnings"]]
    assert any("islet" in w for w in warned)


def test_a_failed_reference_takes_only_its_own_row(broken):
    folder, study = broken
    (folder / "refs/gpp.nc").write_bytes(b"not a netCDF file at all")
    result = run(study, folder)
    assert {f.row for f in result.failures} == {"green-gpp", "green-gpp--truth-soil-moisture-0-10-cm"}
    assert all("refs/gpp.nc" in f.why for f in result.failures)
    assert overall(result, "Ash", "truth-soil").size == 1


def test_names_with_markup_are_escaped_everywhere(broken):
    folder, study = broken
    evil = '<img src=x onerror="alert(1)">'
    study["models"][0]["name"] = evil
    study["study"]["title"] = "</script><b>title"
    result = run(study, folder)
    assert evil in set(result.scores.model)
    for page in [*result.run.rglob("*.html"), *result.run.rglob("*.js")]:
        text = page.read_text()
        assert "<img src=x" not in text, page
        assert "</script><b>" not in text, page
    assert all("<" not in p.name and "/" not in p.name for p in result.run.rglob("*"))


def test_an_output_folder_that_cannot_be_written(broken):
    folder, study = broken
    (folder / "file").write_text("in the way")
    with pytest.raises(VadoseError, match="cannot be written.*choose another with --out"):
        vadose.benchmark(study, folder / "file" / "run")


def test_a_full_disk_fails_the_pair_and_leaves_nothing_half_written(broken, monkeypatch):
    folder, study = broken
    from vadose.data.series import CellSeries

    original = CellSeries.save

    def full(self, path):
        if self.name == "gpp" and self.attrs.get("model") == "Ash":
            raise OSError(28, "No space left on device", str(path))
        original(self, path)

    monkeypatch.setattr(CellSeries, "save", full)
    result = run(study, folder, report=False)
    assert "No space left on device" in reasons(result)["Ash", "green"]
    assert overall(result, "Ash", "truth-soil").size == 1
    monkeypatch.undo()
    assert run(study, folder, report=False).failures == []


def test_a_killed_run_continues(broken):
    folder, study = broken
    (folder / "study.toml").write_text(tomli_w.dumps(study))
    command = [sys.executable, "-c", _KILLED, str(folder / "study.toml"), str(folder / "run")]
    died = subprocess.run(command, capture_output=True, env=os.environ)
    assert died.returncode == 9, died.stderr
    assert not (folder / "run/run.json").exists()
    done = vadose.benchmark(folder / "study.toml", folder / "run", workers=1, report=False)
    assert done.failures == []


_KILLED = """
import os, sys
import vadose, vadose.benchmark.compare as c
original = c.compare
count = []
def compare(*a):
    count.append(1)
    if len(count) == 3:
        os._exit(9)
    return original(*a)
c.compare = compare
vadose.benchmark(sys.argv[1], sys.argv[2], workers=1)
"""


def test_the_command_line_says_what_failed_by_its_exit_code(broken):
    folder, study = broken
    (folder / "models/Ash" / tiny.cmip_name("gpp", "Ash")).unlink()
    path = folder / "study.toml"
    path.write_text(tomli_w.dumps(study))

    def vadose_command(*arguments):
        command = [sys.executable, "-m", "vadose", "benchmark", *arguments, "--workers", "1"]
        return subprocess.run(command, capture_output=True, text=True)

    part = vadose_command(str(path), "--out", str(folder / "run"))
    assert part.returncode == 1
    assert "Ash" in part.stderr and "no files of gpp" in part.stderr
    assert part.stdout.strip().endswith("index.html")
    dry = vadose_command(str(path), "--dry-run")
    assert dry.returncode == 1
    assert "no files of gpp" in dry.stdout
    path.write_text(path.read_text().replace("title", "titel", 1))
    wrong = vadose_command(str(path))
    assert wrong.returncode == 2
    assert "did you mean `title`" in wrong.stderr


def test_dry_run_tells_what_is_there(archive):
    found = describe_study(archive[1])
    assert found.complete
    soil = next(f for f in found.found if f.who == "Ash" and "Truth" in f.row)
    assert soil.period == "2001-01 to 2003-12"
    assert soil.members == "r1i1p1f1"
    assert soil.grid == "12x24"
    assert soil.layers.startswith("3")
    assert soil.units == "kg m-2"


def test_dry_run_tells_gaps_and_broken_files(broken):
    folder, study = broken
    name = folder / "models/Ash" / tiny.cmip_name("gpp", "Ash")
    name.unlink()
    for years in ((2001, 2001), (2003, 2003)):
        path = folder / "models/Ash" / tiny.cmip_name("gpp", "Ash", years)
        tiny.write(path, "gpp", 4e-7 * tiny.field(years), "kg m-2 s-1", years)
    (folder / "refs/sm.nc").write_bytes(b"")
    found = {(f.who, f.row.split(":")[0]): f for f in describe_study(study).found}
    assert found["Ash", "Gross primary productivity"].note == "12 months are missing"
    assert found["Truth", "Soil moisture"].state == "failed"
    assert "the file is empty" in found["Truth", "Soil moisture"].note


def test_a_study_that_names_an_unknown_region_is_refused(archive, tmp_path):
    study = copy.deepcopy(archive[1])
    study["study"]["regions"] = ["koppen:tropic"]
    with pytest.raises(ConfigError, match="koppen:tropical"):
        vadose.benchmark(study, tmp_path / "run")


def test_the_resolved_study_runs_again(finished):
    table = tomllib.loads((finished.run / "study.toml").read_text())
    assert table["study"]["title"] == "Tiny"
    assert describe_study(table).complete
