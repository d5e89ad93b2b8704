"""The ensemble transform Kalman filter, whole and local."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from vadose.assimilate.apply import apply
from vadose.assimilate.localization import Localization
from vadose.assimilate.options import Options, Settings
from vadose.assimilate.problem import prepare
from vadose.assimilate.result import Analysis
from vadose.assimilate.square_root import transform_scheme
from vadose.assimilate.stochastic import required


def etkf(ensemble: Any, observed: Any, simulated: Any, error: Any, **settings: Unpack[Settings]) -> Analysis:
    """Ensemble transform Kalman filter with the symmetric square root; local where a localization is given.

    P = [(N - 1) I + S^T R^-1 S]^-1,   x^a_n = mean + X' (P S^T R^-1 d + [(N - 1) P]^(1/2) e_n)

    with the anomalies X' of the state, S of the simulated observations and the innovation d of the mean. Locally
    R^-1 is rho o R^-1 with the taper rho at the distance from the place (R-localization), and errors must be
    independent.

    Arguments, result and errors are those of `enkf`, without perturbations.
    Source: Bishop et al. (2001); Hunt et al. (2007) section 2.3
    """
    p = prepare(ensemble, observed, simulated, error, Options(**settings))
    return apply(p, transform_scheme(p, np.eye))


def letkf(
    ensemble: Any, observed: Any, simulated: Any, error: Any, *, localization: Localization, **settings: Any
) -> Analysis:
    """Local ensemble transform Kalman filter: `etkf` that refuses to run without localization.

    Raises ConfigError where localization is None.
    Source: Hunt et al. (2007)
    """
    return etkf(ensemble, observed, simulated, error, localization=required(localization, "etkf"), **settings)
