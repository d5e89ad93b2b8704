"""Tables of soil moisture: delimiters, headers, dates, units, flags; what is wrong in them is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.data.daily.columns import dates, parse_table
from vadose.data.daily.points import PointReader, PointSource, open_points
from vadose.errors import ConfigError, DataError, UnitError


def read(folder: Path, text: str, name: str = "a.csv", **options: object) -> PointReader:
    (folder / name).write_text(text)
    reader = open_points(PointSource(path=str(folder / name), **options))  # type: ignore[arg-type]
    assert reader is not None
    return reader


@pytest.mark.parametrize(
    "text",
    [
        "date,sm\n2010-01-01,0.1\n2010-01-02,\n2010-01-04,0.3\n",
        "# a comment\ndate;rain;sm\n01.01.2010;1;0.1\n02.01.2010;;-9999\n04.01.2010;2;0.3\n",
        "Year\tMonth\tDay\tSWC_5cm\n2010\t1\t1\t0.1\n2010\t1\t2\tNaN\n2010\t1\t4\t0.3\n",
        "date,sm [%]\n2010-01-04,30\n2010-01-01,10\n",
    ],
)
def test_dates_and_delimiters_of_many_kinds_give_the_same_days(tmp_path: Path, text: str) -> None:
    reader = read(tmp_path, text, "a.txt")
    np.testing.assert_allclose(reader.values[:, 0], [0.1, np.nan, np.nan, 0.3], atol=1e-6)
    assert reader.days[0] == np.datetime64("2010-01-01")


def test_hours_become_days_with_a_minimum_count(tmp_path: Path) -> None:
    rows = [f"2010-01-0{1 + h // 24} {h % 24:02d}:00:00+00:00,{0.2 + 0.001 * (h % 24)}" for h in range(24 + 24 + 5)]
    text = "DateTime_utc,sm\n" + "\n".join(rows)
    reader = read(tmp_path, text)
    np.testing.assert_allclose(reader.values[:, 0], [0.2115, 0.2115, np.nan], atol=1e-6)
    np.testing.assert_allclose(read(tmp_path, text, minimum_count=5).values[2, 0], 0.202, atol=1e-6)
    assert reader.lost["too few in the day"][0].tolist() == [2]


def test_unsorted_repeated_and_impossible_values_are_survived_and_counted(tmp_path: Path) -> None:
    text = "date,sm\n2010-01-03,0.3\n2010-01-01,0.1\n2010-01-01,0.9\n2010-01-02,7\n2010-01-04,\n2010-01-05,0.35\n"
    reader = read(tmp_path, text, units="m3 m-3")
    np.testing.assert_allclose(reader.values[:, 0], [0.1, np.nan, 0.3, np.nan, 0.35], atol=1e-6)
    assert {reason: where[0].size for reason, where in reader.lost.items()} == {"range": 1, "duplicate time": 1}


def test_spikes_are_refused_when_the_study_asks(tmp_path: Path) -> None:
    text = "date,sm\n2010-01-01,0.1\n2010-01-02,0.5\n2010-01-03,0.12\n2010-01-04,0.11\n"
    reader = read(tmp_path, text, spikes=0.1)
    np.testing.assert_allclose(reader.values[:, 0], [0.1, np.nan, 0.12, 0.11], atol=1e-6)
    assert reader.lost["spike"][0].tolist() == [1]


def test_columns_without_names_are_counted_and_rain_is_summed(tmp_path: Path) -> None:
    text = "2004 05 06 -9999.00 0.10 0.30\n2004 05 07 2.50 0.09 0.31\n2004 05 08 0.00 0.08 -9999.00\n"
    reader = read(tmp_path, text, "a.txt", variable="column 5, column 6", rain="column 4", units="m3 m-3")
    np.testing.assert_allclose(reader.values, [[0.10, 0.30], [0.09, 0.31], [0.08, np.nan]], atol=1e-6)
    assert reader.rain is not None
    np.testing.assert_allclose(reader.rain[:, 0], [np.nan, 2.5, 0.0])
    assert reader.cells.grid.names == ("a column 5", "a column 6")  # type: ignore[union-attr]


def test_water_in_mm_needs_the_depth_it_stands_for(tmp_path: Path) -> None:
    text = "date,sm\n2010-01-01,98\n2010-01-02,49\n"
    with pytest.raises(UnitError, match="state `depth`"):
        read(tmp_path, text, units="mm")
    reader = read(tmp_path, text, units="mm", depth=(0.0, 0.49))
    np.testing.assert_allclose(reader.values[:, 0], [0.2, 0.1], atol=1e-6)


def test_cosmic_ray_tables_are_known_by_their_columns(tmp_path: Path) -> None:
    rows = [f"2010-06-02 {h:02d}:20   {5 + h % 2}.0  30   6.4  31" for h in range(24)]
    level3 = read(tmp_path, "YYYY-MM-DD HH:MM SOILM DEP SM12H D12\n" + "\n".join(rows), "smcounts.010.txt")
    np.testing.assert_allclose(level3.values, [[0.055]], atol=1e-6)
    assert level3.attrs["depth"] == [0.0, 0.3]
    names = "DateTime_utc,Flag_Extreme_Counts,Flag_Snow_ERA5,SoilMoisture_volumetric_MovAvg24h,Footprint_Depth_m"
    rows = [f"2015-06-30 {h:02d}:00:00+00:00,{int(h > 20)},0,{0.9 if h > 20 else 0.3},0.2" for h in range(24)]
    europe = read(tmp_path, names + "\n" + "\n".join(rows))
    np.testing.assert_allclose(europe.values, [[0.3]], atol=1e-6)
    assert europe.attrs["depth"] == [0.0, 0.2]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("date,wet\n2010-01-01,0.1\n", {}, "it has date, wet; name one with `variable`"),
        ("date,wet\n2010-01-01,0.1\n", {"variable": "sm"}, "no column 'sm' .* it has date, wet"),
        ("when,sm\nMonday,0.1\n", {}, "no column of dates; it has when, sm"),
        ("date,sm\n01/02/2010,0.1\n", {}, "days and months cannot be told apart"),
        ("date,sm\nMonday,0.1\n", {"time": "date"}, "holds no dates"),
        ("date,sm\n2010-01-01,dry\n", {}, "holds text .'dry' in row 1"),
        ("date,sm\n", {}, "no rows"),
        ("lat,date,sm\n1,2010-01-01,0.1\n2,2010-01-01,0.1\n", {}, "a column `site` that tells them apart"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(tmp_path: Path, text: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, **options)


def test_percent_without_units_is_an_error_and_fractions_are_noted(tmp_path: Path) -> None:
    with pytest.raises(UnitError, match="values reach 23"):
        read(tmp_path, "date,sm\n2010-01-01,23\n")
    reader = read(tmp_path, "date,sm\n2010-01-01,0.23\n")
    assert "taken as m3 m-3" in reader.attrs["warnings"][0]
    with pytest.raises(UnitError, match="gravimetric"):
        read(tmp_path, "date,sm [kg/kg]\n2010-01-01,0.23\n")


def test_a_table_without_any_value_keeps_its_cell(tmp_path: Path) -> None:
    reader = read(tmp_path, "date,sm\n2010-01-01,\n2010-01-02,-9999\n", units="%")
    assert reader.values.shape == (2, 1)
    assert "every value is missing" in reader.attrs["warnings"][-1]


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="minimum_count"):
        PointSource(path="a.csv", minimum_count=0)
    with pytest.raises(ConfigError, match="location"):
        PointSource(path="a.csv", location=(100.0, 0.0))


def test_a_column_of_sites_makes_a_series_of_each(tmp_path: Path) -> None:
    rows = ["b,2010-01-01,0.3,20,190", "a,2010-01-01,0.1,10,30", "a,2010-01-02,0.2,10,30"]
    reader = read(tmp_path, "site,date,sm,lat,lon\n" + "\n".join(rows))
    np.testing.assert_allclose(reader.values, [[0.3, 0.1], [np.nan, 0.2]], atol=1e-6)
    assert reader.cells.grid.names == ("b", "a")  # type: ignore[union-attr]
    np.testing.assert_allclose(reader.cells.lon, [-170.0, 30.0])


def test_a_logger_file_gives_its_units(tmp_path: Path) -> None:
    lines = ['"TOA5","s"', '"TIMESTAMP","VWC"', '"TS","m^3/m^3"', '"","Avg"', '"2021-09-22 10:00:00",0.2']
    (tmp_path / "a.csv").write_text("\n".join(lines))
    table = parse_table(str(tmp_path / "a.csv"))
    assert table.units["VWC"] == "m^3/m^3"
    assert dates(table)[0] == np.datetime64("2021-09-22T10:00:00")
    np.testing.assert_allclose(read(tmp_path, "\n".join(lines)).values, [[0.2]], atol=1e-6)
