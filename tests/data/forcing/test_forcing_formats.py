"""Formats by their names and units: FLUXNET, PLUMBER2 and ALMA, ERA5, GLDAS, NLDAS, CMFD, COSMO, CAMELS, any table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.forcing.made import LAT, LON, times, weather, write_grid, write_table

from vadose.data.forcing import ForcingSource, open_forcing, read_forcing
from vadose.data.forcing.air import saturation_pressure, vapour_pressure
from vadose.errors import DataError

PLACE = np.array([39.0, 40.0]), np.array([-1.0, 0.0, 1.0])
ONE = np.array([LAT]), np.array([LON])


def test_fluxnet(tmp_path: Path) -> None:
    when = times()
    v = weather(when, 1800)
    e = vapour_pressure(v["Qair"], v["PSurf"])
    columns = {
        "TIMESTAMP_START": None, "TIMESTAMP_END": None, "TA_F": v["Tair"] - 273.15,
        "VPD_F": (saturation_pressure(v["Tair"]) - e) / 100, "PA_F": v["PSurf"] / 1000, "SW_IN_F": v["SWdown"],
        "LW_IN_F": v["LWdown"], "P_F": v["Precip"] * 1800, "WS_F": v["Wind"], "NEE": np.full(when.size, -9999.0),
    }  # fmt: skip
    rows = [",".join(columns)]
    for i, moment in enumerate(when):
        stamps = [str(m).replace("-", "").replace("T", "").replace(":", "")[:12] for m in (moment, moment + 1800)]
        rows.append(",".join([*stamps, *(repr(float(c[i])) for c in columns.values() if c is not None)]))
    (tmp_path / "FLX_XX-Yyy_FLUXNET2015_FULLSET_HH_2003.csv").write_text("\n".join(rows))
    made = read_forcing(ForcingSource(path=str(tmp_path / "FLX*.csv"), lat=LAT, lon=LON), step=1800.0)
    assert made.notes[0] == "format fluxnet"
    for ours, theirs in (("air_temperature", "Tair"), ("specific_humidity", "Qair"), ("pressure", "PSurf"),
                         ("precipitation", "Precip"), ("longwave", "LWdown"), ("wind", "Wind")):  # fmt: skip
        assert np.allclose(getattr(made, ours)[:, 0], v[theirs], rtol=1e-9), ours


@pytest.mark.parametrize("split", [False, True])
def test_alma_of_plumber_and_pilps(tmp_path: Path, split: bool) -> None:
    when = times()
    v = weather(when, 1800)
    fields = {n: (v[n], u) for n, u in (("Tair", "K"), ("Qair", "kg/kg"), ("PSurf", "Pa"), ("Wind", "m/s"),
                                        ("SWdown", "W/m2"), ("LWdown", "W/m^2"))}  # fmt: skip
    fields["LAI"] = (np.full(when.size, 2.5), "m2/m2")
    if split:
        fields |= {"Rainf": (0.25 * v["Precip"], "kg/m2/s"), "Snowf": (0.75 * v["Precip"], "kg/m2/s")}
    else:
        fields["Precip"] = (v["Precip"], "kg/m2/s")
    made = read_forcing(ForcingSource(path=write_grid(tmp_path / "site.nc", when, fields, *ONE)), step=1800.0)
    assert np.allclose(made.precipitation[:, 0], v["Precip"]) and (made.lai == 2.5).all()
    wet = v["Precip"] > 0
    assert np.allclose(made.snow_fraction[wet, 0], 0.75) if split else np.isnan(made.snow_fraction).all()
    assert np.isnan(made.snow_fraction[~wet]).all()


def era5(tmp_path: Path, restart: bool) -> tuple[str, dict[str, np.ndarray], np.ndarray]:
    """Hourly ERA5: stamps at the end of the hour of fluxes, at the instant of states; or ERA5-Land's daily sums."""
    begun = times(10, 3600)
    v = weather(begun, 3600, 39.5, 0.0)
    v["Precip"] = np.where(np.arange(240) % 24 == 0, 4e-4, 0.0) + np.where(np.arange(240) == 30, 1e-5, 0.0)
    amounts = {"ssrd": v["SWdown"] * 3600, "strd": v["LWdown"] * 3600, "tp": v["Precip"] * 3.6}
    if restart:
        amounts = {n: np.cumsum(a.reshape(10, 24), axis=1).ravel() for n, a in amounts.items()}
    e = vapour_pressure(v["Qair"], v["PSurf"])
    dew = (29.65 * np.log(e / 611.2) - 17.67 * 273.15) / (np.log(e / 611.2) - 17.67)
    fields = {"t2m": (v["Tair"], "K"), "d2m": (dew, "K"), "sp": (v["PSurf"], "Pa"), "u10": (0.6 * v["Wind"], "m s**-1"),
              "v10": (-0.8 * v["Wind"], "m s**-1"), "ssrd": (amounts["ssrd"], "J m**-2"),
              "strd": (amounts["strd"], "J m**-2"), "tp": (amounts["tp"] - 1e-13, "m")}  # fmt: skip
    return write_grid(tmp_path / "era5.nc", begun + 3600, fields, *PLACE), v, begun


