"""Measured series as networks write them: values, units, clock and depth."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vadose.constants import LATENT_HEAT
from vadose.data.observed import Wanted, read_observed
from vadose.errors import ConfigError, DataError, UnitError

WKG = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG"
RSPLASH = "data/insitu/AT-Neu_and_Bourne_rsplash"


def table(folder: Path, text: str, name: str = "site.csv") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def days(values: Sequence[object], column: str = "value") -> str:
    rows = [f"2001-06-{i + 1:02d},{v}" for i, v in enumerate(values)]
    return "\n".join([f"date,{column}", *rows]) + "\n"


def test_walnut_gulch_daily_table_gives_evaporation_of_local_days(vadose_data: Path) -> None:
    path = str(vadose_data / WKG / "stdfmt/WKG.stdfmt.daily.txt")
    et = read_observed(Wanted("ET", path, "evapotranspiration", utc_offset=-7.0))
    le = read_observed(Wanted("LE", path, "latent_heat", utc_offset=-7.0))
    assert et.starts[0] == np.datetime64("2004-05-06T07:00:00") and et.interval == 86400.0
    assert np.isfinite(et.values).sum() == 2690
    both = np.isfinite(et.values) & np.isfinite(le.values)
    assert np.corrcoef(et.values[both], le.values[both])[0, 1] > 0.97
    # The table's own evaporation and latent heat differ on wet days; their means over the same days agree.
    assert et.values[both].mean() * LATENT_HEAT == pytest.approx(le.values[both].mean(), rel=0.1)


def test_the_sensor_within_the_depth_is_taken(vadose_data: Path) -> None:
    path = str(vadose_data / WKG / "stdfmt/WKG.stdfmt.daily.txt")
    shallow, deep = (read_observed(Wanted("SM", path, "soil_moisture", depth=d)) for d in ((0.0, 0.1), (0.1, 0.2)))
    assert (np.isfinite(shallow.values).sum(), np.isfinite(deep.values).sum()) == (3147, 2308)
    with pytest.raises(DataError, match=r"0 sensors .* SM1 at 0.05 m, SM2 at 0.15 m"):
        read_observed(Wanted("SM", path, "soil_moisture", depth=(0.3, 0.5)))
    soil = read_observed(Wanted("TS", path, "soil_temperature", depth=(0.0, 0.1)))
    assert 270.0 < np.nanmin(soil.values) < np.nanmax(soil.values) < 311.0


def test_cosmic_ray_counts_come_with_the_depth_they_saw(vadose_data: Path) -> None:
    path = str(vadose_data / WKG / "flux_obs/smcounts.010.txt")
    held = read_observed(Wanted("COSMOS", path, "soil_moisture", utc_offset=0.0))
    assert held.values.size == 19986 and held.reach is not None
    assert held.starts[0] == np.datetime64("2010-06-01T23:20:00"), "a count ends at its stamp"
    assert held.values[0] == pytest.approx(0.056) and held.reach[0] == pytest.approx(0.33)
    assert 0.15 <= held.reach.min() < held.reach.max() <= 0.40


def test_half_hours_of_a_tower_agree_with_their_daily_table(vadose_data: Path) -> None:
    half = str(vadose_data / WKG / "flux_obs/AMF_USWkg_2004_L2_WG_V006.csv")
    daily = str(vadose_data / WKG / "stdfmt/WKG.stdfmt.daily.txt")
    fast = read_observed(Wanted("H", half, "sensible_heat", utc_offset=-7.0))
    slow = read_observed(Wanted("H", daily, "sensible_heat", utc_offset=-7.0))
    from vadose.data.observed.series import interval_means

    bounds = np.stack([slow.starts, slow.starts + np.timedelta64(1, "D")], axis=1)[:200]
    mean = interval_means(fast.starts, fast.interval, fast.values, bounds, 0.999)
    both = np.isfinite(mean) & np.isfinite(slow.values[:200])
    assert both.sum() > 50
    assert np.corrcoef(mean[both], slow.values[:200][both])[0, 1] > 0.99


def test_snow_of_reynolds_is_mm_and_its_depth_needs_units(vadose_data: Path) -> None:
    path = str(vadose_data / "data/forcing/SUMMA_ReynoldsMtnEast/reynolds_evalData.nc")
    snow = read_observed(Wanted("SWE", path, "snow_water"))
    assert np.nanmax(snow.values) == 758.0 and "taken as kg m-2" in snow.notes[0]
    with pytest.raises(UnitError, match="could be in several; state `units`"):
        read_observed(Wanted("zs", path, "snow_depth"))
    with pytest.raises(UnitError, match="the values fit 'cm'"):
        read_observed(Wanted("zs", path, "snow_depth", units="m"))
    assert np.nanmax(read_observed(Wanted("zs", path, "snow_depth", units="cm")).values) == pytest.approx(1.95)
    with pytest.raises(DataError, match=r"no column of latent_heat; it has Q, SWE"):
        read_observed(Wanted("LE", path, "latent_heat"))


def test_rsplash_tables_have_documented_units(vadose_data: Path) -> None:
    alps, bourne = (str(vadose_data / RSPLASH / f) for f in ("ATNeu_example_forcing.csv.gz", "Bourne_forcing.csv.gz"))
    et = read_observed(Wanted("ET", alps, "evapotranspiration"))
    assert et.starts[0] == np.datetime64("2002-01-01") and et.interval == 86400.0
    assert np.nanmean(et.values) * 86400 == pytest.approx(2.13, abs=0.01)
    assert np.nanmean(read_observed(Wanted("SM", alps, "soil_moisture")).values) == pytest.approx(0.3155, abs=1e-3)
    assert np.nanmax(read_observed(Wanted("SWE", bourne, "snow_water")).values) == pytest.approx(507.15)
    water = read_observed(Wanted("SM", bourne, "soil_moisture", depth=(0.0, 0.49)))
    assert np.nanmax(water.values) == pytest.approx(0.3071, abs=1e-4)
    with pytest.raises(UnitError, match="need the soil they stand for"):
        read_observed(Wanted("SM", bourne, "soil_moisture"))


def test_bondville_times_of_ten_digits(vadose_data: Path) -> None:
    path = str(vadose_data / "data/forcing/Bondville_1998_halfhourly/Bondville_obs_2001.dat")
    held = read_observed(Wanted("SM", path, "soil_moisture", column="SM2"))
    assert held.starts[0] == np.datetime64("2001-05-01T00:00:00") and held.interval == 86400.0
    assert held.values[0] == pytest.approx(0.376) and np.isnan(held.values).sum() == 12


def test_tharandt_with_a_line_of_units(vadose_data: Path) -> None:
    path = str(vadose_data / "data/insitu/FLUXNET_DE-Tha_REddyProc/Example_DETha98.txt.gz")
    held = read_observed(Wanted("LE", path, "latent_heat", utc_offset=1.0))
    assert held.starts[0] == np.datetime64("1997-12-31T23:00:00") and held.interval == 1800.0
    assert np.isfinite(held.values).sum() == 15064


def test_fluxnet_half_hours_drop_poor_quality(tmp_path: Path) -> None:
    rows = ["TIMESTAMP_START,TIMESTAMP_END,LE_F_MDS,LE_F_MDS_QC,SWC_F_MDS_1"]
    rows += [f"2005010100{m:02d},200501010030,{v},{q},{25 + v}" for m, v, q in ((0, 10, 0), (30, 20, 2))]
    rows += ["200501010100,200501010130,-9999,0,-9999", "200501010130,200501010200,95,1,20"]
    path = table(tmp_path, "\n".join(rows) + "\n")
    held = read_observed(Wanted("LE", path, "latent_heat"))
    np.testing.assert_array_equal(held.values, [10.0, np.nan, np.nan, 95.0])
    assert "1 values of poor quality" in held.notes[0]
    assert read_observed(Wanted("SM", path, "soil_moisture")).values[0] == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("units", "factor"), [("mm", 1 / 86400), ("mm d-1", 1 / 86400), ("W m-2", 1 / LATENT_HEAT), ("kg m-2 s-1", 1.0)]
)
def test_units_of_evaporation(tmp_path: Path, units: str, factor: float) -> None:
    values = [v * 1e-5 / factor for v in range(1, 6)]
    held = read_observed(Wanted("ET", table(tmp_path, days(values, "ET")), "evapotranspiration", units=units))
    np.testing.assert_allclose(held.values, 1e-5 * np.arange(1, 6), rtol=1e-12)


@pytest.mark.parametrize(
    ("variable", "column", "units", "factor"),
    [
        ("water_table_depth", "wtd", "cm", 0.01), ("water_table_depth", "depth_to_water", "m", 1.0),
        ("ponded_water", "stage", "mm", 1.0), ("ponded_water", "stage", "m", 1000.0),
        ("discharge", "q", "m3 s-1", 1.0), ("discharge", "streamflow", "L s-1", 1e-3),
    ],
)  # fmt: skip
def test_units_of_wells_and_gauges(tmp_path: Path, variable: str, column: str, units: str, factor: float) -> None:
    path = table(tmp_path, days([1.5, 2.0, 0.5], column))
    held = read_observed(Wanted("Place", path, variable, units=units))
    np.testing.assert_allclose(held.values, factor * np.array([1.5, 2.0, 0.5]), rtol=1e-12)
    with pytest.raises(UnitError, match="state `units`"):
        read_observed(Wanted("Place", path, variable))


def test_moisture_without_units_is_told_by_its_range(tmp_path: Path) -> None:
    held = read_observed(Wanted("SM", table(tmp_path, days([0.1, 0.2, "", 0.3], "sm")), "soil_moisture"))
    np.testing.assert_array_equal(held.values, [0.1, 0.2, np.nan, 0.3])
    with pytest.raises(UnitError, match="state `units`"):
        read_observed(Wanted("SM", table(tmp_path, days([10.0, 20.0], "sm")), "soil_moisture"))
    with pytest.raises(UnitError, match="the values fit '%'"):
        read_observed(Wanted("SM", table(tmp_path, days([10.0, 20.0], "sm")), "soil_moisture", units="m3 m-3"))


def test_records_out_of_order_are_sorted_and_doubled_ones_refused(tmp_path: Path) -> None:
    text = "date,sm\n2001-06-02,0.2\n2001-06-01,0.1\n2001-06-03,0.3\n"
    held = read_observed(Wanted("SM", table(tmp_path, text), "soil_moisture"))
    np.testing.assert_array_equal(held.values, [0.1, 0.2, 0.3])
    with pytest.raises(DataError, match="times come twice"):
        read_observed(Wanted("SM", table(tmp_path, text + "2001-06-03,0.4\n"), "soil_moisture"))


@pytest.mark.parametrize(
    ("wanted", "error", "message"),
    [
        ({"variable": "albedo"}, ConfigError, "`variable` must be one of"),
        ({"utc_offset": 20.0}, ConfigError, "within -14..14 hours"),
        ({"path": "absent.csv"}, DataError, "no such file"),
        ({"column": "theta"}, DataError, r"no column of numbers 'theta' .* it has sm"),
        ({"units": "ohm"}, UnitError, "expected m3 m-3"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, wanted: dict[str, object], error: type[Exception], message: str) -> None:
    given = {"name": "SM", "path": table(tmp_path, days([0.1, 0.2], "sm")), "variable": "soil_moisture", **wanted}
    with pytest.raises(error, match=message):
        read_observed(Wanted(**given))  # type: ignore[arg-type]


def test_a_column_of_gaps_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv.gz"
    path.write_bytes(gzip.compress(days([-9999, -9999, -9999], "swc").encode()))
    with pytest.raises((DataError, UnitError)):
        read_observed(Wanted("SM", str(path), "soil_moisture", units="%"))
