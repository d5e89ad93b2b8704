"""The surface energy balance closes, with every scheme and option, in all weather."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from tests.land.surface_cases import ConstantStomata, surfaces

from vadose.land.energy import surface_energy
from vadose.land.energy_state import REFERENCE, EnergyOptions
from vadose.land.stomata import BallBerry
from vadose.land.turbulence import ClmStability, MoninObukhov
from vadose.land.turbulence_chen import Chen97

CHOICES = {
    "reference": (MoninObukhov(), ConstantStomata(), REFERENCE),
    "consistent": (MoninObukhov(), ConstantStomata(), EnergyOptions()),
    "clm": (ClmStability(), ConstantStomata(), EnergyOptions()),
    "chen": (Chen97(), ConstantStomata(), REFERENCE),
    "chen-noah": (Chen97(divided=True), ConstantStomata(), REFERENCE),
    "coupled": (MoninObukhov(), BallBerry(), EnergyOptions(coupled=True)),
}


@pytest.mark.parametrize("choice", sorted(CHOICES))
def test_energy_closes_and_all_is_finite(choice: str) -> None:
    turbulence, stomata, options = CHOICES[choice]

    @jax.jit
    def solve(air: Any, canopy: Any, vegetation: Any, leaves: Any, ground: Any, stress: Any) -> Any:
        return surface_energy(
            air, canopy, vegetation, canopy_surface=leaves, ground_surface=ground, turbulence=turbulence,
            stomata=stomata, stress=stress, dt=1800.0, options=options,
        )  # fmt: skip

    for extreme in (False, True):
        given = surfaces(2000, 7, extreme=extreme)
        s = solve(*given)
        assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(s))
        assert np.abs(np.asarray(s.residual)).max() < 1e-8
        assert np.asarray(s.converged).mean() >= (0.998 if choice.startswith("chen") else 1.0)
        leaves, ground = given[3], given[4]
        assert np.all(np.asarray(s.canopy_evaporation) <= np.asarray(leaves.liquid_limit) + 1e-18)
        assert np.all(np.asarray(s.ground_evaporation) <= np.asarray(ground.evaporation_limit) + 1e-18)
        assert np.all(np.asarray(s.transpiration) >= 0.0)
        held = np.asarray(ground.melt_heat) > 0
        assert np.all(np.asarray(s.ground_temperature)[held] <= 273.15 + 1e-9)
        converged = np.asarray(s.converged)
        bound = np.asarray(ground.conductance * (s.bare.temperature - ground.contact_temperature))
        left = np.abs(np.asarray(s.bare.ground_heat) - bound)[converged & ~held]
        assert np.all(left < 1e-4 * (1.0 + np.asarray(ground.conductance)[converged & ~held] * 1e-2))
