"""ParFlow's solid files (`.pfsol`): surfaces of triangles, and the cells that lie inside of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vadose.data.parflow.grid import CaseGrid
from vadose.errors import DataError

_EDGE = 1e-9  # of a cell: a centre on the edge that two triangles share is in both, and counted once
_SAME = 1e-7  # of a layer: crossings nearer than this are one


@dataclass(frozen=True, eq=False)
class Solid:
    """A closed surface.

    vertices  [vertex, 3] m;  triangles  [triangle, 3] of vertices;  patch  [triangle] number of its patch, -1 in none
    patches   how many there are
    """

    vertices: np.ndarray
    triangles: np.ndarray
    patch: np.ndarray
    patches: int


@dataclass(frozen=True, eq=False)
class SolidCells:
    """What a solid is on a grid.

    cells  [z, y, x] bool, z from the top;  top, bottom  [y, x] number of the patch above and below, -1 without one
    """

    cells: np.ndarray
    top: np.ndarray
    bottom: np.ndarray


def read_pfsol(path: str | Path) -> list[Solid]:
    """The solids of a `.pfsol` file; DataError for text that is none, of another version, or cut off."""
    path = Path(path)
    try:
        words = _Words(np.array(path.read_text(encoding="ascii").split(), float), path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise DataError(f"{path}: not a pfsol file, which holds numbers only: {error}") from error
    version = words.count("the version")
    if version != 1:
        raise DataError(f"{path}: version {version} of the pfsol format; expected 1")
    vertices = words.take(3 * words.count("the count of vertices"), "vertices").reshape(-1, 3)
    return [_solid(words, vertices) for _ in range(words.count("the count of solids"))]


class _Words:
    """The numbers of a file, taken one after the other."""

    def __init__(self, values: np.ndarray, path: Path) -> None:
        self.values, self.path, self.at = values, path, 0

    def take(self, count: int, what: str) -> np.ndarray:
        found = self.values[self.at : self.at + count]
        if found.size < count:
            raise DataError(f"{self.path}: ends among its {what}: it is cut off, copy or write it again")
        self.at += count
        return found

    def count(self, what: str) -> int:
        value = float(self.take(1, what)[0])
        if value < 0 or value != int(value):
            raise DataError(f"{self.path}: expected {what} as a whole number, got {value:g}: it is damaged")
        return int(value)

    def places(self, count: int, limit: int, what: str) -> np.ndarray:
        """Whole numbers from 0 to below `limit`."""
        found = self.take(count, what)
        if count and not (found.min() >= 0 and found.max() < limit and (found == np.round(found)).all()):
            raise DataError(f"{self.path}: its {what} refer to places outside of 0 ... {limit - 1}: it is damaged")
        return found.astype(np.int64)


def _solid(words: _Words, vertices: np.ndarray) -> Solid:
    count = words.count("the count of triangles")
    triangles = words.places(3 * count, len(vertices), "triangles").reshape(-1, 3)
    patches = words.count("the count of patches")
    patch = np.full(count, -1)
    for number in range(patches):
        patch[words.places(words.count("the size of a patch"), count, "patches")] = number
    return Solid(vertices, triangles, patch, patches)


def solid_cells(solid: Solid, grid: CaseGrid, name: str) -> SolidCells:
    """The cells whose centre lies inside of a solid: between the crossings of its surface with the cell's column.

    Layers have the nominal thickness, as with boxes.
    name  of the solid, for errors; DataError for a surface that is open over a column
    """
    triangle, column, height = _crossings(solid, grid)
    turned = _turn(solid)[triangle] > 0
    order = np.lexsort((turned, height, column))
    triangle, column, height, turned = triangle[order], column[order], height[order], turned[order]
    again = (np.diff(column) == 0) & (np.diff(height) <= _SAME * grid.dz) & (turned[1:] == turned[:-1])
    once = np.append(True, ~again)[: column.size]
    triangle, column, height = triangle[once], column[once], height[once]
    columns, first, count = np.unique(column, return_index=True, return_counts=True)
    nz, ny, nx = grid.shape
    if (count % 2).any():
        y, x = divmod(int(columns[count % 2 == 1][0]), nx)
        raise DataError(
            f"solid {name!r} is not closed over {int((count % 2).sum())} columns, the first at row y {y}, column x "
            f"{x}: make it again"
        )
    layer = np.clip(np.ceil((height - grid.lower[2]) / grid.dz - 0.5 - _EDGE), 0, nz).astype(np.int64)
    change = np.zeros((nz + 1, ny * nx), np.int64)
    np.add.at(change, (layer[::2], column[::2]), 1)
    np.add.at(change, (layer[1::2], column[1::2]), -1)
    cells = (np.cumsum(change[:-1], axis=0) > 0).reshape(nz, ny, nx)[::-1]
    bottom, top = np.full(ny * nx, -1), np.full(ny * nx, -1)
    bottom[columns] = solid.patch[triangle[first]]
    top[columns] = solid.patch[triangle[first + count - 1]]
    held = cells.any(axis=0)
    return SolidCells(cells, np.where(held, top.reshape(ny, nx), -1), np.where(held, bottom.reshape(ny, nx), -1))


def _turn(solid: Solid) -> np.ndarray:
    """Twice the area of each triangle seen from above, with the sign of its orientation."""
    a, b, c = (solid.vertices[solid.triangles[:, i], :2] for i in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def _crossings(solid: Solid, grid: CaseGrid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the columns through the cells' centres cross the surface: (triangle, column, height m) of each crossing."""
    _, ny, nx = grid.shape
    # In units of cells, so that the centres are at whole numbers.
    x = (solid.vertices[solid.triangles, 0] - grid.lower[0]) / grid.dx - 0.5
    y = (solid.vertices[solid.triangles, 1] - grid.lower[1]) / grid.dy - 0.5
    z = solid.vertices[solid.triangles, 2]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (y[:, 1] - y[:, 0]) * (x[:, 2] - x[:, 0])
    x0, x1 = _span(x, nx)
    y0, y1 = _span(y, ny)
    wide = np.where(np.abs(area) > _EDGE, np.maximum(x1 - x0 + 1, 0), 0)
    count = wide * np.maximum(y1 - y0 + 1, 0)
    triangle = np.repeat(np.arange(count.size), count)
    within = np.arange(triangle.size) - np.repeat(np.cumsum(count) - count, count)
    column = x0[triangle] + within % np.maximum(wide, 1)[triangle]
    row = y0[triangle] + within // np.maximum(wide, 1)[triangle]
    weights = []
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        part = (x[triangle, j] - column) * (y[triangle, k] - row) - (y[triangle, j] - row) * (x[triangle, k] - column)
        weights.append(part / area[triangle])
    weight = np.stack(weights, axis=1)
    inside = (weight >= -_EDGE).all(axis=1)
    height = (weight * z[triangle]).sum(axis=1)
    return triangle[inside], (row * nx + column)[inside], height[inside]


def _span(places: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last centre that a triangle may hold along one axis."""
    first = np.clip(np.ceil(places.min(axis=1) - _EDGE), 0, cells)
    last = np.clip(np.floor(places.max(axis=1) + _EDGE), -1, cells - 1)
    return first.astype(np.int64), last.astype(np.int64)
