"""Toth et al. (2015): the stored results of pedon, the tree of K_s, the class table, gradients and bad input."""

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

from vadose.soil.pedotransfer.contract import PedotransferFunction
from vadose.soil.pedotransfer.toth_2015 import CLASS, CONTINUOUS, FUNCTIONS
from vadose.soil.texture import Soil

BOTH = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)


def test_it_equals_pedon(vadose_data: Path) -> None:
    golden = stored(vadose_data)
    soil = CONTINUOUS(subsoils(golden)).retention
    for name, value in {
        "k_s": soil.K_s * CM_PER_DAY,
        "theta_r": soil.theta_r,
        "theta_s": soil.theta_s,
        "alpha": soil.alpha / 100.0,
        "n": soil.n,
        "m": 1.0 - 1.0 / soil.n,
        "l": soil.tau,
    }.items():
        assert relative(value, golden[f"pedon_toth_{name}"]).max() <= 1e-10, name


@pytest.mark.parametrize("above", [True, False])
def test_every_leaf_of_the_tree_is_that_of_pedon(above: bool) -> None:
    pedon = pytest.importorskip("pedon.soil")
    random = np.random.default_rng(3)
    parts = random.dirichlet([0.7, 0.7, 0.7], 300) * 100.0
    # Half of the soils lie in the thin slices of carbon where the tree splits.
    carbon = np.concatenate([random.uniform(0.0, 3.0, 150), random.choice([0.05, 0.405, 0.965, 1.53, 2.095], 150)])
    density = random.uniform(1.0, 1.7, 300)
    ours = CONTINUOUS(Soil(parts[:, 0], parts[:, 1], carbon, 1000.0 * density, depth=0.1 if above else 1.0)).retention
    for i in range(300):
        sample = pedon.SoilSample(
            sand_p=parts[i, 0],
            clay_p=parts[i, 1],
            silt_p=100.0 - parts[i, :2].sum(),
            rho=density[i],
            om_p=1.724 * carbon[i],
        )
        theirs = sample.toth(topsoil=above)
        assert ours.K_s[i] * CM_PER_DAY == pytest.approx(theirs.k_s, rel=1e-10)
        assert ours.theta_r[i] == theirs.theta_r
        assert ours.alpha[i] / 100.0 == pytest.approx(theirs.alpha, rel=1e-10)


@pytest.mark.parametrize(
    ("sand", "clay", "depth", "theta_s", "n", "K_s"),
    [
        (80.0, 10.0, 0.1, 0.438405, 1.344681, 17.303220),
        (5.0, 25.0, 0.1, 0.432268, 1.211927, 1.676205),
        (20.0, 45.0, 1.0, 0.430075, 1.229015, 0.068566),
    ],
)
def test_classes_have_the_published_parameters(
    sand: float, clay: float, depth: float, theta_s: float, n: float, K_s: float
) -> None:
    soil = CLASS(Soil(sand, clay, depth=depth)).retention
    assert [soil.theta_s, soil.n, soil.K_s * CM_PER_DAY] == pytest.approx([theta_s, n, K_s], rel=1e-12)


def test_spread_is_told_with_its_unit() -> None:
    found = CONTINUOUS(Soil(np.array([40.0, 60.0]), np.array([20.0, 10.0]), 1.0, 1400.0))
    assert found.spread.keys() == CONTINUOUS.spread.keys()
    assert all(value.shape == (2,) for value in found.spread.values())


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
