"""The snowpack through single steps whose outcome is known."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.constants import FREEZING_POINT, RHO_ICE
from vadose.errors import RangeError
from vadose.land.snow.pack import SnowFluxes, Snowpack
from vadose.land.state import Snow

DT = 1800.0
STEP = jax.jit(Snowpack(3).step)


def _snow(thickness: list[list[float]], density: float = 200.0, wet: float = 0.0, warmth: float = -5.0) -> Snow:
    """Columns given as lists of thickness from the top; `wet` of the mass is liquid."""
    full = np.array([[0.0] * (3 - len(column)) + column for column in thickness]).T
    h = jnp.asarray(full)
    mass = density * h
    zero = jnp.zeros(h.shape[1])
    return Snow(
        h,
        (1.0 - wet) * mass,
        wet * mass,
        FREEZING_POINT + jnp.where(h > 0.0, warmth, 0.0),
        h.sum(axis=0),
        mass.sum(axis=0),
        zero,
        zero + 0.84,
    )


def _cover(water: float, depth: float) -> Snow:
    none = jnp.zeros((3, 1))
    one = jnp.ones(1)
    return Snow(none, none, none, none + FREEZING_POINT, depth * one, water * one, 0.0 * one, 0.84 * one)


def _step(snow: Snow, **rates: float) -> tuple[Snow, SnowFluxes]:
    n = snow.depth.shape[0]
    flux = {k: jnp.full(n, rates.get(k, 0.0)) for k in ("snowfall", "rain", "sublimation", "frost")}
    return STEP(snow, **flux, density=jnp.full(n, 100.0), air_temperature=jnp.full(n, 265.0), dt=DT)


def test_snowfall_on_bare_ground_is_a_cover_and_then_a_layer() -> None:
    snow, _ = _step(_cover(0.0, 0.0), snowfall=1.0 / DT)
    assert float(snow.water_equivalent[0]) == pytest.approx(1.0, rel=1e-12)
    assert float(snow.depth[0]) == pytest.approx(0.01, rel=1e-12)
    assert not np.any(snow.thickness)
    snow, fluxes = _step(_step(snow, snowfall=1.0 / DT)[0], snowfall=1.0 / DT)
    assert float(snow.ice[2, 0]) == pytest.approx(3.0, rel=1e-12)
    assert float(snow.temperature[2, 0]) == pytest.approx(265.0)
    assert float(fluxes.energy[0]) < 0.0


def test_rain_without_layers_goes_through() -> None:
    for snow in (_cover(0.0, 0.0), _cover(1.0, 0.01)):
        new, fluxes = _step(snow, rain=1e-3)
        assert float(fluxes.outflow[0]) == pytest.approx(1e-3, rel=1e-14)
        assert float(fluxes.rain_through[0]) == pytest.approx(1e-3, rel=1e-14)
        np.testing.assert_allclose(new.water_equivalent, snow.water_equivalent)


def test_dry_snow_holds_light_rain_and_lets_heavy_rain_pass() -> None:
    snow = _snow([[0.05, 0.2, 0.3]])
    wet, none = _step(snow, rain=0.5 / DT)
    assert float(none.outflow[0]) == 0.0
    assert float(wet.liquid.sum()) == pytest.approx(0.5, rel=1e-12)
    _, some = _step(snow, rain=100.0 / DT)
    assert float(some.outflow[0]) > 0.0


def test_sublimation_is_limited_by_the_ice() -> None:
    new, fluxes = _step(_cover(0.2, 0.002), sublimation=1.0 / DT)
    assert float(fluxes.sublimation[0]) == pytest.approx(0.2 / DT, rel=1e-12)
    assert float(new.water_equivalent[0]) == float(new.depth[0]) == 0.0
    new, fluxes = _step(_snow([[0.03, 0.1]]), sublimation=7.0 / DT)
    assert float(fluxes.sublimation[0]) == pytest.approx(7.0 / DT, rel=1e-12)
    np.testing.assert_allclose(new.ice[:, 0], [0.0, 0.0, 19.0], rtol=1e-12)
    new, fluxes = _step(_snow([[0.03, 0.1]]), sublimation=70.0 / DT)
    assert float(fluxes.sublimation[0]) == pytest.approx(26.0 / DT, rel=1e-12)
    assert not np.any(new.thickness)


def test_frost_on_no_snow_is_a_cover() -> None:
    snow, _ = _step(_cover(0.0, 0.0), frost=0.01 / DT)
    assert float(snow.water_equivalent[0]) == pytest.approx(0.01, rel=1e-12)
    assert 50.0 <= float(snow.water_equivalent[0] / snow.depth[0]) <= 500.0 * (1 + 1e-12)


def test_layers_that_become_shallow_release_their_water() -> None:
    new, fluxes = _step(_snow([[0.02]], wet=0.2, warmth=0.0))
    assert float(fluxes.released[0]) == float(fluxes.outflow[0]) == pytest.approx(0.8 / DT, rel=1e-12)
    assert float(new.water_equivalent[0]) == pytest.approx(3.2, rel=1e-12)
    assert not np.any(new.thickness)


def test_what_exceeds_the_greatest_water_equivalent_leaves_as_ice() -> None:
    snow = _snow([[0.05, 0.2, 11.0]], density=450.0)
    new, fluxes = _step(snow, frost=1.0 / DT)
    assert float(new.water_equivalent[0]) == pytest.approx(5000.0, rel=1e-13)
    assert float(fluxes.excess[0] * DT) == pytest.approx(float(snow.water_equivalent[0]) + 1.0 - 5000.0, rel=1e-10)


def test_melt_settles_the_layer_that_melted() -> None:
    n = {k: jnp.zeros(1) for k in ("snowfall", "rain", "sublimation", "frost")}
    more = {"density": jnp.full(1, 100.0), "air_temperature": jnp.full(1, 272.0), "dt": DT}
    wet = _snow([[0.04]], wet=0.02, warmth=0.0)
    still, _ = STEP(wet, **n, **more)
    melted, _ = jax.jit(Snowpack(3).step)(wet, **n, **more, ice_fraction=jnp.ones((3, 1)))
    assert float(still.depth[0] - melted.depth[0]) == pytest.approx(0.02 * 0.04, rel=1e-9)


def test_columns_without_snow_beside_others_stay_empty() -> None:
    snow = _snow([[], [0.05, 0.3, 1.0]])
    new, fluxes = _step(snow)
    assert float(new.water_equivalent[0]) == float(new.depth[0]) == float(fluxes.energy[0]) == 0.0
    np.testing.assert_array_equal(new.temperature[:, 0], FREEZING_POINT)


def test_snow_never_is_denser_than_ice_after_a_flood() -> None:
    new, _ = _step(_snow([[0.05, 0.2, 0.3]], density=480.0), rain=500.0 / DT)
    assert np.all(np.asarray(new.ice) <= RHO_ICE * np.asarray(new.thickness) * (1 + 1e-12))


def test_a_deep_pack_fills_five_layers_within_their_limits() -> None:
    pack = Snowpack(5)
    zero = jnp.zeros(1)
    none = jnp.zeros((5, 1))
    snow = Snow(none, none, none, none + FREEZING_POINT, zero, zero, zero, zero)
    step = jax.jit(pack.step)
    for _ in range(60):
        snow, _ = step(
            snow,
            snowfall=zero + 5.0 / DT,
            rain=zero,
            sublimation=zero,
            frost=zero,
            density=zero + 100.0,
            air_temperature=zero + 260.0,
            dt=DT,
        )
    assert int((snow.thickness > 0.0).sum()) == 5
    assert np.all(np.asarray(snow.thickness[:4, 0]) <= np.array([0.02, 0.05, 0.11, 0.23]) * (1 + 1e-9))
    assert float(snow.water_equivalent[0]) == pytest.approx(300.0, rel=1e-12)


def test_a_wrong_number_of_layers_is_told() -> None:
    with pytest.raises(RangeError, match="`layers` must be 1 to 12, got 0"):
        Snowpack(0)


def test_only_the_asked_structure_is_static() -> None:
    leaves = jax.tree.leaves(replace(Snowpack(3), most=4000.0))
    assert 4000.0 in leaves
    assert 3 not in leaves
