"""The serial ensemble square-root filter: observations one after the other."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from vadose.assimilate.apply import Local, Scheme, apply, rows_of
from vadose.assimilate.local_weights import serial_weights
from vadose.assimilate.localization import Lists
from vadose.assimilate.options import Options, Settings
from vadose.assimilate.problem import Problem, prepare
from vadose.assimilate.result import Analysis
from vadose.assimilate.square_root import independent


def ensrf(ensemble: Any, observed: Any, simulated: Any, error: Any, **settings: Unpack[Settings]) -> Analysis:
    """Ensemble square-root filter that takes observations one by one, in the order given; localized where asked.

    K = rho o C H^T / (H C H^T + R),  mean += K d,  x' -= K H x' / (1 + sqrt(R / (H C H^T + R)))

    For one observation this is the EAKF too. Later observations see what earlier ones did to the simulated values,
    which are updated with them; with localization the result therefore depends a little on the order.

    Arguments, result and errors are those of `etkf`.
    Source: Whitaker & Hamill (2002) eqs. 10 to 13; Anderson (2003)
    """
    p = prepare(ensemble, observed, simulated, error, Options(**settings))
    s, d, total, share = _one_by_one(p)

    def weights(lists: Lists) -> Local:
        w = serial_weights(lists.first, lists.which, lists.taper, s, d, total, share)
        return Local(lists.first[:-1].copy(), lists.first[1:].copy(), lists.which, w)

    return apply(p, Scheme(rows_of(s), weights))


def _one_by_one(p: Problem) -> tuple[np.ndarray, ...]:
    """Anomalies and innovation of each observation as they are when its turn comes, H C H^T + R, share of the gain."""
    given, innovation, sigma = independent(p)
    s, d = given.copy(), innovation.copy()
    total, share = np.empty(p.m), np.empty(p.m)
    among = None if p.localization is None else p.localization.among(p.localization.tree(p.used)).tocsc()
    for j in range(p.m):
        variance = s[j] @ s[j] / (p.n - 1)
        total[j] = variance + sigma[j] ** 2
        share[j] = 1.0 / (1.0 + np.sqrt(sigma[j] ** 2 / total[j]))
        if among is None:
            later, rho = np.arange(j + 1, p.m), 1.0
        else:
            near = slice(among.indptr[j], among.indptr[j + 1])
            after = among.indices[near] > j
            later, rho = among.indices[near][after], among.data[near][after]
        gain = rho * (s[later] @ s[j]) / (p.n - 1) / total[j]
        d[later] -= gain * d[j]
        s[later] -= np.outer(gain * share[j], s[j])
    return s, d, total, share
