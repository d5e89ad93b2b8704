"""From the files' interval to the model's step: what is conserved, and that blocks join."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.forcing.made import LAT, LON, times, weather, write_grid, write_table

from vadose.data.forcing import ForcingSource, open_forcing, read_forcing
from vadose.data.forcing.air import saturation_pressure, vapour_pressure
from vadose.data.forcing.sun import daylight_hours, solar_hour

DAILY = {"tas": "K", "tasmin": "K", "tasmax": "K", "huss": "kg kg-1", "ps": "Pa", "sfcWind": "m s-1", "rsds": "W m-2",
         "rlds": "W m-2", "pr": "mm d-1"}  # fmt: skip

JOINED = ("air_temperature", "specific_humidity", "shortwave", "longwave", "precipitation", "cos_zenith")


def days(count: int = 40, **changes: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Daily weather with extremes."""
    when = times(count, 86400)
    k = np.arange(count)
    mean = 285.0 + 4 * np.sin(k / 3)
    values = {
        "tas": mean, "tasmin": mean - 4 - np.cos(k), "tasmax": mean + 5 + np.sin(k), "huss": 0.004 + 0.0005 * np.sin(k),
        "ps": np.full(count, 95000.0), "sfcWind": 2 + np.cos(k) ** 2, "rsds": 200 + 60 * np.sin(k),
        "rlds": 300 + 10 * np.cos(k), "pr": np.where(k % 3 == 0, 7.3, 0.0),
    }  # fmt: skip
    values.update(changes)
    return when, values


def daily_source(tmp_path: Path, lon: float = LON, drop: tuple[str, ...] = (), **options: Any) -> ForcingSource:
    when, values = days()
    kept = {n: v for n, v in values.items() if n not in drop}
    path = write_table(tmp_path / "days.csv", when, kept, DAILY)
    return ForcingSource(path=path, **{"lat": LAT, "lon": lon, "elevation": 500.0, "time_zone": "UTC", **options})


@pytest.mark.parametrize("lon", [0.0, -110.0, 75.0, 179.0])
@pytest.mark.parametrize("step", [1800.0, 3600.0, 10800.0])
def test_days_keep_sunlight_and_precipitation_exactly(tmp_path: Path, lon: float, step: float) -> None:
    made = read_forcing(daily_source(tmp_path, lon), step=step)
    _, values = days()
    per_day = round(86400 / step)
    mean = made.shortwave.reshape(40, per_day).mean(axis=1)
    assert np.allclose(mean, values["rsds"], rtol=1e-13)
    assert np.allclose(made.precipitation.reshape(40, per_day).sum(axis=1) * step, values["pr"], rtol=1e-13)
    assert made.shortwave[made.cos_zenith == 0].max() == 0.0


@pytest.mark.parametrize("lon", [0.0, -110.0, 120.0])
def test_days_reach_their_extremes_at_sunrise_and_afternoon(tmp_path: Path, lon: float) -> None:
    made = read_forcing(daily_source(tmp_path, lon), step=900.0)
    _, values = days()
    course = made.air_temperature.reshape(40, 96)[1:-1]
    hour = solar_hour(made.times + np.timedelta64(450, "s"), np.array([lon]))[:, 0].reshape(40, 96)[1:-1]
    warmest = course[np.arange(38), np.abs(hour - 13.86).argmin(axis=1)]
    assert np.allclose(warmest, values["tasmax"][1:-1], atol=0.02)
    sunrise = 12 - daylight_hours(made.times, np.array([LAT])).reshape(40, 96)[1:-1] / 2
    coldest = course[np.arange(38), np.abs(hour - sunrise).argmin(axis=1)]
    assert np.allclose(coldest, values["tasmin"][1:-1], atol=0.02)
    assert np.abs(np.diff(made.air_temperature[:, 0])).max() < 1.5  # no jump at midnight


