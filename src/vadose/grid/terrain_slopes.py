"""Surface slopes of a flow model: which way water leaves each cell by them, and the cells that it cannot leave.

slope_x[y, x] belongs to the edge between x and x + 1, positive where the ground rises toward +x; water crosses an edge
from its upper to its lower cell. The last column's slope is that of the eastern border. A western border has no slope
of its own: water leaves over it where the first cell's slope_x is positive. The same holds for y.
Source: ParFlow's OverlandKinematic ("faces") and OverlandFlow ("cells") conventions; Condon & Maxwell (2019)
"""

from __future__ import annotations

import numpy as np

from vadose.errors import ConfigError, DataError, GridMismatch

EAST, WEST, NORTH, SOUTH = range(4)
STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # (y, x) of the neighbour in each direction
_NAMED = 5  # cells that a message lists


def neighbour(values: np.ndarray, way: int, beyond: object) -> np.ndarray:
    """What the neighbour of each cell in direction `way` holds: like `values` [y, x], `beyond` outside the array."""
    dy, dx = STEPS[way]
    ny, nx = values.shape
    out = np.full_like(values, beyond)
    here = slice(max(-dy, 0), ny - max(dy, 0)), slice(max(-dx, 0), nx - max(dx, 0))
    there = slice(max(dy, 0), ny - max(-dy, 0)), slice(max(dx, 0), nx - max(-dx, 0))
    out[here] = values[there]
    return out


def edge(active: np.ndarray) -> np.ndarray:
    """Active cells [y, x] with a face on the border of the array or on an inactive cell: bool [y, x]."""
    inner = active.copy()
    for way in range(4):
        inner &= neighbour(active, way, False)
    return active & ~inner


def outflow(slope_x: np.ndarray, slope_y: np.ndarray, active: np.ndarray, scheme: str = "faces") -> np.ndarray:
    """Slope by which water leaves each cell to the east, west, north and south.

    slope_x, slope_y, active [y, x];  scheme  "faces", or "cells" for slopes at the centres of cells
    Returns [4, y, x] >= 0, 0 where no water leaves and in inactive cells.
    """
    out = np.zeros((4, *active.shape))
    for slope, after, before in ((slope_x, EAST, WEST), (slope_y, NORTH, SOUTH)):
        out[after] = np.maximum(-slope, 0.0)
        own = np.maximum(slope, 0.0)
        if scheme == "cells":
            out[before] = own
            continue
        edge_slope = np.maximum(neighbour(slope, before, 0.0), 0.0)
        border = ~neighbour(active, before, False)
        out[before] = np.where(border & (own > 0.0), own, edge_slope)
    out[:, ~active] = 0.0
    return out


def trapped(
    slope_x: np.ndarray,
    slope_y: np.ndarray,
    active: np.ndarray | None = None,
    *,
    sinks: np.ndarray | None = None,
    scheme: str = "faces",
) -> np.ndarray:
    """Active cells from which no path of descending slopes leads out of the active cells or to a sink.

    slope_x, slope_y [y, x];  active [y, x] bool, all by default
    sinks   [y, x] bool, cells that keep the water they get: lakes, the sea
    scheme  "faces" (slope between x and x + 1) or "cells" (slope at the centre)
    Returns bool [y, x]. Raises GridMismatch for unlike shapes, DataError for missing slopes.
    """
    active = _checked(slope_x, slope_y, active, scheme)
    lost = ~_reached(outflow(slope_x, slope_y, active, scheme), active, sinks)
    return np.asarray(active & lost)


def pits(
    slope_x: np.ndarray,
    slope_y: np.ndarray,
    active: np.ndarray | None = None,
    *,
    sinks: np.ndarray | None = None,
    scheme: str = "faces",
) -> list[tuple[int, int]]:
    """Cells (y, x) where water that follows the slopes gathers and stays: without a way out, or in a closed loop.

    Arguments and errors as of `trapped`, which also holds all cells that drain to these only.
    """
    from scipy.sparse.csgraph import connected_components

    active = _checked(slope_x, slope_y, active, scheme)
    out = outflow(slope_x, slope_y, active, scheme)
    lost = active & ~_reached(out, active, sinks)
    if not lost.any():
        return []
    count, group = connected_components(_links(out, active), directed=True, connection="strong")
    giver, taker = _pairs(out, active)
    leaves = np.zeros(count, bool)
    leaves[group[giver[group[giver] != group[taker]]]] = True
    here = lost & ~leaves[group].reshape(active.shape)
    return [(int(y), int(x)) for y, x in np.argwhere(here)]


def check_drainage(
    slope_x: np.ndarray,
    slope_y: np.ndarray,
    active: np.ndarray | None = None,
    *,
    sinks: np.ndarray | None = None,
    scheme: str = "faces",
    where: str = "slopes",
) -> None:
    """Raise DataError, naming `where` they come from and the cells, for slopes that make pits."""
    found = pits(slope_x, slope_y, active, sinks=sinks, scheme=scheme)
    if found:
        raise DataError(
            f"{where}: water cannot leave {named(found)} of the surface; expected slopes that lead from every active "
            "cell to the edge: take them from a conditioned elevation map (`terrain`), or state a lake there"
        )


