"""The compiled loop of a run: days of a tile of columns, one program whatever the length of a chunk.

The number of days is data and not structure, so that leap years, short chunks and the spin-up share the program.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from vadose.arrays import Array, pytree
from vadose.land.air import Forcing
from vadose.model.column import ColumnModel
from vadose.model.outputs import OUTPUTS, levels
from vadose.model.run import Tally, run
from vadose.model.state import Parameters, State

AXIS = "column"
# Heat terms whose means close the energy budget in the table of budgets, W m-2.
HEAT = ("net_radiation", "precipitation_heat", "sensible_heat", "latent_heat", "ground_heat", "canopy_heat")


@pytree
class Carry:
    """What goes from one day to the next, [column] last.

    state     now;  before  the state at the beginning of the day in which a column first failed
    tally     of the run so far;  heat  [term, column] W m-2 sum of daily means of `HEAT`;  days  done
    """

    state: State
    before: State
    tally: Tally
    heat: Array
    days: Array


def beginning(state: State) -> Carry:
    """The carry at the start of a chunk."""
    zero = jnp.zeros_like(state.pond)
    none = jnp.full(zero.shape, -1, int)  # of a type of their own, as those of a file are: one program for both
    tally = Tally(zero, zero, jnp.zeros(zero.shape, int), none, zero, zero, zero)
    return Carry(state, state, tally, jnp.zeros((len(HEAT), *zero.shape)), jnp.zeros((), int))


def advance(
    model: ColumnModel,
    parameters: Parameters,
    carry: Carry,
    forcing: Forcing,
    days: int,
    *,
    dt: float,
    every: int,
    outputs: tuple[str, ...],
    devices: int = 1,
) -> tuple[Carry, dict[str, Array]]:
    """The carry after the first `days` days of `forcing` ([day, step, column]) and means [day, row, (layer), column].

    every     steps of a row;  devices  over which the columns are sharded; they must be a multiple of it
    """
    return _advance(model, parameters, carry, forcing, jnp.asarray(days), dt, every, outputs, devices)


@partial(jax.jit, static_argnames=("dt", "every", "outputs", "devices"))
def _advance(
    model: ColumnModel,
    parameters: Parameters,
    carry: Carry,
    forcing: Forcing,
    days: Array,
    dt: float,
    every: int,
    outputs: tuple[str, ...],
    devices: int,
) -> tuple[Carry, dict[str, Array]]:
    work = partial(_days, dt=dt, every=every, outputs=outputs)
    if devices == 1:
        return work(model, parameters, carry, forcing, days)
    given = (_replicated(model), specs(parameters), specs(carry), specs(forcing), PartitionSpec())
    means = {n: PartitionSpec(*[None] * (3 if OUTPUTS[n].layered else 2), AXIS) for n in outputs}
    spread = jax.shard_map(work, mesh=mesh(devices), in_specs=given, out_specs=(specs(carry), means), check_vma=False)
    return spread(model, parameters, carry, forcing, days)


def _days(
    model: ColumnModel,
    parameters: Parameters,
    carry: Carry,
    forcing: Forcing,
    days: Array,
    dt: float,
    every: int,
    outputs: tuple[str, ...],
) -> tuple[Carry, dict[str, Array]]:
    asked = tuple(dict.fromkeys((*outputs, *HEAT)))
    longest, steps, columns = forcing.pressure.shape
    soil: Any = carry.state.soil.liquid
    whole: Any = getattr(carry.state.groundwater, "head", soil)  # of all layers of a subsurface, where there is one
    shape = {n: (longest, steps // every, *levels(OUTPUTS[n], soil.shape[0], whole.shape[0]), columns) for n in outputs}

    def one(day: Array, held: tuple[Carry, dict[str, Array]]) -> tuple[Carry, dict[str, Array]]:
        now, means = held
        weather = jax.tree.map(lambda x: jax.lax.dynamic_index_in_dim(x, day, keepdims=False), forcing)
        done = run(model, now.state, parameters, weather, dt, every=every, outputs=asked)
        first = (done.tally.first_failed >= 0) & (now.tally.first_failed < 0)
        heat = jnp.stack([jnp.mean(done.means[name], axis=0) for name in HEAT])
        after = Carry(
            state=done.state,
            before=jax.tree.map(lambda new, old: jnp.where(first, new, old), now.state, now.before),
            tally=_added(now.tally, done.tally, now.days * steps),
            heat=now.heat + heat,
            days=now.days + 1,
        )
        return after, {n: jax.lax.dynamic_update_index_in_dim(means[n], done.means[n], day, 0) for n in outputs}

    return jax.lax.fori_loop(0, days, one, (carry, {n: jnp.zeros(s) for n, s in shape.items()}))


def _added(a: Tally, b: Tally, steps: Array) -> Tally:
    """The tally of a run and of the day after it; `steps` of the run before that day."""
    first = jnp.where((a.first_failed < 0) & (b.first_failed >= 0), b.first_failed + steps, a.first_failed)
    return Tally(
        water=a.water + b.water,
        energy=jnp.maximum(a.energy, b.energy),
        failed=a.failed + b.failed,
        first_failed=first,
        precipitation=a.precipitation + b.precipitation,
        evaporation=a.evaporation + b.evaporation,
        runoff=a.runoff + b.runoff,
    )


def mesh(devices: int) -> Any:
    """The first `devices` devices as a mesh of one axis, over which columns are sharded."""
    return jax.make_mesh((devices,), (AXIS,), devices=jax.devices()[:devices])


def specs(tree: Any) -> Any:
    """How each leaf of a tree is sharded: its last axis is the column axis, numbers are everywhere."""
    return jax.tree.map(lambda x: PartitionSpec(*[None] * (x.ndim - 1), AXIS) if x.ndim else PartitionSpec(), tree)


def _replicated(tree: Any) -> Any:
    return jax.tree.map(lambda x: PartitionSpec(), tree)


def place(tree: Any, devices: int) -> Any:
    """The leaves of a tree on the devices on which `advance` wants them."""
    if devices == 1:
        return jax.tree.map(jnp.asarray, tree)
    over = mesh(devices)
    return jax.tree.map(lambda x, s: jax.device_put(x, NamedSharding(over, s)), tree, specs(tree))


def columns(tree: Any, count: int, size: int) -> Any:
    """Leaves with `size` columns, the last of `count` repeated; numbers, which hold for all columns, stay numbers."""
    pick = np.minimum(np.arange(size), count - 1)

    def padded(leaf: Any) -> np.ndarray:
        values = np.asarray(leaf)
        if values.ndim and values.shape[-1] == count:
            return values[..., pick]
        if values.ndim == 0:
            return values
        if values.shape[-1] == 1:
            return np.broadcast_to(values, (*values.shape[:-1], size)).copy()
        raise ValueError(f"an array of shape {values.shape} has no axis of {count} columns")

    return jax.tree.map(padded, tree)
