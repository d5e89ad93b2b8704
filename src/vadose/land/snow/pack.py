"""The water of the snow on the ground through one step: what falls and leaves, how the layers settle and drain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from vadose.arrays import Array, pytree, static
from vadose.constants import FREEZING_POINT
from vadose.errors import RangeError
from vadose.land.snow import layers as pile_of
from vadose.land.snow.compaction import HEAVIEST, LIGHTEST, Anderson
from vadose.land.snow.heat import ICE_HEAT, heat_capacity
from vadose.land.snow.layers import Layer, Limits, exists
from vadose.land.snow.percolation import Percolation
from vadose.land.state import Snow

LEAST_COVER = 1.0e-6  # kg m-2, a thinner cover leaves as excess
MOST_LAYERS = 12


@pytree
class SnowFluxes:
    """What left or entered the snow in a step, all [column], kg m-2 s-1 unless said.

    outflow       liquid water to the soil: percolation + released + rain_through
    percolation   of it, what drained from the lowest layer
    released      of it, liquid of layers that became a cover too thin for layers
    rain_through  of it, rain where no layers are left to hold it
    sublimation   what really left; asked less this is for the soil to give
    excess        ice that leaves as runoff: snow above the greatest water equivalent, last traces of a cover
    energy        J m-2, gain of sum C (T - T0) by water that came or left at another temperature than T0:
                  H_end - H_start = energy - L_f (snowfall + frost - sublimation - excess) dt
    """

    outflow: Array
    percolation: Array
    released: Array
    rain_through: Array
    sublimation: Array
    excess: Array
    energy: Array


@pytree
class Snowpack:
    """Snow in up to `layers` layers, or a thin cover without layers where it is shallower than `limits.formation`.

    A step adds snowfall to the topmost layer, settles, joins and divides the layers, takes sublimation, adds frost and
    rain and percolates. Ice melts and freezes in the heat step before; its liquid lies in `snow.liquid`.

    layers      at most 12; up to 3 with the limits of Noah-MP, more with those of CLM5
    limits      layers.Limits, where other limits are wanted
    compaction  settling of a layer (compaction.Anderson, compaction.AbolafiaRosenzweig)
    water       percolation.Percolation
    most        kg m-2, greatest water equivalent; what is above leaves as ice
    Source: Jordan (1991); Niu et al. (2011); He et al. (2023). Unlike there, joined layers keep their heat also where
    wet and cold snow meet, percolating water brings its heat, and sublimation beyond the top layer takes from the next.
    """

    layers: int = static(3)
    limits: Limits | None = static(None)
    compaction: Any = Anderson()
    water: Percolation = Percolation()
    most: Array = 5000.0

    def __post_init__(self) -> None:
        if not 1 <= self.layers <= MOST_LAYERS:
            raise RangeError(f"`layers` must be 1 to {MOST_LAYERS}, got {self.layers}; 3 is Noah-MP, 5 CLM3.5, 12 CLM5")

    def step(
        self,
        snow: Snow,
        *,
        snowfall: Array,
        density: Array,
        rain: Array,
        sublimation: Array,
        frost: Array,
        air_temperature: Array,
        dt: Array,
        ice_fraction: Array | None = None,
        pressure: Array = 1.0e5,
    ) -> tuple[Snow, SnowFluxes]:
        """Snow after dt seconds, and what left it.

        snowfall, rain, sublimation, frost  [column] kg m-2 s-1, all >= 0; rain is what falls on the ground,
                         frost where there is no snow becomes a cover
        density          [column] kg m-3, of fresh snow
        air_temperature  [column] K; a layer that forms takes it, at most T0
        ice_fraction     [snow, column], `heat.ice_fraction` before this step's phase change; None: melt settles nothing
        pressure         [column] Pa, of the air, for the compaction that asks it
        Returns the snow and SnowFluxes
        """
        factor = self.compaction.burden_factor(air_temperature, pressure)
        span = dt + jnp.zeros_like(snow.depth)
        falling = _Falling(
            snowfall * span, rain * span, sublimation * span, frost * span, density, air_temperature, factor
        )
        some = jnp.any(jnp.maximum(jnp.maximum(snow.water_equivalent, falling.snowfall), falling.frost) > 0.0)
        # the branch spares a world without snow; it also keeps XLA from fusing what comes before and after into this
        new, total = lax.cond(some, self._with_snow, _without_snow, snow, falling, ice_fraction, dt)
        return new, replace(jax.tree.map(lambda amount: amount / dt, total), energy=total.energy)

    def _with_snow(
        self, snow: Snow, falling: _Falling, ice_fraction: Array | None, dt: Array
    ) -> tuple[Snow, SnowFluxes]:
        """The snow after the step and what left it, as amounts, kg m-2."""
        limits = self.limits or (pile_of.noah_limits if self.layers <= 3 else pile_of.clm_limits)(self.layers)
        before = heat_capacity(snow.ice, snow.liquid) * (snow.temperature - FREEZING_POINT)
        pile, cover, depth = _snowed(snow, falling, limits)
        pile = self._settled(pile, ice_fraction, falling.factor, dt)
        pile = _where_layers(pile_of.combine, pile, limits)
        pile = _where_layers(pile_of.divide, pile, limits)
        pile, cover, depth, released = _thinned(pile, cover, depth, limits)

        layered = exists(pile[-1])
        thickness, ice, liquid, warmth, left = _vapour(pile, falling)
        thickness, liquid, warmth, percolated = self.water.drain(thickness, ice, liquid, warmth, dt)
        cover, depth, left, traces = _cover_vapour(cover, depth, left, jnp.where(layered, 0.0, falling.frost))
        thickness[-1], ice[-1], excess = _limited(thickness[-1], ice[-1], sum(ice) + sum(liquid), self.most)

        new = _gathered(snow, thickness, ice, liquid, warmth, cover, depth)
        after = heat_capacity(new.ice, new.liquid) * (new.temperature - FREEZING_POINT)
        rain_through = jnp.where(layered, 0.0, falling.rain)
        return new, SnowFluxes(
            outflow=percolated + released + rain_through,
            percolation=percolated,
            released=released,
            rain_through=rain_through,
            sublimation=falling.sublimation - left,
            excess=excess + traces,
            energy=jnp.sum(after, axis=0) - jnp.sum(before, axis=0),
        )

    def _settled(self, pile: list[Layer], ice_fraction: Array | None, factor: Array, dt: Array) -> list[Layer]:
        """Every layer settled under those above it."""
        above, new = jnp.zeros_like(pile[0].ice), []
        for k, layer in enumerate(pile):
            water = layer.ice + layer.liquid
            cold = -layer.heat / _positive(heat_capacity(layer.ice, layer.liquid))
            melted = jnp.zeros_like(water)
            if ice_fraction is not None:
                # a layer that formed in this step had no layer's share before
                old = ice_fraction[k]
                melted = jnp.maximum(1.0 - layer.ice / _positive(water) / jnp.maximum(old, 1.0e-6), 0.0)
            thickness = self.compaction.settled(
                layer.thickness,
                layer.ice,
                layer.liquid,
                cold=jnp.maximum(cold, 0.0),
                above=above,
                melted=melted,
                factor=factor,
                dt=dt,
            )
            new.append(layer._replace(thickness=thickness))
            above = above + water
        return new


def _where_layers(rule: Callable[[list[Layer], Limits], list[Layer]], pile: list[Layer], limits: Limits) -> list[Layer]:
    """`rule` of the pile, skipped where no column has a layer.

    The branch also keeps XLA from computing this rule again in each of the many kernels that use its result.
    """
    return lax.cond(jnp.any(exists(pile[-1])), lambda p: rule(p, limits), lambda p: p, pile)


def _positive(x: Array) -> Array:
    return jnp.where(x > 0.0, x, 1.0)


class _Falling(NamedTuple):
    """What comes in a step, all [column]: amounts in kg m-2, density of fresh snow kg m-3, air K, compaction's c2."""

    snowfall: Array
    rain: Array
    sublimation: Array
    frost: Array
    density: Array
    air_temperature: Array
    factor: Array


