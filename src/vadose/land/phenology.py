"""Leaf and stem area through the year, what snow leaves of it, and the fraction that vegetation covers."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.land.air import Forcing
from vadose.land.parameters import Vegetation

LEAST_INDEX = 0.05  # m2 m-2, of leaves or of stems below which there are none; Noah-MP (He et al. 2023)
LEAST_FRACTION = 0.05  # of the cell, where there is vegetation at all; Noah-MP (He et al. 2023)
LOW = 1.0  # m, height up to which vegetation bends under snow
BENDING_DEPTH = 0.2  # m, of snow that buries it by e; Noah-MP (He et al. 2023)
COVER_EXTINCTION = 0.52  # of fraction = 1 - e^(-k (LAI + SAI)); Niu et al. (2011)


@pytree
class MonthlyLeaves:
    """Leaf and stem area from the vegetation's months, linear between mid-months.

    fraction_from_leaves   False: fraction as the vegetation has it; True: 1 - e^(-0.52 (LAI + SAI))
    Source: Niu et al. (2011); He et al. (2023), Noah-MP 5 technical note
    """

    fraction_from_leaves: bool = static(False)

    def leaves(self, vegetation: Vegetation, forcing: Forcing, snow_depth: Array) -> tuple[Array, Array, Array]:
        """LAI and SAI above the snow, m2 m-2, and the fraction that vegetation covers, all [column].

        forcing.year_fraction   [column] 1   0 on 1 January, the month of 1/12 of the year each
        snow_depth              [column] m
        """
        lai, sai = _monthly(vegetation, forcing.year_fraction)
        return above_snow(vegetation, lai, sai, snow_depth, self.fraction_from_leaves)


@pytree
class GivenLeaves:
    """Leaf area from the forcing where it is finite, else from the months; stems from the months or from the leaves.

    fraction_from_leaves   as in `MonthlyLeaves`
    stems_from_leaves      False: SAI of the months; True: a tenth of LAI, at least 0.05, none without leaves
    Source: Niu et al. (2011); He et al. (2023), Noah-MP 5 technical note
    """

    fraction_from_leaves: bool = static(False)
    stems_from_leaves: bool = static(False)

    def leaves(self, vegetation: Vegetation, forcing: Forcing, snow_depth: Array) -> tuple[Array, Array, Array]:
        """LAI and SAI above the snow, m2 m-2, and the fraction that vegetation covers, all [column].

        forcing.lai             [column] m2 m-2   NaN where the months hold
        forcing.year_fraction   [column] 1        snow_depth [column] m
        """
        lai, sai = _monthly(vegetation, forcing.year_fraction)
        given = jnp.isfinite(forcing.lai)
        lai = jnp.where(given, jnp.where(given, forcing.lai, 0.0), lai)
        if self.stems_from_leaves:
            sai = jnp.where(lai < LEAST_INDEX, 0.0, jnp.maximum(0.1 * lai, LEAST_INDEX))
        return above_snow(vegetation, lai, sai, snow_depth, self.fraction_from_leaves)


def above_snow(
    vegetation: Vegetation, lai: Array, sai: Array, snow_depth: Array, fraction_from_leaves: bool = False
) -> tuple[Array, Array, Array]:
    """What snow of depth `snow_depth`, m, leaves of LAI and SAI, m2 m-2, and the covered fraction, all [column].

    Tall canopies are buried from their lower to their upper edge, low ones bend: buried = D / (h e^(-D / 0.2)).
    Traces of leaves or stems count as none; where nothing is left the fraction is 0.
    Source: He et al. (2023), Noah-MP 5 technical note
    """
    lai, sai = _without_traces(lai, sai)
    top, bottom = vegetation.height_top, vegetation.height_bottom
    crown = jnp.maximum(top - bottom, 1e-6)
    buried = jnp.clip((snow_depth - bottom) / crown, 0.0, 1.0)
    # Ten times the bending depth buries all that is low: no need for larger exponentials.
    bent = snow_depth * jnp.exp(jnp.clip(snow_depth, 0.0, 2.0) / BENDING_DEPTH)
    low = (top > 0.0) & (top <= LOW)
    buried = jnp.where(low, jnp.minimum(bent / jnp.where(low, top, 1.0), 1.0), buried)
    fraction = vegetation.fraction
    if fraction_from_leaves:
        fraction = jnp.where(fraction > 0.0, -jnp.expm1(-COVER_EXTINCTION * (lai + sai)), 0.0)
    lai, sai = _without_traces(lai * (1.0 - buried), sai * (1.0 - buried))
    there = (lai + sai > 0.0) & (fraction > 0.0)
    fraction = jnp.where(there, jnp.maximum(fraction, LEAST_FRACTION), 0.0)
    return lai, sai, fraction


def _monthly(vegetation: Vegetation, year_fraction: Array) -> tuple[Array, Array]:
    """LAI and SAI between mid-months: weights max(0, 1 - |months to mid-month|), so that nothing is looked up."""
    month = jnp.arange(12.0)[:, None] + 0.5
    apart = 12.0 * year_fraction[None] - month
    apart = apart - 12.0 * jnp.round(apart / 12.0)
    weight = jnp.maximum(1.0 - jnp.abs(apart), 0.0)
    return jnp.sum(weight * vegetation.lai, axis=0), jnp.sum(weight * vegetation.sai, axis=0)


def _without_traces(lai: Array, sai: Array) -> tuple[Array, Array]:
    sai = jnp.where(sai < LEAST_INDEX, 0.0, sai)
    return jnp.where((lai < LEAST_INDEX) | (sai == 0.0), 0.0, lai), sai
