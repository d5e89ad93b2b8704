"""One step of a subsurface: Newton's method with a line search, substeps where it fails, mass exact throughout."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.flow.guard import guarded
from vadose.flow.overland import Overland
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState, prepared
from vadose.flow.subsurface_balance import Balance, Prepared, balance
from vadose.numerics.krylov import Solved, bicgstab
from vadose.numerics.multigrid import cycle, lines
from vadose.numerics.stencil import Stencil, multiply


@pytree
class SubsurfaceStep:
    """What a step did; fluxes are means over it.

    state       at its end
    rates       what each of the problem's terms gave, [z, y, x] m s-1 each
    x, y        [y, x+1], [y+1, x] m2 s-1, flow over the edges of surface cells toward +x, +y; 0 without overland flow
    substeps, iterations, products   Newton iterations and products with the Jacobian, of the whole step
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
    converged: Array
    residual: Array
    worst: Array
    unbalanced: Array
    throughput: Array


class _Newton(NamedTuple):
    head: Array
    at: Balance
    size: Array
    iterations: Array
    products: Array
    coarse: Array
    stuck: Array


class _At(NamedTuple):
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
    given_up: Array
    residual: Array
    worst: Array




def step(
    problem: Subsurface, state: SubsurfaceState, dt: Array, settings: SubsurfaceSettings = SubsurfaceSettings()  # noqa: B008
) -> SubsurfaceStep:
    """Move the water of a subsurface over dt seconds; substeps of half the length where Newton's method fails.

    Differentiable by every parameter and by the water of `state`: the last linear correction carries the gradient of
    the implicit step (its slopes count as constants), solved with the transposed matrix.
    """
    return _step(problem, state, jnp.asarray(dt, float), settings)


@jax.jit
def _step(problem: Subsurface, state: SubsurfaceState, dt: Array, settings: SubsurfaceSettings) -> SubsurfaceStep:
    given = prepared(problem, settings.smooth_head)
    shape = problem.grid.shape
    _, ny, nx = shape
    count = jnp.zeros((), int)

    def more(at: _At) -> Array:
        return (at.left > 1e-9 * dt) & ~at.given_up

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
        coarse=jnp.zeros((), bool),
        given_up=jnp.zeros((), bool),
        residual=jnp.zeros(()),
        worst=count,
    )
    end = jax.lax.while_loop(more, partial(_substep, given, settings, dt), start)
    entered = sum(end.rates, jnp.zeros(shape))
    border = (end.x[:, 0] - end.x[:, -1]).sum() * problem.grid.dy + (end.y[0] - end.y[-1]).sum() * problem.grid.dx
    gained = jnp.sum(end.state.water - state.water) * problem.grid.area
    over = jnp.abs(end.x[:, [0, -1]]).sum() * problem.grid.dy + jnp.abs(end.y[jnp.asarray([0, -1])]).sum() * problem.grid.dx
    through = sum((jnp.abs(r).sum() for r in end.rates), jnp.zeros(())) * problem.grid.area + over
    return SubsurfaceStep(
        state=end.state,
        rates=tuple(r / dt for r in end.rates),
        x=end.x / dt,
        y=end.y / dt,
        substeps=end.substeps,
        iterations=end.iterations,
        products=end.products,
        converged=~end.given_up,
        residual=end.residual,
        worst=end.worst,
        unbalanced=gained - entered.sum() * problem.grid.area - border,
        throughput=through,
    )


def _substep(given: Prepared, settings: SubsurfaceSettings, whole: Array, at: _At) -> _At:
    """One try of one substep."""
    depth, water = at.state.pond, at.state.water
    evaluate = partial(balance, given, water=water, depth=depth, dt=at.dt)
    newton = _newton(given, settings, evaluate, at.state.head, at.coarse)
    done = newton.size <= settings.tolerance
    last = newton.at
    goal = settings.last * _size2(last.F)
    solved = _solve(last.matrix, -last.F, goal, newton.coarse, settings)
    change = jnp.where(given.wet, solved.x, 0.0)
    head = jnp.clip(newton.head + change, settings.psi_min, None)
    # What the linear solve leaves counts as not moved: mass is exact whatever it is.
    after = jnp.where(given.wet, last.water + last.slope * change + solved.residual, 0.0)
    rates = tuple(r + slope * change for r, slope in last.rates)
    x, y = _edges(last.overland, newton.head, change, at)
    span = jnp.where(done, at.dt, 0.0)
    left = at.left - span
    following = jnp.where(done, jnp.where(newton.iterations <= EASY, 2.0 * at.dt, at.dt), 0.5 * at.dt)
    given_up = ~done & (at.dt <= whole * settings.smallest_substep)
    return _At(
        state=SubsurfaceState(
            jnp.where(done, head, at.state.head), jnp.where(done, after, water)
        ),
        rates=tuple(a + span * r for a, r in zip(at.rates, rates, strict=True)),
        x=at.x + span * x,
        y=at.y + span * y,
        left=left,
        dt=jnp.minimum(following, jnp.maximum(left, 1e-300)),
        substeps=at.substeps + done,
        iterations=at.iterations + newton.iterations + done,
        products=at.products + newton.products + solved.iterations,
        coarse=newton.coarse | (solved.iterations > settings.coarse),
        given_up=given_up,
        residual=jnp.maximum(at.residual, newton.size),
        worst=jnp.where(newton.size > at.residual, jnp.argmax(jnp.abs(last.F)), at.worst),
    )


