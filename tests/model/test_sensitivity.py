"""`sensitivity`: which leaves it knows, what it gives for names and functions, and what it says of wrong ones."""

from __future__ import annotations

import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.flow.heat_conductivity import NoahJohansen
from vadose.land.air import Forcing
from vadose.land.parameters import SoilParameters
from vadose.land.tables import modis_vegetation, soil_colour
from vadose.model.gradient import leaves, replaced, sensitivity
from vadose.model.initial import initial_state
from vadose.model.presets import build
from vadose.model.run import run
from vadose.model.state import Parameters
from vadose.soil.retention.power_law import Campbell

STEPS, COLUMNS = 48, 2
K_S = "soil.retention.K_s"


@pytest.fixture(scope="module")
def summer() -> tuple[Any, Any, Any, Any]:
    """Model, state, parameters and one clear day over two columns, the second with half the LAI."""
    layers, one = np.zeros((4, COLUMNS)), np.zeros(COLUMNS)
    dry, saturated = soil_colour(np.full(COLUMNS, 4))
    soil = SoilParameters(
        retention=Campbell(0.46 + layers, -0.6 + layers, 8.0 + layers, 2e-6 + layers),
        thermal=NoahJohansen.from_soil(0.1, 0.46 + layers),
        solids_heat=2e6 + layers, wilting_point=0.12 + layers, critical_point=0.38 + layers,
        albedo_dry=dry, albedo_saturated=saturated, roughness=0.002 + one, slope=0.1 + one,
        deep_temperature=285.0 + one,
    )  # fmt: skip
    plants = modis_vegetation(np.full(COLUMNS, 10))
    parameters = jax.tree.map(jnp.asarray, Parameters(plants, soil, 10.0 + one))
    model = build("noahmp")
    state = initial_state(model, parameters, moisture=0.25 + layers, temperature=290.0 + layers)
    hour = (np.arange(STEPS) + 0.5) / 2
    sun = np.cos(2 * np.pi * (hour - 12) / 24)
    flat, none = np.ones(STEPS), np.full(STEPS, np.nan)
    series = (
        292.0 + 6.0 * sun, 0.009 * flat, 98e3 * flat, 3.0 * flat, 900.0 * np.maximum(sun, 0.0), 350.0 * flat,
        2e-4 * (hour > 20.0), sun, 0.5 * flat, none, none,
    )  # fmt: skip
    forcing = Forcing(*(jnp.asarray(np.repeat(x[:, None], COLUMNS, 1)) for x in series))
    return model, state, parameters, forcing


def test_every_leaf_has_a_name_and_can_be_replaced(summer: tuple[Any, ...]) -> None:
    _, state, parameters, _ = summer
    known = leaves(state, parameters)
    assert {K_S, "vegetation.photosynthesis.vcmax25", "vegetation.lai", "reference_height"} < set(known)
    assert {"state.soil.liquid", "state.snow.depth", "state.pond"} < set(known)
    assert len(known) == len(jax.tree.leaves((state, parameters)))
    new_state, new = replaced(state, parameters, {K_S: jnp.full((4, 2), 1e-5), "state.pond": jnp.ones(2)})
    assert (new.soil.retention.K_s == 1e-5).all()
    assert (new_state.pond == 1.0).all()
    assert new.soil.retention.b is parameters.soil.retention.b


def test_unknown_names_are_told_with_the_nearest(summer: tuple[Any, ...]) -> None:
    def ask(output: Any, **options: Any) -> None:
        model, state, parameters, forcing = summer
        sensitivity(model, state, parameters, forcing, 1800.0, output, **options)

    with pytest.raises(ConfigError, match=r"parameter or state 'soil.retention.Ks'; did you mean 'soil.retention.K_s'"):
        ask("latent_heat", wrt=("soil.retention.Ks",))
    with pytest.raises(ConfigError, match=r"did you mean 'vegetation.photosynthesis.vcmax25'"):
        ask("latent_heat", wrt=("vcmax",))
    with pytest.raises(ConfigError, match="unknown output 'latent'; did you mean 'latent_heat'"):
        ask("latent")
    with pytest.raises(ConfigError, match="`outputs` must name what it reads"):
        ask(both)
    with pytest.raises(ConfigError, match="a function weighs as it likes"):
        ask(both, outputs=("soil_moisture",), weights=jnp.ones(1))


def both(means: dict[str, Any]) -> Any:
    """Latent heat of the first column, water of the second's top layer at noon."""
    return jnp.stack([means["latent_heat"][:, 0].mean(), means["soil_moisture"][1, 0, 1]])


@pytest.mark.slow
@pytest.mark.skipif(
    bool(os.environ.get("VADOSE_DATA")),
    reason="compiles for minutes; tests/gradients/test_column.py says it of real data",
)
def test_each_column_has_the_gradient_of_its_own_value(summer: tuple[Any, ...]) -> None:
    model, state, parameters, forcing = summer
    wrt = (K_S, "vegetation.lai", "state.soil.temperature")
    found = sensitivity(
        model, state, parameters, forcing, 1800.0, both, wrt=wrt, every=24, outputs=("latent_heat", "soil_moisture")
    )
    assert found.value.shape == (COLUMNS,)
    assert {name: g.shape for name, g in found.gradient.items()} == {K_S: (4, 2), wrt[1]: (12, 2), wrt[2]: (4, 2)}
    assert (np.asarray(found.gradient["vegetation.lai"])[:5] == 0.0).all()

    moved = replaced(state, parameters, {wrt[2]: state.soil.temperature + jnp.array([[1e-3], [0.0], [0.0], [0.0]])})
    done = run(model, *moved, forcing, 1800.0, every=24, outputs=("latent_heat", "soil_moisture"))
    change = np.asarray(both(done.means) - found.value) / 1e-3
    np.testing.assert_allclose(found.gradient["state.soil.temperature"][0], change, rtol=5e-3)


def test_the_value_is_the_mean_or_the_weighted_sum() -> None:
    from vadose.model.gradient import _weighed

    flat, layered = jnp.arange(6.0).reshape(3, 2), jnp.arange(12.0).reshape(3, 2, 2)
    np.testing.assert_allclose(_weighed(flat, None), [2.0, 3.0])
    np.testing.assert_allclose(_weighed(flat, jnp.array([0.0, 0.0, 1.0])), [4.0, 5.0])
    np.testing.assert_allclose(_weighed(layered, None), [10.0, 12.0])
    top = jnp.array([0.5, 0.5, 0.0])[:, None, None] * jnp.array([1.0, 0.0])[None, :, None]
    np.testing.assert_allclose(_weighed(layered, top), [2.0, 3.0])