@pytest.mark.parametrize("restart", [False, True])
def test_era5_hours_and_sums_that_restart(tmp_path: Path, restart: bool) -> None:
    path, v, begun = era5(tmp_path, restart)
    made = read_forcing(ForcingSource(path=path), step=3600.0)
    assert made.notes[0] == "format era5" and made.shape == (240, 6)
    assert np.array_equal(made.times, begun)
    for ours, theirs in (("shortwave", "SWdown"), ("longwave", "LWdown"), ("precipitation", "Precip")):
        assert np.allclose(getattr(made, ours), v[theirs][:, None], rtol=1e-9, atol=1e-9), ours
    between = 0.5 * (v["Tair"][1:] + v["Tair"][:-1])
    assert np.allclose(made.air_temperature[1:, 0], between)
    assert np.allclose(made.wind[1:, 0], 0.5 * (v["Wind"][1:] + v["Wind"][:-1]))
    assert np.allclose(made.specific_humidity[1:, 0], 0.5 * (v["Qair"][1:] + v["Qair"][:-1]), rtol=1e-4)
    assert any("running sums" in n for n in made.notes) == restart
    assert (made.precipitation >= 0).all()


def test_era5_one_file_a_variable(tmp_path: Path) -> None:
    _, v, begun = era5(tmp_path, False)
    (tmp_path / "era5.nc").rename(tmp_path / "all.nc_")
    import netCDF4

    with netCDF4.Dataset(tmp_path / "all.nc_") as file:
        for name in ("t2m", "d2m", "sp", "u10", "v10", "ssrd", "strd", "tp"):
            field = (np.asarray(file[name][:]), file[name].units)
            write_grid(tmp_path / f"{name}.nc", begun + 3600, {name: field}, *PLACE)
    files = open_forcing(ForcingSource(path=str(tmp_path / "*.nc"), format="era5"))
    readers = [parts[0].held.read for parts in files.parts.values()]
    assert len({id(reader.places) for reader in readers}) == 1  # type: ignore[attr-defined]
    made = read_forcing(files.source, step=3600.0)
    assert np.allclose(made.shortwave, v["SWdown"][:, None]) and len(made.sources) == 8


def test_gldas(tmp_path: Path) -> None:
    begun = times(20, 10800)
    v = weather(begun, 10800)
    fields = {"Tair_f_inst": (v["Tair"], "K"), "Qair_f_inst": (v["Qair"], "kg kg-1"),
              "Psurf_f_inst": (v["PSurf"], "Pa"),
              "Wind_f_inst": (v["Wind"], "m s-1"), "SWdown_f_tavg": (v["SWdown"], "W m-2"),
              "LWdown_f_tavg": (v["LWdown"], "W m-2"), "Rainf_f_tavg": (v["Precip"], "kg m-2 s-1"),
              "Rainf_tavg": (0.9 * v["Precip"], "kg m-2 s-1"),
              "Snowf_tavg": (0.1 * v["Precip"], "kg m-2 s-1")}  # fmt: skip
    path = write_grid(tmp_path / "gldas.nc", begun + 10800, fields, *PLACE)
    made = read_forcing(ForcingSource(path=path), step=10800.0)
    assert made.notes[0] == "format gldas" and np.array_equal(made.times, begun)
    assert np.allclose(made.precipitation[:, 0], v["Precip"])
    assert np.allclose(made.snow_fraction[v["Precip"] > 0], 0.1)


