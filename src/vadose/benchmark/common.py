"""Fields on the common grid of a multi-model comparison: regridding by blocks of cells, means over regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from vadose.data.series import CellSeries
from vadose.errors import GridMismatch
from vadose.grid.latlon import LatLonGrid
from vadose.grid.regrid import apply_conservative, conservative

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass
class CommonGrid:
    """Area-conserving means of packed series on the cells of one grid; overlaps are found once a source grid."""

    grid: LatLonGrid
    _weights: dict[bytes, csr_matrix] = field(default_factory=dict, repr=False)

    def weights(self, source: LatLonGrid) -> csr_matrix:
        """Shared areas [common cell, source cell] m2."""
        key = source.lat_bnds.tobytes() + source.lon_bnds.tobytes()
        if key not in self._weights:
            self._weights[key] = conservative(source, self.grid)
        return self._weights[key]

    def fraction(self, series: CellSeries) -> np.ndarray:
        """Part [cell] of each common cell that the series' land covers, float64 in [0, 1]."""
        full = np.zeros(_gridded(series).size)
        full[series.cells] = series.land_fraction
        covered = self.weights(_gridded(series)) @ full
        return np.minimum(covered / self.grid.area.ravel(), 1.0)

    def field(self, series: CellSeries, cells: np.ndarray, months: np.ndarray) -> np.ndarray:
        """The series on some cells of the common grid.

        cells   [n] ascending, row-major in the common grid; months [time] consecutive
        Returns [n, time] float32, NaN where the series has no value
        """
        from scipy.sparse import csr_matrix

        out = np.full((cells.size, months.size), np.nan, np.float32)
        series = series.between(int(months[0]), int(months[-1]))
        if not series.months.size:
            return out
        square = (self.grid.size, self.grid.size)
        chosen = csr_matrix((np.ones(cells.size), (cells, cells)), shape=square)
        weights = csr_matrix(chosen @ self.weights(_gridded(series)))
        touched = np.zeros(_gridded(series).size, bool)
        touched[weights.indices] = True
        used = np.flatnonzero(touched[series.cells])
        if not used.size:
            return out
        # Blocks are bands of latitude, so that this is nearly all of a slice: read it without a copy.
        span = slice(used[0], used[-1] + 1)
        found = apply_conservative(
            weights, series.values[span], series.cells[span], self.grid, series.land_fraction[span]
        )
        start = int(series.months[0] - months[0])
        place = np.searchsorted(cells, found.cells)
        out[place, start : start + series.months.size] = found.values
        return out


def _gridded(series: CellSeries) -> LatLonGrid:
    if not isinstance(series.grid, LatLonGrid):
        raise GridMismatch(f"{series.name}: sites cannot be put on a common grid; leave this comparison out")
    return series.grid


