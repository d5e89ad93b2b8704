"""The canopy's energy balance: leaf temperature with the air between the leaves eliminated.

Unknowns: leaf temperature, stability correction below the canopy, (vapour pressure of the canopy air where stomata
are coupled), and those of the turbulence scheme.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.land.energy_leaf import LONGEST, LeafPaths, LeafState, leaf_balance, leaf_paths, leaf_update
from vadose.land.energy_leaf_problem import LeafProblem, VegetatedTile, leaf_problem
from vadose.land.energy_state import CanopySurface, EnergyOptions, LeafFluxes
from vadose.land.humidity import saturation
from vadose.land.turbulence_canopy import MOST_CORRECTION, canopy_exchange
from vadose.numerics.root import Root, Search, Unknowns, fixed_point


def leaf_fluxes(tile: VegetatedTile) -> LeafFluxes:
    """Leaf temperature and fluxes of the canopy, on vegetated ground, at the ground temperature of the step's start."""
    options, turbulence = tile.options, tile.turbulence
    problem, asked = leaf_problem(tile)
    neutral = turbulence.start(problem.profile)
    speed = turbulence.exchange(problem.profile, neutral).friction_velocity
    one = jnp.ones_like(problem.area)
    first = canopy_exchange(problem.canopy, one, speed)
    saturated, _ = saturation(problem.old_temperature)
    resistance, photosynthesis = asked.at(problem.old_temperature, problem.old_vapour, saturated, first.leaf)
    problem = replace(problem, resistance=resistance, stomata=asked if options.coupled else None)
    start: Unknowns = (problem.old_temperature, one)
    if options.coupled:
        start = (*start, problem.old_vapour)
    root = fixed_point(leaf_update, problem, (*start, *neutral), _search(turbulence, options))
    paths = leaf_paths(problem, root.value)
    end = leaf_balance(problem, paths, root.value[0])
    if options.coupled:
        saturated, _ = saturation(root.value[0])
        _, photosynthesis = asked.at(root.value[0], root.value[2], saturated, paths.inside.leaf)
    return _fluxes(problem, root, paths, end, photosynthesis, tile.surface)


def _search(turbulence: Any, options: EnergyOptions) -> Search:
    t = options.tolerance
    own = [(t, LONGEST, 100.0, 450.0), (t, 2.0, 0.05, MOST_CORRECTION)]
    if options.coupled:
        own.append((100.0 * t, 1000.0, 0.0, 20000.0))
    scale = t / 1e-6
    rows = [*own, *((scale * row[0], *row[1:]) for row in turbulence.search)]
    tolerance, longest, lower, upper = (tuple(column) for column in zip(*rows, strict=True))
    return Search(tolerance, longest, lower, upper, options.limit, 1, len(own))


def _fluxes(
    problem: LeafProblem, root: Root, paths: LeafPaths, end: LeafState, photosynthesis: Array, s: CanopySurface
) -> LeafFluxes:
    T = root.value[0]
    leaf = jnp.where(problem.active > 0.5, 1.0, 0.0)
    storage = problem.storage * (T - problem.old_temperature)
    t2 = T * T
    # what the search left over goes into sensible heat, so that the leaf's balance closes exactly
    sensible = end.sensible + end.balance
    dew = jnp.minimum(end.transpiration, 0.0) if problem.stomatal_dew else 0.0
    dew_heat = jnp.minimum(end.latent_transpiration, 0.0)
    assimilation = photosynthesis[0] * s.sunlit_lai + photosynthesis[1] * s.shaded_lai
    sunlit, shaded = problem.resistance
    if problem.stomata is not None:
        saturated, _ = saturation(T)
        (sunlit, shaded), _ = problem.stomata.at(T, root.value[2], saturated, paths.inside.leaf)
    conductance = problem.sunlit / (paths.inside.leaf + sunlit) + problem.shaded / (paths.inside.leaf + shaded)
    leaves = problem.sunlit + problem.shaded
    bare = conductance <= 0.0
    return LeafFluxes(
        temperature=T,
        air_temperature=end.air_temperature,
        vapour_pressure=end.vapour_pressure,
        net_longwave=leaf * (problem.emission * t2 * t2 - problem.longwave),
        sensible=leaf * sensible,
        latent_evaporation=leaf * (end.latent_evaporation + dew_heat),
        latent_transpiration=leaf * jnp.maximum(end.latent_transpiration, 0.0),
        storage=leaf * storage,
        evaporation=leaf * (end.evaporation + dew),
        transpiration=leaf * jnp.maximum(end.transpiration, 0.0),
        photosynthesis=leaf * assimilation,
        friction_velocity=paths.exchange.friction_velocity,
        screen=paths.exchange.screen,
        aerodynamic_resistance=paths.exchange.resistance,
        ground_resistance=paths.inside.ground,
        leaf_resistance=paths.inside.leaf,
        stomatal_resistance=jnp.where(bare, 1e10, leaves / jnp.where(bare, 1.0, conductance)),
        iterations=root.iterations,
        converged=root.converged | (problem.active < 0.5),
    )