def isolated(active: np.ndarray) -> list[np.ndarray]:
    """Groups of active cells that no face connects with the largest group, the smallest first.

    active  bool, [y, x] or [z, y, x]
    Returns arrays [cell, axis] of indices; an empty list where the active cells are of one piece.
    Raises DataError for a mask without an active cell.
    """
    from scipy.ndimage import label

    active = np.asarray(active, bool)
    if not active.any():
        raise DataError(f"the mask has no active cell in {active.shape}; expected True where the model computes")
    groups, count = label(active)
    size = np.bincount(groups.ravel(), minlength=count + 1)[1:]
    order: np.ndarray = np.argsort(size, kind="stable")[:-1]
    return [np.argwhere(groups == i + 1) for i in order]


def check_connected(active: np.ndarray, where: str = "active") -> None:
    """Raise DataError, naming the mask as `where` and the cells, for active cells without a way to the others."""
    pieces = isolated(active)
    if pieces:
        cells = np.concatenate(pieces)
        raise DataError(
            f"{where}: {len(pieces)} piece{'s' * (len(pieces) > 1)} without a face in common with the largest, "
            f"{named(cells)}; take them out of the mask, or run them as a domain of their own"
        )


def cell_slopes(
    slope_x: np.ndarray, slope_y: np.ndarray, active: np.ndarray, way: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes at the centres of cells for the older scheme, in which a cell gives water one way along each axis.

    The slope is that of the face in the direction of drainage `way` [y, x], on the other axis that of the steeper of
    the two descending faces, 0 where neither descends.
    Returns slope_x, slope_y [y, x]. Source: Condon & Maxwell (2019), slopes of OverlandFlow
    """
    out = outflow(slope_x, slope_y, active)
    slopes = []
    for after, before in ((EAST, WEST), (NORTH, SOUTH)):
        forward = (way == after) | ((way != before) & (out[after] >= out[before]))
        slopes.append(np.where(forward, -out[after], out[before]) + 0.0)
    return slopes[0], slopes[1]


def named(cells: list[tuple[int, int]] | np.ndarray) -> str:
    """The number of cells and the first of them by their indices, for a message."""
    first = ", ".join(f"({', '.join(str(int(i)) for i in cell)})" for cell in list(cells)[:_NAMED])
    more = ", ..." if len(cells) > _NAMED else ""
    axes = "(z, y, x)" if len(cells) and len(cells[0]) == 3 else "(y, x)"
    return f"{len(cells)} cell{'s' if len(cells) != 1 else ''} {axes} = {first}{more}"


def _checked(slope_x: np.ndarray, slope_y: np.ndarray, active: np.ndarray | None, scheme: str) -> np.ndarray:
    """The mask of active cells, after the slopes were checked."""
    if scheme not in ("faces", "cells"):
        raise ConfigError(f'`scheme` of slopes must be "faces" or "cells", got {scheme!r}')
    shape = np.shape(slope_x)
    if len(shape) != 2 or np.shape(slope_y) != shape:
        raise GridMismatch(f"slope_x and slope_y must be [y, x] of one shape, got {shape} and {np.shape(slope_y)}")
    active = np.ones(shape, bool) if active is None else np.asarray(active, bool)
    if active.shape != shape:
        raise GridMismatch(f"active is {active.shape}, expected {shape} [y, x] as the slopes")
    for name, slope in (("slope_x", slope_x), ("slope_y", slope_y)):
        missing = np.argwhere(active & ~np.isfinite(slope))
        if len(missing):
            raise DataError(f"{name} is missing in {named(missing)}; fill the elevation map before slopes are taken")
    return active


def _pairs(out: np.ndarray, active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of the cells that give water and of those that take it, along all descending faces."""
    nx = active.shape[1]
    flat = active.ravel()
    giver, taker = [], []
    for way, (dy, dx) in enumerate(STEPS):
        here = np.flatnonzero((out[way] > 0.0) & neighbour(active, way, False))
        giver.append(here[flat[here]])
        taker.append(giver[-1] + dy * nx + dx)
    return np.concatenate(giver), np.concatenate(taker)


def _links(out: np.ndarray, active: np.ndarray):  # type: ignore[no-untyped-def]
    """Sparse [cell, cell] matrix with an entry where a cell gives water to another."""
    from scipy.sparse import csr_matrix

    giver, taker = _pairs(out, active)
    return csr_matrix((np.ones(giver.size, np.int8), (giver, taker)), shape=(active.size, active.size))


def _reached(out: np.ndarray, active: np.ndarray, sinks: np.ndarray | None) -> np.ndarray:
    """Cells from which water leaves the active cells or gets to a sink: a walk upstream from outside."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    gone = np.zeros(active.shape, bool)
    for way in range(4):
        gone |= (out[way] > 0.0) & ~neighbour(active, way, False)
    if sinks is not None:
        gone |= np.asarray(sinks, bool)
    giver, taker = _pairs(out, active)
    last = np.flatnonzero(gone & active)
    outside = active.size
    rows, columns = np.concatenate([taker, np.full(last.size, outside)]), np.concatenate([giver, last])
    upstream = csr_matrix((np.ones(rows.size, np.int8), (rows, columns)), shape=(outside + 1, outside + 1))
    order = breadth_first_order(upstream, outside, directed=True, return_predecessors=False)
    seen = np.zeros(outside + 1, bool)
    seen[order] = True
    return seen[:-1].reshape(active.shape)
