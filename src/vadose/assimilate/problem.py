"""What an analysis starts from: fields, observations that count, their errors, anomalies and innovations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vadose.assimilate import screen
from vadose.assimilate.fields import Field, by_place, places_first, read_fields
from vadose.assimilate.inflation import Adaptive, FiniteSize, Multiplicative, kinds
from vadose.assimilate.localization import Lists, Localization
from vadose.assimilate.options import Options
from vadose.errors import ConfigError, GridMismatch

BATCH = 4_000_000  # bytes of weights that a batch of places may take: they should stay in the cache


@dataclass(frozen=True, eq=False)
class Problem:
    """One analysis, checked.

    fields      of the ensemble
    members     [member] True for those that live; n of them
    used        [observation] True for those that count; m of them
    y           [m] observations
    hx          [n, m] simulated observations, H x
    r           [m] variances of independent errors, or [m, m] their covariance R
    s           [m, n] anomalies of H x, inflated
    factor      inflation of the prior anomalies, a number or [place]
    adapted     [place] or a number: variance factors for the next analysis, None without an adaptive inflation
    account     counts and warnings
    """

    fields: list[Field]
    members: np.ndarray
    used: np.ndarray
    y: np.ndarray
    hx: np.ndarray
    r: np.ndarray
    s: np.ndarray
    factor: np.ndarray
    adapted: np.ndarray | None
    options: Options
    account: screen.Account

    @property
    def n(self) -> int:
        """Number of members that live."""
        return self.hx.shape[0]

    @property
    def m(self) -> int:
        """Number of observations that count."""
        return self.y.size

    @property
    def innovations(self) -> np.ndarray:
        """[m] y minus the mean of H x."""
        return np.asarray(self.y - self.hx.mean(axis=0))

    @property
    def variances(self) -> np.ndarray:
        """[m] the diagonal of R."""
        return self.r if self.r.ndim == 1 else np.diag(self.r)

    @property
    def localization(self) -> Localization | None:
        """The localization, if any."""
        return self.options.localization


def prepare(ensemble: Any, observed: Any, simulated: Any, error: Any, options: Options) -> Problem:
    """Check what a filter is given, and refuse what cannot take part.

    Raises DataError, GridMismatch or RangeError for input that allows no analysis, ConfigError for settings.
    """
    account = screen.Account()
    fields = read_fields(ensemble, options)
    y = screen.observed_values(observed)
    hx = screen.simulated_values(simulated, ensemble, fields[0].given.shape[0], y.size)
    _check_places(fields, y.size, options.localization)
    members = screen.living_members(fields, hx, options.screening, account)
    used = screen.useful_observations(y, hx[members], error, options.screening, account)
    y, hx = y[used], np.ascontiguousarray(hx[np.ix_(members, used)])
    r = screen.error_covariance(error, used)
    s = np.ascontiguousarray((hx - hx.mean(axis=0)).T)
    bare = Problem(fields, members, used, y, hx, r, s, np.array(1.0), None, options, account)
    return _inflated(bare)


def _check_places(fields: list[Field], observations: int, localization: Localization | None) -> None:
    if localization is None:
        return
    if localization.observations != observations:
        raise GridMismatch(
            f"localization has positions of {localization.observations} observations, and there are {observations}; "
            "give one position for each, refused ones included"
        )
    for f in fields:
        places_first(f, localization)


def batch_of(localization: Localization, tree: Any, members: int) -> int:
    """Places in a batch, so that the weights of its observations take some MB."""
    pairs = max(1.0, localization.typical(tree))
    return int(np.clip(BATCH / (8.0 * members * pairs), 64, 4096)) // 8 * 8


def _inflated(p: Problem) -> Problem:
    """With the prior inflation of state and of simulated observations, as if the ensemble had come inflated."""
    factor, adapted = np.array(1.0), None
    at_observations = np.array(1.0)
    for one in kinds(p.options.inflation):
        if isinstance(one, Multiplicative) and one.when == "prior":
            factor, at_observations = factor * one.factor, at_observations * one.factor
        elif isinstance(one, Adaptive):
            before, adapted = _adapt(p, one)
            factor = factor * np.sqrt(before)
            near = before if before.ndim == 0 else before[p.localization.nearest(p.used)]  # type: ignore[union-attr]
            at_observations = at_observations * np.sqrt(near)
        elif isinstance(one, FiniteSize):
            if p.localization is not None or p.r.ndim == 2:
                raise ConfigError("FiniteSize needs independent errors and a filter without localization")
            sd = np.sqrt(p.r)
            value = one.factor(p.s / sd[:, None], p.innovations / sd)
            factor, at_observations = factor * value, at_observations * value
    s = p.s * (at_observations if at_observations.ndim == 0 else at_observations[:, None])
    return replace(p, s=s, factor=factor, adapted=adapted)


def _adapt(p: Problem, adaptive: Adaptive) -> tuple[np.ndarray, np.ndarray]:
    """Variance factors of this analysis, and those that its innovations suggest for the next one."""
    variance = p.variances
    terms = np.stack([p.innovations**2 / variance, np.sum(p.s**2, axis=1) / (p.n - 1) / variance])
    before = np.asarray(adaptive.variance, float)
    if p.localization is None:
        if before.size != 1:
            raise GridMismatch("without localization the variance factor of an adaptive inflation is one number")
        before = before.reshape(())
        return before, adaptive.estimate(before, np.array(float(p.m)), *terms.sum(axis=1))
    size = p.localization.size
    if before.size not in (1, size):
        raise GridMismatch(f"the variance factor must be a number or [place] = ({size},), got {before.shape}")
    before = np.broadcast_to(before.reshape(-1), (size,))
    tree = p.localization.tree(p.used)
    step = batch_of(p.localization, tree, p.n)
    sums = np.zeros((3, size))
    for start in range(0, size, step):
        stop = min(start + step, size)
        lists = p.localization.lists(tree, start, stop)
        for k, values in enumerate((np.ones(p.m), *terms)):
            sums[k, start:stop] = _sums(lists, values)
    return before, adaptive.estimate(before, *sums)


def _sums(lists: Lists, values: np.ndarray) -> np.ndarray:
    """[place] sums over the local observations, weighted by the taper."""
    place = np.repeat(np.arange(lists.first.size - 1), np.diff(lists.first))
    return np.bincount(place, lists.taper * values[lists.which], minlength=lists.first.size - 1)


def views(p: Problem, field: Field, *arrays: np.ndarray) -> list[np.ndarray]:
    """[place, element, member] views of arrays [member, ...] that lie as the field does."""
    first = p.localization is None or places_first(field, p.localization)
    return [by_place(a, p.localization, first) for a in arrays]