def test_nldas_and_cmfd_and_cosmo(tmp_path: Path) -> None:
    when = times(10, 3600)
    v = weather(when, 3600)
    wind = {"UGRD": (v["Wind"], "m/s"), "VGRD": (0 * v["Wind"], "m/s")}
    nldas = {"TMP": (v["Tair"], "K"), "SPFH": (v["Qair"], "kg/kg"), "PRES": (v["PSurf"], "Pa"), **wind,
             "DSWRF": (v["SWdown"], "W/m^2"), "DLWRF": (v["LWdown"], "W/m^2"),
             "APCP": (v["Precip"] * 3600, "kg/m^2")}  # fmt: skip
    cmfd = {"temp": (v["Tair"], "K"), "shum": (v["Qair"], "kg kg-1"), "pres": (v["PSurf"], "Pa"),
            "wind": (v["Wind"], "m s-1"), "srad": (v["SWdown"], "W m-2"), "lrad": (v["LWdown"], "W m-2"),
            "prec": (v["Precip"] * 3600, "mm hr-1")}  # fmt: skip
    cosmo = {"T_2M": (v["Tair"], "K"), "QV_2M": (v["Qair"], "kg kg-1"), "PS": (v["PSurf"], "Pa"),
             "U_10M": wind["UGRD"], "V_10M": wind["VGRD"], "ASWDIR_S": (0.4 * v["SWdown"], "W m-2"),
             "ASWDIFD_S": (0.6 * v["SWdown"], "W m-2"), "ALWD_S": (v["LWdown"], "W m-2"),
             "TOT_PRECIP": (v["Precip"] * 3600, "kg m-2")}  # fmt: skip
    for name, fields in (("nldas", nldas), ("cmfd", cmfd), ("cosmo", cosmo)):
        path = write_grid(tmp_path / f"{name}.nc", when, fields, *PLACE)
        made = read_forcing(ForcingSource(path=path), step=3600.0)
        for ours, theirs in (("air_temperature", "Tair"), ("specific_humidity", "Qair"), ("pressure", "PSurf"),
                             ("wind", "Wind"), ("shortwave", "SWdown"), ("longwave", "LWdown"),
                             ("precipitation", "Precip")):  # fmt: skip
            assert np.allclose(getattr(made, ours), v[theirs][:, None]), (name, ours)


def test_grids_are_turned_north_and_east_and_masked(tmp_path: Path) -> None:
    when = times(5, 10800)
    v = weather(when, 10800)
    lat, lon = np.array([41.0, 40.0, 39.0]), np.array([358.0, 359.0, 0.0, 1.0])
    place = (100 * lat[:, None] + lon[None, :])[None]
    field = {n: (v[n], u) for n, u in (("Qair", "kg/kg"), ("Wind", "m/s"), ("SWdown", "W/m2"), ("LWdown", "W/m2"),
                                       ("Precip", "kg/m2/s"))}  # fmt: skip
    tair = np.broadcast_to(v["Tair"][:, None, None], (40, 3, 4)).copy()
    tair[:, 1, 2] = np.nan
    field |= {"Tair": (tair, "K"), "PSurf": (95000 + place + 0 * tair * 0, "Pa")}
    field["PSurf"] = (np.broadcast_to(90000 + place, (40, 3, 4)), "Pa")
    files = open_forcing(ForcingSource(path=write_grid(tmp_path / "g.nc", when, field, lat, lon)))
    assert files.cells.size == 11 and any("1 of 12 columns" in n for n in files.notes)
    made = files.read(10800.0)
    assert np.allclose(made.pressure[0], 90000 + 100 * made.lat + made.lon % 360)
    assert made.lat[0] == 39.0 and made.lon[0] == -2.0
    one = read_forcing(ForcingSource(path=str(tmp_path / "g.nc")), step=10800.0, cells=np.array([4, 9]))
    assert np.array_equal(one.pressure, made.pressure[:, [4, 9]])


