"""Averaging the members of a model: the first step of the multi-model mean of Qiao et al. (2022) section 2b."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from vadose.data.series import CellSeries
from vadose.errors import GridMismatch


def mean_of_members(members: Iterable[list[CellSeries]]) -> Iterator[CellSeries]:
    """The mean over members of each of their series; one member passes as it is.

    members : for each member its series (one a depth), all on one grid
    A month of a cell is averaged over the members that have it. Raises GridMismatch where grids differ.
    """
    for parts in zip(*members, strict=True):
        yield _mean(list(parts)) if len(parts) > 1 else parts[0]


def _mean(parts: list[CellSeries]) -> CellSeries:
    first = parts[0]
    for other in parts[1:]:
        if not first.grid.same_as(other.grid):
            raise GridMismatch(
                f"{first.attrs.get('model', first.name)}: members {first.attrs.get('member')} and "
                f"{other.attrs.get('member')} have different grids; choose one with `member`"
            )
    cells = np.unique(np.concatenate([p.cells for p in parts]))
    months = np.arange(min(p.months[0] for p in parts), max(p.months[-1] for p in parts) + 1, dtype=np.int32)
    total = np.zeros((cells.size, months.size), np.float32)
    count = np.zeros(total.shape, np.uint8 if len(parts) < 256 else np.uint16)
    for p in parts:
        where = np.ix_(np.searchsorted(cells, p.cells), np.searchsorted(months, p.months))
        valid = ~np.isnan(p.values)
        total[where] += np.where(valid, p.values, 0.0)
        count[where] += valid
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(count > 0, total / count, np.nan).astype(np.float32)
    land, covered = np.ones(cells.size, np.float32), np.zeros(cells.size, np.float32)
    for p in reversed(parts):
        land[np.searchsorted(cells, p.cells)] = p.land_fraction
        if p.covered_depth.size:
            covered[np.searchsorted(cells, p.cells)] = p.covered_depth
    labels = [str(p.attrs.get("member", i + 1)) for i, p in enumerate(parts)]
    return replace(
        first,
        values=values,
        cells=cells.astype(np.int32),
        months=months,
        land_fraction=land,
        covered_depth=covered if first.covered_depth.size else first.covered_depth,
        attrs=first.attrs | {"member": ", ".join(labels), "members": labels},
    )
