"""The snow pieces against Noah-MP 5 at Bondville 1998, driven by the reference's own fluxes.

Its output has neither the layers' temperatures nor their melt, so water and depth are compared where nothing melts.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from vadose.constants import FREEZING_POINT
from vadose.land.snow.cover import NiuYang
from vadose.land.snow.fresh import fresh_density
from vadose.land.snow.pack import SnowFluxes, Snowpack
from vadose.land.state import Snow

DT = 1800.0


@pytest.fixture(scope="module")
def golden(vadose_data: Path) -> xr.Dataset:
    """Half-hourly output of the reference; row i is the end of step i, row 0 the initial state."""
    with xr.open_dataset(vadose_data / "golden" / "noahmp" / "bondville1998_A_default_30min.nc") as data:
        return data.load()


def _cover_only(swe: np.ndarray, depth: np.ndarray) -> Snow:
    none = jnp.zeros((3, swe.size))
    zero = jnp.zeros(swe.size)
    return Snow(none, none, none, none + FREEZING_POINT, jnp.asarray(depth), jnp.asarray(swe), zero, zero)


def _of(data: xr.Dataset, name: str) -> np.ndarray:
    return data[name].values.astype(float)


def _air(temperature: np.ndarray) -> SimpleNamespace:
    return SimpleNamespace(temperature=jnp.asarray(temperature))


def test_snow_cover_is_the_references(golden: xr.Dataset) -> None:
    snow = _cover_only(_of(golden, "SNEQV")[:-1], _of(golden, "SNOWH")[:-1])
    vegetation = SimpleNamespace(snow_cover_scale=0.014, snow_melt_factor=3.0)
    cover = np.asarray(NiuYang().cover(snow, vegetation))
    np.testing.assert_allclose(cover[1:], _of(golden, "FSNO")[2:], atol=2e-6)


def test_thin_cover_gains_and_loses_as_the_references(golden: xr.Dataset) -> None:
    swe, depth, ground = _of(golden, "SNEQV"), _of(golden, "SNOWH"), _of(golden, "TG")
    dry = (_of(golden, "ISNOW")[1:] == 0) & (_of(golden, "ISNOW")[:-1] == 0) & (_of(golden, "QSNBOT")[1:] >= 0)
    frozen = (ground[1:] < 272.6) & (_of(golden, "SOIL_T")[1:, 0] < 273.1) & (ground[:-1] < 272.6)
    at = np.flatnonzero(dry & frozen & (swe[:-1] > 1e-3) & (swe[1:] > 1e-3))
    assert at.size > 300
    vapour = _of(golden, "EDIR")[at + 1]
    new, fluxes = _step(golden, at + 1, _cover_only(swe[at], depth[at]), vapour)
    assert np.sqrt(np.mean((np.asarray(new.water_equivalent) - swe[at + 1]) ** 2)) < 5e-5
    assert np.sqrt(np.mean((np.asarray(new.depth) - depth[at + 1]) ** 2)) < 5e-6


def _step(golden: xr.Dataset, row: np.ndarray, snow: Snow, vapour: np.ndarray) -> tuple[Snow, SnowFluxes]:
    air = _air(_of(golden, "FORCTLSM")[row])
    return STEP(
        snow,
        snowfall=jnp.asarray(_of(golden, "QSNOW")[row]),
        rain=jnp.asarray(_of(golden, "QRAIN")[row]),
        density=fresh_density(air),
        sublimation=jnp.maximum(jnp.asarray(vapour), 0.0),
        frost=jnp.maximum(-jnp.asarray(vapour), 0.0),
        air_temperature=air.temperature,
        dt=DT,
    )


STEP = jax.jit(Snowpack(3).step)


def test_cold_snowfall_of_december_builds_the_references_layers(golden: xr.Dataset) -> None:
    first, last = 17420, 17472
    swe, depth, ground = _of(golden, "SNEQV"), _of(golden, "SNOWH"), _of(golden, "TG")
    soil = _of(golden, "SOIL_T")[:, 0]
    assert ground[first : last + 1].max() < 264.0
    snow = _cover_only(swe[first - 1 : first], depth[first - 1 : first])
    got = []
    for i in range(first, last + 1):
        # the layers' temperatures are not in the output: on the line from the ground surface to the top soil layer
        h = np.asarray(snow.thickness)
        middle = np.cumsum(h, axis=0) - 0.5 * h
        line = ground[i] + (soil[i] - ground[i]) * middle / (h.sum(axis=0) + 0.05)
        warmth = jnp.asarray(np.where(h > 0, np.minimum(line, FREEZING_POINT), FREEZING_POINT))
        snow = replace(snow, temperature=warmth)
        snow, _ = _step(golden, np.array([i]), snow, _of(golden, "EDIR")[i : i + 1])
        got.append((float(snow.water_equivalent[0]), float(snow.depth[0]), int((snow.thickness > 0).sum())))
    model = np.array(got)
    there = slice(first, last + 1)
    assert np.sqrt(np.mean((model[:, 0] - swe[there]) ** 2)) < 1e-3
    assert np.sqrt(np.mean((model[:, 1] - depth[there]) ** 2)) < 0.002
    np.testing.assert_array_equal(model[:, 2], -_of(golden, "ISNOW")[there])
