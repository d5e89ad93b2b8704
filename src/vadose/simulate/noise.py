"""Random numbers that are a function of where they are used: seed, member, quantity, cell and step, in any order.

SplitMix64 (Steele, Lea & Flood 2014) as a hash: no state is kept, so that tiles, chunks and restarts change nothing.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numba import njit

from vadose.numerics.splitmix import GAMMA, mix, normal, uniform


@njit(cache=True, nogil=True)
def _keys(root: Any, index: Any) -> Any:
    out = np.empty(index.size, np.uint64)
    for i in range(index.size):
        out[i] = mix(root + GAMMA * (np.uint64(index[i]) + np.uint64(1)))
    return out


@njit(cache=True, nogil=True)
def _uniforms(keys: Any) -> Any:
    out = np.empty(keys.size)
    for i in range(keys.size):
        out[i] = uniform(keys[i], np.uint64(0))
    return out


@njit(cache=True, nogil=True)
def _autoregressive(keys: Any, first: int, count: int, rho: float, block: int) -> Any:
    spread = math.sqrt(1.0 - rho * rho)
    out = np.empty((count, keys.size))
    for i in range(keys.size):
        step = first
        while step < first + count:
            begin = (step // block) * block
            x = normal(keys[i], np.uint64(begin - block))
            for t in range(begin - block + 1, min(begin + block, first + count)):
                x = rho * x + spread * normal(keys[i], np.uint64(t))
                if t >= step:
                    out[t - first, i] = x
            step = begin + block
    return out


def streams(seed: int, number: int, name: str, index: np.ndarray) -> np.ndarray:
    """[cell] uint64 keys of the streams of a quantity: seed, number of the member, name, index of the cell."""
    root = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
    for part in (number, zlib.crc32(name.encode())):
        with np.errstate(over="ignore"):
            root = np.uint64(mix(root + GAMMA * np.uint64(part + 1)))
    keys: np.ndarray = _keys(root, np.asarray(index, dtype=np.int64))
    return keys


def uniforms(keys: np.ndarray) -> np.ndarray:
    """[cell] one number of each stream, within 0 to 1 without its ends."""
    found: np.ndarray = _uniforms(keys)
    return found


def autoregressive(keys: np.ndarray, first: int, count: int, memory: float) -> np.ndarray:
    """[step, cell] stationary normal numbers of variance 1 whose correlation falls by 1/e in `memory` steps.

    x_t = rho x_(t-1) + sqrt(1 - rho^2) e_t. Any stretch of steps can be had alone: the recursion of each block of 14
    `memory` steps begins anew one block before it, and what it forgets of its beginning is below 1e-6.
    """
    block = max(2, math.ceil(14.0 * memory))
    found: np.ndarray = _autoregressive(keys, int(first), int(count), math.exp(-1.0 / memory), block)
    return found
