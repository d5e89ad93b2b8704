"""What the square-root filters share: errors made independent, and weights in the smaller of two spaces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from vadose.assimilate.apply import Local, Scheme, rows_of
from vadose.assimilate.local_weights import transform_weights
from vadose.assimilate.localization import Lists
from vadose.assimilate.problem import Problem
from vadose.errors import ConfigError


def independent(p: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(s [observation, member], d [observation], sigma [observation]) with errors that are independent.

    Correlated ones are whitened by the Cholesky factor of R: s and d become L^-1 s and L^-1 d with sigma 1.
    Raises ConfigError where they are to be localized too: whitened observations have no place.
    """
    if p.r.ndim == 1:
        return p.s, p.innovations, np.sqrt(p.r)
    if p.localization is not None:
        raise ConfigError(
            "this filter localizes through the errors of single observations, which must be independent; "
            "give standard deviations, or take `enkf`, which can taper with a full error covariance"
        )
    root = cholesky(p.r, lower=True)
    s = np.ascontiguousarray(solve_triangular(root, p.s, lower=True))
    return s, solve_triangular(root, p.innovations, lower=True), np.ones(p.m)


def transform_scheme(p: Problem, basis_of: Callable[[int], np.ndarray]) -> Scheme:
    """The transform of the members with the symmetric square root; `basis_of` gives the space, [member, k].

    Raises ConfigError where the taper is negative somewhere: it divides the error variances.
    """
    s, d, sigma = independent(p)
    # With fewer observations than members the space of the members is never used.
    basis = basis_of(p.n) if p.m >= p.n else np.empty((p.n, 0))

    def weights(lists: Lists) -> Local:
        if lists.taper.size and lists.taper.min() < 0.0:
            raise ConfigError("the taper is negative at some distance, which no error variance can be; take another")
        return Local(*transform_weights(lists.first, lists.which, lists.taper, s, d, sigma, basis))

    return Scheme(rows_of(s), weights)
