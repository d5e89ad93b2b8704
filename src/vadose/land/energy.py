"""The surface energy balance of a cell: canopy, ground below it, bare ground."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import HEAT_DRY_AIR, STEFAN_BOLTZMANN
from vadose.land.air import Air
from vadose.land.energy_canopy import leaf_fluxes
from vadose.land.energy_ground import bare_ground, under_canopy
from vadose.land.energy_leaf_problem import VegetatedTile, canopy_latent_heat
from vadose.land.energy_state import (
    CanopySurface,
    EnergyOptions,
    GroundFluxes,
    GroundSurface,
    LeafFluxes,
    SurfaceFluxes,
)
from vadose.land.humidity import saturation, specific_humidity
from vadose.land.parameters import Vegetation
from vadose.land.state import Canopy

LEAST_FRACTION = 1e-6  # vegetation below it is inert
LEAST_AREA = 1e-6  # m2 m-2


def surface_energy(
    air: Air,
    canopy: Canopy,
    vegetation: Vegetation,
    *,
    canopy_surface: CanopySurface,
    ground_surface: GroundSurface,
    turbulence: Any,
    stomata: Any,
    stress: Array,
    dt: Array,
    options: EnergyOptions = EnergyOptions(),  # noqa: B008
) -> SurfaceFluxes:
    """Temperatures of leaves and ground at which the surface's energy balances, and all its fluxes.

    Leaf temperature at the old ground temperature, then the ground below the canopy, then bare ground; every one is
    solved to convergence with its turbulence. Ground heat is what the balance leaves, so that energy closes.

    air, canopy, vegetation   the air, the canopy's state at the step's start, and its parameters
    turbulence, stomata       schemes; stress [column] 1, factor of the soil's water on the stomata; dt s
    The reference height is air.height above the displacement of the vegetation, or above the snow where none grows.
    Source: He et al. (2023), Noah-MP 5 technical note, whose iterations have fixed counts
    """
    c, g = canopy_surface, ground_surface
    active = (c.fraction > LEAST_FRACTION) & (c.lai + c.sai > LEAST_AREA)
    f = jnp.where(active, c.fraction, 0.0)
    reference = air.height + jnp.where(active, jnp.maximum(c.displacement, g.displacement), g.displacement)
    tile = VegetatedTile(
        air, canopy, g, vegetation, c, turbulence, stomata, stress, reference, active, dt, options
    )  # fmt: skip
    leaf = leaf_fluxes(tile)
    shade = jnp.where(active, c.emissivity, 0.5)
    under = under_canopy(air, g, leaf, shade, options)
    bare = bare_ground(air, g, turbulence, reference, options)
    return _cell(air, c, g, f, leaf, under, bare, canopy, active)


def _cell(
    air: Air,
    c: CanopySurface,
    g: GroundSurface,
    f: Array,
    leaf: LeafFluxes,
    under: GroundFluxes,
    bare: GroundFluxes,
    canopy: Canopy,
    active: Array,
) -> SurfaceFluxes:
    """Means of the cell, weighted with the vegetation fraction f."""

    def mean(vegetated: Array, open_ground: Array) -> Array:
        return f * vegetated + (1.0 - f) * open_ground

    # what radiation and rain bring to leaves that are not there reaches the ground
    stray = jnp.where(active, 0.0, c.absorbed + c.precipitation_heat)
    net_longwave = mean(leaf.net_longwave + under.net_longwave, bare.net_longwave)
    sensible = mean(leaf.sensible + under.sensible, bare.sensible)
    latent_ground = mean(under.latent, bare.latent)
    ground_heat = mean(under.ground_heat, bare.ground_heat) + stray
    gain = c.absorbed + c.precipitation_heat + g.absorbed + mean(g.precipitation_heat[0], g.precipitation_heat[1])
    latent_canopy, latent_transpiration, storage = (
        f * v for v in (leaf.latent_evaporation, leaf.latent_transpiration, leaf.storage)
    )
    loss = net_longwave + sensible + latent_canopy + latent_transpiration + latent_ground + ground_heat + storage
    temperature_2m, humidity_2m = _screen(air, g, f, leaf, under, bare)
    return SurfaceFluxes(
        temperature=jnp.where(active, leaf.temperature, air.temperature),
        air_temperature=jnp.where(active, leaf.air_temperature, air.temperature),
        vapour_pressure=jnp.where(active, leaf.vapour_pressure, air.vapour_pressure),
        ground_temperature=mean(under.temperature, bare.temperature),
        ground_temperature_vegetated=jnp.where(active, under.temperature, bare.temperature),
        ground_temperature_bare=bare.temperature,
        net_longwave=net_longwave,
        sensible=sensible,
        latent_canopy=latent_canopy,
        latent_transpiration=latent_transpiration,
        latent_ground=latent_ground,
        ground_heat=ground_heat,
        canopy_heat_storage=storage,
        canopy_evaporation=f * leaf.evaporation,
        transpiration=f * leaf.transpiration,
        ground_evaporation=mean(under.evaporation, bare.evaporation),
        canopy_latent_heat=canopy_latent_heat(canopy.temperature),
        photosynthesis=f * leaf.photosynthesis,
        radiative_temperature=_radiative_temperature(air, c, g, f, net_longwave),
        temperature_2m=temperature_2m,
        specific_humidity_2m=humidity_2m,
        friction_velocity=mean(leaf.friction_velocity, bare.friction_velocity),
        residual=gain - loss,
        iterations=jnp.maximum(leaf.iterations, jnp.maximum(under.iterations, bare.iterations)),
        converged=leaf.converged & under.converged & bare.converged,
        leaf=leaf,
        under=under,
        bare=bare,
    )


def _radiative_temperature(air: Air, c: CanopySurface, g: GroundSurface, f: Array, net_longwave: Array) -> Array:
    """T of the longwave that the cell sends up, less what it reflects, at its emissivity."""
    through = 1.0 - c.emissivity
    vegetated = g.emissivity * through + c.emissivity * (1.0 + through * (1.0 - g.emissivity))
    emissivity = f * vegetated + (1.0 - f) * g.emissivity
    emitted = jnp.maximum(air.longwave * emissivity + net_longwave, 1.0)
    return jnp.sqrt(jnp.sqrt(emitted / (emissivity * STEFAN_BOLTZMANN)))


def _screen(
    air: Air, g: GroundSurface, f: Array, leaf: LeafFluxes, under: GroundFluxes, bare: GroundFluxes
) -> tuple[Array, Array]:
    """Temperature K and specific humidity kg kg-1, 2 m above the surfaces, by the fluxes and the screen conductance."""
    heat = air.density * HEAT_DRY_AIR
    T = leaf.air_temperature - (under.sensible + leaf.sensible) / (heat * leaf.screen)
    q = specific_humidity(leaf.vapour_pressure, air.pressure) - (
        leaf.evaporation + leaf.transpiration + under.evaporation
    ) / (air.density * leaf.screen)
    saturated, _ = saturation(bare.temperature)
    surface = specific_humidity(saturated * g.humidity, air.pressure)
    T_bare = bare.temperature - bare.sensible / (heat * bare.screen)
    q_bare = surface - bare.evaporation / air.density * (1.0 / bare.screen + g.evaporation_resistance)
    return f * T + (1.0 - f) * T_bare, f * q + (1.0 - f) * q_bare
