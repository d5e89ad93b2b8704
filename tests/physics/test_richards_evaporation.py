"""Evaporation: as much as asked while the soil delivers (stage 1), then as it can, falling with sqrt(t) (stage 2)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.flow.boundary import FreeDrainage, ZeroFlux
from vadose.flow.richards import richards
from vadose.soil import VanGenuchten

LOAM = VanGenuchten(theta_r=0.05, theta_s=0.45, alpha=2.0, n=1.6, K_s=2e-6)


def test_evaporation_passes_from_the_asked_rate_to_a_falling_one() -> None:
    # 2 m deep: the drying front does not reach the bottom, so that desorption is that of a half space.
    grown = 0.002 * 1.06 ** np.arange(72)
    thickness = jnp.asarray(grown * 2.0 / grown.sum())[:, None]
    liquid = jnp.full(thickness.shape, 0.25)
    asked, dt = 4e-8, 1800.0

    def step(state: Any, _: None) -> Any:
        done = richards(
            LOAM, thickness, state, dt=dt, supply=0.0, demand=asked, uptake=0.0, pond=0.0, bottom=ZeroFlux()
        )
        return done.liquid, (done.evaporation[0], done.converged[0])

    _, (rate, converged) = jax.jit(lambda s: jax.lax.scan(step, s, None, length=1440))(liquid)
    rate = np.asarray(rate)
    assert bool(converged.all())
    first = int(np.argmax(rate < 0.999 * asked))
    assert 48 < first < 720
    np.testing.assert_allclose(rate[: first - 1], asked, rtol=1e-3)
    assert np.all(np.diff(rate[first:]) < 1e-12)
    # Desorption: the rate is S / (2 sqrt(t - t_0)), so that its inverse square is a straight line in time.
    total = dt * np.cumsum(rate)
    late = (rate < 0.5 * asked) & (rate > 0.2 * asked)
    time, inverse_square = dt * np.arange(1, 1441)[late], 1.0 / rate[late] ** 2
    line = np.polyfit(time, inverse_square, 1)
    assert late.sum() > 100
    assert np.abs(np.polyval(line, time) / inverse_square - 1.0).max() < 0.1
    assert total[-1] < 0.5 * asked * dt * 1440


@pytest.mark.parametrize("ice", [0.0, 0.4499])
def test_dry_and_frozen_soil_give_no_more_than_they_have(ice: float) -> None:
    thickness = jnp.asarray([0.05, 0.1, 0.3])[:, None]
    porosity = jnp.full((3, 1), 0.45 - ice)
    liquid = 0.115 * porosity / 0.45
    done = richards(
        LOAM,
        thickness,
        liquid,
        dt=86400.0,
        supply=0.0,
        demand=1e-6,
        uptake=jnp.full((3, 1), 1e-6),
        pond=0.0,
        bottom=FreeDrainage(),
        porosity=porosity,
        impedance=1e-6 if ice else 1.0,
    )
    driest = LOAM.water_content(jnp.full((3, 1), -1e4)) * porosity / 0.45
    assert np.all(np.asarray(done.liquid) >= np.asarray(driest) - 1e-6)
    assert float(done.evaporation[0] + done.uptake.sum()) < 0.5e-6


def test_water_on_the_surface_evaporates_first() -> None:
    done = richards(
        LOAM,
        jnp.full((2, 1), 0.5),
        jnp.full((2, 1), 0.2),
        dt=3600.0,
        supply=2e-7,
        demand=1e-7,
        uptake=0.0,
        pond=0.0,
        bottom=ZeroFlux(),
    )
    assert float(done.evaporation[0]) == pytest.approx(1e-7, rel=1e-12)
    assert float(done.infiltration[0]) == pytest.approx(2e-7, rel=1e-12)
    assert float(done.flux[0, 0]) == pytest.approx(1e-7, rel=1e-12)
