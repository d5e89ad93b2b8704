"""What must hold for any columns: they do not see each other, more rain is never less water, a restart is exact."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.budget.weather import A_DAY, DT, next_weather, random_columns, weather_of

from vadose.land.air import Forcing
from vadose.model import presets
from vadose.model.run import Run, run

COLUMNS, DAYS = 24, 4
OUTPUTS = ("soil_moisture", "latent_heat", "runoff")


@pytest.fixture(scope="module")
def case() -> tuple[Any, Any, Any, Forcing]:
    """Model, state, parameters and weather [time, column] of some columns."""
    model = presets.build("noahmp")
    state, parameters = random_columns(model, COLUMNS, 5)
    key = jax.random.key(5)

    def step(weather: Any, i: Any) -> tuple[Any, Forcing]:
        return next_weather(weather, jax.random.fold_in(key, i), i)

    _, forcing = jax.lax.scan(step, weather_of(COLUMNS, 5), jnp.arange(DAYS * A_DAY))
    return model, state, parameters, forcing


def go(model: Any, state: Any, parameters: Any, forcing: Forcing) -> Run:
    return run(model, state, parameters, forcing, DT, every=A_DAY, outputs=OUTPUTS)


def of_columns(tree: Any, order: np.ndarray) -> Any:
    return jax.tree.map(lambda x: x[..., order], tree)


def assert_same(a: Any, b: Any) -> None:
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.slow
def test_the_order_of_columns_changes_no_number(case: tuple[Any, Any, Any, Forcing]) -> None:
    model, state, parameters, forcing = case
    whole = go(model, state, parameters, forcing)
    order = np.random.default_rng(0).permutation(COLUMNS)
    mixed = go(model, of_columns(state, order), of_columns(parameters, order), of_columns(forcing, order))
    assert_same(of_columns(whole.state, order), mixed.state)
    assert_same(of_columns(whole.means, order), mixed.means)


@pytest.mark.slow
def test_the_company_of_a_column_changes_no_number(case: tuple[Any, Any, Any, Forcing]) -> None:
    model, state, parameters, forcing = case
    whole = go(model, state, parameters, forcing)
    # of the same shape, so that it is the same program: column 0 beside copies of column 7
    order = np.array([0] + [7] * (COLUMNS - 1))
    alone = go(model, of_columns(state, order), of_columns(parameters, order), of_columns(forcing, order))
    assert_same(of_columns(whole.state, order), alone.state)
    assert_same(of_columns(whole.means, order), alone.means)


@pytest.mark.slow
def test_a_restart_in_the_middle_is_exact(case: tuple[Any, Any, Any, Forcing]) -> None:
    model, state, parameters, forcing = case
    half = DAYS * A_DAY // 2
    first = go(model, state, parameters, jax.tree.map(lambda x: x[:half], forcing))
    second = go(model, first.state, parameters, jax.tree.map(lambda x: x[half:], forcing))
    third = go(model, state, parameters, jax.tree.map(lambda x: x[:half], forcing))
    fourth = go(model, third.state, parameters, jax.tree.map(lambda x: x[half:], forcing))
    assert_same(second.state, fourth.state)
    whole = go(model, state, parameters, forcing)
    assert_same(whole.state, second.state)
    for name in OUTPUTS:
        np.testing.assert_array_equal(whole.means[name], np.concatenate([first.means[name], second.means[name]]))


@pytest.mark.slow
def test_more_rain_is_never_less_water_in_store_and_runoff(case: tuple[Any, Any, Any, Forcing]) -> None:
    model, state, parameters, forcing = case
    less = go(model, state, parameters, forcing)
    more = go(model, state, parameters, dataclasses.replace(forcing, precipitation=1.2 * forcing.precipitation + 2e-6))
    gain = model.storage(more.state) + more.tally.runoff - model.storage(less.state) - less.tally.runoff
    assert np.all(np.asarray(gain) >= -1e-9)
