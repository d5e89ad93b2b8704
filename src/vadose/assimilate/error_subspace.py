"""The error-subspace transform Kalman filter, whole and local."""

from __future__ import annotations

from typing import Any, Unpack

from vadose.assimilate.apply import apply
from vadose.assimilate.keyed import orthogonal_to_mean
from vadose.assimilate.localization import Localization
from vadose.assimilate.options import Options, Settings
from vadose.assimilate.problem import prepare
from vadose.assimilate.result import Analysis
from vadose.assimilate.square_root import transform_scheme
from vadose.assimilate.stochastic import required


def estkf(ensemble: Any, observed: Any, simulated: Any, error: Any, **settings: Unpack[Settings]) -> Analysis:
    """Error-subspace transform Kalman filter; local where a localization is given.

    A = [(N - 1) I + (S B)^T R^-1 S B]^-1,   x^a_n = mean + X' B (A (S B)^T R^-1 d + [(N - 1) A]^(1/2) B^T e_n)

    B [member, N - 1] projects onto what is orthogonal to the mean, so that the problem has one dimension less than in
    the ETKF. With the same B on both sides the analysis is that of the ETKF to rounding, as it is in PDAF; where
    fewer observations than members are local, both solve the problem among the observations.

    Arguments, result and errors are those of `etkf`.
    Source: Nerger et al. (2012)
    """
    p = prepare(ensemble, observed, simulated, error, Options(**settings))
    return apply(p, transform_scheme(p, orthogonal_to_mean))


def lestkf(
    ensemble: Any, observed: Any, simulated: Any, error: Any, *, localization: Localization, **settings: Any
) -> Analysis:
    """Local error-subspace transform Kalman filter: `estkf` that refuses to run without localization.

    Raises ConfigError where localization is None.
    """
    return estkf(ensemble, observed, simulated, error, localization=required(localization, "estkf"), **settings)
