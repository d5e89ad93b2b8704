"""`sensitivity`: which leaves it knows, what it gives for names and functions, and what it says of wrong ones."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.gradients.bondville import EVERY, column, weather
from vadose.errors import ConfigError
from vadose.model.gradient import leaves, replaced, sensitivity
from vadose.model.run import run

DAYS = (150, 151)  # of 1998


def test_every_leaf_has_a_name_and_can_be_replaced() -> None:
    _, state, parameters = column("noahmp")
    known = leaves(state, parameters)
    assert {"soil.retention.K_s", "vegetation.photosynthesis.vcmax25", "vegetation.lai", "reference_height"} < set(known)
    assert {"state.soil.liquid", "state.snow.depth", "state.pond"} < set(known)
    assert len(known) == len(jax.tree.leaves((state, parameters)))
    new_state, new_parameters = replaced(
        state, parameters, {"soil.retention.K_s": jnp.full((4, 1), 1e-5), "state.pond": jnp.ones(1)}
    )
    assert (new_parameters.soil.retention.K_s == 1e-5).all()
    assert (new_state.pond == 1.0).all()
    assert new_parameters.soil.retention.b is parameters.soil.retention.b


def test_unknown_names_are_told_with_the_nearest() -> None:
    model, state, parameters = column("noahmp")
    forcing = weather(*DAYS, 1)
    with pytest.raises(ConfigError, match="unknown parameter or state 'soil.retention.Ks'; did you mean 'soil.ret"):
        sensitivity(model, state, parameters, forcing, 1800.0, "latent_heat", wrt=("soil.retention.Ks",))
    with pytest.raises(ConfigError, match="did you mean 'vegetation.photosynthesis.vcmax25'"):
        sensitivity(model, state, parameters, forcing, 1800.0, "latent_heat", wrt=("vcmax",))
    with pytest.raises(ConfigError, match="unknown output 'latent'; did you mean 'latent_heat'"):
        sensitivity(model, state, parameters, forcing, 1800.0, "latent")
    with pytest.raises(ConfigError, match="`outputs` must name what it reads"):
        sensitivity(model, state, parameters, forcing, 1800.0, lambda means: means["latent_heat"].mean(axis=0))
    with pytest.raises(ConfigError, match="a function weighs as it likes"):
        sensitivity(
            model, state, parameters, forcing, 1800.0, _dryness, outputs=("soil_moisture",), weights=jnp.ones(1)
        )


def _dryness(means: dict[str, jax.Array]) -> jax.Array:
    """Of the top layer on the last row, [column]."""
    return 100.0 - means["soil_moisture"][-1, 0]
