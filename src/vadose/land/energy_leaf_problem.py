"""What the canopy's energy balance is asked with: the vegetated tile, and the constants of its solve."""

from __future__ import annotations

from typing import Any

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
from vadose.land.energy_state import CanopySurface, EnergyOptions, GroundSurface
from vadose.land.humidity import saturation
from vadose.land.parameters import Vegetation
from vadose.land.state import Canopy
from vadose.land.turbulence_canopy import CanopyProfile, canopy_profile

MOST_AREA = 6.0  # m2 m-2, most leaf and stem area that exchanges; He et al. (2023)
CO2, O2 = 395e-6, 0.209  # mol mol-1; He et al. (2023)


@pytree
class VegetatedTile:
    """The vegetated part of a cell, with the schemes that act there.

    air, canopy, ground, vegetation, surface   the air, the canopy's state at the step's start, the ground below, the
                                               parameters and the geometry of the plants
    turbulence, stomata    schemes
    stress       1         factor of the soil's water on the stomata
    reference    m         height of the reference level above the ground
    active       bool      False where nothing grows: such columns are inert
    dt           s
    """

    air: Air
    canopy: Canopy
    ground: GroundSurface
    vegetation: Vegetation
    surface: CanopySurface
    turbulence: Any
    stomata: Any
    stress: Array
    reference: Array
    active: Array
    dt: Array
    options: EnergyOptions = static()


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
    stomatal_dew: bool = static(True)


def leaf_problem(tile: VegetatedTile) -> tuple[LeafProblem, Stomata]:
    """Constants of the leaves' balance, harmless ones where nothing grows; the stomata, not yet asked."""
    air, canopy, ground, surface = tile.air, tile.canopy, tile.ground, tile.surface
    vegetation, options, active = tile.vegetation, tile.options, tile.active

    def where(value: Array, otherwise: Array) -> Array:
        return jnp.where(active, value, otherwise)

    fraction = where(surface.fraction, 1.0)
    area = where(jnp.minimum(surface.lai + surface.sai, MOST_AREA), 1.0)
    roughness = where(surface.roughness, 0.1)
    height = where(surface.height, 2.0)
    displacement = where(surface.displacement, 1.3)
    over = where(tile.reference - displacement, 10.0)
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
    profile = tile.turbulence.profile(air.wind, over, roughness, air.temperature, virtual)
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
        storage=where(surface.heat_capacity, 1e4) / tile.dt * (1.0 if options.leaf_storage else 0.0),
        profile=profile,
        canopy=canopy_profile(
            air.wind,
            jnp.maximum(tile.reference, displacement + over),
            height,
            displacement,
            roughness,
            ground.roughness,
            area,
            vegetation.wind_extinction,
            vegetation.leaf_width,
        ),
        turbulence=tile.turbulence,
        resistance=(area, area),
        stomata=None,
        leaf_limit=options.leaf_limit,
        stomatal_dew=options.stomatal_dew,
    )
    growing = jnp.where(temperature > vegetation.photosynthesis.minimum_temperature, 1.0, 0.0)
    return problem, Stomata(tile.stomata, vegetation, air, surface.par, tile.stress, growing)


def canopy_latent_heat(temperature: Array) -> Array:
    """Latent heat of the phase on the leaves, J kg-1: ice at or below 0 degrees C. temperature [column] K."""
    return jnp.where(temperature > FREEZING_POINT, LATENT_HEAT_VAPORISATION, LATENT_HEAT_SUBLIMATION)
