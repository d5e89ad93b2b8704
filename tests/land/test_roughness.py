"""Roughness and displacement with snow, by the numbers of the source."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np

from vadose.land.roughness import surface_roughness
from vadose.land.tables import modis_vegetation


def test_snow_buries_the_displacement_of_vegetation_and_smooths_the_ground() -> None:
    vegetation = modis_vegetation(["cropland"] * 3)
    soil: Any = SimpleNamespace(roughness=np.full(3, 0.01))
    depth, cover = jnp.array([0.0, 0.3, 1.6]), jnp.array([0.0, 0.5, 1.0])
    r = surface_roughness(vegetation, soil, snow_depth=depth, snow_cover=cover)
    np.testing.assert_allclose(r.canopy, 0.15)
    np.testing.assert_allclose(r.canopy_displacement, [1.3, 1.3, 1.6])
    np.testing.assert_allclose(r.ground, [0.01, 0.006, 0.002])
    np.testing.assert_allclose(r.ground_displacement, depth)


def test_clm_ratios_are_arguments() -> None:
    vegetation = modis_vegetation([1])
    soil: Any = SimpleNamespace(roughness=np.array([0.01]))
    one = jnp.ones(1)
    r = surface_roughness(
        vegetation, soil, snow_depth=0.1 * one, snow_cover=one, snow_roughness=0.0024, displacement_ratio=0.67
    )
    np.testing.assert_allclose(r.ground, 0.0024)
    np.testing.assert_allclose(r.canopy_displacement, 13.4)
