"""Vereecken et al. (1989, 1990): the stored results of pedon, Gardner's curve, gradients and bad input."""

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

from vadose.soil.pedotransfer.contract import Flag
from vadose.soil.pedotransfer.vereecken_1989 import FUNCTION
from vadose.soil.texture import Soil


def test_it_equals_pedon(vadose_data: Path) -> None:
    """But for K_s of the last soil, which has no carbon: pedon gives infinity, here carbon is kept at 0.01 %."""
    golden = stored(vadose_data)
    found = FUNCTION(subsoils(golden))
    soil = found.retention
    for name, value in {
        "theta_r": soil.theta_r,
        "theta_s": soil.theta_s,
        "alpha": soil.alpha / 100.0,
        "n": soil.n,
        "m": soil.m,
    }.items():
        assert relative(value, golden[f"pedon_vereecken_{name}"]).max() <= 1e-10, name
    assert relative(soil.K_s * CM_PER_DAY, golden["pedon_vereecken_k_s"])[:19].max() <= 1e-10
    assert np.isinf(golden["pedon_vereecken_k_s"][19])
    assert np.isfinite(soil.K_s[19])
    assert found.flags[19] == Flag.LIMITED | Flag.OUTSIDE_RANGE


def test_it_equals_ptfkit() -> None:
    ptfkit = pytest.importorskip("ptfkit.vereecken1989")
    theirs = ptfkit.calc_ptf_vereecken1989(sand=30.0, clay=25.0, carbon=0.8, bulk_density=1.55)
    ours = FUNCTION(Soil(30.0, 25.0, 0.8, 1550.0)).retention
    assert [ours.theta_r, ours.theta_s, ours.alpha / 100.0, ours.n] == pytest.approx(
        [theirs.theta_r, theirs.theta_s, theirs.alpha, theirs.n], rel=1e-12
    )


def test_conductivity_is_gardners() -> None:
    soil = FUNCTION(Soil(30.0, 25.0, 0.8, 1550.0)).retention
    b = np.exp(-0.73 - 0.01877 * 30.0 + 0.058 * 25.0)
    N = np.exp(1.186 - 0.194 * np.log(25.0) - 0.0489 * np.log(45.0))
    h = np.array([1.0, 30.0, 1000.0])  # cm
    assert np.allclose(soil.conductivity(-h / 100.0), soil.K_s / (1.0 + (b * h) ** N), rtol=1e-12)


def test_gradients() -> None:
    check_gradients(FUNCTION)


def test_bad_elements_are_masked() -> None:
    check_arrays(FUNCTION)


def test_extreme_soils_have_a_closure() -> None:
    check_extremes(FUNCTION)


def test_jax_equals_numpy() -> None:
    check_jax(FUNCTION)
