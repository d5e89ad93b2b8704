"""SplitMix64, the generator behind every seeded number here: Steele, Lea & Flood (2014), Fig. 13 and 14."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

# The step, and the multipliers of the output function.
GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
TO_UNIT, TWO = 2.0**-53, np.uint64(2)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@njit(cache=True, nogil=True)
def mix(z: Any) -> Any:
    """Output function of SplitMix64, a bijection of 64 bits."""
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)


@njit(cache=True, nogil=True)
def uniform(key: Any, count: Any) -> float:
    """The number `count` of the stream `key`, within 0 to 1 without its ends."""
    return (float(mix(key + GAMMA * (count + np.uint64(1))) >> S11) + 0.5) * TO_UNIT


@njit(cache=True, nogil=True)
def normal(key: Any, count: Any) -> float:
    """The normal number `count` of the stream `key`; Box & Muller (1958)."""
    u, v = uniform(key, TWO * count), uniform(key, TWO * count + np.uint64(1))
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)
