from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.land.surface_cases import ConstantStomata, surfaces

from vadose.land.energy import surface_energy
from vadose.land.energy_state import EnergyOptions
from vadose.land.humidity import saturation, specific_humidity
from vadose.land.turbulence import MoninObukhov


@jax.jit
def solve(air: Any, canopy: Any, vegetation: Any, leaves: Any, ground: Any, stress: Any) -> Any:
    return surface_energy(
        air, canopy, vegetation, canopy_surface=leaves, ground_surface=ground, turbulence=MoninObukhov(),
        stomata=ConstantStomata(), stress=stress, dt=1800.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("celsius", "pressure"), [(-40.0, 12.84), (-20.0, 103.26), (0.0, 611.2), (20.0, 2339.2), (40.0, 7384.0)]
)
def test_saturation_pressure_is_that_of_the_tables(celsius: float, pressure: float) -> None:
    # Murphy and Koop (2005), table C1 and eqs. 7, 10
    found, slope = saturation(jnp.array([273.15 + celsius]))
    np.testing.assert_allclose(found, pressure, rtol=2e-3)
    step = 1e-3
    high, low = (saturation(jnp.array([273.15 + celsius + s]))[0] for s in (step, -step))
    np.testing.assert_allclose(slope, (high - low) / (2 * step), rtol=1e-6 if celsius != 0 else 0.1)


def test_specific_humidity_of_vapour() -> None:
    np.testing.assert_allclose(specific_humidity(1000.0, 1e5), 622.0 / (1e5 - 378.0))


def test_no_vegetation_is_bare_ground() -> None:
    given = surfaces(50, 2, extreme=False)
    leaves = given[3]
    empty = replace(leaves, lai=0.0 * leaves.lai, sai=0.0 * leaves.sai, absorbed=0.0 * leaves.absorbed)
    s = solve(*given[:3], empty, *given[4:])
    np.testing.assert_allclose(s.sensible, s.bare.sensible)
    np.testing.assert_allclose(s.latent_transpiration, 0.0)
    np.testing.assert_allclose(s.ground_temperature_vegetated, s.bare.temperature)


def test_cold_leaves_in_moist_air_gather_dew() -> None:
    given = surfaces(50, 2, extreme=False)
    air = replace(given[0], vapour_pressure=1.3 * saturation(given[0].temperature)[0])
    dark = replace(given[3], absorbed=0.0 * given[3].absorbed)
    s = solve(air, given[1], given[2], dark, *given[4:])
    assert np.all(np.asarray(s.canopy_evaporation) < 0.0)
    assert np.all(np.asarray(s.transpiration) == 0.0)


def test_what_condenses_through_stomata_is_dew_or_lost_but_its_heat_is_counted() -> None:
    given = surfaces(50, 2, extreme=False)
    air = replace(given[0], vapour_pressure=1.3 * saturation(given[0].temperature)[0])
    dark = replace(given[3], absorbed=0.0 * given[3].absorbed, wet_fraction=0.0 * given[3].wet_fraction)

    @partial(jax.jit, static_argnames="options")
    def at(options: EnergyOptions) -> Any:
        return surface_energy(
            air, given[1], given[2], canopy_surface=dark, ground_surface=given[4], turbulence=MoninObukhov(),
            stomata=ConstantStomata(), stress=given[5], dt=1800.0, options=options,
        )  # fmt: skip

    kept, lost = at(EnergyOptions()), at(EnergyOptions(stomatal_dew=False))
    assert np.all(np.asarray(kept.canopy_evaporation) < 0.0)
    np.testing.assert_array_equal(np.asarray(lost.canopy_evaporation), 0.0)
    np.testing.assert_array_equal(np.asarray(lost.transpiration), 0.0)
    np.testing.assert_allclose(lost.latent_canopy, kept.canopy_evaporation * kept.canopy_latent_heat, rtol=1e-12)
    np.testing.assert_allclose(lost.residual, 0.0, atol=1e-10)