def _edges(flow: Overland | None, head: Array, change: Array, at: _At) -> tuple[Array, Array]:
    """Flow over edges after the last correction."""
    if flow is None:
        return jnp.zeros_like(at.x), jnp.zeros_like(at.y)
    moved = jnp.where(head[0] > 0.0, change[0], 0.0)
    ends, starts = [(0, 0), (1, 0)], [(0, 0), (0, 1)]
    x = flow.x + flow.x_before * jnp.pad(moved, ends) + flow.x_after * jnp.pad(moved, starts)
    y = flow.y + flow.y_before * jnp.pad(moved, ends[::-1]) + flow.y_after * jnp.pad(moved, starts[::-1])
    return x, y


def _newton(given: Prepared, settings: SubsurfaceSettings, evaluate: Any, head: Array, coarse: Array) -> _Newton:
    """Iterate until the largest residual is small, at most `settings.newton` times."""

    def more(now: _Newton) -> Array:
        return (now.size > settings.tolerance) & (now.iterations < settings.newton) & ~now.stuck

    def once(now: _Newton) -> _Newton:
        F = now.at.F
        solved = _solve(now.at.matrix, -F, settings.linear * _size2(F), now.coarse, settings)
        diagonal = now.at.matrix.diagonal / given.thickness
        capacity = now.at.soil
        size2 = _size2(F)

        def tried(part: Array) -> tuple[Array, Balance]:
            following = guarded(
                given.curve, now.head, capacity, diagonal, part * solved.x, 1.0, settings.psi_min
            )
            following = jnp.where(given.wet, following, now.head)
            return following, evaluate(head=following)

        def worse(search: tuple[Array, Array, Balance]) -> Array:
            part, _, at = search
            return ~(_size2(at.F) < ENOUGH * size2) & (part > SHORTEST)

        def shorter(search: tuple[Array, Array, Balance]) -> tuple[Array, Array, Balance]:
            part = 0.5 * search[0]
            return part, *tried(part)

        one = jnp.ones(())
        _, following, at = jax.lax.while_loop(worse, shorter, (one, *tried(one)))
        size = jnp.max(jnp.abs(at.F))
        return _Newton(
            following,
            at,
            size,
            now.iterations + 1,
            now.products + solved.iterations,
            now.coarse | (solved.iterations > settings.coarse),
            ~jnp.isfinite(size),
        )

    zero = jnp.zeros((), int)
    first = evaluate(head=head)
    start = _Newton(head, first, jnp.max(jnp.abs(first.F)), zero, zero, coarse, jnp.zeros((), bool))
    return jax.lax.while_loop(more, once, start)


def _solve(a: Stencil, right: Array, tolerance: Array, coarse: Array, settings: SubsurfaceSettings) -> Solved:
    """The Newton system by BiCGSTAB, with lines or with the whole multigrid cycle."""

    def with_lines(_: None) -> Solved:
        return bicgstab(partial(multiply, a), lines(a), right, tolerance=tolerance, limit=settings.krylov)

    def with_cycle(_: None) -> Solved:
        return bicgstab(partial(multiply, a), cycle(a), right, tolerance=tolerance, limit=settings.krylov)

    return jax.lax.cond(coarse, with_cycle, with_lines, None)


def _size2(F: Array) -> Array:
    return jnp.sqrt(jnp.sum(jnp.square(F)))


EASY = 6  # Newton iterations up to which the next substep is twice as long
ENOUGH = 1.0  # part of the residual's norm below which a step of the line search is taken
SHORTEST = 0.05  # part of a Newton step below which it is taken as it is
