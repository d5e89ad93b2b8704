"""Lower boundaries of heat: what leaves through the bottom of the deepest soil layer."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, as_float, pytree, traced
from vadose.errors import RangeError


@pytree
class Exchange:
    """Heat that leaves downward is flux + conductance (T - temperature), with T of the deepest layer; all [column].

    conductance   W m-2 K-1
    temperature   K
    flux          W m-2
    """

    conductance: Array
    temperature: Array
    flux: Array

    def heat(self, temperature: Array) -> Array:
        """W m-2 downward, at the temperature of the deepest layer, K, [column]."""
        return self.flux + self.conductance * (temperature - self.temperature)


@pytree
class ZeroHeatFlux:
    """No heat passes the bottom."""

    def exchange(self, thickness: Array, conductivity: Array, deep_temperature: Array) -> Exchange:
        """The exchange of soil layers; thickness [layer, column] m, conductivity [layer, column] W m-1 K-1."""
        zero = jnp.zeros_like(thickness[-1] * conductivity[-1])
        return Exchange(zero, zero, zero)


@pytree
class FixedHeatFlux:
    """A known flux passes the bottom, W m-2, positive downward: -0.065 is the mean geothermal flux of continents.

    Source of the number: Pollack et al. (1993)
    """

    flux: Array = -0.065

    def exchange(self, thickness: Array, conductivity: Array, deep_temperature: Array) -> Exchange:
        """The exchange of soil layers; thickness [layer, column] m, conductivity [layer, column] W m-1 K-1."""
        zero = jnp.zeros_like(thickness[-1] * conductivity[-1])
        return Exchange(zero, zero, zero + self.flux)


@pytree
class DeepTemperature:
    """A temperature that does not change stands at `depth`, m below the surface, 8 m in Noah and Noah-MP.

    Between the middle of the deepest layer and there the soil conducts as that layer does. Where the column reaches
    deeper than that, the temperature stands at its bottom.
    """

    depth: Array = 8.0

    def __post_init__(self) -> None:
        if not traced(self.depth) and not (as_float(self.depth) > 0.0).all():
            raise RangeError(f"depth must be > 0 m, got {self.depth}; depths are positive downward")

    def exchange(self, thickness: Array, conductivity: Array, deep_temperature: Array) -> Exchange:
        """The exchange of soil layers; deep_temperature [column] K, the others [layer, column] m and W m-1 K-1."""
        half = 0.5 * thickness[-1]
        distance = self.depth - (jnp.sum(thickness, axis=0) - half)
        conductance = conductivity[-1] / jnp.where(distance > half, distance, half)
        return Exchange(conductance, deep_temperature + 0.0 * conductance, jnp.zeros_like(conductance))
