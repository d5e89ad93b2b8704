"""Leaf photosynthesis of Collatz et al. (1991, 1992), for C3 and C4 plants and for any number of leaf classes at once.

Gross assimilation is the least of three rates, with A in umol m-2 s-1 and partial pressures in Pa:

           C3                                      C4
light      J (c_i - c_p) / (c_i + 2 c_p)           J
Rubisco    V (c_i - c_p) / [c_i + K_c (1 + O/K_o)] V
export     0.5 V                                   4000 V c_i / p

c_i, c_p pressure of CO2 in the leaf and at compensation; J = 4.6 epsilon PAR; V the rate of carboxylation at the
leaf's temperature, times nitrogen and soil water stress.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import FREEZING_POINT, GAS_CONSTANT
from vadose.land.parameters import LeafPhysiology

PHOTONS = 4.6  # umol J-1, photons in photosynthetically active radiation; Bonan (1996)
SPECIFICITY = 0.21  # ratio of the oxygenation to the carboxylation rate of Rubisco; Collatz et al. (1991)
C4_EXPORT = 4000.0  # rate of C4 photosynthesis over Vmax and mole fraction of CO2; Collatz et al. (1992)
START_C3, START_C4 = 0.7, 0.4  # first guess of c_i over the pressure of CO2 in the air; Bonan (1996)
DEACTIVATION_HEAT = 2.2e5  # J mol-1, of the carboxylation; Bonan (1996)
DEACTIVATION_ENTROPY = 710.0  # J mol-1 K-1


class Leaf(NamedTuple):
    """What photosynthesis needs of leaves and air, all [1 or leaf, column].

    c3                    1               1 for C3, 0 for C4
    light                 umol m-2 s-1    electron transport J, [leaf, column]
    carboxylation         umol m-2 s-1    V
    compensation          Pa              c_p
    michaelis             Pa              K_c (1 + O / K_o)
    co2, pressure         Pa              of the air
    """

    c3: Array
    light: Array
    carboxylation: Array
    compensation: Array
    michaelis: Array
    co2: Array
    pressure: Array


def leaf_of(
    physiology: LeafPhysiology,
    par: Array,
    temperature: Array,
    stress: Array,
    *,
    co2: Array,
    o2: Array,
    pressure: Array,
) -> Leaf:
    """Rates of leaves at their temperature: Q10 responses, and the loss of activity in heat for the carboxylation.

    V = V_25 Q10^((T - 25) / 10) / [1 + exp((-2.2e5 + 710 T_K) / (R T_K))] nitrogen stress

    par               [leaf, column] W m-2    absorbed by a m2 of leaf
    temperature       [column] K              of the leaves
    stress            [column] 1              0 where there is no photosynthesis
    co2, o2, pressure [column] Pa
    Source: Collatz et al. (1991); Bonan (1996), LSM technical note
    """
    decades = 0.1 * (temperature - FREEZING_POINT - 25.0)
    kc = physiology.kc25 * jnp.exp(jnp.log(physiology.kc_q10) * decades)
    ko = physiology.ko25 * jnp.exp(jnp.log(physiology.ko_q10) * decades)
    heat = jnp.exp((DEACTIVATION_ENTROPY - DEACTIVATION_HEAT / temperature) / GAS_CONSTANT)
    rise = jnp.exp(jnp.log(physiology.vcmax_q10) * decades)
    V = physiology.vcmax25 * rise / (1.0 + heat) * physiology.nitrogen * stress
    oxygen = o2 / ko
    return Leaf(
        c3=physiology.c3[None],
        light=PHOTONS * jnp.maximum(par, 0.0) * physiology.quantum_efficiency[None],
        carboxylation=V[None],
        compensation=(0.5 * SPECIFICITY * kc * oxygen)[None],
        michaelis=(kc * (1.0 + oxygen))[None],
        co2=(co2 + 0.0 * temperature)[None],
        pressure=(pressure + 0.0 * temperature)[None],
    )


def first_guess(leaf: Leaf) -> Array:
    """Pressure of CO2 inside the leaf to begin with, [1, column] Pa: 0.7 (C3) or 0.4 (C4) of the air's."""
    return leaf.co2 * (START_C4 + (START_C3 - START_C4) * leaf.c3)


def assimilation(leaf: Leaf, ci: Array) -> Array:
    """Photosynthesis at pressure `ci` of CO2 in the leaf, [leaf, column] umol m-2 s-1: the least of the three rates.

    ci   [1 or leaf, column] Pa
    Source: Collatz et al. (1991, 1992)
    """
    c3, c4, V = leaf.c3, 1.0 - leaf.c3, leaf.carboxylation
    gain = c3 * jnp.maximum(ci - leaf.compensation, 0.0)
    by_light = leaf.light * (gain / (ci + 2.0 * leaf.compensation) + c4)
    by_rubisco = V * (gain / (ci + leaf.michaelis) + c4)
    by_export = V * (0.5 * c3 + (C4_EXPORT * c4) * ci / leaf.pressure)
    return jnp.minimum(by_light, jnp.minimum(by_rubisco, by_export))
