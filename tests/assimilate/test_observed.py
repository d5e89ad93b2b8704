"""Series of probes, neutron sensors and wells at the moments of analyses, and what they see of a state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assimilate.observed_files import LAYERS, days, fine_grid, sites, state, table, write_table

from vadose.assimilate.observed import gather
from vadose.assimilate.observed_records import nearest_moment
from vadose.errors import ConfigError, DataError, UnitError

HOURLY = np.arange("2020-05-01", "2020-05-11", np.timedelta64(1, "h"), dtype="datetime64[s]")
DAYS = days("2020-05-02", 9)


@pytest.fixture
def hourly(tmp_path: Path) -> str:
    """Ten days of a probe that counts the hours from 0.1 in steps of 0.001."""
    return write_table(tmp_path / "probe.csv", HOURLY, 0.1 + 0.001 * np.arange(HOURLY.size))


def one(path: str, **keys: Any) -> Any:
    """The only set of a study with one site."""
    given = {k: v for k, v in ({"depth": [0.0, 0.1]} | keys).items() if v is not None}
    return gather([table(path=path, **given)], DAYS, sites("A"), LAYERS).sets[0]


def test_a_series_is_averaged_over_the_window(hourly: str) -> None:
    probe = one(hourly, window=3.0)
    # Middles of hours at half past: three before and three after midnight, whose mean is that of midnight.
    expected = 0.1 + 0.001 * (24.0 * (1 + np.arange(9)) - 0.5)
    np.testing.assert_allclose(probe.values[:, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(probe.error, 0.02)
    # 6 h a day are used; the first day has 21 h before the window of the first analysis, and the last as many after.
    assert probe.counts == {"out of period": 21 + 21, "outside the window": 18 * 8}
    assert (probe.places, probe.units, probe.number) == (("A",), "m3 m-3", 9)


def test_what_is_missing_is_counted_and_gives_no_value(tmp_path: Path) -> None:
    values = np.full(HOURLY.size, 0.2)
    values[20:30] = np.nan
    probe = one(write_table(tmp_path / "gap.csv", HOURLY, values))
    assert probe.counts["missing"] == 10
    np.testing.assert_array_equal(np.isnan(probe.values[:, 0]), [True] + [False] * 8)
    np.testing.assert_array_equal(np.isnan(probe.error), np.isnan(probe.values))


def test_a_daily_record_is_used_once_by_the_analysis_nearest_to_its_middle(tmp_path: Path) -> None:
    times = np.arange("2020-05-01", "2020-05-11", dtype="datetime64[D]")
    path = write_table(tmp_path / "daily.csv", times, 0.1 + 0.01 * np.arange(10))
    found = gather(
        [table(path=path, depth=[0.0, 0.1], utc_offset=-7.0)], days("2020-05-01", 10, 19.0), sites("A"), LAYERS
    ).sets[0]  # fmt: skip
    # Days of a clock 7 h behind UTC have their middle at 19 h UTC.
    np.testing.assert_allclose(found.values[:, 0], 0.1 + 0.01 * np.arange(10), rtol=1e-12)
    with pytest.raises(DataError, match=r"they lie 5\.0 h from the nearest analysis, at about 19:00 UTC: set `hour`"):
        gather([table(path=path, depth=[0.0, 0.1], utc_offset=-7.0)], DAYS, sites("A"), LAYERS)


def test_the_state_is_seen_as_liquid_water_by_probes_and_whole_by_neutrons(hourly: str) -> None:
    cells = sites("A", "B")
    both = [
        table(path=hourly, site="B", depth=[0.0, 0.1]),
        table(name="neutrons", path=hourly, site="B", operator="crns", bulk_density=1400.0, lattice_water=0.02),
    ]
    probe, neutrons = gather(both, DAYS, cells, LAYERS).sets
    fields = state(cells)
    fields["soil_moisture"][:, 0, 1] += 0.04
    fields["soil_ice"][:, :, 1] = 0.05
    members = 0.2 + 0.01 * np.arange(3)
    np.testing.assert_allclose(probe.simulate(fields)[:, 0], members + 0.02 - 0.05, rtol=1e-12)
    seen = neutrons.simulate(fields)[:, 0]
    assert ((seen > members) & (seen < members + 0.04)).all()
    assert (probe.lat[0], probe.lon[0]) == (41.0, 9.0)


def test_frozen_soil_and_snow_refuse_an_observation(hourly: str) -> None:
    both = [
        table(path=hourly, depth=[0.0, 0.1]),
        table(name="neutrons", path=hourly, operator="crns", bulk_density=1400.0),
    ]
    cells = sites("A")
    probe, neutrons = gather(both, DAYS, cells, LAYERS).sets
    fields = state(cells)
    assert not any(r.any() for s in (probe, neutrons) for r in s.refused(fields).values())
    fields["soil_temperature"][:] = 274.0
    assert probe.refused(fields) == {"frozen soil": np.array([True]), "snow": np.array([False])}
    assert neutrons.refused(fields) == {"snow": np.array([False])}
    fields["snow_water"][:] = [[0.0], [2.0], [np.nan]]
    assert not neutrons.refused(fields)["snow"].any()
    fields["snow_water"][0] = 2.0
    assert neutrons.refused(fields)["snow"].all()
    assert probe.refused(fields)["frozen soil"].all() and not probe.refused(fields)["snow"].any()


def test_a_well_sees_the_water_table(tmp_path: Path) -> None:
    path = write_table(tmp_path / "well.csv", DAYS, 100.0 + 0.1 * np.arange(9), "head")
    well = one(path, variable="water_table_depth", surface=103.0, depth=None)
    np.testing.assert_allclose(well.values[:, 0], 3.0 - 0.1 * np.arange(9), rtol=1e-12)
    np.testing.assert_allclose(well.simulate(state(sites("A")))[:, 0], [2.0, 2.1, 2.2], rtol=1e-12)
    assert (well.units, well.refused(state(sites("A"))), float(well.error[0, 0])) == ("m", {}, 0.1)


def test_a_gauge_sees_the_water_over_the_bed_of_a_river(tmp_path: Path) -> None:
    """Levels in cm above a datum, of which the first ones lie below the bed."""
    path = write_table(tmp_path / "gauge.csv", DAYS, 130.0 + 10.0 * np.arange(9), "stage")
    gauge = one(path, variable="ponded_water", surface=1.5, units="cm", depth=None)
    np.testing.assert_allclose(gauge.values[:, 0], 100.0 * np.maximum(np.arange(9) - 2.0, 0.0), atol=1e-9)
    fields = state(sites("A")) | {"ponded_water": np.array([[0.0], [3.0], [700.0]])}
    np.testing.assert_array_equal(gauge.simulate(fields)[:, 0], [0.0, 3.0, 700.0])
    assert (gauge.units, gauge.refused(fields), float(gauge.error[0, 0])) == ("kg m-2", {}, 5.0)


def test_a_place_on_a_grid_is_its_nearest_cell(hourly: str) -> None:
    cells = fine_grid()
    probe = gather([table(path=hourly, site="40.052, 8.117", depth=[0.0, 0.1])], DAYS, cells, LAYERS).sets[0]
    fields = state(cells)
    fields["soil_moisture"] += 0.0001 * np.arange(cells.size)
    np.testing.assert_allclose(probe.simulate(fields)[0], 0.2 + 0.0001 * (5 * 24 + 12), rtol=1e-12)


def test_errors_may_be_relative(tmp_path: Path) -> None:
    path = write_table(tmp_path / "probe.csv", DAYS, np.linspace(0.1, 0.5, 9))
    probe = one(path, relative=0.1, error=0.03, window=12.0)
    np.testing.assert_allclose(probe.error[:, 0], np.maximum(0.1 * probe.values[:, 0], 0.03), rtol=1e-12)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"depth": [0.0, 3.0]}, r"'probe': the soil layers reach 1 m, too shallow for 0-3 m; correct `depth`"),
        ({"site": "Z"}, r"`site` must be a site of the run or 'latitude, longitude', got 'Z'; the run has A"),
        ({"site": "50.0, 8.0"}, r"50, 8 lies 1112 km from the nearest place of the run, farther than the limit of 10"),
        ({"column": "missing"}, r"no column of numbers 'missing'"),
        ({"path": "nothing.csv"}, r"nothing\.csv: no such file"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(hourly: str, keys: dict[str, Any], said: str) -> None:
    with pytest.raises((ConfigError, DataError), match=said):
        one(keys.pop("path", hourly), **keys)


def test_percent_out_of_range_and_another_period_are_told(tmp_path: Path) -> None:
    percent = write_table(tmp_path / "percent.csv", HOURLY, np.full(HOURLY.size, 20.0))
    with pytest.raises(UnitError, match=r"state `units`"):
        one(percent)
    assert one(percent, units="%").values[0, 0] == pytest.approx(0.2)
    values = np.full(HOURLY.size, 0.2)
    values[::2] = 0.6
    some = one(write_table(tmp_path / "wet.csv", HOURLY, values), valid_range=[0.0, 0.5])
    assert some.counts["outside physical range"] == HOURLY.size / 2
    np.testing.assert_allclose(some.values, 0.2)
    later = write_table(tmp_path / "later.csv", HOURLY + np.timedelta64(900, "D"), np.full(HOURLY.size, 0.2))
    with pytest.raises(DataError, match=r"nothing to assimilate: 240 out of period; the observations are of 2022-10-"):
        one(later)


def test_times_that_come_twice_are_an_error(tmp_path: Path) -> None:
    path = write_table(tmp_path / "twice.csv", np.repeat(HOURLY, 2), np.full(2 * HOURLY.size, 0.2))
    with pytest.raises(DataError, match=r"240 times come twice, the first 2020-05-01T00:00:00"):
        one(path)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "give `path`, or `truth`"),
        ({"path": "a", "truth": "b"}, "and not both or neither"),
        ({"path": "a", "variable": "evapotranspiration", "depth": [0, 1]}, "is a flux, which is no part of the state"),
        ({"path": "a", "variable": "snow_depth"}, "`variable` must be soil_moisture or water_table_depth"),
        ({"path": "a"}, r"needs `depth` = \[top, bottom\]"),
        ({"path": "a", "depth": [0.2, 0.1]}, "0 <= top < bottom"),
        ({"path": "a", "depth": [0, 0.1], "error": 0.0}, "`error` must be a number > 0, got 0"),
        ({"path": "a", "depth": [0, 0.1], "error": -0.02}, "`error` must be a number > 0, got -0.02"),
        ({"path": "a", "depth": [0, 0.1], "error": "file"}, 'error = "file" is for images'),
        ({"path": "a", "depth": [0, 0.1], "error": "map"}, "expected"),
        ({"path": "a", "depth": [0, 0.1], "operator": "footprint"}, "a series has no pixel"),
        ({"truth": "a", "operator": "footprint"}, "needs `pixel`"),
        ({"truth": "a", "operator": "footprint", "pixel": 10}, "`pixel` must be one of 36, 25, 9, 3 km"),
        ({"truth": "a", "pixel": 9}, '`pixel` is of operator = "footprint" and has no effect here; leave it out'),
        ({"truth": "a", "window": 1.0}, "`window` is of files, not of a `truth` and has no effect"),
        ({"path": "a", "depth": [0, 0.1], "seed": 1}, "`seed` is of a `truth` and has no effect"),
        ({"path": "a", "kind": "grid", "passes": "PM"}, '`passes` is of kind = "smap" and has no effect'),
        ({"path": "a", "kind": "smap", "site": "A"}, "`site` is of a place"),
        ({"path": "a", "kind": "smap", "utc_offset": 1.0}, "`utc_offset` is of a series"),
        ({"path": "a", "kind": "smap", "local_time": 25.0}, "`local_time` must be an hour"),
        ({"path": "a", "operator": "crns"}, "a neutron sensor needs `bulk_density`"),
        ({"path": "a", "operator": "crns", "bulk_density": 1.4}, "50 to 2700 kg m-3, got 1.4"),
        ({"path": "a", "depth": [0, 0.1], "lattice_water": 0.02}, '`lattice_water` is of operator = "crns"'),
        ({"path": "a", "variable": "water_table_depth"}, "`surface`, .* is for wells and gauges and is missing"),
        ({"path": "a", "depth": [0, 0.1], "surface": 3.0}, "is for wells and gauges; the variable is soil_moisture"),
        ({"path": "a", "depth": [0, 0.1], "training": ["2020-01-01", "2020-02-01"]}, "`training` is of bias = "),
        ({"path": "a", "depth": [0, 0.1], "bias": "cdf", "training": ["x", "y"]}, "must be two days"),
        ({"path": "a", "depth": [0, 0.1], "window": 0.0}, "`window` must be a number > 0"),
        ({"path": ["a", "b"], "depth": [0, 0.1]}, "a series is one file"),
        ({"path": "a", "depth": [0, 0.1], "widow": 3.0}, "did you mean `window`"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_meant_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        table(**keys)


def test_sets_need_different_names_and_at_least_one(hourly: str) -> None:
    probe = table(path=hourly, depth=[0.0, 0.1])
    with pytest.raises(ConfigError, match="must have different names, got probe, probe"):
        gather([probe, probe], DAYS, sites("A"), LAYERS)
    with pytest.raises(ConfigError, match="nothing to assimilate; add at least one"):
        gather([], DAYS, sites("A"), LAYERS)
    with pytest.raises(DataError, match="must be at least one and ascend"):
        gather([probe], DAYS[::-1], sites("A"), LAYERS)


def test_a_record_belongs_to_the_nearest_moment() -> None:
    moments = days("2020-05-01", 3)
    times = moments[0] + np.array([-50, -1, 12, 13, 36, 37, 90]) * np.timedelta64(3600, "s")
    number, away = nearest_moment(times, moments)
    np.testing.assert_array_equal(number, [0, 0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(away / np.timedelta64(3600, "s"), [50, 1, 12, 11, 12, 11, 42])
    number, away = nearest_moment(times, moments[:1])
    np.testing.assert_array_equal(number, 0)
    assert away[-1] == np.timedelta64(90, "h")
