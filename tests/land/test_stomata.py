"""Stomata against the equations that they solve, written out here, and against their limits."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.land.plants import air_at, crop

from vadose.arrays import Array
from vadose.land.stomata import BallBerry, Jarvis, Medlyn
from vadose.land.stomata_photosynthesis import assimilation, leaf_of

N = 200
CO2, O2 = 39.5, 20900.0
RESISTANCE = jax.jit(lambda scheme, *a, **k: scheme.resistance(*a, **k))
MOLES = 1e6 * 1e5 / (8.314462618 * 298.0)  # umol m-3 of air


def weather(seed: int = 1) -> dict[str, Any]:
    """Leaves in warm, light and dark, dry and humid air."""
    rng = np.random.default_rng(seed)
    T = rng.uniform(276.0, 312.0, N)
    saturation = 611.0 * np.exp(17.3 * (T - 273.15) / (T - 36.0))
    return {
        "par": jnp.asarray(rng.uniform(5.0, 200.0, (2, N))),
        "leaf_temperature": jnp.asarray(T),
        "vapour_pressure": jnp.asarray(saturation * rng.uniform(0.45, 0.98, N)),
        "saturation": jnp.asarray(saturation),
        "boundary_resistance": jnp.asarray(rng.uniform(10.0, 100.0, N)),
        "air": air_at(np.full(N, 298.0)),
        "co2_pressure": jnp.full(N, CO2),
        "o2_pressure": jnp.full(N, O2),
        "stress": jnp.asarray(rng.uniform(0.3, 1.0, N)),
        "growing": jnp.ones(N),
    }


def surface(w: dict[str, Any], r: Array, A: Array) -> tuple[Array, Array, Array]:
    """CO2 (Pa) and vapour pressure at the leaf's surface, and the conductance in umol m-2 s-1."""
    rb = w["boundary_resistance"][None]
    cs = CO2 - 1.37 * rb / MOLES * 1e5 * A
    es = (w["saturation"] * rb + w["vapour_pressure"] * r) / (rb + r)
    return cs, es, MOLES / r


@pytest.mark.parametrize("c3", [1.0, 0.0])
def test_ball_berry_holds_behind_the_boundary_layer(c3: float) -> None:
    w, plant = weather(), crop(N, c3)
    r, A = RESISTANCE(BallBerry(iterations=3), plant, **w)
    cs, es, g = surface(w, r, A)
    np.testing.assert_allclose(g, 9.0 * A * 1e5 * es / (cs * w["saturation"]) + 2000.0, rtol=1e-10)


@pytest.mark.parametrize("c3", [1.0, 0.0])
def test_medlyn_holds_behind_the_boundary_layer(c3: float) -> None:
    w, plant = weather(), crop(N, c3)
    r, A = RESISTANCE(Medlyn(), plant, **w)
    cs, es, g = surface(w, r, A)
    deficit = 1e-3 * (w["saturation"] - es)
    apart = w["saturation"] - w["vapour_pressure"] > 50.0
    expected = 100.0 + 1.6 * (1.0 + 5.79 / np.sqrt(deficit)) * A * 1e5 / cs
    np.testing.assert_allclose(np.asarray(g)[:, apart], np.asarray(expected)[:, apart], rtol=1e-10)


@pytest.mark.parametrize(("scheme", "ratio"), [(BallBerry, 1.65), (Medlyn, 1.6)])
def test_iterated_to_the_end_demand_and_supply_of_co2_agree(scheme: type, ratio: float) -> None:
    w, plant = weather(), crop(N)
    r, A = scheme(iterations=30).resistance(plant, **w)  # one operation at a time: long to compile
    cs, _, g = surface(w, r, A)
    leaf = leaf_of(
        plant.photosynthesis, w["par"], w["leaf_temperature"], w["stress"], co2=CO2, o2=O2, pressure=w["air"].pressure
    )
    np.testing.assert_allclose(A, assimilation(leaf, cs - ratio * 1e5 * A / g), rtol=1e-7)
    r3, _ = RESISTANCE(scheme(), plant, **w)
    assert np.quantile(np.abs(r3 / r - 1.0), 0.95) < 0.02


