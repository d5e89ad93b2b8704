"""Momentum roughness and displacement of canopy and ground, with snow over both."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.land.parameters import SoilParameters, Vegetation

SNOW_ROUGHNESS = 0.002  # m; Noah-MP (He et al. 2023). CLM has 0.0024
DISPLACEMENT_RATIO = 0.65  # of the canopy's height; Noah-MP (He et al. 2023). CLM has 0.67 for trees, 0.68 below


@pytree
class SurfaceRoughness:
    """Heights of the wind profile, all [column] m.

    canopy, canopy_displacement   momentum roughness length and displacement of the vegetated part
    ground, ground_displacement   the same of the ground, under the canopy or bare
    """

    canopy: Array
    canopy_displacement: Array
    ground: Array
    ground_displacement: Array


def surface_roughness(
    vegetation: Vegetation,
    parameters: SoilParameters,
    *,
    snow_depth: Array,
    snow_cover: Array,
    snow_roughness: float = SNOW_ROUGHNESS,
    displacement_ratio: float = DISPLACEMENT_RATIO,
) -> SurfaceRoughness:
    """Roughness and displacement: ground mixed by snow cover, snow's surface the least displacement.

    snow_depth          [column] m
    snow_cover          [column] 1
    snow_roughness      m
    displacement_ratio  1, displacement of snow-free vegetation over its height
    Source: Noah-MP 5 (He et al. 2023)
    """
    return SurfaceRoughness(
        canopy=vegetation.roughness + 0.0 * snow_depth,
        canopy_displacement=jnp.maximum(displacement_ratio * vegetation.height_top, snow_depth),
        ground=parameters.roughness + snow_cover * (snow_roughness - parameters.roughness),
        ground_displacement=snow_depth,
    )
