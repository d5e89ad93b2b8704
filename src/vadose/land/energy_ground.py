"""The ground's energy balance: under the canopy, where the air's state is given, and bare, with its own turbulence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import FREEZING_POINT, HEAT_DRY_AIR, STEFAN_BOLTZMANN, VAPOUR_RATIO
from vadose.land.air import Air
from vadose.land.energy_state import EnergyOptions, GroundFluxes, GroundSurface, LeafFluxes
from vadose.land.humidity import saturation
from vadose.numerics.root import Root, Search, Unknowns, fixed_point

LONGEST = 30.0  # K, step of a temperature
TEMPERATURE_BOUNDS = (LONGEST, 100.0, 450.0)  # K: longest step, lowest, highest


@pytree
class GroundProblem:
    """What stays as it is while a ground temperature is sought; conductance of air 1 / resistance where given."""

    air_temperature: Array
    air_vapour: Array
    heat: Array  # rho cp, J m-3 K-1
    vapour: Array  # rho 0.622 / p, kg m-3 Pa-1
    humidity: Array
    evaporation_resistance: Array
    latent_heat: Array
    limit: Array
    gain: Array  # W m-2, shortwave and the heat of precipitation
    longwave: Array  # W m-2, absorbed
    emission: Array  # W m-2 K-4
    conductance: Array
    contact_temperature: Array
    old_temperature: Array
    resistance: Array | None
    profile: Any
    turbulence: Any


def under_canopy(air: Air, ground: GroundSurface, leaf: LeafFluxes, shade: Array, o: EnergyOptions) -> GroundFluxes:
    """Balance of the ground below a canopy of emissivity `shade`, with its leaves and its air as they are found."""
    T = leaf.temperature
    t2 = T * T
    longwave = ground.emissivity * ((1.0 - shade) * air.longwave + shade * STEFAN_BOLTZMANN * t2 * t2)
    problem = GroundProblem(
        air_temperature=leaf.air_temperature,
        air_vapour=leaf.vapour_pressure,
        gain=ground.absorbed + ground.precipitation_heat[0],
        longwave=longwave,
        resistance=leaf.ground_resistance,
        profile=None,
        turbulence=None,
        **_common(air, ground),
    )
    longest, lower, upper = TEMPERATURE_BOUNDS
    search = Search((o.tolerance,), (longest,), (lower,), (upper,), o.limit, 1)
    root = fixed_point(_update_given, problem, (problem.old_temperature,), search)
    return _fluxes(problem, ground, root, leaf.ground_resistance, leaf.friction_velocity, leaf.screen)


def bare_ground(air: Air, ground: GroundSurface, turbulence: Any, reference: Array, o: EnergyOptions) -> GroundFluxes:
    """Balance of bare ground. reference [column] m: height of the reference level above the ground."""
    virtual = (1.0 + 0.61 * air.specific_humidity) * air.temperature
    over = jnp.maximum(reference - ground.displacement, 1.0)
    problem = GroundProblem(
        air_temperature=air.temperature,
        air_vapour=air.vapour_pressure,
        gain=ground.absorbed + ground.precipitation_heat[1],
        longwave=ground.emissivity * air.longwave,
        resistance=None,
        profile=turbulence.profile(air.wind, over, ground.roughness, air.temperature, virtual),
        turbulence=turbulence,
        **_common(air, ground),
    )
    scale = o.tolerance / 1e-6
    rows = [(o.tolerance, *TEMPERATURE_BOUNDS), *((scale * row[0], *row[1:]) for row in turbulence.search)]
    tolerance, longest, lower, upper = (tuple(column) for column in zip(*rows, strict=True))
    start = (problem.old_temperature, *turbulence.start(problem.profile))
    root = fixed_point(_update_turbulent, problem, start, Search(tolerance, longest, lower, upper, o.limit, 1, 1))
    exchange = turbulence.exchange(problem.profile, root.value[1:])
    # the exchange has moved with the last step: one step more makes the balance that of the exchange returned
    root = replace(root, value=(_step(problem, root.value[0], exchange.resistance), *root.value[1:]))
    return _fluxes(problem, ground, root, exchange.resistance, exchange.friction_velocity, exchange.screen)


def _common(air: Air, ground: GroundSurface) -> dict[str, Array]:
    return {
        "heat": air.density * HEAT_DRY_AIR,
        "vapour": air.density * VAPOUR_RATIO / air.pressure,
        "humidity": ground.humidity,
        "evaporation_resistance": ground.evaporation_resistance,
        "latent_heat": ground.latent_heat,
        "limit": ground.evaporation_limit,
        "emission": ground.emissivity * STEFAN_BOLTZMANN,
        "conductance": ground.conductance,
        "contact_temperature": ground.contact_temperature,
        "old_temperature": ground.temperature,
    }


def _turbulent(p: GroundProblem, T: Array, resistance: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Net longwave and sensible heat, the slope of their sum with temperature; evaporation wanted and its slope."""
    saturated, steepness = saturation(T)
    through = p.vapour / (resistance + p.evaporation_resistance)
    wanted = through * (saturated * p.humidity - p.air_vapour)
    conductance = p.heat / resistance
    cube = T * T * T
    longwave = p.emission * cube * T - p.longwave
    dry = 4.0 * p.emission * cube + conductance
    return longwave, conductance * (T - p.air_temperature), dry, wanted, through * p.humidity * steepness