def test_rates_at_25_degrees_are_the_parameters() -> None:
    plant = crop(1).photosynthesis
    bright, dim = jnp.full((1, 1), 400.0), jnp.full((1, 1), 20.0)
    for par in (bright, dim):
        leaf = leaf_of(plant, par, jnp.array([298.15]), jnp.ones(1), co2=CO2, o2=O2, pressure=1e5)
        # Bonan (1996): compensation 0.5 (30 / 30000) 0.21 p_O2; carboxylation 80 N / (1 + e^-2.8...) at 25 degrees C.
        cp = 0.5 * 30.0 / 3e4 * 0.21 * O2
        V = 80.0 * (2.0 / 3.0) / (1.0 + np.exp((710.0 - 2.2e5 / 298.15) / 8.314462618))
        ci = 28.0
        light = 4.6 * 0.06 * float(par[0, 0]) * (ci - cp) / (ci + 2.0 * cp)
        rubisco = V * (ci - cp) / (ci + 30.0 * (1.0 + O2 / 3e4))
        np.testing.assert_allclose(
            assimilation(leaf, jnp.array([[ci]]))[0, 0], min(light, rubisco, 0.5 * V), rtol=1e-12
        )


@pytest.mark.parametrize("scheme", [BallBerry(), Medlyn()])
@pytest.mark.parametrize("change", [{"par": 0.0}, {"stress": 0.0}, {"growing": 0.0}])
def test_dark_dry_or_cold_leaves_have_their_least_conductance(scheme: Any, change: dict[str, float]) -> None:
    w = weather()
    w.update({k: jnp.full(w[k].shape, v) for k, v in change.items()})
    plant = crop(N)
    r, A = RESISTANCE(scheme, plant, **w)
    least = 2000.0 if isinstance(scheme, BallBerry) else 100.0
    np.testing.assert_allclose(A, 0.0, atol=1e-12)
    np.testing.assert_allclose(r, MOLES / least, rtol=1e-10)


def test_c4_photosynthesis_without_limits_of_co2_is_light_or_rubisco() -> None:
    w = weather()
    w["co2_pressure"] = jnp.full(N, 400.0)
    plant = crop(N, c3=0.0)
    _, A = RESISTANCE(BallBerry(), plant, **w)
    decades = (w["leaf_temperature"] - 298.15) / 10.0
    heat = np.exp((710.0 - 2.2e5 / w["leaf_temperature"]) / 8.314462618)
    V = 80.0 * 2.4**decades / (1.0 + heat) * (2.0 / 3.0) * w["stress"]
    np.testing.assert_allclose(A, np.minimum(4.6 * 0.06 * w["par"], V[None]), rtol=1e-10)


def test_jarvis_factors_multiply() -> None:
    w = weather()
    r, A = RESISTANCE(Jarvis(), crop(N), **w)
    f = 2.0 * w["par"] / 100.0
    light = (f + 40.0 / 5000.0) / (1.0 + f)
    heat = np.maximum(1.0 - 0.0016 * (298.0 - w["leaf_temperature"]) ** 2, 1e-4)

    def ratio(e: Array) -> Array:
        return 0.622 * e / (1e5 - e)

    humid = 1.0 / (1.0 + 36.25 * (ratio(w["saturation"]) - ratio(w["vapour_pressure"])))
    np.testing.assert_allclose(r, 40.0 / (light * heat * humid * w["stress"]), rtol=1e-10)
    np.testing.assert_array_equal(A, 0.0)


@pytest.mark.parametrize("scheme", [BallBerry(), Medlyn(), Jarvis()])
def test_everything_stays_finite_in_extreme_weather(scheme: Any) -> None:
    w = weather()
    w["leaf_temperature"] = jnp.linspace(200.0, 350.0, N)
    w["saturation"] = 611.0 * jnp.exp(17.3 * (w["leaf_temperature"] - 273.15) / (w["leaf_temperature"] - 36.0))
    w["vapour_pressure"] = jnp.linspace(0.0, 2000.0, N)
    w["par"] = jnp.concatenate([jnp.linspace(0.0, 600.0, N)[None], jnp.zeros((1, N))])
    w["boundary_resistance"] = jnp.logspace(-1.0, 4.0, N)
    for c3 in (0.0, 1.0):
        r, A = RESISTANCE(scheme, crop(N, c3), **w)
        assert np.all(np.isfinite(r)) and np.all(r > 0.0)
        assert np.all(np.isfinite(A)) and np.all(A >= 0.0)


def test_more_light_opens_stomata() -> None:
    w, plant = weather(), crop(N)
    wide, _ = RESISTANCE(BallBerry(), plant, **{**w, "par": 2.0 * w["par"]})
    narrow, _ = RESISTANCE(BallBerry(), plant, **w)
    assert np.all(wide <= narrow * (1.0 + 1e-12))
    sluggish = dataclasses.replace(plant.photosynthesis, slope=plant.photosynthesis.slope / 2.0)
    closed, _ = RESISTANCE(BallBerry(), dataclasses.replace(plant, photosynthesis=sluggish), **w)
    assert np.all(closed > narrow)
