"""Rain or snow, and how dense fresh snow is."""

from __future__ import annotations

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from vadose.constants import FREEZING_POINT
from vadose.land.snow.fresh import fresh_density
from vadose.land.snow.partition import Jordan, Ramp, Threshold, WetBulb, wet_bulb


def _air(celsius: list[float], humidity: float = 1.0) -> SimpleNamespace:
    t = jnp.asarray(celsius)
    saturation = 610.8 * jnp.exp(17.27 * t / (237.3 + t))
    return SimpleNamespace(
        temperature=t + FREEZING_POINT, vapour_pressure=humidity * saturation, pressure=jnp.full(t.shape, 1.0e5)
    )


def test_jordan_follows_its_steps() -> None:
    fraction = Jordan().snow_fraction(_air([-10.0, 0.4, 1.0, 1.5, 2.0, 2.3, 2.6, 20.0]))
    np.testing.assert_allclose(fraction, [1.0, 1.0, 0.8, 0.7, 0.6, 0.6, 0.0, 0.0], atol=1e-12)


def test_saturated_air_has_its_own_temperature_as_wet_bulb() -> None:
    np.testing.assert_allclose(wet_bulb(_air([-30.0, -5.0, 0.0, 6.0])), [-30.0, -5.0, 0.0, 6.0], atol=1e-9)


def test_wet_bulb_fulfils_the_psychrometric_equation() -> None:
    air = _air([-20.0, -1.0, 2.0, 7.9], humidity=0.3)
    tw = np.asarray(wet_bulb(air))
    heat = np.where(np.asarray(air.temperature) > FREEZING_POINT, 2.501e6, 2.501e6 + 3.337e5)
    gamma = 1004.64 * 1.0e5 / (0.622 * heat)
    left = gamma * (np.asarray(air.temperature) - FREEZING_POINT - tw)
    np.testing.assert_allclose(left, 610.8 * np.exp(17.27 * tw / (237.3 + tw)) - air.vapour_pressure, atol=1e-6)
    assert np.all(tw < np.asarray(air.temperature) - FREEZING_POINT)


def test_half_of_it_is_snow_near_the_wet_bulb_of_wang() -> None:
    half = 0.5 * np.log(1.0 / 6.99e-5) - 3.97
    assert half == pytest.approx(0.81, abs=0.01)
    assert float(WetBulb().snow_fraction(_air([half]))[0]) == pytest.approx(0.5, abs=1e-9)
    np.testing.assert_allclose(WetBulb().snow_fraction(_air([-40.0, 8.0, 40.0])), [1.0, 0.0, 0.0], atol=1e-12)


def test_dry_air_has_more_snow_than_humid_air() -> None:
    assert WetBulb().snow_fraction(_air([3.0], 0.4))[0] > WetBulb().snow_fraction(_air([3.0], 1.0))[0]


def test_threshold_and_ramp() -> None:
    np.testing.assert_array_equal(Threshold(2.2).snow_fraction(_air([2.1, 2.3])), [1.0, 0.0])
    np.testing.assert_allclose(Ramp().snow_fraction(_air([-1.0, 0.5, 3.0])), [1.0, 0.75, 0.0], atol=1e-12)


def test_fresh_density_is_that_of_hedstrom_and_pomeroy() -> None:
    expected = [67.92 + 51.25 * np.exp(-10.0 / 2.59), 67.92 + 51.25, 120.0, 120.0]
    np.testing.assert_allclose(fresh_density(_air([-10.0, 0.0, 2.0, 60.0])), expected, rtol=1e-12)
