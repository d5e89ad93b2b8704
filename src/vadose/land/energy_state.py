"""What the surface energy solve takes and gives, all [column] unless said."""

from __future__ import annotations

from vadose.arrays import Array, pytree, static


@pytree
class CanopySurface:
    """A canopy over part of a cell.

    fraction                    1            of the cell
    lai, sai                    m2 m-2       above the snow
    sunlit_lai, shaded_lai      m2 m-2
    roughness, displacement, height     m
    wet_fraction                1            of the leaves
    heat_capacity               J m-2 K-1    of leaves and the water on them, on the vegetated ground
    emissivity                  1
    absorbed                    W m-2        shortwave, mean of the cell
    par                         [2, column] W m-2 absorbed by sunlit and shaded leaves, of leaf area
    precipitation_heat          W m-2        brought to the leaves, mean of the cell
    liquid_limit                kg m-2 s-1   most that may evaporate from the leaves, mean of the cell
    """

    fraction: Array
    lai: Array
    sai: Array
    sunlit_lai: Array
    shaded_lai: Array
    roughness: Array
    displacement: Array
    height: Array
    wet_fraction: Array
    heat_capacity: Array
    emissivity: Array
    absorbed: Array
    par: Array
    precipitation_heat: Array
    liquid_limit: Array


@pytree
class GroundSurface:
    """The ground, under the canopy and bare.

    temperature              K
    conductance              W m-2 K-1    of the heat flux G = conductance (T - contact_temperature)
    contact_temperature      K
    humidity                 1            relative, of the air in the pores, 1 over snow
    evaporation_resistance   s m-1
    emissivity               1
    roughness                m
    displacement             m            snow depth
    latent_heat              J kg-1       of the phase
    evaporation_limit        kg m-2 s-1   most that may evaporate
    melt_heat                W m-2        that melting snow can take, which holds the ground at 0 degrees C; 0 for none
    absorbed                 W m-2        shortwave
    precipitation_heat       [2, column] W m-2 brought under the canopy and to the bare ground, on each of them
    """

    temperature: Array
    conductance: Array
    contact_temperature: Array
    humidity: Array
    evaporation_resistance: Array
    emissivity: Array
    roughness: Array
    displacement: Array
    latent_heat: Array
    evaporation_limit: Array
    melt_heat: Array
    absorbed: Array
    precipitation_heat: Array


@pytree
class EnergyOptions:
    """Choices of the solve.

    pore_humidity    the ground's relative humidity enters the canopy air's vapour balance as it enters the ground's
                     own flux; the reference omits it there
    leaf_limit       evaporation cut at the canopy's water enters the canopy air's vapour balance cut; the reference
                     lets it enter uncut
    leaf_storage     heat stored by the leaves enters their balance; the reference damps its iteration with it only
    stomatal_dew     vapour that condenses through the stomata stays on the leaves as dew; the reference books its heat
                     and drops the water
    coupled          stomata and leaf temperature are solved together; the reference computes the stomata once, at the
                     start of the step
    tolerance        K, of temperatures; other unknowns in proportion
    limit            most iterations
    """

    pore_humidity: bool = static(True)
    leaf_limit: bool = static(True)
    leaf_storage: bool = static(True)
    stomatal_dew: bool = static(True)
    coupled: bool = static(False)
    tolerance: float = static(1e-6)
    limit: int = static(40)


REFERENCE = EnergyOptions(pore_humidity=False, leaf_limit=False, leaf_storage=False, stomatal_dew=False)


@pytree
class LeafFluxes:
    """The canopy's own balance, W m-2 of vegetated ground, + to the air; temperatures K, resistances s m-1.

    evaporation, transpiration   kg m-2 s-1 of vegetated ground
    photosynthesis               umol m-2 s-1 of vegetated ground
    """

    temperature: Array
    air_temperature: Array
    vapour_pressure: Array
    net_longwave: Array
    sensible: Array
    latent_evaporation: Array
    latent_transpiration: Array
    storage: Array
    evaporation: Array
    transpiration: Array
    photosynthesis: Array
    friction_velocity: Array
    screen: Array
    aerodynamic_resistance: Array
    ground_resistance: Array
    leaf_resistance: Array
    stomatal_resistance: Array
    iterations: Array
    converged: Array


@pytree
class GroundFluxes:
    """The balance of ground, W m-2 of its own area, + upward except ground_heat; evaporation kg m-2 s-1."""

    temperature: Array
    net_longwave: Array
    sensible: Array
    latent: Array
    ground_heat: Array
    evaporation: Array
    friction_velocity: Array
    screen: Array
    aerodynamic_resistance: Array
    iterations: Array
    converged: Array


@pytree
class SurfaceFluxes:
    """Means of the cell, W m-2, + to the air except ground_heat; water kg m-2 s-1, negative is dew or frost.

    temperature, air_temperature K, vapour_pressure Pa     of the canopy and its air
    ground_temperature (mean), _vegetated, _bare           K
    net_longwave, sensible, latent_canopy, latent_transpiration, latent_ground, ground_heat, canopy_heat_storage
    canopy_evaporation, transpiration (never negative), ground_evaporation     kg m-2 s-1
    canopy_latent_heat     J kg-1, of the phase on the leaves
    photosynthesis         umol m-2 s-1
    radiative_temperature, temperature_2m K, specific_humidity_2m kg kg-1, friction_velocity m s-1
    residual               W m-2, of the whole balance recomputed from its parts
    leaf, under, bare      the parts: canopy, ground under it, bare ground
    """

    temperature: Array
    air_temperature: Array
    vapour_pressure: Array
    ground_temperature: Array
    ground_temperature_vegetated: Array
    ground_temperature_bare: Array
    net_longwave: Array
    sensible: Array
    latent_canopy: Array
    latent_transpiration: Array
    latent_ground: Array
    ground_heat: Array
    canopy_heat_storage: Array
    canopy_evaporation: Array
    transpiration: Array
    ground_evaporation: Array
    canopy_latent_heat: Array
    photosynthesis: Array
    radiative_temperature: Array
    temperature_2m: Array
    specific_humidity_2m: Array
    friction_velocity: Array
    residual: Array
    iterations: Array
    converged: Array
    leaf: LeafFluxes
    under: GroundFluxes
    bare: GroundFluxes
