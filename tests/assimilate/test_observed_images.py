"""SMAP granules and daily grids at the moments of analyses: pixels, times of overpasses, flags, error fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from tests.assimilate.observed_files import LAYERS, days, fine_grid, state, table
from tests.data.daily.written import write_composite, write_half_orbit, write_stack

from vadose.assimilate.observed import ObservationSet, gather
from vadose.assimilate.observed_pixels import Period, box_about, local_to_utc
from vadose.errors import ConfigError, DataError, UnitError
from vadose.grid.cells import Cells
from vadose.grid.ease2 import centre, row_column
from vadose.grid.latlon import LatLonGrid, Sites

SHAPE = (406, 964)
CELLS = fine_grid(80, 80)  # 40.0-40.8 N, 8.0-8.8 E
ROW, COLUMN = (int(x[0]) for x in row_column(36, np.array([40.4]), np.array([8.4])))


def maps(value: float) -> np.ndarray:
    """A pixel over the run, its western neighbour and one far away."""
    found = np.full(SHAPE, np.nan)
    found[ROW, COLUMN], found[ROW, COLUMN - 1], found[100, 100] = value, 0.35, 0.3
    return found


@pytest.fixture
def composites(tmp_path: Path) -> Path:
    """Three days of SPL3SMP; the pixel over the run is not recommended on the second."""
    for day in range(3):
        flags = np.zeros(SHAPE, np.int64)
        flags[ROW, COLUMN] = int(day == 1)
        write_composite(
            tmp_path / f"SMAP_L3_SM_P_2020050{day + 1}_R18290_001.h5",
            {"AM": maps(0.20 + 0.02 * day), "PM": maps(0.25 + 0.02 * day)}, {"AM": flags, "PM": flags},
        )  # fmt: skip
    return tmp_path


def smap(path: Path, cells: Cells = CELLS, hour: float = 5.0, **keys: Any) -> ObservationSet:
    moments = days("2020-05-01", 3, hour)
    return gather([table(name="SMAP", path=str(path), kind="smap", **keys)], moments, cells, LAYERS).sets[0]


def test_the_pixel_of_a_granule_is_the_mean_of_its_cells(composites: Path) -> None:
    found = smap(composites, operator="footprint", coverage=0.9)
    np.testing.assert_allclose(found.values, [[0.20], [np.nan], [0.24]], rtol=1e-6)
    assert found.counts == {"pixel covered too little": 3, "flagged": 1}
    np.testing.assert_array_equal(found.error[[0, 2], 0], 0.04)
    fields = state(CELLS)
    fields["soil_moisture"] += 1e-4 * np.arange(CELLS.size)
    fields["soil_ice"][:] = 0.05
    inside = np.bincount(found.operator.columns.column, found.operator.columns.weight, minlength=CELLS.size)
    assert (inside > 0).sum() > 1000
    expected = (fields["soil_moisture"][:, 0] - 0.05) @ inside
    np.testing.assert_allclose(found.simulate(fields)[:, 0], expected, rtol=1e-12)


def test_overpasses_go_into_the_analysis_at_their_local_time(composites: Path) -> None:
    afternoon = smap(composites, hour=17.5, operator="footprint", passes="PM", coverage=0.9, window=1.0)
    np.testing.assert_allclose(afternoon.values[:, 0], [0.25, np.nan, 0.29], rtol=1e-6)
    with pytest.raises(DataError, match=r"1 outside the window; they lie 11\.6 h from the nearest .* about 17:26 UTC"):
        smap(composites, operator="footprint", passes="PM", coverage=0.9)
    both = smap(composites, operator="footprint", passes="both", coverage=0.9, window=13.0)
    # 12 h apart, both may be in the window of 05:00 UTC: the nearer one stands, the other is counted.
    np.testing.assert_allclose(both.values[:, 0], [0.20, 0.25, 0.24], rtol=1e-6)
    assert (both.counts["another is nearer in time"], both.counts["flagged"]) == (1, 2)


def test_times_in_the_granule_go_before_those_of_the_orbit(composites: Path) -> None:
    with netCDF4.Dataset(composites / "SMAP_L3_SM_P_20200501_R18290_001.h5", "a") as d:
        group = d["Soil_Moisture_Retrieval_Data_AM"]
        v = group.createVariable("tb_time_seconds", "f8", group["soil_moisture"].dimensions, fill_value=-9999.0)
        stated = np.full(SHAPE, -9999.0)
        stated[ROW, COLUMN] = (np.datetime64("2020-05-01T09:30") - np.datetime64("2000-01-01T12:00")) / np.timedelta64(
            1, "s"
        )
        v[:] = stated
    found = smap(composites, operator="footprint", coverage=0.9)
    assert np.isnan(found.values[0, 0]) and found.counts["outside the window"] == 1
    assert np.isfinite(smap(composites, operator="footprint", coverage=0.9, hour=9.0, window=0.6).values[0, 0])


def test_error_fields_are_taken_raised_and_refused(composites: Path) -> None:
    for day, value in enumerate((0.05, 0.05, 0.0)):
        with netCDF4.Dataset(composites / f"SMAP_L3_SM_P_2020050{day + 1}_R18290_001.h5", "a") as d:
            group = d["Soil_Moisture_Retrieval_Data_AM"]
            v = group.createVariable("soil_moisture_error", "f4", group["soil_moisture"].dimensions, fill_value=-9999.0)
            field = np.full(SHAPE, -9999.0)
            field[ROW, COLUMN] = value
            v[:] = field
    keys: dict[str, Any] = {"operator": "footprint", "coverage": 0.9, "error": "file"}
    found = smap(composites, **keys)
    assert found.error[0, 0] == pytest.approx(0.05) and np.isnan(found.values[2, 0])
    assert found.counts["no usable error"] == 1
    assert smap(composites, **keys, least_error=0.06).error[0, 0] == pytest.approx(0.06)
    with pytest.raises(DataError, match="no variable 'none' in the group"):
        smap(composites, **keys, error_variable="none")


def test_nothing_to_assimilate_says_why(composites: Path, tmp_path: Path) -> None:
    small = Cells.whole(LatLonGrid.from_centres(40.4 + 0.01 * np.arange(2), 8.4 + 0.01 * np.arange(2)))
    with pytest.raises(DataError, match="3 out of domain, 2 pixel covered too little; lower `coverage`"):
        smap(composites, cells=small, operator="footprint", passes="PM")
    with pytest.raises(DataError, match="no retrieval near the run, which lies from -20.00 to -19.97 north"):
        smap(composites, cells=_elsewhere())
    with pytest.raises(DataError, match=r"none of 3 granules, of 2020-05-01 to 2020-05-03, is of the period"):
        gather(
            [table(name="SMAP", path=str(composites), kind="smap")], days("2021-05-01", 3), CELLS, LAYERS
        )  # fmt: skip
    flags = np.ones(SHAPE, np.int64)
    folder = tmp_path / "flagged"
    folder.mkdir()
    write_composite(folder / "SMAP_L3_SM_P_20200501_R18290_001.h5", {"AM": maps(0.2)}, {"AM": flags})
    with pytest.raises(DataError, match=r"nothing to assimilate: 2 flagged; the producer recommends none of them"):
        smap(folder, cells=fine_grid(80, 80))
    assert smap(folder, quality="all", operator="footprint", coverage=0.9).number == 1
    with pytest.raises(DataError, match="no granule of SMAP"):
        smap(Path(write_stack(tmp_path / "grid.nc", np.full((1, 4, 5), 0.2), [0])))
    with pytest.raises(DataError, match="matches no file"):
        smap(tmp_path / "nothing*.h5")


def test_half_orbits_carry_the_time_of_each_record(tmp_path: Path) -> None:
    records = [
        (ROW, COLUMN, 0.21, 0, "2020-05-01T05:20"), (ROW, COLUMN, 0.23, 0, "2020-05-02T05:30"),
        (ROW, COLUMN, 0.50, 1, "2020-05-03T05:30"), (ROW, COLUMN + 60, 0.3, 0, "2020-05-01T05:20"),
    ]  # fmt: skip
    write_half_orbit(tmp_path / "SMAP_L2_SM_P_27897_D_20200501T050000_R18290_001.h5", records)
    found = smap(tmp_path, operator="footprint", coverage=0.9)
    np.testing.assert_allclose(found.values[:, 0], [0.21, 0.23, np.nan], rtol=1e-6)
    assert found.counts == {"flagged": 1}
    with pytest.raises(DataError, match="none of 1 half orbits is of the overpass 'PM'"):
        smap(tmp_path, passes="PM")


def test_a_site_has_the_pixel_whose_centre_is_near(composites: Path) -> None:
    lat, lon = centre(36, np.array([ROW]), np.array([COLUMN]))
    near = Cells.whole(Sites(lat + 0.1, lon + 0.1, ("near",)))
    assert smap(composites, cells=near).number == 2
    with pytest.raises(DataError, match="5 out of domain; none is near the cells of the run"):
        smap(composites, cells=near, limit=5.0)
    with pytest.raises(ConfigError, match=r"needs a \[grid\]"):
        smap(composites, cells=near, operator="footprint")


def test_daily_grids_have_footprints_of_their_own_cells(tmp_path: Path) -> None:
    lat, lon = 39.875 + 0.25 * np.arange(4), 7.875 + 0.25 * np.arange(4)
    values = np.full((3, 4, 4), np.nan)
    values[:, 1, 1] = [0.2, 0.21, 0.22]
    values[:, 0, 1] = 0.3
    path = write_stack(
        tmp_path / "cci.nc", values, [0, 1, 2], lat=lat, lon=lon, time_units="days since 2020-05-01",
        file_attributes={"title": "ESA CCI Surface Soil Moisture"},
        extra={"sm_uncertainty": (np.full((3, 4, 4), 0.03, np.float32), {"units": "m3 m-3"})},
    )  # fmt: skip
    one = table(name="CCI", path=path, kind="grid", operator="footprint", coverage=0.9, error="file")
    found = gather([one], days("2020-05-01", 3), CELLS, LAYERS).sets[0]
    np.testing.assert_allclose(found.values[:, 0], [0.2, 0.21, 0.22], rtol=1e-6)
    np.testing.assert_allclose(found.error, 0.03, rtol=1e-6)
    assert found.counts == {"pixel covered too little": 3}
    columns = found.operator.columns
    # 0.25 degrees of 0.01 each way; the edges of cells lie half a cell beside those of the pixel.
    assert columns.column.size == 26 * 26
    np.testing.assert_allclose(columns.weight.sum(), 1.0, rtol=1e-12)
    at_dawn = table(name="CCI", path=path, kind="grid", local_time=6.0, window=1.0)
    assert gather([at_dawn], days("2020-05-01", 3, 5.4), CELLS, LAYERS).sets[0].number == 3
    with pytest.raises(DataError, match="no pixel near the run; the images lie from 39.88 to 40.62 north"):
        gather([one], days("2020-05-01", 3), _elsewhere(), LAYERS)


def _elsewhere() -> Cells:
    return Cells.whole(LatLonGrid.from_centres(-20.0 + 0.01 * np.arange(4), 8.0 + 0.01 * np.arange(4)))


def test_a_box_goes_about_the_cells_and_over_the_date_line() -> None:
    south, north, west, east = box_about(CELLS, 111.2)
    np.testing.assert_allclose([south, north], [39.0, 41.79], atol=1e-9)
    assert west < 8.0 - 1.0 and east > 8.79 + 1.0
    fiji = Cells.whole(Sites(np.array([-17.0, -17.0]), np.array([-179.5, 179.5]), ("e", "w")))
    _, _, west, east = box_about(fiji, 10.0)
    assert (west > 179.0) and (east < -179.0)
    whole = Cells.whole(LatLonGrid.regular(10.0))
    assert box_about(whole, 1200.0)[2:] == (-180.0, 180.0)


def test_local_solar_time_stays_within_the_day_of_the_image() -> None:
    day = np.array(["2020-05-01"] * 3, dtype="datetime64[D]")
    utc = local_to_utc(day, 6.0, np.array([0.0, -150.0, 150.0]))
    np.testing.assert_array_equal(
        utc, np.array(["2020-05-01T06:00", "2020-05-01T16:00", "2020-05-01T20:00"], dtype="datetime64[s]")
    )
    period = Period.about(days("2020-05-02", 2), 3.0)
    assert period.text == "2020-04-30 to 2020-05-04"


def write_points(path: Path, hours: float) -> str:
    """Series of two SMAP pixels, of which the second is far away; times are days, and `hours`."""
    lat, lon = centre(36, np.array([ROW, 100]), np.array([COLUMN, COLUMN]))
    with netCDF4.Dataset(path, "w") as d:
        d.featureType = "timeSeries"
        d.createDimension("locations", 2)
        d.createDimension("time", 4)
        for name, values, units in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            d.createVariable(name, "f8", ("locations",)).units = units
            d[name][:] = values
        d.createVariable("time", "f8", ("time",)).units = "hours since 2020-05-01"
        d["time"][:] = 24.0 * np.arange(4) + hours
        fields = {"soil_moisture": [0.2, 0.21, 0.22, 0.23], "soil_moisture_error": [0.05, 0.0, np.nan, 0.03]}
        for name, values in (*fields.items(), ("retrieval_qual_flag", [0, 0, 0, 1])):
            variable = d.createVariable(name, "f4", ("locations", "time"), fill_value=-9999.0)
            variable.units = "cm**3/cm**3" if name != "retrieval_qual_flag" else ""
            variable[:] = np.where(np.isnan(values), -9999.0, values)
    return str(path)


def test_series_cut_out_of_images_are_pixels_with_their_times_flags_and_errors(tmp_path: Path) -> None:
    keys: dict[str, Any] = {"kind": "smap", "operator": "footprint", "coverage": 0.9, "window": 1.0}
    path = write_points(tmp_path / "points.nc", 9.5)
    found = gather([table(path=path, **keys)], days("2020-05-01", 4, 9.0), CELLS, LAYERS).sets[0]
    np.testing.assert_allclose(found.values[:, 0], [0.2, 0.21, 0.22, np.nan], rtol=1e-6)
    assert found.counts == {"out of domain": 3, "flagged": 1}
    own = gather([table(path=path, error="file", **keys)], days("2020-05-01", 4, 9.0), CELLS, LAYERS).sets[0]
    np.testing.assert_allclose(own.values[:, 0], [0.2, np.nan, np.nan, np.nan], rtol=1e-6)
    assert own.counts["no usable error"] == 2 and own.error[0, 0] == pytest.approx(0.05)


def test_days_without_times_are_at_the_hour_of_the_orbit(tmp_path: Path) -> None:
    keys: dict[str, Any] = {"path": write_points(tmp_path / "points.nc", 0.0), "kind": "smap", "window": 1.0}
    # 06:00 of local solar time is 05:26 UTC there.
    assert gather([table(**keys)], days("2020-05-01", 4, 5.5), CELLS, LAYERS).sets[0].number == 3
    evening = table(**keys, passes="PM")
    assert gather([evening], days("2020-05-01", 4, 17.5), CELLS, LAYERS).sets[0].number == 3
    stated = table(**keys, passes="both", local_time=12.0)
    assert gather([stated], days("2020-05-01", 4, 11.5), CELLS, LAYERS).sets[0].number == 3
    with pytest.raises(ConfigError, match="states days without times, and AM and PM are not told apart"):
        gather([table(**keys, passes="both")], days("2020-05-01", 4, 5.5), CELLS, LAYERS)


def test_grids_that_say_too_little_are_refused(composites: Path, tmp_path: Path) -> None:
    grid = write_stack(tmp_path / "model.nc", np.full((3, 4, 5), 0.2), [0, 1, 2], time_units="days since 2020-05-01")
    world = Cells.whole(LatLonGrid.from_centres(np.arange(-14.0, 15.0), np.arange(-24.0, 15.0)))
    moments = days("2020-05-01", 3, 12.0)
    found = gather([table(path=grid, kind="grid", operator="footprint")], moments, world, LAYERS).sets[0]
    # Ten degrees wide, the pixels along the edges lie with 0.45 of their width in the run.
    assert found.number == 2 * 3 * 3
    with pytest.raises(ConfigError, match="has no error field by a known name; name it with `error_variable`"):
        gather([table(path=grid, kind="grid", error="file")], moments, world, LAYERS)
    with pytest.raises(ConfigError, match='is a granule of SMAP; set kind = "smap"'):
        gather([table(path=str(composites / "SMAP*.h5"), kind="grid")], moments, CELLS, LAYERS)
    percent = write_stack(tmp_path / "percent.nc", np.full((3, 4, 5), 20.0), [0, 1, 2], units="m3 m-3",
                          time_units="days since 2020-05-01")  # fmt: skip
    with pytest.raises(UnitError, match="expected m3 m-3"):
        gather([table(path=percent, kind="grid")], moments, world, LAYERS)
    right = table(path=percent, kind="grid", units="%")
    np.testing.assert_allclose(np.nanmax(gather([right], moments, world, LAYERS).sets[0].values), 0.2, rtol=1e-6)
