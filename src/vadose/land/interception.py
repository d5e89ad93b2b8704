"""Rain and snow on leaves: what they catch, hold, drop and give to the air, and its melting and freezing.

Canopy water is that of a m2 of the cell, kg m-2; each step first `intercept`s precipitation and, once the surface
energy balance is known, `update`s the store. Both conserve water to rounding.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION
from vadose.land.air import Air
from vadose.land.parameters import Vegetation
from vadose.land.state import Canopy

SNOW_CAPACITY = 6.6  # kg m-2 of leaf and stem; Hedstrom & Pomeroy (1998)
SNOW_SHAPE, SNOW_DENSITY = 0.27, 46.0  # 1, kg m-3: the same equation's dependence on the density of new snow
UNLOADING_TEMPERATURE = FREEZING_POINT - 3.0  # K, above which snow slips from leaves; Roesch et al. (2001)
UNLOADING_HEAT = 1.87e5  # K s; Roesch et al. (2001)
UNLOADING_WIND = 1.56e5  # m; Roesch et al. (2001)
SPARSE = 1e-6  # wet share of the capacity below which the wet fraction is linear, so that its slope stays finite
LEAST_CAPACITY = 1e-6  # kg m-2, what leaves hold at least where the wet fraction divides by it
LEAST_HEAT = 1e-3  # J m-2 K-1, heat capacity of leaves below which nothing melts or freezes on them


@pytree
class Throughfall:
    """Precipitation after the canopy, all [column].

    rain, snowfall            kg m-2 s-1   on the ground, sums of the four parts
    rain_drip, snow_drip      kg m-2 s-1   from leaves, on the ground beneath them
    rain_direct, snow_direct  kg m-2 s-1   beside the canopy
    wet_fraction              1            of the canopy that is wet or snowed
    liquid_capacity, ice_capacity   kg m-2   that the canopy of a m2 of the cell can hold
    """

    rain: Array
    snowfall: Array
    rain_drip: Array
    snow_drip: Array
    rain_direct: Array
    snow_direct: Array
    wet_fraction: Array
    liquid_capacity: Array
    ice_capacity: Array


@pytree
class CanopyPhaseChange:
    """What `update` did, all [column].

    melt    kg m-2 s-1   of canopy ice, negative where water froze
    unmet   kg m-2 s-1   evaporation that was asked for and for which there was no water
    heat    W m-2        that evaporation from the other phase than the one paid for took from the leaves' heat
    """

    melt: Array
    unmet: Array
    heat: Array


class LeafStore(ABC):
    """What schemes share: capacities and catch are theirs, the balances of water and heat are here."""

    wet_exponent: Array

    @abstractmethod
    def _capacities(self, vegetation: Vegetation, area: Array, snow_density: Array) -> tuple[Array, Array]:
        """What `area` m2 of leaf and stem hold of liquid water and of ice, kg m-2."""

    @abstractmethod
    def _catch(self, water: Array, capacity: Array, rate: Array, cover: Array, index: Array, dt: Array) -> Array:
        """What the canopy catches, kg m-2 s-1: `rate` falls, on `cover` of the cell, with LAI + SAI `index`."""

    @abstractmethod
    def _overflow(self) -> Array:
        """Share of the water above capacity that drips in the step."""

    def intercept(
        self,
        canopy: Canopy,
        vegetation: Vegetation,
        *,
        fraction: Array,
        lai: Array,
        sai: Array,
        rain: Array,
        snowfall: Array,
        air: Air,
        snow_density: Array,
        dt: Array,
    ) -> tuple[Canopy, Throughfall]:
        """Canopy with what it caught, and what reaches the ground.

        fraction         [column] 1            of the cell that vegetation covers
        lai, sai         [column] m2 m-2       above the snow
        rain, snowfall   [column] kg m-2 s-1
        snow_density     [column] kg m-3       of new snow
        dt               s
        """
        index = lai + sai
        room, ice_room = self._capacities(vegetation, fraction * index, snow_density)
        caught = self._catch(canopy.liquid, room, rain, fraction, index, dt)
        caught_snow = self._catch(canopy.ice, ice_room, snowfall, fraction, index, dt)
        slip = jnp.maximum(canopy.temperature - UNLOADING_TEMPERATURE, 0.0) / UNLOADING_HEAT
        unloaded = canopy.ice * jnp.minimum(slip + air.wind / UNLOADING_WIND, 1.0 / dt)
        spilt = self._overflow() * jnp.maximum(canopy.liquid - room + caught * dt, 0.0) / dt
        liquid, rain_drip = _balance(canopy.liquid, room, caught, spilt, fraction * rain, dt)
        ice, snow_drip = _balance(canopy.ice, ice_room, caught_snow, unloaded, fraction * snowfall, dt)
        rain_direct, snow_direct = (1.0 - fraction) * rain, (1.0 - fraction) * snowfall
        canopy = dataclasses.replace(canopy, liquid=liquid, ice=ice)
        return canopy, Throughfall(
            rain=rain_direct + rain_drip,
            snowfall=snow_direct + snow_drip,
            rain_drip=rain_drip,
            snow_drip=snow_drip,
            rain_direct=rain_direct,
            snow_direct=snow_direct,
            wet_fraction=wet_fraction(canopy, room, ice_room, self.wet_exponent),
            liquid_capacity=room,
            ice_capacity=ice_room,
        )

    def update(
        self,
        canopy: Canopy,
        *,
        evaporation: Array,
        throughfall: Throughfall,
        heat_capacity: Array,
        dt: Array,
        frozen: Array | None = None,
    ) -> tuple[Canopy, Array, CanopyPhaseChange]:
        """Canopy after evaporation and phase change, its wet fraction, and what changed phase.

        Arguments as in `update_canopy`; throughfall is what `intercept` gave in this step.
        """
        canopy, change = update_canopy(
            canopy, evaporation=evaporation, heat_capacity=heat_capacity, dt=dt, frozen=frozen
        )
        wet = wet_fraction(canopy, throughfall.liquid_capacity, throughfall.ice_capacity, self.wet_exponent)
        return canopy, wet, change


@pytree
class Interception(LeafStore):
    """Noah-MP's interception.

    Of the rain on the canopy leaves catch at most the part that falls in A, the share of the area that gets rain, and
    (W_max - W) / dt (1 - e^(-P dt / W_max)); the rest drips. Snow alike, with a capacity of
    6.6 (0.27 + 46 / rho_snow) f (LAI + SAI), from which wind and warmth unload it. Where leaves are gone all falls.

    rain_area        1   A; 1 / 1.9 where a tenth of the rain is convective and falls on a tenth of the area
    wet_exponent     1   of water over capacity in the wet fraction
    overflow         1   0: water above the capacity of a shrinking canopy stays on it, as in Noah-MP; 1: it drips
    Source: Niu & Yang (2004); Hedstrom & Pomeroy (1998); Deardorff (1978) for the wet fraction
    """

    rain_area: Array = 1.0 / 1.9
    wet_exponent: Array = 2.0 / 3.0
    overflow: Array = 0.0

    def _capacities(self, vegetation: Vegetation, area: Array, snow_density: Array) -> tuple[Array, Array]:
        per_leaf = SNOW_CAPACITY * (SNOW_SHAPE + SNOW_DENSITY / snow_density)
        return vegetation.interception_capacity * area, per_leaf * area

    def _catch(self, water: Array, capacity: Array, rate: Array, cover: Array, index: Array, dt: Array) -> Array:
        leafy = capacity > 0.0
        filled = -jnp.expm1(-rate * dt / jnp.where(leafy, capacity, 1.0))
        most = jnp.maximum(capacity - water, 0.0) / dt * filled
        return jnp.where(leafy, jnp.minimum(cover * rate * self.rain_area, most), 0.0)

    def _overflow(self) -> Array:
        return self.overflow


@pytree
class ClmInterception(LeafStore):
    """CLM's interception: catch = alpha f P [1 - e^(-(LAI + SAI) / 2)]; what exceeds W_max = p f (LAI + SAI) drips.

    alpha          1        0.25 in CLM 3.5 and 4, 1 before
    storage        kg m-2   p, a m2 of leaf and stem
    wet_exponent   1        of water over capacity in the wet fraction
    CLM holds liquid water and ice in one store; here each has the capacity. Snow is unloaded as in `Interception`.
    Source: CLM 3.5 technical note (Oleson et al. 2004), section 7.1; Lawrence et al. (2007)
    """

    alpha: Array = 0.25
    storage: Array = 0.1
    wet_exponent: Array = 2.0 / 3.0

    def _capacities(self, vegetation: Vegetation, area: Array, snow_density: Array) -> tuple[Array, Array]:
        return self.storage * area, self.storage * area

    def _catch(self, water: Array, capacity: Array, rate: Array, cover: Array, index: Array, dt: Array) -> Array:
        return self.alpha * cover * rate * -jnp.expm1(-0.5 * index)

    def _overflow(self) -> Array:
        return 1.0


def wet_fraction(canopy: Canopy, liquid_capacity: Array, ice_capacity: Array, exponent: Array = 2.0 / 3.0) -> Array:
    """Wet fraction of the canopy, [column]: x^(2/3), x = W / W_max of liquid plus that of ice, at most 1.

    Noah-MP takes the one of the two that is more. Source: Deardorff (1978)
    """
    x = canopy.liquid / jnp.maximum(liquid_capacity, LEAST_CAPACITY)
    x = jnp.minimum(x + canopy.ice / jnp.maximum(ice_capacity, LEAST_CAPACITY), 1.0)
    base = jnp.maximum(x, SPARSE)
    return x / base * jnp.exp(exponent * jnp.log(base))


def update_canopy(
    canopy: Canopy, *, evaporation: Array, heat_capacity: Array, dt: Array, frozen: Array | None = None
) -> tuple[Canopy, CanopyPhaseChange]:
    """Take evaporation from the canopy, add dew, then melt or freeze what the leaves' heat allows.

    melt = C (T - T_0) / L_f within what is there, and the leaf temperature changes by exactly -L_f melt / C, so that
    C dT + L_f d(liquid) closes. Noah-MP melts another mass than the heat that it takes, which loses energy.

    evaporation     [column] kg m-2 s-1    net, negative for dew and frost
    heat_capacity   [column] J m-2 K-1     of the leaves of a m2 of the cell
    frozen          [column] bool          whether sublimation was paid for, not evaporation; else by leaf temperature
    dt              s
    Water that the paid phase lacks comes from the other, and the leaves' heat pays L_f for the difference.
    """
    frozen = canopy.temperature <= FREEZING_POINT if frozen is None else frozen
    capacity = jnp.maximum(heat_capacity, LEAST_HEAT)
    asked, dew = jnp.maximum(evaporation, 0.0) * dt, jnp.maximum(-evaporation, 0.0) * dt
    paid, other = jnp.where(frozen, canopy.ice, canopy.liquid), jnp.where(frozen, canopy.liquid, canopy.ice)
    from_paid = jnp.minimum(asked, paid)
    from_other = jnp.where(heat_capacity > LEAST_HEAT, jnp.minimum(asked - from_paid, other), 0.0)
    paid, other = paid - from_paid + dew, other - from_other
    ice, liquid = jnp.where(frozen, paid, other), jnp.where(frozen, other, paid)
    heat = LATENT_HEAT_FUSION * jnp.where(frozen, -from_other, from_other)
    temperature = canopy.temperature - heat / capacity
    possible = capacity / LATENT_HEAT_FUSION * (temperature - FREEZING_POINT)
    melt = jnp.where(heat_capacity > LEAST_HEAT, jnp.clip(possible, -liquid, ice), 0.0)
    changed = dataclasses.replace(
        canopy,
        temperature=temperature - LATENT_HEAT_FUSION * melt / capacity,
        liquid=liquid + melt,
        ice=ice - melt,
    )
    return changed, CanopyPhaseChange(melt=melt / dt, unmet=(asked - from_paid - from_other) / dt, heat=heat / dt)


def _balance(water: Array, capacity: Array, caught: Array, shed: Array, falls: Array, dt: Array) -> tuple[Array, Array]:
    """Water on the leaves after the step, kg m-2, and what drips, kg m-2 s-1; all of it where leaves are gone."""
    leafy = capacity > 0.0
    kept = jnp.where(leafy, water + (caught - shed) * dt, 0.0)
    return kept, falls - jnp.where(leafy, caught - shed, -water / dt)
