"""Gridded files as daily series: axes, units, flags, times, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.daily.written import LAT, LON, moisture, write_stack

from vadose.data.daily.open import open_daily, read_daily
from vadose.data.daily.source import DailySource
from vadose.data.daily.window import cells_in_box
from vadose.errors import ConfigError, DataError, GridMismatch, UnitError
from vadose.grid.ease2 import ease2
from vadose.grid.latlon import LatLonGrid


def read(path: Any, **options: Any) -> Any:
    return read_daily(DailySource(str(path) if isinstance(path, Path) else path, **options))


@pytest.mark.parametrize("dims", [("time", "lat", "lon"), ("lon", "lat", "time"), ("lat", "time", "lon")])
def test_axes_may_lie_in_any_order(tmp_path: Path, dims: tuple[str, ...]) -> None:
    values = moisture(3)
    found = read(write_stack(tmp_path / "a.nc", values, [0, 1, 2], dims=dims))
    np.testing.assert_array_equal(found.values, values.reshape(3, -1))
    assert found.days[0] == np.datetime64("2003-01-01")
    assert found.attrs["product"] == "cf"


def test_rows_and_columns_are_put_in_canonical_order(tmp_path: Path) -> None:
    values = moisture(2)
    path = write_stack(
        tmp_path / "a.nc", np.roll(values, -3, axis=2)[:, ::-1], [0, 1], lat=LAT[::-1], lon=np.roll(LON % 360, -3)
    )
    found = read(path)
    np.testing.assert_array_equal(found.values, values.reshape(2, -1))
    np.testing.assert_array_equal(found.cells.lon[:5], LON)
    part = read(path, box=(-6, 6, -20, 6))
    np.testing.assert_array_equal(part.values, values[:, 1:3, 1:4].reshape(2, -1))
    np.testing.assert_array_equal(part.cells.index, [6, 7, 8, 11, 12, 13])


def test_images_of_a_folder_become_every_day_of_their_span(tmp_path: Path) -> None:
    values = moisture(4)
    for day, image in zip((5, 0, 3, 1), values, strict=True):
        write_stack(tmp_path / "2003" / f"image_{day}.nc", image[None], [day])
    found = read(tmp_path)
    assert found.days.size == 6
    assert found.attrs["days_without_image"] == 2
    np.testing.assert_array_equal(found.values[[5, 0, 3, 1]], values.reshape(4, -1))
    assert np.isnan(found.values[[2, 4]]).all()
    part = read(tmp_path, period=("2003-01-02", "2003-01-04"))
    np.testing.assert_array_equal(part.values, found.values[1:4])
    with pytest.raises(DataError, match=r"no day from 2004-01-01 .*hold 2003-01-01 to 2003-01-06; correct `period`"):
        read(tmp_path, period=("2004-01-01", "2005-01-01"))


def test_unsorted_times_are_sorted_and_repeated_days_averaged(tmp_path: Path) -> None:
    values = moisture(4)
    values[3, 0, 0] = np.nan
    found = read(write_stack(tmp_path / "a.nc", values, [2, 0, 1, 2]))
    flat = values.reshape(4, -1)
    np.testing.assert_array_equal(found.values[:2], flat[[1, 2]])
    np.testing.assert_allclose(found.values[2, 1:], flat[[0, 3], 1:].mean(axis=0), rtol=1e-6)
    assert found.values[2, 0] == flat[0, 0]
    assert "1 days have several images (the first is 2003-01-03)" in found.attrs["warnings"][0]


def test_equal_duplicates_merge_and_hours_become_days(tmp_path: Path) -> None:
    values = moisture(2)
    write_stack(tmp_path / "a.nc", values, [0, 1])
    write_stack(tmp_path / "b.nc", values[1:], [1])
    np.testing.assert_array_equal(read(tmp_path).values, values.reshape(2, -1))
    hours = moisture(6)
    found = read(write_stack(tmp_path / "h" / "h.nc", hours, np.arange(6) * 8, time_units="hours since 2003-01-01"))
    np.testing.assert_allclose(found.values, hours.reshape(2, 3, -1).mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_blocks_of_any_size_hold_the_same(tmp_path: Path, size: int) -> None:
    values = moisture(12)
    values[4, 1, 1] = 0.9
    write_stack(tmp_path / "a.nc", values[:7], np.arange(7))
    write_stack(tmp_path / "b.nc", values[6:], [5, 8, 9, 11, 12, 14])
    source = DailySource(str(tmp_path), spikes=0.3, valid_range=(0.0, 0.95))
    whole = read_daily(source)
    assert int(whole.refused["spike"].sum()) == int(whole.refused["spike"][6]) == 1
    assert np.isnan(whole.values[4, 6])
    starts, blocks, count = [], [], 0
    for start, block, refused in open_daily(source).blocks(size):
        starts.append(start)
        blocks.append(block)
        count += sum(int(c.sum()) for c in refused.values())
    assert starts == list(range(0, 15, size))
    np.testing.assert_array_equal(np.concatenate(blocks), whole.values)
    assert count == sum(int(c.sum()) for c in whole.refused.values())


def test_packed_and_undeclared_missing_values_are_decoded(tmp_path: Path) -> None:
    stored = np.arange(20, dtype="i2").reshape(1, 4, 5) * 10
    stored[0, 0, :2] = -32768
    attributes = {"scale_factor": 0.002, "add_offset": 0.01}
    found = read(write_stack(tmp_path / "a.nc", stored, [0], dtype="i2", fill=-32768, attributes=attributes))
    np.testing.assert_allclose(found.values[0, 2:], 0.01 + 0.02 * np.arange(2, 20), rtol=1e-6)
    assert np.isnan(found.values[0, :2]).all()
    values = moisture(1)
    values[0, 0] = -9999.0
    plain = read(write_stack(tmp_path / "b.nc", values, [0], fill=None))
    assert np.isnan(plain.values[0, :5]).all()
    assert int(plain.refused["range"].sum()) == 0


@pytest.mark.parametrize(
    ("units", "factor", "depth"), [("%", 100.0, None), ("kg m-2", 50.0, (0.0, 0.05)), ("1", 1, None)]
)
def test_units_become_volumetric(tmp_path: Path, units: str, factor: float, depth: Any) -> None:
    values = moisture(2)
    found = read(write_stack(tmp_path / "a.nc", values * factor, [0, 1], units=units), depth=depth)
    np.testing.assert_allclose(found.values, values.reshape(2, -1), rtol=1e-6)


def test_doubtful_units_are_refused_with_a_remedy(tmp_path: Path) -> None:
    percent = 100 * moisture(1)
    bare = write_stack(tmp_path / "bare.nc", percent, [0], units=None)
    with pytest.raises(UnitError, match=r"bare.nc: variable 'sm': no units; .*set units = "):
        read(bare)
    np.testing.assert_allclose(read(bare, units="%").values * 100, percent.reshape(1, -1), rtol=1e-6)
    said = write_stack(tmp_path / "said.nc", percent, [0], units="1")
    with pytest.raises(UnitError, match=r"said.nc: variable 'sm': values up to 38.5;.*units = \"%\""):
        read(said)
    mass = write_stack(tmp_path / "mass.nc", percent, [0], units="kg m-2")
    with pytest.raises(UnitError, match=r"no depth; .*depth = \[0.0, 0.1\]"):
        read(mass)
    active = write_stack(
        tmp_path / "active.nc", percent, [0], units="percent",
        attributes={"long_name": "Percent of Saturation Soil Moisture"},
    )  # fmt: skip
    with pytest.raises(UnitError, match=r"degree of saturation .*porosity"):
        read(active)


def test_values_out_of_range_are_refused_and_counted(tmp_path: Path) -> None:
    values = moisture(3)
    values[1, 2, 2], values[2, 2, 2], values[0, 0, 0] = 1.4, -0.2, 0.7
    path = write_stack(tmp_path / "a.nc", values, [0, 1, 2])
    found = read(path)
    assert found.refused["range"][12] == 2
    assert np.isnan(found.values[1:, 12]).all()
    narrow = read(path, valid_range=(0.0, 0.6))
    assert narrow.refused["range"][0] == 1
    stated = write_stack(tmp_path / "b.nc", values, [0, 1, 2], attributes={"valid_range": np.array([0, 0.6], "f4")})
    assert read(stated).refused["range"][0] == 1


def test_flags_of_esa_cci_are_obeyed_and_may_be_overruled(tmp_path: Path) -> None:
    values = moisture(2)
    flag = np.zeros(values.shape, "i1")
    flag[0, 0, :3] = [1, 2, 16]
    path = write_stack(
        tmp_path / "a.nc", values, [0, 1], extra={"flag": (flag, {})},
        file_attributes={"title": "ESA CCI Surface Soil Moisture COMBINED active+passive Product"},
    )  # fmt: skip
    found = read(path)
    assert found.attrs["product"] == "esa_cci"
    np.testing.assert_array_equal(found.refused["quality flag"][:4], [1, 1, 1, 0])
    assert np.isnan(found.values[0, :3]).all()
    assert np.isfinite(read(path, quality="all").values).all()
    np.testing.assert_array_equal(np.isnan(read(path, quality={"flag": (0, 16)}).values[0, :3]), [True, True, False])
    np.testing.assert_array_equal(np.isnan(read(path, quality={"flag": "bits 1 4 clear"}).values[0, :3]), [0, 1, 1])
    with pytest.raises(DataError, match=r"no variable 'flags'; the file has sm"):
        read(path, quality={"flags": (0,)})
    with pytest.raises(ConfigError, match=r"`quality.flag`: 'good' is no condition"):
        read(path, quality={"flag": "good"})


def test_smos_grids_are_cut_by_interference_and_error(tmp_path: Path) -> None:
    values = moisture(1)
    rfi, error = np.zeros(values.shape, "f4"), np.full(values.shape, 0.05, "f4")
    rfi[0, 0, 0], error[0, 0, 1], error[0, 0, 2], rfi[0, 0, 3] = 0.4, 0.2, np.nan, np.nan
    path = write_stack(
        tmp_path / "a.nc",
        values,
        [0],
        name="Soil_Moisture",
        extra={"Rfi_Prob": (rfi, {}), "Soil_Moisture_Dqx": (error, {})},
    )
    found = read(path)
    assert found.attrs["product"] == "smos"
    np.testing.assert_array_equal(np.isnan(found.values[0, :4]), [True, True, True, False])
    assert int(found.refused["quality flag"].sum()) == 3
    strict = read(path, quality={"Soil_Moisture_Dqx": "< 0.05"})
    assert np.isnan(strict.values).all()


def test_wrong_variables_and_grids_are_named(tmp_path: Path) -> None:
    first = write_stack(tmp_path / "a.nc", moisture(1), [0])
    other = write_stack(tmp_path / "b.nc", moisture(1), [1], lon=LON + 1)
    with pytest.raises(GridMismatch, match=r"a.nc and .*b.nc have different grids .*narrow `path`"):
        read((first, other))
    with pytest.raises(DataError, match=r"a.nc: no variable 'swc'; the file has sm \[time, lat, lon\]"):
        read(first, variable="swc")
    two = write_stack(tmp_path / "c.nc", moisture(1), [0], name="q", extra={"p": (moisture(1), {})})
    with pytest.raises(DataError, match=r"no variable of soil moisture .*name one with `variable`"):
        read(two)
    assert read(two, variable="q").attrs["variable"] == "q"


def test_broken_files_are_named(tmp_path: Path) -> None:
    path = Path(write_stack(tmp_path / "a.nc", moisture(3), [0, 1, 2]))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"a.nc: the file is truncated or corrupt .*get it again"):
        read(path)
    with pytest.raises(DataError, match=r"`path` .*nothing_\*.nc' matches no file"):
        read(str(tmp_path / "nothing_*.nc"))


def test_months_are_no_days(tmp_path: Path) -> None:
    path = write_stack(tmp_path / "a.nc", moisture(3), [15, 45, 74])
    with pytest.raises(DataError, match=r"time steps are 30 days apart; expected daily"):
        read(path)


def test_cells_that_are_always_missing_and_other_calendars_survive(tmp_path: Path) -> None:
    values = moisture(3)
    values[:, 1, 1] = np.nan
    path = write_stack(tmp_path / "a.nc", values, [0, 1, 2], time_units="days since 2004-02-27", calendar="noleap")
    found = read(path)
    assert np.isnan(found.values[:, 6]).all()
    np.testing.assert_array_equal(found.days.astype(str), ["2004-02-27", "2004-02-28", "2004-02-29", "2004-03-01"])
    assert np.isnan(found.values[2]).all()


def test_a_stack_on_an_ease_grid_is_recognised(tmp_path: Path) -> None:
    grid = ease2(36)
    values = np.full((1, *grid.shape), np.nan, "f4")
    values[0, 100, 500] = 0.3
    path = write_stack(
        tmp_path / "NNsm_2003.nc", values[:, ::-1], [0], lat=grid.lat[::-1].astype("f4"), lon=grid.lon.astype("f4")
    )
    reader = open_daily(DailySource(path))
    np.testing.assert_array_equal(reader.cells.grid.lat_bnds, grid.lat_bnds)
    (_, block, _), *_ = reader.blocks(1)
    assert np.flatnonzero(np.isfinite(block[0])).tolist() == [100 * 964 + 500]


def test_boxes_may_cross_the_date_line() -> None:
    grid = LatLonGrid.regular(10)
    found = cells_in_box(grid, (0, 10, 170, -170))
    np.testing.assert_array_equal(found.lon, [-175, 175])
    assert cells_in_box(grid, (-90, 90, -180, 180)).size == grid.size
    with pytest.raises(DataError, match=r"holds no cell centre"):
        cells_in_box(grid, (1, 1, 2, 2))


def test_real_images_of_esa_cci_and_c3s_are_read(vadose_data: Path) -> None:
    folder = vadose_data / "data/satellite"
    cci = read(folder / "ESA_CCI_global_daily_v05.2")
    assert cci.attrs["product"] == "esa_cci"
    assert cci.days.tolist() == [np.datetime64("2016-06-07").item()]
    assert np.count_nonzero(np.isfinite(cci.values)) == 170_984  # all of them carry the flag 0
    assert cci.cells.grid.shape == (720, 1440)
    part = read(str(folder / "C3S_global_images" / "*DAILY*.nc"), box=(35, 45, -10, 5))
    assert part.attrs["product"] == "c3s"
    assert part.cells.size == 40 * 60
    assert 0.0 < float(np.nanmean(part.values)) < 0.5
    with pytest.raises(DataError, match=r"a monthly file; expected daily images"):
        read(folder / "C3S_global_images")


def test_a_layer_is_chosen_by_its_depth(tmp_path: Path) -> None:
    import netCDF4

    values = np.stack([moisture(2), moisture(2) + 0.2], axis=1)
    path = tmp_path / "a.nc"
    write_stack(path, moisture(2), [0, 1], name="unused")
    with netCDF4.Dataset(path, "a") as d:
        d.createDimension("depth", 2)
        d.createDimension("bnds", 2)
        depth = d.createVariable("depth", "f8", ("depth",))
        depth.setncatts({"units": "m", "positive": "down", "bounds": "depth_bnds"})
        depth[:] = [0.05, 0.2]
        d.createVariable("depth_bnds", "f8", ("depth", "bnds"))[:] = [[0, 0.1], [0.1, 0.3]]
        d.createVariable("mrsol", "f4", ("time", "depth", "lat", "lon")).units = "kg m-2"
        d["mrsol"][:] = values * np.array([100.0, 200.0])[:, None, None]
    top = read(path)
    np.testing.assert_allclose(top.values, values[:, 0].reshape(2, -1), rtol=1e-6)
    assert top.attrs["depth"] == [0.0, 0.1]
    deep = read(path, depth=(0.1, 0.3))
    np.testing.assert_allclose(deep.values, values[:, 1].reshape(2, -1), rtol=1e-6)
    with pytest.raises(DataError, match=r"no layer \[0.0, 0.05\] m; it has 0-0.1, 0.1-0.3 m; set `depth`"):
        read(path, depth=(0.0, 0.05))


def test_a_year_without_time_coordinate_has_the_days_of_its_name(tmp_path: Path) -> None:
    import netCDF4

    values = moisture(366)
    for name in ("NNsm_2004.nc", "NNsm_2003.nc"):
        with netCDF4.Dataset(tmp_path / name, "w") as d:
            for dim, axis in (("time", None), ("lat", LAT), ("lon", LON)):
                d.createDimension(dim, 366 if axis is None else axis.size)
                if axis is not None:
                    d.createVariable(dim, "f8", (dim,))[:] = axis
            d.createVariable("sm", "f4", ("time", "lat", "lon")).units = "m3 m-3"
            d["sm"][:] = values
    found = read(tmp_path / "NNsm_2004.nc")
    np.testing.assert_array_equal(found.days[[0, -1]].astype(str), ["2004-01-01", "2004-12-31"])
    np.testing.assert_array_equal(found.values, values.reshape(366, -1))
    with pytest.raises(DataError, match=r"NNsm_2003.nc: 366 time steps without a time coordinate"):
        read(tmp_path / "NNsm_2003.nc")


def test_a_bare_ease_grid_begins_in_the_north(tmp_path: Path) -> None:
    import netCDF4

    path = tmp_path / "merged_20040229.nc"
    with netCDF4.Dataset(path, "w") as d:
        d.createDimension("row", 406)
        d.createDimension("col", 964)
        d.createVariable("sm", "f4", ("row", "col"), fill_value=-9999.0).units = "m3 m-3"
        d["sm"][10, 20] = 0.3
    found = read(path)
    assert np.flatnonzero(np.isfinite(found.values[0])).tolist() == [395 * 964 + 20]
    assert found.days[0] == np.datetime64("2004-02-29")


def test_an_empty_time_axis_is_named(tmp_path: Path) -> None:
    path = write_stack(tmp_path / "a.nc", moisture(1)[:0], [])
    with pytest.raises(DataError, match=r"a.nc: the time axis is empty"):
        read(path)
