"""The prognostic state of the land surface, one dataclass a medium.

Arrays are [column], in layers [layer, column]. Snow layers lie over the soil and are counted from the top; those that
exist are the last ones, next to the ground, and the empty ones above them have thickness, ice and liquid 0.
Water is kg m-2 in canopy and snow, m3 m-3 of soil in the soil, where ice counts as the liquid that it holds.
"""

from __future__ import annotations

from vadose.arrays import Array, pytree


@pytree
class Canopy:
    """Leaves and the air between them.

    temperature       [column] K        of the leaves
    air_temperature   [column] K        of the canopy air
    vapour_pressure   [column] Pa       of the canopy air
    liquid, ice       [column] kg m-2   intercepted water, of the whole cell
    """

    temperature: Array
    air_temperature: Array
    vapour_pressure: Array
    liquid: Array
    ice: Array


@pytree
class Snow:
    """Snow on the ground: layers, or a thin cover without layers.

    thickness          [snow, column] m        0 where there is no layer
    ice, liquid        [snow, column] kg m-2
    temperature        [snow, column] K        FREEZING_POINT where there is no layer
    depth              [column] m              of the whole snow, thin cover or sum of the layers
    water_equivalent   [column] kg m-2         of the whole snow, thin cover or sum of the layers
    age                [column] 1              non-dimensional age of the BATS albedo
    albedo             [column] 1              broadband albedo of the CLASS scheme
    """

    thickness: Array
    ice: Array
    liquid: Array
    temperature: Array
    depth: Array
    water_equivalent: Array
    age: Array
    albedo: Array


@pytree
class Soil:
    """Soil layers from the surface down.

    temperature   [layer, column] K
    liquid        [layer, column] m3 m-3
    ice           [layer, column] m3 m-3   as the volume of the liquid water that it holds
    """

    temperature: Array
    liquid: Array
    ice: Array


@pytree
class Groundwater:
    """Water below the soil column.

    aquifer       [column] kg m-2   water in the aquifer below the soil
    saturated     [column] kg m-2   water in aquifer and saturated soil (SIMGM)
    water_table   [column] m        depth of the water table below the surface, positive
    """

    aquifer: Array
    saturated: Array
    water_table: Array
