"""Conduction of heat in a column of layers, one implicit step on arrays [layer, column].

Layers that do not exist (empty snow layers above the others) have `present` False: they take no part. Fluxes are
positive downward. The flux into the uppermost layer that exists is given; the lower boundary is an `Exchange`.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.flow.heat_boundary import Exchange
from vadose.numerics.tridiagonal import solve


@pytree
class HeatLayers:
    """What conducts and stores heat in a column, all [layer, column].

    temperature    K
    thickness      m
    capacity       J m-2 K-1   of the whole layer, any positive number where there is no layer
    conductivity   W m-1 K-1
    present        bool        there is a layer; layers that exist are contiguous and reach the bottom
    """

    temperature: Array
    thickness: Array
    capacity: Array
    conductivity: Array
    present: Array

    @property
    def top(self) -> Array:
        """1 in the uppermost layer that exists, 0 in the others, [layer, column]."""
        above = jnp.concatenate([jnp.zeros_like(self.present[:1]), self.present[:-1]])
        return jnp.where(self.present & ~above, 1.0, 0.0)


@pytree
class UpperLayer:
    """The conductivity of the upper layer of a pair stands for both, as Noah and Noah-MP take it."""

    def conductance(self, layers: HeatLayers) -> Array:
        """Conductance between the middles of neighbouring layers, W m-2 K-1, [layer - 1, column]."""
        distance = layers.thickness[:-1] + layers.thickness[1:]
        pair = layers.present[:-1]
        return jnp.where(pair, 2.0 * layers.conductivity[:-1] / jnp.where(pair, distance, 1.0), 0.0)


@pytree
class Series:
    """Both halves of a pair in series: exact for steady conduction through layers that differ."""

    def conductance(self, layers: HeatLayers) -> Array:
        """Conductance between the middles of neighbouring layers, W m-2 K-1, [layer - 1, column]."""
        half = half_resistance(layers)
        pair = layers.present[:-1]
        return jnp.where(pair, 1.0 / jnp.where(pair, half[:-1] + half[1:], 1.0), 0.0)


def half_resistance(layers: HeatLayers) -> Array:
    """Thermal resistance of half a layer, dz / (2 lambda), m2 K W-1, [layer, column]; 0 where there is no layer."""
    return 0.5 * layers.thickness / layers.conductivity


def surface_conductance(layers: HeatLayers) -> Array:
    """Conductance from the surface to the middle of the uppermost layer that exists, W m-2 K-1, [column]."""
    half = jnp.where(layers.present, half_resistance(layers), 1.0)
    return jnp.sum(layers.top / half, axis=0)


def divergence(conductance: Array, temperature: Array, top: Array, ground_heat: Array, exchange: Exchange) -> Array:
    """Heat that conduction brings each layer, W m-2, [layer, column]: flux from above minus flux below.

    conductance   [layer - 1, column] W m-2 K-1
    temperature   [layer, column] K
    top           [layer, column] 1   where `ground_heat`, [column] W m-2, enters
    """
    flux = conductance * (temperature[:-1] - temperature[1:])
    out = jnp.concatenate([flux, exchange.heat(temperature[-1])[None]])
    below = jnp.concatenate([jnp.zeros_like(flux[:1]), flux])
    return top * ground_heat + below - out


def matrix(conductance: Array, exchange: Exchange, dt: Array) -> tuple[Array, Array, Array]:
    """Lower, middle and upper diagonal of -dt d(divergence)/d(temperature), J m-2 K-1, each [layer, column]."""
    zero = jnp.zeros_like(conductance[:1])
    above = dt * jnp.concatenate([zero, conductance])
    below = dt * jnp.concatenate([conductance, zero])
    ends = jnp.concatenate([jnp.zeros_like(conductance), (dt * exchange.conductance + zero[0])[None]])
    return -above, above + below + ends, -below


def conduct(layers: HeatLayers, conductance: Array, ground_heat: Array, exchange: Exchange, dt: Array) -> Array:
    """Temperatures after one backward Euler step, K, [layer, column].

    capacity (T' - T) = dt [flux from above - flux below](T')

    conductance   [layer - 1, column] W m-2 K-1, from UpperLayer or Series
    ground_heat   [column] W m-2 into the uppermost layer
    dt            s
    The unknown is the change, so that heat closes to the rounding of the change and not of the temperature.
    """
    lower, middle, upper = matrix(conductance, exchange, dt)
    gain = dt * divergence(conductance, layers.temperature, layers.top, ground_heat, exchange)
    return layers.temperature + solve(lower, layers.capacity + middle, upper, gain)
