"""Water below and on the land in three dimensions: the mixed form of the Richards equation, with overland flow on top.

Cell-centred finite volumes on terrain-following layers, backward Euler, an inexact Newton method whose linear systems
are solved by BiCGSTAB with vertical lines and, where columns exchange much in a step, a multigrid cycle.
Source: Kollet & Maxwell (2006), Adv. Water Resour. 29, 945-958; Maxwell (2013), Adv. Water Resour. 53, 109-117
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.flow.curve import hydraulics, make_curve
from vadose.flow.richards_conductivity import Upwind
from vadose.flow.subsurface_balance import Prepared, angles
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.numerics.stencil import sides


@pytree
class SubsurfaceSettings:
    """How a subsurface is solved.

    smooth_head       m, suction below which water content and conductivity go straight to saturation
    psi_min           m, driest head
    tolerance         m of water, largest residual of a cell from which one last linear correction ends a step
    linear            1, residual of a linear system over that of the Newton step; `last` of the last one
    smallest_substep  1, part of the step below which it is given up
    search_after      Newton iterations from which a step that does not lower the residual is halved (line search)
    newton, krylov    most Newton iterations of a substep before it is halved, most products of a linear solve
    coarse            products of one solve from which coarser grids help: the multigrid cycle is used from then on
    """

    smooth_head: Array = 0.001
    psi_min: Array = -5e4
    tolerance: Array = 1e-6
    linear: Array = 1e-2
    last: Array = 1e-4
    smallest_substep: Array = 1e-4
    newton: int = static(25)
    search_after: int = static(10)
    krylov: int = static(200)
    coarse: int = static(12)


@pytree
class Subsurface:
    """A subsurface with what lies on it and what it exchanges; leaves [z, y, x] or numbers.

    grid               SubsurfaceGrid
    retention          closure of vadose.soil; K_s is the vertical conductivity, theta_s the porosity
    specific_storage   m-1
    stretch_x, stretch_y   1, horizontal over vertical conductivity
    overland           KinematicWave, CellKinematicWave, DiffusiveWave, or None: what ponds stays
    terms              what cells exchange with the outside, see subsurface_terms
    porosity           m3 m-3 without ice, by default theta_s;  impedance 1, of ice, on the conductivity
    everywhere         elastic storage S_s S psi at all heads, as in ParFlow; else of saturated soil only
    mean               relative conductivity between cells, of richards_conductivity: Upwind is first order and never
                       oscillates, ArithmeticMean second order where profiles are smooth
    """

    grid: SubsurfaceGrid
    retention: Any
    specific_storage: Array = 1e-5
    stretch_x: Array = 1.0
    stretch_y: Array = 1.0
    overland: Any = None
    terms: tuple[Any, ...] = ()
    porosity: Array | None = None
    impedance: Array = 1.0
    everywhere: bool = static(True)
    mean: Any = Upwind()


def prepared(problem: Subsurface, smooth_head: Array) -> Prepared:
    """What a step keeps fixed: saturated conductivities of faces, the pull of gravity, the soil's curves."""
    grid = problem.grid
    shape = grid.shape
    one = jnp.ones(shape)
    wet = jnp.ones(shape, bool) if grid.active is None else jnp.asarray(grid.active)
    K_z = problem.impedance * problem.retention.K_s * one
    K_x, K_y = problem.stretch_x * K_z, problem.stretch_y * K_z
    thickness = grid.thickness * one
    both = thickness[:-1] + thickness[1:]
    series = both / (thickness[:-1] / K_z[:-1] + thickness[1:] / K_z[1:])
    leaning = angles(grid)
    sine_x, sine_y, cosine_x, cosine_y = leaning

    def across(K: Array, axis: int, distance: Array) -> Array:
        a, b = sides(K, axis)
        joined = jnp.logical_and(*sides(wet, axis))
        # Without conductivity across (stretch 0) the harmonic mean is 0.
        mean = 2.0 * a * b / jnp.maximum(a + b, SMALLEST)
        return jnp.where(joined, mean * 0.5 * sum(sides(thickness, axis)) / (distance * distance), 0.0)

    def between(v: Array, axis: int) -> Array:
        a, b = sides(v, axis)
        return (0.5 * (a + b) if grid.gravity == "mean" else a)[None]

    return Prepared(
        curve=make_curve(
            problem.retention,
            shape,
            porosity=problem.porosity,
            smooth_head=smooth_head,
            specific_storage=problem.specific_storage,
            everywhere=problem.everywhere,
        ),
        K_x=K_x,
        K_y=K_y,
        K_z=K_z,
        thickness=thickness,
        across_x=across(K_x, -1, grid.dx),
        across_y=across(K_y, -2, grid.dy),
        pull_x=grid.dx * between(sine_x, -1),
        pull_y=grid.dy * between(sine_y, -2),
        turn_x=between(cosine_x, -1),
        turn_y=between(cosine_y, -2),
        series=jnp.where(wet[:-1] & wet[1:], series, 0.0),
        distance=0.5 * both,
        share=thickness[:-1] / both,
        angles=leaning,
        wet=wet,
        mean=problem.mean,
        grid=grid,
        overland=problem.overland,
        terms=problem.terms,
    )


@pytree
class SubsurfaceState:
    """head [z, y, x] m, and the water of each cell, [z, y, x] m over its area, pond in the first layer included.

    The water is what the budget counts; the head is that at which the soil's curves hold it, to the tolerance.
    """

    head: Array
    water: Array

    @property
    def pond(self) -> Array:
        """Depth of water on the ground, [y, x] m."""
        return jnp.maximum(self.head[0], 0.0)


@jax.jit
def state_at(problem: Subsurface, head: Array, smooth_head: Array = 0.001) -> SubsurfaceState:
    """The state that has these heads, [z, y, x] m."""
    given = prepared(problem, smooth_head)
    head = head * jnp.ones(problem.grid.shape)
    water = given.thickness * hydraulics(given.curve, head).water
    pond = jnp.maximum(head[0], 0.0)
    return SubsurfaceState(head, jnp.where(given.wet, jnp.concatenate([water[:1] + pond, water[1:]]), 0.0))


SMALLEST = 1e-300  # m s-1
