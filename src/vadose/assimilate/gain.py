"""The Kalman gain from a sample covariance under a Schur product, Eqs. 16, 17 and 20 of Zhao et al. (2025)."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import splu

from vadose.assimilate.apply import Local, Scheme, rows_of
from vadose.assimilate.local_weights import shared_weights
from vadose.assimilate.localization import Lists
from vadose.assimilate.problem import Problem
from vadose.errors import DataError

DENSE = 2000  # up to so many observations their covariance is factorised as a full matrix
PAIRS = 1_000_000  # pairs of observations whose covariance is computed at a time


def covariance_scheme(p: Problem, residuals: np.ndarray) -> Scheme:
    """The filters whose gain all places share: EnKF and DEnKF.

    residuals   [observation, member] what the gain is multiplied with, y + eps - H x for the EnKF
    """
    w = _solve(p, residuals)

    def weights(lists: Lists) -> Local:
        return Local(
            lists.first[:-1].copy(), lists.first[1:].copy(), lists.which,
            shared_weights(lists.which, lists.taper, w),
        )  # fmt: skip

    return Scheme(rows_of(p.s), weights)


def _solve(p: Problem, residuals: np.ndarray) -> np.ndarray:
    """W = [rho_yy o H C H^T + R]^-1 residuals"""
    s, r, n = p.s, p.r, p.n
    if p.localization is None and p.m > DENSE and r.ndim == 1:
        # In the space of the members. What is orthogonal to S is left out: it has no covariance with any state, and
        # would leave a rounding error.
        sd = np.sqrt(r)[:, None]
        u, values, _ = np.linalg.svd(s / sd, full_matrices=False)
        inverse = (n - 1) / (values**2 + n - 1)
        return np.ascontiguousarray((u * inverse) @ (u.T @ (residuals / sd)) / sd)
    if p.localization is not None and p.m > DENSE and r.ndim == 1:
        return _solve_sparse(p, residuals)
    hch = s @ s.T / (n - 1)
    if p.localization is not None:
        rho = p.localization.among(p.localization.tree(p.used)).toarray()
        _warn_of(rho, p)
        hch *= rho
    total = hch + (np.diag(r) if r.ndim == 1 else r)
    try:
        return np.ascontiguousarray(cho_solve(cho_factor(total, lower=True), residuals))
    except LinAlgError:
        raise DataError(_indefinite(f"its smallest eigenvalue is {np.linalg.eigvalsh(total)[0]:.3g}")) from None


def _solve_sparse(p: Problem, residuals: np.ndarray) -> np.ndarray:
    """The same where observations are many: only pairs within the support exist."""
    assert p.localization is not None
    pairs = p.localization.among(p.localization.tree(p.used)).tocoo()
    i, j = pairs.row, pairs.col
    values = np.empty(i.size)
    for start in range(0, i.size, PAIRS):
        part = slice(start, start + PAIRS)
        values[part] = pairs.data[part] * np.einsum("kn,kn->k", p.s[i[part]], p.s[j[part]]) / (p.n - 1)
    total = (csc_matrix((values, (i, j)), shape=(p.m, p.m)) + diags(p.r)).tocsc()
    # Pivots stay on the diagonal, so that their signs are those of the eigenvalues (Sylvester's law of inertia).
    factors = splu(total, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    pivots = factors.U.diagonal()
    if not np.array_equal(factors.perm_r, factors.perm_c) or pivots.min() <= 0.0:
        raise DataError(_indefinite(f"its smallest pivot is {pivots.min():.3g}"))
    return np.ascontiguousarray(factors.solve(residuals))


def _warn_of(rho: np.ndarray, p: Problem) -> None:
    if p.localization is None or p.localization.taper == "gaspari-cohn":
        return
    least = float(np.linalg.eigvalsh(rho)[0])
    if least < -1e-10:
        p.account.warnings.append(
            f"the taper is not positive definite: its smallest eigenvalue between the observations is {least:.3g}, "
            "so that the tapered covariance is none; taper='gaspari-cohn' is positive definite"
        )


def _indefinite(how: str) -> str:
    return (
        f"rho o H C H^T + R is not positive definite, {how}: the taper is no correlation function at these positions; "
        "take taper='gaspari-cohn', or a filter that tapers the errors (letkf, lestkf)"
    )
