"""Weynants et al. (2009): the stored results of pedon, what the erratum changes, gradients and bad input."""

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

from vadose.soil.pedotransfer.weynants_2009 import CORRECTED, FUNCTION, PRINTED, predict
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.texture import Soil


def test_the_printed_coefficients_equal_pedon(vadose_data: Path) -> None:
    golden = stored(vadose_data)
    soil = predict(subsoils(golden), PRINTED).retention
    assert isinstance(soil, VanGenuchten)
    for name, value in {
        "k_s": soil.K_s * CM_PER_DAY,
        "theta_r": soil.theta_r,
        "theta_s": soil.theta_s,
        "alpha": soil.alpha / 100.0,
        "n": soil.n,
        "m": 1.0 - 1.0 / soil.n,
        "l": soil.tau,
    }.items():
        assert relative(value, golden[f"pedon_weynants_{name}"]).max() <= 1e-10, name


def test_the_erratum_raises_n_of_sands_and_rounds_the_rest(vadose_data: Path) -> None:
    golden = stored(vadose_data)
    soil = FUNCTION(subsoils(golden)).retention
    sandy = golden["sand"] > 75.0
    ratio = (soil.n - 1.0) / (golden["pedon_weynants_n"] - 1.0)
    assert ratio[sandy].min() > 1.2
    assert relative(soil.theta_s, golden["pedon_weynants_theta_s"]).max() < 3e-3
    assert relative(soil.K_s * CM_PER_DAY, golden["pedon_weynants_k_s"]).max() < 5e-3


def test_both_editions_differ_in_no_digit_that_was_printed_but_one() -> None:
    """Every coefficient rounds to the printed one at four decimals."""
    for printed, corrected in zip(PRINTED, CORRECTED, strict=True):
        assert np.allclose(np.round(corrected, 4), printed, rtol=0.0, atol=1e-12)


def test_a_loam_has_the_parameters_of_the_equations() -> None:
    """Worked by hand: clay 20 %, sand 40 %, carbon 1 %, 1.5 g cm-3."""
    soil = FUNCTION(Soil(40.0, 20.0, 1.0, 1500.0)).retention
    assert soil.theta_s == pytest.approx(0.6355365504 + 0.025615226 - 0.24463651065, rel=1e-12)
    assert soil.tau == pytest.approx(-1.8641969563 - 2.634726834 + 0.268330024, rel=1e-12)
    assert soil.theta_r == 0.0


def test_gradients() -> None:
    check_gradients(FUNCTION)


def test_bad_elements_are_masked() -> None:
    check_arrays(FUNCTION)


def test_extreme_soils_have_a_closure() -> None:
    check_extremes(FUNCTION)


def test_jax_equals_numpy() -> None:
    check_jax(FUNCTION)
