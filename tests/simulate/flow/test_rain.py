"""Rain of a flow run: rates over hours and files, exact over steps of any length, and files that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from vadose.errors import ConfigError, DataError, GridMismatch, UnitError, VadoseError
from vadose.simulate.flow.rain import MM_PER_HOUR, rainfall
from vadose.simulate.flow.study import Rain

SHAPE = (2, 3)
START = np.datetime64("2026-05-01T00:00:00")


def write(path: Path, rate: np.ndarray, units: str = "mm h-1", times: Any = None, **coordinates: Any) -> Rain:
    """A file of rain, hourly from the start where no times are given."""
    times = START + np.arange(len(rate)) * np.timedelta64(1, "h") if times is None else times
    dims = ("time", "y", "x")[: rate.ndim]
    held = xr.Dataset({"rain": (dims, rate, {"units": units})}, {"time": times, **coordinates})
    held.to_netcdf(path)
    return Rain(file=str(path))


def test_rates_add_up_over_their_hours() -> None:
    rows = (Rain(rate=10.0, first=1.0, last=2.5), Rain(rate=-0.5))
    flux = rainfall(rows, SHAPE, None, 4 * 3600.0)(3600.0 * np.arange(5))
    np.testing.assert_allclose(flux[:, 1, 2] / MM_PER_HOUR, [-0.5, 9.5, 4.5, -0.5])


def test_a_rate_that_never_changes_is_one_row() -> None:
    flux = rainfall((Rain(rate=2.0),), SHAPE, None, 7200.0)(3600.0 * np.arange(3))
    assert flux.shape == (1, *SHAPE)


@pytest.mark.parametrize("step", [600.0, 1800.0, 3600.0, 5400.0, 10800.0])
def test_no_step_loses_rain_of_a_file(tmp_path: Path, step: float) -> None:
    rate = np.random.default_rng(1).gamma(0.5, 4.0, (6, *SHAPE)).astype(np.float32)
    row = write(tmp_path / "rain.nc", rate)
    edges = np.append(np.arange(0.0, 21600.0, step), 21600.0)
    flux = rainfall((row,), SHAPE, START, 21600.0)(edges)
    fallen = (flux * np.diff(edges)[:, None, None]).sum(axis=0)
    np.testing.assert_allclose(fallen, rate.sum(axis=0) * 1e-3, rtol=1e-6)


@pytest.mark.parametrize(("units", "factor"), [("kg m-2 s-1", 1e-3), ("mm d-1", 1e-3 / 86400), ("m/h", 1 / 3600)])
def test_units_are_read(tmp_path: Path, units: str, factor: float) -> None:
    flux = rainfall((write(tmp_path / "rain.nc", np.ones(3), units),), SHAPE, START, 7200.0)(np.array([0.0, 3600.0]))
    np.testing.assert_allclose(flux, np.full((1, *SHAPE), factor))


def test_a_later_start_and_hours_without_dates(tmp_path: Path) -> None:
    rate = np.arange(5.0)
    dated = write(tmp_path / "a.nc", rate)
    later = rainfall((dated,), SHAPE, START + np.timedelta64(2, "h"), 3600.0)(np.array([0.0, 3600.0]))
    np.testing.assert_allclose(later[0, 0, 0] / MM_PER_HOUR, 2.0)
    hours = write(tmp_path / "b.nc", rate, times=("time", np.arange(5.0), {"units": "h"}))
    flux = rainfall((hours,), SHAPE, None, 3600.0)(np.array([3600.0, 7200.0]))
    np.testing.assert_allclose(flux[0, 0, 0] / MM_PER_HOUR, 1.0)


def test_rows_that_run_southward_are_turned(tmp_path: Path) -> None:
    rate = np.zeros((2, *SHAPE))
    rate[:, 0] = 3.0
    row = write(tmp_path / "rain.nc", rate, y=[150.0, 50.0])
    flux = rainfall((row,), SHAPE, START, 3600.0)(np.array([0.0, 3600.0]))
    np.testing.assert_allclose(flux[0, :, 0] / MM_PER_HOUR, [0.0, 3.0])


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    def refused(kind: type[VadoseError], word: str, row: Rain, start: Any = START, end: float = 3600.0) -> None:
        with pytest.raises(kind, match=word) as raised:
            rainfall((row,), SHAPE, start, end)
        assert row.file in str(raised.value)

    path = tmp_path / "rain.nc"
    refused(UnitError, "units 'inch'; expected one of", write(path, np.ones(3), "inch"))
    refused(ConfigError, r"has dates; say \[period\] `start`", write(path, np.ones(3)), None)
    refused(DataError, "reaches from 0 h to 3 h of the run, which takes 4 h", write(path, np.ones(3)), end=14400.0)
    refused(DataError, "reaches from -2 h", write(path, np.ones(3)), START + np.timedelta64(2, "h"), 7200.0)
    refused(DataError, "each later than the one before", write(path, np.ones(3), times=START + np.array([0, 2, 1])))
    refused(GridMismatch, r"is \(3, 2\), expected \(2, 3\).*reverse order", write(path, np.ones((3, 3, 2))))
    holed = np.ones((3, *SHAPE))
    holed[1, 0, 0] = np.nan
    refused(DataError, "1 missing values", write(path, holed))
    refused(DataError, "cannot be read", Rain(file=str(tmp_path / "none.nc")))
    refused(ConfigError, "name one of its variables", Rain(file=str(path), variable="snow"))
    with pytest.raises(ConfigError, match="leave out `rate`"):
        Rain(file="rain.nc", rate=3.0)
    with pytest.raises(ConfigError, match="`last` must be > `first`"):
        Rain(rate=3.0, first=2.0, last=2.0)
