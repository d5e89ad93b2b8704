"""Point series of soil moisture from small files of each format, and from bad ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from vadose.data.daily.points import PointReader, PointSource, open_points
from vadose.data.daily.source import DailySource
from vadose.errors import ConfigError, DataError

CEOP = "2017/08/10 {:02d}:00 2017/08/10 {:02d}:00 NET NET Two Words 36.60 -97.48 322.00 0.05 0.05 {:.4f} {} M"


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def read(path: str, **options: object) -> PointReader:
    reader = open_points(PointSource(path=path, **options))  # type: ignore[arg-type]
    assert reader is not None
    return reader


def refused(reader: PointReader) -> dict[str, int]:
    total: dict[str, int] = {}
    for _, _, counts in reader.blocks(3):
        for reason, n in counts.items():
            total[reason] = total.get(reason, 0) + int(n.sum())
    return {reason: n for reason, n in total.items() if n}


def write_series(path: Path, ragged: bool, units: str | None = "m3 m-3", scale: float = 1.0) -> str:
    """Two sites, three days: site a 0.1, 0.2, 0.3; site b missing, 0.5, 0.6 (its last value flagged)."""
    values = np.array([[0.1, 0.2, 0.3], [np.nan, 0.5, 0.6]])
    with netCDF4.Dataset(path, "w") as d:
        d.featureType = "timeSeries"
        d.createDimension("locations", 2)
        for name, at in (("lat", [10.0, 20.0]), ("lon", [30.0, 350.0])):
            d.createVariable(name, "f8", ("locations",))[:] = at
        d.createVariable("location_id", "i8", ("locations",))[:] = [7, 9]
        d.createDimension("time", None if ragged else 3)
        time = d.createVariable("time", "f8", ("time",))
        time.units = "days since 1858-11-17 00:00:00"
        dims = ("time",) if ragged else ("locations", "time")
        sm = d.createVariable("sm", "f4", dims, fill_value=-9999.0)
        flag = d.createVariable("flag", "i2", dims)
        if units is not None:
            sm.units = units
        stored = np.where(np.isnan(values), -9999.0, values * scale)
        flags = np.array([[0, 0, 0], [0, 0, 4]])
        if ragged:
            index = d.createVariable("locationIndex", "i8", ("time",))
            index.instance_dimension = "locations"
            order = [5, 0, 4, 2, 1, 3]  # neither sites nor times are in order
            index[:] = np.repeat([0, 1], 3)[order]
            time[:] = np.tile([57000.25, 57001.25, 57002.25], 2)[order]
            sm[:], flag[:] = stored.ravel()[order], flags.ravel()[order]
        else:
            time[:] = [57000.0, 57001.0, 57002.0]
            sm[:], flag[:] = stored, flags
    return str(path)


@pytest.mark.parametrize("ragged", [False, True])
def test_cf_series_of_both_structures_give_the_same_days(tmp_path: Path, ragged: bool) -> None:
    reader = read(write_series(tmp_path / "0165.nc", ragged))
    np.testing.assert_allclose(reader.values, [[0.1, np.nan], [0.2, 0.5], [0.3, np.nan]], atol=1e-6)
    assert reader.days[0] == np.datetime64("2014-12-09")  # modified Julian day 57000
    assert reader.cells.grid.names == ("7", "9")  # type: ignore[union-attr]
    np.testing.assert_allclose(reader.cells.lon, [30.0, -10.0])
    assert refused(reader) == {"quality flag": 1}


def test_quality_period_box_and_units_of_cf_series_are_as_the_study_says(tmp_path: Path) -> None:
    path = write_series(tmp_path / "0165.nc", False, units="%", scale=100.0)
    everything = read(path, quality="all", period=("2014-12-10", "2014-12-10"))
    np.testing.assert_allclose(everything.values, [[0.2, 0.5]], atol=1e-6)
    assert read(path, box=(0.0, 90.0, 340.0, 0.0)).cells.lat.tolist() == [20.0]
    own = read(path, quality={"flag": "bits 0 clear"}, valid_range=(0.0, 0.55))
    assert refused(own) == {"range": 1}
    noted = read(write_series(tmp_path / "b.nc", False, units=None))
    assert any("no units" in w for w in noted.attrs["warnings"])
    with pytest.raises(DataError, match="the file has .*sm"):
        read(path, variable="wet")
    with pytest.raises(DataError, match="no observation lies in the period"):
        read(path, period=("1990-01-01", "1990-12-31"))


def test_a_grid_file_of_the_series_is_passed_over_and_an_image_is_no_point_source(tmp_path: Path) -> None:
    write_series(tmp_path / "0165.nc", True)
    for folder, name in ((tmp_path, "grid.nc"), (tmp_path / "images", "a.nc")):
        folder.mkdir(exist_ok=True)
        with netCDF4.Dataset(folder / name, "w") as d:
            for dim, values in (("lat", [0.0, 1.0]), ("lon", [0.0, 1.0]), ("time", [0.0])):
                d.createDimension(dim, len(values))
                d.createVariable(dim, "f8", (dim,))[:] = values
            d.createVariable("sm", "f4", ("time", "lat", "lon"))[:] = 0.2
    assert read(str(tmp_path)).values.shape == (3, 2)
    assert open_points(DailySource(path=str(tmp_path / "images"))) is None
    with pytest.raises(DataError, match="none of its 1 files holds series"):
        open_points(DailySource(path=str(tmp_path / "images"), product="points"))


def test_smap_overpasses_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "smap.nc"
    with netCDF4.Dataset(path, "w") as d:
        d.featureType = "timeSeries"
        d.createDimension("locations", 1)
        d.createDimension("time", 4)
        d.createVariable("lat", "f4", ("locations",))[:] = 21.0
        d.createVariable("lon", "f4", ("locations",))[:] = -157.0
        index = d.createVariable("locationIndex", "i8", ("time",))
        index.instance_dimension, index[:] = "locations", 0
        time = d.createVariable("time", "f8", ("time",))
        time.units, time[:] = "seconds since 2000-01-01 12:00:00", np.array([4, 16, 28, 40]) * 3600.0
        sm = d.createVariable("soil_moisture", "f4", ("time",), fill_value=-9999.0)
        sm.units, sm[:] = "cm**3/cm**3", [0.1, 0.3, 0.2, 0.4]
        d.createVariable("retrieval_qual_flag", "u2", ("time",))[:] = [8, 8, 8, 9]
        d.createVariable("Overpass", "i8", ("time",))[:] = [1, 2, 1, 2]
    np.testing.assert_allclose(read(str(path)).values[:, 0], [0.1, 0.2], atol=1e-6)
    np.testing.assert_allclose(read(str(path), overpass="pm").values[:, 0], [0.3, np.nan], atol=1e-6)  # one flagged
    both = read(str(path), overpass="both", quality="all", minimum_count=1)
    np.testing.assert_allclose(both.values[:, 0], [0.1, 0.25, 0.4], atol=1e-6)  # 16, 4 and 16, 4 h UTC


def test_ismn_files_of_both_formats_agree(tmp_path: Path) -> None:
    hours = range(24)
    value = [0.10 + 0.01 * (h % 2) for h in hours]
    flag = ["G" if h < 20 else "D05" for h in hours]
    ceop = "\n".join(CEOP.format(h, h, v, f) for h, v, f in zip(hours, value, flag, strict=True))
    name = "NET_NET_Two_Words_sm_0.050000_0.050000_Probe-A_20170810_20170810.stm"
    first = read(write(tmp_path / name, ceop))
    lines = [f"2017/08/10 {h:02d}:00 {v:.4f} {f} M" for h, v, f in zip(hours, value, flag, strict=True)]
    header = "NET NET Two Words 36.60 -97.48 322.00 0.05 0.05 Probe-A"
    zipped = tmp_path / "header.stm.gz"
    zipped.write_bytes(gzip.compress("\n".join([header, *lines]).encode()))
    second = read(str(zipped))
    for reader in (first, second):
        np.testing.assert_allclose(reader.values, [[np.mean(value[:20])]], atol=1e-6)
        assert reader.cells.grid.names == ("NET Two Words 0.05-0.05 m Probe-A",)  # type: ignore[union-attr]
        assert refused(reader) == {"quality flag": 4}
        assert reader.attrs["depth"] == [0.05, 0.05]
    np.testing.assert_allclose(read(str(zipped), quality={"ismn": "G D05"}).values, [[np.mean(value)]], atol=1e-6)


def test_ismn_sensors_are_chosen_by_depth_and_bring_their_rain(tmp_path: Path) -> None:
    for top, v in ((0.05, 0.1), (0.50, 0.4)):
        rows = [f"2017/08/10 {h:02d}:00 {v} G M" for h in range(24)]
        text = "\n".join([f"NET NET St 36.6 -97.4 322.0 {top} {top} Probe", *rows])
        write(tmp_path / f"NET_NET_St_sm_{top:.6f}_{top:.6f}_Probe_20170810_20170810.stm", text)
    rows = [f"2017/08/10 {h:02d}:30 0.5 G M" for h in range(24)]
    text = "\n".join(["NET NET St 36.6 -97.4 322.0 -2.0 -2.0 Gauge", *rows])
    write(tmp_path / "NET_NET_St_p_-2.000000_-2.000000_Gauge_20170810_20170810.stm", text)
    assert read(str(tmp_path)).values.shape == (1, 2)
    shallow = read(str(tmp_path), depth=(0.0, 0.1))
    np.testing.assert_allclose(shallow.values, [[0.1]], atol=1e-6)
    assert shallow.rain is not None
    np.testing.assert_allclose(shallow.rain, [[12.0]])
    with pytest.raises(DataError, match="0.5-0.5 m"):
        read(str(tmp_path), depth=(1.0, 2.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense\nmore", "neither an ISMN header nor a CEOP line"),
        (CEOP.format(0, 0, 0.1, "G") + "\n2017/08/10 01:00 2017/08", "line 2 has 3 columns"),
        ("NET NET St 36.6 -97.4 322.0 0.05 0.05 Probe\n2017/08/10 01:00", "line 2 is not"),
        ("", "the file is empty"),
    ],
)
def test_damaged_ismn_files_are_named_with_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / "a_sm_0.05.stm", text))


def test_a_condition_that_names_no_ismn_flag_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.stm", CEOP.format(0, 0, 0.1, "G"))
    with pytest.raises(ConfigError, match="must name ISMN flags"):
        read(path, quality={"flag": "<= 3"})


def test_a_truncated_netcdf_file_is_named(tmp_path: Path) -> None:
    path = Path(write_series(tmp_path / "0165.nc", True))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match="0165.nc: the file is truncated or corrupt"):
        read(str(path))


def test_a_truncated_gzip_file_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(("date,sm\n" + "2010-01-01,0.2\n" * 2000).encode())
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated"):
        read(str(tmp_path / "a.csv.gz"))
