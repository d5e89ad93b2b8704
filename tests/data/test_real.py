"""Real files: what is read equals what stands in them, computed here without vadose."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest

from vadose.data.catalog import defaults_for
from vadose.data.check import check
from vadose.data.cmip6 import find_files, find_model
from vadose.data.pack import pack_series
from vadose.data.series import CellSeries
from vadose.data.source import Source
from vadose.errors import DataError

ALWAYS = (12 * 1900, 12 * 2050)


def known(name: str, variable: str, paths: list[str], depth: tuple[float, float] | None = None, **options) -> Source:
    """A source as a study with this reference name would make it."""
    fields = defaults_for(name, variable, depth)
    fields = {k: v for k, v in fields.items() if k in Source.__dataclass_fields__}
    return Source(variable, tuple(paths), depth=depth, **{**fields, **options})


def at(series: CellSeries, lat: float, lon: float) -> np.ndarray:
    row, column = np.abs(series.grid.lat - lat).argmin(), np.abs(series.grid.lon - lon).argmin()
    place = np.searchsorted(series.cells, row * series.grid.shape[1] + column)
    assert series.cells[place] == row * series.grid.shape[1] + column
    return series.values[place]


@pytest.mark.parametrize("variable", ["gpp", "pr", "tas"])
def test_access(vadose_data: Path, variable: str) -> None:
    folder = vadose_data / "data/cmip6/ACCESS-ESM1-5_historical_2000-2014"
    model = find_model("ACCESS-ESM1-5", f"{folder}/*.nc")
    series = pack_series(model.source(variable), ALWAYS)
    assert series.months.tolist() == list(range(24000, 24180))
    with netCDF4.Dataset(model.members["r1i1p1f1"][variable][0]) as d, netCDF4.Dataset(model.fixed["sftlf"]) as fx:
        land = fx["sftlf"][:] / 100.0
        # The Amazon: 60 W counts as 300 E in the file.
        row, column = np.abs(d["lat"][:] + 5).argmin(), np.abs(d["lon"][:] - 300).argmin()
        np.testing.assert_allclose(at(series, d["lat"][row], -60.0), d[variable][:, row, column], rtol=1e-6)
        valid = np.isfinite(d[variable][0].filled(np.nan))
        assert series.cells.size == valid.sum()
        assert np.count_nonzero(series.land_fraction) == (land.filled(0) > 0)[valid].sum()
    assert any("areacella differs" in w for w in series.attrs["warnings"])


def test_ec_earth_daily(vadose_data: Path) -> None:
    path = next((vadose_data / "data/cmip6/EC-Earth3-Veg_land-hist_mrsos_day_197001").glob("mrsos*.nc"))
    series = pack_series(Source("soil_moisture", (str(path),), depth=(0.0, 0.1)), ALWAYS)
    with netCDF4.Dataset(path) as d:
        expected = d["mrsos"][:].mean(axis=0).filled(np.nan) / 100.0
    assert series.cells.size == np.isfinite(expected).sum()
    np.testing.assert_allclose(series.values[:, 0], expected.ravel()[series.cells], rtol=1e-5)


def test_canesm_snow_daily_noleap(vadose_data: Path) -> None:
    path = next((vadose_data / "data/cmip6/CanESM5_snow_Quebec_1991-2010").glob("snw*.nc"))
    series = pack_series(Source("snow_water_equivalent", (str(path),)), ALWAYS)
    assert series.values.shape == (30, 240)
    with netCDF4.Dataset(path) as d:
        np.testing.assert_allclose(series.values[:, 1], d["snw"][31:59].mean(axis=0).ravel(), rtol=1e-5)


def test_c3s_monthly_images(vadose_data: Path) -> None:
    paths = find_files("*MONTHLY-2018*.nc", vadose_data / "data/satellite/C3S_global_images")
    series = pack_series(known("C3S SM", "soil_moisture", paths, (0.0, 0.05)), ALWAYS)
    assert series.months.tolist() == list(range(12 * 2018, 12 * 2018 + 8))
    with netCDF4.Dataset(paths[3]) as d:
        d.set_auto_mask(False)
        raw = np.where(d["sm"][0] < 0, np.nan, d["sm"][0])[::-1]
    np.testing.assert_array_equal(series.values[:, 3], raw.ravel()[series.cells])
    assert np.isfinite(series.values[:, 3]).sum() == np.isfinite(raw).sum()


def test_esa_cci_daily_image(vadose_data: Path) -> None:
    paths = find_files("*.nc", vadose_data / "data/satellite/ESA_CCI_global_daily_v05.2")
    with pytest.raises(DataError, match="all values are missing in 2016-06.*minimum_count"):
        pack_series(known("ESA CCI SM", "soil_moisture", paths, (0.0, 0.05)), ALWAYS)
    one = known("ESA CCI SM", "soil_moisture", paths, (0.0, 0.05), minimum_count=1)
    with netCDF4.Dataset(paths[0]) as d:
        assert pack_series(one, ALWAYS).cells.size == d["sm"][:].count()


def test_gldas_granule(vadose_data: Path) -> None:
    paths = find_files("*.nc4", vadose_data / "data/reanalysis_lsm/GLDAS_NOAH025_global")
    series = pack_series(known("GLDAS-Noah", "soil_moisture", paths, (0.0, 1.0), minimum_count=1), ALWAYS)
    assert series.cells.size == 243_883
    assert series.months.tolist() == [12 * 2015]
    with netCDF4.Dataset(paths[0]) as d:
        layers = [d[n][0] for n in ("SoilMoi0_10cm_inst", "SoilMoi10_40cm_inst", "SoilMoi40_100cm_inst")]
        expected = (sum(x.astype(float) for x in layers) / 1000.0).filled(np.nan).ravel()[series.cells]
    np.testing.assert_allclose(series.values[:, 0], expected, rtol=1e-6)
    runoff = pack_series(known("GLDAS", "surface_runoff", paths, minimum_count=1), ALWAYS)
    with netCDF4.Dataset(paths[0]) as d:
        assert runoff.values.max() == pytest.approx(d["Qs_acc"][:].max() / 10800.0)


def test_smap_orbit_is_refused_with_the_way_on(vadose_data: Path) -> None:
    path = next((vadose_data / "data/satellite/SMAP_L2_halforbits_20150811").glob("*.h5"))
    report = check(path)
    assert not report.usable
    assert "swath" in report.problem and "SPL3SMP" in report.problem


@pytest.mark.parametrize(
    ("folder", "name", "variable", "units", "sites"),
    [
        ("satellite/hawaii_daily_series/ESA_CCI_combined_v08.1", "ESA CCI SM", "sm", None, 21),
        ("satellite/hawaii_daily_series/SMAP_L3_SPL3SMP_v9_36km", "SMAP L3", "soil_moisture", None, 11),
        ("satellite/hawaii_daily_series/C3S_combined_v202505", "C3S SM", "sm", None, 2),
        ("reanalysis_lsm/hawaii_2017-2018/ERA5-Land", "ERA5-Land", "swvl1", None, 136),
        ("reanalysis_lsm/hawaii_2017-2018/ERA5", "ERA5", "swvl1", None, 12),
        ("reanalysis_lsm/hawaii_2017-2018/GLDAS_NOAH025_3H_v2.1", "GLDAS-Noah", "SoilMoi0_10cm_inst", None, 21),
    ],
)
def test_hawaii(vadose_data: Path, folder: str, name: str, variable: str, units: str | None, sites: int) -> None:
    paths = find_files("01*.nc", vadose_data / "data" / folder)
    series = pack_series(known(name, "soil_moisture", paths, (0.0, 0.05)), ALWAYS)
    assert series.cells.size == sites
    assert 0.05 < np.nanmean(series.values) < 0.5
    grid = pack_series(known(name, "soil_moisture", paths, (0.0, 0.05), points="grid"), ALWAYS)
    np.testing.assert_allclose(np.nanmean(grid.values), np.nanmean(series.values), rtol=1e-6)
    assert np.isfinite(grid.values).sum() == np.isfinite(series.values).sum()


def test_era5_land_months_over_hawaii(vadose_data: Path) -> None:
    paths = find_files("0165.nc", vadose_data / "data/reanalysis_lsm/hawaii_2017-2018/ERA5-Land")
    series = pack_series(known("ERA5-Land", "soil_moisture", paths, (0.0, 0.07)), ALWAYS)
    with netCDF4.Dataset(paths[0]) as d:
        dates = pd.to_datetime(netCDF4.num2date(d["time"][:], d["time"].units, only_use_cftime_datetimes=False))
        frame = pd.DataFrame(d["swvl1"][:].T.filled(np.nan), index=dates)
    expected = frame.groupby(frame.index.to_period("M")).mean().to_numpy().T
    np.testing.assert_allclose(series.values, expected[series.cells], rtol=1e-5)


def test_fluxnet_monthly(vadose_data: Path) -> None:
    folder = vadose_data / "data/insitu/FLUXNET2015_monthly_GPP_sites"
    series = pack_series(known("FLUXNET2015", "gpp", [str(folder)]), ALWAYS)
    assert series.values.shape == (127, 180)
    table = pd.read_csv(folder / "gpp_monthly.csv.gz")
    assert np.isfinite(series.values).sum() == len(table) == 7468
    assert np.nansum(series.values.astype(float)) == pytest.approx(table.gpp.sum() * 1e-3 / 86400, rel=1e-6)


def test_fluxnet_daily(vadose_data: Path) -> None:
    folder = vadose_data / "data/insitu"
    source = known(
        "FLUXNET2015", "gpp", [str(folder / "FLUXNET2015_daily_GPP_59sites/gpp_daily.csv.gz")], minimum_count=20,
        site_table=str(folder / "FLUXNET2015_monthly_GPP_sites/sites.csv"),
    )  # fmt: skip
    series = pack_series(source, ALWAYS)
    table = pd.read_csv(source.paths[0], parse_dates=["date"])
    means = table.groupby([table.sitename, table.date.dt.to_period("M")]).gpp.agg(["mean", "count"])
    means = means[means["count"] >= 20]["mean"]
    assert series.grid.size == 59
    assert np.isfinite(series.values).sum() == means.size
    assert np.nansum(series.values.astype(float)) == pytest.approx(means.sum() * 1e-3 / 86400, rel=1e-6)


def test_era5_climatology(vadose_data: Path) -> None:
    path = vadose_data / "data/static/era5_climatology_2000-2025/era5_clim_0.5deg.nc"
    rain = pack_series(known("ERA5 climatology", "precipitation", [str(path)]), (24000, 24023))
    with netCDF4.Dataset(path) as d:
        july = d["tp"][6][::-1]
    expected = (july / 1000 * 1000 / (31 * 86400.0)).filled(np.nan)
    shown = np.roll(
        expected, 360 if rain.grid.lon[0] < -179 and netCDF4.Dataset(path)["longitude"][0] >= 0 else 0, axis=1
    )
    np.testing.assert_allclose(rain.values[:, 6], shown.ravel()[rain.cells], atol=2e-8)
    np.testing.assert_array_equal(rain.values[:, 6], rain.values[:, 18])


def test_noah_mp_history_two_dimensional_coordinates(vadose_data: Path) -> None:
    paths = find_files("*.nc", vadose_data / "data/reanalysis_lsm/LIS_NoahMP_Iberia_2017")
    layers = ((0.0, 0.1), (0.1, 0.4), (0.4, 1.0), (1.0, 2.0))
    source = Source("soil_moisture", tuple(paths), depth=(0.0, 0.4), layers=layers, minimum_count=1)
    series = pack_series(source, ALWAYS)
    assert series.months.tolist() == [12 * 2017 + 2, 12 * 2017 + 3]
    assert 0.05 < np.nanmean(series.values) < 0.5
