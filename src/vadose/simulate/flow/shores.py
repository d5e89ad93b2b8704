"""Overland flow beside lakes: it runs into them, and none out of them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.flow.overland import Overland


@pytree
class Shores:
    """An overland scheme with edges through which the water of lakes does not leave.

    overland   KinematicWave, CellKinematicWave or DiffusiveWave
    lake       [y, x] bool
    """

    overland: Any
    lake: Array

    @property
    def manning(self) -> Array:
        """Manning's n of the scheme, s m-1/3."""
        return self.overland.manning

    def edges(self, grid: Any, depth: Array, before: Array) -> Overland:
        """Flow over all edges; depth [y, x] m now, `before` at the start of the step."""
        flow = self.overland.edges(grid, depth, before)
        return Overland(*self._kept(flow[:3], -1), *self._kept(flow[3:], -2))

    def _kept(self, flow: tuple[Array, ...], axis: int) -> tuple[Array, ...]:
        """Flow of one direction with its slopes, 0 where it comes from a lake."""
        none = jnp.zeros_like(jnp.take(self.lake, jnp.asarray([0]), axis=axis))
        before = jnp.concatenate([none, self.lake], axis=axis)
        after = jnp.concatenate([self.lake, none], axis=axis)
        stays = jnp.where(flow[0] > 0.0, before, (flow[0] < 0.0) & after)
        return tuple(jnp.where(stays, 0.0, v) for v in flow)