def test_sums_of_the_study(tmp_path: Path) -> None:
    when = times(4, 3600)
    v = weather(when, 3600)
    fields = {n: (v[n], u) for n, u in (("Tair", "K"), ("Qair", "kg/kg"), ("PSurf", "Pa"), ("Wind", "m/s"),
                                        ("SWdown", "W/m2"), ("LWdown", "W/m2"))}  # fmt: skip
    fields["Precip"] = (np.cumsum(v["Precip"]) * 3600, "mm")
    path = write_grid(tmp_path / "sum.nc", when, fields, *ONE)
    made = read_forcing(ForcingSource(path=path, accumulations={"precipitation": "total"}), step=3600.0)
    assert np.allclose(made.precipitation[:, 0], v["Precip"], atol=1e-12)


def test_tables_without_names_or_times(tmp_path: Path) -> None:
    when = times(4, 3600)
    v = weather(when, 3600)
    rows = np.stack([v[n] for n in ("SWdown", "LWdown", "Precip", "Tair", "Wind", "PSurf", "Qair")], axis=1)
    path = tmp_path / "plain.txt"
    np.savetxt(path, np.column_stack([rows, 9 * np.ones(len(rows))]), delimiter="\t")
    columns = (
        "shortwave",
        "longwave",
        "precipitation",
        "air_temperature",
        "wind",
        "pressure",
        "specific_humidity",
        "-",
    )
    units = {"shortwave": "W m-2", "longwave": "W m-2", "precipitation": "mm s-1", "air_temperature": "K",
             "wind": "m s-1", "pressure": "Pa", "specific_humidity": "kg kg-1"}  # fmt: skip
    stated: dict[str, Any] = {"path": str(path), "columns": columns, "units": units, "lat": LAT, "lon": LON}
    with pytest.raises(DataError, match=r"holds no times; state `start`"):
        open_forcing(ForcingSource(**stated))
    made = read_forcing(ForcingSource(**stated, start="2003-04-05T00:00", interval=3600.0), step=3600.0)
    assert np.allclose(made.air_temperature[:, 0], v["Tair"]) and np.array_equal(made.times, when)


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_tables_with_any_separator(tmp_path: Path, separator: str) -> None:
    when = times(3, 3600)
    v = weather(when, 3600)
    path = tmp_path / "t.csv"
    rows = [
        separator.join(["Date", "T (degC)", "RH (%)", "P (hPa)", "u (m/s)", "Rg (W/m2)", "LW_IN (W/m2)", "rain (mm)"])
    ]
    for i, moment in enumerate(when):
        numbers = (v["Tair"][i] - 273.15, 60.0, v["PSurf"][i] / 100, v["Wind"][i], v["SWdown"][i], v["LWdown"][i], 0.1)
        rows.append(separator.join([str(moment).replace("T", " "), *(repr(float(x)) for x in numbers)]))
    path.write_text("\n".join(rows))
    names = {"air_temperature": "T", "pressure": "P", "wind": "u", "precipitation": "rain"}
    made = read_forcing(ForcingSource(path=str(path), names=names, lat=LAT, lon=LON), step=3600.0)
    assert np.allclose(made.pressure[:, 0], v["PSurf"]) and np.allclose(made.precipitation, 0.1 / 3600)
    e = vapour_pressure(made.specific_humidity, made.pressure)
    assert np.allclose(e, 0.6 * saturation_pressure(made.air_temperature), rtol=1e-12)


