"""Root profiles, soil water stress and uptake shares against Noah's and CLM's formulas."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.land.plants import THICKNESS, crop, loam_of_van_genuchten, silty_clay_loam, soil_with

from vadose.errors import RangeError
from vadose.land.roots import ClmStress, ExponentialRoots, GivenRoots, NoahStress, SsibStress, UniformRoots
from vadose.land.state import Soil

WATER = np.array([[0.15, 0.40, 0.05], [0.20, 0.40, 0.06], [0.30, 0.45, 0.07], [0.35, 0.46, 0.08]])
UPTAKE = jax.jit(lambda scheme, *a: scheme.uptake(*a))
STRESSES = [NoahStress(), ClmStress(), SsibStress()]


def test_uniform_roots_are_thickness_over_depth_and_a_cut_layer_has_its_part() -> None:
    plant = crop(3, root_depth=jnp.array([1.0, 0.55, 9.0]))
    expected = np.array([[0.1, 0.3, 0.6, 0.0], [0.1 / 0.55, 0.3 / 0.55, 0.15 / 0.55, 0.0], [0.05, 0.15, 0.3, 0.5]])
    np.testing.assert_allclose(UniformRoots().weights(plant, THICKNESS), expected.T, atol=1e-14)


def test_exponential_roots_are_zengs_cumulative_curve() -> None:
    z = np.array([0.0, 0.1, 0.4, 1.0, 2.0])
    below = 0.5 * (np.exp(-6.0 * z) + np.exp(-3.0 * z))
    layers = below[:-1] - below[1:]
    plant = crop(1)
    np.testing.assert_allclose(
        ExponentialRoots(normalised=True).weights(plant, THICKNESS)[:, 0], layers / layers.sum(), rtol=1e-12
    )
    layers[-1] += below[-1]
    np.testing.assert_allclose(ExponentialRoots().weights(plant, THICKNESS)[:, 0], layers, rtol=1e-12)


def test_given_roots_are_scaled_and_checked() -> None:
    given = GivenRoots([[2.0], [1.0], [1.0], [0.0]])
    np.testing.assert_allclose(given.weights(crop(2), THICKNESS)[:, 1], [0.5, 0.25, 0.25, 0.0])
    with pytest.raises(RangeError, match="fraction must be finite and >= 0"):
        GivenRoots([[0.5], [-0.1]])
    with pytest.raises(RangeError, match=r"must be \[layer, column\]"):
        GivenRoots([0.5, 0.5])


def test_no_roots_take_nothing() -> None:
    weights = UniformRoots().weights(crop(3, root_depth=jnp.zeros(3)), THICKNESS)
    stress, share = UPTAKE(NoahStress(), soil_with(WATER), silty_clay_loam(3), weights, THICKNESS)
    assert np.all(weights == 0.0) and np.all(stress == 0.0) and np.all(share == 0.0)


def test_noah_stress_is_linear_between_wilting_and_critical_point() -> None:
    weights = UniformRoots().weights(crop(3), THICKNESS)
    stress, share = UPTAKE(NoahStress(), soil_with(WATER), silty_clay_loam(3), weights, THICKNESS)
    factor = np.clip((WATER - 0.12) / (0.387 - 0.12), 1e-6, 1.0)
    parts = np.array([0.1, 0.3, 0.6, 0.0])[:, None] * factor
    np.testing.assert_allclose(stress, parts.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(share, parts / parts.sum(axis=0), rtol=1e-12)


def test_clm_stress_goes_from_entry_to_wilting_head() -> None:
    weights = UniformRoots().weights(crop(3), THICKNESS)
    soil = soil_with(np.tile([0.464, 0.2, 0.05], (4, 1)))
    stress, _ = UPTAKE(ClmStress(), soil, silty_clay_loam(3), weights, THICKNESS)
    psi = -0.617 * (0.2 / 0.464) ** -8.72
    # theta_s itself has head 0, which is wetter than the entry: full supply.
    np.testing.assert_allclose(stress, [1.0, max((-150.0 - psi) / (-150.0 + 0.617), 1e-6), 1e-6], rtol=1e-12)


def test_ssib_stress_is_a_power_of_the_relative_head() -> None:
    weights = UniformRoots().weights(crop(1), THICKNESS)
    stress, _ = UPTAKE(SsibStress(), soil_with(np.full((4, 1), 0.28)), silty_clay_loam(1), weights, THICKNESS)
    psi = -0.617 * (0.28 / 0.464) ** -8.72
    np.testing.assert_allclose(stress, 1.0 - (psi / -150.0) ** 5.8, rtol=1e-12)


def test_frozen_layers_give_nothing_in_clm_but_their_liquid_in_noah_mp() -> None:
    soil = Soil(jnp.array([[270.0], [280.0], [280.0], [280.0]]), jnp.full((4, 1), 0.35), jnp.zeros((4, 1)))
    weights = UniformRoots().weights(crop(1), THICKNESS)
    frozen, share = UPTAKE(ClmStress(), soil, silty_clay_loam(1), weights, THICKNESS)
    thawed, _ = UPTAKE(ClmStress(thawed_only=False), soil, silty_clay_loam(1), weights, THICKNESS)
    np.testing.assert_allclose(frozen, 0.9 * thawed, rtol=1e-5)
    assert share[0, 0] < 1e-6


@pytest.mark.parametrize("scheme", STRESSES)
def test_shares_add_up_from_saturation_to_bone_dry_in_any_closure(scheme: Any) -> None:
    water = np.tile(np.concatenate([[1e-9, 0.02, 0.078], np.linspace(0.08, 0.43, 20)]), (4, 1))
    n = water.shape[1]
    weights = ExponentialRoots().weights(crop(n), THICKNESS)
    for parameters in (silty_clay_loam(n), silty_clay_loam(n, loam_of_van_genuchten(n))):
        stress, share = UPTAKE(scheme, soil_with(water), parameters, weights, THICKNESS)
        np.testing.assert_allclose(share.sum(axis=0), 1.0, rtol=1e-14)
        assert np.all(np.diff(stress) >= -1e-15) and np.all((stress > 0.0) & (stress <= 1.0))


def test_compensation_makes_up_for_dry_layers_until_the_mean_falls_below_it() -> None:
    weights = UniformRoots().weights(crop(3), THICKNESS)
    plain, share = UPTAKE(NoahStress(), soil_with(WATER), silty_clay_loam(3), weights, THICKNESS)
    made_up, same = UPTAKE(NoahStress(compensation=0.7), soil_with(WATER), silty_clay_loam(3), weights, THICKNESS)
    np.testing.assert_allclose(made_up, np.minimum(plain / 0.7, 1.0), rtol=1e-12)
    np.testing.assert_array_equal(share, same)
