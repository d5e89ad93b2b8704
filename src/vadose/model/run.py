"""Run a column model over many steps: one compiled loop, means of what is asked for, failures counted."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.land.air import Forcing
from vadose.model.column import ColumnModel
from vadose.model.outputs import collect
from vadose.model.state import Parameters, State
from vadose.numerics.sharing import computed_once


@pytree
class Tally:
    """What a run adds up beside its outputs, [column].

    water             kg m-2   sum of the budget residuals' magnitudes
    energy            W m-2    largest magnitude of the energy residual of a step
    failed            1        steps in which a solver did not converge
    first_failed      1        the first of them, counted from the start of the run; -1 where there is none
    precipitation, evaporation, runoff   kg m-2   sums over the run
    """

    water: Array
    energy: Array
    failed: Array
    first_failed: Array
    precipitation: Array
    evaporation: Array
    runoff: Array


@pytree
class Run:
    """The end of a run: its last state, means [interval, column] or [interval, layer, column], and the tally."""

    state: State
    means: dict[str, Array]
    tally: Tally


def run(
    model: ColumnModel,
    state: State,
    parameters: Parameters,
    forcing: Forcing,
    dt: float,
    *,
    every: int = 1,
    outputs: tuple[str, ...] = ("soil_moisture", "latent_heat"),
    differentiable: bool = False,
) -> Run:
    """Run the model over all steps of `forcing` ([time, column] leaves), which are a multiple of `every`.

    dt        s, length of a step
    every     steps whose mean is one row of the outputs
    outputs   names of `vadose.model.outputs.OUTPUTS`
    differentiable   keep only the states and compute each step again on the way back, for reverse mode
    """
    return _run(model, state, parameters, forcing, jnp.asarray(float(dt)), every, outputs, differentiable)


@partial(jax.jit, static_argnames=("every", "outputs", "differentiable"))
def _run(
    model: ColumnModel,
    state: State,
    parameters: Parameters,
    forcing: Forcing,
    dt: Array,
    every: int,
    outputs: tuple[str, ...],
    differentiable: bool,
) -> Run:
    thickness = jnp.asarray(model.thickness)[:, None]

    body = partial(_replayed, outputs) if differentiable else computed_once(partial(_one, outputs))

    def one(carry: Any, weather: Forcing) -> tuple[Any, None]:
        return body((model, parameters, dt), carry, weather), None

    def interval(carry: Any, weather: Forcing) -> tuple[Any, dict[str, Array]]:
        state, tally, index = carry
        zero = {name: jnp.zeros(shape) for name, shape in shapes.items()}
        (state, tally, index, sums), _ = jax.lax.scan(one, (state, tally, index, zero), weather)
        return (state, tally, index), {name: sums[name] / every for name in outputs}

    first = jax.tree.map(lambda x: x[0], forcing)
    shapes = {
        name: value.shape
        for name, value in jax.eval_shape(
            lambda: collect(outputs, *model.step(state, parameters, first, dt)[:2], thickness)
        ).items()
    }
    rows = jax.tree.map(lambda x: x.reshape(x.shape[0] // every, every, *x.shape[1:]), forcing)
    (state, tally, _), means = jax.lax.scan(interval, (state, _nothing(state.pond), 0), rows)
    return Run(state, means, tally)


def _one(outputs: tuple[str, ...], given: Any, carry: Any, weather: Forcing) -> Any:
    """The carry (state, tally, index, sums of the outputs) after a step; given is (model, parameters, dt)."""
    model, parameters, dt = given
    state, tally, index, sums = carry
    state, fluxes, budget = model.step(state, parameters, weather, dt)
    tally = _count(tally, fluxes, budget, index, dt)
    values = collect(outputs, state, fluxes, jnp.asarray(model.thickness)[:, None])
    return state, tally, index + 1, {name: sums[name] + values[name] for name in outputs}


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _replayed(outputs: tuple[str, ...], given: Any, carry: Any, weather: Forcing) -> Any:
    """`_one` that keeps only what it was given, and is computed again on the way back."""
    return _one(outputs, given, carry, weather)


def _forward(outputs: tuple[str, ...], given: Any, carry: Any, weather: Forcing) -> tuple[Any, Any]:
    return computed_once(partial(_one, outputs))(given, carry, weather), (given, carry, weather)


def _backward(outputs: tuple[str, ...], kept: Any, gradient: Any) -> Any:
    def back(kept: Any, gradient: Any) -> Any:
        _, pull = jax.vjp(partial(_one, outputs), *kept)
        return pull(gradient)

    return computed_once(back)(kept, gradient)


_replayed.defvjp(_forward, _backward)


def _nothing(like: Array) -> Tally:
    zero = jnp.zeros(like.shape)
    none = jnp.full(like.shape, -1)
    return Tally(zero, zero, jnp.zeros(like.shape, int), none, zero, zero, zero)


def _count(tally: Tally, fluxes: Any, budget: Any, index: Array, dt: Array) -> Tally:
    bad = ~fluxes.converged
    evaporation = fluxes.canopy_evaporation + fluxes.transpiration + fluxes.ground_evaporation
    return Tally(
        water=tally.water + jnp.abs(budget.water),
        energy=jnp.maximum(tally.energy, jnp.abs(budget.energy)),
        failed=tally.failed + bad,
        first_failed=jnp.where(bad & (tally.first_failed < 0), index, tally.first_failed),
        precipitation=tally.precipitation + dt * fluxes.precipitation,
        evaporation=tally.evaporation + dt * evaporation,
        runoff=tally.runoff + dt * (fluxes.surface_runoff + fluxes.subsurface_runoff),
    )
