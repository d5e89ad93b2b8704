"""Fields of columns and of the map they lie on, and the closure of all layers: what joins land and subsurface."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import RHO_WATER
from vadose.errors import ConfigError, GridMismatch
from vadose.flow.curve import Curve, hydraulics
from vadose.flow.subsurface_grid import SubsurfaceGrid


@pytree
class SubsurfaceStore:
    """Water below the land's layers, in the place that groundwater has in the state of a column.

    head          [z, column] m        of all layers, the land's included: where the next step begins to look
    deep          [z - land, column] m of water in the layers below the land's
    water_table   [column] m           depth of the water table below the surface, negative where water stands on it
    discharge     [column] m3 s-1      water that left the column over the land in the last step, to any side
    """

    head: Array
    deep: Array
    water_table: Array
    discharge: Array

    @property
    def aquifer(self) -> Array:
        """Water below the land's layers, [column] kg m-2."""
        return RHO_WATER * jnp.sum(self.deep, axis=0)


@pytree
class Map:
    """Where the columns of one member lie.

    place    [column] int     flattened y * nx + x of each column
    shape    [y, x] zeros     of the map
    """

    place: Array
    shape: Array

    def spread(self, values: Array, outside: Array | None = None) -> Array:
        """[.., column] as [.., y, x], with `outside` where no column is; by default what the first column has."""
        ny, nx = self.shape.shape
        beyond = values[..., :1] if outside is None else outside
        flat = jnp.broadcast_to(beyond, (*values.shape[:-1], ny * nx))
        return flat.at[..., self.place].set(values).reshape(*values.shape[:-1], ny, nx)

    def gather(self, field: Array) -> Array:
        """[.., y, x] as [.., column]."""
        return field.reshape(*field.shape[:-2], -1)[..., self.place]


def map_of(grid: SubsurfaceGrid, place: Array) -> Map:
    """The map of a grid's columns."""
    return Map(jnp.asarray(place), jnp.zeros(grid.shape[1:]))


def joined(retention: Any, deep: Any, layers: tuple[int, int], columns: int) -> Any:
    """The closure of all layers, leaves [z, columns].

    retention   of the land's layers, leaves [layer, column], [layer, 1] or numbers; deep those of the layers below,
                of all columns or of those of one member, which all members then share
    layers      how many there are of the land, and below
    Raises ConfigError where the closures differ, GridMismatch where leaves do not fit.
    """
    land, below = layers
    if not below:
        return _filled(retention, land, columns, "retention")
    if type(deep) is not type(retention):
        raise ConfigError(
            f"`deep` must be a {type(retention).__name__} as the soil of the land's layers is, "
            f"got {type(deep).__name__} for {below} deeper layers; choose one closure for both"
        )
    return jax.tree.map(
        lambda a, b: jnp.concatenate([a, b]),
        _filled(retention, land, columns, "retention"),
        _filled(deep, below, columns, "deep"),
    )


def _filled(retention: Any, layers: int, columns: int, name: str) -> Any:
    def fill(leaf: Array) -> Array:
        leaf = jnp.asarray(leaf, float)
        if leaf.ndim and (leaf.ndim != 2 or leaf.shape[0] not in (1, layers) or columns % leaf.shape[1]):
            raise GridMismatch(
                f"a leaf of `{name}` is {leaf.shape}, expected [{layers}, {columns}] (layer, column) or a number"
            )
        if leaf.ndim and leaf.shape[1] not in (1, columns):
            leaf = jnp.tile(leaf, (1, columns // leaf.shape[1]))
        return jnp.broadcast_to(leaf, (layers, columns))

    return jax.tree.map(fill, retention)


def leaving(x: Array, y: Array, dx: Array, dy: Array) -> Array:
    """Water that leaves each cell over its edges, whatever comes in over others, [y, x] m3 s-1.

    x, y    [y, x+1], [y+1, x] m2 s-1, flow over the edges toward +x, +y;  dx, dy  m
    """
    along = jnp.maximum(x[:, 1:], 0.0) + jnp.maximum(-x[:, :-1], 0.0)
    across = jnp.maximum(y[1:], 0.0) + jnp.maximum(-y[:-1], 0.0)
    return along * dy + across * dx


def first_guess(curve: Curve, thickness: Array, head: Array, water: Array, lowest: Array) -> Array:
    """Heads from which to look for those of `water`: those of the last step where they fit, else by the curve.

    They do not where an analysis, freezing or melting changed the water or its pores. All [z, ...], the first layer's
    water with the pond; thickness, head, water m; lowest m3 m-3, the driest that is solved for
    """
    one = jnp.ones_like(head)
    held = water_of(curve, thickness, head)
    theta = water / thickness / curve.scale
    theta_s = curve.retention.theta_s * one
    dry = jnp.minimum(jnp.maximum(theta, lowest / curve.scale), theta_s * (1.0 - 1e-12))
    psi = curve.retention.matric_head(dry)
    psi = jnp.where(jnp.isfinite(psi), psi, 0.0)
    excess = jnp.maximum(water - curve.porosity * thickness, 0.0)
    elastic = thickness * curve.specific_storage
    ponds = jnp.concatenate([elastic[:1] + 1.0, elastic[1:]])
    # What stands on the ground begins at the head 0, whatever the air entry is.
    start = jnp.concatenate([jnp.where(excess[:1] > 0.0, 0.0, curve.entry[:1]), curve.entry[1:]])
    wet = jnp.minimum(start + excess / ponds, HIGHEST_GUESS)
    return jnp.where(jnp.abs(held - water) <= FITS, head, jnp.where(theta < theta_s, psi, wet))


def water_of(curve: Curve, thickness: Array, head: Array) -> Array:
    """Water of each layer at these heads, pond in the first, [z, ...] m."""
    water = thickness * hydraulics(curve, head).water
    return jnp.concatenate([water[:1] + jnp.maximum(head[:1], 0.0), water[1:]])


def table_depth(head: Array, thickness: Array, there: Array) -> Array:
    """Depth of the water table, [column] m below the surface: the top of the saturated zone at the bottom.

    Between the uppermost layer of that zone and the drier one above it the head is a straight line, below the last
    layer it is hydrostatic. A saturated first layer is saturated to the surface, and its head is the pond.
    A perched zone is no water table.
    head, thickness [z, column] m; there [z, column] bool, layers that take part
    """
    z = jnp.cumsum(thickness, axis=0) - 0.5 * thickness
    wet = jnp.flip(jnp.cumprod(jnp.flip((head >= 0.0) | ~there, axis=0), axis=0), axis=0)
    zone = (wet > 0) & there
    last = jnp.sum(there, axis=0) - 1
    top = jnp.where(jnp.any(zone, axis=0), jnp.argmax(zone, axis=0), last)

    def at(field: Array, layer: Array) -> Array:
        return jnp.take_along_axis(field, layer[None], axis=0)[0]

    above = jnp.maximum(top - 1, 0)
    h, h_above = at(head, top), at(head, above)
    between = (h >= 0.0) & (top > 0)
    slope = jnp.where(between, (at(z, top) - at(z, above)) / jnp.where(between, h - h_above, 1.0), 1.0)
    return jnp.where((top == 0) & (h >= 0.0), -h, at(z, top) - h * slope)


FITS = 1e-3  # m of water, by which a layer may differ from what its head holds before that head is forgotten
HIGHEST_GUESS = 100.0  # m
