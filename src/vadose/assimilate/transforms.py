"""Bounded quantities as free numbers, in which a filter adds its increments: bounds hold whatever the increment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from vadose.errors import ConfigError, RangeError


class Transform(Protocol):
    """From a field within its bounds to free numbers of the same shape, and back."""

    def free(self, values: np.ndarray) -> np.ndarray:
        """Free numbers of a field; raises RangeError where a value lies outside its bounds."""

    def bounded(self, free: np.ndarray) -> np.ndarray:
        """The field back from free numbers."""


@dataclass(frozen=True)
class Log:
    """z = ln x for x > 0, as for a hydraulic conductivity."""

    def free(self, values: np.ndarray) -> np.ndarray:
        """ln x. Raises RangeError where x <= 0."""
        x = np.asarray(values, float)
        _refuse(x <= 0.0, x, "> 0")
        return np.log(x)

    def bounded(self, free: np.ndarray) -> np.ndarray:
        """exp z"""
        return np.exp(free)


@dataclass(frozen=True)
class Logit:
    """z = ln (x - lower) / (upper - x), as for a water content between its residual and its porosity.

    lower, upper   numbers, or arrays that broadcast to the field
    edge           share of the width; closer to a bound than this counts as this close, as a bound itself is infinite
    """

    lower: Any
    upper: Any
    edge: float = 1e-9

    def __post_init__(self) -> None:
        if not np.all(np.isfinite(self.lower) & np.isfinite(self.upper) & (np.asarray(self.lower) < self.upper)):
            raise ConfigError("lower and upper of a Logit must be finite, and lower < upper")
        if not 0.0 < self.edge < 0.5:
            raise ConfigError(f"edge must be a share of the width, > 0 and < 0.5, got {self.edge!r}")

    def free(self, values: np.ndarray) -> np.ndarray:
        """ln (x - lower) / (upper - x). Raises RangeError outside the bounds."""
        x = np.asarray(values, float)
        low, high = np.asarray(self.lower, float), np.asarray(self.upper, float)
        _refuse((x < low) | (x > high), x, "within its lower and upper bound")
        # Each distance from its own bound: near the upper one, 1 - share would have lost its digits.
        margin = self.edge * (high - low)
        return np.log(np.maximum(x - low, margin) / np.maximum(high - x, margin))

    def bounded(self, free: np.ndarray) -> np.ndarray:
        """lower + (upper - lower) / (1 + exp(-z)), from the nearer bound"""
        z = np.asarray(free, float)
        low, high = np.asarray(self.lower, float), np.asarray(self.upper, float)
        small = np.exp(-np.abs(z))
        part = (high - low) * (small / (1.0 + small))
        return np.where(z < 0.0, low + part, high - part)


@dataclass(frozen=True)
class Texture:
    """Sand and clay, %, as additive log-ratios to silt: z = ln(sand / silt), ln(clay / silt).

    axis   of the two numbers sand and clay in the field: 1 in [member, 2, column], -1 in [member, y, x, 2]
    Parts below `edge` % count as that much. Any linear filter has the same analysis in the isometric log-ratios of
    `vadose.soil.simplex`, which are a linear map of these.
    Source: Aitchison (1982)
    """

    axis: int = 1
    edge: float = 1e-6

    def free(self, values: np.ndarray) -> np.ndarray:
        """Log-ratios. Raises RangeError where a part is negative or sand and clay exceed 100 %."""
        x = np.moveaxis(self._two(values), self.axis, 0)
        silt = 100.0 - x[0] - x[1]
        _refuse((x[0] < 0.0) | (x[1] < 0.0) | (silt < -1e-9), x[0], "a texture: sand, clay >= 0, together <= 100 %")
        logs = np.log(np.maximum(np.stack([x[0], x[1], silt]), self.edge))
        return np.moveaxis(logs[:2] - logs[2], 0, self.axis)

    def bounded(self, free: np.ndarray) -> np.ndarray:
        """Sand and clay, %"""
        z = np.moveaxis(self._two(free), self.axis, 0)
        highest = np.maximum(np.maximum(z[0], z[1]), 0.0)
        sand, clay, silt = np.exp(z[0] - highest), np.exp(z[1] - highest), np.exp(-highest)
        return np.moveaxis(100.0 * np.stack([sand, clay]) / (sand + clay + silt), 0, self.axis)

    def _two(self, values: np.ndarray) -> np.ndarray:
        x = np.asarray(values, float)
        if not -x.ndim <= self.axis < x.ndim or x.shape[self.axis] != 2:
            raise ConfigError(f"Texture needs sand and clay along axis {self.axis}, got the shape {x.shape}")
        return x


def _refuse(outside: np.ndarray, values: np.ndarray, wanted: str) -> None:
    if np.any(outside):
        found = np.asarray(values)[np.broadcast_to(outside, np.shape(values))]
        raise RangeError(
            f"{found.size} values must be {wanted}, got for example {found[0]:g}; check the prior or the bounds"
        )
