"""Closure parameters from measured pairs theta(psi) and K(psi), with their confidence.

Bounded least squares on scaled parameters (trust region reflective; Branch, Coleman & Li 1999) with the exact
Jacobian from JAX, started from several points spread over the parameter space. Errors of theta and of log10 K differ in
kind, so each kind keeps its own residual variance in the covariance (White 1980).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize
from scipy.stats import qmc

from vadose.arrays import Array
from vadose.errors import ConfigError, DataError
from vadose.soil.fit_parameters import SCALES, Parameter, closure_rows
from vadose.soil.fitted import Fit

SCATTERED = 256  # points of a Sobol sequence at which the misfit is looked at
STARTS = 5  # how many of them, the best ones, a search starts from
PADDING = 32  # data are filled up to a multiple of this with weight 0, so that few shapes are compiled
FLOOR_THETA = 1e-3  # m3 m-3, the least spread of theta that weights are made of
FLOOR_LOG10_K = 1e-2
TINY_K = 1e-250  # m s-1, below it the logarithm of K is not looked at
BLIND = 1e-9  # singular value of the scaled Jacobian, relative to the largest, below which the data say nothing
NEAR_BOUND = 1e-3  # of the distance between the bounds


@dataclass(frozen=True)
class _Data:
    """Pairs and their weights, padded; log10 K for K."""

    psi: np.ndarray
    theta: np.ndarray
    weight: np.ndarray
    psi_K: np.ndarray
    log10_K: np.ndarray
    weight_K: np.ndarray
    n_theta: int
    n_K: int
    dropped: int

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        return self.psi, self.theta, self.weight, self.psi_K, self.log10_K, self.weight_K


def fit(
    closure: type | str,
    psi: Array,
    theta: Array,
    *,
    psi_K: Array = None,
    K: Array = None,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    weights: tuple[Array, Array] | None = None,
) -> Fit:
    """Fit a closure to measured water contents and, where given, conductivities.

    Least sum of [w_theta (theta - theta_i)]^2 + [w_K (log10 K - log10 K_i)]^2.

    psi, theta    m (<= 0), m3 m-3; psi_K, K: m, m s-1
    fixed         parameters that are known, by name
    bounds        (lowest, highest) by name in the parameter's own unit, in place of the table's
    weights       (w_theta, w_K), numbers or one a pair; without them 1 / standard deviation of the measured theta and
                  log10 K, so that a misfit counts by how much of the measured range it is
    Without K the closure's conductivity is relative: K_s is 1 and tau its default, unless `fixed` has them.
    Pairs that are not finite are left out and counted.
    Raises DataError for impossible data or fewer pairs than parameters, ConfigError for unknown names.
    """
    cls, rows = closure_rows(closure)
    known = dict(fixed or {})
    for name in (*known, *(bounds or {})):
        if name not in rows:
            raise ConfigError(f"{cls.__name__} has no parameter {name!r}; expected one of {', '.join(rows)}")
    data = _checked(psi, theta, psi_K, K, weights)
    for name, row in rows.items():
        stays = (row.of_K and data.n_K == 0) or (row.held and name not in (bounds or {}))
        known |= {name: row.default} if stays and name not in known else {}
    rows = {k: row for k, row in rows.items() if k not in known}
    _enough(cls.__name__, rows, data)
    names, scales = tuple(rows), tuple(row.scale for row in rows.values())
    low, high, box = _box(rows, bounds or {}, float(data.theta[: data.n_theta].max()))
    problem = _problem(cls, names, scales, tuple(known))
    args = (np.array([float(known[k]) for k in known]), *data.arrays)
    found = _search(problem, args, low, high, box)
    best = found[0]
    agreeing = sum(f.cost <= best.cost * (1.0 + 1e-6) + 1e-14 for f in found)
    lowest, highest, values = (
        {k: float(SCALES[rows[k].scale][1](x)) for k, x in zip(names, z, strict=True)} for z in (low, high, best.x)
    )
    natural = {k: (lowest[k], highest[k]) for k in names}
    return Fit(
        retention=cls(**known, **values),
        names=names,
        values=values,
        scales=scales,
        scaled=best.x,
        bounds=natural,
        n=data.n_theta + data.n_K,
        dropped=data.dropped,
        converged=bool(best.status > 0),
        starts=len(found),
        starts_agreeing=int(agreeing),
        at_bound=tuple(k for k, d in zip(names, _to_bound(best.x, low, high), strict=True) if d < NEAR_BOUND),
        **_statistics(np.asarray(problem[1](best.x, *args)), best.fun, best.x, scales, names, data),
    )


@functools.lru_cache(maxsize=64)
def _problem(cls: Any, names: tuple[str, ...], scales: tuple[str, ...], known: tuple[str, ...]) -> tuple[Any, Any, Any]:
    """Compiled (residuals, Jacobian, misfit at many points) as functions of the scaled parameters and the data."""

    def residuals(z, fixed, psi, theta, weight, psi_K, log10_K, weight_K):  # type: ignore[no-untyped-def]
        fitted = {k: SCALES[s][1](z[i]) for i, (k, s) in enumerate(zip(names, scales, strict=True))}
        soil = cls(**fitted, **{k: fixed[i] for i, k in enumerate(known)})
        rest = weight * (soil.water_content(psi) - theta)
        if psi_K.shape[0] == 0:
            return rest
        predicted = jnp.log10(jnp.maximum(soil.conductivity(psi_K), TINY_K))
        return jnp.concatenate([rest, weight_K * (predicted - log10_K)])

    def misfit(z, *args):  # type: ignore[no-untyped-def]
        return jnp.sum(jnp.square(residuals(z, *args)))

    many = jax.vmap(misfit, in_axes=(0,) + 7 * (None,))
    return jax.jit(residuals), jax.jit(jax.jacfwd(residuals)), jax.jit(many)


def _search(problem: Any, args: Any, low: np.ndarray, high: np.ndarray, box: np.ndarray) -> list[Any]:
    """Results of the searches from the best scattered points, best first."""
    residuals, jacobian, many = problem
    # The same points in every call: a fit is repeatable.
    scattered = qmc.scale(qmc.Sobol(len(low), seed=0).random(SCATTERED), *box)
    misfit = np.asarray(many(scattered, *args))
    order = np.argsort(np.where(np.isfinite(misfit), misfit, np.inf))
    starts: list[np.ndarray] = []
    for z in scattered[order]:
        # Starts that stand apart: a tenth of the box in at least one parameter.
        if all(np.max(np.abs(z - other) / (box[1] - box[0])) > 0.1 for other in starts):
            starts.append(z)
        if len(starts) == STARTS:
            break
    found = []
    for z in starts:
        try:
            found.append(
                optimize.least_squares(
                    lambda x: np.asarray(residuals(x, *args)),
                    z,
                    lambda x: np.asarray(jacobian(x, *args)),
                    (low, high),
                    x_scale="jac",
                    ftol=1e-12,
                    xtol=1e-12,
                    gtol=1e-12,
                    max_nfev=300,
                )
            )
        except (ValueError, np.linalg.LinAlgError):  # residuals or their slopes are not finite from this start
            continue
    if not found:
        raise DataError("no search could start: the misfit is not finite anywhere; check the units of psi, theta and K")
    return sorted(found, key=lambda f: float(f.cost))


def _statistics(
    J: np.ndarray, e: np.ndarray, z: np.ndarray, scales: tuple[str, ...], names: tuple[str, ...], data: _Data
) -> dict[str, Any]:
    """Covariances, standard errors, root-mean-square errors and AICc at the minimum."""
    rows = np.concatenate([np.arange(data.n_theta), len(data.psi) + np.arange(data.n_K)])
    kind = np.repeat([0, 1], [data.n_theta, data.n_K])
    J, e = J[rows], e[rows]
    n, p = J.shape
    size = np.linalg.norm(J, axis=0)
    size = np.where(size > 0.0, size, 1.0)
    U, s, Vt = np.linalg.svd(J / size, full_matrices=True)
    s = np.concatenate([s, np.zeros(p - len(s))])
    seen = s > BLIND * max(s[0], 1e-300)
    blind = Vt[~seen] / size
    blind = blind / np.linalg.norm(blind, axis=1, keepdims=True) if len(blind) else blind
    U = U[:, :p][:, seen[: U.shape[1]]] if n >= p else U
    inverse = (Vt[seen].T / s[seen]) @ U.T / size[:, None]
    variance = _variances(e, kind, np.sum(U**2, axis=1), p)
    told = (inverse * variance[kind]) @ inverse.T
    C = told.copy()
    open_ = np.abs(blind).max(axis=0) > 1e-6 if len(blind) else np.zeros(p, bool)
    if n <= p:
        open_ = np.ones(p, bool)
    C[open_, :] = C[:, open_] = np.inf
    slope = np.array([float(jax.grad(SCALES[s_][1])(z_)) for s_, z_ in zip(scales, z, strict=True)])
    error = np.abs(slope) * np.sqrt(np.diag(C))
    weight = np.concatenate([data.weight[: data.n_theta], data.weight_K[: data.n_K]])
    r = e / np.where(weight > 0.0, weight, np.inf)
    count = np.array([data.n_theta, data.n_K])
    q = p + int(np.sum(count > 0))
    with np.errstate(invalid="ignore"):
        likelihood = sum(c * np.log(max(np.mean(e[kind == k] ** 2), 1e-30)) for k, c in enumerate(count) if c)
        covariance = C * np.outer(slope, slope)
    return {
        "covariance_scaled": C,
        "covariance_told": told,
        "covariance": covariance,
        "standard_error": dict(zip(names, error.tolist(), strict=True)),
        "blind": blind,
        "rmse_theta": float(np.sqrt(np.mean(r[kind == 0] ** 2))),
        "rmse_log10_K": float(np.sqrt(np.mean(r[kind == 1] ** 2))) if data.n_K else float("nan"),
        "AICc": float(likelihood + 2 * q + 2 * q * (q + 1) / (n - q - 1)) if n > q + 1 else float("inf"),
    }


def _variances(e: np.ndarray, kind: np.ndarray, leverage: np.ndarray, p: int) -> np.ndarray:
    """Residual variance of each kind of data: SSR_k / (n_k - p_k), p_k the parameters that the kind pays for.

    p_k is the kind's share of the trace of the hat matrix; a kind with too little left takes the pooled variance.
    """
    pooled = np.sum(e**2) / max(len(e) - p, 1)
    found = np.full(2, pooled)
    for k in range(2):
        left = np.sum(kind == k) - np.sum(leverage[kind == k])
        if left > 0.5:
            found[k] = np.sum(e[kind == k] ** 2) / left
    return found


def _to_bound(z: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.asarray(np.minimum(z - low, high - z) / (high - low))


def _box(
    rows: Mapping[str, Parameter], given: Mapping[str, tuple[float, float]], theta_max: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scaled (lower bounds, upper bounds, [2, parameter] range of the starts)."""
    low, high, box = [], [], []
    for name, row in rows.items():
        to = SCALES[row.scale][0]
        limits, start = row.ranges(theta_max)
        limits = given.get(name, limits)
        if not limits[0] < limits[1]:
            raise ConfigError(f"bounds of {name} must be (lowest, highest), got {limits}")
        a, b = to(limits[0]), to(limits[1])
        margin = 0.01 * (b - a)
        first, last = (min(max(to(x), a + margin), b - margin) for x in start)
        low.append(a)
        high.append(b)
        # Starts that all lie beyond a bound of the user's are spread between the bounds instead.
        box.append((first, last) if last > first else (a + margin, b - margin))
    return np.array(low), np.array(high), np.array(box).T


