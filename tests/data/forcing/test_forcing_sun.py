"""Where the sun stands, against quadrature, astronomy and the reference model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.data.forcing.sun import (
    SOLAR_CONSTANT,
    daylight_hours,
    mean_cos_zenith,
    orbit,
    reference_cos_zenith,
    solar_hour,
    top_of_atmosphere,
    year_fraction,
)


def test_declination_at_solstices_and_equinox() -> None:
    when = np.array(["2010-06-21T11:28", "2010-12-21T23:38", "2010-03-20T17:32"], "datetime64[s]")
    assert np.allclose(np.degrees(orbit(when)[0]), [23.44, -23.44, 0.0], atol=0.02)


def test_equation_of_time_of_february_and_november() -> None:
    when = np.array(["2010-02-11T12:00", "2010-11-03T12:00"], "datetime64[s]")
    assert np.allclose(np.degrees(orbit(when)[1]) * 4, [-14.2, 16.45], atol=0.15)  # minutes


@pytest.mark.parametrize("lat", [-78.0, -23.0, 0.0, 40.0, 66.5, 85.0])
def test_mean_over_a_step_is_the_integral_of_the_positive_part(lat: float) -> None:
    step, parts = 10800, 3600
    start = np.datetime64("2004-05-09T00:00", "s") + (np.arange(8) * step).astype("timedelta64[s]")
    place = np.array([lat]), np.array([-100.0])
    middle = start + np.timedelta64(step // 2, "s")
    declination, equation, _ = orbit(middle)
    offsets = (np.arange(parts) + 0.5) / parts * step - step / 2
    hour = solar_hour(middle, place[1], equation)[:, 0][:, None] + offsets[None, :] / 3600
    a = np.sin(np.radians(lat)) * np.sin(declination)[:, None]
    b = np.cos(np.radians(lat)) * np.cos(declination)[:, None]
    wanted = np.maximum(a + b * np.cos((hour - 12) * np.pi / 12), 0).mean(axis=1)
    assert np.allclose(mean_cos_zenith(start, step, *place)[:, 0], wanted, atol=2e-7)


def test_sunlight_above_the_air_over_a_year() -> None:
    start = np.datetime64("2001-01-01", "s") + (np.arange(8760) * 3600).astype("timedelta64[s]")
    lat = np.array([0.0, 90.0])
    mean = top_of_atmosphere(start, 3600.0, lat, np.zeros(2)).mean(axis=0)
    assert np.allclose(mean, [0.306 * SOLAR_CONSTANT, 0.1268 * SOLAR_CONSTANT], rtol=0.005)  # Berger (1978)


def test_daylight_of_equinox_and_polar_day() -> None:
    when = np.array(["2010-03-20T17:32", "2010-06-21T12:00"], "datetime64[s]")
    hours = daylight_hours(when, np.array([0.0, 50.0, 80.0]))
    assert np.allclose(hours[0], 12.0, atol=0.02)
    assert hours[1, 2] == 24.0


def test_year_fraction_is_shifted_in_the_south() -> None:
    when = np.array(["2001-01-01", "2004-07-02"], "datetime64[s]")
    assert np.allclose(year_fraction(when, np.array([40.0, -40.0])), [[0, 0.5], [0.5, 0.0]], atol=1e-9)


def test_reference_convention_equals_the_reference(vadose_data: Path) -> None:
    import netCDF4

    with netCDF4.Dataset(vadose_data / "golden/noahmp/bondville1998_A_default_30min.nc") as file:
        text = ["".join(c.decode() for c in row)[:19].replace("_", "T") for row in _characters(file["Times"])]
        wanted = np.asarray(file["COSZ"][:]).ravel()
    when = np.array(text, "datetime64[s]")
    made = reference_cos_zenith(when, np.array([40.01]), np.array([-88.37]))[:, 0]
    assert np.abs(made - wanted)[1:].max() < 1e-6


def _characters(variable: object) -> np.ndarray:
    raw = np.ma.asarray(variable[...]).filled(b"")  # type: ignore[index]
    if raw.ndim == 2:
        return raw
    return np.array([[bytes([b]) for b in bytes(item)[:19]] for item in raw])
