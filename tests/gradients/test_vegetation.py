"""Gradients of the vegetation's water processes: equal to central differences, and finite in every corner."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.land.plants import (
    THICKNESS,
    air_at,
    canopy_with,
    crop,
    day_of,
    loam_of_van_genuchten,
    silty_clay_loam,
    soil_with,
)

from vadose.arrays import Array
from vadose.land.evaporation import Clm35, SakaguchiZeng, Sellers, SwensonLawrence
from vadose.land.interception import ClmInterception, Interception
from vadose.land.phenology import MonthlyLeaves
from vadose.land.precipitation_heat import precipitation_heat
from vadose.land.roots import ClmStress, ExponentialRoots, NoahStress, SsibStress, UniformRoots
from vadose.land.state import Soil
from vadose.land.stomata import BallBerry, Jarvis, Medlyn

Graded = Callable[..., tuple[Array, tuple[Array, ...]]]


def graded(f: Callable[..., Array], count: int) -> Graded:
    """The sum of f of so many arguments and its gradients, one program for all that a test asks."""
    return jax.jit(jax.value_and_grad(lambda *a: jnp.sum(f(*a)), argnums=tuple(range(count))))


def check(f: Graded, *arguments: Array, rtol: float = 1e-6) -> None:
    """Reverse mode of f against central differences, each argument moved as a whole by its own pattern."""
    value, gradients = f(*arguments)
    rng = np.random.default_rng(0)
    for i, (x, g) in enumerate(zip(arguments, gradients, strict=True)):
        assert np.all(np.isfinite(g)), f"argument {i}"
        way = np.asarray(x) * rng.uniform(0.5, 1.5, np.shape(x))
        h = 1e-6
        high, low = (f(*arguments[:i], x + s * h * way, *arguments[i + 1 :])[0] for s in (1.0, -1.0))
        slope, expected = float(jnp.sum(g * way)), float(high - low) / (2.0 * h)
        scale = max(abs(expected), 1e-4 * abs(float(value)), 1e-12)
        assert abs(slope - expected) < rtol * scale, f"argument {i}: {slope} against {expected}"


def leaf_weather(n: int) -> tuple[Array, ...]:
    T = np.linspace(283.0, 308.0, n)
    saturation = 611.0 * np.exp(17.3 * (T - 273.15) / (T - 36.0))
    par = np.stack([np.linspace(30.0, 200.0, n), np.linspace(5.0, 60.0, n)])
    return tuple(jnp.asarray(x) for x in (par, T, 0.6 * saturation, saturation, np.linspace(20.0, 90.0, n)))


def c3_and_c4(n: int) -> Any:
    """Every other column of the other pathway."""
    plant = crop(n)
    pathway = jnp.arange(n) % 2 * 1.0
    return dataclasses.replace(plant, photosynthesis=dataclasses.replace(plant.photosynthesis, c3=pathway))


def leaf(scheme: Any, plant: Any) -> Callable[..., Array]:
    """Conductance and photosynthesis as a function of light, temperature, vapour, boundary layer, stress and Vcmax."""

    def f(par: Array, T: Array, e: Array, es: Array, rb: Array, stress: Array, vcmax: Array, slope: Array) -> Array:
        physiology = dataclasses.replace(
            plant.photosynthesis, vcmax25=vcmax, slope=slope, medlyn_slope=slope, medlyn_minimum=50.0 * slope
        )
        r, A = scheme.resistance(
            dataclasses.replace(plant, photosynthesis=physiology), par=par, leaf_temperature=T, vapour_pressure=e,
            saturation=es, boundary_resistance=rb, air=air_at(T), co2_pressure=0.0 * T + 39.5,
            o2_pressure=0.0 * T + 20900.0, stress=stress, growing=(T > 273.0) * 1.0,
        )  # fmt: skip
        return 1000.0 / r + 0.1 * A

    return f


@pytest.fixture(scope="module", params=[BallBerry(), Medlyn(), Jarvis()], ids=lambda scheme: type(scheme).__name__)
def graded_leaf(request: pytest.FixtureRequest) -> Graded:
    """Twelve leaves."""
    return graded(leaf(request.param, c3_and_c4(12)), 8)


def test_stomata(graded_leaf: Graded) -> None:
    n = 12
    one = jnp.ones(n)
    check(graded_leaf, *leaf_weather(n), jnp.linspace(0.3, 1.0, n), 70.0 * one, 8.0 * one)


def test_stomata_at_night_in_drought_and_frost(graded_leaf: Graded) -> None:
    n = 12
    par, T, e, es, rb = leaf_weather(n)
    one = jnp.ones(n)
    for changed in ((0.0 * par, T, one), (par, T, 0.0 * one), (par, T - 40.0, one), (0.0 * par, T, 0.0 * one)):
        for vapour in (e, es, 1.5 * es):
            gradients = graded_leaf(changed[0], changed[1], vapour, es, rb, changed[2], 70.0 * one, 8.0 * one)[1]
            assert all(np.all(np.isfinite(g)) for g in gradients)


@pytest.mark.parametrize("roots", [UniformRoots(), ExponentialRoots()])
@pytest.mark.parametrize("scheme", [NoahStress(compensation=1.3), ClmStress(wilting=-151.3), SsibStress()])
def test_uptake(scheme: Any, roots: Any) -> None:
    n = 5
    theta = jnp.asarray(np.linspace(0.2, 0.34, 4 * n).reshape(4, n))
    layer = jnp.array([1.0, 3.0, 0.5, 2.0])[:, None]

    def f(liquid: Array, depth: Array, a: Array, theta_s: Array) -> Array:
        parameters = silty_clay_loam(n)
        parameters = dataclasses.replace(
            parameters, retention=dataclasses.replace(parameters.retention, theta_s=theta_s)
        )
        plant = crop(n, root_depth=depth, root_a=a)
        stress, share = scheme.uptake(soil_with(liquid), parameters, roots.weights(plant, THICKNESS), THICKNESS)
        return jnp.sum(share * layer, axis=0) * stress

    check(graded(f, 4), theta, jnp.linspace(0.5, 0.95, n), jnp.linspace(4.0, 8.0, n), jnp.full((4, n), 0.464))


@pytest.mark.parametrize("scheme", [NoahStress(), ClmStress(), SsibStress()])
def test_uptake_in_bone_dry_and_saturated_soil(scheme: Any) -> None:
    theta = jnp.tile(jnp.array([0.0, 0.005, 0.078, 0.12, 0.387, 0.43, 0.464]), (4, 1))
    n = theta.shape[1]
    for parameters in (silty_clay_loam(n), silty_clay_loam(n, loam_of_van_genuchten(n))):
        weights = UniformRoots().weights(crop(n), THICKNESS)

        def f(liquid: Array, parameters: Any = parameters, weights: Array = weights) -> Array:
            stress, share = scheme.uptake(soil_with(liquid), parameters, weights, THICKNESS)
            return jnp.sum(stress) + jnp.sum(share * THICKNESS)

        assert np.all(np.isfinite(jax.jit(jax.grad(f))(theta)))


@pytest.mark.parametrize("snow", [0.0, 0.4])
@pytest.mark.parametrize("scheme", [SakaguchiZeng(), SakaguchiZeng(snow_resistance=50.0), Sellers(), Clm35(),
                                    SwensonLawrence()])  # fmt: skip
def test_soil_resistance(scheme: Any, snow: float) -> None:
    n = 8

    def f(liquid: Array, T: Array, b: Array) -> Array:
        parameters = silty_clay_loam(n)
        parameters = dataclasses.replace(parameters, retention=dataclasses.replace(parameters.retention, b=b))
        r, h = scheme.resistance(
            soil_with(liquid), parameters, THICKNESS, snow_cover=jnp.full(n, snow), air=air_at(T), ground_temperature=T
        )
        return 1e-3 * r + h

    wet = jnp.asarray(np.tile(np.linspace(0.13, 0.36, n), (4, 1)))
    both = graded(f, 3)
    check(both, wet, jnp.linspace(275.0, 300.0, n), jnp.full((4, n), 8.7))
    corners = jnp.tile(jnp.array([0.0, 1e-9, 0.0046, 0.01, 0.0464, 0.3712, 0.464, 0.464]), (4, 1))
    gradients = both(corners, jnp.full(n, 260.0), jnp.full((4, n), 8.7))[1]
    assert all(np.all(np.isfinite(g)) for g in gradients)


@pytest.mark.parametrize("scheme", [Interception(overflow=0.5), ClmInterception()])
def test_canopy_water(scheme: Any) -> None:
    n = 6
    none = jnp.zeros(n)

    def f(liquid: Array, ice: Array, T: Array, rain: Array, lai: Array, fraction: Array, evaporation: Array) -> Array:
        canopy = canopy_with(liquid, ice, T)
        plant = crop(n)
        air = air_at(T - 2.0)
        after, fall = scheme.intercept(
            canopy, plant, fraction=fraction, lai=lai, sai=0.1 * lai, rain=rain, snowfall=0.3 * rain, air=air,
            snow_density=100.0 + none, dt=1800.0,
        )  # fmt: skip
        heat = precipitation_heat(air, canopy, T - 5.0, fall, fraction=fraction, rain=rain, snowfall=0.3 * rain)
        after, wet, change = scheme.update(
            after, evaporation=evaporation, throughfall=fall, heat_capacity=4e3 * lai, dt=1800.0
        )
        water = after.liquid + 2.0 * after.ice + 1e3 * (fall.rain + 3.0 * fall.snowfall + change.melt + change.unmet)
        return water + wet + 0.1 * after.temperature + fall.wet_fraction + 0.1 * heat.canopy + heat.ground_bare

    T = jnp.array([260.0, 268.0, 272.0, 275.0, 283.0, 295.0])
    lai, fraction = jnp.linspace(0.5, 4.0, n), jnp.linspace(0.3, 0.9, n)
    rain, out = jnp.linspace(1e-5, 1e-3, n), jnp.linspace(1e-6, 3e-5, n)
    both = graded(f, 7)
    check(both, jnp.linspace(0.05, 0.1, n), jnp.linspace(0.1, 0.6, n), T, rain, lai, fraction, out)
    for water in (none, none + 0.2):
        for leaf_area in (none, lai):
            for cover in (none, fraction, none + 1.0):
                for falling in (none, rain):
                    found = both(water, water, T, falling, leaf_area, cover, -out)[1]
                    assert all(np.all(np.isfinite(g)) for g in found)


def test_leaf_area_under_snow() -> None:
    n = 6

    def f(lai: Array, sai: Array, depth: Array, top: Array) -> Array:
        plant = crop(n, lai=lai, sai=sai, height_top=top)
        found = MonthlyLeaves(fraction_from_leaves=True).leaves(plant, day_of(jnp.linspace(0.4, 0.6, n)), depth)
        return found[0] + 2.0 * found[1] + found[2]

    lai, sai = jnp.full((12, n), 2.0), jnp.full((12, n), 0.4)
    top = jnp.array([2.0, 2.0, 1.5, 0.9, 0.8, 0.7])
    both = graded(f, 4)
    check(both, lai, sai, jnp.array([0.2, 0.5, 0.7, 0.05, 0.1, 0.12]), top)
    for _, found in (both(0.0 * lai, 0.0 * sai, jnp.zeros(n), top), both(lai, sai, jnp.full(n, 30.0), top)):
        assert all(np.all(np.isfinite(g)) for g in found)


def test_frozen_soil_has_finite_gradients() -> None:
    soil = Soil(jnp.full((4, 3), 263.0), jnp.full((4, 3), 0.1), jnp.full((4, 3), 0.3))

    def f(soil: Soil) -> Array:
        stress, share = ClmStress().uptake(soil, silty_clay_loam(3), jnp.full((4, 3), 0.25), THICKNESS)
        r, h = SwensonLawrence().resistance(
            soil, silty_clay_loam(3), THICKNESS, snow_cover=jnp.array([0.0, 0.5, 1.0]), air=air_at(jnp.full(3, 260.0)),
            ground_temperature=soil.temperature[0],
        )  # fmt: skip
        return jnp.sum(stress) + jnp.sum(share * THICKNESS) + jnp.sum(1e-3 * r + h)

    assert all(np.all(np.isfinite(g)) for g in jax.tree.leaves(jax.jit(jax.grad(f))(soil)))
