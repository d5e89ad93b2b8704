"""Packing: depth averages, missing values, months, memory blocks, and what is said about each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.files import LAT, LON, write_netcdf

from vadose.data import pack as packing
from vadose.data.cf import open_canonical
from vadose.data.pack import pack_depths, pack_series
from vadose.data.source import Source
from vadose.errors import ConfigError, DataError, GridMismatch

Write = Callable[..., str]
PERIOD = (24000, 24023)
BOUNDS = np.array([[0.0, 0.05], [0.05, 0.2], [0.2, 0.6], [0.6, 1.5]])
THICKNESS = BOUNDS[:, 1] - BOUNDS[:, 0]


@pytest.fixture
def theta() -> np.ndarray:
    """Volumetric water [24, layer, lat, lon]."""
    return np.random.default_rng(0).uniform(0.05, 0.5, (24, 4, 4, 6)).astype("f4")


def layer_mass(theta: np.ndarray) -> np.ndarray:
    return theta * 1000 * THICKNESS[:, None, None]


def soil(paths: str | list[str], **options: object) -> Source:
    return Source("soil_moisture", [paths] if isinstance(paths, str) else paths, **options)


def flat(x: np.ndarray) -> np.ndarray:
    """[time, lat, lon] -> [cell, time]."""
    return x.reshape(x.shape[0], -1).T


def depth_mean(theta: np.ndarray, top: float, bottom: float) -> np.ndarray:
    """The definition, written out: sum of theta_i o_i over sum of o_i, over the layers that hold a value."""
    inside = np.clip(np.minimum(BOUNDS[:, 1], bottom) - np.maximum(BOUNDS[:, 0], top), 0, None)[:, None, None]
    weight = np.where(np.isnan(theta), 0.0, inside)
    return (np.nan_to_num(theta) * weight).sum(axis=1) / weight.sum(axis=1)


@pytest.mark.parametrize("depth", [(0.0, 0.05), (0.0, 0.1), (0.0, 1.0), (0.1, 0.4), (0.0, 1.5)])
@pytest.mark.parametrize("kind", ["mass", "volumetric"])
def test_depth_average(write: Write, theta: np.ndarray, depth: tuple[float, float], kind: str) -> None:
    values, units = (layer_mass(theta), "kg m-2") if kind == "mass" else (theta, "m3 m-3")
    series = pack_series(soil(write("a.nc", values, "mrsol", depth_bnds=BOUNDS, units=units), depth=depth), PERIOD)
    np.testing.assert_allclose(series.values, flat(depth_mean(theta, *depth)), rtol=1e-6)
    np.testing.assert_allclose(series.covered_depth, depth[1] - depth[0], rtol=1e-6)
    assert series.attrs["soil_layers"] == pytest.approx(BOUNDS)
    assert series.attrs["first_layer"] == [0.0, 0.05]
    assert (series.units, series.source_units, series.depth) == ("m3 m-3", units, depth)


def test_several_depths_in_one_pass_equal_each_alone(write: Write, theta: np.ndarray) -> None:
    source = soil(write("a.nc", layer_mass(theta), "mrsol", depth_bnds=BOUNDS))
    depths = [(0.0, 0.1), (0.2, 0.5), (0.0, 1.5)]
    for one, depth in zip(pack_depths(source, depths, PERIOD), depths, strict=True):
        np.testing.assert_allclose(one.values, flat(depth_mean(theta, *depth)), rtol=1e-6)


@pytest.mark.parametrize(("unit", "factor"), [("m", 1.0), ("cm", 100.0)])
@pytest.mark.parametrize("descending", [False, True])
def test_layers_in_centimetres_or_from_the_bottom(
    write: Write, theta: np.ndarray, unit: str, factor: float, descending: bool
) -> None:
    turn = slice(None, None, -1 if descending else 1)
    path = write("a.nc", theta[:, turn], "mrsol", depth_bnds=factor * BOUNDS[turn], depth_units=unit, units="m3 m-3")
    series = pack_series(soil(path, depth=(0.0, 0.3)), PERIOD)
    np.testing.assert_allclose(series.values, flat(depth_mean(theta, 0.0, 0.3)), rtol=1e-6)


def test_layers_without_bounds_are_inferred_and_reported(write: Write, theta: np.ndarray) -> None:
    path = write("a.nc", theta, "mrsol", depth_bnds=BOUNDS, bounds=False, units="m3 m-3")
    series = pack_series(soil(path, depth=(0.0, 0.3)), PERIOD)
    assert any("layer bounds are missing" in w for w in series.attrs["warnings"])
    stated = pack_series(soil(path, depth=(0.0, 0.3), layers=tuple(map(tuple, BOUNDS))), PERIOD)
    np.testing.assert_allclose(stated.values, flat(depth_mean(theta, 0.0, 0.3)), rtol=1e-6)


def test_columns_that_end_at_bedrock(write: Write, theta: np.ndarray) -> None:
    theta[:, 2:, 0, 0] = np.nan
    theta[:, 3:, 1, 1] = np.nan
    values = np.where(np.isnan(theta), 1e20, layer_mass(theta))
    series = pack_series(soil(write("a.nc", values, "mrsol", depth_bnds=BOUNDS, fill=1e20), depth=(0.0, 1.0)), PERIOD)
    np.testing.assert_allclose(series.values, flat(depth_mean(theta, 0.0, 1.0)), rtol=1e-6)
    expected = np.ones((4, 6))
    expected[0, 0], expected[1, 1] = 0.2, 0.6
    np.testing.assert_allclose(series.covered_depth, expected.ravel(), rtol=1e-6)
    assert any("2 of 24 cells cover less than 0-1 m (down to 0.2 m)" in w for w in series.attrs["warnings"])


def test_a_shallow_soil_is_flagged(write: Write, theta: np.ndarray) -> None:
    series = pack_series(soil(write("a.nc", layer_mass(theta), "mrsol", depth_bnds=BOUNDS), depth=(0.0, 2.0)), PERIOD)
    np.testing.assert_allclose(series.covered_depth, 1.5)
    assert any("24 of 24 cells cover less than 0-2 m" in w for w in series.attrs["warnings"])


def test_a_first_layer_deeper_than_the_target_is_allowed_and_recorded(write: Write, theta: np.ndarray) -> None:
    series = pack_series(soil(write("a.nc", layer_mass(theta), "mrsol", depth_bnds=BOUNDS), depth=(0.0, 0.02)), PERIOD)
    np.testing.assert_allclose(series.values, flat(theta[:, 0]), rtol=1e-6)
    assert series.attrs["first_layer"] == [0.0, 0.05]


def test_mrsos_is_the_top_decimetre(write: Write, mass: np.ndarray) -> None:
    series = pack_series(soil(write("a.nc", mass), depth=(0.0, 0.1)), PERIOD)
    np.testing.assert_allclose(series.values, flat(mass) / 100, rtol=1e-6)


def test_layers_that_are_variables_of_their_own(write: Write, theta: np.ndarray) -> None:
    names = ("swvl1", "swvl2", "swvl3", "swvl4")
    together = write("all.nc", theta[:, 0], names[0], units="m3 m-3")
    with netCDF4.Dataset(together, "a") as d:
        for name, x in zip(names[1:], theta.transpose(1, 0, 2, 3)[1:], strict=True):
            v = d.createVariable(name, "f4", ("time", "lat", "lon"))
            v.units = "m3 m-3"
            v[:] = x
    apart = [write(f"{n}.nc", theta[:, i], n, units="m3 m-3") for i, n in enumerate(names)]
    expected = flat(depth_mean(theta, 0.0, 0.3))
    for paths in ([together], apart):
        source = soil(paths, file_variable=names, layers=tuple(map(tuple, BOUNDS)), depth=(0.0, 0.3))
        np.testing.assert_allclose(pack_series(source, PERIOD).values, expected, rtol=1e-6)
    short = soil(apart[:2], file_variable=names, layers=tuple(map(tuple, BOUNDS)), depth=(0.0, 0.3))
    series = pack_series(short, PERIOD)
    np.testing.assert_allclose(series.covered_depth, 0.2, rtol=1e-6)
    assert any("no swvl3, swvl4" in w for w in series.attrs["warnings"])


def test_a_layered_file_needs_a_depth(write: Write, theta: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"4 soil layers to 1\.5 m; state the depth"):
        pack_series(soil(write("a.nc", layer_mass(theta), "mrsol", depth_bnds=BOUNDS)), PERIOD)


def test_mass_without_a_layer_names_the_remedy(write: Write, mass: np.ndarray) -> None:
    path = write("a.nc", mass, "SoilMoist")
    with pytest.raises(DataError, match=r"'SoilMoist' is in kg m-2 but has no depth.*layers = "):
        pack_series(soil(path, depth=(0.0, 0.1)), PERIOD)
    stated = pack_series(soil(path, depth=(0.0, 0.1), layers=((0.0, 0.2),)), PERIOD)
    np.testing.assert_allclose(stated.values, flat(mass) / 200, rtol=1e-6)


@pytest.mark.parametrize(("wrong", "word"), [([[0, 0.1], [0.2, 0.3]], "gap"), ([[0, 0.2], [0.1, 0.3]], "overlap")])
def test_layers_with_gaps_or_overlaps(write: Write, theta: np.ndarray, wrong: list, word: str) -> None:
    path = write("a.nc", theta[:, :2], "mrsol", depth_bnds=np.array(wrong, float), units="m3 m-3")
    with pytest.raises(DataError, match=rf"a\.nc.*{word}"):
        pack_series(soil(path, depth=(0.0, 0.1)), PERIOD)


def test_frozen_water_is_summed_not_averaged(write: Write, theta: np.ndarray) -> None:
    values = layer_mass(theta)
    source = Source("frozen_soil_moisture", [write("a.nc", values, "mrsfl", depth_bnds=BOUNDS)], depth=(0.0, 0.4))
    series = pack_series(source, PERIOD)
    np.testing.assert_allclose(series.values, flat(values[:, 0] + values[:, 1] + 0.5 * values[:, 2]), rtol=1e-6)


@pytest.mark.parametrize("fill", [1e20, -9999.0, np.float32(-3.4e38)])
def test_fill_values(write: Write, mass: np.ndarray, fill: float) -> None:
    values = mass.copy()
    values[:, 0, 0] = values[3, 1, 1] = fill
    series = pack_series(soil(write("a.nc", values, fill=fill), depth=(0.0, 0.1)), PERIOD)
    assert 0 not in series.cells
    assert np.isnan(series.values[:, 3]).sum() == 1
    assert not series.attrs["warnings"]


@pytest.mark.parametrize(
    "attributes",
    [{"missing_value": np.float32(7.0)}, {"missing_value": "7"}, {"valid_range": np.array([8.0, 90.0], "f4")},
     {"valid_min": np.float32(8.0)}, {"valid_range": "8.0, 90.0"}],
)  # fmt: skip
def test_missing_value_and_valid_range(write: Write, mass: np.ndarray, attributes: dict) -> None:
    values = np.maximum(mass, 8.5)
    values[5, 2, 3] = 7.0
    series = pack_series(soil(write("a.nc", values, attributes=attributes), depth=(0.0, 0.1)), PERIOD)
    missing = np.isnan(series.values)
    assert missing.sum() == 1
    assert missing[2 * 6 + 3, 5]


@pytest.mark.parametrize("valid", [np.array([0, 3000], "i2"), np.array([0.0, 0.6])])
def test_packed_integers(write: Write, mass: np.ndarray, valid: np.ndarray) -> None:
    stored = np.round(mass / 100 / 2e-4).astype("i2")
    stored[2, 1, 1] = 3200
    attributes = {"scale_factor": 2e-4, "add_offset": 0.0, "valid_range": valid}
    path = write("a.nc", stored, "sm", units="m3 m-3", dtype="i2", fill=np.int16(-32768), attributes=attributes)
    series = pack_series(soil(path, depth=(0.0, 0.05)), PERIOD)
    expected = flat(mass / 100)
    expected[7, 2] = np.nan
    np.testing.assert_allclose(series.values, expected, atol=1.01e-4)


def test_unsigned_bytes(write: Write) -> None:
    stored = np.full((24, 4, 6), -56, "i1")
    path = write("a.nc", stored, "sm", units="%", dtype="i1", attributes={"_Unsigned": "true", "scale_factor": 0.25})
    np.testing.assert_allclose(pack_series(soil(path), PERIOD).values, 0.5)


def test_impossible_values_are_counted(write: Write, mass: np.ndarray) -> None:
    values = mass.copy()
    values[1, 1, 1], values[2, 2, 2] = 250.0, -4.0
    series = pack_series(soil(write("a.nc", values), depth=(0.0, 0.1)), PERIOD)
    assert np.isnan(series.values).sum() == 2
    assert any("2 values outside 0..1 m3 m-3 set missing (for example 2.5)" in w for w in series.attrs["warnings"])


def test_amounts_of_a_month_use_its_length(write: Write) -> None:
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] * 2, float)
    path = write("a.nc", np.broadcast_to(days[:, None, None], (24, 4, 6)), "pr", units="mm month-1")
    series = pack_series(Source("precipitation", [path]), PERIOD)
    np.testing.assert_allclose(series.values, 1 / 86400.0, rtol=1e-6)


def test_a_flux_counted_the_other_way(write: Write) -> None:
    path = write("a.nc", np.full((24, 4, 6), -0.003), "e", units="m")
    source = Source("evapotranspiration", [path], file_variable="e", accumulation="day", sign=-1)
    np.testing.assert_allclose(pack_series(source, PERIOD).values, 3 / 86400.0, rtol=1e-6)


def test_only_the_period_is_read(write: Write, mass: np.ndarray) -> None:
    series = pack_series(soil(write("a.nc", mass)), (24006, 24100))
    np.testing.assert_array_equal(series.months, np.arange(24006, 24024))
    np.testing.assert_allclose(series.values, flat(mass[6:]) / 100, rtol=1e-6)


def test_nothing_in_the_period(write: Write, mass: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"has 2000-01\.\.2001-12, nothing in the period 2010-01 to 2010-12"):
        pack_series(soil(write("a.nc", mass)), (24120, 24131))


def test_gaps_are_missing_and_reported(write: Write, mass: np.ndarray) -> None:
    paths = [write("a.nc", mass[:6]), write("b.nc", mass[9:], start=(2000, 10))]
    series = pack_series(soil(paths), PERIOD)
    expected = mass.copy()
    expected[6:9] = np.nan
    np.testing.assert_allclose(series.values, flat(expected) / 100, rtol=1e-6)
    assert any("3 of 24 months are not in the files: 2000-07..2000-09" in w for w in series.attrs["warnings"])


def test_cells_that_appear_late_are_kept(write: Write, mass: np.ndarray) -> None:
    values = np.full_like(mass, 1e20)
    for month in range(24):
        values[month].flat[month] = mass[month].flat[month]
    series = pack_series(soil(write("a.nc", values, fill=1e20, chunks=(1, 4, 6))), PERIOD)
    np.testing.assert_array_equal(series.cells, np.arange(24))
    np.testing.assert_array_equal(np.isfinite(series.values), np.eye(24, dtype=bool))
    np.testing.assert_allclose(np.diag(series.values), np.diag(flat(mass)) / 100, rtol=1e-6)


@pytest.mark.parametrize("chunks", [(1, 4, 6), (24, 1, 6), (24, 2, 2), (5, 4, 6), None])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("block", [7, 50, 2**20])
def test_blocks_do_not_change_the_result(
    write: Write, mass: np.ndarray, monkeypatch: pytest.MonkeyPatch, chunks: tuple | None, flip: bool, block: int
) -> None:
    monkeypatch.setattr(packing, "BLOCK", block)
    values = np.where(mass > 17, 1e20, mass)
    turn = slice(None, None, -1 if flip else 1)
    path = write("a.nc", values[:, turn], lat=LAT[turn], fill=1e20, chunks=chunks)
    series = pack_series(soil(path), PERIOD)
    expected = np.where(mass > 17, np.nan, mass / 100)
    np.testing.assert_allclose(series.values, flat(expected)[series.cells], rtol=1e-6)
    assert series.cells.size == np.isfinite(expected).any(axis=0).sum()


def daily(path: Path, values: np.ndarray, first_day: float = 365.0 * 150) -> str:
    """Daily values [day, lat, lon] from 2000-01-01 in the noleap calendar."""
    days = first_day + np.arange(values.shape[0]) + 0.5
    write_netcdf(path, values, "sm", units="m3 m-3", time=(days, "days since 1850-01-01"), fill=-9999.0)
    return str(path)


@pytest.mark.parametrize("block", [30, 100, 2**20])
def test_days_are_averaged_to_months(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(packing, "BLOCK", block)
    x = np.random.default_rng(1).uniform(0.1, 0.4, (90, 4, 6)).astype("f4")
    x[:27, 0, 0] = -9999.0
    x[:26, 0, 1] = -9999.0
    # The second file begins in the middle of a month.
    paths = [daily(tmp_path / "a.nc", x[:40]), daily(tmp_path / "b.nc", x[40:], 365.0 * 150 + 40)]
    series = pack_series(soil(paths, minimum_count=5), PERIOD)
    np.testing.assert_array_equal(series.months, [24000, 24001, 24002])
    good = np.where(x < 0, np.nan, x.astype(float))
    expected = np.stack([np.nanmean(good[a:b], axis=0) for a, b in ((0, 31), (31, 59), (59, 90))])
    expected[0, 0, 0] = np.nan
    np.testing.assert_allclose(series.values, flat(expected), rtol=1e-6)
    assert series.attrs["minimum_count"] == 5


def test_a_month_needs_half_of_its_days_by_default(tmp_path: Path) -> None:
    x = np.full((31, 4, 6), 0.3)
    x[:16, 0, 0] = -9999.0
    x[:15, 0, 1] = -9999.0
    series = pack_series(soil(daily(tmp_path / "a.nc", x)), PERIOD)
    assert series.cells.tolist() == [c for c in range(24) if c != 0]


def test_overlapping_daily_files(tmp_path: Path) -> None:
    x = np.full((31, 4, 6), 0.3)
    paths = [daily(tmp_path / "a.nc", x), daily(tmp_path / "b.nc", x, 365.0 * 150 + 20)]
    with pytest.raises(DataError, match=r"a\.nc and .*b\.nc overlap in time \(2000-01\)"):
        pack_series(soil(paths), PERIOD)


def test_flags_choose_the_values(write: Write, mass: np.ndarray) -> None:
    path = write("a.nc", mass / 100, "sm", units="m3 m-3")
    flags = np.random.default_rng(2).integers(0, 4, mass.shape)
    with netCDF4.Dataset(path, "a") as d:
        d.createVariable("flag", "i2", ("time", "lat", "lon"))[:] = flags
    series = pack_series(soil(path, keep=(("flag", (0, 2)),)), PERIOD)
    np.testing.assert_allclose(series.values, flat(np.where(flags % 2 == 0, mass / 100, np.nan)), rtol=1e-6)
    with pytest.raises(DataError, match="no variable 'quality'; the file has"):
        pack_series(soil(path, keep=(("quality", (0,)),)), PERIOD)


def test_climatology_repeats(write: Write, mass: np.ndarray) -> None:
    series = pack_series(soil(write("a.nc", mass[:12]), climatology=True), (24100, 24130))
    np.testing.assert_allclose(series.values, flat(mass[np.arange(24100, 24131) % 12]) / 100, rtol=1e-6)
    assert any("climatology" in w for w in series.attrs["warnings"])
    years = pack_series(soil(write("b.nc", mass), climatology=True), (12 * 1970, 12 * 1970 + 11))
    mean = flat(np.stack([np.mean(mass[k::12], axis=0) for k in range(12)])) / 100
    np.testing.assert_allclose(years.values, mean, rtol=1e-6)


def test_months_without_a_year_need_to_be_called_a_climatology(tmp_path: Path, mass: np.ndarray) -> None:
    path = tmp_path / "a.nc"
    write_netcdf(path, mass[:12], time=(np.arange(1.0, 13.0), ""), bounds=False)
    with pytest.raises(DataError, match="climatology = true"):
        pack_series(soil(str(path)), PERIOD)
    series = pack_series(soil(str(path), climatology=True), (24000, 24011))
    np.testing.assert_allclose(series.values, flat(mass[:12]) / 100, rtol=1e-6)


@pytest.mark.parametrize("factor", [1.0, 100.0])
def test_land_fraction(write: Write, mass: np.ndarray, factor: float) -> None:
    fraction = np.linspace(0, 1, 24).reshape(4, 6)
    path = write("sftlf.nc", (factor * fraction[:, ::-1])[None, ::-1], "sftlf", units="%", lat=LAT[::-1], lon=LON[::-1])
    series = pack_series(soil(write("a.nc", mass), land_fraction=path), PERIOD)
    # The sea cell stays, with land fraction 0: the exact mode leaves it out, ILAMB does not.
    np.testing.assert_array_equal(series.cells, np.arange(24))
    np.testing.assert_allclose(series.land_fraction, fraction.ravel(), rtol=1e-6)


def test_land_fraction_of_another_grid(write: Write, mass: np.ndarray) -> None:
    path = write("sftlf.nc", np.ones((1, 2, 6)), "sftlf", units="%", lat=LAT[:2])
    with pytest.raises(GridMismatch, match=r"sftlf\.nc.* has the grid 2x6, the data have 4x6"):
        pack_series(soil(write("a.nc", mass), land_fraction=path), PERIOD)


def test_cell_area_is_checked(write: Write, mass: np.ndarray) -> None:
    source = soil(write("a.nc", mass))
    area = pack_series(source, PERIOD).grid.area
    good, bad = (write(f"{n}.nc", (x * area)[None], "areacella", units="m2") for n, x in (("good", 1.0), ("bad", 1.3)))
    assert not pack_series(soil(source.paths[0], cell_area=good), PERIOD).attrs["warnings"]
    notes = pack_series(soil(source.paths[0], cell_area=bad), PERIOD).attrs["warnings"]
    assert any("bad.nc: areacella differs from the area of the cells by 30 %" in w for w in notes)


def test_absent_variable_lists_what_the_file_has(write: Write, mass: np.ndarray) -> None:
    path = write("a.nc", mass)
    with pytest.raises(
        DataError, match=r"a\.nc: no variable for gpp .* the file has mrsos \[time, lat, lon\] \(kg m-2\)"
    ):
        pack_series(Source("gpp", [path]), PERIOD)
    with pytest.raises(DataError, match=r"no variable 'mrsol'; the file has mrsos"):
        pack_series(soil(path, file_variable="mrsol"), PERIOD)


def test_all_missing(write: Write, mass: np.ndarray) -> None:
    path = write("a.nc", np.full_like(mass, 1e20), fill=1e20)
    with pytest.raises(DataError, match=r"a\.nc: variable 'mrsos': all values are missing in 2000-01\.\.2001-12"):
        pack_series(soil(path), PERIOD)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.98])
def test_truncated_file_is_named(write: Write, kept: float) -> None:
    noise = np.random.default_rng(3).uniform(5, 40, (24, 60, 60)).astype("f4")
    path = write("a.nc", noise, lat=np.linspace(-59, 59, 60), lon=np.linspace(0, 354, 60), chunks=(1, 60, 60))
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: int(kept if kept >= 1 or kept == 0 else kept * len(data))])
    with pytest.raises(DataError, match=r"a\.nc: .*get it again"):
        pack_series(soil(path), PERIOD)


def test_truncated_classic_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as d:
        for dim, size in (("time", 24), ("lat", 40), ("lon", 80)):
            d.createDimension(dim, size)
        for name, x, units in (
            ("time", np.arange(24), "months since 2000-01-01"),
            ("lat", np.linspace(-78, 78, 40), "degrees_north"),
            ("lon", np.arange(80) * 4.5, "degrees_east"),
        ):
            v = d.createVariable(name, "f8", (name,))
            v.units = units
            v[:] = x
        v = d.createVariable("mrsos", "f4", ("time", "lat", "lon"))
        v.units = "kg m-2"
        v[:] = 20.0
    assert pack_series(soil(str(path)), PERIOD).values.min() == pytest.approx(0.2)
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(DataError, match=r"a\.nc: the file is truncated \(200000 bytes of at least"):
        pack_series(soil(str(path)), PERIOD)


def test_damaged_chunk_is_named(write: Write) -> None:
    noise = np.random.default_rng(3).uniform(5, 40, (24, 60, 60)).astype("f4")
    path = write("a.nc", noise, lat=np.linspace(-59, 59, 60), lon=np.linspace(0, 354, 60), chunks=(1, 60, 60))
    data = bytearray(Path(path).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    Path(path).write_bytes(data)
    with pytest.raises(DataError, match=r"a\.nc: variable 'mrsos': the file is truncated or corrupt"):
        pack_series(soil(path), PERIOD)


@pytest.mark.parametrize(
    ("start", "word"), [(b"GRIB", "GRIB file"), (b"hello world", "not a netCDF"), (b"PK\x03\x04", "archive")]
)
def test_other_formats_are_named(tmp_path: Path, start: bytes, word: str) -> None:
    path = tmp_path / "a.nc"
    path.write_bytes(start + bytes(200))
    with pytest.raises(DataError, match=rf"a\.nc: .*{word}"):
        pack_series(soil(str(path)), PERIOD)


@pytest.mark.parametrize(
    ("options", "word"),
    [({"stamp": "centre"}, "stamp"), ({"depth": (0.2, 0.1)}, "depth"), ({"minimum_count": 0}, "minimum_count"),
     ({"accumulation": "week"}, "accumulation"), ({"points": "dots"}, "points")],
)  # fmt: skip
def test_source_checks_its_fields(options: dict, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        soil("a.nc", **options)


@settings(max_examples=25)
@given(
    flip=st.booleans(), first=st.integers(0, 5), order=st.permutations(["time", "depth", "lat", "lon"]),
    depth=st.tuples(st.floats(0, 0.7), st.floats(0.71, 1.5)),
)  # fmt: skip
def test_the_view_and_the_packer_agree(
    tmp_path_factory: pytest.TempPathFactory, flip: bool, first: int, order: list[str], depth: tuple[float, float]
) -> None:
    x = np.random.default_rng(4).uniform(0.05, 0.5, (24, 4, 4, 6)).astype("f4")
    turn = slice(None, None, -1 if flip else 1)
    lon = np.concatenate([LON[first:], LON[:first] + 360])
    path = tmp_path_factory.mktemp("view") / "a.nc"
    write_netcdf(path, layer_mass(x[:, :, turn]), "mrsol", dims=tuple(order), lat=LAT[turn], lon=lon, depth_bnds=BOUNDS)
    source = soil(str(path), depth=depth)
    view = open_canonical(source).soil_moisture
    assert view.dims == ("time", "depth", "lat", "lon")
    expected = flat(depth_mean(view.values, *depth))
    np.testing.assert_allclose(pack_series(source, PERIOD).values, expected, rtol=2e-6)


def test_a_stack_travels_to_other_processes(write: Write, mass: np.ndarray) -> None:
    import pickle

    from vadose.data.cf import open_stack

    stack = open_stack(soil(write("a.nc", mass)))
    again = pickle.loads(pickle.dumps(stack))
    np.testing.assert_array_equal(again.read(slice(3, 5)), stack.read(slice(3, 5)))


def test_the_view_is_lazy_monthly_and_has_bounds(tmp_path: Path) -> None:
    x = np.random.default_rng(5).uniform(0.1, 0.4, (90, 4, 6)).astype("f4")
    source = soil(daily(tmp_path / "a.nc", x))
    view = open_canonical(source)
    assert view.soil_moisture.chunks is not None
    np.testing.assert_array_equal(view.month, [24000, 24001, 24002])
    np.testing.assert_allclose(view.time_bnds[0], [365.0 * 150, 365.0 * 150 + 31])
    for name in ("lat_bnds", "lon_bnds", "time_bnds"):
        assert view[name].shape[1] == 2
    series = pack_series(source, PERIOD)
    np.testing.assert_allclose(flat(view.soil_moisture.values), series.values, rtol=1e-6)
    np.testing.assert_allclose(view.soil_moisture[1, 2, 3], series.values[15, 1], rtol=1e-6)
