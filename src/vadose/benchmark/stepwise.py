"""Means over models in steps: members -> model -> parent -> ensemble, for all models and for groups of them.

A centre that sends three variants of one model must not count three times.
Source: Qiao et al. (2022) section 2a and Table 2
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np

MMEM, HIGH, LOW = "MMEM", "MMEM-high", "MMEM-low"
HIGH_LATITUDES = 160  # rows of latitude that a model of the high-resolution group has at least; 001 Table 2


def parents_of(models: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Names of the models of each parent, in the order of the study; a model without a parent is its own."""
    found: dict[str, list[str]] = {}
    for model in models:
        found.setdefault(model.get("parent") or model["name"], []).append(model["name"])
    return found


def resolution_groups(models: Sequence[Mapping[str, Any]], high: Sequence[str] = ()) -> dict[str, list[str]]:
    """Models of the high- and the low-resolution group.

    models  with name and resolution [degrees of latitude, of longitude] or None: such a model is in neither
    high    names of the high group, if it is not to follow from the resolution; all others are low then
    High are models with 160 latitudes or more, finer than about 1.13 degrees (Qiao et al. 2022 Table 2).
    """
    groups: dict[str, list[str]] = {HIGH: [], LOW: []}
    for model in models:
        if high:
            groups[HIGH if model["name"] in high else LOW].append(model["name"])
        elif model.get("resolution"):
            latitudes = round(180.0 / float(model["resolution"][0]))
            groups[HIGH if latitudes >= HIGH_LATITUDES else LOW].append(model["name"])
    return groups


class StepwiseMean:
    """A running mean over parents of the mean over their models; where a model has no value the others go on.

    shape : of the fields. Sums are float64, so that their order does not show.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._total = np.zeros(shape)
        self._count = np.zeros(shape, np.uint8)
        self._parent_total: np.ndarray | None = None
        self._parent_count: np.ndarray | None = None
        self._open = False

    def add(self, field: np.ndarray, alone: bool = False) -> None:
        """Add a model to the open parent; `alone` says that it is the parent's only model, which costs less."""
        if alone:
            _add(self._total.ravel(), self._count.ravel(), field.ravel())
            return
        if self._parent_total is None or self._parent_count is None:
            self._parent_total = np.zeros_like(self._total)
            self._parent_count = np.zeros_like(self._count)
        _add(self._parent_total.ravel(), self._parent_count.ravel(), field.ravel())
        self._open = True

    def close_parent(self) -> None:
        """The open parent's mean counts as one, and a new parent begins."""
        if self._open and self._parent_total is not None and self._parent_count is not None:
            parts = (self._total, self._count, self._parent_total, self._parent_count)
            _merge(*(p.ravel() for p in parts))
        self._open = False

    def mean(self) -> np.ndarray:
        """The mean over the closed parents, float32, NaN where none has a value."""
        out = np.empty(self._total.shape, np.float32)
        _divide(self._total.ravel(), self._count.ravel(), out.ravel())
        return out


@numba.njit(cache=True)
def _add(total: np.ndarray, count: np.ndarray, field: np.ndarray) -> None:
    for i in range(field.size):
        if field[i] == field[i]:
            total[i] += field[i]
            count[i] += 1


@numba.njit(cache=True)
def _merge(total: np.ndarray, count: np.ndarray, parent_total: np.ndarray, parent_count: np.ndarray) -> None:
    for i in range(total.size):
        if parent_count[i] > 0:
            total[i] += parent_total[i] / parent_count[i]
            count[i] += 1
            parent_total[i] = 0.0
            parent_count[i] = 0


@numba.njit(cache=True)
def _divide(total: np.ndarray, count: np.ndarray, out: np.ndarray) -> None:
    for i in range(total.size):
        out[i] = total[i] / count[i] if count[i] > 0 else np.nan
