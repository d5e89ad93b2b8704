"""Measurements on the axis of a run, and the model's layers where they were taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from vadose.data.observed import Measured
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.simulate.observations import (
    Observed,
    Target,
    locate,
    needed_outputs,
    observe,
    on_axis,
    read_all,
)
from vadose.simulate.observations_simulated import depth_means, simulated
from vadose.simulate.study_output import Observation

START = np.datetime64("2010-06-01T07:00:00", "s")
LAYERS = np.array([[0.0, 0.1], [0.1, 0.4], [0.4, 1.0]])
WKG = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG"


def daily(count: int, start: np.datetime64 = START, hours: int = 24) -> np.ndarray:
    edges = start + np.arange(count + 1) * np.timedelta64(hours, "h")
    return np.stack([edges[:-1], edges[1:]], axis=1)


def site(*names: str) -> Cells:
    places = names or ("Kendall",)
    count = np.arange(len(places))
    return Cells.whole(Sites(31.7365 + count, -109.9419 + count, places))


def outputs(moisture: np.ndarray, heat: np.ndarray, bounds: np.ndarray) -> xr.Dataset:
    """A run of two members at one site: moisture [time, layer] m3 m-3, heat [time] W m-2."""
    mass = moisture * 1000.0 * np.diff(LAYERS, axis=1)[:, 0]
    both = np.stack([mass, 2.0 * mass])[..., None]
    return xr.Dataset(
        {
            "mrsol": (("member", "time", "depth", "site"), both, {"vadose_name": "soil_moisture", "units": "kg m-2"}),
            "hfls": (
                ("member", "time", "site"),
                np.stack([heat, heat + 10])[..., None],
                {"vadose_name": "latent_heat"},
            ),
            "depth_bnds": (("depth", "bnds"), LAYERS),
            "time_bnds": (("time", "bnds"), bounds),
        },
        {"member": ["a", "b"]},
    )


def test_walnut_gulch_on_the_days_of_a_run(vadose_data: Path, tmp_path: Path) -> None:
    table = str(vadose_data / WKG / "stdfmt/WKG.stdfmt.daily.txt")
    counts = str(vadose_data / WKG / "flux_obs/smcounts.010.txt")
    studied = (
        Observation("ET", table, "evapotranspiration", utc_offset=-7.0),
        Observation("SM 5 cm", table, "soil_moisture", depth=(0.0, 0.1), utc_offset=-7.0),
        Observation("COSMOS", counts, "soil_moisture"),
    )
    assert needed_outputs(studied) == ("evapotranspiration", "soil_moisture", "soil_ice")
    found = observe(studied, daily(365), site())
    assert [t.place for t in found.targets] == ["Kendall"] * 3
    et, probe, cosmos = found.targets
    series = read_all(studied[:1])[0]
    same = series.values[series.starts == START]
    np.testing.assert_allclose(et.values[0], same[0], rtol=1e-12, err_msg="local days of the table are days of the run")
    both = np.isfinite(probe.values) & np.isfinite(cosmos.values)
    assert both.sum() > 300
    assert np.corrcoef(probe.values[both], cosmos.values[both])[0, 1] > 0.9
    assert cosmos.reach is not None and 0.15 < np.nanmin(cosmos.reach) < np.nanmax(cosmos.reach) < 0.4
    assert any("depth that the sensor saw" in note for note in found.notes)
    assert [t.liquid for t in found.targets] == [False, True, False], "cosmic rays see ice, a probe does not"
    assert any(note.startswith("SM 5 cm: compared with the liquid water") for note in found.notes)
    found.write(tmp_path / "observations.nc")
    with xr.open_dataset(tmp_path / "observations.nc") as stored:
        np.testing.assert_array_equal(stored["observation_2"].values, probe.values)
        assert stored["observation_1"].attrs["long_name"] == "ET"
        assert stored["time"].values[0] == START


def test_moisture_of_a_depth_is_the_overlap_of_the_layers() -> None:
    moisture = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4]])
    run = outputs(moisture, np.zeros(2), daily(2))
    series = Measured("SM", "soil_moisture", "m3 m-3", daily(2)[:, 0], 86400.0, np.array([0.1, 0.2]))
    target = on_axis(series, daily(2), (0.0, 0.2))
    made = simulated(run, target)
    np.testing.assert_allclose(made[0], 0.5 * (moisture[:, 0] + moisture[:, 1]), rtol=1e-12)
    np.testing.assert_allclose(made[1], 2.0 * made[0], rtol=1e-12)
    with pytest.raises(DataError, match="too shallow for 0-3 m"):
        simulated(run, on_axis(series, daily(2), (0.0, 3.0)))


def test_a_probe_in_frozen_soil_is_compared_with_its_liquid_water() -> None:
    moisture = np.array([[0.3, 0.3, 0.3], [0.3, 0.3, 0.3]])
    frozen = np.array([[0.2, 0.1, 0.0], [0.0, 0.0, 0.0]])
    run = outputs(moisture, np.zeros(2), daily(2))
    ice = outputs(frozen, np.zeros(2), daily(2))["mrsol"].assign_attrs(vadose_name="soil_ice")
    probe = Target("SM", "soil_moisture", "m3 m-3", np.ones(2), 0, 0, "", depth=(0.0, 0.2), liquid=True)
    np.testing.assert_allclose(simulated(run.assign(mrsfl=ice), probe)[0], [0.3 - 0.5 * (0.2 + 0.1), 0.3], rtol=1e-12)
    np.testing.assert_allclose(simulated(run.assign(mrsfl=ice), replace(probe, liquid=False))[0], 0.3, rtol=1e-12)
    np.testing.assert_allclose(simulated(run, probe)[0], 0.3, rtol=1e-12, err_msg="outputs without ice")


def test_a_member_whose_soil_ends_higher_is_compared_over_its_own_layers() -> None:
    run = outputs(np.array([[0.1, 0.2, 0.3]]), np.zeros(1), daily(1))
    run["mrsol"][1, :, 2] = np.nan
    target = Target("SM", "soil_moisture", "m3 m-3", np.ones(1), 0, 0, "", depth=(0.0, 0.2))
    np.testing.assert_allclose(simulated(run, target)[:, 0], [0.15, 0.3], rtol=1e-12)
    assert np.isnan(simulated(run.where(False), target)).all()


def test_a_cosmic_ray_sensor_sees_a_depth_that_varies() -> None:
    target = Target(
        "C", "soil_moisture", "m3 m-3", np.ones(3), 0, 0, "", reach=np.array([0.1, 0.25, np.nan])
    )  # fmt: skip
    mass = np.array([[[10.0, 90.0, 180.0]] * 3])  # 0.1, 0.3, 0.3 m3 m-3
    made = depth_means(mass, LAYERS, target)
    np.testing.assert_allclose(made[0, :2], [0.1, (0.1 * 0.1 + 0.15 * 0.3) / 0.25], rtol=1e-12)
    assert np.isnan(made[0, 2])


def test_daily_records_under_hourly_outputs_are_compared_over_days() -> None:
    hourly = daily(72, hours=1)
    starts = START + np.arange(3) * np.timedelta64(1, "D")
    series = Measured("LE", "latent_heat", "W m-2", starts, 86400.0, np.array([50.0, np.nan, 80.0]))
    target = on_axis(series, hourly)
    assert target.record is not None
    np.testing.assert_array_equal(np.unique(target.groups), [-1, 0, 1])
    np.testing.assert_array_equal(target.paired(target.values), [50.0, 80.0])
    np.testing.assert_allclose(target.paired(np.arange(72.0)), [11.5, 59.5], rtol=1e-13)
    short = on_axis(series, hourly[6:])
    np.testing.assert_array_equal(short.paired(short.values), [80.0], err_msg="a day that the run has in part")


def test_hourly_records_under_daily_outputs_are_averaged() -> None:
    starts = START + np.arange(48) * np.timedelta64(1, "h")
    series = Measured("H", "sensible_heat", "W m-2", starts, 3600.0, np.arange(48.0))
    np.testing.assert_allclose(on_axis(series, daily(3)).values, [11.5, 35.5, np.nan], rtol=1e-13)


def test_an_observation_finds_its_place() -> None:
    def at(text: str, cells: Cells) -> int:
        return locate(Observation("o", "f.csv", "latent_heat", site=text), cells)

    assert at("", site()) == 0
    assert at("Lucky Hills", site("Kendall", "Lucky Hills")) == 1
    assert at("32.74, -108.94", site("Kendall", "Lucky Hills")) == 1
    with pytest.raises(ConfigError, match="the run has Kendall, Lucky Hills"):
        at("", site("Kendall", "Lucky Hills"))
    grid = Cells.whole(LatLonGrid.from_centres(np.array([31.0, 31.5, 32.0]), np.array([-110.5, -110.0])))
    assert grid.unpack(np.arange(6.0))[1, 1] == at("31.6, -109.9", grid)
    with pytest.raises(ConfigError, match="lies outside of the run"):
        at("45, 10", grid)


def test_a_grid_gives_the_series_of_its_cell() -> None:
    values = np.arange(2 * 3 * 2 * 4.0).reshape(2, 3, 2, 4)
    run = xr.Dataset({"hfls": (("member", "time", "lat", "lon"), values, {"vadose_name": "latent_heat"})})
    target = Target("LE", "latent_heat", "W m-2", np.ones(3), cell=0, index=6, place="")
    np.testing.assert_array_equal(simulated(run, target), values[:, :, 1, 2])
    missing = Target("H", "sensible_heat", "W m-2", np.ones(3), 0, 0, "")
    with pytest.raises(DataError, match="the outputs lack sensible_heat.* they hold latent_heat"):
        simulated(run, missing)


def test_runoff_may_be_put_together() -> None:
    part = (("member", "time", "site"), np.ones((1, 2, 1)))
    run = xr.Dataset(
        {"a": (*part, {"vadose_name": "surface_runoff"}), "b": (*part, {"vadose_name": "subsurface_runoff"})}
    )
    target = Target("Q", "runoff", "kg m-2 s-1", np.ones(2), 0, 0, "")
    np.testing.assert_array_equal(simulated(run, target), np.full((1, 2), 2.0))


def test_names_and_depths_are_checked_before_a_run(vadose_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "sm.csv"
    path.write_text("date,sm\n2001-01-01,0.2\n2001-01-02,0.3\n")
    one = Observation("SM", str(path), "soil_moisture")
    with pytest.raises(ConfigError, match="needs `depth`"):
        read_all([one])
    with pytest.raises(ConfigError, match="different names"):
        read_all([one, one])


def test_a_period_without_measurements_is_said(vadose_data: Path) -> None:
    table = str(vadose_data / WKG / "stdfmt/WKG.stdfmt.daily.txt")
    found = observe(
        [Observation("LE", table, "latent_heat", utc_offset=-7.0)], daily(10, np.datetime64("1999-01-01", "s")), site()
    )
    assert any(
        "no measurement in the period of the run; the file holds 2004-05-06 to 2012-12-31" in n for n in found.notes
    )
    assert isinstance(found, Observed) and (found.targets[0].groups == -1).all()
