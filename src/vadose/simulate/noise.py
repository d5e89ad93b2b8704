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
def _normals(keys: Any) -> Any:
    out = np.empty(keys.size)
    for i in range(keys.size):
        out[i] = normal(keys[i], np.uint64(0))
    return out


@njit(cache=True, nogil=True)
def _autoregressive(keys: Any, first: int, count: int, block: int, weight: Any, spread: Any) -> Any:
    """weight, spread [level] of a point half way between two that are 2 h = block / 2^level steps apart."""
    out = np.empty((count, keys.size))
    x = np.empty(block + 1)
    for i in range(keys.size):
        begin = (first // block) * block
        while begin < first + count:
            low, high = max(first, begin) - begin, min(first + count, begin + block) - 1 - begin
            x[0] = normal(keys[i], np.uint64(begin))
            x[block] = normal(keys[i], np.uint64(begin + block))
            h, level = block // 2, 0
            while h > 0:
                for a in range(low // (2 * h) * (2 * h), high + 1, 2 * h):
                    e = normal(keys[i], np.uint64(begin + a + h))
                    x[a + h] = weight[level] * (x[a] + x[a + 2 * h]) + spread[level] * e
                h, level = h // 2, level + 1
            for t in range(low, high + 1):
                out[begin + t - first, i] = x[t]
            begin += block
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


def normals(keys: np.ndarray) -> np.ndarray:
    """[cell] one normal number of each stream."""
    found: np.ndarray = _normals(keys)
    return found


def autoregressive(keys: np.ndarray, first: int, count: int, memory: float) -> np.ndarray:
    """[step, cell] stationary normal numbers of variance 1 whose correlation falls by 1/e in `memory` steps.

    Gauss-Markov, as x_t = rho x_(t-1) + sqrt(1 - rho^2) e_t, but any stretch of steps can be had alone at little more
    than its own cost: the ends of blocks of at least 14 `memory` steps are independent, and a point half way between
    two that are known, h steps from each, is

        x = r (x_a + x_b) / (1 + r^2) + sqrt((1 - r^2) / (1 + r^2)) e,   r = exp(-h / memory)

    so that halving a block down to single steps gives all of it, the number at a step being a function of the step.
    What the ends of a block ought to share is below 1e-6. One number for all steps where `memory` is infinite.
    """
    if math.isinf(memory):
        return np.repeat(normals(keys)[None], count, axis=0)
    levels = max(1, math.ceil(math.log2(14.0 * memory)))
    r = np.exp(-(2.0 ** np.arange(levels - 1, -1, -1)) / memory)
    weight, spread = r / (1.0 + r * r), np.sqrt((1.0 - r * r) / (1.0 + r * r))
    found: np.ndarray = _autoregressive(keys, int(first), int(count), 2**levels, weight, spread)
    return found
