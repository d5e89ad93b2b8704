"""Heads below the land's layers as a part of the state: what water they hold, where the water table then is.

The land's layers are updated by their water and the layers below by their pressure heads, which go on in a straight
line where soil is saturated and its water does not change. Each follows from the other by the model's own curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from vadose.constants import RHO_WATER
from vadose.model.coupled_fields import first_guess, table_depth, water_of

if TYPE_CHECKING:
    from vadose.land.parameters import SoilParameters
    from vadose.model.coupled_water import SubsurfaceWater

LIQUID, ICE, POND = "soil.liquid", "soil.ice", "pond"
HEAD, DEEP, TABLE = "groundwater.head", "groundwater.deep", "groundwater.water_table"


def heads_below(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """[deep layer, column] m of a state's arrays."""
    return arrays[HEAD][arrays[LIQUID].shape[0] :]


def layers_below(water: SubsurfaceWater, land: int) -> np.ndarray:
    """[deep layer, 2] m below the ground, top and bottom of the layers under the `land` ones of the land."""
    thickness = np.asarray(water.grid.thickness, float).reshape(water.grid.shape[0], -1)[:, 0]
    edges = np.concatenate([[0.0], np.cumsum(thickness)])
    return np.stack([edges[:-1], edges[1:]], axis=1)[land:]


def head_bounds(head: np.ndarray, alive: np.ndarray, layers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest head of an analysis, [deep layer, cell] m.

    Water at rest over a water table at the bottom of the subsurface, and at rest under one at the ground; or what the
    members of the forecast already have, where that is lower or higher.
    head  [member, deep layer, cell] m of the forecast;  alive [member];  layers [deep layer, 2] m below the ground
    """
    middle = layers.mean(axis=1)[:, None]
    return np.minimum(head[alive].min(axis=0), middle - layers[-1, 1]), np.maximum(head[alive].max(axis=0), middle)


def refilled(
    water: SubsurfaceWater, soil: SoilParameters, arrays: Mapping[str, np.ndarray], old: np.ndarray,
    below: np.ndarray | None, new_soil: bool,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The arrays of a state over a subsurface, made to fit an analysis.

    arrays    of one member, with the liquid water of the analysis;  old [layer, column] m3 m-3 that of the forecast
    below     [deep layer, column] m, heads of the analysis; None: those of the forecast
    new_soil  True where the curve is another than in the forecast
    Where a head below, or the curve, has changed, water follows from the head; where the land's water has, its head
    follows from the water. What has not changed stays to the last bit. The pond stays: the first layer's head is it.
    """
    liquid, ice = arrays[LIQUID], arrays[ICE]
    land, columns = liquid.shape
    curve = water.curve(water.retention(soil, land, columns), jnp.asarray(ice))
    depths, there = water.depths(columns), water.there(columns)
    head, deep = np.array(arrays[HEAD]), np.array(arrays[DEEP])
    moved = np.full(deep.shape, new_soil)
    if below is not None:
        moved |= below != head[land:]
        head[land:] = below
    deep = np.where(moved, np.asarray(water_of(curve, depths, jnp.asarray(head))[land:]), deep)
    held = np.concatenate([liquid * np.asarray(depths)[:land], deep])
    held[0] += arrays[POND] / RHO_WATER
    # A head that is none is looked for anew.
    known = np.where(np.concatenate([(liquid != old) | new_soil, np.zeros(deep.shape, bool)]), np.nan, head)
    lowest = curve.scale * curve.retention.water_content(water.settings.psi_min * jnp.ones_like(depths))
    found = np.asarray(first_guess(curve, depths, jnp.asarray(known), jnp.asarray(held), lowest))
    head[:land] = np.maximum(found[:land], float(water.settings.psi_min))
    table = np.asarray(table_depth(jnp.asarray(head), depths, there))
    return {**arrays, HEAD: head, DEEP: deep, TABLE: table}
