"""Iterations whose number depends on the data: forward a while loop, backward only as many steps as were made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array

SEGMENT = 16  # iterations whose carries are held at once on the way back


def iterate(body: Callable[[Any, Any], Any], parameters: Any, carry: Any, limit: int) -> Any:
    """carry = body(parameters, carry) while any element of carry.active is true, at most `limit` times.

    body          pure function of two pytrees of arrays that gives back the second; it must not close over tracers
    parameters    what stays the same, with gradients
    carry         pytree with a boolean array `active`
    limit         most iterations, static
    Returns the last carry. In reverse mode the iterations are replayed, and each is differentiated at its own carry:
    memory for about limit / 16 + 16 carries, time for those iterations only that were made.
    """
    as_arrays = partial(jax.tree_util.tree_map, jnp.asarray)
    return _iterate(body, limit, as_arrays(parameters), as_arrays(carry))


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _iterate(body: Callable[[Any, Any], Any], limit: int, parameters: Any, carry: Any) -> Any:
    return _run(body, parameters, carry, limit)[1]


def _run(body: Callable[[Any, Any], Any], parameters: Any, carry: Any, limit: Array) -> tuple[Array, Any]:
    """The number of iterations made, and the carry after them."""

    def more(state: tuple[Array, Any]) -> Array:
        return (state[0] < limit) & jnp.any(state[1].active)

    def step(state: tuple[Array, Any]) -> tuple[Array, Any]:
        return state[0] + 1, body(parameters, state[1])

    return jax.lax.while_loop(more, step, (jnp.zeros((), int), carry))


def _forward(body: Callable[[Any, Any], Any], limit: int, parameters: Any, carry: Any) -> tuple[Any, Any]:
    return _run(body, parameters, carry, limit)[1], (parameters, carry)


def _backward(body: Callable[[Any, Any], Any], limit: int, saved: Any, gradient: Any) -> tuple[Any, Any]:
    parameters, carry = saved
    segments = -(-limit // SEGMENT)
    constants, build_parameters = _floats(parameters)

    def record(count: Array, state: Any, slots: int, stride: int) -> tuple[Array, Any]:
        """Iterations made from `state`, at most `count`, and the carries before every stride-th of them."""
        held = jax.tree_util.tree_map(lambda x: jnp.zeros((slots, *x.shape), x.dtype), state)

        def more(loop: tuple[Array, Any, Any]) -> Array:
            return (loop[0] < count) & jnp.any(loop[1].active)

        def step(loop: tuple[Array, Any, Any]) -> tuple[Array, Any, Any]:
            made, now, kept = loop
            # Slots fill in order, so a later write to the same slot must not replace the first.
            slot = made // stride
            first = made % stride == 0
            kept = jax.lax.cond(first, lambda k: _put(k, now, slot), lambda k: k, kept)
            return made + 1, body(parameters, now), kept

        made, _, held = jax.lax.while_loop(more, step, (jnp.zeros((), int), state, held))
        return made, held

    total, starts = record(jnp.asarray(limit), carry, segments, SEGMENT)
    zero = [jnp.zeros_like(x) for x in constants]
    given = [g for g, x in zip(jax.tree_util.tree_leaves(gradient), _leaves(carry), strict=True) if _is_float(x)]

    def back(one: Any, state: tuple[list[Array], list[Array]]) -> tuple[list[Array], list[Array]]:
        out, summed = state
        values, build = _floats(one)

        def advance(p: list[Array], x: list[Array]) -> list[Array]:
            return _floats(body(build_parameters(p), build(x)))[0]

        _, pull = jax.vjp(advance, constants, values)
        to_constants, to_values = pull(out)
        return to_values, [a + b for a, b in zip(summed, to_constants, strict=True)]

    def segment(loop: tuple[Array, Any]) -> tuple[Array, Any]:
        index, state = loop
        made, kept = record(jnp.minimum(total - index * SEGMENT, SEGMENT), _take(starts, index), SEGMENT, 1)

        def step(inner: tuple[Array, Any]) -> tuple[Array, Any]:
            return inner[0] - 1, back(_take(kept, inner[0]), inner[1])

        return index - 1, jax.lax.while_loop(lambda inner: inner[0] >= 0, step, (made - 1, state))[1]

    first = (total - 1) // SEGMENT
    _, (to_carry, to_parameters) = jax.lax.while_loop(lambda loop: loop[0] >= 0, segment, (first, (given, zero)))
    return _gradients(parameters, to_parameters), _gradients(carry, to_carry)


_iterate.defvjp(_forward, _backward)


def _leaves(tree: Any) -> list[Array]:
    return jax.tree_util.tree_leaves(tree)


def _is_float(x: Array) -> bool:
    return bool(jnp.issubdtype(x.dtype, jnp.floating))


def _floats(tree: Any) -> tuple[list[Array], Callable[[list[Array]], Any]]:
    """The leaves that have gradients, and how to build the tree from others in their place."""
    leaves, structure = jax.tree_util.tree_flatten(tree)

    def build(values: list[Array]) -> Any:
        rest = iter(values)
        return jax.tree_util.tree_unflatten(structure, [next(rest) if _is_float(x) else x for x in leaves])

    return [x for x in leaves if _is_float(x)], build


def _gradients(tree: Any, values: list[Array]) -> Any:
    """A tree of gradients: those given for floats, none (JAX's float0) for whole numbers and booleans."""
    leaves, structure = jax.tree_util.tree_flatten(tree)
    rest = iter(values)
    made = [next(rest) if _is_float(x) else np.zeros(x.shape, jax.dtypes.float0) for x in leaves]
    return jax.tree_util.tree_unflatten(structure, made)


def _put(tree: Any, value: Any, slot: Array) -> Any:
    return jax.tree_util.tree_map(lambda t, v: jax.lax.dynamic_update_index_in_dim(t, v, slot, 0), tree, value)


def _take(tree: Any, slot: Array) -> Any:
    return jax.tree_util.tree_map(lambda t: jax.lax.dynamic_index_in_dim(t, slot, 0, keepdims=False), tree)
