"""Composite grids: the union of the cell edges of two grids, on which both are piecewise constant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import GridMismatch
from vadose.grid.latlon import LatLonGrid, bounds_from_centres

NOISE = 1e-4  # degrees (11 m); edges closer than this are one edge: float32 coordinates are off by up to 1.5e-5
Extents = tuple[tuple[float, float], tuple[float, float]]
WORLD: Extents = ((-90.0, 90.0), (-180.0, 180.0))
_ILAMB_TRIM = 5.0  # degrees; ILAMB trims a field only where it reaches this far beyond the other


@dataclass(frozen=True, eq=False)
class Composite:
    """A composite grid and the source cells of its cells.

    grid           the composite
    rows_a, rows_b [lat] row in each source
    cols_a, cols_b [lon] column in each source
    """

    grid: LatLonGrid
    rows_a: np.ndarray
    cols_a: np.ndarray
    rows_b: np.ndarray
    cols_b: np.ndarray
    shape_a: tuple[int, int]
    shape_b: tuple[int, int]

    @property
    def index_a(self) -> np.ndarray:
        """Row-major cell of the first source for each cell [lat, lon]."""
        return self.rows_a[:, None] * self.shape_a[1] + self.cols_a[None, :]

    @property
    def index_b(self) -> np.ndarray:
        """Row-major cell of the second source for each cell [lat, lon]."""
        return self.rows_b[:, None] * self.shape_b[1] + self.cols_b[None, :]


def composite(a: LatLonGrid, b: LatLonGrid) -> Composite:
    """The grid made of all cell edges of `a` and `b`, where both are defined.

    Each cell lies in exactly one cell of each source. Cells that reach over the date line are split there
    (not where both grids are the same: then the composite is that grid); edges within NOISE are one.
    Raises GridMismatch where the grids do not overlap.
    Source: Collier et al. (2018) section 2.2
    """
    if a.same_as(b):
        rows, cols = np.arange(a.lat.size), np.arange(a.lon.size)
        return Composite(a, rows, cols, rows, cols, a.shape, b.shape)
    lat_edges = _edges([a.lat_bnds, b.lat_bnds], (-90.0, 90.0))
    lon_edges = _edges([_wrap(a.lon_bnds), _wrap(b.lon_bnds)], (-180.0, 180.0))
    lat, lon = 0.5 * (lat_edges[1:] + lat_edges[:-1]), 0.5 * (lon_edges[1:] + lon_edges[:-1])
    rows_a, rows_b = locate(lat, a.lat_bnds), locate(lat, b.lat_bnds)
    cols_a, cols_b = locate(lon, a.lon_bnds, 360.0), locate(lon, b.lon_bnds, 360.0)
    row, col = (rows_a >= 0) & (rows_b >= 0), (cols_a >= 0) & (cols_b >= 0)
    if not (row.any() and col.any()):
        raise GridMismatch(f"the grids do not overlap: {_extent(a)} and {_extent(b)}; check both files' region")
    grid = LatLonGrid(
        lat[row],
        lon[col],
        np.stack([lat_edges[:-1], lat_edges[1:]], axis=1)[row],
        np.stack([lon_edges[:-1], lon_edges[1:]], axis=1)[col],
    )
    return Composite(grid, rows_a[row], cols_a[col], rows_b[row], cols_b[col], a.shape, b.shape)


def locate(x: np.ndarray, bnds: np.ndarray, period: float | None = None) -> np.ndarray:
    """Index of the cell of `bnds` [n, 2] (ascending) that holds each x, lower edge inclusive; -1 where none does."""
    lower, upper = bnds[:, 0], bnds[:, 1]
    found = np.full(np.shape(x), -1)
    for shift in (0.0,) if period is None else (0.0, period, -period):
        moved = np.asarray(x) + shift
        index = np.searchsorted(lower, moved, side="right") - 1
        inside = (found < 0) & (index >= 0) & (moved < upper[index])
        found[inside] = index[inside]
    return found


def _wrap(lon: np.ndarray) -> np.ndarray:
    """Longitudes within [-180, 180]; those within it stay as they are, to the last bit."""
    return np.where((lon < -180) | (lon > 180), (lon + 180) % 360 - 180, lon)


def _edges(parts: list[np.ndarray], limits: tuple[float, float]) -> np.ndarray:
    """Sorted edges, each once, with the limits among them; of edges within NOISE the first stays."""
    inner = np.concatenate([p.ravel() for p in parts])
    inner = np.sort(inner[(inner > limits[0] + NOISE) & (inner < limits[1] - NOISE)])
    kept = [limits[0]]
    for edge in inner:
        if edge - kept[-1] > NOISE:
            kept.append(edge)
    return np.array([*kept, limits[1]])


def _extent(grid: LatLonGrid) -> str:
    (south, north), (west, east) = grid.lat_bnds[[0, -1], [0, 1]], grid.lon_bnds[[0, -1], [0, 1]]
    return f"{south:g} to {north:g} degrees north, {west:g} to {east:g} degrees east"


@dataclass(frozen=True, eq=False)
class IlambComposite(Composite):
    """A composite as ILAMB 2.7.3 builds it, with the two sets of areas that it uses.

    area     [lat, lon] m2 from the composite bounds: period means, RMSE, interannual variability
    midpoint_area [lat, lon] m2 from midpoints between centres: bias, bias score, phase shift, seasonal cycle score
    kept_a, kept_b [cell] which cells of each source are left after trimming
    """

    area: np.ndarray
    midpoint_area: np.ndarray
    kept_a: np.ndarray
    kept_b: np.ndarray


def ilamb_extents(grids: Iterable[LatLonGrid]) -> Extents:
    """The range ((south, north), (west, east)) that ILAMB 2.7.3 trims every comparison of a study to.

    The most restrictive range of the models' centres and bounds, both counted from 0 to 360 in the files and wrapped
    one by one (so a cell over the date line loses its far side); an end within 5 degrees of the globe's is the
    globe's. It makes the numbers of one model depend on the coarsest of the others.
    Source: ILAMB 2.7.3, ModelResult and RestrictiveModelExtents of ilamb-run
    """
    (south, north), (west, east) = WORLD
    for grid in grids:
        own = [south, north, west, east]
        for lat, lon in ((grid.lat, grid.lon), (grid.lat_bnds, grid.lon_bnds)):
            lon = np.where(lon <= -180, lon + 360, np.where(lon > 180, lon - 360, lon))
            own = [max(own[0], lat.min()), min(own[1], lat.max()), max(own[2], lon.min()), min(own[3], lon.max())]
        ends = zip(own, (-90.0, 90.0, -180.0, 180.0), strict=True)
        south, north, west, east = (edge if abs(x - edge) < _ILAMB_TRIM else float(x) for x, edge in ends)
    return (south, north), (west, east)


def _kept(shape: tuple[int, int], rows: slice, columns: np.ndarray) -> np.ndarray:
    kept = np.zeros(shape, bool)
    kept[rows, columns] = True
    return kept.ravel()


def composite_ilamb(a: LatLonGrid, b: LatLonGrid, extents: Extents = WORLD) -> IlambComposite:
    """The composite grid of ILAMB 2.7.3, its faults included, for comparison with its numbers.

    Faults: (1) a cell over the date line is cut off there and its far side belongs to nobody, so the nearest
    column takes it; (2) sources are the nearest centres, without periodicity, which is not the containing cell
    where the spacing changes; (3) edges that differ by float noise make slivers, which count in unweighted sums;
    (4) fields are extrapolated up to 5 degrees beyond their grid, and trimmed only past that, or past the `extents`
    ((south, north), (west, east)) that all models of a study share (`ilamb_extents`); (5) differences of
    two fields lose the bounds, so their areas come from midpoints between the irregular composite centres.
    A column centred on the date line stands last (180), as it does in files that count from 0 to 360.
    Source: ILAMB 2.7.3, Variable and ilamblib (_composeGrids, spatialDifference, MakeComparable)
    """
    lon_a, lon_bnds_a, roll_a = _ilamb_columns(a)
    lon_b, lon_bnds_b, roll_b = _ilamb_columns(b)
    lat_bnds_a, lat_bnds_b = a.lat_bnds.clip(-90, 90), b.lat_bnds.clip(-90, 90)
    (south, north), (west, east) = extents
    lat_range = max(lat_bnds_a[0, 0], lat_bnds_b[0, 0], south), min(lat_bnds_a[-1, 1], lat_bnds_b[-1, 1], north)
    lon_range = max(lon_bnds_a[0, 0], lon_bnds_b[0, 0], west), min(lon_bnds_a[-1, 1], lon_bnds_b[-1, 1], east)
    row_a, row_b = _ilamb_trim(lat_bnds_a, lat_range), _ilamb_trim(lat_bnds_b, lat_range)
    col_a, col_b = _ilamb_trim(lon_bnds_a, lon_range), _ilamb_trim(lon_bnds_b, lon_range)
    lat, lat_bnds = _ilamb_cells([lat_bnds_a[row_a], lat_bnds_b[row_b]], 90.0)
    lon, lon_bnds = _ilamb_cells([lon_bnds_a[col_a], lon_bnds_b[col_b]], 180.0)
    return IlambComposite(
        grid=LatLonGrid(lat, lon, lat_bnds, lon_bnds),
        rows_a=row_a.start + _nearest(lat, a.lat[row_a]),
        cols_a=roll_a[col_a][_nearest(lon, lon_a[col_a])],
        rows_b=row_b.start + _nearest(lat, b.lat[row_b]),
        cols_b=roll_b[col_b][_nearest(lon, lon_b[col_b])],
        shape_a=a.shape,
        shape_b=b.shape,
        kept_a=_kept(a.shape, row_a, roll_a[col_a]),
        kept_b=_kept(b.shape, row_b, roll_b[col_b]),
        area=_areas(lat_bnds, lon_bnds),
        midpoint_area=_areas(bounds_from_centres(lat).clip(-90, 90), bounds_from_centres(lon).clip(-180, 180)),
    )


def recompose_ilamb(lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of a composite grid that ILAMB 2.7.3 correlates in space.

    For the spatial correlation it composes the composite with itself once more, from midpoints between centres,
    and samples the nearest centres. A new centre lies (g2 - g1)/4 from the old one, where g1 and g2 are the gaps
    on either side, which is always nearer than half a gap: so each cell comes once, in its order.
    lat, lon  centres of the composite grid
    Returns row and column of the composite for each row and column of the recomposed grid.
    Source: ILAMB 2.7.3, ComposeSpatialGrids and Variable.spatialDistribution
    """

    def again(x: np.ndarray) -> np.ndarray:
        middle = 0.5 * (x[1:] + x[:-1])
        first, last = x[0] - 0.5 * (x[1] - x[0]), x[-1] + 0.5 * (x[-1] - x[-2])
        edges = np.unique(np.concatenate([[max(first, -180.0)], middle, [min(last, 180.0)]]))
        return _nearest(0.5 * (edges[1:] + edges[:-1]), x)

    return again(np.asarray(lat, float)), again(np.asarray(lon, float))