def _checked(psi: Array, theta: Array, psi_K: Array, K: Array, weights: tuple[Array, Array] | None) -> _Data:
    if (psi_K is None) != (K is None):
        raise DataError("psi_K and K go together: one of them is missing")
    w, w_K = weights if weights is not None else (None, None)
    psi, theta, w, lost = _pairs("psi", psi, "theta", theta, w)
    none = np.zeros(0)
    psi_K, K, w_K, lost_K = (none, none, none, 0) if K is None else _pairs("psi_K", psi_K, "K", K, w_K)
    _say(theta.size == 0, "there is no finite pair of psi and theta")
    most = _most(theta)
    _say(theta.max() > 1.5, f"theta must be in m3 m-3, got {most}, which looks like percent; divide by 100")
    wrong = (theta < 0.0) | (theta > 1.0)
    _say(wrong.any(), f"theta must lie in 0 to 1 m3 m-3, got {theta.min():g} to {most}")
    _say(np.any(K <= 0.0), f"K must be > 0 m s-1, got {K.min(initial=1.0):g}; leave such pairs out")
    log10_K = np.log10(K)
    w = 1.0 / max(float(np.std(theta)), FLOOR_THETA) if w is None else w
    w_K = 1.0 / max(float(np.std(log10_K)), FLOOR_LOG10_K) if w_K is None and K.size else w_K
    return _Data(
        psi=_padded(psi, -1.0, theta.size),
        theta=_padded(theta, 0.0, theta.size),
        weight=_padded(w, 0.0, theta.size),
        psi_K=_padded(psi_K, -1.0, K.size),
        log10_K=_padded(log10_K, 0.0, K.size),
        weight_K=_padded(w_K, 0.0, K.size),
        n_theta=theta.size,
        n_K=K.size,
        dropped=lost + lost_K,
    )


