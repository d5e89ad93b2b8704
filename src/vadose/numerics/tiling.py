"""Many columns in small groups: loops that run until all are ready wait for the slowest of a group only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array


def by_tiles(solve: Callable[[Any], Any], given: Any, columns: int, tile: int) -> Any:
    """solve(given), where `tile` columns at a time are solved together, one group after the other; 0: all at once.

    Arrays of `given` whose last axis has the length `columns` are cut along it, all others go to every group whole.
    A hard column then keeps few others waiting, and a group's arrays stay in the processor's cache.
    """
    if tile <= 0 or columns <= tile:
        return solve(given)
    groups = -(-columns // tile)
    leaves, structure = jax.tree_util.tree_flatten(given)
    split = [jnp.ndim(leaf) > 0 and jnp.shape(leaf)[-1] == columns for leaf in leaves]

    def group(leaf: Array) -> Array:
        # The last columns stand in for those that fill the last group.
        wide = [(0, 0)] * (jnp.ndim(leaf) - 1) + [(0, groups * tile - columns)]
        shaped = jnp.pad(leaf, wide, mode="edge").reshape(*jnp.shape(leaf)[:-1], groups, tile)
        return jnp.moveaxis(shaped, -2, 0)

    grouped = [group(leaf) for leaf, is_split in zip(leaves, split, strict=True) if is_split]

    def one(values: list[Array]) -> Any:
        rest = iter(values)
        parts = [next(rest) if s else leaf for s, leaf in zip(split, leaves, strict=True)]
        return solve(jax.tree_util.tree_unflatten(structure, parts))

    made = jax.lax.map(one, grouped)
    return jax.tree_util.tree_map(
        lambda x: jnp.moveaxis(x, 0, -2).reshape(*x.shape[1:-1], groups * tile)[..., :columns], made
    )
