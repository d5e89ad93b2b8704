"""One step of a subsurface: Newton's method with a line search, substeps where it fails, mass exact throughout."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.flow.overland import Overland, over_border
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState, prepared
from vadose.flow.subsurface_balance import Balance, Prepared, balance
from vadose.flow.subsurface_newton import corrected, newton
from vadose.numerics.stepping import iterate


@pytree
class SubsurfaceStep:
    """What a step did; fluxes are means over it.

    state       at its end
    rates       what each of the problem's terms gave, [z, y, x] m s-1 each
    x, y        [y, x+1], [y+1, x] m2 s-1, flow over the edges of surface cells toward +x, +y; 0 without overland flow
    substeps, iterations, products   Newton iterations and products with the Jacobian, of the whole step
    coarse      whether coarser grids served the linear systems at its end
    converged   False where a substep was given up: the state stands still from there
    residual    m of water, largest residual that the last correction of a substep started from
    worst       int, index of that cell in the flattened [z, y, x]
    unbalanced  m3, storage change minus what entered: rounding
    throughput  m3, magnitudes of what entered and left, summed
    """

    state: SubsurfaceState
    rates: tuple[Array, ...]
    x: Array
    y: Array
    substeps: Array
    iterations: Array
    products: Array
    coarse: Array
    converged: Array
    residual: Array
    worst: Array
    unbalanced: Array
    throughput: Array


class _At(NamedTuple):
    """Where a step stands: sums of what passed (m, m2), time left and substep (s), counts, the worst start."""

    state: SubsurfaceState
    rates: tuple[Array, ...]
    x: Array
    y: Array
    left: Array
    dt: Array
    substeps: Array
    iterations: Array
    products: Array
    coarse: Array
    residual: Array
    worst: Array
    converged: Array
    active: Array


@partial(jax.jit, static_argnames="differentiable")
def step(
    problem: Subsurface,
    state: SubsurfaceState,
    dt: Array,
    settings: SubsurfaceSettings = SubsurfaceSettings(),  # noqa: B008  (frozen)
    *,
    differentiable: bool = False,
) -> SubsurfaceStep:
    """Move the water of a subsurface over dt seconds; substeps of half the length where Newton's method fails.

    differentiable   for reverse mode by every float of `problem` and `state`: the last linear correction carries the
                     gradient of the implicit step (its slopes count as constants), by the transposed matrix
    """
    given = prepared(problem, settings.smooth_head)
    grid = problem.grid
    _, ny, nx = shape = grid.shape
    dt = jnp.asarray(dt, float)
    count, no, yes = jnp.zeros((), int), jnp.zeros((), bool), jnp.ones((), bool)
    start = _At(
        state=state,
        rates=tuple(jnp.zeros(shape) for _ in given.terms),
        x=jnp.zeros((ny, nx + 1)),
        y=jnp.zeros((ny + 1, nx)),
        left=dt,
        dt=dt,
        substeps=count,
        iterations=count,
        products=count,
        coarse=no,
        residual=jnp.zeros(()),
        worst=count,
        converged=yes,
        active=yes,
    )
    end = iterate(partial(_substep, differentiable), (given, settings, dt), start, MOST_SUBSTEPS)
    border_x, border_y = over_border(end.x, end.y, given.wet[0])
    border_x, border_y = border_x * grid.dy, border_y * grid.dx
    entered = [jnp.sum(r) * grid.area for r in end.rates] + [jnp.sum(border_x), jnp.sum(border_y)]
    gained = jnp.sum(end.state.water - state.water) * grid.area
    sizes = [jnp.sum(jnp.abs(r)) * grid.area for r in end.rates]
    sizes += [jnp.sum(jnp.abs(border_x)), jnp.sum(jnp.abs(border_y))]
    return SubsurfaceStep(
        state=end.state,
        rates=tuple(r / dt for r in end.rates),
        x=end.x / dt,
        y=end.y / dt,
        substeps=end.substeps,
        iterations=end.iterations,
        products=end.products,
        coarse=end.coarse,
        converged=end.converged & ~end.active,
        residual=end.residual,
        worst=end.worst,
        unbalanced=gained - sum(entered),
        throughput=jnp.asarray(sum(sizes)),
    )


def _substep(differentiable: bool, fixed: tuple[Prepared, SubsurfaceSettings, Array], at: _At) -> _At:
    """One try of one substep."""
    given = fixed[0]
    settings, whole = jax.lax.stop_gradient(fixed[1:])
    water = at.state.water
    start, hold = jax.lax.stop_gradient(at), jax.lax.stop_gradient(given)
    evaluate = partial(_balance, hold, start)
    found = newton(hold, settings, evaluate, start.state.head, at.coarse)
    last, change, residual = found.at, found.change, found.residual
    if differentiable:
        last = balance(given, found.before, water, at.state.pond, at.dt)
        solved = corrected(jax.lax.stop_gradient(last.matrix), -last.F, found.coarse, settings)
        change, residual = jnp.where(given.wet, solved.x, 0.0), solved.residual
    slopes = jax.lax.stop_gradient(last.slope)
    head = jnp.maximum(found.before + change, settings.psi_min)
    # What the linear solve leaves counts as not moved: mass is exact whatever it is.
    after = jnp.where(given.wet, last.water + slopes * change + residual, 0.0)
    rates = tuple(r + jax.lax.stop_gradient(slope) * change for r, slope in last.rates)
    x, y = _edges(last.overland, found.before, change, at)
    done = found.done
    span = jnp.where(done, at.dt, 0.0)
    left = at.left - span
    over = left <= 1e-9 * whole
    given_up = ~done & (at.dt <= whole * settings.smallest_substep)
    following = jnp.where(done, jnp.where(found.iterations <= EASY, 2.0 * at.dt, at.dt), 0.5 * at.dt)
    return _At(
        state=SubsurfaceState(jnp.where(done, head, at.state.head), jnp.where(done, after, water)),
        rates=tuple(a + span * r for a, r in zip(at.rates, rates, strict=True)),
        x=at.x + span * x,
        y=at.y + span * y,
        left=left,
        dt=jnp.where(over, at.dt, jnp.minimum(following, left)),
        substeps=at.substeps + done,
        iterations=at.iterations + found.iterations,
        products=at.products + found.products,
        coarse=found.coarse,
        residual=jnp.maximum(at.residual, found.size),
        worst=jnp.where(found.size > at.residual, jnp.argmax(jnp.abs(found.at.F)), at.worst),
        converged=at.converged & ~given_up,
        active=~over & ~given_up,
    )


def _balance(given: Prepared, at: _At, head: Array) -> Balance:
    return balance(given, head, at.state.water, at.state.pond, at.dt)


def _edges(flow: Overland | None, head: Array, change: Array, at: _At) -> tuple[Array, Array]:
    """Flow over edges after the last correction."""
    if flow is None:
        return jnp.zeros_like(at.x), jnp.zeros_like(at.y)
    moved = jnp.where(head[0] > 0.0, change[0], 0.0)
    ends, starts = [(0, 0), (1, 0)], [(0, 0), (0, 1)]
    hold = jax.lax.stop_gradient(flow)
    x = flow.x + hold.x_before * jnp.pad(moved, ends) + hold.x_after * jnp.pad(moved, starts)
    y = flow.y + hold.y_before * jnp.pad(moved, ends[::-1]) + hold.y_after * jnp.pad(moved, starts[::-1])
    return x, y


EASY = 7  # Newton iterations up to which the next substep is twice as long
MOST_SUBSTEPS = 4096
