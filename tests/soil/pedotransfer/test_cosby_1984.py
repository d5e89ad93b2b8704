"""Cosby et al. (1984) regressions against stored numbers of three tools, with the cause of each difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from vadose.arrays import Array
from vadose.soil.pedotransfer.contract import Flag
from vadose.soil.pedotransfer.cosby_1984 import CH78, COSBY84, FUNCTIONS
from vadose.soil.texture import Soil
from vadose.soil.threshold import thresholds

CM_PER_KPA = 10.19716  # of the stored numbers


@pytest.fixture(scope="module")
def golden(vadose_data: Path) -> Any:
    return np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz")


@pytest.fixture(scope="module")
def soils(golden: Any) -> Soil:
    return Soil(golden["sand"], golden["clay"])


def same(actual: Array, desired: Array) -> None:
    assert_allclose(actual, desired, rtol=1e-10)


def test_ch78_is_what_is_stored(golden: Any, soils: Soil) -> None:
    closure = CH78(soils).retention
    same(closure.b, golden["own_ch78_b"])
    same(closure.theta_s, golden["own_ch78_theta_s"])
    same(-100.0 * closure.psi_s, golden["own_ch78_psi_s_cm"])
    same(closure.K_s * 3.6e6, golden["own_ch78_ks_mm_h"])
    for tension in (33, 1500):
        same(closure.water_content(-tension * CM_PER_KPA / 100.0), golden[f"own_ch78_theta_{tension}"])


def test_noah_thresholds_of_ch78_are_what_is_stored(golden: Any, soils: Soil) -> None:
    found = thresholds(CH78(soils).retention, "noah")
    same(found.critical_point, golden["own_ch78_noah_refsmc"])
    same(found.wilting_point, golden["own_ch78_noah_wltsmc"])


def test_ch78_has_the_means_and_spread_of_ptfkit(golden: Any, soils: Soil) -> None:
    made = CH78(soils)
    same(made.retention.b, golden["ptfkit_cosby84u_mean_b"])
    same(np.log10(-100.0 * made.retention.psi_s), golden["ptfkit_cosby84u_mean_log_psi_s"])
    same(100.0 * made.retention.theta_s, golden["ptfkit_cosby84u_mean_theta_s"])
    # CLM rounds an inch per hour to 0.0070556 mm s-1.
    same(np.log10(made.retention.K_s / 7.0556e-6), golden["ptfkit_cosby84u_mean_log_k_sat"])
    same(made.spread["b"], golden["ptfkit_cosby84u_sd_b"])
    same(100.0 * made.spread["theta_s"], golden["ptfkit_cosby84u_sd_theta_s"])
    same(made.spread["log10_K_s"], golden["ptfkit_cosby84u_sd_log_k_sat"])
    assert set(made.spread) == set(CH78.spread)


def test_cosby84_is_what_is_stored_but_for_the_inch(golden: Any, soils: Soil) -> None:
    closure = COSBY84(soils).retention
    same(closure.b, golden["own_cosby84m_b"])
    same(1.0 / closure.b, golden["pedon_cosby_l"])
    for theta_s, psi_s, K_s in (
        ("own_cosby84m_theta_s", "own_cosby84m_psi_s_cm", "own_cosby84m_ks_cm_d"),
        ("pedon_cosby_theta_s", "pedon_cosby_h_b", "pedon_cosby_k_s"),
    ):
        same(closure.theta_s, golden[theta_s])
        same(-100.0 * closure.psi_s, golden[psi_s])
        # Cosby et al. give inches per hour; the stored conductivity has 25.2 mm to the inch, as JULES does.
        same(closure.K_s * 8.64e6 * (25.2 / 25.4), golden[K_s])


def test_suction_from_silt_is_the_same_line() -> None:
    closure = COSBY84(Soil(40.0, 20.0)).retention
    same(np.log10(-100.0 * closure.psi_s), 1.54 - 0.0095 * 40.0 + 0.0063 * 40.0)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_every_texture_is_finite_and_bad_ones_are_flagged(function: Any) -> None:
    sand, clay = (x.ravel() for x in np.meshgrid(np.arange(0, 101, 5.0), np.arange(0, 101, 5.0)))
    made = function(Soil(sand, clay))
    bad = sand + clay > 100.0
    outside = ~bad & ((sand < 6.0) | (sand > 92.0) | (clay < 3.0) | (clay > 58.0))
    np.testing.assert_array_equal(made.flags, np.select([bad, outside], [Flag.INVALID, Flag.OUTSIDE_RANGE], 0))
    for leaf in jax.tree_util.tree_leaves(made.retention):
        np.testing.assert_array_equal(np.isnan(leaf), bad)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
@pytest.mark.parametrize("definition", ["potential", "noah"])
def test_jax_equals_numpy_and_gradients_equal_differences(function: Any, definition: str) -> None:
    def value(x: Array) -> Array:
        found = thresholds(function(Soil(x[0], x[1])).retention, definition)
        return found.critical_point + 3.0 * found.wilting_point

    for x in (np.array([40.0, 20.0]), np.array([90.0, 5.0]), np.array([5.0, 60.0])):
        assert_allclose(float(jax.jit(value)(jax.numpy.asarray(x))), value(x), rtol=1e-13)
        gradient = np.asarray(jax.jit(jax.grad(value))(jax.numpy.asarray(x)))
        differences = [(value(x + s) - value(x - s)) / 2e-3 for s in 1e-3 * np.eye(2)]
        assert_allclose(gradient, differences, rtol=1e-6)
