"""A study from files to results: complete, repeatable, resumable, and honest about what it could not do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import vadose
from vadose.calibrate import kept
from vadose.calibrate.reason import Reason
from vadose.calibrate.result import Calibration
from vadose.calibrate.run import run_study
from vadose.calibrate.sample import true_soils, write_sample
from vadose.cli import app
from vadose.errors import ConfigError, DataError

STEP = 12.0


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample"), years=4, step=STEP)


@pytest.fixture(scope="module")
def whole(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    return vadose.calibrate(study, tmp_path_factory.mktemp("whole") / "run", workers=1)


def maps(result: Calibration) -> dict[str, np.ndarray]:
    """Every map of a run by name."""
    found = {f"thresholds {k}": v.values for k, v in result.thresholds.items()}
    for experiment in result.manifest["experiments"]:
        found |= {f"{experiment['name']} {k}": v.values for k, v in result.texture(experiment["name"]).items()}
    return found


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k], equal_nan=a[k].dtype.kind == "f") for k in a)


def test_thresholds_are_those_of_the_invented_soils(whole: Calibration) -> None:
    truth, _ = true_soils(STEP)
    soil = vadose.pedotransfer["sr06"](vadose.Soil(truth.sand, truth.clay, truth.organic_carbon))
    found = whole.thresholds
    done = truth.cells.index[found.reason.values.ravel()[truth.cells.index] == Reason.DONE]
    assert done.size > 0.6 * truth.cells.size
    for name in ("wilting_point", "critical_point"):
        error = found[name].values.ravel()[truth.cells.index] - np.asarray(getattr(soil, name))
        assert np.nanmean(np.abs(error)) < 0.02


def test_optimised_soils_have_the_thresholds_of_the_satellite(whole: Calibration) -> None:
    for experiment in whole.manifest["experiments"]:
        found = whole.texture(experiment["name"])
        done = found.reason.values == Reason.DONE
        assert done.sum() > 10
        assert np.all(found.misfit.values[done] <= found.misfit_baseline.values[done] + 1e-7)
        assert np.all(found.sand.values[done] + found.clay.values[done] <= 100 + 1e-4)
    assert "organic_carbon" in whole.texture("Atlas with carbon")


def test_maps_are_cf_and_say_where_they_come_from(whole: Calibration, study: Path) -> None:
    found = whole.thresholds
    assert found.attrs["Conventions"].startswith("CF-")
    assert found.wilting_point.attrs["units"] == "m3 m-3"
    assert found.reason.attrs["flag_meanings"].split()[0] == "done"
    assert "soil_moisture.nc" in found.attrs["input_sha256"]
    assert {Path(h["path"]).name for h in whole.manifest["hashes"]} == {"soil_moisture.nc", "atlas.nc", "survey.nc"}
    assert (whole.run / "study.toml").exists()


def test_events_are_those_of_the_cell(whole: Calibration) -> None:
    done = np.argwhere(whole.thresholds.reason.values == Reason.DONE)[3]
    lat, lon = float(whole.thresholds.lat[done[0]]), float(whole.thresholds.lon[done[1]])
    one, every = whole.events(lat, lon), whole.events()
    assert 0 < len(one) < len(every) == whole.manifest["events"]["count"]
    assert set(one.columns) >= {"cell", "start", "length", "theta_c", "theta_w", "tau", "r2"}
    assert one.length.min() >= 3
    assert whole.plot(lat, lon).axes


def test_the_tiling_changes_no_number(whole: Calibration, study: Path, tmp_path: Path) -> None:
    cut = run_study(study, tmp_path / "cut", settings=["study.tile=7"], workers=2, report=False)
    assert same(maps(whole), maps(cut))
    assert cut.events().equals(whole.events())


def test_a_second_run_does_nothing_and_a_killed_one_goes_on(whole: Calibration, study: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    before = {p: p.stat().st_mtime_ns for p in (run / "cache").rglob("*.npz")}
    lost = sorted(p for p in before if p.parent.name == "texture")[0]
    lost.unlink()
    (run / "run.json").unlink()
    (run / "cache" / "half.npz.partial").write_bytes(b"half")
    result = run_study(study, run, workers=1, report=False)
    assert same(maps(whole), maps(result))
    after = {p: p.stat().st_mtime_ns for p in (run / "cache").rglob("*.npz")}
    assert {p for p in before if after[p] != before[p]} == {lost}
    assert not list(run.rglob("*.partial"))


def test_a_damaged_result_is_named_and_made_again(whole: Calibration, study: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    damaged = next((run / "cache" / "texture").glob("*.npz"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(DataError, match="damaged"):
        kept.load_arrays(damaged)
    assert same(maps(whole), maps(run_study(study, run, workers=1, report=False)))


def test_a_lost_soil_map_is_placed_again(whole: Calibration, study: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    for kind in ("soil", "texture"):
        for path in (run / "cache" / kind).glob("*.npz"):
            path.unlink()
    assert same(maps(whole), maps(run_study(study, run, workers=1, report=False)))


@pytest.mark.slow
def test_a_cluster_gives_the_same_numbers(whole: Calibration, study: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        result = run_study(study, tmp_path / "run", settings=["study.tile=20"], client=client, report=False)
    assert same(maps(whole), maps(result))


def test_the_published_rule_is_an_option(study: Path, tmp_path: Path, whole: Calibration) -> None:
    result = run_study(
        study, tmp_path / "run", settings=["drydown.method='published'", "experiments=[]"], workers=1, report=False
    )
    assert result.manifest["method"] == "published"
    assert result.manifest["experiments"] == []
    assert not np.array_equal(result.thresholds.wilting_point.values, whole.thresholds.wilting_point.values)


def spoil(study: Path, folder: Path, name: str, change) -> Path:
    """A copy of the sample with one file changed."""
    shutil.copytree(study.parent, folder)
    with xr.open_dataset(folder / name) as opened:
        changed = change(opened.load())
    changed.to_netcdf(folder / name)
    return folder / study.name


def test_impossible_soils_are_masked_and_counted(study: Path, tmp_path: Path) -> None:
    def too_much(map_: xr.Dataset) -> xr.Dataset:
        map_["sand"] = map_.sand.where(map_.lat > 0, 95.0)
        return map_

    broken = spoil(study, tmp_path / "sample", "atlas.nc", too_much)
    result = run_study(broken, tmp_path / "run", workers=1, report=False)
    counts = result.manifest["experiment_counts"]["Atlas with carbon"]
    assert counts["impossible_soil"] > 10
    assert counts["done"] > 10
    assert result.failures == []


def test_a_soil_map_of_half_the_world_masks_the_other_half(study: Path, tmp_path: Path) -> None:
    half = spoil(study, tmp_path / "sample", "survey.nc", lambda m: m.sel(lat=slice(0, 90)))
    result = run_study(half, tmp_path / "run", workers=1, report=False)
    south = result.texture("Survey without carbon").reason.sel(lat=slice(-90, -1)).values
    assert set(np.unique(south)) <= {int(r) for r in Reason} - {int(Reason.DONE)}
    assert result.manifest["experiment_counts"]["Survey without carbon"]["no_soil"] > 10


def test_a_soil_map_that_cannot_be_read_fails_its_experiments_only(study: Path, tmp_path: Path) -> None:
    broken = spoil(study, tmp_path / "sample", "survey.nc", lambda m: m)
    data = (broken.parent / "survey.nc").read_bytes()
    (broken.parent / "survey.nc").write_bytes(data[: len(data) // 2])
    result = run_study(broken, tmp_path / "run", workers=1)
    assert [f.model for f in result.failures] == ["Survey without carbon"]
    assert "survey.nc" in result.failures[0].why
    assert result.texture("Atlas with carbon").reason.values.min() == Reason.DONE
    assert result.index is not None


def test_bad_series_are_masked_and_counted(study: Path, tmp_path: Path) -> None:
    def spoiled(series: xr.Dataset) -> xr.Dataset:
        moisture = series.soil_moisture
        rows, columns = np.nonzero(np.isfinite(moisture.values).any(axis=0))
        values = moisture.values
        values[:, rows[0], columns[0]] = 0.2
        values[20:, rows[1], columns[1]] = np.nan
        values[::3, rows[2], columns[2]] = 7.0  # out of range
        return series.assign(soil_moisture=(moisture.dims, values, {"units": "m3 m-3"})).isel(
            time=np.r_[np.arange(50, 100), np.arange(50), np.arange(100, moisture.shape[0])]
        )

    broken = spoil(study, tmp_path / "sample", "soil_moisture.nc", spoiled)
    result = run_study(broken, tmp_path / "run", settings=["experiments=[]"], workers=1, report=False)
    counts = result.manifest["counts"]["by_reason"]
    assert counts["constant"] == 1
    assert counts["too_few_observations"] + counts.get("no_drydown", 0) >= 1
    assert sum(result.manifest["refused"].values()) > 100


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["soil_moisture.path='nothing.nc'"], "nothing.nc"),
        (["soil_moisture.quality='all'", "soil_moisture.valid_range=[0.9, 1.0]"], "missing or refused"),
    ],
)
def test_a_study_without_series_says_so(settings: list[str], said: str, study: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        run_study(study, tmp_path / "run", settings=settings, workers=1)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["drydown.methode='robust'"], "did you mean `method`"),
        (["study.tile=0"], "tile"),
        (["soil=[]"], "no soil map 'Atlas'"),
    ],
)
def test_a_wrong_study_is_an_error_that_names_the_key(settings: list[str], said: str, study: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        run_study(study, "never", settings=settings)
    assert not Path("never").exists()


def test_the_command_runs_a_study_and_ends_with_its_report(study: Path, tmp_path: Path) -> None:
    arguments = ["calibrate", str(study), "--out", str(tmp_path / "run"), "--set", "experiments=[]", "--workers", "1"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert done.output.strip().endswith("index.html")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["kind"] == "calibrate"


def test_a_dry_run_says_what_would_be_read(study: Path) -> None:
    done = CliRunner().invoke(app, ["calibrate", str(study), "--dry-run"])
    assert done.exit_code == 0
    for word in ("Invented satellite", "Atlas", "sr06", "2015-04-01"):
        assert word in done.output
