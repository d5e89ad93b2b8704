"""The canopy's energy balance: leaf temperature with the air between the leaves eliminated.

Unknowns: leaf temperature, stability correction below the canopy, (vapour pressure of the canopy air where stomata
are coupled), and those of the turbulence scheme. Symbols of the conductances, m s-1: g_a canopy air to the reference
height, g_l leaf to canopy air, g_g ground to canopy air; w_ for vapour.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import (
    FREEZING_POINT,
    HEAT_DRY_AIR,
    LATENT_HEAT_SUBLIMATION,
    LATENT_HEAT_VAPORISATION,
    STEFAN_BOLTZMANN,
    VAPOUR_RATIO,
)
from vadose.land.air import Air
from vadose.land.energy_state import CanopySurface, EnergyOptions, GroundSurface, LeafFluxes
from vadose.land.humidity import saturation
from vadose.land.parameters import Vegetation
from vadose.land.state import Canopy
from vadose.land.turbulence import Exchange
from vadose.land.turbulence_canopy import (
    MOST_CORRECTION,
    CanopyExchange,
    CanopyProfile,
    canopy_correction,
    canopy_exchange,
    canopy_profile,
)
from vadose.numerics.root import Root, Search, Unknowns, fixed_point

MOST_AREA = 6.0  # m2 m-2, most leaf and stem area that exchanges; He et al. (2023)
LONGEST = 30.0  # K, step of the leaf temperature
CO2, O2 = 395e-6, 0.209  # mol mol-1; He et al. (2023)


@pytree
class Stomata:
    """What the stomata scheme is asked with, beside the state of leaf and canopy air."""

    scheme: Any
    vegetation: Vegetation
    air: Air
    par: Array
    stress: Array
    growing: Array

    def at(
        self, temperature: Array, vapour_pressure: Array, saturated: Array, boundary: Array
    ) -> tuple[tuple[Array, Array], Array]:
        """Resistance of sunlit and shaded leaves, s m-1, and photosynthesis [2, column]."""
        resistance, photosynthesis = self.scheme.resistance(
            self.vegetation,
            par=self.par,
            leaf_temperature=temperature,
            vapour_pressure=vapour_pressure,
            saturation=saturated,
            boundary_resistance=boundary,
            air=self.air,
            co2_pressure=CO2 * self.air.pressure,
            o2_pressure=O2 * self.air.pressure,
            stress=self.stress,
            growing=self.growing,
        )
        return (resistance[0], resistance[1]), photosynthesis


@pytree
class LeafProblem:
    """Everything that stays as it is while the leaf temperature is sought."""

    active: Array
    air_temperature: Array
    air_vapour: Array
    heat: Array  # rho cp, J m-3 K-1
    vapour: Array  # rho 0.622 / p, kg m-3 Pa-1
    ground_temperature: Array
    ground_vapour: Array
    ground_evaporation_resistance: Array
    area: Array
    wet: Array
    sunlit: Array
    shaded: Array
    latent_heat: Array
    limit: Array
    absorbed: Array  # W m-2, shortwave and the heat of precipitation
    longwave: Array  # W m-2, absorbed from sky and ground
    emission: Array  # W m-2 K-4
    old_temperature: Array
    old_vapour: Array
    storage: Array  # W m-2 K-1
    profile: Any
    canopy: CanopyProfile
    turbulence: Any
    resistance: tuple[Array, Array]
    stomata: Stomata | None
    leaf_limit: bool = static(True)


@pytree
class _Paths:
    exchange: Exchange
    inside: CanopyExchange
    air: Array  # m s-1, conductances of heat and vapour between canopy air and reference height
    leaf: Array
    ground: Array
    vapour_ground: Array
    wet: Array
    stomata: Array


@pytree
class _LeafState:
    air_temperature: Array
    vapour_pressure: Array
    sensible: Array
    evaporation: Array
    transpiration: Array
    latent_evaporation: Array
    latent_transpiration: Array
    balance: Array
    slope: Array


def leaf_fluxes(
    air: Air,
    canopy: Canopy,
    ground: GroundSurface,
    vegetation: Vegetation,
    surface: CanopySurface,
    turbulence: Any,
    stomata: Any,
    stress: Array,
    reference: Array,
    active: Array,
    dt: Array,
    options: EnergyOptions,
) -> LeafFluxes:
    """Leaf temperature and fluxes of the canopy, on vegetated ground, at the ground temperature of the step's start.

    reference   [column] m, height of the reference level above the ground
    active      [column] bool, False where nothing grows: such columns are inert
    """
    problem, asked = _problem(
        air, canopy, ground, vegetation, surface, turbulence, stomata, stress, reference, active, dt, options
    )
    first = canopy_exchange(problem.canopy, 1.0 + 0.0 * problem.area, _speed(problem))
    saturated, _ = saturation(problem.old_temperature)
    resistance, photosynthesis = asked.at(problem.old_temperature, problem.old_vapour, saturated, first.leaf)
    problem = _with(problem, resistance, asked if options.coupled else None)
    start: Unknowns = (problem.old_temperature, 1.0 + 0.0 * problem.area)
    if options.coupled:
        start = (*start, problem.old_vapour)
    root = fixed_point(_update, problem, (*start, *turbulence.start(problem.profile)), _search(turbulence, options))
    paths = _paths(problem, root.value)
    end = _balance(problem, paths, root.value[0])
    if options.coupled:
        saturated, _ = saturation(root.value[0])
        _, photosynthesis = asked.at(root.value[0], root.value[2], saturated, paths.inside.leaf)
    return _fluxes(problem, root, paths, end, photosynthesis, surface)


def _speed(problem: LeafProblem) -> Array:
    neutral = problem.turbulence.exchange(problem.profile, problem.turbulence.start(problem.profile))
    return neutral.friction_velocity


def _search(turbulence: Any, options: EnergyOptions) -> Search:
    t = options.tolerance
    own = [(t, LONGEST, 100.0, 450.0), (t, 2.0, 0.05, MOST_CORRECTION)]
    if options.coupled:
        own.append((100.0 * t, 1000.0, 0.0, 20000.0))
    scale = t / 1e-6
    rows = [*own, *((scale * row[0], *row[1:]) for row in turbulence.search)]
    tolerance, longest, lower, upper = (tuple(column) for column in zip(*rows, strict=True))
    return Search(tolerance, longest, lower, upper, options.limit, 1, len(own))


def _problem(
    air: Air,
    canopy: Canopy,
    ground: GroundSurface,
    vegetation: Vegetation,
    surface: CanopySurface,
    turbulence: Any,
    stomata: Any,
    stress: Array,
    reference: Array,
    active: Array,
    dt: Array,
    options: EnergyOptions,
) -> tuple[LeafProblem, Stomata]:
    def where(value: Array, otherwise: Array) -> Array:
        return jnp.where(active, value, otherwise)

    fraction = where(surface.fraction, 1.0)
    area = where(jnp.minimum(surface.lai + surface.sai, MOST_AREA), 1.0)
    roughness = where(surface.roughness, 0.1)
    height = where(surface.height, 2.0)
    displacement = where(surface.displacement, 1.3)
    over = where(reference - displacement, 10.0)
    temperature = where(canopy.temperature, air.temperature)
    ground_temperature = where(ground.temperature, air.temperature)
    emissivity, soil = where(surface.emissivity, 0.5), ground.emissivity
    ground_saturation, _ = saturation(ground_temperature)
    t2 = ground_temperature * ground_temperature
    longwave = (
        emissivity * (1.0 + (1.0 - emissivity) * (1.0 - soil)) * air.longwave
        + emissivity * soil * STEFAN_BOLTZMANN * t2 * t2
    )
    latent_heat = canopy_latent_heat(temperature)
    virtual = (1.0 + 0.61 * air.specific_humidity) * air.temperature
    profile = turbulence.profile(air.wind, over, roughness, air.temperature, virtual)
    problem = LeafProblem(
        active=jnp.where(active, 1.0, 0.0),
        air_temperature=air.temperature,
        air_vapour=air.vapour_pressure,
        heat=air.density * HEAT_DRY_AIR,
        vapour=air.density * VAPOUR_RATIO / air.pressure,
        ground_temperature=ground_temperature,
        ground_vapour=ground_saturation * (ground.humidity if options.pore_humidity else 1.0),
        ground_evaporation_resistance=ground.evaporation_resistance,
        area=area,
        wet=where(surface.wet_fraction, 0.0),
        sunlit=where(jnp.minimum(surface.sunlit_lai, MOST_AREA), 0.5),
        shaded=where(jnp.minimum(surface.shaded_lai, MOST_AREA), 0.5),
        latent_heat=latent_heat,
        limit=where(surface.liquid_limit / fraction, 0.0),
        absorbed=where((surface.absorbed + surface.precipitation_heat) / fraction, 0.0),
        longwave=longwave,
        emission=(2.0 - emissivity * (1.0 - soil)) * emissivity * STEFAN_BOLTZMANN,
        old_temperature=temperature,
        old_vapour=where(canopy.vapour_pressure, air.vapour_pressure),
        storage=where(surface.heat_capacity, 1e4) / dt * (1.0 if options.leaf_storage else 0.0),
        profile=profile,
        canopy=canopy_profile(
            air.wind,
            jnp.maximum(reference, displacement + over),
            height,
            displacement,
            roughness,
            ground.roughness,
            area,
            vegetation.wind_extinction,
            vegetation.leaf_width,
        ),
        turbulence=turbulence,
        resistance=(area, area),
        stomata=None,
        leaf_limit=options.leaf_limit,
    )
    growing = jnp.where(temperature > vegetation.photosynthesis.minimum_temperature, 1.0, 0.0)
    return problem, Stomata(stomata, vegetation, air, surface.par, stress, growing)


def _with(problem: LeafProblem, resistance: tuple[Array, Array], stomata: Stomata | None) -> LeafProblem:
    return replace(problem, resistance=resistance, stomata=stomata)


def canopy_latent_heat(temperature: Array) -> Array:
    """Latent heat of the phase on the leaves, J kg-1: ice at or below 0 degrees C. temperature [column] K."""
    return jnp.where(temperature > FREEZING_POINT, LATENT_HEAT_VAPORISATION, LATENT_HEAT_SUBLIMATION)


def _paths(p: LeafProblem, x: Unknowns) -> _Paths:
    own = 2 if p.stomata is None else 3
    exchange = p.turbulence.exchange(p.profile, x[own:])
    inside = canopy_exchange(p.canopy, x[1], exchange.friction_velocity)
    sunlit, shaded = p.resistance
    if p.stomata is not None:
        (sunlit, shaded), _ = p.stomata.at(x[0], x[2], saturation(x[0])[0], inside.leaf)
    through_leaf = 1.0 / inside.leaf
    return _Paths(
        exchange=exchange,
        inside=inside,
        air=1.0 / exchange.resistance,
        leaf=2.0 * p.area * through_leaf,
        ground=1.0 / inside.ground,
        vapour_ground=1.0 / (inside.ground + p.ground_evaporation_resistance),
        wet=p.wet * p.area * through_leaf,
        stomata=(1.0 - p.wet) * (p.sunlit / (inside.leaf + sunlit) + p.shaded / (inside.leaf + shaded)),
    )


def _air_between(p: LeafProblem, g: _Paths, T: Array) -> Array:
    heat = p.air_temperature * g.air + p.ground_temperature * g.ground + T * g.leaf
    return heat / (g.air + g.ground + g.leaf)


def _balance(p: LeafProblem, g: _Paths, T: Array) -> _LeafState:
    """Fluxes of leaves at T, what their balance leaves over, and its slope."""
    saturated, steepness = saturation(T)
    air_temperature = _air_between(p, g, T)
    outside = p.air_vapour * g.air + p.ground_vapour * g.vapour_ground
    without = g.air + g.vapour_ground + g.stomata
    drawn = (g.wet + g.stomata) / (without + g.wet)
    vapour_pressure = outside / (without + g.wet) + drawn * saturated
    wanted = p.vapour * g.wet * (saturated - vapour_pressure)
    cut = wanted > p.limit
    if p.leaf_limit:
        given = (outside + saturated * g.stomata + p.limit / p.vapour) / without
        vapour_pressure = jnp.where(cut, given, vapour_pressure)
        drawn = jnp.where(cut, g.stomata / without, drawn)
    evaporation = jnp.minimum(wanted, p.limit)
    through = p.vapour * g.stomata * (saturated - vapour_pressure)
    # water that condenses on dry leaves is dew, of the phase that lies there
    latent = jnp.where(through > 0.0, LATENT_HEAT_VAPORISATION, p.latent_heat)
    latent_e, latent_t = p.latent_heat * evaporation, latent * through
    sensible = p.heat * g.leaf * (T - air_temperature)
    cube = T * T * T
    loss = sensible + latent_e + latent_t + p.storage * (T - p.old_temperature)
    balance = p.absorbed + p.longwave - p.emission * cube * T - loss
    share = g.leaf / (g.air + g.ground + g.leaf)
    evaporative = jnp.where(cut, 0.0, g.wet * p.latent_heat) + g.stomata * latent
    slope = (
        4.0 * p.emission * cube
        + (1.0 - share) * p.heat * g.leaf
        + (1.0 - drawn) * p.vapour * evaporative * steepness
        + p.storage
    )
    return _LeafState(
        air_temperature, vapour_pressure, sensible, evaporation, through, latent_e, latent_t, balance, slope
    )


def _warmer(p: LeafProblem, g: _Paths, T: Array) -> Array:
    s = _balance(p, g, T)
    return T + jnp.clip(s.balance / jax.lax.stop_gradient(s.slope), -LONGEST, LONGEST)


def _update(p: LeafProblem, x: Unknowns) -> Unknowns:
    g = _paths(p, x)
    own = 2 if p.stomata is None else 3
    T = _warmer(p, g, _warmer(p, g, x[0]))
    air_temperature = _air_between(p, g, T)
    flux = (p.ground_temperature - air_temperature) * g.ground
    correction = canopy_correction(p.canopy, g.exchange.friction_velocity, flux, air_temperature)
    warmth = air_temperature - p.air_temperature
    turbulent = p.turbulence.update(p.profile, x[own:], g.exchange, warmth)
    new: Unknowns = (T, correction)
    inert: Unknowns = (p.old_temperature, 1.0 + 0.0 * correction)
    if p.stomata is not None:
        new, inert = (*new, _balance(p, g, T).vapour_pressure), (*inert, p.old_vapour)
    inert = (*inert, *p.turbulence.start(p.profile))
    active = p.active > 0.5
    return tuple(jnp.where(active, a, b) for a, b in zip((*new, *turbulent), inert, strict=True))


def _fluxes(
    problem: LeafProblem, root: Root, paths: _Paths, end: _LeafState, photosynthesis: Array, s: CanopySurface
) -> LeafFluxes:
    T = root.value[0]
    leaf = jnp.where(problem.active > 0.5, 1.0, 0.0)
    storage = problem.storage * (T - problem.old_temperature)
    t2 = T * T
    # what the search left over goes into sensible heat, so that the leaf's balance closes exactly
    sensible = end.sensible + end.balance
    dew = jnp.minimum(end.transpiration, 0.0)
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