def _without_snow(snow: Snow, falling: _Falling, ice_fraction: Array | None, dt: Array) -> tuple[Snow, SnowFluxes]:
    """The step where no column has snow: rain goes through."""
    rain, none = falling.rain, jnp.zeros_like(snow.depth)
    return snow, SnowFluxes(rain, none, none, rain, none, none, none)


def _snowed(snow: Snow, falling: _Falling, limits: Limits) -> tuple[list[Layer], Array, Array]:
    """Layers with the new snow on the topmost, and the cover where there are none, or the layer that it forms."""
    pile = []
    fallen, deeper = falling.snowfall, falling.snowfall / falling.density
    for k in range(snow.thickness.shape[0]):
        here = snow.thickness[k] > 0.0
        top = (here & ~(snow.thickness[k - 1] > 0.0)) if k > 0 else here
        ice = snow.ice[k] + jnp.where(top, fallen, 0.0)
        heat = heat_capacity(ice, snow.liquid[k]) * (snow.temperature[k] - FREEZING_POINT)
        pile.append(Layer(snow.thickness[k] + jnp.where(top, deeper, 0.0), ice, snow.liquid[k], heat))
    bare = ~exists(pile[-1])
    cover = jnp.where(bare, snow.water_equivalent + fallen, 0.0)
    depth = jnp.where(bare, snow.depth + deeper, 0.0)
    forms = (depth >= limits.formation) & (cover > 0.0)
    kept = jnp.where(forms, 0.0, 1.0)
    heat = ICE_HEAT * cover * jnp.minimum(falling.air_temperature - FREEZING_POINT, 0.0)
    formed = Layer(depth, cover, jnp.zeros_like(cover), heat)
    pile[-1] = Layer(*(jnp.where(forms, new, old) for new, old in zip(formed, pile[-1], strict=True)))
    return pile, cover * kept, depth * kept


