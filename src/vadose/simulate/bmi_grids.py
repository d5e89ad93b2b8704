"""The grids of the Basic Model Interface: columns as points, and the layers of all columns as points."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vadose.errors import ConfigError, GridMismatch
from vadose.grid.cells import Cells

Values = npt.NDArray[Any]
COLUMNS, LAYERS = 0, 1


class Grids:
    """Grid 0, points of longitude and latitude; grid 1, layer by layer those of all columns, with z below the ground.

    _cells   where the columns are;  _thickness [layer] m
    """

    _cells: Cells
    _thickness: Values

    def get_grid_type(self, grid: int) -> str:
        """Points."""
        self._known(grid)
        return "points"

    def get_grid_rank(self, grid: int) -> int:
        """2 for columns, 3 for layers."""
        return 3 if self._known(grid) == LAYERS else 2

    def get_grid_size(self, grid: int) -> int:
        """Number of points."""
        return self._cells.size * (self._thickness.size if self._known(grid) == LAYERS else 1)

    def get_grid_x(self, grid: int, x: Values) -> Values:
        """Degrees east."""
        x[:] = np.resize(self._cells.lon, self.get_grid_size(grid))
        return x

    def get_grid_y(self, grid: int, y: Values) -> Values:
        """Degrees north."""
        y[:] = np.resize(self._cells.lat, self.get_grid_size(grid))
        return y

    def get_grid_z(self, grid: int, z: Values) -> Values:
        """Height of the middle of the layers, m, negative below the ground; 0 for columns."""
        middle = 0.5 * self._thickness - np.cumsum(self._thickness)
        z[:] = np.repeat(middle, self._cells.size) if self._known(grid) == LAYERS else 0.0
        return z

    def get_grid_node_count(self, grid: int) -> int:
        """Number of points."""
        return self.get_grid_size(grid)

    def get_grid_edge_count(self, grid: int) -> int:
        """Points have no edges."""
        return 0 * self._known(grid)

    def get_grid_face_count(self, grid: int) -> int:
        """Points have no faces."""
        return 0 * self._known(grid)

    def get_grid_edge_nodes(self, grid: int, edge_nodes: Values) -> Values:
        """Nothing: points have no edges."""
        return edge_nodes

    def get_grid_face_edges(self, grid: int, face_edges: Values) -> Values:
        """Nothing: points have no faces."""
        return face_edges

    def get_grid_face_nodes(self, grid: int, face_nodes: Values) -> Values:
        """Nothing: points have no faces."""
        return face_nodes

    def get_grid_nodes_per_face(self, grid: int, nodes_per_face: Values) -> Values:
        """Nothing: points have no faces."""
        return nodes_per_face

    def get_grid_shape(self, grid: int, shape: Values) -> Values:
        """Raises GridMismatch: points have no shape, see `get_grid_size`."""
        raise GridMismatch("points have no shape; ask for get_grid_size")

    def get_grid_spacing(self, grid: int, spacing: Values) -> Values:
        """Raises GridMismatch: points have no spacing, see `get_grid_x`."""
        raise GridMismatch("points have no spacing; ask for get_grid_x and get_grid_y")

    def get_grid_origin(self, grid: int, origin: Values) -> Values:
        """Raises GridMismatch: points have no origin, see `get_grid_x`."""
        raise GridMismatch("points have no origin; ask for get_grid_x and get_grid_y")

    def _known(self, grid: int) -> int:
        if grid not in (COLUMNS, LAYERS):
            raise ConfigError(f"there are the grids 0 (columns) and 1 (layers), got {grid}")
        return grid