def blocks(cells: np.ndarray, months: int, bytes_per_value: float, memory: float) -> Iterator[np.ndarray]:
    """Consecutive parts of `cells`, each small enough that `bytes_per_value` a cell and month fit into `memory`."""
    size = max(1, int(memory / (bytes_per_value * max(months, 1))))
    parts = max(1, -(-cells.size // size))
    yield from (p for p in np.array_split(cells, parts) if p.size)


@dataclass(frozen=True, eq=False)
class RegionIndex:
    """Which regions each cell of a grid belongs to: `regions[starts[i]:starts[i + 1]]`, row-major cells."""

    names: tuple[str, ...]
    starts: np.ndarray
    regions: np.ndarray

    @classmethod
    def of(cls, regions: Sequence[Any], grid: LatLonGrid, outside: np.ndarray) -> RegionIndex:
        """regions : objects with name and mask(grid); outside : cells [lat, lon] that belong to none"""
        masks = np.stack([np.asarray(r.mask(grid), bool) & ~outside for r in regions]).reshape(len(regions), -1)
        cell, region = np.nonzero(masks.T)
        starts = np.concatenate([[0], np.cumsum(masks.sum(axis=0))])
        return cls(tuple(r.name for r in regions), starts.astype(np.int64), region.astype(np.int64))


def add_regional_sums(
    sums: np.ndarray, one: np.ndarray, two: np.ndarray, weight: np.ndarray, cells: np.ndarray, index: RegionIndex
) -> None:
    """Add the weighted sums of two fields over each region, where both hold a value.

    sums    [region, time, 3] float64: of w * one, of w * two, of w; weight [cell] m2; one, two [cell, time]
    """
    _regional_sums(sums, one, two, weight, cells, index.starts, index.regions)


@numba.njit(cache=True)
def _regional_sums(
    sums: np.ndarray,
    one: np.ndarray,
    two: np.ndarray,
    weight: np.ndarray,
    cells: np.ndarray,
    starts: np.ndarray,
    regions: np.ndarray,
) -> None:
    for i in range(cells.size):
        w = weight[i]
        for k in range(starts[cells[i]], starts[cells[i] + 1]):
            part = sums[regions[k]]
            for t in range(one.shape[1]):
                a, b = one[i, t], two[i, t]
                if a == a and b == b:
                    part[t, 0] += w * a
                    part[t, 1] += w * b
                    part[t, 2] += w


@numba.njit(cache=True)
def joint_means(one: np.ndarray, two: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means [cell] of two fields [cell, time] over the months in which both hold a value; weight [time]."""
    first = np.full(one.shape[0], np.nan)
    second = np.full(one.shape[0], np.nan)
    for i in range(one.shape[0]):
        a, b, total = 0.0, 0.0, 0.0
        for t in range(one.shape[1]):
            if one[i, t] == one[i, t] and two[i, t] == two[i, t]:
                a += weight[t] * one[i, t]
                b += weight[t] * two[i, t]
                total += weight[t]
        if total > 0:
            first[i] = a / total
            second[i] = b / total
    return first, second


@numba.njit(cache=True)
def cell_correlation(
    one: np.ndarray, two: np.ndarray, calendar: np.ndarray, deseasonalise: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Correlation of two fields cell by cell over the months in which both hold a value, with lag-1 autocorrelations.

    one, two [cell, time]; calendar [time] month 0..11; deseasonalise: take the mean annual cycle of these months off
    Returns r, r1 (lag 1 of one), r2 (lag 1 of two), n (months), each [cell]; NaN without variance or under 4 months.
    """
    cells, months = one.shape
    out = np.full((4, cells), np.nan)
    x, y = np.empty(months), np.empty(months)
    for i in range(cells):
        n = 0
        sums, count = np.zeros((2, 12)), np.zeros(12)
        for t in range(months):
            if one[i, t] == one[i, t] and two[i, t] == two[i, t]:
                n += 1
                sums[0, calendar[t]] += one[i, t]
                sums[1, calendar[t]] += two[i, t]
                count[calendar[t]] += 1
        out[3, i] = n
        if n < 4:
            continue
        mean_x, mean_y = sums[0].sum() / n, sums[1].sum() / n
        xx, yy, xy, lag_x, lag_y, pairs = 0.0, 0.0, 0.0, 0.0, 0.0, 0
        last = -2
        for t in range(months):
            if one[i, t] == one[i, t] and two[i, t] == two[i, t]:
                c = calendar[t]
                x[t] = one[i, t] - (sums[0, c] / count[c] if deseasonalise else mean_x)
                y[t] = two[i, t] - (sums[1, c] / count[c] if deseasonalise else mean_y)
                xx += x[t] * x[t]
                yy += y[t] * y[t]
                xy += x[t] * y[t]
                if last == t - 1:
                    lag_x += x[t] * x[last]
                    lag_y += y[t] * y[last]
                    pairs += 1
                last = t
        # A field without variance leaves only the rounding of its mean.
        if pairs and xx > 1e-12 * n * mean_x**2 and yy > 1e-12 * n * mean_y**2 and xx > 0 and yy > 0:
            out[0, i] = xy / np.sqrt(xx * yy)
            out[1, i] = lag_x / pairs / (xx / n)
            out[2, i] = lag_y / pairs / (yy / n)
    return out[0], out[1], out[2], out[3]
