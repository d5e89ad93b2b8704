"""A subsurface by itself, over many steps: rain on top, sums of what passed, steps that failed with their place."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.errors import ConfigError
from vadose.flow.curve import hydraulics, make_curve
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState
from vadose.flow.subsurface_demand import Evaporation
from vadose.flow.subsurface_step import step
from vadose.flow.subsurface_terms import FaceFlux


@pytree
class Passed:
    """What some steps did.

    state        at their end
    terms        [term] m3 that each term of the problem gave
    rain, evaporation   m3 that entered and left (<= 0) through the surface
    x, y         [y, x+1], [y+1, x] m3 per m of edge that ran over the land toward +x, +y
    unbalanced   m3, sum of the magnitudes of what steps leave unexplained;  throughput m3
    substeps, iterations, products   sums;  coarse  whether coarser grids served the linear systems
    done         steps made; less than asked for where one failed
    residual, worst   m of water and index of the cell of the step that failed, or of the last one
    """

    state: SubsurfaceState
    terms: Array
    rain: Array
    evaporation: Array
    x: Array
    y: Array
    unbalanced: Array
    throughput: Array
    substeps: Array
    iterations: Array
    products: Array
    coarse: Array
    done: Array
    converged: Array
    residual: Array
    worst: Array


@jax.jit
def advance(
    problem: Subsurface,
    state: SubsurfaceState,
    top: Array,
    dt: Array,
    count: Array,
    settings: SubsurfaceSettings = SubsurfaceSettings(),  # noqa: B008  (frozen)
) -> Passed:
    """Make `count` steps of dt seconds; stop at one that fails.

    top    [step, y, x] m s-1 into the ground, at least `count` rows, or one for all steps; what is negative asks for
           evaporation, which dry soil gives as far as it conducts water to its surface
    """
    grid = problem.grid
    _, ny, nx = grid.shape
    rows = top.shape[0]

    def one(at: tuple[Array, Passed]) -> tuple[Array, Passed]:
        index, was = at
        flux = top[jnp.minimum(index, rows - 1)]
        if grid.active is not None:
            flux = jnp.where(grid.active[0], flux, 0.0)
        rain = FaceFlux(jnp.zeros(grid.shape).at[0].set(jnp.maximum(flux, 0.0)))
        air = Evaporation(jnp.zeros(grid.shape[1:]), jnp.maximum(-flux, 0.0))
        made = step(replace(problem, terms=(*problem.terms, rain, air)), was.state, dt, settings)
        gave = jnp.stack([jnp.sum(r) for r in made.rates]) * (grid.area * dt)
        now = Passed(
            state=made.state,
            terms=was.terms + gave[:-2],
            rain=was.rain + gave[-2],
            evaporation=was.evaporation + gave[-1],
            x=was.x + dt * made.x,
            y=was.y + dt * made.y,
            unbalanced=was.unbalanced + jnp.abs(made.unbalanced),
            throughput=was.throughput + made.throughput,
            substeps=was.substeps + made.substeps,
            iterations=was.iterations + made.iterations,
            products=was.products + made.products,
            coarse=was.coarse | made.coarse,
            done=was.done + made.converged,
            converged=made.converged,
            residual=made.residual,
            worst=made.worst,
        )
        # A step that fails in the middle leaves no half of it: all but its place is as before.
        kept = jax.tree.map(lambda new, old: jnp.where(made.converged, new, old), now, was)
        return index + 1, replace(kept, converged=made.converged, residual=made.residual, worst=made.worst)

    zero, none = jnp.zeros(()), jnp.zeros((), int)
    no = jnp.zeros((), bool)
    start = Passed(
        state, jnp.zeros(len(problem.terms)), zero, zero, jnp.zeros((ny, nx + 1)), jnp.zeros((ny + 1, nx)), zero, zero,
        none, none, none, no, none, ~no, zero, none,
    )  # fmt: skip
    return jax.lax.while_loop(lambda at: (at[0] < count) & at[1].converged, one, (none, start))[1]


@partial(jax.jit, static_argnames="smooth_head")
def saturation(problem: Subsurface, state: SubsurfaceState, smooth_head: float = 1e-3) -> Array:
    """Water over pore space of each cell, [z, y, x] 1, without elastic storage and pond; NaN where inactive."""
    curve = make_curve(
        problem.retention, problem.grid.shape, porosity=problem.porosity, smooth_head=smooth_head, specific_storage=0.0
    )
    filled = hydraulics(curve, state.head).water / curve.porosity
    return filled if problem.grid.active is None else jnp.where(problem.grid.active, filled, jnp.nan)


def over_devices(tree: Any, rows: int, devices: int) -> Any:
    """The leaves of a problem or a state, with their rows (y) in equal parts on the first `devices` devices.

    The compiler then shares out every step and exchanges the borders of the parts. Leaves without `rows` rows are
    everywhere. Raises ConfigError where there are not so many devices, or rows cannot be shared equally.
    """
    if devices == 1:
        return tree
    found = jax.devices()
    if devices > len(found):
        raise ConfigError(f"`devices` = {devices}, but this machine has {len(found)} of the kind {found[0].platform!r}")
    if rows % devices:
        raise ConfigError(f"`devices` = {devices} must divide the {rows} rows (y) of the domain")
    mesh = jax.make_mesh((devices,), ("y",), devices=found[:devices], axis_types=(jax.sharding.AxisType.Auto,))

    def put(leaf: Array) -> Array:
        values = jnp.asarray(leaf)
        split = values.ndim >= 2 and values.shape[-2] == rows
        axes = (*[None] * (values.ndim - 2), "y", None) if split else ()
        return jax.device_put(values, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes)))

    return jax.tree.map(put, tree)


def water_table_depth(head: Any, thickness: Any) -> Any:
    """Depth of the water table below the ground, [y, x] m, by the head of the highest layer of the saturated zone.

    head [z, y, x] m, thickness [z, 1, 1] or [z, y, x] m. The saturated zone begins at the lowest layer; 0 where it
    reaches the ground, NaN where the lowest layer is not saturated.
    """
    saturated = jnp.cumprod(jnp.flip(head >= 0.0, axis=0).astype(int), axis=0)
    upper = head.shape[0] - jnp.sum(saturated, axis=0)  # the highest layer of the zone
    bottoms = jnp.cumsum(thickness * jnp.ones_like(head), axis=0)
    centres = bottoms - 0.5 * thickness
    row = jnp.clip(upper, 0, head.shape[0] - 1)[None]
    at = jnp.take_along_axis(centres, row, axis=0)[0] - jnp.take_along_axis(head, row, axis=0)[0]
    return jnp.where(upper == head.shape[0], jnp.nan, jnp.maximum(at, 0.0))


__all__ = ["Passed", "advance", "over_devices", "saturation", "water_table_depth"]