def _step(p: GroundProblem, T: Array, resistance: Array) -> Array:
    """Newton's step: the warmer of those with the evaporation wanted and with the most there can be.

    The root is the warmer of both roots, and each balance is convex, so that the steps come down to it from above. One
    with the slope where it stands would jump to and fro over the point at which evaporation reaches its limit.
    """
    longwave, sensible, dry, wanted, moist = _turbulent(p, T, resistance)
    rest = p.gain - longwave - sensible - p.conductance * (T - p.contact_temperature)
    dry, moist = jax.lax.stop_gradient((dry + p.conductance, p.latent_heat * moist))
    free = (rest - p.latent_heat * wanted) / (dry + moist)
    held = (rest - p.latent_heat * p.limit) / dry
    return T + jnp.clip(jnp.maximum(free, held), -LONGEST, LONGEST)


def _update_given(p: GroundProblem, x: Unknowns) -> Unknowns:
    return (_step(p, _step(p, x[0], p.resistance), p.resistance),)


def _update_turbulent(p: GroundProblem, x: Unknowns) -> Unknowns:
    exchange = p.turbulence.exchange(p.profile, x[1:])
    T = _step(p, _step(p, x[0], exchange.resistance), exchange.resistance)
    return (T, *p.turbulence.update(p.profile, x[1:], exchange, T - p.air_temperature))


def _fluxes(
    p: GroundProblem, ground: GroundSurface, root: Root, resistance: Array, friction_velocity: Array, screen: Array
) -> GroundFluxes:
    """Fluxes at the temperature found, held at 0 degrees C where snow melts; the rest of the balance is G.

    Where the balance at 0 degrees C gives more heat than the snow can take by melting, the ground is warmer, so that
    what is left over for the layers below is no more than that.
    """
    T = root.value[0]
    above = jnp.where((ground.melt_heat > 0.0) & (T > FREEZING_POINT), T - FREEZING_POINT, 0.0)
    _, _, dry, wanted, moist = _turbulent(p, T, resistance)
    given = (dry + jnp.where(wanted > p.limit, 0.0, p.latent_heat * moist) + p.conductance) * above
    share = jnp.where(given > ground.melt_heat, ground.melt_heat / jnp.where(given > 0.0, given, 1.0), 1.0)
    T = T - share * above
    longwave, sensible, _, wanted, _ = _turbulent(p, T, resistance)
    evaporation = jnp.minimum(wanted, p.limit)
    latent = p.latent_heat * evaporation
    return GroundFluxes(
        temperature=T,
        net_longwave=longwave,
        sensible=sensible,
        latent=latent,
        ground_heat=p.gain - longwave - sensible - latent,
        evaporation=evaporation,
        friction_velocity=friction_velocity,
        screen=screen,
        aerodynamic_resistance=resistance,
        iterations=root.iterations,
        converged=root.converged,
    )
