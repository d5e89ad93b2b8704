"""The variance of a table of values shared out among its axes and their combinations.

Source: Sobol (1993); of a finite table it is the classical analysis of variance of a full factorial design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

Parts = Mapping[tuple[int, ...], np.ndarray]


def shares(table: np.ndarray) -> dict[tuple[int, ...], np.ndarray]:
    """Shares of all sets of axes in the variance of complete tables [level 0, level 1, ..., table, value].

    V_u = Var(E[y | u]) - sum of V_w over the proper subsets w of u; the variances of several values are added
    Returns {(0,): S_0, (1,): S_1, (0, 1): S_01, ...}, each [table]; they sum to 1, NaN of a table without variance.
    """
    axes = tuple(range(table.ndim - 2))
    centred = table - table.mean(axis=axes, keepdims=True)
    whole = (centred**2).mean(axis=axes).sum(axis=-1)
    # Rounding of equal values is no variance.
    scale = (table**2).mean(axis=axes).sum(axis=-1)
    whole = np.where(whole > 1e-20 * scale, whole, np.nan)
    parts: dict[tuple[int, ...], np.ndarray] = {}
    for size in range(1, len(axes) + 1):
        for part in combinations(axes, size):
            others = tuple(a for a in axes if a not in part)
            mean = centred.mean(axis=others) if others else centred
            explained = (mean**2).mean(axis=tuple(range(size))).sum(axis=-1)
            inside = sum((v for w, v in parts.items() if set(w) < set(part)), np.zeros(whole.shape))
            parts[part] = explained - inside
    return {part: np.maximum(v / whole, 0.0) for part, v in parts.items()}


def total(parts: Parts, axis: int) -> np.ndarray:
    """All that an axis takes part in [table]: 1 - the variance that stays when it is averaged out."""
    return np.sum([share for part, share in parts.items() if axis in part], axis=0)


@dataclass(frozen=True, eq=False)
class Table:
    """Where each member stands in the table of all combinations.

    levels   a tuple of names an axis;  place [member, axis] position, -1 of members left out
    there    [member] True of those that have values
    """

    levels: tuple[tuple[str, ...], ...]
    place: np.ndarray
    there: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of each axis."""
        return tuple(len(names) for names in self.levels)

    @property
    def present(self) -> int:
        """Members with values."""
        return int(self.there.sum())

    @property
    def missing(self) -> int:
        """Combinations without one."""
        return int(np.prod(self.shape)) - self.present

    @property
    def separable(self) -> bool:
        """Whether the members tell the effects of single axes apart, and have some left for their interactions.

        Of a table with missing combinations more than half must be there, more than there are main effects, and the
        main effects must be independent on them; else what is said of pairs comes from the filling alone.
        """
        if not self.missing:
            return True
        effects = 1 + sum(n - 1 for n in self.shape)
        if 2 * self.present <= np.prod(self.shape) or self.present <= effects:
            return False
        known = np.ravel_multi_index(tuple(self.place[self.there].T), self.shape)
        return int(np.linalg.matrix_rank(self._main()[known])) == effects

    def fill(self, values: np.ndarray) -> np.ndarray:
        """Complete tables [level 0, ..., table, value] of values [table, member, value].

        Missing combinations get what main effects and pairs, fitted to the others by least squares, predict.
        """
        tables, _, count = values.shape
        by_member = np.moveaxis(values, 0, 1).reshape(values.shape[1], tables * count)
        flat = np.full((int(np.prod(self.shape)), tables * count), np.nan)
        where = np.ravel_multi_index(tuple(self.place[self.there].T), self.shape)
        flat[where] = by_member[self.there]
        if self.missing:
            known = np.zeros(flat.shape[0], bool)
            known[where] = True
            rest = flat[known]
            flat[~known] = 0.0
            for design in self._designs():
                effects = np.linalg.lstsq(design[known], rest, rcond=1e-10)[0]
                flat[~known] += design[~known] @ effects
                rest = rest - design[known] @ effects
        return flat.reshape(*self.shape, tables, count)

    def _designs(self) -> tuple[np.ndarray, ...]:
        """Columns of the mean and main effects, then of pairs: what main effects explain is not left to pairs."""
        single = self._single()
        pairs = [
            (single[a][:, :, None] * single[b][:, None, :]).reshape(len(single[a]), -1)
            for a, b in combinations(range(len(self.shape)), 2)
        ]
        return (self._main(), np.concatenate(pairs, axis=1)) if pairs else (self._main(),)

    def _main(self) -> np.ndarray:
        """[combination, effect] columns of the mean and main effects."""
        single = self._single()
        return np.concatenate([np.ones((len(single[0]), 1)), *single], axis=1)

    def _single(self) -> list[np.ndarray]:
        """An axis: [combination, level], which level a combination has, less the mean."""
        index = np.indices(self.shape).reshape(len(self.shape), -1)
        return [np.eye(n)[i] - 1.0 / n for n, i in zip(self.shape, index, strict=True)]

    def level_means(self, values: np.ndarray, axis: int) -> np.ndarray:
        """[level] means over the combinations of each level of values [member, value]; of a course its range."""
        whole = self.fill(values[None])[..., 0, :]
        means = whole.mean(axis=tuple(a for a in range(len(self.shape)) if a != axis))
        return means[:, 0] if means.shape[1] == 1 else np.ptp(means, axis=1)


def tabulate(levels: Sequence[Sequence[str]], there: np.ndarray) -> Table | None:
    """The table of some members.

    levels  an axis -> [member] name of its level;  there [member] True of members with values
    Levels without any values are left out. None of fewer than two members, or where two are the same combination.
    """
    names = tuple(tuple(dict.fromkeys(n for n, ok in zip(axis, there, strict=True) if ok)) for axis in levels)
    place = np.array(
        [[known.index(n) if n in known else -1 for n in axis] for axis, known in zip(levels, names, strict=True)]
    ).T
    there = there & (place >= 0).all(axis=1)
    unique = {tuple(row) for row in place[there]}
    count = int(there.sum())
    if count < 2 or len(unique) < count:
        return None
    return Table(names, place, there)
