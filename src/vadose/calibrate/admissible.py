"""All textures that explain the thresholds of a cell, and what their spread says of the uncertainty of the best one.

Two thresholds cannot tell three parameters: good textures form a curve through the box. Its ends are found by pulling
each parameter to either side along it. Textures spread over it come from searches that start at quasi-random places of
the box, each for thresholds that are disturbed by their errors (randomised maximum likelihood).
Sources: Kitanidis (1995), Water Resour. Res. 31, 2411-2419; Oliver, He & Reynolds (1996); Raue et al. (2009),
Bioinformatics 25, 1923-1929 (profile likelihood); Birge (1932), Phys. Rev. 40, 207-227 (errors that are too small).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vadose.calibrate.texture_experiment import stepwise
from vadose.calibrate.texture_problem import Problem
from vadose.calibrate.texture_search import Found, quasi_random, scattered, toward

CHI2 = 5.991  # 95 % quantile of chi-square with two degrees of freedom
FAR = 9.21  # 99 % quantile: a search that ends above it has failed
COVERAGE = 0.95
MEMBER_STEPS = 15  # most steps of the search of one member
PULLS = (30.0, 10.0, 3.0, 1.0, 0.3)  # of a parameter, in standard errors of the thresholds for one range
PULL_STEPS = 8
LEAST_ERROR = 1e-5  # m3 m-3, the smallest standard error of a threshold that is taken seriously


class Admissible(NamedTuple):
    """The spread of admissible textures, all [cell, parameter] in %.

    low, high     least and greatest value among them
    error         root mean square distance of them from the best texture, like a standard deviation
    uncertainty   distance from the best texture within which 95 % of them lie
    """

    low: np.ndarray
    high: np.ndarray
    error: np.ndarray
    uncertainty: np.ndarray


def admissible(problem: Problem, found: Found, members: int = 32) -> Admissible:
    """The spread of textures that explain the thresholds as well as the best one.

    Without errors of the thresholds admissible is J <= J_best + tolerance; with them
    chi2 = sum over both of (theta - theta*)^2 / error^2 <= chi2_best + 5.99. Where the best texture itself misses the
    thresholds by more than their errors, the errors count as much larger as that (Birge ratio).

    found     the best textures
    members   how many searches
    Returns `Admissible`; error and uncertainty are NaN where the errors of the thresholds are.
    """
    if stepwise(problem.key[0]):
        return _of_scattered(problem, found)
    error = _errors(problem, found)
    sample = _members(problem, found, error, members)
    low, high = _ends(problem, found) if problem.error is None else _ends_with_errors(problem, found, error)
    known = np.all(np.isfinite(error), axis=1)[:, None]
    if problem.error is None:
        # Members scatter over the curve itself: none of them may lie beyond its ends.
        low, high = np.fmin(low, np.nanmin(sample, axis=1)), np.fmax(high, np.nanmax(sample, axis=1))
    rms, half = _spread(np.abs(sample[:, 1:] - found.x[:, None]))
    return Admissible(low, high, np.where(known, rms, np.nan), np.where(known, half, np.nan))


def _errors(problem: Problem, found: Found) -> np.ndarray:
    """[cell, 2] m3 m-3, standard errors that count: with the function's own, and not less than the misfit left."""
    if problem.error is None:
        return np.zeros((len(found.x), 2))
    own = np.hypot(problem.error, problem.experiment.pedotransfer_error)
    error = np.maximum(own, LEAST_ERROR)
    error[~np.isfinite(own)] = np.nan
    left = (problem.thresholds(found.x) - problem.data[:, :2]) / error
    birge = np.sqrt(np.maximum(0.5 * np.sum(left**2, axis=1), 1.0))
    return np.asarray(error * birge[:, None])


def _members(problem: Problem, found: Found, error: np.ndarray, members: int) -> np.ndarray:
    """[cell, 1 + member, parameter] the best texture and those of all searches that succeeded, NaN for the others."""
    from scipy.special import ndtri

    n, P = found.x.shape
    u = quasi_random(members, P + 2)
    with_errors = problem.error is not None
    shift = np.nan_to_num(error)[:, None] * ndtri(u[:, P:])
    many = problem.repeated(members)
    many.data[:, :2] += shift.reshape(-1, 2)
    start = problem.lower[:, None] + u[:, :P] * (problem.upper - problem.lower)[:, None]
    weights = 1.0 / np.nan_to_num(error, nan=1.0) if with_errors else np.ones((n, 2))
    fit = many.solve(
        start.reshape(-1, P),
        weights=np.repeat(weights, members, axis=0),
        steps=MEMBER_STEPS,
        tolerance=1e-5 if with_errors else 1e-8,
    )
    cost = fit.cost.reshape(n, members)
    if with_errors:
        best = np.sum(((problem.thresholds(found.x) - problem.data[:, :2]) * weights) ** 2, axis=1)
        good = 2.0 * cost <= best[:, None] + FAR
    else:
        good = np.sqrt(cost) <= found.misfit[:, None] + problem.experiment.tolerance
    x = np.where(good[:, :, None], fit.x.reshape(n, members, P), np.nan)
    return np.concatenate([found.x[:, None], x], axis=1)


