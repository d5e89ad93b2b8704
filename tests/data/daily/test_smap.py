"""SMAP composites and half orbits: groups, flags, overpasses, days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from netCDF4 import Dataset
from tests.data.daily.written import write_composite, write_half_orbit

from vadose.data.daily.open import open_daily, read_daily
from vadose.data.daily.source import DailySource
from vadose.errors import DataError, GridMismatch
from vadose.grid.ease2 import cell_index, ease2

SHAPE = (406, 964)


def maps(**values: float) -> dict[str, np.ndarray]:
    """A map an overpass, missing but for the cells (100, 200), (101, 200) and (102, 200)."""
    found = {}
    for overpass, value in values.items():
        found[overpass] = np.full(SHAPE, np.nan)
        found[overpass][100:103, 200] = [value, value + 0.1, 0.55]
    return found


def flags(*overpasses: str) -> dict[str, np.ndarray]:
    """Flags that are good but in the cell (101, 200): not recommended, though the retrieval succeeded."""
    found = np.zeros(SHAPE, np.int64)
    found[101, 200] = 1
    return dict.fromkeys(overpasses, found)


@pytest.fixture
def composites(tmp_path: Path) -> Path:
    for day, am in (("20150401", 0.20), ("20150403", 0.30)):
        name = f"SMAP_L3_SM_P_{day}_R19240_001.h5"
        write_composite(tmp_path / name, maps(AM=am, PM=am + 0.04), flags("AM", "PM"))
    return tmp_path


def position(row: int, column: int = 200) -> int:
    return int(cell_index(36, row, column))


def test_a_composite_is_read_with_its_recommended_values(composites: Path) -> None:
    series = read_daily(DailySource(str(composites)))
    assert series.attrs["product"] == "smap_l3"
    assert series.attrs["days_without_image"] == 1
    assert series.cells.grid.same_as(ease2(36))
    np.testing.assert_array_equal(series.days, np.arange("2015-04-01", "2015-04-04", dtype="datetime64[D]"))
    np.testing.assert_allclose(series.values[:, position(100)], [0.2, np.nan, 0.3], rtol=1e-6)
    assert np.isnan(series.values[:, position(101)]).all()
    assert series.refused["quality flag"][position(101)] == 2
    assert series.refused["range"][position(102)] == 2
    assert sum(int(c.sum()) for c in series.refused.values()) == 4


@pytest.mark.parametrize(("overpass", "value"), [("am", 0.2), ("pm", 0.24), ("both", 0.22)])
def test_overpasses_are_chosen_or_averaged(composites: Path, overpass: str, value: float) -> None:
    series = read_daily(DailySource(str(composites), overpass=overpass))  # type: ignore[arg-type]
    assert series.values[0, position(100)] == pytest.approx(value, rel=1e-6)


def test_quality_may_be_widened_or_stated(composites: Path) -> None:
    everything = read_daily(DailySource(str(composites), quality="all"))
    assert everything.values[0, position(101)] == pytest.approx(0.3)
    allowed = read_daily(DailySource(str(composites), overpass="both", quality={"retrieval_qual_flag": (0, 1)}))
    assert allowed.values[0, position(101)] == pytest.approx(0.32)
    bits = read_daily(DailySource(str(composites), quality={"retrieval_qual_flag": "bits 1 2 clear"}))
    assert bits.values[0, position(101)] == pytest.approx(0.3)


def test_a_box_gives_the_values_of_the_whole(composites: Path) -> None:
    whole = read_daily(DailySource(str(composites)))
    grid = ease2(36)
    lat, lon = grid.lat[405 - 100], grid.lon[200]
    part = read_daily(DailySource(str(composites), box=(lat - 2, lat + 2, lon - 2, lon + 2)))
    assert part.cells.size < 400
    np.testing.assert_array_equal(part.values, whole.values[:, part.cells.index])


def test_the_enhanced_grid_is_known(tmp_path: Path) -> None:
    values = np.full((1624, 3856), np.nan)
    values[700, 1500] = 0.25
    path = tmp_path / "SMAP_L3_SM_P_E_20160615_R19240_001.h5"
    write_composite(path, {"AM": values}, {"AM": np.zeros(values.shape)}, values.shape)
    reader = open_daily(DailySource(str(path), box=(-10, 40, -60, -20)))
    (_, block, _), *_ = reader.blocks(1)
    at = np.flatnonzero(np.isfinite(block[0]))
    assert reader.cells.index[at] == cell_index(9, 700, 1500)
    assert reader.days[0] == np.datetime64("2016-06-15")


def test_an_absent_overpass_or_variable_is_named(tmp_path: Path) -> None:
    path = write_composite(tmp_path / "SMAP_L3_SM_P_20150401_R1_001.h5", maps(AM=0.2), flags("AM"))
    with pytest.raises(DataError, match=r"no variable Soil_Moisture_Retrieval_Data_PM/soil_moisture_pm; the file has"):
        read_daily(DailySource(path, overpass="pm"))
    with pytest.raises(DataError, match=r"soil_moisture_dca"):
        read_daily(DailySource(path, variable="soil_moisture_dca"))
    with pytest.raises(DataError, match=r"no variable 'rfi' in the group"):
        read_daily(DailySource(path, quality={"rfi": (0,)}))


def test_files_without_a_date_or_of_two_grids_are_refused(tmp_path: Path) -> None:
    path = write_composite(tmp_path / "renamed.h5", maps(AM=0.2), flags("AM"))
    with pytest.raises(DataError, match=r"renamed.h5: no date in the file name"):
        read_daily(DailySource(path))
    small = np.full((10, 20), 0.2)
    odd = write_composite(tmp_path / "a_20150401_.h5", {"AM": small}, {"AM": small * 0}, small.shape)
    with pytest.raises(GridMismatch, match=r"expected a global EASE-Grid 2.0"):
        read_daily(DailySource(odd))
    good = write_composite(tmp_path / "b_20150402_.h5", maps(AM=0.2), flags("AM"))
    with pytest.raises(GridMismatch, match=r"different grids"):
        read_daily(DailySource((odd, good)))


def test_a_truncated_file_is_named(composites: Path) -> None:
    path = composites / "SMAP_L3_SM_P_20150403_R19240_001.h5"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"20150403_R19240_001.h5: the file is truncated or corrupt.*get it again"):
        read_daily(DailySource(str(composites)))


def test_records_go_to_their_day_and_are_averaged(tmp_path: Path) -> None:
    late, early = "2015-08-11T23:50:00", "2015-08-12T00:10:00"
    write_half_orbit(
        tmp_path / "SMAP_L2_SM_P_02815_D_20150811T233000_R18290_001.h5",
        [(100, 200, 0.2, 0, late), (100, 200, 0.3, 0, late), (101, 200, 0.4, 8, early), (102, 200, 0.1, 1, early)],
    )
    write_half_orbit(
        tmp_path / "SMAP_L2_SM_P_02816_A_20150812T002000_R18290_001.h5", [(101, 200, 0.2, 0, "2015-08-12T00:30:00")]
    )
    descending = read_daily(DailySource(str(tmp_path)))
    assert descending.attrs["product"] == "smap_l2"
    np.testing.assert_allclose(descending.values[:, position(100)], [0.25, np.nan], rtol=1e-6)
    np.testing.assert_allclose(descending.values[:, position(101)], [np.nan, 0.4], rtol=1e-6)
    assert descending.refused["quality flag"][position(102)] == 1
    both = read_daily(DailySource(str(tmp_path), overpass="both"))
    np.testing.assert_allclose(both.values[:, position(101)], [np.nan, 0.3], rtol=1e-6)
    with pytest.raises(DataError, match=r"none of 1 half orbits is of the overpass 'am'"):
        read_daily(DailySource(str(tmp_path / "*_A_*.h5")))


def test_real_half_orbits_have_the_records_that_are_recommended(vadose_data: Path) -> None:
    import netCDF4

    folder = vadose_data / "data/satellite/SMAP_L2_halforbits_20150811"
    series = read_daily(DailySource(str(folder), overpass="pm"))
    total, flagged = {}, 0
    for path in sorted(folder.glob("*.h5")):
        with netCDF4.Dataset(path) as file:
            group = file["Soil_Moisture_Retrieval_Data"]
            names = ("EASE_row_index", "EASE_column_index", "soil_moisture", "retrieval_qual_flag")
            file.set_auto_mask(False)
            row, column, value, flag = (np.asarray(group[n][:]) for n in names)
        for i in np.flatnonzero(value != -9999):
            if int(flag[i]) & 1:
                flagged += 1
            else:
                total.setdefault(int(cell_index(36, row[i], column[i])), []).append(float(value[i]))
    assert np.count_nonzero(np.isfinite(series.values)) == len(total) > 500
    at = np.array(sorted(total))
    np.testing.assert_allclose(series.values[0, at], [np.mean(total[i]) for i in at], rtol=1e-6)
    assert int(series.refused["quality flag"].sum()) == flagged > 500
    assert series.days.tolist() == [np.datetime64("2015-08-11").item()]


def test_a_day_that_lacks_the_overpass_is_missing(composites: Path) -> None:
    write_composite(composites / "SMAP_L3_SM_P_20150402_R19240_001.h5", maps(PM=0.3), flags("PM"))
    series = read_daily(DailySource(str(composites)))
    np.testing.assert_allclose(series.values[:, position(100)], [0.2, np.nan, 0.3], rtol=1e-6)
    assert "20150402_R19240_001.h5: no am overpass; the day is missing" in series.attrs["warnings"][0]


def test_the_error_field_has_the_flag_of_its_retrieval(composites: Path) -> None:
    """Errors of retrievals, for observations whose errors are a map."""
    for path in composites.glob("*.h5"):
        with Dataset(path, "a") as file:
            group = file["Soil_Moisture_Retrieval_Data_AM"]
            retrieved = group.variables["soil_moisture"]
            error = group.createVariable("soil_moisture_error", "f4", retrieved.dimensions, fill_value=-9999.0)
            error.units = "cm**3/cm**3"
            error[:] = np.where(np.ma.getmaskarray(retrieved[:]), -9999.0, 0.03)
    series = read_daily(DailySource(str(composites), variable="soil_moisture_error"))
    np.testing.assert_allclose(series.values[:, position(100)], [0.03, np.nan, 0.03], rtol=1e-6)
    assert series.refused["quality flag"][position(101)] == 2
