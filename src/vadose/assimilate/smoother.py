"""The ensemble smoother with multiple data assimilation: parameters of any forward model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from vadose.assimilate.keyed import Key
from vadose.assimilate.options import Settings
from vadose.assimilate.result import Analysis
from vadose.assimilate.stochastic import enkf
from vadose.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Smoothed:
    """What ES-MDA gives back.

    ensemble   of the parameters after the last step, as they were given
    steps      the analysis of each step; the innovations of the first are those of the prior
    """

    ensemble: Any
    steps: tuple[Analysis, ...]


def esmda(
    forward: Callable[[Any], Any],
    ensemble: Any,
    observed: Any,
    error: Any,
    *,
    key: Key,
    steps: int | Sequence[float] = 4,
    centred: bool = True,
    **settings: Unpack[Settings],
) -> Smoothed:
    """Ensemble smoother with multiple data assimilation: the same observations several times, with inflated errors.

    Step i is an EnKF analysis with R times a_i, sum_i 1 / a_i = 1, and new perturbations; the forward model runs
    before each. For a linear model and Gaussian errors it equals one analysis.

    forward    the forward model: f(ensemble) -> [member, observation]
    ensemble   [member, ...] parameters, or fields by name
    observed, error, settings   as in `enkf`
    key        whole numbers that name this smoothing
    steps      number of steps with equal a_i, or the a_i

    Returns Smoothed. Raises ConfigError where the a_i do not add up, and what `enkf` raises.
    Source: Emerick & Reynolds (2013)
    """
    if not callable(forward):
        raise ConfigError(f"forward must be a function of the ensemble, got {type(forward).__name__}")
    alphas = _alphas(steps)
    spread = np.asarray(error, float)
    names = list(key) if isinstance(key, Sequence) else [key]
    done: list[Analysis] = []
    for i, alpha in enumerate(alphas):
        larger = spread * (alpha if spread.ndim == 2 else np.sqrt(alpha))
        done.append(enkf(ensemble, observed, forward, larger, key=[*names, i], centred=centred, **settings))
        ensemble = done[-1].ensemble
    return Smoothed(ensemble, tuple(done))


def _alphas(steps: int | Sequence[float]) -> list[float]:
    if isinstance(steps, int):
        if steps < 1:
            raise ConfigError(f"steps must be at least 1, got {steps}")
        return [float(steps)] * steps
    alphas = [float(a) for a in steps]
    total = sum(1.0 / a for a in alphas) if all(a > 0.0 for a in alphas) else float("nan")
    if not abs(total - 1.0) <= 1e-9:
        raise ConfigError(f"the inflations of the steps must be > 0 and their inverses add up to 1, got {total:g}")
    return alphas
