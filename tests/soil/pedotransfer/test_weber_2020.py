"""Weber et al. (2020): the stored results of ptfkit, clamping, gradients and bad input."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest
from tests.soil.pedotransfer.common_checks import (
    CM_PER_DAY,
    check_arrays,
    check_extremes,
    check_gradients,
    check_jax,
    leaves,
    relative,
    stored,
)

from vadose.soil.pedotransfer.weber_2020 import FUNCTION, from_van_genuchten
from vadose.soil.retention.brunswick import Brunswick
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.texture import Soil


def test_it_equals_ptfkit(vadose_data: Path) -> None:
    """The stored results stand on the arithmetic means of Rosetta 3 with tau = 0.5."""
    golden = stored(vadose_data)
    base = golden["rosetta3_sscbd_mean"]
    vgm = VanGenuchten(base[:, 0], base[:, 1], 100.0 * base[:, 2], base[:, 3], base[:, 4] / CM_PER_DAY, 0.5)
    soil, limited = from_van_genuchten(vgm)
    for name, value in {
        "theta_snc": soil.theta_snc,
        "theta_sc": soil.theta_sc,
        "alpha": soil.alpha / 100.0,
        "n": soil.n,
        "tau": soil.tau,
        "k_sc": soil.K_sc * CM_PER_DAY,
        "k_snc": soil.K_snc * CM_PER_DAY,
    }.items():
        assert relative(value, golden[f"ptfkit_weber2020_{name}_bw"]).max() <= 1e-10, name
    assert not np.any(limited)


def test_negative_tau_equals_ptfkit() -> None:
    ptfkit = pytest.importorskip("ptfkit.weber2020")
    theirs = ptfkit.calc_ptf_weber2020(
        theta_r_vgm=0.05, theta_s_vgm=0.43, alpha_vgm=0.01, n_vgm=1.4, tau_vgm=-1.0, k_s_vgm=30.0
    )
    ours, limited = from_van_genuchten(VanGenuchten(0.05, 0.43, 1.0, 1.4, 30.0 / CM_PER_DAY, -1.0))
    assert ours.tau == pytest.approx(float(theirs.tau_bw), rel=1e-12)
    assert not limited


def test_what_the_closure_cannot_take_is_clamped() -> None:
    ours, limited = from_van_genuchten(VanGenuchten(0.0, 0.43, 1.0, 1.4, 1e-6, -5.0))
    assert limited
    assert ours.theta_snc == 0.0
    assert -2.0 < ours.tau < -1.9


def test_it_gives_a_brunswick_closure_that_dries_out() -> None:
    found = FUNCTION(Soil(40.0, 20.0, bulk_density=1400.0))
    assert isinstance(found.retention, Brunswick)
    assert found.retention.water_content(-1e5) < 0.01
    assert 0.0 < found.wilting_point < found.critical_point < found.retention.theta_s


def test_gradients_with_respect_to_van_genuchtens_parameters() -> None:
    point = {"theta_r": 0.06, "theta_s": 0.43, "alpha": 2.0, "n": 1.4, "K_s": 3e-6, "tau": -0.5}
    jacobian = jax.jacfwd(lambda p: leaves(from_van_genuchten(VanGenuchten(**p))[0]))(
        {name: jax.numpy.asarray(value) for name, value in point.items()}
    )
    for name, value in point.items():
        step = 1e-5 * abs(value)
        above, below = (
            leaves(from_van_genuchten(VanGenuchten(**{**point, name: value + s}))[0]) for s in (step, -step)
        )
        for parameter in above:
            difference = (above[parameter] - below[parameter]) / (2.0 * step)
            floor = 1e-15 * abs(above[parameter]) / step
            slope = float(jacobian[parameter][name])
            assert abs(slope - difference) <= 1e-6 * abs(slope) + 4.0 * floor, (parameter, name)


def test_gradients() -> None:
    check_gradients(FUNCTION, ("sand", "clay", "bulk_density"))


def test_bad_elements_are_masked() -> None:
    check_arrays(FUNCTION)


def test_extreme_soils_have_a_closure() -> None:
    check_extremes(FUNCTION)


def test_jax_equals_numpy() -> None:
    check_jax(FUNCTION)
