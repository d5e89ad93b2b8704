"""Block bootstrap: which blocks are drawn, and the interval that replicates give."""

from __future__ import annotations

from typing import Any

import numpy as np


def block_counts(size: int, block: int, replicates: int, seed: int) -> np.ndarray:
    """How often each of `size` items is drawn in each replicate of a circular block bootstrap.

    Blocks of `block` consecutive items (the first follows the last) start anywhere with equal chance; the last block
    is cut so that every replicate has `size` items.
    Returns [replicate, item]; the same for the same arguments, whoever asks.
    Source: Politis and Romano (1992)
    """
    block = min(block, size)
    blocks = -(-size // block)
    draw = np.random.default_rng(np.random.SeedSequence([seed, size, block]))
    starts = draw.integers(0, size, (replicates, blocks))
    items = ((starts[:, :, None] + np.arange(block)) % size).reshape(replicates, -1)[:, :size]
    counts = np.zeros((replicates, size))
    np.add.at(counts, (np.arange(replicates)[:, None], items), 1.0)
    return counts


def interval(replicates: Any, level: float = 0.95) -> tuple[float, float]:
    """Quantiles (1 - level)/2 and (1 + level)/2 of the finite replicates, NaN with fewer than 10."""
    x = np.asarray(replicates, float)
    x = x[np.isfinite(x)]
    if x.size < 10:
        return np.nan, np.nan
    low, high = np.quantile(x, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
