"""Leaf and stem area by month and under snow."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from tests.land.plants import LAI, SAI, crop, day_of

from vadose.land.phenology import GivenLeaves, MonthlyLeaves

LEAVES = jax.jit(lambda scheme, *a: scheme.leaves(*a))


def test_mid_months_have_their_values_and_between_them_it_is_linear() -> None:
    t = np.arange(12) + 0.5
    plant = crop(12)
    lai, sai, fraction = LEAVES(MonthlyLeaves(), plant, day_of(t / 12.0), jnp.zeros(12))
    np.testing.assert_allclose(lai, LAI, atol=1e-12)
    np.testing.assert_allclose(sai, SAI, rtol=1e-12)
    np.testing.assert_array_equal(fraction, 0.96)
    t = np.linspace(0.0, 12.0, 12)
    lai, sai, _ = LEAVES(MonthlyLeaves(), plant, day_of(t / 12.0), jnp.zeros(12))
    around = np.concatenate([[-0.5], np.arange(12) + 0.5, [12.5]])
    curve = np.interp(t, around, [LAI[-1], *LAI, LAI[0]])
    np.testing.assert_allclose(lai, np.where(curve < 0.05, 0.0, curve), atol=1e-12)
    np.testing.assert_allclose(sai, np.interp(t, around, [SAI[-1], *SAI, SAI[0]]), rtol=1e-12)


def test_tall_canopies_are_buried_from_below_and_low_ones_bend() -> None:
    depth = np.array([0.0, 0.1, 0.575, 1.05, 2.5])
    lai, sai, fraction = LEAVES(MonthlyLeaves(), crop(5), day_of(np.full(5, 6.5 / 12.0)), jnp.asarray(depth))
    free = np.array([1.0, 1.0, 0.75, 0.5, 0.0])
    np.testing.assert_allclose(lai, 3.0 * free, rtol=1e-12)
    np.testing.assert_allclose(sai, 0.4 * free, rtol=1e-12)
    np.testing.assert_array_equal(fraction, [0.96, 0.96, 0.96, 0.96, 0.0])
    low = crop(5, height_top=jnp.full(5, 0.5), height_bottom=jnp.full(5, 0.01))
    lai, _, _ = LEAVES(MonthlyLeaves(), low, day_of(np.full(5, 6.5 / 12.0)), jnp.asarray([0.0, 0.05, 0.1, 0.2, 40.0]))
    shallow = np.array([0.0, 0.05, 0.1])
    np.testing.assert_allclose(lai[:3], 3.0 * (1.0 - shallow / (0.5 * np.exp(-shallow / 0.2))), rtol=1e-12)
    np.testing.assert_array_equal(lai[3:], 0.0)


def test_given_leaf_area_replaces_the_months_where_it_is_finite() -> None:
    given = np.array([4.0, np.nan, 0.04, 0.0, 1.0])
    forcing = day_of(np.full(5, 6.5 / 12.0), given)
    lai, sai, _ = LEAVES(GivenLeaves(), crop(5), forcing, jnp.zeros(5))
    np.testing.assert_allclose(lai, [4.0, 3.0, 0.0, 0.0, 1.0], rtol=1e-12)
    np.testing.assert_allclose(sai, 0.4, rtol=1e-12)
    lai, sai, fraction = LEAVES(GivenLeaves(stems_from_leaves=True), crop(5), forcing, jnp.zeros(5))
    np.testing.assert_allclose(sai, [0.4, 0.3, 0.0, 0.0, 0.1], rtol=1e-12)
    np.testing.assert_array_equal(fraction, [0.96, 0.96, 0.0, 0.0, 0.96])


def test_cover_from_leaves() -> None:
    forcing = day_of(np.full(3, 6.5 / 12.0))
    barren = jnp.array([0.96, 0.0, 0.96])
    _, _, fraction = LEAVES(
        MonthlyLeaves(fraction_from_leaves=True), crop(3, fraction=barren), forcing, jnp.array([0.0, 0.0, 5.0])
    )
    np.testing.assert_allclose(fraction, [1.0 - np.exp(-0.52 * 3.4), 0.0, 0.0], rtol=1e-12)
