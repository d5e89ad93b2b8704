"""Hodnett and Tomasella (2002): ptfkit and the stored results of pedon, gradients and bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.soil.pedotransfer.common_checks import (
    CM_PER_DAY,
    check_arrays,
    check_extremes,
    check_gradients,
    check_jax,
    relative,
    stored,
    subsoils,
)

from vadose.constants import KPA_TO_HEAD
from vadose.soil.pedotransfer.contract import Flag
from vadose.soil.pedotransfer.hodnett_tomasella_2002 import FUNCTION
from vadose.soil.texture import Soil


def test_alpha_and_n_equal_pedon(vadose_data: Path) -> None:
    """Alpha but for the rounding of pedon's 10.1972 cm kPa-1."""
    golden = stored(vadose_data)
    soil = FUNCTION(subsoils(golden)).retention
    assert relative(soil.n, golden["pedon_hodnett_n"]).max() <= 1e-10
    assert relative(soil.alpha / 100.0 * (100.0 * KPA_TO_HEAD / 10.1972), golden["pedon_hodnett_alpha"]).max() <= 1e-10


def test_pedon_exchanges_terms_of_theta_r_and_theta_s(vadose_data: Path) -> None:
    """pedon has the terms of CEC, pH and clay of each in the other, and silt for sand: sands keep 0.23 m3 m-3."""
    golden = stored(vadose_data)
    soil = FUNCTION(subsoils(golden)).retention
    assert golden["pedon_hodnett_theta_r"][golden["sand"] >= 80.0].min() > 0.2
    assert soil.theta_r[golden["sand"] >= 80.0].max() < 0.1
    assert relative(soil.theta_s, golden["pedon_hodnett_theta_s"]).min() > 1e-3


def test_all_parameters_equal_ptfkit(vadose_data: Path) -> None:
    ptfkit = pytest.importorskip("ptfkit.hodnett2002")
    golden = stored(vadose_data)
    sand, clay = golden["sand"], golden["clay"]
    pH, cec, carbon = np.linspace(4.0, 8.0, 20), np.linspace(2.0, 40.0, 20), np.linspace(0.2, 5.0, 20)
    theirs = ptfkit.calc_ptf_hodnett2002(
        sand=sand,
        silt=100.0 - sand - clay,
        clay=clay,
        organic_carbon=carbon,
        bulk_density=golden["bd"],
        cation_exchange_capacity=cec,
        ph=pH,
    )
    ours = FUNCTION(Soil(sand, clay, carbon, 1000.0 * golden["bd"], pH=pH, cec=cec)).retention
    assert relative(ours.alpha * KPA_TO_HEAD, theirs.alpha).max() <= 1e-12
    assert relative(ours.n, theirs.n).max() <= 1e-12
    assert relative(ours.theta_s, theirs.theta_s).max() <= 1e-12
    assert relative(ours.theta_r, theirs.theta_r).max() <= 1e-12


def test_conductivity_is_that_of_cosby(vadose_data: Path) -> None:
    """The stored numbers take 25.2 mm for an inch."""
    golden = stored(vadose_data)
    K_s = FUNCTION(subsoils(golden)).retention.K_s
    assert relative(K_s * CM_PER_DAY * (25.2 / 25.4), golden["own_cosby84m_ks_cm_d"]).max() <= 1e-10


def test_ash_soils_are_out_of_range() -> None:
    assert FUNCTION(Soil(40.0, 20.0, 5.0, 700.0)).flags & Flag.OUTSIDE_RANGE


def test_gradients() -> None:
    check_gradients(FUNCTION)


def test_bad_elements_are_masked() -> None:
    check_arrays(FUNCTION)


def test_extreme_soils_have_a_closure() -> None:
    check_extremes(FUNCTION)


def test_jax_equals_numpy() -> None:
    check_jax(FUNCTION)
