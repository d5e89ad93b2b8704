"""Stomatal resistance of sunlit and shaded leaves: Ball-Berry and Medlyn with photosynthesis, and Jarvis.

Leaf classes lie on the leading axis of 2, sunlit first. All schemes have the same method `resistance`. In the dark,
without soil water and below the vegetation's least temperature, photosynthesis is 0 and the conductance is its minimum.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import GAS_CONSTANT
from vadose.land.air import Air
from vadose.land.parameters import Vegetation
from vadose.land.stomata_jarvis import Jarvis
from vadose.land.stomata_photosynthesis import Leaf, assimilation, first_guess, leaf_of

__all__ = ["BallBerry", "Jarvis", "Medlyn"]

BOUNDARY_RATIO = 1.37  # resistance of the leaf's boundary layer to CO2 over that to vapour, 1.6^(2/3)
STOMATA_RATIO = 1.6  # resistance of stomata to CO2 over that to vapour; Medlyn et al. (2011)
BALL_BERRY_RATIO = 1.65  # the same as LSM and CLM have it with Ball-Berry; Bonan (1996)
LEAST_CO2 = 1e-6  # Pa, at the leaf's surface
HUMID_C3, HUMID_C4 = 0.25, 0.40  # least relative humidity that Ball-Berry is given; Bonan (1996)
LEAST_DEFICIT = 50.0  # Pa, least vapour pressure deficit that Medlyn's equation is given; CLM5 technical note, 9.3


@pytree
class BallBerry:
    """Ball-Berry conductance g = m A p e_s / (c_s e_sat) + g_0 with Collatz photosynthesis.

    c_s and e_s are at the leaf's surface, behind its boundary layer; the equation for the resistance is quadratic and
    its positive root is taken in the form that adds terms of one sign. c_i follows by fixed-point iteration.

    iterations   of c_i. Noah-MP and CLM stop after 3: the resistance is then within 0.6 % of the converged one in 95 %
                 of all weather, within 5 % (C3) and 15 % (C4) in the worst; each further one gains a factor of 3 to 8.
    Source: Ball et al. (1987); Collatz et al. (1991); Bonan (1996), LSM technical note
    """

    iterations: int = static(3)

    def resistance(
        self,
        vegetation: Vegetation,
        *,
        par: Array,
        leaf_temperature: Array,
        vapour_pressure: Array,
        saturation: Array,
        boundary_resistance: Array,
        air: Air,
        co2_pressure: Array,
        o2_pressure: Array,
        stress: Array,
        growing: Array,
    ) -> tuple[Array, Array]:
        """Resistance, s m-1, and photosynthesis, umol m-2 s-1, of a m2 of leaf, both [2, column].

        par                            [2, column] W m-2   absorbed by a m2 of sunlit and of shaded leaves
        leaf_temperature               [column] K
        vapour_pressure, saturation    [column] Pa         of the canopy air, and saturated at the leaf's temperature
        boundary_resistance            [column] s m-1      of the leaf
        co2_pressure, o2_pressure      [column] Pa
        stress                         [column] 1          1 where soil water does not limit
        growing                        [column] 1          True or 1 where it is warm enough
        """
        plant = vegetation.photosynthesis
        leaf = leaf_of(
            plant, par, leaf_temperature, stress * growing, co2=co2_pressure, o2=o2_pressure, pressure=air.pressure
        )
        moles, boundary = _molar(air, boundary_resistance)
        least = HUMID_C4 + (HUMID_C3 - HUMID_C4) * plant.c3
        humidity = jnp.clip(vapour_pressure / saturation, least, 1.0)[None]
        slope, minimum = plant.slope[None], plant.minimum_conductance[None]
        ci = first_guess(leaf)
        for _ in range(self.iterations):
            A = assimilation(leaf, ci)
            cs = _surface_co2(leaf, boundary, A)
            r = ball_berry(slope * A * leaf.pressure / cs, minimum, humidity, boundary)
            ci = jnp.maximum(cs - BALL_BERRY_RATIO * A * leaf.pressure * r, 0.0)
        return r * moles, A


@pytree
class Medlyn:
    """Optimal conductance g = g_0 + 1.6 (1 + g_1 / sqrt(D_s)) A p / c_s with Collatz photosynthesis.

    D_s, kPa, is the vapour pressure deficit at the leaf's surface; its dependence on g makes the equation quadratic.

    iterations   of c_i; after 3 the resistance is within 0.02 % of the converged one in 95 % of all weather, within
                 0.6 % (C3) and 20 % (C4 in shortage of CO2) in the worst
    Source: Medlyn et al. (2011) eq. 11; CLM5 technical note (Lawrence et al. 2019) section 9.3
    """

    iterations: int = static(3)

    def resistance(
        self,
        vegetation: Vegetation,
        *,
        par: Array,
        leaf_temperature: Array,
        vapour_pressure: Array,
        saturation: Array,
        boundary_resistance: Array,
        air: Air,
        co2_pressure: Array,
        o2_pressure: Array,
        stress: Array,
        growing: Array,
    ) -> tuple[Array, Array]:
        """Resistance, s m-1, and photosynthesis, umol m-2 s-1, of a m2 of leaf, both [2, column].

        Arguments as in `BallBerry.resistance`.
        """
        plant = vegetation.photosynthesis
        leaf = leaf_of(
            plant, par, leaf_temperature, stress * growing, co2=co2_pressure, o2=o2_pressure, pressure=air.pressure
        )
        moles, boundary = _molar(air, boundary_resistance)
        deficit = 1e-3 * jnp.maximum(saturation - vapour_pressure, LEAST_DEFICIT)
        sensitivity = (plant.medlyn_slope / jnp.sqrt(deficit))[None]
        minimum = plant.medlyn_minimum[None]
        ci = first_guess(leaf)
        for _ in range(self.iterations):
            A = assimilation(leaf, ci)
            cs = _surface_co2(leaf, boundary, A)
            g = medlyn(STOMATA_RATIO * A * leaf.pressure / cs, minimum, sensitivity, boundary)
            ci = jnp.maximum(cs - STOMATA_RATIO * A * leaf.pressure / g, 0.0)
        return moles / g, A


def ball_berry(gain: Array, minimum: Array, humidity: Array, boundary: Array) -> Array:
    """Resistance r of 1/r = gain h_s + minimum, s m2 umol-1, where h_s is the relative humidity at the leaf's surface.

    h_s = (h r + boundary) / (r + boundary) gives (gain h + minimum) r^2 + [(gain + minimum) boundary - 1] r = boundary

    gain       umol m-2 s-1     m A p / c_s
    minimum    umol m-2 s-1     g_0
    humidity   1                h, vapour pressure of the canopy air over saturation at the leaf
    boundary   s m2 umol-1      resistance of the boundary layer
    Source: Collatz et al. (1991), appendix; Bonan (1996), LSM technical note
    """
    a = gain * humidity + minimum
    b = (gain + minimum) * boundary - 1.0
    s = jnp.abs(b) + jnp.sqrt(b * b + 4.0 * a * boundary)
    return jnp.where(b < 0.0, s / (2.0 * a), 2.0 * boundary / s)


def medlyn(gain: Array, minimum: Array, sensitivity: Array, boundary: Array) -> Array:
    """Conductance g = minimum + gain (1 + g_1 / sqrt(D_s)), umol m-2 s-1.

    D_s = D / (1 + boundary g) makes x = g - minimum - gain the positive root of x^2 = k^2 [1 + boundary (g_0' + x)],
    k = gain g_1 / sqrt(D), g_0' = minimum + gain; written so that its slope is finite at gain = 0.

    gain          umol m-2 s-1   1.6 A p / c_s
    minimum       umol m-2 s-1   g_0
    sensitivity   1              g_1 / sqrt(D) with D of the canopy air against the leaf
    boundary      s m2 umol-1    resistance of the boundary layer
    Source: Medlyn et al. (2011) eq. 11
    """
    k = gain * sensitivity
    half = 0.5 * k * boundary
    return minimum + gain + k * (half + jnp.sqrt(half * half + 1.0 + boundary * (minimum + gain)))


def _molar(air: Air, boundary_resistance: Array) -> tuple[Array, Array]:
    """umol m-3 of air, which turns s m2 umol-1 into s m-1, and the boundary layer's resistance in s m2 umol-1."""
    moles = 1e6 * air.pressure / (GAS_CONSTANT * air.temperature)
    return moles[None], (boundary_resistance / moles)[None]


def _surface_co2(leaf: Leaf, boundary: Array, A: Array) -> Array:
    """Pressure of CO2 at the leaf's surface, Pa."""
    return jnp.maximum(leaf.co2 - BOUNDARY_RATIO * boundary * leaf.pressure * A, LEAST_CO2)
