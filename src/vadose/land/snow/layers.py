"""Layers of a snowpack: which exist, which join and which divide, with water and heat exactly kept.

A pile is a list of layers from the top; those that exist lie last, next to the ground. What a layer holds only ever
moves as a whole or as a share, so that thickness, ice, liquid and heat keep their sums whatever the rules say.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.land.snow.heat import heat_capacity

LEAST_ICE = 0.1  # kg m-2, a layer with less joins its neighbour


class Layer(NamedTuple):
    """One layer, all [column]: thickness m, ice and liquid kg m-2, heat J m-2 = C (T - T0)."""

    thickness: Array
    ice: Array
    liquid: Array
    heat: Array


class Limits(NamedTuple):
    """Thickness limits in m, by rank from the topmost layer.

    formation   snow at least this deep has layers
    minimum     a thinner layer joins its thinner neighbour
    split       the lowest layer divides in two where it is thicker
    maximum     what a layer over others has beyond it goes to the next
    cascade     the second and later layers divide only in a step in which the layer above them passed snow on
    """

    formation: float
    minimum: tuple[float, ...]
    split: tuple[float, ...]
    maximum: tuple[float, ...]
    cascade: bool


def noah_limits(layers: int) -> Limits:
    """Limits of at most three layers as in Noah-MP. Source: He et al. (2023), section on the snowpack layers."""
    return Limits(0.025, (0.025, 0.025, 0.1)[:layers], (0.05, 0.2, 0.2)[:layers], (0.05, 0.2, 0.2)[:layers], True)


def clm_limits(layers: int) -> Limits:
    """Limits of up to 12 layers: max_1 = 0.02, max_2 = 0.05, max_k = 2 max_(k-1) + 0.01, min_k = max_(k-1) / 2.

    A lowest layer divides at split_k = max_k + split_(k-1), split_1 = 0.03, split_2 = 0.07.
    Source: Lawrence et al. (2018), CLM5 technical note, table 2.8.2
    """
    maximum, split, minimum = [0.02, 0.05], [0.03, 0.07], [0.010, 0.015]
    while len(maximum) < layers:
        minimum.append(maximum[-1] / 2.0)
        maximum.append(2.0 * maximum[-1] + 0.01)
        split.append(maximum[-1] + split[-1])
    return Limits(0.01, tuple(minimum[:layers]), tuple(split[:layers]), tuple(maximum[:layers]), False)


def _choose(condition: Array, yes: Layer, no: Layer) -> Layer:
    return Layer(*(jnp.where(condition, a, b) for a, b in zip(yes, no, strict=True)))


def _sum(a: Layer, b: Layer) -> Layer:
    return Layer(*(x + y for x, y in zip(a, b, strict=True)))


def _rest(whole: Layer, part: Layer) -> Layer:
    return Layer(*(x - y for x, y in zip(whole, part, strict=True)))


def _scaled(layer: Layer, factor: Array) -> Layer:
    return Layer(*(x * factor for x in layer))


def exists(layer: Layer) -> Array:
    """True where there is a layer, [column]."""
    return layer.thickness > 0.0


def by_rank(limits: tuple[float, ...], pile: list[Layer], position: int) -> Array:
    """The limit that holds at `position` of the pile, by its rank from the topmost layer that exists, [column]."""
    limit = jnp.full_like(pile[0].thickness, limits[0])
    for rank in range(1, position + 1):
        limit = jnp.where(exists(pile[position - rank]), limits[rank], limit)
    return limit


def _join(pile: list[Layer], position: int, where: Array) -> list[Layer]:
    """The layer above `position` joins it; those above move down one place."""
    new = list(pile)
    new[position] = _choose(where, _sum(pile[position], pile[position - 1]), pile[position])
    for k in range(position - 1, 0, -1):
        new[k] = _choose(where, pile[k - 1], pile[k])
    new[0] = _scaled(pile[0], jnp.where(where, 0.0, 1.0))
    return new


def combine(pile: list[Layer], limits: Limits) -> list[Layer]:
    """Join layers of little ice with the next below, then thin ones with their thinner neighbour.

    Temperatures mix by heat capacity. Source: He et al. (2023); Jordan (1991) section 5
    """
    last = len(pile) - 1
    for k in range(last):
        pile = _join(pile, k + 1, exists(pile[k]) & (pile[k].ice <= LEAST_ICE))
    if last > 0:
        pile = _join(pile, last, exists(pile[last - 1]) & (pile[last].ice <= LEAST_ICE))
        for k in range(last + 1):
            thin = exists(pile[k]) & exists(pile[last - 1]) & (pile[k].thickness < by_rank(limits.minimum, pile, k))
            if k == 0:
                pile = _join(pile, 1, thin)
            elif k == last:
                pile = _join(pile, last, thin)
            else:
                upward = exists(pile[k - 1]) & (pile[k - 1].thickness < pile[k + 1].thickness)
                pile = _join(_join(pile, k + 1, thin & ~upward), k, thin & upward)
    return pile


def divide(pile: list[Layer], limits: Limits) -> list[Layer]:
    """Pass on what a layer has beyond its limit, and divide the lowest layer where it is too thick.

    Source: He et al. (2023); Jordan (1991) section 5
    """
    last = len(pile) - 1
    if last == 0:
        return pile
    alone = exists(pile[last]) & ~exists(pile[last - 1])
    pile = _split(pile, alone & (pile[last].thickness > limits.split[0]), even=True)
    passed = alone
    for k in range(last):
        pile, passed = _pass_on(pile, k, limits)
    for _ in range(1 if last < 3 else 2):
        if last < 2:
            break
        deep = exists(pile[last - 1]) & ~exists(pile[0]) & (pile[last].thickness > by_rank(limits.split, pile, last))
        pile = _split(pile, deep & passed if limits.cascade else deep, even=False)
        pile, passed = _pass_on(pile, last - 1, limits)
    return pile


def _pass_on(pile: list[Layer], k: int, limits: Limits) -> tuple[list[Layer], Array]:
    """Layer k keeps its greatest thickness and gives the rest to the next; also where that happened."""
    thickness, limit = pile[k].thickness, by_rank(limits.maximum, pile, k)
    over = thickness > limit
    kept = _scaled(pile[k], jnp.where(over, limit / jnp.where(over, thickness, 1.0), 1.0))
    new = list(pile)
    new[k], new[k + 1] = kept, _sum(pile[k + 1], _rest(pile[k], kept))
    return new, over


def _split(pile: list[Layer], where: Array, *, even: bool) -> list[Layer]:
    """The lowest layer becomes two of the same mass; those above move up one place.

    Unless `even`, the halves follow the temperature gradient to the layer above as long as neither would be above T0.
    """
    last = len(pile) - 1
    low = high = _scaled(pile[last], jnp.asarray(0.5))
    if not even:
        above, below = pile[last - 1], pile[last]
        capacity = heat_capacity(below.ice, below.liquid)
        t_above = above.heat / _positive(heat_capacity(above.ice, above.liquid))
        t_below = below.heat / _positive(capacity)
        depth = _positive(above.thickness + below.thickness)
        warmer = 0.5 * (t_above - t_below) * below.thickness / depth
        warmer = jnp.where(t_below - warmer < 0.0, warmer, 0.0)
        high = high._replace(heat=high.heat + 0.5 * capacity * warmer)
        low = low._replace(heat=below.heat - high.heat)
    new = [_choose(where, pile[k + 1], pile[k]) for k in range(last - 1)]
    return [*new, _choose(where, high, pile[last - 1]), _choose(where, low, pile[last])]


def _positive(x: Array) -> Array:
    return jnp.where(x > 0.0, x, 1.0)