def test_days_with_a_mean_alone_keep_it(tmp_path: Path) -> None:
    made = read_forcing(daily_source(tmp_path, drop=("tasmin", "tasmax"), diurnal_range=10.0), step=1800.0)
    _, values = days()
    course = made.air_temperature.reshape(40, 48)
    assert np.abs(course.mean(axis=1) - values["tas"]).max() < 0.02
    assert np.median(np.ptp(course, axis=1)) == pytest.approx(10.0, abs=0.6)
    assert any("10 K, as stated" in n for n in made.notes)


def test_the_range_comes_from_the_sunshine_where_it_is_not_stated(tmp_path: Path) -> None:
    made = read_forcing(daily_source(tmp_path, drop=("tasmin", "tasmax")), step=3600.0)
    assert any("Hargreaves" in n for n in made.notes)
    assert 4 < np.ptp(made.air_temperature.reshape(40, 24), axis=1).mean() < 14


def test_vapour_is_held_through_the_day_below_saturation(tmp_path: Path) -> None:
    made = read_forcing(daily_source(tmp_path), step=1800.0)
    vapour = vapour_pressure(made.specific_humidity, made.pressure).reshape(40, 48)
    assert (vapour <= saturation_pressure(made.air_temperature).reshape(40, 48) * (1 + 1e-9)).all()
    _, values = days()
    wanted = vapour_pressure(values["huss"], values["ps"])
    free = np.ptp(vapour, axis=1) < 1e-9
    assert free.any() and np.allclose(vapour[free, 0], wanted[free], rtol=1e-12)


@pytest.mark.parametrize(("hours", "centre"), [(6.0, 20.0), (3.0, 23.5), (24.0, 12.0), (0.5, 4.0)])
def test_rain_falls_in_its_hours(tmp_path: Path, hours: float, centre: float) -> None:
    made = read_forcing(daily_source(tmp_path, -75.0, storm_hours=hours, storm_centre=centre), step=1800.0)
    wet = made.precipitation[:, 0] > 0
    duration = wet.reshape(40, 48).sum(axis=1)[::3] * 0.5
    assert (duration >= hours - 1e-9).all() and (duration <= hours + 0.5 + 1e-9).all()
    if hours < 24:
        hour = solar_hour(made.times + np.timedelta64(900, "s"), np.array([-75.0]))[wet, 0]
        assert np.abs((hour - centre + 12) % 24 - 12).max() <= hours / 2 + 0.25


def test_local_days_begin_at_local_midnight_unless_stated(tmp_path: Path) -> None:
    made = read_forcing(daily_source(tmp_path, -110.0, time_zone=None), step=1800.0)
    assert made.times[0] == np.datetime64("2003-04-05T07:00")
    assert any("local days" in n for n in made.notes)


def hourly(tmp_path: Path, hours: int = 3, **options: Any) -> tuple[ForcingSource, dict[str, np.ndarray]]:
    when = times(10, hours * 3600)
    values = weather(when, hours * 3600)
    path = write_table(tmp_path / "coarse.csv", when, values)
    return ForcingSource(path=path, **{"lat": LAT, "lon": LON, **options}), values


@pytest.mark.parametrize("hours", [1, 3, 6])
def test_coarse_records_keep_their_means_of_fluxes(tmp_path: Path, hours: int) -> None:
    source, values = hourly(tmp_path, hours)
    made = read_forcing(source, step=1800.0)
    n = 2 * hours
    for ours, theirs in (("shortwave", "SWdown"), ("longwave", "LWdown"), ("precipitation", "Precip")):
        mean = getattr(made, ours).reshape(-1, n).mean(axis=1)
        assert np.allclose(mean, values[theirs], rtol=1e-12, atol=1e-15)
    assert np.abs(np.diff(made.air_temperature[:, 0])).max() <= np.abs(np.diff(values["Tair"])).max() / n + 1e-9


def test_instants_are_taken_between_their_stamps(tmp_path: Path) -> None:
    source, values = hourly(tmp_path, 3, states="instant")
    made = read_forcing(source, step=5400.0)
    t = values["Tair"]
    assert np.allclose(made.air_temperature[:2, 0], [0.75 * t[0] + 0.25 * t[1], 0.25 * t[0] + 0.75 * t[1]])


