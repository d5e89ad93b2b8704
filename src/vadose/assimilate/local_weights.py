"""Weights of the local filters, place after place; compiled. `columns.update` multiplies them with covariances.

Local observations o of a place have the taper rho_o; D_o = sqrt(rho_o) / sigma_o, Z = S^T D / sqrt(N - 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from vadose.assimilate.columns import FAST

JACOBI = 8  # up to this order rotations are faster than a call of LAPACK
SWEEPS = 30


@njit(cache=True, nogil=True, fastmath=FAST)
def eigen(a: Any, v: Any, n: int) -> None:
    """Eigenvalues on the diagonal of the symmetric a [n, n], which is destroyed, and vectors in the columns of v.

    Cyclic Jacobi rotations up to order JACOBI, LAPACK beyond. Source: Golub & Van Loan (2013) section 8.5
    """
    if n > JACOBI:
        values, vectors = np.linalg.eigh(a[:n, :n].copy())
        for i in range(n):
            a[i, i] = values[i]
            for j in range(n):
                v[i, j] = vectors[i, j]
        return
    for i in range(n):
        for j in range(n):
            v[i, j] = 1.0 if i == j else 0.0
    for _ in range(SWEEPS):
        off, on = 0.0, 0.0
        for i in range(n):
            on += a[i, i] * a[i, i]
            for j in range(i):
                off += a[i, j] * a[i, j]
        if off <= 1e-34 * on:
            return
        for i in range(n):
            for j in range(i):
                _rotate(a, v, n, j, i)


@njit(cache=True, nogil=True, fastmath=FAST)
def _rotate(a: Any, v: Any, n: int, p: int, q: int) -> None:
    """The rotation that makes a[p, q] zero, applied to the lower triangle's both sides."""
    if a[q, p] == 0.0:
        return
    tau = (a[q, q] - a[p, p]) / (2.0 * a[q, p])
    t = 1.0 / (tau + np.sqrt(1.0 + tau * tau)) if tau >= 0.0 else -1.0 / (-tau + np.sqrt(1.0 + tau * tau))
    c = 1.0 / np.sqrt(1.0 + t * t)
    s = t * c
    for k in range(n):
        x, y = a[k, p], a[k, q]
        a[k, p], a[k, q] = c * x - s * y, s * x + c * y
    for k in range(n):
        x, y = a[p, k], a[q, k]
        a[p, k], a[q, k] = c * x - s * y, s * x + c * y
    for k in range(n):
        x, y = v[k, p], v[k, q]
        v[k, p], v[k, q] = c * x - s * y, s * x + c * y


@njit(cache=True, nogil=True, fastmath=FAST)
def _from_observations(s: Any, d: Any, scale: Any, which: Any, b: int, size: int, out: Any, a: Any, v: Any) -> None:
    """Weights [size, member] of a place with few observations: eigenproblem of G = Z^T Z, [size, size].

    W = D { -[(I + G) + (I + G)^(1/2)]^-1 D S + (I + G)^-1 D d }: the symmetric square root without division by
    eigenvalues, which may be zero.
    """
    n = s.shape[1]
    for i in range(size):
        one = s[which[b + i]]
        for j in range(i + 1):
            other = s[which[b + j]]
            g = 0.0
            for k in range(n):
                g += one[k] * other[k]
            a[i, j] = g * scale[i] * scale[j] / (n - 1)
            a[j, i] = a[i, j]
    eigen(a, v, size)
    for e in range(size):  # roots and divisions once; of G only the diagonal is needed any more
        up = 1.0 + max(a[e, e], 0.0)
        a[e, e] = 1.0 / up
        a[e, size] = -1.0 / (up + np.sqrt(up))
    for i in range(size):
        for k in range(n):
            out[i, k] = 0.0
    for j in range(size):
        for i in range(size):
            spread, mean = 0.0, 0.0
            for e in range(size):
                part = v[i, e] * v[j, e]
                spread += part * a[e, size]
                mean += part * a[e, e]
            spread *= scale[i] * scale[j]
            mean *= scale[i] * scale[j] * d[which[b + j]]
            row = s[which[b + j]]
            for k in range(n):
                out[i, k] += spread * row[k] + mean