def _thinned(pile: list[Layer], cover: Array, depth: Array, limits: Limits) -> tuple[list[Layer], Array, Array, Array]:
    """Layers together too shallow or without ice become a cover; their liquid is released, kg m-2."""
    total = sum((layer.thickness for layer in pile), jnp.zeros_like(depth))
    # of all layers: what melted as a whole may just have been divided
    ice = sum((layer.ice for layer in pile), jnp.zeros_like(depth))
    ends = exists(pile[-1]) & ((total < limits.formation) | (ice <= pile_of.LEAST_ICE))
    liquid = sum((layer.liquid for layer in pile), jnp.zeros_like(depth))
    kept = jnp.where(ends, 0.0, 1.0)
    pile = [Layer(*(part * kept for part in layer)) for layer in pile]
    return pile, jnp.where(ends, ice, cover), jnp.where(ends, total, depth), jnp.where(ends, liquid, 0.0)


def _vapour(pile: list[Layer], falling: _Falling) -> tuple[list[Array], list[Array], list[Array], list[Array], Array]:
    """Sublimation from the top down at constant density, frost and rain on the topmost layer, all kg m-2.

    Returns thickness, ice, liquid and warmth T - T0 of the layers, and what of the sublimation is still asked.
    """
    thickness, ice, liquid, warmth = [], [], [], []
    asked = falling.sublimation
    for k, layer in enumerate(pile):
        top = (exists(layer) & ~exists(pile[k - 1])) if k > 0 else exists(layer)
        solid = layer.ice + jnp.where(top, falling.frost, 0.0)
        taken = jnp.minimum(asked, solid)
        asked, solid = asked - taken, solid - taken
        thickness.append(layer.thickness * (solid + layer.liquid) / _positive(layer.ice + layer.liquid))
        warmth.append(layer.heat / _positive(heat_capacity(layer.ice, layer.liquid)))
        ice.append(solid)
        liquid.append(layer.liquid + jnp.where(top, falling.rain, 0.0))
    return thickness, ice, liquid, warmth, asked


def _cover_vapour(cover: Array, depth: Array, asked: Array, frost: Array) -> tuple[Array, Array, Array, Array]:
    """Sublimation and frost of the thin cover at constant density; a trace leaves. All kg m-2 but depth, m.

    Returns cover, depth, what of the sublimation is still asked, and the trace.
    """
    taken = jnp.minimum(asked, cover + frost)
    left = cover + frost - taken
    depth = jnp.clip(depth * left / _positive(cover), left / HEAVIEST, left / LIGHTEST)
    traces = jnp.where(left <= LEAST_COVER, left, 0.0)
    return left - traces, jnp.where(left <= LEAST_COVER, 0.0, depth), asked - taken, traces


def _limited(thickness: Array, ice: Array, water: Array, most: Array) -> tuple[Array, Array, Array]:
    """The lowest layer without the ice above the greatest water equivalent, and that ice, kg m-2."""
    excess = jnp.minimum(jnp.maximum(water - most, 0.0), ice)
    return thickness * (1.0 - excess / _positive(ice)), ice - excess, excess


def _gathered(
    snow: Snow,
    thickness: list[Array],
    ice: list[Array],
    liquid: list[Array],
    warmth: list[Array],
    cover: Array,
    depth: Array,
) -> Snow:
    """The state from its layers and cover."""
    h, i, w = jnp.stack(thickness), jnp.stack(ice), jnp.stack(liquid)
    return Snow(
        thickness=h,
        ice=i,
        liquid=w,
        temperature=FREEZING_POINT + jnp.where(h > 0.0, jnp.stack(warmth), 0.0),
        depth=depth + jnp.sum(h, axis=0),
        water_equivalent=cover + jnp.sum(i, axis=0) + jnp.sum(w, axis=0),
        age=snow.age,
        albedo=snow.albedo,
    )
