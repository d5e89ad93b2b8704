"""Time stamps: the month is right for every calendar, stamp and spelling, and bad times are named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.data.cf import open_stack
from vadose.data.months import month_index, month_lengths, month_start, month_text, span_text
from vadose.data.source import Source
from vadose.errors import DataError

Write = Callable[..., str]
CALENDARS = ["noleap", "365_day", "360_day", "standard", "gregorian", "proleptic_gregorian", "julian", "all_leap"]
EXPECTED = np.arange(12 * 1999 + 10, 12 * 1999 + 10 + 24)


def source(path: str | list[str], **options: object) -> Source:
    return Source("soil_moisture", [path] if isinstance(path, str) else path, file_variable="mrsos", **options)


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("stamp", ["start", "middle", "end"])
def test_bounds_decide(write: Write, mass: np.ndarray, calendar: str, stamp: str) -> None:
    path = write("a.nc", mass, calendar=calendar, stamp=stamp, start=(1999, 11))
    stack = open_stack(source(path))
    assert stack.monthly
    np.testing.assert_array_equal(stack.months, EXPECTED)


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("stamp", ["start", "middle"])
def test_without_bounds_a_stamp_lies_in_its_month(write: Write, mass: np.ndarray, calendar: str, stamp: str) -> None:
    path = write("a.nc", mass, calendar=calendar, stamp=stamp, start=(1999, 11), bounds=False)
    np.testing.assert_array_equal(open_stack(source(path)).months, EXPECTED)


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("stamp", ["start", "middle", "end"])
def test_the_study_states_the_stamp(write: Write, mass: np.ndarray, calendar: str, stamp: str) -> None:
    path = write("a.nc", mass, calendar=calendar, stamp=stamp, start=(1999, 11), bounds=False)
    np.testing.assert_array_equal(open_stack(source(path, stamp=stamp)).months, EXPECTED)


def test_the_range_in_the_file_name_reveals_end_stamps(write: Write, mass: np.ndarray) -> None:
    name = "mrsos_Lmon_M_historical_r1i1p1f1_gn_199911-200110.nc"
    path = write(name, mass, stamp="end", start=(1999, 11), bounds=False)
    np.testing.assert_array_equal(open_stack(source(path)).months, EXPECTED)


@pytest.mark.parametrize(
    ("values", "units"),
    [
        (np.arange(24.0), "months since 1999-11-01"),
        (np.arange(24.0) + 0.5, "months since 1999-11-01 00:00:00"),
        (np.array([10000 * (m // 12) + 100 * (m % 12 + 1) + 15.5 for m in EXPECTED]), "day as %Y%m%d.%f"),
    ],
)
def test_odd_units_of_time(write: Write, mass: np.ndarray, values: np.ndarray, units: str) -> None:
    path = write("a.nc", mass, time=(values, units), calendar="standard")
    np.testing.assert_array_equal(open_stack(source(path)).months, EXPECTED)


def test_wrong_bounds_are_not_believed(write: Write, mass: np.ndarray) -> None:
    import netCDF4

    path = write("a.nc", mass, start=(1999, 11))
    with netCDF4.Dataset(path, "a") as d:
        d["time_bnds"][:] = np.array([0.0, 30.0])
    np.testing.assert_array_equal(open_stack(source(path)).months, EXPECTED)


def test_undecodable_units_are_named(write: Write, mass: np.ndarray) -> None:
    path = write("a.nc", mass, time=(np.arange(24.0), "fortnights after Easter"))
    with pytest.raises(DataError, match=r"a\.nc.*'fortnights after Easter'.*days since"):
        open_stack(source(path))


def test_annual_means_are_refused(write: Write, mass: np.ndarray) -> None:
    import netCDF4

    path = write("a.nc", mass[:3], time=(365.0 * np.arange(3) + 180, "days since 1850-01-01"))
    with netCDF4.Dataset(path, "a") as d:
        d["time"].bounds = "time_bnds"
        d.createVariable("time_bnds", "f8", ("time", "bnds"))[:] = 365.0 * np.arange(3)[:, None] + [0, 365]
    with pytest.raises(DataError, match="one time step covers 365 days"):
        open_stack(source(path))


def test_overlapping_files_name_both_and_the_months(write: Write, mass: np.ndarray) -> None:
    paths = [write("one.nc", mass), write("two.nc", mass, start=(2001, 10))]
    with pytest.raises(DataError, match=r"one\.nc and .*two\.nc overlap in time \(2001-10\.\.2001-12\)"):
        open_stack(source(paths))


def test_repeated_months_in_a_file(write: Write, mass: np.ndarray) -> None:
    days = 365.0 * 150 + 15 + 30.4 * np.arange(24)
    days[5] = days[4]
    path = write("a.nc", mass, time=(days, "days since 1850-01-01"))
    with pytest.raises(DataError, match=r"a\.nc: times repeat or run backwards at 2000-05"):
        open_stack(source(path))


def test_files_come_in_the_order_of_time(write: Write, mass: np.ndarray) -> None:
    paths = [write("a.nc", mass[12:], start=(2001, 1)), write("b.nc", mass[:12], calendar="360_day")]
    stack = open_stack(source(paths))
    np.testing.assert_array_equal(stack.months, 24000 + np.arange(24))
    np.testing.assert_allclose(stack.read(slice(10, 14))[:, 0, 0], mass[10:14, 0, 0] / 100, rtol=1e-6)


@given(st.integers(12 * 1850, 12 * 2100))
def test_month_text_is_the_inverse_of_month_index(month: int) -> None:
    year, number = map(int, month_text(month).split("-"))
    assert month_index(year, number) == month


def test_spans() -> None:
    assert span_text([24000, 24001, 24002, 24029]) == "2000-01..2000-03, 2002-06"
    assert span_text([]) == ""


def test_month_lengths_by_calendar() -> None:
    february = np.array([month_index(2000, 2)])
    assert month_lengths(february, "360_day")[0] == 30 * 86400
    assert month_lengths(february, "noleap")[0] == 28 * 86400
    assert month_lengths(february, "standard")[0] == 29 * 86400
    assert month_start(month_index(1851, 3)) == 365 + 31 + 28