def _spread(size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Root mean square and 95 % half width [cell, parameter] of distances [cell, member, parameter], NaN left out.

    The half width is the distance of rank 0.95 (n + 1) among n members, between two of them where that is no whole
    number: were the truth one more member, its distance would be at most the kth with probability k / (n + 1).
    """
    n = np.count_nonzero(np.isfinite(size), axis=1)
    with np.errstate(invalid="ignore"):
        rms = np.sqrt(np.nansum(size**2, axis=1) / np.where(n > 0, n, np.nan))
    ranked = np.sort(size, axis=1)
    rank = np.clip(COVERAGE * (n + 1), np.minimum(n, 1), n)
    below = np.floor(rank).astype(int)
    first, second = (
        np.take_along_axis(ranked, np.maximum(k - 1, 0)[:, None], axis=1)[:, 0]
        for k in (below, np.minimum(below + 1, n))
    )
    return rms, first + (rank - below) * (second - first)


def _ends(problem: Problem, found: Found) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest value of each parameter among textures with J <= J_best + tolerance."""
    ends = [found.x.copy(), found.x.copy()]
    limit = found.misfit + problem.experiment.tolerance
    for p in range(found.x.shape[1]):
        weights = np.zeros(found.x.shape)
        weights[:, p] = 1.0
        for bound in (problem.lower, problem.upper):
            x, _ = toward(problem, found.x, bound, weights)
            _widen(ends, np.where((problem.misfit(x) <= limit)[:, None], x, np.nan))
    return ends[0], ends[1]


def _ends_with_errors(problem: Problem, found: Found, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest value of each parameter among textures with chi2 <= chi2_best + 5.99.

    Each pull gives the point of least chi2 + pull^2 (distance to the bound)^2; between the last pull that leads too
    far and the first that does not, the limit is taken where the root of chi2 crosses it.
    """
    known = np.nan_to_num(error, nan=1.0)
    ends = [found.x.copy(), found.x.copy()]

    def chi2(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.sum(((problem.thresholds(x) - problem.data[:, :2]) / known) ** 2, axis=1))

    limit = chi2(found.x) + CHI2
    for p in range(found.x.shape[1]):
        for bound in (problem.lower, problem.upper):
            x, beyond, size = found.x, found.x, np.zeros(len(found.x))
            reached = np.zeros(len(found.x), bool)
            for strength in PULLS:
                pull = np.zeros(x.shape)
                pull[:, p] = strength / problem.ranges[p]
                x = problem.solve(x, weights=1.0 / known, anchor=bound, pull=pull, steps=PULL_STEPS, tolerance=1e-4).x
                now = chi2(x)
                inside = (now <= limit) & ~reached
                step = np.sqrt(np.maximum(size, limit)) - np.sqrt(now)
                share = (np.sqrt(limit) - np.sqrt(now)) / np.where(step > 0.0, step, 1.0)
                between = np.where((size > limit)[:, None], x + np.clip(share, 0.0, 1.0)[:, None] * (beyond - x), x)
                _widen(ends, np.where(inside[:, None], between, np.nan))
                reached |= inside
                beyond, size = x, now
    return ends[0], ends[1]


def _widen(ends: list[np.ndarray], x: np.ndarray) -> None:
    ends[0], ends[1] = np.fmin(ends[0], x), np.fmax(ends[1], x)


def _of_scattered(problem: Problem, found: Found) -> Admissible:
    """The same for functions without gradient: scattered textures, weighed by likelihood where errors are known."""
    x, J = scattered(problem)
    x, J = np.concatenate([found.x[:, None], x], axis=1), np.column_stack([found.misfit, J])
    J = np.where(np.isfinite(J) & (x[:, :, 0] + x[:, :, 1] <= 100.0), J, np.inf)
    weight = (J <= found.misfit[:, None] + problem.experiment.tolerance).astype(float)
    error = _errors(problem, found)
    if problem.error is not None:
        # Of one cell the classes differ in both thresholds alike: J in units of the mean square error serves as chi2.
        scale = np.sqrt(np.mean(np.nan_to_num(error, nan=1.0) ** 2, axis=1))[:, None]
        excess = 2.0 * (np.where(np.isfinite(J), J / scale, 1e6) ** 2 - (found.misfit[:, None] / scale) ** 2)
        weight = np.where(excess <= CHI2, np.exp(-0.5 * np.maximum(excess, 0.0)), 0.0)
    among = np.where((weight > 0.0)[:, :, None], x, np.nan)
    size = np.abs(among - found.x[:, None])
    share = weight / np.sum(weight, axis=1)[:, None]
    rms = np.sqrt(np.nansum(share[:, :, None] * size**2, axis=1))
    order = np.argsort(size, axis=1)
    within = np.cumsum(np.take_along_axis(np.broadcast_to(share[:, :, None], size.shape), order, axis=1), axis=1)
    last = np.argmax(within >= COVERAGE - 1e-9, axis=1)[:, None]
    half = np.take_along_axis(np.take_along_axis(size, order, axis=1), last, axis=1)[:, 0]
    known = np.all(np.isfinite(error), axis=1)[:, None]
    return Admissible(
        np.nanmin(among, axis=1),
        np.nanmax(among, axis=1),
        np.where(known, rms, np.nan),
        np.where(known, half, np.nan),
    )
