"""Mixing of mineral soil and peat."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from vadose.arrays import Array
from vadose.errors import RangeError
from vadose.soil.organic import connected_fraction, mix, organic_fraction, peat
from vadose.soil.retention.clm_campbell import ClmCampbell
from vadose.soil.retention.power_law import Campbell

LOAM = Campbell(0.439, -0.355, 5.25, 3.38e-6)
NAMES = ("theta_s", "psi_s", "b", "K_s")


def test_peat_is_fibric_above_and_sapric_below() -> None:
    fibric, sapric, deep = peat(0.0), peat(0.5), peat(2.0)
    assert_allclose([getattr(fibric, n) for n in NAMES], [0.93, -0.0103, 2.7, 2.8e-4], rtol=1e-12)
    assert_allclose([getattr(sapric, n) for n in NAMES], [0.83, -0.0101, 12.0, 1e-7], rtol=1e-9)
    assert_allclose([getattr(deep, n) for n in NAMES], [getattr(sapric, n) for n in NAMES], rtol=1e-12)


def test_no_peat_is_the_mineral_soil_and_all_peat_is_peat() -> None:
    for name in NAMES:
        assert_allclose(getattr(mix(LOAM, 0.0, 0.1), name), getattr(LOAM, name), rtol=1e-14)
        assert_allclose(getattr(mix(LOAM, 1.0, 0.1), name), getattr(peat(0.1), name), rtol=1e-14)


def test_below_the_threshold_peat_and_mineral_soil_stand_in_series() -> None:
    mixed = mix(LOAM, 0.3, 0.1)
    K_peat = (0.28 - 0.2799 * 0.2) * 1e-3
    assert_allclose(mixed.K_s, 1.0 / (0.7 / 3.38e-6 + 0.3 / K_peat), rtol=1e-13)
    assert_allclose(mixed.theta_s, 0.7 * 0.439 + 0.3 * 0.91, rtol=1e-13)


def test_above_the_threshold_peat_conducts_past_the_mineral_soil() -> None:
    connected = ((0.8 - 0.5) / 0.5) ** 0.139
    K_peat = (0.28 - 0.2799 * 0.2) * 1e-3
    unconnected = 0.2 + (1 - connected) * 0.8
    series = unconnected / (0.2 / 3.38e-6 + (1 - connected) * 0.8 / K_peat)
    assert_allclose(mix(LOAM, 0.8, 0.1).K_s, unconnected * series + connected * 0.8 * K_peat, rtol=1e-13)
    assert_allclose(connected_fraction(0.8), connected, rtol=1e-14)
    assert connected_fraction(0.5) == 0.0


def test_the_conductivity_of_peat_is_not_below_that_of_the_mineral_soil() -> None:
    sandy = Campbell(0.37, -0.05, 3.0, 4e-5)
    assert_allclose(mix(sandy, 0.4, 1.0).K_s, 4e-5, rtol=1e-13)


def test_a_closure_with_a_smooth_wet_end_keeps_it() -> None:
    smooth = mix(ClmCampbell(0.439, -0.355, 5.25, 3.38e-6, 0.95), 0.3, 0.1)
    assert isinstance(smooth, ClmCampbell)
    assert smooth.W_i == 0.95
    for name in NAMES:
        assert getattr(smooth, name) == getattr(mix(LOAM, 0.3, 0.1), name)


def test_organic_fraction_is_the_density_over_that_of_peat() -> None:
    assert_allclose(organic_fraction(np.array([0.0, 5.0, 40.0]), np.array([1400.0, 1300.0, 800.0])), [0.0, 0.5, 1.0])


def test_impossible_fractions_are_told_or_masked() -> None:
    with pytest.raises(RangeError, match="organic_fraction must be 0 to 1, got 30"):
        mix(LOAM, 30.0, 0.1)
    mixed = mix(LOAM, np.array([0.2, -0.1, np.nan, 1.0]), 0.1)
    for name in NAMES:
        np.testing.assert_array_equal(np.isnan(getattr(mixed, name)), [False, True, True, False])


def test_jax_equals_numpy_and_gradients_are_finite_and_right() -> None:
    f = np.array([0.0, 0.2, 0.5, 0.51, 0.8, 1.0])

    def value(f: Array, K: Array) -> Array:
        return mix(Campbell(0.439, -0.355, 5.25, K), f, 0.1).K_s

    assert_allclose(np.asarray(jax.jit(value)(jax.numpy.asarray(f), 3.38e-6)), value(f, 3.38e-6), rtol=1e-13)
    by_f, by_K = jax.vmap(jax.grad(value, argnums=(0, 1)), in_axes=(0, None))(jax.numpy.asarray(f), 3.38e-6)
    assert np.isfinite(np.asarray(by_f)).all()
    inner = np.array([1, 4])
    differences = (value(f[inner] + 1e-6, 3.38e-6) - value(f[inner] - 1e-6, 3.38e-6)) / 2e-6
    assert_allclose(np.asarray(by_f)[inner], differences, rtol=1e-6)
    differences = (value(f, 3.38e-6 + 1e-10) - value(f, 3.38e-6 - 1e-10)) / 2e-10
    assert_allclose(np.asarray(by_K), differences, rtol=1e-5, atol=1e-6)
