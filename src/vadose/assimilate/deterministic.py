"""The deterministic EnKF: half the gain for the anomalies in place of perturbed observations."""

from __future__ import annotations

from typing import Any, Unpack

from vadose.assimilate.apply import apply
from vadose.assimilate.gain import covariance_scheme
from vadose.assimilate.options import Options, Settings
from vadose.assimilate.problem import prepare
from vadose.assimilate.result import Analysis


def denkf(ensemble: Any, observed: Any, simulated: Any, error: Any, **settings: Unpack[Settings]) -> Analysis:
    """Deterministic ensemble Kalman filter, localized by a Schur product where asked.

    mean^a = mean + K (y - H mean),   x'^a = x' - K H x' / 2,   K as in `enkf`

    Its covariance C - K H C + K H C H^T K^T / 4 is the Kalman filter's but for the last term: it keeps more spread.

    Arguments, result and errors are those of `enkf`, without perturbations.
    Source: Sakov & Oke (2008)
    """
    p = prepare(ensemble, observed, simulated, error, Options(**settings))
    return apply(p, covariance_scheme(p, p.innovations[:, None] - 0.5 * p.s))
