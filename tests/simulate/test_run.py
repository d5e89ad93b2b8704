"""A simulation from files to results: complete, closed, resumable, the same however it is cut."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.simulate import studies
from tests.simulate.studies import same, state, values

import vadose
from vadose.errors import ConfigError, DataError
from vadose.simulate.result import Simulation
from vadose.simulate.run import run_study


def stamps(run: Path, kind: str = "*") -> dict[Path, int]:
    """When each kept result was written."""
    found = (p for p in (run / "cache").glob(f"{kind}/*.npz") if p.parent.name in ("states", "means"))
    return {p: p.stat().st_mtime_ns for p in found}


def test_water_and_energy_close(whole: Simulation) -> None:
    table = whole.budget
    total = table[table.column == "total"].iloc[0]
    left = total.precipitation - total.evaporation - total.runoff - total.storage_change
    assert total.precipitation > 10
    assert abs(left) < 1e-9 * total.precipitation
    assert total.water_residual_max < 1e-8
    assert total.energy_residual_max < 1e-8
    assert len(table) == 4


def test_the_heat_of_the_table_closes(whole: Simulation) -> None:
    rows = whole.budget
    into = rows.net_radiation + rows.precipitation_heat
    out = rows.sensible_heat + rows.latent_heat + rows.ground_heat + rows.canopy_heat
    assert np.max(np.abs(into - out)) < 0.5  # W m-2; what water carries between the layers is no part of these terms


def test_outputs_add_up_to_the_budget(whole: Simulation) -> None:
    rain = whole.outputs.pr.values.mean(axis=1)[0] * 86400 * studies.DAYS
    table = whole.budget
    assert np.allclose(rain, table[table.column != "total"].precipitation, rtol=1e-5)


def test_the_manifest_says_what_ran(whole: Simulation) -> None:
    found = whole.manifest
    assert found["kind"] == "simulation"
    assert found["columns"] == 3
    assert found["column_steps"] == 3 * 48 * studies.DAYS
    assert found["period"] == ["2001-01-01T00:00:00", "2001-03-17T00:00:00"]
    assert found["layers"][0] == [0.0, 0.1]
    assert [s["name"] for s in found["sites"]] == list(whole.outputs.site.values)
    assert found["options"]["noahmp"]["heat"] == "noah"
    assert Path(found["hashes"][0]["path"]).name == "weather.nc"
    assert found["notes"]["forcing"]
    assert (whole.run / "study.toml").exists()


def test_the_package_is_the_job(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    shutil.copytree(whole.run / "cache", tmp_path / "run" / "cache")
    result = vadose.simulate(studies.study(weather), tmp_path / "run", workers=1, report=False)
    assert isinstance(result, vadose.Simulation)
    assert same(values(result), values(whole))


def test_a_second_run_computes_nothing(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    shutil.copytree(whole.run, tmp_path / "run")
    before = stamps(tmp_path / "run")
    assert len(before) == 6  # three months, a state and the means of each
    result = run_study(studies.study(weather), tmp_path / "run", workers=1, report=False)
    assert stamps(tmp_path / "run") == before
    assert same(values(result), values(whole))


def test_names_change_no_result(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    shutil.copytree(whole.run, tmp_path / "run")
    before = stamps(tmp_path / "run")
    settings = {"output": {"names": "alma"}}
    result = run_study(studies.study(weather, **settings), tmp_path / "run", workers=1, report=False)
    assert stamps(tmp_path / "run") == before
    assert np.array_equal(result.outputs.SoilMoist.values, whole.outputs.mrsol.values)


def test_the_format_changes_no_result(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    shutil.copytree(whole.run, tmp_path / "run")
    before = stamps(tmp_path / "run")
    settings = {"output": {"format": "zarr"}}
    result = run_study(studies.study(weather, **settings), tmp_path / "run", workers=1, report=False)
    assert stamps(tmp_path / "run") == before
    assert not (tmp_path / "run" / "outputs.nc").exists()
    assert np.array_equal(result.outputs.mrsol.values, whole.outputs.mrsol.values)


def test_a_lost_chunk_is_made_again_and_nothing_else(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    before = stamps(run, "means")
    order = sorted(before, key=lambda p: before[p])
    order[1].unlink()
    (run / "cache" / "means" / "half.npz.partial").write_bytes(b"half")
    result = run_study(studies.study(weather), run, workers=1, report=False)
    after = stamps(run, "means")
    assert [p for p in order if after[p] != before[p]] == [order[1]]
    assert same(values(result), values(whole))
    assert same(state(result), state(whole))
    assert not list(run.rglob("*.partial"))


def test_a_killed_run_goes_on(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    """Killed as soon as the first month is kept; the second run takes it up and ends as if nothing had happened."""
    run = tmp_path / "run"
    code = (
        "import sys, json; from vadose.simulate.run import run_study; "
        "run_study(json.loads(sys.argv[1]), sys.argv[2], workers=1, report=False)"
    )
    text = json.dumps(studies.study(weather))
    child = subprocess.Popen([sys.executable, "-c", code, text, str(run)], stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 240
    while not stamps(run, "states") and child.poll() is None and time.monotonic() < limit:
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    kept = stamps(run, "states")
    assert kept
    result = run_study(studies.study(weather), run, workers=1, report=False)
    assert {p: t for p, t in stamps(run, "states").items() if p in kept} == kept
    assert same(values(result), values(whole))
    assert same(state(result), state(whole))


def test_chunks_change_no_number(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    result = run_study(studies.study(weather, study={"months": 2}), tmp_path / "run", workers=1, report=False)
    assert same(values(result), values(whole))
    assert same(state(result), state(whole))


@pytest.mark.slow
def test_tiles_change_no_number(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    """The three places, and once more the other way round, are two tiles in two processes, of one program."""
    table = studies.study(weather, study={"tile": 3})
    table["sites"] += [site | {"name": f"{site['name']} again"} for site in table["sites"][::-1]]
    result = run_study(table, tmp_path / "run", workers=2, report=False)
    assert result.manifest["tiles"] == 2
    for found, expected in ((values(result), values(whole)), (state(result), state(whole))):
        assert found.keys() == expected.keys()
        for name, alone in expected.items():
            twice = np.concatenate([alone, alone[..., ::-1]], axis=-1) if alone.shape[-1] == 3 else alone
            assert np.array_equal(found[name], twice, equal_nan=True), name


@pytest.mark.slow
def test_a_cluster_gives_the_same_numbers(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        result = run_study(studies.study(weather), tmp_path / "run", client=client, report=False)
    assert same(values(result), values(whole))


@pytest.mark.slow
def test_columns_over_several_devices_are_the_same(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    """The setting for GPUs, with three devices of the CPU in their place."""
    code = (
        "import sys, json; from vadose.simulate.run import run_study; "
        "run_study(json.loads(sys.argv[1]), sys.argv[2], report=False)"
    )
    text = json.dumps(studies.study(weather, study={"device": "gpu"}))
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=3"
    subprocess.run(
        [sys.executable, "-c", code, text, str(tmp_path / "run")], check=True, env=os.environ | {"XLA_FLAGS": flags}
    )
    result = Simulation(tmp_path / "run")
    for name, found in values(result).items():
        assert np.allclose(found, values(whole)[name], rtol=1e-6, atol=1e-9, equal_nan=True), name


def test_a_grid_runs_where_it_has_weather(tmp_path: Path) -> None:
    path = studies.gridded(tmp_path / "weather", 33)
    result = run_study(studies.on_grid(path), tmp_path / "run", workers=1, report=False)
    field = result.outputs.mrsol
    assert field.dims == ("member", "time", "depth", "lat", "lon")
    assert result.manifest["grid"]["cells"] == 3
    here = np.isfinite(field.values).all(axis=(0, 1, 2))
    assert here.tolist() == [[True, True], [False, True]]
    assert result.outputs.lat_bnds.shape == (2, 2)


def test_members_are_columns_with_numbers_of_their_own(weather: Path, tmp_path: Path) -> None:
    table = studies.study(
        weather, ensemble={"size": 3, "parameters": {"K_s": [0.1, 10.0]}}, period={"end": "2001-02-02"}
    )
    table["sites"] = table["sites"][:1]
    result = run_study(table, tmp_path / "run", workers=1, report=False)
    assert result.outputs.sizes["member"] == 3
    assert len({float(v) for v in result.outputs.mrsol.values[:, -1, 0, 0]}) == 3
    assert len(result.budget[result.budget.column == "total"]) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"study": {"titel": "x"}}, "did you mean `title`"),
        ({"output": {"variables": ["latent_heta"]}}, "latent_heat"),
        ({"output": {"variables": []}}, "at least one"),
        ({"model": {"step": 7200.0}, "output": {"every": "hour"}}, "divides 3600"),
    ],
)
def test_a_wrong_study_is_an_error_that_names_the_key(
    change: dict[str, dict[str, object]], said: str, weather: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        run_study(studies.study(weather, **change), tmp_path / "run", workers=1, report=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"forcing": {"path": "/nowhere/weather.nc"}}, "nowhere"),
        ({"period": {"start": "1999-01-01", "end": "1999-02-01"}}, "not within the files"),
        ({"initial": {"restart": "/nowhere/run"}}, "no restart here"),
    ],
)
def test_what_is_not_there_is_named(
    change: dict[str, dict[str, object]], said: str, weather: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=said):
        run_study(studies.study(weather, **change), tmp_path / "run", workers=1, report=False)
