"""Rawls and Brakensiek (1985): the stored results of pedon, gradients and bad input."""

from __future__ import annotations

from pathlib import Path

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

from vadose.soil.pedotransfer.contract import Flag
from vadose.soil.pedotransfer.rawls_brakensiek_1985 import FUNCTION
from vadose.soil.texture import Soil


def test_it_equals_pedon(vadose_data: Path) -> None:
    golden = stored(vadose_data)
    soil = FUNCTION(subsoils(golden)).retention
    for name, value in {
        "k_s": soil.K_s * CM_PER_DAY,
        "theta_r": soil.theta_r,
        "theta_s": soil.theta_s,
        "h_b": -100.0 * soil.psi_b,
        "l": soil.lambda_,
    }.items():
        assert relative(value, golden[f"pedon_rawls_{name}"]).max() <= 1e-10, name


def test_theta_s_is_the_porosity() -> None:
    assert FUNCTION(Soil(40.0, 20.0, bulk_density=1325.0)).retention.theta_s == pytest.approx(0.5, rel=1e-14)


def test_sands_and_heavy_clays_are_out_of_range() -> None:
    assert FUNCTION(Soil(85.0, 6.0, bulk_density=1500.0)).flags & Flag.OUTSIDE_RANGE
    assert FUNCTION(Soil(10.0, 70.0, bulk_density=1300.0)).flags & Flag.OUTSIDE_RANGE
    assert FUNCTION(Soil(40.0, 20.0, bulk_density=1400.0)).flags == 0


def test_gradients() -> None:
    check_gradients(FUNCTION, ("sand", "clay", "bulk_density"))


def test_bad_elements_are_masked() -> None:
    check_arrays(FUNCTION)


def test_extreme_soils_have_a_closure() -> None:
    check_extremes(FUNCTION)


def test_jax_equals_numpy() -> None:
    check_jax(FUNCTION)
