"""Wosten et al. (1999): the stored results of pedon, the published class table, gradients and bad input."""

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

from vadose.errors import DataError
from vadose.soil.pedotransfer.contract import Flag, PedotransferFunction
from vadose.soil.pedotransfer.wosten_1999 import CLASS, CONTINUOUS, FUNCTIONS
from vadose.soil.texture import Soil

BOTH = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)


def test_it_equals_pedon_where_there_is_organic_matter(vadose_data: Path) -> None:
    """The last stored soil has none, where pedon divides by 0: here organic matter is kept at 0.1 % and flagged."""
    golden = stored(vadose_data)
    found = CONTINUOUS(subsoils(golden))
    soil = found.retention
    for name, value in {
        "k_s": soil.K_s * CM_PER_DAY,
        "theta_r": soil.theta_r,
        "theta_s": soil.theta_s,
        "alpha": soil.alpha / 100.0,
        "n": soil.n,
        "m": 1.0 - 1.0 / soil.n,
        "l": soil.tau,
    }.items():
        assert relative(value, golden[f"pedon_wosten_{name}"])[:19].max() <= 1e-10, name
    assert np.array_equal(found.flags, [0] * 19 + [Flag.LIMITED | Flag.OUTSIDE_RANGE])


def test_topsoil_equals_pedon() -> None:
    pedon = pytest.importorskip("pedon.soil")
    theirs = pedon.SoilSample(sand_p=40.0, silt_p=40.0, clay_p=20.0, rho=1.4, om_p=2.0).wosten(topsoil=True)
    ours = CONTINUOUS(Soil(40.0, 20.0, 2.0 / 1.724, 1400.0, depth=0.1)).retention
    assert ours.K_s * CM_PER_DAY == pytest.approx(theirs.k_s, rel=1e-10)
    assert [ours.theta_s, ours.alpha / 100.0, ours.n, ours.tau] == pytest.approx(
        [theirs.theta_s, theirs.alpha, theirs.n, theirs.l], rel=1e-10
    )


def test_a_soil_of_unknown_depth_is_topsoil() -> None:
    soil = Soil(40.0, 20.0, 1.0, 1400.0)
    assert CONTINUOUS(soil).retention.K_s == CONTINUOUS(soil.replace(depth=0.29)).retention.K_s
    assert CONTINUOUS(soil).retention.K_s != CONTINUOUS(soil.replace(depth=0.3)).retention.K_s


@pytest.mark.parametrize(
    ("sand", "clay", "depth", "theta_s", "alpha", "n", "tau", "K_s"),
    [
        (80.0, 10.0, 0.1, 0.403, 0.0383, 1.3774, 1.25, 60.0),  # coarse topsoil
        (40.0, 20.0, 0.1, 0.439, 0.0314, 1.1804, -2.3421, 12.061),  # medium topsoil
        (5.0, 25.0, 1.0, 0.412, 0.0082, 1.2179, 0.5, 4.0),  # medium fine subsoil
        (20.0, 45.0, 1.0, 0.481, 0.0198, 1.0861, -3.7124, 8.5),  # fine subsoil
        (10.0, 70.0, 0.1, 0.614, 0.0265, 1.1033, 2.5, 15.0),  # very fine topsoil
    ],
)
def test_classes_have_the_parameters_of_table_4(
    sand: float, clay: float, depth: float, theta_s: float, alpha: float, n: float, tau: float, K_s: float
) -> None:
    soil = CLASS(Soil(sand, clay, depth=depth)).retention
    assert [soil.theta_s, soil.alpha / 100.0, soil.n, soil.tau, soil.K_s * CM_PER_DAY] == pytest.approx(
        [theta_s, alpha, n, tau, K_s], rel=1e-12
    )


def test_peat_is_the_organic_class() -> None:
    assert CLASS(Soil(40.0, 20.0, 30.0)).retention.theta_s == pytest.approx(0.766)


def test_it_says_what_is_missing() -> None:
    with pytest.raises(DataError, match="organic_carbon"):
        CONTINUOUS(Soil(40.0, 20.0))


@pytest.mark.parametrize("depth", [0.1, 0.8])
def test_gradients(depth: float) -> None:
    check_gradients(CONTINUOUS, depth=depth)


@BOTH
def test_bad_elements_are_masked(function: PedotransferFunction) -> None:
    check_arrays(function)


@BOTH
def test_extreme_soils_have_a_closure(function: PedotransferFunction) -> None:
    check_extremes(function)


@BOTH
def test_jax_equals_numpy(function: PedotransferFunction) -> None:
    check_jax(function)