@njit(cache=True, nogil=True, fastmath=FAST)
def _from_members(s: Any, d: Any, scale: Any, which: Any, b: int, size: int, basis: Any, out: Any) -> None:
    """Weights [member, member] of a place with many observations: eigenproblem in the space of the members.

    W = B [(I + Y)^(-1/2) - I] B^T + B (I + Y)^-1 B^T Z D d / sqrt(N - 1) 1^T,  Y = B^T Z Z^T B; B [member, k] is the
    identity (ETKF) or spans what is orthogonal to the mean (ESTKF).
    """
    n, dims = s.shape[1], basis.shape[1]
    local = np.empty((size, n))
    pull = np.empty(size)
    for i in range(size):
        o = which[b + i]
        pull[i] = scale[i] * d[o]
        for k in range(n):
            local[i, k] = scale[i] * s[o, k]
    z = np.dot(local, basis)
    values, vectors = np.linalg.eigh(np.dot(z.T, z) / (n - 1))
    spread, mean = np.empty((dims, dims)), np.empty((dims, dims))
    for i in range(dims):
        up = 1.0 + max(values[i], 0.0)
        for k in range(dims):
            spread[k, i] = vectors[k, i] * (1.0 / np.sqrt(up) - 1.0)
            mean[k, i] = vectors[k, i] / up
    back = np.ascontiguousarray(vectors.T)
    whole = np.dot(basis, np.dot(np.dot(spread, back), np.ascontiguousarray(basis.T)))
    w = np.dot(basis, np.dot(mean, np.dot(back, np.dot(np.ascontiguousarray(z.T), pull)))) / (n - 1)
    for i in range(n):
        for k in range(n):
            out[i, k] = whole[i, k] + w[i]


@njit(
    "Tuple((i8[::1], i8[::1], i8[::1], f8[:,::1]))(i8[::1], i8[::1], f8[::1], f8[:,::1], f8[::1], f8[::1], f8[:,::1])",
    cache=True,
    nogil=True,
    fastmath=FAST,
)
def transform_weights(first: Any, which: Any, taper: Any, s: Any, d: Any, sigma: Any, basis: Any) -> Any:
    """Rows and weights of the square-root filters, in the smaller of the two spaces at each place.

    first [place + 1] the list of each place in which [pair] and taper [pair]; s [observation, member] anomalies;
    d [observation] innovations of the mean; sigma [observation]; basis [member, k]
    Returns begin, end [place], rows and weights [row, member]; rows beyond the observations are members.
    """
    places, (m, n) = first.size - 1, s.shape
    begin, end = np.empty(places, np.int64), np.empty(places, np.int64)
    total, widest = 0, 1
    for p in range(places):
        size = first[p + 1] - first[p]
        begin[p] = total
        total += min(size, n)
        end[p] = total
        widest = max(widest, size)
    rows, weights = np.empty(total, np.int64), np.empty((total, n))
    scale = np.empty(widest)
    order = min(widest, n)
    a, v = np.empty((order, order + 1)), np.empty((order, order))
    for p in range(places):
        b, size = first[p], first[p + 1] - first[p]
        out = weights[begin[p] : end[p]]
        for i in range(size):
            scale[i] = np.sqrt(taper[b + i]) / sigma[which[b + i]]
        if size < n:
            rows[begin[p] : end[p]] = which[b : b + size]
            _from_observations(s, d, scale, which, b, size, out, a, v)
        else:
            rows[begin[p] : end[p]] = np.arange(m, m + n)
            _from_members(s, d, scale, which, b, size, basis, out)
    return begin, end, rows, weights


@njit("f8[:,::1](i8[::1], f8[::1], f8[:,::1])", cache=True, nogil=True)
def shared_weights(which: Any, taper: Any, w: Any) -> Any:
    """[pair, member] rho_xy times the weights W that all places share, Eq. 20 of Zhao et al. (2025)."""
    out = np.empty((which.size, w.shape[1]))
    for k in range(which.size):
        for i in range(w.shape[1]):
            out[k, i] = taper[k] * w[which[k], i]
    return out


@njit(
    "f8[:,::1](i8[::1], i8[::1], f8[::1], f8[:,::1], f8[::1], f8[::1], f8[::1])",
    cache=True,
    nogil=True,
    fastmath=FAST,
)
def serial_weights(first: Any, which: Any, taper: Any, s: Any, d: Any, total: Any, share: Any) -> Any:
    """[pair, member] weights that do in one product what observations one by one do to an element.

    s [observation, member] and d [observation] as they are when their turn comes; total = H C H^T + R then; share of
    the gain that anomalies get. Covariances follow c_j = c0_j - sum_{i < j} share_i k_i s_i.s_j / (N - 1)
    with k_i = rho_i c_i / total_i, a triangular system whose transpose is solved here.
    """
    n = s.shape[1]
    out = np.empty((which.size, n))
    for p in range(first.size - 1):
        for j in range(first[p + 1] - 1, first[p] - 1, -1):
            o = which[j]
            for k in range(n):
                out[j, k] = d[o] - share[o] * s[o, k]
            # What later observations do depends on this one through the covariance it leaves.
            for later in range(j + 1, first[p + 1]):
                g = 0.0
                for k in range(n):
                    g += s[o, k] * s[which[later], k]
                g *= share[o] / (n - 1)
                for k in range(n):
                    out[j, k] -= g * out[later, k]
            gain = taper[j] / total[o]
            for k in range(n):
                out[j, k] *= gain
    return out
