"""SplitMix64, the generator behind every seeded number here: Steele, Lea & Flood (2014), Fig. 13 and 14."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# The step, and the multipliers of the output function.
GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@njit(cache=True, nogil=True)
def mix(z: Any) -> Any:
    """Output function of SplitMix64, a bijection of 64 bits."""
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)
