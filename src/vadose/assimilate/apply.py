"""From weights to the analysis: batches of places, over threads, and the account of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from vadose.assimilate import columns
from vadose.assimilate.fields import Field
from vadose.assimilate.inflation import RTPP, RTPS, Multiplicative, kinds
from vadose.assimilate.keyed import mean_preserving_rotation
from vadose.assimilate.localization import Lists
from vadose.assimilate.problem import Problem, batch_of, views
from vadose.assimilate.result import Analysis, Innovations
from vadose.errors import DataError

WHOLE_BATCH = 32768  # elements of a batch where all share one set of weights


@dataclass(frozen=True, eq=False)
class Local:
    """Rows and weights of the places of a batch: which[begin[p]:end[p]] with weights [row, member]."""

    begin: np.ndarray
    end: np.ndarray
    which: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Scheme:
    """What sets a filter apart.

    rows      [row, member]; increments are (1 / (N - 1)) sum_k (x' . row_k) W_k, rows beyond the observations are
              (N - 1) times the unit vectors of the members
    weights   W of the places of some lists
    """

    rows: np.ndarray
    weights: Callable[[Lists], Local]


def rows_of(s: np.ndarray) -> np.ndarray:
    """[row, member] anomalies of the simulated observations, then a row for each member where those can be needed."""
    m, n = s.shape
    return s if m < n else np.concatenate([s, (n - 1) * np.eye(n)])


def apply(p: Problem, scheme: Scheme) -> Analysis:
    """The analysis of all fields; Eq. 15 with the gain of the scheme."""
    rows = np.ascontiguousarray(scheme.rows / (p.n - 1))
    alive = np.flatnonzero(p.members)
    # A batch is read before it is written and no other needs it, so that prior and analysis may be the same memory.
    own = [p.options.overwrite or f.transform is not None for f in p.fields]
    posterior = [f.prior if same else np.empty(f.prior.shape) for f, same in zip(p.fields, own, strict=True)]
    increments = [np.empty(f.prior.shape[1:]) for f in p.fields]
    work = [
        (*views(p, f, f.prior, after), views(p, f, mean[None])[0][:, :, 0], _after(p, f))
        for f, after, mean in zip(p.fields, posterior, increments, strict=True)
    ]
    rotation = np.empty((0, 0)) if p.options.rotation is None else mean_preserving_rotation(p.options.rotation, p.n)

    def update(start: int, local: Local, factor: np.ndarray) -> None:
        for before, after, mean, done in work:
            if start < before.shape[0]:
                count = min(local.begin.size, before.shape[0] - start)
                columns.update(
                    before, after, alive, start, local.begin[:count], local.end[:count], local.which,
                    local.weights, rows, factor[:count], done, rotation, mean,
                )  # fmt: skip

    if p.localization is None:
        _everywhere(p, scheme, update, max(before.shape[0] for before, *_ in work))
    else:
        _locally(p, scheme, update)
    for f, after in zip(p.fields, posterior, strict=True):
        if after is not f.prior:
            after[~p.members] = f.prior[~p.members]
    return _account(p, posterior, increments)


def _everywhere(p: Problem, scheme: Scheme, update: Any, elements: int) -> None:
    """All observations act on all elements with the same weights."""
    local = scheme.weights(Lists(np.array([0, p.m]), np.arange(p.m), np.ones(p.m)))
    which, weights = local.which, local.weights
    if which.size > p.n:
        # The same product with the sum over observations done once: a transform of the members.
        weights = np.ascontiguousarray(scheme.rows[which].T @ weights / (p.n - 1))
        which = scheme.rows.shape[0] - p.n + np.arange(p.n)

    def batch(start: int) -> None:
        count = min(WHOLE_BATCH, elements - start)
        shared = Local(np.zeros(count, np.int64), np.full(count, which.size), which, weights)
        update(start, shared, np.full(count, float(p.factor)))

    _in_threads(batch, range(0, elements, WHOLE_BATCH))


def _locally(p: Problem, scheme: Scheme, update: Any) -> None:
    localization = p.localization
    assert localization is not None
    tree = localization.tree(p.used)
    step = batch_of(localization, tree, p.n)
    factor = np.broadcast_to(p.factor, (localization.size,))
    heard = np.zeros(p.m, bool)

    def batch(start: int) -> None:
        stop = min(start + step, localization.size)
        lists = localization.lists(tree, start, stop)
        heard[lists.which] = True
        update(start, scheme.weights(lists), np.ascontiguousarray(factor[start:stop]))

    _in_threads(batch, range(0, localization.size, step))
    deaf = int((~heard).sum())
    if deaf == p.m:
        raise DataError(
            f"none of the {p.m} observations is within {localization.reach:g} of any place of the state; "
            "check the unit and order of the positions, or the radius"
        )
    told = f"{{}} observations have no place of the state within {localization.reach:g} and change nothing there"
    p.account.add("out of reach", deaf, told)


def _in_threads(batch: Callable[[int], None], starts: range) -> None:
    """Batches write to places of their own, so that the result does not depend on the number of threads."""
    threads = min(numba.get_num_threads(), len(starts))
    if threads <= 1:
        for start in starts:
            batch(start)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(batch, starts):
            pass


def _after(p: Problem, field: Field) -> np.ndarray:
    after = np.array([field.damping, 0.0, 0.0, 1.0])
    for one in kinds(p.options.inflation):
        if isinstance(one, RTPS):
            after[columns.RTPS] = one.share
        elif isinstance(one, RTPP):
            after[columns.RTPP] = one.share
        elif isinstance(one, Multiplicative) and one.when == "posterior":
            after[columns.POSTERIOR] = one.factor
    return after


def _account(p: Problem, posterior: list[np.ndarray], increments: list[np.ndarray]) -> Analysis:
    ensemble, change = {}, {}
    for f, after, mean in zip(p.fields, posterior, increments, strict=True):
        if f.transform is not None:
            after[p.members] = f.transform.bounded(after[p.members])
            after[~p.members] = f.given[~p.members]
            mean[...] = after[p.members].mean(axis=0) - f.given[p.members].mean(axis=0)
            if p.options.overwrite:
                f.given[...] = after
                after = f.given
        ensemble[f.name], change[f.name] = after.reshape(f.shape), mean.reshape(f.shape[1:])
    value, expected = np.full(p.used.size, np.nan), np.full(p.used.size, np.nan)
    value[p.used] = p.innovations
    expected[p.used] = np.sqrt(np.sum(p.s**2, axis=1) / (p.n - 1) + p.variances)
    single = "" in ensemble
    return Analysis(
        ensemble=ensemble[""] if single else ensemble,
        increments=change[""] if single else change,
        innovations=Innovations(value, expected),
        members=p.members,
        used=p.used,
        counts=p.account.counts,
        warnings=tuple(p.account.warnings),
        inflation=p.adapted,
    )
