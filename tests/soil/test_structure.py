"""Saturated conductivity that falls with depth."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from vadose.errors import RangeError
from vadose.soil.pedotransfer.cosby_1984 import CH78
from vadose.soil.structure import conductivity_with_depth
from vadose.soil.texture import Soil


def test_it_falls_to_1_over_e_at_half_a_metre() -> None:
    assert conductivity_with_depth(2e-6, 0.0) == 2e-6
    assert_allclose(conductivity_with_depth(2e-6, 0.5), 2e-6 / np.e, rtol=1e-15)
    assert_allclose(conductivity_with_depth(2e-6, 1.0, 2.0), 2e-6 * np.exp(-0.5), rtol=1e-15)


def test_with_ch78_it_is_eq_6_of_zhao_et_al_2025() -> None:
    K_s = CH78(Soil(40.0, 20.0)).retention.K_s
    expected = 1e-3 * 0.0070556 * 10 ** (-0.884 + 0.0153 * 40.0) * np.exp(-0.3 / 0.5)
    assert_allclose(conductivity_with_depth(K_s, 0.3), expected, rtol=1e-13)


def test_a_negative_depth_is_told_or_masked() -> None:
    with pytest.raises(RangeError, match="depth must be >= 0 m, got -0.3; it is positive downward"):
        conductivity_with_depth(2e-6, -0.3)
    with pytest.raises(RangeError, match="e_folding must be > 0 m, got 0"):
        conductivity_with_depth(2e-6, 0.3, 0.0)
    np.testing.assert_array_equal(np.isnan(conductivity_with_depth(2e-6, np.array([-0.1, 0.1]))), [True, False])


def test_jax_equals_numpy_and_the_gradient_is_the_functions_own() -> None:
    depth = np.array([0.0, 0.2, 3.0])
    plain = conductivity_with_depth(2e-6, depth)
    assert_allclose(np.asarray(jax.jit(conductivity_with_depth)(2e-6, jax.numpy.asarray(depth))), plain, rtol=1e-14)
    slope = jax.vmap(jax.grad(conductivity_with_depth, argnums=1), in_axes=(None, 0))(2e-6, jax.numpy.asarray(depth))
    assert_allclose(np.asarray(slope), -2.0 * plain, rtol=1e-14)
