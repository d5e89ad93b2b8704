"""Heat of precipitation: rain that goes through keeps what it brought."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np
from tests.land.plants import air_at, canopy_with

from vadose.land.interception import Throughfall
from vadose.land.precipitation_heat import ICE, WATER, AdvectedHeat, precipitation_heat

LEAF, GROUND, SKY = 290.0, 285.0, 280.0


def heat(fraction: float, drip: float, rain: float, snowfall: float = 0.0, limit: float = np.inf) -> AdvectedHeat:
    """Heat where all that falls beside the canopy and `drip` of what falls on it reaches the ground."""
    f = jnp.array([fraction])
    none = 0.0 * f
    fall = Throughfall(none, none, f * drip * rain, f * drip * snowfall, (1 - f) * rain, (1 - f) * snowfall,
                       none, none, none)  # fmt: skip
    canopy = canopy_with([0.0], [0.0], [LEAF])
    return precipitation_heat(
        air_at([SKY]), canopy, jnp.array([GROUND]), fall, fraction=f, rain=none + rain, snowfall=none + snowfall,
        limit=limit,
    )  # fmt: skip


def test_rain_that_drips_brings_to_leaves_and_ground_what_it_had_against_the_ground() -> None:
    h = heat(0.6, 1.0, rain=1e-3)
    np.testing.assert_allclose(h.canopy, 0.6 * WATER * 1e-3 * (SKY - LEAF), rtol=1e-12)
    np.testing.assert_allclose(h.ground_vegetated, WATER * 1e-3 * (LEAF - GROUND), rtol=1e-12)
    np.testing.assert_allclose(h.ground_bare, WATER * 1e-3 * (SKY - GROUND), rtol=1e-12)
    total = h.canopy + 0.6 * h.ground_vegetated + 0.4 * h.ground_bare
    np.testing.assert_allclose(total, WATER * 1e-3 * (SKY - GROUND), rtol=1e-12)


def test_snow_counts_with_the_heat_capacity_of_ice() -> None:
    h = heat(0.6, 0.5, rain=0.0, snowfall=1e-3)
    np.testing.assert_allclose(h.ground_vegetated, 0.5 * ICE * 1e-3 * (LEAF - GROUND), rtol=1e-12)


def test_without_canopy_and_without_open_ground_the_missing_part_gets_nothing() -> None:
    bare, closed = heat(0.0, 1.0, rain=1e-3), heat(1.0, 1.0, rain=1e-3)
    np.testing.assert_array_equal(bare.canopy + bare.ground_vegetated, 0.0)
    np.testing.assert_allclose(bare.ground_bare, WATER * 1e-3 * (SKY - GROUND), rtol=1e-12)
    np.testing.assert_array_equal(closed.ground_bare, 0.0)


def test_fluxes_are_limited() -> None:
    h = heat(0.6, 1.0, rain=0.1, limit=20.0)
    values = [float(getattr(h, f.name)[0]) for f in dataclasses.fields(h)]
    assert values == [-20.0, 20.0, -20.0]
