"""Gradients of a run's outputs with respect to any parameter or initial state, in reverse mode."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.errors import ConfigError
from vadose.land.air import Forcing
from vadose.model.column import ColumnModel
from vadose.model.outputs import OUTPUTS
from vadose.model.run import run
from vadose.model.state import Parameters, State

STATE = "state."
USUAL = (
    "soil.retention.K_s",
    "soil.retention.theta_s",
    "vegetation.photosynthesis.vcmax25",
    "vegetation.lai",
    "state.soil.liquid",
)


@pytree
class Sensitivity:
    """A value of each column and its gradient.

    value     [column]   or [] where a function gave one number
    gradient  name -> array of the leaf's shape, units of the value over those of the leaf
    failed    [column]   steps in which a solver did not converge; gradients of such columns are in doubt
    """

    value: Array
    gradient: dict[str, Array]
    failed: Array


def sensitivity(
    model: ColumnModel,
    state: State,
    parameters: Parameters,
    forcing: Forcing,
    dt: float,
    output: str | Callable[[Mapping[str, Array]], Array],
    *,
    wrt: tuple[str, ...] = USUAL,
    every: int = 1,
    weights: Array | None = None,
    outputs: tuple[str, ...] = (),
) -> Sensitivity:
    """The gradient of an output with respect to leaves of the parameters or of the initial state.

    dt, every   s and steps of a row, as in `vadose.model.run.run`, whose steps are a multiple of `every`
    output      a name of `OUTPUTS`: the value is the mean over the rows, summed over the layers where it has them;
                or a function of {name: means [row, (layer), column]} to [column] or to one number, with the names
                that it reads in `outputs`. A function that is defined once is compiled once.
    wrt         names of leaves, as in "soil.retention.K_s" and "state.soil.liquid"; see `leaves`
    weights     [row] or what broadcasts with the means: the value is their sum times the means, in place of the mean
    Columns do not know of each other, so each column's value has its own gradient; that of a leaf which all columns
    share is the sum over the columns. Reverse mode: the cost does not grow with the number of leaves.
    Raises ConfigError for an unknown output or leaf, with the nearest name.
    """
    names = (output,) if isinstance(output, str) else tuple(outputs)
    if not names:
        raise ConfigError("`output` is a function, so `outputs` must name what it reads; see vadose.model.outputs")
    for name in names:
        if name not in OUTPUTS:
            raise ConfigError(f"unknown output {name!r}; {_nearest(name, tuple(OUTPUTS))}")
    values = chosen(state, parameters, wrt)
    if weights is not None and not isinstance(output, str):
        raise ConfigError("`weights` go with the name of an output; a function weighs as it likes")
    value, gradient, failed = _gradient(
        model, state, parameters, forcing, values, weights, dt=float(dt), every=every, output=output, names=names
    )
    return Sensitivity(value, gradient, failed)


@partial(jax.jit, static_argnames=("dt", "every", "output", "names"))
def _gradient(
    model: ColumnModel,
    state: State,
    parameters: Parameters,
    forcing: Forcing,
    values: dict[str, Array],
    weights: Array | None,
    *,
    dt: float,
    every: int,
    output: str | Callable[[Mapping[str, Array]], Array],
    names: tuple[str, ...],
) -> tuple[Array, dict[str, Array], Array]:
    """The value, its gradient, and the steps that failed."""

    def value_of(values: dict[str, Array]) -> tuple[Array, Array]:
        begin, made_of = replaced(state, parameters, values)
        done = run(model, begin, made_of, forcing, dt, every=every, outputs=names, differentiable=True)
        value = _weighed(done.means[output], weights) if isinstance(output, str) else output(done.means)
        return value, done.tally.failed

    value, pull, failed = jax.vjp(value_of, values, has_aux=True)
    return value, pull(jnp.ones_like(value))[0], failed


def _weighed(means: Array, weights: Array | None) -> Array:
    """The mean over the rows, or the sum of weights times means; summed over layers; [column]."""
    if weights is None:
        rows = jnp.mean(means, axis=0)
    else:
        given = jnp.asarray(weights)
        given = given.reshape(-1, *[1] * (means.ndim - 1)) if given.ndim == 1 else given
        rows = jnp.sum(given * means, axis=0)
    return rows if rows.ndim == 1 else jnp.sum(rows, axis=0)


def leaves(state: State, parameters: Parameters) -> dict[str, Array]:
    """Every leaf by name: those of the parameters ("soil.retention.K_s"), those of the state after "state."."""
    found = {}
    for prefix, tree in (("", parameters), (STATE, state)):
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
            found[prefix + ".".join(str(getattr(key, "name", getattr(key, "idx", key))) for key in path)] = leaf
    return found


def chosen(state: State, parameters: Parameters, names: tuple[str, ...]) -> dict[str, Array]:
    """The leaves `names` as floats. Raises ConfigError for an unknown one, with the nearest name."""
    known = leaves(state, parameters)
    for name in names:
        if name not in known:
            raise ConfigError(f"unknown parameter or state {name!r}; {_nearest(name, tuple(known))}")
    return {name: jnp.asarray(known[name], float) for name in names}


def replaced(state: State, parameters: Parameters, values: Mapping[str, Array]) -> tuple[State, Parameters]:
    """State and parameters with the leaves `values` in place of their own."""
    known = leaves(state, parameters)
    count = len(jax.tree.leaves(parameters))
    new = [values.get(name, leaf) for name, leaf in known.items()]
    return (
        jax.tree.unflatten(jax.tree.structure(state), new[count:]),
        jax.tree.unflatten(jax.tree.structure(parameters), new[:count]),
    )


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1, cutoff=0.4)
    if not near:
        ends = {one.rsplit(".", 1)[-1]: one for one in known}
        near = [ends[end] for end in difflib.get_close_matches(name.rsplit(".", 1)[-1], ends, 1)]
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
