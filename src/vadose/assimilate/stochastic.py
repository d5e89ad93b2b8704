"""The ensemble Kalman filter with perturbed observations, with and without localization."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from vadose.assimilate.apply import apply
from vadose.assimilate.gain import covariance_scheme
from vadose.assimilate.keyed import Key, normals
from vadose.assimilate.localization import Localization
from vadose.assimilate.options import Options, Settings
from vadose.assimilate.problem import Problem, prepare
from vadose.assimilate.result import Analysis
from vadose.errors import ConfigError, GridMismatch


def enkf(
    ensemble: Any,
    observed: Any,
    simulated: Any,
    error: Any,
    *,
    perturbations: Any = None,
    key: Key | None = None,
    centred: bool = True,
    **settings: Unpack[Settings],
) -> Analysis:
    """Ensemble Kalman filter with perturbed observations; localized by a Schur product where asked (LEnKF).

    x^a = x + K (y + eps - H x),   K = (rho_xy o C H^T) (rho_yy o H C H^T + R)^-1

    ensemble       [member, ...], or fields by name (states, parameters)
    observed       [observation] y; NaN is refused and counted
    simulated      [member, observation] H x, or a function of the ensemble that returns it
    error          standard deviation, a number or [observation], or a covariance R [observation, observation]
    perturbations  [member, observation] eps; drawn from `key` where None
    key            whole numbers, different at each analysis, such as (seed, cycle)
    centred        take the mean over the members from eps; PDAF keeps it
    settings       localization, inflation, rotation, damping, transforms, screening: see `Options`

    Returns Analysis. Raises DataError for input that allows no analysis, ConfigError for settings.
    Source: Evensen (1994), Burgers et al. (1998), Houtekamer & Mitchell (2001); Zhao et al. (2025) eqs. 15 to 20
    """
    p = prepare(ensemble, observed, simulated, error, Options(**settings))  # x and H x of the forecast, eqs. 13 and 14
    eps = observation_errors(p, perturbations, key, centred)
    residuals = p.innovations[:, None] + eps.T - p.s  # y + eps - H x of each member, eq. 15
    return apply(p, covariance_scheme(p, residuals))  # K from eqs. 16, 17 and 20, and x + K (...), eq. 15


def lenkf(
    ensemble: Any, observed: Any, simulated: Any, error: Any, *, localization: Localization, **settings: Any
) -> Analysis:
    """The EnKF that refuses to run without localization; otherwise `enkf`.

    Raises ConfigError where localization is None.
    """
    return enkf(ensemble, observed, simulated, error, localization=required(localization, "enkf"), **settings)


def required(localization: Localization | None, otherwise: str) -> Localization:
    """The localization; raises ConfigError where there is none, naming the filter that needs none."""
    if localization is None:
        raise ConfigError(f"a local filter needs a localization; the filter without one is `{otherwise}`")
    return localization


def observation_errors(p: Problem, perturbations: Any, key: Key | None, centred: bool) -> np.ndarray:
    """[member, observation] eps of the members that live and the observations that count.

    Raises ConfigError where neither or both of perturbations and key are given, GridMismatch for a wrong shape.
    """
    if (perturbations is None) == (key is None):
        raise ConfigError(
            "give either `perturbations`, or a `key` to draw them from that differs from one analysis to the next, "
            "such as key=(seed, cycle)"
        )
    if key is not None:
        eps = normals(key, "observation", np.flatnonzero(p.members), np.flatnonzero(p.used))
        eps = eps * np.sqrt(p.r) if p.r.ndim == 1 else eps @ _root(p.r)
    else:
        given = np.asarray(perturbations, float)
        if given.shape != (p.members.size, p.used.size):
            raise GridMismatch(
                f"perturbations must be [member, observation] = {(p.members.size, p.used.size)}, got {given.shape}"
            )
        eps = given[np.ix_(p.members, p.used)]
        if not np.all(np.isfinite(eps)):
            raise ConfigError("perturbations must be finite")
    return np.asarray(eps - eps.mean(axis=0) if centred else eps)


def _root(r: np.ndarray) -> np.ndarray:
    """The symmetric root of R: unlike Cholesky's it does not depend on the order of the observations."""
    values, vectors = np.linalg.eigh(r)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.T)
