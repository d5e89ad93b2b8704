"""The leaves' balance at given unknowns, with the air between the leaves eliminated.

Symbols of the conductances, m s-1: g_a canopy air to the reference height, g_l leaf to canopy air, g_g ground to
canopy air; w_ for vapour.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import LATENT_HEAT_VAPORISATION
from vadose.land.energy_leaf_problem import LeafProblem
from vadose.land.humidity import saturation
from vadose.land.turbulence import Exchange
from vadose.land.turbulence_canopy import CanopyExchange, canopy_correction, canopy_exchange
from vadose.numerics.root import Unknowns

LONGEST = 30.0  # K, step of the leaf temperature


@pytree
class LeafPaths:
    """Exchange above and inside the canopy, and the conductances that follow, m s-1."""

    exchange: Exchange
    inside: CanopyExchange
    air: Array  # m s-1, conductances of heat and vapour between canopy air and reference height
    leaf: Array
    ground: Array
    vapour_ground: Array
    wet: Array
    stomata: Array


@pytree
class LeafState:
    """Canopy air and fluxes of the leaves at one temperature, what their balance leaves over, and its slope."""

    air_temperature: Array
    vapour_pressure: Array
    sensible: Array
    evaporation: Array
    transpiration: Array
    latent_evaporation: Array
    latent_transpiration: Array
    balance: Array
    slope: Array


def leaf_paths(p: LeafProblem, x: Unknowns) -> LeafPaths:
    """Exchange and conductances at the unknowns x."""
    own = 2 if p.stomata is None else 3
    exchange = p.turbulence.exchange(p.profile, x[own:])
    inside = canopy_exchange(p.canopy, x[1], exchange.friction_velocity)
    sunlit, shaded = p.resistance
    if p.stomata is not None:
        (sunlit, shaded), _ = p.stomata.at(x[0], x[2], saturation(x[0])[0], inside.leaf)
    through_leaf = 1.0 / inside.leaf
    return LeafPaths(
        exchange=exchange,
        inside=inside,
        air=1.0 / exchange.resistance,
        leaf=2.0 * p.area * through_leaf,
        ground=1.0 / inside.ground,
        vapour_ground=1.0 / (inside.ground + p.ground_evaporation_resistance),
        wet=p.wet * p.area * through_leaf,
        stomata=(1.0 - p.wet) * (p.sunlit / (inside.leaf + sunlit) + p.shaded / (inside.leaf + shaded)),
    )


def _air_between(p: LeafProblem, g: LeafPaths, T: Array) -> Array:
    heat = p.air_temperature * g.air + p.ground_temperature * g.ground + T * g.leaf
    return heat / (g.air + g.ground + g.leaf)


def leaf_balance(p: LeafProblem, g: LeafPaths, T: Array) -> LeafState:
    """Fluxes of leaves at T, what their balance leaves over, and its slope."""
    saturated, steepness = saturation(T)
    air_temperature = _air_between(p, g, T)
    outside = p.air_vapour * g.air + p.ground_vapour * g.vapour_ground
    without = g.air + g.vapour_ground + g.stomata
    drawn = (g.wet + g.stomata) / (without + g.wet)
    vapour_pressure = outside / (without + g.wet) + drawn * saturated
    wanted = p.vapour * g.wet * (saturated - vapour_pressure)
    # Dry leaves, where both are 0, belong to the limit: beside it the slope of the wet fraction would make gradients of
    # long runs explode.
    cut = wanted >= p.limit
    if p.leaf_limit:
        given = (outside + saturated * g.stomata + p.limit / p.vapour) / without
        vapour_pressure = jnp.where(cut, given, vapour_pressure)
        drawn = jnp.where(cut, g.stomata / without, drawn)
    evaporation = jnp.where(cut, p.limit, wanted)
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
    return LeafState(
        air_temperature, vapour_pressure, sensible, evaporation, through, latent_e, latent_t, balance, slope
    )


def _warmer(p: LeafProblem, g: LeafPaths, T: Array) -> Array:
    s = leaf_balance(p, g, T)
    return T + jnp.clip(s.balance / jax.lax.stop_gradient(s.slope), -LONGEST, LONGEST)


def leaf_update(p: LeafProblem, x: Unknowns) -> Unknowns:
    """The unknowns that follow from x; at the root they are the same."""
    g = leaf_paths(p, x)
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
        new, inert = (*new, leaf_balance(p, g, T).vapour_pressure), (*inert, p.old_vapour)
    inert = (*inert, *p.turbulence.start(p.profile))
    active = p.active > 0.5
    return tuple(jnp.where(active, a, b) for a, b in zip((*new, *turbulent), inert, strict=True))
