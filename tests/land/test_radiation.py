"""Sunlight in canopies: against numerical solutions of the same equations, limits, and exact sharing of energy."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_bvp

from vadose.errors import ConfigError
from vadose.land.parameters import Vegetation
from vadose.land.radiation import (
    Radiation,
    TwoStream,
    canopy_emissivity,
    ground_albedo,
    ground_emissivity,
    split,
    sunlit_share,
)
from vadose.land.radiation_gaps import GAPS
from vadose.land.radiation_layer import two_stream_layer
from vadose.land.tables import modis_vegetation, soil_colour

COLUMNS = 4000
CLASSES = (1, 2, 4, 5, 7, 9, 10, 11, 12, 13, 16, 18)


@jax.jit
def _absorb(scheme: TwoStream, light: Any, vegetation: Vegetation, rest: dict[str, Any]) -> Radiation:
    return scheme.absorb(light, vegetation=vegetation, **rest)


def _world(seed: int = 0) -> tuple[Any, Vegetation, dict[str, Any]]:
    """Random columns with every corner among them: night, low sun, no leaves, no cover, full cover, snow on all."""
    rng = np.random.default_rng(seed)

    def some(low: float, high: float, *corners: float) -> np.ndarray:
        values = rng.uniform(low, high, COLUMNS)
        for corner in corners:
            values[rng.uniform(size=COLUMNS) < 0.1] = corner
        return values

    rest = {
        "cos_zenith": some(-0.3, 1.0, 0.0, 1.0e-9, 1.0),
        "fraction": some(0.0, 1.0, 0.0, 1.0),
        "lai": some(0.0, 8.0, 0.0, 30.0),
        "sai": some(0.0, 1.5, 0.0),
        "wet_fraction": some(0.0, 1.0, 0.0, 1.0),
        "canopy_temperature": some(210.0, 330.0, 273.15),
        "ground_direct": rng.uniform(0.0, 1.0, (2, COLUMNS)),
        "ground_diffuse": rng.uniform(0.0, 1.0, (2, COLUMNS)),
    }
    light = rng.uniform(0.0, 400.0, (2, 2, COLUMNS))
    return light, modis_vegetation(rng.choice(CLASSES, COLUMNS)), rest


def _one(
    orientation: float, reflectance: float, transmittance: float, area: float, mu: float, snow: float = 0.0
) -> Any:
    """A layer of one column whose two bands are alike, with its K."""
    band = jnp.full((2, 1), 1.0)
    layer, K = jax.jit(two_stream_layer)(
        jnp.array([orientation]),
        reflectance * band,
        transmittance * band,
        jnp.array([area]),
        jnp.array([mu]),
        jnp.array([snow]),
    )
    return layer, float(K[0])


@pytest.mark.parametrize("gap", GAPS)
def test_canopy_ground_and_sky_share_the_light_exactly(gap: str) -> None:
    light, vegetation, rest = _world()
    result = _absorb(TwoStream(gap), light, vegetation, rest)
    total = result.absorbed_canopy + result.absorbed_ground + result.reflected
    np.testing.assert_allclose(total, light.sum((0, 1)), rtol=1e-13, atol=1e-11)
    for part in jax.tree.leaves(result):
        assert np.all(np.asarray(part) >= -1e-10)
    np.testing.assert_allclose(result.sunlit_lai + result.shaded_lai, rest["lai"], rtol=1e-14)


@pytest.mark.parametrize("gap", GAPS)
def test_no_light_gives_nothing_and_no_vegetation_leaves_all_to_the_ground(gap: str) -> None:
    light, vegetation, rest = _world(1)
    night = _absorb(TwoStream(gap), 0.0 * light, vegetation, rest)
    assert all(np.all(np.asarray(x) == 0.0) for x in (night.absorbed_canopy, night.absorbed_ground, night.par))
    for nothing in ({"fraction": np.zeros(COLUMNS)}, {"lai": np.zeros(COLUMNS), "sai": np.zeros(COLUMNS)}):
        bare = _absorb(TwoStream(gap), light, vegetation, rest | nothing)
        ground = (light[0] * (1.0 - rest["ground_direct"]) + light[1] * (1.0 - rest["ground_diffuse"])).sum(0)
        np.testing.assert_allclose(bare.absorbed_canopy, 0.0, atol=1e-10)
        np.testing.assert_allclose(bare.absorbed_ground, ground, rtol=1e-12)


@pytest.mark.parametrize("mu", [0.05, 0.4, 1.0])
def test_leaves_that_scatter_nothing_dim_a_beam_by_beers_law(mu: float) -> None:
    layer, K = _one(0.0, 1e-12, 1e-12, 3.0, mu)
    assert K == pytest.approx(0.5 / mu, rel=0.02)  # leaves without a preferred direction
    assert float(layer.beam[0]) == pytest.approx(np.exp(-3.0 * K), rel=1e-12)
    np.testing.assert_allclose([layer.reflection, layer.beam_up, layer.beam_down], 0.0, atol=1e-10)


@pytest.mark.parametrize(
    ("orientation", "reflectance", "transmittance", "area", "mu"),
    [(-0.3, 0.58, 0.25, 3.0, 0.6), (0.25, 0.1, 0.05, 5.0, 0.15), (0.1, 0.45, 0.25, 0.7, 0.95)],
)
def test_the_layer_solves_sellers_equations_over_its_depth(
    orientation: float, reflectance: float, transmittance: float, area: float, mu: float
) -> None:
    layer, K = _one(orientation, reflectance, transmittance, area, mu)
    # Sellers (1985) eqs. 1, 2 and 3 as they are printed, integrated over depth.
    phi1 = 0.5 - 0.633 * orientation - 0.33 * orientation**2
    phi2 = 0.877 * (1.0 - 2.0 * phi1)
    G = phi1 + phi2 * mu
    mubar = (1.0 - phi1 / phi2 * np.log((phi1 + phi2) / phi1)) / phi2
    omega = reflectance + transmittance
    single = 0.5 * omega * G / (G + mu * phi2)
    single *= 1.0 - mu * phi1 / (G + mu * phi2) * np.log((mu * phi1 + G + mu * phi2) / (mu * phi1))
    beta0 = (1.0 + mubar * K) / (omega * mubar * K) * single
    beta = 0.5 * (omega + (reflectance - transmittance) * ((1.0 + orientation) / 2.0) ** 2) / omega

    def solve(beam: float, above: float) -> tuple[float, float]:
        def slope(depth: Any, light: Any) -> Any:
            up, down = light
            scattered = omega * mubar * K * beam * np.exp(-K * depth)
            lost = 1.0 - (1.0 - beta) * omega
            return np.stack(
                [
                    (lost * up - omega * beta * down - scattered * beta0) / mubar,
                    (-lost * down + omega * beta * up + scattered * (1.0 - beta0)) / mubar,
                ]
            )

        depth = np.linspace(0.0, area, 50)
        found = solve_bvp(slope, lambda top, base: [top[1] - above, base[0]], depth, np.zeros((2, 50)), tol=1e-9)
        assert found.success
        return float(found.sol(0.0)[0]), float(found.sol(area)[1])

    diffuse, direct = solve(0.0, 1.0), solve(1.0, 0.0)
    assert (float(layer.reflection[0, 0]), float(layer.transmission[0, 0])) == pytest.approx(diffuse, abs=1e-7)
    assert (float(layer.beam_up[0, 0]), float(layer.beam_down[0, 0])) == pytest.approx(direct, abs=1e-7)


def test_a_beam_that_fades_like_diffuse_light_is_solved_smoothly() -> None:
    orientation, reflectance, transmittance, area = 0.25, 0.1, 0.05, 3.0
    phi1 = 0.5 - 0.633 * orientation - 0.33 * orientation**2
    phi2 = 0.877 * (1.0 - 2.0 * phi1)
    mubar = (1.0 - phi1 / phi2 * np.log((phi1 + phi2) / phi1)) / phi2
    omega = reflectance + transmittance
    back = 0.5 * (omega + (reflectance - transmittance) * ((1.0 + orientation) / 2.0) ** 2)
    k = np.sqrt((1.0 - omega + back) ** 2 - back**2)
    resonant = mubar * phi1 / (k - mubar * phi2)  # mu at which mubar K = k
    values = []
    for shift in (-1e-4, -2e-5, 0.0, 1e-9, 2e-5, 1e-4):
        layer, _ = _one(orientation, reflectance, transmittance, area, resonant + shift)
        values.append((float(layer.beam_up[0, 0]), float(layer.beam_down[0, 0])))
    np.testing.assert_allclose(values, np.repeat([np.mean([values[0], values[-1]], axis=0)], 6, axis=0), atol=1e-5)


def test_direct_and_diffuse_albedo_of_the_ground_act_on_their_own_light() -> None:
    light, vegetation, rest = _world(2)
    rest |= {"ground_direct": np.zeros((2, COLUMNS)), "fraction": np.ones(COLUMNS), "ground_diffuse": 0.0 * light[0]}
    clear = np.stack([light[0], 0.0 * light[0]])
    black = _absorb(TwoStream(), clear, vegetation, rest)
    bright = _absorb(TwoStream(), clear, vegetation, rest | {"ground_diffuse": np.full((2, COLUMNS), 0.8)})
    thin = np.asarray(rest["lai"] + rest["sai"]) == 0.0
    assert thin.any()
    np.testing.assert_allclose(bright.reflected[thin], black.reflected[thin], atol=1e-9)
    assert np.all(bright.reflected[~thin] >= black.reflected[~thin])


def test_a_canopy_under_snow_reflects_more_visible_light_only_when_it_is_cold() -> None:
    light, vegetation, rest = _world(3)
    light[:, 1] = 0.0
    rest |= {"wet_fraction": np.ones(COLUMNS), "lai": np.full(COLUMNS, 4.0), "ground_direct": 0.1 + 0.0 * light[0]}
    rest |= {"ground_diffuse": rest["ground_direct"], "fraction": np.ones(COLUMNS)}
    warm = _absorb(TwoStream(), light, vegetation, rest | {"canopy_temperature": np.full(COLUMNS, 274.0)})
    cold = _absorb(TwoStream(), light, vegetation, rest | {"canopy_temperature": np.full(COLUMNS, 272.0)})
    dry = _absorb(TwoStream(), light, vegetation, rest | {"wet_fraction": np.zeros(COLUMNS)})
    np.testing.assert_array_equal(warm.reflected, dry.reflected)
    assert np.all(cold.reflected > 1.5 * warm.reflected)


def test_light_of_leaves_adds_up_to_what_leaves_absorb_of_visible_light() -> None:
    light, vegetation, rest = _world(4)
    light[:, 1] = 0.0
    result = _absorb(TwoStream(), light, vegetation, rest)
    area = rest["lai"] + rest["sai"]
    leaves = np.where(area > 0.0, rest["lai"] / np.where(area > 0.0, area, 1.0), 0.0)
    absorbed = result.par[0] * result.sunlit_lai + result.par[1] * result.shaded_lai
    np.testing.assert_allclose(absorbed, leaves * result.absorbed_canopy, atol=1e-9)
    # The same light on the leaves of the vegetated part only.
    part = _absorb(TwoStream(leaf_light="canopy"), light, vegetation, rest)
    covered = (rest["fraction"] > 0.0) & (area > 0.0)
    np.testing.assert_allclose((part.par * rest["fraction"])[:, covered], result.par[:, covered], rtol=1e-9)


def test_sunlit_share_is_one_for_few_leaves_and_the_inverse_depth_for_many() -> None:
    x = jnp.array([0.0, 1e-3, 1.0, 50.0])
    np.testing.assert_allclose(sunlit_share(x), [1.0, 0.99950017, 1.0 - np.exp(-1.0), 0.02], rtol=1e-6)


def test_crowns_hide_the_ground_at_low_sun_and_never_more_than_the_bare_part_shows() -> None:
    light, vegetation, rest = _world(5)
    light = np.stack([light[0], 0.0 * light[0]])
    n = COLUMNS
    rest |= {"fraction": np.full(n, 0.6), "lai": np.full(n, 3.0), "ground_direct": np.zeros((2, n))}
    high = _absorb(TwoStream("sun"), light, vegetation, rest | {"cos_zenith": np.full(n, 1.0)})
    low = _absorb(TwoStream("sun"), light, vegetation, rest | {"cos_zenith": np.full(n, 0.1)})
    flat = _absorb(TwoStream(), light, vegetation, rest | {"cos_zenith": np.full(n, 1.0)})
    assert np.all(low.absorbed_ground <= high.absorbed_ground)
    assert np.all(high.absorbed_ground <= flat.absorbed_ground + 1e-9)


def test_shortwave_is_split_into_four_parts() -> None:
    np.testing.assert_allclose(split(np.array([100.0]))[..., 0], [[35.0, 35.0], [15.0, 15.0]])


def test_wet_soil_is_dark_dry_soil_light_and_snow_covers_it() -> None:
    dry, saturated = soil_colour([4, 4, 4])
    parameters: Any = SimpleNamespace(albedo_dry=dry, albedo_saturated=saturated)
    moisture, cover = jnp.array([0.3, 0.2, 0.0]), jnp.zeros(3)
    snow = jnp.full((2, 3), 0.8)
    direct, diffuse = ground_albedo(parameters, moisture, cover, snow, snow)
    np.testing.assert_allclose(direct, [[0.09, 0.12, 0.18], [0.18, 0.21, 0.29]], rtol=1e-12)
    np.testing.assert_array_equal(direct, diffuse)
    direct, diffuse = ground_albedo(parameters, moisture, cover + 0.5, snow, snow - 0.2)
    np.testing.assert_allclose(direct[0], [0.445, 0.46, 0.49], rtol=1e-12)
    np.testing.assert_allclose(diffuse[0], [0.345, 0.36, 0.39], rtol=1e-12)


def test_emissivities() -> None:
    np.testing.assert_allclose(canopy_emissivity(jnp.array([0.0, 1.0]), jnp.array([0.0, 0.5])), [0.0, 1 - np.exp(-1.5)])
    np.testing.assert_allclose(ground_emissivity(jnp.array([0.0, 1.0])), [0.97, 0.95])


def test_unknown_options_are_told() -> None:
    with pytest.raises(ConfigError, match="vegetation fraction, none, sun; got 'holes'"):
        TwoStream("holes")
    with pytest.raises(ConfigError, match="leaf_light"):
        dataclasses.replace(TwoStream(), leaf_light="both")
