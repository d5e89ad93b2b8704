"""Cover, albedo, conductivity and settling of snow against their formulas."""

from __future__ import annotations

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from vadose.constants import FREEZING_POINT
from vadose.land.snow import compaction, conductivity
from vadose.land.snow.albedo import Bats, Class
from vadose.land.snow.cover import AbolafiaRosenzweig, NiuYang
from vadose.land.state import Snow


def _snow(water: list[float], depth: list[float], age: float = 0.0, albedo: float = 0.84) -> Snow:
    none = jnp.zeros((3, len(water)))
    fill = jnp.ones(len(water))
    return Snow(
        none, none, none, none + FREEZING_POINT, jnp.asarray(depth), jnp.asarray(water), age * fill, albedo * fill
    )


def test_cover_is_the_curve_of_niu_and_yang() -> None:
    vegetation = SimpleNamespace(snow_cover_scale=0.014, snow_melt_factor=3.0)
    cover = NiuYang().cover(_snow([0.0, 1.0, 20.0, 60.0], [0.0, 0.01, 0.1, 0.2]), vegetation)
    expected = [0.0, np.tanh(0.01 / 0.014), np.tanh(0.1 / (0.014 * 8.0)), np.tanh(0.2 / (0.014 * 27.0))]
    np.testing.assert_allclose(cover, expected, rtol=1e-12)


def test_coarser_meshes_need_more_snow_for_the_same_cover() -> None:
    snow = _snow([20.0], [0.1])
    fine, coarse = (AbolafiaRosenzweig(mesh).cover(snow, SimpleNamespace())[0] for mesh in (1000.0, 30000.0))
    assert fine > coarse
    assert float(fine) == pytest.approx(
        np.tanh(0.1 / ((0.0062 * np.sinh(0.0555) + 0.0555) * 2.0 ** (0.9713 + np.tanh(0.7436)))), rel=1e-12
    )


def _albedo(scheme: Bats | Class, snow: Snow, snowfall: float, ground: float, sun: float, dt: float) -> tuple:
    n = snow.depth.shape[0]
    return scheme.step(
        snow,
        snowfall=jnp.full(n, snowfall),
        ground_temperature=jnp.full(n, ground),
        cos_zenith=jnp.full(n, sun),
        dt=dt,
    )


def test_bats_ages_as_its_formula_and_fresh_snow_resets_it() -> None:
    snow, direct, diffuse = _albedo(Bats(), _snow([10.0, 0.0], [0.1, 0.0], age=0.5), 0.0, FREEZING_POINT, 1.0, 3600.0)
    age = 0.5 + 3600.0 / 1e6 * 2.3
    np.testing.assert_allclose(snow.age, [age, 0.0], rtol=1e-12)
    share = age / (1.0 + age)
    np.testing.assert_allclose(diffuse[:, 0], [0.95 * (1 - 0.2 * share), 0.65 * (1 - 0.5 * share)], rtol=1e-12)
    np.testing.assert_allclose(direct, diffuse, rtol=1e-12)  # the sun is high
    fresh, _, new = _albedo(Bats(), snow, 1.0 / 3600.0, FREEZING_POINT, 1.0, 3600.0)
    np.testing.assert_allclose(fresh.age, 0.0, atol=1e-12)
    np.testing.assert_allclose(new[:, 0], [0.95, 0.65], rtol=1e-12)


def test_bats_low_sun_is_reflected_more() -> None:
    _, direct, diffuse = _albedo(Bats(), _snow([10.0], [0.1]), 0.0, 260.0, 0.0, 1.0)
    np.testing.assert_allclose(direct, diffuse + 0.4 * (1.0 - diffuse), rtol=1e-6)


