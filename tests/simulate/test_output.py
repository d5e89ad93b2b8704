"""Outputs: CF files with bounds, of every row length and format, that other jobs can read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.simulate import studies

from vadose.data.cf import open_canonical
from vadose.data.source import Source
from vadose.errors import ConfigError
from vadose.model.outputs import OUTPUTS
from vadose.simulate.output import STANDARD_NAMES, chosen
from vadose.simulate.result import Simulation
from vadose.simulate.run import run_study

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference" / "outputs.md"


def test_variables_follow_the_conventions(whole: Simulation) -> None:
    found = whole.outputs
    assert found.attrs["Conventions"] == "CF-1.11"
    assert found.mrsol.dims == ("member", "time", "depth", "site")
    assert found.mrsol.attrs["standard_name"] == "mass_content_of_water_in_soil_layer"
    assert found.hfls.attrs["units"] == "W m-2"
    assert found.hfls.attrs["cell_methods"] == "time: mean"
    assert found.hfls.dtype == np.float32
    assert found.lat.dtype == found.depth.dtype == np.float64
    assert found.depth.attrs["positive"] == "down"
    assert "weather.nc" in found.attrs["input_sha256"]


def test_time_is_the_start_of_an_interval_with_bounds(whole: Simulation) -> None:
    found = whole.outputs
    assert found.time.encoding.get("units", "").startswith("seconds since 1970-01-01") or found.time.size
    assert found.time.values[0] == np.datetime64("2001-01-01")
    bounds = found.time_bnds.values
    assert np.array_equal(bounds[:, 0], found.time.values)
    assert np.array_equal(bounds[1:, 0], bounds[:-1, 1])
    assert bounds[-1, 1] == np.datetime64("2001-03-17")
    assert np.allclose(found.depth_bnds, [[0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]])


@pytest.mark.parametrize(("variable", "name"), [("soil_moisture", "mrsol"), ("evapotranspiration", "evspsbl")])
def test_a_benchmark_can_read_it(variable: str, name: str, whole: Simulation) -> None:
    path = str(whole.run / "outputs.nc")
    found = open_canonical(Source(variable, (path,), file_variable=name))[variable]
    assert found.sizes["time"] == 3
    assert list(found.site.values) == list(whole.outputs.site.values)
    assert found.sizes["site"] == 3
    january = whole.outputs[name].values[0, :31].mean(axis=0)
    if variable == "soil_moisture":
        january = january / (1000 * np.array([0.1, 0.3, 0.6, 1.0])[:, None])
    assert np.allclose(found.values[0], january, rtol=1e-5)


def test_months_are_means_of_their_days(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    table = studies.study(weather, output={"every": "month"})
    result = run_study(table, tmp_path / "run", workers=1, report=False).outputs
    days = whole.outputs
    assert list(result.time.values.astype("datetime64[D]").astype(str)) == ["2001-01-01", "2001-02-01", "2001-03-01"]
    assert np.allclose(result.hfls.values[0, 1], days.hfls.values[0, 31:59].mean(axis=0), rtol=1e-5, atol=1e-5)
    assert result.time_bnds.values[-1, 1] == np.datetime64("2001-03-17")


@pytest.mark.slow
def test_steps_average_to_days(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    table = studies.study(weather, output={"every": "step"}, period={"end": "2001-01-20"})
    result = run_study(table, tmp_path / "run", workers=1, report=False).outputs
    assert result.sizes["time"] == 20 * 48
    assert np.diff(result.time.values[:2])[0] == np.timedelta64(1800, "s")
    first = result.hfls.values[0, :48].mean(axis=0)
    assert np.allclose(first, whole.outputs.hfls.values[0, 0], rtol=1e-5, atol=1e-4)


def test_zarr_holds_the_same(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    table = studies.study(weather, output={"format": "zarr"}, period={"end": "2001-01-31"})
    found = run_study(table, tmp_path / "run", workers=1, report=False).outputs
    assert np.array_equal(found.mrsol.values, whole.outputs.mrsol.values[:, :31])
    assert found.mrsol.dims == whole.outputs.mrsol.dims
    assert list(found.site.values) == list(whole.outputs.site.values)
    assert list(found.time.values) == list(whole.outputs.time.values[:31])
    assert found.mrsol.attrs["units"] == "kg m-2"


def test_a_large_field_is_put_together_in_a_file(
    weather: Path, whole: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vadose.simulate.output.IN_MEMORY", 100)
    monkeypatch.setattr("vadose.simulate.output_frame.PIECE", 6)
    table = studies.study(weather, period={"end": "2001-01-31"})
    result = run_study(table, tmp_path / "run", workers=1, report=False)
    assert np.array_equal(result.outputs.mrsol.values, whole.outputs.mrsol.values[:, :31])
    assert not list(result.run.rglob("*.partial"))


def test_a_crash_leaves_no_half_file(weather: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vadose.simulate.output._fill", broken)
    table = studies.study(weather, period={"end": "2001-01-31"})
    with pytest.raises(Exception, match="No space left"):
        run_study(table, tmp_path / "run", workers=1, report=False)
    assert not list((tmp_path / "run").glob("*outputs*"))
    assert not (tmp_path / "run" / "run.json").exists()


def test_outputs_are_chosen_in_the_order_of_the_table() -> None:
    assert chosen(("latent_heat", "soil_moisture")) == ("soil_moisture", "latent_heat")
    assert chosen(("all",)) == tuple(OUTPUTS)
    with pytest.raises(ConfigError, match="did you mean 'snow_water'"):
        chosen(("snow_watr",))


def test_names_are_unique_and_standard_names_known() -> None:
    for names in ([o.cmip for o in OUTPUTS.values()], [o.alma for o in OUTPUTS.values()]):
        assert len(set(names)) == len(names)
    assert set(STANDARD_NAMES) <= set(OUTPUTS)


def test_the_page_of_outputs_is_that_of_the_code() -> None:
    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    layers = {(False, False): "", (True, False): "by layer ", (True, True): "by layer of the subsurface "}
    expected = [
        f"| `{o.name}` | {o.title} | {o.units} | {o.cmip} | {o.alma} | {layers[o.layered, o.whole]}|"
        for o in OUTPUTS.values()
    ]
    assert rows == expected


def test_the_written_file_says_what_it_holds(whole: Simulation) -> None:
    with xr.open_dataset(whole.run / "outputs.nc", decode_times=False) as raw:
        assert raw.time.attrs["bounds"] == "time_bnds"
        assert raw.time.attrs["calendar"] == "standard"
        assert raw.hfls.attrs["vadose_name"] == "latent_heat"