def test_plumber2_with_places_on_two_dimensions_and_a_calendar_without_leap_days(tmp_path: Path) -> None:
    import netCDF4

    when = times(60, 3600, "2004-02-01T00:00")
    when = when[~((when >= np.datetime64("2004-02-29")) & (when < np.datetime64("2004-03-01")))]
    v = weather(when, 3600)
    path = tmp_path / "XX-Yyy_2004_Met.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", when.size), ("y", 1), ("x", 1)):
            file.createDimension(name, size)
        for name, value in (("latitude", LAT), ("longitude", LON), ("elevation", 77.0)):
            file.createVariable(name, "f8", ("y", "x"))[:] = value
        axis = file.createVariable("time", "f8", ("time",))
        axis.units, axis.calendar = "hours since 2004-02-01 00:00:00", "noleap"
        axis[:] = np.arange(when.size)
        for name, units in (("Tair", "K"), ("Qair", "kg/kg"), ("Wind", "m/s"), ("SWdown", "W/m2"), ("LWdown", "W/m2"),
                            ("Precip", "kg/m2/s")):  # fmt: skip
            variable = file.createVariable(name, "f4", ("time", "y", "x"), fill_value=-9999.0)
            variable.units = units
            variable[:] = v[name][:, None, None]
    with pytest.raises(DataError, match=r"missing in 24 of 1440 records, first at 2004-02-29"):
        read_forcing(ForcingSource(path=str(path)), step=3600.0)
    made = read_forcing(ForcingSource(path=str(path), gaps="fill"), step=3600.0)
    assert made.shape == (1440, 1) and made.elevation[0] == 77.0
    assert made.pressure[0, 0] == pytest.approx(100390, rel=1e-3)
    assert np.allclose(made.air_temperature[:672, 0], v["Tair"][:672], rtol=1e-6)


def test_a_calendar_of_360_days_is_refused(tmp_path: Path) -> None:
    import netCDF4

    when = times(5, 10800)
    path = write_grid(tmp_path / "g.nc", when, {"tas": (weather(when, 10800)["Tair"], "K")}, *PLACE)
    with netCDF4.Dataset(path, "a") as file:
        file["time"].calendar = "360_day"
    with pytest.raises(DataError, match=r"calendar of 360 days; convert them"):
        open_forcing(ForcingSource(path=path))


def test_variables_on_other_columns_are_named(tmp_path: Path) -> None:
    import netCDF4

    when = times(5, 10800)
    v = weather(when, 10800)
    path = write_grid(tmp_path / "g.nc", when, {"tas": (v["Tair"], "K")}, *PLACE)
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("height", 2)
        file.createVariable("sfcWind", "f4", ("time", "height", "lat", "lon")).units = "m s-1"
    with pytest.raises(DataError, match=r"'sfcWind' .* lies on other columns than 'tas'.*select one level"):
        open_forcing(ForcingSource(path=path))


def test_opened_grids_travel_to_other_processes(tmp_path: Path) -> None:
    import pickle

    path, v, _ = era5(tmp_path, False)
    files = pickle.loads(pickle.dumps(open_forcing(ForcingSource(path=path))))
    when = times(2)
    table = write_table(tmp_path / "t.csv", when, weather(when, 1800))
    tower = pickle.loads(pickle.dumps(open_forcing(ForcingSource(path=table, lat=LAT, lon=LON))))
    assert tower.read(1800.0).shape == (96, 1)
    assert np.allclose(files.read(3600.0, np.array([3])).shortwave[:, 0], v["SWdown"])


def test_many_files_one_after_another(tmp_path: Path) -> None:
    when = times(12, 10800)
    v = weather(when, 10800)
    for day in range(12):
        rows = slice(8 * day, 8 * day + 8)
        fields = {n: (v[n][rows], u) for n, u in (("Tair", "K"), ("Qair", "kg/kg"), ("PSurf", "Pa"), ("Wind", "m/s"),
                                                  ("SWdown", "W/m2"), ("LWdown", "W/m2"),
                                                  ("Precip", "mm/s"))}  # fmt: skip
        write_grid(tmp_path / f"day{day:02d}.nc", when[rows], fields, *PLACE)
    files = open_forcing(ForcingSource(path=str(tmp_path / "day*.nc")))
    made = files.read(10800.0)
    assert np.allclose(made.air_temperature[:, 2], v["Tair"]) and len(files.files) == 12
    (tmp_path / "day05.nc").unlink()
    with pytest.raises(DataError, match=r"missing in 48 of 576 records, first at 2003-04-10T00:00:00"):
        read_forcing(ForcingSource(path=str(tmp_path / "day*.nc")), step=10800.0)