def _pairs(name: str, psi: Array, other: str, values: Array, weight: Array) -> tuple[Any, Any, Any, int]:
    """The finite pairs, their weights, and how many were left out."""
    psi, values = np.atleast_1d(np.asarray(psi, float)), np.atleast_1d(np.asarray(values, float))
    same = psi.shape == values.shape and psi.ndim == 1
    _say(not same, f"{name} and {other} must be lists of the same length, got shapes {psi.shape} and {values.shape}")
    good = np.isfinite(psi) & np.isfinite(values)
    if weight is not None:
        weight = np.broadcast_to(np.asarray(weight, float), psi.shape)[good]
        _say(not np.all(np.isfinite(weight) & (weight >= 0.0)), f"weights of {other} must be finite and >= 0")
    psi, values = psi[good], values[good]
    _say(np.any(psi > 0.0), f"{name} must be <= 0 m, got {_most(psi)}; give suction heads with a minus sign")
    return psi, values, weight, int(np.sum(~good))


def _padded(values: Array, filling: float, n: int) -> np.ndarray:
    out = np.full(-(-n // PADDING) * PADDING, filling)
    out[:n] = values
    return out


def _enough(closure: str, rows: Mapping[str, Parameter], data: _Data) -> None:
    n, of_K = data.n_theta + data.n_K, [k for k, row in rows.items() if row.of_K]
    remedy = "give more, or fix some: fixed={'" + next(iter(rows), "tau") + "': ...}"
    _say(not rows, f"all parameters of {closure} are fixed: nothing is left to fit")
    _say(n < len(rows), f"{n} finite pairs are fewer than the {len(rows)} parameters {', '.join(rows)}; {remedy}")
    _say(
        data.n_K < len(of_K), f"{data.n_K} pairs of K are fewer than the parameters {', '.join(of_K)}; fix some of them"
    )


def _say(wrong: Any, message: str) -> None:
    if wrong:
        raise DataError(message)


def _most(values: np.ndarray) -> str:
    return f"{values.max():g}" if values.size else "none"
