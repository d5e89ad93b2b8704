from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from vadose.constants import GRAVITY
from vadose.land.turbulence import ClmStability, MoninObukhov, Zilitinkevich, bounded, paulson, stability
from vadose.land.turbulence_canopy import canopy_correction, canopy_exchange, canopy_profile
from vadose.land.turbulence_chen import Chen97

ONE = jnp.ones(1)


@pytest.mark.parametrize("scheme", [MoninObukhov(), ClmStability()])
def test_neutral_air_follows_the_logarithmic_law(scheme: MoninObukhov | ClmStability) -> None:
    profile = scheme.profile(3.0 * ONE, 10.0 * ONE, 0.05 * ONE, 290.0 * ONE, 290.0 * ONE)
    found = scheme.exchange(profile, scheme.start(profile))
    log = np.log(10.0 / 0.05)
    np.testing.assert_allclose(found.friction_velocity, 0.4 * 3.0 / log)
    np.testing.assert_allclose(found.resistance, log**2 / (0.16 * 3.0))


def test_paulson_corrections_are_the_published_formulas() -> None:
    zeta = np.array([-0.01, -0.5, -3.0])
    x = (1.0 - 16.0 * zeta) ** 0.25
    momentum = 2 * np.log((1 + x) / 2) + np.log((1 + x**2) / 2) - 2 * np.arctan(x) + np.pi / 2
    found = paulson(jnp.asarray(zeta))
    np.testing.assert_allclose(found[0], momentum, atol=1e-7)
    np.testing.assert_allclose(found[1], 2 * np.log((1 + x**2) / 2), atol=1e-12)


@pytest.mark.parametrize("at", [-1.574, -0.465, 0.0, 1.0])
def test_the_regimes_of_clm_meet(at: float) -> None:
    low, high = ClmStability().correction(jnp.array([at - 1e-9])), ClmStability().correction(jnp.array([at + 1e-9]))
    np.testing.assert_allclose(low, high, atol=1e-7)


def test_the_bounded_unknown_is_one_to_one() -> None:
    zeta = jnp.array([-50.0, -1.0, -0.01, 0.0, 0.3, 1.0])
    np.testing.assert_allclose(stability(bounded(zeta, 1.0)), zeta, rtol=1e-12)


def test_less_roughness_for_heat_means_more_resistance() -> None:
    equal, rough = MoninObukhov(), MoninObukhov(heat_roughness=Zilitinkevich(0.1))
    profile = equal.profile(5.0 * ONE, 10.0 * ONE, 0.1 * ONE, 290.0 * ONE, 290.0 * ONE)
    start = equal.start(profile)
    speed = 0.4 * 5.0 / np.log(100.0)
    extra = 0.1 * 0.4 * 258.2 * np.sqrt(speed * 0.1) / (0.4 * speed)
    difference = rough.exchange(profile, start).resistance - equal.exchange(profile, start).resistance
    np.testing.assert_allclose(difference, extra)


def test_chen_has_the_sign_of_the_buoyancy() -> None:
    scheme = Chen97()
    profile = scheme.profile(3.0 * ONE, 10.0 * ONE, 0.05 * ONE, 290.0 * ONE, 290.0 * ONE)
    start = scheme.start(profile)
    found = scheme.exchange(profile, start)
    assert scheme.update(profile, start, found, 5.0 * ONE)[0][0] < 0.0
    assert scheme.update(profile, start, found, -5.0 * ONE)[0][0] > 0.0


def test_the_canopy_has_the_resistances_of_its_formulas() -> None:
    p = canopy_profile(*(v * ONE for v in (4.0, 11.3, 2.0, 1.3, 0.15, 0.002, 2.0, 1.67, 0.04)))
    found = canopy_exchange(p, ONE, 0.4 * ONE)
    a = np.sqrt(1.67 * 2.0 * 2.0)
    path = 2.0 * np.exp(a) / a * (np.exp(-a * 0.002 / 2.0) - np.exp(-a * (0.15 + 1.3) / 2.0))
    np.testing.assert_allclose(found.ground, path / (0.4 * 0.4 * 0.7))
    top = 4.0 * np.log((0.7 + 0.15) / 0.15) / np.log(11.3 / 0.15)
    np.testing.assert_allclose(found.leaf, a * 50.0 / (1.0 - np.exp(-a / 2)) * np.sqrt(0.04 / top))
    np.testing.assert_allclose(canopy_correction(p, 0.4 * ONE, 0.0 * ONE, 290.0 * ONE), 1.0)


def chen_handing_on(wind: float, warmth: float, z: float, z0: float) -> tuple[float, float]:
    """Friction velocity and conductance of heat where each of many iterations hands on C_m / wind."""

    def psi(x: float) -> tuple[float, float]:
        half = np.log((1 + x * x) / 2)
        return 2 * np.log((1 + x) / 2) + half - 2 * np.arctan(x), 2 * half

    cm, ch, zeta = 0.01, 0.01, 0.0
    for _ in range(200):
        gusts = 1.44 * abs(GRAVITY / 270 * 1000 * ch * warmth) ** (2 / 3)
        speed = max(np.sqrt(cm * np.sqrt(wind**2 + gusts)), 0.07)
        z0h = max(z0 * np.exp(-0.1 * 0.4 * 258.2 * np.sqrt(speed * z0)), 1e-6)
        new = max(-0.4 * GRAVITY / 270 * z * ch * warmth / speed**3, -5.0)
        zeta = 0.5 * zeta + 0.5 * min(new, 1.0)
        integrals = []
        for part, rough in enumerate((z0, z0h)):
            top, foot = ((1 - 16 * min(zeta, 0) * (z + h) / z) ** 0.25 for h in (rough, rough - z))
            unstable = psi(foot)[part] - psi(top)[part]
            integrals.append(np.log((z + rough) / rough) + (unstable if zeta < 0 else 5 * zeta))
        cm, ch = 0.4 * speed / integrals[0] / wind, 0.4 * speed / integrals[1]
    return speed, ch


@pytest.mark.parametrize("wind", [1.5, 4.0, 9.0])
@pytest.mark.parametrize("warmth", [-1.0, 0.5, 8.0])
def test_chen_divided_is_what_the_reference_converges_to(wind: float, warmth: float) -> None:
    scheme = Chen97(divided=True)
    profile = scheme.profile(wind * ONE, 10.0 * ONE, 0.15 * ONE, 290.0 * ONE, 290.0 * ONE)
    unknowns = scheme.start(profile)
    for _ in range(300):
        new = scheme.update(profile, unknowns, scheme.exchange(profile, unknowns), warmth * ONE)
        unknowns = tuple(0.5 * (a + b) for a, b in zip(unknowns, new, strict=True))
    found = scheme.exchange(profile, unknowns)
    speed, conductance = chen_handing_on(wind, warmth, 10.0, 0.15)
    np.testing.assert_allclose(found.friction_velocity, speed, rtol=1e-5)
    np.testing.assert_allclose(1.0 / found.resistance, conductance, rtol=1e-5)
