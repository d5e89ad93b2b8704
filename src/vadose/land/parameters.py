"""What a column is made of: vegetation and soil as parameters that do not change while the model runs.

Arrays are [column], [layer, column], [band, column] (visible, near infrared) or [month, column] (January first).
"""

from __future__ import annotations

from typing import Any

from vadose.arrays import Array, pytree


@pytree
class Vegetation:
    """Properties of the vegetation of each column; sources stand with the tables that fill them.

    fraction                [column] 1        of the cell that vegetation covers, 0 to 1
    lai, sai                [month, column]   leaf and stem area index, m2 m-2, at mid-month
    height_top, height_bottom     [column] m  of the canopy
    roughness               [column] m        momentum roughness length
    leaf_width              [column] m        characteristic dimension of a leaf
    wind_extinction         [column] 1        canopy wind extinction parameter
    crown_density, crown_radius   [column]    trees m-2, m
    leaf_orientation        [column] 1        departure of leaf angles from spherical (chi_L), -0.4 to 0.6
    leaf_reflectance, leaf_transmittance, stem_reflectance, stem_transmittance   [band, column] 1
    canopy_heat             [column] m        water whose heat capacity one m2 of leaf and stem has
    interception_capacity   [column] kg m-2   of liquid water, a m2 of leaf and stem
    photosynthesis          LeafPhysiology
    jarvis                  JarvisParameters
    root_depth              [column] m        depth of uniform roots (Noah)
    root_a, root_b          [column] m-1      exponential pair of CLM
    snow_melt_factor        [column] 1        curve of snow cover against density (Niu & Yang 2007)
    snow_cover_scale        [column] m        depth scale of the snow cover
    """

    fraction: Array
    lai: Array
    sai: Array
    height_top: Array
    height_bottom: Array
    roughness: Array
    leaf_width: Array
    wind_extinction: Array
    crown_density: Array
    crown_radius: Array
    leaf_orientation: Array
    leaf_reflectance: Array
    leaf_transmittance: Array
    stem_reflectance: Array
    stem_transmittance: Array
    canopy_heat: Array
    interception_capacity: Array
    photosynthesis: LeafPhysiology
    jarvis: JarvisParameters
    root_depth: Array
    root_a: Array
    root_b: Array
    snow_melt_factor: Array
    snow_cover_scale: Array


@pytree
class LeafPhysiology:
    """Photosynthesis and stomata of a leaf, all [column].

    c3                   1                1 where the pathway is C3, 0 where C4
    vcmax25              umol m-2 s-1     maximum rate of carboxylation at 25 degrees C
    vcmax_q10, kc_q10, ko_q10     1       change with 10 K
    kc25, ko25           Pa               Michaelis-Menten constants of CO2 and O2 at 25 degrees C
    quantum_efficiency   umol umol-1      at 25 degrees C
    nitrogen             1                foliage nitrogen over its saturating value, 0 to 1
    minimum_temperature  K                below which there is no photosynthesis
    slope                1                Ball-Berry
    minimum_conductance  umol m-2 s-1     Ball-Berry
    medlyn_slope         kPa^0.5          g1 of Medlyn et al. (2011)
    medlyn_minimum       umol m-2 s-1     g0 of Medlyn et al. (2011)
    """

    c3: Array
    vcmax25: Array
    vcmax_q10: Array
    kc_q10: Array
    ko_q10: Array
    kc25: Array
    ko25: Array
    quantum_efficiency: Array
    nitrogen: Array
    minimum_temperature: Array
    slope: Array
    minimum_conductance: Array
    medlyn_slope: Array
    medlyn_minimum: Array


@pytree
class JarvisParameters:
    """Jarvis stomata of Noah, all [column].

    minimum_resistance, maximum_resistance   s m-1
    radiation            W m-2     shortwave at which light limits
    humidity             kg kg-1   inverse scale of the humidity deficit: factor 1 / (1 + humidity * deficit)
    optimum_temperature  K
    """

    minimum_resistance: Array
    maximum_resistance: Array
    radiation: Array
    humidity: Array
    optimum_temperature: Array


@pytree
class SoilParameters:
    """Properties of the soil of each column.

    retention                        a closure of vadose.soil, leaves [layer, column]
    thermal                          a conductivity scheme of vadose.soil.thermal, leaves [layer, column]
    solids_heat                      [layer, column] J m-3 K-1   heat capacity of a volume of solids
    wilting_point, critical_point    [layer, column] m3 m-3
    albedo_dry, albedo_saturated     [band, column] 1
    roughness                        [column] m   momentum roughness of bare ground
    slope                            [column] 1   share of gravity drainage that leaves the column
    deep_temperature                 [column] K   at deep_depth
    runoff                           pytree of the runoff scheme's own parameters, or None
    """

    retention: Any
    thermal: Any
    solids_heat: Array
    wilting_point: Array
    critical_point: Array
    albedo_dry: Array
    albedo_saturated: Array
    roughness: Array
    slope: Array
    deep_temperature: Array
    runoff: Any = None
