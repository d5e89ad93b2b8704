"""Bad input: each error names file, variable, what was expected, what came and the remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.forcing.made import HEADER, LAT, LON, times, weather, write_table

from vadose.data.forcing import ForcingSource, open_forcing, read_forcing
from vadose.errors import ConfigError, DataError, GridMismatch, UnitError
from vadose.grid.latlon import Sites


def source(path: str, **options: Any) -> ForcingSource:
    return ForcingSource(path=path, **{"lat": LAT, "lon": LON, **options})


@pytest.fixture
def good(tmp_path: Path) -> tuple[Path, np.ndarray, dict[str, np.ndarray]]:
    when = times()
    return tmp_path / "tower.csv", when, weather(when, 1800)


Good = tuple[Path, np.ndarray, dict[str, np.ndarray]]


def test_good_weather_is_returned_as_it_is(good: Good) -> None:
    path, when, values = good
    made = read_forcing(source(write_table(path, when, values)), step=1800.0)
    assert np.array_equal(made.times, when)
    for ours, theirs in (("air_temperature", "Tair"), ("specific_humidity", "Qair"), ("shortwave", "SWdown"),
                         ("precipitation", "Precip"), ("longwave", "LWdown"), ("wind", "Wind")):  # fmt: skip
        assert np.array_equal(getattr(made, ours)[:, 0], values[theirs])
    assert np.isnan(made.snow_fraction).all() and np.isnan(made.lai).all()
    assert any("neither time_zone nor utc_offset is stated" in n for n in made.notes)
    stated = read_forcing(source(str(path), time_zone="UTC"), step=1800.0)
    assert any("UTC, as stated" in n for n in stated.notes)


@pytest.mark.parametrize(
    ("name", "factor", "offset", "fits"),
    [
        ("PSurf", 1e-3, 0.0, "kPa"),
        ("PSurf", 1e-2, 0.0, "hPa"),
        ("Tair", 1.0, -273.15, "degC"),
        ("Tair", 1.8, -459.67, "degF"),
        ("Precip", 3600.0, 0.0, "mm h-1"),
        ("Precip", 86400.0, 0.0, "mm d-1"),
        ("Qair", 1e3, 0.0, "g kg-1"),
        ("SWdown", 1800.0, 0.0, "J m-2"),
        ("LWdown", 1800.0, 0.0, "J m-2"),
        ("Wind", 1e3, 0.0, "mm s-1"),
    ],
)
def test_wrong_units_are_seen_by_their_range(good: Good, name: str, factor: float, offset: float, fits: str) -> None:
    path, when, values = good
    values[name] = values[name] * factor + offset
    with pytest.raises(UnitError, match=f"tower.csv: '{name}'.*impossible.*expected .*fit .*'{fits}'.*state units"):
        read_forcing(source(write_table(path, when, values)), step=1800.0)


def test_relative_humidity_as_a_fraction_called_percent(good: Good) -> None:
    path, when, values = good
    del values["Qair"]
    values["RH"] = np.full(when.size, 0.6)
    with pytest.raises(UnitError, match=r"relative_humidity.*fit '1'"):
        read_forcing(source(write_table(path, when, values, {**HEADER, "RH": "%"})), step=1800.0)
    values["RH"] = np.full(when.size, 60.0)
    with pytest.raises(UnitError, match=r"relative_humidity.*fit '%'"):
        read_forcing(source(write_table(path, when, values, {**HEADER, "RH": "1"})), step=1800.0)


def test_one_impossible_value_is_no_matter_of_units(good: Good) -> None:
    path, when, values = good
    values["PSurf"][7] = 5.0
    with pytest.raises(UnitError, match=r"1 of 480 values missing in the file"):
        read_forcing(source(write_table(path, when, values)), step=1800.0)


def test_stated_units_override_the_header(good: Good) -> None:
    path, when, values = good
    wanted = values["PSurf"].copy()
    values["PSurf"] = values["PSurf"] / 1000
    made = read_forcing(source(write_table(path, when, values), units={"pressure": "kPa"}), step=1800.0)
    assert np.allclose(made.pressure[:, 0], wanted)
    assert any("kPa to Pa" in n for n in made.notes)


def test_missing_units_are_asked_for(good: Good) -> None:
    path, when, values = good
    units = {n: u for n, u in HEADER.items() if n != "PSurf"}
    with pytest.raises(UnitError, match=r"tower.csv: 'PSurf': no units; expected Pa.*units = \{pressure"):
        read_forcing(source(write_table(path, when, values, units)), step=1800.0)


def test_gaps_are_an_error_with_their_place(good: Good) -> None:
    path, when, values = good
    values["LWdown"][100:106] = np.nan
    with pytest.raises(DataError, match=r"'LWdown'.*6 of 480 records.*2003-04-07T02:00:00.*gaps = \"fill\""):
        read_forcing(source(write_table(path, when, values)), step=1800.0)


def test_missing_records_are_gaps_too(good: Good) -> None:
    path, when, values = good
    keep = np.r_[0:50, 53:480]
    text = write_table(path, when[keep], {n: v[keep] for n, v in values.items()})
    with pytest.raises(DataError, match=r"missing in 3 of 480 records, first at 2003-04-06T01:00:00"):
        read_forcing(source(text), step=1800.0)
    made = read_forcing(source(text, gaps="fill"), step=1800.0)
    inside = np.interp([50, 51, 52], [49, 53], values["Tair"][[49, 53]])
    assert np.allclose(made.air_temperature[50:53, 0], inside)
    assert any("air_temperature: 3 of 480 values were missing: 3 filled linearly" in n for n in made.notes)


def test_long_gaps_take_the_mean_daily_course(good: Good) -> None:
    path, when, values = good
    gap = slice(200, 248)
    for name in ("Tair", "SWdown", "Precip"):
        values[name][gap] = np.nan
    made = read_forcing(source(write_table(path, when, values), gaps="fill"), step=1800.0)
    course = np.nanmean(values["Tair"].reshape(10, 48), axis=0)
    assert np.allclose(made.air_temperature[gap, 0], course[np.arange(200, 248) % 48])
    assert made.precipitation[gap].sum() == 0
    assert any("48 by the mean daily course" in n for n in made.notes)
    with pytest.raises(DataError, match=r"`longest_gap` is 0.5 days"):
        read_forcing(source(str(path), gaps="fill", longest_gap=0.5), step=1800.0)


def test_unsorted_and_repeated_times(good: Good) -> None:
    path, when, values = good
    swapped = when.copy()
    swapped[[20, 21]] = swapped[[21, 20]]
    with pytest.raises(DataError, match=r"tower.csv: times must ascend; 2003-04-05T10:00:00 comes after"):
        open_forcing(source(write_table(path, swapped, values)))
    twice = when.copy()
    twice[21] = twice[20]
    with pytest.raises(DataError, match=r"comes twice.*keep one of each"):
        open_forcing(source(write_table(path, twice, values)))


def test_irregular_times(good: Good) -> None:
    path, when, values = good
    when = when.copy()
    when[30:] += np.timedelta64(420, "s")
    with pytest.raises(DataError, match=r"whole number of intervals of 1800 s.*resample"):
        open_forcing(source(write_table(path, when, values)))


@pytest.mark.parametrize("step", [1200.0, 2700.0])
def test_a_step_that_does_not_fit_the_interval(good: Good, step: float) -> None:
    path, when, values = good
    with pytest.raises(DataError, match=r"does not divide the interval of the records, 1800 s; take a step of 900"):
        read_forcing(source(write_table(path, when, values)), step=step)


def test_a_step_that_does_not_divide_a_day(good: Good) -> None:
    path, when, values = good
    with pytest.raises(DataError, match=r"divide a day, got 1000 s"):
        read_forcing(source(write_table(path, when, values)), step=1000.0)


@pytest.mark.parametrize(("lon", "hours"), [(-105.0, -7), (150.0, 10), (75.0, 5)])
def test_sunlight_at_night_reveals_the_wrong_zone(tmp_path: Path, lon: float, hours: int) -> None:
    when = times()
    path = write_table(tmp_path / "local.csv", when, weather(when, 1800, LAT, lon - hours * 15.0))
    with pytest.raises(DataError, match=f"sunlight falls while the sun is down.*state utc_offset = {hours} "):
        read_forcing(source(path, lon=lon), step=1800.0)
    made = read_forcing(source(path, lon=lon, utc_offset=hours), step=1800.0)
    assert made.times[0] == when[0] - np.timedelta64(hours, "h")
    same = read_forcing(source(path, lon=lon, time_zone=f"UTC{hours:+d}"), step=1800.0)
    assert np.array_equal(same.times, made.times)


def test_what_lacks_is_listed_with_what_would_do(good: Good) -> None:
    path, when, values = good
    for name in ("Qair", "Wind"):
        del values[name]
    with pytest.raises(DataError, match=r"lacks humidity, wind.*dew_point.*wind_east and wind_north, or assumed"):
        read_forcing(source(write_table(path, when, values)), step=1800.0)


def test_what_can_be_derived_is_and_is_said(good: Good) -> None:
    path, when, values = good
    for name in ("LWdown", "PSurf"):
        del values[name]
    with pytest.raises(DataError, match=r"lacks pressure.*`elevation`"):
        read_forcing(source(write_table(path, when, values)), step=1800.0)
    made = read_forcing(source(str(path), elevation=500.0), step=1800.0)
    assert made.pressure[0, 0] == pytest.approx(95520, rel=1e-3)
    assert 200 < made.longwave.mean() < 400
    assert any("Prata (1996)" in n for n in made.notes) and any("standard air at 500 m" in n for n in made.notes)


def test_a_table_of_nothing_known(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("datetime,alpha,beta\n2001-01-01 00:00,1,2\n2001-01-01 01:00,1,2\n")
    with pytest.raises(DataError, match=r"no quantity of the weather.*alpha, beta.*names"):
        open_forcing(source(str(path)))


def test_names_that_are_not_there(good: Good) -> None:
    path, when, values = good
    with pytest.raises(DataError, match=r"no column 'T2'"):
        open_forcing(source(write_table(path, when, values), names={"air_temperature": "T2"}))


def test_a_place_must_be_known(good: Good) -> None:
    path, when, values = good
    with pytest.raises(GridMismatch, match=r"state `lat` and `lon`"):
        open_forcing(ForcingSource(path=write_table(path, when, values)))


def test_places_far_from_the_weather(good: Good) -> None:
    path, when, values = good
    far = Sites(np.array([48.0]), np.array([2.0]), ("far",))
    with pytest.raises(GridMismatch, match=r"no weather near 48.000 N"):
        read_forcing(source(write_table(path, when, values)), step=1800.0, cells=far)


def test_files_that_overlap(good: Good, tmp_path: Path) -> None:
    path, when, values = good
    write_table(path, when, values)
    write_table(tmp_path / "tower2.csv", when[400:], {n: v[400:] for n, v in values.items()})
    with pytest.raises(DataError, match=r"overlap in time"):
        open_forcing(source(str(tmp_path / "tower*.csv")))


def test_files_one_after_another_join(good: Good, tmp_path: Path) -> None:
    path, when, values = good
    write_table(path, when[:300], {n: v[:300] for n, v in values.items()})
    write_table(tmp_path / "tower2.csv", when[300:], {n: v[300:] for n, v in values.items()})
    made = read_forcing(source(str(tmp_path / "tower*.csv")), step=1800.0)
    assert np.array_equal(made.air_temperature[:, 0], values["Tair"])
    assert len(made.sources) == 2


def test_period_outside_the_files(good: Good) -> None:
    path, when, values = good
    with pytest.raises(DataError, match=r"`period` 2003-04-01 to 2003-04-07 is not within"):
        read_forcing(source(write_table(path, when, values)), step=1800.0, period=("2003-04-01", "2003-04-07"))
    made = read_forcing(source(str(path)), step=1800.0, period=("2003-04-06", "2003-04-07"))
    assert made.shape == (96, 1) and made.times[0] == np.datetime64("2003-04-06")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"format": "xml"}, "`format` of the forcing must be one of auto"),
        ({"names": {"temperature": "T"}}, "`names` of the forcing has temperature"),
        ({"time_zone": "Mars/Base"}, "`time_zone` 'Mars/Base' is unknown"),
        ({"time_zone": "UTC", "utc_offset": 1.0}, "state one of them"),
        ({"utc_offset": 20.0}, "`utc_offset` must lie between"),
        ({"gaps": "ignore"}, "`gaps` of the forcing must be one of error, fill"),
        ({"wind_height": 0.01}, "`wind_height` must lie between"),
        ({"period": ("2003-01-02", "2003-01-01")}, "`period` must be"),
        ({"accumulations": {"shortwave": "daily"}}, "accumulations"),
        ({"path": ()}, "names no files"),
    ],
)
def test_options_are_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        ForcingSource(**{"path": "x.csv", **options})


def test_files_that_are_not_there() -> None:
    with pytest.raises(DataError, match=r"matches no file"):
        open_forcing(ForcingSource(path="/nowhere/*.nc"))


def test_zones_by_name_ignore_summer_time() -> None:
    assert ForcingSource(path="x", time_zone="America/Chicago").offset_hours(0.0) == -6
    assert ForcingSource(path="x", time_zone="Europe/Vienna").offset_hours(0.0) == 1
    assert ForcingSource(path="x", time_zone="UTC+5:30").offset_hours(0.0) == 5.5
    assert ForcingSource(path="x", time_zone="solar").offset_hours(-90.0) == -6


def test_the_table_of_a_study_becomes_a_source(tmp_path: Path) -> None:
    from vadose.config import build, read_toml

    (tmp_path / "study.toml").write_text(
        '[forcing]\npath = ["a.csv", "b.csv"]\nutc_offset = -7\nnames = {air_temperature = "T"}\nassumed = {wind = 2}\n'
        'units = {pressure = "hPa"}\ncolumns = ["shortwave", "-"]\nperiod = ["2003-01-01", "2003-02-01"]\n'
        'accumulations = {precipitation = "reset"}\ngaps = "fill"\n'
    )
    made = build(ForcingSource, read_toml(tmp_path / "study.toml")["forcing"], "study.toml: [forcing]")
    assert made.paths == ("a.csv", "b.csv") and made.columns == ("shortwave", "-") and made.assumed == {"wind": 2.0}


@pytest.mark.parametrize(("name", "factor"), [("VPD", 0.01), ("VP", 0.01)])
def test_humidity_in_hectopascal_called_pascal(good: Good, name: str, factor: float) -> None:
    path, when, values = good
    del values["Qair"]
    values[name] = factor * (np.full(when.size, 600.0) + 100 * np.sin(np.arange(when.size) / 9))
    with pytest.raises(UnitError, match=r"mean relative humidity that follows is .* expected 3 to"):
        read_forcing(source(write_table(path, when, values, {**HEADER, name: "Pa"})), step=1800.0)


def test_sunlight_in_kilowatts_called_watts(good: Good) -> None:
    path, when, values = good
    values["SWdown"] = values["SWdown"] / 1000
    with pytest.raises(UnitError, match=r"'SWdown': shortwave has a mean of 0.\d+ W m-2, expected"):
        read_forcing(source(write_table(path, when, values)), step=1800.0)


def test_units_that_change_from_file_to_file(good: Good, tmp_path: Path) -> None:
    path, when, values = good
    write_table(path, when[:240], {n: v[:240] for n, v in values.items()})
    write_table(
        tmp_path / "tower2.csv", when[240:], {n: v[240:] for n, v in values.items()}, {**HEADER, "Tair": "degC"}
    )
    with pytest.raises(UnitError, match=r"air_temperature has other units from file to file"):
        open_forcing(source(str(tmp_path / "tower*.csv")))
