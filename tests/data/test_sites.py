"""Sites: CSV tables and CF time series become monthly series at their places."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from vadose.data.pack import pack_series
from vadose.data.sites import holds_sites
from vadose.data.source import Source
from vadose.errors import DataError, GridMismatch, UnitError
from vadose.grid.latlon import LatLonGrid, Sites

PERIOD = (12 * 1990, 12 * 2030)
GPP = 1e-3 / 86400


def gpp(path: Path, **options: object) -> Source:
    return Source("gpp", [str(path)], **{"units": "gC m-2 d-1", **options})


@pytest.fixture
def towers(tmp_path: Path) -> Path:
    (tmp_path / "gpp.csv").write_text(
        "sitename,date,gpp\nB-x,2009-12-01,9\nB-x,2010-02-01,8\nA-y,2010-01-01,-9999\nA-y,2010-02-01,3\nLost,2010-01-01,1\n"
    )
    (tmp_path / "sites.csv").write_text("sitename,lon,lat\nA-y,190,10\nB-x,20,-5\nC-z,0,0\n")
    return tmp_path


@pytest.mark.parametrize("folder", [True, False])
def test_monthly_table(towers: Path, folder: bool) -> None:
    series = pack_series(gpp(towers if folder else towers / "gpp.csv"), PERIOD)
    assert isinstance(series.grid, Sites)
    assert series.grid.names == ("B-x", "A-y")
    np.testing.assert_allclose(series.grid.lon, [20, -170])
    np.testing.assert_array_equal(series.months, [24119, 24120, 24121])
    np.testing.assert_allclose(series.values / GPP, [[9, np.nan, 8], [np.nan, np.nan, 3]], rtol=1e-6)
    assert any("no position for Lost (1 sites left out)" in w for w in series.attrs["warnings"])
    assert holds_sites(gpp(towers))


def test_positions_in_the_table_itself_and_year_and_month(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("# flux towers\nsite,lat,lon,year,month,gpp\nA,1,2,2001,3,4.5\nA,1,2,2001,4,5.5\n")
    series = pack_series(gpp(tmp_path / "a.csv"), PERIOD)
    np.testing.assert_allclose(series.values / GPP, [[4.5, 5.5]], rtol=1e-6)
    assert series.months[0] == 12 * 2001 + 2


@pytest.mark.parametrize(("least", "months"), [(None, 1), (5, 2)])
def test_daily_table(towers: Path, least: int | None, months: int) -> None:
    days = [f"A-y,2005-01-{d:02d},{d}" for d in range(1, 17)] + [f"A-y,2005-02-{d:02d},4" for d in range(1, 11)]
    (towers / "daily.csv").write_text("sitename,date,gpp\n" + "\n".join(days))
    series = pack_series(gpp(towers / "daily.csv", minimum_count=least), PERIOD)
    assert np.isfinite(series.values).sum() == months
    assert series.values[0, 0] / GPP == pytest.approx(8.5)


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        ("site,lat,lon,date,gpp\nA,1,2,2001-01-01,4\n", {"units": None}, UnitError, "no units"),
        ("site,lat,lon,date,x\nA,1,2,2001-01-01,4\n", {}, DataError, "no column of gpp .*it has x; name one"),
        ("lat,lon,date,gpp\n1,2,2001-01-01,4\n", {}, DataError, "no column of site names"),
        ("site,lat,lon,gpp\nA,1,2,4\n", {}, DataError, "no column of dates"),
        ("site,lat,lon,date,gpp\nA,1,2,Easter,4\n", {}, DataError, "'date' holds no dates"),
        ("site,lat,lon,date,gpp\nA,1,2,2001-01-01,many\n", {}, DataError, "'gpp' holds text"),
        ("site,date,gpp\nA,2001-01-01,4\n", {}, DataError, "no columns lat and lon.*site_table"),
        ("site,lat,lon,date,gpp\nA,1,2,1901-01-01,4\n", {}, DataError, "all values are missing"),
        ("", {}, DataError, "not a readable CSV"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, options: dict, error: type, words: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(error, match=words):
        pack_series(gpp(tmp_path / "a.csv", **options), PERIOD)


def test_truncated_archive(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"site,lat,lon,date,gpp\n" * 1000)[:-20])
    with pytest.raises(DataError, match=r"a\.csv\.gz: not a readable CSV"):
        pack_series(gpp(tmp_path / "a.csv.gz"), PERIOD)


LAT, LON = np.array([19.0, 19.0, 20.0]), np.array([200.0, 201.0, 201.0])


def time_series(path: Path, layout: str, lat: np.ndarray = LAT, lon: np.ndarray = LON) -> np.ndarray:
    """Daily values [day, site] of 2010 in one of the layouts of CF chapter 9; site 0 ends in June."""
    values = np.random.default_rng(0).uniform(0.1, 0.4, (365, lat.size))
    values[181:, 0] = np.nan
    days = np.arange(365) + 14610.0
    with netCDF4.Dataset(path, "w") as d:
        d.featureType = "timeSeries"
        d.createDimension("locations", lat.size)
        for name, x, units in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            v = d.createVariable(name, "f4", ("locations",))
            v.units = units
            v[:] = x
        d.createVariable("location_id", "i8", ("locations",))[:] = (
            100 + np.round(10 * lat).astype(int) * 1000 + np.round(lon)
        )
        present = np.isfinite(values)
        if layout == "matrix":
            dims, stored, times = ("locations", "time"), np.where(present, values, -9999).T, days
        else:
            site, day = np.nonzero(present.T)
            if layout == "index":
                mixed = np.random.default_rng(1).permutation(site.size)
                site, day = site[mixed], day[mixed]
            dims, stored, times = ("time",), values[day, site], days[day]
        d.createDimension("time", times.size)
        t = d.createVariable("time", "f8", ("time",))
        t.units = "days since 1970-01-01"
        t[:] = times
        v = d.createVariable("sm", "f4", dims, fill_value=-9999.0)
        v.setncatts({"units": "m3 m-3", "coordinates": "lat lon"})
        v[:] = stored
        if layout == "index":
            v = d.createVariable("locationIndex", "i8", ("time",))
            v.instance_dimension = "locations"
            v[:] = site
        elif layout == "contiguous":
            v = d.createVariable("row_size", "i8", ("locations",))
            v.sample_dimension = "time"
            v[:] = present.sum(axis=0)
    edges = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    with np.errstate(invalid="ignore"):
        return np.stack(
            [
                np.nanmean(values[a:b], axis=0)
                if b <= 181
                else np.where(np.arange(lat.size) == 0, np.nan, values[a:b].mean(axis=0))
                for a, b in zip(edges[:-1], edges[1:], strict=True)
            ]
        )


@pytest.mark.parametrize("layout", ["matrix", "index", "contiguous"])
def test_time_series_files(tmp_path: Path, layout: str) -> None:
    expected = time_series(tmp_path / "a.nc", layout)
    source = Source("soil_moisture", [str(tmp_path / "a.nc")], depth=(0.0, 0.05))
    series = pack_series(source, PERIOD)
    assert isinstance(series.grid, Sites)
    np.testing.assert_allclose(series.grid.lon, LON - 360)
    assert series.grid.names[0] == "190300"
    np.testing.assert_allclose(series.values, expected.T, rtol=1e-5)


@pytest.mark.parametrize("layout", ["matrix", "index"])
def test_tiles_are_joined_and_put_on_their_lattice(tmp_path: Path, layout: str) -> None:
    west = time_series(tmp_path / "a.nc", layout)
    east = time_series(tmp_path / "b.nc", layout, lat=np.array([19.0, 21.0]), lon=np.array([203.0, 203.0]))
    paths = [str(tmp_path / "a.nc"), str(tmp_path / "b.nc")]
    series = pack_series(Source("soil_moisture", paths, depth=(0.0, 0.05)), PERIOD)
    np.testing.assert_allclose(series.values, np.concatenate([west.T, east.T]), rtol=1e-5)
    grid = pack_series(Source("soil_moisture", paths, depth=(0.0, 0.05), points="grid"), PERIOD)
    assert isinstance(grid.grid, LatLonGrid)
    np.testing.assert_allclose(grid.grid.lat, [19, 20, 21])
    np.testing.assert_allclose(grid.grid.lon, [-160, -159, -157])
    assert grid.cells.tolist() == [0, 1, 2, 4, 8]
    np.testing.assert_allclose(grid.values[2], east.T[0], rtol=1e-5)
    # A missing row of the lattice does not widen the cells beside it by more than half a step.
    assert grid.grid.lon_bnds[1, 1] == pytest.approx(-158.25)


def test_the_same_sites_twice(tmp_path: Path) -> None:
    for name in ("a.nc", "b.nc"):
        time_series(tmp_path / name, "index")
    paths = [str(tmp_path / "a.nc"), str(tmp_path / "b.nc")]
    with pytest.raises(DataError, match="several files hold the site"):
        pack_series(Source("soil_moisture", paths), PERIOD)


def test_scattered_points_are_no_lattice(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    time_series(tmp_path / "a.nc", "matrix", rng.uniform(-50, 50, 60), rng.uniform(0, 360, 60))
    with pytest.raises(GridMismatch, match="60 points do not lie on a lattice"):
        pack_series(Source("soil_moisture", [str(tmp_path / "a.nc")], points="grid"), PERIOD)
