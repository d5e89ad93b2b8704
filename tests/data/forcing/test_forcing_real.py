"""Real weather of towers, basins and grids: it is read, complete, and its totals are those of the files."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vadose.data.forcing import ForcingSeries, ForcingSource, open_forcing, read_forcing
from vadose.data.forcing.air import saturation_pressure
from vadose.errors import DataError, GridMismatch, UnitError

BONDVILLE = "data/forcing/Bondville_1998_halfhourly/bondville.dat.gz"
RSPLASH = "data/insitu/AT-Neu_and_Bourne_rsplash"
KENDALL = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG/stdfmt/WKG.stdfmt.daily.txt"
ARRAYS = (
    "air_temperature", "specific_humidity", "pressure", "wind", "shortwave", "longwave", "precipitation", "cos_zenith",
    "year_fraction",
)  # fmt: skip


def complete(made: ForcingSeries) -> ForcingSeries:
    """The series, which has no missing and no impossible values."""
    for name in ARRAYS:
        values = getattr(made, name)
        assert values.shape == made.shape and values.dtype == np.float64 and np.isfinite(values).all(), name
    assert made.shortwave.min() >= 0 and made.shortwave.max() < 1250
    assert made.precipitation.min() >= 0 and made.wind.min() >= 0 and made.specific_humidity.min() > 0
    assert 100 < made.longwave.min() and made.longwave.max() < 520
    return made


def total(made: ForcingSeries) -> np.ndarray:
    """Precipitation [column] kg m-2."""
    return made.precipitation.sum(axis=0) * made.step


def test_bondville_in_the_way_of_hrldas(vadose_data: Path) -> None:
    source = ForcingSource(path=str(vadose_data / BONDVILLE), lat=40.01, lon=-88.37)
    made = complete(read_forcing(source, step=1800.0))
    rows = np.loadtxt(gzip.open(vadose_data / BONDVILLE, "rt").read().partition("<Forcing>")[2].splitlines()[1:])
    assert made.times[0] == np.datetime64("1998-01-01T06:30") and made.shape == (len(rows), 1)
    assert np.array_equal(made.air_temperature[:, 0], rows[:, 7])
    assert np.allclose(made.pressure[:, 0], 100 * rows[:, 9], rtol=1e-14)
    assert total(made)[0] == pytest.approx(rows[:, 12].sum() * 1800, rel=1e-13)
    e = rows[:, 8] / 100 * saturation_pressure(rows[:, 7])
    assert np.allclose(made.specific_humidity[:, 0], 0.622 * e / (100 * rows[:, 9] - 0.378 * e), rtol=1e-12)


def test_bondville_of_the_reference_run(vadose_data: Path) -> None:
    import netCDF4

    source = ForcingSource(path=str(vadose_data / "golden/noahmp/bondville1998_forcing.dat"))
    made = complete(read_forcing(source, step=1800.0, zenith="instant"))
    assert (made.lat[0], made.lon[0], made.elevation[0]) == (40.01, pytest.approx(-88.37), 218.0)
    with netCDF4.Dataset(vadose_data / "golden/noahmp/bondville1998_A_default_30min.nc") as file:
        light, cosine = (np.asarray(file[n][:]).ravel() for n in ("SWFORC", "COSZ"))
        rain, longwave = (np.asarray(file[n][:]).ravel() for n in ("RAINRATE", "LWFORC"))
    assert made.shape[0] == light.size
    assert np.allclose(made.cos_zenith[1:, 0], cosine[1:], atol=1e-6)
    assert np.allclose(made.longwave[1:, 0], longwave[1:], atol=1e-4)
    up = cosine[1:] > 0
    assert np.allclose(made.shortwave[1:, 0][up], light[1:][up], atol=1e-4)
    assert np.allclose(made.precipitation[1:, 0] * 1800, rain[1:], atol=2e-3)


def test_a_year_of_half_hours_reads_in_a_second(vadose_data: Path) -> None:
    source = ForcingSource(path=str(vadose_data / BONDVILLE), lat=40.01, lon=-88.37)
    spent = []
    for _ in range(3):
        begun = time.process_time()
        read_forcing(source, step=1800.0)
        spent.append(time.process_time() - begun)
    assert min(spent) < 1.0


def test_loobos(vadose_data: Path) -> None:
    path = vadose_data / "data/forcing/JULES_Loobos_1997/Loobos_1997.dat.gz"
    made = complete(read_forcing(ForcingSource(path=str(path), lat=52.168, lon=5.744), step=1800.0))
    rows = np.loadtxt(gzip.open(path, "rt"))
    assert made.notes[0] == "format jules" and made.shape == (17520, 1)
    assert total(made)[0] == pytest.approx(rows[:, 7].sum() * 1800, rel=1e-13)
    assert np.array_equal(made.specific_humidity[:, 0], rows[:, 12])
    assert any("snow is 0 throughout" in n for n in made.notes) and np.isnan(made.snow_fraction).all()


def test_reynolds_mountain_needs_its_zone(vadose_data: Path) -> None:
    path = str(vadose_data / "data/forcing/SUMMA_ReynoldsMtnEast/forcing*.nc")
    with pytest.raises(DataError, match=r"sunlight falls while the sun is down.*utc_offset = -[78]"):
        read_forcing(ForcingSource(path=path), step=3600.0)
    made = complete(read_forcing(ForcingSource(path=path, utc_offset=-7.0), step=1800.0))
    coarse = read_forcing(ForcingSource(path=path, utc_offset=-7.0), step=3600.0)
    assert made.notes[0] == "format summa" and "at the end of the interval" in made.notes[1]
    assert made.shape == (2 * 8784, 1) and made.lon[0] == pytest.approx(-116.8)
    assert total(made)[0] == pytest.approx(total(coarse)[0], rel=1e-12)
    assert np.allclose(made.shortwave.reshape(-1, 2).mean(axis=1), coarse.shortwave[:, 0], rtol=1e-12)


def kendall(vadose_data: Path, **options: Any) -> ForcingSource:
    return ForcingSource(
        path=str(vadose_data / KENDALL), lat=31.7365, lon=-109.9419, elevation=1531.0, utc_offset=-7.0, **options
    )


def test_kendall_daily_is_disaggregated(vadose_data: Path) -> None:
    rows = np.loadtxt(vadose_data / KENDALL)
    rows = np.where(rows <= -9998, np.nan, rows)
    with pytest.raises(DataError, match=r"air_temperature is missing in 33 of 3162 records"):
        read_forcing(kendall(vadose_data), step=1800.0)
    made = complete(read_forcing(kendall(vadose_data, gaps="fill"), step=1800.0))
    assert made.shape == (3162 * 48, 1) and made.times[0] == np.datetime64("2004-05-06T07:00")
    assert total(made)[0] == pytest.approx(np.nansum(rows[:, 3]), rel=1e-12)
    light = made.shortwave.reshape(-1, 48).mean(axis=1)
    kept = np.isfinite(rows[:, 7]) & (rows[:, 7] >= 0) & (np.abs(light - rows[:, 7]) < 1e-9)
    assert np.count_nonzero(~kept) <= 7  # 2 missing, 2 below 0, 3 above the sunlight over the air
    there = np.isfinite(rows[:, 4])
    assert np.abs(made.air_temperature.reshape(-1, 48).max(axis=1) - 273.15 - rows[:, 4])[there].mean() < 0.2
    assert any("longwave: 160 of 3162 values were missing: Prata" in n for n in made.notes)


def test_kendall_years_without_gaps_need_no_filling(vadose_data: Path) -> None:
    made = complete(read_forcing(kendall(vadose_data), step=3600.0, period=("2006-01-24", "2007-06-16")))
    assert not any("missing" in n for n in made.notes) and made.shape == (509 * 24, 1)


@pytest.mark.parametrize(
    ("file", "lat", "lon", "elevation", "rain", "days"),
    [
        ("ATNeu_example_forcing.csv.gz", 47.117, 11.317, 970.0, "pn", 4018),
        ("Bourne_forcing.csv.gz", 44.83, -118.19, 1783.0, "P", 2922),
    ],
)
def test_daily_tables_of_rsplash(
    vadose_data: Path, file: str, lat: float, lon: float, elevation: float, rain: str, days: int
) -> None:
    import pandas as pd

    path = vadose_data / RSPLASH / file
    stated = {"path": str(path), "lat": lat, "lon": lon, "elevation": elevation, "gaps": "fill"}
    with pytest.raises(DataError, match=r"lacks wind .*assumed = \{wind = 2.0\}|lacks wind"):
        read_forcing(ForcingSource(**stated), step=1800.0)
    made = complete(read_forcing(ForcingSource(**stated, assumed={"wind": 2.0}), step=1800.0))
    assert made.shape == (days * 48, 1) and made.notes[0] == "format rsplash"
    assert total(made)[0] == pytest.approx(np.nansum(pd.read_csv(path)[rain]), rel=1e-12)
    said = " ".join(made.notes)
    assert "wind is assumed to be 2" in said and "Hargreaves" in said and "Prata" in said and "standard air" in said


def test_walnut_gulch_grid_of_livneh(vadose_data: Path) -> None:
    import netCDF4

    path = str(vadose_data / "data/forcing/VIC_Livneh/*WalnutGulch.2008.nc")
    with pytest.raises(UnitError, match=r"'wind'.*'mm s-1'.*the values fit 'm s-1'"):
        read_forcing(ForcingSource(path=path, utc_offset=-7.0), step=1800.0)
    with pytest.raises(DataError, match=r"sunlight falls while the sun is down.*utc_offset = -[78]"):
        read_forcing(ForcingSource(path=path, units={"wind": "m s-1"}), step=1800.0)
    source = ForcingSource(path=path, utc_offset=-7.0, units={"wind": "m s-1"})
    made = complete(read_forcing(source, step=1800.0))
    with netCDF4.Dataset(open_forcing(source).files[0]) as file:
        rain, light = (np.asarray(file[n][:]).reshape(2928, 15) for n in ("prec", "shortwave"))
    assert made.shape == (366 * 48, 15)
    assert np.allclose(total(made), rain.sum(axis=0), rtol=1e-12)
    assert np.allclose(made.shortwave.reshape(2928, 6, 15).mean(axis=1), light, rtol=1e-11, atol=1e-9)


def test_stehekin_without_the_cells_outside(vadose_data: Path) -> None:
    path = str(vadose_data / "data/forcing/VIC_Livneh/Stehekin*.nc")
    made = complete(read_forcing(ForcingSource(path=path, utc_offset=-8.0), step=3600.0))
    assert made.shape == (240, 64) and any("16 of 80 columns" in n for n in made.notes)


@pytest.mark.parametrize(("file", "columns"), [("forcing.nc", 5), ("cats-27_52_67-2015_12_01-2015_12_30.nc", 3)])
def test_nextgen_catchments(vadose_data: Path, file: str, columns: int) -> None:
    path = vadose_data / "data/forcing/NextGen_gauge_01073000" / file
    with pytest.raises(GridMismatch, match=r"state `lat` and `lon`"):
        open_forcing(ForcingSource(path=str(path)))
    files = open_forcing(ForcingSource(path=str(path), lat=43.1, lon=-71.0))
    made = complete(files.read(1800.0))
    assert made.shape == (1440, columns) and made.notes[0] == "format nextgen"
    assert files.cells.grid.names[0].startswith("cat-")  # type: ignore[union-attr]
    assert 20 < total(made).min() and total(made).max() < 400


def test_little_washita_has_neither_times_nor_places(vadose_data: Path) -> None:
    path = str(vadose_data / "data/forcing/ParFlow_LittleWashita_NLDAS/little_washita.nc")
    with pytest.raises((DataError, GridMismatch), match=r"state `lat` and `lon`|state `start`"):
        open_forcing(ForcingSource(path=path))
    source = ForcingSource(path=path, lat=34.9, lon=-98.1, start="1998-10-01T05:00", interval=3600.0)
    files = open_forcing(source)
    tile = complete(files.read(1800.0, np.arange(100, 200), end=np.datetime64("1998-10-03T05:00")))
    assert files.cells.size == 41 * 41 and tile.shape == (96, 100)


def test_five_cities_of_era5(vadose_data: Path) -> None:
    import netCDF4

    path = vadose_data / "data/forcing/ERA5_5cities_Canada_daily_1990-1993/daily_surface_cancities_1990-1993.nc"
    made = complete(read_forcing(ForcingSource(path=str(path)), step=1800.0))
    with netCDF4.Dataset(path) as file:
        rain, snow, light = (np.asarray(file[n][:], float).T for n in ("pr", "prsn", "rsds"))
    assert made.shape == (1461 * 48, 5)
    assert np.allclose(total(made), np.maximum(rain, 0).sum(axis=0) * 86400, rtol=1e-12)
    assert np.allclose(made.shortwave.reshape(1461, 48, 5).mean(axis=1), light, rtol=1e-12)
    fallen = np.nansum(made.snow_fraction * made.precipitation, axis=0) * 1800
    assert np.allclose(fallen, np.clip(snow, 0, rain).sum(axis=0) * 86400, rtol=1e-3)


def test_camels_basins(vadose_data: Path) -> None:
    path = vadose_data / "data/forcing/camels_us_4basins/daymet/01022500_lump_cida_forcing_leap.txt"
    source = ForcingSource(path=str(path), lon=-67.9, assumed={"wind": 2.0})
    made = complete(read_forcing(source, step=3600.0))
    rows = np.loadtxt(path, skiprows=4)
    assert total(made)[0] == pytest.approx(rows[:, 5].sum(), rel=1e-12) and made.elevation[0] == 133.0
    assert np.allclose(made.shortwave.reshape(-1, 24).mean(axis=1), rows[:, 6] * rows[:, 4] / 86400, rtol=1e-12)


def test_parflow_column_whose_columns_the_study_names(vadose_data: Path) -> None:
    source = ForcingSource(
        path=str(vadose_data / "data/forcing/ParFlow_clm_column/forcing_1.txt"),
        columns=("shortwave", "longwave", "precipitation", "air_temperature", "wind_east", "wind_north", "pressure",
                 "specific_humidity"),
        units={"shortwave": "W m-2", "longwave": "W m-2", "precipitation": "mm s-1", "air_temperature": "K",
               "wind_east": "m s-1", "wind_north": "m s-1", "pressure": "Pa", "specific_humidity": "kg kg-1"},
        lat=39.0, lon=-105.8, start="2008-10-01T00:00", interval=3600.0,
    )  # fmt: skip
    files = open_forcing(source)
    assert files.axis.interval == 3600.0 and "wind_east" in files.parts