def test_class_decays_to_its_aged_value_and_fresh_snow_brings_it_back() -> None:
    aged, direct, diffuse = _albedo(Class(), _snow([10.0], [0.1], albedo=0.8), 0.0, 260.0, 0.5, 3600.0)
    assert float(aged.albedo[0]) == pytest.approx(0.55 + 0.25 * np.exp(-0.01), rel=1e-12)
    np.testing.assert_array_equal(direct, diffuse)
    fresh, _, _ = _albedo(Class(), aged, 2.0 / 3600.0, 260.0, 0.5, 3600.0)
    assert float(fresh.albedo[0]) == pytest.approx(0.84, rel=1e-12)
    night, _, _ = _albedo(Class(daylight_only=True), aged, 0.0, 260.0, -0.1, 3600.0)
    np.testing.assert_array_equal(night.albedo, aged.albedo)


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (conductivity.Stieglitz(), 3.2217e-6 * 300.0**2),
        (conductivity.AndersonConductivity(), 0.245),
        (conductivity.ConstantConductivity(), 0.35),
        (conductivity.Verseghy(), 0.30584),
        (conductivity.Douville(), 2.22 * 0.3**1.88),
        (conductivity.Sturm(), 0.138 - 1.01 * 0.3 + 3.233 * 0.09),
        (conductivity.Calonne(), 0.024 - 1.23e-4 * 300.0 + 2.5e-6 * 300.0**2),
        (conductivity.JordanConductivity(), 0.023 + (7.75e-5 * 300.0 + 1.105e-6 * 9e4) * 2.267),
    ],
)
def test_conductivity_at_300_is_that_of_the_publication(scheme: conductivity.Sturm, expected: float) -> None:
    k = np.asarray(scheme.conductivity(jnp.array([300.0, 0.0, 50.0])))
    assert k[0] == pytest.approx(expected, rel=1e-12)
    assert np.all(np.isfinite(k) & (k >= 0.0))


def _settled(thickness: float, ice: float, liquid: float, cold: float, above: float, melted: float = 0.0) -> float:
    scheme = compaction.Anderson()
    factor = scheme.burden_factor(jnp.array([270.0]), jnp.array([1e5]))
    one = [jnp.array([x]) for x in (thickness, ice, liquid)]
    more = {"cold": cold, "above": above, "melted": melted}
    new = scheme.settled(*one, **{k: jnp.array([v]) for k, v in more.items()}, factor=factor, dt=1800.0)
    return float(new[0])


def test_settling_is_the_sum_of_age_and_weight() -> None:
    rate = 2.5e-6 * np.exp(-0.2) + (50.0 + 5.0) / 1.33e6 * np.exp(-0.4 - 2.1)
    assert _settled(0.1, 10.0, 0.0, 5.0, 50.0) == pytest.approx(0.1 * (1 - 1800 * rate), rel=1e-12)
    dense = 2.5e-6 * np.exp(-4.6) + 10.0 / 1.33e6 * np.exp(-4.2)
    assert _settled(0.1, 20.0, 0.0, 0.0, 0.0) == pytest.approx(0.1 * (1 - 1800 * dense), rel=1e-12)


def test_wet_snow_ages_twice_as_fast_and_melt_takes_thickness() -> None:
    dry = 1 - _settled(0.1, 10.0, 0.9, 0.0, 0.0) / 0.1
    wet = 1 - _settled(0.1, 10.0, 1.1, 0.0, 0.0) / 0.1
    assert wet - dry == pytest.approx(1800 * 2.5e-6, rel=0.01)
    assert _settled(0.1, 10.0, 0.0, 0.0, 0.0, 0.2) == pytest.approx(
        _settled(0.1, 10.0, 0.0, 0.0, 0.0) - 0.02, rel=1e-12
    )


def test_ice_and_traces_do_not_settle() -> None:
    assert _settled(0.1, 91.69, 0.0, 0.0, 100.0) == 0.1
    assert _settled(0.1, 0.05, 0.0, 0.0, 100.0) == 0.1


def test_burden_of_abolafia_rosenzweig_follows_air_and_pressure() -> None:
    scheme = compaction.AbolafiaRosenzweig()
    factor = scheme.burden_factor(jnp.array([260.0, 280.0, 280.0, 280.0]), jnp.array([1e5, 9e4, 8.2e4, 7e4]))
    np.testing.assert_allclose(factor, [-0.000695 * 260.0 + 0.206067, 0.017, 0.018, 0.019], rtol=1e-12)
