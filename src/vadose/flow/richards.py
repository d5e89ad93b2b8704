"""Water in soil columns by the mixed form of the Richards equation, exact in mass, with any closure and layering.

Celia, Bouloutas & Zarba (1990), Water Resour. Res. 26, 1483-1496: backward Euler, the water content itself as storage.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.flow.curve import make_curve
from vadose.flow.richards_column import Column, initial_head, part
from vadose.flow.richards_conductivity import ArithmeticMean
from vadose.flow.richards_newton import Progress, iteration
from vadose.numerics.stepping import iterate
from vadose.numerics.tiling import by_tiles


@pytree
class RichardsSettings:
    """How the columns are solved.

    mean                internodal conductivity: ArithmeticMean(), Upwind() or GeometricMean()
    specific_storage    m-1, elastic storage of saturated soil
    psi_dry             m, head of a dry surface and of soil that gives no more water to roots
    psi_min             m, driest head that is solved for; drier layers stand still until they are wetted
    smooth_head         m, suction below which water content and conductivity go straight to saturation
    tolerance           m3 m-3, residual of water content from which one last correction by slopes ends a substep
    smallest_substep    1, part of the step below which a column gives up
    first_substep       s, at the start of a step; longer ones are the whole step
    tries, easy, damp_after   iterations before a substep is cut to a quarter, before which it doubles, undamped
    limit               most iterations of a step
    tile                columns that iterate together; 0: all
    """

    mean: Any = ArithmeticMean()
    specific_storage: Array = 1e-6
    psi_dry: Array = -1e4
    psi_min: Array = -5e4
    smooth_head: Array = 0.01
    tolerance: Array = 1e-5
    smallest_substep: Array = 1e-4
    first_substep: Array = 1e30
    tries: int = static(20)
    easy: int = static(6)
    damp_after: int = static(14)
    limit: int = static(400)
    tile: int = static(64)


@pytree
class RichardsStep:
    """What a step did; fluxes are means over it, m s-1.

    liquid, head      [layer, column] m3 m-3, m, at its end
    flux              [layer+1, column] through surface, inner faces and bottom, positive downward
    pond              [column] m standing at its end
    infiltration      [column] water that left the surface store, to evaporate or to enter: flux[0] + evaporation
    evaporation       [column] from the water on the surface and from the soil
    uptake            [layer, column] what the roots got
    drainage          [column] flux[-1]
    substeps, iterations   [column] int
    converged         [column] bool; where False the column stood still from the substep that failed
    residual          [column] 1, water not accounted for, over the throughput or the storage if larger
    """

    liquid: Array
    head: Array
    flux: Array
    pond: Array
    infiltration: Array
    evaporation: Array
    uptake: Array
    drainage: Array
    substeps: Array
    iterations: Array
    converged: Array
    residual: Array


@jax.jit
def richards(
    retention: Any,
    thickness: Array,
    liquid: Array,
    *,
    dt: Array,
    supply: Array,
    demand: Array,
    uptake: Array,
    pond: Array,
    bottom: Any,
    porosity: Array | None = None,
    impedance: Array = 1.0,
    settings: RichardsSettings = RichardsSettings(),  # noqa: B008  (frozen)
    head: Array | None = None,
    surface_head: Array | None = None,
) -> RichardsStep:
    """Move soil water over one step: d(theta)/dt = d/dz [K (d(psi)/dz + 1)] - u, psi the matric head, z upward.

    retention            closure, leaves [layer, column], [layer, 1] or numbers
    thickness, liquid    [layer, 1 | column] m; [layer, column] m3 m-3 at the start
    dt                   s
    supply, demand       [column] m s-1, water offered at the surface, evaporation asked of it and of the soil
    uptake               [layer, column] m s-1, asked by the roots
    pond                 [column] m, water standing at the start
    bottom               FreeDrainage, ZeroFlux, WaterTable, FixedHead or FixedFlux
    porosity             [layer, column] m3 m-3, space without ice; the curve scales by porosity / theta_s
    impedance            [layer, column] 1, factor on the conductivity
    head                 [layer, column] m, a first guess; from the closure's inverse by default
    surface_head         [column] m, prescribed at the surface in place of supply and demand
    Source: Celia et al. (1990) eq. 15; slopes of boundaries as in each class
    """
    shape = jnp.shape(liquid)
    one = jnp.ones(shape)
    given = {
        "retention": retention,
        "thickness": thickness,
        "liquid": liquid,
        "supply": supply * one[0],
        "demand": demand * one[0],
        "uptake": uptake * one,
        "pond": pond * one[0],
        "bottom": bottom,
        "porosity": porosity,
        "impedance": impedance,
        "head": head,
        "surface_head": surface_head,
    }
    solve = partial(_solve, dt=jnp.asarray(dt, float), settings=settings)
    return by_tiles(solve, given, shape[1], settings.tile)


def _column(given: dict[str, Any], dt: Array, settings: RichardsSettings) -> Column:
    retention, thickness = given["retention"], given["thickness"]
    one = jnp.ones_like(given["liquid"])
    K_s = retention.K_s * one
    curve = make_curve(
        retention,
        one.shape,
        porosity=given["porosity"],
        smooth_head=settings.smooth_head,
        specific_storage=settings.specific_storage,
    )
    K_sat = jnp.maximum(given["impedance"] * K_s, SMALLEST_CONDUCTIVITY)
    lowest = retention.water_content(settings.psi_min * one)
    both = thickness[:-1] + thickness[1:]
    fixed = given["bottom"].head()
    surface_head = given["surface_head"]
    none = jnp.zeros_like(one[0])

    def conductivity(psi: Array | None, row: slice) -> Array:
        if psi is None:
            return none
        impeded = K_sat[row] / K_s[row]
        return (impeded * part(retention, row).conductivity(psi * one[:1]))[0]

    return Column(
        curve=curve,
        K_sat=K_sat,
        offset=jnp.maximum(curve.scale * lowest - given["liquid"], 0.0),
        thickness=thickness,
        distance=0.5 * both,
        share=thickness[:-1] / both,
        series=both / (thickness[:-1] / K_sat[:-1] + thickness[1:] / K_sat[1:]),
        surface_K=conductivity(surface_head, slice(0, 1)),
        bottom_K=conductivity(fixed, slice(-1, None)),
        surface_head=surface_head,
        supply=given["supply"],
        demand=given["demand"],
        uptake=given["uptake"],
        bottom=given["bottom"],
        dt=dt * jnp.ones_like(none),
        settings=settings,
    )


def _solve(given: dict[str, Any], *, dt: Array, settings: RichardsSettings) -> RichardsStep:
    column = _column(given, dt, settings)
    liquid, pond, thickness = given["liquid"], given["pond"], given["thickness"]
    one = jnp.ones_like(liquid)
    psi = given["head"]
    if psi is None:
        lowest = (column.offset + liquid) / column.curve.scale
        psi = initial_head(given["retention"], column, liquid, lowest)
    psi = jax.lax.stop_gradient(psi * one)
    none = jnp.zeros_like(pond)
    whole = jnp.zeros(pond.shape, int)
    at = iterate(
        iteration,
        column,
        Progress(
            psi=psi,
            psi_start=psi,
            liquid=liquid,
            pond=pond,
            flux=jnp.zeros((liquid.shape[0] + 1, *pond.shape)),
            uptake=jnp.zeros_like(liquid),
            evaporation=none,
            left=column.dt,
            dt=jnp.minimum(settings.first_substep, column.dt),
            tries=whole,
            iterations=whole,
            substeps=whole,
            active=jnp.ones(pond.shape, bool),
            converged=jnp.ones(pond.shape, bool),
        ),
        settings.limit,
    )
    at = _settled(column, at)
    flux, evaporation = at.flux / dt, at.evaporation / dt
    gained = jnp.sum(thickness * (at.liquid - liquid), axis=0)
    passed = at.flux[0] - at.flux[-1] - jnp.sum(at.uptake, axis=0)
    through = jnp.abs(at.flux[0]) + jnp.abs(at.flux[-1]) + jnp.sum(thickness * liquid, axis=0)
    return RichardsStep(
        liquid=at.liquid,
        head=at.psi,
        flux=flux,
        pond=at.pond,
        infiltration=flux[0] + evaporation,
        evaporation=evaporation,
        uptake=at.uptake / dt,
        drainage=flux[-1],
        substeps=at.substeps,
        iterations=at.iterations,
        converged=at.converged & ~at.active,
        residual=jnp.abs(gained - passed) / jnp.maximum(through, 1e-30),
    )


def _settled(column: Column, at: Progress) -> Progress:
    """Time that a column did not reach: nothing moves, what falls stays on the surface, none of it evaporates."""
    if column.surface_head is not None:
        return at
    return at._replace(pond=at.pond + jnp.where(at.left <= 1e-9 * column.dt, 0.0, at.left) * column.supply)


SMALLEST_CONDUCTIVITY = 1e-30  # m s-1