def test_finer_records_are_averaged(tmp_path: Path) -> None:
    when = times(10, 1800)
    values = weather(when, 1800)
    source = ForcingSource(path=write_table(tmp_path / "fine.csv", when, values), lat=LAT, lon=LON)
    made = read_forcing(source, step=10800.0)
    for ours, theirs in (("air_temperature", "Tair"), ("precipitation", "Precip"), ("shortwave", "SWdown")):
        assert np.allclose(getattr(made, ours)[:, 0], values[theirs].reshape(-1, 6).mean(axis=1))
    late = ForcingSource(
        path=write_table(tmp_path / "late.csv", when[3:], {n: v[3:] for n, v in values.items()}), lat=LAT, lon=LON
    )
    begun = read_forcing(late, step=10800.0)
    assert begun.times[0] == when[6] and np.allclose(begun.air_temperature, made.air_temperature[1:])


def test_wind_is_brought_to_the_reference_height(tmp_path: Path) -> None:
    source, values = hourly(tmp_path, 1, wind_height=2.0, roughness=0.02)
    made = read_forcing(source, step=3600.0)
    assert np.allclose(made.wind[:, 0], values["Wind"] * np.log(500) / np.log(100))
    assert made.reference_height == 10.0


@pytest.mark.parametrize("interval", [1800, 10800, 86400])
@pytest.mark.parametrize("step", [1800.0, 21600.0])
def test_blocks_join_without_a_seam(tmp_path: Path, interval: int, step: float) -> None:
    when = times(60, interval)
    lat, lon = np.array([38.0, 39.0, 40.0]), np.array([-2.0, -1.0])
    values = weather(when, interval, 39.0, -1.5)
    if interval == 86400:
        values["SWdown"] = 180 + 50 * np.sin(np.arange(60))
    units = {"Tair": "K", "Qair": "kg kg-1", "PSurf": "Pa", "Wind": "m s-1", "SWdown": "W m-2", "Precip": "kg m-2 s-1"}
    slope = 1 + 0.01 * np.arange(6).reshape(3, 2)[None]
    grid = {n: ((values[n][:, None, None] * slope) if n != "Qair" else values[n], u) for n, u in units.items()}
    files = open_forcing(ForcingSource(path=write_grid(tmp_path / "grid.nc", when, grid, lat, lon)))
    whole = files.read(step)
    assert whole.shape == (60 * 86400 / step, 6)
    pieces = []
    for a in range(0, 60, 15):
        low, high = (np.datetime64("2003-04-05", "s") + np.timedelta64(d, "D") for d in (a, a + 15))
        tiles = [files.read(step, np.array(c), low, high) for c in ([0, 1, 2], [3, 4, 5])]
        pieces.append({n: np.concatenate([getattr(t, n) for t in tiles], axis=1) for n in JOINED})
    for name in pieces[0]:
        joined = np.concatenate([p[name] for p in pieces])
        assert np.allclose(joined, getattr(whole, name), rtol=1e-12, atol=1e-15), name


def test_a_file_with_gaps_in_blocks_is_filled_alike(tmp_path: Path) -> None:
    when = times(90, 10800)
    lat, lon = np.array([38.0, 39.0]), np.array([-2.0, -1.0])
    values = weather(when, 10800, 38.5, -1.5)
    holes = values["Tair"].copy()
    holes[300:330] = np.nan
    values["Tair"] = holes
    units = {"Tair": "K", "Qair": "kg kg-1", "PSurf": "Pa", "Wind": "m s-1", "SWdown": "W m-2", "LWdown": "W m-2",
             "Precip": "kg m-2 s-1"}  # fmt: skip
    path = write_grid(tmp_path / "grid.nc", when, {n: (values[n], u) for n, u in units.items()}, lat, lon)
    files = open_forcing(ForcingSource(path=path, gaps="fill", longest_gap=5.0))
    whole = files.read(10800.0)
    part = files.read(10800.0, None, when[310], when[320])
    assert np.allclose(part.air_temperature, whole.air_temperature[310:320], rtol=1e-13)
