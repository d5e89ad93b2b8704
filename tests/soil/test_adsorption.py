"""Adsorbed water, film flow and vapour against published numbers and their own limits."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from vadose.soil import adsorption


def test_the_transition_width_has_its_limits() -> None:
    assert adsorption.transition_width(0.0, 0.4, 2.0) == 0.1
    assert adsorption.transition_width(0.39, 0.4, 2.0) == pytest.approx(0.15, abs=1e-15)


def test_adsorbed_saturation_is_the_published_form() -> None:
    h, alpha, b, h0 = np.logspace(-3, 4.79, 40), 2.0, 0.15, adsorption.OVEN_DRY_HEAD
    x, xa, x0 = np.log10(h), np.log10(1.0 / alpha), np.log10(h0)
    published = 1.0 + (x - xa + b * np.log1p(np.exp((xa - x) / b))) / (xa - x0)
    found = adsorption.films(h, alpha, b, h0)
    np.testing.assert_allclose(found.saturation, published, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.conductivity(), (h0 * alpha) ** (-1.5 * (1.0 - published)), rtol=1e-12)


def test_film_conductivity_falls_by_one_and_a_half_decades_per_decade() -> None:
    films = adsorption.films(np.array([100.0, 1000.0]), 2.0, 0.15)
    wide, thin = films.conductivity()
    assert np.log10(thin / wide) == pytest.approx(-1.5, abs=1e-7)


def test_film_slopes_are_the_derivatives() -> None:
    for psi in (-1e-3, -0.5, -30.0, -6e4):
        saturation = jax.grad(lambda p: adsorption.films(-p, 2.0, 0.15).saturation)(psi)
        conductivity = jax.grad(lambda p: adsorption.films(-p, 2.0, 0.15).conductivity())(psi)
        films = adsorption.films(-psi, 2.0, 0.15)
        np.testing.assert_allclose(films.saturation_derivative, saturation, rtol=1e-12)
        np.testing.assert_allclose(films.conductivity_derivative(), conductivity, rtol=1e-12)


def test_saturated_vapour_density_is_that_of_the_tables() -> None:
    # CRC Handbook: 4.85, 17.3, 30.4 g m-3 at 0, 20, 30 degrees C.
    found = adsorption.saturated_vapour_density(np.array([273.15, 293.15, 303.15]))
    np.testing.assert_allclose(found, [4.85e-3, 17.3e-3, 30.4e-3], rtol=5e-3)


def test_humidity_at_the_wilting_point_is_close_to_99_percent() -> None:
    assert adsorption.relative_humidity(-152.96) == pytest.approx(0.989, abs=5e-4)
    assert adsorption.relative_humidity(1.0) == 1.0


def test_vapour_conductivity_of_dry_air_space() -> None:
    # Every factor by hand: D_a = 2.442e-5 m2 s-1, rho_vs / rho_w = 1.73e-5, M g / (R T) = 7.249e-5 m-1, 0.4^(4/3).
    found = adsorption.vapour_conductivity(0.0, 0.4, 0.4)
    assert found == pytest.approx(2.442e-5 * 1.729e-5 * 7.249e-5 * 0.4 ** (4.0 / 3.0), rel=2e-3)


def test_no_air_means_no_vapour_flow_and_finite_gradients() -> None:
    assert adsorption.vapour_conductivity(-1.0, 0.0, 0.4) == 0.0
    slopes = jax.grad(adsorption.vapour_conductivity, argnums=(0, 1, 2))(-1.0, 0.0, 0.4)
    assert all(float(slope) == 0.0 for slope in slopes)


def test_the_vapour_slope_is_the_derivative() -> None:
    def K(psi: jax.Array) -> jax.Array:
        return adsorption.vapour_conductivity(psi, 0.3 + 1e-6 * -psi, 0.4, 300.0)

    found = adsorption.vapour_conductivity_derivative(-5e3, 0.3 + 5e-3, 0.4, 1e-6, 300.0)
    np.testing.assert_allclose(found, jax.grad(K)(-5e3), rtol=1e-12)
