"""Which reader a source gets, and what a study may say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.data.daily.written import moisture, write_composite, write_half_orbit, write_stack

from vadose.config import build
from vadose.data.daily.open import open_daily, read_daily, sniff
from vadose.data.daily.source import DailySource, files_of
from vadose.errors import ConfigError, DataError
from vadose.grid.latlon import Sites


def test_a_study_table_is_a_source() -> None:
    source = build(
        DailySource,
        {"path": "sm/*.nc", "quality": {"flag": [0, 64], "rfi": "<= 0.2"}, "period": ["2003-01-01", "2020-12-31"],
         "box": [35, 45, -10, 5], "spikes": 0.2, "depth": [0, 0.05]},
        "[soil_moisture]",
    )  # fmt: skip
    assert source.paths == ("sm/*.nc",)
    assert source.quality == {"flag": (0, 64), "rfi": "<= 0.2"}


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({}, "the key `path` is missing"),
        ({"path": []}, "`path` names no files"),
        ({"path": "a", "product": "esacci"}, "expected one of 'auto', 'cf', 'esa_cci'"),
        ({"path": "a", "quality": "good"}, "expected one of 'recommended', 'all'"),
        ({"path": "a", "overpass": "noon"}, "expected one of 'am', 'pm', 'both'"),
        ({"path": "a", "period": ["2003", "soon"]}, '`period` must be two days such as "2003-01-01"'),
        ({"path": "a", "period": ["2004-01-01", "2003-01-01"]}, r"`period` must be \[first, last\] day"),
        ({"path": "a", "box": [10, 5, 0, 20]}, r"`box` must be \[south, north, west, east\]"),
        ({"path": "a", "valid_range": [1, 0]}, "`valid_range` must be"),
        ({"path": "a", "spikes": 0}, "`spikes` must be > 0"),
        ({"path": "a", "depth": [0.05, 0.0]}, "`depth` must be"),
    ],
)
def test_wrong_tables_are_refused(table: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        build(DailySource, table, "[soil_moisture]")


def test_products_are_told_by_what_is_in_the_files(tmp_path: Path) -> None:
    one = np.full((406, 964), 0.2)
    paths = {
        "smap_l3": write_composite(tmp_path / "x.nc", {"AM": one}, {"AM": one * 0}),
        "smap_l2": write_half_orbit(tmp_path / "y.nc", [(1, 2, 0.2, 0, "2015-04-01T00:00:00")]),
        "cf": write_stack(tmp_path / "z.nc", moisture(2), [0, 1]),
        "c3s": write_stack(
            tmp_path / "c.nc",
            moisture(2),
            [0, 1],
            file_attributes={"title": "C3S Surface Soil Moisture PASSIVE Product"},
        ),
    }
    for product, path in paths.items():
        assert sniff(path) == product


def test_folders_give_their_gridded_files_and_patterns_their_matches(tmp_path: Path) -> None:
    for name in ("b/2.nc", "a/1.h5", "readme.txt", ".hidden.nc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [Path(p).name for p in files_of(DailySource(str(tmp_path)))] == ["1.h5", "2.nc"]
    again = DailySource((str(tmp_path / "b" / "*.nc"), str(tmp_path)))
    assert [Path(p).name for p in files_of(again)] == ["2.nc", "1.h5"]
    with pytest.raises(DataError, match="matches no file"):
        files_of(DailySource(str(tmp_path / "absent")))


def test_files_of_another_kind_are_refused_with_their_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.grb"
    path.write_bytes(b"GRIB" + bytes(100))
    with pytest.raises(DataError, match=r"a.grb: a GRIB file; convert it"):
        open_daily(DailySource(str(path)))


def test_points_are_left_to_their_own_reader(vadose_data: Path) -> None:
    path = vadose_data / "data/satellite/hawaii_daily_series/SMAP_L3_SPL3SMP_v9_36km/0165.nc"
    series = read_daily(DailySource(str(path), quality="all"))
    assert isinstance(series.cells.grid, Sites)
    assert series.days[0] == np.datetime64("2015-04-01")
    assert np.isfinite(series.values).any()


def test_a_source_that_would_fill_memory_is_refused(tmp_path: Path) -> None:
    path = write_stack(
        tmp_path / "a.nc", np.full((2, 400, 800), 0.2, "f4"), [0, 9000],
        lat=np.linspace(-80, 80, 400), lon=np.linspace(-179, 179, 800),
    )  # fmt: skip
    with pytest.raises(DataError, match=r"9001 days of 320000 cells take 11 GiB; narrow `box` or `period`"):
        read_daily(DailySource(path))
