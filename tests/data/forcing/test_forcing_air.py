"""Formulas of the air against published numbers."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.data.forcing import air
from vadose.data.forcing.units import conversion
from vadose.errors import UnitError


def test_saturation_pressure_of_the_tables() -> None:
    celsius = np.array([0.0, 10.0, 20.0, 30.0])
    assert np.allclose(air.saturation_pressure(celsius + 273.15), [611.2, 1227.9, 2338.8, 4245.5], rtol=2e-3)  # WMO


def test_pressure_of_fao_example_2() -> None:
    assert air.standard_pressure(np.array([1800.0]))[0] == pytest.approx(81800.0, rel=1e-3)


def test_humidity_goes_there_and_back() -> None:
    e, p = np.array([50.0, 1500.0, 4000.0]), np.array([60000.0, 101300.0, 99000.0])
    assert np.allclose(air.vapour_pressure(air.specific_humidity(e, p), p), e, rtol=1e-13)
    assert air.specific_humidity(np.array([1000.0]), np.array([1e5]))[0] == pytest.approx(0.622e3 / (1e5 - 378))


def test_clear_sky_of_dry_and_moist_air() -> None:
    made = air.clear_sky_emissivity(np.array([290.0, 290.0]), np.array([0.0, 1500.0]))
    xi = 46.5 * 15 / 290
    assert np.allclose(made, [1 - np.exp(-np.sqrt(1.2)), 1 - (1 + xi) * np.exp(-np.sqrt(1.2 + 3 * xi))])
    assert 0.66 < made[0] < 0.68 and 0.80 < made[1] < 0.86


def test_overcast_sky_is_black() -> None:
    assert air.longwave(np.array([280.0]), np.array([900.0]), np.array([1.0]))[0] == pytest.approx(5.67e-8 * 280.0**4)


def test_cloud_of_clear_and_dark_days() -> None:
    made = air.cloud_cover(np.array([300.0, 0.0, 0.0]), np.array([400.0, 400.0, 0.0]), np.zeros(3))
    assert np.allclose(made[:2], [0.0, 1.0])
    assert np.isnan(made[2])


def test_wind_follows_the_logarithm() -> None:
    assert air.wind_at(np.array([3.0]), 10.0, 2.0, 0.03)[0] == pytest.approx(3 * np.log(2 / 0.03) / np.log(10 / 0.03))


@pytest.mark.parametrize(
    ("units", "quantity", "interval", "wanted"),
    [
        ("mm h-1", "precipitation", 3600.0, 1 / 3600),
        ("mm/step", "precipitation", 10800.0, 1 / 10800),
        ("mm timestep-1", "precipitation", 10800.0, 1 / 10800),
        ("m", "precipitation", 3600.0, 1000 / 3600),
        ("m s-1", "precipitation", 3600.0, 1000.0),
        ("inch", "precipitation", 1800.0, 25.4 / 1800),
        ("mm/day", "precipitation", 86400.0, 1 / 86400),
        ("kg m**-2 s**-1", "precipitation", 3600.0, 1.0),
        ("J m**-2", "shortwave", 3600.0, 1 / 3600),
        ("MJ m-2", "shortwave", 86400.0, 1e6 / 86400),
        ("kPa", "pressure", 3600.0, 1000.0),
        ("mb", "pressure", 3600.0, 100.0),
        ("g/kg", "specific_humidity", 3600.0, 1e-3),
        ("%", "relative_humidity", 3600.0, 0.01),
        ("hPa", "vapour_pressure_deficit", 1800.0, 100.0),
    ],
)
def test_units_convert(units: str, quantity: str, interval: float, wanted: float) -> None:
    assert conversion(units, quantity, "here").slope(interval) == pytest.approx(wanted, rel=1e-9)


def test_celsius_has_an_offset() -> None:
    made = conversion("C", "air_temperature", "here")
    assert (made.scale, made.offset) == (pytest.approx(1.0), pytest.approx(273.15))


@pytest.mark.parametrize("units", [None, "furlong", "s"])
def test_units_that_lead_nowhere_say_what_would_do(units: str | None) -> None:
    with pytest.raises(UnitError, match=r"a\.nc: 'x': .*expected Pa.*units = \{pressure"):
        conversion(units, "pressure", "a.nc: 'x'")
