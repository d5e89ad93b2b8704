"""The best texture of each cell, and among equally good ones the one nearest to the map's."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from vadose.calibrate.shuffled import sceua
from vadose.calibrate.texture_experiment import stepwise
from vadose.calibrate.texture_problem import Problem, objective_of, residual_of

STARTS = 4  # of the gradient method beside the baseline
SCATTERED = 512  # textures at which a function without gradient is looked at
# Weights of the distance to an anchor against the misfit, m3 m-3 for one range, from loose to strict: the valley of
# good textures is curved, and each stage starts near enough to the next one's end.
LADDER = (1e-2, 1e-3, 1e-4, 2e-5)
STAGE_STEPS = 12  # most steps of one stage
POLISH_STEPS = 12


class Found(NamedTuple):
    """[cell, parameter] % best textures, [cell] their misfit, m3 m-3, and how often the thresholds were computed."""

    x: np.ndarray
    misfit: np.ndarray
    evaluations: np.ndarray


@functools.cache
def quasi_random(points: int, dimensions: int) -> np.ndarray:
    """[points, dimensions] in (0, 1), the same in every call: what is drawn depends on no tile and on no order."""
    from scipy.stats import qmc

    power = max(points - 1, 1).bit_length()
    return np.asarray(qmc.Sobol(dimensions, seed=20061).random_base2(power)[:points])


def search(problem: Problem, streams: np.ndarray) -> Found:
    """The best texture by the experiment's method, and then nearest to the baseline where it asks for that."""
    found = _gradient(problem) if problem.experiment.method == "gradient" else _sceua(problem, streams)
    return nearest(problem, found) if problem.experiment.tie_break else found


def _sceua(problem: Problem, streams: np.ndarray) -> Found:
    data = problem.data
    objective = objective_of(problem.key)
    if data.shape[1] == 2 and not problem.experiment.carbon and problem.key[0].startswith("sr06"):
        # The compiled function reads the carbon that it holds; none is as good as 0.
        data = np.column_stack([data, np.zeros(len(data))])
    found = sceua(
        objective,
        problem.lower,
        problem.upper,
        data=np.ascontiguousarray(data),
        evaluations=problem.experiment.evaluations,
        complexes=problem.experiment.complexes,
        seed=problem.experiment.seed,
        streams=streams,
    )
    return Found(found.x, found.value, np.asarray(found.evaluations, np.int64))


def _gradient(problem: Problem) -> Found:
    """Least squares from the baseline, and where that leaves a misfit from scattered starts too."""
    found = _solve(problem, problem.baseline)
    rest = np.flatnonzero(~(found.misfit <= problem.experiment.tolerance))
    part = problem.part(rest)
    for u in quasi_random(STARTS, problem.baseline.shape[1]):
        other = _solve(part, part.lower + u * (part.upper - part.lower))
        better = other.misfit < np.where(np.isfinite(found.misfit[rest]), found.misfit[rest], np.inf)
        found.x[rest[better]], found.misfit[rest[better]] = other.x[better], other.misfit[better]
        found.evaluations[rest] += other.evaluations
    return found


def _solve(problem: Problem, start: np.ndarray, steps: int = 60) -> Found:
    fit = problem.solve(start, steps=steps)
    return Found(np.array(fit.x), np.sqrt(fit.cost), np.asarray(fit.steps, np.int64) + 1)


def nearest(problem: Problem, found: Found) -> Found:
    """Of the textures whose misfit is that of `found` within the tolerance, the one nearest to the baseline.

    min |(x - baseline) / range|  subject to  J(x) <= J + tolerance, among the local answers from the baseline and from
    what was found; never farther than what was found. For functions without gradient among scattered textures.
    """
    if stepwise(problem.key[0]):
        return _nearest_scattered(problem, found)
    weights = np.ones(problem.baseline.shape)
    best, J, count = found.x.copy(), found.misfit.copy(), found.evaluations.copy()
    limit = found.misfit + problem.experiment.tolerance
    for start in (problem.baseline, found.x):
        path, used = toward(problem, start, problem.baseline, weights)
        count += used
        J_x = problem.misfit(path)
        take = (J_x <= limit) & (problem.distance(path) < problem.distance(best))
        best[take], J[take] = path[take], J_x[take]
    return Found(best, J, count)


def toward(
    problem: Problem, start: np.ndarray, anchor: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Textures of least misfit near an anchor, and how many evaluations it took: stages of `LADDER`, then misfit alone.

    weights   [cell, parameter] which of the parameters the anchor pulls, in units of the ranges
    """
    x, count = start, np.zeros(len(start), np.int64)
    for pull in LADDER:
        fit = problem.solve(x, anchor=anchor, pull=pull * weights / problem.ranges, steps=STAGE_STEPS, tolerance=1e-6)
        x, count = fit.x, count + fit.steps
    last = _solve(problem, x, POLISH_STEPS)
    return last.x, count + last.evaluations


def scattered(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """[cell, point, parameter] % quasi-random textures of each box, and [cell, point] their misfit, m3 m-3."""
    u = quasi_random(SCATTERED, problem.baseline.shape[1])
    x = problem.lower[:, None] + u * (problem.upper - problem.lower)[:, None]
    n = x.shape[1]
    flat, rows = x.reshape(-1, x.shape[2]), np.repeat(problem.data, n, axis=0)
    with np.errstate(all="ignore"):
        e = np.asarray(residual_of(problem.key)(flat, rows)).reshape(len(x), n, 2)
    return x, np.sqrt(np.mean(e**2, axis=-1))


def _nearest_scattered(problem: Problem, found: Found) -> Found:
    x, J = scattered(problem)
    J = np.where(x[:, :, 0] + x[:, :, 1] <= 100.0, J, np.inf)
    x, J = np.concatenate([x, found.x[:, None]], axis=1), np.column_stack([J, found.misfit])
    away = np.sqrt(np.sum(((x - problem.baseline[:, None]) / problem.ranges) ** 2, axis=-1))
    away = np.where(J <= found.misfit[:, None] + problem.experiment.tolerance, away, np.inf)
    k, cells = np.argmin(away, axis=1), np.arange(len(x))
    return Found(x[cells, k], J[cells, k], found.evaluations + SCATTERED)