def _ilamb_columns(grid: LatLonGrid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitudes and bounds in ILAMB's order and clipping, and the canonical column of each."""
    lon, bnds = grid.lon, grid.lon_bnds
    order = np.arange(lon.size)
    if lon[0] == -180.0 and bnds[0, 0] < -180.0:
        lon, order = np.append(lon[1:], 180.0), np.roll(order, -1)
        bnds = np.concatenate([bnds[1:], bnds[:1] + 360.0])
    return lon, bnds.clip(-180, 180), order


def _ilamb_trim(bnds: np.ndarray, limits: tuple[float, float]) -> slice:
    """Cells that ILAMB keeps: all, unless one end reaches 5 degrees or more beyond the common range."""

    def holding(value: float) -> int:
        return int(np.argmax((value >= bnds[:, 0]) & (value <= bnds[:, 1])))

    first = holding(limits[0]) if abs(bnds[0, 0] - limits[0]) >= _ILAMB_TRIM else 0
    last = holding(limits[1]) if abs(bnds[-1, 1] - limits[1]) >= _ILAMB_TRIM else len(bnds) - 1
    return slice(first, last + 1)


def _ilamb_cells(parts: list[np.ndarray], limit: float) -> tuple[np.ndarray, np.ndarray]:
    edges = np.unique(np.concatenate([p.ravel() for p in parts]))
    edges = edges[(edges >= -limit) & (edges <= limit)]
    bnds = np.stack([edges[:-1], edges[1:]], axis=1)
    centres = bnds.mean(axis=1)
    # Slivers of one unit in the last place can share a centre; a grid cannot.
    distinct = np.concatenate([[True], np.diff(centres) > 0])
    return centres[distinct], bnds[distinct]


def _nearest(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Index of the nearest of the ascending centres; the lower one where two are equally near."""
    right = np.searchsorted(centres, x).clip(1, centres.size - 1)
    return np.where(np.abs(x - centres[right - 1]) <= np.abs(x - centres[right]), right - 1, right)


def _areas(lat_bnds: np.ndarray, lon_bnds: np.ndarray) -> np.ndarray:
    band = np.diff(np.sin(np.radians(lat_bnds)), axis=1)
    return EARTH_RADIUS**2 * np.outer(band, np.diff(np.radians(lon_bnds), axis=1))