def test_melting_snow_is_held_and_its_heat_goes_down() -> None:
    given = surfaces(50, 2, extreme=False)
    ground = given[4]
    snow = replace(ground, temperature=0.0 * ground.temperature + 273.15, melt_heat=1e9 + 0.0 * ground.melt_heat,
                   contact_temperature=0.0 * ground.temperature + 272.0)  # fmt: skip
    s = solve(*given[:4], snow, given[5])
    np.testing.assert_allclose(s.bare.temperature, 273.15)
    assert np.all(np.asarray(s.bare.ground_heat) > np.asarray(snow.conductance) * 1.15)


def test_ground_is_warmer_than_melting_snow_where_there_is_too_little_of_it() -> None:
    given = surfaces(50, 2, extreme=False)
    cold = replace(given[4], contact_temperature=0.0 * given[4].temperature + 272.0)

    def ground(heat: float) -> Any:
        return solve(*given[:4], replace(cold, melt_heat=heat + 0.0 * cold.temperature), given[5]).bare

    bare, held = ground(0.0), ground(1e9)
    warm = np.asarray(bare.temperature) > 273.15
    assert warm.sum() > 10

    def left(s: Any) -> np.ndarray:  # W m-2, what the layers below get beside what they conduct
        return np.asarray(s.ground_heat - cold.conductance * (s.temperature - cold.contact_temperature))[warm]

    melt = float(np.median(left(held)))
    some = ground(melt)
    short = left(held) > 1.1 * melt
    assert 0 < short.sum() < warm.sum()
    np.testing.assert_allclose(left(some)[short], melt, rtol=0.1)
    np.testing.assert_allclose(np.asarray(some.temperature)[warm][left(held) < 0.9 * melt], 273.15)
    assert np.all(np.asarray(some.temperature)[warm][short] > 273.15)
    assert np.all(np.asarray(some.temperature)[warm] < np.asarray(bare.temperature)[warm])
    np.testing.assert_array_equal(np.asarray(some.temperature)[~warm], np.asarray(bare.temperature)[~warm])


def test_columns_are_the_same_to_the_last_digit_however_they_are_cut() -> None:
    given = surfaces(300, 4, extreme=True)
    whole = solve(*given)
    parts = [solve(*jax.tree.map(lambda x, cut=cut: x[..., cut], given)) for cut in (slice(0, 150), slice(150, 300))]
    for name in ("temperature", "ground_temperature_bare", "latent_transpiration", "sensible", "ground_heat"):
        joined = np.concatenate([np.asarray(getattr(part, name)) for part in parts])
        np.testing.assert_array_equal(joined, np.asarray(getattr(whole, name)))


def test_ground_whose_evaporation_comes_to_its_limit_keeps_its_balance() -> None:
    # Hot, wet and in a storm the balance bends sharply where the limit is reached: steps must not jump to and fro.
    given, n = surfaces(300, 3, extreme=False), 300
    hot = jnp.linspace(300.0, 325.0, n)
    vapour = 0.6 * saturation(hot)[0]
    air = replace(given[0], temperature=hot, vapour_pressure=vapour, wind=30.0 + 0.0 * hot, longwave=600.0 + 0.0 * hot)
    canopy = replace(given[1], temperature=hot + 2.0, air_temperature=hot + 1.0, vapour_pressure=vapour)
    ground = replace(
        given[4],
        temperature=hot + 1.0,
        contact_temperature=hot - 3.0,
        conductance=40.0 + 0.0 * hot,
        humidity=1.0 + 0.0 * hot,
        evaporation_resistance=1e-3 + 0.0 * hot,
        evaporation_limit=jnp.tile(jnp.geomspace(1e-4, 2e-2, 20), n // 20),
    )
    s = solve(air, canopy, given[2], given[3], ground, given[5])
    assert np.all(np.asarray(s.converged))
    for part in (s.under, s.bare):
        into = 40.0 * (part.temperature - ground.contact_temperature)
        np.testing.assert_allclose(part.ground_heat, into, atol=0.05)
    limited = np.asarray(s.under.evaporation >= ground.evaporation_limit)
    assert 0.1 < limited.mean() < 0.9
