"""Water that runs over the land: fluxes through the edges of surface cells from ponded depths.

q = -S / (sqrt(|S|) n) h^(5/3), m2 s-1, h the depth of the cell that the water leaves, S the slope of the bed
(kinematic wave) or of the water's surface (diffusive wave), n Manning's roughness.
Source: Kollet & Maxwell (2006) eqs. 5-8
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array, pytree


class Overland(NamedTuple):
    """Flow over the edges of cells, positive toward +x and +y, m2 s-1, with slopes to the depths beside them, m s-1.

    x, x_before, x_after   [y, x+1]   edges from the western border to the eastern
    y, y_before, y_after   [y+1, x]   edges from the southern border to the northern
    """

    x: Array
    x_before: Array
    x_after: Array
    y: Array
    y_before: Array
    y_after: Array


@pytree
class KinematicWave:
    """Water follows the bed: depth of the upstream cell, slopes at edges.

    slope_x[y, x] belongs to the edge between x and x + 1, that of the last column to the eastern border; over the
    western and southern borders water leaves by the first cell's slope.

    manning        [y, x] or number, s m-1/3
    least_slope    1, least magnitude of the slope under the root
    """

    manning: Array
    least_slope: Array = 1e-5

    def edges(self, grid: Any, depth: Array, before: Array) -> Overland:
        """Flow over all edges; depth [y, x] m, `before` the depth at the start of the step (not used)."""
        size = jnp.maximum(jnp.hypot(grid.slope_x, grid.slope_y), self.least_slope)
        rate = 1.0 / (jnp.sqrt(size) * self.manning)
        discharge, slope = _five_thirds(depth)
        x = _kinematic(-grid.slope_x * rate, discharge, slope, -1)
        y = _kinematic(-grid.slope_y * rate, discharge, slope, -2)
        return Overland(*x, *y)


@pytree
class CellKinematicWave:
    """Water follows the bed, each direction by itself: q = sqrt(|S_x|) / n h^(5/3) out of a cell by its own slope.

    The older scheme of Kollet & Maxwell (2006): slopes at the centres of cells.

    manning   [y, x] or number, s m-1/3
    """

    manning: Array

    def edges(self, grid: Any, depth: Array, before: Array) -> Overland:
        """Flow over all edges; depth [y, x] m, `before` the depth at the start of the step (not used)."""
        discharge, slope = _five_thirds(depth)
        parts = []
        for bed, axis in ((grid.slope_x, -1), (grid.slope_y, -2)):
            rate = jnp.sqrt(jnp.abs(bed)) / self.manning
            up, down = jnp.where(bed < 0.0, rate, 0.0), jnp.where(bed > 0.0, rate, 0.0)
            parts += [
                _at_end(up * discharge, axis) - _at_start(down * discharge, axis),
                _at_end(up * slope, axis),
                -_at_start(down * slope, axis),
            ]
        return Overland(*parts)


@pytree
class DiffusiveWave:
    """Water follows its own surface: S = bed slope + gradient of the depth, so that it backs up and lakes fill.

    The magnitude under the root is that of the start of the step, which keeps the linear system near symmetric.
    Slopes as in KinematicWave; beyond a border the bed goes on and the depth is 0.

    manning        [y, x] or number, s m-1/3
    least_slope    1, least magnitude of the slope under the root
    Source: Kollet & Maxwell (2006) eq. 5 with the friction slope of the diffusive wave
    """

    manning: Array
    least_slope: Array = 1e-5

    def edges(self, grid: Any, depth: Array, before: Array) -> Overland:
        """Flow over all edges; depth [y, x] m now, `before` at the start of the step."""
        shape = jnp.shape(grid.slope_x)
        old_x = grid.slope_x + _gradient(before, grid.dx, -1)
        old_y = grid.slope_y + _gradient(before, grid.dy, -2)
        size = jnp.maximum(jnp.hypot(old_x, old_y), self.least_slope)
        rate = 1.0 / (jnp.sqrt(size) * self.manning) * jnp.ones(shape)
        x = _diffusive(grid.slope_x, rate, depth, grid.dx, -1)
        y = _diffusive(grid.slope_y, rate, depth, grid.dy, -2)
        return Overland(*x, *y)


def over_border(x: Array, y: Array, active: Array) -> tuple[Array, Array]:
    """Flow into the active cells over their border, toward +x or -x [y, x+1] and +y or -y [y+1, x]; 0 inside.

    x, y   flow over edges as in `Overland`, or sums of it over time;  active [y, x] bool
    """
    inside = jnp.where(jnp.asarray(active), 1.0, 0.0)
    return x * (_at_start(inside, -1) - _at_end(inside, -1)), y * (_at_start(inside, -2) - _at_end(inside, -2))


def _five_thirds(h: Array) -> tuple[Array, Array]:
    """h^(5/3) and its slope; both 0 where h is 0."""
    wet = h > 0.0
    root = jnp.cbrt(jnp.where(wet, h, 1.0))
    slope = 5.0 / 3.0 * root * root
    return jnp.where(wet, 0.6 * h * slope, 0.0), jnp.where(wet, slope, 0.0)


def _at_end(cell: Array, axis: int) -> Array:
    """Values of cells at the edge after each of them; 0 at the first border."""
    return jnp.pad(cell, [(1, 0) if i == axis % 2 else (0, 0) for i in range(2)])


def _at_start(cell: Array, axis: int) -> Array:
    """Values of cells at the edge before each of them; 0 at the last border."""
    return jnp.pad(cell, [(0, 1) if i == axis % 2 else (0, 0) for i in range(2)])


def _kinematic(rate: Array, discharge: Array, slope: Array, axis: int) -> tuple[Array, Array, Array]:
    """Flow over the edges of one direction and its slopes; rate [y, x] of the edge after each cell."""
    first = jnp.take(rate, jnp.asarray([0]), axis=axis)
    edge = jnp.concatenate([first, rate], axis=axis)
    forward, backward = jnp.maximum(edge, 0.0), jnp.minimum(edge, 0.0)
    from_before, from_after = _at_end(discharge, axis), _at_start(discharge, axis)
    return (
        forward * from_before + backward * from_after,
        forward * _at_end(slope, axis),
        backward * _at_start(slope, axis),
    )


def _gradient(depth: Array, distance: Array, axis: int) -> Array:
    """(depth of the next cell - depth) / distance at the edge after each cell, beyond the border 0."""
    following = jnp.take(_at_start(depth, axis), jnp.arange(1, depth.shape[axis] + 1), axis=axis)
    return (following - depth) / distance


def _diffusive(bed: Array, rate: Array, depth: Array, distance: Array, axis: int) -> tuple[Array, Array, Array]:
    """Flow over the edges of one direction and its slopes."""
    edges = [jnp.concatenate([jnp.take(v, jnp.asarray([0]), axis=axis), v], axis=axis) for v in (bed, rate)]
    h_before, h_after = _at_end(depth, axis), _at_start(depth, axis)
    S = edges[0] + (h_after - h_before) / distance
    forward = S < 0.0
    discharge, slope = _five_thirds(jnp.where(forward, h_before, h_after))
    q = -S * edges[1] * discharge
    carried = -S * edges[1] * slope
    pushed = edges[1] * discharge / distance
    return q, jnp.where(forward, carried, 0.0) + pushed, jnp.where(forward, 0.0, carried) - pushed
