"""State, parameters and fluxes of the column land surface model: what goes into a step and what comes out of it."""

from __future__ import annotations

from vadose.arrays import Array, pytree
from vadose.land.parameters import SoilParameters, Vegetation
from vadose.land.state import Canopy, Groundwater, Snow, Soil


@pytree
class State:
    """Everything that a column remembers from one step to the next; a restart is this and nothing else.

    canopy, snow, soil, groundwater    see vadose.land.state
    ground_temperature   [column] K        of the surface of the ground, snow or soil
    pond                 [column] kg m-2   water that stands on the ground
    """

    canopy: Canopy
    snow: Snow
    soil: Soil
    groundwater: Groundwater
    ground_temperature: Array
    pond: Array


@pytree
class Parameters:
    """What the columns are made of.

    vegetation, soil   see vadose.land.parameters
    reference_height   [column] m   of the forcing above the ground
    """

    vegetation: Vegetation
    soil: SoilParameters
    reference_height: Array


@pytree
class Budget:
    """What a step leaves unexplained; both are rounding, in every step of every option.

    water    [column] kg m-2   storage change minus what went in plus what went out
    energy   [column] W m-2    of the surface, the snow and the soil together
    """

    water: Array
    energy: Array


@pytree
class Fluxes:
    """What a step did, means over the step, [column] unless said. Evaporation, heat and runoff leave the column.

    water, kg m-2 s-1    precipitation, rain, snowfall, canopy_evaporation, transpiration, ground_evaporation,
                         snow_sublimation (part of ground_evaporation), snow_outflow, infiltration, surface_runoff,
                         subsurface_runoff, recharge; uptake [layer, column]
    heat, W m-2          shortwave, reflected, absorbed_canopy, absorbed_ground, net_longwave (up), sensible, latent,
                         latent_canopy, latent_transpiration, latent_ground, ground_heat (down), canopy_heat_storage,
                         precipitation_heat, bottom_heat (down)
    temperatures, K      radiative_temperature, temperature_2m
    other                specific_humidity_2m kg kg-1, photosynthesis umol m-2 s-1, snow_cover 1, stress 1 (of
                         transpiration by dry soil), lai m2 m-2, converged 1 or 0, iterations 1
    """

    precipitation: Array
    rain: Array
    snowfall: Array
    canopy_evaporation: Array
    transpiration: Array
    ground_evaporation: Array
    snow_sublimation: Array
    snow_outflow: Array
    infiltration: Array
    surface_runoff: Array
    subsurface_runoff: Array
    recharge: Array
    uptake: Array
    shortwave: Array
    reflected: Array
    absorbed_canopy: Array
    absorbed_ground: Array
    net_longwave: Array
    sensible: Array
    latent: Array
    latent_canopy: Array
    latent_transpiration: Array
    latent_ground: Array
    ground_heat: Array
    canopy_heat_storage: Array
    precipitation_heat: Array
    bottom_heat: Array
    radiative_temperature: Array
    temperature_2m: Array
    specific_humidity_2m: Array
    photosynthesis: Array
    snow_cover: Array
    stress: Array
    lai: Array
    converged: Array
    iterations: Array
